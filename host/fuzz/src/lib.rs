//! Fuzz targets: functions that take any octets, do with them what the gateway does, and assert what must hold.
//!
//! `tests/fuzz` runs them under libFuzzer; `tests/corpus.rs` runs them over what is in `corpus/`, one folder a target.
//! They panic when something is wrong: that is how a fuzzer is told.
#![forbid(unsafe_code)]

mod command;
mod packing;
mod pdu;
mod receipt;
mod session;
mod udh;

pub use command::command;
pub use packing::packing;
pub use pdu::pdu;
pub use receipt::receipt;
pub use session::session;
pub use udh::udh;

/// Takes an input apart from its front. An input that is too short goes on with zeros.
struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn octet(&mut self) -> u8 {
        let Some((&first, rest)) = self.0.split_first() else {
            return 0;
        };
        self.0 = rest;
        first
    }

    fn word(&mut self) -> u32 {
        u32::from_be_bytes([self.octet(), self.octet(), self.octet(), self.octet()])
    }

    /// All that is left.
    fn rest(self) -> &'a [u8] {
        self.0
    }
}

/// Takes any octets, and panics when something is wrong.
pub type Target = fn(&[u8]);

/// Every target by its name, which is also that of its folder in `corpus/`.
pub const TARGETS: [(&str, Target); 6] = [
    ("command", command),
    ("packing", packing),
    ("pdu", pdu),
    ("receipt", receipt),
    ("session", session),
    ("udh", udh),
];
