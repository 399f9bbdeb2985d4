//! Saved answers of Microsoft Graph and Partner Center. Every value is worked out by hand from the answers.

use matchbook::extract::Extracted;
use matchbook::model::{Entity, column};

use crate::extract::{Folder, table};
use crate::workspace::Workspace;

const PIPELINE: &str = r#"
method = "A"
[hub]
system = "it-glue"
files = ["hub"]
[[source]]
name = "psa"
system = "connectwise"
files = ["psa"]
[[source]]
name = "m365"
system = "microsoft-365"
files = ["m365"]
"#;

const M365: u16 = 2;

const TENANT: &str = r#"{"value":[{"id":"t-1","displayName":"Acme","street":"1 Quay","city":"Leith","state":null,"postalCode":"EH6","country":"GB","businessPhones":["01632 960001"],"verifiedDomains":[{"name":"acme.example","isDefault":true}]}]}"#;

/// Users as lines of id, sign-in name, first and last name, type, whether they can sign in, and whether they hold a
/// licence.
const USERS: [(&str, &str, &str, &str, &str, bool, bool); 9] = [
    ("plain", "ann@acme.example", "Ann", "Lee", "\"Member\"", true, true),
    ("untyped", "bo@acme.example", "Bo", "Ray", "null", true, true),
    ("guest", "cy_partner.example#EXT#@acme.example", "Cy", "Dunn", "null", true, false),
    ("guest-by-type", "di@acme.example", "Di", "Moss", "\"Guest\"", true, true),
    ("disabled", "ed@acme.example", "Ed", "Quay", "\"Member\"", false, true),
    ("mailbox", "info@acme.example", "", "", "\"Member\"", false, false),
    ("open-mailbox", "desk@acme.example", "", "", "\"Member\"", true, false),
    ("unlicensed", "flo@acme.example", "Flo", "Hart", "\"Member\"", true, false),
    ("service", "svc-scan@acme.example", "Scan", "Service", "\"Member\"", true, true),
];

fn users() -> String {
    let text = |name: &str| if name.is_empty() { "null".to_owned() } else { format!("\"{name}\"") };
    let user = |(id, upn, first, last, kind, is_enabled, is_licensed): (
        &str,
        &str,
        &str,
        &str,
        &str,
        bool,
        bool,
    )| {
        let licences = if is_licensed { r#"[{"skuId":"sku-a"}]"# } else { "[]" };
        format!(
            r#"{{"id":"{id}","userPrincipalName":"{upn}","displayName":"{id}","givenName":{},"surname":{},"userType":{kind},"accountEnabled":{is_enabled},"assignedLicenses":{licences},"mail":null,"proxyAddresses":[],"businessPhones":[]}}"#,
            text(first),
            text(last)
        )
    };
    format!("{{\"value\":[{}]}}", USERS.map(user).join(","))
}

/// A folder with a tenant and the pipeline with `more` behind its last source.
fn folder(more: &str) -> Folder {
    let mut folder = Folder::new()
        .with("hub/organizations.csv", "id,name\n1,Acme\n")
        .with("m365/acme/organization.json", TENANT);
    folder.pipeline = format!("{PIPELINE}{more}");
    folder
}

/// `ID: REASON` of every record, `ID` of those that take part.
fn states(extracted: &Extracted, entity: Entity) -> Vec<String> {
    let records = table(extracted, M365, entity);
    let rows = 0..u32::try_from(records.len()).expect("few rows");
    let mut states: Vec<String> = rows
        .map(|row| match records.get(row, column::SKIP_REASON) {
            Some(reason) => format!("{}: {reason}", records.id(row)),
            None => records.id(row).to_owned(),
        })
        .collect();
    states.sort();
    states
}

fn cell<'e>(extracted: &'e Extracted, entity: Entity, id: &str, name: &str) -> &'e str {
    let records = table(extracted, M365, entity);
    let mut rows = 0..u32::try_from(records.len()).expect("few rows");
    let row = rows.find(|row| records.id(*row) == id).unwrap_or_else(|| panic!("no {entity} {id}"));
    records.get(row, name).unwrap_or_default()
}

