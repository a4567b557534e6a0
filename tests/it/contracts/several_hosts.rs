//! What stores do for several hosts that have the same message.

use super::StorePlace;
use super::sample::{appended, in_seconds, message, operator, outcome, owner, row, rows};
use smpp_domain::correlation::DlrMessageState::{Delivered, Enroute};
use uuid::Uuid;

contract!([sqlite: SqlitePlace, postgres: PostgresPlace] {
    the_first_outcome_stands_and_is_told,
    an_intent_of_another_owner_is_told,
    an_owner_withdraws_only_its_own,
    appending_tells_the_history_of_long_messages,
});

async fn the_first_outcome_stands_and_is_told(place: &mut impl StorePlace) {
    let store = place.store();
    let (twice, once) = (message(), message());
    let first = store
        .settle(&[outcome(twice, in_seconds(0), "first")])
        .await
        .unwrap();
    assert!(first.standing.is_empty());
    let batch = [
        outcome(twice, in_seconds(0), "second"),
        outcome(once, in_seconds(0), "only"),
    ];
    let second = store.settle(&batch).await.unwrap();
    assert_eq!(second.standing, [(twice, b"first".to_vec())]);
    let progress = store.progress(&[twice, once]).await.unwrap();
    assert_eq!(progress[0].outcome.as_deref(), Some(b"first".as_slice()));
    assert_eq!(progress[1].outcome.as_deref(), Some(b"only".as_slice()));
    // The same words again are no contradiction: a caller that had no answer asks once more.
    let again = store
        .settle(&[outcome(once, in_seconds(0), "only")])
        .await
        .unwrap();
    assert!(again.standing.iter().all(|(_, event)| event == b"only"));
}

async fn an_intent_of_another_owner_is_told(place: &mut impl StorePlace) {
    let store = place.store();
    let (ours, theirs) = (message(), message());
    let other = Uuid::from_u128(0x0f);
    assert!(store.intend(owner(), &[ours]).await.unwrap().is_empty());
    assert!(store.intend(other, &[theirs]).await.unwrap().is_empty());
    assert_eq!(store.intend(owner(), &[ours, theirs]).await.unwrap(), [theirs]);
    assert_eq!(store.intend(other, &[ours, theirs]).await.unwrap(), [ours]);
}

async fn an_owner_withdraws_only_its_own(place: &mut impl StorePlace) {
    let store = place.store();
    let id = message();
    store.intend(owner(), &[id]).await.unwrap();
    store.withdraw(Uuid::from_u128(0x0f), &[id]).await.unwrap();
    assert!(store.progress(&[id]).await.unwrap()[0].intended);
    store.withdraw(owner(), &[id]).await.unwrap();
    assert!(!store.progress(&[id]).await.unwrap()[0].intended);
}

async fn appending_tells_the_history_of_long_messages(place: &mut impl StorePlace) {
    let store = place.store();
    let (long, short) = (message(), message());
    let settled = vec![row(operator(1), long, 1, "A"), row(operator(1), long, 2, "B")];
    store.settle(&[rows(settled)]).await.unwrap();
    let mut alone = appended(short, 1, Delivered, 0);
    alone.part_count = 1;
    let first = appended(long, 2, Enroute, -10);
    let told = store.append_receipts(&[first.clone(), alone], &[]).await.unwrap();
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].message_id, long);
    assert_eq!(told[0].history, [first.part]);
    let second = appended(long, 1, Delivered, 0);
    let told = store.append_receipts(&[second.clone()], &[]).await.unwrap();
    assert_eq!(told[0].history, [first.part, second.part]);
}
