//! The readers on small files in the vendors' own shapes. Every expectation is written from the file's text.

use std::io::Write as _;
use std::path::Path;

use matchbook::extract::{self, ExtractError, Extracted};
use matchbook::model::{Entity, Records, column};
use matchbook::pipeline;
use tempfile::TempDir;

pub(crate) const HEAD: &str = r#"
name = "test"
method = "B"
[hub]
system = "it-glue"
files = ["hub"]
links = { manage = "psa" }
[[source]]
name = "psa"
system = "connectwise"
files = ["psa"]
[[source]]
name = "rmm"
system = "datto-rmm"
files = ["rmm"]
types = { "desktop" = "Workstation" }
[[source]]
name = "sheet"
system = "csv"
files = ["sheet"]
"#;

/// A pipeline in a folder of its own, with a file per source that is empty of records unless the test writes more.
pub(crate) struct Folder {
    pub(crate) dir: TempDir,
    pub(crate) pipeline: String,
}

impl Folder {
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().expect("a temporary folder");
        for name in ["hub", "psa", "rmm", "sheet"] {
            std::fs::create_dir(dir.path().join(name)).expect("a writable folder");
        }
        for file in ["hub/locations.json", "psa/sites.json", "rmm/sites.json", "sheet/tickets.csv"] {
            let text = if file.ends_with("csv") { "id\n" } else { "[]" };
            std::fs::write(dir.path().join(file), text).expect("a writable folder");
        }
        Self { dir, pipeline: HEAD.to_owned() }
    }

    pub(crate) fn with(self, path: &str, content: impl AsRef<[u8]>) -> Self {
        let path = self.dir.path().join(path);
        std::fs::create_dir_all(path.parent().expect("a file stands in a folder"))
            .expect("a writable folder");
        std::fs::write(path, content).expect("a writable folder");
        self
    }

    pub(crate) fn try_read(&self) -> Result<Extracted, ExtractError> {
        let path = self.dir.path().join("test.toml");
        std::fs::write(&path, &self.pipeline).expect("a writable folder");
        let pipeline = pipeline::load(&path).unwrap_or_else(|errors| panic!("{errors}"));
        extract::extract(&pipeline, &|_| {})
    }

    pub(crate) fn read(&self) -> Extracted {
        self.try_read().unwrap_or_else(|error| panic!("{error}"))
    }

    pub(crate) fn fail(&self) -> (String, String) {
        let error = self.try_read().expect_err("the source cannot be read");
        (error.to_string(), error.hint)
    }
}

pub(crate) const SHEET: u16 = 3;

pub(crate) fn table(extracted: &Extracted, source: u16, entity: Entity) -> &Records {
    extracted.tables.get(source, entity).expect("the source delivers the entity")
}

fn row(records: &Records, id: &str) -> u32 {
    (0..u32::try_from(records.len()).expect("few rows"))
        .find(|row| records.id(*row) == id)
        .unwrap_or_else(|| panic!("no record {id}"))
}

pub(crate) fn value<'r>(records: &'r Records, id: &str, name: &str) -> &'r str {
    records.get(row(records, id), name).unwrap_or_default()
}

