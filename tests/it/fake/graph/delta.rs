//! What changed in a list of Graph since a link was given.
//!
//! A round of changes is that of the moment at which its first page was asked for. A record that changed comes with its id
//! and the members that changed, one that is new without those that it never had; what is gone has `@removed`. The record
//! that changed first comes twice, as one may.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Map, Value, json};

use super::{error, fields};
use crate::fake::Options;
use crate::fake::message::{Reply, Request};
use crate::fake::paging::{Pager, Shift};

/// What the links of the lists lead to. Copies of it are the same.
#[derive(Clone)]
pub struct Deltas(Arc<Mutex<Inner>>);

struct Inner {
    pager: Pager,
    /// By the number in a link.
    given: Vec<State>,
    rounds: Vec<Round>,
    /// Links of a tenant below a number are refused with a status and a code.
    expired: Vec<(usize, usize, u16, &'static str)>,
}

/// What a list was when a link was given.
#[derive(Clone)]
struct State {
    /// Tenant and path.
    list: (usize, String),
    selected: Option<Vec<String>>,
    rows: BTreeMap<String, Value>,
}

/// What changed.
struct Round {
    list: (usize, String),
    changes: Vec<Value>,
    /// The number of the link at its end.
    then: usize,
}

impl Deltas {
    pub(super) fn new(options: &Options) -> Self {
        let pager = Pager::new(100, 200, &Options { shift: Shift::None, ..options.clone() });
        let inner = Inner { pager, given: Vec::new(), rounds: Vec::new(), expired: Vec::new() };
        Self(Arc::new(Mutex::new(inner)))
    }

    /// Lets every link end that was given in a tenant, by its place among them: it is answered with this status and code.
    pub fn expire(&self, tenant: usize, status: u16, code: &'static str) {
        let mut inner = self.lock();
        let below = inner.given.len();
        inner.expired.push((tenant, below, status, code));
    }

    /// A page of changes in a list, or the link to those from now on. Links lead to `origin`.
    pub(super) fn answer(&self, request: &Request, tenant: usize, rows: &[Value], origin: &str) -> Reply {
        if let Some(name) = ["$top", "$expand", "$orderby"].iter().find(|name| request.param(name).is_some())
        {
            return error(400, "Request_UnsupportedQuery", &format!("{name} is not supported with delta."));
        }
        let list = (tenant, request.path.clone());
        let selected = request.param("$select");
        let selected: Option<Vec<String>> = selected.map(|text| text.split(',').map(str::to_owned).collect());
        let mut inner = self.lock();
        let (round, index) = match (request.param("$deltatoken"), request.param("$skiptoken")) {
            (Some("latest"), None) => {
                let then = inner.give(State::of(list, selected, rows));
                return document(request, origin, &[], &link("$deltatoken=D", then, ""), true);
            }
            (Some(token), None) => match inner.state(token, &list) {
                Ok(state) => (inner.begin(&state, rows), 0),
                Err(refusal) => return *refusal,
            },
            (None, Some(token)) => match inner.place(token, &list) {
                Some(place) => place,
                None => return error(400, "Directory_ExpiredPageToken", "The page token has expired."),
            },
            (None, None) => {
                let empty = State { list, selected, rows: BTreeMap::new() };
                (inner.begin(&empty, rows), 0)
            }
            (Some(_), Some(_)) => return error(400, "Request_BadRequest", "There are two tokens."),
        };
        let (changes, then) = (inner.rounds[round].changes.clone(), inner.rounds[round].then);
        let page = inner.pager.page(&format!("{round}"), index, None, changes.len());
        let next = link("$skiptoken=R", round, &format!("P{}", index + 1));
        let own = &changes[page.rows.clone()];
        if page.has_next() {
            return document(request, origin, own, &next, false);
        }
        document(request, origin, own, &link("$deltatoken=D", then, ""), true)
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn give(&mut self, state: State) -> usize {
        self.given.push(state);
        self.given.len() - 1
    }

    /// What a link of a list was given for.
    fn state(&self, token: &str, list: &(usize, String)) -> Result<State, Box<Reply>> {
        let number = token.strip_prefix('D').and_then(|number| number.parse::<usize>().ok());
        let is_over = |(tenant, below, ..): &&(usize, usize, u16, &str)| {
            *tenant == list.0 && number.is_some_and(|number| number < *below)
        };
        if let Some((_, _, status, code)) = self.expired.iter().find(is_over) {
            let what = "The sync state generation is not found. The delta token is expired.";
            return Err(Box::new(error(*status, code, what)));
        }
        let state = number.and_then(|number| self.given.get(number)).filter(|state| state.list == *list);
        state.cloned().ok_or_else(|| Box::new(error(400, "badRequest", "Badly formed token.")))
    }

    fn place(&self, token: &str, list: &(usize, String)) -> Option<(usize, usize)> {
        let (round, page) = token.strip_prefix('R')?.split_once('P')?;
        let (round, page) = (round.parse().ok()?, page.parse().ok()?);
        self.rounds.get(round).filter(|known: &&Round| known.list == *list).map(|_| (round, page))
    }

    /// Begins a round of what changed since.
    fn begin(&mut self, since: &State, rows: &[Value]) -> usize {
        let now = State::of(since.list.clone(), since.selected.clone(), rows);
        let mut changes: Vec<Value> = Vec::new();
        for (id, row) in &now.rows {
            match since.rows.get(id) {
                Some(before) if before == row => {}
                before => changes.push(changed(id, before, row)),
            }
        }
        changes.extend(changes.first().cloned());
        let gone = since.rows.keys().filter(|id| !now.rows.contains_key(*id));
        changes.extend(gone.map(|id| json!({ "id": id, "@removed": { "reason": "deleted" } })));
        let list = since.list.clone();
        let then = self.give(now);
        self.rounds.push(Round { list, changes, then });
        self.rounds.len() - 1
    }
}

impl State {
    fn of(list: (usize, String), selected: Option<Vec<String>>, rows: &[Value]) -> Self {
        let names: Option<Vec<&str>> =
            selected.as_ref().map(|names| names.iter().map(String::as_str).collect());
        let own =
            |row: &Value| (row["id"].as_str().unwrap_or_default().to_owned(), fields(row, names.as_deref()));
        Self { list, rows: rows.iter().map(own).collect(), selected }
    }
}

/// A page that ends with a link.
fn document(request: &Request, origin: &str, rows: &[Value], query: &str, is_end: bool) -> Reply {
    let name = request.path.trim_start_matches("/v1.0/");
    let own = request.origin();
    let link = format!("{origin}{}?{query}", request.raw_path());
    let member = if is_end { "@odata.deltaLink" } else { "@odata.nextLink" };
    Reply::json(&json!({
        "@odata.context": format!("{own}/v1.0/$metadata#{}", name.trim_end_matches("/delta")),
        member: link,
        "value": rows,
    }))
    .gzip()
}

/// What delta has of a record: members that changed, or all of a new one that it ever had.
fn changed(id: &str, before: Option<&Value>, now: &Value) -> Value {
    let mut members = Map::from_iter([("id".to_owned(), Value::from(id))]);
    for (name, value) in now.as_object().into_iter().flatten() {
        let is_told = before.map_or(!value.is_null(), |before| before.get(name) != Some(value));
        if is_told {
            members.insert(name.clone(), value.clone());
        }
    }
    Value::Object(members)
}

fn link(begin: &str, number: usize, end: &str) -> String {
    format!("{begin}{number}{end}")
}
