//! Kaseya BMS and its brands: documents in both spellings, answers that failed, and the calls of a push plan. Values are
//! worked out by hand from the vendor's description and the documents.

use serde_json::{Value, json};

use crate::workspace::Workspace;

const REPOSITORY: &str = env!("CARGO_MANIFEST_DIR");

fn pipeline(system: &str, more: &str) -> String {
    format!(
        "name = \"p\"\nmethod = \"A\"\nwarehouse = \"{system}.duckdb\"\n[hub]\nsystem = \"it-glue\"\nfiles = [\"hub\"]\n\
         [[source]]\nname = \"psa\"\nsystem = \"{system}\"\nfiles = [\"psa\"]\n{more}"
    )
}

/// The sync settings of a PSA that takes everything.
const TWO_WAY: &str = "[source.sync]\ntwo_way = true\npush_all = \"force\"\ncontact_email_type = \"Work\"\n";

fn run(workspace: &Workspace, pipeline: &str) {
    let output = workspace.run(&["run", pipeline]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn rows(workspace: &Workspace, pipeline: &str, sql: &str) -> Vec<Vec<String>> {
    let output = workspace.run(&["query", pipeline, sql, "--csv"]);
    assert!(output.status.success(), "{sql}: {}", String::from_utf8_lossy(&output.stderr));
    let mut reader = csv::Reader::from_reader(output.stdout.as_slice());
    let rows = reader.records().map(|row| row.expect("the program writes CSV"));
    rows.map(|row| row.iter().map(str::to_owned).collect()).collect()
}

/// Names in `PascalCase`, as version 1 writes them.
fn pascal(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let upper = |name: &str| name[..1].to_uppercase() + &name[1..];
            Value::Object(members.iter().map(|(name, value)| (upper(name), pascal(value))).collect())
        }
        Value::Array(items) => Value::Array(items.iter().map(pascal).collect()),
        other => other.clone(),
    }
}

fn v2(result: &Value) -> String {
    json!({"success": true, "error": null, "result": result}).to_string()
}

fn v1(result: &Value) -> String {
    json!({"ResponseCode": 0, "Status": "OK", "Error": "None", "Result": pascal(result)}).to_string()
}

fn account() -> Value {
    json!([{
        "id": 4101, "parentId": null, "accountCode": "HARBOR", "accountTypeId": 3, "accountType": "Client",
        "accountName": "Harbor Lane Dental", "businessTypeId": 1, "businessType": "Business",
        "accountManagerId": 55, "accountManagerUserName": "tmoss", "isActive": true, "locations": [{
            "id": 8801, "locationName": "Main Office", "isMain": true, "isActive": true, "addresses": [
                {"id": 9902, "address1": "PO Box 1", "city": "Portsmouth", "isMain": false},
                {"id": 9901, "address1": "12 Quay Street", "address2": "Floor 2", "city": "Portsmouth", "state": "NH",
                 "zipCode": "03801", "country": "United States", "phone": "603-555-0142", "isMain": true}]}]
    }])
}

fn contact() -> Value {
    json!([{
        "id": 5201, "accountId": 4101, "accountName": "Harbor Lane Dental", "locationId": 8801,
        "locationName": "Main Office", "firstName": "Priya", "lastName": "Nolan", "jobTitle": "Office Manager",
        "isPoc": true, "isActive": true,
        "emails": [{"id": 1, "emailAddress": "p@home.example", "emailTypeId": 2, "emailType": "Home", "isDefault": false},
                   {"id": 2, "emailAddress": "priya@harborlane.example", "emailTypeId": 1, "emailType": "Work", "isDefault": true}],
        "phones": [{"id": 3, "phone": "6035550199", "phoneTypeId": 1, "phoneType": "Work", "isDefault": true}]
    }])
}

fn asset() -> Value {
    json!({
        "id": 70021, "name": "HLD-FRONT01", "accountId": 4101, "accountName": "Harbor Lane Dental",
        "accountLocationId": 8801, "accountLocation": "Main Office", "categoryId": 14, "category": "Workstation",
        "manufacturerId": 31, "manufacturer": "Dell Inc.", "modelNumber": "OptiPlex 7090", "serialNumber": "7QX1ZZ3",
        "macAddress": "AC-91-A1-00-12-F4", "iPAddress": "10.20.0.31", "stateId": 1, "state": "Active",
        "assetTag": null, "barCode": "B-1", "dNSServers": "10.20.0.2", "purchaseCost": 812.5, "isActive": true, "agentId": "884422"
    })
}

