//! Every reader of text says on which line a row begins, whatever stands before it: quoted line breaks, titles, blank
//! lines, lines that go on. Documents count their elements instead.

use matchbook::extract::Extracted;
use matchbook::model::{Entity, column};

use crate::extract::{Folder, HEAD, SHEET, archive, table};

/// How many rows a long file has: more than any reader takes at once.
const MANY: u64 = 9_000;

const PSA: u16 = 1;
/// A directory comes before sheets.
const AD: u16 = 3;

/// Every row of a table: its line and what it is called.
fn lines(extracted: &Extracted, source: u16, entity: Entity, name: &str) -> Vec<(u64, String)> {
    let records = table(extracted, source, entity);
    let rows = 0..u32::try_from(records.len()).expect("few rows");
    let mut lines: Vec<(u64, String)> = rows
        .map(|row| (u64::from(records.line(row)), records.get(row, name).unwrap_or_default().to_owned()))
        .collect();
    lines.sort();
    lines
}

/// Rows of which each third goes on over two line breaks, and the line on which each begins.
fn long(separator: char, first: u64) -> (String, Vec<(u64, String)>) {
    let (mut text, mut expected, mut line) = (String::new(), Vec::new(), first);
    for number in 0..MANY {
        let (note, breaks) = if number % 3 == 0 { ("\"left\r\nby the\r\ndoor\"", 2) } else { ("in use", 0) };
        let row = [&format!("{number}"), "Acme", &format!("PC-{number}"), note].join(&separator.to_string());
        text.push_str(&row);
        text.push_str("\r\n");
        expected.push((line, format!("PC-{number}")));
        line += 1 + breaks;
    }
    (text, expected)
}

fn utf16le(text: &str) -> Vec<u8> {
    [0xfeff].into_iter().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect()
}

#[test]
fn rows_of_long_tables_know_their_line() {
    for separator in [',', ';', '\t', '|'] {
        let heading = ["id", "Company", "Name", "Notes"].join(&separator.to_string());
        let (rows, expected) = long(separator, 2);
        let plain = format!("{heading}\r\n{rows}");
        // Titles above the headings, one of them over two lines.
        let (rows, below_titles) = long(separator, 6);
        let titled = format!("Devices of all clients\r\n\"as of\r\nlast week\"\r\n\r\n{heading}\r\n{rows}");
        // The last row is in another encoding than the others, which is seen when it is reached.
        let mut mixed = plain.clone().into_bytes();
        mixed.extend(format!("{MANY}{separator}Acme{separator}Gr").bytes());
        mixed.extend([0xfc]);
        mixed.extend(format!("n{separator}in use\r\n").bytes());
        let mut with_mixed = expected.clone();
        with_mixed.push((2 + MANY + 2 * MANY.div_ceil(3), "Grün".to_owned()));
        let cases = [
            ("plain", plain.clone().into_bytes(), &expected),
            ("UTF-16", utf16le(&plain), &expected),
            ("titled", titled.into_bytes(), &below_titles),
            ("mixed", mixed, &with_mixed),
        ];
        for (case, content, expected) in cases {
            let extracted = Folder::new().with("sheet/devices.csv", content).read();
            let found = lines(&extracted, SHEET, Entity::Configuration, column::NAME);
            let wrong = found.iter().zip(expected).find(|(found, expected)| found != expected);
            assert_eq!(wrong, None, "{case} with {separator:?}");
            assert_eq!(found.len(), expected.len(), "{case} with {separator:?}");
        }
    }
}

#[test]
fn bad_rows_are_named_by_the_line_on_which_they_begin() {
    let rows: String = (1..60).map(|number| format!("{number},Acme,\"PC\n{number}\"\n")).collect();
    let content = format!("id,Company,Name\n{rows}5,Acme,\"one\nmore\"\n60,Acme,PC-60\n");
    let extracted = Folder::new().with("sheet/devices.csv", content).read();
    let bad: Vec<(u64, &str)> = extracted
        .quarantine
        .iter()
        .map(|bad| (bad.line, bad.reason.split(':').next().unwrap_or_default()))
        .collect();
    // 59 rows of two lines each follow the headings.
    assert_eq!(bad, [(120, "duplicate_id")]);
    let found = lines(&extracted, SHEET, Entity::Configuration, column::RECORD_ID);
    assert_eq!(found.last(), Some(&(122, "60".to_owned())));
}

