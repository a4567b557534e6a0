//! `ops/prometheus/alerts.yaml`, read and tried by Prometheus' own tool.

use super::{content, metrics, path, text};
use std::collections::BTreeSet;
use std::process::Command;

fn promtool(arguments: &[&str]) -> String {
    content(
        Command::new("promtool")
            .args(arguments)
            .current_dir(path("ops/prometheus")),
    )
}

/// What follows a key, on its line or, folded, on the lines below it.
fn values(key: &str) -> Vec<String> {
    let text = text("ops/prometheus/alerts.yaml");
    let lines: Vec<_> = text.lines().collect();
    let indent = |line: &str| line.len() - line.trim_start().len();
    let mut found = Vec::new();
    for (place, line) in lines.iter().enumerate() {
        let trimmed = line.trim_start().trim_start_matches("- ");
        let Some(value) = trimmed.strip_prefix(&format!("{key}: ")) else {
            continue;
        };
        let below = lines[place + 1..]
            .iter()
            .take_while(|next| indent(next) > indent(line) && value == ">-")
            .map(|next| next.trim());
        let folded: Vec<_> = std::iter::once(value.trim_start_matches(">-"))
            .chain(below)
            .collect();
        found.push(folded.join(" ").trim().to_owned());
    }
    found
}

#[test]
fn prometheus_reads_the_rules() {
    let said = promtool(&["check", "rules", "alerts.yaml"]);
    assert!(said.contains("SUCCESS"), "{said}");
}

#[test]
fn each_alert_fires_when_it_should_and_none_on_an_ordinary_day() {
    promtool(&["test", "rules", "alerts_test.yaml"]);
    let tests = text("ops/prometheus/alerts_test.yaml");
    let alerts = values("alert");
    assert!(alerts.len() >= 20, "{alerts:?}");
    let untested: Vec<_> = alerts
        .iter()
        .filter(|alert| !tests.contains(&format!("alertname=\"{alert}\"")))
        .collect();
    assert!(untested.is_empty(), "no test fires {untested:?}");
}

#[test]
fn the_rules_ask_for_what_a_gateway_has() {
    let known = metrics::every_series();
    let expressions = values("expr");
    assert_eq!(expressions.len(), values("alert").len());
    let wrong: Vec<_> = expressions
        .iter()
        .flat_map(|expression| metrics::unknown(expression, &known))
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn each_alert_says_what_to_do_and_where_that_is_explained() {
    let alerts = values("alert");
    for key in ["summary", "action", "runbook"] {
        assert_eq!(values(key).len(), alerts.len(), "not every alert has {key}");
    }
    let headings: BTreeSet<_> = text("docs/operating.md")
        .lines()
        .filter_map(|line| line.strip_prefix("### "))
        .map(str::to_lowercase)
        .collect();
    for (alert, place) in alerts.iter().zip(values("runbook")) {
        assert_eq!(place, format!("docs/operating.md#{}", alert.to_lowercase()));
        assert!(
            headings.contains(&alert.to_lowercase()),
            "docs/operating.md says nothing of {alert}"
        );
    }
}
