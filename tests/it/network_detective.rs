//! Network Detective: the examples and traps of its exports, each with the outcome that a person would expect.

use crate::workspace::Workspace;

const PIPELINE: &str = r#"name = "p"
method = "D"

[hub]
system = "it-glue"
files = ["hub"]

[[source]]
name = "scan"
system = "network-detective"
files = ["scan"]

[[source]]
name = "rmm"
system = "csv"
role = "rmm"
files = ["rmm"]
optional = true
"#;

/// A hub with one client, `Brightwater Dental Group`, whose folder the scans are in.
fn workspace(files: &[(&str, &str)]) -> Workspace {
    let mut workspace = Workspace::empty()
        .with("p.toml", PIPELINE)
        .with("hub/organizations.csv", "id,name\n1,Brightwater Dental Group\n2,Other Client\n");
    for (name, text) in files {
        workspace = workspace.with(&format!("scan/Brightwater Dental Group/{name}"), text);
    }
    workspace
}

/// Name or host name, state and reason of every configuration of the scan, with serial number, MAC address and IP address.
fn devices(workspace: &Workspace) -> Vec<String> {
    let output = workspace.run(&["run", "p.toml", "--quiet"]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let sql = "SELECT coalesce(c.name, c.hostname, '-') || ' ' || c.state || coalesce(' ' || m.reason, '') \
               || ' [' || concat_ws(' / ', c.serial_number, c.mac_address, c.primary_ip) || ']' \
               FROM latest_configurations AS c JOIN latest_matches AS m USING (source, record_id) \
               WHERE m.entity = 'configuration' AND source = 'scan' ORDER BY source_file, source_line";
    column(workspace, sql)
}

fn column(workspace: &Workspace, sql: &str) -> Vec<String> {
    let output = workspace.run(&["query", "p.toml", sql, "--csv"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut reader = csv::Reader::from_reader(output.stdout.as_slice());
    reader.records().map(|row| row.expect("it is CSV")[0].to_owned()).collect()
}

const COMPUTERS: &str = "\
Network Assessment - Computers,,,,,,,,
Prepared for: Brightwater Dental Group,,,,,,,,
Computer Name,Domain,IP Address(es),MAC Address(es),Manufacturer,Model,Serial Number,Operating System,Last Login
BWD-FRONT01,brightwater.example,\"10.20.1.31, 169.254.9.7\",\"A4-BB-6D-10-22-31; A4-BB-6D-10-22-32\",Dell Inc.,OptiPlex 7090,7HQ2XK3,Windows 11 Pro,BRIGHTWATER\\m.okafor
BWD-XRAY,WORKGROUP,10.20.1.90,,To Be Filled By O.E.M.,To Be Filled By O.E.M.,To Be Filled By O.E.M.,Windows 10 Pro,
";

#[test]
fn computers_stand_below_title_lines() {
    assert_eq!(
        devices(&workspace(&[("Computers.csv", COMPUTERS)])),
        [
            "BWD-FRONT01 unmatched [7HQ2XK3 / A4-BB-6D-10-22-31; A4-BB-6D-10-22-32 / 10.20.1.31]",
            "BWD-XRAY unmatched [To Be Filled By O.E.M. / 10.20.1.90]",
        ]
    );
}

#[test]
fn a_printer_is_one_however_many_queues_it_has() {
    let printers = "\
Name,IP Address,MAC Address,Model,Serial Number,Location
HP LaserJet M507 (Front Desk),10.20.1.60,f8:b4:6a:33:90:1c,HP LaserJet M507dn,PHBLL4X0QT,Front desk
HP LaserJet M507 (Front Desk) on BWD-DC01,10.20.1.60,F8B46A33901C,HP LaserJet M507dn,,
Microsoft Print to PDF,,,,,
";
    let workspace = workspace(&[("Printers.csv", printers)]);
    assert_eq!(
        devices(&workspace),
        [
            "HP LaserJet M507 (Front Desk) unmatched [PHBLL4X0QT / f8:b4:6a:33:90:1c / 10.20.1.60]",
            "HP LaserJet M507 (Front Desk) on BWD-DC01 skipped merged_row [F8B46A33901C / 10.20.1.60]",
            "Microsoft Print to PDF skipped queue_not_device []",
        ]
    );
    assert_eq!(column(&workspace, "SELECT DISTINCT type FROM latest_configurations"), ["Printer"]);
}

#[test]
fn an_address_alone_is_reported_and_no_device() {
    let devices_csv = "\
Device Name,IP Address,MAC Address,Manufacturer,Serial Number,Type
,10.20.1.1,2C:C8:1B:00:4F:11,MikroTik,,Router
SW-CLOSET-A,10.20.1.2,,Ubiquiti,,Switch
,10.20.1.77,,,,
";
    assert_eq!(
        devices(&workspace(&[("NetworkDevices.csv", devices_csv)])),
        [
            "- unmatched [2C:C8:1B:00:4F:11 / 10.20.1.1]",
            "SW-CLOSET-A unmatched [10.20.1.2]",
            "- skipped no_identifier [10.20.1.77]",
        ]
    );
}

#[test]
fn rows_of_two_classes_are_one_device_by_serial_then_mac_then_name() {
    let computers = "\
Computer Name,Domain,MAC Address,Serial Number,IP Address
PC-1,corp.example,,SER0001,10.0.0.1
PC-2,corp.example,AC:91:A1:00:00:02,,10.0.0.2
PC-3,corp.example,,,10.0.0.3
";
    let network = "\
Device Name,IP Address,MAC Address,Serial Number
PC-1,10.0.0.1,AC:91:A1:00:00:01,SER0001
,10.0.0.2,AC-91-A1-00-00-02,
pc-3.corp.example,10.0.0.3,AC:91:A1:00:00:03,
";
    let workspace = workspace(&[("Computers.csv", computers), ("NetworkDevices.csv", network)]);
    let mut found = devices(&workspace);
    found.retain(|device| !device.contains("merged_row"));
    found.sort();
    // Of the rows of a device the one that says the most stays.
    assert_eq!(
        found,
        [
            "PC-1 unmatched [SER0001 / AC:91:A1:00:00:01 / 10.0.0.1]",
            "PC-2 unmatched [AC:91:A1:00:00:02 / 10.0.0.2]",
            "PC-3 unmatched [AC:91:A1:00:00:03 / 10.0.0.3]",
        ]
    );
}

#[test]
fn what_contradicts_stays_apart() {
    let computers = "\
Computer Name,Domain,MAC Address,Serial Number
SAME-NAME,corp.example,,SER0001
SAME-NAME,corp.example,,SER0002
CLONE-A,corp.example,AC:91:A1:00:00:0A,SER0003
CLONE-B,corp.example,AC:91:A1:00:00:0B,SER0003
TWO-DOMAINS,one.example,,
TWO-DOMAINS,two.example,,
";
    let workspace = workspace(&[("Computers.csv", computers)]);
    let found = devices(&workspace);
    assert!(!found.iter().any(|device| device.contains("merged_row")), "{found:?}");
    let mut codes = column(
        &workspace,
        "SELECT DISTINCT code || ' ' || raw_value FROM latest_data_quality WHERE code LIKE '%\\_shared' ESCAPE '\\'",
    );
    codes.sort();
    assert_eq!(codes, ["hostname_shared SAME-NAME", "hostname_shared TWO-DOMAINS", "serial_shared SER0003"]);
}

#[test]
fn rows_of_two_clients_never_meet() {
    let row = "Computer Name,MAC Address,Serial Number\nPC-1,AC:91:A1:00:00:01,SER0001\n";
    let workspace = workspace(&[("Computers.csv", row)]).with("scan/Other Client/Computers.csv", row);
    let found = devices(&workspace);
    assert_eq!(found, ["PC-1 unmatched [SER0001 / AC:91:A1:00:00:01]"; 2]);
}

#[test]
fn the_order_of_rows_and_files_does_not_matter() {
    let heading = "Device Name,IP Address,MAC Address,Serial Number\n";
    let rows =
        ["PC-1,10.0.0.1,AC:91:A1:00:00:01,\n", "PC-1,10.0.0.1,,SER0001\n", ",10.0.0.1,AC:91:A1:00:00:01,\n"];
    let kept = |order: [usize; 3], second_file: bool| {
        let text = |rows: &[&str]| format!("{heading}{}", rows.concat());
        let ordered = order.map(|at| rows[at]);
        let workspace = if second_file {
            workspace(&[("Computers.csv", &text(&ordered[..1])), ("Servers.csv", &text(&ordered[1..]))])
        } else {
            workspace(&[("Computers.csv", &text(&ordered))])
        };
        devices(&workspace);
        let sql = "SELECT record_id || ' ' || serial_number || ' ' || mac_address FROM latest_configurations \
                   WHERE state = 'unmatched'";
        column(&workspace, sql)
    };
    let expected = kept([0, 1, 2], false);
    assert_eq!(expected.len(), 1, "{expected:?}");
    assert!(expected[0].ends_with(" SER0001 AC:91:A1:00:00:01"), "{expected:?}");
    for order in [[1, 0, 2], [2, 1, 0], [2, 0, 1]] {
        assert_eq!(kept(order, false), expected);
    }
    assert_eq!(
        kept([1, 2, 0], true)[0].split_once(' ').map(|it| it.1),
        expected[0].split_once(' ').map(|it| it.1)
    );
}

#[test]
fn a_scan_file_is_refused_with_advice() {
    let workspace = workspace(&[("scan.ndf", "\u{1}\u{2}")]).with(
        "p.toml",
        PIPELINE.replace("files = [\"scan\"]", "files = [\"scan/Brightwater Dental Group/scan.ndf\"]"),
    );
    insta::assert_snapshot!(workspace.seen(&["run", "p.toml"]), @r"
    ---- stderr
    error: the source `scan` cannot be read: `scan/Brightwater Dental Group/scan.ndf`: container_unsupported: it is a scan file, whose form is the vendor's own (.ndf)

    hint: open it in Network Detective and export CSV or Excel
    ---- exit 5
    ");
}

#[test]
fn the_report_by_issue_is_refused_with_advice() {
    let by_issue =
        "Severity,Issue,Affected Devices,Number of Device(s)\nHigh,Old TLS,\"10.0.0.1, 10.0.0.2\",2\n";
    let workspace = workspace(&[("issues.csv", by_issue)]);
    insta::assert_snapshot!(workspace.seen(&["run", "p.toml"]), @r"
    ---- stderr
    error: the source `scan` cannot be read: `scan/Brightwater Dental Group/issues.csv`: layout_unsupported: it is VulScan's report by issue, which has no MAC address and many devices in one cell

    hint: export the report by device
    ---- exit 5
    ");
}

#[test]
fn a_profile_brings_headings_of_its_own() {
    let text = "Gerät;Seriennr. lt. BIOS\nPC-1;SER0001\n";
    let profile = "[csv.configurations]\nfiles = [\"bestand\"]\n[csv.configurations.aliases]\nname = [\"Gerät\"]\nserial_number = [\"Seriennr. lt. BIOS\"]\n";
    let workspace = workspace(&[("Bestand.csv", text)])
        .with("my.toml", profile)
        .with("p.toml", PIPELINE.replace("files = [\"scan\"]", "files = [\"scan\"]\nprofile = \"my.toml\""));
    assert_eq!(devices(&workspace), ["PC-1 unmatched [SER0001]"]);
}

#[test]
fn the_built_in_profile_can_be_copied() {
    let workspace = workspace(&[("Computers.csv", COMPUTERS)]);
    let printed = workspace.run(&["systems", "network-detective", "--profile"]).stdout;
    let before = devices(&workspace);
    workspace.write("my.toml", printed);
    workspace
        .write("p.toml", PIPELINE.replace("files = [\"scan\"]", "files = [\"scan\"]\nprofile = \"my.toml\""));
    assert_eq!(devices(&workspace), before);
}

#[test]
fn a_wrong_profile_is_an_error_of_the_pipeline() {
    let with = |profile: &str| {
        let workspace = workspace(&[("Computers.csv", COMPUTERS)]).with("my.toml", profile).with(
            "p.toml",
            PIPELINE.replace("files = [\"scan\"]", "files = [\"scan\"]\nprofile = \"my.toml\""),
        );
        workspace.seen(&["check", "p.toml"])
    };
    for (profile, what) in [
        ("[csv.configurations]\nfile = []\n", "is wrong in line 1: unknown field `file`"),
        (
            "[csv.configurations.aliases]\nserial = []\n",
            "names the column `serial`, which configurations do not have",
        ),
        ("[csv.tickets]\n", "describes tickets, which Network Detective does not deliver"),
        ("[csv", "is wrong in line 1: "),
    ] {
        let seen = with(profile);
        assert!(seen.contains(&format!("error[P211]: the profile `my.toml` {what}")), "{seen}");
        assert!(seen.contains("profile = \"my.toml\"\n") && seen.ends_with("---- exit 4"), "{seen}");
    }
}
