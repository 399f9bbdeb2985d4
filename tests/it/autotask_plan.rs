//! The calls of Autotask in a push plan. The bodies are worked out by hand from the vendor's description: a `PATCH` to the
//! collection with the id in its body, children below their company, products before the devices that are of them.

use serde_json::{Value, json};

use crate::workspace::Workspace;

fn pipeline(more: &str) -> String {
    format!(
        "name = \"p\"\nmethod = \"A\"\nwarehouse = \"p.duckdb\"\n[hub]\nsystem = \"it-glue\"\nfiles = [\"hub\"]\n\
         [[source]]\nname = \"psa\"\nsystem = \"autotask\"\nfiles = [\"psa\"]\n\
         [source.sync]\ntwo_way = true\npush_all = \"force\"\n{more}"
    )
}

/// What every new company and every new product needs, and the hub as the first owner of what the tests change.
const GIVEN: &str = "[source.create]\norganization = { owner_resource_id = 4021 }\n\
    contact = { receives_email_notifications = false }\n\
    configuration = { product_billing_code_id = 29682804, configuration_item_category_id = 101 }\n\
    [ownership.organization]\nshort_name = [\"hub\", \"psa\"]\nstatus = [\"hub\", \"psa\"]\n\
    [ownership.contact]\ntitle = [\"hub\", \"psa\"]\nemails = [\"hub\", \"psa\"]\n\
    [ownership.configuration]\nasset_tag = [\"hub\", \"psa\"]\nmanufacturer = [\"hub\", \"psa\"]\n\
    model = [\"hub\", \"psa\"]\nwarranty_expires_at = [\"hub\", \"psa\"]\ncontact = [\"hub\", \"psa\"]\n";

