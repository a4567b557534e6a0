//! `operators/*.toml`: one file an operator.

pub use alphabets::Alphabets;
pub use inbound::InboundConfig;

use super::host::HostConfig;
use super::problem::Problems;
use super::secret::Secret;
use super::section::Section;
use super::value::{boolean, duration, durations, name, number, share, word};
use smpp_domain::correlation::AggregateRule;
use smpp_domain::encoding::UnencodableRule;
use smpp_domain::ids::OperatorId;
use smpp_domain::pdu::BindMode;
use smpp_domain::policy::OnFailure;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::time::Duration;

mod alphabets;
mod inbound;
mod keys;

use keys::{
    BIND_MODES, ON_FAILURE, ON_UNANSWERED, STATE_RULES, auto_or_number, dedupe, digest, host_name,
    json_table, octets, plugin_file, unencodable, uuid,
};

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
    /// `unmatched_after`, default 60 s: when a receipt without a message is reported.
    pub unmatched_after: Duration,
    /// How what comes in is read.
    pub inbound: InboundConfig,
    /// `message_state`, default `all`: how a message's state follows from its parts'.
    pub message_state: AggregateRule,
    /// `reconnect_delays`, default 5 s, 10 s, 20 s, 40 s, 60 s: before each attempt to bind again; the last one repeats.
    pub reconnect_delays: Vec<Duration>,
    /// `reconnect_jitter`, default 0.0: share of a reconnect delay that is random.
    pub reconnect_jitter: f64,
    /// `[alphabets]`: tables that the policy may name.
    pub alphabets: Alphabets,
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
    /// `on_failure`, default `host-default`.
    pub on_failure: OnFailure,
    /// `settings`: any table, handed to the plugin as JSON.
    pub settings: serde_json::Value,
}

/// One `[[session]]`.
#[derive(Clone, PartialEq, Debug)]
pub struct SessionSettings {
    /// `host`, required: name or address of the SMSC.
    pub host: String,
    /// `port`, required.
    pub port: u16,
    /// `system_id`, required.
    pub system_id: String,
    /// `password`, default empty.
    pub password: Secret,
    /// `system_type`, default empty.
    pub system_type: String,
    /// `bind_mode`, default `TRANSCEIVER`.
    pub bind_mode: BindMode,
    /// `is_primary`, default true. A backup carries traffic only while no primary is bound.
    pub is_primary: bool,
    /// `binds`, default 1: connections that are made with these settings.
    pub binds: u16,
    /// `window`, default 10: unanswered submit_sm on one bind.
    pub window: u16,
    /// `enquire_link`, default 30 s of silence.
    pub enquire_link: Duration,
    /// `enquire_link_timeout`, default 10 s: an unanswered enquire_link ends the link.
    pub enquire_link_timeout: Duration,
    /// `connect_timeout`, default 10 s for TCP and the bind together.
    pub connect_timeout: Duration,
    /// `response_timeout`, default 60 s: then a submit_sm counts as unanswered.
    pub response_timeout: Duration,
    /// `failback_hold`, default 10 s: how long a returning primary proves itself.
    pub failback_hold: Duration,
    /// `source_address`.
    pub source_address: AddressRule,
    /// `destination_address`.
    pub destination_address: AddressRule,
}

/// TON and NPI of an address; `None` is `"auto"`: derived from what the address looks like.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct AddressRule {
    /// `ton`.
    pub ton: Option<u8>,
    /// `npi`.
    pub npi: Option<u8>,
}

impl OperatorConfig {
    pub(super) fn load(path: &Path, host: &HostConfig, problems: &mut Problems) -> Option<Self> {
        let contents = std::fs::read_to_string(path)
            .map_err(|error| problems.add(path, "", None, format!("cannot be read: {error}")))
            .ok()?;
        let section = Section::parse(path, &contents, problems)?;
        Self::read(section, path, host, problems)
    }

