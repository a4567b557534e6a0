//! Values for the cases.

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use smpp_connector::ports::{AppendedReceipt, IntakeOrder, ParkedReceipt, SettledOutcome, Settlement};
use smpp_domain::correlation::{DlrMessageState, MessageCorrelation, PartState};
use smpp_domain::ids::{AccountId, MessageId, OperatorId};
use smpp_domain::receipt::{ReceiptIdOrigin, ReceiptReading};
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use uuid::Uuid;

/// Ids ascend, as UUID v7 do.
pub(crate) fn next_id() -> Uuid {
    static LAST: AtomicU64 = AtomicU64::new(0);
    Uuid::from_u64_pair(7, LAST.fetch_add(1, Ordering::Relaxed))
}

pub(crate) fn operator(number: u8) -> OperatorId {
    OperatorId(Uuid::from_u128(0xACE0_0000 + u128::from(number)))
}

/// An operator's intake with room for 1,000.
pub(crate) fn order(operator_id: OperatorId) -> IntakeOrder {
    IntakeOrder {
        operator_id,
        tps_limit: NonZeroU32::MIN.saturating_add(999),
        places: 1_000,
        response_timeout: Duration::from_secs(5),
    }
}

/// The first of them, for stories of one.
pub(crate) fn operator_1() -> OperatorId {
    operator(1)
}

/// Its intake.
pub(crate) fn operator_1_order() -> IntakeOrder {
    order(operator_1())
}

/// Who sends.
pub(crate) fn owner() -> Uuid {
    Uuid::from_u128(0x0e)
}

pub(crate) fn message() -> MessageId {
    MessageId(next_id())
}

/// So many seconds from now, to the microsecond, which is what backends keep.
pub(crate) fn in_seconds(seconds: i64) -> DateTime<Utc> {
    (Utc::now() + TimeDelta::seconds(seconds)).trunc_subsecs(6)
}

/// A part that the operator accepted just now; its key is the id.
pub(crate) fn row(operator: OperatorId, message: MessageId, part: u8, id: &str) -> MessageCorrelation {
    MessageCorrelation {
        id: next_id(),
        message_id: message,
        operator_message_id: id.to_owned(),
        operator_id: operator,
        to: "48600100200".to_owned(),
        submitted_at: in_seconds(0),
        expires_at: in_seconds(3600),
        message_key: id.to_owned(),
        account_id: AccountId(Uuid::from_u128(9)),
        part_number: part,
        part_count: 3,
        reference: Some(0xBEEF),
    }
}

pub(crate) fn rows(correlations: Vec<MessageCorrelation>) -> Settlement {
    Settlement {
        correlations,
        outcome: None,
    }
}

pub(crate) fn outcome(message: MessageId, settled_at: DateTime<Utc>, event: &str) -> Settlement {
    outcome_of(operator(1), message, settled_at, event)
}

pub(crate) fn outcome_of(
    operator_id: OperatorId,
    message: MessageId,
    settled_at: DateTime<Utc>,
    event: &str,
) -> Settlement {
    let outcome = SettledOutcome {
        message_id: message,
        operator_id,
        published_at: settled_at,
        settled_at,
        event: event.as_bytes().to_vec().into(),
    };
    Settlement {
        correlations: Vec::new(),
        outcome: Some(outcome),
    }
}

/// A receipt that came so many seconds from now.
pub(crate) fn receipt(operator: OperatorId, key: &str, seconds: i64) -> ParkedReceipt {
    ParkedReceipt {
        id: next_id(),
        operator_id: operator,
        message_key: key.to_owned(),
        reading: ReceiptReading {
            message_id: key.to_owned(),
            origin: ReceiptIdOrigin::Text,
            state: DlrMessageState::Delivered,
            is_final: true,
            raw_state: "DELIVRD".to_owned(),
            raw_error: "000".to_owned(),
            network_error_code: Some(vec![3, 0, 255]),
            done_at: None,
            ..ReceiptReading::default()
        },
        raw: vec![b'i', b'd', b':', 0, 0xff, b'"', b'\\'],
        received_at: in_seconds(seconds),
    }
}

pub(crate) fn appended(
    message: MessageId,
    part: u8,
    state: DlrMessageState,
    seconds: i64,
) -> AppendedReceipt {
    let is_final = !matches!(state, DlrMessageState::Enroute | DlrMessageState::Accepted);
    AppendedReceipt {
        message_id: message,
        part: PartState {
            part_number: part,
            state,
            is_final,
        },
        part_count: 3,
        received_at: in_seconds(seconds),
        expires_at: in_seconds(3600),
    }
}
