//! Push plans: steps, the gates that hold them, and the vendors' own payloads. Nothing is sent.
//!
//! A step is drafted per cluster and target ([`hub`], [`psa`]), held by the [`gates`] that apply, and then written as
//! the target's own call by the writer of its [`vendor`]. Two kinds of gates exist: most hold the whole step; the ones
//! that concern single fields (`field_locked`, `foreign_contact`, values that the target has no id for, and what keeps
//! the record that supplied a value from flowing) keep those fields out, and the step goes on with the rest. It then
//! stays `ready` and its reason says what was left out. When nothing is left, the step is `blocked`.
//!
//! A plan has no texts of calls: for every step its call is made once to learn what it needs and must leave out, and
//! again by [`Calls`] when somebody asks for it. So a call may depend on nothing but the records, the draft and where
//! the clusters are once the plan is carried out.
//!
//! # How to add a target
//!
//! 1. Say what it takes in its file in `data/systems`: `[push.ENTITY.columns]` has one row per canonical column, with
//!    the member that it is written to, the list that it takes an id of, whether it is required, two-way, locked or
//!    limited in length ([`crate::systems::PushColumn`]). An entity without such a table is `entity_not_supported`;
//!    `refused` says why where the system has the entity. `[lists]` has the reference lists with their paths, and
//!    whether items can be added. With that alone every gate works, and the steps have no call.
//! 2. Write its calls in a file of the vendor's family beside [`connectwise`], as a [`vendor::Vendor`], and name the
//!    systems of the family in [`vendor::of`]. [`vendor::Vendor::path`] gets the [`request::Request`]: the collection where a
//!    `PATCH` goes to the collection, the parent's path by `own_organization_in_path` where children stand below it.
//!    [`vendor::Vendor::body`] takes the values of the step ([`values::Values::all`], which for a change are its diffs alone),
//!    their members by `Request::member`, ids of other records by `Request::reference` and ids of list items by
//!    `Request::item`. Both of the latter give `{"$ref": "STEP"}` where an earlier step gives the id, and note the
//!    dependency; an item that the list lacks becomes a step of its own (`Need`) that `list_call` writes.
//! 3. What takes several calls per record gives the further ones from [`vendor::Vendor::further`], as [`communications`]
//!    does; what a create lacks that columns cannot say, [`vendor::Vendor::missing`] names.
//! 4. Check the payloads in `tests/it` against JSON written by hand from the vendor's description.

mod assemble;
mod autotask;
mod autotask_contact;
mod bms_contact;
mod bms_whole;
mod calls;
mod communications;
mod connectwise;
mod context;
mod diffs;
mod draft;
mod flexible;
mod gates;
mod hierarchy;
mod hub;
mod items;
mod itglue;
mod json;
mod kaseya_bms;
mod known;
mod limits;
mod lists;
mod owners;
mod presence;
mod psa;
mod request;
mod sync;
mod syncro;
mod tigerpaw;
mod values;
mod vendor;
mod waves;

use rayon::prelude::*;

pub use calls::{Calls, StepCall};
pub use gates::Gate;
pub use sync::syncs;

use crate::diff::Diff;
use crate::extract::Lookups;
use crate::matching::{ClusterIx, Matching};
use crate::model::{Entity, Previous, SourceIx, Tables};
use crate::normalize::{Key, Keys};
use crate::pipeline::Pipeline;
use assemble::Assembly;
use context::Context;
use draft::Draft;
use known::Known;
use presence::Presences;

/// What a step does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// Finds the id of a value in a list of the target, such as a type or a manufacturer.
    Lookup,
    /// Creates a record.
    Create,
    /// Changes fields of a record.
    Update,
    /// Brings an archived record back.
    Unarchive,
}

impl Action {
    /// The name, as in the column `action`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Lookup => "lookup",
            Self::Create => "create",
            Self::Update => "update",
            Self::Unarchive => "unarchive",
        }
    }
}

/// Whether a step may be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StepStatus {
    /// It may.
    Ready,
    /// A gate holds it.
    Blocked,
    /// A person must look first.
    Review,
}

impl StepStatus {
    /// The name, as in the column `status`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Blocked => "blocked",
            Self::Review => "review",
        }
    }
}

/// One planned call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Stable between runs: `TARGET:ACTION:ENTITY:CLUSTER-ID`, followed by `:RECORD-ID` for a further record of the
    /// target in the cluster; for an item of a list `TARGET:ACTION:ITEM:NAME`, such as `hub:lookup:country:germany`.
    pub id: String,
    /// The source that is written to.
    pub target: SourceIx,
    /// What is written: an entity's name, or the name of a list such as `manufacturer`.
    pub entity: &'static str,
    /// What it does.
    pub action: Action,
    /// The cluster, `None` for lookups.
    pub cluster: Option<(Entity, ClusterIx)>,
    /// The row of the record to change, `None` for creates and lookups.
    pub row: Option<u32>,
    /// Whether it may be sent.
    pub status: StepStatus,
    /// 0 for steps without dependencies, else one more than the highest wave of those.
    pub wave: u32,
    /// True for a contact that the hub itself will push on to the PSA once created.
    pub pushed_on_by_hub: bool,
    /// What [`Calls`] writes its call of.
    origin: Origin,
}

