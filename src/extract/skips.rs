//! Which records take no part: the rules that a system declares, with the pipeline's settings.
//!
//! Readers say what a record has where a rule looks; nothing here knows a file format.

use std::borrow::Cow;

use super::node::Node;
use super::values::{is_guid, truth};
use crate::model::Reason;
use crate::pipeline::Source;
use crate::systems::Skip;

/// What a record has where a rule looks.
pub(super) enum Seen<'a> {
    /// The file does not say.
    Absent,
    /// It is there and says nothing: null, an empty text or list.
    Nothing,
    /// A scalar.
    Text(Cow<'a, str>),
    /// A list or an object.
    Structure,
}

impl<'a> Seen<'a> {
    /// What a document has.
    pub fn node(node: Option<&'a Node<'_>>) -> Self {
        match node {
            None | Some(Node::Taken) => Self::Absent,
            Some(Node::Null) => Self::Nothing,
            Some(Node::Array(items)) if items.is_empty() => Self::Nothing,
            Some(node) => node.text().map_or(Self::Structure, Self::text),
        }
    }

    /// What a cell has.
    pub fn cell(cell: &'a str) -> Self {
        Self::text(Cow::Borrowed(cell.trim()))
    }

    fn text(text: Cow<'a, str>) -> Self {
        if text.trim().is_empty() { Self::Nothing } else { Self::Text(text) }
    }
}

/// The rules of a shape, with the places at which they look: paths of a document or columns of a table.
pub(super) struct Skips<'s, P> {
    rules: Vec<Rule<'s, P>>,
    source: &'s Source,
    /// Whether letter case and the spelling of truth values are no difference, as in tables, which people edit.
    is_loose: bool,
}

struct Rule<'s, P> {
    skip: &'s Skip,
    place: P,
    without: Vec<P>,
    lacking: Vec<P>,
}

impl<'s, P> Skips<'s, P> {
    /// The rules whose places there are.
    pub fn new(
        skips: &'s [Skip],
        source: &'s Source,
        is_loose: bool,
        place: impl Fn(&str) -> Option<P>,
    ) -> Self {
        let rule = |skip: &'s Skip| {
            let without = skip.without.iter().map(|path| place(path)).collect::<Option<Vec<P>>>()?;
            // A place that there is not says nothing.
            let lacking = skip.lacking.iter().filter_map(|path| place(path)).collect();
            Some(Rule { skip, place: place(&skip.path)?, without, lacking })
        };
        Self { rules: skips.iter().filter_map(rule).collect(), source, is_loose }
    }

    /// Why the record takes no part, `None` when it does.
    pub fn reason<'r>(&self, see: impl Fn(&P) -> Seen<'r>) -> Option<Reason> {
        for Rule { skip, place, without, lacking } in &self.rules {
            let is_met = self.is_met(skip, &see(place))
                && without.iter().all(|place| matches!(see(place), Seen::Nothing))
                && lacking.iter().all(|place| matches!(see(place), Seen::Nothing | Seen::Absent));
            if !is_met {
                continue;
            }
            if self.source.include.contains(&skip.reason) {
                continue;
            }
            if !skip.unless.is_some_and(|setting| self.source.accounts.lets_in(setting)) {
                return Some(skip.reason);
            }
            if skip.settles {
                return None;
            }
        }
        None
    }

    fn is_met(&self, skip: &Skip, seen: &Seen<'_>) -> bool {
        let text = match seen {
            Seen::Text(text) => Some(text.as_ref()),
            _ => None,
        };
        let has = |is: &dyn Fn(&str) -> bool| text.is_some_and(is);
        skip.equals.as_deref().is_none_or(|expected| has(&|text| self.are_equal(text, expected)))
            && (!skip.unless_guid || !has(&is_guid))
            && (skip.like.is_empty() || has(&|text| fits(&skip.like, text)))
            && skip.contains.as_deref().is_none_or(|part| has(&|text| contains(text, part)))
            && (!skip.blank || matches!(seen, Seen::Nothing))
            && skip.listed.is_none_or(|list| has(&|text| self.source.leaves_out(list, text)))
    }

    fn are_equal(&self, text: &str, expected: &str) -> bool {
        text == expected
            || self.is_loose
                && (text.eq_ignore_ascii_case(expected)
                    || truth(expected).is_some_and(|expected| truth(text) == Some(expected)))
    }
}

