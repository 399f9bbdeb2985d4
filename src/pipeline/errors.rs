//! Errors that point into the user's file: collected, sorted and rendered together.

use std::fmt;
use std::io::Read;
use std::ops::Range;
use std::path::{Path, PathBuf};

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use super::Code;

/// One thing that is wrong with a pipeline or its decisions file.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PipelineError {
    /// What is wrong, as a stable code.
    pub code: Code,
    /// What is wrong, in words.
    pub message: String,
    /// What to say at the place in the file; may be empty.
    pub label: String,
    /// What to do about it.
    pub hint: Option<String>,
    /// The bytes of the file that are wrong, `None` when the file could not be read.
    pub span: Option<Range<usize>>,
    /// The line, from 1; 0 without a span.
    pub line: usize,
    /// The column in characters, from 1; 0 without a span.
    pub column: usize,
}

/// Everything that is wrong with one file, in the order of the file. `Display` renders it without colour.
#[derive(Debug, Clone)]
pub struct PipelineErrors(Box<Inner>);

#[derive(Debug, Clone)]
struct Inner {
    path: PathBuf,
    text: String,
    errors: Vec<PipelineError>,
}

impl PipelineErrors {
    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0.path
    }

    /// The errors, in the order of the file; never none.
    #[must_use]
    pub fn errors(&self) -> &[PipelineError] {
        &self.0.errors
    }

    /// All errors as text for a terminal, each with the line that it points at.
    #[must_use]
    pub fn render(&self, colour: bool) -> String {
        let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
        let path = self.0.path.to_string_lossy();
        let mut text = String::new();
        for error in &self.0.errors {
            let group = Group::with_title(Level::ERROR.primary_title(&error.message).id(error.code.id()));
            let mut group = match &error.span {
                None => group.element(Origin::path(path.as_ref())),
                Some(span) => {
                    // Only the line goes to the renderer: it works through all of the text that it is given,
                    // once per error.
                    let (start, line) = line_at(&self.0.text, span.start);
                    // An error may stand in what ends the line, which is not shown.
                    let begin = (span.start - start).min(line.len());
                    let end = span.end.saturating_sub(start).clamp(begin, line.len());
                    let mut annotation = AnnotationKind::Primary.span(begin..end);
                    if !error.label.is_empty() {
                        annotation = annotation.label(error.label.as_str());
                    }
                    group.element(
                        Snippet::source(line)
                            .line_start(error.line)
                            .path(path.as_ref())
                            .annotation(annotation),
                    )
                }
            };
            if let Some(hint) = &error.hint {
                group = group.element(Level::HELP.with_name("hint").message(hint.as_str()));
            }
            text.push_str(&renderer.render(&[group]));
            text.push_str("\n\n");
        }
        let count = self.0.errors.len();
        let plural = if count == 1 { "" } else { "s" };
        text + &format!("{count} error{plural} in {path}")
    }
}

impl fmt::Display for PipelineErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(false))
    }
}

impl std::error::Error for PipelineErrors {}

/// Collects what is wrong while a file is being read.
#[derive(Debug, Default)]
pub(super) struct Faults {
    errors: Vec<PipelineError>,
    /// Parts of the file that must not be shown.
    secrets: Vec<Range<usize>>,
}

impl Faults {
    /// Adds an error at `span`.
    pub(super) fn add(&mut self, code: Code, span: Range<usize>, message: impl Into<String>) -> Fault<'_> {
        self.push(code, Some(span), message.into())
    }

    /// Adds an error about the file as a whole.
    pub(super) fn add_to_file(&mut self, code: Code, message: impl Into<String>) -> Fault<'_> {
        self.push(code, None, message.into())
    }

    /// Keeps the text at `span` out of everything that is shown.
    pub(super) fn hide(&mut self, span: Range<usize>) {
        self.secrets.push(span);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.errors.is_empty()
    }

    /// Drops the errors that `keep` refuses.
    pub(super) fn retain(&mut self, keep: impl FnMut(&PipelineError) -> bool) {
        self.errors.retain(keep);
    }

    /// The errors of the file `path`, whose content is `text`.
    pub(super) fn into_errors(self, path: &Path, text: &str) -> PipelineErrors {
        let mut errors = self.errors;
        for span in errors.iter_mut().filter_map(|error| error.span.as_mut()) {
            span.start = floor_char(text, span.start);
            span.end = floor_char(text, span.end).max(span.start);
        }
        errors.sort_by_key(|error| (error.span.as_ref().map(|span| (span.start, span.end)), error.code));
        // The errors are in the order of the file, so its lines are counted once for all of them.
        let (mut line, mut counted) = (1, 0);
        for error in &mut errors {
            if let Some(span) = &error.span {
                let (start, _) = line_at(text, span.start);
                line += text[counted.min(start)..start].matches('\n').count();
                counted = start;
                error.line = line;
                error.column = text[start..span.start].chars().count() + 1;
            }
        }
        errors.dedup();
        let mut text = text.to_owned();
        for secret in self.secrets {
            let stars: String =
                text[secret.clone()].chars().map(|c| if c == '\n' { c } else { '*' }).collect();
            // A character of several bytes becomes one asterisk; blanks keep what follows in its place.
            let padding = " ".repeat(secret.len() - stars.len());
            text.replace_range(secret, &format!("{stars}{padding}"));
        }
        PipelineErrors(Box::new(Inner { path: path.to_owned(), text, errors }))
    }

    fn push(&mut self, code: Code, span: Option<Range<usize>>, message: String) -> Fault<'_> {
        self.errors.push(PipelineError {
            code,
            message,
            label: String::new(),
            hint: None,
            span,
            line: 0,
            column: 0,
        });
        Fault(self.errors.last_mut().expect("an error was just added"))
    }
}

