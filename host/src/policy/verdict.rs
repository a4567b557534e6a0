//! `<file>.status.json`: what became of a plugin file, next to the file, for a person who has nothing but a shell.

use super::error::Stage;
use chrono::{DateTime, Utc};
use serde::Serialize;
use smpp_domain::ids::OperatorId;
use smpp_domain::policy::Hook;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// What was decided about a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Decision {
    /// This content runs now.
    Active,
    /// This content does not run; what ran before goes on.
    Refused,
    /// This content is tried on live traffic; what ran before goes on.
    Shadow,
    /// It was tried and waits for `promote` or `discard`; what ran before goes on.
    Ready,
    /// It ran, or was a candidate, and was taken back.
    RolledBack,
    /// Nothing changed: the content runs already, or the file is gone.
    Unchanged,
}

impl Decision {
    /// As in the verdict.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Refused => "refused",
            Self::Shadow => "shadow",
            Self::Ready => "ready",
            Self::RolledBack => "rolled-back",
            Self::Unchanged => "unchanged",
        }
    }
}

/// The content of `<file>.status.json`.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Verdict {
    /// As configured.
    pub file: PathBuf,
    /// Of the content that was judged; `null` if there was none.
    pub sha256: Option<String>,
    /// The last step that was taken: the one that refused it, or `active`.
    pub stage: Stage,
    /// Refused as soon as one operator's settings do not go with it.
    pub verdict: Decision,
    /// In words, for every verdict but active.
    pub reason: Option<String>,
    /// Exported.
    pub hooks: Vec<Hook>,
    /// The manifest's name.
    pub plugin: Option<String>,
    /// The manifest's version.
    pub version: Option<String>,
    /// What really runs, if it is the same for all operators; `null` is the built-in behaviour.
    pub active_sha256: Option<String>,
    /// Each operator that is configured with this file.
    pub operators: Vec<OperatorVerdict>,
    /// When it was decided.
    pub at: DateTime<Utc>,
    /// How long the steps took.
    pub timings: Timings,
}

/// The part of one operator.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OperatorVerdict {
    /// Which.
    pub id: OperatorId,
    /// By name.
    pub name: String,
    /// For this operator's settings.
    pub verdict: Decision,
    /// In words, for every verdict but active.
    pub reason: Option<String>,
    /// What really runs for this operator; `null` is the built-in behaviour.
    pub active_sha256: Option<String>,
}

/// How long the steps took, in milliseconds.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Timings {
    /// From the change to two equal looks at the file.
    pub settle_ms: u64,
    /// Reading and hashing.
    pub read_ms: u64,
    /// Validation and compilation; 0 when the same content was compiled already.
    pub compile_ms: u64,
    /// The trial, for all operators.
    pub admit_ms: u64,
    /// Beside the active version, on live traffic; 0 where it was not.
    pub shadow_ms: u64,
}

/// Where the verdict on this file stands.
#[must_use]
pub fn path_of(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".status.json");
    PathBuf::from(name)
}

impl Verdict {
    /// Puts the verdict next to the file, whole or not at all. Readable for everybody: it holds no secret.
    ///
    /// # Errors
    /// When the directory cannot be written, which is usual for a Kubernetes ConfigMap.
    pub fn write(&self) -> std::io::Result<()> {
        let path = path_of(&self.file);
        let directory = path
            .parent()
            .filter(|parent| !parent.as_os_str().is_empty())
            .unwrap_or(Path::new("."));
        let mut content = serde_json::to_vec_pretty(self)?;
        content.push(b'\n');
        let mut file = tempfile::Builder::new()
            .prefix(".status.")
            .permissions(std::fs::Permissions::from_mode(0o644))
            .tempfile_in(directory)?;
        file.write_all(&content)?;
        file.persist(&path).map(drop).map_err(|error| error.error)
    }
}

