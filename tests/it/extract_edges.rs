//! The readers on what goes wrong: files of others, links in circles, secrets, archives that lie, elements that are none.

use std::path::Path;

use matchbook::extract::{self, Extracted};
use matchbook::model::{Entity, column};

use crate::extract::{Folder, HEAD, SHEET, archive, table, value};

/// The code of every quarantined row, with its line.
fn quarantined(extracted: &Extracted) -> Vec<(u64, &str)> {
    let rows = extracted.quarantine.iter();
    rows.map(|bad| (bad.line, bad.reason.split(':').next().unwrap_or_default())).collect()
}

fn note<'e>(extracted: &'e Extracted, ending: &str) -> &'e str {
    let file = extracted.files.iter().find(|file| file.file.ends_with(ending));
    &file.unwrap_or_else(|| panic!("no file {ending}")).note
}

fn codes(extracted: &Extracted) -> Vec<(&str, &str)> {
    extracted.findings.iter().map(|finding| (finding.record_id.as_str(), finding.code)).collect()
}

#[test]
fn an_export_of_the_hub_has_files_that_are_passed_over() {
    let folder = Folder::new()
        .with(
            "hub/organizations.csv",
            "id,name,organization_type,organization_status\n7,Acme,Customer,Active\n",
        )
        .with("hub/Passwords (1).CSV", "id,password\n1,canary\n")
        .with("hub/documents.csv", "id,organization,name,expires_on,owner\n1,Acme,Runbook,,Ann\n")
        .with("hub/backup.csv", "id,organization,Device Name,Serial Number,archived\n1,Acme,NAS,S123,No\n")
        .with(
            "hub/our devices.csv",
            "id,organization,name,configuration_type,serial_number\n9,Acme,PC-9,Laptop,S9\n",
        )
        .with(
            "hub/flexible_assets.json",
            r#"{"data":[{"id":"1","type":"flexible-assets","attributes":{}}]}"#,
        );
    let attachments = folder.dir.path().join("hub/attachments/7");
    std::fs::create_dir_all(&attachments).expect("a writable folder");
    std::fs::write(attachments.join("configurations.csv"), "id,name\n1,someone's own\n")
        .expect("a writable folder");
    let extracted = folder.read();
    assert_eq!(table(&extracted, 0, Entity::Organization).len(), 1, "no other file is one of organizations");
    let configurations = table(&extracted, 0, Entity::Configuration);
    assert_eq!(configurations.len(), 1);
    assert_eq!(value(configurations, "9", column::TYPE), "Laptop", "its headings tell what it is");
    assert!(note(&extracted, "Passwords (1).CSV").contains("not opened"));
    for passed in ["documents.csv", "backup.csv", "flexible_assets.json", "attachments/7/configurations.csv"]
    {
        assert!(
            note(&extracted, passed).starts_with("passed over"),
            "{passed}: {}",
            note(&extracted, passed)
        );
    }
}

#[test]
fn a_path_that_holds_nothing_is_an_error() {
    let mut folder = Folder::new();
    std::fs::create_dir(folder.dir.path().join("empty")).expect("a writable folder");
    folder.pipeline = HEAD.replace("files = [\"psa\"]", "files = [\"empty\"]");
    let (message, _) = folder.fail();
    assert_eq!(
        message,
        "the source `psa` cannot be read: `empty`: it holds no CSV, XLSX, JSON, LDIF, Parquet or zip file that is read"
    );
    let mut folder = Folder::new().with("hub/documents.csv", "id,organization,name\n1,Acme,Runbook\n");
    folder.pipeline = HEAD.replace("files = [\"hub\"]", "files = [\"hub/documents.csv\"]");
    let (message, _) = folder.fail();
    assert!(
        message.contains("`hub/documents.csv`: its headings (id, organization, name) are none of"),
        "{message}"
    );
}