#[test]
fn members_of_archives_and_exports_of_the_hub_know_their_line() {
    let folder = Folder::new();
    let organizations = "id,name,notes\n1,Acme,\"first\nsecond\n\"\n2,Birch,\n";
    archive(&folder.dir.path().join("hub/export.zip"), &[("organizations.csv", organizations)]);
    let folder = folder.with(
        "hub/configurations.csv",
        "id,organization,name,configuration_type,notes\n\n8,Acme,PC-8,Laptop,\"a\n\nb\"\n9,Birch,PC-9,Laptop,\n",
    );
    let extracted = folder.read();
    let of = |entity| lines(&extracted, 0, entity, column::NAME);
    assert_eq!(of(Entity::Organization), [(2, "Acme".to_owned()), (5, "Birch".to_owned())]);
    assert_eq!(of(Entity::Configuration), [(3, "PC-8".to_owned()), (6, "PC-9".to_owned())]);
}

#[test]
fn exports_of_directories_know_their_line() {
    let folder = || {
        let mut folder = Folder::new().with("hub/organizations.csv", "id,name\n1,Nordkai\n");
        folder.pipeline =
            format!("{HEAD}[[source]]\nname = \"ad\"\nsystem = \"active-directory\"\nfiles = [\"ad\"]\n");
        folder
    };
    let users = "#TYPE Selected.Microsoft.ActiveDirectory.Management.ADUser\r\n\
         \"GivenName\",\"Surname\",\"SamAccountName\",\"StreetAddress\",\"Enabled\"\r\n\
         \"Jo\",\"Doyle\",\"jdoyle\",\"1 Quay\r\nFloor 2\r\nBack\",\"True\"\r\n\
         \"Mara\",\"Quill\",\"mquill\",\"\",\"True\"\r\n";
    let extracted = folder().with("ad/Nordkai/users.csv", users).read();
    let found = lines(&extracted, AD, Entity::Contact, column::LAST_NAME);
    assert_eq!(found, [(3, "Doyle".to_owned()), (6, "Quill".to_owned())]);

    // A line that begins with a space goes on with the one before it; a line break of a value is base64.
    let entry = |name: &str, more: &str| {
        format!(
            "dn: CN={name},OU=Staff,DC=nordkai,DC=lo\n cal\nobjectClass: user\nsAMAccountName: {name}\nsn: {name}\n{more}"
        )
    };
    let text = format!(
        "version: 1\n\n# who is here\n{}\n\n{}\n{}",
        entry("doyle", "streetAddress:: MSBRdWF5DQpGbG9vciAy\n"),
        entry("quill", ""),
        entry("simek", "")
    );
    let extracted = folder().with("ad/Nordkai/users.ldf", &text).read();
    let found = lines(&extracted, AD, Entity::Contact, column::LAST_NAME);
    assert_eq!(found, [(4, "doyle".to_owned()), (12, "quill".to_owned()), (18, "simek".to_owned())]);
    let windows = text.replace('\n', "\r\n");
    let extracted = folder().with("ad/Nordkai/users.ldf", windows).read();
    assert_eq!(lines(&extracted, AD, Entity::Contact, column::LAST_NAME), found);
}

#[test]
fn elements_of_documents_are_counted_however_they_are_laid_out() {
    let element = |id: u32, note: &str| {
        format!(
            "{{\n  \"id\": {id},\n  \"name\": \"C{id}\", \"note\": \"{note}\",\n  \"status\": {{\"name\": \"Active\"}}, \"types\": []\n}}"
        )
    };
    let elements = [element(7, "two\\nlines"), element(8, "\\\"[{"), element(9, "")];
    for text in [format!("[{}]", elements.join(",\n")), elements.concat(), elements.join("\n\n")] {
        let extracted = Folder::new().with("psa/companies.json", &text).read();
        let found = lines(&extracted, PSA, Entity::Organization, column::NAME);
        assert_eq!(found, [(1, "C7".to_owned()), (2, "C8".to_owned()), (3, "C9".to_owned())], "{text}");
    }
}
