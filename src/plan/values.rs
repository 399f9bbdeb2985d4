//! What a step writes: for a create the desired value of every field, for a change its diffs.

use std::borrow::Cow;
use std::cell::OnceCell;

use super::Action;
use super::context::{Context, Speakers};
use super::draft::Draft;
use super::lists::Found;
use super::owners::Owned;
use crate::matching::{ClusterIx, NO_CLUSTER};
use crate::model::{Entity, Field, Kind, RecordRef, SourceIx, column, fields, list_items};
use crate::normalize::{email_key, first_usable_mac, hostname, ip_key, is_junk_model, phone_key, serial};
use crate::systems::List;

/// One item of a list: an e-mail address or a telephone number and its label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Item<'a> {
    pub(super) value: Cow<'a, str>,
    pub(super) label: Cow<'a, str>,
}

/// What one column is to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Value<'a> {
    pub(super) field: &'static str,
    pub(super) text: Cow<'a, str>,
    /// For references: the cluster.
    pub(super) cluster: Option<ClusterIx>,
    /// For lists of addresses and numbers.
    pub(super) items: Vec<Item<'a>>,
}

impl<'a> Value<'a> {
    pub(super) fn plain(field: &'static str, text: impl Into<Cow<'a, str>>) -> Self {
        Self { field, text: text.into(), cluster: None, items: Vec::new() }
    }
}

/// The values of one step, looked up when they are asked for.
#[derive(Debug)]
pub(super) struct Values<'c, 'a> {
    ctx: &'c Context<'a>,
    draft: &'c Draft,
    /// A change of plain fields needs none of them.
    speakers: OnceCell<Speakers>,
}

impl<'c, 'a> Values<'c, 'a> {
    pub(super) fn of(ctx: &'c Context<'a>, draft: &'c Draft) -> Self {
        Self { ctx, draft, speakers: OnceCell::new() }
    }

    fn speakers(&self) -> &Speakers {
        self.speakers.get_or_init(|| self.ctx.speakers(self.draft.entity, self.draft.cluster))
    }

