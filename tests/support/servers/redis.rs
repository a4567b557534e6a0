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
        Self::start_with(&[])
    }

    /// The same with further arguments; `{port}` stands for its port.
    #[must_use]
    pub fn start_with(arguments: &[&str]) -> Self {
        let arguments: Vec<_> = arguments.iter().map(|argument| (*argument).to_owned()).collect();
        let server = Server::start("redis-server", temp_dir("redis"), move |dir, port| {
            let port = port.to_string();
            let mut command = process::mortal("redis-server", "KILL", &[]);
            command
                .args(["--bind", "127.0.0.1", "--port", &port])
                .args(["--save", "", "--appendonly", "no"])
                .arg("--dir")
                .arg(dir)
                .args(arguments.iter().map(|argument| argument.replace("{port}", &port)));
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