/// An error that was just added, to be completed.
pub(super) struct Fault<'a>(&'a mut PipelineError);

impl Fault<'_> {
    /// Says something at the place itself.
    pub(super) fn label(self, label: impl Into<String>) -> Self {
        self.0.label = label.into();
        self
    }

    /// Says what to do.
    pub(super) fn hint(self, hint: impl Into<String>) -> Self {
        self.0.hint = Some(hint.into());
        self
    }

    /// Offers the nearest of the valid names, or all of them when none is near and they are few.
    pub(super) fn nearest<'n>(self, word: &str, names: impl IntoIterator<Item = &'n str>) -> Self {
        let names: Vec<&str> = names.into_iter().collect();
        if let Some(name) = nearest(word, &names) {
            self.hint(format!("did you mean `{name}`?"))
        } else if !names.is_empty() && names.len() <= MOST_NAMES {
            let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
            self.hint(format!("it takes {}", names.join(", ")))
        } else {
            self
        }
    }
}

/// So many names are still read in a hint.
const MOST_NAMES: usize = 12;

/// The name that is most like `word`, if any is like it at all: at most one letter in three is wrong.
fn nearest<'n>(word: &str, names: &[&'n str]) -> Option<&'n str> {
    // A long word is no misspelling, and comparing it is work without end.
    if word.len() > 64 {
        return None;
    }
    let plain = |text: &str| text.to_lowercase().replace(['-', ' ', '.'], "_");
    let word = plain(word);
    let names = names.iter().map(|name| (plain(name), *name));
    let misspelt = names
        .clone()
        .map(|(plain, name)| (strsim::damerau_levenshtein(&word, &plain), name))
        .filter(|(distance, name)| *distance <= (name.len().max(word.len()) / 3).max(1))
        .min_by_key(|(distance, _)| *distance);
    // `serialnumber` where a key is called `serial`.
    let is_longer = |long: &str, short: &str| short.len() >= 4 && long.starts_with(short);
    misspelt.map(|(_, name)| name).or_else(|| {
        names
            .clone()
            .find(|(plain, _)| is_longer(&word, plain) || is_longer(plain, &word))
            .map(|(_, name)| name)
    })
}

/// `text` as a part of a message: on one line, and cut where it would hide the message.
pub(super) fn shown(text: &str) -> String {
    const MOST: usize = 60;
    let mut shown: String = text.chars().take(MOST).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if text.chars().nth(MOST).is_some() {
        shown.push('…');
    }
    shown
}

/// Reads a text file of at most `limit` bytes; the error is a fragment for people.
pub(crate) fn read_text(path: &Path, limit: u64) -> Result<String, ReadFault> {
    let fault = |error: &std::io::Error| match error.kind() {
        std::io::ErrorKind::NotFound => ReadFault::Missing,
        std::io::ErrorKind::IsADirectory => ReadFault::Other("it is a folder, not a file".to_owned()),
        _ => ReadFault::Other(error.to_string()),
    };
    let file = std::fs::File::open(path).map_err(|error| fault(&error))?;
    let mut bytes = Vec::new();
    file.take(limit + 1).read_to_end(&mut bytes).map_err(|error| fault(&error))?;
    if bytes.len() as u64 > limit {
        return Err(ReadFault::Other(format!("it is larger than {} MiB", limit >> 20)));
    }
    String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let line = String::from_utf8_lossy(&error.as_bytes()[..valid]).matches('\n').count() + 1;
        ReadFault::Other(format!("it is not UTF-8 text, first on line {line}"))
    })
}

/// Why a text file could not be read.
#[derive(Debug)]
pub(crate) enum ReadFault {
    /// There is no such file.
    Missing,
    /// Anything else, in words.
    Other(String),
}

impl fmt::Display for ReadFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str("no such file"),
            Self::Other(words) => f.write_str(words),
        }
    }
}

/// The start and the text of the line that holds the byte at `position`.
fn line_at(text: &str, position: usize) -> (usize, &str) {
    let start = text[..position].rfind('\n').map_or(0, |newline| newline + 1);
    let end = text[start..].find('\n').map_or(text.len(), |length| start + length);
    (start, text[start..end].trim_end_matches('\r'))
}

fn floor_char(text: &str, position: usize) -> usize {
    let mut position = position.min(text.len());
    while !text.is_char_boundary(position) {
        position -= 1;
    }
    position
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_offered_only_when_it_is_near() {
        let names = ["serial_number", "mac_address", "name"];
        assert_eq!(nearest("serialnumber", &names), Some("serial_number"));
        assert_eq!(nearest("Serial Number", &names), Some("serial_number"));
        assert_eq!(nearest("nmae", &names), Some("name"));
        assert_eq!(nearest("warranty", &names), None);
        assert_eq!(nearest("serialnumber", &["mac", "serial"]), Some("serial"));
        assert_eq!(nearest(&"x".repeat(1 << 20), &names), None);
    }

    #[test]
    fn an_error_at_the_end_of_an_empty_file_renders() {
        let mut faults = Faults::default();
        faults.add(Code::MissingKey, 7..9, "`method` is missing");
        let errors = faults.into_errors(Path::new("p.toml"), "");
        assert!(errors.to_string().contains("`method` is missing"));
        assert_eq!((errors.errors()[0].line, errors.errors()[0].column), (1, 1));
    }

    #[test]
    fn a_hidden_part_is_never_shown() {
        let text = "token = \"geheim-ü\" # x\n";
        let mut faults = Faults::default();
        faults.hide(8..19);
        faults.add(Code::Credential, 0..5, "no");
        let shown = faults.into_errors(Path::new("p.toml"), text).to_string();
        assert!(!shown.contains("geheim"), "{shown}");
        assert!(shown.contains("# x"), "{shown}");
    }
}
