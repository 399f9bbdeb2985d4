//! Autotask's import templates, and Datto sites that go by the company in Autotask. Values are worked out by hand from the
//! files.

use serde_json::json;

use crate::workspace::Workspace;

fn pipeline(more: &str) -> String {
    let method = if more.contains("datto-rmm") { "B" } else { "A" };
    format!(
        "name = \"p\"\nmethod = \"{method}\"\nwarehouse = \"p.duckdb\"\n[hub]\nsystem = \"it-glue\"\nfiles = [\"hub\"]\n\
         [[source]]\nname = \"psa\"\nsystem = \"autotask\"\nfiles = [\"psa\"]\n{more}"
    )
}

fn hub(names: &[&str]) -> String {
    let record = |(id, name): (u32, &&str)| json!({"id": id.to_string(), "type": "organizations", "attributes": {"name": name}, "relationships": {}});
    json!({"data": (1..).zip(names).map(record).collect::<Vec<_>>()}).to_string()
}

fn rows(workspace: &Workspace, sql: &str) -> Vec<String> {
    let output = workspace.run(&["query", "p.toml", sql, "--csv"]);
    assert!(output.status.success(), "{sql}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).lines().skip(1).map(str::to_owned).collect()
}

fn run(workspace: &Workspace) {
    let output = workspace.run(&["run", "p.toml"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

const DEVICES: &str = "\
Configuration Item ID [updates only],[required] Product Name,[required] Company,Configuration Item Category,[required] Install Date,Serial Number,Reference Number,Reference Name,Contact,Location,Area,Active/Inactive,UDF:29682919 AEM_IPAddress
41207,HP ProDesk 600,Northgate Freight Ltd,Workstation,05/03/2024,0042480091,NGF-0014,NGF-WS-014,Ines Calder,Head Office,Dispatch desk,Active,CANARY-1
41208,Generic Switch,\"Larkspur Dental, LLC\",,31/12/2025,,,LD-SW-01,,,,Inactive,
";

const COMPANIES: &str = "\
Organization ID (updates only),[required] Company Name,Company Number,Address 1,City,[required] Phone,Client UDF:29683097 NPS Rating [protected]
30114,Northgate Freight Ltd,NGF01,4 Quay Street,Porthaven,01632 960144,CANARY-2
30115,\"Larkspur Dental, LLC\",LARK,,,01632 960145,*****
";

const CONTACTS: &str = "\
Company ID,[required] Company Name,Contact ID [updates only],[required] First Name,[required] Last Name,Title,[required] Email Address,Location,Phone,Active/Inactive
30114,Northgate Freight Ltd,30990,Ines,Calder,Office Manager,ines.calder@northgate.example,Head Office,01632960145,Active
";

#[test]
fn headings_of_import_templates_are_read_without_their_marks() {
    let workspace = Workspace::empty()
        .with("p.toml", pipeline(""))
        .with("hub/organizations.json", hub(&["Northgate Freight Ltd"]))
        .with("psa/configuration items.csv", DEVICES)
        .with("psa/companies.csv", COMPANIES)
        .with("psa/contacts.csv", CONTACTS);
    run(&workspace);
    // The day comes first in the whole column, for 31 is no month. Zeros in front stay.
    let devices = "SELECT record_id, organization, name, type, installed_at, serial_number, asset_tag, contact, location, \
         active, raw FROM latest_configurations WHERE source = 'psa' ORDER BY record_id";
    assert_eq!(
        rows(&workspace, devices),
        [
            "41207,Northgate Freight Ltd,NGF-WS-014,Workstation,2024-03-05,0042480091,NGF-0014,Ines Calder,Head Office,true,\
             \"{\"\"[required] Product Name\"\":\"\"HP ProDesk 600\"\",\"\"Area\"\":\"\"Dispatch desk\"\"}\"",
            "41208,\"Larkspur Dental, LLC\",LD-SW-01,,2025-12-31,,,,,false,\
             \"{\"\"[required] Product Name\"\":\"\"Generic Switch\"\"}\"",
        ]
    );
    let companies =
        "SELECT record_id, name, short_name FROM latest_organizations WHERE source = 'psa' ORDER BY 1";
    assert_eq!(
        rows(&workspace, companies),
        ["30114,Northgate Freight Ltd,NGF01", "30115,\"Larkspur Dental, LLC\",LARK"]
    );
    let contacts = "SELECT record_id, organization_id, first_name, last_name, title, emails[1], phones[1], location, active \
         FROM latest_contacts WHERE source = 'psa'";
    assert_eq!(
        rows(&workspace, contacts),
        ["30990,30114,Ines,Calder,Office Manager,ines.calder@northgate.example,01632960145,Head Office,true"]
    );
    let secrets = "SELECT count(*) FROM (SELECT raw FROM latest_configurations UNION ALL SELECT raw FROM \
         latest_organizations) WHERE raw LIKE '%CANARY%' OR raw LIKE '%UDF%' OR raw LIKE '%***%'";
    assert_eq!(rows(&workspace, secrets), ["0"]);
}

#[test]
fn a_pipeline_names_headings_with_or_without_their_marks() {
    for heading in ["[required] Product Name", "Product Name"] {
        let headings = format!("[source.headings.configurations]\nmodel = \"{heading}\"\n");
        let workspace = Workspace::empty()
            .with("p.toml", pipeline(&headings))
            .with("hub/organizations.json", hub(&["Northgate Freight Ltd"]))
            .with("psa/configuration items.csv", DEVICES)
            .with("psa/companies.csv", COMPANIES);
        run(&workspace);
        let models = "SELECT model FROM latest_configurations WHERE source = 'psa' ORDER BY record_id";
        assert_eq!(rows(&workspace, models), ["HP ProDesk 600", "Generic Switch"], "{heading}");
    }
}

#[test]
fn import_templates_are_recognised() {
    let workspace = Workspace::empty()
        .with("all/hub/organizations.json", hub(&["Northgate Freight Ltd"]))
        .with("all/exports/configuration items.csv", DEVICES);
    let output = workspace.run(&["init", "all"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let written = workspace.read("all/pipeline.toml");
    let systems: Vec<&str> = written.lines().filter(|line| line.starts_with("system = ")).collect();
    assert_eq!(systems, [r#"system = "it-glue""#, r#"system = "autotask""#], "{written}");
}

/// Two sites of one client, one of another, and one that is linked to no company. No site says a company's id.
#[test]
fn sites_are_organizations_by_their_own_name_or_their_company_s() {
    let site = |at: u32, name: &str, company: Option<&str>| {
        json!({"id": 4500 + at, "uid": format!("0b7c1f4a-31aa-4c1e-8a4e-2f30000000{at:02}"), "accountUid": "lar0001",
            "name": name, "autotaskCompanyName": company, "autotaskCompanyId": null})
    };
    let sites = json!({"sites": [
        site(1, "NGF - Depot", Some("Northgate Freight Ltd")),
        site(2, "NGF - Office", Some("Northgate Freight Ltd")),
        site(3, "Tern Optics", Some("Tern Optics Ltd")),
        site(4, "Quill and Partners", None),
    ]});
    let companies = json!({"items": [
        {"id": 30114, "companyName": "Northgate Freight Ltd", "companyType": 1, "isActive": true, "isSample": false},
        {"id": 30115, "companyName": "Tern Optics Ltd", "companyType": 1, "isActive": true, "isSample": false},
    ], "pageDetails": {"count": 2, "requestCount": 500, "prevPageUrl": null, "nextPageUrl": null}});
    let matched = |by: &str| {
        let rmm = format!(
            "[[source]]\nname = \"rmm\"\nsystem = \"datto-rmm\"\nfiles = [\"rmm\"]\norganization_by = \"{by}\"\n"
        );
        let workspace = Workspace::empty()
            .with("p.toml", pipeline(&rmm))
            .with(
                "hub/organizations.json",
                hub(&["Northgate Freight Ltd", "Tern Optics", "Quill and Partners", "Tern Optics Ltd"]),
            )
            .with("psa/companies.json", companies.to_string())
            .with("rmm/sites.json", sites.to_string());
        run(&workspace);
        let sql = "SELECT right(record_id, 1), state, coalesce(rule, ''), coalesce(hub_id, '') FROM latest_matches \
             WHERE source = 'rmm' AND entity = 'organization' ORDER BY 1";
        rows(&workspace, sql)
    };
    // By its own name the third site is the hub's second client, by its company the fourth. Two sites of one client join it
    // by a link or a decision, never by a name that both have.
    assert_eq!(matched("site"), ["1,unmatched,,", "2,unmatched,,", "3,matched,name,2", "4,matched,name,3"]);
    assert_eq!(
        matched("autotask-company"),
        ["1,review,name,", "2,review,name,", "3,matched,name,4", "4,matched,name,3"]
    );
}
