//! `[[session]]`.

use super::example::document;
use super::*;
use crate::config::reference::{GROUPS, Place};
use std::net::SocketAddr;
use std::time::Duration;

/// The session of [`GOOD`] with these lines.
fn session(lines: &str) -> SessionSettings {
    let (dir, host) = files(&format!("{GOOD}{lines}\n"));
    for file in ["ca.pem", "own.pem"] {
        std::fs::write(
            dir.path().join("operators").join(file),
            "-----BEGIN CERTIFICATE-----\n",
        )
        .unwrap();
    }
    std::fs::write(
        dir.path().join("operators/own.key"),
        "-----BEGIN PRIVATE KEY-----\n",
    )
    .unwrap();
    let config = Config::load(Some(&host)).unwrap_or_else(|problems| panic!("{lines}: {problems}"));
    config.operators[0].sessions[0].clone()
}

#[track_caller]
fn assert_problem(lines: &str, wanted: &str) {
    let found = problems(&format!("{GOOD}{lines}\n"));
    assert!(
        found.len() == 1 && found[0].contains(wanted),
        "{lines}: {found:#?}"
    );
}

#[test]
fn a_minimal_session_gets_the_documented_defaults() {
    let session = session("");
    let seconds = |count| Some(Duration::from_secs(count));
    assert_eq!((session.tls, session.outbind), (None, None));
    assert_eq!(session.tcp.local_address, None);
    assert_eq!(
        (session.tcp.keepalive, session.tcp.user_timeout),
        (seconds(60), seconds(30))
    );
    assert_eq!(
        (session.stuck_after, session.bind),
        (seconds(180), BindWhen::Standby)
    );
    assert_eq!(
        (session.interface_version, session.addr_ton, session.addr_npi),
        (0x34, 0, 0)
    );
    assert_eq!(session.address_range, "");
}

#[test]
fn tls_is_a_switch_or_a_table() {
    assert_eq!(session("tls = true").tls, Some(TlsSettings::default()));
    assert_eq!(session("tls = false").tls, None);
    let tls = session(
        "[session.tls]\nca = \"ca.pem\"\ncert = \"own.pem\"\nkey = \"own.key\"\nserver_name = \"a.example\"",
    )
    .tls;
    let tls = tls.unwrap();
    assert!(tls.ca.unwrap().ends_with("operators/ca.pem") && tls.key.is_some());
    assert_eq!(tls.server_name.as_deref(), Some("a.example"));
    let pinned = session(&format!("tls.fingerprint = \"{}AB\"", "ab:".repeat(31)))
        .tls
        .unwrap();
    assert_eq!(pinned.fingerprint, Some([0xAB; 32]));
    assert_problem(
        "tls = \"yes\"",
        "session[0].tls = \"yes\": use true, false or a table",
    );
    assert_problem("tls.fingerprint = \"ab:cd\"", "session[0].tls.fingerprint");
    assert_problem("tls.verify = false", "session[0].tls.verify: is not a known key");
    assert_problem("tls.ca = \"none.pem\"", "none.pem cannot be read");
    assert_problem(
        "tls.ca = \"acme.toml\"",
        "holds no PEM block that ends in CERTIFICATE-----",
    );
}

