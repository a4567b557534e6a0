//! What would be done with a message or a PDU: as it is done, and without doing it.

mod submit;

use super::{Stage, has, run};
use serde_json::{Value, json};
use smpp_connector_tests::{GatewayProcess, Message, PATIENCE, http, plugin, plugin_with};
use smsc_sim::Script;
use std::time::Instant;

const LONG: &str = "Żółta łódź płynie po jeziorze, a za nią druga i trzecia; kto chce, ten patrzy. Za długo na jedną wiadomość, \
                    więc bramka musi zdecydować, jak ją podzielić: €";

fn preview(gateway: &GatewayProcess, asked: &Value) -> http::Answer {
    let url = gateway.url("/api/v1/preview");
    http::request("POST", &url, &[], asked.to_string().as_bytes()).unwrap()
}

#[track_caller]
fn seen(gateway: &GatewayProcess, asked: &Value) -> Value {
    let answer = preview(gateway, asked);
    assert_eq!(answer.status, 200, "{asked}: {}", answer.body);
    answer.json()
}

/// A PDU in hexadecimal.
fn pdu(command_id: u32, body: &[u8]) -> String {
    let length = u32::try_from(16 + body.len()).unwrap();
    let header = [length, command_id, 0, 7].map(u32::to_be_bytes).concat();
    hex::encode([header.as_slice(), body].concat())
}

/// A deliver_sm: service_type, source, destination, esm_class and whatever stands up to sm_length, text.
fn deliver_sm(esm_class: u8, text: &str) -> String {
    let mut body = b"\0\x01\x0148600123456\0\x05\0demo\0".to_vec();
    body.extend([esm_class, 0, 0, 0, 0, 0, 0, 0, 0]);
    body.push(u8::try_from(text.len()).unwrap());
    body.extend(text.as_bytes());
    pdu(5, &body)
}

fn submit_sm_resp(id: &str) -> String {
    pdu(0x8000_0004, format!("{id}\0").as_bytes())
}

#[test]
fn what_is_shown_is_what_goes_out() {
    for (name, text, payload) in [
        ("latin1", "Grüße aus Łódź", false),
        ("latin1", LONG, false),
        ("hexdec", LONG, false),
        ("hexdec", LONG, true),
        ("hexdec", "[Hello] €", false),
    ] {
        let stage = Stage::new(Script::new());
        let operator = stage.operator().plugin(plugin_with(name, false));
        let gateway = stage.gateway(&operator);
        let strategy = if payload { "TLV" } else { "CSMS" };
        let message = Message::to("+48600123456")
            .operator(operator.id)
            .text(text)
            .with("longMessageStrategy", strategy.into());
        let command: Value = serde_json::from_str(&message.json()).unwrap();
        let view = seen(&gateway, &json!({ "operator": "acme", "message": command }));
        let outcome = &view["result"]["outcome"];
        assert_eq!(outcome["kind"], "submit", "{view}");
        assert_eq!(stage.smsc.counters().submits, 0, "a preview was sent");

        gateway.post(&[message]).unwrap();
        let parts = outcome["parts"].as_array().unwrap();
        let wanted = u64::try_from(parts.len()).unwrap();
        stage.wait_until(|counters| counters.submits == wanted);
        let submits = stage.smsc.submits();
        for (part, submit) in parts.iter().zip(&submits) {
            let octets = hex::decode(part["octets"].as_str().unwrap()).unwrap();
            let mut sent = submit.short_message.to_vec();
            if submit.esm_class & 0x40 != 0 {
                // The reference is the next one of the number, which a preview does not take.
                let header = hex::decode(part["pdu"]["short-message"].as_str().unwrap()).unwrap();
                sent[3] = header[3];
            }
            let payload = submit.tlv(0x0424).map(|value| value.to_vec());
            let sent = payload.unwrap_or(sent);
            assert!(
                !sent.is_empty() && contains(&octets, &sent),
                "{name}: {part} is not {submit:?}"
            );
            let field = |key: &str| {
                part["pdu"][key]
                    .as_u64()
                    .map(|octet| u8::try_from(octet).unwrap())
            };
            assert_eq!(field("data-coding"), Some(submit.data_coding), "{part}");
            assert_eq!(field("esm-class"), Some(submit.esm_class), "{part}");
        }
    }
}

fn contains(octets: &[u8], part: &[u8]) -> bool {
    octets.windows(part.len()).any(|window| window == part)
}

