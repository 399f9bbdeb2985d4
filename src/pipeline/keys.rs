//! Every key of the pipeline file, by section. `pipelines/reference.toml` documents them one by one.

use super::written::{Known, Shape, paths};

use Shape::{Any, AnyText, Flag, List, Map, Number, OneOf, Section, Text, Whole};

const fn optional(name: &'static str, shape: Shape) -> Known {
    Known { name, shape, is_required: false }
}

const fn required(name: &'static str, shape: Shape) -> Known {
    Known { name, shape, is_required: true }
}

/// A list of texts.
const TEXTS: Shape = List(&Text);

/// A folder, file, glob or archive, or several.
const FILES: Shape = OneOf(&[Text, List(&OneOf(&[Text, Section(FILE)]))]);

/// The same for the hub, whose rows name their organizations themselves.
const HUB_FILES: Shape = OneOf(&[Text, List(&OneOf(&[Text, Section(HUB_FILE)]))]);

/// The top of the file.
pub(super) const PIPELINE: &[Known] = &[
    optional("name", Text),
    required("method", Text),
    optional("warehouse", Text),
    optional("decisions", Text),
    optional("names", Text),
    optional("machine_values", Text),
    required("hub", Section(HUB)),
    required("source", List(&Section(SOURCE))),
    optional("ownership", Map(&Map(&TEXTS))),
    optional("junk", Section(JUNK)),
    optional("limits", Section(LIMITS)),
    optional("plan", Section(PLAN)),
    optional("test", List(&Section(TEST))),
];

const HUB: &[Known] = &[
    optional("name", Text),
    optional("system", Text),
    optional("files", HUB_FILES),
    optional("api", Section(API)),
    optional("links", Map(&Text)),
    optional("headings", Map(&Map(&Text))),
    optional("reading", Section(READING)),
];

const SOURCE: &[Known] = &[
    required("name", Text),
    required("system", Text),
    optional("role", Text),
    optional("files", FILES),
    optional("api", Section(API)),
    optional("organization", Text),
    optional("optional", Flag),
    optional("organization_by", Text),
    optional("profile", Text),
    optional("links", Map(&Text)),
    optional("preset", Text),
    optional("presets", Map(&Text)),
    optional("tiers", Map(&List(&TEXTS))),
    optional("veto", Map(&TEXTS)),
    optional("types", Map(&Text)),
    optional("statuses", Map(&Text)),
    optional("sync", Section(SYNC)),
    optional("include", TEXTS),
    optional("create", Map(&Map(&OneOf(&[Text, Whole, Flag])))),
    optional("accounts", Section(ACCOUNTS)),
    optional("licenses", Section(LICENSES)),
    optional("headings", Map(&Map(&Text))),
    optional("reading", Section(READING)),
];

/// How a source is read over its interface.
pub(super) const API: &[Known] = &[
    optional("region", Text),
    optional("base", Text),
    optional("settings", Map(&Text)),
    optional("credentials", Map(&Text)),
    optional("credentials_file", Text),
    optional("entities", TEXTS),
    optional("tenants", TEXTS),
    optional("partner", Text),
    optional("pace", OneOf(&[Text, Section(PACE)])),
    optional("concurrency", Whole),
    optional("page_size", Whole),
    optional("retries", Whole),
    optional("first_wait_ms", Whole),
    optional("full_every", Whole),
    optional("snapshots", Text),
];

const PACE: &[Known] = &[required("requests", Whole), required("seconds", Whole)];

const READING: &[Known] = &[
    optional("encoding", Text),
    optional("separator", AnyText),
    optional("comments", AnyText),
    optional("dates", Text),
    optional("serial_days", Flag),
    optional("repair_mojibake", Flag),
    optional("rejoin", Text),
    optional("max_columns", Whole),
    optional("max_cell", Whole),
];

const FILE: &[Known] = &[required("path", Text), optional("entity", Text), optional("organization", Text)];

const HUB_FILE: &[Known] = &[required("path", Text), optional("entity", Text)];

const SYNC: &[Known] = &[
    optional("organization_types", TEXTS),
    optional("organization_statuses", TEXTS),
    optional("configuration_types", TEXTS),
    optional("configuration_statuses", TEXTS),
    optional("contacts", Flag),
    optional("two_way", Flag),
    optional("contact_email_type", Text),
    optional("contact_phone_type", Text),
    optional("push_all", OneOf(&[Flag, Text])),
];

const ACCOUNTS: &[Known] = &[
    optional("guests", Flag),
    optional("disabled", Flag),
    optional("shared_mailboxes", Flag),
    optional("unlicensed", Flag),
    optional("personal_devices", Flag),
    optional("primary_email", Text),
    optional("skip_names", TEXTS),
    optional("skip_units", TEXTS),
];

const LICENSES: &[Known] = &[
    optional("names", Text),
    optional("skip", TEXTS),
    optional("license_type", Section(ASSET_TYPE)),
    optional("group_type", Section(ASSET_TYPE)),
];

const ASSET_TYPE: &[Known] = &[required("id", OneOf(&[Text, Whole])), required("name", Text)];

const JUNK: &[Known] = &[
    optional("serials", TEXTS),
    optional("serial_patterns", TEXTS),
    optional("macs", TEXTS),
    optional("interfaces", TEXTS),
    optional("hostnames", TEXTS),
    optional("models", TEXTS),
];

const LIMITS: &[Known] = &[
    optional("creates", Whole),
    optional("creates_percent", Number),
    optional("bad_rows_percent", Number),
    optional("shrink_percent", Number),
];

const PLAN: &[Known] = &[optional("hold_host_name_only", Flag)];

const TEST: &[Known] = &[
    required("name", Text),
    required("records", List(&Map(&Any))),
    required("expect", List(&Section(EXPECT))),
];

const EXPECT: &[Known] = &[
    required("entity", Text),
    required("record", Text),
    optional("state", Text),
    optional("reason", Text),
    optional("hub_id", AnyText),
    optional("rule", Text),
    optional("desired", Map(&Any)),
];

/// Every key that a pipeline may have, as dotted paths: `source.sync.two_way`. Keys that the user chooses,
/// such as the entities below `tiers`, are left out.
#[must_use]
pub fn known_keys() -> Vec<String> {
    paths(PIPELINE)
}
