//! What the cases start from: the files of the samples, and small files of the forms that no sample has.

use std::fs;
use std::path::Path;

use matchbook::systems;

use super::change::archive;
use super::room::{Files, below};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The files of every sample, by system, and of every form.
pub fn estates() -> Vec<(String, Files)> {
    let mut estates = Vec::new();
    for entry in fs::read_dir(root().join("samples")).expect("the samples are there") {
        let path = entry.expect("the folder can be read").path();
        let name = path.file_name().expect("it has a name").to_string_lossy().replace('_', "-");
        if !path.is_dir() || name == "second-run" {
            continue;
        }
        let system = systems::find(&name).map_or("csv", |system| system.name.as_str()).to_owned();
        let files = below(&path).into_iter().filter(|(_, content)| !content.is_empty()).collect();
        estates.push((system, files));
    }
    estates.sort();
    for system in ["csv", "active-directory", "network-detective", "syncro"] {
        estates.push((system.to_owned(), forms()));
    }
    estates.push(("parquet".to_owned(), vec![("configurations.parquet".to_owned(), parquet())]));
    estates
}

/// Names that readers take, with the system whose file it is then.
pub fn names() -> Vec<(String, String)> {
    let mut names = Vec::new();
    for (system, files) in estates() {
        names.extend(files.into_iter().map(|(name, _)| (system.clone(), name)));
    }
    for system in systems::all().iter().filter(|system| system.name != "parquet") {
        for name in ["a.csv", "a.json", "a.ldf", "a.ldif", "a.xlsx", "a.zip", "devices.csv", "a.txt"] {
            names.push((system.name.clone(), name.to_owned()));
        }
    }
    names
}

/// Pipelines, the profiles that are built in, and decisions.
pub fn written() -> Vec<(&'static str, Vec<u8>)> {
    let mut written: Vec<(&'static str, Vec<u8>)> = below(&root().join("pipelines"))
        .into_iter()
        .filter(|(name, _)| Path::new(name).extension().is_some_and(|ending| ending == "toml"))
        .map(|(_, content)| ("p.toml", content))
        .collect();
    let profiles = systems::all().iter().filter_map(systems::profile);
    written.extend(profiles.map(|profile| ("profile.toml", profile.as_bytes().to_vec())));
    let decisions = fs::read(root().join("samples/decisions.csv")).expect("the samples have decisions");
    for _ in 0..4 {
        written.push(("decisions.csv", decisions.clone()));
    }
    written
}

/// Small files of every form.
fn forms() -> Files {
    let devices = "id;Company;Name;Serial No;MAC;IP Address;Warranty Expires\r\n\
                   1;Acme;\"PC-1\r\n(store)\";=\"0012\";AC:91:A1:00:00:01;10.0.0.1;31.12.2025\r\n";
    let ldif = "version: 1\n\ndn: CN=Ann,OU=Users,DC=acme,DC=example\nobjectClass: user\nsAMAccountName: ann\n\
                objectGUID:: 3q2+78r+ur7erb7vyv66vg==\ndescription:: QWNtZSDDqQ==\nmail: ann@acme.example\n\
                userAccountControl: 512\nlastLogon: 133512345678901234\ngivenName: A\n nn\n\n\
                dn: CN=PC-1,DC=acme,DC=example\nobjectClass: computer\ncn: PC-1\ndNSHostName: pc-1.acme.example\n";
    let utf16: Vec<u8> =
        std::iter::once(0xfeff).chain(devices.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let members = [
        ("devices.csv".to_owned(), devices.as_bytes().to_vec()),
        ("x/users.ldf".to_owned(), ldif.as_bytes().to_vec()),
    ];
    vec![
        ("devices.csv".to_owned(), devices.as_bytes().to_vec()),
        ("computers.csv".to_owned(), utf16),
        ("Acme/ad.ldf".to_owned(), ldif.as_bytes().to_vec()),
        ("devices.xlsx".to_owned(), workbook()),
        ("Acme.zip".to_owned(), archive(&members)),
    ]
}

fn workbook() -> Vec<u8> {
    const MAIN: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    const RELATION: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    const PACKAGE: &str = "http://schemas.openxmlformats.org/package/2006";
    let text = |at: &str, value: &str| format!("<c r=\"{at}\" t=\"inlineStr\"><is><t>{value}</t></is></c>");
    let rows = format!(
        "<row r=\"1\">{}</row><row r=\"3\">{}{}{}{}</row><row r=\"4\"><c r=\"A4\" t=\"s\"><v>0</v></c>{}<c r=\"C4\"><v>12345</v></c><c r=\"D4\" s=\"1\"><v>45730.5</v></c></row>",
        text("A1", "Devices of Acme"),
        text("A3", "Company"),
        text("B3", "Device Name"),
        text("C3", "Serial Number"),
        text("D3", "Purchased"),
        text("B4", "PC-1"),
    );
    let parts = [
        ("[Content_Types].xml", format!("<Types xmlns=\"{PACKAGE}/content-types\"/>")),
        (
            "_rels/.rels",
            format!(
                "<Relationships xmlns=\"{PACKAGE}/relationships\"><Relationship Id=\"r1\" Type=\"{RELATION}/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>"
            ),
        ),
        (
            "xl/workbook.xml",
            format!(
                "<workbook xmlns=\"{MAIN}\" xmlns:r=\"{RELATION}\"><sheets><sheet name=\"Computers\" sheetId=\"1\" r:id=\"r1\"/></sheets></workbook>"
            ),
        ),
        (
            "xl/_rels/workbook.xml.rels",
            format!(
                "<Relationships xmlns=\"{PACKAGE}/relationships\"><Relationship Id=\"r1\" Type=\"{RELATION}/worksheet\" Target=\"worksheets/sheet1.xml\"/><Relationship Id=\"r2\" Type=\"{RELATION}/styles\" Target=\"styles.xml\"/><Relationship Id=\"r3\" Type=\"{RELATION}/sharedStrings\" Target=\"sharedStrings.xml\"/></Relationships>"
            ),
        ),
        (
            "xl/styles.xml",
            format!(
                "<styleSheet xmlns=\"{MAIN}\"><cellXfs count=\"2\"><xf numFmtId=\"0\"/><xf numFmtId=\"14\" applyNumberFormat=\"1\"/></cellXfs></styleSheet>"
            ),
        ),
        (
            "xl/sharedStrings.xml",
            format!("<sst xmlns=\"{MAIN}\" count=\"1\" uniqueCount=\"1\"><si><t>Acme</t></si></sst>"),
        ),
        (
            "xl/worksheets/sheet1.xml",
            format!(
                "<worksheet xmlns=\"{MAIN}\"><dimension ref=\"A1:D4\"/><sheetData>{rows}</sheetData></worksheet>"
            ),
        ),
    ];
    let parts: Vec<(String, Vec<u8>)> =
        parts.into_iter().map(|(name, content)| (name.to_owned(), content.into_bytes())).collect();
    archive(&parts)
}

fn parquet() -> Vec<u8> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("configurations.parquet");
    let connection = duckdb::Connection::open_in_memory().expect("a database in memory");
    let sql = format!(
        "COPY (SELECT 'r' || i AS record_id, 'Acme' AS organization, 'PC-' || i AS name, 'S000' || i AS serial_number \
         FROM range(20) t(i)) TO '{}' (FORMAT parquet)",
        path.display()
    );
    connection.execute_batch(&sql).expect("DuckDB writes Parquet");
    fs::read(path).expect("it was written")
}
