//! Cuts a JSON document into values without reading what they hold, so that a document of any size is read value by
//! value in bounded memory, and each value can be parsed from a slice.

use std::io::Read;
use std::ops::Range;

use serde::Deserialize;

use super::error::Failure;

/// The first size of the buffer.
const BUFFER: usize = 1 << 16;

/// The most bytes of one value: a record, or a page of them where pages stand in an array.
const VALUE_SIZE: usize = 256 << 20;

/// Larger values are looked for their end before they are parsed: else the beginning of a large one would be parsed again
/// and again.
const MOST_AT_HAND: usize = 1 << 14;

/// So many bytes are at hand at first.
const AT_HAND: usize = 1 << 10;

/// A position in a document that is being read.
pub(super) struct Scanner<'r> {
    reader: &'r mut dyn Read,
    buffer: Vec<u8>,
    /// The next byte to look at.
    at: usize,
    /// Where the bytes read so far end.
    end: usize,
    /// So many bytes are at hand: twice the largest value so far, so that few bytes behind a value are looked at with it.
    at_hand: usize,
    /// Lines before the buffer, and bytes of the line with which it begins that are before it.
    lines: usize,
    columns: usize,
}

impl<'r> Scanner<'r> {
    /// A scanner at the start of a document. A byte order mark, which some editors put there, is left out.
    pub fn new(reader: &'r mut dyn Read) -> Result<Self, Failure> {
        let mut scanner =
            Self { reader, buffer: vec![0; BUFFER], at: 0, end: 0, at_hand: AT_HAND, lines: 0, columns: 0 };
        while scanner.end < 3 && scanner.fill(0)? {}
        if scanner.buffer[..scanner.end].starts_with(&[0xef, 0xbb, 0xbf]) {
            scanner.at = 3;
        }
        Ok(scanner)
    }

    /// The next byte that is no white space, which stays; `None` at the end.
    pub fn peek(&mut self) -> Result<Option<u8>, Failure> {
        loop {
            while self.at < self.end {
                let byte = self.buffer[self.at];
                if !byte.is_ascii_whitespace() {
                    return Ok(Some(byte));
                }
                self.at += 1;
            }
            if !self.fill(self.at)? {
                return Ok(None);
            }
        }
    }

    /// Goes past the byte that was peeked at.
    pub fn skip(&mut self) {
        self.at += 1;
    }

    /// Goes past `byte` if it is the next one. Returns whether it was.
    pub fn eat(&mut self, byte: u8) -> Result<bool, Failure> {
        let is_next = self.peek()? == Some(byte);
        if is_next {
            self.skip();
        }
        Ok(is_next)
    }

    /// The next value, parsed from the bytes that are at hand, and how long it is. `None` when they do not hold all of it,
    /// when it is wrong, and when the next bytes could belong to it.
    ///
    /// Nearly all values of a document can be had so, and are then read once; what cannot is for [`Self::value`].
    pub fn at_hand<'b, T: Deserialize<'b>>(&'b mut self) -> Result<Option<(T, usize)>, Failure> {
        if !matches!(self.peek()?, Some(b'{' | b'[')) {
            return Ok(None);
        }
        let found = match parsed(&self.buffer[self.at..self.end.min(self.at + self.at_hand)]) {
            None if self.at_hand < MOST_AT_HAND => {
                parsed(&self.buffer[self.at..self.end.min(self.at + MOST_AT_HAND)])
            }
            found => found,
        };
        if let Some((_, length)) = &found {
            self.at_hand = self.at_hand.max(length * 2).min(MOST_AT_HAND);
        }
        Ok(found)
    }

    /// Goes past one value without reading it. What is wrong inside is not noticed.
    pub fn skip_value(&mut self) -> Result<(), Failure> {
        if self.peek()?.is_none() {
            return Err(self.cut_off());
        }
        let mut inside = Inside::default();
        loop {
            if let Some(length) = inside.end(&self.buffer[self.at..self.end]) {
                self.at += length;
                return Ok(());
            }
            self.at = self.end;
            if !self.fill(self.at)? {
                return if inside.may_end() { Ok(()) } else { Err(self.cut_off()) };
            }
        }
    }

    /// Goes past so many bytes.
    pub fn advance(&mut self, count: usize) {
        self.at += count;
    }

