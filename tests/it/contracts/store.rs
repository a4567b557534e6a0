//! [`CorrelationStore`](smpp_connector::ports::CorrelationStore): rows, outcomes, history.

use super::StorePlace;
use super::sample::{
    appended, in_seconds, message, operator, outcome, outcome_of, owner, receipt, row, rows,
};
use chrono::TimeDelta;
use smpp_domain::correlation::DlrMessageState::{Accepted, Delivered, Enroute, Undeliverable};

contract!([sqlite: SqlitePlace, postgres: PostgresPlace] {
    a_settled_row_is_found_as_it_was,
    settling_twice_is_settling_once,
    find_answers_in_the_order_of_the_keys,
    the_newest_row_of_a_key_wins,
    an_expired_row_is_invisible,
    operators_do_not_share_ids,
    progress_answers_in_the_order_of_the_messages,
    settled_since_gives_the_newest_first,
    history_is_oldest_first_and_written_once,
    a_restart_keeps_everything,
    a_large_batch_is_one_batch,
    nothing_is_asked_and_nothing_is_answered,
});

async fn a_settled_row_is_found_as_it_was(place: &mut impl StorePlace) {
    let store = place.store();
    let texts = [
        "0012AB",
        "",
        "a\"b\\c",
        "żółć 🎉",
        "1e3",
        "null",
        "with\0nul",
        "[1,2]",
    ];
    let settled: Vec<_> = texts
        .iter()
        .map(|id| row(operator(1), message(), 1, id))
        .collect();
    let mut without_reference = row(operator(1), message(), 2, "no reference");
    without_reference.reference = None;
    let settled: Vec<_> = settled.into_iter().chain([without_reference]).collect();
    assert!(
        store
            .settle(&[rows(settled.clone())])
            .await
            .unwrap()
            .matched
            .is_empty()
    );
    let keys: Vec<_> = settled.iter().map(|row| row.message_key.clone()).collect();
    let found = store.find(operator(1), &keys).await.unwrap();
    let found: Vec<_> = found.into_iter().map(|tracked| tracked.unwrap()).collect();
    assert!(found.iter().all(|tracked| tracked.history.is_empty()));
    assert_eq!(
        found
            .into_iter()
            .map(|tracked| tracked.correlation)
            .collect::<Vec<_>>(),
        settled
    );
}

async fn settling_twice_is_settling_once(place: &mut impl StorePlace) {
    let store = place.store();
    let (id, now) = (message(), in_seconds(0));
    let first = row(operator(1), id, 1, "A");
    // What a caller sends again after an error differs in the id and the times that it mints.
    let mut again = row(operator(1), id, 1, "A");
    again.submitted_at += TimeDelta::seconds(5);
    store
        .settle(&[rows(vec![first.clone()]), outcome(id, now, "first")])
        .await
        .unwrap();
    store
        .settle(&[rows(vec![again.clone(), again]), outcome(id, now, "second")])
        .await
        .unwrap();
    let progress = store.progress(&[id]).await.unwrap();
    assert_eq!(progress[0].accepted, [first]);
    assert_eq!(progress[0].outcome.as_deref(), Some(b"first".as_slice()));
    assert_eq!(
        store
            .settled_since(operator(1), in_seconds(-60), 10)
            .await
            .unwrap(),
        [id]
    );
}

async fn find_answers_in_the_order_of_the_keys(place: &mut impl StorePlace) {
    let store = place.store();
    let id = message();
    store
        .settle(&[rows(vec![
            row(operator(1), id, 1, "A"),
            row(operator(1), id, 2, "B"),
        ])])
        .await
        .unwrap();
    let keys = ["B", "?", "A", "B", "a"].map(str::to_owned);
    let found = store.find(operator(1), &keys).await.unwrap();
    let parts: Vec<_> = found
        .iter()
        .map(|tracked| tracked.as_ref().map(|found| found.correlation.part_number))
        .collect();
    assert_eq!(parts, [Some(2), None, Some(1), Some(2), None]);
    assert!(store.find(operator(1), &[]).await.unwrap().is_empty());
}

