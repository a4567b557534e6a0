//! Servers that speak TLS: who is trusted, who is not, and what is said then.

use super::{BINARY, has};
use smpp_connector_tests::certificates::{Authority, give_to_postgres};
use smpp_connector_tests::servers::{NatsServer, PostgresServer, RedisServer};
use std::path::Path;
use std::process::{Command, Output};

/// `check --connect` of these lines, trusting this authority beside what the file says.
fn check(settings: &str, trusted: &Path) -> (i32, String) {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(dir.path().join("operators")).unwrap();
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
