//! Workbooks: every sheet is a table. They are built here part by part, as spreadsheet programs write them.

use std::io::{Cursor, Write as _};

use matchbook::model::{Entity, column};

use crate::extract::{Folder, HEAD, SHEET, table, value};
use crate::spreadsheets::codes;

/// The XML of one cell.
fn cell(at: &str, value: &str) -> String {
    match value.split_once(':') {
        Some(("n", number)) => format!("<c r=\"{at}\"><v>{number}</v></c>"),
        Some(("d", day)) => format!("<c r=\"{at}\" s=\"1\"><v>{day}</v></c>"),
        Some(("b", truth)) => format!("<c r=\"{at}\" t=\"b\"><v>{truth}</v></c>"),
        Some(("e", error)) => format!("<c r=\"{at}\" t=\"e\"><v>{error}</v></c>"),
        Some(("s", position)) => format!("<c r=\"{at}\" t=\"s\"><v>{position}</v></c>"),
        _ if value.is_empty() => String::new(),
        _ => format!("<c r=\"{at}\" t=\"inlineStr\"><is><t xml:space=\"preserve\">{value}</t></is></c>"),
    }
}

/// A workbook of these sheets, each a name, what the workbook says of its state, and rows. A number is `n:1`, a date
/// `d:45730`, a truth value `b:1`, an error `e:#N/A`, a shared text `s:0`; a row that is empty is left out.
fn workbook(sheets: &[(&str, &str, &[&[&str]])]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let mut put = |name: &str, content: &str| {
        zip.start_file(name, zip::write::SimpleFileOptions::default()).expect("a new member");
        zip.write_all(content.as_bytes()).expect("a writable member");
    };
    let types: String = (1..=sheets.len())
        .map(|at| format!("<Override PartName=\"/xl/worksheets/sheet{at}.xml\" ContentType=\"application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml\"/>"))
        .collect();
    put(
        "[Content_Types].xml",
        &format!(
            "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\">{types}</Types>"
        ),
    );
    put(
        "_rels/.rels",
        "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\"><Relationship Id=\"rId1\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>",
    );
    let listed: String = (1..)
        .zip(sheets)
        .map(|(at, (name, state, _))| {
            format!("<sheet name=\"{name}\" sheetId=\"{at}\" {state} r:id=\"rId{at}\"/>")
        })
        .collect();
    put(
        "xl/workbook.xml",
        &format!(
            "<workbook xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\" xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\"><sheets>{listed}</sheets></workbook>"
        ),
    );
    let related: String = (1..=sheets.len())
        .map(|at| format!("<Relationship Id=\"rId{at}\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet\" Target=\"worksheets/sheet{at}.xml\"/>"))
        .collect();
    put(
        "xl/_rels/workbook.xml.rels",
        &format!(
            "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">{related}<Relationship Id=\"rIdS\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles\" Target=\"styles.xml\"/><Relationship Id=\"rIdT\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings\" Target=\"sharedStrings.xml\"/></Relationships>"
        ),
    );
    put(
        "xl/styles.xml",
        "<styleSheet xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"><cellXfs count=\"2\"><xf numFmtId=\"0\"/><xf numFmtId=\"14\" applyNumberFormat=\"1\"/></cellXfs></styleSheet>",
    );
    put(
        "xl/sharedStrings.xml",
        "<sst xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"><si><t>Müller &amp; Söhne</t></si></sst>",
    );
    for (at, (_, _, rows)) in (1..).zip(sheets) {
        let rows: String = (1..)
            .zip(*rows)
            .filter(|(_, row)| !row.is_empty())
            .map(|(line, row)| {
                let cells: String = ('A'..)
                    .zip(*row)
                    .map(|(column, value)| cell(&format!("{column}{line}"), value))
                    .collect();
                format!("<row r=\"{line}\">{cells}</row>")
            })
            .collect();
        put(
            &format!("xl/worksheets/sheet{at}.xml"),
            &format!(
                "<worksheet xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"><sheetData>{rows}</sheetData></worksheet>"
            ),
        );
    }
    zip.finish().expect("a complete archive").into_inner()
}

fn notes(extracted: &matchbook::extract::Extracted) -> Vec<(&str, &str)> {
    let files = extracted.files.iter().filter(|file| file.file.contains(".xlsx"));
    files.map(|file| (file.file.as_str(), file.note.as_str())).collect()
}

