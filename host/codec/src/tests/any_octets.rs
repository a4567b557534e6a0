//! Whatever arrives, nothing panics, the header survives, and both readers say the same.

use super::{BIND_REFUSED, ID_WITHOUT_NUL, REFUSED_WITH_ID, deliver_sm_body, frame, pdu};
use crate::*;
use proptest::prelude::*;
use smpp_domain::pdu::CommandStatus;

#[test]
fn every_truncation_keeps_the_header() {
    let deliver = pdu(
        0x05,
        0,
        5,
        &deliver_sm_body(b"491", b"", 4, b"id:1", b"\x04\x27\0\x01\x02"),
    );
    let goldens = [REFUSED_WITH_ID, ID_WITHOUT_NUL, BIND_REFUSED].map(|golden| hex::decode(golden).unwrap());
    let goldens = goldens.iter().map(|golden| frame(golden)).chain([deliver]);
    for golden in goldens {
        for end in 0..=golden.body().len() {
            let status = golden.command_status().0;
            let cut = pdu(
                golden.command_id(),
                status,
                golden.sequence_number(),
                &golden.body()[..end],
            );
            let decoded = decode(&cut);
            assert_eq!(decoded.incoming.sequence_number, golden.sequence_number());
            assert_eq!(decoded.incoming.command_status, golden.command_status());
            assert!(describe(&cut).starts_with(command_name(golden.command_id()).as_ref()));
        }
    }
}

const READ_COMMANDS: [u32; 8] = [0x05, 0x103, 0x8000_0004, 0x8000_0009, 0x04, 0x09, 0x15, 0x102];

proptest! {
    #[test]
    fn any_octets_are_read_without_a_panic(
        known in any::<prop::sample::Index>(),
        status in any::<u32>(),
        sequence_number in any::<u32>(),
        body in prop::collection::vec(prop_oneof![Just(0_u8), any::<u8>()], 0..400),
    ) {
        let frame = pdu(*known.get(&READ_COMMANDS), status, sequence_number, &body);
        let decoded = decode(&frame);
        prop_assert_eq!(decoded.incoming.sequence_number, sequence_number);
        prop_assert_eq!(decoded.incoming.command_status, CommandStatus(status));
        prop_assert!(!describe(&frame).contains('\n'));
    }

    /// Two readers must not disagree: what rusmpp accepts, the tolerant reader reads alike and finds nothing odd
    /// in the mandatory fields; what rusmpp refuses, the tolerant reader names.
    #[test]
    fn both_readers_agree(
        body in prop::sample::select(vec![
            deliver_sm_body(b"491701234589", b"000000020630000R", 4, b"id:1", b"\x04\x27\0\x01\x02"),
            deliver_sm_body(b"1", b"", 0, b"", b"\0\x1E\0\x02ab"),
        ]),
        changes in prop::collection::vec((any::<prop::sample::Index>(), prop_oneof![Just(0_u8), any::<u8>()]), 0..3),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut body = body;
        for (at, octet) in changes {
            let at = at.index(body.len());
            body[at] = octet;
        }
        body.truncate(body.len() - cut.index(body.len()) / 4);
        match (standard::deliver_sm(&body), tolerant::message(&body)) {
            (Some(strict), lenient) => prop_assert_eq!(Some(strict), lenient),
            (None, Some((_, oddity))) => prop_assert!(oddity.is_some()),
            (None, None) => {}
        }
    }
}