#[test]
fn rows_keep_their_lines_after_quoted_line_breaks() {
    let folder = Folder::new().with(
        "sheet/devices.csv",
        "\u{feff}id,Company,Name,Serial No,Colour\r\n1,Acme,\"PC-1\r\n(store)\",S1234,red\r\n2,Acme,PC-2,=\"0012345\",\r\n",
    );
    let extracted = folder.read();
    let devices = table(&extracted, SHEET, Entity::Configuration);
    assert_eq!(devices.line(row(devices, "1")), 2);
    assert_eq!(devices.line(row(devices, "2")), 4);
    assert_eq!(value(devices, "2", column::SERIAL_NUMBER), "0012345", "the forced text is unwrapped");
    assert_eq!(value(devices, "1", column::RAW), r#"{"Colour":"red"}"#, "an unknown heading goes to raw");
    assert_eq!(value(devices, "1", column::ORGANIZATION), "Acme");
}

#[test]
fn blank_lines_are_no_part_of_the_row_behind_them() {
    let extracted =
        Folder::new().with("sheet/devices.csv", "id,company,name\n\n\n1,Acme,PC-1\n\n2,Acme,PC-2").read();
    let devices = table(&extracted, SHEET, Entity::Configuration);
    assert_eq!((devices.line(row(devices, "1")), devices.line(row(devices, "2"))), (4, 6));
}

#[test]
fn a_sheet_that_only_names_organizations_implies_them() {
    let folder = Folder::new()
        .with("sheet/devices.csv", "id,company,name\n1,Acme,PC-1\n2,Acme ,PC-2\n3,Birch,PC-3\n4,   ,PC-4\n");
    let extracted = folder.read();
    let organizations = table(&extracted, SHEET, Entity::Organization);
    let names: Vec<&str> = (0..2).filter_map(|row| organizations.get(row, column::NAME)).collect();
    assert_eq!(organizations.len(), 2);
    assert!(names.contains(&"Acme") && names.contains(&"Birch"), "{names:?}");
    assert_eq!(organizations.rows_read, 0, "implied records are no rows");
    assert_eq!(table(&extracted, SHEET, Entity::Configuration).rows_read, 4);
}

#[test]
fn a_row_without_an_id_gets_one_from_its_values_and_not_from_its_place() {
    let first = Folder::new()
        .with("sheet/devices.csv", "company,name,serial\nAcme,PC-1,S1234\nAcme,PC-2,S5678\n")
        .read();
    let other = Folder::new()
        .with("sheet/assets.csv", "serial,company,name\nS5678,Acme,PC-2\nS1234,Acme,PC-1\n")
        .read();
    let ids = |extracted: &Extracted| {
        let devices = table(extracted, SHEET, Entity::Configuration);
        (0..2).map(|row| devices.id(row).to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(ids(&first), ids(&other));
    assert_ne!(ids(&first)[0], ids(&first)[1]);
}

#[test]
fn bad_rows_are_quarantined_with_line_and_reason_and_counted() {
    let mut content =
        b"id,company,name\n1,Acme,PC-1\n2,Acme,PC-2,Smith\n3,Acme,PC\xff\n1,Acme,again\n".to_vec();
    content.extend_from_slice(b"5,Acme,");
    content.extend(std::iter::repeat_n(b'x', 10 << 20));
    content.extend_from_slice(b"\n\n,,\n6,Acme,P\0C-6\n");
    let mut folder = Folder::new().with("sheet/devices.csv", content);
    folder.pipeline.push_str("reading = { encoding = \"utf-8\" }\n");
    let extracted = folder.read();
    let devices = table(&extracted, SHEET, Entity::Configuration);
    assert_eq!((devices.rows_read, devices.len(), devices.quarantined), (6, 2, 4));
    let reasons: Vec<(u64, &str)> = extracted
        .quarantine
        .iter()
        .map(|bad| (bad.line, bad.reason.split(':').next().unwrap_or_default()))
        .collect();
    assert_eq!(reasons, [(3, "row_long"), (4, "invalid_utf8"), (5, "duplicate_id"), (6, "cell_too_large")]);
    assert!(extracted.quarantine.iter().all(|bad| bad.raw.len() <= 4096));
    assert_eq!(value(devices, "6", column::NAME), "PC-6");
    assert!(extracted.findings.iter().any(|finding| finding.code == "nul_bytes" && finding.record_id == "6"));
    assert_eq!(value(devices, "1", column::NAME), "PC-1", "the first row of an id stays");
}

#[test]
fn a_file_cut_in_two_gives_the_same_table() {
    let rows = ["3,Acme,PC-3\n", "1,Acme,PC-1\n", "2,Acme,PC-2\n"];
    let whole = Folder::new().with("sheet/devices.csv", format!("id,company,name\n{}", rows.concat())).read();
    let cut = Folder::new()
        .with("sheet/devices_1.csv", format!("id,company,name\n{}", rows[2]))
        .with("sheet/devices_2.csv", "name,id,company\nPC-1,1,Acme\nPC-3,3,Acme\n")
        .read();
    let shown = |extracted: &Extracted| {
        let devices = table(extracted, SHEET, Entity::Configuration);
        (0..3)
            .map(|row| (devices.id(row).to_owned(), devices.get(row, column::NAME).map(str::to_owned)))
            .collect::<Vec<_>>()
    };
    assert_eq!(shown(&whole), shown(&cut));
}

#[test]
fn the_export_of_the_hub_has_interfaces_in_a_cell() {
    let extracted = Folder::new()
        .with("hub/organizations.csv", "id,name,organization_type,organization_status,short_name\n7,\"Brindle & Lowe, LLP\",Customer,Active,BRILOW\n")
        .with(
            "hub/configurations.csv",
            "id,organization,name,configuration_type,mac_address,configuration_interfaces,warranty_expires_at,archived\n\
             810233,\"Brindle & Lowe, LLP\",BL-LT-014,Laptop,3C-52-82-0A-77-1E,\"[{\"\"name\"\":\"\"Wi-Fi\"\",\"\"ip_address\"\":\"\"10.20.4.61\"\",\"\"mac_address\"\":\"\"3C-52-82-0A-77-1F\"\",\"\"primary\"\":true}]\",2024-02-19,No\n",
        )
        .with("hub/passwords.csv", "id,password\n1,canary-secret\n")
        .read();
    let configurations = table(&extracted, 0, Entity::Configuration);
    assert_eq!(
        value(configurations, "810233", column::INTERFACES),
        "Wi-Fi\u{1e}3C-52-82-0A-77-1F\u{1e}10.20.4.61"
    );
    assert_eq!(value(configurations, "810233", column::TYPE), "Laptop");
    assert_eq!(value(configurations, "810233", column::ARCHIVED), "false");
    assert_eq!(value(configurations, "810233", column::WARRANTY_EXPIRES_AT), "2024-02-19");
    let position = configurations.position(column::SERIAL_NUMBER).expect("a column");
    assert!(!configurations.is_carried(0, position), "the file has no serial numbers, so they are unknown");
    let passwords =
        extracted.files.iter().find(|file| file.file.ends_with("passwords.csv")).expect("it is listed");
    assert_eq!((passwords.rows, passwords.note.contains("not opened")), (0, true));
}

const HUB_PAGE: &str = r#"{"data":[{"id":"4489414129017731","type":"configurations","attributes":{
 "organization-id":4489414129010112,"organization-name":"Brindle & Lowe, LLP","psa-integration":"enabled","name":"BL-LT-014",
 "serial-number":"5CG0417XYZ","configuration-type-id":61,"configuration-type-name":"Laptop","archived":false,"updated-at":"2024-01-11T22:40:00.000Z"},
 "relationships":{"adapters-resources":{"data":[{"id":"71","type":"adapters-resources"}]},
  "rmm-records":{"data":[{"id":"33","type":"rmm-records"}]}}}],
