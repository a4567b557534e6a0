//! What the operators' policies do, read from their own counters at each scrape: a call costs no more for it.

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet, MetricEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;
use std::fmt;

/// How one operator's policy is.
#[derive(Clone, Debug, Default)]
pub struct PolicyLevels {
    /// The operator's name.
    pub operator: String,
    /// The active version's name; empty for the built-in behaviour.
    pub plugin: String,
    /// As its manifest says.
    pub version: String,
    /// Of its file.
    pub sha256: String,
    /// Each hook that it has, or that was called.
    pub hooks: Vec<HookLevels>,
    /// The most linear memory that an instance of it has had, in octets.
    pub memory_bytes: u64,
    /// What its plugins count: plugin, counter, value.
    pub counters: Vec<(String, String, u64)>,
    /// Log lines of plugins beyond their rate.
    pub log_lines_dropped: u64,
    /// Additions to counters that no manifest declares.
    pub additions_dropped: u64,
    /// What the candidate that runs beside it did: same answers, other answers, no usable answers.
    pub shadow: Option<[u64; 3]>,
}

/// One hook of it.
#[derive(Clone, Debug)]
pub struct HookLevels {
    /// By name.
    pub hook: &'static str,
    /// Calls into plugins.
    pub calls: u64,
    /// Of these, those that stated no opinion.
    pub abstained: u64,
    /// Of all calls together.
    pub seconds: f64,
    /// Calls that took no longer than so many seconds and longer than the entry before, ascending; the last is infinite.
    pub buckets: Vec<(f64, u64)>,
    /// It is not asked, because it failed too often.
    pub breaker_open: bool,
}

type Look = dyn Fn() -> Vec<PolicyLevels> + Send + Sync;

/// See the module.
pub(super) struct Policies(pub(super) Box<Look>);

impl fmt::Debug for Policies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Policies")
    }
}

impl Collector for Policies {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let all = (self.0)();
        calls(&mut encoder, &all)?;
        versions(&mut encoder, &all)?;
        dropped(&mut encoder, &all)
    }
}

fn hooks(all: &[PolicyLevels]) -> impl Iterator<Item = (&PolicyLevels, &HookLevels)> {
    all.iter()
        .flat_map(|policy| policy.hooks.iter().map(move |hook| (policy, hook)))
}

fn calls(encoder: &mut DescriptorEncoder<'_>, all: &[PolicyLevels]) -> Result<(), fmt::Error> {
    let about = "Calls into plugins";
    let mut family = encoder.encode_descriptor("policy_calls", about, None, MetricType::Counter)?;
    for (policy, hook) in hooks(all) {
        let labels = [("operator", policy.operator.as_str()), ("hook", hook.hook)];
        count(&mut family, &labels, hook.calls)?;
    }
    let about = "Calls into plugins that stated no opinion";
    let mut family = encoder.encode_descriptor("policy_abstained", about, None, MetricType::Counter)?;
    for (policy, hook) in hooks(all) {
        let labels = [("operator", policy.operator.as_str()), ("hook", hook.hook)];
        count(&mut family, &labels, hook.abstained)?;
    }
    let about = "How long calls into plugins take";
    let mut family = encoder.encode_descriptor("policy_call_seconds", about, None, MetricType::Histogram)?;
    for (policy, hook) in hooks(all) {
        let labels = [("operator", policy.operator.as_str()), ("hook", hook.hook)];
        let calls = hook.buckets.iter().map(|(_, calls)| calls).sum();
        family.encode_family(&labels)?.encode_histogram::<NoLabelSet>(
            hook.seconds,
            calls,
            &hook.buckets,
            None,
        )?;
    }
    let about = "1 while the hook is not asked because it failed too often";
    let mut family = encoder.encode_descriptor("policy_breaker_open", about, None, MetricType::Gauge)?;
    for (policy, hook) in hooks(all) {
        let labels = [("operator", policy.operator.as_str()), ("hook", hook.hook)];
        let open = u64::from(hook.breaker_open);
        family.encode_family(&labels)?.encode_gauge(&open)?;
    }
    Ok(())
}