fn of_users(more: &str) -> Vec<String> {
    let extracted = folder(more).with("m365/acme/users.json", users()).read();
    states(&extracted, Entity::Contact)
}

#[test]
fn accounts_that_are_no_people_of_the_client_stay_out() {
    assert_eq!(
        of_users(""),
        [
            "disabled: disabled_account",
            "guest-by-type: guest",
            "guest: guest",
            "mailbox: shared_mailbox",
            "open-mailbox: shared_mailbox",
            "plain",
            "service",
            "unlicensed",
            "untyped",
        ]
    );
}

#[test]
fn the_pipeline_lets_each_kind_in_or_keeps_it_out() {
    let reason = |more: &str, id: &str| {
        let of = of_users(&format!("[source.accounts]\n{more}\n"));
        let found = of.iter().find(|state| state.split(':').next() == Some(id));
        found.unwrap_or_else(|| panic!("{id} is read")).clone()
    };
    assert_eq!(reason("guests = true", "guest"), "guest");
    assert_eq!(reason("guests = true", "guest-by-type"), "guest-by-type");
    assert_eq!(reason("disabled = true", "disabled"), "disabled");
    // A shared mailbox that is let in is neither a disabled account nor an unlicensed one.
    assert_eq!(reason("shared_mailboxes = true", "mailbox"), "mailbox");
    assert_eq!(reason("shared_mailboxes = true\nunlicensed = false", "mailbox"), "mailbox");
    assert_eq!(reason("disabled = true", "mailbox"), "mailbox: shared_mailbox");
    assert_eq!(reason("unlicensed = false", "unlicensed"), "unlicensed: unlicensed");
    // A guest that is let in and has no licence.
    assert_eq!(reason("guests = true\nunlicensed = false", "guest"), "guest: unlicensed");
    // Letter case does not count, and neither the sign-in name nor the full name is another.
    assert_eq!(reason("skip_names = [\"SVC-*\"]", "service"), "service: service_account");
    assert_eq!(reason("skip_names = [\"Plain\"]", "plain"), "plain: service_account");
}

#[test]
fn a_user_has_its_names_addresses_and_numbers() {
    let user = r#"{"value":[
        {"id":"u1","displayName":"Okafor, Mina","givenName":"Mina","surname":"Okafor","userPrincipalName":"mina@acme.example",
        "mail":"mina.okafor@acme.example","proxyAddresses":["smtp:m.o@acme.example","SMTP: mina.okafor@acme.example","SIP:mina@acme.example","X500:/o=x"],
        "businessPhones":["+44 1632 960133"],"mobilePhone":"07700 900133","jobTitle":"Office Manager","officeLocation":"Quay","accountEnabled":true,
        "assignedLicenses":[{"skuId":"a"}]},
        {"id":"u2","displayName":"Jo van Reed","givenName":null,"surname":null,"userPrincipalName":"jo@acme.example","mail":null,
        "accountEnabled":true,"assignedLicenses":[{"skuId":"a"}]}]}"#;
    let read = |more| folder(more).with("m365/acme/users.json", user).read();
    let extracted = read("");
    let of = |id, name| cell(&extracted, Entity::Contact, id, name);
    assert_eq!(of("u1", column::FIRST_NAME), "Mina", "the display name is no name of a contact");
    assert_eq!(of("u1", column::LAST_NAME), "Okafor");
    assert_eq!(of("u1", column::TITLE), "Office Manager");
    assert_eq!(of("u1", column::EMAILS), "mina.okafor@acme.example\u{1f}m.o@acme.example");
    assert_eq!(of("u1", column::PHONES), "+44 1632 960133\u{1f}07700 900133");
    assert_eq!(of("u1", column::PHONE_LABELS), "Work\u{1f}Mobile");
    assert_eq!(of("u1", column::USER_PRINCIPAL_NAME), "mina@acme.example");
    assert_eq!(of("u1", column::LOCATION), "Quay");
    assert_eq!((of("u2", column::FIRST_NAME), of("u2", column::LAST_NAME)), ("Jo van", "Reed"));
    assert_eq!(of("u2", column::EMAILS), "jo@acme.example", "without a mailbox the sign-in name is it");
    assert!(extracted.findings.iter().any(|it| it.code == "name_derived" && it.record_id == "u2"));
    let by_sign_in = read("[source.accounts]\nprimary_email = \"sign-in\"\n");
    assert_eq!(
        cell(&by_sign_in, Entity::Contact, "u1", column::EMAILS),
        "mina@acme.example\u{1f}mina.okafor@acme.example\u{1f}m.o@acme.example"
    );
}

