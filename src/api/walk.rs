//! The endpoints of one source, one after the other: what is there already, what is asked for, and what comes of it.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use rustc_hash::{FxHashMap, FxHashSet};
use serde_json::Value;

use super::changes::{self, Followed};
use super::client::{Call, Client};
use super::http::without_mark;
use super::paging::{Said, ask, next};
use super::parents::{Parent, Parents};
use super::rows::rows;
use super::snapshot::{Chain, Entry, Journal, Told, raw};
use super::template::{Values, encoded, member, number, scalar};
use super::{ApiError, ApiEvent, ApiReporter, ApiSettings, ErrorKind};
use crate::pipeline::Source;
use crate::systems::{Api, Endpoint, Paging};

/// How often a list whose rows moved while it was read is read again.
const PASSES: u64 = 2;

/// The extraction of one source.
pub(super) struct Walk<'a> {
    pub source: &'a Source,
    pub api: &'a Api,
    pub settings: &'a ApiSettings,
    pub client: &'a Client<'a>,
    pub reporter: &'a dyn ApiReporter,
    /// The snapshots before, whose answers are used where nothing changed.
    pub before: Option<&'a Chain>,
    /// The time since which changes are asked for; everything without it.
    pub since: Option<Timestamp>,
    pub journal: Mutex<Book>,
    /// What a person should know, in the order in which it was found.
    pub warnings: Mutex<Vec<String>>,
    /// Requests that were sent before an interruption.
    pub sent_before: u64,
    /// What came of the endpoints that tell what changed, by endpoint and tenant.
    pub followed: Mutex<BTreeMap<(String, Option<String>), Followed>>,
}

/// The journal and what it says.
pub(super) struct Book {
    pub journal: Journal,
    pub entries: Vec<Entry>,
    /// The last entry of every list, by endpoint, tenant and record, and by whether it tells of changes.
    last: FxHashMap<(String, Option<String>, Option<String>, bool), usize>,
}

impl Book {
    /// Opens the snapshot in `folder` and reads what it has.
    pub fn open(folder: &Path) -> Result<Self, ApiError> {
        let (journal, entries) = Journal::open(folder)?;
        let mut book =
            Self { journal, entries: Vec::with_capacity(entries.len()), last: FxHashMap::default() };
        for entry in entries {
            book.note(entry);
        }
        Ok(book)
    }

    fn note(&mut self, entry: Entry) {
        let is_told = entry.told.is_some();
        let key = (entry.endpoint.clone(), entry.tenant.clone(), entry.parent.clone(), is_told);
        self.last.insert(key, self.entries.len());
        self.entries.push(entry);
    }

    pub fn last_of(&self, list: List<'_>) -> Option<&Entry> {
        let parent = list.parent.map(|parent| parent.id.clone());
        let tenant = list.tenant.map(str::to_owned);
        let key = (list.endpoint.name.clone(), tenant, parent, list.way == Way::Changes);
        self.last.get(&key).map(|at| &self.entries[*at])
    }

    /// What a person should know of the lists that were read to their ends.
    pub fn warnings(&self) -> Vec<String> {
        let mut warnings: Vec<String> = Vec::new();
        for warning in self.entries.iter().flat_map(|entry| &entry.warnings) {
            if !warnings.contains(warning) {
                warnings.push(warning.clone());
            }
        }
        warnings
    }

    /// Requests that were sent up to the last answer.
    pub fn requests(&self) -> u64 {
        self.entries.last().map_or(0, |entry| entry.requests)
    }
}

/// One list: an endpoint, of a tenant, about a record.
#[derive(Debug, Clone, Copy)]
pub(super) struct List<'l> {
    pub endpoint: &'l Endpoint,
    pub tenant: Option<&'l str>,
    pub parent: Option<&'l Parent>,
    pub way: Way,
    /// Whether its calls wait for the endpoint's budget.
    pub may_wait: bool,
}

/// How a list is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// Page by page.
    Pages,
    /// What changed in it.
    Changes,
    /// One record of it that changed.
    Record,
}

