//! National language tables.

use serde_json::json;
use smpp_connector_tests::{Gateway, Message, Operator};
use smsc_sim::{Concatenation, Script, Smsc};

/// The letters of the Turkish single shift table stand where the plain ones do, behind an escape.
fn turkish(octets: &[u8]) -> String {
    let plain = String::from_utf8(octets.to_vec()).expect("letters that are in ASCII too");
    [("s", "ş"), ("g", "ğ"), ("i", "ı"), ("c", "ç"), ("I", "İ")]
        .iter()
        .fold(plain, |text, (plain, letter)| {
            text.replace(&format!("\u{1b}{plain}"), letter)
        })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_text_goes_in_the_tables_that_the_operator_allows() {
    let smsc = Smsc::start(Script::new()).await.unwrap();
    let operator = Operator::at(smsc.addr()).set("national_tables", r#"["turkish"]"#);
    let gateway = Gateway::start(vec![operator]).await;
    let long = "İyi akşamlar, şimdi çığ var. ".repeat(7);
    for (text, encoding) in [
        ("çığ", "GSM7_NATIONAL"),
        ("plain", "GSM7"),
        ("снег", "UCS2"),
        (&long, "GSM7_NATIONAL"),
    ] {
        let message = Message::to("905321234567").text(text);
        gateway.send(std::slice::from_ref(&message)).await;
        let outcome = gateway.outcome(message.id()).await;
        assert_eq!(
            (&outcome["outcome"], &outcome["encoding"]),
            (&json!("ACCEPTED"), &json!(encoding)),
            "{text}"
        );
    }
    let first = &smsc.submits()[0];
    assert_eq!((first.esm_class & 0x40, first.data_coding), (0x40, 0));
    assert_eq!(&first.short_message[..], b"\x03\x24\x01\x01\x1bc\x1bi\x1bg");
    assert_eq!(
        smsc.submits()[1].esm_class & 0x40,
        0,
        "a header only where it is needed"
    );
    let received = smsc.messages();
    let last = received.last().expect("messages");
    assert_eq!(last.concatenation, Concatenation::Udh8);
    assert!(last.is_complete());
    assert_eq!(turkish(&last.octets), long);
}
