//! [`CorrelationStore`](smpp_connector::ports::CorrelationStore): receipts that come before their row.

use super::StorePlace;
use super::sample::{appended, in_seconds, message, next_id, operator, outcome, receipt, row, rows};
use smpp_connector::ports::CorrelationStore;
use smpp_domain::correlation::DlrMessageState::Delivered;
use std::sync::Arc;
use uuid::Uuid;

contract!([sqlite: SqlitePlace, postgres: PostgresPlace] {
    a_row_claims_the_receipts_that_waited_for_it,
    a_receipt_that_comes_after_its_row_is_due_at_once,
    a_receipt_without_a_row_is_overdue_until_it_is_marked,
    a_marked_receipt_still_finds_its_row,
    what_is_marked_can_be_looked_through,
    a_receipt_without_a_text_waits_like_the_others,
    parking_twice_is_parking_once,
    settling_again_names_the_waiting_receipts_again,
    work_is_oldest_first_and_bounded,
    operators_do_not_see_each_others_receipts,
    an_expired_row_claims_nothing,
    settlements_at_once_are_told_each_its_own,
    releasing_and_appending_go_together,
    a_restart_finds_the_pair_by_the_sweep,
});

/// The parked work by id: matched, overdue.
async fn work(store: &Arc<dyn CorrelationStore>, number: u8) -> (Vec<Uuid>, Vec<Uuid>) {
    let work = store
        .parked_work(operator(number), in_seconds(1), 100)
        .await
        .unwrap();
    let ids = |receipts: Vec<smpp_connector::ports::ParkedReceipt>| receipts.iter().map(|r| r.id).collect();
    (ids(work.matched), ids(work.overdue))
}

async fn a_row_claims_the_receipts_that_waited_for_it(place: &mut impl StorePlace) {
    let store = place.store();
    let (late, early) = (receipt(operator(1), "A", -5), receipt(operator(1), "A", -10));
    let other = receipt(operator(1), "B", -10);
    assert!(
        store
            .park(&[late.clone(), early.clone(), other.clone()])
            .await
            .unwrap()
            .is_empty()
    );
    let id = message();
    let claimed = store
        .settle(&[rows(vec![row(operator(1), id, 1, "A")])])
        .await
        .unwrap()
        .matched;
    assert_eq!(claimed, [early.clone(), late.clone()]);
    // They stay until they are released.
    assert_eq!(work(&store, 1).await, (vec![early.id, late.id], vec![other.id]));
    store
        .append_receipts(&[appended(id, 1, Delivered, 0)], &[early.id, late.id])
        .await
        .unwrap();
    assert_eq!(work(&store, 1).await, (vec![], vec![other.id]));
}

/// Some operators put everything into TLVs.
async fn a_receipt_without_a_text_waits_like_the_others(place: &mut impl StorePlace) {
    let store = place.store();
    let mut silent = receipt(operator(1), "A", -10);
    silent.raw.clear();
    assert!(
        store
            .park(std::slice::from_ref(&silent))
            .await
            .unwrap()
            .is_empty()
    );
    let settled = [rows(vec![row(operator(1), message(), 1, "A")])];
    assert_eq!(store.settle(&settled).await.unwrap().matched, [silent]);
}

/// They wait for the writer together, and may share its statements.
async fn settlements_at_once_are_told_each_its_own(place: &mut impl StorePlace) {
    let store = place.store();
    let waiting: Vec<_> = (1..=40).map(|n| receipt(operator(n), "A", -10)).collect();
    store.park(&waiting).await.unwrap();
    let stood = message();
    let now = in_seconds(0);
    store.settle(&[outcome(stood, now, "stands")]).await.unwrap();
    let batches: Vec<_> = (1..=40)
        .map(|n| {
            let text = format!("outcome {n}");
            let accepted = rows(vec![row(operator(n), message(), 1, "A")]);
            // One of a kind, and one that all of them have.
            vec![
                accepted,
                outcome(message(), now, &text),
                outcome(stood, now, &text),
            ]
        })
        .collect();
    let settled = batches.iter().map(|batch| store.settle(batch));
    let settled = futures_util::future::join_all(settled).await;
    for (settled, waiting) in settled.into_iter().zip(waiting) {
        let settled = settled.unwrap();
        assert_eq!(settled.matched, [waiting]);
        assert_eq!(settled.standing.len(), 1);
        assert_eq!(settled.standing[0].0, stood);
    }
    for batch in &batches {
        let own = batch[1].outcome.as_ref().unwrap();
        let progress = store.progress(&[own.message_id]).await.unwrap();
        assert_eq!(progress[0].outcome.as_deref(), Some(&*own.event));
    }
}

