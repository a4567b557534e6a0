//! `smpp-connector completions` and `smpp-connector man`: what shells and `man` want to know, made from the command line itself.

use super::{Cli, CommandResult};
use clap::CommandFactory;
use clap_complete::Shell;
use std::io;
use std::path::PathBuf;

#[derive(clap::Args, Debug)]
pub(super) struct Completions {
    /// For this shell
    #[arg(value_enum)]
    shell: Shell,
}

impl Completions {
    pub(super) fn run(self) -> CommandResult {
        let mut script = Vec::new();
        let name = env!("CARGO_PKG_NAME");
        clap_complete::generate(self.shell, &mut Cli::command(), name, &mut script);
        io::Write::write_all(&mut io::stdout(), &script)?;
        Ok(())
    }
}

#[derive(clap::Args, Debug)]
pub(super) struct Man {
    /// Write the page of each command into this folder, instead of the first page to the terminal
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

impl Man {
    pub(super) fn run(self) -> CommandResult {
        let command = Cli::command();
        match self.out {
            Some(folder) => {
                std::fs::create_dir_all(&folder)?;
                clap_mangen::generate_to(command, folder)?;
            }
            None => clap_mangen::Man::new(command).render(&mut io::stdout())?,
        }
        Ok(())
    }
}
