//! The settings as a whole: what they may be, and what they say.

use crate::check::Findings;
use crate::encoding::Encoding;
use crate::ids::Ids;
use crate::inbound::Inbound;
use crate::shape::{Choice, Field, Shape, field};
use crate::splitting::Splitting;
use crate::statuses::Statuses;
use crate::submit::Submit;
use crate::{addresses, encoding, ids, inbound, receipts, splitting, states, statuses, submit};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use smpp_plugin_sdk::settings::Problem;

pub(crate) const SHAPE: Shape = Shape::Table(FIELDS, Choice::Free);
const FIELDS: &[Field] = &[
    field(
        "message_id",
        &ids::SHAPE,
        "How ids are written, so that a receipt finds its message.",
    ),
    field(
        "receipts",
        &receipts::SHAPE,
        "What a receipt is, and how its text is laid out.",
    ),
    field(
        "states",
        &states::SHAPE,
        "What state words and values of message_state mean.",
    ),
    field("errors", &states::ERRORS, "What error codes of receipts mean."),
    field(
        "statuses",
        &statuses::SHAPE,
        "What the statuses of submit_sm_resp mean; narrow ranges win over wide ones.",
    ),
    field(
        "nacks",
        &statuses::SHAPE,
        "The same for generic_nack, before statuses.",
    ),
    field(
        "no_message_id",
        &statuses::NO_ID,
        "What status 0 without a message id means.",
    ),
    field("encoding", &encoding::SHAPE, "Alphabets and data_coding."),
    field(
        "splitting",
        &splitting::SHAPE,
        "What becomes of texts that do not fit one short message.",
    ),
    field("source", &addresses::SHAPE, "Senders."),
    field("destination", &addresses::SHAPE, "Recipients."),
    field(
        "submit",
        &submit::SHAPE,
        "The other fields of submit_sm, and TLVs.",
    ),
    field(
        "inbound",
        &inbound::SHAPE,
        "Subscribers' messages, and PDUs to ignore or to refuse.",
    ),
];

/// What the settings say, each hook's part by itself. What is absent costs a hook nothing.
pub(crate) struct Settings {
    pub(crate) ids: Option<Ids>,
    pub(crate) statuses: Option<Statuses>,
    pub(crate) encoding: Option<Encoding>,
    pub(crate) splitting: Option<Splitting>,
    pub(crate) submit: Option<Submit>,
    pub(crate) inbound: Option<Inbound>,
}

impl<'de> Deserialize<'de> for Settings {
    /// The document was validated before: what does not fit is not there.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let document = Value::deserialize(deserializer)?;
        Ok(Self {
            ids: document.get("message_id").map(Ids::read),
            statuses: Statuses::read(&document),
            encoding: document.get("encoding").map(Encoding::read),
            splitting: document.get("splitting").map(Splitting::read),
            submit: Submit::read(&document),
            inbound: Inbound::read(&document),
        })
    }
}

/// Judges a document.
///
/// # Errors
/// Every problem.
pub(crate) fn validate(document: &str) -> Result<(), Vec<Problem>> {
    let document = match document.trim() {
        "" | "null" => "{}",
        given => given,
    };
    let mut findings = Findings::default();
    match serde_json::from_str::<Value>(document) {
        Ok(value) => {
            findings.check("", &SHAPE, &value);
            if findings.problems.is_empty() {
                addresses::check(&value, &mut findings);
                statuses::check(&value, &mut findings);
                submit::check(&value, &mut findings);
            }
        }
        Err(error) => findings.report("", format!("is not JSON: {error}")),
    }
    match findings.problems.is_empty() {
        true => Ok(()),
        false => Err(findings.problems),
    }
}
