//! An operator file in the making.

use smpp_domain::ids::OperatorId;
use std::net::SocketAddr;
use std::path::PathBuf;
use uuid::Uuid;

/// What every session has until it is told another.
const SYSTEM_ID: &str = "system_id = \"story\"";
const PASSWORD: &str = "password = \"story\"";

/// One operator with quick timers; the setters change what the story is about.
#[derive(Clone, Debug)]
pub struct Operator {
    /// Its id.
    pub id: OperatorId,
    /// Its name.
    pub name: String,
    /// `key = value` lines of the file.
    lines: Vec<String>,
    policy: Vec<String>,
    sessions: Vec<(SocketAddr, Vec<String>)>,
    plugin: Option<PathBuf>,
}

impl Operator {
    /// An operator at one SMSC: window 10, 10,000 TPS, and reconnects without the usual seconds between them.
    #[must_use]
    pub fn at(smsc: SocketAddr) -> Self {
        Self {
            id: OperatorId(Uuid::now_v7()),
            name: "acme".to_owned(),
            lines: [
                "tps_limit = 10000",
                "unmatched_after = \"1s\"",
                "reconnect_delays = [\"200ms\", \"300ms\", \"500ms\"]",
            ]
            .map(str::to_owned)
            .to_vec(),
            policy: Vec::new(),
            sessions: vec![(smsc, vec![SYSTEM_ID.to_owned(), PASSWORD.to_owned()])],
            plugin: None,
        }
    }

    /// Another name than `acme`.
    #[must_use]
    pub fn named(mut self, name: &str) -> Self {
        name.clone_into(&mut self.name);
        self
    }

    /// The same operator as one of an earlier run.
    #[must_use]
    pub fn with_id(self, id: OperatorId) -> Self {
        Self { id, ..self }
    }

    /// Sets a key of the file, in TOML.
    #[must_use]
    pub fn set(mut self, key: &str, value: &str) -> Self {
        self.lines.retain(|line| !line.starts_with(&format!("{key} =")));
        self.lines.push(format!("{key} = {value}"));
        self
    }

    /// Sets a key of its last session, in TOML.
    #[must_use]
    pub fn session(mut self, key: &str, value: &str) -> Self {
        if let Some((_, lines)) = self.sessions.last_mut() {
            lines.retain(|line| !line.starts_with(&format!("{key} =")));
            lines.push(format!("{key} = {value}"));
        }
        self
    }

    /// One more `[[session]]` beside the first.
    #[must_use]
    pub fn primary_at(mut self, smsc: SocketAddr) -> Self {
        self.sessions
            .push((smsc, vec![SYSTEM_ID.to_owned(), PASSWORD.to_owned()]));
        self
    }

    /// One more `[[session]]`, a backup.
    #[must_use]
    pub fn backup_at(mut self, smsc: SocketAddr) -> Self {
        let lines = [SYSTEM_ID, PASSWORD, "is_primary = false"].map(str::to_owned);
        self.sessions.push((smsc, lines.to_vec()));
        self
    }

    /// Runs this component as its policy, under the operator's name.
    #[must_use]
    pub fn plugin(mut self, component: PathBuf) -> Self {
        self.policy.push(format!("plugin = \"{}.wasm\"", self.name));
        self.plugin = Some(component);
        self
    }

    /// Sets a key of `[policy]`, in TOML.
    #[must_use]
    pub fn policy(mut self, key: &str, value: &str) -> Self {
        self.policy.push(format!("{key} = {value}"));
        self
    }

    /// The component to be copied into the plugins folder.
    pub(crate) fn component(&self) -> Option<&PathBuf> {
        self.plugin.as_ref()
    }

    /// The operator's file.
    #[must_use]
    pub fn toml(&self) -> String {
        let mut text = format!("operator_id = \"{}\"\n{}\n", self.id, self.lines.join("\n"));
        if !self.policy.is_empty() {
            text += &format!("[policy]\n{}\n", self.policy.join("\n"));
        }
        for (smsc, lines) in &self.sessions {
            text += &format!(
                "[[session]]\nhost = \"{}\"\nport = {}\n{}\n",
                smsc.ip(),
                smsc.port(),
                lines.join("\n")
            );
        }
        text
    }
}
