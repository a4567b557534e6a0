//! `smpp-connector plugin build`.

use super::CommandResult;
use crate::policy::build::{BuildRequest, build};
use std::path::{Path, PathBuf};

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
    /// The .wasm file, or a folder for it: a running gateway that watches the folder takes the file over at once
    #[arg(long, short, default_value = ".")]
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
        let out = if args.out.is_dir() { args.out.join(file_name(&args.dir)) } else { args.out };
        let built = build(&BuildRequest {
            crate_dir: args.dir,
            out,
            features: args.features,
            no_default_features: args.no_default_features,
        })?;
        println!("{}: {} octets, {} ms", built.path.display(), built.size, built.millis);
        Ok(())
    }
}

/// The name of the crate's folder, which is also how the plugin is called.
fn file_name(dir: &Path) -> PathBuf {
    let folder = std::fs::canonicalize(dir).unwrap_or_else(|_| dir.to_owned());
    let name = folder.file_name().map_or_else(|| "plugin".into(), |name| name.to_owned());
    PathBuf::from(name).with_extension("wasm")
}
