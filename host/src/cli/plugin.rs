//! `smpp-connector plugin`: what an author does, from a folder of sources to a version that decides.

mod build;
mod check;
mod settings;
mod source;
mod test;

use super::{CommandResult, Failure, counted};
use std::path::Path;

#[derive(clap::Subcommand, Debug)]
pub(super) enum Plugin {
    /// Compile a Rust plugin crate to a component that the gateway loads
    Build(build::Build),
    /// Say what a plugin is and whether a gateway would take it: the gateway's own loader, trial and fixtures
    #[command(after_help = check::EXAMPLES)]
    Check(check::Check),
    /// Run a plugin's fixtures and show what is different, field by field
    #[command(after_help = test::EXAMPLES)]
    Test(test::Test),
}

impl Plugin {
    pub(super) fn run(self, _config: Option<&Path>) -> CommandResult {
        match self {
            Self::Build(build) => build.run(),
            Self::Check(check) => check.run(),
            Self::Test(test) => test.run(),
        }
    }
}
