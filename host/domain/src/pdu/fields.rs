//! A PDU field by field, for people.

use serde::{Deserialize, Serialize};

/// One field of a PDU as it is shown.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PduField {
    /// By its name in SMPP 3.4; of a TLV with its tag, as `message_state (0x0427)`.
    pub name: String,
    /// The number, the text or the octets.
    pub value: String,
    /// What that says; empty where the value says all.
    pub meaning: String,
}

/// A PDU in its fields, in the order of the wire.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub struct PduFields {
    /// Up to the fault, where there is one.
    pub fields: Vec<PduField>,
    /// Why the rest cannot be told apart, in words.
    pub fault: Option<String>,
}
