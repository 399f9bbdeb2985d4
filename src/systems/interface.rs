//! What is wrong with the description of an interface.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::faults::{Faults, plain};
use super::{Api, Changes, Endpoint, Paging, SignIn, System};

/// Names that texts may hold besides settings, credentials and discovered values.
const RESERVED: [&str; 6] = ["base", "host", "id", "route", "since", "tenant"];

/// Where a text stands, which decides the names that it may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// The address of the system.
    Base,
    /// Where credentials belong: sign-in and headers.
    Secret,
    /// Path, query and body.
    Open,
}

/// Adds everything that is wrong with the interface.
pub(super) fn check(system: &System, api: &Api, faults: &mut Faults) {
    let mut checker = Checker { api, faults, used: BTreeSet::new(), of: None };
    checker.names();
    checker.addresses();
    checker.sign_in();
    checker.pace();
    checker.endpoints(system);
    checker.unused();
}

struct Checker<'a, 'f> {
    api: &'a Api,
    faults: &'f mut Faults,
    used: BTreeSet<String>,
    /// The endpoint that is looked at.
    of: Option<&'a str>,
}

/// The names in braces.
fn names(text: &str) -> impl Iterator<Item = &str> {
    text.split('{').skip(1).filter_map(|rest| rest.split_once('}').map(|(name, _)| name))
}

/// All texts in a value of a query or a body.
fn texts<'v>(value: &'v Value, into: &mut Vec<&'v str>) {
    match value {
        Value::String(text) => into.push(text),
        Value::Array(items) => items.iter().for_each(|item| texts(item, into)),
        Value::Object(members) => members.values().for_each(|member| texts(member, into)),
        _ => {}
    }
}

