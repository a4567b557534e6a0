//! The keys of a session's connection: TCP, TLS, and who connects.

use super::super::SECOND;
use super::super::keys::octets;
use super::read::host_name;
use crate::config::problem::Problems;
use crate::config::secret::Secret;
use crate::config::section::Section;
use crate::config::value::{duration_or_off, text};
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;
use toml::Value;

/// `tls`: the connection is TLS 1.2 or 1.3, and the SMSC's certificate is verified.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct TlsSettings {
    /// `tls.ca`: PEM of the authorities that may have signed the certificate; default: those that this machine trusts.
    pub ca: Option<PathBuf>,
    /// `tls.cert`, with `tls.key`: PEM of our own certificate, with its chain.
    pub cert: Option<PathBuf>,
    /// `tls.key`, with `tls.cert`.
    pub key: Option<PathBuf>,
    /// `tls.server_name`, default `host`: the name that the certificate must have, and that is asked for (SNI).
    pub server_name: Option<String>,
    /// `tls.fingerprint`: SHA-256 of the one certificate that is accepted, whoever signed it, whatever its name and dates are.
    pub fingerprint: Option<[u8; 32]>,
}

/// The keys of the TCP connection.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TcpSettings {
    /// `local_address`: the address that we connect from; port 0 is any.
    pub local_address: Option<SocketAddr>,
    /// `tcp_keepalive`, default 60 s: the silence after which TCP asks whether the peer's host lives.
    pub keepalive: Option<Duration>,
    /// `tcp_user_timeout`, default 30 s: how long TCP may fail to deliver what was written.
    pub user_timeout: Option<Duration>,
}

/// `[session.outbind]`: the SMSC connects and sends outbind (SMPP 3.4 sections 2.2.2 and 4.1.7).
#[derive(Clone, PartialEq, Debug)]
pub struct OutbindSettings {
    /// `outbind.listen`, required: where.
    pub listen: SocketAddr,
    /// `outbind.system_id`, required: what the SMSC calls itself.
    pub system_id: String,
    /// `outbind.password`, default empty: what the SMSC proves itself by.
    pub password: Secret,
}

impl TlsSettings {
    pub(super) fn read(mut section: Section<'_>, base: &Path, problems: &mut Problems) -> Self {
        let certificates = |value| pem_file(value, base, "CERTIFICATE-----");
        let settings = Self {
            ca: section.optional("ca", certificates, problems),
            cert: section.optional("cert", certificates, problems),
            key: section.optional("key", |value| pem_file(value, base, "PRIVATE KEY-----"), problems),
            server_name: section.optional("server_name", host_name, problems),
            fingerprint: section.optional("fingerprint", fingerprint, problems),
        };
        if settings.cert.is_some() != settings.key.is_some() {
            let message = "goes with key: give both or neither".to_owned();
            section.problem("cert", None, message, problems);
        }
        if settings.fingerprint.is_some() && settings.ca.is_some() {
            let message = "goes without ca: the fingerprint alone decides".to_owned();
            section.problem("fingerprint", None, message, problems);
        }
        section.finish(problems);
        settings
    }
}

impl TcpSettings {
    pub(super) fn read(section: &mut Section<'_>, problems: &mut Problems) -> Self {
        let mut time = |key, seconds| {
            let allowed = duration_or_off(Duration::from_millis(100), 3_600 * SECOND);
            section.or(key, Some(SECOND * seconds), allowed, problems)
        };
        let (keepalive, user_timeout) = (time("tcp_keepalive", 60), time("tcp_user_timeout", 30));
        Self {
            local_address: section.optional("local_address", local_address, problems),
            keepalive,
            user_timeout,
        }
    }
}

impl OutbindSettings {
    pub(super) fn read(mut section: Section<'_>, base: &Path, problems: &mut Problems) -> Option<Self> {
        let listen = section.required(
            "listen",
            listen_address,
            "give the address that the SMSC connects to, such as \"0.0.0.0:2776\"",
            problems,
        );
        let wanted = "give the system_id that the SMSC sends in its outbind";
        let system_id = section.required("system_id", octets(15), wanted, problems);
        let password = section.secret("password", |value| Secret::read(value, base), problems);
        section.finish(problems);
        Some(Self {
            listen: listen?,
            system_id: system_id?,
            password: password.unwrap_or_else(|| Secret::new("")),
        })
    }
}

/// A file that holds such a block of PEM. It is read again for every connection, so it may be renewed in place.
fn pem_file(value: Value, base: &Path, block: &str) -> Result<PathBuf, String> {
    let path = base.join(text(value)?);
    match std::fs::read(&path) {
        Ok(octets) if holds(&octets, "ENCRYPTED PRIVATE KEY-----") => {
            Err("is encrypted: write it without a passphrase by `openssl pkey -in FILE -out NEW`".to_owned())
        }
        Ok(octets) if holds(&octets, block) => Ok(path),
        Ok(_) => Err(format!("holds no PEM block that ends in {block}")),
        Err(error) => Err(format!("{} cannot be read: {error}", path.display())),
    }
}

fn holds(octets: &[u8], text: &str) -> bool {
    octets.windows(text.len()).any(|window| window == text.as_bytes())
}

/// As `openssl x509 -noout -fingerprint -sha256` prints it, or without the colons.
fn fingerprint(value: Value) -> Result<[u8; 32], String> {
    let digits = text(value)?.replace(':', "");
    let allowed = "use the 32 hex pairs that `openssl x509 -noout -fingerprint -sha256` prints";
    let mut octets = [0; 32];
    hex::decode_to_slice(digits, &mut octets).map_err(|_| allowed.to_owned())?;
    Ok(octets)
}

fn local_address(value: Value) -> Result<SocketAddr, String> {
    let text = text(value)?;
    let plain = text.parse::<IpAddr>().map(|ip| SocketAddr::new(ip, 0));
    plain.or_else(|_| text.parse()).map_err(|_| {
        "use an IP address of this machine, or address and port such as \"10.0.0.5:40000\" or \"[fd00::5]:40000\""
            .to_owned()
    })
}

fn listen_address(value: Value) -> Result<SocketAddr, String> {
    let parsed = text(value)?.parse();
    parsed.map_err(|_| "use an address and a port such as \"0.0.0.0:2776\"".to_owned())
}
