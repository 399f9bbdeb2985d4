//! The gates: everything that may hold a step, each a code and what to do about it.
//!
//! Which records a gate holds is decided where the steps are drafted; here is only what a gate is called and
//! what it does to a step.

use super::StepStatus;

macro_rules! gates {
    ($($(#[$doc:meta])* $gate:ident = $code:literal, $remedy:literal;)*) => {
        /// Something that may hold a step.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Gate { $($(#[$doc])* $gate,)* }

        impl Gate {
            /// All gates, by code.
            pub const ALL: &'static [Self] = &[$(Self::$gate),*];

            /// The code, as in `plan_reasons`.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$gate => $code),* }
            }

            /// What a person can do about it.
            #[must_use]
            pub const fn remedy(self) -> &'static str {
                match self { $(Self::$gate => $remedy),* }
            }
        }
    };
}

gates! {
    /// The source does not sync contacts.
    ContactsDisabled = "contacts_disabled", "Turn contacts on in the sync settings of the source.";
    /// The target does not keep this entity, or nothing says what it holds.
    EntityNotSupported = "entity_not_supported", "Create or change it by hand in the target.";
    /// The target refuses the field.
    FieldLocked = "field_locked", "Change it in the system that owns the row, or disconnect the row there.";
    /// The contact of the configuration belongs to another organization.
    ForeignContact = "foreign_contact", "Assign a contact of the same organization in the source.";
    /// The match rests on the host name alone.
    HostNameOnly = "host_name_only", "Confirm the match with a `match` decision.";
    /// A record in review is, or may be, this record.
    InReview = "in_review", "Decide what the record in review is.";
    /// The record, or a value that it needs, is inactive.
    Inactive = "inactive", "Make it active in its source, or leave it.";
    /// More creates than the pipeline allows.
    LimitExceeded = "limit_exceeded", "Check the sources; raise `limits.creates` or `limits.creates_percent` if it is meant.";
    /// It looks like something that is known already.
    LooksKnown = "looks_known", "Decide `match` if it is the same, `create` if it is new.";
    /// The sync method leaves this entity to another system.
    MethodExcludesEntity = "method_excludes_entity", "Let the system that the sync method names deliver it, or choose another method.";
    /// The sync method lets the RMM match, not create.
    MethodForbidsCreate = "method_forbids_create", "Create it in the PSA, or choose another sync method.";
    /// A value that the target requires is missing.
    MissingRequired = "missing_required", "Fill the fields in their source.";
    /// It was there before two-way sync and has not been edited since.
    NotYetPushed = "not_yet_pushed", "Edit and save the record in the hub, or adopt the PSA with `push_all`.";
    /// Two-way sync is off.
    OneWay = "one_way", "Turn `two_way` on in the sync settings of the PSA.";
    /// What the record needs first is not ready.
    ParentNotReady = "parent_not_ready", "Settle the record that it needs first.";
    /// The hub has no two-way sync with this PSA.
    TwoWayUnsupported = "two_way_unsupported", "Change the record by hand in the PSA.";
    /// The type or status is not among those that sync.
    TypeOrStatusNotSynced = "type_or_status_not_synced", "Add the type or status to the sync settings, or change it on the record.";
}

/// What a gate says of one step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Held {
    pub(super) gate: Gate,
    message: String,
    /// The columns that are kept out.
    fields: Vec<&'static str>,
    /// True when the gate only keeps fields out of a step that goes on without them.
    is_partial: bool,
}

impl Held {
    /// The sentence for a person.
    pub(super) fn into_message(self) -> String {
        if self.fields.is_empty() {
            return self.message;
        }
        format!("{}; left out: `{}`", self.message, self.fields.join("`, `"))
    }
}

/// All that holds one step.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Holds(Vec<Held>);

