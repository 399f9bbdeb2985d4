//! Exports of Active Directory in its three formats. Every value is worked out from the file's text.

use matchbook::extract::{self, Belonging, Extracted};
use matchbook::model::{Entity, Records, column};

use crate::extract::{Folder, table};
use crate::workspace::Workspace;

const PIPELINE: &str = r#"
name = "test"
method = "A"
[hub]
system = "it-glue"
files = ["hub"]
[[source]]
name = "psa"
system = "connectwise"
files = ["psa"]
[[source]]
name = "ad"
system = "active-directory"
files = ["ad"]
"#;

const AD: u16 = 2;

fn folder() -> Folder {
    let mut folder = Folder::new().with("hub/organizations.csv", "id,name\n1,Nordkai\n2,Acme\n");
    PIPELINE.clone_into(&mut folder.pipeline);
    folder
}

fn rows(records: &Records) -> impl Iterator<Item = u32> {
    0..u32::try_from(records.len()).expect("few rows")
}

/// The value of a column in the only record whose column `key` is `is`.
fn cell<'e>(extracted: &'e Extracted, entity: Entity, key: &str, is: &str, name: &str) -> &'e str {
    let records = table(extracted, AD, entity);
    let mut found = rows(records).filter(|row| records.get(*row, key) == Some(is));
    let row = found.next().unwrap_or_else(|| panic!("no {entity} has {key} {is}"));
    assert_eq!(found.next(), None, "several have {key} {is}");
    records.get(row, name).unwrap_or_default()
}

fn findings(extracted: &Extracted) -> Vec<String> {
    let mut all: Vec<String> = extracted
        .findings
        .iter()
        .map(|finding| format!("{} {} {}", finding.code, finding.field, finding.raw_value))
        .collect();
    all.sort();
    all
}

/// Rows read are records and quarantined rows, entity by entity and file by file.
fn adds_up(extracted: &Extracted) {
    let mut of_tables = 0;
    for entity in [Entity::Contact, Entity::Configuration, Entity::Group] {
        if let Some(table) = extracted.tables.get(AD, entity) {
            assert_eq!(table.rows_read, table.len() as u64 + table.quarantined, "{entity}");
            of_tables += table.rows_read;
        }
    }
    let of_files: u64 = extracted.files.iter().filter(|file| file.source == AD).map(|file| file.rows).sum();
    assert_eq!(of_tables, of_files);
}

const LOST_UMLAUTS: &str = "#TYPE Selected.Microsoft.ActiveDirectory.Management.ADUser
\"GivenName\";\"Surname\";\"SamAccountName\";\"EmailAddress\";\"Enabled\";\"LastLogonDate\";\"memberOf\"
\"J?rg\";\"Weiss\";\"jweiss\";\"joerg.weiss@nordkai.example\";\"True\";\"14.03.2025 08:30:00\";\"Microsoft.ActiveDirectory.Management.ADPropertyValueCollection\"
\"\";\"\";\"svc_backup\";\"\";\"True\";\"\";\"Microsoft.ActiveDirectory.Management.ADPropertyValueCollection\"
";

