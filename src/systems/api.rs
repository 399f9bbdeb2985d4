//! How a system is spoken to: its sign-in, paging, pace and endpoints, as data.
//!
//! Texts may hold `{name}`: a setting of the pipeline, a value that was discovered, a credential (in `sign_in` and
//! `headers` alone), `{tenant}`, and in endpoints that are asked once per record `{id}` and `{route}`.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::model::Entity;

/// The interface of a system.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Api {
    /// The address that paths start at.
    pub base: String,
    /// Regions, with the value of `{host}` in each; the first that is called `default` needs no setting.
    #[serde(default)]
    pub regions: BTreeMap<String, String>,
    /// Settings besides `host`, with what each is.
    #[serde(default)]
    pub settings: BTreeMap<String, Setting>,
    /// Credentials, with what each is.
    #[serde(default)]
    pub credentials: BTreeMap<String, String>,
    /// Set when everything is asked once per tenant.
    #[serde(default)]
    pub tenants: bool,
    /// What has to be found out before the first call.
    pub discover: Option<Discover>,
    /// How a call proves who asks.
    pub sign_in: SignIn,
    /// Headers of every call.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// How lists go on, where an endpoint says nothing else.
    #[serde(default)]
    pub paging: Paging,
    /// How fast it may be asked.
    pub pace: Pace,
    /// How its failures differ from HTTP's.
    #[serde(default)]
    pub failures: Failures,
    /// The least call there is, for `doctor`.
    pub check: Check,
    /// What is read, parents before those that are asked per record of theirs.
    pub endpoints: Vec<Endpoint>,
}

/// A setting of the pipeline that is no secret.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Setting {
    /// What it is, for people.
    pub what: String,
    /// Its value where the pipeline says none; without it, the pipeline must.
    pub default: Option<String>,
}

/// A call without sign-in that says where the others go.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Discover {
    /// The address.
    pub url: String,
    /// Names of values, with the paths of the members that hold them.
    pub values: BTreeMap<String, String>,
    /// What stands for a value that the answer does not have; without it, the call fails.
    #[serde(default)]
    pub defaults: BTreeMap<String, String>,
}

/// How a call proves who asks.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum SignIn {
    /// Headers.
    Headers {
        /// By name.
        headers: BTreeMap<String, String>,
    },
    /// HTTP Basic.
    Basic {
        /// The user name.
        user: String,
        /// The password.
        password: String,
    },
    /// A token that a call of its own gives.
    Token(Token),
    /// Tigerpaw's signature over method, path and date: `TSI` and a keyed hash.
    TsiSignature {
        /// The key that is sent.
        public_key: String,
        /// The key that signs.
        private_key: String,
    },
}

/// A token that is asked for, and sent as `Authorization: Bearer`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Token {
    /// Where it is asked for.
    pub url: String,
    /// User and password of HTTP Basic, where the call wants them.
    pub basic: Option<[String; 2]>,
    /// The form that is sent.
    pub form: BTreeMap<String, String>,
    /// The member that holds it.
    pub token: String,
    /// The member that holds its life in seconds.
    pub expires_in: Option<String>,
    /// The member that holds the time at which it ends.
    pub expires_at: Option<String>,
    /// Its life in seconds where the answer does not say.
    pub lives: Option<u64>,
}