#[test]
fn a_tenant_is_an_organization_and_its_address_a_location() {
    let extracted = folder("").read();
    assert_eq!(cell(&extracted, Entity::Organization, "t-1", column::NAME), "Acme");
    let of = |name| cell(&extracted, Entity::Location, "t-1", name);
    assert_eq!(of(column::NAME), "Acme");
    assert_eq!((of(column::ADDRESS_1), of(column::CITY), of(column::COUNTRY)), ("1 Quay", "Leith", "GB"));
    assert_eq!((of(column::POSTAL_CODE), of(column::PHONE)), ("EH6", "01632 960001"));
}

#[test]
fn of_several_relationships_the_last_names_a_customer() {
    let relationship = |id: &str, name: &str, tenant: &str, customer: &str, status: &str, end: &str| {
        format!(
            r#"{{"id":"{id}","displayName":"{name}","customer":{{"tenantId":"{tenant}","displayName":"{customer}"}},"accessDetails":{{"unifiedRoles":[]}},"status":"{status}","endDateTime":"{end}"}}"#
        )
    };
    let all = [
        relationship("r1", "old", "t-2", "Borough", "active", "2026-01-01T00:00:00.0000000Z"),
        relationship("r2", "new", "t-2", "Borough Ltd", "active", "2027-01-01T00:00:00.0000000Z"),
        relationship("r3", "MLT_1", "t-2", "Borough (moved)", "active", "2029-01-01T00:00:00.0000000Z"),
        relationship("r4", "gone", "t-3", "Former", "expired", "2024-01-01T00:00:00.0000000Z"),
        // Past its end, and still granted.
        relationship("r5", "late", "t-4", "Cobalt", "expiring", "2025-01-01T00:00:00.0000000Z"),
        relationship("r6", "named", "t-1", "Acme (old name)", "active", "2029-01-01T00:00:00.0000000Z"),
        r#"{"id":"r7","displayName":"asked","customer":null,"accessDetails":{"unifiedRoles":[]},"status":"approvalPending","endDateTime":null}"#.to_owned(),
    ];
    let extracted = folder("")
        .with("m365/delegated_admin_relationships.json", format!("{{\"value\":[{}]}}", all.join(",")))
        .with(
            "m365/delegated_admin_customers.json",
            r#"{"value":[{"id":"t-4","tenantId":"t-4","displayName":"Cobalt Works"}]}"#,
        )
        .read();
    assert_eq!(
        states(&extracted, Entity::Organization),
        ["r7: no_organization", "t-1", "t-2", "t-3: removed", "t-4"]
    );
    let name = |id| cell(&extracted, Entity::Organization, id, column::NAME);
    assert_eq!(name("t-1"), "Acme", "the tenant's own name is current");
    assert_eq!(name("t-2"), "Borough Ltd");
    assert_eq!(name("t-4"), "Cobalt Works", "the list of customers comes before the relationships");
}

