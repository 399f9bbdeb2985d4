//! Who holds a key value: the records of the scope that hold any value of the record that is explained.

use rustc_hash::{FxHashMap, FxHashSet};

use super::Case;
use crate::matching::{ClusterIx, NO_CLUSTER};
use crate::model::{Entity, RecordRef};
use crate::normalize::{Key, keys_of};

/// The other records of the scope by the key values that they share with the one that is explained.
pub(super) struct Holders {
    by_value: FxHashMap<(Key, String), Vec<RecordRef>>,
}

/// The key on the other side: a sign-in name is compared with e-mail addresses.
const fn other_side(key: Key) -> Key {
    match key {
        Key::Upn => Key::Email,
        other => other,
    }
}

impl Holders {
    pub fn find(case: &Case<'_>) -> Self {
        let own = case.keys.of(case.record.source, case.entity);
        let scope = scope(case, case.record);
        let mut by_value: FxHashMap<(Key, String), Vec<RecordRef>> = FxHashMap::default();
        for key in keys_of(case.entity) {
            let wanted: FxHashSet<&str> = own.of(*key).get(case.record.row).collect();
            if wanted.is_empty() {
                continue;
            }
            for table in case.tables.iter().filter(|table| table.entity == case.entity) {
                let is_own = table.source == case.record.source;
                let values =
                    case.keys.of(table.source, case.entity).of(if is_own { *key } else { other_side(*key) });
                for row in 0..u32::try_from(table.len()).expect("a table has fewer than 4 billion rows") {
                    let record = RecordRef { source: table.source, row };
                    if record == case.record || case.matching.outcome(record).cluster == NO_CLUSTER {
                        continue;
                    }
                    if scope != scope_of(case, record) {
                        continue;
                    }
                    for value in values.get(row).filter(|value| wanted.contains(value)) {
                        by_value.entry((*key, value.to_owned())).or_default().push(record);
                    }
                }
            }
        }
        Self { by_value }
    }

    /// The other records of the scope that hold the value, by source, then by row.
    pub fn of(&self, key: Key, value: &str) -> &[RecordRef] {
        self.by_value.get(&(key, value.to_owned())).map_or(&[], Vec::as_slice)
    }

    /// The other records of the same source that hold all of a tier's values.
    pub fn twins(&self, case: &Case<'_>, parts: &[(Key, &str)]) -> Vec<RecordRef> {
        let Some(((key, value), rest)) = parts.split_first() else { return Vec::new() };
        self.of(*key, value)
            .iter()
            .copied()
            .filter(|record| record.source == case.record.source)
            .filter(|record| rest.iter().all(|(key, value)| self.of(*key, value).contains(record)))
            .collect()
    }

    /// The clusters that held all of a tier's values before the record's source was folded in, each once.
    pub fn clusters(&self, case: &Case<'_>, parts: &[(Key, &str)]) -> Vec<ClusterIx> {
        let of_value = |key: Key, value: &str| -> FxHashSet<ClusterIx> {
            self.of(key, value)
                .iter()
                .filter(|record| record.source < case.record.source)
                .map(|record| case.matching.outcome(*record).cluster)
                .collect()
        };
        let Some(((key, value), rest)) = parts.split_first() else { return Vec::new() };
        let mut clusters: Vec<ClusterIx> = of_value(*key, value).into_iter().collect();
        for (key, value) in rest {
            let also = of_value(*key, value);
            clusters.retain(|cluster| also.contains(cluster));
        }
        clusters.sort_unstable();
        clusters
    }
}

/// The scope of the record that is explained. One whose organization takes no part is in none, and meets nobody.
fn scope(case: &Case<'_>, record: RecordRef) -> Option<ClusterIx> {
    scope_of(case, record).filter(|scope| case.entity == Entity::Organization || *scope != NO_CLUSTER)
}

fn scope_of(case: &Case<'_>, record: RecordRef) -> Option<ClusterIx> {
    case.matching.organizations.get(usize::from(record.source))?.get(record.row as usize).copied()
}
