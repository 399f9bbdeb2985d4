//! The rules by which a table of text is understood, one by one: where it begins, what separates its cells, what its
//! headings mean, and what a user is told of it. Expectations are worked out by hand.

use insta::assert_snapshot;
use matchbook::model::{Entity, MAC_ROMAN, column};

use crate::extract::{Folder, HEAD, SHEET, table, value};
use crate::spreadsheet_values::NASTY;
use crate::spreadsheets::{ansi, codes, devices, devices_with, mac_roman, report, utf16be, utf16le};
use crate::workspace::{PIPELINE, Workspace};

/// The first device's name and the line of its row, with the separator, the title lines and the heading line.
fn beginning(content: impl AsRef<[u8]>) -> (String, u32, char, u64, u64) {
    let extracted = devices(content);
    let devices = table(&extracted, SHEET, Entity::Configuration);
    let report = report(&extracted);
    let name = devices.get(0, column::NAME).unwrap_or_default().to_owned();
    let separator = report.separator.expect("a table of text has one");
    (name, devices.line(0), separator, report.title_lines, report.heading_line)
}

fn is(name: &str, line: u32, separator: char, titles: u64, heading: u64) -> (String, u32, char, u64, u64) {
    (name.to_owned(), line, separator, titles, heading)
}

#[test]
fn lines_meant_for_programs_stand_at_the_top() {
    let typed = "#TYPE System.Object\r\nid,Company,Name\r\n1,Acme,PC-1\r\n";
    assert_eq!(beginning(typed), is("PC-1", 3, ',', 0, 2));
    assert_eq!(beginning("sep=;\nid;Company;Name\n1;Acme;PC-1\n"), is("PC-1", 3, ';', 0, 2));
    assert_eq!(beginning("\"SEP=|\"\nid|Company|Name\n1|Acme|PC-1\n"), is("PC-1", 3, '|', 0, 2));
    assert_eq!(beginning("sep=\t\nid\tCompany\tName\n1\tAcme\tPC-1\n"), is("PC-1", 3, '\t', 0, 2));
    // What Excel is told counts, whatever the rows look like.
    let told = "sep=;\nid;Company;Name\n1;Smith, Lee, Moe;PC-1\n2;Smith, Lee, Moe;PC-2\n";
    assert_eq!(beginning(told), is("PC-1", 3, ';', 0, 2));
    // Further down `#TYPE` is a value.
    let extracted = devices("id,Company,Name\n#TYPE x,Acme,PC-1\n");
    assert_eq!(table(&extracted, SHEET, Entity::Configuration).id(0), "#TYPE x");
}

#[test]
fn separators_are_told_by_rows_and_not_by_their_number() {
    // Every row has more commas than semicolons, inside quotes.
    let quoted = "id;Company;Name\n1;\"a, b, c, d, e\";PC-1\n2;\"a, b, c, d, e\";PC-2\n";
    assert_eq!(beginning(quoted), is("PC-1", 2, ';', 0, 1));
    // Decimal commas, a different number of them in every row.
    let decimals = "id;Company;Name;Price\n1;Acme;PC-1;1,5\n2;Acme;PC-2;10\n3;Acme;PC-3;1,5\n";
    assert_eq!(beginning(decimals), is("PC-1", 2, ';', 0, 1));
    // The pipeline has the last word.
    let extracted = devices_with("separator = \"~\"", "id~Company~Name\n1~Acme, Inc~PC-1\n");
    assert_eq!(
        value(table(&extracted, SHEET, Entity::Configuration), "1", column::ORGANIZATION),
        "Acme, Inc"
    );
}

#[test]
fn a_table_may_have_one_column() {
    let extracted = devices("Hostname\nPC-1\n\nPC-2\n");
    let devices = table(&extracted, SHEET, Entity::Configuration);
    assert_eq!((devices.rows_read, devices.len()), (2, 2));
    assert_eq!(devices.get(1, column::HOSTNAME), Some("PC-2"));
    assert_eq!(devices.line(1), 4);
}

