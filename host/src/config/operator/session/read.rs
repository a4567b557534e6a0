//! From the table `[[session]]` to checked values.

use super::super::keys::{auto_or_number, octets};
use super::super::{HOUR, SECOND};
use super::{AddressRule, BindWhen, OutbindSettings, SessionSettings, TcpSettings, TlsSettings};
use crate::config::problem::Problems;
use crate::config::secret::Secret;
use crate::config::section::Section;
use crate::config::value::{boolean, duration, duration_or_off, number, text, word};
use smpp_domain::pdu::BindMode;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;
use std::time::Duration;
use toml::Value;

/// The shortest timeout: less is no network.
const MOMENT: Duration = Duration::from_millis(100);

/// Octets of a password at most, without its NUL: more than SMPP 3.4 has, because operators do.
const LONGEST_PASSWORD: usize = 64;

/// In place of an outbind.listen that cannot be read.
const NOWHERE: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 1);

const BIND_MODES: &[(&str, BindMode)] = &[
    ("TRANSCEIVER", BindMode::Transceiver),
    ("TRANSMITTER", BindMode::Transmitter),
    ("RECEIVER", BindMode::Receiver),
];
const BIND_WHEN: &[(&str, BindWhen)] = &[("standby", BindWhen::Standby), ("on-demand", BindWhen::OnDemand)];
/// interface_version (SMPP 3.4 section 5.2.4).
const VERSIONS: &[(&str, u8)] = &[("3.3", 0x33), ("3.4", 0x34), ("5.0", 0x50)];

impl SessionSettings {
    pub(super) fn read(mut section: Section<'_>, base: &Path, problems: &mut Problems) -> Option<Self> {
        let outbind = section.table("outbind", problems);
        let called = outbind.is_some();
        let outbind = outbind.and_then(|table| OutbindSettings::read(table, base, problems));
        let listen = called.then(|| outbind.as_ref().map_or(NOWHERE, |outbind| outbind.listen));
        let endpoint = Endpoint::read(&mut section, listen, problems);
        let system_id = section.required(
            "system_id",
            octets(15),
            "give the user name that the operator assigned",
            problems,
        );
        let tls = section.switch("tls", problems);
        let time = |low| duration(low, HOUR);
        let response_timeout = section.or("response_timeout", 60 * SECOND, time(MOMENT), problems);
        let settings = Self {
            host: endpoint.host.clone().unwrap_or_default(),
            port: endpoint.port.unwrap_or_default(),
            tls: tls.map(|table| TlsSettings::read(table, base, problems)),
            tcp: TcpSettings::read(&mut section, problems),
            outbind,
            system_id: system_id.clone().unwrap_or_default(),
            password: section
                .secret("password", |value| password(value, base), problems)
                .unwrap_or_else(|| Secret::new("")),
            system_type: section.or("system_type", String::new(), octets(12), problems),
            interface_version: section.or("interface_version", 0x34, word(VERSIONS), problems),
            addr_ton: section.or("addr_ton", 0, number(0, 255), problems),
            addr_npi: section.or("addr_npi", 0, number(0, 255), problems),
            address_range: section.or("address_range", String::new(), octets(40), problems),
            bind_mode: section.or("bind_mode", BindMode::Transceiver, word(BIND_MODES), problems),
            is_primary: section.or("is_primary", true, boolean, problems),
            bind: section.or("bind", BindWhen::Standby, word(BIND_WHEN), problems),
            binds: section.or("binds", 1, number(1, 64), problems),
            window: section.or("window", 10, number(1, 10_000), problems),
            enquire_link: section.or("enquire_link", 30 * SECOND, time(SECOND), problems),
            enquire_link_timeout: section.or("enquire_link_timeout", 10 * SECOND, time(MOMENT), problems),
            connect_timeout: section.or("connect_timeout", 10 * SECOND, time(MOMENT), problems),
            response_timeout,
            stuck_after: section.or(
                "stuck_after",
                Some(3 * response_timeout),
                duration_or_off(MOMENT, 24 * HOUR),
                problems,
            ),
            failback_hold: section.or("failback_hold", 10 * SECOND, time(Duration::ZERO), problems),
            source_address: AddressRule::read("source_address", &mut section, problems),
            destination_address: AddressRule::read("destination_address", &mut section, problems),
        };
        settings.look_at_what_goes_together(&section, problems);
        section.finish(problems);
        let whole = endpoint.host.is_some() && endpoint.port.is_some() && system_id.is_some();
        (whole && called == settings.outbind.is_some()).then_some(settings)
    }

    fn look_at_what_goes_together(&self, section: &Section<'_>, problems: &mut Problems) {
        let mut wrong = |key: &str, value: &str, message: &str| {
            section.problem(key, Some(value.to_owned()), message.to_owned(), problems);
        };
        if self.bind == BindWhen::OnDemand && self.is_primary {
            wrong("bind", "\"on-demand\"", "is for backups: set is_primary = false");
        }
        if self.tcp.local_address.is_some_and(|local| local.port() != 0) && self.binds > 1 {
            let message = "has one local port for several connections: leave the port out, or write a [[session]] for each bind";
            wrong("local_address", "with a port", message);
        }
        if self.outbind.is_some() && self.tls.is_some() {
            wrong(
                "tls",
                "on",
                "does not go with outbind: the operator makes that connection, in plain TCP",
            );
        }
        if self.outbind.is_some() && self.bind_mode == BindMode::Transmitter {
            let message = "does not go with outbind, by which the operator wants to deliver: use \"RECEIVER\" or \"TRANSCEIVER\"";
            wrong("bind_mode", "\"TRANSMITTER\"", message);
        }
    }
}

/// `host` and `port`.
struct Endpoint {
    host: Option<String>,
    port: Option<u16>,
}

impl Endpoint {
    /// Where the SMSC connects, they need not be there: the place that it connects to is shown instead.
    fn read(section: &mut Section<'_>, listen: Option<SocketAddr>, problems: &mut Problems) -> Self {
        if let Some(listen) = listen {
            return Self {
                host: Some(section.or("host", listen.ip().to_string(), host_name, problems)),
                port: Some(section.or("port", listen.port(), number(1_u16, u16::MAX), problems)),
            };
        }
        Self {
            host: section.required("host", host_name, "give the SMSC's name or address", problems),
            port: section.required("port", number(1_u16, u16::MAX), "2775 is usual", problems),
        }
    }
}

impl AddressRule {
    fn read(key: &'static str, parent: &mut Section<'_>, problems: &mut Problems) -> Self {
        let Some(mut section) = parent.table(key, problems) else {
            return Self::default();
        };
        let rule = Self {
            ton: section.or("ton", None, auto_or_number, problems),
            npi: section.or("npi", None, auto_or_number, problems),
        };
        section.finish(problems);
        rule
    }
}

fn password(value: Value, base: &Path) -> Result<Secret, String> {
    let password = Secret::read(value, base)?;
    let text = password.expose();
    if text.len() > LONGEST_PASSWORD || !text.is_ascii() || text.contains('\0') {
        return Err(format!("use at most {LONGEST_PASSWORD} ASCII characters"));
    }
    Ok(password)
}

pub(super) fn host_name(value: Value) -> Result<String, String> {
    let host = text(value)?;
    if host.is_empty() || host.len() > 253 || host.contains(char::is_whitespace) {
        return Err("use a host name or an IP address".to_owned());
    }
    Ok(host)
}
