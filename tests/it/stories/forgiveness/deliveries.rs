//! deliver_sm and data_sm in every dress. Each is answered, and what can be read of it is told.

use super::{DATA_SM, DELIVER_SM, Story, assert_tells, kinds_of, pdu};
use serde_json::{Value, json};
use smpp_connector_tests::Message;
use smsc_sim::Writes;

const RESPONSE: u32 = 0x8000_0000;

/// The fields of a deliver_sm, as octets; those that a case does not set are as they should be.
struct Fields<'a> {
    service_type: &'a [u8],
    source: &'a [u8],
    esm_class: u8,
    times: &'a [u8],
    data_coding: u8,
    /// Of `text` unless it is given.
    sm_length: Option<u8>,
    text: &'a [u8],
    tlvs: &'a [u8],
}

impl Default for Fields<'_> {
    fn default() -> Self {
        Self {
            service_type: b"\0",
            source: b"491510000009\0",
            esm_class: 0,
            times: b"\0\0",
            data_coding: 0,
            sm_length: None,
            text: b"Hello",
            tlvs: b"",
        }
    }
}

impl Fields<'_> {
    fn body(&self) -> Vec<u8> {
        let sm_length = self.sm_length.unwrap_or(u8::try_from(self.text.len()).unwrap());
        [
            self.service_type,
            b"\x01\x01",
            self.source,
            b"\x01\x0112345\0",
            &[self.esm_class, 0, 0],
            self.times,
            &[0, 0, self.data_coding, 0, sm_length],
            self.text,
            self.tlvs,
        ]
        .concat()
    }
}

