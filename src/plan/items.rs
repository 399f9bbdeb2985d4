//! Which items of a target's lists are meant by names: their ids, or the steps that will give them. Few names are asked
//! for by many steps, so every answer is kept.

use std::sync::{Arc, PoisonError, RwLock};

use rustc_hash::FxHashMap;

use super::Action;
use super::lists::{Found, Lists};
use crate::model::SourceIx;
use crate::pipeline::Pipeline;
use crate::systems::List;

/// An item of a reference list that a step needs and whose id is not known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Need {
    /// The id of the step that meets it. Spellings that differ in case only, and makers that differ in their legal
    /// suffix only, are one need.
    pub(super) id: Arc<str>,
    pub(super) target: SourceIx,
    pub(super) list: List,
    /// `Lookup` when the list was not read, `Create` when it was and lacks the item.
    pub(super) action: Action,
    pub(super) name: String,
    /// For a model, its manufacturer.
    pub(super) parent: Option<Parent>,
}

/// The item that an item belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Parent {
    pub(super) name: String,
    /// The id, or the step that gives it; always the same for a name.
    pub(super) id: Result<String, Arc<str>>,
}

/// What is known of an item.
#[derive(Debug, Clone)]
pub(super) enum Item<'a> {
    /// Its id.
    Known(&'a str),
    /// A step gives it.
    Needed(Arc<Need>),
    /// The list was read, lacks it and cannot be added to.
    Lacking,
}

/// The items that were asked for.
#[derive(Debug, Default)]
pub(super) struct Items<'a> {
    asked: RwLock<FxHashMap<(SourceIx, List), ByParent<'a>>>,
}

/// Items by the name of their parent, empty without one, then by their own.
type ByParent<'a> = FxHashMap<Box<str>, FxHashMap<Box<str>, Item<'a>>>;

impl<'a> Items<'a> {
    /// The item called `name` in a list of `target`.
    pub(super) fn find(
        &self,
        pipeline: &Pipeline,
        lists: &Lists<'a>,
        target: SourceIx,
        list: List,
        name: &str,
        parent: Option<&Parent>,
    ) -> Item<'a> {
        let of = parent.map_or("", |parent| parent.name.as_str());
        {
            let asked = self.asked.read().unwrap_or_else(PoisonError::into_inner);
            let found = asked.get(&(target, list)).and_then(|by_parent| by_parent.get(of)?.get(name));
            if let Some(item) = found {
                return item.clone();
            }
        }
        let item = item(pipeline, lists, target, list, name, parent);
        let mut asked = self.asked.write().unwrap_or_else(PoisonError::into_inner);
        let by_name = asked.entry((target, list)).or_default().entry(of.into()).or_default();
        by_name.insert(name.into(), item.clone());
        item
    }
}

fn item<'a>(
    pipeline: &Pipeline,
    lists: &Lists<'a>,
    target: SourceIx,
    list: List,
    name: &str,
    parent: Option<&Parent>,
) -> Item<'a> {
    let source = &pipeline.sources[usize::from(target)];
    let place = source.system.lists.get(&list);
    let is_listed = place.is_some_and(|place| !place.path.is_empty());
    let is_addable = place.is_some_and(|place| place.addable);
    // A model of a maker that is yet to be made cannot be in the list.
    let found = match parent.map(|parent| &parent.id) {
        Some(Err(step)) if step.contains(":create:") => Found::Absent,
        id => lists.find(target, list, name, id.and_then(|id| id.as_deref().ok())),
    };
    let action = match found {
        Found::Item(item) if !item.is_inactive => return Item::Known(&item.id),
        Found::NoList if is_listed => Action::Lookup,
        Found::Absent if is_addable => Action::Create,
        _ => return Item::Lacking,
    };
    let of = parent.map(|parent| Lists::step_name(List::Manufacturer, &parent.name) + "/");
    let (of, step_name) = (of.unwrap_or_default(), Lists::step_name(list, name));
    let id = format!("{}:{}:{}:{of}{step_name}", source.name, action.name(), list.item()).into();
    Item::Needed(Arc::new(Need { id, target, list, action, name: name.to_owned(), parent: parent.cloned() }))
}