"included":[{"id":"71","type":"adapters-resources","attributes":{"remote-id":"0"}},
 {"id":"33","type":"rmm-records","attributes":{"name":"BL-LT-014","serial-number":"5CG0417XYZ"}}],
"meta":{"current-page":1},"links":{}}"#;

#[test]
fn stored_links_of_the_hub_are_joined_from_what_is_included() {
    let extracted = Folder::new().with("hub/configurations.json", HUB_PAGE).read();
    let configurations = table(&extracted, 0, Entity::Configuration);
    let id = "4489414129017731";
    assert_eq!(value(configurations, id, column::LINKS), "psa:0", "0 is a legal id");
    assert_eq!(value(configurations, id, column::ORGANIZATION_ID), "4489414129010112");
    assert_eq!(value(configurations, id, column::PSA_INTEGRATION), "enabled");
    assert_eq!(value(configurations, id, column::MODIFIED_AT), "2024-01-11T22:40:00Z");
    assert!(value(configurations, id, column::RAW).contains("rmm-records"), "what has no column is kept");
    assert!(
        !value(configurations, id, column::RAW).contains("BL-LT-014\",\"configuration"),
        "columns are not kept twice"
    );
}

#[test]
fn communication_items_become_addresses_and_numbers() {
    let extracted = Folder::new()
        .with(
            "psa/contacts.json",
            r#"[{"id":901,"firstName":"Ines","lastName":"Calder","company":{"id":250,"name":"Northgate"},"site":null,"inactiveFlag":false,
 "communicationItems":[
  {"id":1,"type":{"id":2,"name":"Direct"},"value":"01632960145","extension":"12","defaultFlag":false,"communicationType":"Phone"},
  {"id":2,"type":{"id":3,"name":"Cell"},"value":"07700900145","defaultFlag":true,"communicationType":"Phone"},
  {"id":3,"type":{"id":1,"name":"Email"},"value":"Ines@n.example","defaultFlag":true,"communicationType":"Email"}]}]"#,
        )
        .read();
    let contacts = table(&extracted, 1, Entity::Contact);
    assert_eq!(value(contacts, "901", column::EMAILS), "Ines@n.example");
    assert_eq!(
        value(contacts, "901", column::PHONES),
        "07700900145\u{1f}01632960145 x12",
        "the default one is first"
    );
    assert_eq!(value(contacts, "901", column::PHONE_LABELS), "Cell\u{1f}Direct");
    assert_eq!(value(contacts, "901", column::ACTIVE), "true");
}