#[test]
fn licences_go_by_the_names_of_the_file() {
    let skus = r#"{"value":[
        {"id":"t-1_a","accountId":"t-1","skuId":"sku-a","skuPartNumber":"SPB","capabilityStatus":"Warning","consumedUnits":2,"prepaidUnits":{"enabled":1,"warning":3}},
        {"id":"t-1_b","accountId":"t-1","skuId":"sku-b","skuPartNumber":"NEW_SKU","capabilityStatus":"Enabled","consumedUnits":null,"prepaidUnits":{"enabled":5}},
        {"id":"t-1_c","accountId":"t-1","skuId":"sku-c","skuPartNumber":"FLOW_FREE","capabilityStatus":"Enabled","consumedUnits":1,"prepaidUnits":{"enabled":10000}},
        {"id":"t-1_d","accountId":"t-1","skuId":"sku-d","skuPartNumber":"VISIO","capabilityStatus":"Suspended","consumedUnits":0,"prepaidUnits":{"enabled":0}}]}"#;
    let names = "Product_Display_Name,String_Id,GUID,Service_Plan_Name\nBusiness,SPB,SKU-A,X\nBusiness Premium,SPB,sku-a,Y\n";
    let extracted = folder("[source.licenses]\nnames = \"names.csv\"\nskip = [\"*_free\"]\n")
        .with("names.csv", names)
        .with("m365/acme/users.json", users())
        .with("m365/acme/subscribed_skus.json", skus)
        .read();
    assert_eq!(
        states(&extracted, Entity::License),
        ["t-1_a", "t-1_b", "t-1_c: on_skip_list", "t-1_d: unlicensed"]
    );
    let of = |id, name| cell(&extracted, Entity::License, id, name);
    assert_eq!(of("t-1_a", column::NAME), "Business Premium", "of two names of a product the last counts");
    assert_eq!(of("t-1_b", column::NAME), "NEW_SKU", "what the file lacks goes by its part number");
    assert_eq!((of("t-1_a", column::TOTAL), of("t-1_a", column::CONSUMED)), ("1", "2"));
    assert_eq!(of("t-1_b", column::CONSUMED), "", "a number may be null");
    // Everybody whose assigned licences have the id, whether the account takes part or not.
    assert_eq!(
        of("t-1_a", column::MEMBERS).split('\u{1f}').collect::<Vec<_>>(),
        [
            "ann@acme.example",
            "bo@acme.example",
            "di@acme.example",
            "ed@acme.example",
            "svc-scan@acme.example"
        ]
    );
    let overused: Vec<_> = extracted.findings.iter().filter(|it| it.code == "licence_overused").collect();
    assert_eq!(overused.len(), 1);
    assert_eq!(overused[0].record_id, "t-1_a");
}

#[test]
fn groups_have_kinds_and_members_of_every_kind() {
    let groups = r#"{"value":[
        {"id":"a77f31c2-04de-4a0b-8e15-5d2c9b6e0001","displayName":"Team","mail":"team@acme.example","mailEnabled":true,"securityEnabled":false,"groupTypes":["DynamicMembership","Unified"]},
        {"id":"a77f31c2-04de-4a0b-8e15-5d2c9b6e0002","displayName":"Signers","mail":"s@acme.example","mailEnabled":true,"securityEnabled":true,"groupTypes":[]},
        {"id":"a77f31c2-04de-4a0b-8e15-5d2c9b6e0003","displayName":"Doors","mail":null,"mailEnabled":false,"securityEnabled":true,"groupTypes":[]},
        {"id":"a77f31c2-04de-4a0b-8e15-5d2c9b6e0004","displayName":"All","mail":"all@acme.example","mailEnabled":true,"securityEnabled":false,"groupTypes":[]}]}"#;
    let members = r##"{"value":[
        {"@odata.type":"#microsoft.graph.user","id":"u1","displayName":"Ann Lee","userPrincipalName":"ann@acme.example"},
        {"@odata.type":"#microsoft.graph.group","id":"g9","displayName":"Nested"},
        {"@odata.type":"#microsoft.graph.device","id":"hidden"}]}"##;
    let extracted = folder("")
        .with("m365/acme/groups.json", groups)
        .with("m365/acme/members/a77f31c2-04de-4a0b-8e15-5d2c9b6e0001.json", members)
        .read();
    let of = |last: char, name| {
        cell(&extracted, Entity::Group, &format!("a77f31c2-04de-4a0b-8e15-5d2c9b6e000{last}"), name)
    };
    assert_eq!(of('1', column::TYPE), "Microsoft 365");
    assert_eq!(of('2', column::TYPE), "Mail-enabled security");
    assert_eq!(of('3', column::TYPE), "Security");
    assert_eq!(of('4', column::TYPE), "Distribution list");
    assert_eq!(of('1', column::MEMBERS), "ann@acme.example\u{1f}Nested\u{1f}hidden");
    assert_eq!(of('2', column::MEMBERS), "");
}

