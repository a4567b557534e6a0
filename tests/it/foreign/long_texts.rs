//! Long texts in every alphabet, cut in every way, read by three decoders that share no code with the gateway: node-smpp,
//! aiosmpplib, and Wireshark.

use super::readings::{by_aiosmpplib, by_node, by_tshark, together};
use super::{accepted, submits};
use crate::tshark::reader::{DefaultAlphabet, read};
use crate::tshark::relay::Relay;
use serde_json::json;
use smpp_connector_tests::foreign::{NodeSmsc, read_submits};
use smpp_connector_tests::{Gateway, Message, Operator, plugin};
use std::net::SocketAddr;

/// 3GPP TS 23.038 section 6.2.1, without what only breaks lines; and its extension table, of which each takes two septets.
const GSM7: &str = "@£$¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?\
                    ¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
const EXTENSION: &str = "^{}\\[~]|€";

/// A way for a text to go out.
struct Way {
    operator: Operator,
    /// What the command asks for.
    encoding: &'static str,
    text: String,
}

/// Every alphabet cut in every way, once by policy and, where the operator's file can say the same, once by that.
fn ways(smsc: SocketAddr) -> Vec<Way> {
    // Nothing but pairs, with a single septet or code unit among them: whatever the length of a part is, some border falls
    // into a pair.
    let pairs = |pair: &str| format!("{}a{}", pair.repeat(110), pair.repeat(110));
    let latin1: String = (' '..='~').chain('\u{A0}'..='\u{FF}').collect();
    let texts = [
        ("gsm7", "GSM7", format!("{GSM7}{EXTENSION}{}", pairs("€"))),
        ("ucs2", "UCS2", format!("Zug nach 日本, ждём: {}", pairs("🚂"))),
        ("latin1", "GSM7", latin1.repeat(3)),
    ];
    let cutter = plugin("cutter");
    let mut ways = Vec::new();
    for (alphabet, encoding, text) in texts {
        for cut in ["udh8", "udh16", "sar", "payload"] {
            let named = |by: &str| Operator::at(smsc).named(&format!("{alphabet}-{cut}-{by}"));
            let by_policy = named("policy").plugin(cutter.clone()).policy(
                "settings",
                &format!("{{ alphabet = \"{alphabet}\", cut = \"{cut}\" }}"),
            );
            let by_file = |by| named(by).set("splitting", &format!("{{ mode = \"{cut}\" }}"));
            let backwards = "{ part_order = \"last-to-first\", more_messages_to_send = true }";
            let mut operators = vec![by_policy];
            if alphabet != "latin1" {
                operators.extend([by_file("file"), by_file("backwards").set("submit", backwards)]);
            }
            ways.extend(operators.into_iter().map(|operator| Way {
                operator,
                encoding,
                text: text.clone(),
            }));
        }
    }
    ways
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn others_put_long_texts_together_again() {
    let smsc = NodeSmsc::start().await;
    let relay = Relay::to(smsc.addr()).await;
    let ways = ways(relay.addr);
    let gateway = Gateway::start(ways.iter().map(|way| way.operator.clone()).collect()).await;
    let to = |number: usize| format!("491511234{number:03}");
    for (number, way) in ways.iter().enumerate() {
        let message = Message::to(&to(number)).text(&way.text).operator(way.operator.id);
        accepted(&gateway, &message.with("encoding", json!(way.encoding))).await;
    }

    let pdus = relay.pdus();
    let submits = submits(&pdus);
    let seen = read(&pdus, DefaultAlphabet::Unpacked);
    let readings = [
        (
            "node-smpp",
            smsc.pdus("submit_sm", submits.len())
                .await
                .iter()
                .map(by_node)
                .collect(),
        ),
        (
            "aiosmpplib",
            read_submits(&submits).iter().map(by_aiosmpplib).collect(),
        ),
        (
            "tshark",
            seen.iter()
                .filter(|pdu| pdu.name() == "submit_sm")
                .map(by_tshark)
                .collect(),
        ),
    ];
    for (reader, parts) in readings {
        let mut read = together(reader, parts);
        for (number, way) in ways.iter().enumerate() {
            let name = &way.operator.name;
            let (parts, read) = read.remove(&to(number)).unwrap_or_default();
            assert_eq!(read, way.text, "{name} by {reader}");
            assert_eq!(parts == 1, name.contains("payload"), "{name}: {parts} parts");
        }
        assert!(read.is_empty(), "{reader} has read messages that nobody wrote");
    }
}
