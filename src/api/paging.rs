//! How a list goes on: the first request, and the next one from an answer.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::template::{member, number, scalar};
use crate::systems::{Endpoint, Paging};

/// What is asked for, behind the path.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Ask {
    /// An address as the vendor gave it, in place of path and query.
    pub address: Option<String>,
    pub query: BTreeMap<String, Value>,
    pub body: Option<Value>,
    pub headers: BTreeMap<String, String>,
}

/// What an answer says of the list that it is part of.
pub(super) struct Said<'a> {
    pub answer: &'a Value,
    /// The address of the relation `next` in the header `Link`, blank where there is none; nothing without that header.
    pub link: Option<String>,
    /// Rows in the answer.
    pub rows: u64,
    /// The id of the last of them.
    pub last: Option<String>,
    /// The number of the answer in the list, from 1.
    pub page: u64,
}

/// The request for a list, at its begin or where `next` says.
pub(super) fn ask(endpoint: &Endpoint, paging: &Paging, size: Option<u64>, next: Option<&str>) -> Ask {
    let mut ask = Ask {
        query: endpoint.query.clone(),
        body: endpoint.body.clone(),
        headers: endpoint.headers.clone(),
        address: None,
    };
    match paging {
        Paging::None => {}
        Paging::Number { page, first, size: name, page_size, .. } => {
            let number = next.and_then(|next| next.parse().ok()).unwrap_or(*first);
            ask.query.insert(page.clone(), number.into());
            if let (Some(name), Some(rows)) = (name, size.or(*page_size)) {
                ask.query.insert(name.clone(), rows.into());
            }
        }
        Paging::LastId { after, size: name, page_size } => {
            if let Some(id) = next {
                ask.query.insert(after.clone(), id.into());
            }
            if let (Some(name), Some(rows)) = (name, size.or(*page_size)) {
                ask.query.insert(name.clone(), rows.into());
            }
        }
        Paging::Link { query, loses_query, size_in_body, .. } => {
            // A query by POST is repeated as it was with every address.
            if let (Some(name), Some(size), Some(Value::Object(members))) =
                (size_in_body, size, &mut ask.body)
            {
                // What stands there is the most that the vendor gives.
                let most = members.get(name).and_then(Value::as_u64).unwrap_or(size);
                members.insert(name.clone(), size.min(most).into());
            }
            match next {
                // What the description has is the most that the vendor takes.
                None => ask.query.extend(query.clone().into_iter().map(|(name, value)| {
                    let rows = size.zip(value.as_u64()).map(|(size, most)| size.min(most));
                    (name, rows.map_or(value, Value::from))
                })),
                Some(next) => {
                    ask.address = Some(next.to_owned());
                    if !loses_query {
                        ask.query.clear();
                    }
                }
            }
        }
        Paging::LinkHeader { headers, size: name, page_size, page } => {
            ask.headers.extend(headers.clone());
            match next.map(|next| next.parse::<u64>().map_err(|_| next)) {
                Some(Err(address)) => {
                    ask.address = Some(address.to_owned());
                    ask.query.clear();
                }
                number => {
                    ask.query.insert(name.clone(), size.unwrap_or(*page_size).into());
                    if let Some(Ok(number)) = number {
                        ask.query.insert(page.clone(), number.into());
                    }
                }
            }
        }
        Paging::Rows { start, size: name, page_size, in_body, .. } => {
            let first: u64 = next.and_then(|next| next.parse().ok()).unwrap_or(1);
            let rows = size.unwrap_or(*page_size);
            if *in_body {
                let body = ask.body.get_or_insert_with(|| Value::Object(Map::new()));
                if let Some(members) = body.as_object_mut() {
                    members.insert(start.clone(), first.into());
                    members.insert(name.clone(), rows.into());
                }
            } else {
                ask.query.insert(start.clone(), first.into());
                ask.query.insert(name.clone(), rows.into());
            }
        }
    }
    ask
}

/// Where the list goes on after an answer; `None` at its end.
pub(super) fn next(
    paging: &Paging,
    size: Option<u64>,
    total: Option<u64>,
    said: &Said<'_>,
    any_case: bool,
) -> Option<String> {
    match paging {
        Paging::None => None,
        Paging::Number { first, page_size, pages, .. } => {
            let pages = pages.as_ref().and_then(|pages| number(said.answer, pages, any_case));
            let is_short = size.or(*page_size).is_some_and(|size| said.rows < size);
            let is_more = match (pages, total) {
                (Some(pages), _) => said.page < pages,
                _ if said.rows == 0 => false,
                (None, Some(total)) => !is_short || said.page * said.rows < total,
                // The vendor may send fewer rows than were asked for, so a short page need not be the last.
                (None, None) => true,
            };
            is_more.then(|| (first + said.page).to_string())
        }
        // The vendor may send fewer rows than were asked for, so a short page need not be the last.
        Paging::LastId { .. } => said.last.clone(),
        // A page without rows may still have a next one.
        Paging::Link { member: path, .. } => member(said.answer, path, any_case).and_then(scalar),
        Paging::LinkHeader { page_size, .. } => match &said.link {
            Some(next) => (!next.is_empty()).then(|| next.clone()),
            None => (said.rows >= size.unwrap_or(*page_size)).then(|| (said.page + 1).to_string()),
        },
        Paging::Rows { next, .. } => {
            let next = number(said.answer, next, any_case)?;
            let is_more = said.rows > 0 && total.is_none_or(|total| next <= total);
            is_more.then(|| next.to_string())
        }
    }
}

/// The address of the relation `next` in a header `Link`: `<https://...>; rel="next", <...>; rel="first"`. Addresses may
/// hold commas.
pub(super) fn next_link(header: &str) -> Option<String> {
    header.split('<').skip(1).find_map(|link| {
        let (address, about) = link.split_once('>')?;
        let is_next = about.split([';', ',']).any(|part| {
            part.trim().split_once('=').is_some_and(|(name, value)| {
                name.trim().eq_ignore_ascii_case("rel") && value.trim().trim_matches('"') == "next"
            })
        });
        is_next.then(|| address.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_link_is_found_among_others() {
        let header = "<https://a.example/x?fields=id,name&page=1>; rel=\"first\", \
                      <https://a.example/x?fields=id,name&pageId=7>; rel=\"next\"";
        assert_eq!(next_link(header).as_deref(), Some("https://a.example/x?fields=id,name&pageId=7"));
        assert_eq!(next_link(""), None);
        assert_eq!(next_link("<https://a.example/x>; rel=\"last\""), None);
    }
}
