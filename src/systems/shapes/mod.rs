//! The shapes of a system's files: which headings and members are which canonical column.
//!
//! Each is data that a system's file spells out; the readers in `extract` follow it.

mod csv;
mod json;
mod origin;
mod parts;
mod refused;
mod rule;
mod skip;

pub use csv::{CsvClass, CsvShape, Merge};
pub use json::{Child, Item, JsonShape, Main, Refer, StandsIn};
pub use origin::Origin;
pub use parts::{Adapters, Case, Labelled, LookedUp, NamePart, PrimaryAdapter};
pub use refused::{Failed, Refused};
pub use rule::Rule;
pub use skip::Skip;
