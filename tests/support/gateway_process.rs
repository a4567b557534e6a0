//! The gateway's binary, built beside the tests so that they can start and kill it.
use std::process::ExitCode;

fn main() -> ExitCode {
    smpp_connector::cli::main()
}