#[test]
fn pdus_of_the_operator_are_read_beside_another_version() {
    let stage = Stage::new(Script::new());
    let operator = stage.operator().plugin(plugin("hexdec"));
    let gateway = stage.gateway(&operator);
    let ask = |hex: &str| {
        let asked = json!({ "operator": "acme", "pdu": hex, "against": "built-in" });
        seen(&gateway, &asked)
    };
    let response = ask(&submit_sm_resp("1A2B"));
    assert_eq!(response["result"]["outcome"]["key"], "6699", "{response}");
    assert_eq!(response["result"]["outcome"]["verdict"], "accepted", "{response}");
    assert_eq!(response["result"]["policy"]["plugin"], "acme");
    assert_eq!(response["against"]["policy"], Value::Null);
    assert_eq!(response["differences"][0]["path"], "/key", "{response}");
    let told = response["pdu"]["told"].as_str().unwrap();
    has(told, &["submit_sm_resp", "1A2B"]);

    let receipt =
        "id:6699 sub:001 dlvrd:001 submit date:2611270100 done date:2611270101 stat:DELIVRD err:000 text:";
    let receipt = ask(&deliver_sm(0x04, receipt));
    let outcome = &receipt["result"]["outcome"];
    assert_eq!(
        (&outcome["kind"], &outcome["keys"]),
        (&json!("receipt"), &json!(["6699"])),
        "{receipt}"
    );
    let hooks: Vec<_> = receipt["result"]["calls"]
        .as_array()
        .unwrap()
        .iter()
        .map(|call| call["hook"].clone())
        .collect();
    assert_eq!(hooks, ["inbound", "message-ids"]);

    let message = ask(&deliver_sm(0x00, "hello there"));
    assert_eq!(message["result"]["outcome"]["kind"], "message", "{message}");
    assert_eq!(message["result"]["outcome"]["event"]["text"], "hello there");
    assert_eq!(message["differences"], json!([]), "{message}");
    let other = ask(&pdu(0x15, b""));
    assert_eq!(other["result"]["outcome"]["kind"], "nothing", "{other}");
    let odd = ask(&pdu(0x8000_0004, b"1A2B"));
    has(odd["pdu"]["oddity"].as_str().unwrap(), &["no_nul", "message_id"]);

    // None of it was counted, and nobody heard of a message.
    let policy = gateway.get("/api/v1/plugins/acme").json();
    let hooks = policy["hooks"].as_array().unwrap();
    assert!(hooks.iter().all(|hook| hook["calls"] == 0), "{policy}");
    let metrics = gateway.get("/metrics").body;
    let mut counted = metrics
        .lines()
        .filter(|line| line.starts_with("smpp_connector_inbound_total{"));
    assert!(counted.all(|line| line.ends_with(" 0")), "{metrics}");
}

#[test]
fn a_fixture_and_other_settings_are_tried() {
    let stage = Stage::new(Script::new());
    let settings = json!({ "message_id": { "submit_resp": "hex", "receipt": "decimal" } });
    let operator = stage.operator().policy("plugin", "\"quirks\"");
    let gateway = stage.gateway(&operator);
    let fixture = json!({ "name": "an id", "hook": "message-ids", "input": { "raw": "1A2B", "origin": "submit-resp" } });
    let plain = seen(&gateway, &json!({ "operator": "acme", "fixture": fixture }));
    assert_eq!(plain["result"]["outcome"]["kind"], "answer", "{plain}");
    let asked = json!({ "operator": "acme", "fixture": fixture, "settings": settings, "against": "active" });
    let tried = seen(&gateway, &asked);
    assert_eq!(tried["result"]["settings"], settings, "{tried}");
    assert_eq!(tried["result"]["outcome"]["answer"], "6699", "{tried}");
    assert_ne!(tried["differences"], json!([]), "{tried}");
    let active = &gateway.get("/api/v1/plugins/acme").json()["active"];
    assert_ne!(active["settings"], settings, "a preview changed the settings");
}

