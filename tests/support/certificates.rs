//! Certificates for one test, by openssl: an authority, and what it has signed.

use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// What `openssl ca` wants to know before it signs with dates of our choice.
const CA_CONFIG: &str = "[ca]\ndefault_ca = own\n[own]\ndatabase = index.txt\nrand_serial = yes\nnew_certs_dir = .\ncertificate = ca.pem\n\
                         private_key = ca.key\ndefault_md = sha256\npolicy = any\nunique_subject = no\n[any]\ncommonName = supplied\n";

/// An authority that signs certificates for this machine.
pub struct Authority {
    dir: TempDir,
}

impl Authority {
    /// A new one, which nobody trusts yet.
    #[must_use]
    pub fn new() -> Self {
        let dir = tempfile::Builder::new()
            .prefix("smpp-certificates-")
            .tempdir()
            .expect("a temporary folder");
        // Servers that run as somebody else read them too.
        let open = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(dir.path(), open).expect("a folder of ours");
        let authority = Self { dir };
        let subject = format!("/CN=authority {}", uuid::Uuid::now_v7());
        authority.openssl(&[
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-days",
            "2",
            "-subj",
            &subject,
            "-keyout",
            "ca.key",
            "-out",
            "ca.pem",
            "-addext",
            "basicConstraints=critical,CA:TRUE",
        ]);
        authority
    }

    /// The authority's own certificate, for whoever is to trust it.
    #[must_use]
    pub fn certificate(&self) -> PathBuf {
        self.path("ca.pem")
    }

    /// Signs a certificate for 127.0.0.1. Returns it and its key.
    #[must_use]
    pub fn sign(&self, name: &str) -> (PathBuf, PathBuf) {
        self.sign_for(
            name,
            "IP:127.0.0.1,DNS:localhost",
            "200101000000Z",
            "491231235959Z",
        )
    }

    /// Signs a certificate for other names, valid between two times (`YYMMDDHHMMSSZ`). Returns it and its key.
    #[must_use]
    pub fn sign_for(&self, name: &str, names: &str, from: &str, until: &str) -> (PathBuf, PathBuf) {
        let [request, certificate, key, extensions] =
            ["csr", "pem", "key", "ext"].map(|ending| format!("{name}.{ending}"));
        self.write(&extensions, &format!("subjectAltName={names}\n"));
        self.write("ca.cnf", CA_CONFIG);
        self.write("index.txt", "");
        let subject = format!("/CN={name}");
        self.openssl(&[
            "req", "-newkey", "rsa:2048", "-nodes", "-subj", &subject, "-keyout", &key, "-out", &request,
        ]);
        self.openssl(&[
            "ca",
            "-batch",
            "-notext",
            "-config",
            "ca.cnf",
            "-startdate",
            from,
            "-enddate",
            until,
            "-in",
            &request,
            "-extfile",
            &extensions,
            "-out",
            &certificate,
        ]);
        (self.path(&certificate), self.path(&key))
    }

    /// A certificate that vouches for itself, as people make them in a hurry. Returns it and its key.
    #[must_use]
    pub fn self_signed(&self, name: &str) -> (PathBuf, PathBuf) {
        let [certificate, key] = ["pem", "key"].map(|ending| format!("{name}.{ending}"));
        let subject = format!("/CN={name}");
        self.openssl(&[
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-subj",
            &subject,
            "-keyout",
            &key,
            "-out",
            &certificate,
        ]);
        (self.path(&certificate), self.path(&key))
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).expect("a folder of ours");
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn openssl(&self, arguments: &[&str]) {
        let output = Command::new("openssl")
            .args(arguments)
            .current_dir(self.dir.path())
            .output()
            .expect("openssl; `tests/setup` installs it");
        assert!(
            output.status.success(),
            "openssl {arguments:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
}

impl Default for Authority {
    fn default() -> Self {
        Self::new()
    }
}

/// Gives a key to PostgreSQL, which takes only its own and wants nobody else to read it.
pub fn give_to_postgres(key: &Path) {
    let closed = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    std::fs::set_permissions(key, closed).expect("a key of ours");
    // As another user than root, who is us, nothing is to be given.
    let status = Command::new("chown").arg("postgres").arg(key).status();
    drop(status);
}
