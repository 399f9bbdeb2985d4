//! The members of an object of a JSON document.

use std::borrow::Cow;
use std::ops::Deref;

use super::node::Node;

/// A name and its value.
pub(super) type Member<'a> = (Cow<'a, str>, Node<'a>);

/// The members of an object, in the document's order.
#[derive(Debug, Clone, Default)]
pub(super) struct Members<'a> {
    all: Vec<Member<'a>>,
    /// The marks of all names that are there, and maybe of some that are not.
    ///
    /// A shape names every member that a vendor may deliver, and an element has some of them: a third of all looks are
    /// for what it has not, and most of these see it by a mark instead of comparing names.
    marks: u64,
}

impl<'a> Members<'a> {
    pub fn with_capacity(count: usize) -> Self {
        Self { all: Vec::with_capacity(count), marks: 0 }
    }

    /// Adds a member behind the others.
    pub fn push(&mut self, (name, value): Member<'a>) {
        self.marks |= mark(&name);
        if self.all.len() == self.all.capacity() {
            // An object is short or has some thirty members: growing by twos would copy these again and again.
            self.all.reserve(self.all.len() * 3);
        }
        self.all.push((name, value));
    }

    /// Whether a member of this name stands there.
    pub fn is_at(&self, at: usize, name: &str) -> bool {
        self.all.get(at).is_some_and(|(own, _)| own == name)
    }

    /// Where the first member of this name stands.
    pub fn position(&self, name: &str) -> Option<usize> {
        if self.marks & mark(name) == 0 {
            return None;
        }
        self.all.iter().position(|(own, _)| own == name)
    }

    /// The value of the first member of this name.
    pub fn get(&self, name: &str) -> Option<&Node<'a>> {
        self.position(name).map(|at| &self.all[at].1)
    }

    /// The same, to be changed.
    pub fn get_mut(&mut self, name: &str) -> Option<&mut Node<'a>> {
        self.position(name).map(|at| &mut self.all[at].1)
    }

    /// The value of the member that stands there.
    pub fn value_mut(&mut self, at: usize) -> &mut Node<'a> {
        &mut self.all[at].1
    }

    /// All values, to be changed, with their names.
    pub fn values_mut(&mut self) -> impl Iterator<Item = (&str, &mut Node<'a>)> {
        self.all.iter_mut().map(|(name, value)| (&**name, value))
    }

    /// Gives members other names, where `name` has one.
    pub fn rename(&mut self, name: impl Fn(&str) -> Option<&'static str>) {
        for (own, _) in &mut self.all {
            if let Some(other) = name(own) {
                *own = Cow::Borrowed(other);
                self.marks |= mark(other);
            }
        }
    }

    /// Keeps the members of these names.
    pub fn retain(&mut self, is_kept: impl Fn(&str) -> bool) {
        self.all.retain(|(name, _)| is_kept(name));
    }

    /// Takes a value out of the object; the last member then stands in its place.
    pub fn swap_remove(&mut self, at: usize) -> Node<'a> {
        self.all.swap_remove(at).1
    }
}

impl<'a> Deref for Members<'a> {
    type Target = [Member<'a>];

    fn deref(&self) -> &Self::Target {
        &self.all
    }
}

impl PartialEq for Members<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.all == other.all
    }
}

/// One bit of 64, by the length, the middle and the end of a name: names of one object often begin the same.
fn mark(name: &str) -> u64 {
    let bytes = name.as_bytes();
    let at = |at: usize| bytes.get(at).map_or(0, |byte| usize::from(*byte));
    1 << ((bytes.len() + 7 * at(bytes.len() / 2) + 31 * at(bytes.len().wrapping_sub(1))) % 64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn members<'a>(names: &[&'a str]) -> Members<'a> {
        let mut members = Members::default();
        (0..).zip(names).for_each(|(at, name)| members.push((Cow::Borrowed(*name), Node::Int(at))));
        members
    }

    #[test]
    fn the_first_member_of_a_name_is_found() {
        let members = members(&["id", "", "name", "id"]);
        assert_eq!(members.get("id"), Some(&Node::Int(0)));
        assert_eq!(members.get(""), Some(&Node::Int(1)));
        assert_eq!(members.get("name"), Some(&Node::Int(2)));
        for absent in ["i", "di", "nam", "names", "mane", "\u{e9}"] {
            assert_eq!(members.get(absent), None, "{absent}");
        }
    }

    #[test]
    fn names_of_one_mark_are_told_apart() {
        // Length, middle and end are equal.
        assert_eq!(mark("abcde"), mark("xbcye"));
        let members = members(&["abcde"]);
        assert_eq!(members.get("xbcye"), None);
    }

    #[test]
    fn members_are_found_after_every_change() {
        let mut members = members(&["Id", "name", "site"]);
        members.rename(|name| (name == "Id").then_some("id"));
        assert_eq!((members.get("id"), members.get("Id")), (Some(&Node::Int(0)), None));
        assert_eq!(members.swap_remove(0), Node::Int(0));
        assert_eq!((members.position("site"), members.position("id")), (Some(0), None));
        members.retain(|name| name != "site");
        *members.get_mut("name").expect("it is there") = Node::Null;
        members.push((Cow::Borrowed("id"), Node::Int(7)));
        assert_eq!((members.get("name"), members.get("id")), (Some(&Node::Null), Some(&Node::Int(7))));
        assert_eq!(members.len(), 2);
    }
}
