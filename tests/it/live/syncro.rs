//! Syncro over its interface.

use super::case::Case;
use crate::fake::Options;
use crate::fake::server::Server;
use crate::fake::syncro::{KEY, Syncro};

const CASE: Case = Case {
    system: "syncro",
    method: "A",
    source: "role = \"psa\"",
    api: "settings = { subdomain = \"larkfield\" }\n",
    keys: &[("api_token", KEY)],
    sample: "syncro",
    spec: "syncro",
};

#[test]
fn the_warehouse_is_that_of_the_files() {
    let server = Server::start(Syncro::sample(&Options { page_size: Some(4), ..Options::default() }));
    CASE.assert_as_files(&server);
}