#[test]
fn titles_stand_above_the_headings() {
    // Cells that are blank fill the titles up, or do not.
    let filled = "Device list;;\n;;\nas of March;;\nid;Company;Name\n1;Acme;PC-1\n";
    assert_eq!(beginning(filled), is("PC-1", 5, ';', 2, 4));
    let bare = "Device list\nLarkfield IT\nas of March\n\nid,Company,Name\n1,Acme,PC-1\n";
    assert_eq!(beginning(bare), is("PC-1", 6, ',', 3, 5));
    // Titles of as many cells as the row below them are no headings of a wider table.
    let pairs = "Report,March\nClient,Acme\n\nid,Company,Name,Serial,Colour\n1,Acme,PC-1,,red\n";
    assert_eq!(beginning(pairs), is("PC-1", 5, ',', 2, 4));
    // A title may hold line breaks of its own.
    let broken = "\"Device list\nof Acme\";;\nid;Company;Name\n1;Acme;PC-1\n";
    assert_eq!(beginning(broken), is("PC-1", 4, ';', 1, 3));
    let titles = |number: usize| format!("{}id,Company,Name\n1,Acme,PC-1\n", "12.5,,\n".repeat(number));
    assert_eq!(beginning(titles(19)), is("PC-1", 21, ',', 19, 20));
    let (message, _) = Folder::new().with("sheet/devices.csv", titles(20)).fail();
    assert!(message.contains("heading_not_found: none of its first rows has headings"), "{message}");
}

#[test]
fn headings_compare_by_letters_and_digits() {
    let extracted =
        devices("ID;item Name;serial_NUMBER;Company-Name;MAC Address(es)\n1;PC-1;S1234;Acme;001A2B3C4D5E\n");
    let devices = table(&extracted, SHEET, Entity::Configuration);
    assert_eq!(value(devices, "1", column::NAME), "PC-1");
    assert_eq!(value(devices, "1", column::SERIAL_NUMBER), "S1234");
    assert_eq!(value(devices, "1", column::ORGANIZATION), "Acme");
    assert_eq!(value(devices, "1", column::MAC_ADDRESS), "001A2B3C4D5E");
}

#[test]
fn a_mark_may_stand_before_any_heading() {
    // What joining files leaves: marks inside, before quotes, and more than one.
    let content = "\u{feff}\u{feff}\"id\",\u{feff}Company,\u{feff}\"Name\"\n1,Acme,PC-1\n";
    let extracted = devices(content);
    let devices = table(&extracted, SHEET, Entity::Configuration);
    assert_eq!(value(devices, "1", column::ORGANIZATION), "Acme");
    assert_eq!(value(devices, "1", column::NAME), "PC-1");
    assert_eq!(report(&extracted).not_understood, [""; 0]);
}

