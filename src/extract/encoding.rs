//! Bytes to UTF-8: which encoding a text file has, and a reader that decodes it as it is read.
//!
//! A file counts as UTF-8 until a row of it is not. Only then is it surveyed as a whole and read once more, so that a
//! clean file is read once.

use std::io::{self, Read};

use super::error::Failure;
use crate::model::{CodePage, Encoding, MAC_ROMAN, WINDOWS_1252};
use crate::pipeline::Reading;

/// So many bytes at the beginning are looked at for NUL bytes, by which UTF-16 without a mark is known.
pub(super) const START: usize = 4096;

/// Bytes that are read at once.
const BUFFER: usize = 1 << 16;

/// A line longer than this is cut where encodings are told apart line by line.
const LINE: usize = 1 << 20;

/// How a file is decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Decoding {
    Whole(Encoding),
    /// UTF-8, and another encoding in lines that are not.
    Mixed(Encoding),
}

impl Decoding {
    /// The name for people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Whole(encoding) => encoding.name(),
            Self::Mixed(Encoding::OneByte(page)) if *page == WINDOWS_1252 => "UTF-8 and Windows-1252",
            Self::Mixed(Encoding::OneByte(page)) if *page == MAC_ROMAN => "UTF-8 and Mac Roman",
            Self::Mixed(_) => "UTF-8 and another",
        }
    }
}

/// What the beginning of a file says of its encoding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Guess {
    pub decoding: Decoding,
    /// The length of the byte order mark.
    pub mark: usize,
    /// False when a row that is not UTF-8 would disprove it.
    pub is_sure: bool,
}

/// Looks at the first bytes of a file: a byte order mark, then NUL bytes, then what the pipeline says, then UTF-8.
pub(super) fn guess(start: &[u8], reading: &Reading) -> Guess {
    let sure = |encoding, mark| Guess { decoding: Decoding::Whole(encoding), mark, is_sure: true };
    // The mark of UTF-32 begins with that of UTF-16.
    if start.starts_with(&[0xff, 0xfe, 0, 0]) {
        return sure(Encoding::Utf32Le, 4);
    }
    if start.starts_with(&[0xff, 0xfe]) {
        return sure(Encoding::Utf16Le, 2);
    }
    if start.starts_with(&[0xfe, 0xff]) {
        return sure(Encoding::Utf16Be, 2);
    }
    let mark = if start.starts_with(&[0xef, 0xbb, 0xbf]) { 3 } else { 0 };
    // Text that is wide has NUL bytes, if only in the ends of its lines.
    let told = reading.encoding.filter(|encoding| is_wide(*encoding) && start.contains(&0));
    if let Some(wide) = told.or_else(|| by_nul_bytes(start)) {
        return sure(wide, 0);
    }
    let is_sure = reading.encoding == Some(Encoding::Utf8);
    Guess { decoding: Decoding::Whole(Encoding::Utf8), mark, is_sure }
}

const fn is_wide(encoding: Encoding) -> bool {
    matches!(encoding, Encoding::Utf16Le | Encoding::Utf16Be | Encoding::Utf32Le)
}

/// UTF-16 without a mark: in text of the west every second byte is NUL.
fn by_nul_bytes(start: &[u8]) -> Option<Encoding> {
    let start = &start[..start.len().min(START)];
    let nul = |skip: usize| start.iter().skip(skip).step_by(2).filter(|byte| **byte == 0).count();
    let (even, odd) = (nul(0), nul(1));
    // 30 % of the bytes in every second place.
    let is_many = |count: usize| count > 1 && count * 20 >= start.len() * 3;
    match (is_many(even), is_many(odd)) {
        (false, true) => Some(Encoding::Utf16Le),
        (true, false) => Some(Encoding::Utf16Be),
        _ => None,
    }
}

