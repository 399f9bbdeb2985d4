//! The decisions file: what is read, what is said when it is wrong, and what is appended.

use std::collections::BTreeSet;
use std::path::Path;

use matchbook::matching::{Decision, DecisionKind};
use matchbook::model::Entity;
use matchbook::pipeline::{self, Code, Pipeline, PipelineErrors, decisions};

const HEADING: &str = "entity,source,record_id,decision,hub_id,note,by,at\n";

/// A pipeline whose decisions file is in `folder`, with `content` if there is any.
fn pipeline(folder: &Path, content: Option<&[u8]>) -> Pipeline {
    let text = "method = \"A\"\ndecisions = \"decisions.csv\"\n[hub]\nfiles = \"hub\"\n\
                [[source]]\nname = \"psa\"\nsystem = \"connectwise\"\nfiles = \"psa\"\n";
    let pipeline =
        pipeline::parse(&folder.join("acme.toml"), text).unwrap_or_else(|errors| panic!("{errors}"));
    if let Some(content) = content {
        std::fs::write(&pipeline.decisions, content).expect("the folder is writable");
    }
    pipeline
}

fn load(content: &[u8]) -> Result<Vec<Decision>, PipelineErrors> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    decisions::load(&pipeline(folder.path(), Some(content)))
}

#[track_caller]
fn errors(content: &str) -> PipelineErrors {
    match load(content.as_bytes()) {
        Ok(read) => panic!("no error: {read:?}"),
        Err(errors) => errors,
    }
}

fn decision(record_id: &str, kind: DecisionKind, hub_id: &str, note: &str) -> Decision {
    Decision {
        line: 0,
        entity: Entity::Configuration,
        source: "psa".to_owned(),
        record_id: record_id.to_owned(),
        kind,
        hub_id: hub_id.to_owned(),
        note: note.to_owned(),
        by: "kim".to_owned(),
        at: "2026-01-02".to_owned(),
    }
}

#[test]
fn rows_are_read_with_their_lines() {
    let read = load(
        format!(
            "\u{feff}{HEADING}configuration,psa,1,match,77,\"two\nlines, and a comma\",kim,2026-01-02\r\n\
             \r\n,,,,,,,\r\norganizations, psa ,2,ignore,,=1+1,,\r\n"
        )
        .as_bytes(),
    )
    .expect("the file is right");
    assert_eq!(read.len(), 2);
    assert_eq!((read[0].line, read[0].kind, read[0].hub_id.as_str()), (2, DecisionKind::Match, "77"));
    assert_eq!(read[0].note, "two\nlines, and a comma");
    assert_eq!((read[1].line, read[1].entity, read[1].source.as_str()), (6, Entity::Organization, "psa"));
    assert_eq!(read[1].note, "=1+1", "a note is data");
}

#[test]
fn a_missing_or_empty_file_has_no_decisions() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    assert_eq!(decisions::load(&pipeline(folder.path(), None)).expect("nothing is wrong"), []);
    for content in ["", "\u{feff}", "\n\r\n", HEADING] {
        assert_eq!(load(content.as_bytes()).expect("nothing is wrong"), [], "{content:?}");
    }
}

#[test]
fn columns_may_come_in_any_order() {
    let read = load(b"decision,at,entity,source,record_id,hub_id,note,by\ncreate,now,contact,psa,5,,n,b\n")
        .expect("the file is right");
    assert_eq!(
        (read[0].kind, read[0].entity, read[0].at.as_str()),
        (DecisionKind::Create, Entity::Contact, "now")
    );
}

#[test]
fn everything_that_is_wrong_is_shown_at_once() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let content = format!(
        "{HEADING}configuration,psa,1,match,,,kim,\n\
         configuraton,\"pas\",2,ignore,,,kim,\n\
         configuration,psa,,create,,\"a \"\"note\"\", quoted\",kim,\n\
         contact,psa,4,merge,12,,kim,\n"
    );
    let pipeline = pipeline(folder.path(), Some(content.as_bytes()));
    let text = decisions::load(&pipeline).expect_err("five things are wrong").to_string();
    let shown = text.replace(&*folder.path().to_string_lossy(), "[folder]");
    insta::assert_snapshot!(shown, @r#"
    error[D008]: `match` takes a hub id
     --> [folder]/decisions.csv:2:27
      |
    2 | configuration,psa,1,match,,,kim,
      |                           ^
      |
      = hint: the id of the hub's row, or SOURCE/RECORD-ID of a record where the hub has none

    error[D004]: unknown entity `configuraton`
     --> [folder]/decisions.csv:3:1
      |
    3 | configuraton,"pas",2,ignore,,,kim,
      | ^^^^^^^^^^^^
      |
      = hint: did you mean `configuration`?

    error[D005]: unknown source `pas`
     --> [folder]/decisions.csv:3:14
      |
    3 | configuraton,"pas",2,ignore,,,kim,
      |              ^^^^^
      |
      = hint: did you mean `psa`?

    error[D006]: the record id is missing
     --> [folder]/decisions.csv:4:19
      |
    4 | configuration,psa,,create,,"a ""note"", quoted",kim,
      |                   ^

    error[D007]: unknown decision `merge`
     --> [folder]/decisions.csv:5:15
      |
    5 | contact,psa,4,merge,12,,kim,
      |               ^^^^^
      |
      = hint: it takes `match`, `never`, `ignore`, `create`

    5 errors in [folder]/decisions.csv
    "#);
}

