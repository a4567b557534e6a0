//! [`CorrelationStore`](smpp_connector::ports::CorrelationStore): who sends a message, and whose outcome stands.

use super::StorePlace;
use super::sample::{in_seconds, message, operator, outcome, owner, row, rows};
use smpp_domain::ids::MessageId;
use uuid::Uuid;

contract!([sqlite: SqlitePlace, postgres: PostgresPlace] {
    an_intent_lasts_until_the_outcome_or_its_withdrawal,
    intents_survive_a_restart,
    an_intent_of_another_owner_is_told,
    the_first_outcome_stands_and_the_second_learns_it,
});

async fn an_intent_lasts_until_the_outcome_or_its_withdrawal(place: &mut impl StorePlace) {
    let store = place.store();
    let (settled, withdrawn, under_way, never) = (message(), message(), message(), message());
    let all = [settled, withdrawn, under_way, never];
    store.intend(owner(), &[]).await.unwrap();
    store.intend(owner(), &all[..3]).await.unwrap();
    store.intend(owner(), &all[..1]).await.unwrap();
    assert_eq!(intended(place, &all).await, [true, true, true, false]);
    // An accepted part is not the end.
    store
        .settle(&[rows(vec![row(operator(1), under_way, 1, "A")])])
        .await
        .unwrap();
    store
        .settle(&[outcome(settled, in_seconds(0), "{}")])
        .await
        .unwrap();
    store.withdraw(owner(), &[withdrawn, never]).await.unwrap();
    store.withdraw(owner(), &[]).await.unwrap();
    assert_eq!(intended(place, &all).await, [false, false, true, false]);
    // It may begin again.
    store.intend(owner(), &[withdrawn]).await.unwrap();
    assert_eq!(intended(place, &all).await, [false, true, true, false]);
}

async fn intents_survive_a_restart(place: &mut impl StorePlace) {
    let (kept, withdrawn) = (message(), message());
    place.store().intend(owner(), &[kept, withdrawn]).await.unwrap();
    place.store().withdraw(owner(), &[withdrawn]).await.unwrap();
    place.reopen().await;
    assert_eq!(intended(place, &[withdrawn, kept]).await, [false, true]);
}

async fn intended(place: &mut impl StorePlace, messages: &[MessageId]) -> Vec<bool> {
    let progress = place.store().progress(messages).await.unwrap();
    progress.iter().map(|progress| progress.intended).collect()
}

async fn an_intent_of_another_owner_is_told(place: &mut impl StorePlace) {
    let store = place.store();
    let (ours, theirs) = (message(), message());
    let other = Uuid::from_u128(0xBAD);
    assert!(store.intend(owner(), &[ours]).await.unwrap().is_empty());
    assert_eq!(store.intend(other, &[theirs, ours, ours]).await.unwrap(), [ours]);
    // Only the owner takes it back.
    store.withdraw(other, &[ours]).await.unwrap();
    assert_eq!(store.intend(other, &[ours]).await.unwrap(), [ours]);
    store.withdraw(owner(), &[ours]).await.unwrap();
    assert!(store.intend(other, &[ours]).await.unwrap().is_empty());
}

async fn the_first_outcome_stands_and_the_second_learns_it(place: &mut impl StorePlace) {
    let store = place.store();
    let (id, same, new) = (message(), message(), message());
    let at = in_seconds(0);
    let first = [outcome(id, at, "first"), outcome(same, at, "same")];
    assert!(store.settle(&first).await.unwrap().standing.is_empty());
    let second = [
        outcome(new, at, "new"),
        outcome(same, at, "same"),
        outcome(id, at, "second"),
    ];
    let standing = store.settle(&second).await.unwrap().standing;
    assert_eq!(standing, [(id, b"first".to_vec())]);
    let progress = store.progress(&[id, new]).await.unwrap();
    assert_eq!(progress[0].outcome.as_deref(), Some(b"first".as_slice()));
    assert_eq!(progress[1].outcome.as_deref(), Some(b"new".as_slice()));
}
