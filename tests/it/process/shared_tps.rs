//! Two processes, one operator with a small limit.

use super::BINARY;
use smpp_connector_tests::servers::RedisServer;
use smpp_connector_tests::{GatewayProcess, Message, Operator, PATIENCE};
use smsc_sim::{Script, Smsc};
use std::time::Duration;
use tokio::runtime::Runtime;

const LIMIT: u64 = 20;

const SECOND: Duration = Duration::from_secs(1);

/// A machine that is busy with something else writes and reads late. Two hosts that did not know of each other would need half
/// a second for a whole one's PDUs.
const LATE: Duration = Duration::from_millis(100);

/// To each of the two; one in four has three parts.
const MESSAGES: u64 = 20;
const PARTS: u64 = 2 * (MESSAGES + 2 * MESSAGES / 4);

#[test]
fn two_processes_keep_a_small_limit_parts_included() {
    let redis = RedisServer::start();
    let runtime = Runtime::new().unwrap();
    let smsc = runtime.block_on(Smsc::start(Script::new())).unwrap();
    let operator = Operator::at(smsc.addr())
        .set("tps_limit", &LIMIT.to_string())
        .session("binds", "2");
    let settings = format!("redis.url = \"{}\"\nlease = \"2s\"", redis.url());
    let hosts = [(); 2].map(|()| {
        let dir = tempfile::tempdir().unwrap();
        let operators = std::slice::from_ref(&operator);
        (
            GatewayProcess::start_with(BINARY, dir.path(), operators, &settings),
            dir,
        )
    });
    let until = |condition: &dyn Fn(&smsc_sim::Counters) -> bool| {
        runtime.block_on(smsc.wait_until(condition, PATIENCE)).unwrap()
    };
    until(&|seen| seen.bound == 2);
    for ((host, _), first) in hosts.iter().zip([491_510_000_000_u64, 491_520_000_000]) {
        let message = |i: u64| {
            let words = if i.is_multiple_of(4) { 80 } else { 1 };
            Message::to(&(first + i).to_string())
                .text(&"word ".repeat(words))
                .operator(operator.id)
        };
        let messages: Vec<_> = (0..MESSAGES).map(message).collect();
        host.post(&messages).unwrap();
    }
    let counters = until(&|seen| seen.accepted == PARTS);
    assert_eq!(counters.submits, PARTS);
    let times: Vec<_> = smsc.submits().iter().map(|submit| submit.at).collect();
    let one_too_many = usize::try_from(LIMIT).unwrap() + 1;
    let shortest = times
        .windows(one_too_many)
        .map(|window| window[one_too_many - 1] - window[0]);
    let shortest = shortest.min().unwrap();
    assert!(shortest >= SECOND - LATE, "{one_too_many} within {shortest:?}");
}