fn hub(kind: &str, id: u32, attributes: &Value) -> Value {
    json!({"id": id.to_string(), "type": kind, "attributes": attributes, "relationships": {}})
}

fn document(items: &[Value]) -> String {
    json!({"data": items}).to_string()
}

/// A hub with the client of [`account`], and one that the PSA lacks.
fn estate() -> Workspace {
    let organizations = [
        hub(
            "organizations",
            1,
            &json!({"name": "Harbor Lane Dental", "organization-type-name": "Client", "organization-status-name": "Active", "short-name": "HARBOR"}),
        ),
        hub(
            "organizations",
            2,
            &json!({"name": "Tern Optics", "organization-type-name": "Client", "organization-status-name": "Active", "short-name": "TERN"}),
        ),
    ];
    let locations = [
        hub(
            "locations",
            11,
            &json!({"organization-id": 1, "name": "Main Office", "address-1": "12 Quay Street", "address-2": "Floor 2", "city": "Portsmouth", "region-name": "NH", "country-name": "United States", "postal-code": "03801", "primary": true}),
        ),
        hub(
            "locations",
            12,
            &json!({"organization-id": 1, "name": "Annex", "address-1": "1 Pier Road", "city": "Portsmouth", "primary": false}),
        ),
        hub(
            "locations",
            13,
            &json!({"organization-id": 2, "name": "Shop", "address-1": "5 Lens Row", "city": "Dover", "primary": true}),
        ),
    ];
    let phone = json!([{"value": "6035550111", "primary": true, "label-name": "Work"}]);
    let mail = |address: &str| json!([{"value": address, "primary": true, "label-name": "Work"}]);
    let contacts = [
        hub(
            "contacts",
            21,
            &json!({"organization-id": 1, "first-name": "Priya", "last-name": "Nolan", "title": "Office Manager", "location-id": 11, "location-name": "Main Office", "contact-emails": mail("priya@harborlane.example"), "contact-phones": [{"value": "6035550199", "primary": true, "label-name": "Work"}, {"value": "6035550177", "primary": false, "label-name": "Mobile"}]}),
        ),
        hub(
            "contacts",
            22,
            &json!({"organization-id": 1, "first-name": "Ola", "last-name": "Berg", "title": "Dentist", "important": true, "location-id": 11, "location-name": "Main Office", "contact-emails": mail("ola@harborlane.example"), "contact-phones": phone}),
        ),
        hub(
            "contacts",
            23,
            &json!({"organization-id": 1, "first-name": "Una", "last-name": "Hill", "contact-emails": [], "contact-phones": []}),
        ),
    ];
    let configurations = [
        hub(
            "configurations",
            31,
            &json!({"organization-id": 1, "name": "HLD-FRONT01", "configuration-type-name": "Workstation", "configuration-status-name": "Active", "serial-number": "7QX1ZZ3", "asset-tag": "HLD-0031", "location-id": 11, "location-name": "Main Office"}),
        ),
        hub(
            "configurations",
            32,
            &json!({"organization-id": 1, "name": "HLD-BACK01", "configuration-type-name": "Workstation", "configuration-status-name": "Active", "serial-number": "8QX1ZZ4", "primary-ip": "10.20.0.99", "location-id": 11, "location-name": "Main Office"}),
        ),
        hub(
            "configurations",
            33,
            &json!({"organization-id": 1, "name": "HLD-NEW01", "configuration-type-name": "Workstation", "configuration-status-name": "Active", "serial-number": "9QX1ZZ5", "location-id": 11, "location-name": "Main Office"}),
        ),
        hub(
            "configurations",
            34,
            &json!({"organization-id": 1, "name": "HLD-CAM01", "configuration-type-name": "Camera", "configuration-status-name": "Active", "serial-number": "9QX1ZZ6", "location-id": 11, "location-name": "Main Office"}),
        ),
    ];
    let listed = json!([
        {"id": 70022, "assetName": "HLD-BACK01", "categoryId": 14, "categoryName": "Workstation", "serialNumber": "8QX1ZZ4", "IPAddress": "10.20.0.32", "accountId": 4101, "accountName": "Harbor Lane Dental", "isActive": true},
        {"id": 70021, "assetName": "HLD-FRONT01", "categoryId": 14, "categoryName": "Workstation", "serialNumber": "7QX1ZZ3", "contactId": 5201, "contactName": "Priya Nolan", "accountId": 4101, "accountName": "Harbor Lane Dental", "isActive": true}]);
    let list = |items: &[(u32, &str)]| {
        let item =
            |(id, name): &(u32, &str)| json!({"id": id, "name": name, "isDefault": false, "isActive": true});
        v2(&Value::Array(items.iter().map(item).collect()))
    };
    Workspace::empty()
        .with("hub/organizations.json", document(&organizations))
        .with("hub/locations.json", document(&locations))
        .with("hub/contacts.json", document(&contacts))
        .with("hub/configurations.json", document(&configurations))
        .with("psa/accounts.json", v2(&account()))
        .with("psa/contacts.json", v2(&contact()))
        .with("psa/hardware_assets.json", v2(&listed))
        .with("psa/asset_details.json", format!("[{}]", v2(&asset())))
        .with("psa/account_types.json", list(&[(3, "Client")]))
        .with("psa/asset_categories.json", list(&[(14, "Workstation")]))
        .with("psa/asset_states.json", list(&[(1, "Active")]))
        .with("psa/email_types.json", list(&[(1, "Work"), (2, "Home")]))
        .with("psa/phone_types.json", list(&[(1, "Work"), (3, "Mobile")]))
}

