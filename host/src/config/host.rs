//! `smpp-connector.toml`.

use super::effective::{FileSettings, Seen};
use super::problem::Problems;
use super::recordings::RecordingsConfig;
use super::secret::Secret;
use super::section::Section;
use super::servers::{NatsConfig, PostgresConfig, RedisConfig};
use super::traces::TracesConfig;
use super::value;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The host's own settings. Paths are absolute or relative to the folder of the file.
#[derive(Clone, Debug)]
pub struct HostConfig {
    /// The file that was read; `None` when the defaults apply.
    pub file: Option<PathBuf>,
    /// `data_dir`, default `data`: the SQLite database.
    pub data_dir: PathBuf,
    /// `operators_dir`, default `operators`.
    pub operators_dir: PathBuf,
    /// `plugins_dir`, default `plugins`.
    pub plugins_dir: PathBuf,
    /// `shutdown_grace`, default 30 s: how long a shutdown may drain.
    pub shutdown_grace: Duration,
    /// `host_name`, default the machine's: tells hosts apart in logs and where they share something.
    pub host_name: String,
    /// `lease`, default 10 s: how long what a host holds stays its own after it was last heard of: binds, its share of the TPS,
    /// commands that it works on. The same on all hosts.
    pub lease: Duration,
    /// `[http]`.
    pub http: HttpConfig,
    /// `[recordings]`.
    pub recordings: RecordingsConfig,
    /// `[traces]`; `None`: no traces.
    pub traces: Option<TracesConfig>,
    /// `[nats]`; `None`: the queue and the events are in the embedded database.
    pub nats: Option<NatsConfig>,
    /// `[postgres]`; `None`: correlation is in the embedded database.
    pub postgres: Option<PostgresConfig>,
    /// `[redis]`; `None`: this host alone keeps the TPS, and binds whatever its files say.
    pub redis: Option<RedisConfig>,
}

/// `[http]`.
#[derive(Clone, Debug)]
pub struct HttpConfig {
    /// `listen`, default `127.0.0.1:8080`. Port 0 takes any free one.
    pub listen: SocketAddr,
    /// `token`: wanted as `Authorization: Bearer …` by everything but the health checks. Required unless `listen` is a
    /// loopback address.
    pub token: Option<Secret>,
}

impl HostConfig {
    /// The defaults, with all folders below `base`.
    #[must_use]
    pub fn defaults(base: &Path) -> Self {
        Self {
            file: None,
            data_dir: base.join("data"),
            operators_dir: base.join("operators"),
            plugins_dir: base.join("plugins"),
            shutdown_grace: Duration::from_secs(30),
            host_name: machine_name(),
            lease: Duration::from_secs(10),
            http: HttpConfig {
                listen: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8080),
                token: None,
            },
            recordings: RecordingsConfig::default(),
            traces: None,
            nats: None,
            postgres: None,
            redis: None,
        }
    }

    pub(super) fn load(
        path: Option<&Path>,
        told: &mut Vec<FileSettings>,
        problems: &mut Problems,
    ) -> Option<Self> {
        let asked_for = path.is_some();
        let path = path.unwrap_or_else(|| Path::new("smpp-connector.toml"));
        let base = path.parent().unwrap_or_else(|| Path::new(""));
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && !asked_for => {
                told.push(Seen::default().settings(None, None));
                return Some(Self::defaults(base));
            }
            Err(error) => {
                problems.add(path, "", None, format!("cannot be read: {error}"));
                return None;
            }
        };
        let section = Section::parse(path, &text, problems)?;
        let seen = section.seen();
        let config = Self {
            file: Some(path.to_owned()),
            ..Self::read(section, base, problems)
        };
        told.push(seen.settings(Some(path), None));
        Some(config)
    }

    pub(super) fn read(mut section: Section<'_>, base: &Path, problems: &mut Problems) -> Self {
        let defaults = Self::defaults(base);
        let folder = |value| value::text(value).map(|folder| base.join(folder));
        let lease = value::duration(Duration::from_secs(1), Duration::from_secs(600));
        let lease = section.or("lease", defaults.lease, lease, problems);
        let config = Self {
            file: None,
            data_dir: section.or("data_dir", defaults.data_dir, folder, problems),
            operators_dir: section.or("operators_dir", defaults.operators_dir, folder, problems),
            plugins_dir: section.or("plugins_dir", defaults.plugins_dir, folder, problems),
            shutdown_grace: section.or(
                "shutdown_grace",
                defaults.shutdown_grace,
                value::duration(Duration::from_secs(1), Duration::from_secs(600)),
                problems,
            ),
            host_name: section.or("host_name", defaults.host_name, value::name, problems),
            lease,
            http: match section.table("http", problems) {
                Some(http) => HttpConfig::read(http, base, defaults.http, problems),
                None => defaults.http,
            },
            recordings: section
                .table("recordings", problems)
                .map_or_else(RecordingsConfig::default, |table| {
                    RecordingsConfig::read(table, problems)
                }),
            traces: section
                .table("traces", problems)
                .and_then(|traces| TracesConfig::read(traces, base, problems)),
            nats: section
                .table("nats", problems)
                .and_then(|nats| NatsConfig::read(nats, base, problems)),
            postgres: section
                .table("postgres", problems)
                .and_then(|postgres| PostgresConfig::read(postgres, base, problems)),
            redis: section
                .table("redis", problems)
                .and_then(|redis| RedisConfig::read(redis, lease, base, problems)),
        };
        section.finish(problems);
        config
    }
}

impl HttpConfig {
    fn read(mut section: Section<'_>, base: &Path, defaults: Self, problems: &mut Problems) -> Self {
        let address = |value| {
            value::text(value)?
                .parse::<SocketAddr>()
                .map_err(|_| "use an address and a port, such as \"127.0.0.1:8080\"".to_owned())
        };
        let listen = section.or("listen", defaults.listen, address, problems);
        let token = section.secret("token", |value| Secret::read(value, base), problems);
        if token.is_none() && !listen.ip().is_loopback() {
            let message = "is missing: it is required when http.listen is not a loopback address";
            section.problem("token", None, message.to_owned(), problems);
        }
        section.finish(problems);
        Self { listen, token }
    }
}

fn machine_name() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let name: String = name
        .trim()
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
        .take(64)
        .collect();
    if name.is_empty() { "host".to_owned() } else { name }
}
