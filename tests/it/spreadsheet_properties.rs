//! What holds of every file of text, whatever its bytes: it is read or refused, and no row is lost.

use matchbook::model::Entity;
use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;

use crate::extract::{Folder, HEAD, SHEET};

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        failure_persistence: Some(Box::new(FileFailurePersistence::Direct(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/proptest-regressions/spreadsheets.txt"
        )))),
        ..ProptestConfig::default()
    }
}

/// Pieces of which odd files are made.
const PIECES: [&[u8]; 44] = [
    b"id",
    b"Name",
    b"Company",
    b"Serial",
    b"MAC",
    b"Purchased",
    b"Acme",
    b"PC-1",
    b",",
    b",",
    b";",
    b";",
    b"\t",
    b"|",
    b"\"",
    b"\"",
    b"\"\"",
    b"\n",
    b"\n",
    b"\r\n",
    b"\r",
    b"\0",
    b"\x1a",
    b"\x1e",
    b"\n\x1e",
    b" ",
    b"=\"001\"",
    b"'007",
    b"4,88E+11",
    b"12-Mar",
    b"#N/A",
    b"####",
    b"3/4/25",
    b"13/14/2025",
    b"45730",
    b"\xe4",
    b"\xc3\xa4",
    b"\xc3",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"sep=;\n",
    b"#TYPE x\r\n",
    b"1122334455",
    b"n/a",
];

fn pieces() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(prop::sample::select(&PIECES[..]), 0..120).prop_map(|pieces| pieces.concat())
}

/// A file that is a table more often than not.
fn tables() -> impl Strategy<Value = Vec<u8>> {
    let heading = prop::sample::select(
        &["id,Company,Name,Serial\n", "id;Company;Name;Purchased\r\n", "Name|MAC|Company\r", ""][..],
    );
    (heading, pieces(), prop::sample::select(&["as it is", "UTF-16", "UTF-16 without a mark"][..])).prop_map(
        |(heading, rest, encoding)| {
            let content = [heading.as_bytes(), &rest].concat();
            let wide = || {
                String::from_utf8_lossy(&content)
                    .encode_utf16()
                    .flat_map(u16::to_le_bytes)
                    .collect::<Vec<u8>>()
            };
            match encoding {
                "UTF-16" => [&b"\xff\xfe"[..], &wide()].concat(),
                "UTF-16 without a mark" => wide(),
                _ => content,
            }
        },
    )
}

/// Every row of the file is a record or in quarantine.
fn check(content: &[u8], reading: &str) -> Result<(), TestCaseError> {
    let mut folder = Folder::new().with("sheet/devices.csv", content);
    folder.pipeline = format!("{HEAD}reading = {{ {reading} }}\n");
    let Ok(extracted) = folder.try_read() else { return Ok(()) };
    let report = extracted.files.iter().find(|file| file.file == "sheet/devices.csv");
    let rows = report.map_or(0, |report| report.rows);
    if let Some(table) = extracted.tables.get(SHEET, Entity::Configuration) {
        prop_assert_eq!(table.rows_read, table.len() as u64 + table.quarantined);
        prop_assert_eq!(table.rows_read, rows);
        prop_assert_eq!(table.quarantined, extracted.quarantine.len() as u64);
    }
    Ok(())
}

proptest! {
    #![proptest_config(config(300))]

    #[test]
    fn no_bytes_are_too_odd(content in prop::collection::vec(any::<u8>(), 0..2000)) {
        check(&content, "")?;
    }

    #[test]
    fn no_table_is_too_odd(content in tables()) {
        check(&content, "")?;
        check(&content, "repair_mojibake = true, serial_days = true, dates = \"day-first\", rejoin = \"Name\", max_cell = 16, comments = \"#\"")?;
    }
}
