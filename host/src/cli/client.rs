//! A running gateway, as commands talk to it.

use super::Failure;
use crate::config::Config;
use anyhow::anyhow;
use serde_json::Value;
use std::fmt::Write;
use std::path::Path;
use std::time::Duration;

/// Until somebody has taken the connection.
const CONNECT: Duration = Duration::from_secs(5);
/// Octets of an answer at most: a page of decisions has a few MB.
const MOST_OCTETS: u64 = 256 << 20;

/// Which gateway, on the command line.
#[derive(clap::Args, Debug)]
pub(super) struct Where {
    /// The gateway; without it http.listen of the configuration
    #[arg(long)]
    pub(super) url: Option<String>,
    /// The gateway's token
    #[arg(long, env = "SMPP_CONNECTOR_TOKEN", hide_env_values = true)]
    token: Option<String>,
}

impl Where {
    /// The gateway: what the command line says, else the host's file. A file of an operator that is wrong is no reason
    /// not to talk to a gateway that runs.
    pub(super) fn gateway(&self, config: Option<&Path>) -> Gateway {
        let host = Config::read(config).0.map(|config| config.host);
        let listen = host.as_ref().map(|host| host.http.listen);
        let by_file = || listen.map(|listen| format!("http://{listen}"));
        let url = self.url.clone().or_else(by_file);
        let url = url.unwrap_or_else(|| "http://127.0.0.1:8080".to_owned());
        let token = self.token.clone();
        let token = token.or_else(|| {
            host.and_then(|host| host.http.token)
                .map(|token| token.expose().to_owned())
        });
        Gateway::new(&url, &token.unwrap_or_default())
    }
}

/// Speaks HTTP with one gateway.
#[derive(Clone)]
pub(super) struct Gateway {
    agent: ureq::Agent,
    url: String,
    bearer: String,
}

impl Gateway {
    fn new(url: &str, token: &str) -> Self {
        let config = ureq::Agent::config_builder().http_status_as_error(false);
        Self {
            agent: config.timeout_connect(Some(CONNECT)).build().into(),
            url: url.trim_end_matches('/').to_owned(),
            bearer: format!("Bearer {token}"),
        }
    }

    /// GET of a path below `/api/v1/`.
    pub(super) fn get(&self, path: &str) -> Result<Value, Failure> {
        self.json(self.open(path)?)
    }

    /// GET of a path below `/api/v1/`, whose answer is read by the caller: it may be long, or go on.
    pub(super) fn open(&self, path: &str) -> Result<ureq::http::Response<ureq::Body>, Failure> {
        let asked = self
            .agent
            .get(self.at(path))
            .header("Authorization", &self.bearer);
        self.checked(asked.call())
    }

    /// POST to a path below `/api/v1/`.
    pub(super) fn post(&self, path: &str, body: Option<(&str, &[u8])>) -> Result<Value, Failure> {
        let asked = self
            .agent
            .post(self.at(path))
            .header("Authorization", &self.bearer);
        let answer = match body {
            Some((content_type, body)) => asked.header("Content-Type", content_type).send(body),
            None => asked.send_empty(),
        };
        self.json(self.checked(answer)?)
    }

    fn at(&self, path: &str) -> String {
        format!("{}/api/v1/{path}", self.url)
    }

    fn json(&self, mut answer: ureq::http::Response<ureq::Body>) -> Result<Value, Failure> {
        let text = answer
            .body_mut()
            .with_config()
            .limit(MOST_OCTETS)
            .read_to_string();
        let text = text.map_err(|error| anyhow!("{}: the answer did not come whole: {error}", self.url))?;
        let json = serde_json::from_str(&text);
        Ok(json.map_err(|_| anyhow!("{}: no gateway answers like that: give --url of one", self.url))?)
    }

    /// What is no success is told in words, with what to do about it.
    fn checked(
        &self,
        answer: Result<ureq::http::Response<ureq::Body>, ureq::Error>,
    ) -> Result<ureq::http::Response<ureq::Body>, Failure> {
        let url = &self.url;
        let mut answer = answer.map_err(|error| {
            Failure::Unavailable(anyhow!(
                "{url}: {error}: is `smpp-connector run` running? Give --url where it listens elsewhere"
            ))
        })?;
        let status = answer.status().as_u16();
        if answer.status().is_success() {
            return Ok(answer);
        }
        let body = answer.body_mut().read_to_string().unwrap_or_default();
        let told = refusal(&body);
        Err(Failure::Failed(match status {
            401 => anyhow!(
                "{url} wants a token: set SMPP_CONNECTOR_TOKEN, or give --token, to what its smpp-connector.toml has as http.token"
            ),
            404 if told.starts_with("there is nothing at") => anyhow!(
                "{url}: {told}\n  that gateway is older than this command: upgrade it, or use the command of its release"
            ),
            503 => return Err(Failure::Unavailable(anyhow!("{url}: {told}"))),
            _ => anyhow!("{told}"),
        }))
    }
}

/// `{"error", "details"}` as people read it.
fn refusal(body: &str) -> String {
    let json: Value = serde_json::from_str(body).unwrap_or_default();
    let Some(error) = json.get("error").and_then(Value::as_str) else {
        return format!("it answered {body:?}");
    };
    let details = json.get("details").and_then(Value::as_array);
    let details = details.into_iter().flatten().filter_map(Value::as_str);
    details.fold(error.to_owned(), |text, detail| format!("{text}\n  {detail}"))
}

/// A value inside of a URL's path or query.
pub(super) fn encoded(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    for octet in value.bytes() {
        if octet.is_ascii_alphanumeric() || b"-_.~".contains(&octet) {
            text.push(char::from(octet));
        } else {
            // A String takes everything.
            write!(text, "%{octet:02X}").unwrap_or_default();
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_safe_in_a_url() {
        assert_eq!(encoded("acme-1_x.y~"), "acme-1_x.y~");
        assert_eq!(encoded("a/b?c=d&ö"), "a%2Fb%3Fc%3Dd%26%C3%B6");
    }

    #[test]
    fn refusals_are_told_with_their_details() {
        assert_eq!(refusal(r#"{"error":"no","details":["a","b"]}"#), "no\n  a\n  b");
        assert_eq!(refusal(r#"{"error":"no"}"#), "no");
        assert_eq!(refusal("<html>"), "it answered \"<html>\"");
    }

    #[test]
    fn nobody_there_is_unavailable_and_says_what_to_do() {
        // Nothing listens on port 1 of a machine that is not 30 years old.
        let gateway = Gateway::new("http://127.0.0.1:1/", "");
        let Err(Failure::Unavailable(error)) = gateway.get("plugins") else {
            panic!("somebody is there");
        };
        assert!(
            error.to_string().contains("is `smpp-connector run` running?"),
            "{error}"
        );
    }
}
