use super::*;
use crate::pdu::Address;

/// What it is called, what was asked, and what the plugin makes of it.
type Change = (&'static str, SubmitSmPdu, fn(&mut SubmitSmPdu));

fn part() -> SubmitSmPdu {
    SubmitSmPdu {
        source: Address {
            ton: 5,
            npi: 0,
            digits: "Acme".to_owned(),
        },
        destination: Address {
            ton: 1,
            npi: 1,
            digits: "491510000042".to_owned(),
        },
        registered_delivery: 1,
        short_message: b"hello".to_vec(),
        ..SubmitSmPdu::default()
    }
}

/// Segment 1 of 2, by header.
fn segment() -> SubmitSmPdu {
    SubmitSmPdu {
        esm_class: 0x40,
        short_message: b"\x05\x00\x03\x2F\x02\x01hello".to_vec(),
        ..part()
    }
}

fn tlv(tag: u16, octets: usize) -> Tlv {
    let value = vec![b'x'; octets];
    Tlv { tag, value }
}

/// Segment 1 of 2, by parameters.
fn sar() -> SubmitSmPdu {
    let tlvs = [(0x020C, vec![0, 7]), (0x020E, vec![2]), (0x020F, vec![1])];
    SubmitSmPdu {
        tlvs: tlvs.map(|(tag, value)| Tlv { tag, value }).to_vec(),
        ..part()
    }
}

fn judged(asked: &SubmitSmPdu, change: impl FnOnce(&mut SubmitSmPdu)) -> Result<(), String> {
    let mut answer = asked.clone();
    change(&mut answer);
    check(asked, &answer)
}

#[test]
fn what_operators_want_is_allowed() {
    let allowed: [Change; 10] = [
        ("nothing", part(), |_| ()),
        ("a plus sign", part(), |pdu| pdu.destination.digits.insert(0, '+')),
        ("an empty sender", part(), |pdu| pdu.source = Address::default()),
        ("vendor TLVs", part(), |pdu| {
            pdu.tlvs.extend([tlv(0x1400, 19), tlv(0x1401, 0)])
        }),
        ("a mode and reserved bits", segment(), |pdu| pdu.esm_class |= 0x07),
        ("a NUL at the end", part(), |pdu| pdu.short_message.push(0)),
        ("message_payload", part(), |pdu| {
            let value = std::mem::take(&mut pdu.short_message);
            pdu.tlvs.push(Tlv {
                tag: tag::MESSAGE_PAYLOAD,
                value,
            });
        }),
        ("ports beside the segment", segment(), |pdu| {
            pdu.short_message = b"\x0B\x05\x04\x0B\x84\x23\xF0\x00\x03\x2F\x02\x01hello".to_vec();
        }),
        ("a header without a segment", part(), |pdu| {
            pdu.esm_class = 0x40;
            pdu.short_message = b"\x03\x24\x01\x01hello".to_vec();
        }),
        ("no receipt", sar(), |pdu| pdu.registered_delivery = 0),
    ];
    for (what, asked, change) in allowed {
        assert_eq!(judged(&asked, change), Ok(()), "{what}");
    }
}

#[test]
fn what_breaks_smpp_or_the_message_is_named() {
    let refused: [Change; 18] = [
        ("service_type has 6", part(), |pdu| {
            pdu.service_type = "SMSGWX".to_owned()
        }),
        ("source_addr has 21", part(), |pdu| {
            pdu.source.digits = "1".repeat(21)
        }),
        ("destination_addr has 21", part(), |pdu| {
            pdu.destination.digits = "1".repeat(21)
        }),
        ("destination_addr is empty", part(), |pdu| {
            pdu.destination.digits.clear()
        }),
        ("source_addr holds U+0000", part(), |pdu| {
            pdu.source.digits.push('\0')
        }),
        ("source_addr holds U+0416", part(), |pdu| {
            pdu.source.digits.push('Ж')
        }),
        ("validity_period has 17", part(), |pdu| {
            pdu.validity_period = "0".repeat(17)
        }),
        ("replace_if_present_flag is 2", part(), |pdu| {
            pdu.replace_if_present = 2
        }),
        ("short_message has 255", part(), |pdu| {
            pdu.short_message = vec![b'x'; 255]
        }),
        ("both empty", part(), |pdu| pdu.short_message.clear()),
        ("both set", part(), |pdu| {
            pdu.tlvs.push(tlv(tag::MESSAGE_PAYLOAD, 5))
        }),
        ("2 times message_payload", part(), |pdu| {
            pdu.short_message.clear();
            pdu.tlvs
                .extend([tlv(tag::MESSAGE_PAYLOAD, 5), tlv(tag::MESSAGE_PAYLOAD, 5)]);
        }),
        ("65 optional parameters", part(), |pdu| {
            pdu.tlvs = vec![tlv(0x1400, 1); 65]
        }),
        ("0x1400 has 65536", part(), |pdu| {
            pdu.tlvs.push(tlv(0x1400, 65_536))
        }),
        ("of 80008 octets", part(), |pdu| {
            pdu.tlvs.extend([tlv(0x1400, 40_000), tlv(0x1401, 40_000)])
        }),
        ("the concatenation", segment(), |pdu| pdu.short_message[5] = 2),
        ("the concatenation", segment(), |pdu| pdu.esm_class = 0),
        ("sar_segment_seqnum", sar(), |pdu| {
            pdu.tlvs.retain(|tlv| tlv.tag != tag::SAR_SEGMENT_SEQNUM)
        }),
    ];
    for (names, asked, change) in refused {
        let problem = judged(&asked, change).expect_err(names);
        assert!(problem.contains(names), "{names}: {problem}");
    }
}

#[test]
fn a_header_that_is_none_is_refused_and_one_that_came_so_is_not_compared() {
    let broken = |pdu: &mut SubmitSmPdu| pdu.short_message = b"\x05\x00\x09".to_vec();
    assert!(
        judged(&segment(), broken)
            .unwrap_err()
            .contains("user data header")
    );
    assert!(
        judged(&part(), |pdu| pdu.esm_class = 0x40).is_err(),
        "`h` is no length"
    );
    let mut odd = segment();
    broken(&mut odd);
    assert!(check(&odd, &odd).is_err());
    assert_eq!(check(&odd, &segment()), Ok(()));
}

#[test]
fn differences_tell_fields_and_hide_numbers_and_texts() {
    let asked = part();
    let mut answer = asked.clone();
    assert!(differences(&asked, &answer).is_empty());
    answer.destination.digits = "+491510000042".to_owned();
    answer.validity_period = "000000020000000R".to_owned();
    answer.registered_delivery = 0;
    answer.short_message.push(0);
    answer.tlvs.push(tlv(0x1400, 19));
    let told = differences(&asked, &answer);
    assert_eq!(
        told,
        [
            "registered_delivery: 0x01 -> 0x00",
            "validity_period: \"\" -> \"000000020000000R\"",
            "destination_addr: 1/1 **********42 -> 1/1 ***********42",
            "short_message: 5 octets -> 6 octets",
            "TLV 0x1400: 19 octets",
        ]
    );
}
