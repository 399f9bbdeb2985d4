//! What user accounts say of people: their names, their addresses and their numbers.

use std::borrow::Cow;

use super::lists;
use super::node::{Node, Path};
use super::sink::Sink;
use crate::pipeline::{PrimaryEmail, Source};
use crate::systems::{NamePart, Rule};

/// How the primary address and the others are marked in a list of proxy addresses. Letter case tells them apart, and
/// other protocols (`SIP:`, `X500:`) are no addresses of a person.
const MARKS: [&str; 2] = ["SMTP:", "smtp:"];

/// How a column is made of what an account says of its person.
pub(super) enum Person {
    Name(Names),
    Addresses(Addresses),
}

impl Person {
    /// How the rule makes a column; `None` for the rules of others.
    pub fn new(rule: &Rule, source: &Source) -> Option<Self> {
        let path = |path: &String| Path::new(path);
        let all = |paths: &[String]| paths.iter().map(path).collect::<Vec<Path>>();
        match rule {
            Rule::PartOfName { part, first, last, full } => {
                Some(Self::Name(Names { part: *part, first: path(first), last: path(last), full: all(full) }))
            }
            Rule::AccountAddresses { mailbox, sign_in, aliases } => Some(Self::Addresses(Addresses {
                mailbox: all(mailbox),
                sign_in: all(sign_in),
                aliases: all(aliases),
                by_sign_in: source.accounts.primary_email == PrimaryEmail::SignIn,
            })),
            _ => None,
        }
    }

    /// Sets the column. Returns whether the element carries it at all. A member that the column holds entirely goes to
    /// `used`.
    pub fn put<'m>(
        &'m self,
        position: usize,
        element: &Node<'_>,
        sink: &mut Sink<'_>,
        used: &mut Vec<&'m Path>,
    ) -> bool {
        match self {
            Self::Name(names) => {
                if let Some(part) = names.part(element) {
                    if part.is_derived {
                        sink.remark("", "name_derived", "", NAME_DERIVED);
                    }
                    if sink.put(position, &part.text) && !part.is_derived {
                        used.push(names.own());
                    }
                }
                names.own().is_there(element)
            }
            Self::Addresses(addresses) => {
                sink.put_made(position, &lists::join(&addresses.of(element)));
                addresses.mailbox.iter().chain(&addresses.sign_in).any(|path| path.is_there(element))
            }
        }
    }
}

const NAME_DERIVED: &str = "the account has no first and last name, so its full name was split";

/// The members with the parts of a name.
pub(super) struct Names {
    part: NamePart,
    first: Path,
    last: Path,
    full: Vec<Path>,
}

/// A part of a name, and whether it was made of the full name.
struct Part<'n> {
    text: Cow<'n, str>,
    is_derived: bool,
}

impl Names {
    /// The part of the name; `None` when there is none.
    fn part<'n>(&self, element: &'n Node<'_>) -> Option<Part<'n>> {
        let own = |path: &Path| path.find(element).and_then(Node::filled);
        let (first, last) = (own(&self.first), own(&self.last));
        if first.is_some() || last.is_some() {
            let text = if self.part == NamePart::First { first } else { last };
            return text.map(|text| Part { text, is_derived: false });
        }
        let full = self.full.iter().find_map(own)?;
        let (first, last) = lists::split_name(&full);
        let part = if self.part == NamePart::First { first } else { last };
        (!part.is_empty()).then(|| Part { text: Cow::Owned(part.to_owned()), is_derived: true })
    }

    /// The member with the part itself.
    fn own(&self) -> &Path {
        if self.part == NamePart::First { &self.first } else { &self.last }
    }
}

/// The members with the addresses of an account.
pub(super) struct Addresses {
    mailbox: Vec<Path>,
    sign_in: Vec<Path>,
    aliases: Vec<Path>,
    /// Whether the sign-in name is the primary address, and not the address of the mailbox.
    by_sign_in: bool,
}

