//! What can be wrong with the database, for people at start-up and as a kind at the ports.

use crate::ports::BackendErrorKind;
use std::path::{Path, PathBuf};

/// Why the database cannot be opened, and what helps.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The folder or the lock file cannot be made.
    #[error("no database can be kept at {}: let the gateway's user write there, or set another data_dir", path.display())]
    Folder {
        /// The database.
        path: PathBuf,
        /// The cause.
        #[source]
        source: std::io::Error,
    },
    /// The system gives the process no more threads.
    #[error("{} has no thread to be written by: raise the limit of threads, such as TasksMax of the unit or pids of the container", path.display())]
    Thread {
        /// The database.
        path: PathBuf,
        /// The cause.
        #[source]
        source: std::io::Error,
    },
    /// Another process has it open.
    #[error("{} is in use by another smpp-connector: stop that one, or set another data_dir", path.display())]
    InUse {
        /// The database.
        path: PathBuf,
    },
    /// A newer version has changed its tables.
    #[error(
        "{} was written by a newer smpp-connector (its schema is {found}, this version knows {known}): run the newer version, or set another data_dir",
        path.display()
    )]
    Newer {
        /// The database.
        path: PathBuf,
        /// The schema that it has.
        found: i64,
        /// The newest schema that this version knows.
        known: i64,
    },
    /// It is SQLite, but of another program.
    #[error("{} belongs to another program: set another data_dir", path.display())]
    Foreign {
        /// The database.
        path: PathBuf,
    },
    /// It is not SQLite, or not whole.
    #[error(
        "{} is damaged or no SQLite database: restore it from a backup, or move it away to start with an empty one (commands that wait in it are not sent then)",
        path.display()
    )]
    Damaged {
        /// The database.
        path: PathBuf,
        /// The cause.
        #[source]
        source: sqlx::Error,
    },
    /// The disk or its rights are in the way.
    #[error("{} cannot be opened: check that its disk has room and that the gateway's user may write it", path.display())]
    Unavailable {
        /// The database.
        path: PathBuf,
        /// The cause.
        #[source]
        source: sqlx::Error,
    },
}

impl OpenError {
    pub(super) fn from_sqlx(path: &Path, source: sqlx::Error) -> Self {
        let path = path.to_owned();
        match kind(&source) {
            BackendErrorKind::Corrupt => Self::Damaged { path, source },
            BackendErrorKind::Unavailable => Self::Unavailable { path, source },
        }
    }
}

/// Locks, full disks and lost handles pass; anything else that SQLite says wants a person.
pub(super) fn kind(error: &sqlx::Error) -> BackendErrorKind {
    match error {
        sqlx::Error::Database(error) => match error.code().and_then(|code| code.parse::<i32>().ok()) {
            // The low octet of an extended result code is its class: PERM 3, BUSY 5, LOCKED 6, NOMEM 7, READONLY 8,
            // INTERRUPT 9, IOERR 10, FULL 13, CANTOPEN 14, PROTOCOL 15.
            Some(code) if matches!(code & 0xff, 3 | 5..=10 | 13..=15) => BackendErrorKind::Unavailable,
            _ => BackendErrorKind::Corrupt,
        },
        sqlx::Error::Io(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed => BackendErrorKind::Unavailable,
        _ => BackendErrorKind::Corrupt,
    }
}
