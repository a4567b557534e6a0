//! Health, metrics, and who may call.

use super::{BINARY, Stage, has, messages};
use serde_json::Value;
use smpp_connector_tests::{GatewayProcess, http, write_files};
use smsc_sim::Script;

#[test]
fn health_tells_whether_there_is_someone_to_send_to() {
    let stage = Stage::new(Script::new());
    write_files(stage.path(), &[]);
    let gateway = GatewayProcess::launch(BINARY, stage.path(), "warn");
    assert_eq!(gateway.get("/healthz").status, 200);
    let unready = gateway.get("/readyz");
    assert_eq!(unready.status, 503);
    has(&unready.body, &["no operator is loaded", "operators_dir"]);
    assert_eq!(unready.json()["ready"], false);
    drop(gateway);

    let gateway = stage.gateway(&stage.operator());
    let ready = gateway.get("/readyz");
    assert_eq!((ready.status, &ready.json()["ready"]), (200, &Value::Bool(true)));
}

#[test]
fn metrics_are_openmetrics_without_numbers_and_texts() {
    let stage = Stage::new(Script::new());
    let operator = stage.operator();
    let gateway = stage.gateway(&operator);
    gateway.post(&messages(&operator, 48_600_123_456, 20)).unwrap();
    let mut ends = 0;
    gateway.events_until(|events| {
        ends += usize::from(events.last().is_some_and(|event| event["messageFinal"] == true));
        ends == 20
    });
    let text = gateway.get("/metrics").body;
    assert!(text.ends_with("# EOF\n"));
    let mut families = 0;
    for line in text.lines().filter(|line| *line != "# EOF") {
        if let Some(comment) = line.strip_prefix("# ") {
            families += usize::from(comment.starts_with("TYPE smpp_connector_"));
            assert!(
                comment.starts_with("TYPE ") || comment.starts_with("HELP "),
                "{line}"
            );
        } else {
            let (name, value) = line.rsplit_once(' ').unwrap();
            let known = name.starts_with("smpp_connector_") || name.starts_with("process_");
            assert!(known && name.is_ascii(), "{line}");
            value.parse::<f64>().unwrap();
        }
    }
    assert!(families >= 5, "{text}");
    has(
        &text,
        &["smpp_connector_messages_total{operator=\"acme\",result=\"accepted\"} 20"],
    );
    for secret in ["48600", "Once upon", "story"] {
        assert!(!text.contains(secret), "{secret} is in {text}");
    }
}

#[test]
fn other_paths_and_methods_are_told_what_there_is() {
    let stage = Stage::new(Script::new());
    let gateway = stage.gateway(&stage.operator());
    let nowhere = gateway.get("/api/v2/messages");
    assert_eq!(nowhere.status, 404);
    has(
        &nowhere.body,
        &["there is nothing at /api/v2/messages", "POST /api/v1/messages"],
    );
    let wrong = http::request("DELETE", &gateway.url("/api/v1/messages"), &[], b"").unwrap();
    assert_eq!(wrong.status, 405);
    has(
        wrong.json()["error"].as_str().unwrap(),
        &["DELETE", "/api/v1/messages"],
    );
    let odd = gateway.get("/api/v1/events?after=yesterday");
    assert_eq!(odd.status, 400);
    has(&odd.json().to_string(), &["after", "number"]);
}

#[test]
fn the_token_is_wanted_where_one_is_set() {
    let stage = Stage::new(Script::new());
    let operator = stage.operator();
    write_files(stage.path(), std::slice::from_ref(&operator));
    let host = "[http]\nlisten = \"127.0.0.1:0\"\ntoken = \"sesame\"\n";
    std::fs::write(stage.path().join("smpp-connector.toml"), host).unwrap();
    let gateway = GatewayProcess::launch(BINARY, stage.path(), "warn");
    let body = messages(&operator, 48_600, 1).remove(0).json();
    let post = |headers: &[(&str, &str)]| {
        http::request("POST", &gateway.url("/api/v1/messages"), headers, body.as_bytes()).unwrap()
    };
    for headers in [
        &[][..],
        &[("Authorization", "Bearer sesam")],
        &[("Authorization", "sesame")],
    ] {
        let refused = post(headers);
        assert_eq!(refused.status, 401);
        has(&refused.body, &["Authorization: Bearer", "smpp-connector.toml"]);
        assert!(!refused.body.contains("sesame"));
    }
    for path in ["/api/v1/events", "/api/v1/operators", "/metrics"] {
        assert_eq!(gateway.get(path).status, 401, "{path}");
    }
    let ordered = http::request(
        "POST",
        &gateway.url("/api/v1/operators/acme/sessions/1/unbind"),
        &[],
        b"",
    );
    assert_eq!(ordered.unwrap().status, 401);
    for path in ["/healthz", "/readyz"] {
        assert_eq!(gateway.get(path).status, 200, "{path}");
    }
    // The console itself tells nothing: what it shows it asks for.
    for path in [
        "/",
        "/console/app.js",
        "/console/style.css",
        "/console/pages/overview.js",
    ] {
        let file = gateway.get(path);
        assert_eq!(file.status, 200, "{path}");
        assert!(!file.body.contains("sesame"), "{path}");
    }
    let missing = gateway.get("/console/../smpp-connector.toml");
    assert_eq!(missing.status, 404, "{}", missing.body);
    assert_eq!(post(&[("Authorization", "Bearer sesame")]).status, 202);
}

#[test]
fn a_foreign_web_page_cannot_send() {
    let stage = Stage::new(Script::new());
    let operator = stage.operator();
    let gateway = stage.gateway(&operator);
    let body = messages(&operator, 48_600, 1).remove(0).json();
    let post = |origin: &str| {
        let headers = [("Origin", origin)];
        http::request(
            "POST",
            &gateway.url("/api/v1/messages"),
            &headers,
            body.as_bytes(),
        )
        .unwrap()
    };
    for origin in ["http://evil.example", "null"] {
        let refused = post(origin);
        assert_eq!(refused.status, 403);
        has(&refused.body, &["another origin"]);
    }
    assert_eq!(post(&gateway.url("")).status, 202);
}
