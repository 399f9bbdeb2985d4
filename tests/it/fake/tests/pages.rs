//! Pages, limits and the rows of the samples.

use std::time::Duration;

use serde_json::json;

use crate::fake::Options;
use crate::fake::estate::{Estate, Ids, Rows};
use crate::fake::limits::{Rate, Tokens, Window, whole_seconds};
use crate::fake::lists::Lists;
use crate::fake::paging::{Page, Pager, Shift};

/// The rows of the pages of a list of `total`, read to the end.
fn read(pager: &Pager, size: usize, total: usize) -> Vec<Vec<usize>> {
    let mut found: Vec<Vec<usize>> = Vec::new();
    loop {
        let page = pager.page("list", found.len(), Some(size), total);
        found.push(page.rows.clone().collect());
        if !page.has_next() {
            return found;
        }
    }
}

#[test]
fn cuts_a_list_into_pages() {
    let pager = Pager::new(2, 3, &Options::default());
    let page = |index, size, total| pager.page("list", index, size, total);
    assert_eq!(page(0, None, 5), Page { rows: 0..2, index: 0, size: 2, pages: 3, total: 5 });
    assert_eq!(page(1, Some(1000), 5), Page { rows: 3..5, index: 1, size: 3, pages: 2, total: 5 });
    assert_eq!(page(7, Some(3), 5).rows, 5..5);
    assert_eq!(page(0, None, 0), Page { rows: 0..0, index: 0, size: 2, pages: 1, total: 0 });
    assert_eq!(read(&pager, 3, 6), [vec![0, 1, 2], vec![3, 4, 5]]);
    let small = Pager::new(50, 1000, &Options { page_size: Some(2), ..Options::default() });
    assert_eq!(small.page("list", 0, None, 5).rows, 0..2);
}

#[test]
fn moves_rows_in_the_first_reading_only() {
    let pager = |shift| Pager::new(2, 2, &Options { shift, ..Options::default() });
    let repeated = pager(Shift::Repeated);
    assert_eq!(read(&repeated, 2, 5), [vec![0, 1], vec![1, 2], vec![3, 4]]);
    assert_eq!(read(&repeated, 2, 5), [vec![0, 1], vec![2, 3], vec![4]]);
    assert_eq!(read(&pager(Shift::Repeated), 2, 4), [vec![0, 1], vec![1, 2], vec![3]]);
    let lost = pager(Shift::Lost);
    assert_eq!(read(&lost, 2, 6), [vec![0, 1], vec![3, 4], vec![5]]);
    assert_eq!(read(&lost, 2, 6), [vec![0, 1], vec![2, 3], vec![4, 5]]);
    assert_eq!(read(&pager(Shift::Lost), 2, 2), [[0, 1]]);
}

#[test]
fn a_first_page_that_is_asked_for_twice_is_no_second_reading() {
    let pager = Pager::new(2, 2, &Options { shift: Shift::Lost, ..Options::default() });
    assert_eq!(pager.page("list", 0, None, 4).rows, 0..2);
    assert_eq!(read(&pager, 2, 4), [vec![0, 1], vec![3]]);
    assert_eq!(pager.page("another", 1, None, 4).rows, 3..4);
}

#[test]
fn puts_an_empty_page_into_lists_that_go_on() {
    let pager = Pager::new(2, 2, &Options { empty_page: true, ..Options::default() });
    assert_eq!(read(&pager, 2, 5), [vec![0, 1], vec![], vec![2, 3], vec![4]]);
    assert_eq!(read(&pager, 2, 2), [[0, 1]]);
}

#[test]
fn counts_requests_in_a_window_that_slides() {
    let window = Window::new(Rate { requests: 2, window: Duration::from_millis(200) });
    assert_eq!((window.take(), window.take()), (Ok(()), Ok(())));
    let wait = window.take().expect_err("it is full");
    assert!(wait <= Duration::from_millis(200) && wait > Duration::ZERO);
    std::thread::sleep(wait);
    assert_eq!(window.take(), Ok(()));
    assert_eq!(whole_seconds(Duration::from_millis(1200)), 2);
    assert_eq!(whole_seconds(Duration::from_secs(3)), 3);
}

#[test]
fn ends_tokens_after_their_uses() {
    let tokens = Tokens::new(Some(2));
    let token = tokens.give();
    let uses: Vec<bool> = (0..3).map(|_| tokens.takes(Some(&token))).collect();
    assert_eq!(uses, [true, true, false]);
    let next = tokens.give();
    assert_ne!(token, next);
    assert!(tokens.takes(Some(&next)) && !tokens.takes(Some("other")) && !tokens.takes(None));
    assert_eq!(tokens.count(), 2);
}

#[test]
fn joins_the_rows_of_saved_pages() {
    let estate = Estate::sample("it_glue", Ids::Own);
    assert_eq!(estate.rows("configurations").len(), 137);
    assert_eq!(estate.beside("configurations", "included").len(), 169);
    assert_eq!(estate.beside("countries", "included").len(), 0);
    assert_eq!(Estate::sample("connectwise", Ids::Own).rows("company_statuses")[1]["name"], "Inactive");
    assert_eq!(Estate::sample("datto_rmm", Ids::Own).rows("devices").len(), 129);
}

#[test]
fn renumbers_ids_and_nothing_else() {
    let estate = Estate::sample("it_glue", Ids::Long { zero: Some(5001) });
    let organizations = estate.rows("organizations");
    assert_eq!((&organizations[0]["id"], &organizations[1]["id"]), (&json!("0"), &json!("4489414129005002")));
    let attributes = &estate.rows("configurations")[0]["attributes"];
    assert_eq!(attributes["organization-id"], 0);
    assert_eq!(attributes["configuration-type-id"], 4_489_414_129_000_061_i64);
    assert_eq!(attributes["asset-tag"], "LAR-0100");
    let links = estate.beside("organizations", "included");
    assert_eq!(
        links[0],
        json!({ "id": "O201", "type": "adapters-resources", "attributes": { "remote-id": "201" } })
    );
}

#[test]
fn finds_rows_also_after_a_change() {
    let estate = Estate::sample("datto_rmm", Ids::Own);
    let lists = Lists::of(&estate, &[("sites", "sites"), ("none", "nothing")]);
    let name = |id: &str| lists.find("sites", "id", id).map(|row| row["name"].clone());
    assert_eq!(name("4401"), Some(json!("Larkfield IT")));
    lists.change("sites", |rows| rows[0]["id"] = 7.into());
    assert_eq!((name("4401"), name("7")), (None, Some(json!("Larkfield IT"))));
    assert_eq!(
        (lists.rows("none").len(), lists.find("none", "id", "1"), lists.get("other").is_none()),
        (0, None, true)
    );
}

#[test]
fn makes_rows_when_they_are_asked_for() {
    let rows = Rows::made(1_000_000, |place| json!({ "id": place }));
    assert_eq!((rows.len(), &rows.get(999_999)["id"]), (1_000_000, &json!(999_999)));
    assert_eq!(rows.iter().take(3).count(), 3);
}
