//! Servers that speak TLS: who is trusted, who is not, and what is said then.

use super::{BINARY, has};
use smpp_connector_tests::certificates::{Authority, give_to_postgres};
use smpp_connector_tests::servers::{NatsServer, PostgresServer, RedisServer};
use smpp_connector_tests::{Operator, TlsFront};
use smsc_sim::{Script, Smsc};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// `check --connect` of these lines, trusting this authority beside what the file says.
fn check(settings: &str, trusted: &Path) -> (i32, String) {
    check_with(settings, None, trusted)
}

/// The same with an operator.
fn check_with(settings: &str, operator: Option<&Operator>, trusted: &Path) -> (i32, String) {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(dir.path().join("operators")).unwrap();
    if let Some(operator) = operator {
        std::fs::write(dir.path().join("operators/acme.toml"), operator.toml()).unwrap();
    }
    std::fs::write(dir.path().join("smpp-connector.toml"), settings).unwrap();
    let Output {
        status,
        stdout,
        stderr,
    } = Command::new(BINARY)
        .args(["check", "--connect"])
        .current_dir(dir.path())
        .env("SSL_CERT_FILE", trusted)
        .env_remove("SMPP_CONNECTOR_CONFIG")
        .output()
        .unwrap();
    let told = format!(
        "{}{}",
        String::from_utf8_lossy(&stdout),
        String::from_utf8_lossy(&stderr)
    );
    (status.code().unwrap(), told)
}

#[test]
fn nats_is_spoken_to_by_tls_with_a_certificate_of_our_own() {
    let (ours, other) = (Authority::new(), Authority::new());
    let (certificate, key) = ours.sign("server");
    let (client, client_key) = ours.sign("client");
    let nats = NatsServer::start_with(&[
        "--tlsverify",
        &format!("--tlscert={}", certificate.display()),
        &format!("--tlskey={}", key.display()),
        &format!("--tlscacert={}", ours.certificate().display()),
    ]);
    let settings = |authority: &Authority, with_client: bool| {
        let mut text = format!(
            "nats.url = \"{}\"\nnats.tls_ca = {:?}\n",
            nats.url(),
            authority.certificate()
        );
        if with_client {
            text += &format!("nats.tls_cert = {client:?}\nnats.tls_key = {client_key:?}\n");
        }
        text
    };
    let (code, told) = check(&settings(&ours, true), &other.certificate());
    assert_eq!(code, 0, "{told}");
    has(&told, &["nats-server 2.", "everything can be reached"]);
    // Another authority, and no certificate where one is wanted.
    let (code, told) = check(&settings(&other, true), &other.certificate());
    assert_eq!(code, 69, "{told}");
    has(&told, &["no TLS: look at tls_ca", "UnknownIssuer"]);
    let (code, told) = check(&settings(&ours, false), &other.certificate());
    assert_eq!(code, 69, "{told}");
    has(&told, &["no TLS: look at tls_ca, tls_cert"]);
}

#[test]
fn redis_is_spoken_to_by_tls() {
    let (ours, other) = (Authority::new(), Authority::new());
    let (certificate, key) = ours.sign("server");
    let redis = RedisServer::start_with(&[
        "--port",
        "0",
        "--tls-port",
        "{port}",
        "--tls-cert-file",
        certificate.to_str().unwrap(),
        "--tls-key-file",
        key.to_str().unwrap(),
        "--tls-auth-clients",
        "no",
        "--requirepass",
        "hunter2",
    ]);
    let settings = |password: &str| format!("redis.url = \"rediss://:{password}@{}\"\n", redis.address());
    let (code, told) = check(&settings("hunter2"), &ours.certificate());
    assert_eq!(code, 0, "{told}");
    has(&told, &["Redis at 127.0.0.1:", "everything can be reached"]);
    let (code, told) = check(&settings("hunter2"), &other.certificate());
    assert_eq!(code, 69, "{told}");
    has(&told, &["Redis at 127.0.0.1:", "no TLS", "UnknownIssuer"]);
    let (code, told) = check(&settings("wrong"), &ours.certificate());
    assert_eq!(code, 69, "{told}");
    has(&told, &["check user and password in redis.url"]);
    assert!(!told.contains("wrong@") && !told.contains("hunter2"), "{told}");
}

#[test]
fn postgresql_is_spoken_to_by_tls() {
    let (ours, other) = (Authority::new(), Authority::new());
    let (certificate, key) = ours.sign("server");
    give_to_postgres(&key);
    let postgres = PostgresServer::with(&[
        "fsync=off",
        "ssl=on",
        &format!("ssl_cert_file={}", certificate.display()),
        &format!("ssl_key_file={}", key.display()),
    ]);
    let settings = |authority: &Authority| {
        let root = authority.certificate();
        format!(
            "postgres.url = \"{}?sslmode=verify-full&sslrootcert={}\"\n",
            postgres.url(),
            root.display()
        )
    };
    let (code, told) = check(&settings(&ours), &other.certificate());
    assert_eq!(code, 0, "{told}");
    has(&told, &["PostgreSQL at 127.0.0.1:", "everything can be reached"]);
    let (code, told) = check(&settings(&other), &other.certificate());
    assert_eq!(code, 69, "{told}");
    has(&told, &["no TLS: look at sslmode", "UnknownIssuer"]);
}

