//! The promise, held against what the operator has got and what the events have told.

use crate::process::kill::{Sent, arrived_whole};
use smpp_connector_tests::{Fate, Platform};
use smpp_domain::ids::MessageId;
use smsc_sim::{Smsc, Submit};
use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

/// What was accepted from the platform.
pub(super) type Accepted = BTreeMap<MessageId, Sent>;

/// What the operator asked for in `on_unanswered`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Promise {
    /// Nothing is lost; what was unanswered comes again.
    AtLeastOnce,
    /// Nothing is sent twice; what was unanswered is UNKNOWN.
    AtMostOnce,
    /// Nothing was unanswered, so both.
    Exactly,
}

/// Waits until every message has its outcome, and each accepted one its final receipt; then holds all against the promise. Returns the
/// figures of the story.
pub(super) fn keeps(
    promise: Promise,
    platform: &Platform,
    smsc: &Smsc,
    accepted: &Accepted,
    limit: Duration,
) -> String {
    platform.within(limit, "every message has its outcome", |ledger| {
        ledger.settled(accepted.keys()) == accepted.len()
    });
    let fates: BTreeMap<MessageId, Fate> =
        platform.ledger(|ledger| accepted.keys().map(|id| (*id, ledger.fate(*id))).collect());
    for (id, fate) in &fates {
        // What was published twice has its outcome told twice.
        let most = 1 + usize::from(platform.bus().has_repeated(*id));
        let told = fate.outcomes.len();
        assert!(
            told <= most && fate.outcomes.iter().all(|one| *one == fate.outcomes[0]),
            "one outcome of {id}: {fate:#?}"
        );
    }
    let of = |outcome: &str| -> Vec<MessageId> {
        let found = fates.iter().filter(|(_, fate)| fate.outcomes[0] == outcome);
        found.map(|(id, _)| *id).collect()
    };
    let (sent, unknown) = (of("ACCEPTED"), of("UNKNOWN"));
    let other = fates
        .values()
        .find(|fate| !["ACCEPTED", "UNKNOWN"].contains(&&*fate.outcomes[0]));
    assert!(other.is_none(), "{other:#?}");
    if promise != Promise::AtMostOnce {
        assert!(unknown.is_empty(), "{:#?}", fates[&unknown[0]]);
    }
    let all_ended = platform.is_within(limit, |ledger| ledger.ended(&sent) == sent.len());
    platform.ledger(|ledger| {
        let fates = sent.iter().map(|id| (id, ledger.fate(*id)));
        let open: Vec<_> = fates.filter(|(_, fate)| fate.ends() == 0).take(3).collect();
        assert!(
            all_ended,
            "every accepted message has its receipts: not within {limit:?}; {open:#?}"
        );
    });
    platform.ledger(|ledger| {
        for id in accepted.keys() {
            let fate = ledger.fate(*id);
            assert!(fate.ends() <= 1, "one end of {id}: {fate:#?}");
            assert!(!fate.dlrs.iter().any(|dlr| dlr.conflict), "{fate:#?}");
        }
        assert!(ledger.others.is_empty(), "{:#?}", ledger.others);
    });
    let submits = smsc.submits();
    nothing_settled_was_sent_again(&submits, accepted, &fates);
    let repeated = repeated(&submits);
    if promise != Promise::AtLeastOnce {
        assert!(repeated.is_empty(), "sent twice: {repeated:#?}");
    }
    arrived_whole(smsc, sent.iter().map(|id| accepted[id].clone()));
    no_receipt_was_refused(smsc);
    format!(
        "{} messages, {} submit_sm, {} messages with a repeated part, {} UNKNOWN",
        accepted.len(),
        submits.len(),
        repeated.len(),
        unknown.len()
    )
}

/// What the observer has seen settled is not written after that.
fn nothing_settled_was_sent_again(
    submits: &[Submit],
    accepted: &Accepted,
    fates: &BTreeMap<MessageId, Fate>,
) {
    let settled: HashMap<&str, _> = accepted
        .iter()
        .map(|(id, sent)| (&*sent.number, fates[id].settled_at.unwrap()))
        .collect();
    let again: Vec<_> = submits
        .iter()
        .filter(|submit| {
            let settled = settled.get(&*submit.destination.digits);
            settled.is_some_and(|settled| *settled < submit.at.into_std())
        })
        .collect();
    assert!(again.is_empty(), "settled, and sent again: {again:#?}");
}

/// Destinations that got a part twice: when, since the story's first part, and by which links.
fn repeated(submits: &[Submit]) -> BTreeMap<&str, Vec<(Duration, u64)>> {
    let mut parts: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for submit in submits {
        let part = (&*submit.destination.digits, &submit.short_message);
        let since = submit.at.saturating_duration_since(submits[0].at);
        parts.entry(part).or_default().push((since, submit.link));
    }
    let repeated = parts.into_iter().filter(|(_, sent)| sent.len() > 1);
    repeated.map(|((number, _), sent)| (number, sent)).collect()
}

/// The operator has got rid of every receipt that it had.
fn no_receipt_was_refused(smsc: &Smsc) {
    let seen = smsc.counters();
    assert_eq!(
        (seen.receipts_refused, seen.receipts_dropped),
        (0, 0),
        "{seen:#?}"
    );
}
