//! Licences and groups as flexible assets: the calls are written out by hand from IT Glue's description, in which a change
//! deletes every trait that is not sent.

use crate::workspace::Workspace;

const PIPELINE: &str = r#"
method = "A"
[hub]
files = ["hub"]
[[source]]
name = "psa"
system = "connectwise"
files = ["psa"]
[[source]]
name = "m365"
system = "microsoft-365"
files = ["m365"]
[source.licenses]
license_type = { id = 4101, name = "Cloud Licences" }
group_type = { id = 4102, name = "Cloud Groups" }
"#;

const TENANT: &str =
    r#"{"value":[{"id":"t-1","displayName":"Acme","street":null,"city":null,"verifiedDomains":[]}]}"#;

const USERS: &str = r#"{"value":[
{"id":"u1","userPrincipalName":"ann@acme.example","givenName":"Ann","surname":"Okafor","assignedLicenses":[{"skuId":"sku-a"}]},
{"id":"u2","userPrincipalName":"bo@acme.example","givenName":"Bo","surname":"Reed","assignedLicenses":[{"skuId":"sku-a"}]}]}"#;

const SKUS: &str = r#"{"value":[
{"id":"t-1_sku-a","accountId":"t-1","skuId":"sku-a","skuPartNumber":"SPB","capabilityStatus":"Enabled","consumedUnits":27,"prepaidUnits":{"enabled":25}},
{"id":"t-1_sku-b","accountId":"t-1","skuId":"sku-b","skuPartNumber":"EXCHANGESTANDARD","capabilityStatus":"Enabled","consumedUnits":1,"prepaidUnits":{"enabled":10}}]}"#;

const GROUPS: &str = r#"{"value":[
{"id":"g1","displayName":"Managers","description":"Those who sign","mail":"managers@acme.example","mailEnabled":true,"securityEnabled":true,"groupTypes":[]}]}"#;

/// An asset of the account's own type, with a field that nobody but the account knows and one that holds tags.
const LICENCES: &str = r#"{"data":[{"id":"9001","type":"flexible-assets","attributes":{"organization-id":1,"organization-name":"Acme",
"flexible-asset-type-id":4101,"flexible-asset-type-name":"Cloud Licences","name":"SPB","archived":false,"traits":{
"license-name":"SPB","sku-part-number":"SPB","status":"Enabled","active":20,"consumed":19,"unused":1,"assigned-users":"ann@acme.example",
"renewal-note":"call in May","approvers":{"type":"Contacts","values":[{"id":71,"name":"Ann Okafor"},{"id":72,"name":"Bo Reed"}]}}}}]}"#;

const ASSET_GROUPS: &str = r#"{"data":[{"id":"9101","type":"flexible-assets","attributes":{"organization-id":1,"organization-name":"Acme",
"flexible-asset-type-id":4102,"flexible-asset-type-name":"Cloud Groups","archived":false,"traits":{"group-name":"Another","group-type":"Security"}}}]}"#;

fn workspace() -> Workspace {
    let organization = |kind: &str| {
        format!(
            r#"{{"data":[{{"id":"1","type":"{kind}","attributes":{{"name":"Acme"}},"relationships":{{}}}}]}}"#
        )
    };
    Workspace::empty()
        .with("p.toml", PIPELINE)
        .with("hub/organizations.json", organization("organizations"))
        .with("hub/cloud_licences.json", LICENCES)
        .with("hub/cloud_groups.json", ASSET_GROUPS)
        .with(
            "psa/companies.json",
            r#"[{"id":5,"identifier":"acme","name":"Acme","status":{"id":1,"name":"Active"}}]"#,
        )
        .with("m365/acme/organization.json", TENANT)
        .with("m365/acme/users.json", USERS)
        .with("m365/acme/subscribed_skus.json", SKUS)
        .with("m365/acme/groups.json", GROUPS)
}

