//! `operators/*.toml`: one file an operator.

pub use alphabets::Alphabets;
pub use inbound::InboundConfig;
pub use session::{AddressRule, BindWhen, OutbindSettings, SessionSettings, TcpSettings, TlsSettings};
pub use versions::VersionRules;

use super::effective::FileSettings;
use super::host::HostConfig;
use super::problem::Problems;
use super::section::Section;
use super::value::{boolean, duration, durations, name, number, share, word};
use smpp_domain::address::{Recipient, Sender};
use smpp_domain::correlation::AggregateRule;
use smpp_domain::encoding::UnencodableRule;
use smpp_domain::ids::OperatorId;
use smpp_domain::policy::failure::FailurePolicy;
use smpp_domain::split::{NationalRule, Splitting};
use smpp_domain::status::StatusClasses;
use smpp_domain::submit::SubmitSettings;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::time::Duration;

mod addresses;
mod alphabets;
mod failures;
mod inbound;
mod keys;
mod national;
mod session;
mod splitting;
mod statuses;
mod submit;
mod tlvs;
mod versions;

use keys::{ON_UNANSWERED, STATE_RULES, dedupe, digest, json_table, plugin_file, unencodable, uuid};

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(86_400);

/// The domain model's schedule, in seconds.
const RECONNECT_DELAYS: [u64; 5] = [5, 10, 20, 40, 60];

/// What becomes of a part that was written and not answered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OnUnanswered {
    /// It is sent again: at least once.
    Resend,
    /// It is reported as UNKNOWN: at most once.
    Report,
}

/// For how long a command that was published twice is recognised.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DedupeWindow {
    /// Within this time.
    For(Duration),
    /// As long as its correlation lives; every command is looked up.
    CorrelationTtl,
}

impl DedupeWindow {
    /// How long ids are remembered outside of the store.
    #[must_use]
    pub fn remembered(self) -> Duration {
        match self {
            Self::For(window) => window,
            Self::CorrelationTtl => Duration::from_secs(600),
        }
    }
}

/// One operator.
#[derive(Clone, PartialEq, Debug)]
pub struct OperatorConfig {
    /// The file that says so.
    pub file: PathBuf,
    /// `operator_id`, required.
    pub operator_id: OperatorId,
    /// `name`, default: the file's name. Labels metrics and logs.
    pub name: String,
    /// `tps_limit`, required: submit_sm in any second.
    pub tps_limit: NonZeroU32,
    /// `tps_fallback_share`, default `tps_limit` divided by the hosts that were last seen: what this host sends a second while
    /// Redis is away.
    pub tps_fallback_share: Option<NonZeroU32>,
    /// `max_message_age`, default 24 h: older commands end as EXPIRED.
    pub max_message_age: Duration,
    /// `correlation_ttl`, default 72 h: how long receipts are waited for.
    pub correlation_ttl: Duration,
    /// `dedupe_window`, default 10 min, or `"correlation_ttl"`.
    pub dedupe_window: DedupeWindow,
    /// `on_unanswered`, default `resend`.
    pub on_unanswered: OnUnanswered,
    /// `on_unencodable`, default `ucs2`.
    pub on_unencodable: UnencodableRule,
    /// `national_tables`, default none, and `national_packed`, default false.
    pub national: NationalRule,
    /// `order_per_number`, default true: the next message to a number waits for the outcome of the one before.
    pub order_per_number: bool,
    /// `unmatched_after`, default 60 s: when a receipt without a message is reported.
    pub unmatched_after: Duration,
    /// How what comes in is read.
    pub inbound: InboundConfig,
    /// `message_state`, default as `submit.receipts_on`: how a message's state follows from its parts'.
    pub message_state: AggregateRule,
    /// `reconnect_delays`, default 5 s, 10 s, 20 s, 40 s, 60 s: before each attempt to bind again; the last one repeats.
    pub reconnect_delays: Vec<Duration>,
    /// `reconnect_jitter`, default 0.0: share of a reconnect delay that is random.
    pub reconnect_jitter: f64,
    /// `stop_retry`, default none: how often a stopped operator is tried with one message.
    pub stop_retry: Option<Duration>,
    /// `[statuses]`: what the operator means by a command_status, where the built-in table is wrong.
    pub statuses: StatusClasses,
    /// `[alphabets]`: tables that the policy may name.
    pub alphabets: Alphabets,
    /// `[source]`: how senders are written.
    pub source: Sender,
    /// `[destination]`: how recipients are written.
    pub destination: Recipient,
    /// `[submit]`: the other fields of submit_sm.
    pub submit: SubmitSettings,
    /// `[splitting]`: what becomes of long texts.
    pub splitting: Splitting,
    /// `[policy]`.
    pub policy: PolicyConfig,
    /// `[[session]]`, at least one.
    pub sessions: Vec<SessionSettings>,
}

/// `[policy]`.
#[derive(Clone, PartialEq, Debug)]
pub struct PolicyConfig {
    /// `plugin`: a file name in `plugins_dir`, resolved; `None` is the built-in behaviour.
    pub plugin: Option<PathBuf>,
    /// `sha256`: the only file that may be activated.
    pub sha256: Option<String>,
    /// `on_failure`, default `host-default` for all.
    pub on_failure: FailurePolicy,
    /// `settings`: any table, handed to the plugin as JSON.
    pub settings: serde_json::Value,
    /// How new versions come into force.
    pub versions: VersionRules,
}

