//! Datto RMM over its interface.

use super::case::Case;
use crate::fake::Options;
use crate::fake::datto_rmm::{DattoRmm, KEY, SECRET};
use crate::fake::server::Server;

const CASE: Case = Case {
    system: "datto-rmm",
    method: "D",
    source: "",
    api: "",
    keys: &[("api_key", KEY), ("api_secret", SECRET)],
    sample: "datto_rmm",
    spec: "datto_rmm",
};

#[test]
fn the_warehouse_is_that_of_the_files() {
    let server = Server::start(DattoRmm::sample(&Options { page_size: Some(20), ..Options::default() }));
    CASE.assert_as_files(&server);
}
