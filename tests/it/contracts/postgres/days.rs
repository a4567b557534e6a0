//! Days that come and go while the traffic goes on.

use super::super::sample::{in_seconds, message, operator, outcome, outcome_of, row, rows};
use super::super::{Place as _, PostgresPlace};
use super::{execute, host, number};
use chrono::{DateTime, TimeDelta, Utc};
use smpp_connector::ports::{BackendErrorKind, CorrelationStore, Settlement};
use smpp_connector::store::postgres::PostgresStore;
use sqlx::postgres::PgConnection;
use sqlx::{Connection, Executor};

const DAY: i64 = 24 * 3_600;

/// Rows that end on one day.
fn ending(seconds: i64, count: usize) -> Settlement {
    let row = |number| {
        let mut row = row(operator(1), message(), 1, &format!("{seconds}-{number}"));
        row.expires_at = in_seconds(seconds);
        row
    };
    rows((0..count).map(row).collect())
}

/// Forgets as if it were so many seconds later.
async fn expire(store: &PostgresStore, seconds: i64) -> u64 {
    let never = in_seconds(-90 * DAY);
    store.expire(in_seconds(seconds), never, never, 1).await.unwrap()
}

async fn is_there(place: &PostgresPlace, table: &str, day: DateTime<Utc>) -> bool {
    let name = format!("{table}_{}", day.format("%Y_%m_%d"));
    let sql = format!("SELECT count(*) FROM pg_class WHERE relname = '{name}'");
    number(&place.server, &sql).await == 1
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tomorrow_is_made_ahead() {
    let place = PostgresPlace::fresh().await;
    let settled = outcome(message(), in_seconds(0), "{}");
    place.open.settle(&[ending(3 * DAY, 1), settled]).await.unwrap();
    let tomorrow = Utc::now() + TimeDelta::days(1);
    assert!(!is_there(&place, "outcome", tomorrow).await);
    assert_eq!(expire(&place.open, 0).await, 0);
    assert!(is_there(&place, "outcome", tomorrow).await);
    assert!(is_there(&place, "correlation", Utc::now() + TimeDelta::days(4)).await);
    // Once, and not a further one each time.
    expire(&place.open, 0).await;
    assert!(!is_there(&place, "outcome", tomorrow + TimeDelta::days(1)).await);
    place.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_day_goes_while_two_hosts_write_and_none_of_them_notices() {
    let place = PostgresPlace::fresh().await;
    let other = host(&place.server).await;
    place.open.settle(&[ending(60, 5_000)]).await.unwrap();
    let day = in_seconds(60);
    assert!(is_there(&place, "correlation", day).await);
    let (stop, stopping) = tokio::sync::watch::channel(false);
    let writers = [place.open.clone(), other.clone()].map(|store| {
        let stopping = stopping.clone();
        tokio::spawn(async move {
            let mut written = 0;
            while !*stopping.borrow() {
                store.settle(&[ending(5 * DAY, 50)]).await.unwrap();
                let keys = ["60-1".to_owned(), format!("{}-1", 5 * DAY)];
                let found = store.find(operator(1), &keys).await.unwrap();
                assert!(found[1].is_some());
                written += 50;
            }
            written
        })
    });
    // Both hosts forget at once: one of them does it.
    let (first, second) = tokio::join!(expire(&place.open, 2 * DAY), expire(&other, 2 * DAY));
    assert!(first + second >= 1);
    assert!(!is_there(&place, "correlation", day).await);
    stop.send(true).unwrap();
    let mut written = 0;
    for writer in writers {
        written += writer.await.unwrap();
    }
    let kept = number(&place.server, "SELECT count(*) FROM correlation").await;
    assert_eq!(kept, written);
    other.close().await;
    place.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_day_that_was_left_half_detached_is_finished() {
    let place = PostgresPlace::fresh().await;
    place.open.settle(&[ending(60, 1)]).await.unwrap();
    let day = in_seconds(60);
    let name = format!("correlation_{}", day.format("%Y_%m_%d"));
    // A transaction that has read the table keeps the detachment from ending.
    let mut reader = PgConnection::connect(&place.server.url()).await.unwrap();
    reader
        .execute("BEGIN; SELECT count(*) FROM correlation")
        .await
        .unwrap();
    let mut dying = PgConnection::connect(&place.server.url()).await.unwrap();
    dying.execute("SET statement_timeout = '300ms'").await.unwrap();
    let detach = format!("ALTER TABLE correlation DETACH PARTITION {name} CONCURRENTLY");
    dying.execute(detach.as_str()).await.unwrap_err();
    reader.execute("ROLLBACK").await.unwrap();
    let pending = "SELECT count(*) FROM pg_inherits WHERE inhdetachpending";
    assert_eq!(number(&place.server, pending).await, 1);
    assert_eq!(expire(&place.open, 0).await, 1);
    assert!(!is_there(&place, "correlation", day).await);
    // Detached and not dropped.
    execute(
        &place.server,
        "CREATE TABLE parked_2020_01_01 (LIKE parked); CREATE TABLE parked_notes (id int)",
    )
    .await;
    assert_eq!(expire(&place.open, 0).await, 1);
    assert_eq!(expire(&place.open, 0).await, 0);
    let notes = "SELECT count(*) FROM pg_class WHERE relname = 'parked_notes'";
    assert_eq!(number(&place.server, notes).await, 1);
    place.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_day_that_another_host_has_dropped_is_made_again() {
    let place = PostgresPlace::fresh().await;
    let other = host(&place.server).await;
    other.settle(&[ending(60, 1)]).await.unwrap();
    assert_eq!(expire(&place.open, 2 * DAY).await, 1);
    let again = [ending(60, 1)];
    let error = other.settle(&again).await.unwrap_err();
    assert_eq!(error.kind, BackendErrorKind::Unavailable);
    other.settle(&again).await.unwrap();
    other.close().await;
    place.end().await;
}

/// The messages of a day, one of each operator, are kept until the last of them is old enough, whosever it is.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_day_of_outcomes_waits_for_the_last_settled() {
    let place = PostgresPlace::fresh().await;
    let days = [-6 * DAY, -7 * DAY];
    for (day, late) in days.into_iter().zip([Some(2), None]) {
        let settled = (1..=3).map(|number| {
            let at = in_seconds(if late == Some(number) { 0 } else { -5 * DAY });
            let mut settled = outcome_of(operator(number), message(), at, "{}");
            settled.outcome.as_mut().unwrap().published_at = in_seconds(day);
            settled
        });
        place.open.settle(&settled.collect::<Vec<_>>()).await.unwrap();
    }
    let before = in_seconds(-3 * DAY);
    let gone = place.open.expire(in_seconds(0), before, before, 1).await.unwrap();
    assert_eq!(gone, 1);
    assert!(is_there(&place, "outcome", in_seconds(days[0])).await);
    assert!(!is_there(&place, "outcome", in_seconds(days[1])).await);
    place.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_outcome_is_kept_by_when_it_was_settled() {
    let place = PostgresPlace::fresh().await;
    // Its command had waited for five days.
    let (late, ancient) = (message(), message());
    let mut settled = outcome(late, in_seconds(0), "{}");
    settled.outcome.as_mut().unwrap().published_at = in_seconds(-5 * DAY);
    let mut oldest = outcome(ancient, in_seconds(0), "{}");
    oldest.outcome.as_mut().unwrap().published_at = DateTime::UNIX_EPOCH;
    place.open.settle(&[settled, oldest]).await.unwrap();
    let before = in_seconds(-3 * DAY);
    assert_eq!(
        place.open.expire(in_seconds(0), before, before, 1).await.unwrap(),
        0
    );
    let progress = place.open.progress(&[late, ancient]).await.unwrap();
    assert!(progress.iter().all(|progress| progress.outcome.is_some()));
    assert!(!is_there(&place, "outcome", DateTime::UNIX_EPOCH).await);
    place.end().await;
}
