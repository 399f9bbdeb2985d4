//! The numbered codes of everything that can be wrong with a pipeline or its decisions file.
//!
//! The hundreds say the area: `P0` the file, `P1` keys and values, `P2` sources and sync methods, `P3`
//! matching, `P4` ownership and headings, `P5` test cases; `D0` the decisions file. A code is never given a
//! new meaning.

use std::fmt;

macro_rules! codes {
    ($($(#[doc = $explanation:literal])+ $name:ident = $id:literal;)*) => {
        /// What is wrong, as a stable code.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $($(#[doc = $explanation])+ $name,)*
        }

        impl Code {
            /// All codes, in the order of their numbers.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The code as it is printed: `P101`.
            #[must_use]
            pub const fn id(self) -> &'static str {
                match self {
                    $(Self::$name => $id,)*
                }
            }

            /// What the code means and what to do about it.
            #[must_use]
            pub fn explanation(self) -> &'static str {
                match self {
                    $(Self::$name => concat!($($explanation),+).trim_start(),)*
                }
            }
        }
    };
}

codes! {
    /// The file cannot be opened, is not a file, is larger than the limit or is not UTF-8 text.
    Unreadable = "P001";
    /// The file is not TOML: a quote, bracket or value is malformed, or a key is given twice.
    Syntax = "P002";
    /// The key does not exist at this place. `pipelines/reference.toml` shows every key.
    UnknownKey = "P101";
    /// The value is of another type than the key takes, such as a number where a list is expected.
    WrongType = "P102";
    /// A key that must be there is missing.
    MissingKey = "P103";
    /// The key looks like a credential. Credentials come from the environment and are never written into a
    /// pipeline.
    Credential = "P104";
    /// A text or list that must say something is empty.
    Empty = "P105";
    /// The value is not one of the fixed list that the key takes.
    UnknownValue = "P106";
    /// The number is negative, too large or not a number.
    OutOfRange = "P107";
    /// Two entries mean the same thing: an item of a list is repeated, or two entries differ in letter case
    /// alone.
    Repeated = "P108";
    /// A pattern that cannot be understood.
    BadPattern = "P109";
    /// Two keys are given of which a source has one: it is read from files or over its interface, and its
    /// credentials come from variables or from a file.
    Contradiction = "P110";
    /// No such system. `matchbook systems` lists them.
    UnknownSystem = "P201";
    /// Two sources have one name.
    DuplicateSource = "P202";
    /// The name of a source cannot be used: it holds other characters than letters, digits, `-`, `_` and `.`,
    /// or it is the name of a role that the source does not have alone.
    BadSourceName = "P203";
    /// The system cannot have this role: the hub needs a documentation platform, a source anything else.
    WrongRole = "P204";
    /// The sync method takes no records from a system of this role.
    MethodExcludes = "P205";
    /// The sync method needs a system of a role that the pipeline does not have.
    MethodNeeds = "P206";
    /// Two-way sync is switched on for a system or a method that cannot have it, or `push_all` without it.
    TwoWay = "P207";
    /// The setting does nothing for this system.
    NotApplicable = "P208";
    /// No such source in this pipeline.
    UnknownSource = "P209";
    /// A flexible asset type that belongs to the hub's own Microsoft integration and takes no records of others.
    LockedType = "P210";
    /// The mapping profile cannot be read or is wrong.
    BadProfile = "P211";
    /// The description of a system of your own cannot be read or is wrong.
    BadSystem = "P212";
    /// The address of a system is incomplete, or it would be asked without TLS.
    BadAddress = "P213";
    /// No such entity.
    UnknownEntity = "P301";
    /// No such key to match by.
    UnknownMatchKey = "P302";
    /// The key is not one of this entity: only devices have serial numbers.
    ForeignMatchKey = "P303";
    /// Tiers and a preset are given for the same entity, so that one of them would do nothing.
    TiersAndPreset = "P304";
    /// The entity has no column of this name.
    UnknownColumn = "P401";
    /// The column has no owner: it is an id, it is kept by the program, or records of the entity are never
    /// written.
    NotOwnable = "P402";
    /// An owner is neither `hub`, a role nor the name of a source.
    UnknownOwner = "P403";
    /// An expectation is about a record that the test case does not have.
    UnknownTestRecord = "P501";
    /// Two records of a test case are the same one.
    DuplicateTestRecord = "P502";
    /// The decisions file cannot be opened, written or understood as UTF-8 text.
    DecisionsUnreadable = "D001";
    /// The heading of the decisions file lacks a column or has one that does not exist.
    DecisionsHeading = "D002";
    /// A row of the decisions file has more or fewer cells than the heading.
    DecisionCells = "D003";
    /// No such entity.
    DecisionEntity = "D004";
    /// No such source in this pipeline, or it is the hub, whose own rows are not decided on.
    DecisionSource = "D005";
    /// The row does not say which record it is about.
    DecisionRecord = "D006";
    /// The decision is not one of `match`, `never`, `ignore` and `create`.
    DecisionUnknown = "D007";
    /// A `match` or `never` without the hub id that it is about.
    DecisionHubId = "D008";
    /// An `ignore` or `create` with a hub id, which it cannot mean.
    DecisionExtraHubId = "D009";
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

#[cfg(test)]
mod tests {
    use super::Code;

    #[test]
    fn ids_are_unique_and_every_code_is_explained() {
        let mut ids: Vec<_> = Code::ALL.iter().map(|code| code.id()).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), Code::ALL.len());
        for code in Code::ALL {
            assert!(code.explanation().ends_with('.'), "{code}: {}", code.explanation());
        }
    }
}
