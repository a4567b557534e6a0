//! What came back of one test message: from the events, and from the recorded calls where the gateway records them.

use super::cases::Case;
use crate::cli::recorded::told;
use crate::cli::view::{list, number, text};
use serde_json::Value;
use smpp_domain::receipt::message_id::{IdForms, forms_of_pair};

/// A message and everything that is known of it.
#[derive(Clone, Debug)]
pub(super) struct Came {
    pub(super) case: Case,
    pub(super) message_id: String,
    /// The event of its outcome.
    pub(super) outcome: Option<Value>,
    /// The events of its receipts.
    pub(super) receipts: Vec<Value>,
    /// The recorded calls about it, oldest first.
    pub(super) calls: Vec<Value>,
}

/// How a text was sent, by the first submit_sm.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Way {
    Single,
    Udh8,
    Udh16,
    Sar,
    Payload,
}

/// What came of a part's receipt.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Receipt {
    /// None was asked for, and none came.
    NotAsked,
    /// It was asked for and did not come.
    None,
    /// It is the part's: the event.
    Matched(Value),
    /// It would be the part's if ids were read so.
    Misread {
        forms: Option<IdForms>,
        id: String,
        call: Value,
    },
}

/// One part.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Part {
    pub(super) number: u64,
    pub(super) status: Option<u32>,
    pub(super) id: Option<String>,
    pub(super) receipt: Receipt,
}

impl Way {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Single => "single",
            Self::Udh8 => "udh8",
            Self::Udh16 => "udh16",
            Self::Sar => "sar",
            Self::Payload => "payload",
        }
    }
}

impl Came {
    pub(super) fn new(case: Case, message_id: String) -> Self {
        Self {
            case,
            message_id,
            outcome: None,
            receipts: Vec::new(),
            calls: Vec::new(),
        }
    }

    /// `ACCEPTED`, `REJECTED`, ...; nothing while it is not known.
    pub(super) fn outcome_word(&self) -> &str {
        let outcome = self.outcome.as_ref().and_then(|event| event.get("outcome"));
        outcome.and_then(Value::as_str).unwrap_or_default()
    }

    pub(super) fn is_accepted(&self) -> bool {
        self.outcome_word() == "ACCEPTED"
    }

    /// The status by which the operator refused it.
    pub(super) fn refused_by(&self) -> Option<u32> {
        let status = number(self.outcome.as_ref()?, "/commandStatus");
        (!self.is_accepted() && status != 0).then(|| u32::try_from(status).unwrap_or(u32::MAX))
    }

    /// The plugin that decided.
    pub(super) fn plugin(&self) -> Option<String> {
        let plugin = self.outcome.as_ref()?.pointer("/policy/plugin")?;
        plugin.as_str().map(str::to_owned)
    }

    fn calls_of(&self, hook: &str) -> impl DoubleEndedIterator<Item = &Value> {
        let hook = hook.to_owned();
        self.calls.iter().filter(move |call| text(call, "/hook") == hook)
    }

    /// The submit_sm as they were planned last, in their order.
    pub(super) fn sent(&self) -> Vec<&Value> {
        let count = self.calls_of("submit").next_back();
        let count = count.map_or(0, |call| number(call, "/question/input/part/count"));
        let mut calls: Vec<_> = self
            .calls_of("submit")
            .rev()
            .take(usize::try_from(count).unwrap_or_default())
            .collect();
        calls.sort_by_key(|call| number(call, "/question/input/part/number"));
        calls.into_iter().filter_map(told::sent).collect()
    }

    /// How it went; `None` where nothing is recorded.
    pub(super) fn way(&self) -> Option<Way> {
        let sent = self.sent();
        let first = sent.first()?;
        let has = |tag: u64| list(first, "/tlvs").iter().any(|tlv| number(tlv, "/tag") == tag);
        let octets = text(first, "/short-message");
        Some(match () {
            () if has(u64::from(smpp_domain::pdu::tag::MESSAGE_PAYLOAD)) => Way::Payload,
            () if has(u64::from(smpp_domain::pdu::tag::SAR_MSG_REF_NUM)) => Way::Sar,
            () if octets.starts_with("050003") => Way::Udh8,
            () if octets.starts_with("060804") => Way::Udh16,
            () => Way::Single,
        })
    }