#[test]
fn audits_add_serial_numbers_and_interfaces_to_their_devices() {
    let uid = "5f0c7c0e-6a52-4b1f-9d35-1f8f2a7c1001";
    let extracted = Folder::new()
        .with(
            "rmm/sites.json",
            r#"{"pageDetails":{"count":2},"sites":[
 {"id":1,"uid":"0b7c1f4a-21aa-4c1e-8a4e-2f10c0de0001","accountUid":"a","name":"Harbor Lane Dental","proxySettings":{"password":"canary-secret"}},
 {"id":2,"uid":"deleted","accountUid":"a","name":"Deleted Devices"}]}"#,
        )
        .with(
            "rmm/devices.json",
            format!(
                r#"[{{"pageDetails":{{}},"devices":[{{"uid":"{uid}","siteUid":"0b7c1f4a-21aa-4c1e-8a4e-2f10c0de0001","deviceClass":"device",
 "deviceType":{{"category":"Desktop"}},"hostname":"HLD-FRONT01","deleted":false,"lastSeen":1741000000000,"udf":{{"udf1":"canary-secret"}}}},
 {{"uid":"5f0c7c0e-6a52-4b1f-9d35-1f8f2a7c1002","siteUid":"x","deviceClass":"device","hostname":"GONE","deleted":true}}]}}]"#
            ),
        )
        .with(
            "rmm/audits.json",
            format!(
                r#"[{{"deviceUid":"{uid}","bios":{{"serialNumber":"7QX1ZZ3"}},"systemInfo":{{"manufacturer":"Dell Inc.","model":"OptiPlex 7090"}},
 "nics":[{{"instance":"Intel","ipv4":"10.20.0.31","macAddress":"AC91A10012F4"}}]}}]"#
            ),
        )
        .read();
    let devices = table(&extracted, 2, Entity::Configuration);
    assert_eq!(value(devices, uid, column::SERIAL_NUMBER), "7QX1ZZ3");
    assert_eq!(value(devices, uid, column::INTERFACES), "Intel\u{1e}AC91A10012F4\u{1e}10.20.0.31");
    assert_eq!(value(devices, uid, column::TYPE), "Workstation", "the type mapping ignores letter case");
    assert!(value(devices, uid, column::RAW).contains(r#""source_type":"Desktop""#));
    assert_eq!(value(devices, uid, column::LAST_SEEN_AT), "2025-03-03T11:06:40Z");
    assert_eq!(value(devices, "5f0c7c0e-6a52-4b1f-9d35-1f8f2a7c1002", column::SKIP_REASON), "deleted");
    let sites = table(&extracted, 2, Entity::Organization);
    assert_eq!(value(sites, "deleted", column::SKIP_REASON), "pseudo_site");
    for table in extracted.tables.iter() {
        assert!(!format!("{:?}", table.columns()).contains("canary"), "secrets are dropped on read");
    }
}

#[test]
fn the_autotask_company_names_the_organization_where_the_pipeline_says_so() {
    let mut folder = Folder::new().with(
        "rmm/sites.json",
        r#"{"sites":[{"uid":"0b7c1f4a-21aa-4c1e-8a4e-2f10c0de0001","accountUid":"a","name":"Dental - North","autotaskCompanyName":"Harbor Lane Dental"},
 {"uid":"0b7c1f4a-21aa-4c1e-8a4e-2f10c0de0002","accountUid":"a","name":"Unlinked","autotaskCompanyName":null}]}"#,
    );
    let names = |folder: &Folder| {
        let extracted = folder.read();
        let sites = table(&extracted, 2, Entity::Organization);
        (0..2).filter_map(|row| sites.get(row, column::NAME).map(str::to_owned)).collect::<Vec<_>>()
    };
    assert_eq!(names(&folder), ["Dental - North", "Unlinked"]);
    folder.pipeline =
        HEAD.replace("files = [\"rmm\"]", "files = [\"rmm\"]\norganization_by = \"autotask-company\"");
    assert_eq!(names(&folder), ["Harbor Lane Dental", "Unlinked"]);
}

