//! `smpp-connector plugin build`.

use super::CommandResult;
use crate::policy::build::{BuildRequest, build};
use std::path::PathBuf;

#[derive(clap::Subcommand, Debug)]
pub(super) enum Plugin {
    /// Compile a Rust plugin crate to a component that the gateway loads
    Build(Build),
}

#[derive(clap::Args, Debug)]
pub(super) struct Build {
    /// The plugin's crate
    #[arg(default_value = ".")]
    dir: PathBuf,
    /// The folder for the .wasm file: a running gateway that watches it takes the file over at once
    #[arg(long, short, default_value = "plugins")]
    out: PathBuf,
    /// Cargo features of the plugin
    #[arg(long, value_delimiter = ',')]
    features: Vec<String>,
    /// Without the plugin's default features
    #[arg(long)]
    no_default_features: bool,
}

impl Plugin {
    pub(super) fn run(self) -> CommandResult {
        let Self::Build(args) = self;
        let built = build(&BuildRequest {
            crate_dir: args.dir,
            out: args.out,
            features: args.features,
            no_default_features: args.no_default_features,
        })?;
        println!("{}: {} octets, {} ms", built.path.display(), built.size, built.millis);
        Ok(())
    }
}
