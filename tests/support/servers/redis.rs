//! A private redis-server.

use super::{Server, process, temp_dir};

/// redis-server without persistence: a restart loses everything.
pub struct RedisServer {
    pub(super) server: Server,
}

impl RedisServer {
    /// Starts one.
    #[must_use]
    pub fn start() -> Self {
        let server = Server::start("redis-server", temp_dir("redis"), |dir, port| {
            let mut command = process::mortal("redis-server", "KILL", &[]);
            command
                .args(["--bind", "127.0.0.1", "--port", &port.to_string()])
                .args(["--save", "", "--appendonly", "no"])
                .arg("--dir")
                .arg(dir);
            command
        });
        Self { server }
    }

    /// Starts it again, on its port, empty.
    pub fn start_again(&mut self) {
        self.server.launch();
    }

    /// `redis://…`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("redis://{}", self.address())
    }
}
