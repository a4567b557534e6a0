//! Segments of messages: what a transaction may leave behind.

use super::{PostgresPlace, execute, number};
use crate::contracts::sample::operator;
use crate::contracts::{Place, SegmentPlace, reassembly::segment};
use smpp_connector::ports::BackendErrorKind;
use std::time::Duration;
use tokio::time::timeout;

/// Long before the server ends a transaction in which nothing happens, after 30 s.
const SOON: Duration = Duration::from_secs(15);

/// Nobody may get a connection in the middle of somebody else's transaction.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transaction_that_fails_in_the_middle_goes_with_its_connection() {
    let place = PostgresPlace::fresh().await;
    let store = place.segments();
    let (first, second) = (segment(1, 1, "one "), segment(1, 2, "two"));
    store.keep(operator(1), &[first]).await.unwrap();
    execute(&place.server, "UPDATE mo_segment SET about = '{'").await;
    let failed = store.keep(operator(1), std::slice::from_ref(&second)).await;
    assert_eq!(failed.unwrap_err().kind, BackendErrorKind::Corrupt);
    let locks = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'";
    let gone = async { while number(&place.server, locks).await > 0 {} };
    timeout(SOON, gone).await.expect("the end of the transaction");
    execute(&place.server, "DELETE FROM mo_segment; DELETE FROM mo_message").await;
    let kept = store.keep(operator(1), &[second]).await.unwrap();
    assert_eq!((kept.tell.len(), kept.of_operator.messages), (0, 1));
    place.end().await;
}