#[cfg(unix)]
#[test]
fn links_in_circles_are_followed_once() {
    let folder = Folder::new().with("sheet/devices.csv", "id,company,name\n1,Acme,PC-1\n");
    let sheet = folder.dir.path().join("sheet");
    for link in ["a", "b", "c", "d"] {
        std::os::unix::fs::symlink(&sheet, sheet.join(link)).expect("a link");
    }
    std::os::unix::fs::symlink(sheet.join("devices.csv"), sheet.join("devices_copy.csv")).expect("a link");
    std::os::unix::fs::symlink(sheet.join("nowhere.csv"), sheet.join("contacts.csv")).expect("a link");
    let extracted = folder.read();
    assert_eq!(table(&extracted, SHEET, Entity::Configuration).rows_read, 1);
    assert!(extracted.quarantine.is_empty());
}

#[test]
fn two_paths_to_one_file_read_it_once() {
    let mut folder = Folder::new().with("sheet/devices.csv", "id,company,name\n1,Acme,PC-1\n");
    folder.pipeline =
        HEAD.replace("files = [\"sheet\"]", "files = [\"sheet\", \"sheet/devices.csv\", \"sheet/*.csv\"]");
    assert_eq!(table(&folder.read(), SHEET, Entity::Configuration).rows_read, 1);
}

