//! Which operator a request means.

use super::{HttpState, LoadedOperator, reply};
use axum::http::StatusCode;
use axum::response::Response;
use smpp_domain::ids::OperatorId;

/// The operator of this id or name, or the answer that says which there are.
#[expect(
    clippy::result_large_err,
    reason = "an answer is an answer, made once a request"
)]
pub(super) fn find(state: &HttpState, wanted: &str) -> Result<(OperatorId, LoadedOperator), Response> {
    let operators = state.operators.load();
    let id = wanted.parse::<OperatorId>().ok();
    let found = operators
        .iter()
        .find(|(known, operator)| id == Some(**known) || operator.config.name == wanted);
    found
        .map(|(id, operator)| (*id, operator.clone()))
        .ok_or_else(|| {
            let known: Vec<_> = operators
                .iter()
                .map(|(id, operator)| format!("{id} ({})", operator.config.name))
                .collect();
            let known = format!(
                "loaded: {}",
                if known.is_empty() {
                    "none".to_owned()
                } else {
                    known.join(", ")
                }
            );
            reply::error(
                StatusCode::NOT_FOUND,
                &format!("no operator is loaded as {wanted}"),
                &[known],
            )
        })
}