    /// The step.
    pub(super) fn draft(&self) -> &'c Draft {
        self.draft
    }

    /// The cluster that the step sets in the reference column `field`.
    pub(super) fn cluster(&self, field: &str) -> Option<ClusterIx> {
        if self.draft.action == Action::Create {
            return self.desired(self.owned(field)?)?.cluster;
        }
        let mut diffs = self.ctx.diffs.get(self.draft.diffs.clone());
        diffs.find(|diff| diff.field == field)?.desired_cluster
    }

    /// What a create has for `field`: of an organization also a column of its main location.
    pub(super) fn created(&self, field: &str) -> Option<Value<'a>> {
        if self.draft.entity == Entity::Organization && declared(Entity::Organization, field).is_none() {
            let site = self.ctx.main_site(self.draft.cluster)?;
            let site = Draft::new(self.draft.target, Entity::Location, site, Action::Create);
            return Values::of(self.ctx, &site).created(field);
        }
        self.desired(self.owned(field)?)
    }

    /// Whether a create has a value for `field`.
    pub(super) fn has(&self, field: &str) -> bool {
        match (self.draft.entity, field) {
            (Entity::Contact, column::EMAIL_LABELS) => {
                self.ctx.source(self.draft.target).sync.contact_email_type.is_some()
                    || self.speakers().iter().any(|of| self.ctx.value(Entity::Contact, *of, field).is_some())
            }
            _ => self.created(field).is_some() && !self.draft.left_out.contains(&field),
        }
    }

    /// The required columns whose value the target's list lacks and that no step can add, or whose text is too long,
    /// each with the reason.
    pub(super) fn unknown_required(&self, required: &[&'static str]) -> Vec<String> {
        let system = self.ctx.system(self.draft.target);
        let mut unknown = Vec::new();
        for field in required {
            let Some(value) = self.created(field) else { continue };
            let taken = system.column(self.draft.entity, field);
            let list = taken.and_then(|taken| taken.list);
            let place = list.and_then(|list| system.lists.get(&list)).filter(|place| !place.addable);
            if let Some((list, place)) = list.zip(place) {
                match self.ctx.lists.find(self.draft.target, list, &value.text, None) {
                    Found::Absent => unknown.push(format!("{field} (the PSA has no `{}`)", value.text)),
                    Found::Item(item) if item.is_inactive => {
                        unknown.push(format!("{field} (`{}` is inactive in the PSA)", value.text));
                    }
                    Found::NoList if place.path.is_empty() => unknown.push(format!(
                        "{field} (the list that has the id of `{}` was not read, and no call for it is known)",
                        value.text
                    )),
                    Found::Item(_) | Found::NoList => {}
                }
            }
            if let Some(limit) = taken.and_then(|taken| taken.max_chars)
                && value.text.chars().count() > limit
            {
                unknown.push(format!("{field} (at most {limit} characters)"));
            }
        }
        unknown
    }

    /// Everything that the step writes, in the order of the columns, without what a gate keeps out.
    pub(super) fn all(&self) -> Vec<Value<'a>> {
        let is_kept = |field: &str| !self.draft.left_out.contains(&field);
        if self.draft.action == Action::Create {
            let owned = self.ctx.owned(self.draft.entity).iter();
            return owned
                .filter(|owned| is_kept(owned.field.name))
                .filter_map(|owned| self.desired(owned))
                .collect();
        }
        let diffs = self.ctx.diffs.get(self.draft.diffs.clone()).filter(|diff| is_kept(diff.field));
        diffs
            .map(|diff| Value {
                field: diff.field,
                text: Cow::Borrowed(&diff.desired),
                cluster: diff.desired_cluster,
                items: match declared(self.draft.entity, diff.field).map(|field| field.kind) {
                    Some(Kind::Emails | Kind::Phones) => {
                        self.labelled(diff.field, diff.desired.split("; "), diff.supplied_by.source)
                    }
                    _ => Vec::new(),
                },
            })
            .collect()
    }

    /// The addresses or numbers that the target's record has now.
    pub(super) fn current_items(&self, field: &'static str) -> Vec<Item<'a>> {
        let Some(row) = self.draft.row else { return Vec::new() };
        let record = RecordRef { source: self.draft.target, row };
        let cell = self.ctx.value(self.draft.entity, record, field).unwrap_or_default();
        self.labelled(field, list_items(cell), record.source)
    }

    /// The owned field called `name`, `None` when nobody owns it or no record has a value.
    fn owned(&self, name: &str) -> Option<&'c Owned> {
        self.ctx.owned(self.draft.entity).iter().find(|owned| owned.field.name == name)
    }

    /// The records that speak for the owners of a field, in their order.
    fn voices<'s>(&'s self, owned: &'s Owned) -> impl Iterator<Item = RecordRef> + use<'s, 'c, 'a> {
        let speaker = |voice: &crate::ownership::Voice| {
            self.speakers().iter().find(|member| voice.contains(&member.source)).copied()
        };
        owned.voices.iter().filter_map(speaker)
    }

    /// The value of the first owner that has one. What no owner fills, such as a field that only the hub owns, a new
    /// record gets from its members in fold order: it has no other value yet.
    fn desired(&self, owned: &Owned) -> Option<Value<'a>> {
        if matches!(owned.field.kind, Kind::Emails | Kind::Phones) {
            return self.union(owned);
        }
        let value = self.voices(owned).find_map(|record| self.clean(owned, record));
        let members = self.ctx.members(self.draft.entity, self.draft.cluster);
        value.or_else(|| members.iter().find_map(|record| self.clean(owned, *record)))
    }

    /// The value of one record, `None` when it says nothing: blank, junk, or not in the hub's fixed list.
    fn clean(&self, owned: &Owned, record: RecordRef) -> Option<Value<'a>> {
        let (ctx, entity) = (self.ctx, self.draft.entity);
        let (position, field) = (owned.position, owned.field);
        if field.kind == Kind::Mac {
            let interfaces = ctx.interfaces(entity, record);
            let mac = first_usable_mac(ctx.cell(entity, record, position), interfaces, &ctx.junk)?;
            return Some(Value::plain(field.name, mac));
        }
        let text = ctx.cell(entity, record, position);
        if let Kind::Reference(to) = field.kind {
            let referred = ctx.referred(entity, record, to, field.name, id_column(field.name))?;
            let cluster = ctx.matching(to).outcome(referred).cluster;
            let text = Cow::Borrowed(text.unwrap_or_default());
            return (cluster != NO_CLUSTER).then(|| Value {
                field: field.name,
                text,
                cluster: Some(cluster),
                items: Vec::new(),
            });
        }
        let text = text?;
        let is_usable = match field.kind {
            Kind::Serial => serial(text, &ctx.junk).is_ok(),
            Kind::Hostname => hostname(text, &ctx.junk).is_ok(),
            Kind::Ip => ip_key(text, &ctx.junk).is_some(),
            Kind::Maker => !ctx.junk.has_manufacturer(text),
            Kind::Model => !is_junk_model(text, &ctx.junk),
            Kind::OperatingSystem => {
                ctx.lists.find(super::hub::HUB, List::OperatingSystem, text, None) != Found::Absent
            }
            _ => true,
        };
        is_usable.then(|| Value::plain(field.name, text))
    }

    /// The items of all owners, the first owner's first, each once; of the members where no owner has any.
    fn union(&self, owned: &Owned) -> Option<Value<'a>> {
        let field = owned.field;
        let mut items: Vec<&'a str> = Vec::new();
        let mut keys: Vec<String> = Vec::new();
        let mut source = None;
        let mut add = |record: RecordRef| {
            let cell = self.ctx.cell(self.draft.entity, record, owned.position).unwrap_or_default();
            for item in list_items(cell) {
                let Some(key) = item_key(field.name, item) else { continue };
                if !keys.contains(&key) {
                    keys.push(key);
                    items.push(item);
                    source.get_or_insert(record.source);
                }
            }
        };
        self.voices(owned).for_each(&mut add);
        let members = self.ctx.members(self.draft.entity, self.draft.cluster);
        if !members.iter().any(|member| owned.voices.iter().any(|voice| voice.contains(&member.source))) {
            members.iter().copied().for_each(&mut add);
        }
        let source = source?;
        let items = self.labelled(field.name, items.into_iter(), source);
        let text = items.iter().map(|item| &*item.value).collect::<Vec<_>>().join("; ");
        Some(Value { field: field.name, text: text.into(), cluster: None, items })
    }

    /// Items with their labels: the one that the target's own record has, else another member's, else the
    /// pipeline's, else `Work`.
    fn labelled<'t>(
        &self,
        field: &'static str,
        items: impl Iterator<Item = &'t str>,
        supplier: SourceIx,
    ) -> Vec<Item<'t>>
    where
        'a: 't,
    {
        let sync = |source| {
            let sync = &self.ctx.source(source).sync;
            match field {
                column::EMAILS => sync.contact_email_type.as_deref(),
                _ => sync.contact_phone_type.as_deref(),
            }
        };
        let fallback = sync(self.draft.target).or_else(|| sync(supplier)).unwrap_or("Work");
        items
            .map(|item| Item {
                value: Cow::Borrowed(item.trim()),
                label: self.label(field, item).unwrap_or(fallback).into(),
            })
            .collect()
    }

    fn label(&self, field: &str, item: &str) -> Option<&'a str> {
        let entity = self.draft.entity;
        let key = item_key(field, item)?;
        let labels = if field == column::EMAILS { column::EMAIL_LABELS } else { column::PHONE_LABELS };
        let own = self.draft.row.map(|row| RecordRef { source: self.draft.target, row });
        own.into_iter().chain(self.speakers().iter().copied()).find_map(|record| {
            let cell = self.ctx.tables.value(entity, record, field)?;
            let split = crate::model::LIST_SEPARATOR;
            let at = cell.split(split).position(|other| item_key(field, other).as_ref() == Some(&key))?;
            let label = self.ctx.tables.value(entity, record, labels)?.split(split).nth(at)?.trim();
            (!label.is_empty()).then_some(label)
        })
    }
}

fn item_key(field: &str, item: &str) -> Option<String> {
    if field == column::EMAILS {
        return email_key(item);
    }
    Some(phone_key(item)).filter(|key| !key.is_empty())
}

fn declared(entity: Entity, name: &str) -> Option<&'static Field> {
    fields(entity).iter().find(|field| field.name == name)
}

/// The column that holds the id beside the name of a reference.
fn id_column(field: &str) -> &'static str {
    match field {
        column::LOCATION => column::LOCATION_ID,
        column::CONTACT => column::CONTACT_ID,
        _ => column::PARENT_ID,
    }
}
