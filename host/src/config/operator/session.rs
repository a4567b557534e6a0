//! `[[session]]`: how to reach the SMSC, how to bind, and when to give a link up.

mod link;
mod read;

pub use link::{OutbindSettings, TcpSettings, TlsSettings};

use crate::config::problem::Problems;
use crate::config::secret::Secret;
use crate::config::section::Section;
use smpp_domain::pdu::BindMode;
use std::path::Path;
use std::time::Duration;

/// The longest password of SMPP 3.4 (section 4.1), in octets without its NUL. Longer ones are sent, and remarked upon.
const STANDARD_PASSWORD: usize = 8;

/// One `[[session]]`.
#[derive(Clone, PartialEq, Debug)]
pub struct SessionSettings {
    /// `host`, required: name or address of the SMSC. With `outbind`, for show only, and not required.
    pub host: String,
    /// `port`, required as `host` is.
    pub port: u16,
    /// `tls`, default false: true, or a table.
    pub tls: Option<TlsSettings>,
    /// The keys of the TCP connection.
    pub tcp: TcpSettings,
    /// `outbind`: the SMSC connects, and we bind over its connection.
    pub outbind: Option<OutbindSettings>,
    /// `system_id`, required.
    pub system_id: String,
    /// `password`, default empty.
    pub password: Secret,
    /// `system_type`, default empty.
    pub system_type: String,
    /// `interface_version`, default `"3.4"`: as on the wire, 0x34.
    pub interface_version: u8,
    /// `addr_ton`, default 0: of the addresses that the session serves.
    pub addr_ton: u8,
    /// `addr_npi`, default 0: of the addresses that the session serves.
    pub addr_npi: u8,
    /// `address_range`, default empty: the addresses that the session serves, as the operator writes them.
    pub address_range: String,
    /// `bind_mode`, default `TRANSCEIVER`.
    pub bind_mode: BindMode,
    /// `is_primary`, default true. A backup carries traffic only while no primary is bound.
    pub is_primary: bool,
    /// `bind`, default `standby`.
    pub bind: BindWhen,
    /// `binds`, default 1: connections that are made with these settings.
    pub binds: u16,
    /// `window`, default 10: unanswered submit_sm on one bind.
    pub window: u16,
    /// `enquire_link`, default 30 s of silence.
    pub enquire_link: Duration,
    /// `enquire_link_timeout`, default 10 s: an unanswered enquire_link ends the link.
    pub enquire_link_timeout: Duration,
    /// `connect_timeout`, default 10 s for TCP and TLS to all addresses of the host, and then for the bind.
    pub connect_timeout: Duration,
    /// `response_timeout`, default 60 s: then a submit_sm counts as unanswered.
    pub response_timeout: Duration,
    /// `stuck_after`, default three times `response_timeout`: no submit_sm was answered for so long although some wait, which ends
    /// the link; `None` is `"off"`.
    pub stuck_after: Option<Duration>,
    /// `failback_hold`, default 10 s: how long a returning primary proves itself.
    pub failback_hold: Duration,
    /// `source_address`.
    pub source_address: AddressRule,
    /// `destination_address`.
    pub destination_address: AddressRule,
}

/// When a backup is bound.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum BindWhen {
    /// Always: the traffic moves to it at once.
    #[default]
    Standby,
    /// Only while no primary is bound.
    OnDemand,
}

/// TON and NPI of an address; `None` is `"auto"`: derived from what the address looks like.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct AddressRule {
    /// `ton`.
    pub ton: Option<u8>,
    /// `npi`.
    pub npi: Option<u8>,
}

impl SessionSettings {
    /// What works, and yet deserves a look. `number` is that of the session in its file, from 1.
    #[must_use]
    pub fn remarks(&self, number: usize) -> Vec<String> {
        let octets = self.password.expose().len();
        let long = octets > STANDARD_PASSWORD;
        long.then(|| {
            format!(
                "session {number}: password has {octets} octets; SMPP 3.4 has room for {STANDARD_PASSWORD}: it is sent whole, \
                 and some SMSCs refuse that or cut it"
            )
        })
        .into_iter()
        .collect()
    }
}

/// Reads all sessions of a file, and looks whether they go together.
pub(super) fn read_all(
    found: Vec<Section<'_>>,
    base: &Path,
    problems: &mut Problems,
) -> Vec<SessionSettings> {
    found
        .into_iter()
        .filter_map(|section| SessionSettings::read(section, base, problems))
        .collect()
}
