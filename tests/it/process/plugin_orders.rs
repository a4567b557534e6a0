//! The commands that bring a plugin to a running gateway, watch it and take it back.

use super::{BINARY, Stage, Told, has, messages, run};
use serde_json::{Value, json};
use smpp_connector::policy::fixtures;
use smpp_connector_tests::{GatewayProcess, Operator, PATIENCE, plugin};
use smsc_sim::Script;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Instant;

/// A gateway whose operator has the hexdec plugin.
struct Desk {
    stage: Stage,
    operator: Operator,
    gateway: GatewayProcess,
}

impl Desk {
    fn new(settings: &str) -> Self {
        let stage = Stage::new(Script::new());
        let operator = stage.operator().plugin(plugin("hexdec"));
        let operators = std::slice::from_ref(&operator);
        let gateway = GatewayProcess::start_with(BINARY, stage.path(), operators, settings);
        Self {
            stage,
            operator,
            gateway,
        }
    }

    /// hexdec under another digest.
    fn version(&self, name: &str) -> PathBuf {
        let mut wasm = std::fs::read(plugin("hexdec")).unwrap();
        let section = [&[u8::try_from(name.len()).unwrap()], name.as_bytes()].concat();
        wasm.extend([0, u8::try_from(section.len()).unwrap()]);
        wasm.extend(section);
        let file = self.stage.path().join(format!("{name}.wasm"));
        std::fs::write(&file, wasm).unwrap();
        file
    }

    fn args(&self, args: &[&str]) -> Vec<String> {
        let url = ["--url".to_owned(), self.gateway.url("")];
        let args = ["plugin"].iter().chain(args).map(|arg| (*arg).to_owned());
        args.chain(url).collect()
    }

    fn run(&self, args: &[&str]) -> Told {
        let args = self.args(args);
        run(
            self.stage.path(),
            &args.iter().map(String::as_str).collect::<Vec<_>>(),
        )
    }

    fn start(&self, args: &[&str]) -> Child {
        let mut command = Command::new(BINARY);
        command.args(self.args(args)).current_dir(self.stage.path());
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap()
    }

    fn policy(&self) -> Value {
        self.gateway.get("/api/v1/plugins/acme").json()
    }

    fn digest(&self) -> String {
        self.policy()["active"]["sha256"].as_str().unwrap()[..12].to_owned()
    }
}

#[test]
fn a_version_is_deployed_looked_at_and_taken_back() {
    let desk = Desk::new("");
    let first = desk.digest();
    let overview = desk.run(&["status"]);
    assert_eq!(overview.code, 0, "{overview:?}");
    has(&overview.stdout, &["OPERATOR", "acme 0.1.0", &first]);

    let file = desk.version("second");
    let file = file.to_str().unwrap();
    let deployed = desk.run(&["deploy", file, "--operator", "acme"]);
    assert_eq!(deployed.code, 0, "{deployed:?}");
    let second = desk.digest();
    assert_ne!(second, first);
    has(
        &deployed.stdout,
        &[&format!("acme: acme 0.1.0 ({second}) decides now")],
    );

    desk.gateway
        .post(&messages(&desk.operator, 48_600_100_000, 3))
        .unwrap();
    desk.gateway.events_until(|events| {
        let done = events.iter().filter(|event| event["messageFinal"] == json!(true));
        done.count() == 3
    });
    let details = desk.run(&["status", "acme"]);
    has(
        &details.stdout,
        &[
            &format!("active     acme 0.1.0 ({second})"),
            &format!("previous   acme 0.1.0 ({first})"),
            "message-ids",
            "HOOK",
        ],
    );
    let json: Value = serde_json::from_str(&desk.run(&["status", "acme", "--json"]).stdout).unwrap();
    assert_eq!(json["operator"], "acme");

    let back = desk.run(&["rollback", "acme"]);
    assert_eq!(back.code, 0, "{back:?}");
    has(
        &back.stdout,
        &[&format!("acme: acme 0.1.0 ({first}) decides again")],
    );
    assert_eq!(desk.digest(), first);
    for order in ["promote", "discard"] {
        let nothing = desk.run(&[order, "acme"]);
        assert_eq!(nothing.code, 1, "{order}: {nothing:?}");
        has(&nothing.stderr, &["candidate"]);
    }
}

