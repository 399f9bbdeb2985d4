//! Keys made of text for people: names, addresses, e-mail addresses, telephone numbers.

use std::borrow::Cow;

use icu_casemap::CaseMapper;
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

/// Soft hyphen, zero-width characters and marks of direction: they are never seen and never meant.
const fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}')
}

/// A name as a key: Unicode NFC, invisible characters removed, every run of white space one space, trimmed.
/// Letter case is kept. Borrowed when the text is in that form already.
#[must_use]
pub fn name_key(raw: &str) -> Cow<'_, str> {
    if is_clean_ascii(raw) {
        return Cow::Borrowed(raw);
    }
    let mut key = String::with_capacity(raw.len());
    for c in nfc(raw).chars().filter(|c| !is_invisible(*c)) {
        if c.is_whitespace() {
            if !key.is_empty() && !key.ends_with(' ') {
                key.push(' ');
            }
        } else {
            key.push(c);
        }
    }
    if key.ends_with(' ') {
        key.pop();
    }
    Cow::Owned(key)
}

/// True for visible ASCII with single inner spaces: most names, which then need no copy.
fn is_clean_ascii(raw: &str) -> bool {
    let bytes = raw.as_bytes();
    bytes.iter().all(|b| (b' '..0x7f).contains(b))
        && bytes.first() != Some(&b' ')
        && bytes.last() != Some(&b' ')
        && !bytes.windows(2).any(|pair| pair == b"  ")
}

/// The text in Unicode NFC.
pub(super) fn nfc(raw: &str) -> Cow<'_, str> {
    if raw.is_ascii() || is_nfc_quick(raw.chars()) == IsNormalized::Yes {
        Cow::Borrowed(raw)
    } else {
        Cow::Owned(raw.nfc().collect())
    }
}

/// Full Unicode case folding, for text that compares without letter case.
#[must_use]
pub fn fold_case(text: &str) -> String {
    if text.is_ascii() { text.to_ascii_lowercase() } else { CaseMapper::new().fold_string(text).into_owned() }
}

/// An e-mail address as a key: trimmed, lower-case. `None` unless it holds exactly one `@`.
#[must_use]
pub fn email_key(raw: &str) -> Option<String> {
    let trimmed = raw.trim();
    (trimmed.matches('@').count() == 1).then(|| trimmed.to_lowercase())
}

/// A telephone number in comparable form: its digits, a leading `+`, and the digits of an extension after
/// `x`. Punctuation, spaces and the wording of the extension are no difference.
#[must_use]
pub fn phone_key(raw: &str) -> String {
    let lower = raw.trim().to_lowercase();
    let split =
        lower.find(['x', 'e', '#', ';']).filter(|at| lower[..*at].contains(|c: char| c.is_ascii_digit()));
    let (number, extension) = split.map_or((lower.as_str(), ""), |at| lower.split_at(at));
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    let mut key = digits(number);
    if number.trim_start().starts_with('+') {
        key.insert(0, '+');
    }
    let extension = digits(extension);
    if !extension.is_empty() {
        key.push('x');
        key.push_str(&extension);
    }
    key
}

/// Words at the end of a maker's or client's name that say what kind of company it is.
const LEGAL_SUFFIXES: &[&str] = &[
    "inc",
    "incorporated",
    "llc",
    "llp",
    "lp",
    "ltd",
    "limited",
    "gmbh",
    "ag",
    "kg",
    "ug",
    "co",
    "corp",
    "corporation",
    "company",
    "plc",
    "sa",
    "sarl",
    "srl",
    "spa",
    "bv",
    "nv",
    "ab",
    "as",
    "oy",
    "pty",
];

/// Words that a site's name has and its client's does not.
const SITE_WORDS: &[&str] = &["site", "office", "hq", "headquarters", "main", "the"];

/// A maker's name in comparable form: letter case folded, white space cleaned, legal suffix dropped, so that
/// `Dell Inc.` is `Dell`.
#[must_use]
pub fn maker_key(raw: &str) -> String {
    let folded = fold_case(&name_key(raw));
    let mut words: Vec<&str> = folded.split([' ', ',']).filter(|word| !word.is_empty()).collect();
    while words.len() > 1 && words.last().is_some_and(|word| is_legal_suffix(word)) {
        words.pop();
    }
    words.join(" ")
}

