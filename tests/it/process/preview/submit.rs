//! A submit_sm that somebody shows, as the policy would send it.

use super::{pdu, seen};
use crate::process::{Stage, has, run};
use serde_json::{Value, json};
use smpp_connector_tests::plugin;
use smsc_sim::Script;

/// A submit_sm whose text is the second of three parts.
fn submit_sm() -> String {
    let mut body = b"\0\x05\0demo\0\x01\x01919800000001\0".to_vec();
    body.extend([0x40, 0, 0, 0, 0, 1, 0, 0, 0, 11]);
    body.extend(b"\x05\0\x03\x2A\x03\x02Hello");
    pdu(4, &body)
}

#[test]
fn a_submit_sm_is_given_to_the_policy_as_it_would_go_out() {
    let stage = Stage::new(Script::new());
    let operator = stage
        .operator()
        .plugin(plugin("dlt"))
        .policy("settings", r#"{ entity_id = "1101", template_id = "2202" }"#);
    let gateway = stage.gateway(&operator);
    let given = submit_sm();
    let view = seen(
        &gateway,
        &json!({ "operator": "acme", "pdu": given, "against": "built-in" }),
    );
    let result = &view["result"];
    let call = &result["calls"][0];
    assert_eq!(call["hook"], "submit", "{view}");
    assert_eq!(call["input"]["part"], json!({ "number": 2, "count": 3 }));
    assert_eq!(call["input"]["message"]["text"], "Hello");
    let outcome = &result["outcome"];
    assert_eq!(outcome["kind"], "sent", "{view}");
    let changes: Vec<_> = outcome["changes"].as_array().unwrap().iter().collect();
    let paths: Vec<_> = changes
        .iter()
        .map(|change| change["path"].as_str().unwrap())
        .collect();
    assert_eq!(paths, ["/tlvs/0x1400", "/tlvs/0x1401"], "{outcome}");
    assert_eq!(changes[0]["before"], Value::Null);
    assert_eq!(changes[0]["after"]["value"], hex::encode("1101\0"));
    let octets = outcome["part"]["octets"].as_str().unwrap();
    let tlvs = hex::encode(b"\x14\0\0\x051101\0\x14\x01\0\x052202\0");
    assert_eq!(
        octets.get(8..),
        Some([&given[8..], tlvs.as_str()].concat().as_str())
    );
    let names = |fields: &Value| {
        let fields = fields.as_array().unwrap().iter();
        fields
            .map(|field| field["name"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert!(names(&outcome["part"]["fields"]).contains(&"the operator's own (0x1400)".to_owned()));
    assert_eq!(view["against"]["outcome"]["changes"], json!([]), "{view}");
    assert_ne!(view["differences"], json!([]));

    let without = json!({ "operator": "acme", "pdu": given, "settings": { "entity_id": "1101" } });
    let refused = seen(&gateway, &without);
    assert_eq!(refused["result"]["outcome"]["kind"], "rejected", "{refused}");

    let cut = pdu(4, b"\0\x05\0demo\0\x01\x01919800000001\0\x40");
    let cut = seen(&gateway, &json!({ "operator": "acme", "pdu": cut }));
    assert_eq!(cut["result"]["outcome"]["kind"], "nothing", "{cut}");
    assert_eq!(cut["pdu"]["fault"], "the PDU ends before protocol_id");
    assert_eq!(names(&cut["pdu"]["fields"]).last().unwrap(), "esm_class");
    assert_eq!(stage.smsc.counters().submits, 0, "a preview was sent");

    let url = gateway.url("");
    let words = run(
        stage.path(),
        &["preview", "acme", "--pdu", &given, "--fields", "--url", &url],
    );
    let wanted = [
        "sent with 2 changes",
        "/tlvs/0x1400: null before, ",
        "concatenation: 8-bit reference 42, part 2 of 3",
        "the operator's own (0x1401)",
    ];
    has(&words.stdout, &wanted);
    let plain = [
        "preview",
        "acme",
        "--pdu",
        &given,
        "--version",
        "built-in",
        "--url",
        &url,
    ];
    has(&run(stage.path(), &plain).stdout, &["sent as it is"]);
}
