//! What of a row no column holds: the JSON object in the column `raw`.

use super::node::{Node, write_json};
use crate::systems::Secrets;

/// Members that the reader itself adds; a vendor's member of the same name gives way.
const OWN: [&str; 2] = [Rest::SOURCE_TYPE, Rest::SOURCE_STATUS];

/// A JSON object that is written as the row is read.
#[derive(Debug, Default)]
pub(super) struct Rest {
    text: Vec<u8>,
}

impl Rest {
    /// The configuration type as the source calls it, where the pipeline maps it.
    pub const SOURCE_TYPE: &'static str = "source_type";
    /// The configuration status, likewise.
    pub const SOURCE_STATUS: &'static str = "source_status";

    /// Adds a text under one of the reader's own names.
    pub fn add_own(&mut self, name: &'static str, value: &str) {
        self.begin(name);
        write_json(value, &mut self.text);
    }

    /// Adds a text that is not blank.
    pub fn add_text(&mut self, name: &str, value: &str) {
        if !value.trim().is_empty() && !OWN.contains(&name) {
            self.begin(name);
            write_json(value, &mut self.text);
        }
    }

    /// Adds what of a member was not taken over and says something, secrets left out.
    pub fn add(&mut self, name: &str, value: &Node<'_>, secrets: &Secrets) {
        if !OWN.contains(&name) && value.is_worth_keeping(name, secrets) {
            self.begin(name);
            value.write(secrets, &mut self.text);
        }
    }

    fn begin(&mut self, name: &str) {
        self.text.push(if self.text.is_empty() { b'{' } else { b',' });
        write_json(name, &mut self.text);
        self.text.push(b':');
    }

    /// The whole object, `None` when it has no member.
    pub fn object(&mut self) -> Option<&str> {
        if self.text.is_empty() {
            return None;
        }
        self.text.push(b'}');
        Some(std::str::from_utf8(&self.text).expect("JSON is written as UTF-8"))
    }

    /// Forgets the row.
    pub fn clear(&mut self) {
        self.text.clear();
    }
}
