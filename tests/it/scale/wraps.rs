//! What comes round on the wire, and a day's work in a few minutes: references of long messages pass their highest number, and an
//! operator that is kept busy is sent to at its limit at the end as in the beginning, by a host that does not grow.

use super::{POST, accepted, count, post};
use crate::platform::pace::Pace;
use crate::platform::{my_turn, size};
use crate::process::BINARY;
use smpp_connector_tests::{Gateway, GatewayProcess, Message, Operator, PATIENCE, Platform};
use smsc_sim::{Receipts, Record, Script, Smsc};
use std::collections::HashSet;
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;
use uuid::Uuid;

/// The reference of the first message to a number: it follows from the message's id, by these sixteen bits of it alone if the
/// others are zero. Near the highest one.
const FIRST: u128 = 65_300;
/// Two parts.
const LONG: usize = 200;

fn long_message(n: usize) -> Message {
    let message = Message::to("4915100000000").text(&format!("{n:0LONG$}"));
    match n {
        0 => message.with("messageId", serde_json::json!(Uuid::from_u128(FIRST))),
        _ => message,
    }
}

/// Reference, part number and octets of a part with a user data header.
fn part(short_message: &[u8]) -> (u16, u8, &[u8]) {
    match short_message {
        [5, 0, 3, reference, 2, part, text @ ..] => (u16::from(*reference), *part, text),
        [6, 8, 4, high, low, 2, part, text @ ..] => (u16::from_be_bytes([*high, *low]), *part, text),
        _ => panic!("no part of two: {short_message:?}"),
    }
}