pub(crate) fn archive(path: &Path, members: &[(&str, &str)]) {
    let mut writer = zip::ZipWriter::new(std::fs::File::create(path).expect("a writable folder"));
    for (name, content) in members {
        writer.start_file(*name, zip::write::SimpleFileOptions::default()).expect("a new member");
        writer.write_all(content.as_bytes()).expect("a writable member");
    }
    writer.finish().expect("a complete archive");
}

#[test]
fn members_of_an_archive_are_files() {
    let folder = Folder::new();
    archive(
        &folder.dir.path().join("hub/export.zip"),
        &[
            ("organizations.csv", "id,name,short_name\n7,Acme,ACM\n"),
            ("deep/Passwords.csv", "id,password\n1,canary\n"),
        ],
    );
    let extracted = folder.read();
    let organizations = table(&extracted, 0, Entity::Organization);
    assert_eq!(value(organizations, "7", column::NAME), "Acme");
    assert_eq!(organizations.file(0).path, "hub/export.zip/organizations.csv");
    assert!(
        extracted
            .files
            .iter()
            .any(|file| file.file.ends_with("Passwords.csv") && file.note.contains("not opened"))
    );
}

#[test]
fn an_archive_that_climbs_out_is_refused() {
    let folder = Folder::new();
    archive(&folder.dir.path().join("hub/export.zip"), &[("../organizations.csv", "id,name\n7,Acme\n")]);
    let (message, _) = folder.fail();
    assert_eq!(
        message,
        "the source `hub` cannot be read: `hub`: the member `../organizations.csv` climbs out of the archive"
    );
}

#[test]
fn files_that_cannot_be_read_say_what_and_where() {
    let (message, hint) =
        Folder::new().with("psa/companies.json", "[{\"id\":1,\"identifier\":\"A\",\n\"name\":").fail();
    assert!(
        message
            .starts_with("the source `psa` cannot be read: `psa/companies.json`: it is not valid JSON: EOF"),
        "{message}"
    );
    assert!(message.contains("line 2"), "{message}");
    assert_eq!(hint, "the document ends too early: save it again");

    let (message, _) = Folder::new().with("sheet/devices.csv", "").fail();
    assert_eq!(message, "the source `sheet` cannot be read: `sheet/devices.csv`: the file is empty");

    let (message, hint) = Folder::new().with("psa/companies.json", HUB_PAGE).fail();
    assert!(message.contains("are none that ConnectWise PSA delivers"), "{message}");
    assert_eq!(hint, "it looks like a document of `it-glue`: give it a source of that system");

    let (message, _) = Folder::new().with("hub/export.zip", "PK but no archive").fail();
    assert!(message.contains("the archive is damaged"), "{message}");

    let mut folder = Folder::new();
    folder.pipeline = HEAD.replace("files = [\"psa\"]", "files = [\"nowhere\"]");
    let (message, hint) = folder.fail();
    assert_eq!(message, "the source `psa` cannot be read: `nowhere`: it does not exist");
    assert_eq!(hint, "check the path, which starts at the pipeline's folder");
}

#[test]
fn a_heading_row_alone_is_no_rows_and_an_optional_source_may_be_missing() {
    let mut folder = Folder::new().with("sheet/devices.csv", "id,company,name,serial\n");
    folder.pipeline = HEAD.replace("files = [\"psa\"]", "files = [\"nowhere\"]\noptional = true");
    let extracted = folder.read();
    assert_eq!(table(&extracted, SHEET, Entity::Configuration).len(), 0);
    assert_eq!(extracted.missing.len(), 1);
    assert!(extracted.missing[0].1.contains("`nowhere`: it does not exist"));
}

