//! Syncro: one system as PSA and RMM. Values are worked out from the sample's documents.

use std::process::Command;

use crate::workspace::Workspace;

const REPOSITORY: &str = env!("CARGO_MANIFEST_DIR");

/// A pipeline over the sample, in a folder of its own, with what follows its sources.
fn sample(more: &str) -> Workspace {
    let samples = format!("{REPOSITORY}/samples");
    let text = std::fs::read_to_string(format!("{REPOSITORY}/pipelines/syncro.toml"))
        .expect("the pipeline is part of the project")
        .replace("../samples", &samples);
    Workspace::empty().with("p.toml", format!("{text}{more}"))
}

fn run(workspace: &Workspace) {
    let output = workspace.run(&["run", "p.toml"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn rows(workspace: &Workspace, sql: &str) -> Vec<String> {
    let output = workspace.run(&["query", "p.toml", sql, "--csv"]);
    assert!(output.status.success(), "{sql}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).lines().skip(1).map(str::to_owned).collect()
}

#[test]
fn psa_and_rmm_of_one_system_are_one_device_each() {
    let workspace = sample("");
    run(&workspace);
    // Every asset and every customer that both read is one cluster.
    let apart = "SELECT count(*) FROM latest_matches AS p JOIN latest_matches AS r USING (entity, record_id) \
         WHERE p.source = 'psa' AND r.source = 'rmm' AND p.cluster_id IS DISTINCT FROM r.cluster_id \
         AND r.reason IS DISTINCT FROM 'no_devices'";
    assert_eq!(rows(&workspace, apart), ["0"]);
    // Sync method B: nothing is created that the PSA does not have, and nothing twice.
    let founded =
        "SELECT count(*) FROM latest_plan_steps WHERE action = 'create' AND cluster_id LIKE 'rmm/%'";
    assert_eq!(rows(&workspace, founded), ["0"]);
    let twice = "SELECT cluster_id FROM latest_plan_steps WHERE action = 'create' AND target = 'hub' \
         AND entity = 'configuration' GROUP BY ALL HAVING count(*) > 1";
    assert_eq!(rows(&workspace, twice), [] as [&str; 0]);
    let new = "SELECT cluster_id, status FROM latest_plan_steps WHERE action = 'create' AND target = 'hub' \
         AND entity IN ('organization', 'configuration') AND cluster_id IN ('psa/3307', 'psa/51013', 'psa/51017') ORDER BY 1";
    assert_eq!(rows(&workspace, new), ["psa/3307,ready", "psa/51013,ready", "psa/51017,ready"]);
}

#[test]
fn the_rmm_alone_delivers_customers_with_devices_and_assets() {
    let workspace = sample("");
    let text = workspace.read("p.toml");
    let psa = text.find("[[source]]").expect("there is a source");
    let rmm = text.rfind("[[source]]").expect("there are two");
    let alone = format!("{}{}", &text[..psa], &text[rmm..]).replace("method = \"B\"", "method = \"D\"");
    let workspace = workspace.with("p.toml", alone.replace("role = \"rmm\"\n", ""));
    run(&workspace);
    let read =
        "SELECT entity, records, matched, skipped FROM latest_source_status WHERE source = 'rmm' ORDER BY 1";
    // Fennwick, Juniper, Lowther and Marlow; Hargreave and Bramley have no device.
    assert_eq!(rows(&workspace, read), ["configuration,19,12,1", "organization,8,4,2"]);
}

#[test]
fn the_hub_s_stored_ids_mean_the_rmm_and_reach_the_psa() {
    let hub = r#"{"data":[
        {"id":"1","type":"organizations","attributes":{"name":"Harbor Lane"},"relationships":{}},
        {"id":"2","type":"organizations","attributes":{"name":"Other"},"relationships":{}}]}"#;
    let device = r#"{"data":[{"id":"7","type":"configurations","attributes":{"organization-id":1,"name":"Front desk",
        "rmm-id":"51001","rmm-integration-type":"syncro"},"relationships":{}}]}"#;
    let customer = r#"{"customer":{"id":3301,"business_name":"Harbor Lane","business_then_name":"Harbor Lane","online_profile_url":"x","disabled":false,"contacts":[]}}"#;
    let asset = r#"{"assets":[{"id":51001,"name":"HLD-FRONT01","customer_id":3301,"asset_type":"Syncro Device","asset_serial":"7QX1ZZ3","properties":{}}],"meta":{"total_pages":1}}"#;
    let source = |name: &str| {
        format!(
            "[[source]]\nname = \"{name}\"\nsystem = \"syncro\"\nrole = \"{name}\"\nfiles = [\"syncro\"]\n"
        )
    };
    let workspace = Workspace::empty()
        .with(
            "p.toml",
            format!("method = \"B\"\n[hub]\nfiles = [\"hub\"]\n{}{}", source("psa"), source("rmm")),
        )
        .with("hub/organizations.json", hub)
        .with("hub/configurations.json", device)
        .with("syncro/customer_3301.json", customer)
        .with("syncro/assets.json", asset);
    run(&workspace);
    let found =
        "SELECT source, rule, key_value, hub_id FROM latest_matches WHERE record_id = '51001' ORDER BY 1";
    assert_eq!(rows(&workspace, found), ["psa,link,rmm:51001,7", "rmm,link,psa:51001,7"]);
}

