//! A receipt and its row, written at the same moment by different tasks.

use super::StorePlace;
use super::sample::{in_seconds, message, operator, receipt, row, rows};
use std::collections::HashSet;
use std::sync::Arc;
use tokio::sync::Barrier;
use tokio::task::JoinSet;

contract!([sqlite: SqlitePlace, postgres: PostgresPlace] { a_receipt_and_its_row_never_miss_each_other, });

const PAIRS: usize = 400;

async fn a_receipt_and_its_row_never_miss_each_other(place: &mut impl StorePlace) {
    let store = place.store();
    let mut tasks = JoinSet::new();
    let mut expected = HashSet::new();
    for pair in 0..PAIRS {
        let (key, start) = (format!("K{pair}"), Arc::new(Barrier::new(2)));
        let parked = receipt(operator(1), &key, -10);
        let settled = rows(vec![row(operator(1), message(), 1, &key)]);
        expected.insert(parked.id);
        let (park, settle) = (
            (Arc::clone(&store), Arc::clone(&start)),
            (Arc::clone(&store), start),
        );
        tasks.spawn(async move {
            park.1.wait().await;
            park.0.park(&[parked]).await.unwrap()
        });
        tasks.spawn(async move {
            settle.1.wait().await;
            settle
                .0
                .settle(&[settled])
                .await
                .unwrap()
                .matched
                .iter()
                .map(|receipt| receipt.id)
                .collect()
        });
    }
    let mut seen = HashSet::new();
    let mut named = 0;
    while let Some(ids) = tasks.join_next().await {
        let ids: Vec<_> = ids.unwrap();
        named += ids.len();
        seen.extend(ids);
    }
    assert_eq!(
        seen, expected,
        "a receipt whose row is there must be named by one of the two"
    );
    // By both, where two servers' sessions commit at once.
    assert!((PAIRS..=2 * PAIRS).contains(&named), "{named}");
    let work = store
        .parked_work(operator(1), in_seconds(0), PAIRS + 1)
        .await
        .unwrap();
    assert_eq!(
        work.matched
            .iter()
            .map(|receipt| receipt.id)
            .collect::<HashSet<_>>(),
        expected
    );
    assert!(work.overdue.is_empty());
}
