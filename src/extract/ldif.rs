//! LDIF files: entries with attributes, read one by one in bounded memory.
//!
//! After RFC 2849: a line that begins with a space goes on with the line before it, and is put together before anything
//! is decoded; `attribute:: ` is base64; lines that begin with `#` are comments; entries end with a blank line. A value
//! that is only named by an address (`attribute:< file:...`) is never fetched. What an attribute means is not known here.

use std::io::{BufRead, BufReader, Read};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::error::Failure;

/// The most bytes of one value.
const VALUE_SIZE: usize = 16 << 20;

/// The most bytes of one entry.
const ENTRY_SIZE: usize = 64 << 20;

/// How much of a line is read at once.
const PIECE: u64 = 1 << 16;

/// A value of an attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LdifValue {
    pub attribute: String,
    pub bytes: Vec<u8>,
    /// True when it was base64: it may be anything.
    pub is_binary: bool,
}

/// One entry.
#[derive(Debug, Default)]
pub(super) struct Entry {
    /// The line on which it begins.
    pub line: u64,
    /// The attributes in the order of the file, the distinguished name first.
    pub values: Vec<LdifValue>,
    /// Why it cannot be a record.
    pub fault: Option<&'static str>,
    /// Attributes whose base64 is none.
    pub garbled: Vec<String>,
    size: usize,
}

impl Entry {
    fn clear(&mut self) {
        self.values.clear();
        self.garbled.clear();
        (self.line, self.fault, self.size) = (0, None, 0);
    }

    fn is_empty(&self) -> bool {
        self.values.is_empty() && self.fault.is_none() && self.garbled.is_empty()
    }

    /// Takes a whole line.
    fn add(&mut self, line: &[u8], number: u64) {
        let is_first = self.is_empty();
        let Some(colon) = line.iter().position(|byte| *byte == b':') else {
            // A dash parts the changes of one entry in a file of changes.
            if line != b"-" {
                self.fault("bad_line: a line has no `:` after the name of an attribute", number);
            }
            return;
        };
        let Ok(attribute) = std::str::from_utf8(&line[..colon]).map(str::trim) else {
            self.fault("bad_line: the name of an attribute is no text", number);
            return;
        };
        let rest = &line[colon + 1..];
        // The version of the format stands before the first entry.
        if is_first && attribute.eq_ignore_ascii_case("version") {
            return;
        }
        if is_first {
            self.line = number;
            if !attribute.eq_ignore_ascii_case("dn") {
                self.fault("no_name: the entry does not begin with `dn:`", number);
            }
        }
        if attribute.eq_ignore_ascii_case("changetype") {
            // Exports of ldifde say `add`; anything else is a file of changes.
            if !rest.trim_ascii().eq_ignore_ascii_case(b"add") {
                self.fault("not_an_entry: it is a change of an entry", number);
            }
            return;
        }
        let (bytes, is_binary) = match rest.first() {
            Some(b'<') => return,
            Some(b':') => {
                let Ok(bytes) = STANDARD.decode(rest[1..].trim_ascii()) else {
                    self.garbled.push(attribute.to_owned());
                    return;
                };
                (bytes, true)
            }
            _ => (rest.trim_ascii_start().to_vec(), false),
        };
        self.size += attribute.len() + bytes.len();
        if self.size > ENTRY_SIZE {
            self.fault("entry_too_large: the entry is larger than 64 MiB", number);
        }
        if self.fault.is_none() {
            self.values.push(LdifValue { attribute: attribute.to_owned(), bytes, is_binary });
        }
    }

    fn fault(&mut self, fault: &'static str, number: u64) {
        if self.line == 0 {
            self.line = number;
        }
        self.fault.get_or_insert(fault);
        // Only the name is kept, for the quarantine.
        self.values.truncate(1);
    }
}

/// A file that is being read.
pub(super) struct Ldif<'r> {
    reader: BufReader<&'r mut dyn Read>,
    /// Lines read so far.
    lines: u64,
    /// The line that was read last, which belongs to the next entry or may be continued.
    ahead: Vec<u8>,
    has_ahead: bool,
    /// The line in hand is longer than a value may be.
    is_too_long: bool,
}

impl<'r> Ldif<'r> {
    pub fn open(reader: &'r mut dyn Read) -> Result<Self, Failure> {
        let mut ldif = Self {
            reader: BufReader::new(reader),
            lines: 0,
            ahead: Vec::new(),
            has_ahead: false,
            is_too_long: false,
        };
        ldif.has_ahead = ldif.physical_line()?;
        if ldif.ahead.starts_with(&[0xef, 0xbb, 0xbf]) {
            ldif.ahead.drain(..3);
        }
        Ok(ldif)
    }

    /// Reads the next entry into `entry`. `false` at the end.
    pub fn next(&mut self, entry: &mut Entry) -> Result<bool, Failure> {
        entry.clear();
        let mut line = Vec::new();
        loop {
            let Some(number) = self.line(&mut line)? else { return Ok(!entry.is_empty()) };
            if line.is_empty() {
                if entry.is_empty() {
                    continue;
                }
                return Ok(true);
            }
            if self.is_too_long {
                entry.fault("value_too_large: a value is larger than 16 MiB", number);
            } else if line.first() != Some(&b'#') {
                entry.add(&line, number);
            }
        }
    }

