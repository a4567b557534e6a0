//! `smpp-connector sim`: a simulated operator to play with.

use super::{CommandResult, Failure, block_on};
use smsc_sim::{PROFILES, Script, Smsc, profile};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};

#[derive(clap::Args, Debug)]
pub(super) struct Sim {
    /// Where it listens
    #[arg(long, default_value = "127.0.0.1:2775")]
    listen: SocketAddr,
    /// What it does; --list tells them all
    #[arg(long, default_value = "plain")]
    profile: String,
    /// What it does from the next SIGUSR1 on; the one after that turns it back
    #[arg(long, value_name = "PROFILE")]
    then: Option<String>,
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
        let script = script_of("--profile", &self.profile)?;
        // Other ids than the last run's: a gateway remembers those for days.
        let script = script.first_id(crate::clock::utc_now().timestamp().unsigned_abs());
        let then = self
            .then
            .as_ref()
            .map(|then| script_of("--then", then))
            .transpose()?;
        block_on(async {
            let mut turns = signal(SignalKind::user_defined1()).map_err(anyhow::Error::from)?;
            let mut acts = [(self.profile.clone(), script.clone())]
                .into_iter()
                .chain(self.then.clone().zip(then))
                .collect::<Vec<_>>();
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
                    Some(()) = turns.recv(), if acts.len() > 1 => {
                        acts.rotate_left(1);
                        if let Some((name, script)) = acts.first() {
                            smsc.set_script(script.clone());
                            println!("it is \"{name}\" from now on");
                        }
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

/// The script of the profile that this option names.
fn script_of(option: &str, name: &str) -> Result<Script, Failure> {
    profile(name).ok_or_else(|| {
        let known: Vec<_> = PROFILES.iter().map(|(name, _)| *name).collect();
        eprintln!("error: {option} {name}: use one of {}", known.join(", "));
        Failure::Told(64)
    })
}