async fn a_receipt_that_comes_after_its_row_is_due_at_once(place: &mut impl StorePlace) {
    let store = place.store();
    assert!(
        store
            .settle(&[rows(vec![row(operator(1), message(), 1, "A")])])
            .await
            .unwrap()
            .matched
            .is_empty()
    );
    let (due, waiting) = (receipt(operator(1), "A", -10), receipt(operator(1), "B", -10));
    assert_eq!(
        store.park(&[waiting.clone(), due.clone()]).await.unwrap(),
        [due.id]
    );
    assert_eq!(work(&store, 1).await, (vec![due.id], vec![waiting.id]));
}

async fn a_receipt_without_a_row_is_overdue_until_it_is_marked(place: &mut impl StorePlace) {
    let store = place.store();
    let (old, young) = (receipt(operator(1), "A", -60), receipt(operator(1), "B", -5));
    store.park(&[old.clone(), young.clone()]).await.unwrap();
    let found = store.parked_work(operator(1), in_seconds(-30), 10).await.unwrap();
    assert!(found.matched.is_empty());
    assert_eq!(found.overdue, [old.clone()]);
    assert!(
        store
            .parked_work(operator(1), old.received_at, 10)
            .await
            .unwrap()
            .overdue
            .is_empty()
    );
    store.mark_unmatched(&[old.id]).await.unwrap();
    store.mark_unmatched(&[old.id, next_id()]).await.unwrap();
    assert_eq!(work(&store, 1).await, (vec![], vec![young.id]));
}

async fn a_marked_receipt_still_finds_its_row(place: &mut impl StorePlace) {
    let store = place.store();
    let parked = receipt(operator(1), "A", -60);
    store.park(&[parked.clone()]).await.unwrap();
    store.mark_unmatched(&[parked.id]).await.unwrap();
    let claimed = store
        .settle(&[rows(vec![row(operator(1), message(), 1, "A")])])
        .await
        .unwrap()
        .matched;
    assert_eq!(claimed, [parked.clone()]);
    assert_eq!(work(&store, 1).await, (vec![parked.id], vec![]));
}

async fn parking_twice_is_parking_once(place: &mut impl StorePlace) {
    let store = place.store();
    let parked = receipt(operator(1), "A", -60);
    store.park(&[parked.clone(), parked.clone()]).await.unwrap();
    store.mark_unmatched(&[parked.id]).await.unwrap();
    store.park(&[parked.clone()]).await.unwrap();
    assert_eq!(work(&store, 1).await, (vec![], vec![]));
    let claimed = store
        .settle(&[rows(vec![row(operator(1), message(), 1, "A")])])
        .await
        .unwrap()
        .matched;
    assert_eq!(claimed, [parked.clone()]);
    // Parked again after the row is there, by a caller that had no answer: it is due.
    assert_eq!(store.park(&[parked.clone()]).await.unwrap(), [parked.id]);
    assert_eq!(work(&store, 1).await, (vec![parked.id], vec![]));
}

async fn settling_again_names_the_waiting_receipts_again(place: &mut impl StorePlace) {
    let store = place.store();
    let parked = receipt(operator(1), "A", -60);
    store.park(&[parked.clone()]).await.unwrap();
    let batch = [rows(vec![row(operator(1), message(), 1, "A")])];
    assert_eq!(store.settle(&batch).await.unwrap().matched, [parked.clone()]);
    assert_eq!(store.settle(&batch).await.unwrap().matched, [parked]);
}

