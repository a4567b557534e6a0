//! What outlives the process: each operator's active and previous versions with their bytes, and what was last decided
//! about its file. In `data_dir/plugins`, not in the user's folder, which may be read-only.

use super::limits::LimitsAsked;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use smpp_domain::ids::OperatorId;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// A version that can be had back.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) struct Saved {
    pub(super) key: String,
    pub(super) sha256: String,
    /// The document as the plugin gets it.
    pub(super) settings: String,
    pub(super) limits: LimitsAsked,
    pub(super) since: DateTime<Utc>,
    #[serde(default)]
    pub(super) rolled_back: bool,
}

/// What became of the content and settings that were last seen in the operator's files.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) struct Judged {
    pub(super) key: String,
    pub(super) fate: Fate,
    pub(super) reason: Option<String>,
    /// How a candidate is tried.
    #[serde(default)]
    pub(super) trial: Option<Trial>,
}

/// How long a candidate runs beside the active version, and what comes then.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) struct Trial {
    pub(super) time: Option<Duration>,
    pub(super) calls: Option<u64>,
    pub(super) promote: bool,
}

/// A candidate that was deployed: it lies in no file until it becomes active.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) struct Deployed {
    pub(super) sha256: String,
    pub(super) trial: Trial,
    /// The key of the active version; `None` is the built-in behaviour.
    pub(super) beside: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Fate {
    Active,
    Candidate,
    /// Not again until a person, or another content, says so.
    TakenBack,
}

/// One operator's file on the shelf.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub(super) struct Record {
    pub(super) active: Option<Saved>,
    pub(super) previous: Vec<Saved>,
    pub(super) judged: Option<Judged>,
    #[serde(default)]
    pub(super) deployed: Option<Deployed>,
}

impl Record {
    fn contents(&self) -> BTreeSet<String> {
        let versions = self.active.iter().chain(&self.previous);
        let versions = versions.map(|saved| saved.sha256.clone());
        let deployed = self.deployed.iter().map(|deployed| deployed.sha256.clone());
        versions.chain(deployed).collect()
    }
}

/// The folder. Without one nothing is remembered: for tools and tests.
#[derive(Debug)]
pub(super) struct Shelf {
    folder: Option<PathBuf>,
    records: Mutex<BTreeMap<OperatorId, Record>>,
}

impl Shelf {
    pub(super) fn none() -> Self {
        Self {
            folder: None,
            records: Mutex::default(),
        }
    }

    /// Opens `data_dir/plugins`. Records that cannot be read count as absent.
    pub(super) fn open(data_dir: &Path) -> std::io::Result<Self> {
        let folder = data_dir.join("plugins");
        for inside in ["versions", "operators"] {
            std::fs::create_dir_all(folder.join(inside))?;
        }
        let mut records = BTreeMap::new();
        for entry in std::fs::read_dir(folder.join("operators"))? {
            let path = entry?.path();
            let id = path.file_stem().and_then(|stem| stem.to_str()?.parse().ok());
            let Some(id) = id.filter(|_| path.extension().is_some_and(|end| end == "json")) else {
                continue;
            };
            let read = std::fs::read(&path)
                .map_err(|error| error.to_string())
                .and_then(|text| serde_json::from_slice(&text).map_err(|error| error.to_string()));
            match read {
                Ok(record) => drop(records.insert(id, record)),
                Err(error) => {
                    tracing::warn!(file = %path.display(), error, "what is known of earlier plugin versions cannot be read")
                }
            }
        }
        let shelf = Self {
            folder: Some(folder),
            records: Mutex::new(records),
        };
        shelf.sweep();
        Ok(shelf)
    }

    pub(super) fn record(&self, operator: OperatorId) -> Record {
        self.records().get(&operator).cloned().unwrap_or_default()
    }

    /// Keeps the bytes of a version.
    pub(super) fn keep(&self, sha256: &str, bytes: &[u8]) {
        let Some(path) = self.content(sha256) else { return };
        if path.exists() {
            return;
        }
        // Its digest tells whether it arrived.
        if let Err(error) = write(&path, bytes, false) {
            tracing::warn!(%error, file = %path.display(), "a plugin version is not kept: it cannot be had back after a restart");
        }
    }

    /// The bytes of a kept version, if they are what they were.
    pub(super) fn bytes(&self, sha256: &str) -> Result<Vec<u8>, String> {
        let path = self.content(sha256).ok_or("nothing is kept")?;
        let bytes = std::fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        if hex::encode(Sha256::digest(&bytes)) == sha256 {
            Ok(bytes)
        } else {
            Err(format!("{} was changed", path.display()))
        }
    }