/// How a list goes on.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Paging {
    /// It does not.
    #[default]
    None,
    /// By page number.
    Number {
        /// The query parameter of the number.
        page: String,
        /// The first number.
        #[serde(default = "one")]
        first: u64,
        /// The query parameter of the size; nothing where the vendor has none.
        size: Option<String>,
        /// Rows per page.
        page_size: Option<u64>,
        /// The member with the number of pages.
        pages: Option<String>,
    },
    /// By the address in a member of the answer.
    Link {
        /// The member.
        member: String,
        /// Query parameters of the first call.
        #[serde(default)]
        query: BTreeMap<String, Value>,
        /// Whether the address loses parameters of the first call, which are put back.
        #[serde(default)]
        loses_query: bool,
        /// The member of the body with the rows per page, where it stands there.
        size_in_body: Option<String>,
    },
    /// By the address in the header `Link`, and by page number where the header is missing.
    LinkHeader {
        /// Headers that ask for it.
        #[serde(default)]
        headers: BTreeMap<String, String>,
        /// The query parameter of the size.
        size: String,
        /// Rows per page.
        page_size: u64,
        /// The query parameter of the number.
        page: String,
    },
    /// Behind the id of the last row that was read; a page without rows is the end.
    LastId {
        /// The query parameter of the id; the first call is without it.
        after: String,
        /// The query parameter of the size; nothing where the vendor has none.
        size: Option<String>,
        /// Rows per page.
        page_size: Option<u64>,
    },
    /// By the number of the next row.
    Rows {
        /// The parameter of the first row that is wanted.
        start: String,
        /// The parameter of the size.
        size: String,
        /// Rows per page.
        page_size: u64,
        /// The member with the number of the next row.
        next: String,
        /// Whether the parameters stand in the body.
        #[serde(default)]
        in_body: bool,
    },
}

const fn one() -> u64 {
    1
}

/// How fast a system may be asked.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pace {
    /// So many requests
    pub requests: u64,
    /// in so many seconds.
    pub seconds: u64,
    /// Whether every endpoint has a budget of its own, so that a refusal is about that endpoint alone. Without it a budget
    /// and a refusal are for the whole account.
    #[serde(default)]
    pub per_endpoint: bool,
    /// Calls at the same time.
    #[serde(default = "one")]
    pub concurrency: u64,
    /// Delays from a share of the budget on.
    #[serde(default)]
    pub delays: Vec<Delay>,
    /// Seconds to wait where the vendor refuses and does not say how long; growing waits without it.
    pub refused: Option<u64>,
}

/// A delay before every request from a share of the budget on.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Delay {
    /// Percent of the budget.
    pub from: u64,
    /// How long.
    pub milliseconds: u64,
}

/// How failures differ from what HTTP says.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Failures {
    /// A member whose presence makes an answer with status 500 final: it is about the request.
    pub final_member: Option<String>,
    /// Parts of texts of failures that pass, in any case of letters.
    #[serde(default)]
    pub passing: Vec<String>,
    /// Parts of texts of failures that are for want of a permission, whatever their status, in any case of letters.
    #[serde(default)]
    pub permission: Vec<String>,
    /// The member with the status that a failure would have, where it comes with a good one.
    pub status: Option<String>,
    /// Members that hold the text of a failure, the first that is there.
    #[serde(default)]
    pub message: Vec<String>,
    /// Whether 403 after 429 means that the caller is shut out for a while, and no permission is missing.
    #[serde(default)]
    pub block_after_429: bool,
    /// Whether 401 may mean that a permission is missing, which it does where the least call is answered.
    #[serde(default)]
    pub unauthorized_is_permission: bool,
    /// Whether 404 may mean wrong credentials.
    #[serde(default)]
    pub not_found_is_sign_in: bool,
}

/// The least call there is.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Check {
    /// The path.
    pub path: String,
    /// The query.
    #[serde(default)]
    pub query: BTreeMap<String, Value>,
    /// A call that says what is left of the budget.
    pub budget: Option<Budget>,
}

/// A call that says what is left of the budget.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Budget {
    /// The path.
    pub path: String,
    /// The member with the limit.
    pub limit: String,
    /// The member with what is used, by everybody who asks this account.
    pub used: String,
    /// Percent of it that are left to others.
    #[serde(default)]
    pub leave: u64,
}

