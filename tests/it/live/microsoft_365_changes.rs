//! Microsoft 365: what changed in the tenants since the extraction before, by Graph's delta links.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use matchbook::api::snapshot::{self, Chain, EndpointSummary, Kind};
use matchbook::api::{ApiError, ErrorKind, ExtractionOptions, extract};
use serde_json::{Value, json};

use super::case::{Case, PIPELINE};
use super::microsoft_365::{CASE, DOMAINS, KEYS, live_with, saved, warehouse_of, warnings};
use super::setting::{Told, assert_same, extracted, load};
use crate::fake::Options;
use crate::fake::estate::Rows;
use crate::fake::fault::{Fault, Faults, Refusal, RetryAfter};
use crate::fake::graph::{Deltas, Graph, PARTNER};
use crate::fake::lists::Lists;
use crate::fake::message::Request;
use crate::fake::server::Server;
use crate::workspace::Workspace;

const USER: &str = "1b0c2f0e-58a1-4b60-9a0c-0f5a3f6f";
const GROUP: &str = "a77f31c2-04de-4a0b-8e15-5d2c9b6e";

/// The folders of the tenants in the sample, in the order of [`DOMAINS`].
const TENANTS: [&str; 2] = ["juniper_court", "lowther"];

/// A fake, and what a test changes in it.
struct Estate {
    server: Server,
    lists: [Lists; 2],
    deltas: Deltas,
}

impl Estate {
    fn start(graph: Graph, faults: Faults) -> Self {
        let (lists, deltas) = (TENANTS.map(|tenant| graph.lists(tenant)), graph.deltas());
        Self { server: Server::with_faults(graph, faults), lists, deltas }
    }

    /// Pages of two rows, some of them without rows.
    fn small() -> Self {
        let options = Options { page_size: Some(2), empty_page: true, ..Options::default() };
        Self::start(Graph::sample(&options), Faults::none())
    }

    fn live(&self, more: &str) -> Workspace {
        live_with(&self.server, &DOMAINS, more, KEYS)
    }

    /// In the first tenant one user changes, one leaves and one is new; in the second one loses a licence. Of the groups
    /// one is described anew, one is gone, one is new, and one only has another member.
    fn change(&self) {
        let [juniper, lowther] = &self.lists;
        juniper.change("/users", |rows| {
            let priya = user(rows, "0102");
            priya["jobTitle"] = "Care Manager".into();
            priya["businessPhones"] = json!(["01632 960288"]);
            priya["mobilePhone"] = Value::Null;
            user(rows, "0101")["mobilePhone"] = Value::Null;
            rows.retain(|row| row["id"] != format!("{USER}0105"));
            rows.push(newcomer("0110", "Yusuf", "Bell"));
        });
        lowther.change("/users", |rows| user(rows, "0202")["assignedLicenses"] = json!([]));
        juniper.change("/groups", |rows| {
            rows[0]["description"] = "Everybody who cares".into();
            let mut own = rows[2].clone();
            own["id"] = format!("{GROUP}0009").into();
            own["displayName"] = "Night Shift".into();
            rows.retain(|row| row["id"] != format!("{GROUP}0004"));
            rows.push(own);
        });
        let member = json!({
            "@odata.type": "#microsoft.graph.user", "id": format!("{USER}0110"),
            "displayName": "Yusuf Bell", "userPrincipalName": "yusuf.bell@junipercourtcarehome.example",
        });
        juniper.set(&members("0009"), Rows::held(vec![member]));
        // The list of groups says nothing of it.
        lowther.change(&members("0022"), |rows| rows.truncate(1));
    }

    /// The warehouse of the estate's files as it is now.
    fn of_files(&self) -> Vec<String> {
        let mut files = saved();
        for name in ["lowther/users_1.json", "lowther/users_2.json", "lowther/users_3.json"] {
            files = files.without(&format!("tenants/{name}"));
        }
        files = files.without("tenants/lowther/group_members.json").without("tenants/juniper_court/members");
        for (tenant, lists) in TENANTS.iter().zip(&self.lists) {
            let write = |name: &str, list: &str| {
                let rows: Vec<Value> = lists.rows(list).iter().map(|row| selected(&row)).collect();
                // Nobody saves an answer about a group that has no members.
                if !rows.is_empty() {
                    files.write(
                        &format!("tenants/{tenant}/{name}.json"),
                        json!({ "value": rows }).to_string(),
                    );
                }
            };
            write("users", "/users");
            write("groups", "/groups");
            for group in lists.rows("/groups").iter() {
                let id = group["id"].as_str().unwrap_or_default();
                write(&format!("members/{id}"), &format!("/groups/{id}/members"));
            }
        }
        warehouse_of(files)
    }

