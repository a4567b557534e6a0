//! `ops/grafana/smpp-connector.json`: what Grafana would trip over, and expressions that Prometheus reads.

use super::{content, metrics, text};
use serde_json::Value;
use std::collections::BTreeSet;
use std::process::Command;
use tempfile::TempDir;

fn dashboard() -> Value {
    serde_json::from_str(&text("ops/grafana/smpp-connector.json")).expect("JSON")
}

fn panels(dashboard: &Value) -> &[Value] {
    dashboard["panels"].as_array().expect("panels")
}

fn expressions(dashboard: &Value) -> Vec<String> {
    let targets = panels(dashboard)
        .iter()
        .filter_map(|panel| panel["targets"].as_array())
        .flatten();
    targets
        .map(|target| target["expr"].as_str().expect("an expression").to_owned())
        .collect()
}

#[test]
fn the_dashboard_asks_for_what_a_gateway_has() {
    let known = metrics::every_series();
    let dashboard = dashboard();
    let expressions = expressions(&dashboard);
    assert!(expressions.len() >= 20, "{expressions:?}");
    let wrong: Vec<_> = expressions
        .iter()
        .flat_map(|expression| metrics::unknown(expression, &known))
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    // And shows all of it, by whichever of its series.
    let asked: BTreeSet<_> = expressions
        .iter()
        .flat_map(|expression| metrics::selectors(expression))
        .map(|(name, _)| family(&name))
        .collect();
    let all: BTreeSet<_> = known.keys().map(|name| family(name)).collect();
    let missing: Vec<_> = all.difference(&asked).collect();
    assert!(missing.is_empty(), "no panel shows {missing:?}");
}

fn family(series: &str) -> String {
    let endings = ["_bucket", "_count", "_sum"];
    let name = endings.iter().find_map(|ending| series.strip_suffix(ending));
    name.unwrap_or(series).to_owned()
}

/// As recording rules, with what Grafana fills in.
#[test]
fn prometheus_reads_each_expression_of_the_dashboard() {
    let rules: String = expressions(&dashboard())
        .iter()
        .enumerate()
        .map(|(number, expression)| {
            let filled = expression
                .replace("$__rate_interval", "5m")
                .replace("$__range", "1h")
                .replace("$operator", "acme");
            assert!(!filled.contains('$'), "{filled}");
            let filled = serde_json::to_string(&filled).expect("JSON, which is YAML");
            format!("      - record: panel_{number}\n        expr: {filled}\n")
        })
        .collect();
    let folder = TempDir::new().expect("a temporary folder");
    let file = folder.path().join("rules.yaml");
    std::fs::write(
        &file,
        format!("groups:\n  - name: dashboard\n    rules:\n{rules}"),
    )
    .expect("a file");
    content(Command::new("promtool").args(["check", "rules"]).arg(&file));
}

#[test]
fn panels_have_names_units_and_places_of_their_own() {
    let dashboard = dashboard();
    let (mut ids, mut cells) = (BTreeSet::new(), BTreeSet::new());
    for panel in panels(&dashboard) {
        let title = panel["title"].as_str().expect("a title");
        assert!(
            ids.insert(panel["id"].as_u64().expect("an id")),
            "{title}: its id"
        );
        let number = |key: &str| panel["gridPos"][key].as_u64().expect("a place");
        let (x, y, width, height) = (number("x"), number("y"), number("w"), number("h"));
        assert!(x + width <= 24, "{title} is outside");
        for cell in (x..x + width).flat_map(|x| (y..y + height).map(move |y| (x, y))) {
            assert!(cells.insert(cell), "{title} lies on another panel");
        }
        if panel["type"] == "row" {
            continue;
        }
        assert_eq!(panel["datasource"]["uid"], "${datasource}", "{title}");
        assert!(
            panel["fieldConfig"]["defaults"]["unit"].is_string(),
            "{title}: a unit"
        );
        assert!(
            panel["description"].as_str().is_some_and(|text| text.len() > 20),
            "{title}"
        );
    }
    let variables = dashboard["templating"]["list"].as_array().expect("variables");
    let names: Vec<_> = variables
        .iter()
        .filter_map(|variable| variable["name"].as_str())
        .collect();
    assert_eq!(names, ["datasource", "operator"]);
    assert_eq!(dashboard["id"], Value::Null, "an id belongs to one Grafana");
}