#[test]
fn elements_that_are_no_records_are_quarantined_by_number() {
    let mut content = br#"[{"id":250,"identifier":"A","name":"Acme"},
 17, {"identifier":"B","name":"no id","password":"canary"},
 {"id":"250","identifier":"C","name":"the number again, as text"},
 {"id":251,"identifier":"D","name":""#
        .to_vec();
    content.extend(b"\xff\"}]");
    let extracted = Folder::new().with("psa/companies.json", content).read();
    let companies = table(&extracted, 1, Entity::Organization);
    assert_eq!((companies.rows_read, companies.len(), companies.quarantined), (5, 1, 4));
    assert_eq!(
        quarantined(&extracted),
        [(2, "no_id"), (3, "no_id"), (4, "duplicate_id"), (5, "invalid_utf8")]
    );
    assert_eq!(value(companies, "250", column::NAME), "Acme");
    assert!(extracted.quarantine.iter().all(|bad| !bad.raw.contains("canary")), "secrets are in no raw text");
}

#[test]
fn headings_of_secrets_are_dropped() {
    let extracted = Folder::new()
        .with(
            "sheet/devices.csv",
            "id,company,name,Password,Colour\n1,Acme,PC-1,canary,red\n2,Acme,PC-2,canary,a,b\n",
        )
        .read();
    let devices = table(&extracted, SHEET, Entity::Configuration);
    assert_eq!(value(devices, "1", column::RAW), r#"{"Colour":"red"}"#);
    // A cell too many may have moved the secret to the right.
    assert_eq!(extracted.quarantine[0].raw, "2,Acme,PC-2");
}

#[test]
fn a_value_that_is_not_understood_stays_in_raw_under_its_own_name() {
    let extracted = Folder::new()
        .with(
            "sheet/devices.csv",
            "id,company,name,Purchase Date,warranty\n1,Acme,PC-1,02/03/2025,0001-01-01\n2,Acme,PC-2,2025-03-02,soon\n",
        )
        .read();
    let devices = table(&extracted, SHEET, Entity::Configuration);
    assert_eq!(value(devices, "1", column::PURCHASED_AT), "");
    assert_eq!(value(devices, "1", column::RAW), r#"{"Purchase Date":"02/03/2025"}"#, "no date is no doubt");
    assert_eq!(value(devices, "2", column::PURCHASED_AT), "2025-03-02");
    assert_eq!(codes(&extracted), [("1", "date_ambiguous"), ("2", "bad_date")]);
}

#[test]
fn short_rows_are_filled_and_long_ones_of_blank_cells_cut() {
    let extracted = Folder::new()
        .with("sheet/devices.csv", "id,company,name,,name\r\n1,Acme,PC-1\r\n2,Acme,PC-2,x,other,,\r\n")
        .read();
    let devices = table(&extracted, SHEET, Entity::Configuration);
    assert_eq!((devices.rows_read, devices.len()), (2, 2));
    assert_eq!(codes(&extracted), [("", "heading_ambiguous"), ("1", "row_short")]);
    assert_eq!(value(devices, "2", column::RAW), r#"{"_col4":"x","name__2":"other"}"#);
}

#[test]
fn what_no_column_holds_of_an_audit_is_kept_with_its_device() {
    let uid = "5f0c7c0e-6a52-4b1f-9d35-1f8f2a7c1001";
    let extracted = Folder::new()
        .with(
            "rmm/devices.json",
            format!(r#"{{"devices":[{{"uid":"{uid}","deviceClass":"device","hostname":"PC-1","domain":"hld"}}]}}"#),
        )
        .with(
            "rmm/audits.json",
            format!(r#"[{{"deviceUid":"{uid}","systemInfo":{{"model":"M","totalCpuCores":8}},"udf":{{"udf1":"canary"}}}}]"#),
        )
        .read();
    let devices = table(&extracted, 2, Entity::Configuration);
    assert_eq!(
        value(devices, uid, column::RAW),
        r#"{"domain":"hld","supplement":{"systemInfo":{"totalCpuCores":8}}}"#
    );
}

#[test]
fn a_bad_row_of_a_supplement_counts_with_the_records() {
    let uid = "5f0c7c0e-6a52-4b1f-9d35-1f8f2a7c1001";
    let extracted = Folder::new()
        .with(
            "rmm/devices.json",
            format!(r#"{{"devices":[{{"uid":"{uid}","deviceClass":"device","hostname":"PC-1"}}]}}"#),
        )
        .with("rmm/audits.json", r#"[{"systemInfo":{"model":"M"}}]"#)
        .read();
    let devices = table(&extracted, 2, Entity::Configuration);
    assert_eq!((devices.rows_read, devices.len(), devices.quarantined), (2, 1, 1));
    assert_eq!(quarantined(&extracted), [(1, "no_id")]);
}

#[test]
fn rows_of_the_rmm_csv_that_take_no_part_are_marked() {
    let extracted = Folder::new()
        .with("rmm/sites.json", "[]")
        .with(
            "rmm/device list.csv",
            "Uid,SiteName,Hostname,DeviceCategory,LastSeen,Deleted\n\
             u1,Harbor Lane,HLD-1,Desktop,3/3/2025 11:06:40 AM,False\nu2,Harbor Lane,HLD-2,Desktop,,True\n",
        )
        .read();
    let devices = table(&extracted, 2, Entity::Configuration);
    assert_eq!(value(devices, "u1", column::SKIP_REASON), "");
    assert_eq!(value(devices, "u1", column::LAST_SEEN_AT), "2025-03-03T11:06:40Z");
    assert_eq!(value(devices, "u2", column::SKIP_REASON), "deleted");
}

#[test]
fn records_name_items_of_reference_lists() {
    let extracted = Folder::new()
        .with(
            "psa/configurations.json",
            r#"[{"id":1,"deviceIdentifier":"","company":{"id":2},"name":"A","type":{"id":17,"name":"Laptop"},"status":null,"manufacturer":{"id":31,"name":"HP"}},
 {"id":2,"deviceIdentifier":"","company":{"id":2},"name":"B","type":{"id":17,"name":"Laptop"}}]"#,
        )
        .with("psa/manufacturers.json", r#"[{"id":31,"name":"HP Inc.","inactiveFlag":true},{"id":32,"name":"Dell"}]"#)
        .read();
    let shown = |lists: &std::collections::BTreeMap<(u16, &'static str), Vec<extract::LookupItem>>| {
        let items = lists.iter().flat_map(|((_, list), items)| items.iter().map(move |item| (*list, item)));
        items
            .map(|(list, item)| format!("{list} {} {} {}", item.id, item.name, item.is_inactive))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        shown(&extracted.lookups.lists),
        ["manufacturers 31 HP Inc. true", "manufacturers 32 Dell false"]
    );
    assert_eq!(
        shown(&extracted.lookups.named),
        ["configuration_types 17 Laptop false", "manufacturers 31 HP false"]
    );
}

#[test]
fn an_archive_that_unpacks_to_a_thousand_times_its_size_is_refused() {
    let folder = Folder::new();
    let content = "x".repeat(70 << 20);
    archive(&folder.dir.path().join("hub/export.zip"), &[("configurations.csv", &content)]);
    let (message, _) = folder.fail();
    assert!(message.contains("the member `configurations.csv` unpacks to 73400320 bytes"), "{message}");
}

#[test]
fn a_cut_archive_is_damaged() {
    let folder = Folder::new();
    let path = folder.dir.path().join("hub/export.zip");
    archive(&path, &[("organizations.csv", "id,name,short_name\n7,Acme,ACM\n")]);
    let whole = std::fs::read(&path).expect("it was written");
    std::fs::write(&path, &whole[..whole.len() / 2]).expect("a writable folder");
    let (message, hint) = folder.fail();
    assert!(message.contains("the archive is damaged"), "{message}");
    assert_eq!(hint, "export it again, or check that the copy is complete");
}

#[test]
fn parquet_files_hold_canonical_columns() {
    let mut folder = Folder::new();
    let path = folder.dir.path().join("sheet/configurations.parquet");
    let sql = format!(
        "COPY (SELECT 'a' || i AS record_id, 'Acme' AS organization, 'PC-' || i AS name, 'S100' || i AS serial_number,
           DATE '2025-03-14' AS purchased_at, ['x:1', 'y:2'] AS links, i % 2 = 0 AS active, 'red' AS colour
         FROM range(3) t(i)) TO '{}' (FORMAT parquet)",
        path.display()
    );
    duckdb::Connection::open_in_memory().and_then(|it| it.execute_batch(&sql)).expect("it can be written");
    folder.pipeline = HEAD.replace(
        "system = \"csv\"\nfiles = [\"sheet\"]",
        "system = \"parquet\"\nfiles = [\"sheet/*.parquet\"]",
    );
    let extracted = folder.read();
    let devices = table(&extracted, SHEET, Entity::Configuration);
    assert_eq!(devices.len(), 3);
    assert_eq!(value(devices, "a1", column::SERIAL_NUMBER), "S1001");
    assert_eq!(value(devices, "a1", column::PURCHASED_AT), "2025-03-14");
    assert_eq!(value(devices, "a1", column::LINKS), "x:1\u{1f}y:2");
    assert_eq!(value(devices, "a1", column::ACTIVE), "false");
    assert_eq!(value(devices, "a1", column::RAW), r#"{"colour":"red"}"#);
}

#[test]
fn a_folder_is_recognised_by_names_headings_and_members() {
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples");
    let found = extract::recognise(&samples).expect("the samples can be read");
    let of = |file: &str| {
        let found =
            found.iter().find(|it| it.file.ends_with(file)).unwrap_or_else(|| panic!("no file {file}"));
        (found.system.map_or("", |system| system.name.as_str()), found.entity)
    };
    for (file, system, entity) in [
        ("it_glue/configurations_1.json", "it-glue", Some(Entity::Configuration)),
        ("it_glue/regions.json", "it-glue", None),
        ("connectwise/companies.json", "connectwise", Some(Entity::Organization)),
        ("connectwise/contacts.json", "connectwise", Some(Entity::Contact)),
        ("connectwise/configuration_types.json", "connectwise", None),
        ("datto_rmm/sites.json", "datto-rmm", Some(Entity::Organization)),
        ("datto_rmm/devices_1.json", "datto-rmm", Some(Entity::Configuration)),
        ("datto_rmm/audits.json", "datto-rmm", Some(Entity::Configuration)),
        ("sheet/devices.csv", "csv", Some(Entity::Configuration)),
        ("sheet/licenses.csv", "csv", Some(Entity::License)),
        ("it_glue/passwords.csv", "", None),
        ("README.md", "", None),
    ] {
        assert_eq!(of(file), (system, entity), "{file}");
    }
}
