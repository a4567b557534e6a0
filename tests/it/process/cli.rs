//! The command line: what it prints, and its exit codes.

use super::{BINARY, Stage, has, messages, run};
use serde_json::Value;
use smpp_connector_tests::servers::Port;
use smpp_connector_tests::{GatewayProcess, write_files};
use smsc_sim::{FinalState, Receipts, Script};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Stdio};

#[test]
fn help_version_and_wrong_usage() {
    let dir = tempfile::tempdir().unwrap();
    let version = run(dir.path(), &["version"]);
    assert_eq!(
        (version.code, version.stdout.trim()),
        (0, concat!("smpp-connector ", env!("CARGO_PKG_VERSION")))
    );
    let help = run(dir.path(), &["--help"]);
    assert_eq!(help.code, 0);
    has(
        &help.stdout,
        &["run", "check", "demo", "sim", "send", "plugin", "--config"],
    );
    for args in [
        &["frobnicate"][..],
        &[],
        &["send", "hello"],
        &["run", "--no-such-flag"],
    ] {
        let wrong = run(dir.path(), args);
        assert_eq!(wrong.code, 64, "{args:?}: {wrong:?}");
        has(&wrong.stderr, &["Usage:"]);
    }
}

#[test]
fn the_simulator_tells_its_profiles() {
    let dir = tempfile::tempdir().unwrap();
    let list = run(dir.path(), &["sim", "--list"]);
    assert_eq!(list.code, 0);
    has(&list.stdout, &["plain"]);
    let wrong = run(dir.path(), &["sim", "--profile", "nope"]);
    assert_eq!(wrong.code, 64);
    has(&wrong.stderr, &["nope", "plain"]);
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let unavailable = run(dir.path(), &["sim", "--listen", &address]);
    assert_eq!(unavailable.code, 69);
    has(&unavailable.stderr, &[&address, "in use"]);
}

#[test]
fn the_simulator_calls_a_gateway_that_waits_for_it() {
    let stage = Stage::new(Script::new());
    let port = Port::reserve();
    let esme = format!("127.0.0.1:{}", port.number);
    let operator = stage
        .operator()
        .session("outbind.listen", &format!("\"{esme}\""))
        .session("outbind.system_id", "\"caller\"")
        .session("outbind.password", "\"s3cret\"");
    let gateway = stage.gateway(&operator);
    let mut simulator = Command::new(BINARY)
        .args(["sim", "--listen", "127.0.0.1:0", "--outbind", &esme])
        .args(["--outbind-as", "caller", "--outbind-password", "s3cret"])
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    gateway.post(&messages(&operator, 48_600_123_456, 1)).unwrap();
    let events =
        gateway.events_until(|events| events.last().is_some_and(|event| event["outcome"] == "ACCEPTED"));
    simulator.kill().unwrap();
    simulator.wait().unwrap();
    assert!(events.iter().any(|event| event["to"] == "BOUND"));
    assert_eq!(stage.smsc.counters().links, 0, "nobody was dialled");
}

#[test]
fn an_address_or_a_folder_that_is_taken_is_unavailable() {
    let stage = Stage::new(Script::new());
    let gateway = stage.gateway(&stage.operator());
    let locked = run(stage.path(), &["run"]);
    assert_eq!(locked.code, 69, "{locked:?}");
    has(&locked.stderr, &["smpp-connector.db", "another"]);

    let address = gateway.url("").replace("http://", "");
    let other = tempfile::tempdir().unwrap();
    std::fs::write(
        other.path().join("smpp-connector.toml"),
        format!("[http]\nlisten = \"{address}\"\n"),
    )
    .unwrap();
    let taken = run(other.path(), &["run"]);
    assert_eq!(taken.code, 69, "{taken:?}");
    has(&taken.stderr, &["http.listen", &address, "in use"]);
}

/// The folder's configuration, pointed at a gateway that runs on another port than the file's 0.
fn at(gateway: &GatewayProcess) -> [String; 2] {
    ["--url".to_owned(), gateway.url("")]
}

