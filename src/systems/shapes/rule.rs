//! The rules by which a column is made of a structure. Any system may use any of them; how each works is in `extract`.

use serde::Deserialize;

use super::{Adapters, Case, Labelled, LookedUp, NamePart, PrimaryAdapter};

/// How a column is made of a structure.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "as", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Rule {
    /// A list of one member of each object in an array.
    Items {
        /// The array.
        path: String,
        /// The member of each object.
        value: String,
        /// A member that is appended after ` x`.
        extension: Option<String>,
        /// A truth value that puts its object first.
        first: Option<String>,
        /// A member and the value that it must have.
        only: Option<(String, String)>,
    },
    /// The names of an array of references, separated by commas.
    Names {
        /// The array.
        path: String,
    },
    /// The network interfaces in an array.
    Interfaces {
        /// The array.
        path: String,
        /// Members for the name, the first that is not blank.
        name: Vec<String>,
        /// Members for the MAC address.
        mac: Vec<String>,
        /// Members for the IP address.
        ip: Vec<String>,
    },
    /// The network interfaces in several places, in the spellings of several programs, and addresses that no
    /// interface names. What is not called by its name alone has its description behind it.
    Adapters(Adapters),
    /// One member of the network adapter that a device goes out by.
    PrimaryAdapter(PrimaryAdapter),
    /// Several values in one; nothing unless all are there.
    Joined {
        /// The members.
        paths: Vec<String>,
        /// What stands between them.
        by: String,
    },
    /// The same value in every record.
    Always {
        /// The value.
        value: String,
    },
    /// An id made of values, for what the vendor gives none: two records that say the same in them are one.
    MadeId {
        /// Members without which there is none.
        needs: Vec<String>,
        /// Further members.
        #[serde(default)]
        with: Vec<String>,
    },
    /// A word for each truth value.
    YesOrNo {
        /// The member.
        path: String,
        /// The word for true.
        yes: String,
        /// The word for false.
        no: String,
    },
    /// Whether a member is not blank.
    Filled {
        /// The member.
        path: String,
    },
    /// The opposite of a truth value.
    Not {
        /// The member.
        path: String,
    },
    /// The first name of a person whose name is one member: all but the last word.
    FirstName {
        /// The member.
        path: String,
    },
    /// The last name of a person whose name is one member: the last word of several.
    LastName {
        /// The member.
        path: String,
    },
    /// The name of a business, or of the person who is the client.
    BusinessName {
        /// The member with the name of the business.
        path: String,
        /// Members with the name of the person, the first that is not blank.
        person: Vec<String>,
    },
    /// A list of several members, blank ones left out.
    Values {
        /// The members.
        of: Vec<Labelled>,
    },
    /// The labels of the members of a list of several, blank members left out.
    Labels {
        /// The members.
        of: Vec<Labelled>,
    },
    /// The ids in arrays of ids or of objects that have one, each once.
    Ids {
        /// The arrays.
        paths: Vec<String>,
    },
    /// The one value that a member has in all objects of an array, nothing where they differ.
    Sole {
        /// The array.
        path: String,
        /// The member of each object.
        value: String,
    },
    /// The part of a text in front of a separator, or all of it.
    Before {
        /// The member.
        path: String,
        /// The separator.
        separator: String,
    },
    /// The part of a text behind a separator, or another member that says it by itself.
    After {
        /// The member.
        path: String,
        /// The separator.
        separator: String,
        /// The member that is preferred.
        or: String,
    },
    /// One half of the name of a person.
    PersonName {
        /// `first` or `last`.
        half: String,
        /// The member with the first name.
        given: String,
        /// The member with the last name.
        family: String,
        /// The member with the display name, which is split where both are blank.
        display: String,
        /// The name of the account, which stands in where the file has neither.
        name: String,
    },
    /// The e-mail addresses of an account, the primary one first.
    Addresses {
        /// The address, the first that is not blank.
        of: Vec<String>,
        /// The array of addresses behind `SMTP:` and `smtp:`.
        proxies: String,
        /// The sign-in name, which is an address where there is no other.
        sign_in: String,
        /// Ends of domains that are no addresses.
        internal: Vec<String>,
    },
    /// `false` where a text holds a part, else `true`.
    Lacks {
        /// The member with the text.
        path: String,
        /// The part.
        part: String,
        /// The member that is preferred, a truth value.
        or: String,
    },
    /// The first label of a host name.
    HostName {
        /// The members, the first that is not blank.
        of: Vec<String>,
    },
    /// Several members with a space between.
    Words {
        /// The members.
        of: Vec<String>,
        /// The member that has it all, where they are blank.
        or: String,
    },
    /// The texts of an array.
    Texts {
        /// The array.
        path: String,
    },
    /// The name, or another member, of the item of a reference list whose id a member has: of several places the first
    /// that says something.
    LookedUp {
        /// The places.
        of: Vec<LookedUp>,
    },
    /// MAC addresses in one text, in brackets and with commas between. The text may be cut off at the end.
    MacList {
        /// The member.
        path: String,
    },
    /// The id of the record in another system.
    Link {
        /// The member.
        path: String,
        /// The integration type of the other system; `hub` for the hub.
        #[serde(rename = "type")]
        integration: String,
        /// A member and the value that it must have.
        only: Option<(String, String)>,
    },
    /// The PSA and RMM links that the hub stores with a row.
    HubLinks {},
    /// A member that stays in `raw` besides.
    Copy {
        /// The member.
        path: String,
    },
    /// A list in one text, which stays in `raw` besides.
    Separated {
        /// The member.
        path: String,
        /// What stands between the items.
        separator: String,
    },
    /// Several members in one text.
    AnyOf {
        /// The members; blank ones are left out.
        paths: Vec<String>,
        /// What stands between them.
        separator: String,
    },
    /// The value of the first case that holds.
    Cases {
        /// The cases.
        cases: Vec<Case>,
    },
    /// The first or the last name of a person. Where both are blank, parts of the full name.
    PartOfName {
        /// Which.
        part: NamePart,
        /// The member with the first name.
        first: String,
        /// The member with the last name.
        last: String,
        /// The members with the full name, the first that is not blank.
        full: Vec<String>,
    },
    /// The e-mail addresses of an account: the primary one as the pipeline chooses, then its aliases.
    AccountAddresses {
        /// The members with the address of the mailbox, the first that is not blank.
        mailbox: Vec<String>,
        /// The members with the sign-in name, likewise.
        sign_in: Vec<String>,
        /// The members with the proxy addresses, likewise: `SMTP:` before the primary one, `smtp:` before others.
        aliases: Vec<String>,
    },
    /// The name of the organization, or of its Autotask company where the pipeline says so.
    OrganizationName {
        /// The member with the name.
        path: String,
        /// The member with the Autotask company's name.
        autotask: String,
    },
}
