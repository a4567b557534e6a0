//! `smpp-connector check --connect`: what can be reached and what cannot, in words.

use super::{BINARY, has, run};
use serde_json::Value;
use smpp_connector_tests::servers::{NatsServer, PostgresServer, RedisServer};
use smpp_connector_tests::{Operator, write_files_with};
use smsc_sim::{Script, Smsc};
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

#[test]
fn what_is_there_is_told_and_what_is_away_is_told_with_what_helps() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let smsc = runtime.block_on(Smsc::start(Script::new())).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let nats = NatsServer::start();
    let postgres = PostgresServer::with(&["fsync=off"]);
    let mut redis = RedisServer::start();
    let servers = format!(
        "nats.url = \"{}\"\npostgres.url = \"{}\"\nredis.url = \"{}\"\n",
        nats.url(),
        postgres.url(),
        redis.url()
    );
    write_files_with(dir.path(), &[Operator::at(smsc.addr())], &servers);

    let fresh = run(dir.path(), &["check", "--connect"]);
    assert_eq!(fresh.code, 0, "{fresh:?}");
    let told = [
        &format!("NATS at {}: nats-server 2.", nats.address()),
        "stream SMPP_DISPATCH is not there yet: the start makes it",
        &format!(
            "PostgreSQL at {}/postgres: it has no tables yet",
            postgres.address()
        ),
        &format!("Redis at {}: ", redis.address()),
        &format!("acme: SMSC {}: takes connections", smsc.addr()),
        "everything can be reached",
    ];
    has(&fresh.stdout, &told);
    // It has looked and changed nothing.
    let again = run(dir.path(), &["check", "--connect"]);
    assert_eq!(again.stdout, fresh.stdout);

    assert_eq!(run(dir.path(), &["migrate"]).code, 0);
    redis.kill();
    runtime.block_on(smsc.stop());
    let away = run(dir.path(), &["check", "--connect", "--json"]);
    assert_eq!(away.code, 69, "{away:?}");
    let json: Value = serde_json::from_str(&away.stdout).unwrap();
    assert_eq!(json["ok"], false);
    let of = |what: &str| {
        let all = json["connections"].as_array().unwrap();
        let found = all
            .iter()
            .find(|one| one["what"].as_str().unwrap().contains(what));
        found
            .unwrap_or_else(|| panic!("nothing of {what} in {json}"))
            .clone()
    };
    assert_eq!(of("NATS")["ok"], true);
    has(
        of("PostgreSQL")["told"].as_str().unwrap(),
        &["which is what this version needs"],
    );
    assert_eq!(of("Redis")["ok"], false);
    has(
        of("Redis")["told"].as_str().unwrap(),
        &["start it, or correct redis.url"],
    );
    has(of("SMSC")["told"].as_str().unwrap(), &["cannot be reached"]);
}

#[test]
fn a_problem_of_the_file_comes_before_what_is_away() {
    let dir = tempfile::tempdir().unwrap();
    let nobody: SocketAddr = "127.0.0.1:1".parse().unwrap();
    write_files_with(
        dir.path(),
        &[Operator::at(nobody).set("tps_limit", "0")],
        "lease = \"1y\"\nredis.prefix = \"x\"\n",
    );
    let told = run(dir.path(), &["check", "--connect"]);
    assert_eq!(told.code, 78, "{told:?}");
    has(&told.stderr, &["tps_limit", "redis.url: is missing", "lease = "]);
}

#[test]
fn a_long_password_is_remarked_upon_and_is_no_problem() {
    let dir = tempfile::tempdir().unwrap();
    let nobody: SocketAddr = "127.0.0.1:1".parse().unwrap();
    let operator = Operator::at(nobody).session("password", "\"correct horse\"");
    write_files_with(dir.path(), &[operator], "");
    let told = run(dir.path(), &["check"]);
    assert_eq!(told.code, 0, "{told:?}");
    has(
        &told.stderr,
        &[
            "remark: ",
            "acme.toml: session 1: password has 13 octets",
            "room for 8",
        ],
    );
    let told = run(dir.path(), &["check", "--json"]);
    let json: Value = serde_json::from_str(&told.stdout).unwrap();
    assert_eq!(
        (&json["ok"], json["remarks"].as_array().map(Vec::len)),
        (&Value::Bool(true), Some(1))
    );
    assert!(!told.stdout.contains("horse"));
}

/// The files that a platform team starts from.
#[test]
fn the_files_of_the_deploy_folder_are_good() {
    let deploy = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy");
    let told = Command::new(BINARY)
        .args(["check", "--config"])
        .arg(deploy.join("smpp-connector.toml"))
        .env("SMPP_CONNECTOR_TOKEN", "token")
        .env("DATABASE_URL", "postgres://smpp:secret@postgres/smpp")
        .output()
        .unwrap();
    let stderr = String::from_utf8_lossy(&told.stderr).into_owned();
    assert!(told.status.success(), "{stderr}");
    // Without them it says which ones are missing.
    let told = Command::new(BINARY)
        .args(["check", "--config"])
        .arg(deploy.join("smpp-connector.toml"))
        .env_remove("SMPP_CONNECTOR_TOKEN")
        .env_remove("DATABASE_URL")
        .output()
        .unwrap();
    assert_eq!(told.status.code(), Some(78));
    has(
        &String::from_utf8_lossy(&told.stderr),
        &["SMPP_CONNECTOR_TOKEN", "DATABASE_URL"],
    );
}
