//! The way to the collector: plain HTTP, blocking, since a thread of its own does nothing else.

use async_trait::async_trait;
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use std::time::Duration;
use ureq::Agent;

/// Octets of an answer that are read; it says how many spans were refused, and that is all.
const MOST_OCTETS: u64 = 64 * 1024;

/// Speaks HTTP with a collector. It follows no redirect and takes no proxy from the environment: a header may be a secret.
#[derive(Debug)]
pub(super) struct Collector(Agent);

impl Collector {
    /// `timeout` for a whole request.
    pub(super) fn new(timeout: Duration) -> Self {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .proxy(None)
            .timeout_global(Some(timeout));
        Self(config.build().into())
    }
}

#[async_trait]
impl HttpClient for Collector {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let (parts, body) = request.into_parts();
        let request = Request::from_parts(parts, body.to_vec());
        let (parts, mut body) = self.0.run(request)?.into_parts();
        let body = body.with_config().limit(MOST_OCTETS).read_to_vec()?;
        Ok(Response::from_parts(parts, body.into()))
    }
}
