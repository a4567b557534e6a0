//! `smpp-connector plugin build`.

use super::CommandResult;
use super::source::file_name;
use crate::policy::build::{BuildRequest, build};
use std::path::PathBuf;

#[derive(clap::Args, Debug)]
pub(in super::super) struct Build {
    /// The plugin's folder
    #[arg(default_value = ".")]
    dir: PathBuf,
    /// The .wasm file, or a folder for it: a running gateway that watches the folder takes the file over at once
    #[arg(long, short, default_value = ".")]
    out: PathBuf,
    /// Cargo features of a plugin in Rust
    #[arg(long, value_delimiter = ',')]
    features: Vec<String>,
    /// Without its default features
    #[arg(long)]
    no_default_features: bool,
}

impl Build {
    pub(super) fn run(self) -> CommandResult {
        let out = if self.out.is_dir() {
            self.out.join(file_name(&self.dir))
        } else {
            self.out
        };
        let built = build(&BuildRequest {
            crate_dir: self.dir,
            out,
            features: self.features,
            no_default_features: self.no_default_features,
        })?;
        println!(
            "{}: {} octets, {} ms",
            built.path.display(),
            built.size,
            built.millis
        );
        Ok(())
    }
}
