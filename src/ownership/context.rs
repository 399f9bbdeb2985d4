//! What one record says of one field, read with everything that makes a value blank.

use std::borrow::Cow;

use rustc_hash::{FxHashMap, FxHashSet};
use smallvec::SmallVec;

use super::canonical::{Blank, Form, form, macs};
use super::policy::{Owner, Voice, owned_fields, owners};
use super::references::{References, display_name, id_column};
use super::roster::{VoiceIx, voice};
use super::two_way;
use crate::extract::Lookups;
use crate::matching::{Matching, NO_CLUSTER};
use crate::model::{
    Entity, Field, Finding, Kind, LIST_SEPARATOR, Previous, RecordRef, Records, SourceIx, Tables, column,
    list_items,
};
use crate::normalize::{Dropped, Junk, Mac, each_interface_mac, each_mac, fold_case, name_key};
use crate::pipeline::Pipeline;

/// The hub's position among the sources.
pub(super) const HUB: SourceIx = 0;

/// The hub's list of operating systems in [`Lookups::lists`].
const OPERATING_SYSTEMS: &str = "operating_systems";

/// The inputs, with what is derived of them once.
#[derive(Debug)]
pub(super) struct Context<'a> {
    pub pipeline: &'a Pipeline,
    pub tables: &'a Tables,
    pub matching: &'a Matching,
    pub junk: &'a Junk,
    pub previous: Option<&'a Previous>,
    pub references: References,
    /// The hub's operating systems, folded; `None` when the list was not read.
    operating_systems: Option<FxHashSet<String>>,
}

/// What is compared of one entity.
#[derive(Debug)]
pub(super) struct EntityPlan {
    pub entity: Entity,
    /// Everyone who may speak; the hub first.
    pub voices: Vec<Voice>,
    pub fields: Vec<FieldPlan>,
    /// The sources whose records may change: the hub, then the PSAs with two-way sync.
    pub targets: Vec<SourceIx>,
}

/// What is compared of one field.
#[derive(Debug)]
pub(super) struct FieldPlan {
    pub field: &'static Field,
    /// The position of the column in the canonical schema.
    pub position: usize,
    /// First wins.
    pub owners: Vec<(Owner, VoiceIx)>,
    /// The PSAs that take the field from the hub.
    pub two_way: Vec<(SourceIx, VoiceIx)>,
}

impl FieldPlan {
    /// The voices of the records that may change: the hub's and those of the PSAs that take the field.
    pub(super) fn targets(&self) -> impl Iterator<Item = (SourceIx, VoiceIx)> + '_ {
        std::iter::once((HUB, HUB_VOICE)).chain(self.two_way.iter().copied())
    }
}

/// The voice of the hub.
pub(super) const HUB_VOICE: VoiceIx = 0;

impl EntityPlan {
    /// The plan of `entity`, by the pipeline's owner lists and two-way settings.
    pub(super) fn new(pipeline: &Pipeline, entity: Entity) -> Self {
        let mut voices = vec![Voice::from_slice(&[HUB])];
        let mut targets = vec![HUB];
        let fields = owned_fields(entity)
            .map(|(position, field)| FieldPlan {
                field,
                position,
                owners: owners(pipeline, entity, field.name)
                    .into_iter()
                    .map(|owner| {
                        let ix = voice(&mut voices, &owner.voice);
                        (owner, ix)
                    })
                    .collect(),
                two_way: two_way::sources(pipeline, entity, field.name)
                    .map(|source| (source, voice(&mut voices, &Voice::from_slice(&[source]))))
                    .collect(),
            })
            .collect::<Vec<_>>();
        for (source, _) in fields.iter().flat_map(|field| &field.two_way) {
            if !targets.contains(source) {
                targets.push(*source);
            }
        }
        targets.sort_unstable();
        Self { entity, voices, fields, targets }
    }
}

/// What one record says of one field.
#[derive(Debug, Clone)]
pub(super) struct Said<'a> {
    pub record: RecordRef,
    /// The text for people, `None` when there is none.
    pub text: Option<Cow<'a, str>>,
    /// The value in comparable form, or why it is blank.
    pub form: Result<Form<'a>, Blank>,
}

impl Said<'_> {
    /// Whether a target that says this needs nothing of the supplier.
    pub(super) fn satisfies(&self, supplier: &Said<'_>) -> bool {
        match (&self.form, &supplier.form) {
            (Ok(own), Ok(other)) => own.satisfies(other),
            _ => false,
        }
    }
}