    /// Requests to a path that hold a text.
    fn asked(&self, path: &str, text: &str) -> usize {
        let is_it = |request: &&std::sync::Arc<Request>| {
            request.path.starts_with(&format!("/v1.0{path}")) && request.target.contains(text)
        };
        self.server.requests().iter().filter(is_it).count()
    }
}

fn user<'r>(rows: &'r mut [Value], end: &str) -> &'r mut Value {
    rows.iter_mut().find(|row| row["id"] == format!("{USER}{end}")).expect("the sample has the user")
}

fn members(end: &str) -> String {
    format!("/groups/{GROUP}{end}/members")
}

/// Somebody who was never given most of what a user may have.
fn newcomer(end: &str, first: &str, last: &str) -> Value {
    let name = format!("{first}.{last}@junipercourtcarehome.example").to_lowercase();
    json!({
        "id": format!("{USER}{end}"), "displayName": format!("{first} {last}"), "givenName": first, "surname": last,
        "userPrincipalName": name, "mail": null, "proxyAddresses": [], "otherMails": [], "jobTitle": null,
        "officeLocation": null, "businessPhones": [], "mobilePhone": null, "accountEnabled": true, "userType": "Member",
        "onPremisesSyncEnabled": null, "assignedLicenses": [],
    })
}

/// A row without a member that nobody selects.
fn selected(row: &Value) -> Value {
    let mut row = row.clone();
    if let Some(members) = row.as_object_mut() {
        members.remove("futureMember");
    }
    row
}

fn folder(workspace: &Workspace) -> PathBuf {
    workspace.path("snapshots/m365")
}

fn newest(workspace: &Workspace) -> Chain {
    snapshot::newest(&folder(workspace)).expect("it is whole").expect("there is one")
}

/// The number of the newest increment, 0 for everything.
fn number(workspace: &Workspace) -> u64 {
    match newest(workspace).newest().manifest.kind {
        Kind::Full => 0,
        Kind::Increment { number, .. } => number,
    }
}

fn summary(workspace: &Workspace, endpoint: &str) -> EndpointSummary {
    newest(workspace).newest().manifest.endpoints[endpoint].clone()
}

fn both() -> BTreeSet<String> {
    DOMAINS.map(str::to_owned).into()
}

/// The row of a table about a record, by the end of its id.
fn row<'r>(found: &'r [String], table: &str, end: &str) -> Option<&'r String> {
    let (table, id) = (format!("\"t\":\"{table}\""), format!("{end}\\\""));
    found.iter().find(|row| row.contains(&table) && row.contains(&format!("\"record_id\\\":\\\"{id}")))
}

#[test]
fn changes_come_to_the_same_warehouse() {
    let estate = Estate::small();
    let workspace = estate.live("");
    CASE.read(&estate.server, &workspace);
    for endpoint in ["users", "groups"] {
        let first = summary(&workspace, endpoint);
        assert_eq!(first.links.keys().cloned().collect::<BTreeSet<_>>(), both());
        assert_ne!(first.links[DOMAINS[0]], first.links[DOMAINS[1]]);
        assert!(first.followed.is_empty(), "{first:?}");
    }
    let lists = estate.asked("/users", "$top=");

    estate.change();
    let found = CASE.read(&estate.server, &workspace);
    assert_eq!(number(&workspace), 1);
    assert_eq!(
        (summary(&workspace, "users").followed, summary(&workspace, "groups").followed),
        (both(), both())
    );
    assert_same(&estate.of_files(), &found);
    let id = |end: &str| format!("{USER}{end}");
    let contact = |end: &str| row(&found, "contacts", &id(end));
    let priya = contact("0102").expect("she is still there");
    assert!(priya.contains("Care Manager") && priya.contains("01632 960288"), "{priya}");
    assert!(contact("0105").is_none(), "she left");
    assert!(contact("0110").is_some_and(|row| row.contains("Yusuf")), "he is new");
    assert!(row(&found, "groups", &format!("{GROUP}0004")).is_none(), "it is gone");
    assert!(row(&found, "groups", &format!("{GROUP}0009")).is_some_and(|row| row.contains("yusuf.bell@")));
    assert_eq!(estate.asked("/users", "$top="), lists, "no list of users was read again");
    // Calls about one user or group by itself.
    let records = || {
        let requests = estate.server.requests();
        let one = ["/users/", "/groups/"].map(|path| format!("/v1.0{path}"));
        let is_one = |path: &str| {
            let id = one.iter().find_map(|begin| path.strip_prefix(begin.as_str()));
            id.is_some_and(|id| id != "delta" && !id.contains('/'))
        };
        requests.iter().filter(|request| is_one(&request.path)).count()
    };
    assert_eq!(
        records(),
        4 + 2,
        "two changed, one is new and one has another licence; a group changed and one is new"
    );

    // Nothing changed: nobody is asked about.
    let again = CASE.read(&estate.server, &workspace);
    assert_same(&found, &again);
    assert_eq!((number(&workspace), records()), (2, 6));

    // She is back, and he left.
    estate.lists[0].change("/users", |rows| {
        rows.retain(|row| row["id"] != id("0110"));
        rows.insert(0, newcomer("0105", "Ayesha", "Quill"));
    });
    let found = CASE.read(&estate.server, &workspace);
    assert_eq!((number(&workspace), records()), (3, 7));
    assert_same(&estate.of_files(), &found);
    assert_same(&Case::read_in_full(&workspace), &found);
    assert_eq!(number(&workspace), 0);
}

