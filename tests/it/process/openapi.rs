//! The OpenAPI document: every route is in it, every operation is called, and what comes back is what it tells.

use super::{Stage, has, messages};
use serde_json::{Value, json};
use smpp_connector_tests::{GatewayProcess, Message, Operator, PATIENCE, http, plugin};
use smsc_sim::{Rule, Script, Then, When};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

fn workspace(name: &str) -> PathBuf {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    tests.parent().expect("the workspace around the tests").join(name)
}

fn python(arguments: &[&str]) -> Command {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| workspace("target"), PathBuf::from);
    let mut command = Command::new("python3");
    command
        .args(["-W", "ignore"])
        .args(arguments)
        .env("PYTHONPATH", workspace("").join(target).join("linters"))
        .env("PYTHONDONTWRITEBYTECODE", "1");
    command
}

#[track_caller]
fn content(mut command: Command) -> String {
    let output = command.output().expect("python3");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}\n{errors}");
    said
}

/// `get /healthz` and the like, from the calls that make the router.
fn routes() -> BTreeSet<String> {
    let source = std::fs::read_to_string(workspace("host/src/http.rs")).expect("the router");
    let mut found = BTreeSet::new();
    for call in source.split(".route(").skip(1) {
        let path = call.split('"').nth(1).expect("a path");
        let handlers = call.split('"').nth(2).expect("what follows the path");
        let handlers = handlers.split(".route").next().unwrap_or(handlers);
        for method in ["get", "post", "put", "delete"] {
            if handlers.contains(&format!("{method}(")) && !path.starts_with("/console") && path != "/" {
                found.insert(format!("{method} {path}"));
            }
        }
    }
    found
}

#[test]
fn every_route_is_told_of() {
    let stage = Stage::new(Script::new());
    let gateway = stage.gateway(&stage.operator());
    let document = gateway.get("/api/v1/openapi.json").json();
    let told: BTreeSet<_> = document["paths"]
        .as_object()
        .expect("paths")
        .iter()
        .flat_map(|(path, methods)| {
            let methods = methods.as_object().expect("methods").keys();
            methods.map(move |method| format!("{method} {path}"))
        })
        .collect();
    assert!(told.len() >= 15, "{told:?}");
    assert_eq!(told, routes(), "the document and the router in host/src/http.rs");
    assert_eq!(document["info"]["version"], env!("CARGO_PKG_VERSION"));
}

/// A gateway with everything that its answers can tell of, and what it has answered.
struct Calls {
    stage: Stage,
    operator: Operator,
    gateway: GatewayProcess,
    answers: Vec<Value>,
}

impl Calls {
    fn start() -> Self {
        let stop = Rule::when(When::DestinationSuffix("666".to_owned())).then(Then::Status(0x401));
        // Every answer has an identifier without its NUL: an odd PDU.
        let script = Script::new().unterminated_ids(true).respond(stop.times(1));
        let stage = Stage::new(script);
        let operator = stage
            .operator()
            .set("statuses", "{ 0x401 = \"stop-operator\" }")
            .plugin(plugin("hexdec"));
        let gateway = stage.gateway(&operator);
        Self {
            stage,
            operator,
            gateway,
            answers: Vec::new(),
        }
    }

    fn call(&mut self, operation: &str, request: &str, body: &[u8]) -> http::Answer {
        let (method, path) = request.split_once(' ').expect("GET /path");
        let url = self.gateway.url(path);
        let answer = http::request(method, &url, &[], body).expect("an answer");
        self.answers
            .push(json!({ "operation": operation, "status": answer.status, "body": answer.body }));
        answer
    }

    #[track_caller]
    fn expect(&mut self, status: u16, operation: &str, request: &str, body: &[u8]) -> Value {
        let answer = self.call(operation, request, body);
        assert_eq!(answer.status, status, "{request}: {}", answer.body);
        answer.json()
    }

