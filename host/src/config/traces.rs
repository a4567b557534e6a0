//! `[traces]` of the host's file, and what of OpenTelemetry's environment counts.

use super::problem::Problems;
use super::secret::Secret;
use super::section::Section;
use super::value;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;
use toml::Value;

/// Where the traces of messages go, and of how many. Without the table there are none, whatever the environment says.
#[derive(Clone, Debug)]
pub struct TracesConfig {
    /// `otlp`, default `OTEL_EXPORTER_OTLP_ENDPOINT`, else `http://127.0.0.1:4318`: the collector, without `/v1/traces`.
    pub otlp: String,
    /// `sample`, default 0.01: the share of messages that are traced.
    pub sample: f64,
    /// `headers`: sent with every request, such as a collector's token.
    pub headers: BTreeMap<String, Secret>,
    /// `service_name`, default `OTEL_SERVICE_NAME`, else `smpp-connector`.
    pub service_name: String,
    /// `timeout`, default 5 s: how long the collector may take for a batch.
    pub timeout: Duration,
}

impl TracesConfig {
    pub(super) fn read(mut section: Section<'_>, base: &Path, problems: &mut Problems) -> Option<Self> {
        let by_environment = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
        let otlp = if section.has("otlp") {
            // Shown, it might show a password.
            section.secret("otlp", collector, problems)
        } else {
            let found = by_environment("OTEL_EXPORTER_OTLP_ENDPOINT");
            let url = found.unwrap_or_else(|| "http://127.0.0.1:4318".to_owned());
            let url = collector(Value::String(url));
            let problem = |mend| {
                let mend = format!("is what OTEL_EXPORTER_OTLP_ENDPOINT says; {mend}");
                section.problem("otlp", None, mend, problems);
            };
            url.map_err(problem).ok()
        };
        let config = Self {
            otlp: otlp.clone().unwrap_or_default(),
            sample: section.or("sample", 0.01, value::share, problems),
            headers: headers(section.table("headers", problems), base, problems),
            service_name: section
                .optional("service_name", value::text, problems)
                .or_else(|| by_environment("OTEL_SERVICE_NAME"))
                .unwrap_or_else(|| "smpp-connector".to_owned()),
            timeout: section.or(
                "timeout",
                Duration::from_secs(5),
                value::duration(Duration::from_millis(100), Duration::from_secs(60)),
                problems,
            ),
        };
        section.finish(problems);
        otlp.map(|_| config)
    }
}

fn headers(section: Option<Section<'_>>, base: &Path, problems: &mut Problems) -> BTreeMap<String, Secret> {
    let Some(mut section) = section else {
        return BTreeMap::new();
    };
    let mut headers = BTreeMap::new();
    for name in section.keys() {
        let secret = section.named_secret(&name, |value| header(value, base), problems);
        headers.extend(secret.map(|secret| (name.clone(), secret)));
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        if name.is_empty() || !name.chars().all(fits) {
            let mend = "is no header's name: use letters, digits, dashes and underscores";
            section.problem(&name, None, mend.to_owned(), problems);
        }
    }
    section.finish(problems);
    headers
}

fn header(value: Value, base: &Path) -> Result<Secret, String> {
    let secret = Secret::read(value, base)?;
    let fits = secret.expose().chars().all(|c| c == ' ' || c.is_ascii_graphic());
    fits.then_some(secret)
        .ok_or_else(|| "is no header's value: use printable ASCII".to_owned())
}

/// The URL itself is not a secret, so it must not hold one.
fn collector(value: Value) -> Result<String, String> {
    let url = value::text(value)?;
    let rest = url.strip_prefix("http://").ok_or_else(|| {
        "use http:// and a host, such as \"http://127.0.0.1:4318\": spans leave by plain HTTP, for a collector beside this \
         host that knows the way further"
            .to_owned()
    })?;
    if rest.contains('@') {
        return Err("holds a user or a password: give it in traces.headers".to_owned());
    }
    let fits = |c: char| c.is_ascii_graphic() && !matches!(c, '?' | '#' | '"' | '<' | '>' | '\\');
    if rest.is_empty() || rest.starts_with(['/', ':']) || !rest.chars().all(fits) {
        return Err("use http:// and a host, such as \"http://127.0.0.1:4318\"".to_owned());
    }
    Ok(url.trim_end_matches('/').to_owned())
}