#[test]
fn a_shadow_is_followed_until_it_decides() {
    let desk = Desk::new("");
    let first = desk.digest();
    let file = desk.version("second");
    let mut child = desk.start(&[
        "deploy",
        file.to_str().unwrap(),
        "--operator",
        "acme",
        "--calls",
        "6",
        "--promote",
    ]);
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let beside = lines.next().unwrap().unwrap();
    has(
        &beside,
        &["acme: acme 0.1.0 (", &format!("runs beside acme 0.1.0 ({first})")],
    );
    desk.gateway
        .post(&messages(&desk.operator, 48_600_200_000, 5))
        .unwrap();
    let last = lines.map(Result::unwrap).last().unwrap();
    assert!(child.wait().unwrap().success(), "{last}");
    assert_ne!(desk.digest(), first);
    has(
        &last,
        &[&format!("acme: acme 0.1.0 ({}) decides now", desk.digest())],
    );
}

#[test]
fn a_shadow_that_is_left_goes_on() {
    let desk = Desk::new("");
    let first = desk.digest();
    let file = desk.version("second");
    let mut child = desk.start(&[
        "deploy",
        file.to_str().unwrap(),
        "--operator",
        "acme",
        "--shadow",
        "10m",
    ]);
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    has(&lines.next().unwrap().unwrap(), &["runs beside"]);
    let pid = child.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-INT", &pid])
            .status()
            .unwrap()
            .success()
    );
    let rest: Vec<_> = lines.map(Result::unwrap).collect();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    has(
        &rest.join("\n"),
        &[
            "it goes on without you",
            "plugin promote acme",
            "plugin discard acme",
        ],
    );

    let status = desk.run(&["status", "acme"]);
    has(&status.stdout, &["candidate  acme 0.1.0 (", "shadow: 0 calls"]);
    let gone = desk.run(&["discard", "acme"]);
    assert_eq!(gone.code, 0, "{gone:?}");
    has(&gone.stdout, &["the candidate is gone", &first]);
    assert_eq!(desk.policy()["candidate"], Value::Null);

    let again = desk.start(&[
        "deploy",
        file.to_str().unwrap(),
        "--operator",
        "acme",
        "--shadow",
        "10m",
        "--json",
    ]);
    let started = Instant::now();
    while desk.policy()["candidate"].is_null() {
        assert!(started.elapsed() < PATIENCE, "no candidate: {:#}", desk.policy());
    }
    let promoted = desk.run(&["promote", "acme"]);
    assert_eq!(promoted.code, 0, "{promoted:?}");
    has(
        &promoted.stdout,
        &["decides now", "smpp-connector plugin rollback acme"],
    );
    let output = again.wait_with_output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(json["active"]["sha256"].as_str().unwrap()[..12], desk.digest());
}

#[test]
fn what_cannot_be_done_is_told_with_the_mend() {
    let desk = Desk::new("http.token = \"s3cret\"\n");
    // The folder's own file names the token.
    let file = desk.stage.path().join("smpp-connector.toml");
    let whose = ["--config", file.to_str().unwrap()];
    let run = |args: &[&str]| desk.run(&[args, &whose].concat());
    assert_eq!(run(&["status"]).code, 0);
    let wrong = run(&["status", "--token", "guess"]);
    assert_eq!(wrong.code, 1);
    has(
        &wrong.stderr,
        &["wants a token", "SMPP_CONNECTOR_TOKEN", "http.token"],
    );
    let nobody = run(&["status", "nobody"]);
    assert_eq!(nobody.code, 1);
    has(&nobody.stderr, &["no operator is loaded as nobody", "acme"]);

    let wrong = json!({
        "name": "wrong", "hook": "message-ids", "expect": "10",
        "input": { "raw": "10", "origin": "submit-resp" },
    });
    let wrong = fixtures::read_value("x", &wrong).unwrap();
    let packed = fixtures::pack(&std::fs::read(plugin("hexdec")).unwrap(), &[wrong]).unwrap();
    let bad = desk.stage.path().join("bad.wasm");
    std::fs::write(&bad, packed).unwrap();
    let refused = run(&["deploy", bad.to_str().unwrap(), "--operator", "acme"]);
    assert_eq!(refused.code, 1, "{refused:?}");
    has(
        &refused.stderr,
        &[
            "1 of its 1 fixtures fail",
            "\"wrong\": expected \"10\", got \"16\"",
        ],
    );

    let Desk { stage, gateway, .. } = desk;
    let url = gateway.url("");
    drop(gateway);
    let away = super::run(stage.path(), &["plugin", "rollback", "acme", "--url", &url]);
    assert_eq!(away.code, 69);
    has(&away.stderr, &[&url, "is `smpp-connector run` running?"]);
}