    /// Reads a line with all that goes on with it. Returns the number of the line on which it begins, `None` at the end.
    fn line(&mut self, line: &mut Vec<u8>) -> Result<Option<u64>, Failure> {
        if !self.has_ahead {
            return Ok(None);
        }
        let number = self.lines;
        self.is_too_long = self.ahead.len() > VALUE_SIZE;
        std::mem::swap(line, &mut self.ahead);
        loop {
            self.has_ahead = self.physical_line()?;
            let goes_on = self.has_ahead && matches!(self.ahead.first(), Some(b' ' | b'\t'));
            // What follows a blank line is a line of its own.
            if !goes_on || line.is_empty() {
                return Ok(Some(number));
            }
            if line.len() + self.ahead.len() > VALUE_SIZE {
                self.is_too_long = true;
            } else {
                line.extend_from_slice(&self.ahead[1..]);
            }
        }
    }

    /// Reads a line of the file, without its end. Of one that is too long only a beginning is kept. `false` at the end.
    fn physical_line(&mut self) -> Result<bool, Failure> {
        self.ahead.clear();
        let mut has_any = false;
        loop {
            let before = self.ahead.len();
            let read = self.reader.by_ref().take(PIECE).read_until(b'\n', &mut self.ahead)?;
            if read == 0 {
                self.lines += u64::from(has_any);
                return Ok(has_any);
            }
            has_any = true;
            if self.ahead.last() == Some(&b'\n') {
                self.lines += 1;
                self.ahead.pop();
                if self.ahead.last() == Some(&b'\r') {
                    self.ahead.pop();
                }
                return Ok(true);
            }
            if before > VALUE_SIZE {
                self.ahead.truncate(before);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(text: &[u8]) -> Vec<(u64, Vec<String>, Option<&'static str>)> {
        let mut reader = text;
        let mut ldif = Ldif::open(&mut reader).expect("it can be read");
        let mut entry = Entry::default();
        let mut found = Vec::new();
        while ldif.next(&mut entry).expect("it can be read") {
            let values = entry.values.iter().map(|value| {
                let mark = if value.is_binary { "::" } else { ":" };
                format!("{}{mark}{}", value.attribute, String::from_utf8_lossy(&value.bytes))
            });
            found.push((entry.line, values.collect(), entry.fault));
        }
        found
    }

    #[test]
    fn lines_are_put_together_before_they_are_decoded() {
        let text = "dn: CN=zsimek,OU=Staff,DC=nordkai,DC=lo\n cal\nchangetype: add\nobjectClass: person\nobjectClass: user\ncn:: Wm/DqyDF\n oGltZWs=\nmail:zoe@nordkai.example\n";
        let expected = [
            "dn:CN=zsimek,OU=Staff,DC=nordkai,DC=local",
            "objectClass:person",
            "objectClass:user",
            "cn::Zoë Šimek",
            "mail:zoe@nordkai.example",
        ];
        assert_eq!(entries(text.as_bytes()), [(1, expected.map(str::to_owned).to_vec(), None)]);
        let windows = text.replace('\n', "\r\n");
        assert_eq!(entries(windows.as_bytes()), [(1, expected.map(str::to_owned).to_vec(), None)]);
    }

    #[test]
    fn entries_are_parted_by_blank_lines_and_know_their_line() {
        let text = "\u{feff}version: 1\n\n# a comment\n that goes on\ndn: CN=A\ncn: A\n\n\n\ndn:: Q049Qg==\n# inside\ncn: B";
        let found = entries(text.as_bytes());
        assert_eq!(found.len(), 2);
        assert_eq!((found[0].0, found[0].1.join(" ")), (5, "dn:CN=A cn:A".to_owned()));
        assert_eq!((found[1].0, found[1].1.join(" ")), (10, "dn::CN=B cn:B".to_owned()));
    }

    #[test]
    fn addresses_are_never_followed_and_bad_base64_is_named() {
        let mut reader = &b"dn: CN=A\njpegPhoto:< file:///etc/passwd\nsn:: ***\ncn: A\n"[..];
        let mut ldif = Ldif::open(&mut reader).expect("it can be read");
        let mut entry = Entry::default();
        assert!(ldif.next(&mut entry).expect("it can be read"));
        assert_eq!(entry.values.len(), 2);
        assert_eq!(entry.garbled, ["sn"]);
    }

    #[test]
    fn what_is_no_entry_says_why() {
        let text = "dn: CN=A\nchangetype: modify\nreplace: sn\nsn: B\n-\n\ncn: B\n\ndn: CN=C\nrubbish\ncn: C\n\ndn: CN=D\ncn: D\n";
        let found: Vec<(u64, Option<&str>)> =
            entries(text.as_bytes()).into_iter().map(|(line, _, fault)| (line, fault)).collect();
        assert_eq!(
            found,
            [
                (1, Some("not_an_entry: it is a change of an entry")),
                (7, Some("no_name: the entry does not begin with `dn:`")),
                (9, Some("bad_line: a line has no `:` after the name of an attribute")),
                (13, None),
            ]
        );
    }

    #[test]
    fn a_value_of_any_size_takes_no_more_than_its_limit() {
        let mut text = b"dn: CN=A\njpegPhoto:: ".to_vec();
        text.extend(std::iter::repeat_n(b'A', VALUE_SIZE * 2));
        text.extend(b"\n\ndn: CN=B\ncn: B\n");
        let found = entries(&text);
        assert_eq!(found[0].2, Some("value_too_large: a value is larger than 16 MiB"));
        assert_eq!((found[1].0, found[1].2), (4, None));
    }

    #[test]
    fn an_empty_file_has_no_entries() {
        assert_eq!(entries(b""), []);
        assert_eq!(entries(b"\n\n# nothing\n"), []);
    }
}