/// Reads a whole file that is not all UTF-8 and says how it is decoded.
pub(super) fn survey(reader: &mut dyn Read, reading: &Reading) -> Result<Decoding, Failure> {
    let mut survey = Survey::default();
    let mut buffer = Vec::with_capacity(BUFFER * 2);
    loop {
        let count = (&mut *reader).take(BUFFER as u64).read_to_end(&mut buffer)?;
        if count == 0 {
            survey.line(&buffer);
            break;
        }
        let whole = match buffer.iter().rposition(|byte| *byte == b'\n') {
            Some(last) => last + 1,
            None if buffer.len() > LINE => buffer.len(),
            None => continue,
        };
        for line in buffer[..whole].split_inclusive(|byte| *byte == b'\n') {
            survey.line(line);
        }
        buffer.drain(..whole);
    }
    Ok(survey.decoding(reading))
}

/// What the lines of a file say together.
#[derive(Default)]
struct Survey {
    /// Lines with letters beyond ASCII that are UTF-8, and lines that are not UTF-8.
    good: u64,
    bad: u64,
    has_crlf: bool,
    /// Ends of lines: LF, and CR alone.
    lf: usize,
    cr: usize,
    /// Bytes that stand for nothing in Windows-1252.
    has_undefined: bool,
}

impl Survey {
    #[expect(clippy::naive_bytecount, reason = "a line is short")]
    fn line(&mut self, line: &[u8]) {
        let is_crlf = line.ends_with(b"\r\n");
        self.has_crlf |= is_crlf;
        self.lf += usize::from(line.ends_with(b"\n"));
        self.cr += line.iter().filter(|byte| **byte == b'\r').count() - usize::from(is_crlf);
        if line.is_ascii() {
            return;
        }
        if std::str::from_utf8(line).is_ok() {
            self.good += 1;
        } else {
            self.bad += 1;
            self.has_undefined |= line.iter().any(|byte| matches!(byte, 0x81 | 0x8d | 0x8f | 0x90 | 0x9d));
        }
    }

    fn decoding(&self, reading: &Reading) -> Decoding {
        let single = match reading.encoding {
            Some(Encoding::Utf8) | None => Encoding::OneByte(self.one_byte()),
            Some(given) => given,
        };
        match (self.good, self.bad) {
            (_, 0) => Decoding::Whole(Encoding::Utf8),
            (0, _) => Decoding::Whole(single),
            _ => Decoding::Mixed(single),
        }
    }

    /// Programs on old Macs end lines with CR alone; newer ones with LF. Bytes that Windows-1252 leaves undefined are
    /// letters in Mac Roman.
    fn one_byte(&self) -> &'static CodePage {
        let is_old_mac = self.cr > self.lf;
        let is_mac = self.has_undefined && self.lf > 0 && !self.has_crlf;
        if is_old_mac || is_mac { &MAC_ROMAN } else { &WINDOWS_1252 }
    }
}

/// A reader of the decoded text. Bytes that mean nothing become U+FFFD; text that counts as UTF-8 passes as it is.
pub(super) fn decoded<'r>(reader: Box<dyn Read + 'r>, decoding: Decoding) -> Box<dyn Read + 'r> {
    let decoder = match decoding {
        Decoding::Whole(Encoding::Utf8) => return reader,
        Decoding::Whole(Encoding::Utf16Le) => Decoder::Utf16(u16::from_le_bytes),
        Decoding::Whole(Encoding::Utf16Be) => Decoder::Utf16(u16::from_be_bytes),
        Decoding::Whole(Encoding::Utf32Le) => Decoder::Utf32,
        Decoding::Whole(Encoding::OneByte(page)) => Decoder::OneByte(page.table()),
        Decoding::Mixed(Encoding::OneByte(page)) => Decoder::Lines(page.table()),
        Decoding::Mixed(_) => Decoder::Lines(WINDOWS_1252.table()),
    };
    Box::new(Decoded { inner: reader, decoder, raw: Vec::new(), out: Vec::new(), at: 0, has_ended: false })
}