fn versions(encoder: &mut DescriptorEncoder<'_>, all: &[PolicyLevels]) -> Result<(), fmt::Error> {
    let active = || all.iter().filter(|policy| !policy.plugin.is_empty());
    let about = "1 for the version that is active";
    let mut family = encoder.encode_descriptor("policy_info", about, None, MetricType::Gauge)?;
    for policy in active() {
        let labels = [
            ("operator", policy.operator.as_str()),
            ("plugin", &policy.plugin),
            ("version", &policy.version),
            ("sha256", &policy.sha256),
        ];
        family.encode_family(&labels)?.encode_gauge(&1_u64)?;
    }
    let about = "The most linear memory that an instance of the active version has had";
    let mut family = encoder.encode_descriptor("policy_memory_bytes", about, None, MetricType::Gauge)?;
    for policy in active() {
        let labels = [("operator", policy.operator.as_str()), ("plugin", &policy.plugin)];
        family
            .encode_family(&labels)?
            .encode_gauge(&policy.memory_bytes)?;
    }
    let about = "Answers of the candidate that runs beside the active version";
    let mut family = encoder.encode_descriptor("policy_shadow", about, None, MetricType::Gauge)?;
    for policy in all {
        for (result, answers) in ["same", "different", "fault"]
            .into_iter()
            .zip(policy.shadow.unwrap_or_default())
        {
            if policy.shadow.is_some() {
                let labels = [("operator", policy.operator.as_str()), ("result", result)];
                family.encode_family(&labels)?.encode_gauge(&answers)?;
            }
        }
    }
    let about = "What plugins count, by the names that their manifests declare";
    let mut family = encoder.encode_descriptor("policy_counter", about, None, MetricType::Counter)?;
    for policy in all {
        for (plugin, counter, value) in &policy.counters {
            let labels = [
                ("operator", policy.operator.as_str()),
                ("plugin", plugin),
                ("counter", counter),
            ];
            count(&mut family, &labels, *value)?;
        }
    }
    Ok(())
}

fn dropped(encoder: &mut DescriptorEncoder<'_>, all: &[PolicyLevels]) -> Result<(), fmt::Error> {
    let about = "What plugins logged beyond their rate, and counted without declaring it";
    let mut family = encoder.encode_descriptor("policy_dropped", about, None, MetricType::Counter)?;
    for policy in all {
        for (what, dropped) in [
            ("log_line", policy.log_lines_dropped),
            ("addition", policy.additions_dropped),
        ] {
            let labels = [("operator", policy.operator.as_str()), ("what", what)];
            count(&mut family, &labels, dropped)?;
        }
    }
    Ok(())
}

fn count(family: &mut MetricEncoder<'_>, labels: &impl EncodeLabelSet, value: u64) -> Result<(), fmt::Error> {
    family
        .encode_family(labels)?
        .encode_counter::<NoLabelSet, _, u64>(&value, None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::Metrics;

    #[test]
    fn every_level_is_told_with_its_labels() {
        let metrics = Metrics::default();
        metrics.policies(|| {
            vec![PolicyLevels {
                operator: "acme".to_owned(),
                plugin: "quirks".to_owned(),
                version: "1.2.0".to_owned(),
                sha256: "ab".to_owned(),
                hooks: vec![HookLevels {
                    hook: "message-ids",
                    calls: 3,
                    abstained: 1,
                    seconds: 0.5,
                    buckets: vec![(0.001, 2), (f64::INFINITY, 1)],
                    breaker_open: true,
                }],
                memory_bytes: 65_536,
                counters: vec![("quirks".to_owned(), "seen".to_owned(), 7)],
                log_lines_dropped: 4,
                additions_dropped: 5,
                shadow: Some([8, 9, 0]),
            }]
        });
        let told = metrics.render();
        for line in [
            r#"smpp_connector_policy_calls_total{operator="acme",hook="message-ids"} 3"#,
            r#"smpp_connector_policy_abstained_total{operator="acme",hook="message-ids"} 1"#,
            r#"smpp_connector_policy_call_seconds_bucket{le="0.001",operator="acme",hook="message-ids"} 2"#,
            r#"smpp_connector_policy_call_seconds_bucket{le="+Inf",operator="acme",hook="message-ids"} 3"#,
            r#"smpp_connector_policy_breaker_open{operator="acme",hook="message-ids"} 1"#,
            r#"smpp_connector_policy_info{operator="acme",plugin="quirks",version="1.2.0",sha256="ab"} 1"#,
            r#"smpp_connector_policy_memory_bytes{operator="acme",plugin="quirks"} 65536"#,
            r#"smpp_connector_policy_shadow{operator="acme",result="different"} 9"#,
            r#"smpp_connector_policy_counter_total{operator="acme",plugin="quirks",counter="seen"} 7"#,
            r#"smpp_connector_policy_dropped_total{operator="acme",what="addition"} 5"#,
        ] {
            assert!(told.contains(line), "{line} is not in {told}");
        }
    }
}