#[test]
fn of_two_headings_for_one_thing_the_preferred_one_counts() {
    for headings in ["IP,IP Address", "IP Address,IP"] {
        let extracted = devices(format!("id,Company,Name,{headings}\n1,Acme,PC-1,10.0.0.1,10.0.0.2\n"));
        let devices = table(&extracted, SHEET, Entity::Configuration);
        let (ip, other) = if headings.starts_with("IP,") {
            ("10.0.0.1", r#"{"IP Address":"10.0.0.2"}"#)
        } else {
            ("10.0.0.2", r#"{"IP Address":"10.0.0.1"}"#)
        };
        assert_eq!(value(devices, "1", column::PRIMARY_IP), ip, "{headings}");
        assert_eq!(value(devices, "1", column::RAW), other, "{headings}");
    }
}

#[test]
fn the_starting_set_of_headings() {
    // The headings of public samples and importers, by what they mean.
    let meanings: [(&str, &[&str]); 13] = [
        (
            column::ORGANIZATION,
            &[
                "organization",
                "organisation",
                "company",
                "company name",
                "client",
                "customer",
                "account",
                "site",
                "tenant",
            ],
        ),
        (column::NAME, &["name", "item name", "device name", "asset name", "computer name", "device"]),
        (column::HOSTNAME, &["hostname", "device hostname"]),
        (
            column::SERIAL_NUMBER,
            &["serial", "serial number", "serial no", "s/n", "service tag", "bios serial"],
        ),
        (column::ASSET_TAG, &["asset tag", "asset id", "tag", "inventory number"]),
        (
            column::MAC_ADDRESS,
            &[
                "mac",
                "mac address",
                "mac address(es)",
                "mac addresses",
                "physical address",
                "ethernet mac",
                "wifi mac",
            ],
        ),
        (column::PRIMARY_IP, &["ip", "ip address", "ip address(es)", "ipv4", "internal ip", "lan ip"]),
        (column::MANUFACTURER, &["manufacturer", "make", "vendor", "brand"]),
        (column::MODEL, &["model", "model name", "model number", "product"]),
        (column::OPERATING_SYSTEM, &["os", "operating system", "os name"]),
        (column::LOCATION, &["location", "site name", "office", "branch"]),
        (column::CONTACT, &["full name", "assigned to", "checked out to", "primary user", "last user"]),
        (column::WARRANTY_EXPIRES_AT, &["warranty expiry"]),
    ];
    for (meaning, headings) in meanings {
        for heading in headings {
            let extracted = devices(format!("Purchase Date,{heading}\n2025-03-14,2025-03-15\n"));
            let understood = &report(&extracted).understood;
            assert!(understood.contains(&((*heading).to_owned(), meaning)), "{heading}: {understood:?}");
        }
    }
    let people: [(&str, &[&str]); 5] = [
        (column::FIRST_NAME, &["first name", "given name", "forename"]),
        (column::LAST_NAME, &["last name", "surname", "family name"]),
        (column::EMAILS, &["email", "e-mail", "mail", "email address"]),
        (column::PHONES, &["phone", "office phone", "telephone", "mobile", "cell"]),
        (column::TITLE, &["title", "job title", "position"]),
    ];
    let addresses: [(&str, &[&str]); 5] = [
        (column::ADDRESS_1, &["address", "street"]),
        (column::ADDRESS_2, &["address2"]),
        (column::REGION, &["state", "province"]),
        (column::POSTAL_CODE, &["zip", "postal code"]),
        (column::COUNTRY, &["country"]),
    ];
    for (file, meanings) in [("contacts", people), ("locations", addresses)] {
        for (meaning, headings) in meanings {
            for heading in headings {
                let path = format!("sheet/{file}.csv");
                let content = format!("Company,City,{heading}\nAcme,London,x\n");
                let extracted = Folder::new().with(&path, content).read();
                let report = extracted.files.iter().find(|it| it.file == path).expect("the file was read");
                let understood = &report.understood;
                assert!(understood.contains(&((*heading).to_owned(), meaning)), "{heading}: {understood:?}");
            }
        }
    }
}

#[test]
fn bytes_that_windows_1252_lacks_tell_of_another_encoding() {
    // 0x81 is A with a ring in Mac Roman, and nothing in Windows-1252.
    let text = "id,Company,Name\n1,\u{c5}ngstr\u{f6}m,PC-1\n";
    assert_eq!(MAC_ROMAN.byte('\u{c5}'), Some(0x81));
    let extracted = devices(mac_roman(text));
    assert_eq!(report(&extracted).encoding, "Mac Roman");
    assert_eq!(
        value(table(&extracted, SHEET, Entity::Configuration), "1", column::ORGANIZATION),
        "\u{c5}ngstr\u{f6}m"
    );
    // Windows ends lines with CRLF, so the file is of another code page of Windows. Which one, nobody can tell.
    let content = b"id,Company,Name\r\n1,\x8fr\xf3d\xb3o,PC-1\r\n";
    let extracted = devices(content);
    assert_eq!(report(&extracted).encoding, "Windows-1252");
    assert_eq!(codes(&extracted), [("1", "organization", "undefined_character")]);
    let extracted = devices_with("encoding = \"windows-1250\"", content);
    assert_eq!(
        value(table(&extracted, SHEET, Entity::Configuration), "1", column::ORGANIZATION),
        "\u{179}r\u{f3}d\u{142}o"
    );
    assert_eq!(codes(&extracted), []);
}

#[test]
fn letters_that_were_replaced_are_lost() {
    let extracted = devices("id,Company,Name\n1,M\u{fffd}ller,PC-1\n");
    assert_eq!(codes(&extracted), [("1", "organization", "lossy_encoding")]);
    // Half a pair of UTF-16, and a byte too many.
    let mut content = utf16le("id,Company,Name\n1,Acme,PC-");
    content.extend([0x00, 0xd8, 0x31, 0x00, 0x0a]);
    let extracted = devices(content);
    let devices = table(&extracted, SHEET, Entity::Configuration);
    assert_eq!(value(devices, "1", column::NAME), "PC-\u{fffd}1\u{fffd}");
}

/// What the nasty file comes to: the line, name, serial number, MAC address and `raw` of every row, and the findings.
fn outcome(content: impl AsRef<[u8]>) -> (Vec<[String; 5]>, Vec<String>) {
    let extracted = devices(content);
    let devices = table(&extracted, SHEET, Entity::Configuration);
    assert_eq!((devices.rows_read, devices.len(), devices.quarantined), (4, 4, 0));
    let cell = |row, name: &str| devices.get(row, name).unwrap_or_default().to_owned();
    let mut rows: Vec<[String; 5]> = (0..4)
        .map(|row| {
            let [name, serial, mac, raw] =
                [column::NAME, column::SERIAL_NUMBER, column::MAC_ADDRESS, column::RAW]
                    .map(|name| cell(row, name));
            [devices.line(row).to_string(), name, serial, mac, raw]
        })
        .collect();
    rows.sort();
    let findings = extracted.findings.iter();
    let mut found: Vec<String> =
        findings.map(|it| format!("{} {} {}", it.field, it.code, it.raw_value)).collect();
    found.sort();
    (rows, found)
}

#[test]
fn the_nasty_file_is_the_same_in_every_encoding_and_with_every_line_end() {
    let expected = (
        [
            ["5", "NK-PC-01", "0048812", "00-1A-2B-3C-4D-5E", r#"{"Company__2":"Dell"}"#],
            ["6", "NK-PC-02", "", "", r#"{"Serial":"4,88E+11","MAC":"1A2B3C4D5F","Company__2":"HP"}"#],
            [
                "7",
                "NK-PC-03",
                "To be filled by O.E.M.",
                "00:1a:2b:3c:4d:5e",
                r#"{"Company__2":"Micro-Star"}"#,
            ],
            ["8", "NK-PC-04\n(Lager)", "5CG1234ABC", "", ""],
        ]
        .map(|row| row.map(str::to_owned))
        .to_vec(),
        [
            " row_short ",
            "mac_address maybe_leading_zeros 1A2B3C4D5F",
            "organization heading_ambiguous Company",
            "serial_number excel_scientific 4,88E+11",
            "serial_number forced_text =\"0048812\"",
        ]
        .map(str::to_owned)
        .to_vec(),
    );
    for (what, content) in [
        ("as it is", NASTY.as_bytes().to_vec()),
        ("a mark", format!("\u{feff}{NASTY}").into_bytes()),
        ("Windows-1252", ansi(NASTY)),
        ("UTF-16LE", utf16le(NASTY)),
        ("UTF-16BE", utf16be(NASTY)),
        ("Mac Roman, CR", mac_roman(&NASTY.replace('\n', "\r"))),
        ("no line end at the end", NASTY.trim_end().as_bytes().to_vec()),
    ] {
        assert_eq!(outcome(content), expected, "{what}");
    }
    // With CRLF the line break inside the name is one too.
    let (mut rows, found) = outcome(ansi(&NASTY.replace('\n', "\r\n")));
    assert_eq!(rows[3][1], "NK-PC-04\r\n(Lager)");
    rows[3][1] = "NK-PC-04\n(Lager)".to_owned();
    assert_eq!((rows, found), expected);
}

const SETTING: &str = "\n[[source]]\nname = \"sheet\"\nsystem = \"csv\"\nfiles = [\"sheet\"]\n\n[limits]\nbad_rows_percent = 50\n";

/// A workspace with these files of a sheet.
fn workspace(files: &[(&str, &[u8])]) -> Workspace {
    let workspace = Workspace::new().with("p.toml", format!("{PIPELINE}{SETTING}"));
    files
        .iter()
        .fold(workspace, |workspace, (name, content)| workspace.with(&format!("sheet/{name}"), content))
}

#[test]
fn findings_lead_to_file_line_and_text() {
    let content = format!("{NASTY}NK-PC-05;S0005;;;Nordkai Logistik GmbH;HP;2,5\n");
    let workspace = workspace(&[("nasty.csv", content.as_bytes())]);
    assert!(workspace.run(&["run", "p.toml"]).status.success());
    let sql = "SELECT c.source_file, c.source_line, q.field, q.code, q.raw_value FROM data_quality q \
               JOIN configurations c USING (run_id, source, record_id) \
               WHERE q.source = 'sheet' AND q.entity = 'configuration' ORDER BY ALL";
    assert_snapshot!(workspace.seen(&["query", "p.toml", sql, "--csv"]), @r#"
---- stdout
source_file,source_line,field,code,raw_value
sheet/nasty.csv,5,serial_number,forced_text,"=""0048812"""
sheet/nasty.csv,6,mac_address,maybe_leading_zeros,1A2B3C4D5F
sheet/nasty.csv,6,serial_number,excel_scientific,"4,88E+11"
sheet/nasty.csv,7,serial_number,junk,To be filled by O.E.M.
sheet/nasty.csv,8,,row_short,
---- exit 0
"#);
    // What is about the file as a whole names it in its sentence.
    let sql = "SELECT field, code, raw_value, message FROM data_quality WHERE source = 'sheet' AND record_id IS NULL ORDER BY ALL";
    assert_snapshot!(workspace.seen(&["query", "p.toml", sql, "--csv"]), @r#"
---- stdout
field,code,raw_value,message
organization,heading_ambiguous,Company,"the columns 5 and 6 have one heading, and differ in line 5; the first counts, the other is kept in `raw` (sheet/nasty.csv)"
,ragged_rows,,2 of 5 rows have another number of cells than the heading row; a semicolon may not be what separates them (sheet/nasty.csv)
---- exit 0
"#);
    let sql = "SELECT file, line, reason, raw FROM quarantine ORDER BY ALL";
    assert_snapshot!(workspace.seen(&["query", "p.toml", sql, "--csv"]), @r#"
---- stdout
file,line,reason,raw
sheet/nasty.csv,10,"row_long: the row has 7 cells, the heading row has 6; a semicolon without quotes is likely","NK-PC-05;S0005;;;Nordkai Logistik GmbH;HP;2,5"
---- exit 0
"#);
}

#[test]
fn check_shows_what_was_repaired_doubted_and_dropped() {
    let sample = |name: &str| {
        std::fs::read(format!("{}/samples/spreadsheets/{name}", env!("CARGO_MANIFEST_DIR")))
            .expect("the sample is there")
    };
    let names = ["geraeteliste.csv", "inventory.xlsx", "laptops.csv", "people.csv"];
    let contents = names.map(|name| (name, sample(name)));
    let files: Vec<(&str, &[u8])> =
        contents.iter().map(|(name, content)| (*name, content.as_slice())).collect();
    let workspace = workspace(&files);
    assert_snapshot!(workspace.seen(&["check", "p.toml"]), @r#"
---- stdout
  source  file                          read as                                                                         rows  bad  understood
  hub     hub/configurations.csv        configurations (CSV UTF-8)                                                         2    0  6 of 6
  hub     hub/organizations.csv         organizations (CSV UTF-8)                                                          2    0  4 of 4
  psa     psa/companies.json            organizations (JSON UTF-8)                                                         2    0  5 of 5
  psa     psa/configurations.json       configurations (JSON UTF-8)                                                        1    0  7 of 7
  sheet   sheet/geraeteliste.csv        configurations (CSV Windows-1252)                                                  7    1  9 of 9
  sheet   sheet/inventory.xlsx#Devices  configurations (XLSX)                                                              3    0  7 of 7
  sheet   sheet/inventory.xlsx#Lists    passed over: a hidden sheet                                                        0    0
  sheet   sheet/inventory.xlsx#People   contacts (XLSX)                                                                    1    0  5 of 5
  sheet   sheet/inventory.xlsx#Read me  passed over: its headings (Juniper Court Care Home) are none that CSV delivers     0    0
  sheet   sheet/laptops.csv             configurations (CSV UTF-8)                                                         3    0  7 of 7
  sheet   sheet/people.csv              contacts (CSV UTF-16LE)                                                            3    0  6 of 6
sheet/geraeteliste.csv: separated by `;`, 2 title lines, headings in line 4, 2 values repaired, 1 value doubted, 4 values dropped
  2 of 7 rows have another number of cells than the heading row; a semicolon may not be what separates them (ragged_rows)
  line 5: serial_number `="9SSSH63"`: the marks that kept a spreadsheet from changing it were left out (forced_text)
  line 6: serial_number `5,02E+18`: a spreadsheet turned the value into scientific notation and its digits are lost (excel_scientific)
  line 7: purchased_at `#N/A`: the cell holds an error of a spreadsheet (error_cell)
  line 8: mac_address `1866DA0A13`: a MAC address has 12 digits, this one 10: zeros in front may be lost (maybe_leading_zeros)
  line 9: mac_address `n/a`: the value says that there is none (null_word)
  line 9: name `IBT–LT–01`: dashes of typography became hyphens (typographic)
  line 11: the row has 7 of 9 cells (row_short)
sheet/inventory.xlsx#Devices: 1 title line, headings in line 3, 1 value dropped
  line 5: serial_number `12-Mar-2025`: a spreadsheet turned the value into a date (excel_date)
sheet/laptops.csv: headings in line 2
sheet/people.csv: separated by tab
0 decisions read
p.toml: ok
---- stderr
warning: sheet/geraeteliste.csv:10: row_long: the row has 10 cells, the heading row has 9; a semicolon without quotes is likely
  G6;Ironbark Timber;Säge 2;S0012;;;Siemens;;alt; defekt
---- exit 0
"#);
    // Of many values of one kind the first is shown, and with `--verbose` all.
    let rows: String = (1..=3).map(|id| format!("{id},Acme,PC-{id},{id}.2E+15\n")).collect();
    let content = format!("id,Company,Name,Serial\n{rows}");
    let workspace = self::workspace(&[("devices.csv", content.as_bytes())]);
    let shown = |arguments: &[&str]| -> Vec<String> {
        let output = workspace.run(arguments);
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let lines = text.lines().filter(|line| line.starts_with("  line"));
        lines.map(|line| line.split(": a spreadsheet").next().unwrap_or_default().to_owned()).collect()
    };
    assert_eq!(shown(&["check", "p.toml"]), ["  line 2 and 2 more: serial_number `1.2E+15`"]);
    assert_eq!(
        shown(&["check", "p.toml", "--verbose"]),
        [
            "  line 2: serial_number `1.2E+15`",
            "  line 3: serial_number `2.2E+15`",
            "  line 4: serial_number `3.2E+15`",
        ]
    );
}

#[test]
fn a_separator_that_nobody_quoted_in_every_row_is_told() {
    let content = "id,Company,Name\n1,Acme, Inc,PC-1\n2,Acme, Inc,PC-2\n";
    let mut folder = Folder::new().with("sheet/devices.csv", content);
    folder.pipeline = format!("{HEAD}reading = {{ rejoin = \"company\" }}\n");
    let extracted = folder.read();
    let devices = table(&extracted, SHEET, Entity::Configuration);
    assert_eq!(value(devices, "2", column::ORGANIZATION), "Acme, Inc");
    assert_eq!(
        report(&extracted).remarks,
        [
            "2 of 2 rows have another number of cells than the heading row; a comma may not be what separates them (ragged_rows)"
        ]
    );
}
