//! IT Glue over its interface.

use matchbook::model::Entity;

use super::setting::{Told, extracted, settings};
use crate::fake::Options;
use crate::fake::it_glue::{ItGlue, KEY};
use crate::fake::server::Server;

#[test]
fn every_list_is_read_to_its_end() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let options = Options { page_size: Some(3), ..Options::default() };
    let server = Server::start(ItGlue::sample(&options));
    let all = [Entity::Organization, Entity::Location, Entity::Contact, Entity::Configuration];
    let api = settings(folder.path(), &server.url(), &[], &[("api_key", KEY)], &all);
    let mut pipeline = matchbook::pipeline::load(std::path::Path::new(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/pipelines/demo.toml"
    )))
    .expect("it is part of the project");
    pipeline.sources[0].api = Some(api);
    let told = Told::default();
    let done = extracted(&pipeline, &told);
    eprintln!("{done:#?}\n{:#?}", told.take());
    for request in server.requests() {
        eprintln!("{} {}", request.method, request.target);
    }
    panic!("look");
}
