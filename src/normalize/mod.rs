//! Keys: normalised identifiers of records, and the junk list that keeps worthless ones out.
//!
//! Pure functions over text and tables; nothing here compares two records.

mod identifiers;
mod junk;
mod keys;
mod mac;
mod table;
mod text;

pub use identifiers::{Dropped, hostname, hostname_key, ip_key, is_host_like, serial, serial_key};
pub(crate) use identifiers::{is_excel_date, is_scientific};
pub use junk::{Junk, JunkList};
pub use keys::{Key, KeyValues, Keys, RecordKeys};
pub(crate) use mac::leading_mac;
pub use mac::{Mac, each_interface_mac, each_mac, first_usable_mac, mac_keys};
pub use table::{TUPLE_SEPARATOR, keys_of, normalize};
pub(crate) use text::write_similar_name_key;
pub use text::{email_key, fold_case, maker_key, name_key, phone_key, similar_name_key};

/// Whether a model is a placeholder that says nothing.
#[must_use]
pub fn is_junk_model(raw: &str, junk: &Junk) -> bool {
    junk.has_model(raw)
}