#[test]
fn a_letter_that_was_lost_is_never_a_name() {
    let extracted = folder().with("ad/Nordkai/users.csv", LOST_UMLAUTS.replace('\n', "\r\n")).read();
    adds_up(&extracted);
    let of = |name| cell(&extracted, Entity::Contact, column::LAST_NAME, "Weiss", name);
    assert_eq!(of(column::FIRST_NAME), "", "`J?rg` must never replace a good name");
    assert_eq!(of(column::EMAILS), "joerg.weiss@nordkai.example");
    assert_eq!(of(column::ACTIVE), "true");
    assert_eq!(of(column::ORGANIZATION), "Nordkai");
    assert!(of(column::RAW).contains(r#""givenName":"J?rg""#), "{}", of(column::RAW));
    assert!(of(column::RECORD_ID).starts_with('~'), "the export has no id");
    let skipped = cell(&extracted, Entity::Contact, column::SKIP_REASON, "service_account", column::RAW);
    assert!(skipped.contains("svc_backup"), "{skipped}");
    assert_eq!(
        findings(&extracted),
        [
            "lossy_encoding first_name J?rg",
            // Of an attribute that no column is made of it is said once.
            "multivalue_lost  Microsoft.ActiveDirectory.Management.ADPropertyValueCollection",
        ]
    );
}

const COMPUTERS: &str = r#""Name","DNSHostName","Enabled","OperatingSystem","LastLogonDate","DistinguishedName"
"NK-LAGER-PC0001","nk-lager-pc00017.nordkai.local","True","Windows 11 Pro","3/14/2025 8:30:00 AM","CN=NK-LAGER-PC0001,OU=PCs,DC=nordkai,DC=local"
"#;

#[test]
fn a_computer_has_the_first_label_of_its_host_name() {
    let extracted = folder().with("ad/Nordkai/computers.csv", COMPUTERS).read();
    adds_up(&extracted);
    let of = |name| cell(&extracted, Entity::Configuration, column::NAME, "NK-LAGER-PC0001", name);
    assert_eq!(of(column::RECORD_ID), "CN=NK-LAGER-PC0001,OU=PCs,DC=nordkai,DC=local");
    assert_eq!(of(column::HOSTNAME), "nk-lager-pc00017");
    assert_eq!(of(column::OPERATING_SYSTEM), "Windows 11 Pro");
    assert_eq!(of(column::LAST_SEEN_AT), "2025-03-14T08:30:00Z");
    assert_eq!((of(column::SERIAL_NUMBER), of(column::MAC_ADDRESS)), ("", ""));
    assert_eq!(of(column::ACTIVE), "true");
    assert_eq!(findings(&extracted), [""; 0]);
}

const CSVDE: &str = "DN,objectClass,cn,sn,givenName,mail,proxyAddresses,objectGUID,userAccountControl
\"CN=Zoe Simek,OU=Staff,DC=nordkai,DC=local\",user,Zoe Simek,Simek,Zoe,zoe@nordkai.example,SMTP:zoe@nordkai.example;smtp:z.simek@nordkai.example,X'3a2f1d5b447c0e4e9a610f2d8c5e1b90',512
";

#[test]
fn csvde_has_binary_values_and_several_in_a_cell() {
    let extracted = folder().with("ad/Nordkai/export.csv", CSVDE).read();
    adds_up(&extracted);
    let of = |name| cell(&extracted, Entity::Contact, column::FIRST_NAME, "Zoe", name);
    assert_eq!(of(column::RECORD_ID), "5b1d2f3a-7c44-4e0e-9a61-0f2d8c5e1b90");
    assert_eq!(of(column::LAST_NAME), "Simek");
    assert_eq!(of(column::EMAILS), "zoe@nordkai.example\u{1f}z.simek@nordkai.example");
    assert_eq!(of(column::ACTIVE), "true", "512 is a normal account");
    assert!(of(column::RAW).contains(r#""userAccountControl":"normal account""#), "{}", of(column::RAW));
}

const LDIF: &str = "dn: CN=zsimek,OU=Very Long Organisational Unit Name,OU=Staff,DC=nordkai,DC=lo
 cal
changetype: add
objectClass: person
objectClass: user
cn:: Wm/DqyDFoGltZWs=
givenName:: Wm/Dqw==
sn:: xaBpbWVr
mail: zoe@nordkai.example
userAccountControl: 512
pwdLastSet: 133864146000000000
";

#[test]
fn ldif_is_put_together_and_decoded() {
    let extracted = folder().with("ad/Nordkai/export.ldf", LDIF).read();
    adds_up(&extracted);
    let of = |name| cell(&extracted, Entity::Contact, column::FIRST_NAME, "Zoë", name);
    assert_eq!(
        of(column::RECORD_ID),
        "CN=zsimek,OU=Very Long Organisational Unit Name,OU=Staff,DC=nordkai,DC=local"
    );
    assert_eq!(of(column::LAST_NAME), "Šimek");
    assert_eq!(of(column::EMAILS), "zoe@nordkai.example");
    assert!(of(column::RAW).contains(r#""pwdLastSet":"2025-03-14T08:30:00Z""#), "{}", of(column::RAW));
    assert!(of(column::RAW).contains(r#""name":"Zoë Šimek""#), "{}", of(column::RAW));
    let file = extracted.files.iter().find(|file| file.file == "ad/Nordkai/export.ldf").expect("it was read");
    assert_eq!(file.belonging, Some(Belonging::Folder("Nordkai".to_owned())));
}

/// Everything in one file: two users, a computer, groups, a managed account, a unit, a change and a broken line.
const MIXED: &str = "version: 1

# what ldifde -f writes
dn: OU=Staff,DC=nordkai,DC=local
objectClass: top
objectClass: organizationalUnit

dn: CN=Sales,OU=Groups,DC=nordkai,DC=local
objectClass: top
objectClass: group
cn: Sales
groupType: -2147483646
member: CN=Jo Doyle,OU=Staff,DC=nordkai,DC=local
member: cn=mara quill, ou=staff, dc=nordkai, dc=local
member: CN=Someone Else,DC=other,DC=example
objectGUID:: k6eCWmOp/UmhoArs7c7ufQ==

dn: CN=Jo Doyle,OU=Staff,DC=nordkai,DC=local
objectClass: top
objectClass: person
objectClass: organizationalPerson
objectClass: user
cn: Jo Doyle
displayName: Doyle, Jo
sAMAccountName: jdoyle
userPrincipalName: jdoyle@nordkai.local
proxyAddresses: smtp:sales@nordkai.example
proxyAddresses: SMTP:jo@nordkai.example
telephoneNumber: +1 555 0100
mobile: +1 555 0101
title: Sales
physicalDeliveryOfficeName: Head Office
objectSid:: AQUAAAAAAAUVAAAACSxXIoAiWp4NDVt1UAQAAA==
userAccountControl: 66050
whenChanged: 20171117102419.0Z
accountExpires: 9223372036854775807
thumbnailPhoto:: /9j/4AAQSkY=
unixUserPassword: CANARY

dn: CN=Mara Quill,OU=Staff,DC=nordkai,DC=local
objectClass: user
sAMAccountName: mquill
givenName: Mara
sn: Quill
userPrincipalName: mquill@nordkai.local

dn: CN=NK-PC-2,OU=PCs,DC=nordkai,DC=local
objectClass: top
objectClass: person
objectClass: organizationalPerson
objectClass: user
objectClass: computer
cn: NK-PC-2
dNSHostName: nk-pc-2.nordkai.local
sAMAccountName: NK-PC-2$
lastLogonTimestamp: 131553878594042640
userAccountControl: 4096

dn: CN=gmsa,DC=nordkai,DC=local
objectClass: user
objectClass: computer
objectClass: msDS-GroupManagedServiceAccount
cn: gmsa
sAMAccountName: gmsa$

dn: CN=Jo Doyle,OU=Staff,DC=nordkai,DC=local
changetype: modify
replace: title
title: Boss
-

dn: CN=Broken,DC=nordkai,DC=local
no colon here
";

#[test]
fn one_file_gives_rows_of_several_entities() {
    let extracted = folder().with("ad/Nordkai/all.ldif", MIXED).read();
    adds_up(&extracted);
    let contacts = table(&extracted, AD, Entity::Contact);
    assert_eq!((contacts.len(), contacts.rows_read, contacts.quarantined), (3, 5, 2));
    assert_eq!(table(&extracted, AD, Entity::Configuration).len(), 1);
    assert_eq!(table(&extracted, AD, Entity::Group).len(), 1);
    let file = extracted.files.iter().find(|file| file.file == "ad/Nordkai/all.ldif").expect("it was read");
    assert_eq!(file.entities, [Entity::Contact, Entity::Configuration, Entity::Group]);
    assert_eq!((file.rows, file.quarantined), (7, 2));
    assert_eq!(file.note, "no records: 1 organizationalUnit");
    let bad: Vec<(u64, &str)> = extracted
        .quarantine
        .iter()
        .map(|row| (row.line, row.reason.split(':').next().unwrap_or("")))
        .collect();
    assert_eq!(bad, [(66, "not_an_entry"), (72, "bad_line")]);

    let jo = |name| cell(&extracted, Entity::Contact, column::LAST_NAME, "Doyle", name);
    assert_eq!(jo(column::RECORD_ID), "S-1-5-21-576138249-2656707200-1968901389-1104");
    assert_eq!(jo(column::FIRST_NAME), "Jo", "out of `Doyle, Jo`");
    assert_eq!(jo(column::EMAILS), "jo@nordkai.example\u{1f}sales@nordkai.example", "SMTP before smtp");
    assert_eq!(jo(column::USER_PRINCIPAL_NAME), "jdoyle@nordkai.local");
    assert_eq!(jo(column::PHONES), "+1 555 0100\u{1f}+1 555 0101");
    assert_eq!(jo(column::PHONE_LABELS), "Work\u{1f}Mobile");
    assert_eq!(jo(column::LOCATION), "Head Office");
    assert_eq!(jo(column::ACTIVE), "false", "66050 has the bit 2");
    assert_eq!(jo(column::SKIP_REASON), "disabled_account");
    assert_eq!(jo(column::MODIFIED_AT), "2017-11-17T10:24:19Z");
    assert!(
        !jo(column::RAW).contains("CANARY") && !jo(column::RAW).contains("accountExpires"),
        "{}",
        jo(column::RAW)
    );

    let mara = |name| cell(&extracted, Entity::Contact, column::LAST_NAME, "Quill", name);
    assert_eq!(mara(column::EMAILS), "", "`.local` is no address");
    assert_eq!(mara(column::SKIP_REASON), "");

    let pc = |name| cell(&extracted, Entity::Configuration, column::NAME, "NK-PC-2", name);
    assert_eq!(pc(column::HOSTNAME), "nk-pc-2");
    assert_eq!(pc(column::LAST_SEEN_AT), "2017-11-17T10:24:19Z");

    let sales = |name| cell(&extracted, Entity::Group, column::NAME, "Sales", name);
    assert_eq!(sales(column::RECORD_ID), "5a82a793-a963-49fd-a1a0-0aecedceee7d");
    assert_eq!(sales(column::TYPE), "Global Security");
    assert_eq!(
        sales(column::MEMBERS),
        "jdoyle@nordkai.local\u{1f}mquill@nordkai.local\u{1f}CN=Someone Else,DC=other,DC=example"
    );
    assert_eq!(findings(&extracted), ["name_derived first_name Doyle, Jo"]);
}

#[test]
fn members_are_named_by_the_accounts_of_their_own_folder() {
    let user = |sign_in: &str| {
        format!(
            "dn: CN=Jo,DC=corp,DC=local\nobjectClass: user\nsn: Doyle\nuserPrincipalName: {sign_in}\nobjectSid: S-1-5-21-1-2-3-{}\n",
            sign_in.len()
        )
    };
    let group = |id: u8| {
        format!(
            "dn: CN=All,DC=corp,DC=local\nobjectClass: group\ncn: All {id}\nobjectSid: S-1-5-21-1-2-{id}-9\nmember: CN=Jo,DC=corp,DC=local\n"
        )
    };
    let extracted = folder()
        .with("ad/Nordkai/users.ldf", user("jo@nordkai.example"))
        .with("ad/Nordkai/groups.ldf", group(1))
        .with("ad/Acme/groups.ldf", group(2))
        .read();
    let members = |name| cell(&extracted, Entity::Group, column::NAME, name, column::MEMBERS);
    assert_eq!(members("All 1"), "jo@nordkai.example");
    assert_eq!(members("All 2"), "CN=Jo,DC=corp,DC=local", "another client's domain of the same name");
}

#[test]
fn settings_say_which_accounts_take_part() {
    let users = "SamAccountName,GivenName,Surname,DisplayName,EmailAddress,Enabled,DistinguishedName,SID
a,Ann,Ash,,,True,\"CN=a,OU=Staff,DC=x\",S-1-5-21-1-2-3-1101
b,Bo,Birch,,,False,\"CN=b,OU=Staff,DC=x\",S-1-5-21-1-2-3-1102
scan1,Copy,Room,Floor 2 Scanner,,True,\"CN=c,OU=Staff,DC=x\",S-1-5-21-1-2-3-1103
d,Di,Dale,,,True,\"CN=d,OU=Leavers,OU=Staff,DC=x\",S-1-5-21-1-2-3-1104
Administrateur,,,Le Chef,,True,\"CN=e,CN=Users,DC=x\",S-1-5-21-1-2-3-500
trust$,T,Rust,,,True,\"CN=f,CN=Users,DC=x\",S-1-5-21-1-2-3-1106
front,,,,front@x.example,True,\"CN=g,OU=Staff,DC=x\",S-1-5-21-1-2-3-1107
";
    let mut folder = folder().with("ad/Acme/users.csv", users);
    let skipped = |extracted: &Extracted| -> Vec<String> {
        let contacts = table(extracted, AD, Entity::Contact);
        let shown = |row| {
            let id = contacts.id(row).rsplit('-').next().unwrap_or_default().to_owned();
            Some(format!("{id} {}", contacts.get(row, column::SKIP_REASON)?))
        };
        rows(contacts).filter_map(shown).collect()
    };
    let always = ["500 service_account", "1106 service_account", "1107 service_account"];
    let mut found = skipped(&folder.read());
    found.sort();
    let mut expected = [&always[..], &["1102 disabled_account"]].concat();
    expected.sort_unstable();
    assert_eq!(found, expected);

    folder.pipeline.push_str(
        "[source.accounts]\ndisabled = true\nskip_names = [\"* scanner\"]\nskip_units = [\"OU=Leavers,OU=Staff,DC=x\"]\n",
    );
    let mut found = skipped(&folder.read());
    found.sort();
    let mut expected = [&always[..], &["1103 service_account", "1104 service_account"]].concat();
    expected.sort_unstable();
    assert_eq!(found, expected);
}

#[test]
fn a_file_is_known_by_its_headings_or_refused() {
    let (message, _) = folder().with("ad/list.csv", "colour,shape\nred,round\n").fail();
    assert!(message.contains("its headings (colour, shape)"), "{message}");

    let extracted = folder()
        .with("ad/Acme/export.csv", "Name,OperatingSystem,LastLogonDate\nACM-1,Windows 11 Pro,\n")
        .with(
            "ad/Acme/other.csv",
            "GroupScope,GroupCategory,Name,SID\nGlobal,Security,Sales,S-1-5-21-1-2-3-9\n",
        )
        .read();
    assert_eq!(cell(&extracted, Entity::Configuration, column::NAME, "ACM-1", column::HOSTNAME), "ACM-1");
    assert_eq!(cell(&extracted, Entity::Group, column::NAME, "Sales", column::TYPE), "Global Security");
}

#[test]
fn init_knows_the_exports() {
    let folder = folder()
        .with("ad/Nordkai/export.csv", CSVDE)
        .with("ad/Nordkai/all.ldf", MIXED)
        .with("ad/Nordkai/pcs.csv", COMPUTERS);
    let found = extract::recognise(&folder.dir.path().join("ad")).expect("it can be read");
    let shown: Vec<(&str, &str, u64)> = found
        .iter()
        .map(|it| (it.file.as_str(), it.system.map_or("", |system| system.name.as_str()), it.rows))
        .collect();
    assert_eq!(
        shown,
        [
            ("Nordkai/all.ldf", "active-directory", 8),
            ("Nordkai/export.csv", "active-directory", 1),
            ("Nordkai/pcs.csv", "active-directory", 1),
        ]
    );
}

/// Bytes as a redirection of PowerShell or `ldifde -u` writes them.
fn utf_16(text: &str) -> Vec<u8> {
    std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect()
}

#[test]
fn exports_in_utf_16_are_read() {
    let extracted = folder()
        .with("ad/Nordkai/computers.csv", utf_16(COMPUTERS))
        .with("ad/Nordkai/export.ldf", utf_16(&LDIF.replace("sn:: xaBpbWVr", "sn: Šimek")))
        .read();
    adds_up(&extracted);
    assert_eq!(table(&extracted, AD, Entity::Configuration).len(), 1);
    assert_eq!(cell(&extracted, Entity::Contact, column::FIRST_NAME, "Zoë", column::LAST_NAME), "Šimek");
}

#[test]
fn a_row_whose_cells_have_moved_is_no_record() {
    // The distinguished name is not quoted, so it is three cells.
    let text = "Name,OperatingSystem,DistinguishedName\nPC-1,Windows 11 Pro,CN=PC-1,DC=x,DC=y\nPC-2,Windows 11 Pro,\"CN=PC-2,DC=x\"\n";
    let extracted = folder().with("ad/Acme/computers.csv", text).read();
    adds_up(&extracted);
    assert_eq!(table(&extracted, AD, Entity::Configuration).len(), 1);
    assert_eq!(extracted.quarantine.len(), 1);
    assert_eq!(extracted.quarantine[0].line, 2);
    assert!(extracted.quarantine[0].reason.starts_with("row_long"), "{}", extracted.quarantine[0].reason);
}

#[test]
fn days_and_months_are_told_apart_by_the_whole_column() {
    let text = "Name,DNSHostName,LastLogonDate\nPC-1,,03/04/2025 08:30:00\nPC-2,,14/03/2025 08:30:00\n";
    let extracted = folder().with("ad/Acme/computers.csv", text).read();
    let seen = |name| cell(&extracted, Entity::Configuration, column::NAME, name, column::LAST_SEEN_AT);
    assert_eq!((seen("PC-1"), seen("PC-2")), ("2025-04-03T08:30:00Z", "2025-03-14T08:30:00Z"));
}

#[test]
fn ansi_values_of_ldif_are_letters_and_said() {
    let mut text = b"dn: CN=M,DC=x\nobjectClass: user\ngivenName: J\xf6rg\nsn:: TfxsbGVy\n".to_vec();
    text.extend(b"jpegPhoto:: /9j/4AAQSkY=\nurl:< file:///etc/passwd\n");
    let extracted = folder().with("ad/Acme/users.ldf", text).read();
    assert_eq!(cell(&extracted, Entity::Contact, column::FIRST_NAME, "Jörg", column::LAST_NAME), "Müller");
    let raw = cell(&extracted, Entity::Contact, column::FIRST_NAME, "Jörg", column::RAW);
    assert!(!raw.contains("url") && !raw.contains("jpegPhoto"), "{raw}");
    assert_eq!(findings(&extracted), ["mixed_encoding first_name Jörg", "mixed_encoding last_name Müller"]);
}

/// What section 3 makes of records of the directory, as test cases of a pipeline.
const CASES: &str = r#"
[[test]]
name = "who has an address is never decided by name"
records = [
    { source = "hub", entity = "organization", record_id = "1", name = "Acme" },
    { source = "ad", entity = "organization", record_id = "1", name = "Acme" },
    { source = "hub", entity = "contact", record_id = "2", organization_id = "1", first_name = "Jo", last_name = "Doyle", emails = ["jo@acme.example"] },
    { source = "ad", entity = "contact", record_id = "3", organization_id = "1", first_name = "Jo", last_name = "Doyle", emails = ["doyle@acme.example"] },
]
expect = [{ entity = "contact", record = "ad/3", state = "review", reason = "shared_key", hub_id = "" }]

[[test]]
name = "who has none is"
records = [
    { source = "hub", entity = "organization", record_id = "1", name = "Acme" },
    { source = "ad", entity = "organization", record_id = "1", name = "Acme" },
    { source = "hub", entity = "contact", record_id = "2", organization_id = "1", first_name = "Jo", last_name = "Doyle", emails = ["jo@acme.example"] },
    { source = "ad", entity = "contact", record_id = "3", organization_id = "1", first_name = "Jo", last_name = "Doyle" },
]
expect = [{ entity = "contact", record = "ad/3", state = "matched", rule = "person", hub_id = "2" }]

[[test]]
name = "the address wins over the name"
records = [
    { source = "hub", entity = "organization", record_id = "1", name = "Acme" },
    { source = "ad", entity = "organization", record_id = "1", name = "Acme" },
    { source = "hub", entity = "contact", record_id = "2", organization_id = "1", first_name = "Jo", last_name = "Doyle", emails = ["jo@acme.example"] },
    { source = "hub", entity = "contact", record_id = "4", organization_id = "1", first_name = "Mara", last_name = "Quill", emails = ["mara@acme.example"] },
    { source = "ad", entity = "contact", record_id = "3", organization_id = "1", first_name = "Jo", last_name = "Doyle", emails = ["mara@acme.example"] },
]
expect = [{ entity = "contact", record = "ad/3", state = "matched", rule = "email", hub_id = "4" }]

[[test]]
name = "two computers of one name in two domains are two"
records = [
    { source = "hub", entity = "organization", record_id = "1", name = "Acme" },
    { source = "ad", entity = "organization", record_id = "1", name = "Acme" },
    { source = "hub", entity = "configuration", record_id = "2", organization_id = "1", name = "TILL-01", hostname = "TILL-01" },
    { source = "ad", entity = "configuration", record_id = "3", organization_id = "1", name = "TILL-01", hostname = "till-01" },
    { source = "ad", entity = "configuration", record_id = "4", organization_id = "1", name = "TILL-01", hostname = "till-01" },
    { source = "ad", entity = "configuration", record_id = "5", organization_id = "1", name = "TILL-02", hostname = "till-02" },
    { source = "ad", entity = "configuration", record_id = "6", organization_id = "1", name = "TILL-02", hostname = "till-02" },
]
expect = [
    { entity = "configuration", record = "ad/3", state = "review", reason = "shared_key", hub_id = "" },
    { entity = "configuration", record = "ad/4", state = "review", reason = "shared_key", hub_id = "" },
    { entity = "configuration", record = "ad/5", state = "review", reason = "duplicate_in_source" },
    { entity = "configuration", record = "ad/6", state = "review", reason = "duplicate_in_source" },
]
"#;

#[test]
fn addresses_come_before_names_and_twins_stay_two() {
    let directory = "\n[[source]]\nname = \"ad\"\nsystem = \"active-directory\"\nfiles = [\"ad\"]\n";
    let text = format!("{}{directory}{CASES}", crate::workspace::PIPELINE);
    let workspace = Workspace::new().with("p.toml", text).with("ad/Acme/computers.csv", COMPUTERS);
    let output = workspace.run(&["check", "p.toml"]);
    let shown = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{shown}");
    assert_eq!(shown.matches(": ok\n").count(), 5, "{shown}");
}