#[test]
fn every_code_of_the_decisions_file_is_raised_where_it_belongs() {
    let row = |row: &str| format!("{HEADING}{row}\n");
    let cases = [
        (
            Code::DecisionsHeading,
            "entity,source,record_id,decision,hub_id,note,by\n".to_owned(),
            1,
            1,
            "lacks `at`",
        ),
        (Code::DecisionsHeading, HEADING.replace(",at", ",at,by"), 1, 52, "`by` is there twice"),
        (Code::DecisionsHeading, HEADING.replace(",at", ",at,reason"), 1, 52, "unknown column `reason`"),
        (Code::DecisionCells, row("contact,psa,1,ignore"), 2, 1, "the row has 4 cells, the heading has 8"),
        (Code::DecisionEntity, row("contct,psa,1,ignore,,,,"), 2, 1, "did you mean `contact`?"),
        (Code::DecisionSource, row("contact,rmm,1,ignore,,,,"), 2, 9, "it takes `psa`"),
        (Code::DecisionSource, row("contact,hub,1,ignore,,,,"), 2, 9, "not decided on"),
        (Code::DecisionRecord, row("contact,psa, ,ignore,,,,"), 2, 13, "the record id is missing"),
        (Code::DecisionUnknown, row("contact,psa,1,ignored,,,,"), 2, 15, "did you mean `ignore`?"),
        (Code::DecisionHubId, row("contact,psa,1,never,,,,"), 2, 21, "`never` takes a hub id"),
        (Code::DecisionExtraHubId, row("contact,psa,1,create,7,,,"), 2, 22, "`create` takes no hub id"),
    ];
    let mut raised: BTreeSet<Code> = [Code::DecisionsUnreadable].into();
    for (code, content, line, column, says) in cases {
        let errors = errors(&content);
        let found: Vec<_> =
            errors.errors().iter().map(|error| (error.code, error.line, error.column)).collect();
        assert_eq!(found, [(code, line, column)], "{errors}");
        assert!(errors.to_string().contains(says), "expected `{says}` in\n{errors}");
        raised.insert(code);
    }
    let of_decisions = Code::ALL.iter().copied().filter(|code| code.id().starts_with('D'));
    let untested: Vec<_> = of_decisions.filter(|code| !raised.contains(code)).collect();
    assert!(untested.is_empty(), "no test raises {untested:?}");
}

#[test]
fn a_file_with_semicolons_is_recognised() {
    let text = errors(&HEADING.replace(',', ";")).to_string();
    assert!(text.contains("save the file with commas between the cells"), "{text}");
}

#[test]
fn a_file_that_is_not_text_is_refused_with_its_line() {
    let mut content = HEADING.as_bytes().to_vec();
    content.extend(b"contact,psa,1,ignore,,caf\xe9,,\n");
    let errors = load(&content).expect_err("it is not UTF-8");
    assert_eq!(errors.errors()[0].code, Code::DecisionsUnreadable);
    assert!(errors.to_string().contains("it is not UTF-8 text, first on line 2"), "{errors}");
}

#[test]
fn appended_rows_are_read_back_as_they_were() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let pipeline = pipeline(folder.path(), None);
    let first = decision("1", DecisionKind::Match, "77", "=HYPERLINK(\"x\"), and\na second line");
    let second = decision("2", DecisionKind::Never, "psa/3", "-1");
    let third = decision(" 4", DecisionKind::Ignore, "", "@x +y");
    decisions::append(&pipeline, std::slice::from_ref(&first)).expect("the file is made");
    decisions::append(&pipeline, &[second.clone(), third.clone()]).expect("the file is extended");

    let text = std::fs::read_to_string(&pipeline.decisions).expect("the file is there");
    assert!(text.starts_with(HEADING), "{text}");
    let read = decisions::load(&pipeline).expect("the file is right");
    let expected = [
        Decision { line: 2, ..first },
        Decision { line: 4, ..second },
        Decision { line: 5, record_id: "4".into(), ..third },
    ];
    assert_eq!(read, expected);
    let names: Vec<_> = std::fs::read_dir(folder.path()).expect("it can be listed").flatten().collect();
    assert_eq!(names.len(), 1, "nothing is left beside the file: {names:?}");
}

#[test]
fn appending_keeps_the_columns_and_line_ends_of_the_file() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let content = "decision,at,entity,source,record_id,hub_id,note,by\r\ncreate,now,contact,psa,5,,n,b";
    let pipeline = pipeline(folder.path(), Some(content.as_bytes()));
    decisions::append(&pipeline, &[decision("6", DecisionKind::Match, "9", "")])
        .expect("the file is extended");
    let text = std::fs::read_to_string(&pipeline.decisions).expect("the file is there");
    assert_eq!(text, format!("{content}\r\nmatch,2026-01-02,configuration,psa,6,9,,kim\r\n"));
}

#[test]
fn a_file_that_is_something_else_is_not_appended_to() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let pipeline = pipeline(folder.path(), Some(b"name,city\nAcme,Ulm\n"));
    let errors = decisions::append(&pipeline, &[decision("6", DecisionKind::Ignore, "", "")])
        .expect_err("it has another heading");
    assert_eq!(errors.errors()[0].code, Code::DecisionsHeading);
    let text = std::fs::read_to_string(&pipeline.decisions).expect("the file is there");
    assert_eq!(text, "name,city\nAcme,Ulm\n");
}