/// An SMSC behind TLS, and what `check --connect` says of it.
struct SecuredSmsc {
    runtime: tokio::runtime::Runtime,
    smsc: Smsc,
    ours: Authority,
}

impl SecuredSmsc {
    fn new() -> Self {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let smsc = runtime.block_on(Smsc::start(Script::new())).unwrap();
        Self {
            runtime,
            smsc,
            ours: Authority::new(),
        }
    }

    /// What is said with this certificate on its side, and these keys of ours.
    fn told(&self, identity: &(PathBuf, PathBuf), keys: &[(&str, String)]) -> (i32, String) {
        self.told_by(&TlsFront::before(self.smsc.addr(), identity, None), keys)
    }

    fn told_by(&self, front: &TlsFront, keys: &[(&str, String)]) -> (i32, String) {
        let operator = Operator::at(front.address());
        let operator = keys
            .iter()
            .fold(operator, |operator, (key, value)| operator.session(key, value));
        check_with("", Some(&operator), &self.ours.certificate())
    }

    fn end(self) {
        self.runtime.block_on(self.smsc.stop());
    }
}

fn quoted(path: &Path) -> String {
    format!("{path:?}")
}

const FROM: &str = "200101000000Z";
const UNTIL: &str = "491231235959Z";
const HERE: &str = "IP:127.0.0.1";

#[test]
fn each_fault_of_an_smscs_certificate_is_told_with_what_helps() {
    let smsc = SecuredSmsc::new();
    let on = [("tls", "true".to_owned())];
    // Those whom this machine trusts, without a word in the file.
    let (code, told) = smsc.told(&smsc.ours.sign("good"), &on);
    assert_eq!(code, 0, "{told}");
    has(&told, &["takes connections by TLS at 127.0.0.1:"]);

    let expired = smsc.ours.sign_for("expired", HERE, FROM, "210101000000Z");
    let early = smsc.ours.sign_for("early", HERE, "480101000000Z", UNTIL);
    let other_name = smsc.ours.sign_for("elsewhere", "DNS:smsc.example", FROM, UNTIL);
    let others = Authority::new();
    let stranger = others.sign("stranger");
    let hurried = smsc.ours.self_signed("hurried");
    for (identity, words) in [
        (
            &expired,
            [
                "its certificate expired at 2021-01-01T00:00:00Z",
                "the operator has to renew it",
            ],
        ),
        (
            &early,
            ["valid only from 2048-01-01T00:00:00Z on", "clock of this machine"],
        ),
        (&other_name, ["smsc.example", "set tls.server_name"]),
        (&stranger, ["UnknownIssuer", "tls.ca"]),
        (&hurried, ["its certificate is ", "tls.fingerprint = \""]),
    ] {
        let (code, told) = smsc.told(identity, &on);
        assert_eq!(code, 69, "{told}");
        has(&told, &["acme: SMSC 127.0.0.1:", "cannot be reached: no TLS: "]);
        has(&told, &words);
    }
    // The mends work: another name, and the fingerprint that was told.
    let name = [("tls.server_name", "\"smsc.example\"".to_owned())];
    assert_eq!(smsc.told(&other_name, &name).0, 0);
    let (_, told) = smsc.told(&hurried, &on);
    let fingerprint = told
        .split("tls.fingerprint = ")
        .nth(1)
        .unwrap()
        .lines()
        .next()
        .unwrap();
    let pinned = [("tls.fingerprint", fingerprint.to_owned())];
    let (code, told) = smsc.told(&hurried, &pinned);
    assert_eq!(code, 0, "{told}");
    let (code, told) = smsc.told(&stranger, &pinned);
    assert_eq!(code, 69, "{told}");
    has(
        &told,
        &["tls.fingerprint is that of another one, and this one has \""],
    );
    smsc.end();
}

#[test]
fn an_smsc_that_wants_our_certificate_gets_the_one_that_it_knows() {
    let smsc = SecuredSmsc::new();
    let (server, ours) = (smsc.ours.sign("server"), smsc.ours.sign("gateway"));
    let others = Authority::new();
    let strange = others.sign("gateway");
    let clients = smsc.ours.certificate();
    let identity = |(certificate, key): &(PathBuf, PathBuf)| {
        [("tls.cert", quoted(certificate)), ("tls.key", quoted(key))]
    };
    for front in [
        TlsFront::before(smsc.smsc.addr(), &server, Some(&clients)),
        TlsFront::old_before(smsc.smsc.addr(), &server, Some(&clients)),
    ] {
        let (code, told) = smsc.told_by(&front, &identity(&ours));
        assert_eq!(code, 0, "{told}");
        let (code, told) = smsc.told_by(&front, &[("tls", "true".to_owned())]);
        assert_eq!(code, 69, "{told}");
        has(&told, &["demands a certificate of ours", "tls.cert and tls.key"]);
        let (code, told) = smsc.told_by(&front, &identity(&strange));
        assert_eq!(code, 69, "{told}");
        has(&told, &["it refuses our certificate", "tls.cert and tls.key"]);
    }
    smsc.end();
}

#[test]
fn an_smsc_without_tls_is_told_from_one_with_it() {
    let smsc = SecuredSmsc::new();
    let operator = Operator::at(smsc.smsc.addr()).session("tls", "true");
    let (code, told) = check_with("", Some(&operator), &smsc.ours.certificate());
    assert_eq!(code, 69, "{told}");
    has(&told, &["it does not speak TLS on this port", "set tls = false"]);
    smsc.end();
}