#[test]
fn managed_devices_are_configurations_and_personal_ones_by_setting() {
    let devices = r#"{"value":[
        {"id":"d1","deviceName":"ACM-LT-01","serialNumber":"4NXRM03","manufacturer":"Dell Inc.","model":"Latitude 5450","operatingSystem":"Windows","osVersion":"10.0.26100",
        "wiFiMacAddress":"3C52820A15A3","ethernetMacAddress":"1866DA0A1456","lastSyncDateTime":"2026-11-10T07:12:44Z","managedDeviceOwnerType":"company"},
        {"id":"d2","deviceName":"Ann's phone","serialNumber":null,"operatingSystem":"iOS","osVersion":"19","managedDeviceOwnerType":"personal"}]}"#;
    let read = |more| folder(more).with("m365/acme/managed_devices.json", devices).read();
    let extracted = read("");
    assert_eq!(states(&extracted, Entity::Configuration), ["d1", "d2: personal_device"]);
    let of = |name| cell(&extracted, Entity::Configuration, "d1", name);
    assert_eq!((of(column::NAME), of(column::HOSTNAME)), ("ACM-LT-01", "ACM-LT-01"));
    assert_eq!((of(column::SERIAL_NUMBER), of(column::MODEL)), ("4NXRM03", "Latitude 5450"));
    assert_eq!(of(column::MAC_ADDRESS), "1866DA0A1456, 3C52820A15A3");
    assert_eq!((of(column::OPERATING_SYSTEM), of(column::OPERATING_SYSTEM_NOTES)), ("Windows", "10.0.26100"));
    let with = read("[source.accounts]\npersonal_devices = true\n");
    assert_eq!(states(&with, Entity::Configuration), ["d1", "d2"]);
}

const PORTAL: &str = "\
Block credential,City,Display name,First name,Last name,License assignment details,Licenses,Mobile Phone,Object Id,Office,Phone number,Proxy addresses,Soft deletion time stamp,Title,User principal name
False,Leith,Ann Lee,Ann,Lee,x,Microsoft 365 Business Premium+Power BI (free),07700 900133,p1,Quay,01632 960133,SMTP:ann.lee@acme.example+smtp:a+news@acme.example+SIP:ann@acme.example,,Owner,ann@acme.example
True,,Ed Quay,Ed,Quay,,Microsoft 365 Business Premium,,p2,,,,,,ed@acme.example
False,,Desk,,,,Unlicensed,,p3,,,,,,desk@acme.example
False,,Flo Hart,Flo,Hart,,Unlicensed,,p4,,,,,,flo@acme.example
False,,Cy Dunn,Cy,Dunn,,Unlicensed,,p5,,,,,,cy_partner.example#EXT#@acme.example
False,,Gil Orr,Gil,Orr,,Unlicensed,,p6,,,,2026-01-05 10:00:00Z,,gil@acme.example
";

#[test]
fn the_portal_s_export_has_users_too() {
    let skus = r#"{"value":[
        {"id":"t-1_a","accountId":"t-1","skuId":"sku-a","skuPartNumber":"SPB","consumedUnits":2,"prepaidUnits":{"enabled":5}}]}"#;
    let names = "Product_Display_Name,String_Id,GUID\nMicrosoft 365 Business Premium,SPB,sku-a\n";
    let read = |more: &str| {
        folder(&format!("{more}[source.licenses]\nnames = \"names.csv\"\n"))
            .with("names.csv", names)
            .with("m365/acme/subscribed_skus.json", skus)
            .with("m365/acme/export 2026-11.csv", PORTAL)
            .read()
    };
    let extracted = read("");
    assert_eq!(
        states(&extracted, Entity::Contact),
        ["p1", "p2: disabled_account", "p3: shared_mailbox", "p4", "p5: guest", "p6: deleted"]
    );
    let of = |name| cell(&extracted, Entity::Contact, "p1", name);
    assert_eq!((of(column::FIRST_NAME), of(column::LAST_NAME), of(column::TITLE)), ("Ann", "Lee", "Owner"));
    // `SMTP:` is before the address of the mailbox.
    assert_eq!(of(column::EMAILS), "ann.lee@acme.example\u{1f}a+news@acme.example");
    assert_eq!(of(column::PHONES), "01632 960133\u{1f}07700 900133");
    assert_eq!((of(column::LOCATION), of(column::USER_PRINCIPAL_NAME)), ("Quay", "ann@acme.example"));
    assert_eq!(of(column::ORGANIZATION_ID), "t-1", "the tenant's own document stands in the folder");
    assert_eq!(of(column::ACTIVE), "true");
    // A cell says licences by their names; an account that cannot sign in holds one too.
    assert_eq!(
        cell(&extracted, Entity::License, "t-1_a", column::MEMBERS),
        "ann@acme.example\u{1f}ed@acme.example"
    );
    let strict = read("[source.accounts]\nunlicensed = false\nshared_mailboxes = true\n");
    assert_eq!(
        states(&strict, Entity::Contact),
        ["p1", "p2: disabled_account", "p3", "p4: unlicensed", "p5: guest", "p6: deleted"]
    );
}

