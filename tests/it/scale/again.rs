//! A host that starts again after busy minutes: each of its operators reads what it has settled lately before it sends, so that what
//! is published again is known. 30 operators that settled 3,000 messages, or 1,000 and 600,000 with `SMPP_STORIES=full`: a thousand a
//! second for ten minutes.

use super::{messages, post, until_accepted};
use crate::contracts::postgres::execute;
use crate::platform::{my_turn, size};
use crate::process::BINARY;
use smpp_connector::store::sqlite::FILE_NAME;
use smpp_connector_tests::{FarSide, GatewayProcess, Operator, PATIENCE, Platform};
use smsc_sim::{Receipts, Record, Script};
use sqlx::{Connection, SqliteConnection};
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;

/// What a host may need for each message that it remembers, beside what it needs without any: a set of fingerprints in the end, and
/// on the way ids.
const EACH: u64 = 100;
/// What two starts may differ by anyway.
const NOISE: u64 = 8 << 20;

/// How a host started.
struct Start {
    /// Until each operator's first message was accepted.
    took: Duration,
    memory: u64,
}

/// Starts a host, sends one message to each operator, and ends it.
fn start(operators: &[Operator], host: impl Fn() -> GatewayProcess) -> Start {
    let started = Instant::now();
    let host = host();
    post(&host, &messages(operators, operators.len()));
    until_accepted(&host, operators.len(), PATIENCE);
    let took = started.elapsed();
    let memory = host.own_memory();
    assert!(host.terminate().success());
    Start { took, memory }
}

fn tell(what: &str, operators: usize, settled: usize, [before, after]: &[Start; 2]) {
    println!(
        "{what}: {operators} operators have sent their first after {:.1?}, and with {settled} messages of the last ten minutes after {:.1?}; \
         {} and {} MiB",
        before.took,
        after.took,
        before.memory >> 20,
        after.memory >> 20,
    );
    let most = before.memory + NOISE + EACH * u64::try_from(settled).unwrap();
    assert!(after.memory < most, "{} MiB", after.memory >> 20);
}

fn far_side() -> FarSide {
    let script = Script::new().record(Record::Off).receipts(Receipts::off());
    FarSide::start(script).unwrap()
}

fn operators(smsc: &FarSide) -> Vec<Operator> {
    let one = |n| {
        Operator::at(smsc.addr)
            .named(&format!("operator-{n}"))
            .session("system_id", &format!("\"{n}\""))
            .set("tps_limit", "1000000")
    };
    (0..size(30, 1_000)).map(one).collect()
}

/// The operators' ids, one statement's `VALUES`, numbered from 0.
fn numbered(operators: &[Operator], id: impl Fn(&Operator) -> String) -> String {
    let values = operators.iter().enumerate();
    let values: Vec<_> = values
        .map(|(n, operator)| format!("({n}, {})", id(operator)))
        .collect();
    values.join(", ")
}

#[test]
fn an_embedded_host_starts_again_after_busy_minutes() {
    let _turn = my_turn();
    let (smsc, dir, settled) = (far_side(), tempfile::tempdir().unwrap(), size(3_000, 600_000));
    let operators = operators(&smsc);
    let host = || GatewayProcess::start(BINARY, dir.path(), &operators);
    let before = start(&operators, host);
    let ids = numbered(&operators, |operator| format!("x'{}'", operator.id.0.simple()));
    let fill = format!(
        "WITH RECURSIVE o (n, id) AS (VALUES {ids}), r (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < {settled}) \
         INSERT INTO outcome (message_id, operator_id, settled_at, event) \
         SELECT randomblob(16), o.id, 1000000 * (unixepoch() - 500 * r.n / {settled}), zeroblob(400) \
         FROM r JOIN o ON o.n = r.n % {}",
        operators.len()
    );
    Runtime::new().unwrap().block_on(async {
        let file = format!("sqlite://{}/data/{FILE_NAME}", dir.path().display());
        let mut database = SqliteConnection::connect(&file).await.unwrap();
        sqlx::raw_sql(&fill).execute(&mut database).await.unwrap();
        database.close().await.unwrap();
    });
    let after = start(&operators, host);
    tell("embedded", operators.len(), settled, &[before, after]);
}

#[test]
fn a_host_of_a_platform_starts_again_after_busy_minutes() {
    let _turn = my_turn();
    let (smsc, platform, settled) = (far_side(), Platform::start(BINARY), size(3_000, 600_000));
    let operators = operators(&smsc);
    let host = || platform.host("host", &operators);
    let before = start(&operators, host);
    let ids = numbered(&operators, |operator| format!("'{}'::uuid", operator.id.0));
    let fill = format!(
        "INSERT INTO outcome (message_id, operator_id, published_day, settled_at, event) \
         SELECT gen_random_uuid(), o.id, (SELECT max(published_day) FROM outcome), \
             1000000 * (extract(epoch FROM now())::bigint - 500 * r / {settled}), decode(repeat('00', 400), 'hex') \
         FROM generate_series(1, {settled}) AS r JOIN (VALUES {ids}) AS o (n, id) ON o.n = r % {}",
        operators.len()
    );
    Runtime::new()
        .unwrap()
        .block_on(execute(&platform.postgres, &fill));
    let after = start(&operators, host);
    tell("on servers", operators.len(), settled, &[before, after]);
}