enum Decoder {
    Utf16(fn([u8; 2]) -> u16),
    Utf32,
    OneByte([char; 128]),
    /// UTF-8, and this one in lines that are not.
    Lines([char; 128]),
}

struct Decoded<R> {
    inner: R,
    decoder: Decoder,
    /// Bytes that are not decoded yet.
    raw: Vec<u8>,
    /// Decoded text, of which the first `at` bytes were handed out.
    out: Vec<u8>,
    at: usize,
    has_ended: bool,
}

impl<R: Read> Read for Decoded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.at == self.out.len() && !self.has_ended {
            self.out.clear();
            self.at = 0;
            let count = self.inner.by_ref().take(BUFFER as u64).read_to_end(&mut self.raw)?;
            self.has_ended = count == 0;
            self.decode();
        }
        let count = buffer.len().min(self.out.len() - self.at);
        buffer[..count].copy_from_slice(&self.out[self.at..self.at + count]);
        self.at += count;
        Ok(count)
    }
}

impl<R> Decoded<R> {
    /// Decodes what can be of the bytes at hand; the rest waits for more.
    fn decode(&mut self) {
        let is_last = self.has_ended;
        let done = match &self.decoder {
            Decoder::Utf16(unit) => {
                let (units, _) = self.raw.as_chunks::<2>();
                // The first half of a pair waits for the second.
                let is_half = |bytes: &[u8; 2]| matches!(unit(*bytes), 0xd800..=0xdbff);
                let cut = units.len() - usize::from(!is_last && units.last().is_some_and(is_half));
                for c in char::decode_utf16(units[..cut].iter().map(|bytes| unit(*bytes))) {
                    push(c.unwrap_or(char::REPLACEMENT_CHARACTER), &mut self.out);
                }
                cut * 2
            }
            Decoder::Utf32 => {
                let (units, _) = self.raw.as_chunks::<4>();
                for bytes in units {
                    let c = char::from_u32(u32::from_le_bytes(*bytes));
                    push(c.unwrap_or(char::REPLACEMENT_CHARACTER), &mut self.out);
                }
                units.len() * 4
            }
            Decoder::OneByte(table) => {
                decode_bytes(&self.raw, table, &mut self.out);
                self.raw.len()
            }
            Decoder::Lines(table) => {
                let whole = match self.raw.iter().rposition(|byte| *byte == b'\n') {
                    _ if is_last => self.raw.len(),
                    Some(last) => last + 1,
                    None if self.raw.len() > LINE => self.raw.len(),
                    None => 0,
                };
                for line in self.raw[..whole].split_inclusive(|byte| *byte == b'\n') {
                    if std::str::from_utf8(line).is_ok() {
                        self.out.extend_from_slice(line);
                    } else {
                        decode_bytes(line, table, &mut self.out);
                    }
                }
                whole
            }
        };
        self.raw.drain(..done);
        if is_last && !self.raw.is_empty() {
            // The file ends inside a character.
            push(char::REPLACEMENT_CHARACTER, &mut self.out);
        }
    }
}

fn push(c: char, out: &mut Vec<u8>) {
    out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
}

fn decode_bytes(bytes: &[u8], table: &[char; 128], out: &mut Vec<u8>) {
    for byte in bytes {
        match byte.checked_sub(128) {
            None => out.push(*byte),
            Some(at) => push(table[usize::from(at)], out),
        }
    }
}

/// Whether lines end with CR alone: outside of quotes there are more of them than of LF, in whatever cells there are.
pub(super) fn has_cr_lines(text: &[u8]) -> bool {
    let (mut is_quoted, mut cr, mut lf) = (false, 0_usize, 0_usize);
    for (at, byte) in text.iter().enumerate() {
        match byte {
            b'"' => is_quoted = !is_quoted,
            b'\n' if !is_quoted => lf += 1,
            b'\r' if !is_quoted && text.get(at + 1) != Some(&b'\n') => cr += 1,
            _ => {}
        }
    }
    cr > lf
}