const RECORDS: [&str; 4] = [
    "SELECT record_id, name, short_name, type, status, active FROM latest_organizations WHERE source = 'psa'",
    "SELECT record_id, organization_id, name, \"primary\", address_1, address_2, city, region, postal_code, country, phone \
     FROM latest_locations WHERE source = 'psa'",
    "SELECT record_id, organization_id, first_name, last_name, title, emails, email_labels, phones, location_id, important \
     FROM latest_contacts WHERE source = 'psa'",
    "SELECT record_id, organization_id, name, type, status, serial_number, mac_address, primary_ip, manufacturer, model, \
     location_id, contact_id FROM latest_configurations WHERE source = 'psa' ORDER BY 1",
];

#[test]
fn both_spellings_and_all_brands_give_the_same_records() {
    let expected = [
        vec![
            ["4101", "Harbor Lane Dental", "HARBOR", "Client", "Active", "true"].map(str::to_owned).to_vec(),
        ],
        // The main address counts, though another one has stood in front of it.
        vec![
            [
                "8801",
                "4101",
                "Main Office",
                "true",
                "12 Quay Street",
                "Floor 2",
                "Portsmouth",
                "NH",
                "03801",
                "United States",
                "603-555-0142",
            ]
            .map(str::to_owned)
            .to_vec(),
        ],
        vec![
            [
                "5201",
                "4101",
                "Priya",
                "Nolan",
                "Office Manager",
                r#"["priya@harborlane.example","p@home.example"]"#,
                r#"["Work","Home"]"#,
                r#"["6035550199"]"#,
                "8801",
                "true",
            ]
            .map(str::to_owned)
            .to_vec(),
        ],
        // The answer about the asset has what the list lacks, and the list the contact.
        vec![
            [
                "70021",
                "4101",
                "HLD-FRONT01",
                "Workstation",
                "Active",
                "7QX1ZZ3",
                "AC-91-A1-00-12-F4",
                "10.20.0.31",
                "Dell Inc.",
                "OptiPlex 7090",
                "8801",
                "5201",
            ]
            .map(str::to_owned)
            .to_vec(),
            ["70022", "4101", "HLD-BACK01", "Workstation", "", "8QX1ZZ4", "", "10.20.0.32", "", "", "", ""]
                .map(str::to_owned)
                .to_vec(),
        ],
    ];
    let workspace = estate();
    for (system, is_old) in
        [("kaseya-bms", false), ("vorex", false), ("pulseway", true), ("kaseya-bms", true)]
    {
        if is_old {
            workspace.write("psa/accounts.json", v1(&account()));
            workspace.write("psa/contacts.json", v1(&contact()));
        }
        workspace.write("p.toml", pipeline(system, ""));
        run(&workspace, "p.toml");
        for (sql, expected) in RECORDS.iter().zip(&expected) {
            assert_eq!(&rows(&workspace, "p.toml", sql), expected, "{system}: {sql}");
        }
    }
}

