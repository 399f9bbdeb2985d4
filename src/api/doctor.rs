//! Signs in to every system with the least call there is, and says what stands in the way.

use super::budget::{BUDGET, Spent};
use super::client::{CHECK, Call, Client, Pacers};
use super::paging::{Ask, ask};
use super::walk::wanted;
use super::{ApiError, ApiEvent, ApiReporter, ApiSettings, ErrorKind};
use crate::pipeline::{Pipeline, Source};
use crate::systems::{Api, Budget, Endpoint, SignIn};

/// What was found of one source.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// The source.
    pub source: String,
    /// Its system, for people.
    pub system: String,
    /// Where it is asked: scheme and host.
    pub address: String,
    /// The checks, in order.
    pub checks: Vec<Check>,
}

impl Finding {
    /// Whether an extraction of the source would fail.
    #[must_use]
    pub fn is_bad(&self) -> bool {
        self.checks.iter().any(|check| matches!(check.outcome, Outcome::Bad(_)))
    }
}

/// One check.
#[derive(Debug, Clone, PartialEq)]
pub struct Check {
    /// What was checked: `sign-in`, `clock`, `budget`, `permission: Assets - List/Search`.
    pub what: String,
    /// What came of it.
    pub outcome: Outcome,
}

/// What came of a check.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// As it should be, in words.
    Good(String),
    /// Of no harm, but to be known, in words.
    Warning(String),
    /// An extraction would fail.
    Bad(ApiError),
    /// Not tested, and why.
    Untested(String),
}

/// Checks every source of the pipeline that has an interface, several at the same time.
#[must_use]
pub fn doctor(pipeline: &Pipeline) -> Vec<Finding> {
    let pacers = Pacers::default();
    std::thread::scope(|scope| {
        let running: Vec<_> = pipeline
            .sources
            .iter()
            .filter_map(|source| Some((source, source.api.as_ref()?, source.system.api.as_ref()?)))
            .map(|(source, settings, api)| {
                let pacers = &pacers;
                scope.spawn(move || one(source, settings, api, pacers))
            })
            .collect();
        running
            .into_iter()
            .map(|thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect()
    })
}

/// Nobody is told of waits: a check is short.
struct Quiet;

impl ApiReporter for Quiet {
    fn event(&self, _: &ApiEvent<'_>) {}
}

fn one(source: &Source, settings: &ApiSettings, api: &Api, pacers: &Pacers) -> Finding {
    let mut checks = Vec::new();
    let mut address = String::new();
    // Whoever waits for an answer of the doctor does not want to wait for a vendor that is down.
    let settings = ApiSettings { retries: settings.retries.min(1), page_size: None, ..settings.clone() };
    match Client::new(source, &settings, api, pacers, &Quiet) {
        Err(error) => {
            let what = if error.kind == ErrorKind::Credential { "credentials" } else { "address" };
            checks.push(Check { what: what.to_owned(), outcome: Outcome::Bad(error) });
        }
        Ok(client) => {
            address = client.address();
            let tenants: Vec<Option<&str>> = if api.tenants {
                let partner = settings.partner.as_deref();
                partner.into_iter().chain(settings.tenants.iter().map(String::as_str)).map(Some).collect()
            } else {
                vec![None]
            };
            for tenant in tenants {
                let doctor = Doctor { client: &client, settings: &settings, api, tenant };
                doctor.check(&mut checks);
            }
            checks.push(clock(client.skew(), &api.sign_in));
        }
    }
    Finding { source: source.name.clone(), system: source.system.title.clone(), address, checks }
}

struct Doctor<'a> {
    client: &'a Client<'a>,
    settings: &'a ApiSettings,
    api: &'a Api,
    tenant: Option<&'a str>,
}

impl Doctor<'_> {
    fn check(&self, checks: &mut Vec<Check>) {
        let of = self.tenant.map(|tenant| format!(" of `{tenant}`")).unwrap_or_default();
        let query = self.api.check.query.clone();
        let signed =
            self.client.call(&self.call(CHECK, &self.api.check.path, Ask { query, ..Ask::default() }));
        let is_in = signed.is_ok();
        let outcome = match signed {
            Ok(_) => Outcome::Good("the credentials are taken".to_owned()),
            Err(error) => Outcome::Bad(error),
        };
        checks.push(Check { what: format!("sign-in{of}"), outcome });
        if !is_in {
            checks.push(Check {
                what: format!("permissions{of}"),
                outcome: Outcome::Untested("the sign-in failed".to_owned()),
            });
            return;
        }
        if let Some(budget) = &self.api.check.budget {
            checks.push(Check { what: format!("budget{of}"), outcome: self.budget(budget) });
        }
        let is_partner = self.tenant.is_some() && self.tenant == self.settings.partner.as_deref();
        for endpoint in wanted(self.api, &self.settings.entities) {
            if self.tenant.is_some() && endpoint.partner != is_partner {
                continue;
            }
            checks.push(Check { what: format!("{}{of}", endpoint.name), outcome: self.endpoint(endpoint) });
        }
    }

    fn call<'c>(&self, endpoint: &'c str, path: &'c str, ask: Ask) -> Call<'c> {
        let tenant = self.tenant.map(|tenant| ("tenant".to_owned(), tenant.to_owned()));
        Call { endpoint, path, ask, values: tenant.into_iter().collect(), may_wait: true }
    }

    /// Whether one row of a list may be read.
    fn endpoint(&self, endpoint: &Endpoint) -> Outcome {
        if endpoint.for_each.is_some() {
            return Outcome::Untested("it is asked once per record, and no record was read".to_owned());
        }
        let paging = endpoint.paging.as_ref().unwrap_or(&self.api.paging);
        let ask = ask(endpoint, paging, Some(1), None);
        match self.client.call(&self.call(&endpoint.name, &endpoint.path, ask)) {
            Ok(_) => Outcome::Good("it may be read".to_owned()),
            Err(error) if endpoint.optional => {
                Outcome::Warning(format!("{error}; the rest is read without it"))
            }
            Err(error) => Outcome::Bad(error),
        }
    }

    fn budget(&self, budget: &Budget) -> Outcome {
        let values = self.call(BUDGET, &budget.path, Ask::default()).values;
        match self.client.spent(budget, values) {
            Err(error) => Outcome::Warning(error.to_string()),
            Ok(None) => Outcome::Untested("the vendor does not say what is left".to_owned()),
            Ok(Some(Spent { limit, used })) => {
                let left = limit.saturating_sub(used);
                let what = format!("{left} of {limit} requests are left");
                // Others share it.
                if left.saturating_mul(4) < limit { Outcome::Warning(what) } else { Outcome::Good(what) }
            }
        }
    }
}

/// How far the clocks are apart, in seconds, from which on a person should know, and from which on signatures fail.
const APART: i64 = 60;

fn clock(skew: Option<i64>, sign_in: &SignIn) -> Check {
    let outcome = match skew {
        None => Outcome::Untested("no answer said what time it is".to_owned()),
        Some(skew) if skew.abs() < APART => Outcome::Good(format!("{} s apart", skew.abs())),
        Some(skew) => {
            let which = if skew > 0 { "behind" } else { "ahead of" };
            let what = format!("this machine's clock is {} s {which} the vendor's", skew.abs());
            if matches!(sign_in, SignIn::TsiSignature { .. }) {
                Outcome::Bad(ApiError::new(
                    ErrorKind::SignIn,
                    what,
                    "set the clock: signatures are over the time",
                ))
            } else {
                Outcome::Warning(what)
            }
        }
    };
    Check { what: "clock".to_owned(), outcome }
}
