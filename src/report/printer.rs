//! The two streams: which level of detail goes where, and whether in colour. Decided once, here.
//!
//! Data goes to standard output, everything else to standard error. A reader that closes the pipe ends the program with
//! success: nothing is left to say to it.

use std::io::{self, IsTerminal, Write};
use std::sync::Mutex;

use clap::builder::styling::{AnsiColor, Style};

/// How much is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Level {
    /// Errors and data only.
    Quiet,
    /// Warnings, progress and hints too.
    #[default]
    Normal,
    /// Every stage and every file too.
    Verbose,
}

/// Whether text is coloured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Colour {
    /// On a terminal, unless `NO_COLOR` is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

impl Colour {
    fn is_on(self, is_terminal: bool) -> bool {
        match self {
            Self::Always => true,
            Self::Never => false,
            Self::Auto => {
                let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
                let is_dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
                is_terminal && !is_set("NO_COLOR") && !is_dumb
            }
        }
    }
}

/// What a piece of text is, which decides its colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// Success.
    Good,
    /// A warning.
    Warning,
    /// An error.
    Error,
    /// A path, a command or a hint.
    Hint,
    /// A heading.
    Heading,
    /// Something of less weight.
    Faint,
}

impl Tone {
    const fn style(self) -> Style {
        match self {
            Self::Good => AnsiColor::Green.on_default(),
            Self::Warning => AnsiColor::Yellow.on_default().bold(),
            Self::Error => AnsiColor::Red.on_default().bold(),
            Self::Hint => AnsiColor::Cyan.on_default(),
            Self::Heading => Style::new().bold(),
            Self::Faint => Style::new().dimmed(),
        }
    }
}

/// Colours text, or leaves it as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Paint {
    is_on: bool,
}

impl Paint {
    /// Text without colour.
    pub const PLAIN: Self = Self { is_on: false };

    /// `text` in the colour of `tone`.
    #[must_use]
    pub fn paint(self, tone: Tone, text: &str) -> String {
        let style = tone.style();
        if self.is_on { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }

    /// Whether text is coloured.
    #[must_use]
    pub const fn is_on(self) -> bool {
        self.is_on
    }
}

/// Writes to the two streams.
#[derive(Debug)]
pub struct Printer {
    level: Level,
    out: Paint,
    err: Paint,
    /// The first failure of standard output; nothing is written to it afterwards.
    failure: Mutex<Option<io::Error>>,
}

impl Printer {
    /// A printer for the standard streams.
    #[must_use]
    pub fn new(level: Level, colour: Colour) -> Self {
        Self {
            level,
            out: Paint { is_on: colour.is_on(io::stdout().is_terminal()) },
            err: Paint { is_on: colour.is_on(io::stderr().is_terminal()) },
            failure: Mutex::new(None),
        }
    }

    /// How much is said.
    #[must_use]
    pub const fn level(&self) -> Level {
        self.level
    }

    /// The colours of standard output.
    #[must_use]
    pub const fn out_paint(&self) -> Paint {
        self.out
    }

    /// The colours of standard error.
    #[must_use]
    pub const fn err_paint(&self) -> Paint {
        self.err
    }

    /// Whether progress may be shown: on a terminal, at the normal level and above.
    #[must_use]
    pub fn shows_progress(&self) -> bool {
        self.level >= Level::Normal && io::stderr().is_terminal()
    }

    /// Whether a question can be asked and answered.
    #[must_use]
    pub fn can_ask(&self) -> bool {
        io::stdin().is_terminal() && io::stderr().is_terminal()
    }

    /// Writes data to standard output, as it is.
    pub fn data(&self, text: &str) {
        let mut failure = self.failure.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if failure.is_none() {
            let mut out = io::stdout().lock();
            if let Err(error) = out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
                *failure = Some(error);
            }
        }
    }

    /// Writes one line of data to standard output.
    pub fn line(&self, text: &str) {
        self.data(&format!("{text}\n"));
    }

    /// Writes a report to standard output, unless only errors and data are wanted.
    pub fn report(&self, text: &str) {
        if self.level >= Level::Normal {
            self.data(text);
        }
    }

    /// Whether whoever read standard output has gone, so that going on is useless.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.failure.lock().unwrap_or_else(std::sync::PoisonError::into_inner).is_some()
    }

    /// The failure of standard output that is worth reporting. A closed pipe is none.
    #[must_use]
    pub fn take_failure(&self) -> Option<io::Error> {
        self.failure
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .take()
            .filter(|error| error.kind() != io::ErrorKind::BrokenPipe)
    }

    /// Says something at the normal level.
    pub fn note(&self, text: &str) {
        if self.level >= Level::Normal {
            message(text);
        }
    }

    /// Says something at the verbose level.
    pub fn detail(&self, text: &str) {
        if self.level >= Level::Verbose {
            message(&self.err.paint(Tone::Faint, text));
        }
    }

    /// Warns.
    pub fn warning(&self, text: &str) {
        self.note(&format!("{}: {text}", self.err.paint(Tone::Warning, "warning")));
    }

    /// Says what the user can do, after a blank line.
    pub fn hint(&self, text: &str) {
        self.note(&format!("\n{}: {text}", self.err.paint(Tone::Hint, "hint")));
    }

    /// Reports an error, at every level. `hint` may be empty.
    pub fn error(&self, text: &str, hint: &str) {
        message(&format!("{}: {text}", self.err.paint(Tone::Error, "error")));
        if !hint.is_empty() {
            message(&format!("\n{}: {hint}", self.err.paint(Tone::Hint, "hint")));
        }
    }

    /// Writes text to standard error at every level, as it is.
    pub fn verbatim(&self, text: &str) {
        message(text);
    }

    /// Asks a yes-or-no question; anything but a yes is a no.
    #[must_use]
    pub fn ask(&self, question: &str) -> bool {
        let mut err = io::stderr().lock();
        // Where the question cannot be shown, the answer is no.
        if write!(err, "{question} [y/N] ").and_then(|()| err.flush()).is_err() {
            return false;
        }
        drop(err);
        let mut answer = String::new();
        io::stdin().read_line(&mut answer).is_ok()
            && matches!(answer.trim().to_lowercase().as_str(), "y" | "yes")
    }
}

/// Standard error is the last resort: where it cannot be written, there is nobody to tell.
fn message(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_without_colour_has_no_escapes() {
        assert_eq!(Paint::PLAIN.paint(Tone::Error, "no"), "no");
        let painted = Paint { is_on: true }.paint(Tone::Error, "no");
        assert!(painted.starts_with('\u{1b}') && painted.contains("no"));
    }

    #[test]
    fn what_is_no_terminal_has_no_colour_unless_asked() {
        assert!(!Colour::Auto.is_on(false));
        assert!(Colour::Always.is_on(false));
        assert!(!Colour::Never.is_on(true));
    }
}