impl Addresses {
    /// The addresses, the primary one first, each once.
    fn of(&self, element: &Node<'_>) -> Vec<String> {
        let find = |paths: &[Path]| {
            paths.iter().find_map(|path| path.find(element).and_then(Node::filled)).map(Cow::into_owned)
        };
        let aliases = self.aliases.iter().find_map(|path| path.find(element));
        let aliases = aliases.map(texts).unwrap_or_default();
        let marked = |mark: &str| {
            let address = |text: &String| text.trim().strip_prefix(mark).map(|rest| rest.trim().to_owned());
            aliases.iter().filter_map(address).collect::<Vec<String>>()
        };
        let [primary, others] = MARKS.map(marked);
        let mailbox = find(&self.mailbox).or_else(|| primary.first().cloned());
        let sign_in = find(&self.sign_in);
        let first = if self.by_sign_in { sign_in.or(mailbox) } else { mailbox.or(sign_in) };
        let mut all: Vec<String> = Vec::new();
        for address in first.into_iter().chain(primary).chain(others) {
            let address = address.trim();
            if !address.is_empty() && !all.iter().any(|known| known.eq_ignore_ascii_case(address)) {
                all.push(address.to_owned());
            }
        }
        all
    }
}

/// The texts of a list, or of a cell in which a plus sign joins them.
pub(super) fn texts(node: &Node<'_>) -> Vec<String> {
    match node {
        Node::Array(items) => items.iter().filter_map(Node::filled).map(Cow::into_owned).collect(),
        other => other.filled().iter().flat_map(|cell| split_at_plus(cell)).map(str::to_owned).collect(),
    }
}

/// The items of a cell in which a plus sign joins them. One inside an address (`ann+news@x.example`) or a telephone
/// number joins nothing, so a part that follows must have a mark or a name of its own.
fn split_at_plus(cell: &str) -> impl Iterator<Item = &str> {
    let is_marked = cell.contains(':');
    let mut rest = Some(cell);
    std::iter::from_fn(move || {
        let text = rest?;
        let mut ends = text.match_indices('+').map(|(at, _)| at);
        let end = ends
            .find(|at| !is_marked || text[at + 1..].split('+').next().is_some_and(|next| next.contains(':')));
        rest = end.map(|at| &text[at + 1..]);
        Some(end.map_or(text, |at| &text[..at]).trim())
    })
    .filter(|item| !item.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(by_sign_in: bool, element: &str) -> Vec<String> {
        let path = |name: &str| vec![Path::new(name)];
        let rule =
            Addresses { mailbox: path("mail"), sign_in: path("upn"), aliases: path("proxies"), by_sign_in };
        rule.of(&Node::parse(element).expect("the element is valid"))
    }

    #[test]
    fn the_primary_address_is_first_and_each_is_there_once() {
        let element = r#"{"mail":"m@x.example","upn":"u@x.example","proxies":
            ["SIP:m@x.example","smtp:alias@x.example","SMTP: M@x.example","Smtp:other@x.example"]}"#;
        assert_eq!(addresses(false, element), ["m@x.example", "alias@x.example"]);
        assert_eq!(addresses(true, element), ["u@x.example", "M@x.example", "alias@x.example"]);
        let bare = r#"{"mail":null,"upn":"u@x.example","proxies":[]}"#;
        assert_eq!(addresses(false, bare), ["u@x.example"]);
    }

    #[test]
    fn a_cell_joins_addresses_by_plus_signs() {
        let element =
            r#"{"mail":"","upn":"u@x.example","proxies":"SMTP:a@x.example+smtp:b+news@x.example+X500:/o=x"}"#;
        assert_eq!(addresses(false, element), ["a@x.example", "b+news@x.example"]);
        let licences = Node::Text("Microsoft 365 Business Premium+Power BI (free)".into());
        assert_eq!(texts(&licences), ["Microsoft 365 Business Premium", "Power BI (free)"]);
    }

    #[test]
    fn a_full_name_is_split_where_both_parts_are_blank() {
        let part = |part, element: &str| {
            let names =
                Names { part, first: Path::new("f"), last: Path::new("l"), full: vec![Path::new("d")] };
            let node = Node::parse(element).expect("the element is valid");
            names.part(&node).map(|part| (part.text.into_owned(), part.is_derived))
        };
        let derived = r#"{"f":null,"l":"","d":"Mara van der Quill"}"#;
        assert_eq!(part(NamePart::First, derived), Some(("Mara van der".to_owned(), true)));
        assert_eq!(part(NamePart::Last, derived), Some(("Quill".to_owned(), true)));
        let one = r#"{"f":"Mara","l":null,"d":"Mara Quill"}"#;
        assert_eq!(part(NamePart::First, one), Some(("Mara".to_owned(), false)));
        assert_eq!(part(NamePart::Last, one), None);
    }
}
