//! The envelope of a system's answers: where the elements are, and how an answer says that it failed.

use super::error::Failure;
use super::node::Node;
use crate::systems::{Failed, System};

/// Members in which any vendor's answer holds its elements.
const LISTS: [&str; 3] = ["data", "items", "value"];

/// The envelope of a system's answers.
#[derive(Debug, Default)]
pub(super) struct Envelope<'s> {
    lists: Vec<&'s str>,
    failed: &'s [Failed],
    any_case: bool,
}

impl<'s> Envelope<'s> {
    /// The envelope of the answers of `system`.
    pub fn of(system: &'s System) -> Self {
        let shapes = system.json.iter().flat_map(|shape| &shape.list);
        let lists = shapes.chain(&system.list).map(String::as_str).collect();
        Self { lists, failed: &system.failed, any_case: system.any_case }
    }

    /// The envelope of answers that hold their elements in one of `lists`.
    #[cfg(test)]
    pub fn with_lists(lists: &'s [&'s str]) -> Self {
        Self { lists: lists.to_vec(), ..Self::default() }
    }

    /// Whether a member of this name holds the elements.
    pub fn is_list(&self, member: &str) -> bool {
        self.is_own_list(member) || LISTS.contains(&member)
    }

    /// Whether the system says that a member of this name holds the elements.
    pub fn is_own_list(&self, member: &str) -> bool {
        self.lists.iter().any(|list| self.is(list, member))
    }

    /// Whether the member may say that the answer failed, or why.
    pub fn is_about_failure(&self, member: &str) -> bool {
        let starts = |path: &str| self.is(path.split('.').next().unwrap_or(path), member);
        self.failed.iter().any(|mark| starts(&mark.member) || mark.message.iter().any(|path| starts(path)))
    }

    /// The failure that an answer says it is, `None` for one that succeeded.
    pub fn failure(&self, answer: &Node<'_>) -> Option<Failure> {
        let mark = self.failed.iter().find(|mark| self.is_met(mark, answer))?;
        let message = mark.message.iter().find_map(|path| self.at(answer, path).and_then(Node::filled));
        let what = match message {
            Some(message) => format!("it is the answer to a call that failed: {}", message.trim()),
            None => "it is the answer to a call that failed, and does not say why".to_owned(),
        };
        Some(Failure::new(what, "ask again and save that answer, or take the file out of the pipeline"))
    }

    fn is_met(&self, mark: &Failed, answer: &Node<'_>) -> bool {
        let Some(value) = self.at(answer, &mark.member).and_then(Node::filled) else { return false };
        let is = |word: &Option<String>| word.as_ref().map(|word| word.eq_ignore_ascii_case(value.trim()));
        is(&mark.equals).unwrap_or(true) && !is(&mark.unless).unwrap_or(false)
    }

    fn at<'n, 'a>(&self, node: &'n Node<'a>, path: &str) -> Option<&'n Node<'a>> {
        path.split('.').try_fold(node, |node, name| match node {
            Node::Object(members) if self.any_case => {
                members.iter().find(|(own, _)| self.is(name, own)).map(|(_, value)| value)
            }
            Node::Object(members) => members.get(name),
            _ => None,
        })
    }

    fn is(&self, known: &str, member: &str) -> bool {
        known == member || (self.any_case && known.eq_ignore_ascii_case(member))
    }
}
