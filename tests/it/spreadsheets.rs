//! Spreadsheets and CSV files as people make them. The bytes are what each program writes; expectations are worked out by
//! hand.

use matchbook::extract::{Extracted, FileReport};
use matchbook::model::{Entity, MAC_ROMAN, column};

use crate::extract::{Folder, HEAD, SHEET, table, value};

pub(crate) fn utf16le(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

pub(crate) fn utf16be(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_be_bytes).collect()
}

fn utf32le(text: &str) -> Vec<u8> {
    text.chars().flat_map(|c| u32::from(c).to_le_bytes()).collect()
}

/// Text in Windows-1252, for letters that are the same in Latin-1.
pub(crate) fn ansi(text: &str) -> Vec<u8> {
    text.chars().map(|c| u8::try_from(u32::from(c)).expect("a letter of Latin-1")).collect()
}

pub(crate) fn mac_roman(text: &str) -> Vec<u8> {
    text.chars().map(|c| MAC_ROMAN.byte(c).expect("a letter of Mac Roman")).collect()
}

fn marked(mark: &[u8], text: impl AsRef<[u8]>) -> Vec<u8> {
    [mark, text.as_ref()].concat()
}

/// What becomes of a file of devices.
pub(crate) fn devices(content: impl AsRef<[u8]>) -> Extracted {
    Folder::new().with("sheet/devices.csv", content).read()
}

/// The same with settings of the source.
pub(crate) fn devices_with(reading: &str, content: impl AsRef<[u8]>) -> Extracted {
    let mut folder = Folder::new().with("sheet/devices.csv", content);
    folder.pipeline = format!("{HEAD}reading = {{ {reading} }}\n");
    folder.read()
}

pub(crate) fn report(extracted: &Extracted) -> &FileReport {
    extracted.files.iter().find(|file| file.file == "sheet/devices.csv").expect("the file was read")
}

pub(crate) fn codes(extracted: &Extracted) -> Vec<(&str, &str, &str)> {
    let findings = extracted.findings.iter();
    findings.map(|finding| (finding.record_id.as_str(), finding.field, finding.code)).collect()
}

pub(crate) fn quarantined(extracted: &Extracted) -> Vec<(u64, &str)> {
    let rows = extracted.quarantine.iter();
    rows.map(|bad| (bad.line, bad.reason.split(':').next().unwrap_or_default())).collect()
}

#[test]
fn every_producer_is_understood() {
    let quoted = "\"id\",\"Company\",\"Name\",\"Serial Number\"\r\n\"1\",\"Müller & Söhne\",\"PC-1\",\"5CG1234XYZ\"\r\n";
    let semicolons = "id;Company;Name;Serial Number\r\n1;Müller & Söhne;PC-1;5CG1234XYZ\r\n";
    let tabs = "id\tCompany\tName\tSerial Number\r\n1\tMüller & Söhne\tPC-1\t5CG1234XYZ\r\n";
    let plain = "id,Company,Name,Serial Number\n1,Müller & Söhne,PC-1,5CG1234XYZ\n";
    let typed = format!("#TYPE Selected.System.Management.ManagementObject\r\n{quoted}");
    let cr = plain.replace('\n', "\r");
    for (producer, content, encoding, separator, heading_line) in [
        ("PowerShell 5.1 with -Encoding UTF8", marked(b"\xef\xbb\xbf", &typed), "UTF-8", ',', 2),
        ("PowerShell 5.1 with >", marked(b"\xff\xfe", utf16le(&typed)), "UTF-16LE", ',', 2),
        ("PowerShell 7", plain.into(), "UTF-8", ',', 1),
        ("Excel CSV in the EU", ansi(semicolons), "Windows-1252", ';', 1),
        ("Excel CSV UTF-8", marked(b"\xef\xbb\xbf", semicolons), "UTF-8", ';', 1),
        ("Excel Unicode text", marked(b"\xff\xfe", utf16le(tabs)), "UTF-16LE", '\t', 1),
        ("Excel for Mac", mac_roman(&cr), "Mac Roman", ',', 1),
        ("a portal with a mark and LF", marked(b"\xef\xbb\xbf", plain), "UTF-8", ',', 1),
        ("csvde -u", marked(b"\xff\xfe", utf16le(&plain.replace('\n', "\r\n"))), "UTF-16LE", ',', 1),
        ("UTF-16LE without a mark", utf16le(semicolons), "UTF-16LE", ';', 1),
        ("UTF-16BE without a mark", utf16be(semicolons), "UTF-16BE", ';', 1),
        ("UTF-16BE", marked(b"\xfe\xff", utf16be(tabs)), "UTF-16BE", '\t', 1),
        ("UTF-32LE", marked(b"\xff\xfe\0\0", utf32le(plain)), "UTF-32LE", ',', 1),
        ("LibreOffice", plain.replace(',', "|").into(), "UTF-8", '|', 1),
    ] {
        let extracted = devices(content);
        let table = table(&extracted, SHEET, Entity::Configuration);
        assert_eq!((table.rows_read, table.len()), (1, 1), "{producer}");
        assert_eq!(value(table, "1", column::ORGANIZATION), "Müller & Söhne", "{producer}");
        assert_eq!(value(table, "1", column::SERIAL_NUMBER), "5CG1234XYZ", "{producer}");
        assert_eq!(table.line(0), u32::try_from(heading_line).expect("a small line") + 1, "{producer}");
        let report = report(&extracted);
        assert_eq!(
            (report.encoding, report.separator, report.heading_line, report.title_lines),
            (encoding, Some(separator), heading_line, 0),
            "{producer}"
        );
        assert_eq!(codes(&extracted), [], "{producer}");
    }
}

