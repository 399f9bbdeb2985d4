//! A pipeline whose hub, or a source, is read over its interface.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Mutex;

use matchbook::api::{
    ApiEvent, ApiReporter, ApiSettings, CredentialAt, Extraction, ExtractionOptions, PaceSetting, extract,
};
use matchbook::pipeline::Pipeline;

/// Keeps what an extraction tells.
#[derive(Default)]
pub struct Told(Mutex<Vec<String>>);

impl Told {
    /// What was told, in words.
    pub fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().expect("no test fails while it is held"))
    }
}

impl ApiReporter for Told {
    fn event(&self, event: &ApiEvent<'_>) {
        self.0.lock().expect("no test fails while it is held").push(format!("{event:?}"));
    }
}

/// Settings of a source that is read from a fake at `base`, with credentials in a file of `folder`.
pub fn settings(
    folder: &Path,
    base: &str,
    values: &[(&str, &str)],
    credentials: &[(&str, &str)],
    entities: &[matchbook::model::Entity],
) -> ApiSettings {
    let file = folder.join("keys.toml");
    let text: String = credentials.iter().map(|(name, value)| format!("{name} = {value:?}\n")).collect();
    std::fs::write(&file, text).expect("the folder can be written to");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).expect("it is our file");
    }
    ApiSettings {
        base: Some(base.to_owned()),
        values: values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        credentials: credentials
            .iter()
            .map(|(name, _)| ((*name).to_owned(), CredentialAt::File(file.clone(), (*name).to_owned())))
            .collect::<BTreeMap<_, _>>(),
        entities: entities.to_vec(),
        tenants: Vec::new(),
        partner: None,
        pace: PaceSetting::Unlimited,
        concurrency: None,
        page_size: None,
        retries: 5,
        first_wait_ms: 1,
        full_every: 7,
        snapshots: folder.join("snapshots"),
    }
}

/// Extracts one source of a system with these settings.
pub fn extracted(pipeline: &Pipeline, told: &Told) -> Extraction {
    extract(pipeline, &ExtractionOptions::default(), told)
}
