//! What a message costs in the code that neither waits nor calls anybody: the domain and the codec.
//!
//! ```text
//! cargo bench -p smpp-codec --bench micro [-- --only receipt]
//! ```
//! ns an operation, one thread: the median of ten batches, and the best one. With `--count N --only NAME` one operation is carried
//! out N times and nothing is timed: `tests/benches/compare` counts instructions so.
#![expect(clippy::print_stdout, reason = "a benchmark prints what it measured")]

use bytes::BytesMut;
use smpp_codec::frame::next_frame;
use smpp_codec::{decode, encode};
use smpp_domain::dispatch::DispatchCommand;
use smpp_domain::encoding::{Alphabet, UnencodableRule, encode as encode_text};
use smpp_domain::pdu::{
    Address, CommandStatus, DeliverSmPdu, IncomingBody, Outgoing, OutgoingBody, SubmitSmPdu,
};
use smpp_domain::policy::ReferenceWidth;
use smpp_domain::receipt::message_id::default_key;
use smpp_domain::receipt::{Detection, ReceiptReading, read};
use smpp_domain::session::SubmitResponse;
use smpp_domain::split::{Plan, split};
use smpp_domain::status::StatusClasses;
use smpp_domain::tps::TpsWindow;
use std::error::Error;
use std::hint::black_box;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::{Duration, Instant};

type Outcome = Result<(), Box<dyn Error>>;

/// What is measured, by name.
struct Operation {
    name: &'static str,
    work: Box<dyn FnMut() -> Outcome>,
}

fn main() -> Outcome {
    let options = Options::of(std::env::args().skip(1))?;
    let wanted = |operation: &Operation| match options.count {
        Some(_) => operation.name == options.only,
        None => operation.name.contains(&options.only),
    };
    let mut operations: Vec<_> = operations()?.into_iter().filter(wanted).collect();
    if options.list {
        operations
            .iter()
            .for_each(|operation| println!("{}", operation.name));
        return Ok(());
    }
    if let Some(count) = options.count {
        let operation = operations.first_mut().ok_or("--only names no operation")?;
        return (0..count).try_for_each(|_| (operation.work)());
    }
    println!(
        "{:44} {:>9} {:>8}",
        "ns an operation, one thread", "median", "(best)"
    );
    for Operation { name, work } in &mut operations {
        let (median, best) = nanos(work, options.batch)?;
        println!("{name:44} {median:>9.0} {:>8}", format!("({best:.0})"));
    }
    Ok(())
}

fn nanos(work: &mut dyn FnMut() -> Outcome, batch: Duration) -> Result<(f64, f64), Box<dyn Error>> {
    let mut nanos = Vec::new();
    // The first batch warms up.
    for number in 0..=10 {
        let (started, mut calls) = (Instant::now(), 0_u32);
        while started.elapsed() < batch {
            (0..20).try_for_each(|_| work())?;
            calls += 20;
        }
        if number > 0 {
            nanos.push(started.elapsed().as_secs_f64() * 1e9 / f64::from(calls));
        }
    }
    nanos.sort_by(f64::total_cmp);
    let at = |place: usize| nanos.get(place).copied().unwrap_or_default();
    Ok((at(5), at(0)))
}

struct Options {
    only: String,
    count: Option<u32>,
    list: bool,
    batch: Duration,
}

impl Options {
    fn of(mut arguments: impl Iterator<Item = String>) -> Result<Self, Box<dyn Error>> {
        let mut options = Self {
            only: String::new(),
            count: None,
            list: false,
            batch: Duration::from_millis(1),
        };
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--only" => options.only = arguments.next().ok_or("--only wants a name")?,
                "--count" => options.count = Some(arguments.next().ok_or("--count wants a number")?.parse()?),
                "--list" => options.list = true,
                // Given by `cargo bench`; without it a short run shows that the benchmark still works.
                "--bench" => options.batch = Duration::from_millis(50),
                other => {
                    return Err(format!("{other}: not known; there are --only, --count and --list").into());
                }
            }
        }
        Ok(options)
    }
}

const COMMAND: &str = r#"{"messageId":"0199f3a0-0000-7000-8000-000000000001","to":"+491511234567","from":"Acme",
    "text":"Your parcel no. 00000001 is on its way and arrives today before noon.","encoding":"GSM7",
    "operatorId":"6f1c1a2e-7a54-4c07-9d0e-3b7a1d1c0001","accountId":"00000000-0000-0000-0000-000000000000",
    "messageType":"SMS","longMessageStrategy":"CSMS"}"#;
const SHORT: &str = "Your parcel no. 00000001 is on its way and arrives today before noon.";
const CYRILLIC: &str = "Посылка № 00000001 придёт сегодня до полудня, ждите дома.";
const IN_PARTS: Plan = Plan::Udh {
    width: ReferenceWidth::EightBits,
    max_octets: None,
    max_parts: None,
};

