//! Credentials: read from the environment or from a file of their own, and kept out of every text.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io::Read;
use std::path::Path;

use base64::Engine;
use base64::prelude::{BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE_NO_PAD};

use super::template::encoded;
use super::{ApiError, ApiSettings, CredentialAt, ErrorKind};

/// The most bytes of a file of credentials.
const SIZE: u64 = 1 << 16;

/// Anything shorter is a word like any other, and hiding it would spoil every text.
const LEAST_HIDDEN: usize = 4;

/// Only what is longer shows its last four characters: they are no help to a guesser then.
const LONG: usize = 12;

/// A credential. It is printed as `***` with its last four characters at most.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let chars = self.0.chars().count();
        let shown = if chars > LONG { chars - 4 } else { chars };
        write!(f, "***{}", self.0.chars().skip(shown).collect::<String>())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The credentials of one source, by the names that its system gives them.
#[derive(Clone, Default)]
pub struct Credentials {
    secrets: BTreeMap<String, Secret>,
    /// How a credential may stand in a text, with what stands there instead; the longest first.
    forms: Vec<(String, String)>,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.secrets.fmt(f)
    }
}

impl Credentials {
    /// Reads them from where the pipeline says.
    ///
    /// # Errors
    /// When one is missing, or when its file may be read by others or is not as it should be. No error shows a
    /// credential.
    pub fn read(settings: &ApiSettings) -> Result<Self, ApiError> {
        Self::read_with(settings, &|variable| std::env::var(variable).ok())
    }