#[test]
fn the_example_is_a_good_file_with_every_key_of_the_reference() {
    let text = document("docs/session-example.toml").replace("{ env = \"ACME_PASSWORD\" }", "\"geheim\"");
    let (dir, host) = files(&text);
    let pem = "-----BEGIN CERTIFICATE-----\n-----BEGIN PRIVATE KEY-----\n";
    for file in ["acme-ca.pem", "ours.pem", "ours.key"] {
        std::fs::write(dir.path().join("operators").join(file), pem).unwrap();
    }
    let config = Config::load(Some(&host)).unwrap_or_else(|problems| panic!("{problems}"));
    assert_eq!(config.operators[0].sessions.len(), 4);
    let of_sessions = GROUPS.iter().filter(|group| group.place == Place::Session);
    let listed: Vec<_> = of_sessions
        .flat_map(|group| group.keys)
        .map(|key| key.name)
        .collect();
    assert!(listed.len() > 25, "{listed:?}");
    let shown = |key: &&&str| {
        let key = key.split('.').next_back().unwrap();
        text.lines().any(|line| {
            line.starts_with(&format!("{key} = ")) || line.starts_with("[session.tls]") && key == "tls"
        })
    };
    let missing: Vec<_> = listed.iter().filter(|key| !shown(key)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn addresses_of_this_machine_have_a_port_or_none() {
    for (text, wanted) in [
        ("10.0.0.5", "10.0.0.5:0"),
        ("10.0.0.5:40000", "10.0.0.5:40000"),
        ("fd00::5", "[fd00::5]:0"),
        ("[fd00::5]:40000", "[fd00::5]:40000"),
    ] {
        let local = session(&format!("local_address = \"{text}\"")).tcp.local_address;
        assert_eq!(local, Some(wanted.parse::<SocketAddr>().unwrap()), "{text}");
    }
    assert_problem("local_address = \"eth0\"", "use an IP address of this machine");
    assert_problem(
        "local_address = \"10.0.0.5:40000\"\nbinds = 2",
        "one local port for several connections",
    );
}

#[test]
fn timers_of_a_link_may_be_off() {
    let off = session("tcp_keepalive = \"off\"\ntcp_user_timeout = \"off\"\nstuck_after = \"off\"");
    assert_eq!(
        (off.tcp.keepalive, off.tcp.user_timeout, off.stuck_after),
        (None, None, None)
    );
    let slow = session("response_timeout = \"3m\"");
    assert_eq!(slow.stuck_after, Some(Duration::from_secs(540)), "it follows");
    assert_problem("stuck_after = \"never\"", "from 100ms to 1d, or \"off\"");
}

#[test]
fn what_does_not_go_together_is_told() {
    let outbind = "outbind = { listen = \"127.0.0.1:2776\", system_id = \"smsc\" }";
    assert_problem("bind = \"on-demand\"", "is for backups: set is_primary = false");
    assert_problem(&format!("{outbind}\ntls = true"), "does not go with outbind");
    assert_problem(
        &format!("{outbind}\nbind_mode = \"TRANSMITTER\""),
        "does not go with outbind",
    );
    assert_problem(
        "outbind = { listen = \"2776\", system_id = \"smsc\" }",
        "outbind.listen",
    );
    assert_problem(
        "outbind = { listen = \"127.0.0.1:2776\" }",
        "outbind.system_id: is missing",
    );
    assert_problem(
        "interface_version = \"4.0\"",
        "use one of \"3.3\", \"3.4\", \"5.0\"",
    );
}

#[test]
fn where_the_operator_calls_its_address_need_not_be_known() {
    let text = GOOD.replace("host = \"127.0.0.1\"\nport = 2775\n", "");
    let (_dir, host) = files(&format!(
        "{text}outbind = {{ listen = \"127.0.0.1:2776\", system_id = \"smsc\", password = \"geheim\" }}\n"
    ));
    let config = Config::load(Some(&host)).unwrap();
    let session = &config.operators[0].sessions[0];
    assert_eq!((session.host.as_str(), session.port), ("127.0.0.1", 2776));
    assert!(!format!("{session:?}").contains("geheim"));
}

#[test]
fn a_password_beyond_the_standard_is_remarked_upon_and_one_beyond_reason_refused() {
    assert!(session("password = \"12345678\"").remarks(1).is_empty());
    let remarks = session("password = \"123456789\"").remarks(3);
    assert!(
        remarks.len() == 1 && remarks[0].starts_with("session 3: password has 9 octets"),
        "{remarks:?}"
    );
    assert!(!remarks[0].contains("123456789"));
    let long = format!("password = \"{}\"", "x".repeat(65));
    assert_problem(&long, "session[0].password: use at most 64 ASCII characters");
}
