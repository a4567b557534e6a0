//! What is in force: over HTTP and on the command line, without a secret.

use super::{BINARY, Stage, has, run};
use serde_json::Value;
use smpp_connector_tests::{GatewayProcess, PATIENCE, http, write_files_with};
use smsc_sim::Script;
use std::time::{Duration, Instant};

#[test]
fn what_is_in_force_is_the_same_everywhere_and_holds_no_secret() {
    let stage = Stage::new(Script::new().credentials("story", "p4ss!word"));
    let operator = stage.operator().session("password", "\"p4ss!word\"");
    let settings = "http.token = { file = \"token\" }\n";
    write_files_with(stage.path(), std::slice::from_ref(&operator), settings);
    std::fs::write(stage.path().join("token"), "t0ken-of-http\n").unwrap();
    let gateway = GatewayProcess::launch(BINARY, stage.path(), "warn");
    let url = gateway.url("/api/v1/config");
    assert_eq!(http::request("GET", &url, &[], b"").unwrap().status, 401);
    let ask = || {
        let token = [("Authorization", "Bearer t0ken-of-http")];
        http::request("GET", &url, &token, b"").unwrap().json()
    };
    let effective = ask();
    let setting = |effective: &Value, file: usize, key: &str| {
        let settings = effective["files"][file]["settings"].as_array().unwrap().clone();
        let found = settings.into_iter().find(|setting| setting["key"] == key);
        found.unwrap_or_else(|| panic!("no {key} in {effective}"))
    };
    assert_eq!(
        setting(&effective, 0, "http.token")["origin"]["secret-file"],
        "token"
    );
    assert_eq!(setting(&effective, 0, "lease")["origin"], "default");
    assert_eq!(
        setting(&effective, 1, "session[0].password")["value"],
        Value::Null
    );
    assert_eq!(effective["files"][1]["operator"], "acme");

    let told = run(stage.path(), &["config", "--json"]);
    assert_eq!(told.code, 0, "{told:?}");
    let by_file: Value = serde_json::from_str(&told.stdout).unwrap();
    assert_eq!(by_file["files"][1]["settings"], effective["files"][1]["settings"]);
    let words = run(stage.path(), &["config"]);
    has(
        &words.stdout,
        &[
            "tps_limit = ",
            "correlation_ttl = \"72h\"  # default",
            "from the file token",
        ],
    );
    let changed = run(stage.path(), &["config", "--changed"]);
    assert!(!changed.stdout.contains("correlation_ttl"), "{}", changed.stdout);
    for text in [
        effective.to_string(),
        told.stdout,
        words.stdout,
        changed.stdout,
        gateway.log(),
    ] {
        assert!(
            !text.contains("p4ss!word") && !text.contains("t0ken-of-http"),
            "{text}"
        );
    }

    // A file that is wrong is told, and what was in force stays so.
    let file = stage.path().join("operators/acme.toml");
    let good = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, format!("colour = \"p4ss!word\"\n{good}")).unwrap();
    let started = Instant::now();
    let now = loop {
        let now = ask();
        if now["problems"][0].is_object() {
            break now;
        }
        assert!(started.elapsed() < PATIENCE, "{now}");
        std::thread::sleep(Duration::from_millis(50));
    };
    assert_eq!(now["problems"][0]["key"], "colour", "{now}");
    assert_eq!(now["files"], effective["files"]);
    let wrong = run(stage.path(), &["config"]);
    assert_eq!(wrong.code, 78, "{wrong:?}");
    has(&wrong.stderr, &["colour", "not a known key"]);
}
