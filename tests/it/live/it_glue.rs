//! IT Glue over its interface.

use super::setting::{Told, asks, assert_same, extracted, load, sample, warehouse, with_keys};
use crate::fake::Options;
use crate::fake::it_glue::{ItGlue, KEY};
use crate::fake::server::Server;
use crate::workspace::Workspace;

/// The sample's PSA beside a hub that is read from files or over its interface.
fn pipeline(hub: &str) -> String {
    format!(
        "name = \"live\"\nmethod = \"A\"\nwarehouse = \"live.duckdb\"\n[hub]\nsystem = \"it-glue\"\n{hub}\n\
         [[source]]\nname = \"psa\"\nsystem = \"connectwise\"\nfiles = [\"{}\"]\n",
        sample("connectwise")
    )
}

fn live(server: &Server) -> Workspace {
    let text = pipeline(&format!("[hub.api]\n{}", asks(&server.url())));
    with_keys(Workspace::empty().with("p.toml", text), &[("api_key", KEY)])
}

fn from_files() -> Vec<String> {
    let files = format!("files = [\"{}\"]", sample("it_glue"));
    warehouse(&Workspace::empty().with("p.toml", pipeline(&files)), "p.toml")
}

#[test]
fn the_warehouse_is_that_of_the_files() {
    let server = Server::start(ItGlue::sample(&Options { page_size: Some(3), ..Options::default() }));
    let workspace = live(&server);
    extracted(&load(&workspace, "p.toml"), &Told::default());
    assert_same(&from_files(), &warehouse(&workspace, "p.toml"));
    for request in server.requests() {
        assert!(!request.target.contains("password"), "{}", request.target);
        assert_eq!(request.method, "GET");
    }
}
