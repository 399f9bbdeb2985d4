//! What spreadsheets do to values, tables and headings, and what becomes of it. Expectations are worked out by hand.

use matchbook::model::{Entity, column};

use crate::extract::{Folder, HEAD, SHEET, table, value};
use crate::spreadsheets::{codes, devices, devices_with, quarantined, report};
use crate::workspace::Workspace;

pub(crate) const NASTY: &str = "sep=;
Geräteliste Nordkai Logistik GmbH;;;;;
Stand: 14.03.2025;;;;;
Name;Serial;MAC;IP;Company;Company
NK-PC-01;=\"0048812\";00-1A-2B-3C-4D-5E;10.1.0.11;Nordkai Logistik GmbH;Dell
NK-PC-02;4,88E+11;1A2B3C4D5F;10.1.0.12;Nordkai Logistik GmbH;HP
NK-PC-03;To be filled by O.E.M.;00:1a:2b:3c:4d:5e;169.254.3.9;Nordkai Logistik GmbH;Micro-Star
\"NK-PC-04
(Lager)\";5CG1234ABC;;;Nordkai Logistik GmbH
";

#[test]
fn the_nasty_file_is_read_as_its_page_says() {
    let extracted = devices(NASTY);
    let table = table(&extracted, SHEET, Entity::Configuration);
    assert_eq!((table.rows_read, table.len(), table.quarantined), (4, 4, 0));
    let report = report(&extracted);
    assert_eq!((report.separator, report.title_lines, report.heading_line), (Some(';'), 2, 4));
    // The file has no ids, so the rows are found by their lines.
    let at = |line: u32| (0..4).find(|row| table.line(*row) == line).expect("a row starts on the line");
    let cell = |line: u32, name: &str| table.get(at(line), name).unwrap_or_default();
    assert_eq!(cell(5, column::SERIAL_NUMBER), "0048812");
    assert_eq!(cell(5, column::MAC_ADDRESS), "00-1A-2B-3C-4D-5E");
    assert_eq!(cell(6, column::SERIAL_NUMBER), "");
    assert_eq!(cell(6, column::MAC_ADDRESS), "");
    assert_eq!(cell(6, column::RAW), r#"{"Serial":"4,88E+11","MAC":"1A2B3C4D5F","Company__2":"HP"}"#);
    assert_eq!(cell(7, column::MAC_ADDRESS), "00:1a:2b:3c:4d:5e");
    assert_eq!(cell(8, column::NAME), "NK-PC-04\n(Lager)");
    assert_eq!(cell(8, column::SERIAL_NUMBER), "5CG1234ABC");
    for line in [5, 6, 7, 8] {
        assert_eq!(cell(line, column::ORGANIZATION), "Nordkai Logistik GmbH");
    }
    let found: Vec<(u32, &str, &str)> = extracted
        .findings
        .iter()
        .map(|finding| {
            let row = (0..4).find(|row| table.id(*row) == finding.record_id);
            (row.map_or(0, |row| table.line(row)), finding.field, finding.code)
        })
        .collect();
    let mut found = found;
    found.sort_unstable();
    assert_eq!(
        found,
        [
            (0, "organization", "heading_ambiguous"),
            (5, "serial_number", "forced_text"),
            (6, "mac_address", "maybe_leading_zeros"),
            (6, "serial_number", "excel_scientific"),
            (8, "", "row_short"),
        ]
    );
}

#[test]
fn an_address_that_two_rows_of_the_nasty_file_share_matches_neither() {
    let workspace = Workspace::new()
        .with("hub/organizations.csv", "id,name,organization_type,organization_status\n1,Nordkai Logistik GmbH,Client,Active\n")
        .with(
            "hub/configurations.csv",
            "id,organization,name,configuration_type,configuration_status,mac_address\n10,Nordkai Logistik GmbH,Empfang,Workstation,Active,001A2B3C4D5E\n",
        )
        .with("sheet/devices.csv", NASTY);
    let pipeline = format!(
        "{}\n[[source]]\nname = \"sheet\"\nsystem = \"csv\"\nfiles = [\"sheet\"]\n",
        crate::workspace::PIPELINE
    );
    workspace.write("p.toml", pipeline);
    assert!(workspace.run(&["run", "p.toml"]).status.success());
    let sql = "SELECT c.name, m.state, m.reason FROM matches m JOIN configurations c ON (m.run_id, m.source, m.record_id) = (c.run_id, c.source, c.record_id) WHERE m.source = 'sheet' AND m.entity = 'configuration' AND c.name < 'NK-PC-04' ORDER BY 1";
    insta::assert_snapshot!(workspace.seen(&["query", "p.toml", sql, "--csv"]), @"
---- stdout
name,state,reason
NK-PC-01,review,shared_key
NK-PC-02,unmatched,
NK-PC-03,review,shared_key
---- exit 0
");
    let sql = "SELECT raw_value, code FROM data_quality WHERE source = 'sheet' AND field = 'serial_number' AND entity = 'configuration' ORDER BY ALL";
    insta::assert_snapshot!(workspace.seen(&["query", "p.toml", sql, "--csv"]), @r#"
---- stdout
raw_value,code
"4,88E+11",excel_scientific
"=""0048812""",forced_text
To be filled by O.E.M.,junk
---- exit 0
"#);
}

#[test]
fn damaged_identifiers() {
    let extracted = devices(
        "id,Company,Name,Serial,Model,Asset Tag
1,Acme,a,6.37702E+15,3.74623E+14,1-Mar
2,Acme,b,1234123412341230,12-Mar,'0042
3,Acme,c,12345.0,1234E12,#N/A
4,Acme,d,1234E12,x,########
5,Acme,e,PC\u{2011}01\u{200b},x,#REF!
6,Acme,f,5.02E+18,1.0,Mar-1
",
    );
    let table = table(&extracted, SHEET, Entity::Configuration);
    let row = |id: &str| {
        [column::SERIAL_NUMBER, column::MODEL, column::ASSET_TAG].map(|name| value(table, id, name))
    };
    assert_eq!(row("1"), ["", "", ""]);
    assert_eq!(row("2"), ["1234123412341230", "", "0042"]);
    assert_eq!(row("3"), ["12345", "1234E12", ""]);
    assert_eq!(row("4"), ["1234E12", "x", ""]);
    assert_eq!(row("5"), ["PC-01", "x", ""]);
    assert_eq!(row("6"), ["", "1.0", "Mar-1"]);
    assert_eq!(
        codes(&extracted),
        [
            ("1", "asset_tag", "excel_date"),
            ("1", "model", "excel_scientific"),
            ("1", "serial_number", "excel_scientific"),
            ("2", "asset_tag", "forced_text"),
            ("2", "model", "excel_date"),
            ("2", "serial_number", "excel_precision"),
            ("3", "asset_tag", "error_cell"),
            ("3", "serial_number", "float_identifier"),
            ("4", "asset_tag", "error_cell"),
            ("5", "asset_tag", "error_cell"),
            ("5", "serial_number", "typographic"),
            ("6", "serial_number", "excel_scientific"),
        ]
    );
    assert_eq!(
        value(table, "1", column::RAW),
        r#"{"Serial":"6.37702E+15","Model":"3.74623E+14","Asset Tag":"1-Mar"}"#
    );
    let noted = report(&extracted).noted;
    assert_eq!((noted.repaired, noted.doubted, noted.dropped), (3, 1, 8));
}

#[test]
fn ids_that_a_tool_took_for_decimals() {
    let extracted = devices("id,Company,Name\n7.0,Acme,a\n8.0,Acme,b\n");
    let table = table(&extracted, SHEET, Entity::Configuration);
    assert_eq!([table.id(0), table.id(1)], ["7", "8"]);
    let extracted = devices("id,Company,Name\n5.02E+18,Acme,a\n8,Acme,b\n");
    assert_eq!(quarantined(&extracted), [(2, "no_identity")], "the id is lost, and the file has ids");
}

#[test]
fn zeros_that_may_be_lost() {
    let extracted = devices(
        "id,Company,Name,Serial,MAC
1,Acme,a,0012345,00:1A:2B:3C:4D:5E
2,Acme,b,0098765,1122334455
3,Acme,c,0055511,
4,Acme,d,48812,
5,Acme,e,AB12,
",
    );
    let table = table(&extracted, SHEET, Entity::Configuration);
    assert_eq!(
        codes(&extracted),
        [("2", "mac_address", "maybe_leading_zeros"), ("4", "serial_number", "maybe_leading_zeros")]
    );
    assert_eq!(value(table, "4", column::SERIAL_NUMBER), "48812", "it is only doubted");
    assert_eq!(value(table, "2", column::MAC_ADDRESS), "");
}

#[test]
fn the_order_of_dates_is_decided_over_the_column() {
    let columns = |reading: &str, first: &str, second: &str| {
        let content = format!("id,Company,Name,Purchased\n1,Acme,a,{first}\n2,Acme,b,{second}\n");
        let extracted = devices_with(reading, content);
        let table = table(&extracted, SHEET, Entity::Configuration);
        let dates = ["1", "2"].map(|id| value(table, id, column::PURCHASED_AT).to_owned());
        let codes: Vec<String> =
            codes(&extracted).iter().map(|(id, _, code)| format!("{id}:{code}")).collect();
        (dates[0].clone(), dates[1].clone(), codes.join(" "))
    };
    for (reading, first, second, expected) in [
        ("", "3/4/25", "3/14/25", ("2025-03-04", "2025-03-14", "")),
        ("", "3/4/25", "14/3/25", ("2025-04-03", "2025-03-14", "")),
        ("", "02/26/2016", "1/23/23", ("2016-02-26", "2023-01-23", "")),
        ("", "3/4/25", "5/6/25", ("", "", "1:date_ambiguous 2:date_ambiguous")),
        ("dates = \"day-first\"", "3/4/25", "5/6/25", ("2025-04-03", "2025-06-05", "")),
        ("dates = \"month-first\"", "3/4/25", "5/6/25", ("2025-03-04", "2025-05-06", "")),
        ("dates = \"month-first\"", "3/4/25", "14/3/25", ("2025-04-03", "2025-03-14", "")),
        ("", "3/14/25", "14/3/25", ("2025-03-14", "2025-03-14", ":date_mixed")),
        ("", "31-Oct-24", "14 Mar 2025", ("2024-10-31", "2025-03-14", "")),
        ("", "14.03.2025 08:30", "20250314", ("2025-03-14", "2025-03-14", "")),
        ("", "1/2/68", "13/2/69", ("2068-02-01", "1969-02-13", "")),
        ("", "45730", "45731", ("", "", "1:bad_date 2:bad_date")),
        ("serial_days = true", "45730", "45731.5", ("2025-03-14", "2025-03-15", "")),
        ("", "133803612000000000", "0001-01-01", ("2025-01-03", "", "")),
        ("", "1900-01-00", "1/1/1900", ("", "", "")),
        ("", "9999-12-31", "1899-12-30", ("", "", "")),
    ] {
        let found = columns(reading, first, second);
        assert_eq!(
            (found.0.as_str(), found.1.as_str(), found.2.as_str()),
            expected,
            "{reading} {first} {second}"
        );
    }
}

#[test]
fn a_mixed_column_says_which_dates_it_cannot_read() {
    let extracted = devices(
        "id,Company,Name,Purchased,Colour\n1,Acme,a,3/14/25,red\n2,Acme,b,14/3/25,\n3,Acme,c,3/4/25,blue\n",
    );
    let table = table(&extracted, SHEET, Entity::Configuration);
    assert_eq!(
        codes(&extracted),
        [("", "purchased_at", "date_mixed"), ("3", "purchased_at", "date_ambiguous")]
    );
    assert_eq!(value(table, "3", column::RAW), r#"{"Colour":"blue","Purchased":"3/4/25"}"#);
    assert_eq!(value(table, "1", column::RAW), r#"{"Colour":"red"}"#);
}

#[test]
fn words_for_nothing() {
    let words =
        ["-", "--", "n/a", "NA", "none", "NULL", "(null)", "Unknown", "tbd", "TBA", "?", ".", "not set"];
    let mut content = "id,Company,Name,Manufacturer,Position\n".to_owned();
    for (id, word) in words.iter().enumerate() {
        content.push_str(&format!("{id},Acme,pc,{word},none of them\n"));
    }
    let extracted = devices(content);
    let table = table(&extracted, SHEET, Entity::Configuration);
    for (id, word) in words.iter().enumerate() {
        assert_eq!(value(table, &id.to_string(), column::MANUFACTURER), "", "{word}");
        assert_eq!(value(table, &id.to_string(), column::POSITION), "none of them");
    }
    assert_eq!(codes(&extracted), [], "blank is blank");
}

#[test]
fn names_of_people_are_no_words_for_nothing() {
    let extracted = Folder::new()
        .with(
            "sheet/contacts.csv",
            "id,Company,First Name,Last Name,Email\n1,Acme,Christopher,Null,n/a\n2,Acme,Na,Unknown,none\n3,Acme,Ann,-,ann@acme.example\n",
        )
        .read();
    let people = table(&extracted, SHEET, Entity::Contact);
    let person = |id: &str| {
        [column::FIRST_NAME, column::LAST_NAME, column::EMAILS].map(|name| value(people, id, name))
    };
    assert_eq!(person("1"), ["Christopher", "Null", ""]);
    assert_eq!(person("2"), ["Na", "Unknown", ""]);
    assert_eq!(person("3"), ["Ann", "", "ann@acme.example"]);
}

#[test]
fn truth_values_and_numbers() {
    let extracted = Folder::new()
        .with(
            "sheet/licenses.csv",
            "id,Company,License,SKU,Seats,Used,Active\n1,Acme,A,x,\"1.234,00\",12.0,x\n2,Acme,B,x,\"1,234\",7,-\n3,Acme,C,x,many,7,Enabled\n4,Acme,D,x,1,1,inactive\n",
        )
        .read();
    let licences = table(&extracted, SHEET, Entity::License);
    let row =
        |id: &str| [column::TOTAL, column::CONSUMED, column::ACTIVE].map(|name| value(licences, id, name));
    assert_eq!(row("1"), ["1234", "12", "true"]);
    assert_eq!(row("2"), ["1234", "7", "false"]);
    assert_eq!(row("3"), ["", "7", "true"]);
    assert_eq!(row("4"), ["1", "1", "false"]);
    assert_eq!(codes(&extracted), [("3", "total", "bad_number")]);
}

#[test]
fn words_for_yes_and_no() {
    for (is_on, words) in [
        ("true", ["true", "yes", "y", "1", "active", "enabled", "x", "TRUE", "Yes"]),
        ("false", ["false", "no", "n", "0", "inactive", "disabled", "-", "FALSE", "No"]),
    ] {
        let rows: String = (1..).zip(words).map(|(id, word)| format!("{id},Acme,A,{word}\n")).collect();
        let extracted =
            Folder::new().with("sheet/licenses.csv", format!("id,Company,License,Active\n{rows}")).read();
        let licences = table(&extracted, SHEET, Entity::License);
        for (id, word) in (1..).zip(words) {
            assert_eq!(value(licences, &id.to_string(), column::ACTIVE), is_on, "{word}");
        }
        assert_eq!(codes(&extracted), []);
    }
}

#[test]
fn ragged_rows() {
    let content = "id,Company,Name,Notes,Model\n1,Smith, LLC,PC-1,x\n2,Acme,PC-2,red, blue, green,M2\n3,Acme,PC-3,,,,,\n4,Acme,PC-4\n";
    let extracted = devices(content);
    assert_eq!(quarantined(&extracted), [(3, "row_long")]);
    assert_eq!(extracted.quarantine[0].raw, "2,Acme,PC-2,red, blue, green,M2");
    assert_eq!(codes(&extracted), [("", "", "ragged_rows"), ("4", "", "row_short")]);
    let extracted = devices_with("rejoin = \"notes\"", content);
    let table = table(&extracted, SHEET, Entity::Configuration);
    assert_eq!(value(table, "2", column::NOTES), "red, blue, green");
    assert_eq!(value(table, "2", column::MODEL), "M2");
    assert_eq!(
        codes(&extracted),
        [("", "", "ragged_rows"), ("2", "notes", "row_rejoined"), ("4", "", "row_short")]
    );
}

#[test]
fn duplicate_headings() {
    let same = devices("id,Company,Name,Serial,Serial\n1,Acme,a,S1234,S1234\n");
    assert_eq!(codes(&same), [], "they say one thing");
    let mut folder = Folder::new()
        .with("sheet/devices.csv", "id,Company,Name,Serial,serial\n1,Acme,a,S1234,S1234\n2,Acme,b,S1,S2\n");
    let (message, hint) = folder.fail();
    assert!(
        message.ends_with("heading_ambiguous: the columns 4 and 5 are both called `Serial`, which is serial_number, and differ in line 3"),
        "{message}"
    );
    assert!(hint.contains("serial__2"), "{hint}");
    folder.pipeline =
        format!("{HEAD}headings = {{ configurations = {{ serial_number = \"serial__2\" }} }}\n");
    assert_eq!(value(table(&folder.read(), SHEET, Entity::Configuration), "2", column::SERIAL_NUMBER), "S2");
}

#[test]
fn blank_headings_are_left_out_where_their_columns_are_empty() {
    let extracted = devices("id,Company,,Name,,,\n1,Acme,,PC-1,note,,\n");
    assert_eq!(report(&extracted).not_understood, ["_col5"]);
    assert_eq!(
        value(table(&extracted, SHEET, Entity::Configuration), "1", column::RAW),
        r#"{"_col5":"note"}"#
    );
}

#[test]
fn headings_of_five_languages() {
    for headings in [
        "Kunde;Gerätename;Seriennummer;Hersteller;Betriebssystem",
        "Société;Nom de l'appareil;Numéro de série;Fabricant;Système d'exploitation",
        "Cliente;Nombre del equipo;Número de serie;Fabricante;Sistema operativo",
        "Klant;Apparaatnaam;Serienummer;Fabrikant;Besturingssysteem",
        "Azienda;Nome dispositivo;Numero di serie;Produttore;Sistema operativo",
    ] {
        let extracted = Folder::new()
            .with("sheet/liste.csv", format!("{headings}\nAcme;PC-1;5CG1;HP;Windows 11\n"))
            .read();
        let table = table(&extracted, SHEET, Entity::Configuration);
        let names = [
            column::ORGANIZATION,
            column::NAME,
            column::SERIAL_NUMBER,
            column::MANUFACTURER,
            column::OPERATING_SYSTEM,
        ];
        let row = names.map(|name| table.get(0, name).unwrap_or_default());
        assert_eq!(row, ["Acme", "PC-1", "5CG1", "HP", "Windows 11"], "{headings}");
    }
}

#[test]
fn files_without_a_table() {
    let fail = |content: &str| Folder::new().with("sheet/devices.csv", content).fail();
    let (message, hint) = fail("1,2,3\n4,5,6\n7,8,9\n");
    assert!(
        message.ends_with("heading_not_found: none of its first rows has headings; it begins with 1, 2, 3"),
        "{message}"
    );
    assert!(hint.contains("row of headings"), "{hint}");
    let (message, hint) = fail(
        "#TYPE Microsoft.PowerShell.Commands.Internal.Format.FormatStartData\n\"ClassId2e4f51ef21dd47e99d3c952918aff9cd\",\"pageHeaderEntry\",\"shapeInfo\"\n\"033ecb2bc07a4d43b5ef94ed5a35d280\",,\"x\"\n",
    );
    assert!(message.contains("format_table_export:"), "{message}");
    assert!(hint.contains("Format-Table"), "{hint}");
}