#[test]
fn an_answer_that_failed_is_an_error_with_its_message() {
    let answers = [
        r#"{"success":false,"result":null,"error":{"code":400,"message":"AccountLocationId is invalid","details":null,"stackStrace":null,"subErrors":[]}}"#,
        r#"{"Error":{"Message":"AccountLocationId is invalid"},"Result":[],"Success":false}"#,
        r#"{"ResponseCode":1,"Status":"Failed","Error":"AccountLocationId is invalid","Result":[],"TotalRecords":0}"#,
        r#"{"error":"invalid_grant","error_description":"AccountLocationId is invalid"}"#,
        r#"[{"success":true,"error":null,"result":[]},{"success":false,"result":[],"error":{"message":"AccountLocationId is invalid"}}]"#,
    ];
    for answer in answers {
        let workspace =
            estate().with("p.toml", pipeline("kaseya-bms", "")).with("psa/accounts_2.json", answer);
        let output = workspace.run(&["run", "p.toml"]);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(5), "{answer}\n{said}");
        assert!(
            said.contains("AccountLocationId is invalid") && said.contains("accounts_2.json"),
            "{answer}\n{said}"
        );
    }
    // Nothing is wrong with an empty list.
    let workspace = estate()
        .with("p.toml", pipeline("kaseya-bms", ""))
        .with("psa/accounts_2.json", r#"{"success":true,"error":null,"totalRecords":0,"result":[]}"#);
    run(&workspace, "p.toml");
}