impl Holds {
    /// Adds a gate that holds the whole step. Of several messages of a gate the first stays.
    pub(super) fn add(&mut self, gate: Gate, message: impl Into<String>) {
        match self.0.iter_mut().find(|held| held.gate == gate) {
            // A gate that holds everything says more than one that keeps a field out.
            Some(held) if held.is_partial => {
                *held = Held { gate, message: message.into(), fields: Vec::new(), is_partial: false };
            }
            Some(_) => {}
            None => {
                self.0.push(Held { gate, message: message.into(), fields: Vec::new(), is_partial: false });
            }
        }
    }

    /// Adds a gate that keeps a field out of the step. Different messages of a gate stand one after the other.
    pub(super) fn add_partial(&mut self, gate: Gate, field: &'static str, message: String) {
        match self.0.iter_mut().find(|held| held.gate == gate) {
            Some(held) if held.is_partial => {
                held.fields.push(field);
                if !held.message.contains(&message) {
                    held.message.push_str("; ");
                    held.message.push_str(&message);
                }
            }
            Some(_) => {}
            None => self.0.push(Held { gate, message, fields: vec![field], is_partial: true }),
        }
    }

    /// Takes over the gates of `other`.
    pub(super) fn extend(&mut self, other: Self) {
        for held in other.0 {
            if !self.has(held.gate) {
                self.0.push(held);
            }
        }
    }

    /// Makes every gate hold the whole step: nothing is left of it.
    pub(super) fn make_total(&mut self) {
        for held in &mut self.0 {
            held.is_partial = false;
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn has(&self, gate: Gate) -> bool {
        self.0.iter().any(|held| held.gate == gate)
    }

    /// `Blocked` by any gate that holds the whole step, `Review` when only [`Gate::LooksKnown`] does.
    pub(super) fn status(&self) -> StepStatus {
        let mut status = StepStatus::Ready;
        for held in self.0.iter().filter(|held| !held.is_partial) {
            if held.gate != Gate::LooksKnown {
                return StepStatus::Blocked;
            }
            status = StepStatus::Review;
        }
        status
    }

    /// The entries, by code.
    pub(super) fn into_sorted(mut self) -> impl Iterator<Item = Held> {
        self.0.sort_unstable_by_key(|held| held.gate);
        self.0.into_iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gates_are_declared_by_code() {
        assert!(Gate::ALL.windows(2).all(|pair| pair[0].code() < pair[1].code()));
        assert_eq!(Gate::ALL.len(), 17);
    }

    #[test]
    fn a_blocking_gate_wins_over_a_look() {
        let mut holds = Holds::default();
        assert_eq!(holds.status(), StepStatus::Ready);
        holds.add_partial(Gate::FieldLocked, "name", "one field".into());
        assert_eq!(holds.status(), StepStatus::Ready);
        holds.add(Gate::LooksKnown, "alike");
        assert_eq!(holds.status(), StepStatus::Review);
        holds.add(Gate::InReview, "in review");
        assert_eq!(holds.status(), StepStatus::Blocked);
        let codes: Vec<_> = holds.into_sorted().map(|held| held.gate.code()).collect();
        assert_eq!(codes, ["field_locked", "in_review", "looks_known"]);
    }

    #[test]
    fn a_gate_that_holds_everything_replaces_one_that_holds_a_field() {
        let mut holds = Holds::default();
        holds.add_partial(Gate::FieldLocked, "name", "one field".into());
        holds.add(Gate::FieldLocked, "all fields");
        holds.add(Gate::FieldLocked, "again");
        let held: Vec<_> = holds.into_sorted().collect();
        assert_eq!(held.len(), 1);
        assert_eq!((held[0].message.as_str(), held[0].is_partial), ("all fields", false));
    }

    #[test]
    fn a_partial_gate_names_every_field() {
        let mut holds = Holds::default();
        holds.add_partial(Gate::FieldLocked, "name", "the row is locked".into());
        holds.add_partial(Gate::FieldLocked, "type", "the row is locked".into());
        let messages: Vec<_> = holds.into_sorted().map(Held::into_message).collect();
        assert_eq!(messages, ["the row is locked; left out: `name`, `type`"]);
    }
}
