//! Columns that are made of the attributes of an account: the name of a person, the addresses of a mailbox, whether the
//! account is in use.

use super::lists;
use super::node::{Node, Path};
use super::parts::Half;
use super::sink::Sink;
use crate::model::column;
use crate::systems::Rule;

const NAME_DERIVED: &str = "the name was split out of the display name";
const LOSSY: &str = "a letter of the name was lost in the export, so the name is not used";

/// How a column is made of an account, with its paths ready to be followed.
pub(super) enum Account<'s> {
    Name(Name, Half),
    Addresses(Addresses<'s>),
    /// `false` where a text holds a part, else `true`; or a member that says it by itself.
    Lacks(Path, &'s str, Path),
    /// The first label of a host name.
    HostName(Vec<Path>),
    /// Members with a space between, or the one that has it all.
    Words(Vec<Path>, Path),
    /// The texts of an array.
    Texts(Path),
}

impl<'s> Account<'s> {
    /// The maker of a rule, `None` for rules of other things.
    pub fn new(rule: &'s Rule) -> Option<Self> {
        let path = |path: &String| Path::new(path);
        Some(match rule {
            Rule::PersonName { half, given, family, display, name } => Self::Name(
                Name {
                    given: path(given),
                    family: path(family),
                    display: path(display),
                    account: path(name),
                },
                if half == "first" { Half::First } else { Half::Last },
            ),
            Rule::Addresses { of, proxies, sign_in, internal } => Self::Addresses(Addresses {
                of: of.iter().map(path).collect(),
                proxies: path(proxies),
                sign_in: path(sign_in),
                internal,
            }),
            Rule::Lacks { path: text, part, or } => Self::Lacks(path(text), part, path(or)),
            Rule::HostName { of } => Self::HostName(of.iter().map(path).collect()),
            Rule::Words { of, or } => Self::Words(of.iter().map(path).collect(), path(or)),
            Rule::Texts { path: list } => Self::Texts(path(list)),
            _ => return None,
        })
    }

    /// Sets the column. Returns whether the element carries it at all. Members that the column holds entirely go to
    /// `used`.
    pub fn put<'m>(
        &'m self,
        position: usize,
        element: &Node<'_>,
        sink: &mut Sink<'_>,
        used: &mut Vec<&'m Path>,
    ) -> bool {
        match self {
            Self::Name(name, half) => name.put(*half, position, element, sink, used),
            Self::Addresses(addresses) => addresses.put(position, element, sink, used),
            Self::Lacks(path, part, or) => {
                if let Some(text) = or.filled(element) {
                    if sink.put(position, &text) {
                        used.push(or);
                    }
                } else if let Some(text) = path.filled(element) {
                    sink.put_made(position, if text.contains(part) { "false" } else { "true" });
                }
                or.is_there(element) || path.is_there(element)
            }
            Self::HostName(paths) => {
                if let Some((path, name)) = paths.iter().find_map(|path| Some((path, path.filled(element)?)))
                {
                    let label = name.split('.').next().unwrap_or(&name).trim().trim_end_matches('$');
                    if sink.put(position, label) && label == name {
                        used.push(path);
                    }
                }
                paths.iter().any(|path| path.is_there(element))
            }
            Self::Words(paths, or) => {
                let words: Vec<_> = paths.iter().filter_map(|path| path.filled(element)).collect();
                if words.is_empty() {
                    if let Some(text) = or.filled(element)
                        && sink.put(position, &text)
                    {
                        used.push(or);
                    }
                } else if sink.put(position, &words.join(" ")) {
                    used.extend(paths);
                }
                or.is_there(element) || paths.iter().any(|path| path.is_there(element))
            }
            Self::Texts(path) => {
                let Some(list) = path.find(element) else { return false };
                let texts: Vec<_> = match list {
                    Node::Array(items) => items.iter().filter_map(Node::filled).collect(),
                    one => one.filled().into_iter().collect(),
                };
                sink.put_made(position, &lists::join(&texts));
                used.push(path);
                true
            }
        }
    }
}

/// Where the name of a person is.
pub(super) struct Name {
    given: Path,
    family: Path,
    display: Path,
    /// The name of the account, which counts where the file has no column for either half.
    account: Path,
}