#[test]
fn every_sheet_is_a_table() {
    let content = workbook(&[
        ("Cover", "", &[&["Larkfield IT"], &[], &["as of March"]]),
        (
            "Devices",
            "",
            &[
                &["Device list"],
                &[],
                &["id", "Company", "Name", "Serial", "Purchased", "Seen by", "Warranty"],
                &["n:1", "s:0", "PC-1", "n:5012345678901", "d:45730", "", "d:45731"],
                &[],
                &["n:2.0", "s:0", "PC-2", "n:12345", "", "b:1", "e:#N/A"],
                &["n:3", "s:0", "PC-3", "d:45728", "n:45730", "", "3/14/25"],
                &["n:4", "s:0", "PC-4", "n:1.23412341234123E+15", "2025-03-14"],
            ],
        ),
        ("People", "", &[&["id", "Company", "First Name", "Last Name"], &["C1", "s:0", "Ann", "Lee"]]),
        ("Lists", "state=\"hidden\"", &[&["id", "Company", "Name", "Serial"], &["n:9", "x", "y", "z"]]),
        ("Empty", "", &[]),
        ("Passwords", "", &[&["id", "Company", "Name", "Serial"], &["n:9", "x", "y", "canary"]]),
    ]);
    let extracted = Folder::new().with("sheet/estate.xlsx", content).read();
    assert_eq!(
        notes(&extracted),
        [
            (
                "sheet/estate.xlsx#Cover",
                "passed over: its headings (Larkfield IT) are none that CSV delivers"
            ),
            ("sheet/estate.xlsx#Devices", ""),
            ("sheet/estate.xlsx#Empty", "passed over: no_table: an empty sheet"),
            ("sheet/estate.xlsx#Lists", "passed over: a hidden sheet"),
            ("sheet/estate.xlsx#Passwords", "not opened: it holds passwords in clear text"),
            ("sheet/estate.xlsx#People", ""),
        ]
    );
    let devices = table(&extracted, SHEET, Entity::Configuration);
    assert_eq!((devices.rows_read, devices.len()), (4, 4));
    assert_eq!(devices.file(0).path, "sheet/estate.xlsx#Devices");
    assert_eq!([devices.line(0), devices.line(1)], [4, 6], "the sheet's own rows");
    assert_eq!(value(devices, "1", column::ORGANIZATION), "Müller & Söhne");
    assert_eq!(value(devices, "1", column::SERIAL_NUMBER), "5012345678901");
    assert_eq!(value(devices, "1", column::PURCHASED_AT), "2025-03-14");
    assert_eq!(value(devices, "1", column::WARRANTY_EXPIRES_AT), "2025-03-15");
    assert_eq!(value(devices, "2", column::SERIAL_NUMBER), "12345");
    assert_eq!(value(devices, "2", column::RAW), r##"{"Seen by":"true","Warranty":"#N/A"}"##);
    assert_eq!(value(devices, "3", column::SERIAL_NUMBER), "", "a spreadsheet made a date of it");
    assert_eq!(value(devices, "3", column::WARRANTY_EXPIRES_AT), "2025-03-14");
    assert_eq!(value(devices, "4", column::SERIAL_NUMBER), "1234123412341230");
    assert_eq!(value(devices, "4", column::PURCHASED_AT), "2025-03-14");
    assert_eq!(
        codes(&extracted),
        [
            ("2", "warranty_expires_at", "error_cell"),
            ("3", "purchased_at", "bad_date"),
            ("3", "serial_number", "excel_date"),
            ("4", "serial_number", "excel_precision"),
        ]
    );
    let people = table(&extracted, SHEET, Entity::Contact);
    assert_eq!(value(people, "C1", column::LAST_NAME), "Lee");
    let report = extracted.files.iter().find(|file| file.file.ends_with("#Devices")).expect("it was read");
    assert_eq!((report.format, report.heading_line, report.title_lines), ("XLSX", 3, 1));
}

#[test]
fn a_workbook_in_an_archive_and_one_that_nobody_named_its_sheet_in() {
    let content = workbook(&[("Sheet1", "", &[&["id", "Company", "Name"], &["n:1", "Acme", "PC-1"]])]);
    let folder = Folder::new().with("sheet/devices.xlsx", &content);
    let mut zip = zip::ZipWriter::new(
        std::fs::File::create(folder.dir.path().join("sheet/more.zip")).expect("a writable folder"),
    );
    zip.start_file("Servers.xlsx", zip::write::SimpleFileOptions::default()).expect("a new member");
    let more = workbook(&[("Tabelle1", "", &[&["id", "Firma", "Name"], &["n:2", "Acme", "SRV-1"]])]);
    zip.write_all(&more).expect("a writable member");
    zip.finish().expect("a complete archive");
    let extracted = folder.read();
    let devices = table(&extracted, SHEET, Entity::Configuration);
    let files: Vec<&str> = (0..2).map(|row| devices.file(row).path.as_str()).collect();
    assert_eq!(files, ["sheet/devices.xlsx#Sheet1", "sheet/more.zip/Servers.xlsx#Tabelle1"]);
    assert_eq!(value(devices, "2", column::NAME), "SRV-1");
}

#[test]
fn workbooks_that_are_none() {
    for (content, expected) in [
        (b"PK\x03\x04 and no more".to_vec(), "it is no workbook"),
        (b"id,name\n1,x\n".to_vec(), "it is no workbook"),
    ] {
        let (message, hint) = Folder::new().with("sheet/devices.xlsx", content).fail();
        assert!(message.contains("`sheet/devices.xlsx`") && message.contains(expected), "{message}");
        assert!(hint.contains("CSV"), "{hint}");
    }
    let whole = workbook(&[("Sheet1", "", &[&["id", "Company", "Name"], &["n:1", "Acme", "PC-1"]])]);
    for cut in [10, 100, whole.len() / 2, whole.len() - 30] {
        let (message, _) = Folder::new().with("sheet/devices.xlsx", &whole[..cut]).fail();
        assert!(message.contains("`sheet/devices.xlsx`"), "{message}");
    }
}

#[test]
fn a_cell_far_to_the_right_is_refused() {
    let content =
        workbook(&[("Sheet1", "", &[&["id", "Company", "Name", "Serial"], &["n:1", "Acme", "PC-1", "x"]])]);
    let mut folder = Folder::new().with("sheet/devices.xlsx", content);
    folder.pipeline = format!("{HEAD}reading = {{ max_columns = 3 }}\n");
    let (message, _) = folder.fail();
    assert!(message.contains("too_many_columns: row 1 has a cell in column 4"), "{message}");
}
