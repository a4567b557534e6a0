//! `[nats]`, `[postgres]` and `[redis]`: the servers that several hosts share.

use super::problem::Problems;
use super::secret::Secret;
use super::section::Section;
use super::value::{self, duration, number};
use std::path::{Path, PathBuf};
use std::time::Duration;
use toml::Value;

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3_600);

/// `[nats]`: commands come from JetStream, and events go there.
#[derive(Clone, Debug)]
pub struct NatsConfig {
    /// `url`, required: one server or several, separated by commas. May hold a password.
    pub url: Secret,
    /// `creds_file`: credentials of an account (JWT and seed).
    pub creds_file: Option<PathBuf>,
    /// `user`, with `password`.
    pub user: Option<String>,
    /// `password`, with `user`.
    pub password: Option<Secret>,
    /// `token`.
    pub token: Option<Secret>,
    /// `tls_ca`: PEM of the authority that signed the server's certificate; with it TLS is required.
    pub tls_ca: Option<PathBuf>,
    /// `tls_cert`, with `tls_key`: PEM of our own certificate.
    pub tls_cert: Option<PathBuf>,
    /// `tls_key`, with `tls_cert`.
    pub tls_key: Option<PathBuf>,
    /// `prefix`, default `smpp`: the first token of every subject; in capitals, of the streams' names (`SMPP_DISPATCH`).
    pub prefix: String,
    /// `replicas`, default 1: of streams that are created here.
    pub replicas: usize,
    /// `keep_events`, default 72 h: how long the stream of events keeps them, if it is created here.
    pub keep_events: Duration,
    /// `duplicate_window`, default 2 min: within which the server drops an event that is published again. Longer costs the
    /// server memory, about 100 octets an event.
    pub duplicate_window: Duration,
}

/// `[postgres]`: correlation, outcomes and receipts.
#[derive(Clone, Debug)]
pub struct PostgresConfig {
    /// `url`, required: `postgres://user:password@host/database?sslmode=require`.
    pub url: Secret,
    /// `connections`, default 8: at most, of this host.
    pub connections: u32,
}

/// `[redis]`: the TPS windows and the bind slots of all hosts.
#[derive(Clone, Debug)]
pub struct RedisConfig {
    /// `url`, required: `redis://` or `rediss://` (TLS).
    pub url: Secret,
    /// `prefix`, default `smpp`: of every key.
    pub prefix: String,
    /// The host's `lease`.
    pub lease: Duration,
}

impl NatsConfig {
    pub(super) fn read(mut section: Section<'_>, base: &Path, problems: &mut Problems) -> Option<Self> {
        let file = |value| value::text(value).map(|file| base.join(file));
        let url = url(&mut section, "nats://127.0.0.1:4222", base, problems);
        let config = Self {
            url: url.clone().unwrap_or_else(|| Secret::new("")),
            creds_file: section.optional("creds_file", file, problems),
            user: section.optional("user", value::text, problems),
            password: section.secret("password", |value| Secret::read(value, base), problems),
            token: section.secret("token", |value| Secret::read(value, base), problems),
            tls_ca: section.optional("tls_ca", file, problems),
            tls_cert: section.optional("tls_cert", file, problems),
            tls_key: section.optional("tls_key", file, problems),
            prefix: section.or("prefix", "smpp".to_owned(), token, problems),
            replicas: section.or("replicas", 1, number(1, 5), problems),
            keep_events: section.or(
                "keep_events",
                72 * HOUR,
                duration(60 * SECOND, 720 * HOUR),
                problems,
            ),
            duplicate_window: section.or(
                "duplicate_window",
                120 * SECOND,
                duration(SECOND, 24 * HOUR),
                problems,
            ),
        };
        for (one, other, alone) in [
            (
                "user",
                "password",
                config.user.is_some() != config.password.is_some(),
            ),
            (
                "tls_cert",
                "tls_key",
                config.tls_cert.is_some() != config.tls_key.is_some(),
            ),
        ] {
            if alone {
                let message = format!("goes with {other}: give both or neither");
                section.problem(one, None, message, problems);
            }
        }
        section.finish(problems);
        url.map(|_| config)
    }
}

impl PostgresConfig {
    pub(super) fn read(mut section: Section<'_>, base: &Path, problems: &mut Problems) -> Option<Self> {
        let url = url(&mut section, "postgres://user@host/database", base, problems);
        let connections = section.or("connections", 8, number(2, 100), problems);
        section.finish(problems);
        url.map(|url| Self { url, connections })
    }
}

impl RedisConfig {
    pub(super) fn read(
        mut section: Section<'_>,
        lease: Duration,
        base: &Path,
        problems: &mut Problems,
    ) -> Option<Self> {
        let url = url(&mut section, "redis://127.0.0.1:6379", base, problems);
        let prefix = section.or("prefix", "smpp".to_owned(), token, problems);
        section.finish(problems);
        url.map(|url| Self { url, prefix, lease })
    }
}

/// A required URL. It may hold a password, so it is never shown.
fn url(section: &mut Section<'_>, example: &str, base: &Path, problems: &mut Problems) -> Option<Secret> {
    let known = problems.iter().count();
    let url = section.secret("url", |value| Secret::read(value, base), problems);
    if url.is_none() && problems.iter().count() == known {
        section.problem(
            "url",
            None,
            format!("is missing; such as \"{example}\""),
            problems,
        );
    }
    url
}

/// One token of a subject or key.
fn token(value: Value) -> Result<String, String> {
    let text = value::text(value)?;
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if text.is_empty() || text.len() > 32 || !text.chars().all(fits) {
        return Err("use 1 to 32 letters, digits, dashes or underscores".to_owned());
    }
    Ok(text)
}
