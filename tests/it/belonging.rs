//! Files whose rows name no organization: whose they are, by what stands around them.

use matchbook::extract::{Belonging, Extracted};
use matchbook::model::{Entity, column};

use crate::extract::{Folder, SHEET, archive, table};
use crate::workspace::Workspace;

const ORGANIZATIONS: &str = "id,name\n1,Acme\n2,Birch & Co\n";
const PEOPLE: &str = "first name,last name,email\nMara,Quill,\nJo,Doyle,jo@acme.example\n";

fn clients() -> Folder {
    Folder::new().with("hub/organizations.csv", ORGANIZATIONS)
}

/// The contacts of the sheet as `name @ organization`, sorted.
fn people(extracted: &Extracted) -> Vec<String> {
    let contacts = table(extracted, SHEET, Entity::Contact);
    let mut people: Vec<String> = (0..u32::try_from(contacts.len()).expect("few rows"))
        .map(|row| {
            let cell = |name| contacts.get(row, name).unwrap_or("-");
            let id = contacts.get(row, column::ORGANIZATION_ID);
            format!("{} @ {}", cell(column::FIRST_NAME), id.unwrap_or(cell(column::ORGANIZATION)))
        })
        .collect();
    people.sort();
    people
}

fn belonging<'e>(extracted: &'e Extracted, file: &str) -> Option<&'e Belonging> {
    let mut reports = extracted.files.iter();
    reports.find(|report| report.file == file).expect("the file was read").belonging.as_ref()
}

#[test]
fn two_clients_in_two_folders_never_mix() {
    let extracted = clients()
        .with("sheet/Acme/contacts.csv", PEOPLE)
        .with("sheet/Birch & Co/contacts.csv", PEOPLE)
        .read();
    // The same two people in both: without the organization their made ids would be the same.
    assert_eq!(people(&extracted), ["Jo @ Acme", "Jo @ Birch & Co", "Mara @ Acme", "Mara @ Birch & Co"]);
    assert_eq!(extracted.quarantine, []);
    assert_eq!(belonging(&extracted, "sheet/Acme/contacts.csv"), Some(&Belonging::Folder("Acme".to_owned())));
    let implied = table(&extracted, SHEET, Entity::Organization);
    let names: Vec<&str> = (0..2).filter_map(|row| implied.get(row, column::NAME)).collect();
    assert_eq!(implied.len(), 2);
    assert!(names.contains(&"Acme") && names.contains(&"Birch & Co"));
}

#[test]
fn a_folder_must_be_called_exactly_like_a_client() {
    let extracted = clients()
        .with("sheet/acme/contacts.csv", PEOPLE)
        .with("sheet/Acme/2025/contacts.csv", PEOPLE.replace("Mara", "Mia").replace("Jo,", "Jay,"))
        .read();
    assert_eq!(people(&extracted), ["Jay @ -", "Jo @ -", "Mara @ -", "Mia @ -"]);
    assert_eq!(belonging(&extracted, "sheet/acme/contacts.csv"), Some(&Belonging::Nothing));

    let mut folder = clients().with("sheet/acme/contacts.csv", PEOPLE);
    folder.pipeline = folder.pipeline.replace("name = \"test\"", "name = \"test\"\nnames = \"ignore-case\"");
    assert_eq!(people(&folder.read()), ["Jo @ Acme", "Mara @ Acme"]);
}

#[test]
fn clients_of_earlier_sources_count_and_pseudo_sites_do_not() {
    let sites = r#"[{"uid":"5f0c7c0e-6a52-4b1f-9d35-1f8f2a7c1001","accountUid":"a","name":"Cedar"},
        {"uid":"managed","accountUid":"a","name":"Managed"}]"#;
    let extracted = clients()
        .with("rmm/sites.json", sites)
        .with("sheet/Cedar/contacts.csv", PEOPLE)
        .with("sheet/Managed/contacts.csv", PEOPLE.replace("Mara", "Mia").replace("Jo,", "Jay,"))
        .read();
    assert_eq!(people(&extracted), ["Jay @ -", "Jo @ Cedar", "Mara @ Cedar", "Mia @ -"]);
}

#[test]
fn the_pipeline_comes_first_and_a_file_before_its_source() {
    let mut folder = clients()
        .with("sheet/Acme/contacts.csv", PEOPLE)
        .with("sheet/Acme/people.csv", PEOPLE.replace("Mara", "Mia").replace("Jo,", "Jay,"));
    folder.pipeline = folder.pipeline.replace(
        r#"files = ["sheet"]"#,
        r#"files = ["sheet", { path = "sheet/Acme/people.csv", organization = "Dale" }]
organization = "Birch & Co""#,
    );
    let extracted = folder.read();
    assert_eq!(people(&extracted), ["Jay @ Dale", "Jo @ Birch & Co", "Mara @ Birch & Co", "Mia @ Dale"]);
}