#[test]
fn powershell_loses_letters_by_default() {
    let extracted = devices("\"id\",\"Company\",\"Name\"\r\n\"1\",\"M?ller & S?hne\",\"PC-1\"\r\n");
    assert_eq!(codes(&extracted), [("1", "organization", "lossy_encoding")]);
    assert_eq!(report(&extracted).noted.doubted, 1);
}

#[test]
fn a_file_that_was_appended_to_has_two_encodings() {
    let mut content = ansi("id,Company,Name\r\n1,Müller,PC-1\r\n");
    content.extend_from_slice("2,Söhne,PC-2\r\n3,Müller,PC-3\r\n".as_bytes());
    content.extend(ansi("4,Größe,PC-4\r\n"));
    let extracted = devices(content);
    let table = table(&extracted, SHEET, Entity::Configuration);
    let companies = ["1", "2", "3", "4"].map(|id| value(table, id, column::ORGANIZATION));
    assert_eq!(companies, ["Müller", "Söhne", "Müller", "Größe"]);
    assert_eq!(codes(&extracted), [("", "", "mixed_encoding")], "once, and not for every line");
    assert_eq!(report(&extracted).encoding, "UTF-8 and Windows-1252");
}

#[test]
fn a_late_row_disproves_utf_8() {
    // The first 256 KiB are ASCII, so the file is begun as UTF-8.
    let mut content = b"id,Company,Name\n".to_vec();
    for id in 0..20_000 {
        content.extend(format!("{id},Acme,PC-{id}\n").into_bytes());
    }
    content.extend(ansi("x,Bäcker,PC-x\n"));
    let extracted = devices(content);
    let table = table(&extracted, SHEET, Entity::Configuration);
    assert_eq!((table.rows_read, table.len()), (20_001, 20_001));
    assert_eq!(value(table, "x", column::ORGANIZATION), "Bäcker");
    assert_eq!(codes(&extracted), []);
}

#[test]
fn the_pipeline_names_an_encoding() {
    // S with caron and z with caron in Windows-1250.
    let content = b"id,Company,Name\n1,\x8akoda \x9eelezo,PC-1\n";
    let extracted = devices_with("encoding = \"windows-1250\"", content);
    assert_eq!(
        value(table(&extracted, SHEET, Entity::Configuration), "1", column::ORGANIZATION),
        "Škoda železo"
    );
    let extracted = devices_with("encoding = \"utf-16le\"", utf16le("id,Company,Name\n1,Łódź,PC-1\n"));
    assert_eq!(value(table(&extracted, SHEET, Entity::Configuration), "1", column::ORGANIZATION), "Łódź");
}

#[test]
fn text_that_was_decoded_wrongly_before() {
    let content = "id,Company,Name\n1,MÃ¼ller,PC-1\n2,Bobâ€™s,PC-2\n";
    let extracted = devices(content);
    assert_eq!(codes(&extracted), [("1", "organization", "mojibake"), ("2", "organization", "mojibake")]);
    assert_eq!(value(table(&extracted, SHEET, Entity::Configuration), "1", column::ORGANIZATION), "MÃ¼ller");
    let extracted = devices_with("repair_mojibake = true", content);
    let table = table(&extracted, SHEET, Entity::Configuration);
    assert_eq!(value(table, "1", column::ORGANIZATION), "Müller");
    assert_eq!(value(table, "2", column::ORGANIZATION), "Bob’s");
    assert_eq!(report(&extracted).noted.repaired, 2);
}