/// Makes LF of every CR and CRLF, for files whose lines end with CR alone.
pub(super) struct Lines<R> {
    inner: R,
    /// Whether the last byte was a CR, so that an LF is the rest of it.
    after_cr: bool,
}

impl<R: Read> Lines<R> {
    /// A reader of what stands behind `head`, in which the ends of lines are made LF as well.
    pub fn behind(head: &mut Vec<u8>, inner: R) -> Self {
        let mut lines = Self { inner, after_cr: false };
        let count = lines.cr_to_lf(head);
        head.truncate(count);
        lines
    }

    /// Returns how many bytes are left.
    fn cr_to_lf(&mut self, bytes: &mut [u8]) -> usize {
        let mut count = 0;
        for at in 0..bytes.len() {
            let byte = bytes[at];
            if byte != b'\n' || !self.after_cr {
                bytes[count] = if byte == b'\r' { b'\n' } else { byte };
                count += 1;
            }
            self.after_cr = byte == b'\r';
        }
        count
    }
}

impl<R: Read> Read for Lines<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let count = self.inner.read(buffer)?;
            let kept = self.cr_to_lf(&mut buffer[..count]);
            if kept > 0 || count == 0 {
                return Ok(kept);
            }
        }
    }
}

/// Whether the text is UTF-8 as far as it goes; a letter that its end cuts in half is none the worse for it.
pub(super) fn is_utf8(bytes: &[u8], is_whole: bool) -> bool {
    match std::str::from_utf8(bytes) {
        Ok(_) => true,
        Err(error) => !is_whole && error.error_len().is_none(),
    }
}

/// What reading text as Windows-1252 makes of UTF-8: `Ã©` for é, `â€™` for an apostrophe.
pub(super) fn is_mojibake(text: &str) -> bool {
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let Some(next) = chars.peek() else { return false };
        let is_pair = match c {
            'Â' | 'Ã' => matches!(next, '\u{80}'..='\u{bf}') || is_high_punctuation(*next),
            'â' => is_high_punctuation(*next) && *next != '\u{2019}',
            _ => false,
        };
        if is_pair {
            return true;
        }
    }
    false
}

/// The characters that Windows-1252 has where Latin-1 has control characters.
fn is_high_punctuation(c: char) -> bool {
    c > '\u{ff}' && WINDOWS_1252.byte(c).is_some()
}

/// The text as it was before its UTF-8 was taken for Windows-1252; `None` unless that loses nothing.
pub(super) fn repaired(text: &str) -> Option<String> {
    let bytes: Option<Vec<u8>> = text.chars().map(|c| WINDOWS_1252.byte(c)).collect();
    String::from_utf8(bytes?).ok().filter(|repaired| repaired != text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mojibake_is_known_and_undone() {
        for (garbled, right) in [
            ("M\u{c3}\u{bc}ller", "M\u{fc}ller"),
            ("Ren\u{c3}\u{a9}", "Ren\u{e9}"),
            ("Bob\u{e2}\u{20ac}\u{2122}s", "Bob\u{2019}s"),
            ("\u{c3}\u{178}", "\u{df}"),
        ] {
            assert!(is_mojibake(garbled), "{garbled}");
            assert_eq!(repaired(garbled).as_deref(), Some(right));
        }
        for text in ["M\u{fc}ller", "S\u{c3}O PAULO", "ch\u{e2}teau", "\u{141}\u{f3}d\u{17a}"] {
            assert!(!is_mojibake(text), "{text}");
            assert_eq!(repaired(text), None);
        }
    }

    #[test]
    fn nul_bytes_tell_utf_16() {
        let wide = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
        assert_eq!(by_nul_bytes(&wide("Name;Serial\r\n")), Some(Encoding::Utf16Le));
        let big: Vec<u8> = "Name".encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert_eq!(by_nul_bytes(&big), Some(Encoding::Utf16Be));
        assert_eq!(by_nul_bytes(b"Name;Serial\0\r\n"), None);
        assert_eq!(by_nul_bytes(b""), None);
    }
}
