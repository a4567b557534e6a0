//! What a bind asks for.

use serde::{Deserialize, Serialize};
use std::fmt;

/// The parameters of a bind request (SMPP 3.4 section 4.1). The password never shows in Debug output.
#[derive(Clone, PartialEq, Eq)]
pub struct BindRequest {
    /// At most 15 octets.
    pub system_id: String,
    /// At most 8 octets by the standard; some operators take more.
    pub password: String,
    /// At most 12 octets.
    pub system_type: String,
    /// 0x34 for version 3.4.
    pub interface_version: u8,
    /// TON of the addresses served.
    pub addr_ton: u8,
    /// NPI of the addresses served.
    pub addr_npi: u8,
    /// At most 40 octets.
    pub address_range: String,
}

impl fmt::Debug for BindRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BindRequest")
            .field("system_id", &self.system_id)
            .finish_non_exhaustive()
    }
}

/// How a session binds (domain model section 3).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum BindMode {
    /// bind_transceiver: submits and receives on one connection.
    #[default]
    Transceiver,
    /// bind_transmitter: submits only.
    Transmitter,
    /// bind_receiver: receives only, beside a TRANSMITTER.
    Receiver,
}

impl BindMode {
    /// The word for it in files, events and messages.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Transceiver => "TRANSCEIVER",
            Self::Transmitter => "TRANSMITTER",
            Self::Receiver => "RECEIVER",
        }
    }
}
