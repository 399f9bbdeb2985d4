//! The pipeline file: what is read, and what is said when it is wrong.

use std::collections::BTreeSet;
use std::path::Path;

use matchbook::api::{ApiSettings, CredentialAt, PaceSetting};
use matchbook::model::{Entity, LIST_SEPARATOR, PART_SEPARATOR, Role, State};
use matchbook::normalize::Key;
use matchbook::pipeline::{
    self, AccountSetting, Accounts, Code, MachineValues, Method, Names, OrganizationBy, Pipeline,
    PipelineErrors, PushAll, SkipList, known_keys,
};

const PIPELINES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/pipelines");

fn parse(text: &str) -> Result<Pipeline, PipelineErrors> {
    pipeline::parse(Path::new("pipelines/acme.toml"), text)
}

#[track_caller]
fn read(text: &str) -> Pipeline {
    parse(text).unwrap_or_else(|errors| panic!("{errors}"))
}

#[track_caller]
fn errors(text: &str) -> PipelineErrors {
    match parse(text) {
        Ok(_) => panic!("no error in\n{text}"),
        Err(errors) => errors,
    }
}

/// A pipeline of method B, with `extra` at the end of the PSA's table.
fn with_psa(extra: &str) -> String {
    format!(
        "method = \"B\"\n\
         [hub]\nfiles = \"hub\"\n\
         [[source]]\nname = \"rmm\"\nsystem = \"datto-rmm\"\nfiles = \"rmm\"\n\
         [[source]]\nname = \"psa\"\nsystem = \"connectwise\"\nfiles = \"psa\"\n{extra}\n"
    )
}

/// The same with a hub that is read over its interface, with `extra` in its section.
fn with_api(extra: &str) -> String {
    with_psa("")
        .replace("files = \"hub\"", &format!("[hub.api]\ncredentials = {{ api_key = \"KEY\" }}\n{extra}"))
}

#[test]
fn an_interface_is_asked_as_its_system_says_and_the_pipeline_wants() {
    let own = |extra: &str| read(&with_api(extra)).hub().api.clone().expect("it has the section");
    let mut usual = ApiSettings {
        base: None,
        values: [("host".to_owned(), "https://api.itglue.com".to_owned())].into(),
        credentials: [("api_key".to_owned(), CredentialAt::Environment("KEY".to_owned()))].into(),
        entities: read(&with_psa("")).hub().system.entities.clone(),
        tenants: Vec::new(),
        partner: None,
        pace: PaceSetting::Declared,
        concurrency: None,
        page_size: None,
        retries: 5,
        first_wait_ms: 500,
        full_every: 7,
        snapshots: "pipelines/snapshots/hub".into(),
    };
    assert_eq!(own(""), usual);
    assert!(read(&with_api("")).hub().files.is_empty());

    usual.base = Some("http://127.0.0.1:8080/api".to_owned());
    usual.values = [("host".to_owned(), "http://127.0.0.1:8080".to_owned())].into();
    usual.entities = vec![Entity::Contact];
    usual.pace = PaceSetting::Limit { requests: 60, seconds: 30 };
    (usual.concurrency, usual.page_size) = (Some(4), Some(100));
    (usual.retries, usual.first_wait_ms, usual.full_every) = (0, 1, 3);
    usual.snapshots = "pipelines/../data/hub".into();
    let all = "region = \"EU\"\nbase = \"http://127.0.0.1:8080/api/\"\nentities = [\"contacts\"]\n\
               pace = { requests = 60, seconds = 30 }\nconcurrency = 4\npage_size = 100\nretries = 0\n\
               first_wait_ms = 1\nfull_every = 3\nsnapshots = \"../data\"";
    assert_eq!(own(all), usual);

    assert_eq!(own("region = \"EU\"").values["host"], "https://api.eu.itglue.com");
    let syncro = with_psa("").replace("\"connectwise\"", "\"syncro\"\nrole = \"psa\"").replace(
        "files = \"psa\"",
        "api = { settings = { subdomain = \"acme\" }, credentials_file = \"keys.toml\" }",
    );
    let (_, psa) = read(&syncro).source("psa").map(|(ix, psa)| (ix, psa.clone())).expect("it is there");
    assert_eq!(psa.api.expect("it has the section").values["host"], "https://acme.syncromsp.com");
    assert_eq!(own("pace = \"none\"").pace, PaceSetting::Unlimited);
    let file =
        with_api("").replace("credentials = { api_key = \"KEY\" }", "credentials_file = \"keys.toml\"");
    assert_eq!(
        read(&file).hub().api.as_ref().expect("it has the section").credentials["api_key"],
        CredentialAt::File("pipelines/keys.toml".into(), "api_key".to_owned())
    );
}

