//! Message states as numbers: message_state, SMPP 3.4 section 5.2.28.

use smpp_domain::correlation::DlrMessageState;

/// How a database keeps the state.
pub(super) fn number(state: DlrMessageState) -> u8 {
    match state {
        DlrMessageState::Enroute => 1,
        DlrMessageState::Delivered => 2,
        DlrMessageState::Expired => 3,
        DlrMessageState::Deleted => 4,
        DlrMessageState::Undeliverable => 5,
        DlrMessageState::Accepted => 6,
        DlrMessageState::Unknown => 7,
        DlrMessageState::Rejected => 8,
    }
}

/// The state of a number; `None`: it is none of SMPP's.
pub(super) fn state(number: u8) -> Option<DlrMessageState> {
    Some(match number {
        1 => DlrMessageState::Enroute,
        2 => DlrMessageState::Delivered,
        3 => DlrMessageState::Expired,
        4 => DlrMessageState::Deleted,
        5 => DlrMessageState::Undeliverable,
        6 => DlrMessageState::Accepted,
        7 => DlrMessageState::Unknown,
        8 => DlrMessageState::Rejected,
        _ => return None,
    })
}