    fn until(&mut self, operation: &str, request: &str, enough: impl Fn(&http::Answer) -> bool) {
        let started = Instant::now();
        loop {
            let answer = self.call(operation, request, b"");
            if enough(&answer) {
                return;
            }
            assert!(started.elapsed() < PATIENCE, "{request}: {}", answer.body);
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    fn health_and_messages(&mut self) {
        self.expect(200, "alive", "GET /healthz", b"");
        self.until("ready", "GET /readyz", |answer| answer.status == 200);
        self.expect(200, "metrics", "GET /metrics", b"");
        self.expect(200, "openapi", "GET /api/v1/openapi.json", b"");
        let messages = messages(&self.operator, 48_600_200_000, 3);
        let bodies: Vec<_> = messages.iter().map(Message::json).collect();
        let all = format!("[{}]", bodies.join(","));
        self.expect(202, "send", "POST /api/v1/messages", all.as_bytes());
        let some = format!("[{},{{}}]", bodies[0]);
        self.expect(202, "send", "POST /api/v1/messages", some.as_bytes());
        self.expect(422, "send", "POST /api/v1/messages", b"{}");
        self.expect(400, "send", "POST /api/v1/messages", b"{");
        self.expect(405, "send", "DELETE /api/v1/messages", b"");
        let trace = format!("GET /api/v1/messages/{}", messages[0].id());
        self.until("trace", &trace, |answer| answer.body.contains("\"final\":true"));
        self.expect(
            404,
            "trace",
            &format!("GET /api/v1/messages/{}", uuid::Uuid::nil()),
            b"",
        );
        self.expect(400, "trace", "GET /api/v1/messages/yesterday", b"");
        let mut events = http::lines(&self.gateway.url("/api/v1/events?after=0")).expect("events");
        let first = events.next().expect("a line").expect("text");
        self.answers
            .push(json!({ "operation": "events", "status": 200, "body": first }));
        self.expect(400, "events", "GET /api/v1/events?after=yesterday", b"");
        self.until(
            "oddPdus",
            "GET /api/v1/odd-pdus?operator=acme&limit=5",
            |answer| answer.body.contains("no_nul"),
        );
        self.expect(400, "oddPdus", "GET /api/v1/odd-pdus?limit=0", b"");
    }

    fn recordings(&mut self) {
        self.until(
            "decisions",
            "GET /api/v1/decisions?operator=acme&since=1h",
            |answer| answer.body.contains("\"hook\":\"inbound\""),
        );
        let capture = self.gateway.url("/api/v1/capture.pcapng");
        // Octets are no text: that it is 200 is all that is asked here.
        assert!(http::lines(&capture).is_ok());
        self.answers
            .push(json!({ "operation": "capture", "status": 200, "body": "" }));
        self.expect(200, "decisionCounts", "GET /api/v1/decisions/summary", b"");
        for path in ["decisions", "decisions/summary", "capture.pcapng"] {
            let operation = match path {
                "decisions" => "decisions",
                "capture.pcapng" => "capture",
                _ => "decisionCounts",
            };
            self.expect(400, operation, &format!("GET /api/v1/{path}?since=soon"), b"");
        }
        // What would have no effect is refused, and it is said why.
        for (operation, request) in [
            ("decisionCounts", "decisions/summary?fields=true"),
            ("decisionCounts", "decisions/summary?limit=5"),
            ("capture", "capture.pcapng?fields=false"),
            ("capture", "capture.pcapng?outcome=unmatched"),
        ] {
            let refused = self.expect(400, operation, &format!("GET /api/v1/{request}"), b"");
            let why = refused["details"][0].as_str().expect("words");
            assert!(why.contains("has no effect here"), "{request}: {why}");
        }
    }

    fn operators(&mut self) {
        let last = Message::to("+48600200666").operator(self.operator.id);
        self.expect(202, "send", "POST /api/v1/messages", last.json().as_bytes());
        let is_stopped = |answer: &http::Answer| answer.json()["stopped"]["commandStatus"] == 0x401;
        self.until("operator", "GET /api/v1/operators/acme", is_stopped);
        self.expect(200, "operators", "GET /api/v1/operators", b"");
        let ready = self.expect(200, "ready", "GET /readyz", b"");
        assert_eq!(ready["stopped"][0]["name"], "acme");
        let resumed = self.expect(200, "resume", "POST /api/v1/operators/acme/resume", b"");
        assert!(resumed["wasStopped"].is_object(), "{resumed}");
        self.expect(200, "resume", "POST /api/v1/operators/acme/resume", b"");
        self.expect(404, "resume", "POST /api/v1/operators/nobody/resume", b"");
        self.expect(404, "operator", "GET /api/v1/operators/nobody", b"");
        for order in ["unbind", "rebind"] {
            let request = format!("POST /api/v1/operators/acme/sessions/1/{order}");
            self.expect(202, "orderSession", &request, b"");
        }
        for wrong in ["9/rebind", "1/dance"] {
            let request = format!("POST /api/v1/operators/acme/sessions/{wrong}");
            self.expect(404, "orderSession", &request, b"");
        }
    }

    fn previews(&mut self) {
        let asked = |subject: Value| {
            let mut asked = json!({ "operator": "acme", "against": "built-in" });
            asked
                .as_object_mut()
                .expect("an object")
                .extend(subject.as_object().expect("an object").clone());
            asked.to_string()
        };
        // A deliver_sm with a receipt, a submit_sm_resp, a generic_nack and an enquire_link.
        let receipt = concat!(
            "0000003600000005000000000000000700010131320000003300040000000000",
            "0000001269643a313720737461743a44454c49565244",
        );
        let long = "ż".repeat(200);
        for subject in [
            json!({ "message": { "to": "+48600200100", "text": "Hello" } }),
            json!({ "message": { "to": "+48600200100", "text": long } }),
            json!({ "message": { "to": "+48600200100", "text": "Hello", "from": "a name that is far too long" } }),
            json!({ "pdu": receipt }),
            json!({ "pdu": "0000001580000004000000000000000731413242 00" }),
            json!({ "pdu": "00000010800000000000000300000007" }),
            json!({ "pdu": "00000010000000150000000000000007" }),
            json!({ "fixture": { "name": "id", "hook": "message-ids", "input": { "raw": "1A2B", "origin": "submit-resp" } } }),
        ] {
            let body = asked(subject);
            let answer = self.call("preview", "POST /api/v1/preview", body.as_bytes());
            assert!([200, 422].contains(&answer.status), "{body}: {}", answer.body);
        }
        self.expect(400, "preview", "POST /api/v1/preview", b"{");
        self.expect(422, "preview", "POST /api/v1/preview", b"{\"operator\":\"acme\"}");
        let nobody = b"{\"operator\":\"nobody\",\"pdu\":\"00\"}";
        self.expect(404, "preview", "POST /api/v1/preview", nobody);
        let version = asked(json!({ "message": { "to": "+48600200100", "text": "x" }, "version": "none" }));
        self.expect(409, "preview", "POST /api/v1/preview", version.as_bytes());
    }

    fn policies(&mut self) {
        let other = std::fs::read(plugin("latin1")).expect("a plugin");
        self.expect(200, "policies", "GET /api/v1/plugins", b"");
        self.previews();
        self.until("pdus", "GET /api/v1/pdus?operator=acme", |answer| {
            answer.body.contains("bind_transceiver")
        });
        self.expect(400, "pdus", "GET /api/v1/pdus?operator=acme&limit=0", b"");
        self.expect(404, "pdus", "GET /api/v1/pdus?operator=acme&session=9", b"");
        self.expect(200, "configuration", "GET /api/v1/config", b"");
        self.expect(409, "orderPlugin", "POST /api/v1/plugins/acme/promote", b"");
        self.expect(422, "deploy", "POST /api/v1/plugins/acme/deploy", b"no component");
        self.expect(400, "deploy", "POST /api/v1/plugins/acme/deploy?shadow=soon", b"");
        self.expect(404, "deploy", "POST /api/v1/plugins/nobody/deploy", b"");
        let tried = self.expect(
            202,
            "deploy",
            "POST /api/v1/plugins/acme/deploy?shadow=10m",
            &other,
        );
        assert_eq!(tried["candidate"]["stage"], "shadow", "{tried}");
        let more = messages(&self.operator, 48_600_300_000, 3);
        let bodies: Vec<_> = more.iter().map(Message::json).collect();
        let all = format!("[{}]", bodies.join(","));
        self.expect(202, "send", "POST /api/v1/messages", all.as_bytes());
        self.until("policy", "GET /api/v1/plugins/acme", |answer| {
            answer.json()["candidate"]["differences"]
                .as_array()
                .is_some_and(|differences| !differences.is_empty())
        });
        self.expect(200, "orderPlugin", "POST /api/v1/plugins/acme/discard", b"");
        self.expect(202, "deploy", "POST /api/v1/plugins/acme/deploy", &other);
        let back = self.expect(200, "orderPlugin", "POST /api/v1/plugins/acme/rollback", b"");
        assert_eq!(back["previous"][0]["rolledBack"], true, "{back}");
        self.call("orderPlugin", "POST /api/v1/plugins/acme/reload", b"");
        self.expect(404, "orderPlugin", "POST /api/v1/plugins/acme/dance", b"");
        self.expect(404, "policy", "GET /api/v1/plugins/nobody", b"");
        let reloads = self.expect(200, "reloads", "GET /api/v1/reloads", b"");
        assert!(
            reloads["reloads"].as_array().is_some_and(|all| all.len() >= 3),
            "{reloads}"
        );
    }
}

#[test]
fn every_operation_answers_as_it_is_told() {
    let mut calls = Calls::start();
    calls.health_and_messages();
    calls.recordings();
    calls.operators();
    calls.policies();
    let folder = calls.stage.path();
    let (document, answers) = (folder.join("openapi.json"), folder.join("answers.json"));
    std::fs::write(&document, calls.gateway.get("/api/v1/openapi.json").body).expect("a file");
    std::fs::write(&answers, Value::from(calls.answers.clone()).to_string()).expect("a file");
    let script = workspace("tests/it/process/openapi.py");
    let mut hold = python(&[]);
    hold.arg(script).arg(document).arg(answers);
    content(hold);
}

/// Requests that follow the document, and such that do not quite, made up by schemathesis: nothing else comes back than what is
/// told, and no failure of the server.
#[test]
fn made_up_requests_get_no_other_answers() {
    let stage = Stage::new(Script::new());
    let gateway = stage.gateway(&stage.operator());
    let document = gateway.url("/api/v1/openapi.json");
    let checks =
        "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance";
    let mut run = python(&["-m", "schemathesis.cli", "run", &document]);
    run.args(["--checks", checks, "--phases", "examples,coverage,fuzzing"])
        .args([
            "--max-examples",
            "10",
            "--seed",
            "1",
            "--generation-deterministic",
        ])
        // A stream has no end, and of components it can make none up: the story above sends such.
        .args(["--exclude-path", "/api/v1/events", "--no-color"])
        .args(["--exclude-path", "/api/v1/plugins/{name}/deploy"])
        .current_dir(stage.path());
    let said = content(run);
    // Without these two, and the document itself.
    has(&said, &[&format!("Tested: {}\n", routes().len() - 3)]);
    assert_eq!(gateway.get("/healthz").status, 200);
}
