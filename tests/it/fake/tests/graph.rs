//! Microsoft Graph's fake does what Graph's documentation says.

use serde_json::{Value, json};

use crate::fake::Options;
use crate::fake::client::{Answer, Connection, target};
use crate::fake::graph::{CLIENT, Graph, PARTNER, SECRET};
use crate::fake::message::encode;
use crate::fake::server::Server;
use crate::fake::spec::Spec;

const DOMAIN: &str = "junipercourtcarehome.example";
const TENANT: &str = "0d9a4e1c-7b52-4f0e-9a61-3c5d2e8f1011";

/// A client that is signed in to a tenant.
struct Client {
    connection: Connection,
    authorization: String,
}

fn sign_in(server: &Server, tenant: &str, secret: &str) -> Answer {
    let scope = encode(&format!("{}/.default", server.url()));
    let form = format!(
        "grant_type=client_credentials&client_id={CLIENT}&client_secret={}&scope={scope}",
        encode(secret)
    );
    let headers = [("Content-Type", "application/x-www-form-urlencoded")];
    let path = format!("/{tenant}/oauth2/v2.0/token");
    Connection::to(server).ask("POST", &path, &headers, &form).expect("it answers")
}

impl Client {
    fn of(server: &Server, tenant: &str) -> Self {
        let token = sign_in(server, tenant, SECRET).json();
        let authorization = format!("Bearer {}", token["access_token"].as_str().expect("a token"));
        Self { connection: Connection::to(server), authorization }
    }

    fn ask(&mut self, target: &str) -> Answer {
        self.connection.get(target, &[("Authorization", &self.authorization)]).expect("it answers")
    }

    /// The rows of every page of a list.
    fn pages(&mut self, first: &str) -> Vec<Vec<Value>> {
        let mut pages = Vec::new();
        let mut next = Some(first.to_owned());
        while let Some(target_of) = next {
            let page = self.ask(&target_of).json();
            pages.push(page["value"].as_array().expect("a list").clone());
            next = page["@odata.nextLink"].as_str().map(target);
        }
        pages
    }
}

#[test]
fn gives_tokens_per_tenant() {
    let server = Server::start(Graph::sample(&Options::default()).lapsing("lowther"));
    let wrong = sign_in(&server, TENANT, "other");
    assert_eq!((wrong.status, &wrong.json()["error"]), (401, &json!("invalid_client")));
    let lapsed = sign_in(&server, "lowtherbreweries.example", SECRET).json();
    assert_eq!(lapsed["error_codes"], json!([5_000_224]));
    assert_eq!(sign_in(&server, "nobody.example", SECRET).json()["error_codes"], json!([90002]));
    for name in [DOMAIN, TENANT] {
        let organization = Client::of(&server, name).ask("/v1.0/organization").json();
        assert_eq!(organization["value"][0]["id"], TENANT);
    }
    assert_eq!(Spec::of("microsoft_365").check_all(server.requests()), Vec::<String>::new());
}

#[test]
fn goes_on_at_links_of_its_own_alone() {
    let options = Options { page_size: Some(4), empty_page: true, ..Options::default() };
    let server = Server::start(Graph::sample(&options));
    let mut client = Client::of(&server, DOMAIN);
    let sizes: Vec<usize> = client.pages("/v1.0/users?$select=id&$top=999").iter().map(Vec::len).collect();
    assert_eq!(sizes, [4, 0, 4, 3]);
    assert_eq!(client.ask("/v1.0/users?$skiptoken=made-up").status, 400);
    assert_eq!(client.ask("/v1.0/users?$top=1000").status, 400);
    assert_eq!(client.ask("/v1.0/subscribedSkus?$top=5").status, 400);
}

#[test]
fn has_only_fields_that_are_selected() {
    let server = Server::start(Graph::sample(&Options::default()));
    let mut client = Client::of(&server, DOMAIN);
    let row = client.ask("/v1.0/users").json()["value"][0].clone();
    assert!(row["userPrincipalName"].is_string() && row.get("proxyAddresses").is_none());
    let row = client.ask("/v1.0/users?$select=id,mail").json()["value"][0].clone();
    assert!(row["id"].is_string() && row.get("displayName").is_none());
    assert_eq!(client.ask("/v1.0/users?$select=id,hireDate").status, 501);
}

#[test]
fn knows_customers_in_the_tenant_of_the_partner_alone() {
    let server = Server::start(Graph::sample(&Options::default()));
    let path = "/v1.0/tenantRelationships/delegatedAdminRelationships?$filter=status%20eq%20'active'";
    let refused = Client::of(&server, DOMAIN).ask(path);
    assert_eq!(
        (refused.status, &refused.json()["error"]["code"]),
        (403, &json!("Authorization_RequestDenied"))
    );
    let rows = Client::of(&server, PARTNER).pages(path).concat();
    assert!(!rows.is_empty() && rows.iter().all(|row| row["status"] == "active"));
}

#[test]
fn tells_what_changed_since_a_link() {
    let fake = Graph::sample(&Options { page_size: Some(2), ..Options::default() });
    let (lists, deltas) = (fake.lists("juniper_court"), fake.deltas());
    let server = Server::start(fake);
    let mut client = Client::of(&server, DOMAIN);
    let link = |page: &Value| page["@odata.deltaLink"].as_str().map(target);
    let first = client.ask("/v1.0/users/delta?$deltatoken=latest&$select=id,jobTitle,mail").json();
    assert_eq!(first["value"], json!([]));
    let from = link(&first).expect("there is a link");
    let mut gone = String::new();
    lists.change("/users", |rows| {
        gone = rows.remove(2)["id"].as_str().unwrap_or_default().to_owned();
        rows[0]["jobTitle"] = "Head".into();
        // Nobody selected it.
        rows[1]["department"] = "Kitchen".into();
        rows.push(json!({ "id": "new", "mail": null, "jobTitle": "Cook" }));
    });
    let pages = client.pages(&from);
    let head = pages[0][0]["id"].clone();
    let changed = json!({ "id": head, "jobTitle": "Head" });
    assert_eq!(pages[0], [changed.clone(), json!({ "id": "new", "jobTitle": "Cook" })]);
    assert_eq!(pages[1], [changed, json!({ "id": gone, "@removed": { "reason": "deleted" } })]);
    assert_eq!(client.ask("/v1.0/users/delta?$top=5").status, 400);
    assert_eq!(client.ask("/v1.0/users/delta?$deltatoken=made-up").status, 400);
    assert_eq!(client.ask("/v1.0/groups/delta?$deltatoken=D0").status, 400, "it is a link to users");
    assert_eq!(client.ask("/v1.0/users/new?$select=id,mail").json()["mail"], Value::Null);
    assert_eq!(client.ask(&format!("/v1.0/users/{gone}")).status, 404);
    deltas.expire(0, 410, "resyncRequired");
    let ended = client.ask(&from);
    assert_eq!((ended.status, &ended.json()["error"]["code"]), (410, &json!("resyncRequired")));
    let whole = client.pages("/v1.0/users/delta?$select=id").concat();
    assert_eq!(whole.len(), lists.rows("/users").len() + 1, "the first comes twice");
}
