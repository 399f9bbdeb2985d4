//! What changed in a list since the extraction before, where the vendor gives a link for that.
//!
//! The link is asked for before the list is read, and followed by the next extraction. It leads to pages that say which
//! records are new, changed or gone. What they have of a record may be a part of it, and members that the record never had
//! may be missing; so the records that changed are asked for by themselves, in the form that the list has.

use std::collections::BTreeMap;
use std::sync::PoisonError;

use rustc_hash::FxHashSet;

use super::paging::Ask;
use super::parents::Parent;
use super::rows::rows;
use super::snapshot::{Entry, Told};
use super::template::{member, scalar};
use super::walk::{Done, List, Page, Walk, Way, is_of};
use super::{ApiError, ErrorKind};
use crate::systems::{Changes, Endpoint, Paging};

/// What came of an endpoint that tells what changed.
#[derive(Debug, Clone)]
pub(super) struct Followed {
    /// The link that leads to later changes.
    pub link: Option<String>,
    /// Whether only what changed was read.
    pub is_increment: bool,
}

/// What pages of changes say together.
#[derive(Debug, Default)]
struct News {
    /// By id, whether the record is gone.
    records: BTreeMap<String, bool>,
    link: Option<String>,
}

/// The call for a link, or for a page of what changed.
pub(super) fn ask(endpoint: &Endpoint, changes: &Changes, from: Option<&str>) -> Ask {
    Ask {
        address: from.map(str::to_owned),
        query: if from.is_some() { BTreeMap::new() } else { changes.query.clone() },
        body: None,
        headers: endpoint.headers.clone(),
    }
}