#[test]
fn a_column_for_the_organization_speaks_and_its_blanks_are_the_pipelines_alone() {
    let named = "first name,last name,client\nMara,Quill,Birch & Co\nJo,Doyle,\n";
    let mut folder = clients().with("sheet/Acme/contacts.csv", named);
    let extracted = folder.read();
    assert_eq!(people(&extracted), ["Jo @ -", "Mara @ Birch & Co"]);
    assert_eq!(belonging(&extracted, "sheet/Acme/contacts.csv"), None);

    folder.pipeline.push_str("organization = \"Dale\"\n");
    let extracted = folder.read();
    assert_eq!(people(&extracted), ["Jo @ Dale", "Mara @ Birch & Co"]);
    assert_eq!(
        belonging(&extracted, "sheet/Acme/contacts.csv"),
        Some(&Belonging::Pipeline("Dale".to_owned(), true))
    );
}

#[test]
fn the_only_organization_record_of_the_folder_has_its_rows() {
    let extracted = clients()
        .with("sheet/Acme/organizations.csv", "id,name\n77,Tenant of Acme\n")
        .with("sheet/Acme/contacts.csv", PEOPLE)
        // Two records say nothing, so the folder's name speaks.
        .with("sheet/Birch & Co/organizations.csv", "id,name\n78,Tenant\n79,Other tenant\n")
        .with("sheet/Birch & Co/contacts.csv", PEOPLE)
        .read();
    assert_eq!(people(&extracted), ["Jo @ 77", "Jo @ Birch & Co", "Mara @ 77", "Mara @ Birch & Co"]);
    // The source has organizations, but none of this name, so one is implied beside them.
    let organizations = table(&extracted, SHEET, Entity::Organization);
    assert_eq!((organizations.len(), organizations.rows_read), (4, 3));
    let ids: Vec<&str> = (0..4).map(|row| organizations.id(row)).collect();
    assert!(ids.is_sorted() && ids.contains(&"77"), "{ids:?}");
}

#[test]
fn an_archive_speaks_by_its_name_unless_it_holds_several_folders() {
    let folder = clients();
    archive(&folder.dir.path().join("sheet/Acme.zip"), &[("contacts.csv", PEOPLE)]);
    assert_eq!(people(&folder.read()), ["Jo @ Acme", "Mara @ Acme"]);

    let folder = clients();
    archive(&folder.dir.path().join("sheet/Acme.zip"), &[("export/contacts.csv", PEOPLE)]);
    assert_eq!(people(&folder.read()), ["Jo @ Acme", "Mara @ Acme"]);

    let folder = clients();
    let others = PEOPLE.replace("Mara", "Mia").replace("Jo,", "Jay,");
    archive(
        &folder.dir.path().join("sheet/Acme.zip"),
        &[("Birch & Co/contacts.csv", PEOPLE), ("someone/contacts.csv", &others)],
    );
    assert_eq!(people(&folder.read()), ["Jay @ -", "Jo @ Birch & Co", "Mara @ Birch & Co", "Mia @ -"]);
}

#[test]
fn check_says_whose_the_rows_are_and_why() {
    let sheet = "\n[[source]]\nname = \"sheet\"\nsystem = \"csv\"\nfiles = [\"sheet\"]\n";
    let workspace = Workspace::new()
        .with("p.toml", format!("{}{sheet}", crate::workspace::PIPELINE))
        .with("sheet/Acme/contacts.csv", PEOPLE)
        .with("sheet/someone/contacts.csv", PEOPLE);
    let output = workspace.run(&["check", "p.toml"]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    for line in [
        "sheet/Acme/contacts.csv: its rows name no organization and belong to `Acme`: the folder is called so\n",
        "sheet/someone/contacts.csv: its rows name no organization, and nothing else says which: they are skipped unless `organization` in `files` names it\n",
    ] {
        assert!(text.contains(line), "{text}");
    }
}

#[test]
fn the_hub_names_its_organizations_itself() {
    let text = crate::workspace::PIPELINE
        .replace(r#"files = ["hub"]"#, r#"files = [{ path = "hub", organization = "Acme" }]"#);
    let output = Workspace::new().with("p.toml", text).run(&["check", "p.toml"]);
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(told.contains("P101"), "{told}");
    assert!(told.contains("unknown key `organization`"), "{told}");
}