#[test]
fn send_follows_a_message_to_its_end() {
    let undelivered = Receipts::new().state_for("2", FinalState::undelivered("021"));
    let stage = Stage::new(Script::new().receipts(undelivered));
    let operator = stage.operator();
    let gateway = stage.gateway(&operator);
    gateway.post(&messages(&operator, 48_600, 1)).unwrap();
    let [flag, url] = at(&gateway);
    for (to, state) in [("+48601", "DELIVERED"), ("+48602", "UNDELIVERABLE")] {
        let told = run(
            stage.path(),
            &["send", "hello", "--to", to, "--wait", &flag, &url],
        );
        assert_eq!(told.code, 0, "{told:?}");
        let mut lines = told.stdout.lines();
        let id = lines.next().unwrap();
        let events: Vec<Value> = lines.map(|line| serde_json::from_str(line).unwrap()).collect();
        assert!(events.iter().all(|event| event["messageId"] == id), "{events:#?}");
        assert_eq!(events[0]["outcome"], "ACCEPTED");
        assert_eq!(events.last().unwrap()["messageState"], state);
    }
    let wrong = run(stage.path(), &["send", "hello", "--to", "12", &flag, &url]);
    assert_eq!(wrong.code, 1);
    has(&wrong.stderr, &["no command was accepted", "to: \"12\""]);
    let unknown = run(
        stage.path(),
        &[
            "send",
            "hello",
            "--to",
            "+48601",
            "--operator",
            "nobody",
            &flag,
            &url,
        ],
    );
    assert_eq!(unknown.code, 64);
    has(&unknown.stderr, &["--operator", "acme"]);
}

#[test]
fn send_without_a_gateway_is_unavailable() {
    let stage = Stage::new(Script::new());
    write_files(stage.path(), &[stage.operator()]);
    // A port that was free a moment ago.
    let url = format!(
        "http://{}",
        TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
    );
    for wait in [&[][..], &["--wait"]] {
        let told = run(
            stage.path(),
            &[&["send", "hello", "--to", "+48601", "--url", &url], wait].concat(),
        );
        assert_eq!(told.code, 69, "{told:?}");
        has(&told.stderr, &[&url, "smpp-connector run"]);
    }
}

#[test]
fn plugin_build_makes_a_component_or_says_why_not() {
    let dir = tempfile::tempdir().unwrap();
    let latin1 = Path::new(env!("CARGO_MANIFEST_DIR")).join("../plugins/latin1");
    let built = run(
        dir.path(),
        &["plugin", "build", latin1.to_str().unwrap(), "--out", "."],
    );
    assert_eq!(built.code, 0, "{built:?}");
    let octets = std::fs::read(dir.path().join("latin1.wasm")).unwrap();
    has(
        &built.stdout,
        &["latin1.wasm", &format!("{} octets", octets.len())],
    );
    let nothing = run(dir.path(), &["plugin", "build", "."]);
    assert_eq!(nothing.code, 1);
    has(
        &nothing.stderr,
        &[
            "neither a Cargo.toml nor a plugin.toml",
            "give the folder of a plugin",
        ],
    );
}

#[test]
fn the_demo_ends_with_one_line_of_json() {
    let dir = tempfile::tempdir().unwrap();
    let told = run(dir.path(), &["demo", "--messages", "200", "--json"]);
    assert_eq!(told.code, 0, "{told:?}");
    let last: Value = serde_json::from_str(told.stdout.lines().last().unwrap()).unwrap();
    let keys: Vec<_> = last.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(
        keys,
        ["delivered", "duplicated", "lost", "sent", "swap_ms", "swaps"]
    );
    for (key, value) in [
        ("sent", 200),
        ("delivered", 200),
        ("lost", 0),
        ("duplicated", 0),
        ("swaps", 1),
    ] {
        assert_eq!(last[key], value, "{key}");
    }
    assert!(last["swap_ms"].as_f64().unwrap() > 0.0);
}

#[test]
fn a_locked_folder_is_free_again_after_kill_9() {
    let stage = Stage::new(Script::new());
    let operator = stage.operator();
    stage.gateway(&operator).kill();
    assert!(
        GatewayProcess::launch(BINARY, stage.path(), "warn")
            .terminate()
            .success()
    );
}
