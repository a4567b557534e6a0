//! What a command_status means: its name, its words, and what the gateway does about it unless a policy says
//! otherwise (SMPP 3.4 section 5.1.3).

mod bind;
mod table;
#[cfg(test)]
mod tests;
mod verdict;

pub use bind::explain_bind;
pub use verdict::{StatusClasses, Throttling, Verdict};

use crate::pdu::CommandStatus;
use table::{Row, TABLE};

/// What the gateway does by default about a status.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum StatusClass {
    /// The operator agreed.
    Ok,
    /// The operator's trouble: the same message again, later.
    Retry,
    /// The same message once again, and refused if that fails too.
    RetryOnce,
    /// The whole operator pauses and slows down; the message goes first afterwards and no attempt is counted.
    Throttle,
    /// The message is refused for good.
    Reject,
    /// The message is refused for good, and so will others be: a person should look at the operator's configuration
    /// or account.
    RejectAlert,
    /// The session is not what we take it for: bind again, then the same message.
    Rebind,
    /// Another session of ours is in the way: bind again on the schedule. Never counts as bound.
    BindBackoff,
    /// The bind was refused for its credentials: slowly again, at the backoff's cap, and a person should look.
    BindRefused,
    /// Not the message's fault and no end in sight (no credit, account closed): nothing more is sent until a person
    /// clears it. No status means that by default; a policy or the operator's file may say it.
    StopOperator,
}

/// The default class of a status in a response.
#[must_use]
pub fn classify(status: CommandStatus) -> StatusClass {
    row(status).map_or(StatusClass::Reject, |row| row.class)
}

/// The default class of a status in a generic_nack that answers a submit_sm. The operator did not take the message,
/// whatever it says; trying again helps only where the reason passes.
#[must_use]
pub fn classify_nack(status: CommandStatus) -> StatusClass {
    match classify(status) {
        StatusClass::Ok | StatusClass::RetryOnce | StatusClass::BindBackoff | StatusClass::BindRefused => {
            StatusClass::Reject
        }
        StatusClass::Retry if status != CommandStatus::SYSTEM_ERROR => StatusClass::Reject,
        class => class,
    }
}

/// `ESME_R…` of SMPP 3.4 section 5.1.3, or the kind of its range.
#[must_use]
pub fn name(status: CommandStatus) -> &'static str {
    match (row(status), status.0) {
        (Some(row), _) => row.name,
        (None, 0x0100..=0x03FF) => "reserved for SMPP extension",
        (None, 0x0400..=0x04FF) => "vendor-specific",
        (None, _) => "reserved",
    }
}

/// One line for people: name, number, meaning, and what to do about it.
#[must_use]
pub fn explain(status: CommandStatus) -> String {
    format!("{} ({status}): {}", name(status), words(status))
}

/// The same beside its number.
#[must_use]
pub fn meaning(status: CommandStatus) -> String {
    format!("{}: {}", name(status), words(status))
}

fn words(status: CommandStatus) -> &'static str {
    row(status).map_or_else(|| unlisted(status), |row| row.words)
}

fn unlisted(status: CommandStatus) -> &'static str {
    match status.0 {
        0x0100..=0x03FF => "not in SMPP 3.4, perhaps of version 5; the operator's documents tell",
        0x0400..=0x04FF => "the operator's own; its documents tell the meaning",
        _ => "not in SMPP 3.4; the operator's documents may tell the meaning",
    }
}

fn row(status: CommandStatus) -> Option<&'static Row> {
    TABLE.iter().find(|row| row.code == status.0)
}