impl<'a> Context<'a> {
    /// Prepares the comparison, and reports references that lead nowhere and values that the hub's lists do not have.
    pub(super) fn new(
        pipeline: &'a Pipeline,
        tables: &'a Tables,
        matching: &'a Matching,
        junk: &'a Junk,
        lookups: &Lookups,
        previous: Option<&'a Previous>,
    ) -> (Self, Vec<Finding>) {
        let (references, mut findings) = References::new(pipeline, tables, matching);
        let operating_systems = lookups
            .lists
            .get(&(HUB, OPERATING_SYSTEMS))
            .map(|items| items.iter().map(|item| fold(&item.name)).collect());
        let context = Self { pipeline, tables, matching, junk, previous, references, operating_systems };
        context.report_unknown_systems(&mut findings);
        findings.sort_unstable();
        (context, findings)
    }

    /// The records of `entity` of `source`, if they have the column at `position` at all.
    pub(super) fn carrier(&self, source: SourceIx, entity: Entity, position: usize) -> Option<&'a Records> {
        let is_carried =
            |table: &&Records| table.files.iter().any(|file| file.carried.get(position) == Some(&true));
        self.tables.get(source, entity).filter(is_carried)
    }

    /// Whether the file of the record carries the field, and its source delivers what the field refers to.
    pub(super) fn is_carried(&self, entity: Entity, field: &FieldPlan, record: RecordRef) -> bool {
        let Some(table) = self.tables.get(record.source, entity) else { return false };
        let is_known = match field.field.kind {
            Kind::Reference(to) => self.tables.get(record.source, to).is_some(),
            _ => true,
        };
        is_known && table.is_carried(record.row, field.position)
    }

    /// The text of a cell, `None` when it is blank.
    fn cell(&self, entity: Entity, record: RecordRef, name: &str) -> Option<&'a str> {
        self.tables.value(entity, record, name)
    }

    /// What `record` says of a field.
    pub(super) fn read(&self, entity: Entity, field: &FieldPlan, record: RecordRef) -> Said<'a> {
        let text = self.tables.get(record.source, entity).and_then(|table| {
            let texts = table.text_at(field.position);
            texts.get(record.row as usize).filter(|text| !text.trim().is_empty())
        });
        if let Kind::Reference(to) = field.field.kind {
            return self.read_reference(entity, field.field.name, to, record, text);
        }
        let form = match (field.field.kind, text) {
            (Kind::Mac, _) => macs(text, self.cell(entity, record, column::INTERFACES), self.junk),
            (_, None) => Err(Blank::Missing),
            (kind, Some(text)) => self.form(kind, record.source, text),
        };
        Said { record, text: text.map(for_people), form }
    }

    /// The form of a text of `source` in a field that is neither a MAC address nor a reference.
    pub(super) fn form<'t>(&self, kind: Kind, source: SourceIx, text: &'t str) -> Result<Form<'t>, Blank> {
        if kind == Kind::OperatingSystem && source != HUB && !self.has_system(text) {
            return Err(Blank::NoSuchValue);
        }
        form(kind, text, self.junk)
    }

    fn read_reference(
        &self,
        entity: Entity,
        name: &'static str,
        to: Entity,
        record: RecordRef,
        text: Option<&'a str>,
    ) -> Said<'a> {
        let id = self.cell(entity, record, id_column(name));
        let found = match self.references.get(entity, record, name) {
            Err(Blank::Unresolved) if text.is_none() && id.is_none() => Err(Blank::Missing),
            found => found,
        };
        let named = || found.ok().and_then(|(_, referred)| display_name(self.tables, to, referred));
        let text = text.map(str::trim).map(Cow::Borrowed).or_else(named).or(id.map(Cow::Borrowed));
        Said { record, text, form: found.map(|(cluster, _)| Form::Cluster(cluster)) }
    }

    /// What the records that may change say of a field, the hub's first; without those whose file does not carry it.
    pub(super) fn currents(
        &self,
        entity: Entity,
        field: &FieldPlan,
        speaker: impl Fn(VoiceIx) -> Option<RecordRef>,
    ) -> SmallVec<[Said<'a>; 2]> {
        field
            .targets()
            .filter_map(|(_, voice)| speaker(voice))
            .filter(|record| self.is_carried(entity, field, *record))
            .map(|record| self.read(entity, field, record))
            .collect()
    }

    /// What is written when `said` wins: in the owner's spelling, a MAC address alone, a record by its name. For lists, what
    /// the target has and then what it lacks. `currents` are all records that may change.
    pub(super) fn written(
        &self,
        entity: Entity,
        field: &FieldPlan,
        said: &Said<'a>,
        current: Option<&Said<'a>>,
        currents: &[Said<'a>],
    ) -> String {
        let name = field.field.name;
        let own = || said.text.clone().unwrap_or_default();
        match (&said.form, field.field.kind) {
            (Ok(Form::Macs(_)), _) => self.mac_to_write(entity, said.record, currents).to_owned(),
            (Ok(Form::Cluster(_)), Kind::Reference(to)) => {
                let referred = self.references.get(entity, said.record, name).ok();
                let named = referred.and_then(|(_, referred)| display_name(self.tables, to, referred));
                named.unwrap_or_else(own).into_owned()
            }
            (Ok(Form::Items(items)), _) => {
                let has = |key: &String| match current.map(|current| &current.form) {
                    Some(Ok(Form::Items(own))) => own.iter().any(|(own, _)| own == key),
                    _ => false,
                };
                let now = current.and_then(|current| self.cell(entity, current.record, name));
                let now = now.into_iter().flat_map(list_items).map(str::trim);
                let missing = items.iter().filter(|(key, _)| !has(key)).map(|(_, item)| *item);
                now.chain(missing).collect::<Vec<_>>().join("; ")
            }
            _ => own().into_owned(),
        }
    }

    /// The first usable MAC address of a record. One that another target has already is preferred, so that all of them
    /// agree in the end.
    fn mac_to_write(&self, entity: Entity, record: RecordRef, currents: &[Said<'a>]) -> &'a str {
        let is_settled = |mac: &Mac| {
            currents.iter().any(|current| matches!(&current.form, Ok(Form::Macs(macs)) if macs.contains(mac)))
        };
        let (mut first, mut settled) = (None, None);
        let mut each = |piece: &'a str, mac: Result<Mac, Dropped>| {
            let Ok(mac) = mac else { return };
            first.get_or_insert(piece);
            if settled.is_none() && is_settled(&mac) {
                settled = Some(piece);
            }
        };
        if let Some(cell) = self.cell(entity, record, column::MAC_ADDRESS) {
            each_mac(cell, self.junk, &mut each);
        }
        if let Some(interfaces) = self.cell(entity, record, column::INTERFACES) {
            each_interface_mac(interfaces, self.junk, &mut each);
        }
        settled.or(first).map(str::trim).unwrap_or_default()
    }

    /// Whether the hub's list has the operating system; it does when the list was not read.
    fn has_system(&self, name: &str) -> bool {
        self.operating_systems.as_ref().is_none_or(|systems| systems.contains(&fold(name)))
    }

    /// One finding for every record whose operating system the hub's list does not have.
    fn report_unknown_systems(&self, findings: &mut Vec<Finding>) {
        if self.operating_systems.is_none() {
            return;
        }
        let entity = Entity::Configuration;
        for table in self.tables.iter().filter(|table| table.entity == entity && table.source != HUB) {
            let mut known: FxHashMap<&str, bool> = FxHashMap::default();
            for (name, row) in table.text(column::OPERATING_SYSTEM).iter().zip(0..) {
                let Some(name) = name.filter(|name| !name.trim().is_empty()) else { continue };
                let outcome = self.matching.of(entity).outcome(RecordRef { source: table.source, row });
                if outcome.cluster == NO_CLUSTER
                    || *known.entry(name).or_insert_with(|| self.has_system(name))
                {
                    continue;
                }
                findings.push(Finding {
                    source: self.pipeline.sources[usize::from(table.source)].name.clone(),
                    entity,
                    record_id: table.id(row).to_owned(),
                    field: column::OPERATING_SYSTEM,
                    code: "no_such_value",
                    raw_value: name.to_owned(),
                    message: "the hub's list of operating systems does not have the value".to_owned(),
                });
            }
        }
    }
}

/// The form in which operating systems are looked up.
fn fold(name: &str) -> String {
    fold_case(&name_key(name))
}

/// A cell for people: trimmed, the items of a list joined by `; `.
fn for_people(text: &str) -> Cow<'_, str> {
    if text.contains(LIST_SEPARATOR) {
        list_items(text).map(str::trim).collect::<Vec<_>>().join("; ").into()
    } else {
        text.trim().into()
    }
}
