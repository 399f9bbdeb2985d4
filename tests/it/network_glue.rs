//! Network scans: what identifies a device, whose it is, and what must not be read. Documents are in the recorded shape.

use crate::workspace::{PIPELINE, Workspace};

const HUB: &str = "\
id,organization,name,configuration_type,configuration_status,serial_number,mac_address,hostname,manufacturer,model,primary_ip
10,Acme,ACM-PC-01,Workstation,Active,5CG1234XYZ,00-1A-A0-00-00-01
11,Acme,ACM-PC-02,Workstation,Active,5CG1234XYW,00-1A-A0-00-00-02
12,Acme,ACM-PC-03,Workstation,Active,5CG1234XYV,00-1A-A0-00-00-02
20,Birch,BIR-PC-01,Workstation,Active,5CG7777AAA,00-1A-A0-00-00-09
";

const NETWORKS: &str = r#"{"data":[
{"id":"31","type":"networks","attributes":{"organization-id":1,"name":"LAN","admin-password":"CANARY","last-active-snapshot-id":701}}
]}"#;

/// A device of a snapshot with one interface, with the members of `meta` or without it.
fn device(id: u32, snapshot: u32, kind: &str, mac: &str, meta: Option<&str>) -> String {
    let meta = meta.map_or_else(String::new, |meta| format!(r#","meta":{{{meta}}}"#));
    format!(
        r#"{{"data":[{{"id":"{id}","type":"network-devices","attributes":{{"name":"D{id}","device-type":"{kind}","match-status":"init",
        "configuration-id":null,"snapshot-id":{snapshot},"snmp-community":"CANARY"}}{meta},
        "relationships":{{"interfaces":{{"data":[{{"type":"interfaces","id":"{id}1"}}]}}}}}}],
        "included":[{{"id":"{id}1","type":"interfaces","attributes":{{"ip-address":"10.0.0.{id}","mac-address":"{mac}","name":null}}}}]}}"#
    )
}

fn estate() -> Workspace {
    let scan = "[[source]]\nname = \"scan\"\nsystem = \"network-glue\"\nfiles = [\"scan\"]\n";
    Workspace::new().with("p.toml", format!("{PIPELINE}\n{scan}")).with("hub/configurations.csv", HUB)
}

fn rows(workspace: &Workspace, sql: &str) -> Vec<String> {
    let output = workspace.run(&["run", "p.toml"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let output = workspace.run(&["query", "p.toml", sql, "--csv"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).lines().skip(1).map(str::to_owned).collect()
}

const OUTCOMES: &str = "SELECT record_id, state, rule, reason, hub_id FROM latest_matches \
     WHERE source = 'scan' AND entity = 'configuration' ORDER BY record_id";

#[test]
fn an_address_on_two_devices_of_the_hub_is_no_match() {
    let meta = Some(r#""hostname":"ACM-PC-02","serial-number":"5CG1234XYW""#);
    let workspace = estate()
        .with("scan/networks.json", NETWORKS)
        .with("scan/devices_1.json", device(5, 701, "COMPUTER", "001aa0000002", meta))
        .with("scan/devices_2.json", device(6, 701, "COMPUTER", "001aa0000001", meta));
    // Neither the serial number nor the host name is asked; a serial number that says otherwise still forbids.
    assert_eq!(rows(&workspace, OUTCOMES), ["5,review,mac,shared_key,", "6,review,mac,contradiction,"]);
}

#[test]
fn a_pipeline_may_ask_for_more_than_the_address() {
    let meta = Some(r#""hostname":"ACM-PC-02","serial-number":"5CG1234XYW""#);
    let workspace = estate()
        .with("scan/networks.json", NETWORKS)
        .with("scan/devices.json", device(5, 701, "COMPUTER", "001aa0000002", meta));
    let text =
        workspace.read("p.toml").replace("files = [\"scan\"]", "files = [\"scan\"]\npreset = \"default\"");
    let workspace = workspace.with("p.toml", text);
    assert_eq!(rows(&workspace, OUTCOMES), ["5,matched,serial,,11"]);
}

#[test]
fn without_networks_the_folder_says_whose_devices_they_are() {
    let meta = Some(r#""hostname":"""#);
    let workspace = estate()
        .with("scan/Acme/devices.json", device(5, 701, "COMPUTER", "001aa0000001", meta))
        .with("scan/Birch/devices.json", device(6, 702, "COMPUTER", "001aa0000009", meta))
        .with("scan/Elsewhere/devices.json", device(7, 703, "COMPUTER", "001aa0000009", meta));
    let expected = ["5,matched,mac,,10", "6,matched,mac,,20", "7,skipped,,no_organization,"];
    assert_eq!(rows(&workspace, OUTCOMES), expected);
}

#[test]
fn only_what_the_diagram_invented_is_left_out() {
    let workspace = estate()
        .with("scan/networks.json", NETWORKS)
        .with("scan/devices_1.json", device(5, 701, "HUB", "", None))
        .with("scan/devices_2.json", device(6, 701, "HUB", "001aa0000001", None))
        .with("scan/devices_3.json", device(7, 701, "HUB", "", Some(r#""hostname":"HUB7""#)))
        .with("scan/devices_4.json", device(8, 701, "SWITCH", "", None));
    let expected = ["5,skipped,,invented_node,", "6,matched,mac,,10", "7,unmatched,,,", "8,unmatched,,,"];
    assert_eq!(rows(&workspace, OUTCOMES), expected);
}

#[test]
fn makers_are_split_from_models_and_addresses_are_no_names() {
    let meta = Some(r#""hostname":"10.0.0.5","manufacturer":"HP/ProLiant DL380 Gen9""#);
    let workspace = estate()
        .with("scan/networks.json", NETWORKS)
        .with("scan/devices_1.json", device(5, 701, "SERVER", "001aa0000001", meta))
        .with(
            "scan/devices_2.json",
            device(6, 701, "SERVER", "5cba2c000001", Some(r#""manufacturer":"Synology""#)),
        );
    let of = "SELECT record_id, manufacturer, model, primary_ip FROM latest_configurations WHERE source = 'scan' ORDER BY 1";
    assert_eq!(rows(&workspace, of), ["5,HP,ProLiant DL380 Gen9,10.0.0.5", "6,Synology,,10.0.0.6"]);
    let diffs = "SELECT field FROM latest_diffs WHERE supplied_by = 'scan' ORDER BY 1";
    assert_eq!(rows(&workspace, diffs), ["manufacturer", "model", "primary_ip"]);
}

#[test]
fn credentials_are_never_read() {
    let workspace = estate()
        .with("scan/networks.json", NETWORKS)
        .with("scan/devices.json", device(5, 701, "SERVER", "001aa0000001", Some(r#""hostname":"""#)));
    let found = "SELECT count(*), count(*) FILTER (raw::VARCHAR LIKE '%CANARY%') FROM latest_configurations WHERE source = 'scan'";
    assert_eq!(rows(&workspace, found), ["1,0"]);
    let found = "SELECT count(*), count(*) FILTER (raw::VARCHAR LIKE '%CANARY%') FROM latest_organizations WHERE source = 'scan'";
    assert_eq!(rows(&workspace, found), ["1,0"]);
}