/// A line per step for a licence or a group: what it is, its call and its reasons.
fn steps(workspace: &Workspace) -> Vec<String> {
    let output = workspace.run(&["run", "p.toml"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let sql = "SELECT concat(s.step_id, ' ', s.status, ' ', s.method, ' ', s.path, ' ', s.payload, \
               (SELECT ' | ' || string_agg(r.code || ': ' || r.message, '; ' ORDER BY r.code) \
               FROM latest_plan_reasons AS r WHERE r.step_id = s.step_id)) AS line \
               FROM latest_plan_steps AS s WHERE s.entity IN ('license', 'group') ORDER BY s.step_id";
    let output = workspace.run(&["query", "p.toml", sql, "--json"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("the answer is UTF-8");
    let line = |row: &str| -> String {
        let row: serde_json::Value = serde_json::from_str(row).expect("every line is JSON");
        row["line"].as_str().expect("a text").to_owned()
    };
    text.lines().map(line).collect()
}

#[test]
fn a_change_sends_every_trait_and_a_create_all_that_is_known() {
    let create_group = r#"hub:create:group:m365/g1 ready POST /organizations/1/relationships/flexible_assets {"data":[{"type":"flexible_assets","attributes":{"flexible-asset-type-id":4102,"traits":{"group-name":"Managers","description":"Those who sign","group-type":"Mail-enabled security","email":"managers@acme.example"}}}]}"#;
    let create = r#"hub:create:license:m365/t-1_sku-b ready POST /organizations/1/relationships/flexible_assets {"data":[{"type":"flexible_assets","attributes":{"flexible-asset-type-id":4101,"traits":{"license-name":"EXCHANGESTANDARD","sku-part-number":"EXCHANGESTANDARD","status":"Enabled","active":10,"consumed":1,"unused":9}}}]}"#;
    let update = r#"hub:update:license:hub/9001 ready PATCH /flexible_assets {"data":[{"type":"flexible_assets","attributes":{"id":9001,"traits":{"license-name":"SPB","sku-part-number":"SPB","status":"Enabled","active":25,"consumed":27,"unused":-2,"assigned-users":"ann@acme.example; bo@acme.example","renewal-note":"call in May","approvers":[71,72]}}}]}"#;
    assert_eq!(steps(&workspace()), [create_group, create, update]);
}

#[test]
fn what_nothing_differs_of_is_left_alone() {
    let same = LICENCES.replace(
        r#""active":20,"consumed":19,"unused":1,"assigned-users":"ann@acme.example""#,
        r#""active":25,"consumed":27,"unused":-2,"assigned-users":"bo@acme.example; ann@acme.example""#,
    );
    let all = steps(&workspace().with("hub/cloud_licences.json", same));
    assert!(all.iter().all(|line| !line.starts_with("hub:update")), "{all:?}");
}

#[test]
fn without_a_type_nothing_can_be_made() {
    let untyped = PIPELINE.split("[source.licenses]").next().expect("a text");
    let all = steps(&workspace().with("p.toml", untyped));
    assert_eq!(all.len(), 3);
    for line in &all {
        assert!(line.contains(" blocked "), "{line}");
        assert!(line.contains("entity_not_supported: IT Glue keeps "), "{line}");
        assert!(line.ends_with("no source names their type in `[source.licenses]`"), "{line}");
    }
}

#[test]
fn the_types_of_the_hub_s_own_integration_are_locked() {
    let locked = LICENCES.replace(
        r#"4101,"flexible-asset-type-name":"Cloud Licences""#,
        r#"77,"flexible-asset-type-name":"Microsoft Licenses""#,
    );
    let all = steps(&workspace().with("hub/cloud_licences.json", locked));
    let update = all.iter().find(|line| line.starts_with("hub:update")).expect("a change");
    assert!(update.contains(" blocked "), "{update}");
    assert!(
        update.ends_with("field_locked: `hub/9001` is of `Microsoft Licenses`, which the hub's own Microsoft integration locks"),
        "{update}"
    );
    let own = LICENCES.replace("4101", "4100");
    let all = steps(&workspace().with("hub/cloud_licences.json", own));
    let update = all.iter().find(|line| line.starts_with("hub:update")).expect("a change");
    assert!(
        update.ends_with("entity_not_supported: `hub/9001` is of the type 4100, and the pipeline's is 4101"),
        "{update}"
    );
    // In a pipeline a locked type is an error at once.
    let written = PIPELINE.replace("\"Cloud Licences\"", "\"Microsoft Licenses\"");
    let seen = workspace().with("p.toml", written).seen(&["check", "p.toml"]);
    assert!(seen.contains("P210") && seen.contains("`Microsoft Licenses` cannot be written"), "{seen}");
}

#[test]
fn what_cannot_be_sent_back_holds_the_change() {
    let with_file = LICENCES.replace(r#""call in May""#, r#"{"url":"https://files.example/contract.pdf"}"#);
    let all = steps(&workspace().with("hub/cloud_licences.json", with_file));
    let update = all.iter().find(|line| line.starts_with("hub:update")).expect("a change");
    assert!(update.contains(" blocked "), "{update}");
    assert!(
        update.ends_with("field_locked: a change must send every trait, and `renewal-note` of `hub/9001` cannot be sent as it was read"),
        "{update}"
    );
}

#[test]
fn without_the_hub_s_assets_it_may_all_be_there_already() {
    let all = steps(&workspace().without("hub/cloud_licences.json"));
    let create =
        all.iter().find(|line| line.starts_with("hub:create:license:m365/t-1_sku-a")).expect("a create");
    assert!(create.contains(" blocked "), "{create}");
    assert!(
        create.contains(
            "entity_not_supported: the files of `hub` hold no licenses, so it may be there already"
        ),
        "{create}"
    );
}
