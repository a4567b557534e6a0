//! Two hosts on one database, at the same rows at the same moment.

use super::super::sample::{appended, in_seconds, message, operator, outcome, receipt, row, rows};
use super::super::{Place as _, PostgresPlace};
use super::{execute, host};
use smpp_connector::ports::{CorrelationStore, Settlement};
use smpp_domain::correlation::DlrMessageState::Delivered;
use smpp_domain::ids::MessageId;
use std::collections::HashSet;

const ROUNDS: usize = 60;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_receipt_misses_a_row_that_another_host_settles() {
    let place = PostgresPlace::fresh().await;
    let (one, other) = (place.open.clone(), host(&place.server).await);
    for round in 0..ROUNDS {
        let keys: Vec<_> = (0..10).map(|key| format!("{round}-{key}")).collect();
        let parked: Vec<_> = keys.iter().map(|key| receipt(operator(1), key, -10)).collect();
        let settled = keys.iter().map(|key| row(operator(1), message(), 1, key));
        let settled = [rows(settled.collect())];
        let (due, found) = tokio::join!(one.park(&parked), other.settle(&settled));
        let mut named: HashSet<_> = due.unwrap().into_iter().collect();
        named.extend(found.unwrap().matched.iter().map(|receipt| receipt.id));
        let expected: HashSet<_> = parked.iter().map(|receipt| receipt.id).collect();
        assert_eq!(named, expected, "round {round}");
    }
    other.close().await;
    place.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_look_has_named_is_found_by_the_sweep_when_its_host_dies() {
    let place = PostgresPlace::fresh().await;
    let store = &place.open;
    let settled = row(operator(1), message(), 1, "A");
    let parked = receipt(operator(1), "A", -1);
    store.park(&[parked.clone()]).await.unwrap();
    store.settle(&[rows(vec![settled.clone()])]).await.unwrap();
    // As if it had been parked while the row was being committed.
    let unmarked = "UPDATE parked SET matched = false";
    let swept = async || {
        store
            .parked_work(operator(1), in_seconds(-60), 10)
            .await
            .unwrap()
            .matched
    };

    execute(&place.server, unmarked).await;
    assert_eq!(swept().await, []);
    store.settle(&[rows(vec![settled.clone()])]).await.unwrap();
    assert_eq!(swept().await, [parked.clone()], "named to who settles");

    execute(&place.server, unmarked).await;
    store.progress(&[settled.message_id]).await.unwrap();
    assert_eq!(
        swept().await,
        [parked],
        "left by who settled, and its command came again"
    );
    place.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_host_left_between_its_commit_and_its_look_is_found_by_the_sweep() {
    let place = PostgresPlace::fresh().await;
    let store = &place.open;
    let parked = receipt(operator(1), "A", -100);
    store.park(&[parked.clone()]).await.unwrap();
    store
        .settle(&[rows(vec![row(operator(1), message(), 1, "A")])])
        .await
        .unwrap();
    // As if it had been parked while the row was being committed.
    execute(&place.server, "UPDATE parked SET matched = false").await;
    let work = store.parked_work(operator(1), in_seconds(-60), 10).await.unwrap();
    assert_eq!(work.matched, [parked.clone()]);
    assert!(work.overdue.is_empty());
    // As if it had been published as unmatched before its row came, and nobody had looked.
    let reported = receipt(operator(1), "B", -100);
    store.park(&[reported.clone()]).await.unwrap();
    store.mark_unmatched(&[reported.id]).await.unwrap();
    store
        .settle(&[rows(vec![row(operator(1), message(), 1, "B")])])
        .await
        .unwrap();
    let work = store.parked_work(operator(1), in_seconds(-60), 10).await.unwrap();
    let found: HashSet<_> = work.matched.iter().map(|receipt| receipt.id).collect();
    assert_eq!(found, HashSet::from([parked.id, reported.id]));
    place.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_outcomes_one_stands_and_both_hosts_know_it() {
    let place = PostgresPlace::fresh().await;
    let (one, other) = (place.open.clone(), host(&place.server).await);
    for round in 0..ROUNDS {
        let ids: Vec<_> = (0..20).map(|_| message()).collect();
        let published = in_seconds(0);
        let batch = |ids: Vec<MessageId>, event: &str| -> Vec<Settlement> {
            ids.iter().map(|id| outcome(*id, published, event)).collect()
        };
        let first = batch(ids.clone(), "one");
        // In the opposite order: they must not wait for each other in a circle.
        let second = batch(ids.iter().rev().copied().collect(), "other");
        let (first, second) = tokio::join!(one.settle(&first), other.settle(&second));
        let void = [
            ("one", first.unwrap().standing),
            ("other", second.unwrap().standing),
        ];
        let progress = one.progress(&ids).await.unwrap();
        for (id, progress) in ids.iter().zip(progress) {
            let stands = progress.outcome.unwrap();
            for (event, standing) in &void {
                let told = standing.iter().find(|(void, _)| void == id);
                let told = told.map_or(event.as_bytes(), |(_, event)| event.as_slice());
                assert_eq!(told, stands, "round {round}");
            }
        }
    }
    other.close().await;
    place.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_last_host_to_append_sees_the_whole_message() {
    let place = PostgresPlace::fresh().await;
    let (one, other) = (place.open.clone(), host(&place.server).await);
    for round in 0..ROUNDS {
        let id = message();
        let (first, second) = ([appended(id, 1, Delivered, 0)], [appended(id, 2, Delivered, 0)]);
        let (first, second) = tokio::join!(
            one.append_receipts(&first, &[]),
            other.append_receipts(&second, &[])
        );
        let seen = [first.unwrap(), second.unwrap()].map(|told| told[0].history.len());
        assert!(seen.contains(&2), "round {round}: {seen:?}");
    }
    other.close().await;
    place.end().await;
}
