//! Failures, in two tiers: expected ones, with advice, and bugs, with a request to report them.

use crate::extract::ExtractError;
use crate::pipeline::PipelineErrors;
use crate::report::Printer;
use crate::run::RunError;
use crate::warehouse::WarehouseError;

use super::exit_code;

/// Where bugs are reported.
const REPORT: &str = "this is a bug in Matchbook: please report it with the command and the line above";

/// Why a command did not do what it was asked.
#[derive(Debug)]
pub(super) struct Failure {
    code: u8,
    message: String,
    hint: String,
    /// Errors that point into a file, which render themselves.
    errors: Option<PipelineErrors>,
}

impl Failure {
    /// An expected failure.
    pub(super) fn new(code: u8, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), hint: String::new(), errors: None }
    }

    /// Wrong usage that clap cannot see.
    pub(super) fn usage(message: impl Into<String>) -> Self {
        Self::new(exit_code::WRONG_USAGE, message)
    }

    /// A bug.
    pub(super) fn unexpected(said: &str) -> Self {
        Self::new(exit_code::INTERNAL, format!("internal error: {said}")).hint(REPORT)
    }

    /// Adds what the user can do.
    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = hint.into();
        self
    }

    /// The exit code.
    pub(super) const fn code(&self) -> u8 {
        self.code
    }

    /// The message without colour.
    pub(super) fn message(&self) -> String {
        self.errors.as_ref().map_or_else(|| self.message.clone(), |errors| errors.render(false))
    }

    /// The hint, or nothing.
    pub(super) fn advice(&self) -> &str {
        &self.hint
    }

    /// Writes it to standard error and returns the exit code.
    pub(super) fn report(&self, printer: &Printer) -> u8 {
        match &self.errors {
            Some(errors) => printer.verbatim(&errors.render(printer.err_paint().is_on())),
            None => printer.error(&self.message, &self.hint),
        }
        self.code
    }
}

impl From<PipelineErrors> for Failure {
    fn from(errors: PipelineErrors) -> Self {
        Self { errors: Some(errors), ..Self::new(exit_code::BAD_PIPELINE, "") }
    }
}

impl From<RunError> for Failure {
    fn from(error: RunError) -> Self {
        let hint = error.hint();
        match error {
            RunError::Decisions(errors) => errors.into(),
            RunError::Extract(error) => error.into(),
            RunError::Warehouse(error) => error.into(),
            RunError::BadRows(error) => Self::new(exit_code::BAD_ROWS, error.to_string()).hint(hint),
            error => Self::usage(error.to_string()).hint(hint),
        }
    }
}

impl From<ExtractError> for Failure {
    fn from(error: ExtractError) -> Self {
        Self::new(exit_code::UNREADABLE_SOURCE, chain(&error)).hint(error.hint)
    }
}

impl From<WarehouseError> for Failure {
    fn from(error: WarehouseError) -> Self {
        let code = match error {
            // What the user asked, not what it was asked of.
            WarehouseError::Sql { .. } | WarehouseError::ExportNotEmpty { .. } => exit_code::WRONG_USAGE,
            _ => exit_code::WAREHOUSE,
        };
        Self::new(code, chain(&error)).hint(error.hint())
    }
}

/// An error with its causes, each once.
pub(super) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let said = error.to_string();
        if !text.contains(&said) {
            text.push_str(": ");
            text.push_str(&said);
        }
        cause = error.source();
    }
    text
}
