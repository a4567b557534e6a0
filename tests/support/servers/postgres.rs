//! A private PostgreSQL.

use super::{READY, Server, process, target_dir, temp_dir};
use sqlx::{Connection, PgConnection};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// PostgreSQL with one empty database. It commits to disk as it would in production (`fsync` on) unless a test asks for less.
pub struct PostgresServer {
    pub(super) server: Server,
    bin: PathBuf,
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
        let bin = newest_bin();
        let template = template(&bin);
        let dir = temp_dir("postgres");
        run(Command::new("cp")
            .arg("-a")
            .arg(&template)
            .arg(dir.path().join("data")));
        if is_root() {
            run(Command::new("chown").arg("postgres").arg(dir.path()));
        }
        let program = bin.join("postgres");
        let settings: Vec<String> = settings.iter().map(|setting| (*setting).to_owned()).collect();
        let server = Server::start("postgres", dir, move |dir, port| {
            // SIGQUIT is its immediate shutdown, which leaves nothing behind.
            let mut command = process::mortal(&program, "QUIT", privileges());
            command
                .arg("-D")
                .arg(dir.join("data"))
                .args(["-p", &port.to_string()])
                .args(["-c", "listen_addresses=127.0.0.1"])
                .args(["-c", "unix_socket_directories="])
                .args(["-c", "max_connections=200"])
                // Within the folder, so that nothing stays in /dev/shm after a kill -9.
                .args(["-c", "dynamic_shared_memory_type=mmap"]);
            for setting in &settings {
                command.args(["-c", setting]);
            }
            command
        });
        let mut postgres = Self { server, bin };
        postgres.await_recovery();
        postgres
    }

    /// Starts it again, on its port, with its data; returns when it has recovered and takes connections.
    pub fn start_again(&mut self) {
        self.server.launch();
        self.await_recovery();
    }

    /// The port opens before the recovery is through; until then every connection is refused in words.
    fn await_recovery(&mut self) {
        let program = self.bin.join("pg_isready");
        self.server.await_ready(|port| {
            let status = Command::new(&program)
                .args(["-q", "-h", "127.0.0.1", "-p", &port.to_string()])
                .status();
            status.expect("pg_isready").success()
        });
    }

    /// `postgres://…`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("postgres://smpp@{}/postgres", self.address())
    }

    /// From now on connections need a password, which nobody has.
    pub async fn refuse_passwords(&self) {
        let file = self.server.dir.path().join("data/pg_hba.conf");
        std::fs::write(&file, "host all all 127.0.0.1/32 scram-sha-256\n").expect("a file of the server");
        process::signal("HUP", &[self.pid()]);
        let started = Instant::now();
        // It reads the file when it gets to the signal.
        while PgConnection::connect(&self.url()).await.is_ok() {
            assert!(started.elapsed() < READY, "postgres does not read its file again");
        }
    }
}

impl Drop for PostgresServer {
    /// An immediate shutdown, which frees the segment of shared memory that guards the data folder.
    fn drop(&mut self) {
        let guard = guard_segment(self.server.dir.path());
        if let Some(child) = &mut self.server.child {
            process::signal_all(child.id(), "CONT");
            process::signal("QUIT", &[child.id()]);
            let started = Instant::now();
            while child.try_wait().is_ok_and(|ended| ended.is_none()) && started.elapsed() < READY {
                std::thread::sleep(Duration::from_millis(2));
            }
        }
        self.server.kill();
        if let Some(guard) = guard {
            // Gone already, unless the server was killed.
            let removed = Command::new("ipcrm")
                .args(["-m", &guard])
                .stderr(Stdio::null())
                .status();
            drop(removed);
        }
    }
}

/// The id of that segment: the seventh line of `postmaster.pid` is its key and id.
pub(super) fn guard_segment(dir: &Path) -> Option<String> {
    let text = std::fs::read_to_string(dir.join("data/postmaster.pid")).ok()?;
    let id = text.lines().nth(6)?.split_whitespace().nth(1)?;
    Some(id.to_owned())
}

/// The newest PostgreSQL of this machine.
fn newest_bin() -> PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten();
    let newest = versions
        .filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok())
        .max();
    let newest = newest.expect("PostgreSQL in /usr/lib/postgresql; `tests/setup` installs it");
    PathBuf::from(format!("/usr/lib/postgresql/{newest}/bin"))
}

/// A data folder that initdb has made: once for many servers, since that takes a second.
fn template(bin: &Path) -> PathBuf {
    static MAKING: Mutex<()> = Mutex::new(());
    let _one_at_a_time = MAKING.lock().unwrap_or_else(PoisonError::into_inner);
    let version = bin.iter().rev().nth(1).expect("a version").to_string_lossy();
    let user = if is_root() { "root" } else { "user" };
    let template = target_dir().join(format!("postgres-{version}-template-{user}"));
    if !template.exists() {
        let made = temp_dir("initdb");
        if is_root() {
            run(Command::new("chown").arg("postgres").arg(made.path()));
        }
        run(as_postgres(&bin.join("initdb"))
            .arg("-D")
            .arg(made.path().join("data"))
            .args(["-U", "smpp", "-A", "trust"])
            .args(["-E", "UTF8", "--no-locale", "--no-sync"]));
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
    process::mortal(program, "QUIT", privileges())
}

/// What setpriv(1) is told besides.
fn privileges() -> &'static [&'static str] {
    if is_root() {
        &["--reuid=postgres", "--regid=postgres", "--clear-groups"]
    } else {
        &[]
    }
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
