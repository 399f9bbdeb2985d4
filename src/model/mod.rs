//! The vocabulary of the program: entities, the canonical schema of each, ids, states and reasons.
//!
//! Nothing here reads, matches or prints. Every name that a user meets as a column, a table or a code is
//! declared here once, so that a mistyped one does not compile.

mod codes;
mod encoding;
mod entity;
mod finding;
mod order;
mod previous;
mod records;
mod schema;
mod state;
mod tables;
mod texts;

pub use encoding::{CodePage, Encoding, MAC_ROMAN, WINDOWS_1252};
pub use entity::{Entity, Role};
pub use finding::{Finding, QuarantineRow};
pub use previous::{Previous, PreviousValues};
pub use records::{Cells, FileInfo, RecordRef, Records, RecordsBuilder, SourceIx, is_blank};
pub use schema::{Field, Kind, LIST_SEPARATOR, PART_SEPARATOR, column, fields, list_items};
pub use state::{Reason, State};
pub use tables::Tables;
pub use texts::{Texts, TextsBuilder, blank_column, joined_texts};