#[test]
fn other_tables_of_the_portals_are_read_as_well() {
    let entra = "userPrincipalName,displayName,surname,mail,givenName,objectId,userType,accountEnabled\n\
        ann@acme.example,Ann Lee,Lee,ann.lee@acme.example,Ann,e1,Member,True\n\
        di@acme.example,Di Moss,Moss,,Di,e2,Guest,True\ned@acme.example,Ed Quay,Quay,,Ed,e3,Member,False\n";
    let extracted = folder("").with("m365/acme/exportUsers.csv", entra).read();
    assert_eq!(states(&extracted, Entity::Contact), ["e1", "e2: guest", "e3: disabled_account"]);
    assert_eq!(cell(&extracted, Entity::Contact, "e1", column::EMAILS), "ann.lee@acme.example");
    // The template for many users at once has no ids.
    let bulk = "User Name,First Name,Last Name,Display Name,Job Title,Department,Office Number,Office Phone,Mobile Phone,Fax,Address,City,State or Province,ZIP or Postal Code,Country or Region\n\
        bo@acme.example,Bo,Ray,Bo Ray,Cook,Kitchen,12,01632 960134,,,1 Quay,Leith,,EH6,UK\n";
    let extracted = folder("").with("m365/acme/users.csv", bulk).read();
    let records = table(&extracted, M365, Entity::Contact);
    assert_eq!(records.len(), 1);
    assert_eq!(records.get(0, column::TITLE), Some("Cook"));
    assert_eq!(records.get(0, column::EMAILS), Some("bo@acme.example"));
    assert_eq!(records.get(0, column::PHONES), Some("01632 960134"));
}

#[test]
fn no_secret_reaches_the_warehouse() {
    const CANARY: &str = "canary-7f3e";
    let user = format!(
        r#"{{"value":[{{"id":"u1","userPrincipalName":"a@acme.example","givenName":"A","surname":"B","accountEnabled":true,
        "assignedLicenses":[{{"skuId":"a"}}],"passwordProfile":{{"password":"{CANARY}"}},"password":"{CANARY}",
        "nested":{{"keyCredentials":[{{"key":"{CANARY}"}}],"secretText":"{CANARY}"}},"passwordCredentials":["{CANARY}"]}}]}}"#
    );
    let workspace = Workspace::empty()
        .with("p.toml", format!("warehouse = \"p.duckdb\"\n{PIPELINE}"))
        .with("hub/organizations.csv", "id,name\n1,Acme\n")
        .with(
            "psa/companies.json",
            r#"[{"id":5,"identifier":"acme","name":"Acme","status":{"id":1,"name":"Active"}}]"#,
        )
        .with("m365/acme/organization.json", TENANT)
        .with("m365/acme/users.json", user);
    let output = workspace.run(&["run", "p.toml"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let bytes = std::fs::read(workspace.path("p.duckdb")).expect("the warehouse is there");
    assert!(!bytes.windows(CANARY.len()).any(|window| window == CANARY.as_bytes()));
    let read = "SELECT count(*) FROM latest_contacts WHERE record_id = 'u1' AND raw LIKE '%nested%'";
    let output = workspace.run(&["query", "p.toml", read, "--csv"]);
    let shown = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(shown.lines().nth(1), Some("1"), "what stands beside the secrets is kept");
}
