//! The vendors that can be written to: who writes the calls of which system.

use super::Action;
use super::context::Context;
use super::draft::Draft;
use super::gates::Gate;
use super::items::Need;
use super::json::Json;
use super::presence::Presences;
use super::request::{Call, Further, Request};
use super::values::Values;
use super::{autotask, connectwise, itglue, kaseya_bms, syncro, tigerpaw};
use crate::model::Entity;
use crate::systems::PushList;

/// Writes the calls of one family of vendors.
pub(super) trait Vendor: Sync {
    /// The HTTP method of a step.
    fn method(&self, action: Action, _entity: Entity) -> &'static str {
        if action == Action::Create { "POST" } else { "PATCH" }
    }

    /// The path that a step writes to.
    fn path(&self, request: &mut Request<'_, '_>) -> String;

    /// The body of a step, `None` where nothing can be written.
    fn body<'a>(&self, request: &mut Request<'_, 'a>) -> Option<Json<'a>>;

    /// The call that finds or creates an item of a list.
    fn list_call(&self, ctx: &Context<'_>, need: &Need, place: &'static PushList) -> Call;

    /// Further calls that a step takes, each a step of its own, such as those for items of a list that are records there.
    fn further(&self, _ctx: &Context<'_>, _presences: &Presences, _draft: &Draft) -> Vec<Further> {
        Vec::new()
    }

    /// Why a change of a record cannot be written, `None` when it can.
    fn refusal(&self, _ctx: &Context<'_>, _draft: &Draft) -> Option<(Gate, String)> {
        None
    }

    /// Where the answer to the call that makes an organization has the id of its main location.
    fn main_location_id(&self) -> &'static str {
        "site.id"
    }

    /// What a create lacks that the columns of the system's file cannot say, for people.
    fn missing(&self, _ctx: &Context<'_>, _values: &Values<'_, '_>) -> Vec<String> {
        Vec::new()
    }
}

/// Who writes the calls of a system, `None` for systems that take none, or whose calls are not described.
pub(super) fn of(system: &str) -> Option<&'static dyn Vendor> {
    match system {
        "it-glue" => Some(&itglue::ItGlue),
        "connectwise" => Some(&connectwise::ConnectWise),
        "kaseya-bms" | "vorex" | "pulseway" => Some(&kaseya_bms::KaseyaBms),
        "autotask" => Some(&autotask::Autotask),
        "tigerpaw" => Some(&tigerpaw::Tigerpaw),
        "syncro" => Some(&syncro::Syncro),
        _ => None,
    }
}
