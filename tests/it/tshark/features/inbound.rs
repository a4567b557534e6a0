//! What subscribers and the SMSC itself send.

use super::Direction::{In, Out};
use super::{Feature, play};
use smsc_sim::{Mo, Tlv, tag};

fn mo(octets: &[u8], data_coding: u8) -> Mo {
    Mo {
        octets: octets.to_vec().into(),
        data_coding,
        ..Mo::text("491511234567", "12345", "")
    }
}

fn tlv(tag: u16, value: &'static [u8]) -> Tlv {
    Tlv {
        tag,
        value: value.into(),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn messages_from_subscribers() {
    let sar = |number: &'static [u8]| Mo {
        tlvs: vec![
            tlv(tag::SAR_REFERENCE, &[0, 9]),
            tlv(tag::SAR_TOTAL, &[2]),
            tlv(tag::SAR_PART, number),
        ],
        ..mo(b"half ", 0)
    };
    let header = |header: &[u8], data_coding: u8, text: &[u8]| Mo {
        esm_class: 0x40,
        ..mo(&[header, text].concat(), data_coding)
    };
    play(vec![
        Feature::new("GSM 7-bit").delivery(mo(b"5 \x1be", 0)).expect(&[
            (
                In,
                "deliver_sm",
                &[("smpp.message_text", "5 €"), ("smpp.source_addr", "491511234567")],
            ),
            (Out, "deliver_sm_resp", &[("smpp.message_id", "")]),
        ]),
        Feature::new("UCS2")
            .delivery(mo(&[0xD8, 0x3D, 0xDE, 0x82], 8))
            .expect(&[
                (In, "deliver_sm", &[("smpp.message_text", "🚂")]),
                (Out, "deliver_sm_resp", &[]),
            ]),
        Feature::new("Latin-1").delivery(mo(b"d\xE9j\xE0", 3)).expect(&[
            (In, "deliver_sm", &[("smpp.message_text", "déjà")]),
            (Out, "deliver_sm_resp", &[]),
        ]),
        Feature::new("a long one in message_payload")
            .delivery(mo(&[b'a'; 300], 0))
            .expect(&[
                (In, "deliver_sm", &[("smpp.sm_length", "0")]),
                (Out, "deliver_sm_resp", &[]),
            ]),
        Feature::new("parts with an 8-bit reference")
            .delivery(header(&[5, 0, 3, 7, 2, 2], 0, b"half"))
            .delivery(header(&[5, 0, 3, 7, 2, 1], 0, b"one "))
            .expect(&[
                (In, "deliver_sm", &[("gsm_sms.udh.mm.msg_part", "2")]),
                (Out, "deliver_sm_resp", &[]),
                (In, "deliver_sm", &[("gsm_sms.udh.mm.msg_part", "1")]),
                (Out, "deliver_sm_resp", &[]),
            ]),
        Feature::new("parts with a 16-bit reference and ports")
            .delivery(header(&[12, 5, 4, 0, 80, 0, 81, 8, 4, 1, 2, 2, 1], 8, &[0, 65]))
            .delivery(header(&[12, 8, 4, 1, 2, 2, 2, 5, 4, 0, 80, 0, 81], 8, &[0, 66]))
            .expect(&[
                (In, "deliver_sm", &[("gsm_sms.udh.mm.msg_parts", "2")]),
                (Out, "deliver_sm_resp", &[]),
                (Out, "deliver_sm_resp", &[]),
            ]),
        Feature::new("parts with sar parameters")
            .delivery(sar(&[1]))
            .delivery(sar(&[2]))
            .expect(&[
                (In, "deliver_sm", &[("smpp.sar_segment_seqnum", "1")]),
                (Out, "deliver_sm_resp", &[]),
                (In, "deliver_sm", &[("smpp.sar_segment_seqnum", "2")]),
                (Out, "deliver_sm_resp", &[]),
            ]),
        Feature::new("data_sm")
            .raw(
                0x103,
                b"\0\x01\x01491511234567\0\x03\x0012345\0\0\0\0\x04\x24\0\x05Hello",
            )
            .expect(&[
                (In, "data_sm", &[("smpp.message_text", "Hello")]),
                (Out, "data_sm_resp", &[("smpp.message_id", "")]),
            ]),
    ])
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_needs_no_answer_or_a_refusal() {
    play(vec![
        // The link lives on: what comes after it is answered.
        Feature::new("alert_notification")
            .raw(0x102, b"\x01\x01491511234567\0\x03\x0012345\0\x04\x22\0\x01\0")
            .raw(0x15, b"")
            .expect(&[(In, "alert_notification", &[]), (Out, "enquire_link_resp", &[])]),
        Feature::new("an operation that is not ours")
            .raw(0x03, b"1\0\0\0\0")
            .expect(&[(
                Out,
                "generic_nack",
                &[("smpp.command_status", "3"), ("smpp.sequence_number", "77")],
            )]),
    ])
    .await;
}
