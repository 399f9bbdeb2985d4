//! ConnectWise PSA over its interface.

use super::case::Case;
use crate::fake::Options;
use crate::fake::connectwise::{CLIENT_ID, COMPANY, ConnectWise, PRIVATE_KEY, PUBLIC_KEY};
use crate::fake::server::Server;

const CASE: Case = Case {
    system: "connectwise",
    method: "A",
    source: "",
    api: "settings = { company = \"larkfield\" }\n",
    keys: &[("public_key", PUBLIC_KEY), ("private_key", PRIVATE_KEY), ("client_id", CLIENT_ID)],
    sample: "connectwise",
    spec: "connectwise",
};

#[test]
fn the_warehouse_is_that_of_the_files() {
    assert!(CASE.api.contains(COMPANY));
    let server = Server::start(ConnectWise::sample(&Options { page_size: Some(20), ..Options::default() }));
    CASE.assert_as_files(&server);
}