#[test]
fn every_tenant_is_signed_in_to_on_its_own() {
    let estate = Estate::small();
    let workspace = estate.live("");
    extracted(&load(&workspace, PIPELINE), &Told::default());
    extracted(&load(&workspace, PIPELINE), &Told::default());
    let requests = estate.server.requests();
    let tokens = requests.iter().filter(|request| request.path.ends_with("/oauth2/v2.0/token"));
    let mut signed_in: BTreeMap<String, usize> = BTreeMap::new();
    for request in tokens {
        *signed_in.entry(request.path.clone()).or_default() += 1;
    }
    let expected =
        [DOMAINS[0], PARTNER, DOMAINS[1]].map(|tenant| (format!("/{tenant}/oauth2/v2.0/token"), 2));
    assert_eq!(signed_in, BTreeMap::from(expected));
    let followed =
        requests.iter().filter(|request| request.param("$deltatoken").is_some_and(|token| token != "latest"));
    let bearers: BTreeMap<&str, BTreeSet<&str>> = followed.fold(BTreeMap::new(), |mut all, request| {
        all.entry(request.bearer().unwrap_or_default()).or_default().insert(&request.path);
        all
    });
    assert_eq!(bearers.len(), 2, "a token for each tenant");
    assert!(bearers.values().all(|paths| paths.len() == 2), "{bearers:?}");
}

#[test]
fn a_link_that_ended_is_said_and_everything_is_read() {
    for (status, code) in [(410, "syncStateNotFound"), (410, "resyncRequired"), (400, "syncStateNotFound")] {
        let estate = Estate::small();
        let workspace = estate.live("");
        extracted(&load(&workspace, PIPELINE), &Told::default());
        estate.change();
        estate.deltas.expire(0, status, code);
        let said = warnings(&estate.server, &workspace);
        let why = format!(
            "it answers {status}: The sync state generation is not found. The delta token is expired."
        );
        let of = format!(
            "of the tenant `{}` is read in full, since the link to its changes leads nowhere any more",
            DOMAINS[0]
        );
        let expected = ["users", "groups"].map(|name| format!("`{name}` {of}: `{name}`: {why}"));
        assert_eq!(said[..2], expected);
        assert_eq!(said.len(), 3, "the third is about devices: {said:?}");
        assert_eq!(number(&workspace), 1);
        let users = summary(&workspace, "users");
        assert_eq!(
            users.followed,
            BTreeSet::from([DOMAINS[1].to_owned()]),
            "the other tenant's link was good"
        );
        assert_eq!(users.links.len(), 2, "there is a new link");
        // The increment that follows builds on both.
        let expected = estate.of_files();
        assert_same(&expected, &CASE.read(&estate.server, &workspace));
        assert_eq!((number(&workspace), summary(&workspace, "users").followed), (2, both()));
    }
}

#[test]
fn many_changes_are_read_as_a_list() {
    let estate = Estate::start(Graph::sample(&Options::default()), Faults::none());
    let workspace = estate.live("");
    extracted(&load(&workspace, PIPELINE), &Told::default());
    estate.change();
    estate.lists[0].change("/users", |rows| {
        rows.extend(
            (0..501)
                .map(|number| newcomer(&format!("{:04x}", 0x1000 + number), "Temp", &format!("Nr{number}"))),
        );
    });
    let found = CASE.read(&estate.server, &workspace);
    let users = summary(&workspace, "users");
    assert_eq!((number(&workspace), users.links.len()), (1, 2));
    assert_eq!(users.followed, BTreeSet::from([DOMAINS[1].to_owned()]));
    assert_eq!(estate.asked(&format!("/users/{USER}"), ""), 1, "the one of the other tenant");
    assert_same(&estate.of_files(), &found);
}

#[test]
fn links_of_another_host_are_not_followed() {
    let other = Server::start(Graph::sample(&Options::default()));
    let graph = Graph::sample(&Options::default()).leading_to(&other.url());
    let estate = Estate::start(graph, Faults::none());
    let workspace = estate.live("");
    let said = warnings(&estate.server, &workspace);
    let of = format!("of the tenant `{}` will be read in full the next time too", DOMAINS[0]);
    assert!(
        said[0].starts_with(&format!("`users` {of}: `/users/delta` gives no link of its own host")),
        "{said:?}"
    );
    assert_eq!(said.len(), 5, "{said:?}");
    assert!(summary(&workspace, "users").links.is_empty());
    extracted(&load(&workspace, PIPELINE), &Told::default());
    assert_eq!(number(&workspace), 0, "there is nothing to follow");
    assert_eq!(other.connections(), 0);
}

