//! What can be wrong with the server, for people at start-up and as a kind at the ports.

use crate::errors;
use crate::ports::BackendErrorKind;

/// Why the database cannot be used, and what helps.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The URL cannot be read.
    #[error("postgres.url is no URL of PostgreSQL; such as \"postgres://user@host/database\"")]
    Url {
        /// The cause. It does not hold the URL.
        #[source]
        source: sqlx::Error,
    },
    /// It does not answer.
    #[error("{name} cannot be reached: check that it runs, and postgres.url")]
    Unreachable {
        /// The server.
        name: String,
        /// The cause.
        #[source]
        source: sqlx::Error,
    },
    /// It does not let us in.
    #[error(
        "{name} refuses the user, the password or the database: check postgres.url and the server's pg_hba.conf"
    )]
    Refused {
        /// The server.
        name: String,
        /// The cause.
        #[source]
        source: sqlx::Error,
    },
    /// TLS did not come about.
    #[error(
        "{name}: no TLS: look at sslmode, sslrootcert, sslcert and sslkey in postgres.url; sslmode=verify-full wants the host to be the name in the server's certificate"
    )]
    Tls {
        /// The server.
        name: String,
        /// The cause.
        #[source]
        source: sqlx::Error,
    },
    /// A standby, or read-only by its settings.
    #[error(
        "{name} can only be read: give postgres.url the primary (with target hosts, the one that takes writes)"
    )]
    ReadOnly {
        /// The server.
        name: String,
    },
    /// A newer version has changed its tables.
    #[error(
        "{name} was migrated by a newer smpp-connector (its schema is {found}, this version knows {known}): run the newer version"
    )]
    Newer {
        /// The server.
        name: String,
        /// The schema that it has.
        found: i64,
        /// The newest schema that this version knows.
        known: i64,
    },
    /// It has tables of another program.
    #[error(
        "{name} has tables of another program ({table}): give the gateway a database of its own, or a schema (postgres.url with ?options[search_path]=smpp)"
    )]
    Foreign {
        /// The server.
        name: String,
        /// One of them.
        table: String,
    },
    /// The tables could not be made.
    #[error(
        "{name}: the migration {migration} failed; nothing was changed. The user needs CREATE on the schema"
    )]
    Migration {
        /// The server.
        name: String,
        /// Which one.
        migration: &'static str,
        /// The cause.
        #[source]
        source: sqlx::Error,
    },
}

impl OpenError {
    /// For an error of connecting, or of a statement that any server answers.
    pub(super) fn from_sqlx(name: &str, source: sqlx::Error) -> Self {
        let name = name.to_owned();
        match sqlstate(&source).as_deref() {
            // Invalid authorization, unknown database, no privilege.
            Some(code) if code.starts_with("28") || code == "3D000" || code == "42501" => {
                Self::Refused { name, source }
            }
            Some("25006") => Self::ReadOnly { name },
            _ if errors::is_tls(&source) => Self::Tls { name, source },
            _ => Self::Unreachable { name, source },
        }
    }
}

/// Whether it may pass by itself: a day is being dropped or made by another host, or the server is on its way up or out of reach, full, busy, or read-only for now.
pub(super) fn kind(error: &sqlx::Error) -> BackendErrorKind {
    match error {
        sqlx::Error::Database(_) => match sqlstate(error).as_deref() {
            // The first two characters are the class. 08 connection, 25 transaction state (read-only), 26 a statement that a
            // proxy has lost, 28 authorization, 3D no such database, 40 serialization and deadlocks, 53 resources (disk full,
            // connections), 55 locks, 57 shutdown and timeouts, 58 I/O of the server, 0A a plan that a migration has changed.
            Some(code)
                if matches!(
                    code.get(..2),
                    Some("08" | "0A" | "25" | "26" | "28" | "3D" | "40" | "53" | "55" | "57" | "58")
                ) || matches!(code, LACKS_PARTITION | EXISTS) =>
            {
                BackendErrorKind::Unavailable
            }
            _ => BackendErrorKind::Corrupt,
        },
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::Protocol(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed => BackendErrorKind::Unavailable,
        _ => BackendErrorKind::Corrupt,
    }
}

/// No partition of the table takes the row.
pub(super) fn lacks_partition(error: &sqlx::Error) -> bool {
    sqlstate(error).as_deref() == Some(LACKS_PARTITION)
}

/// check_violation; we have no other checks.
const LACKS_PARTITION: &str = "23514";
/// duplicate_table: a day that was detached and is not yet dropped.
const EXISTS: &str = "42P07";

/// unique_violation: what is inserted is there.
pub(super) fn is_there(error: &sqlx::Error) -> bool {
    sqlstate(error).as_deref() == Some("23505")
}

/// Nobody listens, or the server is on its way up: worth another try at the start.
pub(super) fn may_come_up(error: &sqlx::Error) -> bool {
    matches!(error, sqlx::Error::Io(_)) && !errors::is_tls(error)
        || sqlstate(error).as_deref() == Some("57P03")
}

pub(super) fn sqlstate(error: &sqlx::Error) -> Option<String> {
    match error {
        sqlx::Error::Database(error) => error.code().map(|code| code.into_owned()),
        _ => None,
    }
}
