//! What a command_status means in the answer to a bind, where people can do something about it.

use super::{explain, name};
use crate::pdu::CommandStatus;

/// One line for people, as [`explain`] has it of other answers: which key of the operator's file to look at, or what to ask.
#[must_use]
pub fn explain_bind(status: CommandStatus) -> String {
    let words = match status.0 {
        0x03 => "it takes no bind of this kind; ask which bind_mode and interface_version it wants",
        0x05 => {
            "already bound: as many binds are up as the account may have. That is right while a gateway runs with all of them; \
             else an earlier connection lives on there for some minutes, or sessions and binds are more than were agreed"
        }
        0x0D => {
            "bind failed; ask the operator whether the account is open, and may bind from this address and in this bind_mode"
        }
        0x0E => "invalid password; check password, of which some operators read 8 octets alone",
        0x0F => {
            "invalid system id; check system_id, letter by letter, and whether host and port are those of this account: test \
             systems often have accounts of their own"
        }
        0x53 => {
            "invalid system type; check system_type: most want what they gave you with the account, or nothing"
        }
        _ => return explain(status),
    };
    format!("{} ({status}): {words}", name(status))
}