#[test]
fn lines_are_counted_right_whatever_ends_them() {
    let rows = "id,Company,Name\n1,Acme,\"PC-1\n(store)\"\n\n2,Acme,PC-2\n";
    for end in ["\n", "\r\n", "\r"] {
        let extracted = devices(rows.replace('\n', end));
        let table = table(&extracted, SHEET, Entity::Configuration);
        assert_eq!([table.line(0), table.line(1)], [2, 5], "{end:?}");
    }
    let extracted = devices("id,Company,Name\r\n1,Acme,PC-1\n2,Acme,PC-2\r\n");
    let table = table(&extracted, SHEET, Entity::Configuration);
    assert_eq!(table.len(), 2, "ends may be mixed");
    assert_eq!([value(table, "1", column::NAME), value(table, "2", column::NAME)], ["PC-1", "PC-2"]);
    // A cell of old Excel for Mac has LF where its lines have CR, and files are joined.
    let content = "id,Company,Name,Notes\r1,Acme,PC-1,\"one\ntwo\nthree\"\r2,Acme,PC-2,x\r3,Acme,PC-3,y\r\n4,Acme,PC-4,z\n";
    let extracted = devices(content);
    let table = crate::extract::table(&extracted, SHEET, Entity::Configuration);
    assert_eq!([0, 1, 2, 3].map(|row| table.line(row)), [2, 5, 6, 7]);
    assert_eq!(value(table, "1", column::NOTES), "one\ntwo\nthree");
    assert_eq!(value(table, "3", column::NOTES), "y");
    // Where lines end with LF, CR alone ends none.
    let extracted = devices("id,Company,Name,Notes\n1,Acme,PC-1,one\rtwo\n2,Acme,PC-2,x\r\r\n");
    let table = crate::extract::table(&extracted, SHEET, Entity::Configuration);
    assert_eq!([table.line(0), table.line(1)], [2, 3]);
    assert_eq!(value(table, "1", column::NOTES), "one\rtwo");
}

#[test]
fn quotes_as_people_use_them() {
    let extracted = devices(
        "id,Company,Name,Model\n1,Acme,\"Macbook Pro 13\"\"\",x\n2,Acme,5\" disk,y\n3,\"Smith, LLC\",PC,\"a\nb\nc\"\n",
    );
    let table = table(&extracted, SHEET, Entity::Configuration);
    assert_eq!(value(table, "1", column::NAME), "Macbook Pro 13\"");
    assert_eq!(value(table, "2", column::NAME), "5\" disk");
    assert_eq!(value(table, "3", column::ORGANIZATION), "Smith, LLC");
    assert_eq!(value(table, "3", column::MODEL), "a\nb\nc");
}

#[test]
fn what_is_no_record() {
    let extracted = devices("id;Company;Name\r\n;;\r\n1;Acme;PC-1\r\n \r\n;;\r\n\r\n\u{1a}");
    let table = table(&extracted, SHEET, Entity::Configuration);
    assert_eq!((table.rows_read, table.len(), table.line(0)), (1, 1, 3));
    let extracted = devices("id;Company;Name\r\n1;Acme;PC-1\u{1a}");
    assert_eq!(
        value(crate::extract::table(&extracted, SHEET, Entity::Configuration), "1", column::NAME),
        "PC-1"
    );
}

#[test]
fn a_quote_that_is_never_closed_is_named_by_its_line() {
    let extracted = devices("id,Company,Name\n1,Acme,PC-1\n2,Acme,\"PC-2\n3,Acme,PC-3\n4,Acme,PC-4\n");
    let table = table(&extracted, SHEET, Entity::Configuration);
    assert_eq!((table.rows_read, table.len(), table.quarantined), (2, 1, 1));
    assert_eq!(quarantined(&extracted), [(3, "unterminated_quote")]);
    assert!(extracted.quarantine[0].reason.contains("line 3"), "{}", extracted.quarantine[0].reason);
    let extracted = devices("id,Company,Name\n1,Acme,\"PC-1\n(store)\"");
    assert_eq!(quarantined(&extracted), [], "a file may end with a quote");
}

#[test]
fn comments_are_left_out_where_the_pipeline_says_so() {
    let content = "# made by hand\nid,Company,Name\n# the store\n1,Acme,PC-1\n#2,Acme,PC-2\n";
    let extracted = devices_with("comments = \"#\"", content);
    let table = table(&extracted, SHEET, Entity::Configuration);
    assert_eq!((table.rows_read, table.line(0)), (1, 4));
}

#[test]
fn too_much_is_refused() {
    let extracted =
        devices_with("max_cell = 16", "id,Company,Name\n1,Acme,A name that is too long\n2,Acme,PC-2\n");
    assert_eq!(quarantined(&extracted), [(2, "cell_too_large")]);
    let mut folder = Folder::new().with("sheet/devices.csv", "id,Company,Name,a\n1,Acme,PC-1,b\n");
    folder.pipeline = format!("{HEAD}reading = {{ max_columns = 3 }}\n");
    let (message, hint) = folder.fail();
    assert!(message.ends_with("`sheet/devices.csv`: too_many_columns: it has 4 columns"), "{message}");
    assert!(hint.contains("max_columns"), "{hint}");
}
