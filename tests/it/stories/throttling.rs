//! An operator that bears less than was agreed.

use super::{assert_outcomes, count};
use smpp_connector_tests::{Gateway, Message, Operator};
use smsc_sim::{Script, Smsc, Submit, status};
use std::collections::BTreeMap;
use std::time::Duration;

/// What the operator takes, and what it has told us.
const CAP: u32 = 100;
const TOLD: &str = "150";
const MESSAGES: usize = 2_200;
const NUMBERS: usize = 37;

/// From the 11th second on.
struct Later {
    refused: f64,
    per_second: f64,
}

fn later(submits: &[Submit]) -> Later {
    let from = submits[0].at + Duration::from_secs(10);
    let later: Vec<_> = submits.iter().filter(|submit| submit.at >= from).collect();
    let taken = later.iter().filter(|submit| submit.number.is_some()).count();
    let time = later.last().unwrap().at - from;
    Later {
        refused: 1.0 - taken as f64 / later.len() as f64,
        per_second: taken as f64 / time.as_secs_f64(),
    }
}

/// The texts that were taken of each number, in order.
fn by_number(submits: &[Submit]) -> BTreeMap<&str, Vec<usize>> {
    let mut numbers: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for submit in submits.iter().filter(|submit| submit.number.is_some()) {
        let text = std::str::from_utf8(&submit.short_message)
            .unwrap()
            .parse()
            .unwrap();
        numbers
            .entry(&submit.destination.digits[..])
            .or_default()
            .push(text);
    }
    numbers
}

async fn told_too_much() -> Later {
    let script = Script::new()
        .latency(Duration::from_millis(20))
        .throttle_above(CAP, status::THROTTLED);
    let smsc = Smsc::start(script).await.unwrap();
    let operator = Operator::at(smsc.addr())
        .set("tps_limit", TOLD)
        .session("window", "20");
    let gateway = Gateway::start(vec![operator]).await;
    let messages: Vec<_> = (0..MESSAGES)
        .map(|i| Message::to(&super::number(i % NUMBERS)).text(&i.to_string()))
        .collect();
    gateway.send(&messages).await;
    let events = gateway
        .events_until(|events| count(events, "submit") == MESSAGES)
        .await;
    assert_outcomes(&events, &messages, "ACCEPTED");
    let submits = smsc.submits();
    for (number, texts) in by_number(&submits) {
        assert!(texts.is_sorted(), "{}: {texts:?}", number);
    }
    later(&submits)
}

/// A machine that is busy with something else is late for send times and wastes them: the better of two runs counts.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn is_used_to_nine_tenths_and_refuses_less_than_one_in_a_hundred() {
    for attempt in 0..2 {
        let Later { refused, per_second } = told_too_much().await;
        eprintln!("{:.2} % refused, {per_second:.1} a second", 100.0 * refused);
        assert!(refused < 0.01, "{refused:.4} refused");
        if per_second > 0.9 * f64::from(CAP) {
            return;
        }
        assert!(attempt < 1, "{per_second:.1} a second of {CAP}");
    }
}
