//! What of a message can be seen as a trace, and what a collector can do to a gateway: nothing.

use super::{assert_outcomes, count, messages, of_kind};
use smpp_connector_tests::{Collector, Gateway, Message, Mood, Operator, Span, http, plugin};
use smpp_domain::ids::MessageId;
use smpp_domain::sampling::Share;
use smpp_domain::trace::SpanId;
use smsc_sim::{Mo, Receipts, Rule, Script, Smsc, Then, When};
use std::collections::BTreeMap;
use std::sync::Arc;
use tempfile::TempDir;

const NUMBER: &str = "491510000009";
const TEXT: &str = "Ihr geheimer Code: 4711";

fn folder() -> Arc<TempDir> {
    Arc::new(tempfile::tempdir().expect("a temporary folder"))
}

/// A gateway that traces everything.
async fn traced(collector: &Collector, operators: Vec<Operator>) -> Gateway {
    Gateway::start_with(folder(), operators, &settings(collector, "1.0")).await
}

fn settings(collector: &Collector, sample: &str) -> String {
    let otlp = collector.url();
    format!(
        "[traces]\notlp = \"{otlp}\"\nsample = {sample}\ntimeout = \"300ms\"\n[traces.headers]\nx-key = \"hush\"\n"
    )
}

fn trace_of(message: MessageId) -> String {
    message.0.simple().to_string()
}

fn of<'a>(spans: &'a [Span], message: &Message) -> Vec<&'a Span> {
    let trace = trace_of(message.id());
    spans.iter().filter(|span| span.trace == trace).collect()
}

fn named<'a>(spans: &[&'a Span], name: &str) -> Vec<&'a Span> {
    spans.iter().filter(|span| span.name == name).copied().collect()
}

fn id(id: SpanId) -> String {
    format!("{:016x}", id.get())
}

/// Every span lies within what its parent says: it begins after it.
fn assert_in_order(spans: &[&Span]) {
    let starts: BTreeMap<_, _> = spans.iter().map(|span| (&span.id, span.start)).collect();
    assert_eq!(starts.len(), spans.len(), "an id of two spans");
    for span in spans {
        assert!(span.start <= span.end, "{span:#?}");
        if !span.parent.is_empty() {
            let parent = starts.get(&span.parent).expect("a parent that was told");
            assert!(*parent <= span.start, "{} begins before its parent", span.name);
        }
    }
}

async fn spans_until(
    collector: &Arc<Collector>,
    enough: impl Fn(&[Span]) -> bool + Send + 'static,
) -> Vec<Span> {
    let collector = Arc::clone(collector);
    let waiting = tokio::task::spawn_blocking(move || collector.spans_until(enough));
    waiting.await.expect("spans")
}

