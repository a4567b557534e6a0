//! The series that a gateway has, and those that an expression asks for.

use smpp_connector::metrics::{HookLevels, Metrics, PolicyLevels};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// Label names and the values that were seen, by the name of the series.
pub(super) type Series = BTreeMap<String, BTreeMap<String, BTreeSet<String>>>;

/// Every series of a gateway, as `/metrics` has them.
pub(super) fn every_series() -> Series {
    let metrics = Metrics::default();
    let acme = metrics.operator("acme");
    acme.delays.answered(Duration::ZERO);
    acme.rejection("spam");
    acme.policy_fault("encoding", "breaker_open");
    acme.odd_pdu("body_length");
    let _levels = acme.bind_levels(1, 1);
    _levels.set_window(10);
    metrics.queued("acme", Some(1));
    metrics.backend("sqlite", true);
    metrics.operators(1, 0);
    acme.near_miss("hex");
    metrics.spans.exported(1);
    metrics.spans.failed(1);
    metrics.spans.dropped();
    metrics.policies(|| {
        let hook = HookLevels {
            hook: "encoding",
            calls: 1,
            abstained: 0,
            seconds: 0.001,
            buckets: vec![(f64::INFINITY, 1)],
            breaker_open: false,
        };
        let policy = PolicyLevels {
            operator: "acme".to_owned(),
            plugin: "quirks".to_owned(),
            hooks: vec![hook],
            counters: vec![("quirks".to_owned(), "seen".to_owned(), 1)],
            shadow: Some([1, 0, 0]),
            ..PolicyLevels::default()
        };
        vec![policy]
    });
    let page = metrics.render();
    let mut found = Series::new();
    for line in page.lines().filter(|line| !line.starts_with('#')) {
        let (series, _) = line.rsplit_once(' ').expect("a value");
        let (name, labels) = series.split_once('{').unwrap_or((series, ""));
        let of_name = found.entry(name.to_owned()).or_default();
        for (label, _, value) in matchers(labels.trim_end_matches('}')) {
            of_name.entry(label).or_default().insert(value);
        }
    }
    assert!(found.len() >= 25, "{found:?}");
    found
}

/// What is wrong with the series that an expression names: series, labels and words that no gateway has.
pub(super) fn unknown(expression: &str, known: &Series) -> Vec<String> {
    let mut wrong = Vec::new();
    for (name, selector) in selectors(expression) {
        let Some(labels) = known.get(&name) else {
            wrong.push(format!("{name} in {expression}"));
            continue;
        };
        for (label, operator, value) in matchers(&selector) {
            // What Prometheus itself adds, and what a dashboard fills in.
            if ["instance", "job"].contains(&label.as_str()) || value.contains('$') {
                continue;
            }
            let Some(values) = labels.get(&label) else {
                wrong.push(format!("the label {label} of {name} in {expression}"));
                continue;
            };
            let words: Vec<_> = value.split('|').collect();
            let closed =
                ["result", "state", "backend"].contains(&label.as_str()) && !operator.starts_with('!');
            if closed && !words.iter().all(|word| values.contains(*word)) {
                wrong.push(format!("{label}{operator}\"{value}\" of {name} in {expression}"));
            }
        }
    }
    wrong
}

/// The names of series in an expression, each with what stands in its braces.
pub(super) fn selectors(expression: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut rest = expression;
    while let Some(start) = ["smpp_connector_", "process_"]
        .iter()
        .filter_map(|prefix| rest.find(prefix))
        .min()
    {
        let tail = &rest[start..];
        let end = tail
            .find(|character: char| !character.is_ascii_alphanumeric() && character != '_')
            .unwrap_or(tail.len());
        let (name, after) = tail.split_at(end);
        let selector = after.strip_prefix('{').and_then(|inner| inner.split_once('}'));
        let selector = selector.map_or("", |(inside, _)| inside);
        found.push((name.to_owned(), selector.to_owned()));
        rest = after;
    }
    found
}

/// The matchers in braces: label, operator and value. Values with commas or quotation marks are not expected.
fn matchers(inside: &str) -> Vec<(String, String, String)> {
    let one = |matcher: &str| {
        let start = matcher.find(['=', '!'])?;
        let quote = matcher.find('"')?;
        let value = matcher.get(quote + 1..)?.strip_suffix('"')?;
        Some((
            matcher[..start].trim().to_owned(),
            matcher[start..quote].to_owned(),
            value.to_owned(),
        ))
    };
    inside.split(',').filter_map(one).collect()
}

#[test]
fn what_no_gateway_has_is_found() {
    let known = every_series();
    let good = "sum by (operator) (rate(smpp_connector_parts_total{operator=~\"$operator\",result=~\"accepted|refused\"}[5m]))";
    assert!(unknown(good, &known).is_empty(), "{:?}", unknown(good, &known));
    for bad in [
        "rate(smpp_connector_parts[5m])",
        "smpp_connector_parts_total{outcome=\"accepted\"}",
        "smpp_connector_parts_total{result=~\"accepted|delivered\"}",
        "process_cpu_seconds",
    ] {
        assert_eq!(unknown(bad, &known).len(), 1, "{bad}");
    }
}