#[test]
fn what_cannot_be_shown_is_refused_in_words() {
    let stage = Stage::new(Script::new());
    let operator = stage.operator().policy("plugin", "\"quirks\"");
    let gateway = stage.gateway(&operator);
    let message = json!({ "to": "+48600123456", "text": "hello" });
    let fixture = json!({ "hook": "message-ids", "input": { "row": "1A2B" } });
    for (asked, status, words) in [
        (json!({ "message": message }), 400, vec!["operator", "missing"]),
        (
            json!({ "operator": "nobody", "message": message }),
            404,
            vec!["nobody", "acme"],
        ),
        (
            json!({ "operator": "acme" }),
            422,
            vec!["exactly one of message, pdu and fixture"],
        ),
        (
            json!({ "operator": "acme", "message": message, "pdu": "00" }),
            422,
            vec!["exactly one"],
        ),
        (
            json!({ "operator": "acme", "message": { "to": "12", "text": "x" } }),
            422,
            vec!["to:"],
        ),
        (
            json!({ "operator": "acme", "pdu": "zz" }),
            422,
            vec!["hexadecimal", "header included"],
        ),
        (
            json!({ "operator": "acme", "pdu": "00000020" }),
            422,
            vec!["header included"],
        ),
        (
            json!({ "operator": "acme", "fixture": fixture }),
            422,
            vec!["row", "raw"],
        ),
        (
            json!({ "operator": "acme", "message": message, "version": "9.9.9" }),
            409,
            vec!["9.9.9", "quirks"],
        ),
        (
            json!({ "operator": "acme", "message": message, "version": "candidate" }),
            409,
            vec!["no candidate"],
        ),
        (
            json!({ "operator": "acme", "message": message, "version": "built-in", "settings": {} }),
            409,
            vec!["no settings"],
        ),
        (
            json!({ "operator": "acme", "message": message, "settings": { "message_idd": 1 } }),
            422,
            vec!["message_idd"],
        ),
    ] {
        let answer = preview(&gateway, &asked);
        assert_eq!(answer.status, status, "{asked}: {}", answer.body);
        has(&answer.body, &words);
    }
    let huge = vec![b' '; 600 * 1024];
    let answer = http::request("POST", &gateway.url("/api/v1/preview"), &[], &huge).unwrap();
    assert_eq!(answer.status, 413, "{}", answer.body);
}

#[test]
fn a_plugin_that_never_ends_costs_its_own_answer() {
    let stage = Stage::new(Script::new());
    let operator = stage.operator().plugin(plugin("hostile"));
    let gateway = stage.gateway(&operator);
    let asked = json!({ "operator": "acme", "message": { "to": "+48600123456", "text": "!loop" }, "against": "built-in" });
    let started = Instant::now();
    let view = seen(&gateway, &asked);
    assert!(started.elapsed() < PATIENCE);
    assert_eq!(
        view["result"]["calls"][0]["answer"],
        json!({ "fault": "timeout" }),
        "{view}"
    );
    assert_eq!(view["against"]["outcome"]["kind"], "submit", "{view}");
    // Its breaker is that of the preview alone, and nothing of it stands in the log.
    let policy = gateway.get("/api/v1/plugins/acme").json();
    assert_eq!(policy["lastFaults"], json!([]), "{policy}");
    assert!(!gateway.log().contains("policy gave no"), "{}", gateway.log());
}

#[test]
fn the_command_line_shows_the_same() {
    let stage = Stage::new(Script::new());
    let operator = stage.operator().plugin(plugin("hexdec"));
    let gateway = stage.gateway(&operator);
    let url = gateway.url("");
    let told = run(
        stage.path(),
        &[
            "preview",
            "acme",
            "--to",
            "+48600123456",
            "Hello",
            "--against",
            "built-in",
            "--url",
            &url,
        ],
    );
    assert_eq!(told.code, 0, "{told:?}");
    has(
        &told.stdout,
        &[
            "decided by acme",
            "encoding",
            "sent as 1 part(s), GSM7",
            "submit_sm",
            "48656c6c6f",
            "no difference",
        ],
    );
    let told = run(
        stage.path(),
        &[
            "preview",
            "acme",
            "--pdu",
            &submit_sm_resp("1A2B"),
            "--json",
            "--url",
            &url,
        ],
    );
    let json: Value = serde_json::from_str(&told.stdout).unwrap();
    assert_eq!(json["result"]["outcome"]["key"], "6699");
    let told = run(stage.path(), &["preview", "acme", "--pdu", "zz", "--url", &url]);
    assert_eq!(told.code, 1);
    has(&told.stderr, &["hexadecimal"]);
    assert_eq!(run(stage.path(), &["preview", "acme", "Hello"]).code, 64);
}
