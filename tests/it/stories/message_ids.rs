//! The operator's ids in every dress in which they have been seen, and the receipts that carry them.

use super::{count, of_kind};
use smpp_connector_tests::{Gateway, Message, Operator, plugin};
use smsc_sim::{Mo, Receipts, Rule, Script, Smsc, Then, When};

/// A gateway whose messages the operator takes under these ids, one after the other.
async fn taken_as(ids: &[&str], plugin_name: Option<&str>) -> (Smsc, Gateway, Vec<Message>) {
    let script = ids.iter().zip(1..).fold(Script::new(), |script, (id, nth)| {
        let body = [id.as_bytes(), b"\0"].concat();
        script.respond(Rule::when(When::Nth(nth)).then(Then::Body(body.into())))
    });
    let smsc = Smsc::start(script.receipts(Receipts::off())).await.unwrap();
    let mut operator = Operator::at(smsc.addr());
    if let Some(name) = plugin_name {
        operator = operator.plugin(plugin(name));
    }
    let gateway = Gateway::start(vec![operator]).await;
    let mut messages = Vec::new();
    for _ in ids {
        let message = Message::to("491510000009");
        gateway.send(std::slice::from_ref(&message)).await;
        let outcome = gateway.outcome(message.id()).await;
        assert_eq!(outcome["outcome"], "ACCEPTED");
        messages.push(message);
    }
    (smsc, gateway, messages)
}

async fn deliver(smsc: &Smsc, octets: &[u8]) {
    let receipt = Mo {
        esm_class: 0x04,
        octets: octets.to_vec().into(),
        ..Mo::text("491510000009", "Story", "")
    };
    assert_eq!(smsc.send_mo(receipt).await, Ok(0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ids_are_matched_as_they_came_and_no_two_are_made_the_same() {
    let longest = "7".repeat(64);
    let ids = [
        "00B8BE19",
        "B8BE19",
        "023",
        "23",
        "0e999f21-7c01-4a55-8b1d-9f0c2a6d3e10",
        "4a38dc46-5125-4969-90be-72104c340d5c",
        "a29f6845555647139e5c8f3b817f2c9a",
        "7E82912F50E44B058E9A1FDEB41D67B301",
        "812FC7470000001B",
        "171026125222636445993424531920",
        "04062581461565934000241",
        "4062581461565934000241",
        &longest,
    ];
    let (smsc, gateway, messages) = taken_as(&ids, None).await;
    for (id, message) in ids.iter().zip(&messages) {
        deliver(&smsc, format!("id:{id} stat:DELIVRD err:000").as_bytes()).await;
        let end = gateway.end(message.id()).await;
        assert_eq!(end["operatorMessageId"], *id);
    }
    assert_eq!(count(&gateway.events().await, "dlr"), ids.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn numbers_beyond_63_bits_are_numbers_where_the_policy_says_so() {
    let pairs = [
        ("812FC7470000001B", "9308878062554710043"),
        ("FFFFFFFFFFFFFFFF", "18446744073709551615"),
        ("10C8F40D", "0281605133"),
    ];
    let (smsc, gateway, messages) = taken_as(&pairs.map(|(hex, _)| hex), Some("hexdec")).await;
    for ((_, decimal), message) in pairs.iter().zip(&messages) {
        deliver(&smsc, format!("id:{decimal} stat:DELIVRD err:000").as_bytes()).await;
        assert_eq!(gateway.end(message.id()).await["state"], "DELIVERED");
    }
}

/// Texts of receipts as operators have sent them, each with the id that is in it and the state that it tells.
#[rustfmt::skip]
const SEEN: [(&str, &[u8], &str); 12] = [
    ("68673723", b"id:68673723 sub:1 dlvrd:13 submit date:1909301545 done date:1909301545 stat:DELIVRD err:0 Text:\x04\x1a", "DELIVERED"),
    ("2E179B310EDE", b"id:2E179B310EDE submit date:20110314181534 done date:20110314181741 stat:DELIVRD err:0", "DELIVERED"),
    ("74e02ee1", b"sub:001 id:74e02ee1 err:000 dlvrd:001 done date:110206193110 submit date:110206193041 text: stat:DELIVRD", "DELIVERED"),
    ("11f8f466", b"419318028472222#id:11f8f466 sub:001 dlvrd:001 submit date:0902191702 done date:0902191702 stat:DELIVRD err:000 Text:TVILLING: Sl? ut h?", "DELIVERED"),
    ("0318794433", b"id:0318794433 sub:000 dlvrd:000 submit date:2106301439 done date:2106301439 stat:DELIVRD err:000 text:test\0", "DELIVERED"),
    ("1209523057", b"id:1209523057 sub:001 dlvrd:000 submit date:2108251413 done date:2108301413 stat:EXPIRED err:032 text:You purchased XFight", "EXPIRED"),
    ("1744719531", b"id:1744719531 sub:001 dlvrd:000 submit date:2106221410 done date:2106260810 stat:REJECTD err:125 text:1610 is your verific", "REJECTED"),
    ("180711", b"id:180711 submit date:180711070003912+ done date:180711070000012+ stat:UNDELIV", "UNDELIVERABLE"),
    ("0000436949", b"id:0000436949 submit date:1504211508 done date:1504211508 stat:DELIVRD err:000\0", "DELIVERED"),
    ("17102612", b"id:17102612 sub:001 dlvrd:001 submit date:171026130350 done date:171026130355 stat:DELIVRD err:null text:\x84\x89", "DELIVERED"),
    ("naz82", b"id:naz82 submit date:1910141516 done date:1910141516 stat:DELIVRD err:0000 text:-\r\n", "DELIVERED"),
    ("LOWER", b"ID:LOWER SUB:001 DLVRD:001 STAT:delivrd ERR:000", "DELIVERED"),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_receipt_that_was_seen_finds_its_message() {
    let (smsc, gateway, messages) = taken_as(&SEEN.map(|(id, ..)| id), None).await;
    for ((id, text, state), message) in SEEN.iter().zip(&messages) {
        deliver(&smsc, text).await;
        let end = gateway.end(message.id()).await;
        assert_eq!(
            (end["state"].as_str(), end["final"].as_bool()),
            (Some(*state), Some(true)),
            "{id}"
        );
    }
    assert_eq!(of_kind(&gateway.events().await, "unmatched").len(), 0);
}
