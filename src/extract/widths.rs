//! Identifiers that may have lost zeros in front: a spreadsheet takes digits for a number.

use crate::model::{Finding, Records, column};

/// Fewer values are no pattern.
const FEWEST: usize = 3;

/// A finding for every identifier of digits only that is shorter than most of its column. It says where to look, and
/// nothing is compared or changed by it.
pub(super) fn lost_zeros(records: &Records, source: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    for name in [column::SERIAL_NUMBER, column::ASSET_TAG] {
        let Some(position) = records.position(name) else { continue };
        let texts = records.text_at(position);
        if texts.len() - texts.null_count() < FEWEST {
            continue;
        }
        let Some(width) = common_width(texts.iter().flatten()) else { continue };
        for (row, text) in (0..).zip(texts.iter()) {
            let Some(text) = text.map(str::trim) else { continue };
            if text.len() < width && text.len() > 2 && text.bytes().all(|byte| byte.is_ascii_digit()) {
                findings.push(Finding {
                    source: source.to_owned(),
                    entity: records.entity,
                    record_id: records.id(row).to_owned(),
                    field: name,
                    code: "maybe_leading_zeros",
                    raw_value: text.to_owned(),
                    message: format!(
                        "most values of the column have {width} characters, this one {}: zeros in front may be lost",
                        text.len()
                    ),
                });
            }
        }
    }
    findings
}

/// The length that more than half of the values have.
fn common_width<'t>(values: impl Iterator<Item = &'t str>) -> Option<usize> {
    let mut counts = [0_usize; 64];
    let mut all = 0;
    for value in values {
        all += 1;
        if let Some(count) = counts.get_mut(value.trim().len()) {
            *count += 1;
        }
    }
    (1..counts.len()).find(|width| counts[*width] * 2 > all && counts[*width] >= FEWEST)
}
