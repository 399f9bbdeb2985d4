//! What spreadsheets and exports do to single values: forced text, error cells, lost digits, words for nothing, letters
//! that were decoded wrongly. A value is repaired where nothing is lost, doubted where it may be wrong, and dropped where
//! it is; the text as it stood goes to `data_quality`, and to `raw` where the column does not hold it.

use std::borrow::Cow;

use super::encoding;
use super::sink::Sink;
use crate::model::{Entity, Field, Kind, column};
use crate::normalize::{is_excel_date, is_host_like, is_scientific};

/// What a column's values must be looked at for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "they are traits of a column, each alone")]
pub(super) struct Care {
    /// Identifiers are damaged where a spreadsheet takes them for numbers and dates.
    is_identifier: bool,
    /// Ids of other records, which are whole where a tool adds `.0`.
    is_id: bool,
    is_mac: bool,
    /// Telephone numbers and postal codes: never numbers.
    is_number_like: bool,
    /// Records are matched by it. What says nothing as a key is on the junk list, and is reported as such.
    is_key: bool,
    /// Words such as `none` are values: names of people, types and statuses.
    keeps_words: bool,
    /// A dash is a value: no.
    keeps_dashes: bool,
    /// The display name of a device, which may stand in for its host name.
    is_device_name: bool,
}

impl Care {
    /// Whether the column holds identifiers.
    pub const fn is_identifier(self) -> bool {
        self.is_identifier
    }

    /// For a column of an entity.
    pub fn of(entity: Entity, field: &Field) -> Self {
        let is = |names: &[&str]| names.contains(&field.name);
        let is_id = field.kind == Kind::Id
            && !is(&[column::USER_PRINCIPAL_NAME, column::EMAIL, column::NUMBER, column::SKU]);
        Self {
            is_identifier: matches!(
                field.kind,
                Kind::Id | Kind::Serial | Kind::Mac | Kind::Hostname | Kind::Ip | Kind::Model
            ) || is(&[column::ASSET_TAG]),
            is_id,
            is_mac: field.kind == Kind::Mac,
            is_number_like: matches!(field.kind, Kind::Phone | Kind::Phones) || is(&[column::POSTAL_CODE]),
            is_key: matches!(field.kind, Kind::Serial | Kind::Hostname),
            // Mr. Null exists, `NA` is Namibia, and lists of types have `Unknown` and `None`.
            keeps_words: is(&[
                column::FIRST_NAME,
                column::LAST_NAME,
                column::COUNTRY,
                column::TYPE,
                column::STATUS,
                column::PSA_INTEGRATION,
            ]) || matches!(field.kind, Kind::Notes | Kind::Json),
            keeps_dashes: field.kind == Kind::Bool,
            is_device_name: entity == Entity::Configuration && field.name == column::NAME,
        }
    }
}

/// The value that a cell holds. Blank where it says that there is none, `None` where it is damaged or worth keeping in
/// `raw`.
pub(super) fn cleaned<'c>(
    cell: &'c str,
    name: &'static str,
    care: Care,
    sink: &mut Sink<'_>,
) -> Option<Cow<'c, str>> {
    let text = trimmed(cell);
    let bare = if care.is_identifier { unforced(text) } else { unwrapped(text) };
    if bare.len() != text.len() {
        sink.remark(
            name,
            "forced_text",
            cell,
            "the marks that kept a spreadsheet from changing it were left out",
        );
    }
    let text = trimmed(bare);
    if text.starts_with('#') && is_error(text) {
        sink.doubt(name, "error_cell", cell, "the cell holds an error of a spreadsheet");
        return None;
    }
    if is_nothing(text, care) {
        if !care.is_mac || text.is_empty() {
            return Some(Cow::Borrowed(""));
        }
        sink.doubt(name, "null_word", cell, "the value says that there is none");
        return None;
    }
    if care.is_key && is_no_key(text) {
        sink.doubt(name, "null_word", cell, "the value says that there is none");
        return None;
    }
    if care.is_identifier || care.is_number_like {
        return identifier(text, cell, name, care, sink);
    }
    if care.is_device_name
        && !text.is_ascii()
        && let Some(plain) = plain(text).filter(|plain| is_host_like(plain) && !is_host_like(text))
    {
        sink.remark(name, "typographic", cell, "dashes of typography became hyphens");
        return Some(Cow::Owned(plain));
    }
    // White space around names is theirs; only what was wrapped is cut out.
    Some(Cow::Borrowed(if bare.len() == trimmed(cell).len() { cell } else { bare }))
}