    fn read_with(
        settings: &ApiSettings,
        environment: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, ApiError> {
        let paths: BTreeSet<&Path> = settings
            .credentials
            .values()
            .filter_map(|at| match at {
                CredentialAt::File(path, _) => Some(path.as_path()),
                CredentialAt::Environment(_) => None,
            })
            .collect();
        let mut files: BTreeMap<&Path, BTreeMap<String, String>> = BTreeMap::new();
        for path in paths {
            files.insert(path, file(path, settings)?);
        }
        let mut secrets = BTreeMap::new();
        let mut missing: Vec<String> = Vec::new();
        for (name, at) in &settings.credentials {
            let (value, place) = match at {
                CredentialAt::Environment(variable) => {
                    (environment(variable), format!("the environment variable `{variable}`"))
                }
                CredentialAt::File(path, key) => (
                    files.get_mut(path.as_path()).and_then(|file| file.remove(key)),
                    format!("`{key}` in {}", path.display()),
                ),
            };
            // What a shell or an editor puts behind a value is none of it.
            match value.as_deref().map(str::trim).filter(|value| !value.is_empty()) {
                None => missing.push(place),
                Some(value) if value.chars().any(char::is_control) => {
                    return Err(wrong(
                        format!("{place} holds several lines, or characters that no credential has"),
                        "give it the credential alone",
                    ));
                }
                Some(value) => {
                    secrets.insert(name.clone(), Secret(value.to_owned()));
                }
            }
        }
        match missing.as_slice() {
            [] => {}
            [one] => return Err(wrong(format!("{one} is not set"), "set it to the credential")),
            several => {
                return Err(wrong(
                    format!("{} are not set", several.join(" and ")),
                    "set them to the credentials",
                ));
            }
        }
        let forms = forms(&secrets);
        Ok(Self { secrets, forms })
    }

    /// The credentials with their names, for whoever signs in with them.
    pub fn expose(&self) -> impl Iterator<Item = (&str, &str)> {
        self.secrets.iter().map(|(name, secret)| (name.as_str(), secret.0.as_str()))
    }

    /// The text with every credential replaced by `***` and its last four characters at most, also where it stands
    /// percent-encoded, escaped or in Base64.
    #[must_use]
    pub fn scrub(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (form, mask) in &self.forms {
            if text.contains(form.as_str()) {
                text = text.replace(form.as_str(), mask);
            }
        }
        text
    }
}

/// All forms of all credentials, the longest first: one may be part of another.
fn forms(secrets: &BTreeMap<String, Secret>) -> Vec<(String, String)> {
    let mut forms: Vec<(String, String)> = Vec::new();
    for secret in secrets.values() {
        let mask = secret.to_string();
        let plain = secret.0.as_str();
        let upper = encoded(plain);
        let escaped = serde_json::Value::from(plain).to_string();
        let mut own = vec![
            plain.to_owned(),
            lower_escapes(&upper),
            upper.replace("%20", "+"),
            upper,
            escaped[1..escaped.len() - 1].to_owned(),
        ];
        // In Base64 it looks different depending on how many bytes of a group of three stand before it; what its first
        // and last characters share with its neighbours is left out.
        for before in 0..3 {
            let bytes: Vec<u8> = std::iter::repeat_n(0, before).chain(plain.bytes()).collect();
            let start = (before * 8).div_ceil(6);
            let end = bytes.len() * 8 / 6;
            for text in [BASE64_STANDARD_NO_PAD.encode(&bytes), BASE64_URL_SAFE_NO_PAD.encode(&bytes)] {
                own.extend(text.get(start..end).map(str::to_owned));
            }
        }
        own.sort_unstable();
        own.dedup();
        forms.extend(
            own.into_iter()
                .filter(|form| form.chars().count() >= LEAST_HIDDEN)
                .map(|form| (form, mask.clone())),
        );
    }
    forms.sort_by_key(|(form, _)| std::cmp::Reverse(form.len()));
    forms
}

/// Percent-encoded text with its hexadecimal digits in lower case.
fn lower_escapes(text: &str) -> String {
    let mut left = 0;
    text.chars()
        .map(|c| {
            let in_escape = left > 0;
            left = if c == '%' { 2 } else { i32::max(left - 1, 0) };
            if in_escape { c.to_ascii_lowercase() } else { c }
        })
        .collect()
}

/// The texts of a file of credentials.
fn file(path: &Path, settings: &ApiSettings) -> Result<BTreeMap<String, String>, ApiError> {
    let shown = path.display();
    let cannot = |error: std::io::Error| {
        let hint = "check `credentials_file` in the pipeline, whose path starts at the pipeline's folder";
        let why = match error.kind() {
            std::io::ErrorKind::NotFound => "no such file".to_owned(),
            _ => error.to_string(),
        };
        wrong(format!("the credentials in {shown} cannot be read: {why}"), hint)
    };
    let file = std::fs::File::open(path).map_err(cannot)?;
    check_permissions(&file.metadata().map_err(cannot)?, path)?;
    let mut bytes = Vec::new();
    file.take(SIZE + 1).read_to_end(&mut bytes).map_err(cannot)?;
    let what = "write it as `name = \"value\"`, one line for each credential";
    if bytes.len() as u64 > SIZE {
        return Err(wrong(format!("{shown} is larger than 64 KiB"), what));
    }
    let text = String::from_utf8(bytes).map_err(|_| wrong(format!("{shown} is not UTF-8 text"), what))?;
    // The parser's own message may show a part of the line.
    let table: toml::Table = text.parse().map_err(|error: toml::de::Error| {
        let line = error.span().map_or(1, |span| text[..span.start.min(text.len())].lines().count().max(1));
        wrong(format!("{shown} is no TOML, first in line {line}"), what)
    })?;
    let mut texts = BTreeMap::new();
    for (key, value) in table {
        let is_known = settings
            .credentials
            .values()
            .any(|at| matches!(at, CredentialAt::File(other, own) if other == path && *own == key));
        if !is_known {
            let known: Vec<String> = settings.credentials.keys().map(|name| format!("`{name}`")).collect();
            return Err(wrong(
                format!("{shown} has the unknown key `{}`", crate::report::words::one_line(&key, 40)),
                format!("the system takes {}", known.join(", ")),
            ));
        }
        match value {
            toml::Value::String(text) => {
                texts.insert(key, text);
            }
            _ => return Err(wrong(format!("`{key}` in {shown} is no text"), what)),
        }
    }
    Ok(texts)
}

/// Refuses a file that its owner's group or others may read.
#[cfg(unix)]
fn check_permissions(metadata: &std::fs::Metadata, path: &Path) -> Result<(), ApiError> {
    use std::os::unix::fs::PermissionsExt as _;

    let mode = metadata.permissions().mode();
    let of_others = mode & 0o077;
    if of_others == 0 {
        return Ok(());
    }
    let shown = path.display();
    Err(wrong(
        format!("others than its owner may read {shown} (mode {:03o})", mode & 0o777),
        format!("run `chmod 600 {shown}`"),
    ))
}

/// Elsewhere, the system's own rules on who may read a folder hold.
#[cfg(not(unix))]
fn check_permissions(_: &std::fs::Metadata, _: &Path) -> Result<(), ApiError> {
    Ok(())
}

fn wrong(what: String, hint: impl Into<String>) -> ApiError {
    ApiError::new(ErrorKind::Credential, what, hint)
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use base64::prelude::BASE64_STANDARD;

    use crate::api::PaceSetting;

    use super::*;

    fn settings(credentials: &[(&str, CredentialAt)]) -> ApiSettings {
        ApiSettings {
            base: None,
            values: BTreeMap::new(),
            credentials: credentials.iter().map(|(name, at)| ((*name).to_owned(), at.clone())).collect(),
            entities: Vec::new(),
            tenants: Vec::new(),
            partner: None,
            pace: PaceSetting::Declared,
            concurrency: None,
            page_size: None,
            retries: 5,
            first_wait_ms: 500,
            full_every: 7,
            snapshots: PathBuf::new(),
        }
    }

    fn variable(name: &str) -> CredentialAt {
        CredentialAt::Environment(name.to_owned())
    }

    fn of(value: &str) -> Credentials {
        let settings = settings(&[("api_key", variable("KEY"))]);
        Credentials::read_with(&settings, &|_| Some(value.to_owned())).expect("it is set")
    }

    #[test]
    fn a_secret_shows_its_end_only_when_it_is_long() {
        assert_eq!(Secret("abcdefghijkl".to_owned()).to_string(), "***");
        assert_eq!(Secret("abcdefghijklm".to_owned()).to_string(), "***jklm");
        assert_eq!(format!("{:?}", of("ITG.0123456789abcdef")), "{\"api_key\": ***cdef}");
    }

    #[test]
    fn variables_are_read_without_what_surrounds_them_and_all_that_are_missing_are_named() {
        let settings = settings(&[("a", variable("ONE")), ("b", variable("TWO")), ("c", variable("THREE"))]);
        let some = |name: &str| (name == "ONE").then(|| " first\n".to_owned());
        let error = Credentials::read_with(&settings, &some).expect_err("two are missing");
        assert_eq!(
            error.what,
            "the environment variable `TWO` and the environment variable `THREE` are not set"
        );
        let all = Credentials::read_with(&settings, &|name| Some(format!(" {name}\n"))).expect("all are set");
        assert_eq!(all.expose().collect::<Vec<_>>(), [("a", "ONE"), ("b", "TWO"), ("c", "THREE")]);
        let lines = Credentials::read_with(&settings, &|_| Some("a\r\nX-Other: b".to_owned()));
        assert!(!format!("{lines:?}").contains("X-Other"), "{lines:?}");
        assert!(lines.is_err());
    }

    #[test]
    fn a_credential_is_scrubbed_in_every_form() {
        let secret = "pä\"ss w/rd+0123456789";
        let credentials = of(secret);
        let scrubbed = |text: &str| credentials.scrub(text);
        assert_eq!(scrubbed(&format!("key {secret}!")), "key ***6789!");
        assert_eq!(scrubbed("?key=p%C3%A4%22ss%20w%2Frd%2B0123456789&x"), "?key=***6789&x");
        assert_eq!(scrubbed("?key=p%c3%a4%22ss%20w%2frd%2b0123456789&x"), "?key=***6789&x");
        assert_eq!(scrubbed("key=p%C3%A4%22ss+w%2Frd%2B0123456789"), "key=***6789");
        assert_eq!(scrubbed(r#"{"k": "pä\"ss w/rd+0123456789"}"#), r#"{"k": "***6789"}"#);
        assert_eq!(scrubbed("nothing of it"), "nothing of it");
        for user in ["", "u", "us", "use"] {
            let basic = BASE64_STANDARD.encode(format!("{user}:{secret}"));
            let shown = scrubbed(&format!("Basic {basic}"));
            assert!(shown.contains("***6789"), "{shown}");
            // What is left is less than a group at either end.
            assert!(shown.len() < "Basic ".len() + "***6789".len() + 12, "{shown}");
        }
    }

    #[test]
    fn one_credential_inside_another_hides_both() {
        let settings = settings(&[("user", variable("U")), ("password", variable("P"))]);
        let values = |name: &str| Some(if name == "U" { "acme" } else { "acme-0123456789" }.to_owned());
        let credentials = Credentials::read_with(&settings, &values).expect("both are set");
        assert_eq!(credentials.scrub("acme-0123456789 of acme"), "***6789 of ***");
    }

    #[cfg(unix)]
    #[test]
    fn a_file_is_read_when_it_is_its_owner_s_alone() {
        use std::os::unix::fs::PermissionsExt as _;

        let folder = tempfile::tempdir().expect("there is a temporary folder");
        let path = folder.path().join("keys.toml");
        let at = |key: &str| CredentialAt::File(path.clone(), key.to_owned());
        let settings = settings(&[("public", at("public")), ("private", at("private"))]);
        let read = |text: &str, mode: u32| {
            std::fs::write(&path, text).expect("it can be written");
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).expect("it is ours");
            let done = Credentials::read(&settings);
            let shown = |error: ApiError| {
                format!("{error}; {}", error.hint).replace(&folder.path().display().to_string(), "FOLDER")
            };
            done.map_err(shown)
        };
        let good = "public = \"geheim-1\"\nprivate = \"geheim-2\"\n";
        let credentials = read(good, 0o600).expect("it is good");
        assert_eq!(
            credentials.expose().collect::<Vec<_>>(),
            [("private", "geheim-2"), ("public", "geheim-1")]
        );
        for (text, mode, says) in [
            (
                good,
                0o640,
                "others than its owner may read FOLDER/keys.toml (mode 640); run `chmod 600 FOLDER/keys.toml`",
            ),
            (
                "public = \"geheim-1\"\nprivat = \"geheim-2\"\n",
                0o600,
                "FOLDER/keys.toml has the unknown key `privat`; the system takes `private`, `public`",
            ),
            (
                "public = \"geheim-1\"\n",
                0o600,
                "`private` in FOLDER/keys.toml is not set; set it to the credential",
            ),
            (
                "public = \"geheim-1\"\nprivate = geheim-2\n",
                0o600,
                "FOLDER/keys.toml is no TOML, first in line 2; write it as `name = \"value\"`, one line for each credential",
            ),
            (
                "public = \"geheim-1\"\nprivate = 2\n",
                0o600,
                "`private` in FOLDER/keys.toml is no text; write it as `name = \"value\"`, one line for each credential",
            ),
        ] {
            assert_eq!(read(text, mode).expect_err("it is wrong"), says);
        }
    }
}
