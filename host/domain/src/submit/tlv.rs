//! Optional parameters that the gateway adds, and which of several sources is heard.

use crate::pdu::{Tlv, tag};

/// Those that carry the text or its place; a second one would make the PDU ambiguous.
const RESERVED: [u16; 4] = [
    tag::MESSAGE_PAYLOAD,
    tag::SAR_MSG_REF_NUM,
    tag::SAR_TOTAL_SEGMENTS,
    tag::SAR_SEGMENT_SEQNUM,
];

/// Whether the gateway alone may write this tag.
#[must_use]
pub fn is_reserved(tag: u16) -> bool {
    RESERVED.contains(&tag)
}

/// The display of the phone (SMPP 3.4 section 5.3.2.1).
pub(super) fn display() -> Tlv {
    Tlv {
        tag: tag::DEST_ADDR_SUBUNIT,
        value: vec![1],
    }
}

/// Whether more parts follow (SMPP 3.4 section 5.3.2.34).
pub(super) fn more_messages(follow: bool) -> Tlv {
    Tlv {
        tag: tag::MORE_MESSAGES_TO_SEND,
        value: vec![u8::from(follow)],
    }
}

/// All of them in this order; what one source says of a tag is not said again by those behind it. Duplicates within one source stay.
pub(super) fn first_say<const N: usize>(sources: [Vec<Tlv>; N]) -> Vec<Tlv> {
    let mut said: Vec<Tlv> = Vec::new();
    for mut source in sources {
        source.retain(|tlv| said.iter().all(|before| before.tag != tlv.tag));
        if said.is_empty() {
            said = source;
        } else {
            said.append(&mut source);
        }
    }
    said
}
