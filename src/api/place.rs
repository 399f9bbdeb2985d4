//! Where a system is: its address, the values in it, and finding both out again after the vendor has moved it.

use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use reqwest::Url;

use super::client::Client;
use super::credentials::Credentials;
use super::discover::{Line, discovered};
use super::http::address;
use super::template::{Values, filled, filled_address};
use super::{ApiError, ApiSettings};
use crate::systems::{Api, System};

/// It is not asked again where a system is before so long: most of what is missing was deleted.
const LOOKED_EVERY: Duration = Duration::from_mins(1);

/// Where a system is.
pub(super) struct Place {
    /// Settings and what was discovered.
    pub values: Values,
    /// These with the credentials.
    pub secrets: Values,
    /// What paths stand behind.
    pub base: Url,
    /// What they stood behind before.
    former: Vec<Url>,
}

impl Place {
    /// Where the system is by its settings and, where it has to be asked for, by what it says.
    pub fn find(
        line: &Line<'_>,
        system: &System,
        api: &Api,
        settings: &ApiSettings,
        credentials: &Credentials,
    ) -> Result<Self, ApiError> {
        let mut values = settings.values.clone();
        // Also a region's address may name a setting.
        if let Some(host) = settings.base.as_ref().or_else(|| values.get("host")) {
            let host = filled(host, &values).trim_end_matches('/').to_owned();
            values.insert("host".to_owned(), host);
        }
        let mut secrets = values.clone();
        secrets.extend(credentials.expose().map(|(name, value)| (name.to_owned(), value.to_owned())));
        if let Some(discover) = &api.discover {
            let url = address(&filled_address(&discover.url, &secrets))?;
            let first_wait = Duration::from_millis(settings.first_wait_ms);
            let found = discovered(line, &url, system, api, discover, credentials, first_wait)?;
            values.extend(found.clone());
            secrets.extend(found);
        }
        let base = address(filled(&in_place(&api.base, settings), &values).trim_end_matches('/'))?;
        Ok(Self { values, secrets, base, former: Vec::new() })
    }

    /// An address that the system gave, as it is now: one from before it moved begins as it did then.
    pub fn now(&self, given: &str) -> String {
        let behind = self.former.iter().find_map(|former| {
            let rest = given.strip_prefix(former.as_str().trim_end_matches('/'))?;
            rest.starts_with(['/', '?']).then_some(rest)
        });
        match behind {
            Some(rest) => format!("{}{rest}", self.base.as_str().trim_end_matches('/')),
            None => given.to_owned(),
        }
    }
}

/// The system's address with the pipeline's in place of scheme and host, also where a system names them itself.
fn in_place(base: &str, settings: &ApiSettings) -> String {
    let own = base.split_once("://").map(|(_, rest)| rest.find('/').map_or("", |path| &rest[path..]));
    match own.filter(|_| settings.base.is_some()) {
        Some(path) => format!("{{host}}{path}"),
        None => base.to_owned(),
    }
}

impl Client<'_> {
    /// Where the system is, as far as is known.
    pub(super) fn place(&self) -> Arc<Place> {
        Arc::clone(&self.place.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Finds out anew where the system is, for a call that was answered that there is nothing or that the credentials are
    /// not known there: an upgrade moves a system, and a vendor moves its accounts. `None` where it is where the call was
    /// made.
    pub(super) fn moved(&self, from: &Place) -> Option<Arc<Place>> {
        self.api.discover.as_ref()?;
        // Held while it is asked, so that several threads ask once.
        let mut looked = self.looked.lock().unwrap_or_else(PoisonError::into_inner);
        let known = self.place();
        if known.base != from.base {
            return Some(known);
        }
        if looked.is_some_and(|at| at.elapsed() < LOOKED_EVERY) {
            return None;
        }
        *looked = Some(Instant::now());
        let line = Line { http: &self.http, sent: &self.requests };
        let mut found =
            Place::find(&line, self.source.system, self.api, self.settings, &self.credentials).ok()?;
        if found.base == known.base {
            return None;
        }
        found.former = known.former.iter().chain([&known.base]).cloned().collect();
        let found = Arc::new(found);
        *self.place.write().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&found);
        Some(found)
    }
}
