//! Ready-made operators, each with a quirk that was seen in the field.

use crate::ids::IdForm;
use crate::script::receipts::{Carrier, FinalState, Receipts};
use crate::script::rule::{Rule, Then, When};
use crate::script::{Script, Writes};
use crate::wire::status;
use std::time::Duration;

/// Vendor status that several operators use for a data_coding that they do not take.
const DATA_CODING_MISMATCH: u32 = 0x433;

/// Names and descriptions of the profiles, as `smpp-connector sim` lists them.
pub const PROFILES: &[(&str, &str)] = &[
    (
        "plain",
        "a well-behaved operator: decimal ids, DELIVRD receipts after half a second",
    ),
    (
        "latin1",
        "takes data_coding 3 and 8 alone (else 0x433), and no user data header (0x43): long texts must \
                come in message_payload",
    ),
    (
        "hexdec",
        "ids in hex in responses and in padded decimal in receipts; states in words of its own",
    ),
    ("hex", "ids in hex in responses and in receipts"),
    (
        "turned-decimal",
        "the operator \"hex\" after a change that nobody announced: its receipts write the ids in decimal",
    ),
    (
        "slow",
        "answers after 0.8 to 1.2 s, out of order; receipts after 10 s",
    ),
    (
        "throttling",
        "takes 50 submit_sm a second; answers 0x58 to the rest, and 0x14 to each 97th",
    ),
    (
        "early-receipts",
        "sends the receipt before the response, as TLVs and text",
    ),
    (
        "odd",
        "octet by octet, bodies on errors, ids without NUL, double answers, double receipts, words of its own",
    ),
    (
        "flaky",
        "drops the link at each 200th submit_sm, loses an answer now and then, and refuses some binds",
    ),
];

/// The script of a profile; `None` when there is none of that name.
///
/// In all of them, destinations that end in 001 stay undelivered, in 002 expire, in 003 are rejected late,
/// and in 000 are refused at once with 0x0B.
#[must_use]
pub fn profile(name: &str) -> Option<Script> {
    let receipts = Receipts::new()
        .after(Duration::from_millis(500))
        .state_for("001", FinalState::undelivered("001"))
        .state_for("002", FinalState::expired("032"))
        .state_for("003", FinalState::rejected("125"));
    let script = match name {
        "plain" => Script::new(),
        "latin1" => latin1(),
        "hexdec" => {
            return Some(refusing(hexdec()).receipts(own_words()));
        }
        "hex" => Script::new().ids(IdForm::HexUpper),
        "turned-decimal" => Script::new().ids(IdForm::HexUpper).receipt_ids(IdForm::Decimal),
        "slow" => {
            let script = Script::new()
                .latency(Duration::from_millis(800))
                .jitter(Duration::from_millis(400), 1)
                .receipts(receipts.after(Duration::from_secs(10)));
            return Some(refusing(script));
        }
        "throttling" => Script::new()
            .throttle_above(50, status::THROTTLED)
            .respond(Rule::when(When::Every(97)).then(Then::Status(status::QUEUE_FULL))),
        "early-receipts" => {
            let receipts = receipts.carrier(Carrier::TextAndTlv).before_response(true);
            return Some(refusing(Script::new().latency(Duration::from_millis(20))).receipts(receipts));
        }
        "odd" => return Some(refusing(odd()).receipts(own_words().duplicates(1))),
        "flaky" => Script::new()
            .drop_link_after(200)
            .bind_status_times(status::ALREADY_BOUND, 1)
            .respond(Rule::when(When::Every(61)).then(Then::NoAnswer)),
        _ => return None,
    };
    Some(refusing(script).receipts(receipts))
}

fn refusing(script: Script) -> Script {
    let nobody = When::DestinationSuffix("000".into());
    script.respond(Rule::when(nobody).then(Then::Status(status::INVALID_DESTINATION)))
}

fn latin1() -> Script {
    let other_alphabet = When::Not(Box::new(When::DataCoding(vec![3, 8])));
    Script::new()
        .ids(IdForm::Uuid)
        .respond(Rule::when(other_alphabet).then(Then::Status(DATA_CODING_MISMATCH)))
        .respond(Rule::when(When::HasHeader).then(Then::Status(status::INVALID_ESM_CLASS)))
}

fn hexdec() -> Script {
    Script::new()
        .first_id(0x10C8_F40D)
        .ids(IdForm::HexUpper)
        .receipt_ids(IdForm::DecimalPadded(10))
}

fn odd() -> Script {
    Script::new()
        .ids(IdForm::HexLower)
        .receipt_ids(IdForm::HexUpper)
        .first_id(0x00B8_BE19)
        .writes(Writes::ByteByByte)
        .bodies_on_errors(true)
        .unterminated_ids(true)
        .respond(Rule::when(When::Every(7)).then(Then::AnswerTwice))
        .respond(Rule::when(When::Every(11)).then(Then::Nack(status::SYSTEM_ERROR)))
}

/// Words and numbers for states as operators really write them.
fn own_words() -> Receipts {
    Receipts::new()
        .after(Duration::from_millis(500))
        .state_for("001", FinalState::new("FAILED", "21b", 5))
        .state_for("002", FinalState::new("EXPIRED", "0032", 3))
        .state_for("003", FinalState::new("REJECTED", "null", 8))
        .state_for("004", FinalState::new("0", "000", 2))
        .otherwise(FinalState::new("DELIVERED", "000", 2))
        .template(
            "id:{id} sub:{sub} dlvrd:{dlvrd} submit date:{submit_seconds} done date:{done_seconds} \
             stat:{stat} err:{err} Text:{text}",
        )
}
