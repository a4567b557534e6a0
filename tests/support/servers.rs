//! Real servers for one test: private, on a port of their own, in a temporary folder, gone with the test.
//!
//! Each can be killed, frozen and started again on its port with its data, as a crash and a restart do.

mod nats;
mod postgres;
pub(crate) mod process;
mod redis;

pub use nats::NatsServer;
pub use postgres::PostgresServer;
pub use redis::RedisServer;

use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::net::TcpSocket;

/// How long a server may take to be ready, and to be gone.
const READY: Duration = Duration::from_secs(30);

/// How a server is started in its folder on its port.
type Launch = Box<dyn Fn(&Path, u16) -> Command + Send + Sync>;

/// A server that can be killed and started again.
struct Server {
    name: &'static str,
    dir: TempDir,
    port: Port,
    launch: Launch,
    child: Option<Child>,
}

impl Server {
    fn start(
        name: &'static str,
        dir: TempDir,
        launch: impl Fn(&Path, u16) -> Command + Send + Sync + 'static,
    ) -> Self {
        let mut server = Self {
            name,
            dir,
            port: Port::reserve(),
            launch: Box::new(launch),
            child: None,
        };
        server.launch();
        server
    }

    fn launch(&mut self) {
        assert!(self.child.is_none(), "{} runs already", self.name);
        let log = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.dir.path().join("log"))
            .expect("a log file");
        let mut command = (self.launch)(self.dir.path(), self.port.number);
        command
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a log file"))
            .stderr(log);
        self.child = Some(process::spawn(command).expect("setpriv(1)"));
        self.await_ready(|port| TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok());
    }

    /// Waits until `is_ready` says so of its port; a server that ends instead fails the test.
    fn await_ready(&mut self, is_ready: impl Fn(u16) -> bool) {
        let started = Instant::now();
        while !is_ready(self.port.number) {
            let child = self.child.as_mut().expect("a child that was started");
            let ended = child.try_wait().expect("a child of ours");
            assert!(
                ended.is_none() && started.elapsed() < READY,
                "{} does not serve port {}: {ended:?}; `tests/setup` installs what is missing\n{}",
                self.name,
                self.port.number,
                self.log()
            );
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.dir.path().join("log")).unwrap_or_default()
    }

    fn pid(&self) -> Option<u32> {
        self.child.as_ref().map(Child::id)
    }

    /// kill -9 to all of its processes, and waits until they are gone.
    fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            process::kill_all(child.id(), &mut || drop(child.wait()));
        }
    }

    fn address(&self) -> SocketAddr {
        SocketAddr::from((Ipv4Addr::LOCALHOST, self.port.number))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A free port that nobody else is given for as long as this lives: a socket is bound to it and never listens, which lets a
/// server listen there (all of ours set SO_REUSEADDR), be killed, and come back.
pub struct Port {
    /// It.
    pub number: u16,
    _holder: TcpSocket,
}

impl Port {
    /// Any free one.
    #[must_use]
    pub fn reserve() -> Self {
        let holder = TcpSocket::new_v4().expect("a socket");
        holder.set_reuseaddr(true).expect("a socket of ours");
        holder
            .bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))
            .expect("a free port");
        Self {
            number: holder.local_addr().expect("an address").port(),
            _holder: holder,
        }
    }
}

/// The common face of the servers.
macro_rules! faces {
    ($($server:ident),+) => { $(
        impl $server {
            /// Where it listens.
            #[must_use]
            pub fn address(&self) -> SocketAddr {
                self.server.address()
            }

            /// kill -9 to all of its processes, frozen or not; returns when they are gone.
            pub fn kill(&mut self) {
                self.server.kill();
            }

            /// SIGSTOP to all of its processes: it hangs, with its connections open.
            pub fn freeze(&self) {
                if let Some(pid) = self.server.pid() {
                    process::signal_all(pid, "STOP");
                }
            }

            /// SIGCONT to all of its processes.
            pub fn thaw(&self) {
                if let Some(pid) = self.server.pid() {
                    process::signal_all(pid, "CONT");
                }
            }

            /// What it has logged.
            #[must_use]
            pub fn log(&self) -> String {
                self.server.log()
            }

            /// The id of its first process; 0 when it was killed.
            #[must_use]
            pub fn pid(&self) -> u32 {
                self.server.pid().unwrap_or(0)
            }
        }
    )+ };
}
faces!(NatsServer, RedisServer, PostgresServer);

fn temp_dir(name: &str) -> TempDir {
    tempfile::Builder::new()
        .prefix(&format!("smpp-{name}-"))
        .tempdir()
        .expect("a temporary folder")
}

/// What may stay for the next run.
pub(crate) fn target_dir() -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../target"),
        PathBuf::from,
    );
    target.join("servers")
}

#[cfg(test)]
mod tests;