/// The verdict on a file follows from those of its operators.
#[must_use]
pub(super) fn overall(operators: &[OperatorVerdict]) -> (Decision, Option<String>) {
    let any = |decision| operators.iter().find(|operator| operator.verdict == decision);
    // What somebody should know comes first.
    let news = [
        Decision::Refused,
        Decision::RolledBack,
        Decision::Ready,
        Decision::Shadow,
    ];
    if let Some(first) = news.into_iter().find_map(any) {
        (first.verdict, first.reason.clone())
    } else if any(Decision::Active).is_some() {
        (Decision::Active, None)
    } else {
        (
            Decision::Unchanged,
            operators.first().and_then(|operator| operator.reason.clone()),
        )
    }
}

/// The digest that all operators run, if it is one.
#[must_use]
pub(super) fn common_digest(operators: &[OperatorVerdict]) -> Option<String> {
    let first = operators.first()?.active_sha256.clone()?;
    operators
        .iter()
        .all(|operator| operator.active_sha256.as_ref() == Some(&first))
        .then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn operator(verdict: Decision, active: Option<&str>) -> OperatorVerdict {
        let reason = (verdict != Decision::Active).then(|| "because".to_owned());
        let active_sha256 = active.map(str::to_owned);
        OperatorVerdict {
            id: OperatorId(uuid::Uuid::nil()),
            name: "acme".to_owned(),
            verdict,
            reason,
            active_sha256,
        }
    }

    #[test]
    fn one_refusal_is_enough() {
        use Decision::{Active, Refused, Unchanged};
        let of = |decisions: &[Decision]| {
            overall(
                &decisions
                    .iter()
                    .map(|decision| operator(*decision, None))
                    .collect::<Vec<_>>(),
            )
            .0
        };
        assert_eq!(of(&[Active, Refused]), Refused);
        assert_eq!(of(&[Unchanged, Active]), Active);
        assert_eq!(of(&[Unchanged, Unchanged]), Unchanged);
    }

    #[test]
    fn what_is_tried_or_taken_back_comes_before_what_runs() {
        use Decision::{Active, Ready, Refused, RolledBack, Shadow, Unchanged};
        let of = |decisions: [Decision; 2]| {
            let parts = decisions.map(|decision| operator(decision, None));
            let (overall, reason) = overall(&parts);
            assert_eq!(reason.is_some(), overall != Active);
            overall
        };
        assert_eq!(of([Active, Shadow]), Shadow);
        assert_eq!(of([Shadow, Ready]), Ready);
        assert_eq!(of([Ready, RolledBack]), RolledBack);
        assert_eq!(of([Refused, RolledBack]), Refused);
        assert_eq!(of([Unchanged, Shadow]), Shadow);
    }

    #[test]
    fn the_common_digest_is_common() {
        let all = [
            operator(Decision::Active, Some("a")),
            operator(Decision::Active, Some("a")),
        ];
        assert_eq!(common_digest(&all), Some("a".to_owned()));
        assert_eq!(
            common_digest(&[all[0].clone(), operator(Decision::Refused, Some("b"))]),
            None
        );
        assert_eq!(
            common_digest(&[all[0].clone(), operator(Decision::Refused, None)]),
            None
        );
    }

    #[test]
    fn it_is_written_whole_and_readable() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("acme.wasm");
        let operators = vec![operator(Decision::Refused, Some("old"))];
        let (verdict, reason) = overall(&operators);
        let verdict = Verdict {
            file: file.clone(),
            sha256: Some("new".to_owned()),
            stage: Stage::Validate,
            verdict,
            reason,
            hooks: vec![Hook::SubmitResult],
            plugin: None,
            version: None,
            active_sha256: common_digest(&operators),
            operators,
            at: DateTime::UNIX_EPOCH,
            timings: Timings::default(),
        };
        verdict.write().unwrap();
        verdict.write().unwrap();
        let path = directory.path().join("acme.wasm.status.json");
        let json: serde_json::Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        assert_eq!(json["verdict"], "refused");
        assert_eq!(json["stage"], "validate");
        assert_eq!(json["activeSha256"], "old");
        assert_eq!(json["hooks"][0], "submit-result");
        assert_eq!(json["operators"][0]["reason"], "because");
        assert_eq!(json["at"], "1970-01-01T00:00:00Z");
        assert_eq!(
            std::fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o644
        );
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 1);
    }
}