fn run(workspace: &Workspace) {
    let output = workspace.run(&["run", "p.toml"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn rows(workspace: &Workspace, sql: &str) -> Vec<Vec<String>> {
    let output = workspace.run(&["query", "p.toml", sql, "--csv"]);
    assert!(output.status.success(), "{sql}: {}", String::from_utf8_lossy(&output.stderr));
    let mut reader = csv::Reader::from_reader(output.stdout.as_slice());
    let rows = reader.records().map(|row| row.expect("the program writes CSV"));
    rows.map(|row| row.iter().map(str::to_owned).collect()).collect()
}

/// The status and gates, the call and the body of a step.
fn step(workspace: &Workspace, id: &str) -> (String, String, Value) {
    let sql = format!(
        "SELECT status || coalesce(' ' || (SELECT string_agg(code, ' ' ORDER BY code) FROM latest_plan_reasons AS r \
         WHERE r.step_id = s.step_id), '') AS state, coalesce(method || ' ' || path, '') AS call, \
         coalesce(payload, 'null') AS body FROM latest_plan_steps AS s WHERE step_id = '{id}'"
    );
    let found = rows(workspace, &sql);
    let [row] = found.as_slice() else { panic!("{id}: {found:?}") };
    let body = if row[2].is_empty() { "null" } else { &row[2] };
    (row[0].clone(), row[1].clone(), serde_json::from_str(body).expect("a body is JSON"))
}

fn reason(workspace: &Workspace, id: &str) -> String {
    let sql = format!("SELECT message FROM latest_plan_reasons WHERE step_id = '{id}'");
    let found = rows(workspace, &sql);
    let [row] = found.as_slice() else { panic!("{id}: {found:?}") };
    row[0].clone()
}

fn items(items: &Value) -> String {
    let count = items.as_array().map_or(0, Vec::len);
    json!({"items": items, "pageDetails": {"count": count, "requestCount": 500, "prevPageUrl": null, "nextPageUrl": null}})
        .to_string()
}

/// The answer about the fields of an entity with one picklist: value, label, whether it is active.
fn picklist(field: &str, values: &[(&str, &str, bool)]) -> String {
    let value = |(value, label, is_active): &(&str, &str, bool)| {
        json!({"value": value, "label": label, "isDefaultValue": false, "sortOrder": 1, "parentValue": "",
            "isActive": is_active, "isSystem": false})
    };
    json!({"fields": [{"name": field, "dataType": "integer", "length": 0, "isRequired": true, "isReadOnly": false,
        "isQueryable": true, "isReference": false, "referenceEntityType": "", "isPickList": true,
        "picklistValues": values.iter().map(value).collect::<Vec<_>>(), "picklistParentValueField": ""}]})
    .to_string()
}

fn hub(kind: &str, records: &Value) -> String {
    let record = |of: &Value| {
        let mut attributes = of.clone();
        let id = attributes["id"].take();
        json!({"id": id.to_string(), "type": kind, "attributes": attributes, "relationships": {}})
    };
    let records: Vec<_> = records.as_array().into_iter().flatten().map(record).collect();
    json!({"data": records}).to_string()
}

fn company(id: u32, name: &str, number: &str) -> Value {
    json!({"id": id, "companyName": name, "companyNumber": number, "companyType": 1, "isActive": true,
        "ownerResourceID": 4021, "phone": "01632 960144", "countryID": 228, "parentCompanyID": null, "isSample": false,
        "userDefinedFields": [{"name": "Door code", "value": "*****"}]})
}

fn item(id: u32, title: &str, serial: &str, product: u32, contact: Option<u32>) -> Value {
    json!({"id": id, "companyID": 30114, "companyLocationID": 812, "contactID": contact, "productID": product,
        "isActive": true, "configurationItemCategoryID": 101, "configurationItemType": 1, "referenceTitle": title,
        "referenceNumber": "", "serialNumber": serial, "notes": "",
        "warrantyExpirationDate": "2026-03-05T00:00:00Z",
        "userDefinedFields": [{"name": "BitLocker Key", "value": "*****"}, {"name": "Rack Unit", "value": "CANARY-12"}]})
}

fn product(id: u32, maker: &str, model: &str, is_active: bool) -> Value {
    json!({"id": id, "name": format!("{maker} {model}"), "manufacturerName": maker, "manufacturerProductName": model,
        "isActive": is_active, "isSerialized": true, "productBillingCodeID": 29_682_804, "productCategory": null})
}

fn device(id: u32, name: &str, serial: &str, maker: &str, model: &str) -> Value {
    json!({"id": id, "organization-id": 1, "name": name, "configuration-type-name": "Workstation",
        "configuration-status-name": "Active", "serial-number": serial, "manufacturer-name": maker, "model-name": model,
        "location-id": 11, "location-name": "Head Office"})
}

fn organization(id: u32, name: &str, short_name: &str) -> Value {
    json!({"id": id, "name": name, "organization-type-name": "Customer", "organization-status-name": "Active",
        "short-name": short_name})
}

fn mail(addresses: &[&str]) -> Value {
    addresses.iter().map(|value| json!({"value": value, "primary": false, "label-name": "Work"})).collect()
}

/// Northgate Freight is on both sides; Tern Optics and a client without a telephone number are the hub's alone. The MSP
/// itself is company 0.
fn estate() -> Workspace {
    let organizations = json!([
        organization(1, "Northgate Freight Ltd", "NGF01"),
        organization(2, "Tern Optics", "TERN"),
        organization(3, "Larkfield IT", "LARK"),
        organization(4, "Quill and Partners", "QUILL"),
    ]);
    let locations = json!([
        {"id": 11, "organization-id": 1, "name": "Head Office", "address-1": "4 Quay Street", "city": "Porthaven", "primary": true},
        {"id": 12, "organization-id": 1, "name": "Annex", "address-1": "1 Pier Road", "city": "Porthaven",
            "country-name": "United Kingdom", "phone": "01632960147", "primary": false},
        {"id": 13, "organization-id": 2, "name": "Shop", "address-1": "5 Lens Row", "city": "Dover", "region-name": "Kent",
            "postal-code": "CT99 1AA", "country-name": "United Kingdom", "phone": "01632960150", "primary": true},
        {"id": 14, "organization-id": 4, "name": "Loft", "address-1": "9 Nib Lane", "city": "Dover", "primary": true},
    ]);
    let contacts = json!([
        {"id": 21, "organization-id": 1, "first-name": "Ines", "last-name": "Calder", "title": "Office Manager",
            "contact-emails": mail(&["ines.calder@northgate.example", "ines@home.example"]), "contact-phones": []},
        {"id": 22, "organization-id": 1, "first-name": "Tomas", "last-name": "Ried", "location-id": 11,
            "location-name": "Head Office", "contact-emails": mail(&["tomas.ried@northgate.example"]), "contact-phones": [
                {"value": "01632960146", "extension": "12", "primary": true, "label-name": "Work", "label-type": "phone"},
                {"value": "07700900155", "primary": false, "label-name": "Mobile", "label-type": "phone"}]},
        {"id": 23, "organization-id": 1, "first-name": "Otto", "last-name": "Gone",
            "contact-emails": mail(&["otto.gone@northgate.example"]), "contact-phones": []},
    ]);
    let mut known = device(31, "NGF-WS-014", "5CX0093KLM", "HP", "EliteDesk 805 G9");
    known["asset-tag"] = json!("NGF-0014");
    known["warranty-expires-at"] = json!("2027-03-05");
    let mut listed = device(32, "NGF-WS-015", "5CX0093KLN", "HP Inc.", "EliteDesk 800 G9");
    listed["contact-id"] = json!(22);
    listed["contact-name"] = json!("Tomas Ried");
    listed["installed-at"] = json!("2026-01-07");
    let mut unlisted = device(33, "NGF-LT-001", "5CX0093KLO", "Lenovo", "ThinkPad T14");
    unlisted["contact-id"] = json!(23);
    unlisted["contact-name"] = json!("Otto Gone");
    let mut nameless = device(35, "NGF-WS-017", "5CX0093KLQ", "HP", "");
    nameless["manufacturer-name"] = json!("");
    let mut camera = device(36, "NGF-CAM-01", "5CX0093KLR", "HP", "EliteDesk 800 G9");
    camera["configuration-type-name"] = json!("Camera");
    let mut of_new = device(37, "TRN-LT-001", "5CX0093KLS", "Lenovo", "ThinkPad T14");
    of_new["organization-id"] = json!(2);
    of_new["location-id"] = json!(null);
    of_new["location-name"] = json!(null);
    let inactive = device(34, "NGF-WS-016", "5CX0093KLP", "Dell", "OptiPlex 7090");
    let devices = json!([known, listed, unlisted, inactive, nameless, camera, of_new]);
    let person = |id: u32, first: &str, last: &str, is_active: u8| {
        json!({"id": id, "companyID": 30114, "firstName": first, "lastName": last, "isActive": is_active,
            "title": "Clerk", "emailAddress": null, "emailAddress2": null, "phone": "01632960145", "userDefinedFields": []})
    };
    let mut ines = person(30990, "Ines", "Calder", 1);
    ines["emailAddress2"] = json!("ines@home.example");
    let mut otto = person(30991, "Otto", "Gone", 0);
    otto["emailAddress"] = json!("otto.gone@northgate.example");
    otto["title"] = json!("");
    Workspace::empty()
        .with("hub/organizations.json", hub("organizations", &organizations))
        .with("hub/locations.json", hub("locations", &locations))
        .with("hub/contacts.json", hub("contacts", &contacts))
        .with("hub/configurations.json", hub("configurations", &devices))
        .with(
            "psa/companies.json",
            items(&json!([company(0, "Larkfield IT", "LARK"), company(30114, "Northgate Freight Ltd", "NGF1")])),
        )
        .with(
            "psa/company_locations.json",
            items(&json!([{"id": 812, "companyID": 30114, "name": "Head Office", "address1": "4 Quay Street",
                "city": "Porthaven", "countryID": null, "isActive": true, "isPrimary": true, "userDefinedFields": []}])),
        )
        .with("psa/contacts.json", items(&json!([ines, otto])))
        .with("psa/configuration_items.json", items(&json!([item(41207, "NGF-WS-014", "5CX0093KLM", 5531, None)])))
        .with(
            "psa/products.json",
            items(&json!([product(5531, "HP", "EliteDesk 800 G9", true), product(5532, "Dell", "OptiPlex 7090", false)])),
        )
        .with(
            "psa/countries.json",
            items(&json!([{"id": 228, "name": "United Kingdom", "displayName": "United Kingdom", "countryCode": "GB",
                "isActive": true, "isDefaultCountry": true, "addressFormatID": 1}])),
        )
        .with("psa/companies_fields.json", picklist("companyType", &[("1", "Customer", true), ("4", "Dead", false)]))
        .with(
            "psa/configuration_items_fields.json",
            picklist("configurationItemType", &[("1", "Workstation", true), ("2", "Camera", false)]),
        )
        .with("p.toml", pipeline(GIVEN))
}

#[test]
fn a_company_needs_an_owner_and_a_telephone_number() {
    let workspace = estate();
    run(&workspace);
    let (state, call, body) = step(&workspace, "psa:create:organization:hub/2");
    assert_eq!((state.as_str(), call.as_str()), ("ready", "POST /V1.0/Companies"));
    assert_eq!(
        body,
        json!({"companyName": "Tern Optics", "companyType": 1, "isActive": true, "companyNumber": "TERN",
            "address1": "5 Lens Row", "city": "Dover", "state": "Kent", "postalCode": "CT99 1AA", "countryID": 228,
            "phone": "01632960150", "billToAddressToUse": 1, "ownerResourceID": 4021})
    );
    assert_eq!(
        reason(&workspace, "psa:create:organization:hub/4"),
        "Autotask PSA requires what is missing: phone"
    );
    let (state, call, body) = step(&workspace, "psa:update:organization:hub/1");
    assert_eq!((state.as_str(), call.as_str()), ("ready", "PATCH /V1.0/Companies"));
    assert_eq!(body, json!({"id": 30114, "companyNumber": "NGF01"}));
    // The owner is the pipeline's to say.
    workspace.write("p.toml", pipeline(""));
    run(&workspace);
    assert_eq!(
        reason(&workspace, "psa:create:organization:hub/2"),
        "Autotask PSA requires what is missing: ownerResourceID (the setting `create.organization.owner_resource_id` of \
         `psa`)"
    );
}

#[test]
fn a_type_goes_as_the_value_of_its_label_and_an_inactive_one_not_at_all() {
    let workspace = estate();
    let psa = |label| picklist("companyType", &[("7", label, true), ("1", "Customer", false)]);
    workspace.write("psa/companies_fields.json", psa("Client"));
    run(&workspace);
    assert_eq!(
        reason(&workspace, "psa:create:organization:hub/2"),
        "Autotask PSA requires what is missing: type (`Customer` is inactive in the PSA)"
    );
    // Of two values with one label the active one is meant.
    workspace.write("psa/companies_fields.json", psa("customer"));
    run(&workspace);
    assert_eq!(step(&workspace, "psa:create:organization:hub/2").2["companyType"], json!(7));
}

#[test]
fn contacts_are_written_below_their_company_and_take_a_number_as_flag() {
    let workspace = estate();
    run(&workspace);
    let (state, call, body) = step(&workspace, "psa:create:contact:hub/22");
    assert_eq!((state.as_str(), call.as_str()), ("ready", "POST /V1.0/Companies/30114/Contacts"));
    assert_eq!(
        body,
        json!({"id": 0, "companyID": 30114, "firstName": "Tomas", "lastName": "Ried", "isActive": 1,
            "emailAddress": "tomas.ried@northgate.example", "phone": "01632960146", "extension": "12",
            "mobilePhone": "07700900155", "companyLocationID": 812, "receivesEmailNotifications": false})
    );
    // Her own address stays where it is, and the hub's goes into the member that is free.
    let (state, call, body) = step(&workspace, "psa:update:contact:hub/21");
    assert_eq!((state.as_str(), call.as_str()), ("ready", "PATCH /V1.0/Companies/30114/Contacts"));
    assert_eq!(
        body,
        json!({"id": 30990, "title": "Office Manager", "emailAddress": "ines.calder@northgate.example"})
    );
}

#[test]
fn a_location_is_no_two_way_record_and_would_go_below_its_company() {
    let workspace = estate();
    run(&workspace);
    let (state, call, body) = step(&workspace, "psa:create:location:hub/12");
    assert_eq!(
        (state.as_str(), call.as_str()),
        ("blocked entity_not_supported", "POST /V1.0/Companies/30114/Locations")
    );
    assert_eq!(
        body,
        json!({"id": 0, "companyID": 30114, "name": "Annex", "address1": "1 Pier Road", "city": "Porthaven",
            "countryID": 228, "phone": "01632960147", "isPrimary": false, "isActive": true})
    );
}

#[test]
fn a_device_is_of_a_product_and_a_missing_one_is_made_first() {
    let workspace = estate();
    run(&workspace);
    // The maker's legal form makes no other product.
    let (state, call, body) = step(&workspace, "psa:create:configuration:hub/32");
    assert_eq!((state.as_str(), call.as_str()), ("ready", "POST /V1.0/ConfigurationItems"));
    assert_eq!(
        body,
        json!({"companyID": 30114, "referenceTitle": "NGF-WS-015", "configurationItemType": 1, "isActive": true,
            "serialNumber": "5CX0093KLN", "productID": 5531, "installDate": "2026-01-07T00:00:00Z",
            "contactID": {"$ref": "psa:create:contact:hub/22"}, "companyLocationID": 812,
            "configurationItemCategoryID": 101})
    );
    let needed = "psa:create:product:lenovo/thinkpad t14";
    let (state, call, body) = step(&workspace, needed);
    assert_eq!((state.as_str(), call.as_str()), ("ready", "POST /V1.0/Products"));
    assert_eq!(
        body,
        json!({"name": "Lenovo ThinkPad T14", "manufacturerName": "Lenovo", "manufacturerProductName": "ThinkPad T14",
            "productBillingCodeID": 29_682_804, "isSerialized": true, "isActive": true})
    );
    // Two devices of one new product need one step; the company of the second is new as well.
    let (state, _, body) = step(&workspace, "psa:create:configuration:hub/37");
    assert_eq!(state, "ready");
    assert_eq!(
        body,
        json!({"companyID": {"$ref": "psa:create:organization:hub/2"}, "referenceTitle": "TRN-LT-001",
            "configurationItemType": 1, "isActive": true, "serialNumber": "5CX0093KLS", "productID": {"$ref": needed},
            "configurationItemCategoryID": 101})
    );
    let order = "SELECT step_id, wave, depends_on FROM latest_plan_steps WHERE target = 'psa' AND status = 'ready' \
         AND (step_id LIKE '%/37' OR step_id LIKE '%thinkpad%' OR step_id LIKE '%organization:hub/2') ORDER BY wave, step_id";
    assert_eq!(
        rows(&workspace, order),
        [
            ["psa:create:organization:hub/2", "0", "[]"],
            [needed, "0", "[]"],
            [
                "psa:create:configuration:hub/37",
                "1",
                r#"["psa:create:organization:hub/2","psa:create:product:lenovo/thinkpad t14"]"#
            ],
        ]
    );
}

#[test]
fn a_change_says_the_id_and_the_members_that_change() {
    let workspace = estate();
    run(&workspace);
    let (state, call, body) = step(&workspace, "psa:update:configuration:hub/31");
    assert_eq!((state.as_str(), call.as_str()), ("ready", "PATCH /V1.0/ConfigurationItems"));
    assert_eq!(
        body,
        json!({"id": 41207, "referenceNumber": "NGF-0014", "warrantyExpirationDate": "2027-03-05T00:00:00Z",
            "productID": {"$ref": "psa:create:product:hp/elitedesk 805 g9"}})
    );
    // What people keep in fields of their own is not read, and is in no body, masked or not.
    let custom = "SELECT count(*) FROM latest_plan_steps WHERE payload LIKE '%userDefined%' OR payload LIKE '%CANARY%' \
         OR payload LIKE '%***%'";
    assert_eq!(rows(&workspace, custom), [["0"]]);
}

#[test]
fn what_a_device_lacks_is_named_and_inactive_things_are_not_referred_to() {
    let workspace = estate();
    run(&workspace);
    let missing = |id: u32| {
        let sql = format!(
            "SELECT message FROM latest_plan_reasons WHERE step_id = 'psa:create:configuration:hub/{id}' \
             AND code = 'missing_required'"
        );
        rows(&workspace, &sql).concat().concat()
    };
    let requires = "Autotask PSA requires what is missing:";
    assert_eq!(
        missing(34),
        format!("{requires} productID (the product `Dell OptiPlex 7090` is inactive in the PSA)")
    );
    assert_eq!(missing(35), format!("{requires} manufacturer, model"));
    assert_eq!(missing(36), format!("{requires} type (`Camera` is inactive in the PSA)"));
    // Otto has left: the device goes without him.
    let (state, _, body) = step(&workspace, "psa:create:configuration:hub/33");
    assert_eq!(state, "ready missing_required");
    assert_eq!(missing(33), "Autotask PSA has, or takes, no `Otto Gone`; left out: `contact`");
    assert_eq!(body.get("contactID"), None);
    // Without the billing code there is no new product, and without a product no device.
    workspace.write("p.toml", pipeline(""));
    run(&workspace);
    assert_eq!(
        missing(33),
        format!(
            "{requires} productBillingCodeID of the product `Lenovo ThinkPad T14`, which it lacks (the setting \
             `create.configuration.product_billing_code_id` of `psa`)"
        )
    );
}

#[test]
fn lists_that_were_not_read_are_asked_for() {
    let workspace = estate().without("psa/products.json").without("psa/configuration_items_fields.json");
    workspace.write("psa/configuration_items.json", items(&json!([])));
    run(&workspace);
    let wanted = "psa:lookup:product:lenovo/thinkpad t14";
    let (_, call, body) = step(&workspace, wanted);
    // {"filter":[{"op":"eq","field":"manufacturerName","value":"Lenovo"},{"op":"eq","field":"manufacturerProductName",...}]}
    assert_eq!(
        call,
        "GET /V1.0/Products/query?search=%7B%22filter%22%3A%5B%7B%22op%22%3A%22eq%22%2C%22field%22%3A%22manufacturerName\
         %22%2C%22value%22%3A%22Lenovo%22%7D%2C%7B%22op%22%3A%22eq%22%2C%22field%22%3A%22manufacturerProductName%22%2C\
         %22value%22%3A%22ThinkPad%20T14%22%7D%5D%7D"
    );
    assert_eq!(body, Value::Null);
    let (_, call, _) = step(&workspace, "psa:lookup:configuration_type:workstation");
    assert_eq!(call, "GET /V1.0/ConfigurationItems/entityInformation/fields");
    let body = step(&workspace, "psa:create:configuration:hub/37").2;
    assert_eq!(body["productID"], json!({"$ref": wanted}));
    assert_eq!(body["configurationItemType"], json!({"$ref": "psa:lookup:configuration_type:workstation"}));
}

#[test]
fn the_provider_itself_is_no_client_and_is_not_made_again() {
    let workspace = estate();
    run(&workspace);
    let own = "SELECT state, reason FROM latest_matches WHERE source = 'psa' AND record_id = '0'";
    assert_eq!(rows(&workspace, own), [["skipped", "own_company"]]);
    let ready = "SELECT step_id FROM latest_plan_steps WHERE target = 'psa' AND cluster_id = 'hub/3' AND status = 'ready'";
    assert_eq!(rows(&workspace, ready), [] as [Vec<String>; 0]);
}