/// How far something was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Done {
    /// To its end.
    Whole,
    /// As far as its budget goes for now.
    Later,
}

/// An answer of a list.
#[derive(Debug, Default)]
pub(super) struct Page {
    /// Its number, from 1.
    pub number: u64,
    /// Where the list goes on.
    pub next: Option<String>,
    pub total: Option<u64>,
    pub rows: u64,
    /// What it tells of changes, where it is no page of records.
    pub told: Option<Told>,
    /// Whether only what changed was asked for.
    pub is_increment: bool,
    /// What is lost when the list is complete and not read again.
    pub warnings: Vec<String>,
}

impl Walk<'_> {
    /// Reads everything that is not there yet.
    pub fn walk(&self) -> Result<(), ApiError> {
        if !self.api.tenants {
            return self.tenant(None);
        }
        let mut failed: Vec<ApiError> = Vec::new();
        let partner = self.settings.partner.as_deref();
        let tenants = partner.into_iter().chain(self.settings.tenants.iter().map(String::as_str));
        let count = tenants.clone().count();
        for tenant in tenants {
            match self.tenant(Some(tenant)) {
                Ok(()) => {}
                // A lapsed relationship with one client says nothing of the others.
                Err(error)
                    if matches!(
                        error.kind,
                        ErrorKind::SignIn | ErrorKind::Permission | ErrorKind::Missing
                    ) =>
                {
                    self.warn(format!("the tenant `{tenant}` was not read: {error}"));
                    failed.push(error);
                }
                Err(error) => return Err(error),
            }
        }
        match failed.pop() {
            Some(error) if failed.len() + 1 == count => Err(error),
            _ => Ok(()),
        }
    }

    fn tenant(&self, tenant: Option<&str>) -> Result<(), ApiError> {
        let is_partner = tenant.is_some() && tenant == self.settings.partner.as_deref();
        let (mut is_read, mut refused) = (false, None);
        let is_its = |endpoint: &&Endpoint| tenant.is_none() || endpoint.partner == is_partner;
        let mut left: Vec<&Endpoint> = wanted(self.api, &self.settings.entities);
        left.retain(is_its);
        // An endpoint whose own budget is used up does not keep the others waiting: it is gone on with behind them.
        for may_wait in [!self.api.pace.per_endpoint, true] {
            let mut later: Vec<&Endpoint> = Vec::new();
            for endpoint in left {
                if needs(endpoint).any(|of| later.iter().any(|other| other.name == *of)) {
                    later.push(endpoint);
                    continue;
                }
                let done = match &endpoint.for_each {
                    None => self.endpoint(endpoint, tenant, may_wait),
                    Some(_) => self.each(endpoint, tenant, may_wait),
                };
                match done {
                    Ok(Done::Whole) => is_read |= endpoint.for_each.is_none(),
                    Ok(Done::Later) => later.push(endpoint),
                    Err(error) if goes_without(endpoint, tenant, &error) => {
                        let of =
                            tenant.map(|tenant| format!(" of the tenant `{tenant}`")).unwrap_or_default();
                        let hint =
                            if error.hint.is_empty() { String::new() } else { format!("; {}", error.hint) };
                        self.warn(format!("`{}`{of} was not read: {error}{hint}", endpoint.name));
                        refused = Some(error);
                    }
                    Err(error) => return Err(error),
                }
            }
            left = later;
        }
        // A tenant that gives nothing at all is not read.
        refused.filter(|_| tenant.is_some() && !is_read).map_or(Ok(()), Err)
    }

    /// One call per record of another endpoint, several at the same time.
    fn each(&self, endpoint: &Endpoint, tenant: Option<&str>, may_wait: bool) -> Result<Done, ApiError> {
        let Some(for_each) = &endpoint.for_each else { return Ok(Done::Whole) };
        let parents = {
            let (any_case, is_followed) =
                (self.source.system.any_case, |name: &str| self.is_followed(name, tenant));
            let parents =
                Parents { api: self.api, any_case, before: self.before, tenant, is_followed: &is_followed };
            let book = self.journal.lock().unwrap_or_else(PoisonError::into_inner);
            parents.of(for_each, book.journal.folder(), &book.entries)?
        };
        let reusable = self.reusable(endpoint, tenant);
        let (done, gone) = self.in_parallel(&parents, |parent| {
            let list = List { endpoint, tenant, parent: Some(parent), way: Way::Pages, may_wait };
            match reusable.get(parent.id.as_str()) {
                Some((entry, path)) if parent.version.is_some() && entry.version == parent.version => {
                    self.reuse(list, entry, path)
                }
                _ => self.list(list),
            }
        })?;
        if gone > 0 && done == Done::Whole {
            let total = parents.len();
            self.warn(format!("`{}`: the vendor has nothing about {gone} of {total} records", endpoint.name));
        }
        Ok(done)
    }

    /// Asks about records, several at the same time. Says how many of them the vendor does not have.
    pub(super) fn in_parallel(
        &self,
        parents: &[Parent],
        read: impl Fn(&Parent) -> Result<Done, ApiError> + Sync,
    ) -> Result<(Done, usize), ApiError> {
        let at = AtomicUsize::new(0);
        let (is_over, is_later) = (AtomicBool::new(false), AtomicBool::new(false));
        let failure: Mutex<Option<ApiError>> = Mutex::new(None);
        let gone = AtomicUsize::new(0);
        let threads = self.settings.concurrency.unwrap_or(self.api.pace.concurrency).clamp(1, 64);
        std::thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| {
                    while !is_over.load(Ordering::Relaxed) {
                        let Some(parent) = parents.get(at.fetch_add(1, Ordering::Relaxed)) else { return };
                        match read(parent) {
                            Ok(Done::Whole) => {}
                            Ok(Done::Later) => {
                                is_later.store(true, Ordering::Relaxed);
                                is_over.store(true, Ordering::Relaxed);
                            }
                            // It was deleted since its list was read, or has none of it.
                            Err(error) if error.kind == ErrorKind::Missing => {
                                gone.fetch_add(1, Ordering::Relaxed);
                            }
                            Err(error) => {
                                is_over.store(true, Ordering::Relaxed);
                                failure.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
                            }
                        }
                    }
                });
            }
        });
        if let Some(error) = failure.into_inner().unwrap_or_else(PoisonError::into_inner) {
            return Err(error);
        }
        let done = if is_later.into_inner() { Done::Later } else { Done::Whole };
        Ok((done, gone.into_inner()))
    }

    /// Answers of the snapshot before about one record each, by the record.
    fn reusable(&self, endpoint: &Endpoint, tenant: Option<&str>) -> BTreeMap<&str, (&Entry, &Path)> {
        let mut found: BTreeMap<&str, (&Entry, &Path)> = BTreeMap::new();
        let caches = endpoint.for_each.as_ref().is_some_and(|for_each| for_each.reuses(self.since.is_some()));
        if let (Some(before), true) = (self.before, caches) {
            for answer in before.answers() {
                let entry = answer.entry;
                let is_it = entry.endpoint == endpoint.name && entry.tenant.as_deref() == tenant;
                if let (Some(parent), true, None, 1) = (&entry.parent, is_it, &entry.next, entry.page) {
                    found.insert(parent, (entry, answer.file));
                }
            }
        }
        found
    }

    fn reuse(&self, list: List<'_>, entry: &Entry, path: &Path) -> Result<Done, ApiError> {
        let mut book = self.journal.lock().unwrap_or_else(PoisonError::into_inner);
        if book.last_of(list).is_some() {
            return Ok(Done::Whole);
        }
        let body = raw(path, entry)?;
        let entry = Entry { is_reused: true, requests: self.requests(), ..entry.clone() };
        let entry = book.journal.add_compressed(entry, &body)?;
        book.note(entry);
        Ok(Done::Whole)
    }

    /// Reads a list from where it was left to its end.
    pub(super) fn list(&self, list: List<'_>) -> Result<Done, ApiError> {
        let endpoint = list.endpoint;
        let paging = endpoint.paging.as_ref().unwrap_or(&self.api.paging);
        let is_increment = self.since.is_some() && endpoint.since.is_some();
        let left_at = {
            let book = self.journal.lock().unwrap_or_else(PoisonError::into_inner);
            book.last_of(list).cloned()
        };
        let (mut page, mut from) = match left_at {
            Some(Entry { next: None, .. }) => return Ok(Done::Whole),
            Some(entry) => (entry.page, entry.next),
            None => (0, None),
        };
        // By id the pass in which it was last seen.
        let mut ids: FxHashMap<String, u64> = FxHashMap::default();
        if page > 0 && endpoint.total.is_some() {
            ids = self.ids_of(list)?.into_iter().map(|id| (id, 0)).collect();
        }
        let mut is_resumed = page > 0;
        let (mut pass, mut first_page) = (self.passes(list), 0);
        let mut followed: FxHashSet<String> = from.iter().cloned().collect();
        loop {
            let answer = match self.client.try_call(&self.call(list, paging, from.as_deref())) {
                Ok(Some(answer)) => answer,
                Ok(None) => return Ok(Done::Later),
                // Where the list went on is not known any more: cursors end. It is read again from the begin; of rows
                // that come twice the later one counts.
                Err(error) if is_resumed && matches!(error.kind, ErrorKind::Answer | ErrorKind::Missing) => {
                    (from, is_resumed, first_page) = (None, false, page);
                    followed.clear();
                    continue;
                }
                Err(error) => return Err(error),
            };
            is_resumed = false;
            let any_case = self.source.system.any_case;
            let own = rows(endpoint, &answer.json, any_case);
            let count = own.len() as u64;
            page += 1;
            let total = endpoint.total.as_ref().and_then(|path| number(&answer.json, path, any_case));
            let mut is_new = own.is_empty();
            for id in own.iter().filter_map(|row| member(row, &endpoint.id, any_case).and_then(scalar)) {
                is_new |= ids.insert(id, pass) != Some(pass);
            }
            // Rows without ids say nothing.
            let repeats = !is_new && !ids.is_empty();
            let said = Said {
                answer: &answer.json,
                link: answer.link.clone(),
                rows: count,
                last: own.last().and_then(|row| member(row, &endpoint.id, any_case)).and_then(scalar),
                page: place(paging, from.as_deref()).unwrap_or(page - first_page),
            };
            let mut following = next(paging, self.settings.page_size, total, &said, any_case);
            // A link that leads back, or a page number that starts over.
            let is_back = following.as_ref().is_some_and(|next| !followed.insert(next.clone()));
            let mut warnings = Vec::new();
            if is_back && !matches!(paging, Paging::Number { .. }) {
                warnings.push(format!("`{}`: the list leads back to a page that it had", endpoint.name));
            }
            if is_back || (repeats && matches!(paging, Paging::Number { .. })) {
                following = None;
            }
            if following.is_none() && total.is_some_and(|total| (ids.len() as u64) < total) {
                if pass < PASSES {
                    // Rows moved to pages that were read already.
                    (pass, first_page) = (pass + 1, page);
                    let next = Some(String::new());
                    let kept =
                        Page { number: page, next, total, rows: count, told: None, is_increment, warnings };
                    self.keep(list, kept, &answer.body)?;
                    from = None;
                    followed.clear();
                    continue;
                }
                let total = total.unwrap_or_default();
                warnings.push(format!("`{}`: {} of {total} rows were found", endpoint.name, ids.len()));
            }
            let next = following.clone();
            let kept = Page { number: page, next, total, rows: count, told: None, is_increment, warnings };
            self.keep(list, kept, &answer.body)?;
            match following {
                Some(next) => from = Some(next),
                None => return Ok(Done::Whole),
            }
        }
    }

    pub(super) fn call<'c>(&self, list: List<'c>, paging: &Paging, from: Option<&str>) -> Call<'c> {
        let endpoint = list.endpoint;
        let from = from.filter(|from| !from.is_empty());
        let (path, mut ask) = match (&endpoint.changes, list.way) {
            (Some(changes), Way::Changes) => (&changes.path, changes::ask(endpoint, changes, from)),
            (Some(changes), Way::Record) => {
                (&changes.record, ask(endpoint, &Paging::None, self.settings.page_size, None))
            }
            _ => (&endpoint.path, ask(endpoint, paging, self.settings.page_size, from)),
        };
        let mut values = Values::new();
        if let (Some(since), Some(changes)) = (self.since, &endpoint.since) {
            ask.query.extend(changes.query.clone());
            if let (Some(changes), Some(Value::Object(body))) = (&changes.body, &mut ask.body) {
                body.extend(changes.clone());
            }
            let since = since.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
            values.insert("since".to_owned(), since);
        }
        if let Some(tenant) = list.tenant {
            values.insert("tenant".to_owned(), tenant.to_owned());
        }
        if let Some(parent) = list.parent {
            values.insert("id".to_owned(), parent.id.clone());
            values.insert("route".to_owned(), parent.route.clone());
        }
        let may_wait = list.may_wait;
        Call { endpoint: &endpoint.name, path, ask, values, may_wait }
    }

    /// Puts an answer on disk.
    pub(super) fn keep(&self, list: List<'_>, page: Page, body: &[u8]) -> Result<(), ApiError> {
        let Page { number: page, next, total, rows, told, is_increment, warnings } = page;
        let entry = Entry {
            endpoint: list.endpoint.name.clone(),
            name: name(list, page),
            tenant: list.tenant.map(str::to_owned),
            parent: list.parent.map(|parent| parent.id.clone()),
            page,
            offset: 0,
            length: 0,
            bytes: body.len() as u64,
            rows,
            next,
            total,
            version: list.parent.and_then(|parent| parent.version.clone()),
            is_reused: false,
            is_increment,
            told,
            requests: 0,
            warnings: warnings.clone(),
        };
        let body = super::snapshot::compressed(body)?;
        {
            let mut book = self.journal.lock().unwrap_or_else(PoisonError::into_inner);
            // Counted while nobody else writes, so that the last answer has the most.
            let entry = Entry { requests: self.requests(), ..entry };
            let entry = book.journal.add_compressed(entry, &body)?;
            book.note(entry);
        }
        let source = &self.source.name;
        self.reporter.event(&ApiEvent::Answer { source, endpoint: &list.endpoint.name, rows, total });
        for warning in warnings {
            self.warn(warning);
        }
        Ok(())
    }

    /// Requests that the extraction sent in all, those before an interruption too.
    pub fn requests(&self) -> u64 {
        self.sent_before + self.client.requests()
    }

    /// The number of the pass over a list that goes on.
    fn passes(&self, list: List<'_>) -> u64 {
        let book = self.journal.lock().unwrap_or_else(PoisonError::into_inner);
        if book.last_of(list).is_none() {
            return 1;
        }
        let is_end = |entry: &&Entry| entry.next.as_deref() == Some("") && is_of(entry, list);
        1 + book.entries.iter().filter(is_end).count() as u64
    }

    /// The ids that a list has brought.
    fn ids_of(&self, list: List<'_>) -> Result<FxHashSet<String>, ApiError> {
        let book = self.journal.lock().unwrap_or_else(PoisonError::into_inner);
        let any_case = self.source.system.any_case;
        let mut ids = FxHashSet::default();
        for entry in book.entries.iter().filter(|entry| is_of(entry, list)) {
            let body = super::snapshot::body(&book.journal.folder().join(super::snapshot::ANSWERS), entry)?;
            let json: Value = serde_json::from_slice(without_mark(&body)).unwrap_or_default();
            let own = rows(list.endpoint, &json, any_case);
            ids.extend(
                own.iter().filter_map(|row| member(row, &list.endpoint.id, any_case).and_then(scalar)),
            );
        }
        Ok(ids)
    }

    pub(super) fn warn(&self, message: String) {
        let source = &self.source.name;
        self.reporter.event(&ApiEvent::Warning { source, message: &message });
        let mut warnings = self.warnings.lock().unwrap_or_else(PoisonError::into_inner);
        if !warnings.contains(&message) {
            warnings.push(message);
        }
    }
}

