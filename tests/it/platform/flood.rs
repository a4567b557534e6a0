//! Receipts for messages that nobody knows, and very many of them: a million with `SMPP_STORIES=full`.

use super::{BINARY, my_turn, operator, size, until_bound};
use chrono::{DateTime, TimeDelta, Utc};
use smpp_connector::config::{PostgresConfig, Secret};
use smpp_connector::ports::CorrelationStore;
use smpp_connector::store::postgres::PostgresStore;
use smpp_connector_tests::{PATIENCE, Platform};
use smsc_sim::{Record, Script};
use sqlx::{Connection, PgConnection};
use std::time::{Duration, Instant};

/// Receipts that the operator queues at once.
const STEP: u64 = 10_000;

/// What a host may gain in memory by all of them.
const GAIN: u64 = 64 << 20;

/// What one of them may take on the database's disk, with its indexes.
const OCTETS: u64 = 1_500;

/// What the partitions of a day and the statistics take by themselves, and more.
const DAY: u64 = 4 << 20;

fn database_size(platform: &Platform) -> u64 {
    let size = async {
        let mut connection = PgConnection::connect(&platform.postgres.url()).await.unwrap();
        let size: i64 = sqlx::query_scalar("SELECT pg_database_size(current_database())")
            .fetch_one(&mut connection)
            .await
            .unwrap();
        u64::try_from(size).unwrap()
    };
    platform.block_on(size)
}

#[test]
fn a_flood_of_unmatched_receipts_leaves_memory_flat() {
    let _turn = my_turn();
    let flood = size(20_000, 1_000_000);
    let platform = Platform::start(BINARY);
    let smsc = platform.smsc(Script::new().record(Record::Counts));
    let operator = operator(&smsc).set("unmatched_after", "\"1s\"");
    let host = platform.host("host", &[operator]);
    until_bound(&platform, &smsc, 1);
    let (memory, disk) = (host.resident(), database_size(&platform));
    let started = Instant::now();
    let (mut sent, mut most) = (0, 0);
    while sent < flood {
        sent += smsc.stray_receipts(STEP).unwrap();
        let seen = platform.seen(&smsc, |seen| seen.receipts_acknowledged >= sent);
        assert_eq!(seen.receipts_dropped + seen.receipts_refused, 0, "{seen:#?}");
        most = most.max(host.resident());
    }
    let taken = started.elapsed();
    // What was told twice has the same id, and is there once.
    let limit = PATIENCE + Duration::from_millis(flood);
    platform.within(limit, "each is reported", |ledger| ledger.unmatched >= flood);
    most = most.max(host.resident());
    let gain = most.saturating_sub(memory);
    let grown = database_size(&platform).saturating_sub(disk);
    println!(
        "{flood} receipts taken in {taken:?}, reported after {:?}; {} MiB of memory more, {} octets of disk each",
        started.elapsed(),
        gain >> 20,
        grown / flood
    );
    assert_eq!(platform.ledger(|ledger| ledger.unmatched), flood);
    assert!(gain < GAIN, "{} MiB more", gain >> 20);
    assert!(grown < flood * OCTETS, "{grown} octets of disk");
    assert!(host.terminate().success());
    gone_after_their_time(&platform, disk);
}

/// What is kept for three days is a dropped partition on the fifth.
fn gone_after_their_time(platform: &Platform, disk: u64) {
    let forget = |now: DateTime<Utc>| {
        let before = now - TimeDelta::days(3);
        platform.block_on(async {
            let url = Secret::new(platform.postgres.url());
            let store = PostgresStore::open(&PostgresConfig { url, connections: 2 })
                .await
                .unwrap();
            let gone = store.expire(now, before, before, 5_000).await.unwrap();
            store.close().await;
            gone
        })
    };
    assert_eq!(forget(Utc::now()), 0, "nothing is over yet");
    assert!(database_size(platform) > disk + DAY);
    let started = Instant::now();
    assert!(forget(Utc::now() + TimeDelta::days(4)) > 0);
    println!("forgotten within {:?}", started.elapsed());
    let left = database_size(platform);
    assert!(
        left < disk + DAY,
        "{} octets of disk are not given back",
        left - disk
    );
}
