//! A private PostgreSQL, gone with the benchmark.

use anyhow::{Context, Result, ensure};
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

/// Where to measure.
pub(crate) enum Server {
    /// In a database of the caller's.
    Given(String),
    /// Here.
    Private {
        child: Child,
        url: String,
        /// Its data.
        _folder: TempDir,
    },
}

impl Server {
    pub(crate) fn url(&self) -> &str {
        match self {
            Self::Given(url) | Self::Private { url, .. } => url,
        }
    }

    /// `None`: it is not installed. The store waits until it is up.
    pub(crate) fn start() -> Result<Option<Self>> {
        let Some(bin) = newest() else { return Ok(None) };
        let folder = tempfile::Builder::new().prefix("smpp-bench-").tempdir()?;
        let data = folder.path().join("data");
        let as_root = Command::new("id").arg("-u").output()?.stdout == b"0\n";
        if as_root {
            run(Command::new("chown").arg("postgres").arg(folder.path()))?;
        }
        let program = |name: &str| {
            let mut command = Command::new(if as_root {
                PathBuf::from("setpriv")
            } else {
                bin.join(name)
            });
            if as_root {
                command
                    .args(["--reuid=postgres", "--regid=postgres", "--clear-groups", "--"])
                    .arg(bin.join(name));
            }
            command.arg("-D").arg(&data);
            command
        };
        run(program("initdb").args([
            "-U",
            "smpp",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--no-locale",
            "--no-sync",
        ]))?;
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        let mut command = program("postgres");
        command.args(["-p", &port.to_string()]);
        for setting in [
            "listen_addresses=127.0.0.1",
            "unix_socket_directories=",
            "shared_buffers=1GB",
            "max_wal_size=8GB",
        ] {
            command.args(["-c", setting]);
        }
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        Ok(Some(Self::Private {
            child: child.context("postgres cannot be started")?,
            url: format!("postgres://smpp@127.0.0.1:{port}/postgres"),
            _folder: folder,
        }))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Self::Private { child, .. } = self {
            // It may have ended by itself.
            child.kill().unwrap_or_default();
            drop(child.wait());
        }
    }
}

fn newest() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?.flatten();
    let newest = versions.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    Some(
        Path::new("/usr/lib/postgresql")
            .join(newest.max()?.to_string())
            .join("bin"),
    )
}

fn run(command: &mut Command) -> Result<()> {
    let output = command.output()?;
    ensure!(
        output.status.success(),
        "{command:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(())
}
