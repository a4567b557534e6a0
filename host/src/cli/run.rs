//! `smpp-connector run`.

use super::{CommandResult, Failure, block_on, load};
use crate::app::App;
use crate::lifecycle::{Ended, Lifecycle};
use std::path::Path;

pub(super) fn run(config: Option<&Path>) -> CommandResult {
    let config = load(config)?;
    if config.operators.is_empty() {
        let dir = config.host.operators_dir.display();
        tracing::warn!("there is no operator yet: put a TOML file into {dir}");
    }
    block_on(async {
        let life = Lifecycle::new(config.host.shutdown_grace);
        let running = async {
            let app = App::start(config, &life).await.map_err(Failure::Unavailable)?;
            println!("listening on http://{}", app.http_addr);
            Ok::<_, Failure>(life.ended().await)
        };
        let signals = life.clone().stop_on_signals();
        let ended = tokio::select! {
            // Watched before anything starts, and until everything has ended: a second signal must be heard.
            biased;
            () = async { signals.await; std::future::pending().await } => Ended::Forced,
            ended = running => ended?,
        };
        match ended {
            Ended::Clean => Ok(()),
            Ended::Forced => {
                tracing::warn!(
                    "the shutdown took longer than shutdown_grace: the rest goes on after the next start"
                );
                Err(Failure::Told(1))
            }
        }
    })
}