/// So many long messages to one number: whichever reference one has, none of as many before it as there are references has it.
async fn come_round(mode: &str, highest: u16, many: usize) {
    let smsc = Smsc::start(Script::new().receipts(Receipts::off()))
        .await
        .unwrap();
    let operator = Operator::at(smsc.addr())
        .set("splitting", &format!("{{ mode = \"{mode}\" }}"))
        .set("tps_limit", "1000000");
    let gateway = Gateway::start(vec![operator]).await;
    let messages: Vec<_> = (0..many).map(long_message).collect();
    for some in messages.chunks(POST) {
        gateway.send(some).await;
    }
    let both = 2 * u64::try_from(many).unwrap();
    let limit = PATIENCE * u32::try_from(1 + many / 5_000).unwrap();
    let seen = smsc.wait_until(|seen| seen.accepted == both, limit).await;
    seen.unwrap_or_else(|error| panic!("{mode}: {error}"));
    let submits = smsc.submits();
    let mut references = Vec::new();
    for (n, parts) in submits.chunks(2).enumerate() {
        let (first, second) = (part(&parts[0].short_message), part(&parts[1].short_message));
        assert_eq!(
            (first.0, first.1, second.1),
            (second.0, 1, 2),
            "{mode}, message {n}"
        );
        let text = [first.2, second.2].concat();
        assert_eq!(text, format!("{n:0LONG$}").as_bytes(), "{mode}");
        references.push(first.0);
    }
    let rounds = references.windows(2).filter(|pair| pair[1] < pair[0]);
    assert!(rounds.clone().all(|pair| pair == [highest, 1]), "{mode}");
    assert!(
        rounds.count() >= many / usize::from(highest),
        "{mode}: none has come round"
    );
    assert!(references.contains(&highest) && references.contains(&1), "{mode}");
    for all in references.windows(usize::from(highest).min(many)).step_by(97) {
        assert_eq!(all.iter().collect::<HashSet<_>>().len(), all.len(), "{mode}");
    }
    gateway.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn references_of_eight_bits_come_round() {
    come_round("udh8", 255, size(600, 5_000)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn references_of_sixteen_bits_come_round() {
    come_round("udh16", 65_535, size(600, 70_000)).await;
}

/// Parts a second.
const CAP: u32 = 1_000;
/// A tenth of the time: 10 s in all, or ten minutes.
fn tenth() -> Duration {
    Duration::from_secs(size(1, 60))
}
/// What a host may grow by from the second tenth to the last: what SQLite keeps of its pages, which is filled in the first minute.
fn gain() -> u64 {
    size(56, 16) << 20
}

/// Every tenth message is long. So many destinations that each has one after the other.
fn busy_message(operator: &Operator, n: usize) -> Message {
    let message = Message::to(&format!("4915{:07}", n % 1_000)).operator(operator.id);
    if n.is_multiple_of(10) {
        message.text(&"x".repeat(LONG))
    } else {
        message
    }
}

/// Keeps two seconds of messages before the operator, and tells what each tenth of the time was like: parts sent, and memory.
fn keep_busy(host: &GatewayProcess, operator: &Operator, smsc: &Smsc) -> Vec<(u64, u64)> {
    let ahead = 2 * usize::try_from(CAP).unwrap();
    let mut offered = 0;
    let mut tenths = Vec::new();
    let mut so_far = 0;
    for _ in 0..10 {
        let ends = Instant::now() + tenth();
        while Instant::now() < ends {
            if count(offered) < accepted(host) + count(ahead) {
                let some: Vec<_> = (offered..offered + POST)
                    .map(|n| busy_message(operator, n))
                    .collect();
                post(host, &some);
                offered += POST;
            } else {
                std::thread::sleep(Duration::from_millis(50));
            }
        }
        let sent = smsc.counters().submits;
        tenths.push((sent - so_far, host.own_memory()));
        so_far = sent;
    }
    super::until_accepted(host, offered, tenth());
    tenths
}

fn soak(host: &GatewayProcess, operator: &Operator, smsc: &Smsc, pace: &Pace) {
    let tenths = keep_busy(host, operator, smsc);
    let share = |sent: u64| {
        let sent = count(usize::try_from(sent).unwrap());
        100.0 * sent / f64::from(CAP) / tenth().as_secs_f64()
    };
    let told: Vec<_> = tenths
        .iter()
        .map(|(sent, memory)| format!("{:.1} % {} MiB", share(*sent), memory >> 20))
        .collect();
    let busiest = smsc.max_in_any_second();
    println!(
        "{} parts; use of the limit and memory by tenths of {:?}: {}; {busiest} in the busiest second",
        smsc.counters().submits,
        10 * tenth(),
        told.join(", ")
    );
    let (second, last) = (tenths[1], tenths[9]);
    assert!(
        last.1 < second.1 + gain(),
        "{} MiB more",
        (last.1 - second.1) >> 20
    );
    // An idle machine uses 99 %; a third is a busy one's to waste.
    assert!(share(last.0) > 66.0, "{} % in the end", share(last.0));
    // What the operator is late at noting seems to come faster.
    let late = pace.latest().as_secs_f64();
    let most = f64::from(CAP) * (1.0 + late);
    assert!(
        count(usize::try_from(busiest).unwrap()) <= most,
        "{busiest}, late by {late} s"
    );
}

fn operator(smsc: &Smsc) -> Operator {
    // Ids are remembered for so long, which is to be over soon.
    Operator::at(smsc.addr())
        .set("tps_limit", &CAP.to_string())
        .set("dedupe_window", "\"1s\"")
        .session("window", "100")
}

#[test]
fn a_busy_host_stays_as_it_is() {
    let _turn = my_turn();
    let (runtime, dir) = (Runtime::new().unwrap(), tempfile::tempdir().unwrap());
    let pace = Pace::start_on(&runtime);
    let smsc = runtime
        .block_on(Smsc::start(Script::new().record(Record::Off)))
        .unwrap();
    let operator = operator(&smsc);
    let host = GatewayProcess::start(BINARY, dir.path(), std::slice::from_ref(&operator));
    soak(&host, &operator, &smsc, &pace);
    assert!(host.terminate().success());
}

#[test]
fn a_busy_host_of_a_platform_stays_as_it_is() {
    let _turn = my_turn();
    let platform = Platform::start(BINARY);
    let pace = Pace::start(&platform);
    let smsc = platform.smsc(Script::new().record(Record::Off));
    let operator = operator(&smsc);
    let host = platform.host("host", std::slice::from_ref(&operator));
    soak(&host, &operator, &smsc, &pace);
    assert!(host.terminate().success());
}