#[test]
fn defaults_are_those_of_the_rules() {
    let pipeline = read(&with_psa(""));
    assert_eq!(pipeline.name, "acme");
    assert_eq!(pipeline.method, Method::PsaAndRmm);
    assert_eq!(pipeline.warehouse, Path::new("pipelines/acme.duckdb"));
    assert_eq!(pipeline.decisions, Path::new("pipelines/acme.decisions.csv"));
    assert_eq!((pipeline.names, pipeline.machine_values), (Names::Exact, MachineValues::Default));
    assert_eq!(pipeline.limits.creates, 100);
    assert!((pipeline.limits.shrink_percent - 50.0).abs() < f64::EPSILON);
    assert!(!pipeline.plan.hold_host_name_only);

    // The fold order is by role, whatever the order of the file.
    let names: Vec<_> = pipeline.sources.iter().map(|source| source.name.as_str()).collect();
    assert_eq!(names, ["hub", "psa", "rmm"]);
    assert_eq!(pipeline.hub().system.name, "it-glue");
    let (_, psa) = pipeline.source("psa").expect("it is there");
    assert_eq!(psa.files[0].path, Path::new("pipelines/psa"));
    assert!(psa.sync.contacts && !psa.sync.two_way && !psa.optional);
    assert_eq!((psa.sync.push_all, psa.organization_by), (PushAll::No, OrganizationBy::Site));
    assert_eq!(psa.sync.organization_types, None);
    let devices = &psa.matching[Entity::Configuration.index()];
    assert_eq!(devices.tiers, [vec![Key::Link], vec![Key::Serial], vec![Key::Mac], vec![Key::Hostname]]);
    assert_eq!(devices.veto, [Key::Serial]);
}

#[test]
fn the_hub_s_links_mean_the_only_source_of_their_system() {
    let links = read(&with_psa("")).hub().links.clone();
    assert_eq!(links["manage"], "psa");
    assert_eq!(links["aem"], "rmm");
    assert_eq!(links["adapters-resources"], "psa");

    let two = with_psa("[[source]]\nname = \"rmm-east\"\nsystem = \"datto-rmm\"\nfiles = \"east\"\n")
        .replace("\"rmm\"\nsystem", "\"rmm-west\"\nsystem");
    assert_eq!(read(&two).hub().links.get("aem"), None, "two sources may be meant");
    let said = two.replace("files = \"hub\"", "files = \"hub\"\nlinks = { aem = \"rmm-east\" }");
    assert_eq!(read(&said).hub().links["aem"], "rmm-east");
}

#[test]
fn what_the_pipeline_says_wins() {
    let pipeline = read(&with_psa(
        "optional = true\n\
         preset = \"itglue-psa\"\n\
         presets = { configuration = \"itglue-rmm\" }\n\
         tiers = { contacts = [[\"email\"]] }\n\
         veto = { configuration = [] }\n\
         types = { \"Managed Workstation\" = \"Workstation\" }",
    ));
    let (_, psa) = pipeline.source("psa").expect("it is there");
    let devices = &psa.matching[Entity::Configuration.index()];
    assert_eq!(
        devices.tiers,
        [vec![Key::Link], vec![Key::Mac, Key::Serial], vec![Key::Mac], vec![Key::Serial]]
    );
    assert!(devices.veto.is_empty());
    assert_eq!(psa.matching[Entity::Contact.index()].tiers, [vec![Key::Email]]);
    assert_eq!(psa.types["Managed Workstation"], "Workstation");
    assert!(psa.optional);
}

#[test]
fn a_general_format_may_stand_in_for_a_role() {
    let text = with_psa("").replace("\"datto-rmm\"", "\"csv\"\nrole = \"rmm\"");
    assert_eq!(read(&text).source("rmm").expect("it is there").1.role, Role::Rmm);
}

