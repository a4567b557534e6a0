//! `smpp-connector plugin`: what an author does, from a folder of sources to a version that decides.

mod build;
mod check;
mod deploy;
mod dev;
mod doctor;
mod new;
mod orders;
mod replay;
pub(super) mod settings;
mod shadow;
mod source;
mod status;
mod test;

use super::{CommandResult, Failure, block_on, counted};
use orders::{Order, Ordered};
use std::path::Path;

#[derive(clap::Subcommand, Debug)]
pub(super) enum Plugin {
    /// Make the folder of a new plugin, with a test that passes
    #[command(after_help = new::EXAMPLES)]
    New(new::New),
    /// Build a plugin to a component that the gateway loads: a crate in Rust, or a folder with a plugin.toml
    Build(build::Build),
    /// Say what a plugin is and whether a gateway would take it: the gateway's own loader, trial and fixtures
    #[command(after_help = check::EXAMPLES)]
    Check(check::Check),
    /// Run a plugin's fixtures and show what is different, field by field
    #[command(after_help = test::EXAMPLES)]
    Test(test::Test),
    /// On each change of the sources: build, test, and swap into a gateway
    #[command(after_help = dev::EXAMPLES)]
    Dev(dev::Dev),
    /// Find what this machine lacks to build plugins, and mend it
    #[command(after_help = doctor::EXAMPLES)]
    Doctor(doctor::Doctor),
    /// Put recorded traffic to a candidate, and show what changes
    #[command(after_help = replay::EXAMPLES)]
    Replay(replay::Replay),
    /// Bring a plugin to a running gateway, beside the active version first if you like
    #[command(after_help = deploy::EXAMPLES)]
    Deploy(deploy::Deploy),
    /// Say what runs for which operator, and how it does
    #[command(after_help = status::EXAMPLES)]
    Status(status::Status),
    /// Make an operator's candidate active
    Promote(Ordered),
    /// Forget an operator's candidate
    Discard(Ordered),
    /// Go back to the version before, at once
    Rollback(Ordered),
}

impl Plugin {
    pub(super) fn run(self, config: Option<&Path>) -> CommandResult {
        match self {
            Self::New(new) => new.run(),
            Self::Doctor(doctor) => doctor.run(),
            Self::Dev(dev) => dev.run(config),
            Self::Build(build) => build.run(),
            Self::Check(check) => check.run(),
            Self::Test(test) => test.run(),
            Self::Replay(replay) => replay.run(config),
            Self::Deploy(deploy) => deploy.run(config),
            Self::Status(status) => status.run(config),
            Self::Promote(order) => order.run(Order::Promote, config),
            Self::Discard(order) => order.run(Order::Discard, config),
            Self::Rollback(order) => order.run(Order::Rollback, config),
        }
    }
}