async fn the_newest_row_of_a_key_wins(place: &mut impl StorePlace) {
    let store = place.store();
    let (new, old) = (message(), message());
    let mut older = row(operator(1), old, 1, "A");
    older.submitted_at -= TimeDelta::hours(1);
    older.expires_at -= TimeDelta::minutes(30);
    // The older one is written last: what counts is when it was submitted.
    store
        .settle(&[rows(vec![row(operator(1), new, 1, "A")])])
        .await
        .unwrap();
    store.settle(&[rows(vec![older])]).await.unwrap();
    let found = store.find(operator(1), &["A".to_owned()]).await.unwrap();
    assert_eq!(found[0].as_ref().unwrap().correlation.message_id, new);
}

async fn an_expired_row_is_invisible(place: &mut impl StorePlace) {
    let store = place.store();
    let (over, alive) = (message(), message());
    let mut expired = row(operator(1), over, 1, "A");
    expired.expires_at = in_seconds(-1);
    store.settle(&[rows(vec![expired])]).await.unwrap();
    assert_eq!(store.find(operator(1), &["A".to_owned()]).await.unwrap(), [None]);
    // An expired row does not hide an older one that lives on.
    let mut older = row(operator(1), alive, 1, "A");
    older.submitted_at -= TimeDelta::hours(1);
    older.expires_at -= TimeDelta::minutes(30);
    store.settle(&[rows(vec![older])]).await.unwrap();
    let found = store.find(operator(1), &["A".to_owned()]).await.unwrap();
    assert_eq!(found[0].as_ref().unwrap().correlation.message_id, alive);
}

async fn operators_do_not_share_ids(place: &mut impl StorePlace) {
    let store = place.store();
    let (ours, theirs) = (message(), message());
    store
        .settle(&[rows(vec![row(operator(1), ours, 1, "7")])])
        .await
        .unwrap();
    store
        .settle(&[rows(vec![row(operator(2), theirs, 1, "7")])])
        .await
        .unwrap();
    for (number, expected) in [(1, ours), (2, theirs)] {
        let found = store.find(operator(number), &["7".to_owned()]).await.unwrap();
        assert_eq!(found[0].as_ref().unwrap().correlation.message_id, expected);
    }
    assert_eq!(store.find(operator(3), &["7".to_owned()]).await.unwrap(), [None]);
}

async fn progress_answers_in_the_order_of_the_messages(place: &mut impl StorePlace) {
    let store = place.store();
    let (done, partial, unknown) = (message(), message(), message());
    let parts = [3, 1, 2].map(|part| row(operator(1), partial, part, &format!("P{part}")));
    store
        .settle(&[rows(parts.to_vec()), outcome(done, in_seconds(0), "{}")])
        .await
        .unwrap();
    let progress = store.progress(&[unknown, partial, done, partial]).await.unwrap();
    assert_eq!(progress.len(), 4);
    assert!(progress[0].outcome.is_none() && progress[0].accepted.is_empty());
    assert!(progress[2].outcome.is_some() && progress[2].accepted.is_empty());
    for index in [1, 3] {
        assert!(progress[index].outcome.is_none());
        assert_eq!(
            progress[index].accepted,
            [parts[1].clone(), parts[2].clone(), parts[0].clone()]
        );
    }
    assert!(store.progress(&[]).await.unwrap().is_empty());
}

async fn settled_since_gives_the_newest_first(place: &mut impl StorePlace) {
    let store = place.store();
    let times: Vec<_> = [-30, -10, -20].into_iter().map(in_seconds).collect();
    let ids: Vec<_> = times.iter().map(|_| message()).collect();
    let batch: Vec<_> = ids
        .iter()
        .zip(&times)
        .map(|(id, at)| outcome(*id, *at, "{}"))
        .collect();
    store.settle(&batch).await.unwrap();
    let others = message();
    store
        .settle(&[outcome_of(operator(3), others, times[2], "{}")])
        .await
        .unwrap();
    assert_eq!(
        store
            .settled_since(operator(3), in_seconds(-60), 10)
            .await
            .unwrap(),
        [others]
    );
    assert_eq!(
        store
            .settled_since(operator(1), in_seconds(-60), 10)
            .await
            .unwrap(),
        [ids[1], ids[2], ids[0]]
    );
    assert_eq!(
        store.settled_since(operator(1), times[2], 10).await.unwrap(),
        [ids[1], ids[2]]
    );
    assert_eq!(
        store
            .settled_since(operator(1), in_seconds(-60), 2)
            .await
            .unwrap(),
        [ids[1], ids[2]]
    );
    assert!(
        store
            .settled_since(operator(1), in_seconds(60), 10)
            .await
            .unwrap()
            .is_empty()
    );
    assert!(
        store
            .settled_since(operator(2), in_seconds(-60), 10)
            .await
            .unwrap()
            .is_empty()
    );
}