impl OperatorConfig {
    pub(super) fn load(
        path: &Path,
        host: &HostConfig,
        told: &mut Vec<FileSettings>,
        problems: &mut Problems,
    ) -> Option<Self> {
        let contents = std::fs::read_to_string(path)
            .map_err(|error| problems.add(path, "", None, format!("cannot be read: {error}")))
            .ok()?;
        let section = Section::parse(path, &contents, problems)?;
        let seen = section.seen();
        let config = Self::read(section, path, host, problems)?;
        told.push(seen.settings(Some(path), Some(&config.name)));
        Some(config)
    }

    pub(super) fn read(
        mut section: Section<'_>,
        path: &Path,
        host: &HostConfig,
        problems: &mut Problems,
    ) -> Option<Self> {
        let base = path.parent().unwrap_or_else(|| Path::new(""));
        let stem = path
            .file_stem()
            .map(|stem| stem.to_string_lossy().into_owned())
            .unwrap_or_default();
        let limit =
            |value| number(1_u32, 1_000_000)(value).and_then(|n| NonZeroU32::new(n).ok_or_else(String::new));
        let operator_id = section.required("operator_id", uuid, "give the operator's UUID", problems);
        let tps_limit = section.required(
            "tps_limit",
            limit,
            "give the submit_sm a second that the operator allows",
            problems,
        );
        let tps_fallback_share = section.optional("tps_fallback_share", limit, problems);
        let operator_name = section.or("name", stem, name, problems);
        let max_message_age = section.or("max_message_age", DAY, duration(SECOND, 30 * DAY), problems);
        let correlation_ttl = section.or("correlation_ttl", 72 * HOUR, duration(SECOND, 30 * DAY), problems);
        let dedupe_default = DedupeWindow::For(Duration::from_secs(600));
        let dedupe_window = section.or("dedupe_window", dedupe_default, dedupe, problems);
        let on_unanswered = section.or(
            "on_unanswered",
            OnUnanswered::Resend,
            word(ON_UNANSWERED),
            problems,
        );
        let on_unencodable = section.or("on_unencodable", UnencodableRule::Ucs2, unencodable, problems);
        let national = national::read(&mut section, problems);
        let order_per_number = section.or("order_per_number", true, boolean, problems);
        let unmatched_after = section.or(
            "unmatched_after",
            60 * SECOND,
            duration(SECOND, 72 * HOUR),
            problems,
        );
        let inbound = InboundConfig::read(&mut section, problems);
        let message_state = section.optional("message_state", word(STATE_RULES), problems);
        let reconnect_delays = section.or(
            "reconnect_delays",
            RECONNECT_DELAYS.map(Duration::from_secs).to_vec(),
            durations(Duration::from_millis(100), HOUR),
            problems,
        );
        let reconnect_jitter = section.or("reconnect_jitter", 0.0, share, problems);
        let stop_retry = section.optional("stop_retry", duration(SECOND, DAY), problems);
        let statuses = section.table("statuses", problems);
        let statuses = statuses
            .map(|table| statuses::read(table, problems))
            .unwrap_or_default();
        let alphabets = section.table("alphabets", problems);
        let alphabets = alphabets
            .map(|tables| alphabets::read(tables, problems))
            .unwrap_or_default();
        let source = addresses::source(section.table("source", problems), &alphabets, problems);
        let destination = addresses::destination(section.table("destination", problems), problems);
        let submit = submit::read(section.table("submit", problems), problems);
        let message_state = submit::message_state(&section, message_state, submit.receipts.parts, problems);
        let splitting = splitting::read(section.table("splitting", problems), problems);
        let policy = match section.table("policy", problems) {
            Some(policy) => PolicyConfig::read(policy, host, problems),
            None => PolicyConfig::default(),
        };
        let found = section.tables("session", problems);
        if found.is_empty() {
            let message = "is missing: add at least one [[session]] with host, port and system_id";
            section.problem("session", None, message.to_owned(), problems);
        }
        let sessions = session::read_all(found, base, problems);
        section.finish(problems);
        Some(Self {
            file: path.to_owned(),
            operator_id: operator_id?,
            name: operator_name,
            tps_limit: tps_limit?,
            tps_fallback_share,
            max_message_age,
            correlation_ttl,
            dedupe_window,
            on_unanswered,
            on_unencodable,
            national,
            order_per_number,
            unmatched_after,
            inbound,
            message_state,
            reconnect_delays,
            reconnect_jitter,
            stop_retry,
            statuses,
            alphabets,
            source,
            destination,
            submit,
            splitting,
            policy,
            sessions,
        })
    }
}

impl Default for PolicyConfig {
    fn default() -> Self {
        Self {
            plugin: None,
            sha256: None,
            on_failure: FailurePolicy::default(),
            settings: serde_json::json!({}),
            versions: VersionRules::default(),
        }
    }
}

impl PolicyConfig {
    fn read(mut section: Section<'_>, host: &HostConfig, problems: &mut Problems) -> Self {
        let plugin = section
            .optional("plugin", plugin_file, problems)
            .map(|file| host.plugins_dir.join(file));
        let sha256 = section.optional("sha256", digest, problems);
        let on_failure = failures::read(&mut section, problems);
        let settings = section.or("settings", serde_json::json!({}), json_table, problems);
        let versions = versions::read(&mut section, problems);
        section.finish(problems);
        Self {
            plugin,
            sha256,
            on_failure,
            settings,
            versions,
        }
    }
}