impl<'a> Checker<'a, '_> {
    /// Settings, credentials and discovered values are called differently.
    fn names(&mut self) {
        let discovered = self.api.discover.iter().flat_map(|discover| discover.values.keys());
        let all = self.api.settings.keys().chain(self.api.credentials.keys()).chain(discovered);
        let mut seen: BTreeSet<&str> = RESERVED.into();
        // Found values may stand for one of the regions' `host`.
        for name in all {
            if !seen.insert(name) {
                self.faults.add(name, format!("the name `{name}` means two things"));
            }
        }
    }

    fn addresses(&mut self) {
        let api = self.api;
        self.text(&api.base, Place::Base, &[]);
        api.regions.values().for_each(|host| self.text(host, Place::Base, &[]));
        let hosts: Vec<&str> = api.regions.values().map(String::as_str).collect();
        let whole: Vec<String> = if hosts.is_empty() {
            vec![api.base.clone()]
        } else {
            hosts.iter().map(|host| api.base.replace("{host}", host)).collect()
        };
        let discovered: Vec<&str> =
            api.discover.iter().flat_map(|discover| discover.values.keys()).map(String::as_str).collect();
        for base in &whole {
            // What the pipeline has to say is judged there.
            if base.starts_with("{host}") {
                continue;
            }
            // What is found out is a whole address, or is judged when it is found.
            let is_found =
                names(base).next().is_some_and(|name| base.starts_with('{') && discovered.contains(&name));
            if !is_found && !is_safe(base) {
                self.faults.add("base", format!("the address `{base}` does not begin with `https://`"));
            }
        }
        if let Some(discover) = &api.discover {
            self.text(&discover.url, Place::Secret, &[]);
            let urls: Vec<String> = if hosts.is_empty() {
                vec![discover.url.clone()]
            } else {
                hosts.iter().map(|host| discover.url.replace("{host}", host)).collect()
            };
            for url in urls.iter().filter(|url| !is_safe(url) && !url.starts_with("{host}")) {
                self.faults.add("discover", format!("the address `{url}` does not begin with `https://`"));
            }
            for name in discover.defaults.keys().filter(|name| !discover.values.contains_key(*name)) {
                self.faults.add(name, format!("`defaults` has `{name}`, and `values` does not"));
            }
        }
    }

    fn sign_in(&mut self) {
        let api = self.api;
        match &api.sign_in {
            SignIn::Headers { headers } => self.headers(headers, &[]),
            SignIn::Basic { user, password } => {
                self.text(user, Place::Secret, &[]);
                self.text(password, Place::Secret, &[]);
            }
            SignIn::TsiSignature { public_key, private_key } => {
                self.text(public_key, Place::Secret, &[]);
                self.text(private_key, Place::Secret, &[]);
            }
            SignIn::Token(token) => {
                // A secret in an address ends up in logs on the way.
                let has_secret = names(&token.url).any(|name| api.credentials.contains_key(name));
                if has_secret {
                    self.faults.add("url", format!("a credential stands in the address `{}`", token.url));
                }
                self.text(&token.url, Place::Open, &["base"]);
                if !token.url.starts_with('{') && !is_safe(&token.url) {
                    self.faults
                        .add("url", format!("the address `{}` does not begin with `https://`", token.url));
                }
                let basic = token.basic.iter().flatten();
                for text in basic.chain(token.form.values()) {
                    self.text(text, Place::Secret, &[]);
                }
            }
        }
        self.headers(&api.headers, &[]);
    }

    fn pace(&mut self) {
        let pace = &self.api.pace;
        if pace.requests == 0 || pace.seconds == 0 || pace.concurrency == 0 {
            let what = "`requests`, `seconds` and `concurrency` are at least 1".to_owned();
            self.faults.add("pace", what);
        }
        if pace.delays.iter().any(|delay| delay.from > 100) {
            self.faults.add("delays", "a delay begins at a share of 100 percent at most".to_owned());
        }
    }

    fn endpoints(&mut self, system: &System) {
        let api = self.api;
        self.path(&api.check.path, &[]);
        self.query(&api.check.query, &[]);
        if let Some(budget) = &api.check.budget {
            self.path(&budget.path, &[]);
            if budget.leave > 99 {
                self.faults.add("leave", "`leave` is 99 percent at most".to_owned());
            }
        }
        self.paging(&api.paging);
        if api.endpoints.is_empty() {
            self.faults.add("endpoints", "there is no endpoint".to_owned());
        }
        let known = system.document_names();
        for (at, endpoint) in api.endpoints.iter().enumerate() {
            let earlier = &api.endpoints[..at];
            let name = &endpoint.name;
            if earlier.iter().any(|other| other.name == *name) {
                self.faults.add(name, format!("two endpoints are called `{name}`"));
            }
            let is_told = system.json.iter().any(|shape| {
                let is_it = shape.subject().is_some_and(|entity| endpoint.entities.contains(&entity));
                (is_it || endpoint.entities.is_empty())
                    && !(shape.needs.is_empty() && shape.resource.is_none())
            });
            if !is_told && !known.contains(&plain(name)) {
                let what =
                    format!("no JSON shape has `{name}` among its `files`, so its answers cannot be read");
                self.faults.add(name, what);
            }
            for entity in endpoint.entities.iter().filter(|entity| !system.delivers_any(**entity)) {
                let what = format!("the endpoint `{name}` is for `{entity}`, which `entities` does not have");
                self.faults.add(name, what);
            }
            self.endpoint(endpoint);
            self.for_each(endpoint, earlier);
        }
        self.of = None;
    }

    fn endpoint(&mut self, endpoint: &'a Endpoint) {
        self.of = Some(&endpoint.name);
        let has_routes = endpoint.for_each.as_ref().is_some_and(|each| !each.routes.is_empty());
        let mut further: Vec<&str> = Vec::new();
        further.extend(endpoint.for_each.is_some().then_some("id"));
        further.extend(has_routes.then_some("route"));
        self.path(&endpoint.path, &further);
        self.query(&endpoint.query, &further);
        self.body(endpoint.body.as_ref(), &further);
        self.headers(&endpoint.headers, &further);
        if let Some(paging) = &endpoint.paging {
            self.paging(paging);
        }
        if let Some(since) = &endpoint.since {
            further.push("since");
            self.used.remove("since");
            self.query(&since.query, &further);
            let body = since.body.clone().map(Value::Object);
            self.body(body.as_ref(), &further);
            if !self.used.contains("since") {
                let what = format!("`since` of the endpoint `{}` does not hold `{{since}}`", endpoint.name);
                self.faults.add(&endpoint.name, what);
            }
        }
        if let Some(changes) = &endpoint.changes {
            self.changes(endpoint, changes);
        }
        if endpoint.partner && !self.api.tenants {
            let what =
                format!("the endpoint `{}` is for a partner's tenant, and there are none", endpoint.name);
            self.faults.add(&endpoint.name, what);
        }
    }

    fn changes(&mut self, endpoint: &'a Endpoint, changes: &'a Changes) {
        let name = &endpoint.name;
        self.path(&changes.path, &[]);
        self.query(&changes.query, &[]);
        self.path(&changes.record, &["id"]);
        if !changes.record.contains("{id}") {
            let what = format!("`record` of the changes of the endpoint `{name}` does not hold `{{id}}`");
            self.faults.add(name, what);
        }
        let goes_on = endpoint.paging.as_ref().unwrap_or(&self.api.paging);
        if !matches!(goes_on, Paging::Link { .. }) {
            let what =
                format!("the endpoint `{name}` has `changes`, which go on by links, and its list does not");
            self.faults.add(name, what);
        }
        if endpoint.for_each.is_some() || endpoint.since.is_some() || endpoint.body.is_some() {
            let what =
                format!("the endpoint `{name}` has `changes`, and `for_each`, `since` or `body` besides");
            self.faults.add(name, what);
        }
    }

    fn for_each(&mut self, endpoint: &Endpoint, earlier: &[Endpoint]) {
        let Some(each) = &endpoint.for_each else { return };
        let name = &endpoint.name;
        if each.of.is_empty() {
            self.faults.add(name, format!("`for_each` of the endpoint `{name}` names no other"));
        }
        let fewer = each.fewer.iter().map(|fewer| &fewer.of);
        for of in each.of.iter().chain(fewer) {
            if !earlier.iter().any(|other| other.name == *of) {
                let what = format!(
                    "the endpoint `{name}` is asked per record of `{of}`, which does not stand before it"
                );
                self.faults.add(name, what);
            }
        }
        if each.by.is_some() == each.routes.is_empty() {
            let what =
                format!("`for_each` of the endpoint `{name}` has one of `by` and `routes`, and needs both");
            self.faults.add(name, what);
        }
        let mut all: Vec<&str> = vec![&endpoint.path];
        endpoint.query.values().for_each(|value| texts(value, &mut all));
        endpoint.body.iter().for_each(|value| texts(value, &mut all));
        if !all.iter().any(|text| text.contains("{id}")) {
            let what =
                format!("the endpoint `{name}` is asked per record, and does not say of which: `{{id}}`");
            self.faults.add(name, what);
        }
    }

    fn paging(&mut self, paging: &Paging) {
        match paging {
            Paging::Link { query, .. } => self.query(query, &[]),
            Paging::LinkHeader { headers, .. } => self.headers(headers, &[]),
            Paging::Number { size, page_size, .. } | Paging::LastId { size, page_size, .. } => {
                if size.is_some() != page_size.is_some() {
                    self.faults.add("size", "`size` and `page_size` go together".to_owned());
                }
            }
            Paging::None | Paging::Rows { .. } => {}
        }
    }

    fn path(&mut self, path: &str, further: &[&str]) {
        if !path.is_empty() && !path.starts_with(['/', '{']) {
            self.faults.add(path, format!("the path `{path}` does not begin with `/`"));
        }
        self.text(path, Place::Open, further);
    }

    fn query(&mut self, query: &BTreeMap<String, Value>, further: &[&str]) {
        let mut all = Vec::new();
        for value in query.values() {
            texts(value, &mut all);
        }
        for text in all {
            self.text(text, Place::Open, further);
        }
    }

    fn body(&mut self, body: Option<&Value>, further: &[&str]) {
        let mut all = Vec::new();
        if let Some(body) = body {
            texts(body, &mut all);
        }
        for text in all {
            self.text(text, Place::Open, further);
        }
    }

    fn headers(&mut self, headers: &BTreeMap<String, String>, further: &[&str]) {
        for text in headers.values() {
            self.text(text, Place::Secret, further);
        }
    }

    /// Reports the names that a text may not hold, and notes those that it does.
    fn text(&mut self, text: &str, place: Place, further: &[&str]) {
        let api = self.api;
        for name in names(text) {
            self.used.insert(name.to_owned());
            let is_discovered = api.discover.as_ref().is_some_and(|of| of.values.contains_key(name));
            let is_known = api.settings.contains_key(name)
                || is_discovered
                || name == "host"
                || (name == "tenant" && api.tenants && place != Place::Base)
                || further.contains(&name);
            if is_known || (place == Place::Secret && api.credentials.contains_key(name)) {
                continue;
            }
            let what = if api.credentials.contains_key(name) {
                format!("the credential `{name}` stands outside of `sign_in` and `headers`: `{text}`")
            } else {
                format!("nothing gives `{{{name}}}` in `{text}` a value")
            };
            match self.of {
                Some(endpoint) => self.faults.add(endpoint, format!("the endpoint `{endpoint}`: {what}")),
                None => self.faults.add(name, what),
            }
        }
    }

    /// What nobody uses is misspelt somewhere.
    fn unused(&mut self) {
        for name in self.api.settings.keys().chain(self.api.credentials.keys()) {
            if !self.used.contains(name) {
                self.faults.add(name, format!("nothing uses `{name}`"));
            }
        }
        if !self.api.regions.is_empty() && !self.used.contains("host") {
            self.faults.add("regions", "there are regions, and nothing uses `{host}`".to_owned());
        }
    }
}

/// Whether an address is asked over TLS, or on this machine.
fn is_safe(address: &str) -> bool {
    let is_here = |host: &str| {
        address
            .strip_prefix("http://")
            .and_then(|rest| rest.strip_prefix(host))
            .is_some_and(|rest| rest.is_empty() || rest.starts_with([':', '/']))
    };
    address.starts_with("https://") || ["127.0.0.1", "localhost", "[::1]"].into_iter().any(is_here)
}