fn is_legal_suffix(word: &str) -> bool {
    let plain: String = word.chars().filter(|c| *c != '.').collect();
    LEGAL_SUFFIXES.contains(&plain.as_str())
}

/// A name for suggestions: letter case folded, everything but letters and digits dropped, without legal
/// suffixes and words such as `Site`. Two names with one such key look alike; they are never taken for equal.
/// Empty when nothing is left.
#[must_use]
pub fn similar_name_key(raw: &str) -> String {
    let mut key = String::with_capacity(raw.len());
    write_similar_name_key(raw, &mut key);
    key
}

/// Writes the [`similar_name_key`] over `key`, for loops over many names.
pub fn write_similar_name_key(raw: &str, key: &mut String) {
    // Cleaning changes nothing that counts here in ASCII text, and its letters are folded below.
    let folded = if raw.is_ascii() { Cow::Borrowed(raw) } else { Cow::Owned(fold_case(&name_key(raw))) };
    key.clear();
    push_words(&folded, key, true);
    if key.is_empty() {
        push_words(&folded, key, false);
    }
}

/// Appends the words of a text, all of them, or only those that tell names apart.
fn push_words(text: &str, key: &mut String, only_telling: bool) {
    let mut start = key.len();
    for c in text.chars().chain([' ']).filter(|c| *c != '.') {
        if c.is_alphanumeric() {
            key.push(c.to_ascii_lowercase());
            continue;
        }
        let word = &key[start..];
        if only_telling && (LEGAL_SUFFIXES.contains(&word) || SITE_WORDS.contains(&word)) {
            key.truncate(start);
        }
        start = key.len();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lose_what_nobody_sees_and_keep_their_case() {
        assert_eq!(name_key("  Brindle\u{a0}&\t Lowe,\u{200b} LLP "), "Brindle & Lowe, LLP");
        assert_eq!(name_key("Cafe\u{301}"), "Café");
        assert_eq!(name_key("north\u{ad}gate"), "northgate");
        assert_eq!(name_key(" \u{2003}\u{feff} "), "");
        assert_ne!(name_key("ACME"), name_key("Acme"));
    }

    #[test]
    fn clean_names_are_borrowed() {
        assert!(matches!(name_key("Northgate Freight Ltd"), Cow::Borrowed(_)));
    }

    #[test]
    fn folding_is_full() {
        assert_eq!(fold_case("STRASSE"), fold_case("straße"));
    }

    #[test]
    fn an_address_has_one_at_sign() {
        assert_eq!(
            email_key(" Ines.Calder@Northgate.Example ").as_deref(),
            Some("ines.calder@northgate.example")
        );
        assert_eq!(email_key("ines.calder"), None);
        assert_eq!(email_key("a@b@c"), None);
    }

    #[test]
    fn phone_punctuation_is_no_difference() {
        assert_eq!(phone_key("(01632) 960-144"), "01632960144");
        assert_eq!(phone_key("+44 1632 960144 ext. 12"), "+441632960144x12");
        assert_eq!(phone_key("01632960144 x12"), "01632960144x12");
    }

    #[test]
    fn a_legal_suffix_is_no_difference_between_makers() {
        assert_eq!(maker_key("Dell Inc."), maker_key("Dell"));
        assert_eq!(maker_key("Dell, Inc"), maker_key("DELL"));
        assert_ne!(maker_key("Dell EMC"), maker_key("Dell"));
        assert_eq!(maker_key("Co"), "co");
    }

    #[test]
    fn similar_names_ignore_punctuation_suffixes_and_site_words() {
        assert_eq!(similar_name_key("Brindle & Lowe, LLP"), similar_name_key("brindle lowe"));
        assert_eq!(
            similar_name_key("Harbor Lane Dental - Main Office"),
            similar_name_key("Harbor Lane Dental Inc.")
        );
        assert_eq!(similar_name_key("The Site"), "thesite");
        assert_eq!(similar_name_key(" Brindle &  Lowe\tL.L.P. "), "brindlelowe");
        assert_eq!(similar_name_key("Caf\u{e9} NORD-WEST GmbH"), "caf\u{e9}nordwest");
        assert_eq!(similar_name_key("Stra\u{df}e 7"), "strasse7");
        assert_eq!(similar_name_key("-"), "");
    }
}
