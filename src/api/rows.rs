//! The rows of an answer.

use serde_json::Value;

use super::template::member;
use crate::systems::Endpoint;

/// The rows of an answer: the list that the endpoint declares, the answer itself where it is a list, or the one record
/// that it is.
pub(super) fn rows<'v>(endpoint: &Endpoint, answer: &'v Value, any_case: bool) -> Vec<&'v Value> {
    let found = match &endpoint.rows {
        Some(path) => member(answer, path, any_case),
        None => Some(answer),
    };
    match found {
        Some(Value::Array(rows)) => rows.iter().collect(),
        Some(row @ Value::Object(_)) => vec![row],
        _ => Vec::new(),
    }
}