fn has(name: &'static str, count: usize) -> impl Fn(&[Span]) -> bool {
    move |spans| spans.iter().filter(|span| span.name == name).count() >= count
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_messages_trace_has_all_of_its_way_and_nothing_private() {
    let collector = Arc::new(Collector::start());
    let smsc = Smsc::start(Script::new()).await.unwrap();
    let operator = Operator::at(smsc.addr()).plugin(plugin("hexdec"));
    let gateway = traced(&collector, vec![operator]).await;
    let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let message = Message::to(NUMBER).text(TEXT).with("traceparent", parent.into());
    gateway.send(std::slice::from_ref(&message)).await;
    gateway.end(message.id()).await;
    let spans = spans_until(&collector, |spans| {
        has("receipt", 1)(spans) && has("message", 1)(spans)
    })
    .await;
    let own = of(&spans, &message);
    assert_in_order(&own);
    assert_eq!(own.len(), spans.len(), "nothing but the message's");

    let root = named(&own, "message")[0];
    assert_eq!(root.id, id(SpanId::of_message(message.id())));
    assert_eq!((root.parent.as_str(), root.kind), ("", 5));
    let link = (
        "0af7651916cd43dd8448eb211c80319c".to_owned(),
        "b7ad6b7169203331".to_owned(),
    );
    assert_eq!(root.links, [link]);
    assert_eq!(root.attributes["messaging.destination.name"], "acme");
    assert_eq!(root.attributes["messaging.message.id"], message.id().to_string());
    assert_eq!(root.attributes["smpp.outcome"], "accepted");
    assert_eq!(root.attributes["smpp.policy.plugin"], "acme");
    assert_eq!(root.failed, None);
    for name in ["queue", "decide", "wait", "settle"] {
        let steps = named(&own, name);
        assert_eq!(steps.len(), 1, "{name}");
        assert_eq!(steps[0].parent, root.id, "{name}");
        assert!(steps[0].end <= root.end, "{name} is a step of the message");
    }
    let part = named(&own, "submit_sm")[0];
    assert_eq!(part.id, id(SpanId::of_part(message.id(), 1)));
    assert_eq!((part.parent.as_str(), part.kind), (root.id.as_str(), 3));
    assert_eq!(part.attributes["smpp.command_status"], "0x00000000");
    assert_eq!(part.attributes["smpp.part.count"], 1);
    assert_eq!(part.attributes["smpp.data_coding"], 0);
    let receipt = named(&own, "receipt")[0];
    assert_eq!(receipt.parent, part.id);
    assert_eq!(receipt.attributes["smpp.receipt.state"], "DELIVERED");
    // It may have overtaken its row.
    let outcome = receipt.attributes["smpp.outcome"].as_str().unwrap();
    assert!(["matched", "late"].contains(&outcome), "{outcome}");
    let (inbound, ids) = (named(&own, "inbound"), named(&own, "message-ids"));
    assert_eq!(inbound[0].parent, receipt.id);
    let parents: Vec<_> = ids.iter().map(|span| span.parent.as_str()).collect();
    assert!(parents.contains(&part.id.as_str()) && parents.contains(&receipt.id.as_str()));
    assert_eq!(
        ids[0].attributes["smpp.policy.version"],
        inbound[0].attributes["smpp.policy.version"]
    );
    assert_eq!(root.resource["service.name"], "smpp-connector");
    assert!(root.resource.contains_key("service.instance.id"));

    for (head, body) in collector.requests() {
        assert!(head.starts_with("POST /v1/traces HTTP/1.1\r\n"), "{head}");
        assert!(head.to_lowercase().contains("x-key: hush\r\n"), "{head}");
        let text = String::from_utf8_lossy(&body);
        for private in [NUMBER, "geheim", "4711", "Story", "hush"] {
            assert!(!text.contains(private), "{private} is in a trace");
        }
    }
    gateway.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_try_of_every_part_is_seen() {
    let collector = Arc::new(Collector::start());
    let throttled = Rule::when(When::Nth(2)).then(Then::Status(0x58));
    let smsc = Smsc::start(Script::new().respond(throttled)).await.unwrap();
    let gateway = traced(&collector, vec![Operator::at(smsc.addr())]).await;
    let message = Message::to(NUMBER).text(&"e".repeat(400));
    gateway.send(std::slice::from_ref(&message)).await;
    gateway.end(message.id()).await;
    let spans = spans_until(&collector, |spans| {
        has("receipt", 3)(spans) && has("message", 1)(spans)
    })
    .await;
    let own = of(&spans, &message);
    assert_in_order(&own);
    let mut tries = named(&own, "submit_sm");
    tries.sort_by_key(|span| span.start);
    let told: Vec<_> = tries
        .iter()
        .map(|span| {
            (
                span.attributes["smpp.part.number"].as_u64().unwrap(),
                span.attributes["smpp.outcome"].as_str().unwrap(),
                span.failed.as_deref(),
            )
        })
        .collect();
    let accepted = |part| (part, "accepted", None);
    assert_eq!(
        told,
        [
            accepted(1),
            (2, "throttled", Some("throttled")),
            accepted(2),
            accepted(3)
        ]
    );
    for receipt in named(&own, "receipt") {
        let number = receipt.attributes["smpp.part.number"].as_u64().unwrap();
        let part = SpanId::of_part(message.id(), u8::try_from(number).unwrap());
        assert_eq!(receipt.parent, id(part));
    }
    gateway.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_message_ends_its_trace_as_failed() {
    let collector = Arc::new(Collector::start());
    let refused = Rule::when(When::Nth(1)).then(Then::Status(0x0B));
    let smsc = Smsc::start(Script::new().respond(refused)).await.unwrap();
    let operator = Operator::at(smsc.addr()).set("on_unencodable", "\"reject\"");
    let gateway = traced(&collector, vec![operator]).await;
    let refused = Message::to(NUMBER).text(TEXT);
    gateway.send(std::slice::from_ref(&refused)).await;
    gateway.outcome(refused.id()).await;
    let never = Message::to(NUMBER).text("世界");
    gateway.send(std::slice::from_ref(&never)).await;
    gateway.outcome(never.id()).await;
    let spans = spans_until(&collector, has("message", 2)).await;
    let own = of(&spans, &refused);
    let root = named(&own, "message")[0];
    assert_eq!(root.failed.as_deref(), Some("rejected"));
    assert_eq!(root.attributes["smpp.command_status"], "0x0000000B");
    assert_eq!(named(&own, "submit_sm")[0].failed.as_deref(), Some("refused"));
    let own = of(&spans, &never);
    assert_eq!(named(&own, "decide")[0].failed.as_deref(), Some("rejected"));
    assert_eq!(named(&own, "submit_sm").len(), 0);
    assert_eq!(named(&own, "message")[0].failed.as_deref(), Some("rejected"));
    gateway.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receipt_after_a_restart_joins_its_messages_trace() {
    let collector = Arc::new(Collector::start());
    let smsc = Smsc::start(Script::new().receipts(Receipts::off()))
        .await
        .unwrap();
    let operator = Operator::at(smsc.addr());
    let named_host = |name: &str| format!("host_name = \"{name}\"\n{}", settings(&collector, "1.0"));
    let before = Gateway::start_with(folder(), vec![operator.clone()], &named_host("before")).await;
    let message = Message::to(NUMBER).text(TEXT);
    before.send(std::slice::from_ref(&message)).await;
    before.outcome(message.id()).await;
    let dir = before.folder();
    // At once: what waits to be sent is sent by the shutdown.
    before.shutdown().await;
    let told = collector.spans();
    assert_eq!(named(&of(&told, &message), "message").len(), 1, "flushed");

    let after = Gateway::start_with(dir, vec![operator], &named_host("after")).await;
    let receipt = Mo {
        esm_class: 0x04,
        ..Mo::text(NUMBER, "Story", "id:1 stat:DELIVRD err:000")
    };
    super::seen(&smsc, |seen| seen.binds == 2).await;
    assert_eq!(smsc.send_mo(receipt).await, Ok(0));
    after.shutdown().await;
    let spans = collector.spans();
    let own = of(&spans, &message);
    assert_in_order(&own);
    let receipt = named(&own, "receipt")[0];
    assert_eq!(receipt.parent, named(&own, "submit_sm")[0].id);
    assert_eq!(receipt.resource["service.instance.id"], "after");
    assert_eq!(
        named(&own, "message")[0].resource["service.instance.id"],
        "before"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_share_of_messages_is_traced_whole_and_the_others_not_at_all() {
    let collector = Arc::new(Collector::start());
    let smsc = Smsc::start(Script::new()).await.unwrap();
    let operator = vec![Operator::at(smsc.addr())];
    let gateway = Gateway::start_with(folder(), operator, &settings(&collector, "0.25")).await;
    let messages = messages(200);
    gateway.send(&messages).await;
    for message in &messages {
        gateway.end(message.id()).await;
    }
    gateway.shutdown().await;
    let share = Share::new(0.25);
    let mut traced = 0;
    let spans = collector.spans();
    for message in &messages {
        let own = of(&spans, message);
        if share.takes(message.id()) {
            traced += 1;
            assert_in_order(&own);
            // One that has overtaken its message may be found twice, and counts once.
            let mut receipts = named(&own, "receipt");
            receipts.retain(|receipt| receipt.attributes["smpp.outcome"] != "duplicate");
            assert_eq!((named(&own, "message").len(), receipts.len()), (1, 1));
        } else {
            assert!(own.is_empty(), "{own:#?}");
        }
    }
    assert!((20..=80).contains(&traced), "{traced} of 200");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_span_of_the_platform_comes_by_a_header_as_well() {
    let collector = Arc::new(Collector::start());
    let smsc = Smsc::start(Script::new()).await.unwrap();
    let operator = Operator::at(smsc.addr());
    let gateway = traced(&collector, vec![operator.clone()]).await;
    let parent = |digit: &str| format!("00-{}-{}-01", digit.repeat(32), digit.repeat(16));
    let own = Message::to(NUMBER)
        .operator(operator.id)
        .with("traceparent", parent("a").into());
    let none = Message::to(NUMBER).operator(operator.id);
    let body = format!("{}\n{}\n", own.json(), none.json());
    let (url, header) = (gateway.url("/api/v1/messages"), parent("b"));
    let answer = tokio::task::spawn_blocking(move || {
        let headers = [
            ("content-type", "application/x-ndjson"),
            ("traceparent", header.as_str()),
        ];
        http::request("POST", &url, &headers, body.as_bytes())
    });
    assert_eq!(answer.await.unwrap().unwrap().status, 202);
    let spans = spans_until(&collector, has("message", 2)).await;
    for (message, digit) in [(&own, "a"), (&none, "b")] {
        let links = &named(&of(&spans, message), "message")[0].links;
        assert_eq!(links, &[(digit.repeat(32), digit.repeat(16))]);
    }
    gateway.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bad_collector_costs_its_traces_and_nothing_else() {
    for mood in [
        Some(Mood::Refusing(503)),
        Some(Mood::Refusing(400)),
        Some(Mood::Silent),
        None,
    ] {
        let collector = Arc::new(Collector::start());
        let smsc = Smsc::start(Script::new()).await.unwrap();
        let operator = vec![Operator::at(smsc.addr())];
        let settings = match mood {
            Some(mood) => {
                collector.turn(mood);
                settings(&collector, "1.0")
            }
            // A port that nobody listens at.
            None => "[traces]\notlp = \"http://127.0.0.1:1\"\nsample = 1.0\ntimeout = \"300ms\"\n".to_owned(),
        };
        let gateway = Gateway::start_with(folder(), operator, &settings).await;
        // More spans than there is room for.
        let messages = messages(2_000);
        gateway.send(&messages).await;
        let events = gateway
            .events_until(|events| {
                let ends = of_kind(events, "dlr").into_iter();
                let ended = ends.filter(|event| event["messageFinal"] == true).count();
                // A receipt may overtake its message's outcome.
                (ended, count(events, "submit")) == (messages.len(), messages.len())
            })
            .await;
        assert_outcomes(&events, &messages, "ACCEPTED");
        let metrics = gateway.app.metrics.clone();
        let page = metrics.render();
        assert!(lost(&page, "exported") == 0, "{mood:?}");
        assert_eq!(
            gateway.shutdown().await,
            smpp_connector::lifecycle::Ended::Clean,
            "{mood:?}"
        );
        let page = metrics.render();
        assert!(
            lost(&page, "failed") + lost(&page, "dropped") > 0,
            "{mood:?}: {page}"
        );
    }
}

/// Spans with this result.
fn lost(page: &str, result: &str) -> u64 {
    let series = format!("smpp_connector_trace_spans_total{{result=\"{result}\"}} ");
    let count = page.lines().find_map(|line| line.strip_prefix(&series));
    count.map_or(0, |count| count.parse().expect("a number"))
}
