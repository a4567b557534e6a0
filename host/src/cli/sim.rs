//! `smpp-connector sim`: a simulated operator to play with.

use super::{CommandResult, Failure, block_on};
use smsc_sim::{PROFILES, Smsc, profile};
use std::net::SocketAddr;
use std::time::Duration;

#[derive(clap::Args, Debug)]
pub(super) struct Sim {
    /// Where it listens
    #[arg(long, default_value = "127.0.0.1:2775")]
    listen: SocketAddr,
    /// What it does; --list tells them all
    #[arg(long, default_value = "plain")]
    profile: String,
    /// List the profiles
    #[arg(long)]
    list: bool,
    /// Also connect there and send outbind, and again whenever no link is left
    #[arg(long, value_name = "ADDR")]
    outbind: Option<SocketAddr>,
    /// Who the outbind says to be
    #[arg(long, value_name = "SYSTEM_ID", default_value = "sim")]
    outbind_as: String,
    /// The password in the outbind
    #[arg(long, value_name = "PASSWORD", default_value = "")]
    outbind_password: String,
}

impl Sim {
    pub(super) fn run(self) -> CommandResult {
        if self.list {
            for (name, description) in PROFILES {
                println!("{name:16} {description}");
            }
            return Ok(());
        }
        let Some(script) = profile(&self.profile) else {
            let known: Vec<_> = PROFILES.iter().map(|(name, _)| *name).collect();
            eprintln!(
                "error: --profile {}: use one of {}",
                self.profile,
                known.join(", ")
            );
            return Err(Failure::Told(64));
        };
        // Other ids than the last run's: a gateway remembers those for days.
        let script = script.first_id(crate::clock::utc_now().timestamp().unsigned_abs());
        block_on(async {
            let smsc = Smsc::start_on(self.listen, script)
                .await
                .map_err(|error| Failure::Unavailable(anyhow::anyhow!("{}: {error}", self.listen)))?;
            println!(
                "simulated operator \"{}\" listens on {}; Ctrl-C ends it",
                self.profile,
                smsc.addr()
            );
            let mut every = tokio::time::interval(Duration::from_secs(5));
            let mut calls = tokio::time::interval(Duration::from_secs(1));
            let mut last = None;
            loop {
                tokio::select! {
                    _ = tokio::signal::ctrl_c() => break,
                    _ = calls.tick(), if self.outbind.is_some() => {
                        self.call(&smsc).await;
                        continue;
                    }
                    _ = every.tick() => {}
                }
                let now = smsc.counters();
                let told = format!(
                    "binds {}, submits {}, accepted {}, refused {}, receipts {} of {} acknowledged",
                    now.binds,
                    now.submits,
                    now.accepted,
                    now.refused,
                    now.receipts_acknowledged,
                    now.receipts_sent
                );
                if last.as_ref() != Some(&told) {
                    println!("{told}");
                    last = Some(told);
                }
            }
            smsc.stop().await;
            Ok(())
        })
    }

    /// Calls the gateway if it has no link. One that does not listen yet is called again a second later.
    async fn call(&self, smsc: &Smsc) {
        let Some(esme) = self.outbind.filter(|_| smsc.counters().links == 0) else {
            return;
        };
        if let Err(error) = smsc.outbind(esme, &self.outbind_as, &self.outbind_password).await {
            tracing::debug!(%esme, %error, "nobody takes the outbind");
        }
    }
}