    /// Answers that told us to be slower, by when they came.
    pub(super) fn throttled(&self) -> impl Iterator<Item = u64> {
        let calls = self.calls_of("submit-result");
        calls
            .filter(|call| text(call, "/outcome") == "throttle")
            .map(|call| number(call, "/nowMs"))
    }

    /// Answers that took a part, by when they came.
    pub(super) fn taken(&self) -> impl Iterator<Item = u64> {
        let calls = self.calls_of("submit-result");
        calls
            .filter(|call| text(call, "/outcome") == "accepted")
            .map(|call| number(call, "/nowMs"))
    }

    /// Its parts with their receipts.
    pub(super) fn parts(&self) -> Vec<Part> {
        let reports = self
            .outcome
            .as_ref()
            .map_or(&[][..], |outcome| list(outcome, "/parts"));
        let parts = reports.iter().map(|report| {
            let status = report.get("commandStatus").and_then(Value::as_u64);
            let id = report.get("operatorMessageId").and_then(Value::as_str);
            let number = number(report, "/partNumber");
            Part {
                number,
                status: status.and_then(|status| u32::try_from(status).ok()),
                id: id.map(str::to_owned),
                receipt: self.receipt(number, id),
            }
        });
        parts.collect()
    }

    /// The receipt of a part: the last that came.
    fn receipt(&self, part: u64, id: Option<&str>) -> Receipt {
        let own = |event: &&Value| number(event, "/partNumber") == part;
        let events = self.receipts.iter().rev().filter(own);
        let is_final = |event: &&Value| event.get("final") == Some(&Value::Bool(true));
        if let Some(event) = events.clone().find(is_final).or(events.clone().next()) {
            return Receipt::Matched(event.clone());
        }
        let misread = self.calls_of("message-ids").find(|call| {
            text(call, "/outcome") == "unmatched" && Some(text(call, "/sameKey/0/raw").as_str()) == id
        });
        if let Some(call) = misread {
            let raw = text(call, "/sameKey/1/raw");
            return Receipt::Misread {
                forms: forms_of_pair(id.unwrap_or_default(), &raw),
                id: raw,
                call: call.clone(),
            };
        }
        if self.asks(part) {
            Receipt::None
        } else {
            Receipt::NotAsked
        }
    }

    /// Whether a part asked for a receipt, as far as is recorded; else whether the command did.
    fn asks(&self, part: u64) -> bool {
        let place = usize::try_from(part.saturating_sub(1)).unwrap_or_default();
        match self.sent().get(place) {
            Some(pdu) => number(pdu, "/registered-delivery") & 3 != 0,
            None => self.case.wants_receipt,
        }
    }

    /// Receipts that are still to be waited for, as far as the events tell.
    pub(super) fn awaited(&self) -> usize {
        let is_whole = |event: &Value| event.get("messageFinal") == Some(&Value::Bool(true));
        let may_come = matches!(self.outcome_word(), "ACCEPTED" | "UNKNOWN") && self.case.wants_receipt;
        if !may_come || self.receipts.iter().any(is_whole) {
            return 0;
        }
        let parts = self
            .outcome
            .as_ref()
            .map_or(0, |outcome| list(outcome, "/parts").len());
        parts.saturating_sub(self.receipts.len()).max(1)
    }

    /// The PDUs of its receipts in the fixture form.
    pub(super) fn receipt_pdus(&self) -> impl Iterator<Item = &Value> {
        self.calls_of("inbound")
            .filter_map(|call| call.pointer("/question/input/pdu"))
    }

    /// What the gateway reads in its receipts.
    pub(super) fn readings(&self) -> impl Iterator<Item = &Value> {
        let readings = self
            .calls_of("inbound")
            .filter_map(|call| call.pointer("/question/input/reading"));
        readings.filter(|reading| !reading.is_null())
    }
}