    /// Remembers an operator's versions, and forgets contents that nobody has any more.
    /// `record` is asked for when nobody else can save an older one afterwards.
    pub(super) fn save(&self, operator: OperatorId, record: impl FnOnce() -> Record) {
        let Some(folder) = &self.folder else { return };
        let mut records = self.records();
        let record = record();
        if records.get(&operator) == Some(&record) {
            return;
        }
        let before = records.insert(operator, record.clone()).unwrap_or_default();
        let path = folder.join("operators").join(format!("{operator}.json"));
        let text = serde_json::to_vec_pretty(&record).unwrap_or_default();
        // What was taken back must not come again because the machine stopped; anything else is found out again.
        let taken_back = |judged: &Judged| judged.fate == Fate::TakenBack;
        let durable = record.judged.as_ref().is_some_and(taken_back);
        if let Err(error) = write(&path, &text, durable) {
            tracing::warn!(%error, file = %path.display(), "plugin versions are not remembered");
            return;
        }
        let wanted: BTreeSet<_> = records.values().flat_map(Record::contents).collect();
        for gone in before.contents().difference(&wanted) {
            if let Some(path) = self.content(gone) {
                std::fs::remove_file(path).unwrap_or_default();
            }
        }
    }

    /// Removes contents that nobody has: left by a crash, or by a file's candidate that never ran.
    fn sweep(&self) {
        let Some(folder) = &self.folder else { return };
        let wanted: BTreeSet<_> = self.records().values().flat_map(Record::contents).collect();
        let Ok(entries) = std::fs::read_dir(folder.join("versions")) else {
            return;
        };
        for entry in entries.flatten() {
            let path = entry.path();
            let known = path.file_stem().and_then(|stem| stem.to_str());
            if known.is_none_or(|sha256| !wanted.contains(sha256)) {
                std::fs::remove_file(path).unwrap_or_default();
            }
        }
    }

    fn content(&self, sha256: &str) -> Option<PathBuf> {
        let folder = self.folder.as_ref()?;
        Some(folder.join("versions").join(format!("{sha256}.wasm")))
    }

    fn records(&self) -> MutexGuard<'_, BTreeMap<OperatorId, Record>> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whole or not at all; also when the machine stops, where it is to be `durable`.
pub(super) fn write(path: &Path, content: &[u8], durable: bool) -> std::io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::Builder::new().prefix(".new.").tempfile_in(folder)?;
    file.write_all(content)?;
    if durable {
        file.as_file().sync_all()?;
    }
    file.persist(path).map(drop).map_err(|error| error.error)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn saved(content: &[u8]) -> Saved {
        let sha256 = hex::encode(Sha256::digest(content));
        Saved {
            key: format!("key of {sha256}"),
            sha256,
            settings: "{}".to_owned(),
            limits: LimitsAsked::default(),
            since: DateTime::UNIX_EPOCH,
            rolled_back: false,
        }
    }

    #[test]
    fn versions_outlive_the_process_and_go_when_nobody_has_them() {
        let folder = tempfile::tempdir().unwrap();
        let [one, two] = [1, 2].map(|n| OperatorId(uuid::Uuid::from_u128(n)));
        let [first, second] = [b"first".as_slice(), b"second"].map(saved);
        let shelf = Shelf::open(folder.path()).unwrap();
        shelf.keep(&first.sha256, b"first");
        shelf.keep(&second.sha256, b"second");
        let record = Record {
            active: Some(second.clone()),
            previous: vec![first.clone()],
            ..Record::default()
        };
        shelf.save(one, || record.clone());
        shelf.save(two, || record.clone());

        let again = Shelf::open(folder.path()).unwrap();
        assert_eq!(again.record(one), record);
        assert_eq!(again.bytes(&first.sha256), Ok(b"first".to_vec()));
        let without = Record {
            previous: Vec::new(),
            ..record
        };
        again.save(one, || without.clone());
        assert!(again.bytes(&first.sha256).is_ok(), "the other operator has it");
        again.save(two, || without);
        assert!(again.bytes(&first.sha256).is_err());
        assert_eq!(again.bytes(&second.sha256), Ok(b"second".to_vec()));
    }

    #[test]
    fn what_was_damaged_is_not_had_back() {
        let folder = tempfile::tempdir().unwrap();
        let id = OperatorId(uuid::Uuid::nil());
        let version = saved(b"fine");
        let shelf = Shelf::open(folder.path()).unwrap();
        shelf.keep(&version.sha256, b"fine");
        let path = shelf.content(&version.sha256).unwrap();
        std::fs::write(&path, "odd").unwrap();
        assert!(shelf.bytes(&version.sha256).unwrap_err().contains("was changed"));
        let file = folder.path().join(format!("plugins/operators/{id}.json"));
        std::fs::write(&file, "{").unwrap();
        let again = Shelf::open(folder.path()).unwrap();
        assert_eq!(again.record(id), Record::default());
        assert!(!path.exists(), "contents without an owner are swept out");
    }
}
