//! The warehouse when a run does not end well: killed at any moment, a full disk, a transaction that never ends.

use std::path::Path;

use matchbook::warehouse::RunStatus;

use crate::warehouse::{ESTATE, PIPELINE, Setup, completed};

/// What the child of the next tests does: runs, one after the other, until it is killed or fails.
#[test]
fn child() {
    let Ok(path) = std::env::var(CHILD) else { return };
    let mut setup = Setup::new(PIPELINE);
    setup.pipeline.warehouse = path.into();
    let estate = large();
    loop {
        setup
            .run(&estate, RunStatus::Completed)
            .unwrap_or_else(|error| panic!("failed: {error}; hint: {}", error.hint()));
    }
}

const CHILD: &str = "MATCHBOOK_TEST_WAREHOUSE";

/// An estate whose run takes long enough to be killed in.
fn large() -> String {
    let mut estate = ESTATE.to_owned();
    for ix in 0..20_000 {
        estate.push_str(&format!(
            "\npsa configuration x{ix} organization_id=5 name=X{ix} serial_number=SX-{ix}"
        ));
    }
    estate
}

/// This test program again, as [`child`] on a warehouse.
fn child_of(program: &mut std::process::Command, path: &Path) -> std::process::Child {
    program
        .args(["--exact", "crash::child", "--nocapture"])
        .env(CHILD, path)
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .expect("this program runs again")
}

/// Every table holds rows of whole runs only.
fn assert_whole(setup: &Setup) {
    let tables = [
        "configurations",
        "organizations",
        "contacts",
        "matches",
        "clusters",
        "source_status",
        "data_quality",
        "quarantine",
    ];
    for table in tables {
        let counts = setup.rows(&format!(
            "SELECT DISTINCT count(t.run_id) FROM runs LEFT JOIN {table} AS t USING (run_id) WHERE run_id > 1 GROUP BY runs.run_id
             UNION ALL SELECT -1 FROM {table} WHERE run_id NOT IN (SELECT run_id FROM runs)"
        ));
        assert!(counts.len() <= 1 && !counts.contains(&"0".to_owned()), "{table}: {counts:?}");
    }
}

#[test]
fn a_run_that_is_killed_leaves_what_was_there() {
    let setup = completed(PIPELINE, ESTATE);
    for round in 1..=8_u64 {
        let exe = std::env::current_exe().expect("this program has a path");
        let mut child = child_of(&mut std::process::Command::new(exe), setup.path());
        std::thread::sleep(std::time::Duration::from_millis(97 * round));
        child.kill().expect("the child can be killed");
        child.wait().expect("the child has ended");
        assert_eq!(setup.rows("SELECT count(*) FROM configurations WHERE run_id = 1"), ["6"]);
        assert_whole(&setup);
    }
    setup.run(ESTATE, RunStatus::Completed).expect("the next run works");
    assert!(!setup.beside(".wal").exists());
}

#[test]
fn a_first_run_that_is_killed_does_not_stop_the_next_one() {
    for round in 1..=4_u64 {
        let setup = Setup::new(PIPELINE);
        let exe = std::env::current_exe().expect("this program has a path");
        let mut child = child_of(&mut std::process::Command::new(exe), setup.path());
        std::thread::sleep(std::time::Duration::from_millis(61 * round));
        child.kill().expect("the child can be killed");
        child.wait().expect("the child has ended");
        // Such a run may have had more than fits into memory.
        std::fs::create_dir_all(setup.beside(".new.tmp").join("spilled")).expect("a writable folder");
        setup.run(ESTATE, RunStatus::Completed).expect("the next run works");
        assert!(!setup.beside(".new").exists());
        assert!(!setup.beside(".new.tmp").exists());
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_said_and_leaves_what_was_there() {
    let setup = completed(PIPELINE, ESTATE);
    let size = std::fs::metadata(setup.path()).expect("the file is there").len();
    let exe = std::env::current_exe().expect("this program has a path");
    // A limit on the size of files stands for the disk: writing beyond it fails in the same way.
    let mut shell = std::process::Command::new("bash");
    let script = format!("trap '' XFSZ; ulimit -f {}; exec \"$0\" \"$@\"", size / 1024 + 600);
    let child = child_of(shell.arg("-c").arg(script).arg(exe), setup.path());
    let output = child.wait_with_output().expect("the child has ended");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(101), "{said}");
    assert!(
        said.contains("the disk is full") && said.contains("test.duckdb") && said.contains("free some space"),
        "{said}"
    );
    assert_eq!(setup.rows("SELECT count(*) FROM configurations WHERE run_id = 1"), ["6"]);
    assert_whole(&setup);
    setup.run(&large(), RunStatus::Completed).expect("the next run works");
}

#[test]
fn what_is_not_committed_was_never_there() {
    let setup = completed(PIPELINE, ESTATE);
    {
        let mut connection = duckdb::Connection::open(setup.path()).expect("the file opens");
        let transaction = connection.transaction().expect("a transaction");
        transaction.execute_batch("DELETE FROM matches; DELETE FROM runs").expect("rows go");
        // Neither committed nor rolled back: the process is gone.
        std::mem::forget(transaction);
    }
    assert_eq!(setup.rows("SELECT count(*) FROM runs"), ["1"]);
    assert_eq!(setup.run(ESTATE, RunStatus::Completed).expect("the next run works"), 2);
}
