//! Servers that are wrong or absent at the start: the exit code of an unavailable service, and words that help.

use super::{BINARY, my_turn};
use crate::process::has;
use async_nats::jetstream::stream;
use smpp_connector_tests::{PATIENCE, Platform};
use std::net::SocketAddr;
use std::process::{Command, Stdio};
use std::time::Instant;

/// sysexits' EX_UNAVAILABLE.
const UNAVAILABLE: i32 = 69;

/// Starts a host that cannot run; returns its exit code and what it said.
fn refused(platform: &Platform) -> (Option<i32>, String) {
    let dir = platform.files("host", &[]);
    let said = dir.join("said");
    let mut child = Command::new(BINARY)
        .arg("run")
        .arg("--config")
        .arg(dir.join("smpp-connector.toml"))
        .env_remove("SMPP_CONNECTOR_LOG")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(std::fs::File::create(&said).unwrap())
        .spawn()
        .unwrap();
    let started = Instant::now();
    let ended = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status.code();
        }
        if started.elapsed() > PATIENCE {
            child.kill().unwrap();
            child.wait().unwrap();
            break None;
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    };
    (ended, std::fs::read_to_string(said).unwrap())
}

fn is_refused(platform: &Platform, words: &[&str]) {
    let (code, said) = refused(platform);
    println!("{said}");
    assert_eq!(code, Some(UNAVAILABLE), "{said}");
    has(&said, words);
    assert!(!said.contains("secret"), "{said}");
}

#[test]
fn a_stream_with_another_retention_is_told_with_its_mend() {
    let _turn = my_turn();
    let platform = Platform::start(BINARY);
    let wrong = stream::Config {
        name: "SMPP_DISPATCH".to_owned(),
        subjects: vec!["smpp.operator.*".to_owned()],
        retention: stream::RetentionPolicy::Limits,
        ..Default::default()
    };
    platform
        .block_on(platform.bus().jetstream.create_stream(wrong))
        .unwrap();
    is_refused(&platform, &["SMPP_DISPATCH", "retention", "nats stream"]);
}

#[test]
fn a_stream_with_other_subjects_is_told_with_its_mend() {
    let _turn = my_turn();
    let platform = Platform::start(BINARY);
    let wrong = stream::Config {
        name: "SMPP_EVENTS".to_owned(),
        subjects: vec!["smpp.submit.*".to_owned()],
        ..Default::default()
    };
    platform
        .block_on(platform.bus().jetstream.create_stream(wrong))
        .unwrap();
    is_refused(&platform, &["SMPP_EVENTS", "smpp.dlr.*", "nats stream"]);
}

#[test]
fn a_password_that_postgres_refuses_is_told_without_the_password() {
    let _turn = my_turn();
    let platform = Platform::start(BINARY);
    platform.block_on(platform.postgres.refuse_passwords());
    let port = platform.postgres.address().port();
    let url = format!("\"postgres://smpp:secret@127.0.0.1:{port}/postgres\"");
    let platform = platform.set("postgres.url", &url);
    is_refused(&platform, &["postgres", "password"]);
}

/// A server that is absent at the start.
fn is_told(server: &str, absent: impl FnOnce(&mut Platform) -> SocketAddr) {
    let mut platform = Platform::start(BINARY);
    let address = absent(&mut platform).to_string();
    is_refused(&platform, &[server, &address]);
}

#[test]
fn servers_that_are_absent_are_told_by_name_and_address() {
    let _turn = my_turn();
    // Each start takes its ten seconds: all at once.
    std::thread::scope(|scope| {
        scope.spawn(|| {
            is_told("Redis", |platform| {
                platform.redis.kill();
                platform.redis.address()
            });
        });
        scope.spawn(|| {
            is_told("PostgreSQL", |platform| {
                platform.postgres.kill();
                platform.postgres.address()
            });
        });
        scope.spawn(|| {
            is_told("NATS", |platform| {
                platform.nats.kill();
                platform.nats.address()
            });
        });
    });
}