/// Whether a text fits a pattern in which `*` stands for any run of characters at its beginning or end.
fn fits(patterns: &[String], text: &str) -> bool {
    let text = text.trim().to_lowercase();
    patterns.iter().any(|pattern| {
        let pattern = pattern.to_lowercase();
        let bare = pattern.trim_matches('*');
        match (pattern.starts_with('*'), pattern.ends_with('*')) {
            (false, false) => text == bare,
            (false, true) => text.starts_with(bare),
            (true, false) => text.ends_with(bare),
            (true, true) => text.contains(bare),
        }
    })
}

fn contains(text: &str, part: &str) -> bool {
    text.to_lowercase().contains(&part.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::super::node::Path;
    use super::*;
    use crate::systems;

    fn reason(rules: &str, change: impl Fn(&mut Source), element: &str) -> Option<&'static str> {
        #[derive(serde::Deserialize)]
        struct Rules {
            skip: Vec<Skip>,
        }
        let rules: Rules = toml::from_str(&format!("skip = [{rules}]")).expect("the rules are valid");
        let mut source = Source::of(systems::find("csv").expect("it is a system"));
        change(&mut source);
        let node = Node::parse(element).expect("the element is valid");
        let skips = Skips::new(&rules.skip, &source, false, |path| Some(Path::new(path)));
        skips.reason(|path| Seen::node(path.find(&node))).map(Reason::code)
    }

    const SHARED: &str = r#"{ reason = "shared_mailbox", path = "on", equals = "false", without = ["first", "last"], unless = "shared_mailboxes", settles = true }"#;
    const DISABLED: &str =
        r#"{ reason = "disabled_account", path = "on", equals = "false", unless = "disabled" }"#;

    #[test]
    fn the_first_rule_that_is_met_says_why() {
        let rules = format!("{SHARED}, {DISABLED}");
        let both = |element| reason(&rules, |_| {}, element);
        assert_eq!(both(r#"{"on":false,"first":null,"last":""}"#), Some("shared_mailbox"));
        assert_eq!(both(r#"{"on":false,"first":"Ann","last":null}"#), Some("disabled_account"));
        assert_eq!(both(r#"{"on":false}"#), Some("disabled_account"), "what is absent is not blank");
        assert_eq!(both(r#"{"on":true,"first":null,"last":null}"#), None);
    }

    #[test]
    fn a_setting_lets_records_in() {
        let rules = format!("{SHARED}, {DISABLED}");
        let with_shared = |element| reason(&rules, |source| source.accounts.shared_mailboxes = true, element);
        assert_eq!(with_shared(r#"{"on":false,"first":null,"last":null}"#), None);
        assert_eq!(with_shared(r#"{"on":false,"first":"Ann","last":null}"#), Some("disabled_account"));
        let with_disabled = |element| reason(&rules, |source| source.accounts.disabled = true, element);
        assert_eq!(with_disabled(r#"{"on":false,"first":"Ann","last":null}"#), None);
    }

    #[test]
    fn lists_of_the_pipeline_are_globs_and_ends_of_distinguished_names() {
        let names = r#"{ reason = "service_account", path = "name", listed = "names" }"#;
        let units = r#"{ reason = "service_account", path = "dn", listed = "units" }"#;
        let change = |source: &mut Source| {
            source.accounts.skip_names = vec![glob::Pattern::new("svc-*").expect("it is a pattern")];
            source.accounts.skip_units = vec!["OU=Service, DC=a,DC=example".to_owned()];
        };
        assert_eq!(reason(names, change, r#"{"name":"SVC-backup"}"#), Some("service_account"));
        assert_eq!(reason(names, change, r#"{"name":"Ann"}"#), None);
        assert_eq!(
            reason(units, change, r#"{"dn":"CN=x,OU=SERVICE,DC=a,DC=example"}"#),
            Some("service_account")
        );
        assert_eq!(reason(units, change, r#"{"dn":"CN=x,OU=NoService,DC=a,DC=example"}"#), None);
    }

    #[test]
    fn blank_is_there_and_says_nothing() {
        let rule = r#"{ reason = "unlicensed", path = "licences", blank = true, unless = "unlicensed" }"#;
        let strict = |element| reason(rule, |source| source.accounts.unlicensed = false, element);
        assert_eq!(strict(r#"{"licences":[]}"#), Some("unlicensed"));
        assert_eq!(strict(r#"{"licences":[{"id":1}]}"#), None);
        assert_eq!(strict("{}"), None);
        assert_eq!(reason(rule, |_| {}, r#"{"licences":[]}"#), None, "the default lets them in");
    }
}
