//! Messages as traffic has them.

use chrono::{DateTime, TimeDelta, Utc};
use smpp_connector::ports::{SettledOutcome, Settlement};
use smpp_domain::correlation::MessageCorrelation;
use smpp_domain::ids::{AccountId, MessageId, OperatorId};
use uuid::Uuid;

pub(crate) const OPERATOR: OperatorId = OperatorId(Uuid::from_u128(0xACE0_0001));

/// One message of one part each, with its outcome, accepted `at` and kept for 72 h. The operator's ids are random.
pub(crate) fn settlements(count: usize, at: DateTime<Utc>) -> Vec<Settlement> {
    (0..count).map(|_| settlement(at)).collect()
}

fn settlement(at: DateTime<Utc>) -> Settlement {
    let message_id = MessageId(Uuid::now_v7());
    // The last octets of a UUID v7 are random.
    let random = Uuid::now_v7().as_u64_pair().1;
    let id = format!("{random:016x}");
    let correlation = MessageCorrelation {
        id: Uuid::now_v7(),
        message_id,
        operator_message_id: id.clone(),
        operator_id: OPERATOR,
        to: "48600100200".to_owned(),
        submitted_at: at,
        expires_at: at + TimeDelta::hours(72),
        message_key: id,
        account_id: AccountId(Uuid::from_u128(9)),
        part_number: 1,
        part_count: 1,
        reference: None,
    };
    let outcome = SettledOutcome {
        message_id,
        operator_id: OPERATOR,
        published_at: at,
        settled_at: at,
        event: vec![b' '; 350].into(),
    };
    Settlement {
        correlations: vec![correlation],
        outcome: Some(outcome),
    }
}

pub(crate) fn without_outcomes(mut batch: Vec<Settlement>) -> Vec<Settlement> {
    for settlement in &mut batch {
        settlement.outcome = None;
    }
    batch
}

pub(crate) fn rows(batch: &[Settlement]) -> impl Iterator<Item = &MessageCorrelation> {
    batch.iter().flat_map(|settlement| &settlement.correlations)
}

pub(crate) fn keys(batch: &[Settlement]) -> Vec<String> {
    rows(batch).map(|row| row.message_key.clone()).collect()
}
