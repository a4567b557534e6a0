//! User data headers and segment parameters.

use super::Bytes;
use smpp_domain::dispatch::MessageType;
use smpp_domain::encoding::{Alphabet, NationalTables, UnencodableRule, data_coding, encode};
use smpp_domain::mobile_originated::{Content, MoPart, join};
use smpp_domain::pdu::{DeliverSmPdu, Tlv, esm_class, tag};
use smpp_domain::policy::ReferenceWidth;
use smpp_domain::split::{Part, Plan, split};
use smpp_domain::udh::user_data;

/// One octet of choices, then user data with its header, which is also taken as a text to be cut.
///
/// A text is the end of what it is cut from, a segment's numbers are possible ones, anything is read as words or as
/// octets, and what we cut is put together again.
pub fn udh(octets: &[u8]) {
    let mut bytes = Bytes(octets);
    let choices = bytes.octet();
    let octets = bytes.rest();
    any(choices, octets);
    let width = if choices & 1 == 0 {
        ReferenceWidth::EightBits
    } else {
        ReferenceWidth::SixteenBits
    };
    let plan = Plan::Udh {
        width,
        max_octets: None,
        max_parts: None,
    };
    let sar = Plan::Sar {
        max_octets: None,
        max_parts: None,
    };
    let national = national(choices >> 4);
    for alphabet in [Alphabet::Gsm7Unpacked, Alphabet::Ucs2]
        .into_iter()
        .chain(national)
    {
        for plan in [&plan, &sar] {
            cut_and_put_together(&String::from_utf8_lossy(octets), &alphabet, plan);
        }
    }
}

/// All tables of a language.
fn national(language: u8) -> Option<Alphabet> {
    let both = NationalTables::new(Some(language), Some(language));
    let tables = both.or_else(|_| NationalTables::new(None, Some(language))).ok()?;
    Some(Alphabet::Gsm7National {
        tables,
        packed: false,
    })
}

fn any(choices: u8, octets: &[u8]) {
    let sar = |tag, end: usize| Tlv {
        tag,
        value: octets.get(..end).unwrap_or(octets).to_vec(),
    };
    let mut pdu = DeliverSmPdu {
        esm_class: if choices & 2 == 0 { 0 } else { esm_class::UDHI },
        data_coding: choices & 0xF0 | choices >> 4,
        ..DeliverSmPdu::default()
    };
    if choices & 4 == 0 {
        pdu.short_message = octets.to_vec();
    } else {
        pdu.tlvs.push(sar(tag::MESSAGE_PAYLOAD, octets.len()));
    }
    if choices & 8 != 0 {
        pdu.tlvs.push(sar(tag::SAR_MSG_REF_NUM, 2));
        pdu.tlvs.push(sar(tag::SAR_SEGMENT_SEQNUM, 1));
        pdu.tlvs.push(sar(tag::SAR_TOTAL_SEGMENTS, 1));
    }
    let (text, header) = user_data(&pdu);
    assert!(octets.ends_with(text));
    if let Some((_, segment)) = header.place {
        assert!((1..=segment.total).contains(&segment.number));
    }
    let part = MoPart::new(&pdu, text, &header, <_>::default(), None);
    match join([(1, &part), (2, &part), (9, &part)]) {
        Content::Text(read) => assert!(read.chars().count() <= 3 * text.len()),
        Content::Data(read) => assert_eq!(read.len(), 3 * text.len()),
    }
}

fn cut_and_put_together(text: &str, alphabet: &Alphabet, plan: &Plan) {
    let Ok(encoded) = encode(text, alphabet, &UnencodableRule::Reject) else {
        return;
    };
    let Ok(parts) = split(&encoded, plan, 7) else {
        return;
    };
    let count = parts.len();
    let numbered = (1..=u8::MAX).zip(parts);
    let parts: Vec<_> = numbered
        .map(|(number, part)| (number, received(part, alphabet, number, count)))
        .collect();
    let together = join(parts.iter().map(|(number, part)| (*number, part)));
    assert_eq!(together, Content::Text(text.to_owned()));
}

/// One of so many parts, as it would come from a subscriber.
fn received(part: Part, alphabet: &Alphabet, number: u8, count: usize) -> MoPart {
    let pdu = DeliverSmPdu {
        data_coding: data_coding(alphabet, MessageType::Sms),
        esm_class: part.esm_class,
        short_message: part.short_message,
        tlvs: part.tlvs,
        ..DeliverSmPdu::default()
    };
    let (octets, header) = user_data(&pdu);
    assert!(!header.is_broken);
    let place = header
        .place
        .map(|(_, segment)| (segment.number, usize::from(segment.total)));
    assert_eq!(place, (count > 1).then_some((number, count)));
    MoPart::new(&pdu, octets, &header, <_>::default(), None)
}