#[test]
fn a_link_that_was_tampered_with_gets_no_credential() {
    let other = Server::start(Graph::sample(&Options::default()));
    let estate = Estate::small();
    let workspace = estate.live("");
    extracted(&load(&workspace, PIPELINE), &Told::default());
    let manifest = newest(&workspace).newest().folder.join("manifest.json");
    let text = fs::read_to_string(&manifest).expect("it is there");
    fs::write(&manifest, text.replace(&estate.server.url(), &other.url())).expect("it is ours");
    estate.change();
    let said = warnings(&estate.server, &workspace);
    assert!(
        said[0].contains("is read in full") && said[0].contains("which is another host than `[SERVER]`"),
        "{said:?}"
    );
    assert_eq!(other.connections(), 0);
    let found = super::setting::warehouse(&workspace, PIPELINE);
    assert_same(&estate.of_files(), &found);
}

/// Every row of users, groups and members that counts, by endpoint, tenant, group and id.
fn rows(folder: &Path) -> BTreeMap<(String, String), Value> {
    let chain = snapshot::newest(folder).expect("it is whole").expect("there is one");
    let mut rows = BTreeMap::new();
    for answer in
        chain.answers().filter(|it| ["users", "groups", "members"].contains(&it.entry.endpoint.as_str()))
    {
        let body = snapshot::body(answer.file, answer.entry).expect("the body is whole");
        let document: Value = serde_json::from_slice(&body).expect("it is JSON");
        let list = document["value"].as_array().cloned().unwrap_or_else(|| vec![document.clone()]);
        for mut row in list {
            row.as_object_mut().expect("it is a record").remove("@odata.context");
            let id = row["id"].as_str().expect("it has an id").to_owned();
            let is_outdated = answer.outdated.as_ref().is_some_and(|outdated| outdated.ids.contains(&id));
            let group = answer.entry.parent.clone().filter(|_| answer.entry.endpoint == "members");
            let list = format!("{} {:?} {group:?}", answer.entry.endpoint, answer.entry.tenant);
            if !is_outdated {
                assert_eq!(rows.insert((list, id), row), None, "it is there once");
            }
        }
    }
    rows
}

/// Extracts, whatever comes of it.
fn attempted(workspace: &Workspace) -> Result<(), ApiError> {
    let pipeline = load(workspace, PIPELINE);
    for _ in 0..200 {
        let mut done = extract(&pipeline, &ExtractionOptions::default(), &Told::default());
        match done.sources.remove(0).outcome {
            Ok(_) => return Ok(()),
            // A program that another test starts has the files of this one, until it is another program.
            Err(error) if error.what.starts_with("another extraction writes to ") => {
                std::thread::sleep(std::time::Duration::from_millis(10));
            }
            Err(error) => return Err(error),
        }
    }
    panic!("the folder stays locked");
}

#[test]
fn an_increment_that_was_stopped_goes_on() {
    let begun = |faults: Faults| {
        let options = Options { page_size: Some(2), ..Options::default() };
        let estate = Estate::start(Graph::sample(&options), faults);
        let workspace = estate.live("concurrency = 1\n");
        assert_eq!(attempted(&workspace), Ok(()));
        let before = estate.server.requests().len();
        estate.change();
        (estate, workspace, before)
    };
    // What an increment that nobody disturbs has, and which requests it makes.
    let (estate, workspace, before) = begun(Faults::none());
    assert_eq!(attempted(&workspace), Ok(()));
    let (expected, after) = (rows(&folder(&workspace)), estate.server.requests().len());
    assert_eq!(expected.keys().filter(|(list, _)| list.starts_with("users")).count(), 11 + 4);
    for number in before + 1..=after {
        // Longer than anybody waits.
        let stop = Fault::Refuse(Refusal::TooMany(RetryAfter::Seconds(10_000)));
        let (estate, workspace, own) = begun(Faults::none().at(number, stop));
        assert_eq!(own, before);
        let kind = attempted(&workspace).map_err(|error| error.kind);
        assert_eq!(kind, Err(ErrorKind::Limit), "request {number}");
        assert_eq!(attempted(&workspace), Ok(()), "request {number}");
        assert!(rows(&folder(&workspace)) == expected, "stopped at request {number}");
        assert_eq!(summary(&workspace, "users").followed, both());
        // The one that was refused, and signing in to the tenants again.
        let more = estate.server.requests().len() - after;
        assert!(more <= 1 + 3, "{more} more requests, stopped at request {number}");
    }
}