/// What the call of a step is written of when it is asked for. The texts of all calls would be the largest part of a
/// plan, and most are looked at once.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Origin {
    /// A draft.
    Draft {
        /// Columns that a gate keeps out.
        left_out: Box<[&'static str]>,
        /// See [`Draft::is_beyond_limit`].
        is_beyond_limit: bool,
    },
    /// A further call of a draft.
    Further {
        /// Columns that a gate keeps out.
        left_out: Box<[&'static str]>,
        /// What the draft does.
        action: Action,
        /// Which of its further calls, from 0.
        number: u32,
    },
    /// An item of a list, which many steps need: its call is here.
    Item(Box<StepCall>),
}

/// One gate that holds a step, or fields of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepReason {
    /// The position of the step in [`Plan::steps`].
    pub step: u32,
    /// The gate's code.
    pub code: &'static str,
    /// One sentence.
    pub message: Box<str>,
    /// What to do about it.
    pub remedy: &'static str,
}

/// A whole plan. [`Calls`] gives the calls of its steps.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    /// By wave, then by id.
    pub steps: Vec<Step>,
    /// By step, then by code.
    pub reasons: Vec<StepReason>,
    /// True when a safety limit held something back: the run's status is `held`.
    pub is_held: bool,
    /// Where the clusters are once the plan is carried out, by target.
    presences: Vec<Presences>,
}

/// What a plan, and the calls of its steps, are made of.
#[derive(Debug, Clone, Copy)]
pub struct PlanInput<'a> {
    /// The pipeline.
    pub pipeline: &'a Pipeline,
    /// The records.
    pub tables: &'a Tables,
    /// The fold.
    pub matching: &'a Matching,
    /// The differences.
    pub diffs: &'a [Diff],
    /// The reference lists that were read.
    pub lookups: &'a Lookups,
}

/// Plans what would bring the hub, and every PSA with two-way sync, to what the records say.
///
/// One step per target record, and for an existing ConnectWise contact one for every address or number that it lacks,
/// which are records there. Never a delete. What holds a step is decided with the keys of the records and the last
/// completed run. The same input gives the same plan.
#[must_use]
pub fn plan(input: &PlanInput<'_>, keys: &Keys, previous: Option<&Previous>) -> Plan {
    let mut ctx = Context::new(input);
    ctx.previous = previous;
    let known = Known::new(&ctx, keys);
    let mut all: Vec<Presences> = input.pipeline.sources.iter().map(|_| Presences::default()).collect();
    let mut assembly = Assembly::new(&ctx);
    let mut is_held = false;
    let targets: Vec<SourceIx> = std::iter::once(hub::HUB).chain(ctx.psas()).collect();
    for target in targets {
        let presences = &mut all[target as usize];
        let mut drafts = Vec::new();
        for &entity in entities(target) {
            let mut of_entity = draft_all(&ctx, &known, presences, target, entity);
            if entity == Entity::Organization {
                presences.fill(&ctx, target, entity, &of_entity);
                // Parents are looked for among all of them.
                let mut organizations: Vec<Draft> = of_entity.into_iter().flatten().collect();
                hierarchy::hold(&ctx, presences, &mut organizations);
                of_entity = vec![organizations];
            }
            is_held |= limits::hold(&ctx, target, entity, &mut of_entity);
            presences.fill(&ctx, target, entity, &of_entity);
            if entity == Entity::Location && target != hub::HUB {
                psa::place_main_sites(&ctx, presences, target);
            }
            drafts.append(&mut of_entity);
        }
        assembly.add(presences, drafts);
    }
    let (steps, reasons) = assembly.finish();
    Plan { steps, reasons, is_held, presences: all }
}

/// Whether [`plan`] asks for a key of the records of an entity.
#[must_use]
pub fn asks_for(entity: Entity, key: Key) -> bool {
    entity == Entity::Configuration && Key::DEVICE.contains(&key)
}

/// What is planned in a target, parents first.
fn entities(target: SourceIx) -> &'static [Entity] {
    if target != hub::HUB {
        return &psa::ENTITIES;
    }
    &[
        Entity::Organization,
        Entity::Location,
        Entity::Contact,
        Entity::Configuration,
        Entity::License,
        Entity::Group,
    ]
}

/// Clusters that are drafted, and drafts that are written, at a time.
const SHARE: u32 = 4096;

/// The drafts of one entity in one target, by cluster, in shares that are given up one by one.
fn draft_all(
    ctx: &Context<'_>,
    known: &Known<'_>,
    presences: &Presences,
    target: SourceIx,
    entity: Entity,
) -> Vec<Vec<Draft>> {
    let clusters = ctx.matching(entity).clusters.len();
    let clusters = ClusterIx::try_from(clusters).expect("clusters are counted in 32 bits");
    (0..clusters.div_ceil(SHARE))
        .into_par_iter()
        .map(|share| {
            let share = share * SHARE..clusters.min((share + 1).saturating_mul(SHARE));
            let mut drafts: Vec<Draft> = if target == hub::HUB {
                share.filter_map(|ix| hub::draft(ctx, known, presences, entity, ix)).collect()
            } else {
                share.flat_map(|ix| psa::draft(ctx, known, presences, target, entity, ix)).collect()
            };
            drafts.shrink_to_fit();
            drafts
        })
        .collect()
}
