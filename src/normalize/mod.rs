//! Keys: normalised identifiers of records, and the junk list that keeps worthless ones out.
//!
//! Pure functions over text and tables; nothing here compares two records.

mod keys;

pub use keys::{Key, KeyValues, Keys, RecordKeys};