impl Walk<'_> {
    /// Reads an endpoint: what changed in it where the extraction before has a link, and all of it otherwise.
    pub(super) fn endpoint(
        &self,
        endpoint: &Endpoint,
        tenant: Option<&str>,
        may_wait: bool,
    ) -> Result<Done, ApiError> {
        let list = List { endpoint, tenant, parent: None, way: Way::Pages, may_wait };
        let Some(changes) = &endpoint.changes else { return self.list(list) };
        let pages = List { way: Way::Changes, ..list };
        let mut warnings = Vec::new();
        if let Some(link) = self.link_before(list)
            && self.left_at(pages).is_none_or(|entry| entry.is_increment)
        {
            match self.changed(pages, changes, link) {
                Ok(Some(news)) => return self.of_news(list, changes, news),
                Ok(None) => return Ok(Done::Later),
                // Links end after some days, and vendors give them up earlier when they cannot tell what changed.
                Err(error) if is_refused(&error) => warnings.push(format!(
                    "{} is read in full, since the link to its changes leads nowhere any more: {error}",
                    called(list)
                )),
                Err(error) => return Err(error),
            }
        }
        let link = self.link_from_now_on(pages, changes, &warnings);
        if let Err(error) = &link {
            if !is_refused(error) && error.kind != ErrorKind::Permission {
                return Err(error.clone());
            }
            for warning in warnings {
                self.warn(warning);
            }
        }
        if self.list(list)? == Done::Later {
            return Ok(Done::Later);
        }
        let link = link.unwrap_or_else(|error| {
            self.warn(format!("{} will be read in full the next time too: {error}", called(list)));
            None
        });
        self.follow(list, Followed { link, is_increment: false });
        Ok(Done::Whole)
    }

    /// Whether of an endpoint only what changed was read.
    pub(super) fn is_followed(&self, endpoint: &str, tenant: Option<&str>) -> bool {
        let key = (endpoint.to_owned(), tenant.map(str::to_owned));
        let followed = self.followed.lock().unwrap_or_else(PoisonError::into_inner);
        followed.get(&key).is_some_and(|followed| followed.is_increment)
    }

    fn follow(&self, list: List<'_>, followed: Followed) {
        let key = (list.endpoint.name.clone(), list.tenant.map(str::to_owned));
        self.followed.lock().unwrap_or_else(PoisonError::into_inner).insert(key, followed);
    }

    /// The link that the extraction before ended with, when this one is to build on it.
    fn link_before(&self, list: List<'_>) -> Option<&str> {
        let before = self.before.filter(|_| self.since.is_some())?;
        let summary = before.newest().manifest.endpoints.get(&list.endpoint.name)?;
        summary.links.get(list.tenant.unwrap_or_default()).map(String::as_str)
    }

    /// The last answer that is there.
    fn left_at(&self, list: List<'_>) -> Option<Entry> {
        let book = self.journal.lock().unwrap_or_else(PoisonError::into_inner);
        book.last_of(list).cloned()
    }

    /// Follows a link to its end, from where it was left; `None` where that has to wait.
    fn changed(&self, pages: List<'_>, changes: &Changes, link: &str) -> Result<Option<News>, ApiError> {
        let paging = pages.endpoint.paging.as_ref().unwrap_or(&self.api.paging);
        let any_case = self.source.system.any_case;
        let (mut number, mut from) = match self.left_at(pages) {
            Some(entry) => (entry.page, entry.next),
            None => (0, Some(link.to_owned())),
        };
        let mut is_resumed = number > 0;
        let mut followed: FxHashSet<String> = FxHashSet::default();
        while let Some(next) = from {
            if !followed.insert(next.clone()) {
                return Err(ApiError::new(ErrorKind::Answer, "its pages lead back to one of them", ""));
            }
            let answer = match self.client.try_call(&self.call(pages, paging, Some(&next))) {
                Ok(Some(answer)) => answer,
                Ok(None) => return Ok(None),
                // Where the pages went on is not known any more. What a record is told of twice counts once.
                Err(error) if is_resumed && is_refused(&error) => {
                    (from, is_resumed) = (Some(link.to_owned()), false);
                    followed.clear();
                    continue;
                }
                Err(error) => return Err(error),
            };
            is_resumed = false;
            number += 1;
            let mut told = Told { by: pages.endpoint.id.clone(), ..Told::default() };
            let own = rows(pages.endpoint, &answer.json, any_case);
            for row in &own {
                let Some(id) = member(row, &told.by, any_case).and_then(scalar) else { continue };
                let is_gone = member(row, &changes.removed, any_case).is_some();
                if is_gone { told.removed.push(id) } else { told.changed.push(id) }
            }
            let next = match paging {
                Paging::Link { member: path, .. } => member(&answer.json, path, any_case).and_then(scalar),
                _ => None,
            };
            told.link = self.link_in(&answer.json, changes);
            let rows = own.len() as u64;
            let page = Page {
                number,
                next: next.clone(),
                rows,
                told: Some(told),
                is_increment: true,
                ..Page::default()
            };
            self.keep(pages, page, &answer.body)?;
            from = next;
        }
        Ok(Some(self.news(pages)))
    }

    /// What the pages say that are there: the last word about a record counts.
    fn news(&self, pages: List<'_>) -> News {
        let book = self.journal.lock().unwrap_or_else(PoisonError::into_inner);
        let mut news = News::default();
        for entry in book.entries.iter().filter(|entry| is_of(entry, pages)) {
            let Some(told) = &entry.told else { continue };
            // Inside a page the order of what changed and what is gone is not kept: a record in both is asked for.
            news.records.extend(told.removed.iter().map(|id| (id.clone(), true)));
            news.records.extend(told.changed.iter().map(|id| (id.clone(), false)));
            news.link.clone_from(&told.link);
        }
        news
    }

    /// Asks for every record that changed, or for the list where that is less.
    fn of_news(&self, list: List<'_>, changes: &Changes, news: News) -> Result<Done, ApiError> {
        if news.link.is_none() {
            self.warn(format!(
                "{} will be read in full the next time: there is no link to later changes",
                called(list)
            ));
        }
        let there = news.records.iter().filter(|(_, is_gone)| !**is_gone);
        let parents: Vec<Parent> =
            there.map(|(id, _)| Parent { id: id.clone(), route: String::new(), version: None }).collect();
        let is_increment = parents.len() <= changes.most;
        let done = if is_increment {
            // One that the vendor does not have any more is gone, as is one that it said so of.
            let record =
                |parent: &Parent| self.record(List { parent: Some(parent), way: Way::Record, ..list });
            self.in_parallel(&parents, record)?.0
        } else {
            self.list(list)?
        };
        if done == Done::Whole {
            self.follow(list, Followed { link: news.link, is_increment });
        }
        Ok(done)
    }

    fn record(&self, list: List<'_>) -> Result<Done, ApiError> {
        if self.left_at(list).is_some() {
            return Ok(Done::Whole);
        }
        let Some(answer) = self.client.try_call(&self.call(list, &Paging::None, None))? else {
            return Ok(Done::Later);
        };
        let page = Page { number: 1, rows: 1, is_increment: true, ..Page::default() };
        self.keep(list, page, &answer.body).map(|()| Done::Whole)
    }

    /// The link that leads to what changes from now on, asked for once. Warnings are of why.
    fn link_from_now_on(
        &self,
        pages: List<'_>,
        changes: &Changes,
        warnings: &[String],
    ) -> Result<Option<String>, ApiError> {
        let left_at = self.left_at(pages);
        let number = left_at.as_ref().map_or(1, |entry| entry.page + 1);
        if let Some(entry) = left_at.filter(|entry| !entry.is_increment) {
            return Ok(entry.told.and_then(|told| told.link));
        }
        let answer = self.client.call(&self.call(pages, &Paging::None, None))?;
        let Some(link) = self.link_in(&answer.json, changes) else {
            let what = format!("`{}` gives no link of its own host to later changes", changes.path);
            return Err(ApiError::new(ErrorKind::Answer, what, ""));
        };
        let told = Told { by: pages.endpoint.id.clone(), link: Some(link.clone()), ..Told::default() };
        let rows = rows(pages.endpoint, &answer.json, self.source.system.any_case).len() as u64;
        let warnings = warnings.to_vec();
        let page = Page { number, rows, told: Some(told), warnings, ..Page::default() };
        self.keep(pages, page, &answer.body)?;
        Ok(Some(link))
    }

    /// The link to later changes in an answer. One that leads to another host, or holds a credential, is not kept.
    fn link_in(&self, answer: &serde_json::Value, changes: &Changes) -> Option<String> {
        let link = member(answer, &changes.link, self.source.system.any_case).and_then(scalar)?;
        self.client.may_keep(&link).then_some(link)
    }
}

/// Whether what was asked for is not there, or not any more.
fn is_refused(error: &ApiError) -> bool {
    matches!(error.kind, ErrorKind::Missing | ErrorKind::Answer)
}

fn called(list: List<'_>) -> String {
    let of = list.tenant.map(|tenant| format!(" of the tenant `{tenant}`")).unwrap_or_default();
    format!("`{}`{of}", list.endpoint.name)
}
