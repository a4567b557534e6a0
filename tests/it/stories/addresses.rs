//! Senders and recipients, as one operator and another want them.

use serde_json::{Value, json};
use smpp_connector_tests::{Gateway, Message, Operator};
use smsc_sim::{Address, Script, Smsc};

/// What an operator with these settings gets: for each pair of addresses the submit_sm's, or why there is none.
async fn sent(
    set: impl Fn(Operator) -> Operator,
    pairs: &[(&str, &str)],
) -> Vec<Result<(Address, Address), String>> {
    let smsc = Smsc::start(Script::new()).await.unwrap();
    let gateway = Gateway::start(vec![set(Operator::at(smsc.addr()))]).await;
    let messages: Vec<_> = pairs
        .iter()
        .enumerate()
        .map(|(i, (from, to))| Message::to(to).with("from", json!(from)).text(&i.to_string()))
        .collect();
    gateway.send(&messages).await;
    let mut found = Vec::new();
    for (i, message) in messages.iter().enumerate() {
        let outcome = gateway.outcome(message.id()).await;
        let text = i.to_string();
        let submit = smsc
            .submits()
            .into_iter()
            .find(|submit| submit.short_message == text.as_bytes());
        found.push(match submit {
            Some(submit) => Ok((submit.source, submit.destination)),
            None => Err(refusal(&outcome)),
        });
    }
    found
}

fn refusal(outcome: &Value) -> String {
    assert_eq!(outcome["outcome"], "REJECTED", "{outcome:#}");
    outcome["reason"].as_str().expect("a reason").to_owned()
}

fn address(ton: u8, npi: u8, digits: &str) -> Address {
    Address {
        ton,
        npi,
        digits: digits.to_owned(),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_rules_addresses_are_what_they_look_like() {
    let pairs = [
        ("+4930123456", "+491510000009"),
        ("40404", "491510000009"),
        ("GP-ID & Co", "40404"),
        ("", "491510000009"),
    ];
    let found = sent(|operator| operator, &pairs).await;
    let international = address(1, 1, "491510000009");
    let expected = [
        (address(1, 1, "4930123456"), international.clone()),
        (address(3, 0, "40404"), international.clone()),
        (address(5, 0, "GP-ID & Co"), address(3, 0, "40404")),
        (address(0, 0, ""), international),
    ];
    assert_eq!(found, expected.map(Ok));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn numbers_go_as_the_operators_rules_write_them() {
    let with_rules = |operator: Operator| {
        operator
            .set(
                "source",
                r#"{ rule = [
                    { match = "plus", replace_prefix = "+" },
                    { match = "digits", length = [3, 8], ton = 5, npi = 0 },
                    { match = "text", npi = 1 },
                ] }"#,
            )
            .set(
                "destination",
                r#"{ rule = [
                    { prefix = "49", replace_prefix = "0", ton = 2, npi = 1 },
                    { match = "plus", replace_prefix = "00" },
                ] }"#,
            )
    };
    let pairs = [
        ("+4930123456", "+491510000009"),
        ("40404", "491510000009"),
        ("Telenor", "+33612345678"),
        ("4930123456", "33612345678"),
    ];
    let national = address(2, 1, "01510000009");
    let expected = [
        (address(1, 1, "+4930123456"), national.clone()),
        (address(5, 0, "40404"), national),
        (address(5, 1, "Telenor"), address(1, 1, "0033612345678")),
        (address(1, 1, "4930123456"), address(1, 1, "33612345678")),
    ];
    assert_eq!(sent(with_rules, &pairs).await, expected.map(Ok));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_session_says_of_ton_and_npi_wins_over_the_rules() {
    let with_both = |operator: Operator| {
        operator
            .set("source", r#"{ rule = [{ match = "text", ton = 5, npi = 1 }] }"#)
            .session("source_address", "{ ton = 0 }")
            .session("destination_address", "{ ton = 0, npi = 0 }")
    };
    let found = sent(with_both, &[("ACME", "491510000009")]).await;
    assert_eq!(
        found,
        [Ok((address(0, 1, "ACME"), address(0, 0, "491510000009")))]
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn names_go_in_the_operators_alphabet_or_not_at_all() {
    let to = "491510000009";
    let names = [("Café_1€", to), ("a@b", to), ("Twelve chars", to), ("Ж", to)];
    let gsm7 = |operator: Operator| operator.set("source", r#"{ alphabet = "gsm7" }"#);
    let found = sent(gsm7, &names).await;
    let (source, _) = found[0].clone().expect("a name of the alphabet");
    assert_eq!(source, address(5, 0, "Caf\u{5}\u{11}1\u{1B}e"));
    assert_eq!(
        found[1..],
        [
            "from: '@' cannot be in a sender here: it is 0x00 in GSM7, which would end the field",
            "from: takes 12 octets in GSM7: an alphanumeric sender has at most 11 here",
            "from: 1 of the characters are not in GSM7: 'Ж' (U+0416) at 1",
        ]
        .map(|reason| Err(reason.to_owned()))
    );

    let forgiving = |operator: Operator| {
        let source = r#"{ alphabet = "gsm7", on_unencodable = "transliterate", max_length = 20 }"#;
        operator.set("source", source)
    };
    let found = sent(forgiving, &names).await;
    let names: Vec<_> = found
        .iter()
        .flatten()
        .map(|(source, _)| source.digits.as_str())
        .collect();
    assert_eq!(names, ["Caf\u{5}\u{11}1\u{1B}e", "a?b", "Twelve chars", "?"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_operator_may_want_a_sender() {
    let wants_one = |operator: Operator| operator.set("source", "{ allow_empty = false }");
    let found = sent(wants_one, &[("", "491510000009"), ("A", "491510000009")]).await;
    assert_eq!(
        found[0],
        Err("from: is empty, and this operator wants a sender".to_owned())
    );
    assert!(found[1].is_ok());
}
