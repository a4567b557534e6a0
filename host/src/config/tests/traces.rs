use super::files;
use crate::config::{Config, TracesConfig};
use std::time::Duration;

fn read(text: &str) -> Result<Option<TracesConfig>, String> {
    let (_dir, host) = files("");
    std::fs::remove_file(host.with_file_name("operators").join("acme.toml")).unwrap();
    std::fs::write(&host, text).unwrap();
    match Config::load(Some(&host)) {
        Ok(config) => Ok(config.host.traces),
        Err(problems) => Err(problems.to_string()),
    }
}

#[test]
fn without_the_table_there_are_none_and_an_empty_one_has_defaults() {
    assert!(read("").unwrap().is_none());
    let traces = read("[traces]").unwrap().unwrap();
    assert_eq!(traces.otlp, "http://127.0.0.1:4318");
    assert_eq!((traces.sample, traces.timeout), (0.01, Duration::from_secs(5)));
    assert_eq!(traces.service_name, "smpp-connector");
    assert!(traces.headers.is_empty());
}

#[test]
fn a_collector_is_a_plain_url_and_its_headers_are_secrets() {
    let text =
        "[traces]\notlp = \"http://otel.local:4318/base/\"\nsample = 1\n[traces.headers]\nx-key = \"hush\"\n";
    let traces = read(text).unwrap().unwrap();
    assert_eq!(traces.otlp, "http://otel.local:4318/base");
    assert_eq!(traces.headers.get("x-key").unwrap().expose(), "hush");
    assert!(!format!("{traces:?}").contains("hush"));
}

#[test]
fn what_is_wrong_is_told_without_showing_a_secret() {
    for (lines, wanted) in [
        ("otlp = \"https://collector\"", "traces.otlp: use http://"),
        (
            "otlp = \"http://user:hush@collector\"",
            "give it in traces.headers",
        ),
        ("otlp = \"http://\"", "traces.otlp: use http:// and a host"),
        (
            "otlp = \"http://collector/?key=hush\"",
            "traces.otlp: use http:// and a host",
        ),
        ("sample = 2.0", "traces.sample = 2.0: use a share"),
        (
            "headers = { x = \"hush\\n\" }",
            "traces.headers.x: is no header's value",
        ),
        (
            "headers = { \"x y\" = \"hush\" }",
            "traces.headers.x y: is no header's name",
        ),
        ("timeout = \"0s\"", "traces.timeout"),
        ("colour = 1", "traces.colour: is not a known key"),
        ("password = \"hush", "is not TOML: "),
    ] {
        let told = read(&format!("[traces]\n{lines}\n")).unwrap_err();
        assert!(told.contains(wanted), "{lines}: {told}");
        assert!(!told.contains("hush"), "{lines}: {told}");
    }
}
