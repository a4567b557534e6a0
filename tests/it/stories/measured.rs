//! What the metrics tell of delays, of fullness, and of what the gateway stands on.

use super::{count, messages, of_kind, seen};
use serde_json::Value;
use smpp_connector_tests::servers::RedisServer;
use smpp_connector_tests::{Gateway, Message, Operator, PATIENCE};
use smsc_sim::{Receipts, Rule, Script, Smsc, Then, When};
use std::time::Duration;

/// The value of the series that is written so, without the prefix that all have.
fn value(gateway: &Gateway, series: &str) -> Option<f64> {
    let page = gateway.app.metrics.render();
    let lines = page.lines().filter_map(|line| line.rsplit_once(' '));
    let series = format!("smpp_connector_{series}");
    let (_, value) = lines.into_iter().find(|(name, _)| *name == series)?;
    Some(value.parse().unwrap())
}

#[track_caller]
fn assert_value(gateway: &Gateway, series: &str, expected: f64) {
    assert_eq!(value(gateway, series), Some(expected), "{series}");
}

async fn until(gateway: &Gateway, series: &str, enough: impl Fn(Option<f64>) -> bool) {
    let waiting = async {
        while !enough(value(gateway, series)) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let waited = tokio::time::timeout(PATIENCE, waiting).await;
    assert!(waited.is_ok(), "{series} stays {:?}", value(gateway, series));
}

fn is_end(event: &Value) -> bool {
    event["messageFinal"] == true
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_delay_is_told_by_its_own_histogram() {
    let script = Script::new()
        .latency(Duration::from_millis(60))
        .receipts(Receipts::new().after(Duration::from_millis(1_500)));
    let smsc = Smsc::start(script).await.unwrap();
    // Two in a second: they do not all go at once.
    let operator = Operator::at(smsc.addr()).set("tps_limit", "2");
    let gateway = Gateway::start(vec![operator]).await;
    gateway.send(&messages(2)).await;
    let long = Message::to("4915100000019").text(&"long ".repeat(60));
    gateway.send(&[long]).await;
    gateway
        .events_until(|events| events.iter().filter(|event| is_end(event)).count() == 3)
        .await;

    // One for each command, one for each of the four parts.
    assert_value(&gateway, "submit_delay_seconds_count{operator=\"acme\"}", 3.0);
    assert_value(&gateway, "response_seconds_count{operator=\"acme\"}", 4.0);
    until(
        &gateway,
        "receipt_delay_seconds_count{operator=\"acme\"}",
        |ended| ended == Some(4.0),
    )
    .await;
    let within = |family: &str, end: &str| {
        let series = format!("{family}_bucket{{le=\"{end}\",operator=\"acme\"}}");
        value(&gateway, &series).unwrap_or_else(|| panic!("{series} is not there"))
    };
    assert_eq!(within("response_seconds", "0.05"), 0.0, "the SMSC takes 60 ms");
    assert_eq!(within("response_seconds", "10.0"), 4.0);
    assert_eq!(
        within("receipt_delay_seconds", "0.5"),
        0.0,
        "and its receipt comes 1.4 s later"
    );
    assert_eq!(within("receipt_delay_seconds", "30.0"), 4.0);
    let at_once = within("submit_delay_seconds", "0.2");
    assert!(at_once < 3.0, "nothing has waited for its turn");
    assert_eq!(within("submit_delay_seconds", "60.0"), 3.0);
    let sum = value(&gateway, "receipt_delay_seconds_sum{operator=\"acme\"}").unwrap();
    assert!((2.0..60.0).contains(&sum), "{sum}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receipt_that_overtakes_its_answer_has_taken_no_time() {
    let early = Receipts::new().after(Duration::from_millis(200));
    let script = Script::new().latency(Duration::from_millis(800)).receipts(early);
    let smsc = Smsc::start(script).await.unwrap();
    let gateway = Gateway::start(vec![Operator::at(smsc.addr())]).await;
    gateway.send(&messages(2)).await;
    gateway
        .events_until(|events| events.iter().filter(|event| is_end(event)).count() == 2)
        .await;
    until(
        &gateway,
        "receipt_delay_seconds_count{operator=\"acme\"}",
        |ended| ended == Some(2.0),
    )
    .await;
    let sum = value(&gateway, "receipt_delay_seconds_sum{operator=\"acme\"}").unwrap();
    assert!(sum < 0.002, "rows tell the millisecond of the answer: {sum}");
    let answers = value(&gateway, "response_seconds_sum{operator=\"acme\"}").unwrap();
    assert!(answers >= 1.6, "they came long after submit_sm: {answers}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_sent_again_has_waited_once() {
    let refuse = Rule::when(When::First(1)).then(Then::Status(0x58));
    let smsc = Smsc::start(Script::new().respond(refuse)).await.unwrap();
    let gateway = Gateway::start(vec![Operator::at(smsc.addr())]).await;
    gateway.send(&messages(1)).await;
    gateway.events_until(|events| count(events, "submit") == 1).await;
    assert_eq!(smsc.counters().submits, 2);
    assert_value(&gateway, "submit_delay_seconds_count{operator=\"acme\"}", 1.0);
    assert_value(&gateway, "response_seconds_count{operator=\"acme\"}", 2.0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_oldest_command_ages_while_nobody_answers() {
    let silent = Rule::when(When::Always).then(Then::Ignore);
    let smsc = Smsc::start(Script::new().respond(silent)).await.unwrap();
    let operator = Operator::at(smsc.addr()).session("window", "3");
    let gateway = Gateway::start(vec![operator]).await;
    let bind = |family: &str| format!("{family}{{operator=\"acme\",session=\"1\",bind=\"1\"}}");
    let oldest = "oldest_command_seconds{operator=\"acme\"}";
    assert_value(&gateway, oldest, 0.0);
    assert_value(&gateway, &bind("bind_window"), 3.0);
    gateway.send(&messages(5)).await;
    seen(&smsc, |seen| seen.submits == 3).await;
    until(&gateway, &bind("bind_in_flight"), |out| out == Some(3.0)).await;
    until(&gateway, "queued_commands{operator=\"acme\"}", |queued| {
        queued == Some(5.0)
    })
    .await;
    until(&gateway, oldest, |age| age > Some(1.0)).await;

    smsc.set_script(Script::new());
    smsc.cut_links();
    gateway.events_until(|events| count(events, "submit") == 5).await;
    until(&gateway, oldest, |age| age == Some(0.0)).await;
    until(&gateway, &bind("bind_in_flight"), |out| out == Some(0.0)).await;
    until(&gateway, "queued_commands{operator=\"acme\"}", |queued| {
        queued == Some(0.0)
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backend_that_is_away_shows_and_comes_back() {
    let mut redis = RedisServer::start();
    let smsc = Smsc::start(Script::new()).await.unwrap();
    let gateway = Gateway::start_with_redis(&redis.url(), vec![Operator::at(smsc.addr())]).await;
    let up = |backend: &str| format!("backend_up{{backend=\"{backend}\"}}");
    // All are asked at once, and each is told of when it answers.
    for backend in ["redis", "sqlite"] {
        until(&gateway, &up(backend), |up| up == Some(1.0)).await;
    }
    assert_eq!(value(&gateway, &up("nats")), None, "it is not in use");
    redis.kill();
    until(&gateway, &up("redis"), |up| up == Some(0.0)).await;
    assert_value(&gateway, &up("sqlite"), 1.0);
    redis.start_again();
    until(&gateway, &up("redis"), |up| up == Some(1.0)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_file_shows_and_a_removed_operator_leaves_no_gauges() {
    let smsc = Smsc::start(Script::new()).await.unwrap();
    let operators = vec![
        Operator::at(smsc.addr()),
        Operator::at(smsc.addr()).named("volta"),
    ];
    let gateway = Gateway::start(operators).await;
    until(&gateway, "operators{state=\"running\"}", |count| {
        count == Some(2.0)
    })
    .await;
    assert_value(&gateway, "operators{state=\"waiting\"}", 0.0);
    assert_value(&gateway, "configuration_problems", 0.0);
    let file = gateway.path("operators/volta.toml");
    let good = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, good.replace("tps_limit", "tps_limits")).unwrap();
    until(&gateway, "configuration_problems", |problems| {
        problems > Some(0.0)
    })
    .await;
    assert_value(&gateway, "operators{state=\"running\"}", 2.0);

    std::fs::remove_file(&file).unwrap();
    until(&gateway, "operators{state=\"running\"}", |count| {
        count == Some(1.0)
    })
    .await;
    assert_value(&gateway, "configuration_problems", 0.0);
    until(&gateway, "queued_commands{operator=\"volta\"}", |queued| {
        queued.is_none()
    })
    .await;
    let page = gateway.app.metrics.render();
    let gauges = [
        "binds_up",
        "in_flight_messages",
        "tps_rate",
        "stopped",
        "oldest_command_seconds",
        "bind_window",
        "bind_in_flight",
    ];
    let is_gauge = |line: &str| {
        let named = |gauge: &&str| line.starts_with(&format!("smpp_connector_{gauge}{{"));
        gauges.iter().any(named)
    };
    let left: Vec<_> = page
        .lines()
        .filter(|line| line.contains("volta") && is_gauge(line))
        .collect();
    assert!(left.is_empty(), "{left:#?}");
    let sessions = gateway.events().await;
    assert!(!of_kind(&sessions, "session").is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_process_and_the_version_are_told() {
    let gateway = Gateway::start(Vec::new()).await;
    let version = format!("build_info{{version=\"{}\"}}", env!("CARGO_PKG_VERSION"));
    assert_value(&gateway, &version, 1.0);
    let page = gateway.app.metrics.render();
    let process = |name: &str| -> f64 {
        let mut lines = page.lines().filter_map(|line| line.rsplit_once(' '));
        let found = lines.find(|(series, _)| *series == format!("process_{name}"));
        found
            .unwrap_or_else(|| panic!("{name} is not in {page}"))
            .1
            .parse()
            .unwrap()
    };
    assert!(process("cpu_seconds_total") > 0.0);
    assert!(process("resident_memory_bytes") > 1e6);
    assert!(process("threads") >= 2.0);
    assert!((3.0..process("max_fds")).contains(&process("open_fds")));
    let now = chrono::Utc::now().timestamp();
    #[expect(clippy::cast_precision_loss, reason = "seconds of this century")]
    let age = now as f64 - process("start_time_seconds");
    assert!((-1.0..600.0).contains(&age), "{age}");
}
