//! Each `[[session]]` of an operator's file.

use super::{Key, key};

pub(super) const KEYS: &[Key] = &[
    key(
        "host",
        "required",
        "the SMSC and the user name. Every address of a name is tried in turn, IPv6 and IPv4 alternating",
    ),
    key(
        "port",
        "required",
        "the SMSC and the user name. Every address of a name is tried in turn, IPv6 and IPv4 alternating",
    ),
    key(
        "system_id",
        "required",
        "the SMSC and the user name. Every address of a name is tried in turn, IPv6 and IPv4 alternating",
    ),
    key(
        "password",
        "empty",
        r#"a literal, `{ env = "NAME" }` or `{ file = "path" }`. Up to 64 octets are sent; `check` remarks on more than SMPP's 8"#,
    ),
    key("system_type", "empty", "as the operator wants them"),
    key("address_range", "empty", "as the operator wants them"),
    key("interface_version", r#"`"3.4"`"#, r#"or `"3.3"`, `"5.0"`"#),
    key("addr_ton", "`0`", "of the addresses that the session serves"),
    key("addr_npi", "`0`", "of the addresses that the session serves"),
    key("tls", "`false`", "`true`, or the table `[session.tls]`: below"),
    key(
        "tls.ca",
        "the machine's",
        "PEM of the authorities that may have signed the SMSC's certificate",
    ),
    key(
        "tls.cert",
        "none",
        "PEM of our own certificate with its chain, with `tls.key`",
    ),
    key("tls.key", "none", "PEM of its key"),
    key(
        "tls.server_name",
        "`host`",
        "the name that the certificate must have, and that is asked for (SNI)",
    ),
    key(
        "tls.fingerprint",
        "none",
        "SHA-256 of the one certificate that is accepted, whoever signed it, whatever its name and dates are",
    ),
    key(
        "local_address",
        "any",
        r#"the address to connect from, such as `"10.0.0.5"`, `"10.0.0.5:40000"`, `"[fd00::5]:40000"`. A port serves one bind, and the system keeps it for a minute after a planned close"#,
    ),
    key(
        "bind_mode",
        r#"`"TRANSCEIVER"`"#,
        r#"or `"TRANSMITTER"`, `"RECEIVER"`"#,
    ),
    key(
        "is_primary",
        "`true`",
        "a backup carries traffic while no primary is bound",
    ),
    key(
        "bind",
        r#"`"standby"`"#,
        r#"a backup is always bound; `"on-demand"`: only while no primary is, and drained and unbound afterwards"#,
    ),
    key("binds", "`1`", "connections; with `[redis]`, over all hosts"),
    key("window", "`10`", "unanswered submit_sm on one bind"),
    key("enquire_link", r#"`"30s"`"#, "of silence"),
    key("enquire_link_timeout", r#"`"10s"`"#, "then the link is dead"),
    key(
        "connect_timeout",
        r#"`"10s"`"#,
        "for the connection, TLS and all addresses included, and again for the bind",
    ),
    key(
        "response_timeout",
        r#"`"60s"`"#,
        "then a submit_sm counts as unanswered",
    ),
    key(
        "stuck_after",
        "three times `response_timeout`",
        r#"no submit_sm was answered for so long although some wait: the link is dead, whatever else the peer answers. `"off"`: never"#,
    ),
    key(
        "tcp_user_timeout",
        r#"`"30s"`"#,
        r#"TCP could deliver nothing for so long: the link is dead. `"off"`: the system's rule"#,
    ),
    key(
        "tcp_keepalive",
        r#"`"60s"`"#,
        r#"silence after which TCP asks whether the peer's host lives. `"off"`: never"#,
    ),
    key(
        "failback_hold",
        r#"`"10s"`"#,
        "how long a returning primary proves itself",
    ),
    key(
        "outbind.listen",
        "none",
        "the operator connects to this address and sends outbind with these credentials; the session binds over that connection and dials nobody. `host` and `port` are for show then",
    ),
    key(
        "outbind.system_id",
        "none",
        "the operator connects to this address and sends outbind with these credentials; the session binds over that connection and dials nobody. `host` and `port` are for show then",
    ),
    key(
        "outbind.password",
        "none",
        "the operator connects to this address and sends outbind with these credentials; the session binds over that connection and dials nobody. `host` and `port` are for show then",
    ),
    key(
        "source_address",
        r#"`{ ton = "auto", npi = "auto" }`"#,
        "TON and NPI whatever the rules below say; the first session's count",
    ),
    key(
        "destination_address",
        r#"`{ ton = "auto", npi = "auto" }`"#,
        "TON and NPI whatever the rules below say; the first session's count",
    ),
];
