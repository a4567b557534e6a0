//! Ids that are written in two ways.

use super::{Finding, Run};
use crate::cli::certify::came::Receipt;
use crate::cli::view::text;
use serde_json::{Map, Value, json};
use smpp_domain::receipt::message_id::{IdForm, IdForms};

/// The reading under which the most receipts find their parts.
pub(super) fn misread(run: &Run<'_>) -> Option<Finding> {
    let pairs: Vec<_> = run
        .accepted()
        .flat_map(|came| came.parts())
        .filter_map(|part| match part.receipt {
            Receipt::Misread { forms, id, call } => {
                Some((forms, part.id?, id, text(&call, "/sameKey/1/origin")))
            }
            _ => None,
        })
        .collect();
    let (_, submitted, received, origin) = pairs.first()?;
    let count = |forms: IdForms| pairs.iter().filter(|pair| pair.0 == Some(forms)).count();
    let forms = pairs
        .iter()
        .filter_map(|pair| pair.0)
        .max_by_key(|forms| count(*forms));
    let sample = format!("{submitted} in submit_sm_resp is {received} in its receipt");
    let Some(forms) = forms else {
        let what = format!("ids are written in two ways that no setting knows: {sample}");
        return Some(Finding::problem(
            what,
            "Write a plugin with the hook message-ids: docs/plugins/guide.md.",
        ));
    };
    let what = format!(
        "{} of {} receipts match only if ids are read as {}: {sample}",
        count(forms),
        pairs.len(),
        forms.words()
    );
    let finding = Finding::problem(what, "Both sides are read into one key.");
    Some(run.quirks(finding, json!({ "message_id": keys(forms, origin) })))
}

fn keys(forms: IdForms, origin: &str) -> Value {
    let mut keys = Map::new();
    if forms.submit_resp != IdForm::AsIs {
        keys.insert("submit_resp".to_owned(), json!(forms.submit_resp.name()));
    }
    if forms.receipt != forms.submit_resp {
        let key = match origin {
            "receipt-tlv" => "receipt_tlv",
            _ => "receipt",
        };
        keys.insert(key.to_owned(), json!(forms.receipt.name()));
    }
    Value::Object(keys)
}