/// The endpoints that are asked for the entities: those that are for one of them, and those that these are asked per
/// record of.
pub(super) fn wanted<'a>(api: &'a Api, entities: &[crate::model::Entity]) -> Vec<&'a Endpoint> {
    let mut wanted: Vec<bool> = api
        .endpoints
        .iter()
        .map(|endpoint| {
            endpoint.entities.is_empty() || endpoint.entities.iter().any(|entity| entities.contains(entity))
        })
        .collect();
    // Parents stand before those that need them.
    for at in (0..api.endpoints.len()).rev() {
        if let (true, Some(for_each)) = (wanted[at], &api.endpoints[at].for_each) {
            for (parent, other) in wanted.iter_mut().zip(&api.endpoints) {
                *parent |= for_each.of.contains(&other.name);
            }
        }
    }
    api.endpoints
        .iter()
        .zip(wanted)
        .filter(|(_, is_wanted)| *is_wanted)
        .map(|(endpoint, _)| endpoint)
        .collect()
}

/// The endpoints whose answers are needed to ask an endpoint.
fn needs(endpoint: &Endpoint) -> impl Iterator<Item = &String> {
    let each = endpoint.for_each.as_ref();
    let fewer = each.and_then(|each| each.fewer.as_ref()).map(|fewer| &fewer.of);
    each.into_iter().flat_map(|each| &each.of).chain(fewer)
}