#[test]
fn every_shipped_pipeline_reads() {
    let mut count = 0;
    for entry in std::fs::read_dir(PIPELINES).expect("the folder is part of the project") {
        let path = entry.expect("the folder can be listed").path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            if let Err(errors) = pipeline::load(&path) {
                panic!("{errors}");
            }
            count += 1;
        }
    }
    assert!(count > 7, "only {count} pipelines were found");
}

#[test]
fn the_reference_pipeline_has_every_key() {
    let text = std::fs::read_to_string(Path::new(PIPELINES).join("reference.toml"))
        .expect("it is part of the project");
    let table: toml::Table = text.parse().expect("another test reads it");
    let mut found = BTreeSet::new();
    collect("", &toml::Value::Table(table), &mut found);
    collect_commented(&text, &mut found);
    // The hub's interface is described like a source's, once.
    let described = |key: &String| {
        key.strip_prefix("hub.api").map_or_else(|| key.clone(), |rest| format!("source.api{rest}"))
    };
    let missing: Vec<_> = known_keys().into_iter().filter(|key| !found.contains(&described(key))).collect();
    assert!(missing.is_empty(), "not in pipelines/reference.toml: {missing:?}");
}

fn collect(prefix: &str, value: &toml::Value, found: &mut BTreeSet<String>) {
    match value {
        toml::Value::Table(table) => {
            for (key, value) in table {
                let path = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
                collect(&path, value, found);
                found.insert(path);
            }
        }
        toml::Value::Array(items) => items.iter().for_each(|value| collect(prefix, value, found)),
        _ => {}
    }
}

/// Keys that only stand in comments, because they would contradict others: `# profile = "my_profile.toml"`.
fn collect_commented(text: &str, found: &mut BTreeSet<String>) {
    let mut section = String::new();
    for line in text.lines() {
        let plain = line.trim_start_matches("# ");
        if let Some(name) = plain.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            name.0.trim_start_matches('[').clone_into(&mut section);
            found.insert(section.clone());
        } else if let (true, Ok(table)) = (line.starts_with("# "), plain.parse::<toml::Table>()) {
            collect(&section, &toml::Value::Table(table), found);
        }
    }
}