async fn work_is_oldest_first_and_bounded(place: &mut impl StorePlace) {
    let store = place.store();
    store
        .settle(&[rows(vec![row(operator(1), message(), 1, "A")])])
        .await
        .unwrap();
    let matched: Vec<_> = [-10, -30, -20]
        .map(|seconds| receipt(operator(1), "A", seconds))
        .to_vec();
    let overdue: Vec<_> = [-20, -10, -30]
        .map(|seconds| receipt(operator(1), "?", seconds))
        .to_vec();
    store.park(&matched).await.unwrap();
    store.park(&overdue).await.unwrap();
    let found = store.parked_work(operator(1), in_seconds(0), 2).await.unwrap();
    assert_eq!(found.matched, [matched[1].clone(), matched[2].clone()]);
    assert_eq!(found.overdue, [overdue[2].clone(), overdue[0].clone()]);
}

async fn operators_do_not_see_each_others_receipts(place: &mut impl StorePlace) {
    let store = place.store();
    let parked = receipt(operator(1), "A", -60);
    store.park(&[parked.clone()]).await.unwrap();
    let other = [rows(vec![row(operator(2), message(), 1, "A")])];
    assert!(store.settle(&other).await.unwrap().matched.is_empty());
    assert_eq!(work(&store, 2).await, (vec![], vec![]));
    assert_eq!(work(&store, 1).await, (vec![], vec![parked.id]));
}

async fn an_expired_row_claims_nothing(place: &mut impl StorePlace) {
    let store = place.store();
    let parked = receipt(operator(1), "A", -60);
    store.park(&[parked.clone()]).await.unwrap();
    let mut expired = row(operator(1), message(), 1, "A");
    expired.expires_at = in_seconds(-1);
    assert!(
        store
            .settle(&[rows(vec![expired])])
            .await
            .unwrap()
            .matched
            .is_empty()
    );
    let second = receipt(operator(1), "A", -50);
    assert!(store.park(&[second.clone()]).await.unwrap().is_empty());
    assert_eq!(work(&store, 1).await, (vec![], vec![parked.id, second.id]));
}

async fn releasing_and_appending_go_together(place: &mut impl StorePlace) {
    let store = place.store();
    let (id, parked) = (message(), receipt(operator(1), "A", -60));
    store
        .settle(&[rows(vec![row(operator(1), id, 1, "A")])])
        .await
        .unwrap();
    store.park(&[parked.clone()]).await.unwrap();
    let said = [appended(id, 1, Delivered, 0)];
    for _ in 0..2 {
        store.append_receipts(&said, &[parked.id]).await.unwrap();
        assert_eq!(work(&store, 1).await, (vec![], vec![]));
        let found = store.find(operator(1), &["A".to_owned()]).await.unwrap();
        assert_eq!(found[0].as_ref().unwrap().history, [said[0].part]);
    }
    store.append_receipts(&[], &[]).await.unwrap();
}

async fn a_restart_finds_the_pair_by_the_sweep(place: &mut impl StorePlace) {
    let store = place.store();
    let (before, after) = (receipt(operator(1), "A", -60), receipt(operator(1), "A", -50));
    store.park(&[before.clone()]).await.unwrap();
    store
        .settle(&[rows(vec![row(operator(1), message(), 1, "A")])])
        .await
        .unwrap();
    store.park(&[after.clone()]).await.unwrap();
    place.reopen().await;
    assert_eq!(work(&place.store(), 1).await, (vec![before.id, after.id], vec![]));
}

async fn what_is_marked_can_be_looked_through(place: &mut impl StorePlace) {
    let store = place.store();
    let receipts: Vec<_> = (0..5)
        .map(|n| receipt(operator(1), &format!("K{n}"), -10 + n))
        .collect();
    let other = receipt(operator(2), "K0", -10);
    store.park(&receipts).await.unwrap();
    store.park(std::slice::from_ref(&other)).await.unwrap();
    let marked: Vec<_> = receipts.iter().skip(1).map(|receipt| receipt.id).collect();
    store.mark_unmatched(&marked).await.unwrap();
    store.mark_unmatched(&[other.id]).await.unwrap();
    let first = store.unmatched(operator(1), Uuid::nil(), 3).await.unwrap();
    assert_eq!(first, receipts[1..4]);
    let rest = store.unmatched(operator(1), first[2].id, 3).await.unwrap();
    assert_eq!(rest, receipts[4..]);
    store.append_receipts(&[], &marked).await.unwrap();
    assert!(
        store
            .unmatched(operator(1), Uuid::nil(), 3)
            .await
            .unwrap()
            .is_empty()
    );
}
