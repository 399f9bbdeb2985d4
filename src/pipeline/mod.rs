//! The pipeline file: first what the user wrote ([`parse`]), then the form that the stages work with
//! ([`settings`]), with errors that point into the file.

pub mod settings;

pub use settings::*;
