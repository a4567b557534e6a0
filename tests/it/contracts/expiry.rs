//! What is over is forgotten, and nothing else.

use super::StorePlace;
use super::sample::{appended, in_seconds, message, operator, outcome, outcome_of, receipt, row, rows};
use smpp_domain::correlation::DlrMessageState::{Delivered, Enroute};

contract!([sqlite: SqlitePlace, postgres: PostgresPlace] {
    expire_forgets_what_is_over_and_nothing_else,
    expire_ends_and_forgets_all_that_is_over,
});

async fn expire_forgets_what_is_over_and_nothing_else(place: &mut impl StorePlace) {
    // Days apart, because a backend may forget whole days: nothing too early, and all of it a day later.
    const DAY: i64 = 24 * 3_600;
    let store = place.store();
    let (over, kept) = (message(), message());
    let (others_over, others_kept) = ([message(), message()], message());
    let mut expiring = row(operator(1), over, 1, "over");
    expiring.expires_at = in_seconds(60);
    let mut staying = row(operator(1), kept, 1, "kept");
    staying.expires_at = in_seconds(3 * DAY);
    let outcomes = [
        outcome(over, in_seconds(-5 * DAY), "{}"),
        outcome(kept, in_seconds(-100), "{}"),
        outcome_of(operator(2), others_over[0], in_seconds(-5 * DAY), "{}"),
        outcome_of(operator(3), others_over[1], in_seconds(-5 * DAY), "{}"),
        outcome_of(operator(3), others_kept, in_seconds(-100), "{}"),
    ];
    store.settle(&[rows(vec![expiring, staying])]).await.unwrap();
    store.settle(&outcomes).await.unwrap();
    let mut ended = appended(kept, 1, Enroute, -20);
    ended.expires_at = in_seconds(60);
    let mut said = appended(kept, 1, Delivered, 0);
    said.expires_at = in_seconds(3 * DAY);
    store.append_receipts(&[ended, said], &[]).await.unwrap();
    let parked = [
        receipt(operator(1), "x", -5 * DAY),
        receipt(operator(1), "x", -100),
    ];
    store.park(&parked).await.unwrap();
    let (now, before, never) = (in_seconds(2 * DAY), in_seconds(-2 * DAY), in_seconds(-20 * DAY));
    assert_eq!(store.expire(in_seconds(0), never, never, 100).await.unwrap(), 0);
    assert!(store.expire(now, before, before, 100).await.unwrap() >= 4);
    assert_eq!(store.expire(now, before, before, 100).await.unwrap(), 0);
    let found = store
        .find(operator(1), &["over".to_owned(), "kept".to_owned()])
        .await
        .unwrap();
    assert!(found[0].is_none());
    assert_eq!(found[1].as_ref().unwrap().history.len(), 1);
    assert_eq!(found[1].as_ref().unwrap().history[0].state, Delivered);
    let progress = store.progress(&[over, kept]).await.unwrap();
    assert!(progress[0].accepted.is_empty() && progress[1].accepted.len() == 1);
    assert!(progress[0].outcome.is_none() && progress[1].outcome.is_some());
    let progress = store.progress(&others_over).await.unwrap();
    assert!(progress.iter().all(|progress| progress.outcome.is_none()));
    let progress = store.progress(&[others_kept]).await.unwrap();
    assert!(progress[0].outcome.is_some());
    let work = store.parked_work(operator(1), in_seconds(0), 10).await.unwrap();
    assert_eq!(work.overdue, parked[1..]);
}

async fn expire_ends_and_forgets_all_that_is_over(place: &mut impl StorePlace) {
    let store = place.store();
    let id = message();
    let mut settled: Vec<_> = (1..=5)
        .map(|part| row(operator(1), id, part, &format!("{part}")))
        .collect();
    for row in &mut settled {
        row.expires_at = in_seconds(100 - i64::from(row.part_number));
    }
    store.settle(&[rows(settled)]).await.unwrap();
    let (now, never) = (in_seconds(3 * 24 * 3_600), in_seconds(-20 * 24 * 3_600));
    for round in 0.. {
        if store.expire(now, never, never, 2).await.unwrap() == 0 {
            break;
        }
        assert!(round < 5, "it goes on for ever");
    }
    assert!(store.progress(&[id]).await.unwrap()[0].accepted.is_empty());
    // It may write where it has just forgotten.
    store
        .settle(&[rows(vec![row(operator(1), id, 1, "again")])])
        .await
        .unwrap();
    assert!(store.find(operator(1), &["again".to_owned()]).await.unwrap()[0].is_some());
}
