//! Which decisions stand: the last row wins, before anyone asks whether what it names exists.

use std::collections::BTreeMap;

use matchbook::model::Entity;

use super::{Decision, Estate, Rid};

/// The decisions about one record that stand, each by its position in the file.
#[derive(Debug, Clone, Default)]
pub struct Standing {
    /// The match, ignore or create.
    pub main: Option<usize>,
    pub never: Vec<usize>,
}

/// The decisions about `entity` that stand, by record.
pub fn standing(estate: &Estate, entity: Entity) -> BTreeMap<Rid, Standing> {
    let mut standing: BTreeMap<Rid, Standing> = BTreeMap::new();
    for (position, decision) in estate.decisions.iter().enumerate() {
        if decision.entity != entity {
            continue;
        }
        let later = || {
            estate.decisions[position + 1..].iter().filter(|later| {
                later.entity == entity
                    && later.source == decision.source
                    && later.record_id == decision.record_id
            })
        };
        let is_of_pair =
            |later: &&Decision| matches!(later.kind, "match" | "never") && later.target == decision.target;
        let own = standing.entry((decision.source, decision.record_id.clone())).or_default();
        match decision.kind {
            "never" => {
                if later().filter(is_of_pair).count() == 0 {
                    own.never.push(position);
                }
            }
            kind => {
                let is_overruled = later().any(|later| later.kind != "never")
                    || (kind == "match" && later().filter(is_of_pair).count() > 0);
                if !is_overruled {
                    own.main = Some(position);
                }
            }
        }
    }
    standing
}