/// Whether the rest is of use where an endpoint fails like this. What one tenant lacks, others may have: a licence for
/// devices, say, without which there is no such list.
fn goes_without(endpoint: &Endpoint, tenant: Option<&str>, error: &ApiError) -> bool {
    match error.kind {
        ErrorKind::Permission | ErrorKind::Missing => endpoint.optional || tenant.is_some(),
        ErrorKind::Answer => endpoint.optional,
        _ => false,
    }
}

/// The place of the page that is asked for in its list, from 1, where that is known.
fn place(paging: &Paging, from: Option<&str>) -> Option<u64> {
    let Some(from) = from.filter(|from| !from.is_empty()) else { return Some(1) };
    let number = from.parse::<u64>().ok()?;
    match paging {
        Paging::Number { first, .. } => Some(number + 1 - first.min(&number)),
        _ => Some(number),
    }
}

pub(super) fn is_of(entry: &Entry, list: List<'_>) -> bool {
    entry.endpoint == list.endpoint.name
        && entry.told.is_some() == (list.way == Way::Changes)
        && entry.tenant.as_deref() == list.tenant
        && entry.parent.as_deref() == list.parent.map(|parent| parent.id.as_str())
}

/// What a file of an answer would be called.
fn name(list: List<'_>, page: u64) -> String {
    let folder = list.tenant.map(|tenant| format!("tenants/{}/", encoded(tenant))).unwrap_or_default();
    let name = &list.endpoint.name;
    match list.parent {
        _ if list.way == Way::Changes => format!("{folder}{name}_changes_{page}.json"),
        // A page of one record, beside the others.
        Some(parent) if list.way == Way::Record => format!("{folder}{name}_{}.json", encoded(&parent.id)),
        None => format!("{folder}{name}_{page}.json"),
        // The readers of answers that do not name their record go by the file's name.
        Some(parent) if page == 1 => format!("{folder}{name}/{}.json", encoded(&parent.id)),
        Some(parent) => format!("{folder}{name}/{}_{page}.json", encoded(&parent.id)),
    }
}