impl Name {
    fn put<'m>(
        &'m self,
        half: Half,
        position: usize,
        element: &Node<'_>,
        sink: &mut Sink<'_>,
        used: &mut Vec<&'m Path>,
    ) -> bool {
        let (field, own) = match half {
            Half::First => (column::FIRST_NAME, &self.given),
            Half::Last => (column::LAST_NAME, &self.family),
        };
        let has_columns = self.given.is_there(element) || self.family.is_there(element);
        let is_there = has_columns || self.display.is_there(element) || self.account.is_there(element);
        if self.given.filled(element).is_some() || self.family.filled(element).is_some() {
            if let Some(name) = own.filled(element) {
                let is_whole = !is_lossy(&name) || sink.doubt(field, "lossy_encoding", &name, LOSSY);
                if is_whole && sink.put(position, name.trim()) {
                    used.push(own);
                }
            }
            return is_there;
        }
        let account = || self.account.filled(element).filter(|_| !has_columns);
        if let Some(whole) = self.display.filled(element).or_else(account) {
            if is_lossy(&whole) {
                sink.remark(field, "lossy_encoding", &whole, LOSSY);
            } else {
                let (first, last) = halves(&whole);
                sink.remark(column::FIRST_NAME, "name_derived", &whole, NAME_DERIVED);
                sink.put(position, if half == Half::First { first } else { last });
            }
        }
        is_there
    }
}

/// First and last name of a display name: `Last, First`, or split at the last space.
fn halves(whole: &str) -> (&str, &str) {
    match whole.split_once(',') {
        Some((last, first)) => (first.trim(), last.trim()),
        None => lists::split_name(whole),
    }
}

/// Whether a `?` stands where a letter was: PowerShell writes ASCII unless it is told otherwise.
fn is_lossy(name: &str) -> bool {
    let letters: Vec<char> = name.chars().collect();
    let is_letter = |at: Option<usize>| at.and_then(|at| letters.get(at)).is_some_and(|c| c.is_alphabetic());
    letters
        .iter()
        .enumerate()
        .any(|(at, letter)| *letter == '?' && (is_letter(at.checked_sub(1)) || is_letter(Some(at + 1))))
}

/// Where the addresses of an account are.
pub(super) struct Addresses<'s> {
    /// The address itself, the first that is not blank.
    of: Vec<Path>,
    /// Addresses behind their kind; `SMTP:` is the primary one, `smtp:` an alias.
    proxies: Path,
    /// The sign-in name, which is an address unless its domain is an internal one.
    sign_in: Path,
    internal: &'s [String],
}

impl Addresses<'_> {
    fn put<'m>(
        &'m self,
        position: usize,
        element: &Node<'_>,
        sink: &mut Sink<'_>,
        used: &mut Vec<&'m Path>,
    ) -> bool {
        let own = self.of.iter().find_map(|path| Some((path, path.filled(element)?)));
        let proxies: Vec<_> = match self.proxies.find(element) {
            Some(Node::Array(items)) => items.iter().filter_map(Node::filled).collect(),
            other => other.and_then(Node::filled).into_iter().collect(),
        };
        let of_kind = |kind: &'static str| {
            proxies.iter().filter_map(move |proxy| proxy.strip_prefix(kind)).map(str::trim)
        };
        let mut addresses: Vec<&str> = own.iter().map(|(_, address)| address.trim()).collect();
        addresses.extend(of_kind("SMTP:"));
        let sign_in = self.sign_in.filled(element);
        if addresses.is_empty() {
            addresses.extend(sign_in.iter().map(|name| name.trim()).filter(|name| self.is_address(name)));
        }
        addresses.extend(of_kind("smtp:"));
        let mut known: Vec<&str> = Vec::with_capacity(addresses.len());
        for address in addresses {
            if !address.is_empty() && !known.iter().any(|known| known.eq_ignore_ascii_case(address)) {
                known.push(address);
            }
        }
        sink.put_made(position, &lists::join(&known));
        used.extend(own.map(|(path, _)| path));
        self.of.iter().chain([&self.proxies, &self.sign_in]).any(|path| path.is_there(element))
    }

    fn is_address(&self, name: &str) -> bool {
        let Some((_, domain)) = name.split_once('@') else { return false };
        let domain = domain.to_ascii_lowercase();
        domain.contains('.') && !self.internal.iter().any(|end| domain.ends_with(end.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn display_names_have_two_orders() {
        assert_eq!(halves("Weiss, Jörg"), ("Jörg", "Weiss"));
        assert_eq!(halves("Mara van der Quill"), ("Mara van der", "Quill"));
        assert_eq!(halves("Reception"), ("Reception", ""));
    }

    #[test]
    fn a_question_mark_among_letters_was_a_letter() {
        for name in ["J?rg", "?zkan", "Mei?"] {
            assert!(is_lossy(name), "{name}");
        }
        for name in ["Jörg", "?", "Room 4 ?", ""] {
            assert!(!is_lossy(name), "{name}");
        }
    }
}