/// The text without white space at its ends. Most cells have none, and ASCII at both ends says so.
fn trimmed(text: &str) -> &str {
    match text.as_bytes() {
        [first, .., last] if first.is_ascii_graphic() && last.is_ascii_graphic() => text,
        _ => text.trim(),
    }
}

fn identifier<'c>(
    text: &'c str,
    cell: &str,
    name: &'static str,
    care: Care,
    sink: &mut Sink<'_>,
) -> Option<Cow<'c, str>> {
    if is_scientific(text) {
        let message = "a spreadsheet turned the value into scientific notation and its digits are lost";
        sink.doubt(name, "excel_scientific", cell, message);
        return None;
    }
    if !care.is_identifier {
        return Some(Cow::Borrowed(text));
    }
    if is_excel_date(text) {
        sink.doubt(name, "excel_date", cell, "a spreadsheet turned the value into a date");
        return None;
    }
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    if digits == text.len() && digits >= 16 && text.ends_with('0') {
        let message = "a spreadsheet keeps 15 digits, so the last ones may be lost";
        sink.remark(name, "excel_precision", cell, message);
    }
    // A shorter number with `.0` may be a version; ids are numbers of any length.
    if text.ends_with(".0") && digits + 2 == text.len() && (digits > 2 || (care.is_id && digits > 0)) {
        sink.remark(name, "float_identifier", cell, "a tool took the value for a decimal; `.0` was left out");
        return Some(Cow::Borrowed(&text[..digits]));
    }
    if care.is_mac && matches!(text.len(), 10 | 11) && text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        let message =
            format!("a MAC address has 12 digits, this one {}: zeros in front may be lost", text.len());
        sink.doubt(name, "maybe_leading_zeros", cell, &message);
        return None;
    }
    if !text.is_ascii()
        && let Some(plain) = plain(text)
    {
        let message = "dashes and quotes of typography and characters that nobody sees became plain";
        sink.remark(name, "typographic", cell, message);
        return Some(Cow::Owned(plain));
    }
    Some(Cow::Borrowed(text))
}

/// The text without the wrapping by which people keep a spreadsheet from changing it: `="0012345"`, `'0012345`. A single
/// quote counts before digits and signs only: `'s-Hertogenbosch` is a town.
pub(super) fn unwrapped(text: &str) -> &str {
    let bare = trimmed(text);
    match bare.strip_prefix('\'') {
        Some(rest) if !rest.starts_with(|c: char| c.is_ascii_digit() || "=+-@".contains(c)) => text,
        _ => unforced(text),
    }
}

/// The same for identifiers, which never begin with a single quote.
fn unforced(text: &str) -> &str {
    let bare = trimmed(text);
    if let Some(inner) = bare.strip_prefix("=\"").and_then(|rest| rest.strip_suffix('"')) {
        return inner;
    }
    match bare.strip_prefix('\'') {
        Some(rest) if !rest.contains('\'') => rest,
        _ => text,
    }
}

/// The errors of spreadsheets, in the languages in which they are written, and a column that is too narrow.
fn is_error(text: &str) -> bool {
    const ERRORS: [&str; 31] = [
        "#N/A",
        "#REF!",
        "#VALUE!",
        "#NAME?",
        "#DIV/0!",
        "#NULL!",
        "#NUM!",
        "#SPILL!",
        "#CALC!",
        "#NV",
        "#BEZUG!",
        "#WERT!",
        "#ZAHL!",
        "#VALEUR!",
        "#NOM?",
        "#NOMBRE!",
        "#N/D",
        "#\u{a1}REF!",
        "#\u{a1}VALOR!",
        "#\u{bf}NOMBRE?",
        "#\u{a1}DIV/0!",
        "#\u{a1}NUM!",
        "#RIF!",
        "#VALORE!",
        "#NOME?",
        "#N/B",
        "#VERW!",
        "#WAARDE!",
        "#NAAM?",
        "#DEEL/0!",
        "#GETAL!",
    ];
    let is_too_narrow = text.len() > 2 && text.bytes().all(|byte| byte == b'#');
    is_too_narrow || ERRORS.iter().any(|error| error.eq_ignore_ascii_case(text))
}

/// Whether the text says that there is no value.
fn is_nothing(text: &str, care: Care) -> bool {
    if care.is_key {
        return text.is_empty();
    }
    let is = |words: &[&str]| words.iter().any(|word| text.eq_ignore_ascii_case(word));
    match text.len() {
        0 => true,
        1 => (text == "-" && !care.keeps_dashes) || text == "?" || text == ".",
        2 => (text == "--" && !care.keeps_dashes) || (!care.keeps_words && is(&["na"])),
        3 => is(&["n/a"]) || (!care.keeps_words && is(&["tbd", "tba"])),
        4 => !care.keeps_words && is(&["none", "null"]),
        6 => is(&["(null)"]),
        7 => is(&["not set"]) || (!care.keeps_words && is(&["unknown"])),
        _ => false,
    }
}