/// What a PDU comes to.
enum Told {
    /// A message from a subscriber, with these fields.
    Mo(Value),
    /// The receipt of the message in flight, in this state.
    Dlr(&'static str),
}

struct Case {
    name: &'static str,
    command: u32,
    body: Vec<u8>,
    told: Told,
    /// Under which it is kept, if it is odd.
    kind: Option<&'static str>,
}

fn case(name: &'static str, fields: &Fields<'_>, told: Told, kind: Option<&'static str>) -> Case {
    Case {
        name,
        command: DELIVER_SM,
        body: fields.body(),
        told,
        kind,
    }
}

/// A message that reads `text`.
fn says(text: &str) -> Told {
    Told::Mo(json!({ "from": "491510000009", "to": "12345", "text": text }))
}

fn lengths() -> Vec<Case> {
    let usual = Fields::default;
    let text_of_255 = [b'x'; 255];
    vec![
        case(
            "sm_length of 255",
            &Fields {
                text: &text_of_255,
                ..usual()
            },
            says(&"x".repeat(255)),
            None,
        ),
        case(
            "sm_length beyond the end",
            &Fields {
                sm_length: Some(200),
                ..usual()
            },
            says("Hello"),
            Some("beyond_end"),
        ),
        case(
            "a TLV beyond the end",
            &Fields {
                tlvs: b"\x04\x27\0\x10\x02",
                ..usual()
            },
            says("Hello"),
            Some("beyond_end"),
        ),
        Case {
            name: "no field after esm_class",
            command: DELIVER_SM,
            body: b"\0\x01\x01491510000009\0\x01\x0112345\0\0".to_vec(),
            told: says(""),
            kind: Some("cut_short"),
        },
    ]
}

fn fields() -> Vec<Case> {
    let usual = Fields::default;
    let long = "4".repeat(40);
    let long_source = [long.as_bytes(), b"\0"].concat();
    vec![
        case(
            "times of a wrong length",
            &Fields {
                times: b"26010112\0tomorrow\0",
                ..usual()
            },
            says("Hello"),
            Some("odd_time"),
        ),
        case(
            "service_type over long",
            &Fields {
                service_type: b"smsgateway\0",
                ..usual()
            },
            says("Hello"),
            Some("over_long"),
        ),
        case(
            "an address over long",
            &Fields {
                source: &long_source,
                ..usual()
            },
            Told::Mo(json!({ "from": long, "text": "Hello" })),
            Some("over_long"),
        ),
        case(
            "an address beyond ASCII",
            &Fields {
                source: b"Caf\xE9\0",
                ..usual()
            },
            Told::Mo(json!({ "from": "Caf\u{E9}", "text": "Hello" })),
            Some("not_ascii"),
        ),
        case(
            "NUL inside the text",
            &Fields {
                text: b"a\0b",
                ..usual()
            },
            says("a@b"),
            None,
        ),
        case(
            "a user data header that is none",
            &Fields {
                esm_class: 0x40,
                ..usual()
            },
            says("Hello"),
            None,
        ),
        case(
            "reply path",
            &Fields {
                esm_class: 0x83,
                ..usual()
            },
            says("Hello"),
            None,
        ),
    ]
}

fn optional_parameters() -> Vec<Case> {
    let with = |name, tlvs, text, kind| {
        let told = says(text);
        let text = text.as_bytes();
        case(
            name,
            &Fields {
                tlvs,
                text,
                ..Fields::default()
            },
            told,
            kind,
        )
    };
    vec![
        with("TLVs without a value", b"\x14\0\0\0\x04\x27\0\0", "Hello", None),
        with(
            "TLVs that nobody knows",
            b"\xFF\xFF\0\x03abc\0\0\0\x01?",
            "Hello",
            None,
        ),
        with(
            "callback_num in digit mode 0x71",
            b"\x03\x81\0\x08\x71\x01\x0149170",
            "Hello",
            None,
        ),
        with("more_messages_to_send", b"\x04\x26\0\x01\x01", "Hello", None),
        with("two texts", b"\x04\x24\0\x05Other", "Hello", Some("two_texts")),
        Case {
            name: "a data_sm with its text in message_payload",
            command: DATA_SM,
            body: b"\0\x01\x01491510000009\0\x01\x0112345\0\0\0\0\x04\x24\0\x05Hello".to_vec(),
            told: says("Hello"),
            kind: None,
        },
    ]
}

/// Receipts for the id `odd-N`, where N is the case's number.
fn receipts() -> Vec<Case> {
    let text = b"id:odd-# stat:DELIVRD err:000 text:".as_slice();
    let receipt = |name, esm_class, text, tlvs, kind| {
        let fields = Fields {
            esm_class,
            text,
            tlvs,
            ..Fields::default()
        };
        case(name, &fields, Told::Dlr("DELIVERED"), kind)
    };
    vec![
        receipt("a receipt and mode bits", 0x07, text, b"", None),
        receipt("a receipt and UDHI without a header", 0x44, text, b"", None),
        receipt("a receipt and reply path", 0x84, text, b"", None),
        receipt(
            "a receipt that ends with NUL",
            0x04,
            b"id:odd-# stat:DELIVRD\0",
            b"",
            None,
        ),
        receipt(
            "receipted_message_id without NUL",
            0x04,
            b"",
            b"\0\x1E\0\x05odd-#\x04\x27\0\x01\x02",
            None,
        ),
        receipt(
            "TLVs that come twice",
            0x04,
            b"",
            b"\0\x1E\0\x06odd-#\0\0\x1E\0\x06other\0\x04\x27\0\x01\x02\x04\x27\0\x01\x05",
            None,
        ),
        receipt(
            "a receipt whose last TLV is cut",
            0x04,
            text,
            b"\x04\x23\0\x03\x03",
            Some("beyond_end"),
        ),
        Case {
            name: "a data_sm of TLVs alone",
            command: DATA_SM,
            body: b"\0\x01\x01491510000009\0\x01\x0112345\0\x04\0\0\0\x1E\0\x06odd-#\0\x04\x27\0\x01\x02"
                .to_vec(),
            told: Told::Dlr("DELIVERED"),
            kind: None,
        },
    ]
}

/// Puts the case's own id, of the same length, in the place of `odd-#`.
fn numbered(case: Case, letter: char) -> (Case, String) {
    let id = format!("odd-{letter}");
    let place = case.body.windows(5).position(|octets| octets == b"odd-#");
    let mut body = case.body;
    if let Some(at) = place {
        body[at..at + 5].copy_from_slice(id.as_bytes());
    }
    (Case { body, ..case }, id)
}

async fn assert_told(story: &Story, message: &Message, case: &Case, before: usize) {
    let events = story.gateway.events_until(|_| true).await;
    match &case.told {
        Told::Mo(wanted) => {
            let new: Vec<_> = events[before..]
                .iter()
                .filter(|event| event["type"] == "mo")
                .collect();
            assert_eq!(new.len(), 1, "{}: {new:?}", case.name);
            assert_tells(new[0], wanted, case.name);
        }
        Told::Dlr(state) => {
            let end = story.gateway.end(message.id()).await;
            assert_eq!(end["state"], *state, "{}: {end}", case.name);
        }
    }
}

async fn all_are_answered_and_told(cases: Vec<Case>, writes: Writes) {
    let mut story = Story::begin(writes).await;
    for ((case, letter), sequence) in cases.into_iter().zip('a'..='z').zip(0x8000_0100..) {
        let (case, id) = numbered(case, letter);
        let (message, submit) = story.in_flight().await;
        let before = story.gateway.events().await.len();
        story.write(&pdu(case.command, 0, sequence, &case.body));
        let answer = story.answer(sequence).await;
        assert_eq!(
            (answer.command, answer.status, &answer.body[..]),
            (case.command | RESPONSE, 0, &b"\0"[..]),
            "{}",
            case.name
        );
        story.take(submit, &id);
        let outcome = story.gateway.outcome(message.id()).await;
        assert_eq!(outcome["outcome"], "ACCEPTED", "{}", case.name);
        assert_told(&story, &message, &case, before).await;
        let expected: Vec<_> = case.kind.into_iter().collect();
        assert_eq!(kinds_of(&story.kept().await, sequence), expected, "{}", case.name);
    }
    story.assert_bound_throughout().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lengths_that_lie_cost_what_they_hide() {
    all_are_answered_and_told(lengths(), Writes::Whole).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn odd_fields_are_read_past() {
    all_are_answered_and_told(fields(), Writes::Whole).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn odd_optional_parameters_are_read_past() {
    all_are_answered_and_told(optional_parameters(), Writes::Whole).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn odd_receipts_find_their_messages() {
    all_are_answered_and_told(receipts(), Writes::Whole).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_delivery_may_come_octet_by_octet() {
    let all = lengths().into_iter().chain(fields());
    let all = all.chain(optional_parameters()).chain(receipts());
    all_are_answered_and_told(all.collect(), Writes::ByteByByte).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_delivery_that_cannot_be_read_is_answered_once_and_kept() {
    let mut story = Story::begin(Writes::Whole).await;
    for (command, body, sequence) in [
        (DELIVER_SM, &b""[..], 501),
        (DELIVER_SM, b"\0\x01\x01123", 502),
        (DATA_SM, b"", 503),
    ] {
        let (message, submit) = story.in_flight().await;
        story.write(&pdu(command, 0, sequence, body));
        let answer = story.answer(sequence).await;
        assert_eq!(answer.command, command | RESPONSE);
        assert_ne!(answer.status, 0x64, "not to be sent again for days");
        story.take(submit, "fine");
        assert_eq!(story.gateway.outcome(message.id()).await["outcome"], "ACCEPTED");
        assert_eq!(kinds_of(&story.kept().await, sequence), ["unreadable"]);
    }
    story.assert_bound_throughout().await;
}
