//! `smpp-connector health`: whether the gateway answers, for whoever has nothing else to ask it with.

use super::{CommandResult, Failure, load};
use std::path::Path;
use std::time::Duration;

/// A gateway that takes longer is not well.
const PATIENCE: Duration = Duration::from_secs(5);

#[derive(clap::Args, Debug)]
pub(super) struct Health {
    /// Ask whether it can work (backends reachable, operators loaded), and not only whether it lives
    #[arg(long)]
    ready: bool,
    /// The gateway; without it http.listen of the configuration
    #[arg(long)]
    url: Option<String>,
}

impl Health {
    pub(super) fn run(self, config: Option<&Path>) -> CommandResult {
        let url = match self.url {
            Some(url) => url,
            None => format!("http://{}", load(config)?.host.http.listen),
        };
        let path = if self.ready { "readyz" } else { "healthz" };
        let agent: ureq::Agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(PATIENCE))
            .build()
            .into();
        let asked = agent.get(format!("{url}/{path}")).call();
        let mut answer = asked.map_err(|error| {
            Failure::Unavailable(anyhow::anyhow!("{url}: {error}: does the gateway run?"))
        })?;
        println!("{}", answer.body_mut().read_to_string()?.trim_end());
        if answer.status().is_success() {
            Ok(())
        } else {
            Err(Failure::Told(1))
        }
    }
}