#[test]
fn a_folder_tells_which_brand_its_files_are_of() {
    for (folder, system) in [("exports", "kaseya-bms"), ("vorex", "vorex"), ("Pulseway", "pulseway")] {
        let workspace = Workspace::empty()
            .with("all/hub/organizations.json", document(&[hub("organizations", 1, &json!({"name": "A"}))]))
            .with(&format!("all/{folder}/accounts.json"), v2(&account()))
            .with(&format!("all/{folder}/asset_details.json"), v2(&asset()))
            .with(&format!("all/{folder}/email_types.json"), v2(&json!([{"id": 1, "name": "Work"}])));
        let output = workspace.run(&["init", "all"]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let written = workspace.read("all/pipeline.toml");
        let sources: Vec<&str> = written.lines().filter(|line| line.starts_with("system = ")).collect();
        assert_eq!(
            sources,
            [r#"system = "it-glue""#.to_owned(), format!("system = \"{system}\"")],
            "{written}"
        );
    }
}

/// The status and reasons, the call and the body of a step.
fn step(workspace: &Workspace, id: &str) -> (String, String, Value) {
    let sql = format!(
        "SELECT status || coalesce(' ' || (SELECT string_agg(code, ' ' ORDER BY code) FROM latest_plan_reasons AS r \
         WHERE r.step_id = s.step_id), '') AS state, coalesce(method || ' ' || path, '') AS call, coalesce(payload, 'null') AS body \
         FROM latest_plan_steps AS s WHERE step_id = '{id}'"
    );
    let found = rows(workspace, "p.toml", &sql);
    let [row] = found.as_slice() else { panic!("{id}: {found:?}") };
    (row[0].clone(), row[1].clone(), serde_json::from_str(&row[2]).expect("a body is JSON"))
}

#[test]
fn a_new_account_needs_what_the_pipeline_gives() {
    let workspace = estate().with("p.toml", pipeline("kaseya-bms", TWO_WAY));
    run(&workspace, "p.toml");
    let why = "SELECT message FROM latest_plan_reasons WHERE step_id = 'psa:create:organization:hub/2'";
    assert_eq!(
        rows(&workspace, "p.toml", why),
        [[
            "Kaseya BMS requires what is missing: accountManagerId (the setting `create.organization.account_manager_id` \
           of `psa`), businessTypeId (the setting `create.organization.business_type_id` of `psa`)"
        ]]
    );
    let given = "[source.create.organizations]\nbusiness_type_id = 1\naccount_manager_id = 55\n";
    workspace.write("p.toml", pipeline("kaseya-bms", &format!("{TWO_WAY}{given}")));
    run(&workspace, "p.toml");
    let (state, call, body) = step(&workspace, "psa:create:organization:hub/2");
    assert_eq!((state.as_str(), call.as_str()), ("ready", "POST /v2/crm/accounts"));
    assert_eq!(
        body,
        json!({"accountName": "Tern Optics", "accountTypeId": 3, "isActive": true, "accountCode": "TERN",
            "accountManagerId": 55, "businessTypeId": 1, "locations": [{"locationName": "Shop", "isMain": true,
                "addresses": [{"address1": "5 Lens Row", "city": "Dover", "isMain": true}]}]})
    );
}

#[test]
fn changes_of_accounts_and_contacts_are_patches_and_of_locations_whole() {
    let mut accounts = account();
    accounts[0]["accountCode"] = json!("HARB");
    accounts[0]["locations"][0]["addresses"][1]["city"] = json!("Portsmuth");
    let mut contacts = contact();
    contacts[0]["jobTitle"] = json!("Clerk");
    let owners = "[ownership.organization]\nshort_name = [\"hub\", \"psa\"]\n[ownership.location]\ncity = [\"hub\", \"psa\"]\n\
                  [ownership.contact]\ntitle = [\"hub\", \"psa\"]\n";
    let workspace = estate()
        .with("psa/accounts.json", v2(&accounts))
        .with("psa/contacts.json", v2(&contacts))
        .with("p.toml", pipeline("kaseya-bms", &format!("{TWO_WAY}{owners}")));
    run(&workspace, "p.toml");
    let (state, call, body) = step(&workspace, "psa:update:organization:hub/1");
    assert_eq!((state.as_str(), call.as_str()), ("ready", "PATCH /v2/crm/accounts/4101"));
    assert_eq!(body, json!([{"op": "replace", "path": "/AccountCode", "value": "HARBOR"}]));
    let (state, call, body) = step(&workspace, "psa:update:contact:hub/21");
    assert_eq!((state.as_str(), call.as_str()), ("ready", "PATCH /v2/crm/contacts/5201"));
    assert_eq!(body, json!([{"op": "replace", "path": "/JobTitle", "value": "Office Manager"}]));
    // The call would replace both addresses by one.
    assert_eq!(step(&workspace, "psa:update:location:hub/11").0, "blocked missing_required");
    let addresses = accounts[0]["locations"][0]["addresses"].as_array_mut();
    addresses.expect("the location has addresses").remove(0);
    workspace.write("psa/accounts.json", v2(&accounts));
    run(&workspace, "p.toml");
    let (state, call, body) = step(&workspace, "psa:update:location:hub/11");
    assert_eq!((state.as_str(), call.as_str()), ("ready", "PUT /api/crm/locations/8801"));
    assert_eq!(
        body,
        json!({"AccountId": 4101, "LocationName": "Main Office", "Addresses": [{"Address1": "12 Quay Street",
            "Address2": "Floor 2", "City": "Portsmouth", "State": "NH", "ZipCode": "03801",
            "Country": "United States", "Phone": "603-555-0142"}]})
    );
}

#[test]
fn a_new_contact_takes_two_calls() {
    let workspace = estate().with("p.toml", pipeline("kaseya-bms", TWO_WAY));
    run(&workspace, "p.toml");
    let (state, call, body) = step(&workspace, "psa:create:contact:hub/22");
    assert_eq!((state.as_str(), call.as_str()), ("ready", "POST /v2/crm/contacts/summary"));
    assert_eq!(
        body,
        json!({"firstName": "Ola", "lastName": "Berg", "locationId": 8801, "accountId": 4101,
            "phones": [{"phoneNumber": "6035550111", "phoneTypeId": 1, "isDefault": true}],
            "emails": [{"emailAddress": "ola@harborlane.example", "emailTypeId": 1, "isDefault": true}]})
    );
    let (state, call, body) = step(&workspace, "psa:create:contact_details:hub/22:rest");
    assert_eq!(
        (state.as_str(), call.as_str()),
        ("ready", "PATCH /v2/crm/contacts/{psa:create:contact:hub/22}")
    );
    assert_eq!(
        body,
        json!([{"op": "replace", "path": "/JobTitle", "value": "Dentist"},
               {"op": "replace", "path": "/Poc", "value": true}])
    );
    let waves = "SELECT step_id, wave FROM latest_plan_steps WHERE cluster_id = 'hub/22' ORDER BY wave";
    assert_eq!(
        rows(&workspace, "p.toml", waves),
        [["psa:create:contact:hub/22", "0"], ["psa:create:contact_details:hub/22:rest", "1"]]
    );
    // What an existing contact lacks is added to its list and replaces nothing.
    let hub_owns = format!("{TWO_WAY}[ownership.contact]\nphones = [\"hub\", \"psa\"]\n");
    workspace.write("p.toml", pipeline("kaseya-bms", &hub_owns));
    run(&workspace, "p.toml");
    let (state, call, body) = step(&workspace, "psa:create:communication:hub/21:5201:phones");
    assert_eq!((state.as_str(), call.as_str()), ("ready", "PATCH /v2/crm/contacts/5201/phones"));
    assert_eq!(body, json!([{"operation": 0, "phoneNumber": "6035550177", "typeId": 3, "isDefault": false}]));
}

#[test]
fn a_contact_that_lacks_something_is_refused_by_name() {
    let workspace = estate().with("p.toml", pipeline("kaseya-bms", TWO_WAY));
    run(&workspace, "p.toml");
    let why = "SELECT message FROM latest_plan_reasons WHERE step_id = 'psa:create:contact:hub/23' AND code = 'missing_required'";
    assert_eq!(
        rows(&workspace, "p.toml", why),
        [["Kaseya BMS requires what is missing: emails, phones, location"]]
    );
    // A type whose id nobody knows is not guessed.
    workspace.write("p.toml", pipeline("kaseya-bms", &TWO_WAY.replace("\"Work\"", "\"Office\"")));
    workspace.write(
        "psa/email_types.json",
        r#"{"success":true,"error":null,"result":[{"id":2,"name":"Home","isActive":true}]}"#,
    );
    workspace.write("psa/contacts.json", v2(&json!([])));
    run(&workspace, "p.toml");
    let why = why.replace("hub/23", "hub/22");
    assert_eq!(
        rows(&workspace, "p.toml", &why),
        [["Kaseya BMS requires what is missing: emails (nothing says which id the e-mail type `Work` has)"]]
    );
}

#[test]
fn an_asset_is_replaced_as_a_whole_or_not_at_all() {
    let hub_owns = format!("{TWO_WAY}[ownership.configuration]\nprimary_ip = [\"hub\", \"psa\"]\n");
    let workspace = estate().with("p.toml", pipeline("kaseya-bms", &hub_owns));
    run(&workspace, "p.toml");
    let (state, call, body) = step(&workspace, "psa:update:configuration:hub/31");
    assert_eq!((state.as_str(), call.as_str()), ("ready", "PUT /v2/servicedesk/hardwareasset/70021"));
    assert_eq!(
        body,
        json!({"accountId": 4101, "assetTag": "HLD-0031", "contactId": 5201, "accountLocationId": 8801,
            "name": "HLD-FRONT01", "ipAddress": "10.20.0.31", "macAddress": "AC-91-A1-00-12-F4",
            "serialNumber": "7QX1ZZ3", "modelNumber": "OptiPlex 7090", "isActive": true, "categoryId": 14,
            "stateId": 1, "barCode": "B-1", "dnsServers": "10.20.0.2", "manufacturerId": 31, "purchaseCost": 812.5})
    );
    // Of this one only the list was read, and a PUT would take its MAC address away.
    let (state, ..) = step(&workspace, "psa:update:configuration:hub/32");
    assert_eq!(state, "blocked missing_required");
    let (state, call, body) = step(&workspace, "psa:create:configuration:hub/33");
    assert_eq!((state.as_str(), call.as_str()), ("ready", "POST /v2/servicedesk/hardwareasset"));
    assert_eq!(
        body,
        json!({"accountId": 4101, "name": "HLD-NEW01", "categoryId": 14, "stateId": 1,
            "serialNumber": "9QX1ZZ5", "accountLocationId": 8801})
    );
    // There is no category of that name, so there is no id.
    let (state, ..) = step(&workspace, "psa:create:configuration:hub/34");
    assert_eq!(state, "blocked missing_required");
}

#[test]
fn locations_are_written_by_version_1_and_not_to_pulseway() {
    let workspace = estate().with("p.toml", pipeline("kaseya-bms", TWO_WAY));
    run(&workspace, "p.toml");
    let (state, call, body) = step(&workspace, "psa:create:location:hub/12");
    assert_eq!((state.as_str(), call.as_str()), ("ready", "POST /api/crm/locations"));
    assert_eq!(
        body,
        json!({"AccountId": 4101, "LocationName": "Annex", "Addresses": [{"Address1": "1 Pier Road", "City": "Portsmouth"}]})
    );
    workspace.write("p.toml", pipeline("pulseway", TWO_WAY));
    run(&workspace, "p.toml");
    let (state, ..) = step(&workspace, "psa:create:location:hub/12");
    assert_eq!(state, "blocked entity_not_supported");
}

#[test]
fn the_samples_hold_no_document_that_is_not_understood() {
    let workspace = Workspace::empty();
    for pipeline in ["kaseya-bms", "tigerpaw"] {
        let text = std::fs::read_to_string(format!("{REPOSITORY}/pipelines/{pipeline}.toml"))
            .expect("the pipeline is part of the project")
            .replace("../samples", &format!("{REPOSITORY}/samples"));
        workspace.write("p.toml", text);
        let output = workspace.run(&["check", "p.toml"]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        run(&workspace, "p.toml");
    }
}