    /// Goes past one value and returns where it is in the buffer, until the next call.
    pub fn value(&mut self) -> Result<Range<usize>, Failure> {
        if self.peek()?.is_none() {
            return Err(self.cut_off());
        }
        let (mut start, mut at) = (self.at, self.at);
        let mut inside = Inside::default();
        loop {
            if let Some(length) = inside.end(&self.buffer[at..self.end]) {
                self.at = at + length;
                return Ok(start..self.at);
            }
            at = self.end;
            if at - start > VALUE_SIZE {
                let what = self.place(start, "a record is larger than 256 MiB");
                return Err(Failure::new(what, "save the pages of the answer as files of their own"));
            }
            let has_more = self.fill(start)?;
            (start, at) = (0, at - start);
            if !has_more {
                if !inside.may_end() {
                    return Err(self.cut_off());
                }
                self.at = at;
                return Ok(0..at);
            }
        }
    }

    /// The bytes of a value.
    pub fn bytes(&self, range: Range<usize>) -> &[u8] {
        &self.buffer[range]
    }

    /// The error that `error` is, found in the value that starts at `start`.
    pub fn invalid(&self, start: usize, error: &serde_json::Error) -> Failure {
        let (line, column) = self.position(start);
        let inside = error.line().max(1);
        let (line, column) = if inside == 1 {
            (line, column + error.column().saturating_sub(1))
        } else {
            (line + inside - 1, error.column())
        };
        // The message ends with a position in the value, which says nothing to anyone.
        let text = error.to_string();
        let what = text.rsplit_once(" at line ").map_or(text.as_str(), |(what, _)| what);
        Failure::new(format!("it is not valid JSON: {what} at line {line} column {column}"), "")
    }

    /// The error of a byte that cannot stand where the scanner is.
    pub fn unexpected(&mut self, expected: &str) -> Failure {
        match self.peek() {
            Err(failure) => failure,
            Ok(None) => self.cut_off(),
            Ok(Some(byte)) => {
                let what = format!("expected {expected}, found `{}`", char::from(byte).escape_debug());
                Failure::new(format!("it is not valid JSON: {}", self.place(self.at, &what)), "")
            }
        }
    }

    fn cut_off(&self) -> Failure {
        let (line, column) = self.position(self.end);
        let what =
            format!("it is not valid JSON: EOF while parsing a value at line {line} column {}", column - 1);
        Failure::new(what, "the document ends too early: save it again")
    }

    fn place(&self, at: usize, what: &str) -> String {
        let (line, column) = self.position(at);
        format!("{what} at line {line} column {column}")
    }

    /// Line and column of the byte at `at` in the buffer, from 1.
    fn position(&self, at: usize) -> (usize, usize) {
        let before = &self.buffer[..at.min(self.end)];
        match before.iter().rposition(|byte| *byte == b'\n') {
            None => (self.lines + 1, self.columns + before.len() + 1),
            Some(last) => (self.lines + newlines(before) + 1, before.len() - last),
        }
    }