/// One list, or one call per record of another.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Endpoint {
    /// What its answers are called, as files of the system would be.
    pub name: String,
    /// The entities that it is for; those that are not wanted are not asked for. For all of them where it says none.
    #[serde(default)]
    pub entities: Vec<Entity>,
    /// The path behind the base.
    pub path: String,
    /// Its query.
    #[serde(default)]
    pub query: BTreeMap<String, Value>,
    /// The body of a query by POST, an object or a text.
    pub body: Option<Value>,
    /// Headers of its own.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// The member that holds the rows; the answer itself where it is an array, and one row where neither is there.
    pub rows: Option<String>,
    /// The member of a row that is its id.
    #[serde(default = "id")]
    pub id: String,
    /// The member of the answer with the number of all rows.
    pub total: Option<String>,
    /// How the list goes on, where the system's other lists go on differently.
    pub paging: Option<Paging>,
    /// Set when it is asked once per record of another.
    pub for_each: Option<ForEach>,
    /// How only what changed since a time is asked for.
    pub since: Option<Since>,
    /// How only what changed since the extraction before is asked for, where the vendor gives a link for that.
    pub changes: Option<Changes>,
    /// What the vendor calls the permission that it needs.
    pub permission: Option<String>,
    /// Whether the rest is of use without it.
    #[serde(default)]
    pub optional: bool,
    /// Set for endpoints of the partner's own tenant.
    #[serde(default)]
    pub partner: bool,
}

fn id() -> String {
    "id".to_owned()
}

/// One call per record of another endpoint.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ForEach {
    /// The other endpoints.
    pub of: Vec<String>,
    /// The member that gives `{id}`, where it is not the other's id.
    pub id: Option<String>,
    /// The member by whose value `{route}` is chosen.
    pub by: Option<String>,
    /// Values of it with their routes; `else` for any other.
    #[serde(default)]
    pub routes: BTreeMap<String, String>,
    /// Only records of which this holds.
    pub when: Option<When>,
    /// Only records of which another list has fewer rows than they say.
    pub fewer: Option<Fewer>,
    /// A member that changes whenever the answer may have: an answer to the same value is taken from the snapshot before.
    /// `*` stands for the whole record, where the vendor has no such member; as that can miss a change, such answers are
    /// taken by increments alone.
    pub version: Option<String>,
}

impl ForEach {
    /// Whether answers are taken from the snapshot before, in an increment or otherwise.
    #[must_use]
    pub fn reuses(&self, is_increment: bool) -> bool {
        self.version.as_ref().is_some_and(|version| version != WHOLE || is_increment)
    }
}

/// What stands for the whole record.
pub const WHOLE: &str = "*";

/// A list that may have fewer rows than a record says that it has.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fewer {
    /// The endpoint of the list.
    pub of: String,
    /// The member of its rows with the record's id.
    pub by: String,
    /// The member of the record with the number of rows.
    pub count: String,
}

/// A condition on a record.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct When {
    /// The member.
    pub member: String,
    /// It is a text of this many characters, or more.
    pub chars: Option<usize>,
    /// It is this.
    pub equals: Option<Value>,
    /// It is not this.
    pub differs: Option<Value>,
}

/// How only what changed since a time is asked for. The texts hold `{since}`, a time in UTC.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Since {
    /// Parameters that are set.
    #[serde(default)]
    pub query: BTreeMap<String, Value>,
    /// Members of the body that are set.
    pub body: Option<Map<String, Value>>,
}

/// How only what changed since the extraction before is asked for, where the vendor gives a link for that.
///
/// The link is asked for before the list is read, so that nothing changes unseen. What it leads to, page by page as the
/// list goes on, says which records changed and which are gone, and ends with the next link. What such pages have of a
/// record may be a part of it, so every record that changed is asked for by itself.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Changes {
    /// The path of the call that gives the first link.
    pub path: String,
    /// Its query.
    #[serde(default)]
    pub query: BTreeMap<String, Value>,
    /// The member of an answer with the link.
    pub link: String,
    /// The member of a row that is there where the record is gone.
    pub removed: String,
    /// The path of one record, with `{id}`; its query is that of the list.
    pub record: String,
    /// Where more records than this changed, the list is read instead.
    #[serde(default = "most")]
    pub most: usize,
}

const fn most() -> usize {
    500
}
