//! Characters on their way to the phone.

use smpp_connector_tests::{Gateway, Message, Operator};
use smsc_sim::{Script, Smsc};

/// 3GPP TS 23.038 section 6.2.1, in the order of the codes; 0x1B is the escape to the table of extensions.
const DEFAULT_ALPHABET: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\u{1B}ÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?\
    ¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";

const EXTENSION: [(char, u8); 10] = [
    ('\u{0C}', 0x0A),
    ('^', 0x14),
    ('{', 0x28),
    ('}', 0x29),
    ('\\', 0x2F),
    ('[', 0x3C),
    ('~', 0x3D),
    (']', 0x3E),
    ('|', 0x40),
    ('€', 0x65),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_character_of_the_default_alphabet_arrives_as_itself() {
    let basic = DEFAULT_ALPHABET.chars().zip(0..).filter(|(c, _)| *c != '\u{1B}');
    let basic = basic.map(|(c, code)| (c, vec![code]));
    let extended = EXTENSION.map(|(c, code)| (c, vec![0x1B, code]));
    let (text, octets): (String, Vec<_>) = basic.chain(extended).unzip();
    assert_eq!(text.chars().count(), 137);

    let smsc = Smsc::start(Script::new()).await.unwrap();
    let gateway = Gateway::start(vec![Operator::at(smsc.addr())]).await;
    let message = Message::to("491510000009").text(&text);
    gateway.send(std::slice::from_ref(&message)).await;
    let outcome = gateway.outcome(message.id()).await;
    assert_eq!(
        (outcome["outcome"].as_str(), outcome["partCount"].as_u64()),
        (Some("ACCEPTED"), Some(1))
    );
    let submits = smsc.submits();
    assert_eq!(submits[0].data_coding, 0);
    assert_eq!(submits[0].short_message, octets.concat());
}