    /// Reads more, keeping what starts at `keep`, which moves to the front. Returns whether there was more.
    fn fill(&mut self, keep: usize) -> Result<bool, Failure> {
        let gone = &self.buffer[..keep];
        match newlines(gone) {
            0 => self.columns += keep,
            lines => {
                self.lines += lines;
                self.columns = gone.iter().rev().take_while(|byte| **byte != b'\n').count();
            }
        }
        self.buffer.copy_within(keep..self.end, 0);
        self.at -= keep.min(self.at);
        self.end -= keep;
        if self.end == self.buffer.len() {
            self.buffer.resize(self.buffer.len() * 2, 0);
        }
        loop {
            match self.reader.read(&mut self.buffer[self.end..]) {
                Ok(count) => {
                    self.end += count;
                    return Ok(count > 0);
                }
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}

/// Where in a value its bytes so far end.
#[derive(Default)]
struct Inside {
    /// The objects and lists that are open.
    depth: usize,
    is_text: bool,
    /// Whether the next byte belongs to an escape.
    is_escaped: bool,
}

impl Inside {
    /// How many of the next bytes belong to the value; `None` when it goes on behind them.
    fn end(&mut self, bytes: &[u8]) -> Option<usize> {
        let mut at = 0;
        while at < bytes.len() {
            if self.is_escaped {
                self.is_escaped = false;
                at += 1;
                continue;
            }
            if self.is_text {
                // Most bytes are those of texts.
                at += bytes[at..].iter().position(|byte| matches!(byte, b'"' | b'\\'))?;
                self.is_escaped = bytes[at] == b'\\';
                self.is_text = self.is_escaped;
                at += 1;
                if !self.is_text && self.depth == 0 {
                    return Some(at);
                }
                continue;
            }
            match bytes[at] {
                b'"' => self.is_text = true,
                b'{' | b'[' => self.depth += 1,
                b'}' | b']' if self.depth > 1 => self.depth -= 1,
                b'}' | b']' if self.depth == 1 => return Some(at + 1),
                b'}' | b']' | b',' | b':' | b' ' | b'\t' | b'\r' | b'\n' if self.depth == 0 => {
                    return Some(at);
                }
                _ => {}
            }
            at += 1;
        }
        None
    }

    /// Whether the value may end here, as a number does at the end of a document.
    fn may_end(&self) -> bool {
        self.depth == 0 && !self.is_text
    }
}

/// The value at the beginning, and how long it is. `None` when the bytes do not hold all of it, and when it is wrong.
fn parsed<'b, T: Deserialize<'b>>(bytes: &'b [u8]) -> Option<(T, usize)> {
    // Checked at once, not text by text. A letter may end behind the bytes.
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => std::str::from_utf8(&bytes[..error.valid_up_to()]).ok()?,
    };
    let mut values = serde_json::Deserializer::from_str(text).into_iter();
    let value = values.next()?.ok()?;
    Some((value, values.byte_offset()))
}

/// Counts in bytes, of which the processor adds sixteen at once.
fn newlines(bytes: &[u8]) -> usize {
    let count = |part: &[u8]| part.iter().map(|byte| u8::from(*byte == b'\n')).sum::<u8>();
    bytes.chunks(usize::from(u8::MAX)).map(|part| usize::from(count(part))).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives its text a few bytes at a time.
    struct Drops<'t>(&'t [u8]);

    impl Read for Drops<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            let count = self.0.len().min(3).min(buffer.len());
            buffer[..count].copy_from_slice(&self.0[..count]);
            self.0 = &self.0[count..];
            Ok(count)
        }
    }

    /// Values of every kind, with brackets, quotes and escapes where they end nothing.
    const VALUES: &str = r#" {"a":"}\\\"]","b":[1,{}]} , "x,\"y" ,-1.5e3, [ [] ],null"#;

    #[test]
    fn values_are_cut_where_they_end() {
        let mut drops = Drops(VALUES.as_bytes());
        let mut scanner = Scanner::new(&mut drops).expect("it can be read");
        let mut found = Vec::new();
        loop {
            let range = scanner.value().expect("it is whole");
            found.push(String::from_utf8_lossy(scanner.bytes(range)).into_owned());
            if !scanner.eat(b',').expect("it can be read") {
                break;
            }
        }
        assert_eq!(found, [r#"{"a":"}\\\"]","b":[1,{}]}"#, r#""x,\"y""#, "-1.5e3", "[ [] ]", "null"]);
    }

    #[test]
    fn values_are_skipped_to_where_they_end() {
        let mut drops = Drops(VALUES.as_bytes());
        let mut scanner = Scanner::new(&mut drops).expect("it can be read");
        let mut next = Vec::new();
        while let Some(byte) = scanner.peek().expect("it can be read") {
            next.push(char::from(byte));
            scanner.skip_value().expect("it is whole");
            scanner.eat(b',').expect("it can be read");
        }
        assert_eq!(next, ['{', '"', '-', '[', 'n']);
        for cut in [r#"{"a":[]"#, r#""x\""#, "[1,"] {
            let mut bytes = cut.as_bytes();
            let mut scanner = Scanner::new(&mut bytes).expect("it can be read");
            assert!(scanner.skip_value().expect_err("it is cut").what.contains("EOF"), "{cut}");
        }
    }

    #[test]
    fn errors_know_their_line_beyond_the_buffer() {
        let mut text = "[\n".to_owned();
        for _ in 0..40_000 {
            text.push_str("{\"a\":1},\n");
        }
        text.push_str("{\"a\":");
        let mut bytes = text.as_bytes();
        let mut scanner = Scanner::new(&mut bytes).expect("it can be read");
        assert!(scanner.eat(b'[').expect("it can be read"));
        let failure = loop {
            match scanner.value() {
                Ok(_) => assert!(scanner.eat(b',').expect("it can be read")),
                Err(failure) => break failure,
            }
        };
        assert!(
            failure.what.ends_with("EOF while parsing a value at line 40002 column 5"),
            "{}",
            failure.what
        );
    }
}