#[test]
fn five_errors_are_shown_at_once() {
    let errors = errors(
        r#"name = "acme"
method = "B"
warehose = "acme.duckdb"

[hub]
files = ["it_glue"]

[[source]]
name = "psa"
system = "conectwise"
files = ["connectwise"]

[[source]]
name = "rmm"
system = "datto-rmm"
files = []
tiers = { configuration = [["link"], ["serialnumber"]] }

[ownership.configuration]
hostnam = ["rmm", "hub"]
"#,
    );
    insta::assert_snapshot!(errors.to_string(), @r#"
    error[P101]: unknown key `warehose`
     --> pipelines/acme.toml:3:1
      |
    3 | warehose = "acme.duckdb"
      | ^^^^^^^^ not a key of a pipeline
      |
      = hint: did you mean `warehouse`?

    error[P201]: unknown system `conectwise`
      --> pipelines/acme.toml:10:10
       |
    10 | system = "conectwise"
       |          ^^^^^^^^^^^^
       |
       = hint: did you mean `connectwise`?

    error[P105]: `files` is empty
      --> pipelines/acme.toml:16:9
       |
    16 | files = []
       |         ^^
       |
       = hint: name a folder, a file, a glob or a zip archive

    error[P302]: unknown key to match by: `serialnumber`
      --> pipelines/acme.toml:17:39
       |
    17 | tiers = { configuration = [["link"], ["serialnumber"]] }
       |                                       ^^^^^^^^^^^^^^ not a key of configuration records
       |
       = hint: did you mean `serial`?

    error[P401]: unknown column `hostnam`
      --> pipelines/acme.toml:20:1
       |
    20 | hostnam = ["rmm", "hub"]
       | ^^^^^^^ not a column of configurations
       |
       = hint: did you mean `hostname`?

    5 errors in pipelines/acme.toml
    "#);
}

#[test]
fn a_syntax_error_is_shown_with_what_else_is_wrong() {
    let errors = errors("method = \"B\n[hub]\nfiles = \"hub\"\nsytem = \"it-glue\"\n");
    insta::assert_snapshot!(errors.to_string(), @r#"
    error[P002]: invalid basic string, expected `"`
     --> pipelines/acme.toml:1:12
      |
    1 | method = "B
      |            ^

    error[P101]: unknown key `sytem`
     --> pipelines/acme.toml:4:1
      |
    4 | sytem = "it-glue"
      | ^^^^^ not a key of `hub`
      |
      = hint: did you mean `system`?

    2 errors in pipelines/acme.toml
    "#);
}

#[test]
fn a_byte_order_mark_and_carriage_returns_are_no_errors() {
    assert_eq!(read(&format!("\u{feff}{}", with_psa("").replace('\n', "\r\n"))).sources.len(), 3);
}

#[test]
fn a_folder_and_a_file_that_is_not_text_are_refused() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let says = |path: &Path| pipeline::load(path).expect_err("it is no pipeline").to_string();
    let text = says(folder.path());
    assert!(text.contains("it is a folder, not a file"), "{text}");
    let path = folder.path().join("p.toml");
    std::fs::write(&path, b"name = \"x\"\n\xff\n").expect("the folder is writable");
    let text = says(&path);
    assert!(text.contains("it is not UTF-8 text, first on line 2"), "{text}");
}

#[test]
fn a_missing_file_is_named() {
    let errors = pipeline::load(Path::new("no/such.toml")).expect_err("there is no such file");
    insta::assert_snapshot!(errors.to_string(), @r#"
    error[P001]: the pipeline cannot be read: no such file
    --> no/such.toml
     = hint: `matchbook init FOLDER` writes a pipeline for a folder of exports

    1 error in no/such.toml
    "#);
}

#[test]
fn a_credential_is_refused_and_never_shown() {
    for text in [with_psa("api_token = \"geheim\""), with_psa("client-secret = \"geheim\"\nbroken = = 1")] {
        let errors = errors(&text);
        assert!(!errors.to_string().contains("geheim"), "{errors}");
        assert!(!errors.render(true).contains("geheim"), "{errors}");
    }
    assert_eq!(errors(&with_psa("api_token = \"geheim\"")).errors()[0].code, Code::Credential);
}

#[expect(clippy::too_many_lines, reason = "it is a table")]
/// For every code a pipeline that has it, and a part of what is said about it.
fn wrong() -> Vec<(Code, String, &'static str)> {
    let case = |psa: &str| format!("[[test]]\nname = \"t\"\n{psa}");
    let record = "records = [{ source = \"psa\", entity = \"organization\", record_id = \"1\" }]";
    vec![
        (Code::Syntax, "method = ".to_owned(), "pipelines/acme.toml:1"),
        (Code::UnknownKey, with_psa("optionl = true"), "did you mean `optional`?"),
        (Code::WrongType, with_psa("optional = \"yes\""), "`optional` takes `true` or `false`"),
        (Code::MissingKey, with_psa("").replace("method = \"B\"", ""), "`method` is missing"),
        (Code::Credential, with_psa("password = \"x\""), "come from the environment"),
        (Code::Empty, with_psa("tiers = { contact = [] }"), "no tier for contact"),
        (Code::Empty, with_psa("tiers = { contact = [[]] }"), "the tier has no keys"),
        (Code::Empty, with_psa("preset = \" \""), "`preset` is empty"),
        (Code::Empty, with_psa("[ownership.contact]\ntitle = []"), "`title` has no owners"),
        (Code::UnknownValue, with_psa("preset = \"itglue\""), "unknown preset `itglue`"),
        (
            Code::UnknownValue,
            with_psa("reading = { encoding = \"windows-1251\" }"),
            "did you mean `windows-1252`?",
        ),
        (Code::UnknownValue, with_psa("reading = { separator = \";;\" }"), "`separator` takes one character"),
        (Code::UnknownValue, with_psa("reading = { dates = \"dayfirst\" }"), "did you mean `day-first`?"),
        (Code::OutOfRange, with_psa("reading = { max_columns = 0 }"), "takes a number from 1 to 100000"),
        (Code::Repeated, with_psa("reading = { separator = \"#\", comments = \"#\" }"), "separates cells"),
        (Code::UnknownKey, with_psa("reading = { seperator = \",\" }"), "did you mean `separator`?"),
        (Code::UnknownValue, with_psa("").replace("\"B\"", "\"E\""), "unknown method `E`"),
        (Code::UnknownValue, with_psa("links = { manege = \"psa\" }"), "did you mean `manage`?"),
        (
            Code::UnknownValue,
            with_psa("[source.sync]\ntwo_way = true\npush_all = \"yes\""),
            "it takes `force`",
        ),
        (Code::OutOfRange, with_psa("[limits]\ncreates = -1"), "`creates` takes a whole number from 0"),
        (Code::OutOfRange, with_psa("[limits]\ncreates_percent = -0.5"), "takes a number from 0"),
        (Code::OutOfRange, with_psa("[limits]\nshrink_percent = nan"), "takes a number from 0"),
        (Code::OutOfRange, with_psa("[limits]\nshrink_percent = 101"), "at most 100"),
        (
            Code::Repeated,
            with_psa("tiers = { contact = [[\"email\", \"email\"]] }"),
            "`email` is there already",
        ),
        (
            Code::Repeated,
            with_psa("tiers = { contact = [[\"email\"], [\"email\"]] }"),
            "the tier is there already",
        ),
        (Code::Repeated, with_psa("types = { PC = \"A\", pc = \"B\" }"), "differ in letter case alone"),
        (Code::Repeated, with_psa("veto = { contact = [], contacts = [] }"), "in singular and in plural"),
        (
            Code::UnknownSystem,
            with_psa("").replace("connectwise", "connect-wise"),
            "did you mean `connectwise`?",
        ),
        (
            Code::DuplicateSource,
            with_psa("")
                .replace("\"rmm\"\nsystem", "\"x\"\nsystem")
                .replace("\"psa\"\nsystem", "\"x\"\nsystem"),
            "two sources are called `x`",
        ),
        (
            Code::BadSourceName,
            with_psa("").replace("\"rmm\"\nsystem", "\"r/m\"\nsystem"),
            "cannot name a source",
        ),
        (
            Code::BadSourceName,
            with_psa("").replace("\"rmm\"\nsystem", "\"sheet\"\nsystem"),
            "is the name of a role",
        ),
        (
            Code::BadSourceName,
            with_psa("[[source]]\nname = \"psa-2\"\nsystem = \"connectwise\"\nfiles = \"x\""),
            "several sources have",
        ),
        (Code::WrongRole, with_psa("").replace("\"datto-rmm\"", "\"it-glue\""), "IT Glue cannot be a source"),
        (Code::WrongRole, with_psa("").replace("[hub]", "[hub]\nsystem = \"csv\""), "cannot be the hub"),
        (
            Code::MethodExcludes,
            with_psa("").replace("\"B\"", "\"A\""),
            "method A has no source with the role rmm",
        ),
        (
            Code::MethodExcludes,
            with_psa("").replace("\"B\"", "\"rmm-only\""),
            "method D has no source with the role psa",
        ),
        (
            Code::MethodNeeds,
            with_psa("").replace("\"datto-rmm\"", "\"csv\"").replace("\"rmm\"\ns", "\"list\"\ns"),
            "method B needs",
        ),
        (
            Code::TwoWay,
            with_psa("").replace("files = \"rmm\"", "files = \"rmm\"\nsync = { two_way = true }"),
            "Datto RMM has no two-way sync",
        ),
        (Code::TwoWay, with_psa("sync = { push_all = true }"), "does nothing without two-way sync"),
        (Code::NotApplicable, with_psa("organization_by = \"site\""), "is for `datto-rmm`"),
        (Code::NotApplicable, with_psa("role = \"rmm\""), "the role of ConnectWise PSA is always psa"),
        (Code::UnknownSource, with_psa("links = { aem = \"rrm\" }"), "did you mean `rmm`?"),
        (Code::UnknownSource, with_psa("links = { aem = \"hub\" }"), "cannot lead to the hub"),
        (Code::UnknownEntity, with_psa("tiers = { device = [[\"link\"]] }"), "unknown entity `device`"),
        (
            Code::UnknownEntity,
            with_psa("").replace("\"psa\"\n\n", "[{ path = \"x\", entity = \"contct\" }]\n"),
            "did you mean `contact`?",
        ),
        (Code::UnknownMatchKey, with_psa("tiers = { contact = [[\"e-mail\"]] }"), "did you mean `email`?"),
        (
            Code::ForeignMatchKey,
            with_psa("veto = { contact = [\"serial\"] }"),
            "contact records have no key `serial`",
        ),
        (
            Code::TiersAndPreset,
            with_psa("presets = { contact = \"default\" }\ntiers = { contact = [[\"link\"]] }"),
            "tiers and a preset for contact",
        ),
        (
            Code::UnknownColumn,
            with_psa("headings = { configurations = { serialnumber = \"SN\" } }"),
            "did you mean `serial_number`?",
        ),
        (
            Code::NotOwnable,
            with_psa("[ownership.contact]\nlocation_id = [\"hub\"]"),
            "did you mean `location`?",
        ),
        (Code::NotApplicable, with_psa("[source.accounts]\nguests = true"), "`accounts` is for directories"),
        (Code::NotApplicable, with_psa("[source.licenses]\nskip = []"), "`licenses` is for directories"),
        (
            Code::BadPattern,
            with_directory("[source.accounts]\nskip_names = [\"[a\"]"),
            "`[a` is not a pattern",
        ),
        (
            Code::BadPattern,
            with_directory("[source.accounts]\nskip_units = [\"Service\"]"),
            "not the end of a distinguished name",
        ),
        (Code::BadProfile, with_psa("profile = \"none.toml\""), "the profile `none.toml` cannot be read"),
        (
            Code::LockedType,
            with_directory("[source.licenses]\nlicense_type = { id = 1, name = \"Microsoft Licenses\" }"),
            "`Microsoft Licenses` cannot be written",
        ),
        (
            Code::Repeated,
            with_directory(
                "[source.licenses]\nlicense_type = { id = 1, name = \"A\" }\ngroup_type = { id = 1, name = \"B\" }",
            ),
            "the same flexible asset type",
        ),
        (Code::NotOwnable, with_psa("[ownership.ticket]\ntitle = [\"hub\"]"), "never written"),
        (Code::UnknownOwner, with_psa("[ownership.contact]\ntitle = [\"pas\"]"), "did you mean `psa`?"),
        (
            Code::WrongType,
            with_psa(&case(&format!("{}\nexpect = []", record.replace("\"psa\"", "1")))),
            "`source` takes a text",
        ),
        (
            Code::MissingKey,
            with_psa(&case(&format!("{}\nexpect = []", record.replace("\"1\"", "\" \"")))),
            "`record_id` is missing",
        ),
        (
            Code::BadSystem,
            with_psa("").replace("\"connectwise\"", "\"./gone.toml\""),
            "the system `./gone.toml` cannot be read: no such file",
        ),
        (
            Code::BadSourceName,
            with_psa("").replace("\"psa\"\nsystem", "\"..\"\nsystem"),
            "cannot name a source",
        ),
        (Code::BadProfile, with_psa("profile = \"gone.toml\""), "the profile `gone.toml` cannot be read"),
        (Code::MissingKey, with_psa("").replace("files = \"psa\"\n", ""), "`files` is missing in `source`"),
        (
            Code::Contradiction,
            with_api("").replace("[hub]", "[hub]\nfiles = \"hub\""),
            "`hub` has both `files` and `api`",
        ),
        (
            Code::Contradiction,
            with_api("credentials_file = \"keys.toml\""),
            "`api` has both `credentials` and `credentials_file`",
        ),
        (
            Code::NotApplicable,
            with_psa("")
                .replace("files = \"psa\"", "api = {}")
                .replace("\"connectwise\"", "\"csv\"\nrole = \"psa\""),
            "the interface of CSV is not known",
        ),
        (
            Code::MissingKey,
            with_psa("")
                .replace("\"connectwise\"", "\"tigerpaw\"")
                .replace("files = \"psa\"", "api = { credentials_file = \"keys.toml\" }"),
            "needs the `base` address of your server",
        ),
        (
            Code::MissingKey,
            with_psa("")
                .replace("\"connectwise\"", "\"kaseya-bms\"")
                .replace("files = \"psa\"", "api = { credentials_file = \"keys.toml\" }"),
            "needs the setting `tenant_name`",
        ),
        (Code::UnknownValue, with_api("region = \"uk\""), "IT Glue has no region `uk`"),
        (Code::BadAddress, with_api("base = \"http://api.example\""), "is not asked over TLS"),
        (Code::BadAddress, with_api("base = \"http://localhost.example\""), "is not asked over TLS"),
        (Code::BadAddress, with_api("base = \"api.example\""), "`api.example` is not a whole address"),
        (Code::BadAddress, with_api("base = \"https://api.example/#x\""), "is not an address"),
        (Code::Credential, with_api("base = \"https://me:geheim@api.example\""), "more than an address"),
        (Code::UnknownKey, with_api("settings = { site = \"x\" }"), "IT Glue has no setting `site`"),
        (Code::Credential, with_api("settings = { api_key = \"geheim\" }"), "looks like a credential"),
        (
            Code::UnknownKey,
            with_api("").replace("api_key = ", "api_key = \"A\", apikey = "),
            "did you mean `api_key`?",
        ),
        (
            Code::MissingKey,
            with_api("").replace("credentials = { api_key = \"KEY\" }", ""),
            "needs the credential",
        ),
        (
            Code::Credential,
            with_api("").replace("\"KEY\"", "\"ITG.geheim0123456789\""),
            "not the name of an environment variable",
        ),
        (
            Code::Credential,
            with_api("").replace("\"KEY\"", "\"geheim0123456789abcdef\""),
            "it may be the credential itself",
        ),
        (Code::WrongType, with_api("").replace("\"KEY\"", "912837465"), "`api_key` takes a text"),
        (Code::Empty, with_api("entities = []"), "`entities` is empty"),
        (Code::NotApplicable, with_api("entities = [\"ticket\"]"), "IT Glue delivers no tickets"),
        (Code::Repeated, with_api("entities = [\"contact\", \"contacts\"]"), "has contacts twice"),
        (Code::NotApplicable, with_api("tenants = [\"a.example\"]"), "has no tenants to choose from"),
        (Code::NotApplicable, with_api("partner = \"a.example\""), "has no tenants to choose from"),
        (Code::UnknownValue, with_api("pace = \"fast\""), "unknown pace `fast`"),
        (Code::MissingKey, with_api("pace = { requests = 60 }"), "`seconds` is missing"),
        (Code::OutOfRange, with_api("pace = { requests = 0, seconds = 60 }"), "from 1 to 1000000"),
        (Code::OutOfRange, with_api("concurrency = 65"), "`concurrency` takes a whole number from 1 to 64"),
        (Code::OutOfRange, with_api("page_size = 0"), "`page_size` takes a whole number from 1"),
        (Code::OutOfRange, with_api("retries = 21"), "`retries` takes a whole number from 0 to 20"),
        (Code::OutOfRange, with_api("first_wait_ms = 0"), "`first_wait_ms`"),
        (Code::OutOfRange, with_api("full_every = 0"), "`full_every`"),
        (
            Code::UnknownTestRecord,
            with_psa(&case(&format!(
                "{record}\nexpect = [{{ entity = \"organization\", record = \"psa/2\" }}]"
            ))),
            "the test has no organization record `psa/2`",
        ),
        (
            Code::DuplicateTestRecord,
            with_psa(&case(&format!(
                "{}\nexpect = []",
                record
                    .replace("}]", "}, { source = \"psa\", entity = \"organizations\", record_id = \"1\" }]")
            ))),
            "two organization records `psa/1`",
        ),
    ]
}

#[test]
fn every_code_of_the_pipeline_file_is_raised_where_it_belongs() {
    let mut raised: BTreeSet<Code> = [Code::Unreadable].into();
    for (code, text, says) in wrong() {
        let errors = errors(&text);
        let codes: Vec<_> = errors.errors().iter().map(|error| error.code).collect();
        assert_eq!(codes, [code], "{text}\n{errors}");
        assert!(errors.to_string().contains(says), "expected `{says}` in\n{errors}");
        for secret in ["geheim", "912837465"] {
            assert!(!errors.to_string().contains(secret), "{errors}");
        }
        raised.insert(code);
    }
    let of_pipelines = Code::ALL.iter().copied().filter(|code| code.id().starts_with('P'));
    let untested: Vec<_> = of_pipelines.filter(|code| !raised.contains(code)).collect();
    assert!(untested.is_empty(), "no test raises {untested:?}");
}

#[test]
fn a_test_case_holds_what_canonical_columns_hold() {
    let text = with_psa(
        r#"[[test]]
name = "t"
records = [
    { source = "hub", entity = "configuration", record_id = 7, archived = true, links = ["psa:1", "rmm:2"], interfaces = [{ name = "LAN", mac_address = "02-00", ip_address = "10.0.0.1" }, { mac_address = "03" }], warranty_expires_at = 2027-01-31 },
]
[[test.expect]]
entity = "configuration"
record = "hub/7"
state = "hub"
hub_id = ""
desired = { name = "x" }
"#,
    );
    let pipeline = read(&text);
    let case = &pipeline.tests[0];
    assert_eq!(text.lines().nth(case.line - 1), Some("[[test]]"));
    let values = &case.records[0].values;
    assert_eq!(values["record_id"], "7");
    assert_eq!(values["archived"], "true");
    assert_eq!(values["links"], format!("psa:1{LIST_SEPARATOR}rmm:2"));
    assert_eq!(values["warranty_expires_at"], "2027-01-31");
    let part = PART_SEPARATOR;
    assert_eq!(values["interfaces"], format!("LAN{part}02-00{part}10.0.0.1{LIST_SEPARATOR}{part}03{part}"));
    let expect = &case.expect[0];
    assert_eq!((expect.state, expect.hub_id.as_deref()), (Some(State::Hub), Some("")));
    assert_eq!(expect.desired["name"], "x");
}

/// A pipeline with a directory, with `extra` at the end of its table.
fn with_directory(extra: &str) -> String {
    with_psa(&format!(
        "[[source]]\nname = \"directory\"\nsystem = \"csv\"\nrole = \"directory\"\nfiles = \"d\"\n{extra}"
    ))
}

#[test]
fn a_directory_says_who_takes_part() {
    let pipeline = read(&with_directory(""));
    let (_, directory) = pipeline.source("directory").expect("it is there");
    assert_eq!(directory.accounts, Accounts::default());
    let lets_in = |setting| directory.accounts.lets_in(setting);
    assert!(lets_in(AccountSetting::Unlicensed));
    for setting in [
        AccountSetting::Guests,
        AccountSetting::Disabled,
        AccountSetting::SharedMailboxes,
        AccountSetting::PersonalDevices,
    ] {
        assert!(!lets_in(setting), "{setting:?}");
    }

    let pipeline = read(&with_directory(
        "[source.accounts]\nguests = true\nunlicensed = false\nskip_names = [\"svc-*\"]\n\
         [source.licenses]\nnames = \"names.csv\"\nskip = [\"*_FREE\"]\n\
         license_type = { id = 30001, name = \"Licences\" }\ngroup_type = { id = \"30002\", name = \"Groups\" }",
    ));
    let (_, directory) = pipeline.source("directory").expect("it is there");
    assert!(directory.accounts.guests && !directory.accounts.unlicensed);
    assert!(directory.leaves_out(SkipList::Names, "SVC-Backup"));
    assert!(directory.leaves_out(SkipList::Licenses, "flow_free"));
    assert!(!directory.leaves_out(SkipList::Licenses, "FLOW_FREEMIUM"));
    let licenses = &directory.licenses;
    assert_eq!(
        licenses.names.as_ref().map(|file| file.path.as_path()),
        Some(Path::new("pipelines/names.csv"))
    );
    assert_eq!(licenses.license_type.as_ref().map(|of| of.id.as_str()), Some("30001"));
    assert_eq!(licenses.group_type.as_ref().map(|of| of.id.as_str()), Some("30002"));
}

#[test]
fn settings_are_a_json_document_with_every_default() {
    let text = with_psa("sync = { two_way = true, push_all = \"force\" }");
    let json: serde_json::Value =
        serde_json::from_str(&read(&text).settings_json()).expect("it is a JSON document");
    assert_eq!(json["method"], "B");
    assert_eq!(json["sources"][1]["sync"]["push_all"], "force");
    assert_eq!(json["sources"][2]["matching"]["configuration"]["tiers"][1][0], "serial");
    assert_eq!(json["limits"]["creates"], 100);
    assert_eq!(json["warehouse"], "acme.duckdb");
    assert_eq!(read(&text).settings_json(), read(&text).settings_json());
}

#[test]
fn hostile_text_is_refused_without_a_panic() {
    for text in [
        "\u{0}",
        "[[",
        "method = \u{feff}",
        "[source]\nname = 1",
        "source = [1, \"x\", []]",
        "hub = []\ntest = [[]]",
        "[[test]]\nrecords = 1",
        "[hub]\nfiles = [[[]]]",
        "= = =",
        "a.b.c.d = {}\n\"\u{202e}\" = 1",
        "method = 9999999999999999999999",
    ] {
        let errors = errors(text);
        assert!(!errors.errors().is_empty());
        assert!(!errors.render(true).is_empty());
    }
    errors(&format!("x = {}", "[".repeat(100_000)));
    errors(&format!("{} = 1", "k".repeat(1 << 20)));
}