    fn read(
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
        let unmatched_after = section.or(
            "unmatched_after",
            60 * SECOND,
            duration(SECOND, 72 * HOUR),
            problems,
        );
        let inbound = InboundConfig::read(&mut section, problems);
        let message_state = section.or(
            "message_state",
            AggregateRule::AllDelivered,
            word(STATE_RULES),
            problems,
        );
        let reconnect_delays = section.or(
            "reconnect_delays",
            RECONNECT_DELAYS.map(Duration::from_secs).to_vec(),
            durations(Duration::from_millis(100), HOUR),
            problems,
        );
        let reconnect_jitter = section.or("reconnect_jitter", 0.0, share, problems);
        let alphabets = section.table("alphabets", problems);
        let alphabets = alphabets
            .map(|tables| alphabets::read(tables, problems))
            .unwrap_or_default();
        let policy = match section.table("policy", problems) {
            Some(policy) => PolicyConfig::read(policy, host, problems),
            None => PolicyConfig::default(),
        };
        let found = section.tables("session", problems);
        if found.is_empty() {
            let message = "is missing: add at least one [[session]] with host, port and system_id";
            section.problem("session", None, message.to_owned(), problems);
        }
        let sessions = found
            .into_iter()
            .filter_map(|s| SessionSettings::read(s, base, problems))
            .collect();
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
            unmatched_after,
            inbound,
            message_state,
            reconnect_delays,
            reconnect_jitter,
            alphabets,
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
            on_failure: OnFailure::HostDefault,
            settings: serde_json::json!({}),
        }
    }
}

impl PolicyConfig {
    fn read(mut section: Section<'_>, host: &HostConfig, problems: &mut Problems) -> Self {
        let plugin = section
            .optional("plugin", plugin_file, problems)
            .map(|file| host.plugins_dir.join(file));
        let sha256 = section.optional("sha256", digest, problems);
        let on_failure = section.or("on_failure", OnFailure::HostDefault, word(ON_FAILURE), problems);
        let settings = section.or("settings", serde_json::json!({}), json_table, problems);
        section.finish(problems);
        Self {
            plugin,
            sha256,
            on_failure,
            settings,
        }
    }
}

impl SessionSettings {
    fn read(mut section: Section<'_>, base: &Path, problems: &mut Problems) -> Option<Self> {
        let host = section.required("host", host_name, "give the SMSC's name or address", problems);
        let port = section.required("port", number(1_u16, u16::MAX), "2775 is usual", problems);
        let system_id = section.required(
            "system_id",
            octets(15),
            "give the user name that the operator assigned",
            problems,
        );
        let password = section.secret("password", |value| Secret::read(value, base), problems);
        if section.or("tls", false, boolean, problems) {
            let message = "TLS is not available in this version: use false, or a TLS tunnel on this machine";
            section.problem("tls", Some("true".to_owned()), message.to_owned(), problems);
        }
        let settings = Self {
            host: host.clone().unwrap_or_default(),
            port: port.unwrap_or_default(),
            system_id: system_id.clone().unwrap_or_default(),
            password: password.unwrap_or_else(|| Secret::new("")),
            system_type: section.or("system_type", String::new(), octets(12), problems),
            bind_mode: section.or("bind_mode", BindMode::Transceiver, word(BIND_MODES), problems),
            is_primary: section.or("is_primary", true, boolean, problems),
            binds: section.or("binds", 1, number(1, 64), problems),
            window: section.or("window", 10, number(1, 10_000), problems),
            enquire_link: section.or("enquire_link", 30 * SECOND, duration(SECOND, HOUR), problems),
            enquire_link_timeout: section.or(
                "enquire_link_timeout",
                10 * SECOND,
                duration(Duration::from_millis(100), HOUR),
                problems,
            ),
            connect_timeout: section.or(
                "connect_timeout",
                10 * SECOND,
                duration(Duration::from_millis(100), HOUR),
                problems,
            ),
            response_timeout: section.or(
                "response_timeout",
                60 * SECOND,
                duration(Duration::from_millis(100), HOUR),
                problems,
            ),
            failback_hold: section.or(
                "failback_hold",
                10 * SECOND,
                duration(Duration::ZERO, HOUR),
                problems,
            ),
            source_address: AddressRule::read("source_address", &mut section, problems),
            destination_address: AddressRule::read("destination_address", &mut section, problems),
        };
        section.finish(problems);
        host.and(port).and(system_id).map(|_| settings)
    }
}

impl AddressRule {
    fn read(key: &'static str, parent: &mut Section<'_>, problems: &mut Problems) -> Self {
        let Some(mut section) = parent.table(key, problems) else {
            return Self::default();
        };
        let rule = Self {
            ton: section.or("ton", None, auto_or_number, problems),
            npi: section.or("npi", None, auto_or_number, problems),
        };
        section.finish(problems);
        rule
    }
}