/// Whether the text says that there is no value, in a word that is not on the junk list.
fn is_no_key(text: &str) -> bool {
    ["tbd", "tba", "not set"].iter().any(|word| word.eq_ignore_ascii_case(text))
}

/// Whether a name in one cell is a mark that there is none.
pub(super) fn is_mark_of_nothing(cell: &str) -> bool {
    let text = cell.trim();
    matches!(text, "" | "-" | "--" | "?" | ".")
        || ["n/a", "(null)", "not set"].iter().any(|word| word.eq_ignore_ascii_case(text))
}

/// The text with hyphens and quotes of ASCII, plain spaces, and without what nobody sees; `None` when it is so already.
fn plain(text: &str) -> Option<String> {
    let plain: String = text
        .chars()
        .filter_map(|c| match c {
            '\u{2010}'..='\u{2015}' | '\u{2212}' => Some('-'),
            '\u{2018}' | '\u{2019}' | '\u{201b}' => Some('\''),
            '\u{201c}'..='\u{201f}' => Some('"'),
            '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}' => None,
            c if c.is_whitespace() => Some(' '),
            c => Some(c),
        })
        .collect();
    (plain != text).then(|| plain.trim().to_owned())
}

/// Looks for letters that were lost or decoded wrongly before the file was written. Returns the repaired text where the
/// pipeline asks for it and nothing is lost.
pub(super) fn garbled(cell: &str, name: &'static str, sink: &mut Sink<'_>) -> Option<String> {
    if cell.contains('\u{fffd}') || has_lost_letter(cell) {
        sink.remark(name, "lossy_encoding", cell, "letters were lost when the file was written");
    }
    if cell.is_ascii() {
        return None;
    }
    if !encoding::is_mojibake(cell) {
        if cell.contains(|c| matches!(c, '\u{80}'..='\u{9f}')) {
            let message = "a character stands for nothing in the file's encoding; another `encoding` of `reading` is likely";
            sink.remark(name, "undefined_character", cell, message);
        }
        return None;
    }
    let repaired = if sink.reading().repair_mojibake { encoding::repaired(cell) } else { None };
    if let Some(text) = &repaired {
        let message = format!("UTF-8 had been taken for Windows-1252; it is `{text}`");
        sink.remark(name, "mojibake_repaired", cell, &message);
    } else {
        sink.remark(name, "mojibake", cell, "UTF-8 seems to have been taken for Windows-1252 before");
    }
    repaired
}

/// Whether a question mark stands between letters, as it does where a program could not write a letter. It does so in
/// addresses of the web too.
fn has_lost_letter(cell: &str) -> bool {
    let Some((before, after)) = cell.split_once('?') else { return false };
    let is_address = cell.contains("://") || cell.contains(['/', '=']);
    !is_address
        && before.ends_with(char::is_alphabetic)
        && after.trim_start_matches('?').starts_with(char::is_alphabetic)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrappings_are_left_out() {
        assert_eq!(unwrapped("=\"0012345\""), "0012345");
        assert_eq!(unwrapped("'0012345"), "0012345");
        assert_eq!(unwrapped("O'Neil"), "O'Neil");
        assert_eq!(unwrapped("'s-Hertogenbosch"), "'s-Hertogenbosch");
        assert_eq!(unforced("'ABC123"), "ABC123");
    }

    #[test]
    fn errors_are_exact() {
        for text in ["#N/A", "#ref!", "########", "#BEZUG!", "#\u{a1}VALOR!"] {
            assert!(is_error(text), "{text}");
        }
        for text in ["#1", "##", "#N/A!", "#hashtag"] {
            assert!(!is_error(text), "{text}");
        }
    }

    #[test]
    fn a_question_mark_between_letters_is_a_lost_letter() {
        assert!(has_lost_letter("M?ller"));
        assert!(has_lost_letter("Mu??ig"));
        assert!(!has_lost_letter("Why? Because"));
        assert!(!has_lost_letter("https://x.example/a?b"));
        assert!(!has_lost_letter("?"));
    }

    #[test]
    fn typography_becomes_plain() {
        assert_eq!(plain("PC\u{2011}01\u{200b}").as_deref(), Some("PC-01"));
        assert_eq!(plain("M\u{fc}ller"), None);
    }
}