fn operations() -> Result<Vec<Operation>, Box<dyn Error>> {
    let long: String = SHORT.chars().cycle().take(600).collect();
    let encoded = encode_text(&long, &Alphabet::Gsm7Unpacked, &UnencodableRule::Reject)?;
    let submit = submit_sm(SHORT.as_bytes().to_vec());
    let (accepted, delivered) = (submit_sm_resp("10C8F40D"), deliver_sm());
    let receipt = receipt_in(&delivered)?;
    let operator = DispatchCommand::parse(COMMAND.as_bytes())?.operator_id;
    let limit = NonZeroU32::new(1_000).ok_or("a limit")?;
    let mut window = TpsWindow::new(
        operator,
        limit,
        Duration::from_millis(5),
        Duration::from_millis(100),
    );
    let mut now = Instant::now();
    let mut out = BytesMut::with_capacity(1 << 16);
    let (resp, deliver) = (accepted.clone(), delivered.clone());
    let texts = |text: &'static str, alphabet: Alphabet| {
        move || done(encode_text(text, &alphabet, &UnencodableRule::Reject)?)
    };
    let mut list = Vec::new();
    let mut add = |name, work: Box<dyn FnMut() -> Outcome>| list.push(Operation { name, work });
    add(
        "command, parse",
        Box::new(|| done(DispatchCommand::parse(COMMAND.as_bytes())?)),
    );
    add(
        "text, encode GSM 7-bit, 69 characters",
        Box::new(texts(SHORT, Alphabet::Gsm7Unpacked)),
    );
    add(
        "text, encode UCS2, 57 characters",
        Box::new(texts(CYRILLIC, Alphabet::Ucs2)),
    );
    add(
        "text, split into 4 parts",
        Box::new(move || done(split(&encoded, &IN_PARTS, 7)?)),
    );
    add(
        "submit_sm, encode",
        Box::new(move || {
            out.clear();
            done(encode(&submit, &mut out)?)
        }),
    );
    add("submit_sm_resp, decode", Box::new(move || done(incoming(&resp)?)));
    add("deliver_sm, decode", Box::new(move || done(incoming(&deliver)?)));
    add(
        "receipt, read",
        Box::new(move || done(read(&receipt, Detection::EsmClass, None).ok_or("no receipt")?)),
    );
    add(
        "message id, key",
        Box::new(|| done(default_key(black_box("10C8F40D")))),
    );
    add(
        "window of the TPS, reserve 10 of 1,000/s",
        Box::new(move || {
            now += Duration::from_millis(10);
            done(window.reserve(now, 10))
        }),
    );
    add(
        "a whole message with its receipt",
        Box::new(move || whole(&accepted, &delivered)),
    );
    Ok(list)
}

/// All steps of a message of one part, in their order, from the command's octets to what its receipt says.
fn whole(accepted: &[u8], delivered: &[u8]) -> Outcome {
    let command = DispatchCommand::parse(black_box(COMMAND.as_bytes()))?;
    let encoded = encode_text(&command.text, &Alphabet::Gsm7Unpacked, &UnencodableRule::Ucs2)?;
    let parts = split(&encoded, &IN_PARTS, 7)?;
    let mut out = BytesMut::with_capacity(256 * parts.len());
    for part in &parts {
        encode(&submit_sm(part.short_message.clone()), &mut out)?;
    }
    black_box(&out);
    let IncomingBody::SubmitSmResp { message_id, tlvs } = incoming(accepted)? else {
        return Err("no submit_sm_resp".into());
    };
    let response = SubmitResponse {
        message_id,
        tlvs,
        ..SubmitResponse::default()
    };
    black_box(StatusClasses::default().verdict(&response));
    black_box(default_key(&response.message_id));
    let reading: ReceiptReading =
        read(&receipt_in(delivered)?, Detection::EsmClass, None).ok_or("no receipt")?;
    done(reading)
}

fn done<T>(answer: T) -> Outcome {
    black_box(answer);
    Ok(())
}

fn submit_sm(short_message: Vec<u8>) -> Outgoing {
    let address = |digits: &str| Address {
        ton: 1,
        npi: 1,
        digits: digits.to_owned(),
    };
    Outgoing {
        sequence_number: 7,
        command_status: CommandStatus::OK,
        body: OutgoingBody::SubmitSm(Arc::new(SubmitSmPdu {
            source: address("4915112345"),
            destination: address("491511234567"),
            registered_delivery: 1,
            short_message,
            ..SubmitSmPdu::default()
        })),
    }
}

fn pdu(command: u32, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(16 + body.len()).unwrap_or(u32::MAX);
    let mut octets: Vec<_> = [length, command, 0, 7]
        .into_iter()
        .flat_map(u32::to_be_bytes)
        .collect();
    octets.extend(body);
    octets
}

fn submit_sm_resp(id: &str) -> Vec<u8> {
    pdu(0x8000_0004, format!("{id}\0").as_bytes())
}

fn deliver_sm() -> Vec<u8> {
    let text = "id:0281605133 sub:001 dlvrd:001 submit date:250314120000 done date:250314120005 stat:DELIVRD err:000 \
                text:Your parcel";
    let mut body = b"\0\x01\x01491511234567\0\x01\x014915112345\0\x04\0\0\0\0\0\0\0\0".to_vec();
    body.extend(u8::try_from(text.len()));
    body.extend(text.as_bytes());
    pdu(5, &body)
}

/// From the octets that a socket brings to what they say.
fn incoming(octets: &[u8]) -> Result<IncomingBody, Box<dyn Error>> {
    let mut buffer = BytesMut::from(octets);
    let frame = next_frame(&mut buffer)?.ok_or("no whole frame")?;
    let decoded = decode(&frame);
    match decoded.oddity {
        Some(oddity) => Err(oddity.to_string().into()),
        None => Ok(decoded.incoming.body),
    }
}

fn receipt_in(octets: &[u8]) -> Result<DeliverSmPdu, Box<dyn Error>> {
    match incoming(octets)? {
        IncomingBody::DeliverSm(pdu) => Ok(*pdu),
        _ => Err("no deliver_sm".into()),
    }
}
