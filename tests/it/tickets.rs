//! Tickets: linked to what they are about, never matched by likeness and never planned.

use matchbook::warehouse::RunStatus;

use crate::warehouse::{PIPELINE, completed};

/// A PSA whose tickets name contacts, sites and devices by id and by name. The company Birch is a duplicate, so it is in
/// review.
const ESTATE: &str = "
    hub organization 1 name=Acme
    hub organization 2 name=Birch
    hub contact 21 organization_id=1 first_name=Ann last_name=Lee
    hub configuration 11 organization_id=1 name=PC1 serial_number=SN-ONE
    psa organization 5 name=Acme
    psa organization 6 name=Birch
    psa organization 7 name=Birch
    psa location 61 organization_id=5 name=Main
    psa contact 71 organization_id=5 first_name=Ann last_name=Lee
    psa contact 72 organization_id=5 first_name=Bo last_name=Ek
    psa configuration 51 organization_id=5 name=PC1 serial_number=SN-ONE
    psa configuration 52 organization_id=5 name=PC2 serial_number=SN-TWO
    psa ticket 901 organization_id=5 number=1 title=slow contact_id=71 location_id=61 configuration_ids=51,52,51,99
    psa ticket 902 organization=Acme number=2 title=named contact=Bo_Ek location=Main
    psa ticket 903 organization_id=5 number=3 title=letters contact=bo_ek
    psa ticket 904 organization_id=6 number=4 title=review
    psa ticket 905 organization_id=8 number=5 title=gone contact_id=73
";

#[test]
fn tickets_say_what_they_are_about() {
    let setup = completed(PIPELINE, ESTATE);
    let rows = setup.rows(
        "SELECT record_id, state, organization_cluster, location_cluster, contact_cluster, \
         array_to_string(configuration_clusters, ',') FROM tickets ORDER BY record_id",
    );
    let expected = [
        // What matched is called by the hub's row, what did not by its own.
        "901 | unmatched | hub/1 | psa/61 | hub/21 | hub/11,psa/52",
        "902 | unmatched | hub/1 | psa/61 | psa/72 | ",
        // Letter case counts in names.
        "903 | unmatched | hub/1 |  |  | ",
        // The ticket waits for its company, and is still known to be of it.
        "904 | review | psa/6 |  |  | ",
        "905 | skipped |  |  |  | ",
    ];
    assert_eq!(rows, expected);
}

#[test]
fn the_view_has_a_row_for_everything_that_a_ticket_is_about() {
    let setup = completed(PIPELINE, ESTATE);
    let rows = setup.rows(
        "SELECT ticket_id, title, organization, entity, cluster_id, hub_id, name FROM ticket_links \
         WHERE ticket_id IN ('901', '905') ORDER BY ALL",
    );
    let expected = [
        "901 | slow | Acme | configuration | hub/11 | 11 | PC1",
        "901 | slow | Acme | configuration | psa/52 |  | PC2",
        "901 | slow | Acme | contact | hub/21 | 21 | Ann Lee",
        "901 | slow | Acme | location | psa/61 |  | Main",
        "901 | slow | Acme | organization | hub/1 | 1 | Acme",
        "905 | gone |  |  |  |  | ",
    ];
    assert_eq!(rows, expected);
}

#[test]
fn tickets_are_never_planned() {
    let setup = completed(
        &PIPELINE.replace("files = [\"psa\"]", "files = [\"psa\"]\n[source.sync]\ntwo_way = true"),
        ESTATE,
    );
    assert!(setup.rows("SELECT * FROM plan_steps WHERE target = 'hub'").len() > 2);
    let about = "SELECT * FROM plan_steps WHERE entity = 'ticket' OR cluster_id LIKE 'psa/90%'";
    assert_eq!(setup.rows(about), [] as [&str; 0]);
    assert_eq!(setup.rows("SELECT * FROM diffs WHERE entity = 'ticket'"), [] as [&str; 0]);
}

#[test]
fn a_warehouse_without_the_links_gets_them() {
    let setup = completed(PIPELINE, ESTATE);
    {
        let connection = duckdb::Connection::open(setup.path()).expect("the file opens");
        connection
            .execute_batch(
                "DROP VIEW ticket_links; DROP VIEW latest_tickets; DROP VIEW latest_names;
                 ALTER TABLE tickets DROP COLUMN organization_cluster;
                 ALTER TABLE tickets DROP COLUMN configuration_clusters;
                 UPDATE warehouse_info SET value = '1' WHERE name = 'schema_version'",
            )
            .expect("the file becomes one of an earlier version");
    }
    assert_eq!(setup.rows("SELECT count(*) FROM tickets"), ["5"], "it can be read as it is");
    setup.run(ESTATE, RunStatus::Completed).expect("the run is written");
    let rows = setup.rows(
        "SELECT run_id, organization_cluster, array_to_string(configuration_clusters, ',') FROM tickets WHERE record_id = '901' ORDER BY run_id",
    );
    assert_eq!(rows, ["1 |  | ", "2 | hub/1 | hub/11,psa/52"]);
    assert_eq!(setup.rows("SELECT count(DISTINCT ticket_id) FROM ticket_links"), ["5"]);
}
