//! What the fold noticed without changing a state, as rows of `data_quality`.

use super::entity::{Estate, FoldedEntity};
use super::fold::DuplicateInHub;
use super::outcome::ClusterIx;
use crate::model::{Entity, Finding, RecordRef};
use crate::normalize::Key;

/// The findings of one folded entity.
pub(super) fn findings(estate: Estate<'_>, entity: Entity, folded: &FoldedEntity) -> Vec<Finding> {
    let write = Writer { estate, entity };
    let clusters = &folded.matching.clusters;
    let name_of = |cluster: ClusterIx| write.cluster_id(clusters[cluster as usize].founder);
    let mut findings = Vec::new();
    for (record, _, other) in &folded.weaker_key_disagrees {
        findings.push(write.finding(
            *record,
            "",
            "weaker_key_disagrees",
            name_of(*other),
            format!("it matched, and a weaker key points to {}", name_of(*other)),
        ));
    }
    for (record, cluster) in &folded.cluster_disagrees {
        findings.push(write.finding(
            *record,
            "",
            "cluster_disagrees",
            name_of(*cluster),
            format!("it joined {} although their serial numbers have nothing in common", name_of(*cluster)),
        ));
    }
    for DuplicateInHub { record, key, value, others, count } in &folded.duplicate_in_hub {
        let named: Vec<&str> = others.iter().map(|other| estate.tables.id(entity, *other)).collect();
        let more = match count - named.len() {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let (field, noun) = match key {
            Key::Mac => ("mac_address", "MAC address"),
            _ => ("serial_number", "serial number"),
        };
        findings.push(write.finding(
            *record,
            field,
            "duplicate_in_hub",
            value.clone(),
            format!("other rows of the hub's organization have the same {noun}: {}{more}", named.join(", ")),
        ));
    }
    findings
}

struct Writer<'a> {
    estate: Estate<'a>,
    entity: Entity,
}

impl Writer<'_> {
    fn source(&self, record: RecordRef) -> &str {
        &self.estate.pipeline.sources[usize::from(record.source)].name
    }

    fn cluster_id(&self, founder: RecordRef) -> String {
        format!("{}/{}", self.source(founder), self.estate.tables.id(self.entity, founder))
    }

    fn finding(
        &self,
        record: RecordRef,
        field: &'static str,
        code: &'static str,
        raw_value: String,
        message: String,
    ) -> Finding {
        Finding {
            source: self.source(record).to_owned(),
            entity: self.entity,
            record_id: self.estate.tables.id(self.entity, record).to_owned(),
            field,
            code,
            raw_value,
            message,
        }
    }
}
