//! National language tables, as node-smpp reads them. It has one table a language for both shifts, so the texts keep to what
//! both agree upon.

use super::accepted;
use super::readings::{by_node, elements, together};
use smpp_connector_tests::foreign::NodeSmsc;
use smpp_connector_tests::{Gateway, Message, Operator};

/// Information elements: the extension table and the alphabet itself, 3GPP TS 23.040 section 9.2.3.24.15 and 16.
const SINGLE: u8 = 0x24;
const LOCKING: u8 = 0x25;

/// Languages by their identifier, 3GPP TS 23.038 section 6.2.1.2.4.
const TURKISH: u8 = 1;
const SPANISH: u8 = 2;
const PORTUGUESE: u8 = 3;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn texts_in_national_tables_are_read() {
    let turkish = "Saat 5'te bekliyoruz, gecikme olmasın. ";
    let very_turkish = "Şişli'deki ığdır ağacının gölgesi ";
    let spanish = "El camión llegará a las 7, ¿está bien así? ";
    let portuguese = "A promoção termina amanhã. Não perca, você também! ";
    let rows = [
        (turkish.to_owned(), SINGLE, TURKISH),
        (turkish.repeat(8), SINGLE, TURKISH),
        (very_turkish.to_owned(), SINGLE, TURKISH),
        // Where it saves a part, the alphabet itself goes.
        (very_turkish.repeat(8), LOCKING, TURKISH),
        (spanish.to_owned(), SINGLE, SPANISH),
        (spanish.repeat(8), SINGLE, SPANISH),
        (portuguese.to_owned(), SINGLE, PORTUGUESE),
        (portuguese.repeat(3), LOCKING, PORTUGUESE),
    ];
    let smsc = NodeSmsc::start().await;
    let operator = Operator::at(smsc.addr()).set("national_tables", "\"auto\"");
    let gateway = Gateway::start(vec![operator]).await;
    let to = |row: usize| format!("4915112345{row}");
    for (number, (text, ..)) in rows.iter().enumerate() {
        accepted(&gateway, &Message::to(&to(number)).text(text)).await;
    }
    let events = gateway.events().await;
    let count = events
        .iter()
        .filter_map(|event| event["parts"].as_array())
        .map(Vec::len)
        .sum();
    let submits = smsc.pdus("submit_sm", count).await;
    let mut read = together("node-smpp", submits.iter().map(by_node).collect());
    for (number, (text, shift, language)) in rows.into_iter().enumerate() {
        let (_, read) = read.remove(&to(number)).expect("a message");
        assert_eq!(read, text);
        let pdus = submits.iter().map(|event| &event["pdu"]);
        let own = pdus.filter(|pdu| pdu["destination_addr"] == to(number));
        for elements in own.map(elements) {
            let shifts = || {
                elements
                    .iter()
                    .filter(|element| matches!(element[0], SINGLE | LOCKING))
            };
            assert!(
                shifts().any(|element| *element == [shift, 1, language]),
                "{text}: {elements:?}"
            );
            assert!(
                shifts().all(|element| element[2] == language),
                "{text}: {elements:?}"
            );
        }
    }
}