async fn history_is_oldest_first_and_written_once(place: &mut impl StorePlace) {
    let store = place.store();
    let id = message();
    let settled = vec![row(operator(1), id, 1, "A"), row(operator(1), id, 2, "B")];
    store.settle(&[rows(settled)]).await.unwrap();
    let late = appended(id, 1, Delivered, 0);
    let early = appended(id, 2, Enroute, -20);
    // Two of the same instant stay in the order in which they were appended.
    let mut with_late = appended(id, 2, Undeliverable, 0);
    with_late.received_at = late.received_at;
    let mut after_it = appended(id, 2, Accepted, 0);
    after_it.received_at = late.received_at;
    let batch = [late.clone(), with_late.clone(), after_it.clone()];
    store.append_receipts(&batch, &[]).await.unwrap();
    store.append_receipts(&batch, &[]).await.unwrap();
    store.append_receipts(&[early.clone()], &[]).await.unwrap();
    store
        .append_receipts(&[appended(message(), 1, Delivered, 0)], &[])
        .await
        .unwrap();
    let found = store
        .find(operator(1), &["A".to_owned(), "B".to_owned()])
        .await
        .unwrap();
    for tracked in found {
        // Whichever part was asked for, the history is the message's.
        assert_eq!(
            tracked.unwrap().history,
            [early.part, late.part, with_late.part, after_it.part]
        );
    }
}

async fn a_restart_keeps_everything(place: &mut impl StorePlace) {
    let id = message();
    let settled = row(operator(1), id, 1, "A");
    let said = appended(id, 1, Delivered, 0);
    let waiting = receipt(operator(1), "nobody's", -10);
    let store = place.store();
    store
        .settle(&[rows(vec![settled.clone()]), outcome(id, in_seconds(0), "{}")])
        .await
        .unwrap();
    store.append_receipts(&[said.clone()], &[]).await.unwrap();
    store.park(&[waiting.clone()]).await.unwrap();
    place.reopen().await;
    let store = place.store();
    let found = store.find(operator(1), &["A".to_owned()]).await.unwrap();
    assert_eq!(found[0].as_ref().unwrap().correlation, settled);
    assert_eq!(found[0].as_ref().unwrap().history, [said.part]);
    assert!(store.progress(&[id]).await.unwrap()[0].outcome.is_some());
    let work = store.parked_work(operator(1), in_seconds(0), 10).await.unwrap();
    assert_eq!(work.overdue, [waiting]);
}

async fn a_large_batch_is_one_batch(place: &mut impl StorePlace) {
    const MANY: usize = 10_000;
    let store = place.store();
    let waiting = receipt(operator(1), "K9999", -5);
    store.park(&[waiting.clone()]).await.unwrap();
    let batch: Vec<_> = (0..MANY)
        .map(|number| {
            let id = message();
            let mut settlement = outcome(id, in_seconds(0), "{}");
            settlement.correlations = vec![row(operator(1), id, 1, &format!("K{number}"))];
            settlement
        })
        .collect();
    assert_eq!(store.settle(&batch).await.unwrap().matched, [waiting]);
    let keys: Vec<_> = (0..MANY).rev().map(|number| format!("K{number}")).collect();
    let found = store.find(operator(1), &keys).await.unwrap();
    assert_eq!(found.len(), MANY);
    for (tracked, key) in found.iter().zip(&keys) {
        assert_eq!(tracked.as_ref().unwrap().correlation.message_key, *key);
    }
}

async fn nothing_is_asked_and_nothing_is_answered(place: &mut impl StorePlace) {
    let store = place.store();
    let settled = store.settle(&[]).await.unwrap();
    assert!(settled.matched.is_empty() && settled.standing.is_empty());
    assert!(store.intend(owner(), &[]).await.unwrap().is_empty());
    store.withdraw(owner(), &[]).await.unwrap();
    assert!(store.progress(&[]).await.unwrap().is_empty());
    assert!(store.find(operator(1), &[]).await.unwrap().is_empty());
    assert!(store.park(&[]).await.unwrap().is_empty());
    assert!(store.append_receipts(&[], &[]).await.unwrap().is_empty());
    store.mark_unmatched(&[]).await.unwrap();
}