#[test]
fn headings_of_the_user_win_over_aliases() {
    let mut folder =
        Folder::new().with("sheet/devices.csv", "id,Kunde,Seriennummer,Serial\n1,Acme,S1234,wrong\n");
    folder.pipeline = format!(
        "{HEAD}\n[source.headings.configurations]\nserial_number = \"Seriennummer\"\norganization = \"Kunde\"\n"
    );
    let extracted = folder.read();
    let devices = table(&extracted, SHEET, Entity::Configuration);
    assert_eq!(value(devices, "1", column::SERIAL_NUMBER), "S1234");
    assert_eq!(value(devices, "1", column::ORGANIZATION), "Acme");
    assert_eq!(value(devices, "1", column::RAW), r#"{"Serial":"wrong"}"#);
}

#[test]
fn a_folder_is_recognised_by_what_its_files_say() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let write = |path: &str, content: &str| {
        let path = dir.path().join(path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a writable folder");
        std::fs::write(path, content).expect("a writable folder");
    };
    write(
        "export/configurations.csv",
        "id,organization,name,configuration_type,configuration_interfaces\n1,Acme,PC-1,Laptop,[]\n",
    );
    write("export/locations.csv", "id,organization,name,city\n1,Acme,Main,Porthaven\n");
    write("lists/organizations.csv", "id,name\n1,Acme\n");
    write("psa/companies.json", r#"[{"id":250,"identifier":"NORTHGATE","name":"Northgate"}]"#);
    write("export/passwords.csv", "id,password\n1,canary\n");
    let found = extract::recognise(dir.path()).expect("a readable folder");
    let shown: Vec<(&str, Option<&str>, Option<Entity>)> = found
        .iter()
        .map(|one| (one.file.as_str(), one.system.map(|system| system.name.as_str()), one.entity))
        .collect();
    assert_eq!(
        shown,
        [
            ("export/configurations.csv", Some("it-glue"), Some(Entity::Configuration)),
            ("export/locations.csv", Some("it-glue"), Some(Entity::Location)),
            ("export/passwords.csv", None, None),
            ("lists/organizations.csv", Some("csv"), Some(Entity::Organization)),
            ("psa/companies.json", Some("connectwise"), Some(Entity::Organization)),
        ]
    );
}

#[test]
fn audits_name_their_device_by_member_by_key_or_by_file() {
    let uid = |last: u8| format!("5f0c7c0e-6a52-4b1f-9d35-1f8f2a7c100{last}");
    let device = |last| {
        format!(r#"{{"uid":"{}","siteUid":"s","deviceClass":"device","hostname":"PC{last}"}}"#, uid(last))
    };
    let audit = |serial: &str| {
        format!(r#"{{"systemInfo":{{"manufacturer":"HP"}},"bios":{{"serialNumber":"{serial}"}}}}"#)
    };
    let nics = format!(r#"{{"devices":[{{"uid":"{}","nics":[{{"macAddress":"AC91A10012F4"}}]}}]}}"#, uid(1));
    let extracted = Folder::new()
        .with("rmm/devices.json", format!(r#"{{"devices":[{},{},{}]}}"#, device(1), device(2), device(3)))
        .with(
            "rmm/audits.json",
            format!(r#"{{"{}":{},"{}":{}}}"#, uid(1), audit("S1111"), uid(2), audit("S2222")),
        )
        .with(&format!("rmm/{}.json", uid(3)), audit("S3333"))
        .with("rmm/site-interfaces.json", nics)
        .read();
    let devices = table(&extracted, 2, Entity::Configuration);
    let serials: Vec<&str> =
        [1, 2, 3].iter().map(|last| value(devices, &uid(*last), column::SERIAL_NUMBER)).collect();
    assert_eq!(serials, ["S1111", "S2222", "S3333"]);
    assert_eq!(value(devices, &uid(1), column::INTERFACES), "\u{1e}AC91A10012F4\u{1e}");
    assert_eq!((devices.len(), devices.rows_read), (3, 3), "audits are no records");
}

#[test]
fn a_document_is_known_by_its_name_where_blank_members_are_left_out() {
    let extracted = Folder::new()
        .with(
            "psa/configurations.json",
            r#"[{"id":1,"name":"PC-1"},{"id":2,"name":"PC-2","company":{"id":5}}]"#,
        )
        .read();
    assert_eq!(table(&extracted, 1, Entity::Configuration).len(), 2);
}
