//! Plain HTTP requests, answered whatever the status is.

use std::io::{BufRead, BufReader, Lines};
use std::time::Duration;

/// What an HTTP server answered.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The body as text.
    pub body: String,
}

impl Answer {
    /// The body as JSON; null when it is none.
    #[must_use]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }
}

/// Sends a request and reads the whole answer.
///
/// # Errors
/// When there is no whole answer: nobody listens, or the connection was lost.
pub fn request(method: &str, url: &str, headers: &[(&str, &str)], body: &[u8]) -> Result<Answer, String> {
    let mut answer =
        run(method, url, headers, body, Some(super::PATIENCE)).map_err(|error| error.to_string())?;
    let status = answer.status().as_u16();
    let body = answer.body_mut().with_config().limit(100 << 20).read_to_string();
    body.map(|body| Answer { status, body })
        .map_err(|error| error.to_string())
}

/// The lines of an answer that goes on, such as a stream of events.
///
/// # Errors
/// When there is no answer, or not 200.
pub fn lines(url: &str) -> Result<Lines<impl BufRead + use<>>, String> {
    let answer = run("GET", url, &[], b"", None).map_err(|error| error.to_string())?;
    if answer.status().as_u16() != 200 {
        return Err(answer.status().to_string());
    }
    Ok(BufReader::new(answer.into_body().into_reader()).lines())
}

fn run(
    method: &str,
    url: &str,
    headers: &[(&str, &str)],
    body: &[u8],
    timeout: Option<Duration>,
) -> Result<ureq::http::Response<ureq::Body>, ureq::Error> {
    let config = ureq::Agent::config_builder().http_status_as_error(false);
    let agent: ureq::Agent = config.timeout_global(timeout).build().into();
    let mut request = ureq::http::Request::builder().method(method).uri(url);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    if body.is_empty() {
        agent.run(request.body(())?)
    } else {
        agent.run(request.body(body)?)
    }
}