#[test]
fn of_three_sources_none_says_which_belong_together() {
    let workspace = sample(&format!(
        "\n[[source]]\nname = \"rmm-2\"\nsystem = \"syncro\"\nrole = \"rmm\"\nfiles = [\"{REPOSITORY}/samples/syncro/*.json\"]\n"
    ));
    let text = workspace.read("p.toml").replace("name = \"rmm\"", "name = \"rmm-1\"");
    let workspace = workspace.with("p.toml", text);
    run(&workspace);
    let linked = "SELECT count(*) FROM latest_configurations WHERE links IS NOT NULL AND source <> 'hub'";
    assert_eq!(rows(&workspace, linked), ["0"]);
    // Serial numbers, MAC addresses and host names still do.
    let found = "SELECT source, rule FROM latest_matches WHERE entity = 'configuration' AND record_id = '51013' ORDER BY 1";
    assert_eq!(rows(&workspace, found), ["psa,", "rmm-1,serial", "rmm-2,serial"]);
}

#[test]
fn a_role_that_the_system_cannot_have_is_an_error() {
    let workspace = sample("");
    let text = workspace.read("p.toml").replace("role = \"rmm\"", "role = \"scan\"");
    let seen = workspace.with("p.toml", text).seen(&["check", "p.toml"]);
    assert!(seen.contains("the role of Syncro is psa or rmm"), "{seen}");
}

#[test]
fn addresses_are_those_of_the_network_and_never_the_office_s() {
    let workspace = sample("");
    run(&workspace);
    let of = "SELECT record_id, primary_ip, default_gateway FROM latest_configurations WHERE source = 'psa' \
         AND record_id IN ('51001', '51004', '51005', '51006') ORDER BY 1";
    // 51004 has adapters as JSON text alone, 51005 none that is said to be primary, 51006 an address of somebody's typing.
    let expected =
        ["51001,10.27.0.10,10.27.0.1", "51004,,", "51005,10.27.0.15,10.27.0.1", "51006,10.27.0.70,"];
    assert_eq!(rows(&workspace, of), expected);
    let office = "SELECT count(*) FROM latest_configurations WHERE primary_ip = '198.51.100.20'";
    assert_eq!(rows(&workspace, office), ["0"]);
}

#[test]
fn keys_that_differ_in_case_stay_apart_and_passwords_stay_out() {
    let workspace = sample("");
    run(&workspace);
    let notes = "SELECT raw->'properties'->>'Notes', raw->'properties'->>'notes', json_valid(raw), \
         len(json_keys(raw->'properties')) > 1 FROM latest_configurations WHERE source = 'psa' AND record_id = '51006'";
    assert_eq!(rows(&workspace, notes), ["by the back door,toner TN-3480,true,true"]);
    let output = workspace.run(&["export", "p.toml", "--csv", "out"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let found = Command::new("grep").args(["-r", "-l", "CANARY"]).arg(workspace.path("out")).output();
    let found = found.expect("grep is there");
    assert!(found.stdout.is_empty(), "{}", String::from_utf8_lossy(&found.stdout));
}

#[test]
fn phones_have_their_extensions_and_labels() {
    let workspace = sample("");
    run(&workspace);
    let of = "SELECT record_id, title, array_to_string(phones, ';'), array_to_string(phone_labels, ';') FROM latest_contacts \
         WHERE source = 'psa' AND record_id IN ('6601', '6606', '6608') ORDER BY 1";
    let expected = [
        "6601,Practice Manager,01632960242 x12;07700900142,Work;Mobile",
        "6606,,01632960260,Work",
        "6608,,,",
    ];
    assert_eq!(rows(&workspace, of), expected);
}

#[test]
fn tickets_lead_to_people_and_devices() {
    let workspace = sample("");
    run(&workspace);
    let of = "SELECT ticket_id, entity, cluster_id FROM ticket_links ORDER BY ALL";
    let expected = [
        "9001,configuration,hub/8057",
        "9001,contact,hub/7039",
        "9001,organization,hub/5008",
        // The machine that was installed again is two assets, of which one is in review.
        "9002,configuration,hub/8084",
        "9002,configuration,psa/51008",
        "9002,contact,hub/7057",
        "9002,organization,hub/5011",
        "9003,contact,psa/6613",
        "9003,organization,psa/3307",
        "9004,configuration,hub/8124",
        "9004,organization,hub/5008",
    ];
    assert_eq!(rows(&workspace, of), expected);
    assert_eq!(rows(&workspace, "SELECT count(*) FROM latest_plan_steps WHERE entity = 'ticket'"), ["0"]);
}
