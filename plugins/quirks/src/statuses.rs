//! What an answer to a submit_sm means at this operator.

use crate::check::{Findings, join};
use crate::shape::{Case, Field, Key, Shape, field, quoted, statuses};
use crate::value::{entries, millis, text, whole, word};
use serde_json::Value;
use smpp_plugin_sdk::submit_result::{Answer, Rejection, Response, Retry, Throttle};

/// additional_status_info_text.
const STATUS_TEXT: u16 = 0x001D;

const REASON: Shape = Shape::Text(1, 200);
const CLASS: Field = field(
    "class",
    &Shape::Word(&[
        "accepted",
        "retry",
        "retry-once",
        "throttle",
        "reject",
        "stop-operator",
    ]),
    "What it means for the message and for the operator.",
)
.required();
const CASES: &[Case] = &[
    Case {
        words: &["accepted", "retry-once"],
        fields: &[],
    },
    Case {
        words: &["retry"],
        fields: &[
            field(
                "after",
                &Shape::Duration(3_600_000),
                "Until the next try. Default: the gateway's backoff.",
            ),
            field(
                "max",
                &Shape::Whole(1, 1_000),
                "Tries in all. Default: the gateway's number.",
            ),
        ],
    },
    Case {
        words: &["throttle"],
        fields: &[
            field(
                "pause",
                &Shape::Duration(300_000),
                "Of the operator. Default: as the gateway thinks best.",
            ),
            field(
                "max_rate",
                &Shape::Whole(1, 4_294_967_295),
                "submit_sm a second at most, for an hour. Default: as the gateway thinks best.",
            ),
        ],
    },
    Case {
        words: &["reject"],
        fields: &[
            field(
                "code",
                &Shape::Slug(40),
                "Short stable word for events and metrics. Default \"operator-status\".",
            ),
            field("reason", &REASON, "For people."),
        ],
    },
    Case {
        words: &["stop-operator"],
        fields: &[field("reason", &REASON, "For people.")],
    },
];
const ENTRY: Shape = Shape::Either(&[
    Shape::Word(&[
        "accepted",
        "retry",
        "retry-once",
        "throttle",
        "reject",
        "stop-operator",
    ]),
    Shape::Cases(CLASS, CASES),
]);
pub(crate) const SHAPE: Shape = Shape::Map(Key::Status, &ENTRY);
pub(crate) const NO_ID: Shape = Shape::Word(&["accepted", "retry", "retry-once", "reject"]);

/// The operator's statuses.
#[derive(Default)]
pub(crate) struct Statuses {
    /// The narrowest range first.
    classes: Vec<Class>,
    /// The same for generic_nack.
    nacks: Vec<Class>,
    no_message_id: Option<Class>,
}

struct Class {
    from: u32,
    to: u32,
    does: Does,
}

enum Does {
    Accept,
    Retry {
        after_ms: Option<u32>,
        max: Option<u32>,
    },
    Throttle {
        pause_ms: Option<u32>,
        max_rate: Option<u32>,
    },
    Reject {
        code: String,
        reason: Option<String>,
    },
    Stop {
        reason: Option<String>,
    },
}

impl Statuses {
    /// `None` where the settings say nothing of statuses.
    pub(crate) fn read(settings: &Value) -> Option<Self> {
        let list = |key| {
            let classes = entries(settings, key).filter_map(|(key, value)| {
                let (from, to) = statuses(key)?;
                Some(Class {
                    from,
                    to,
                    does: Does::read(value)?,
                })
            });
            let mut classes: Vec<_> = classes.collect();
            classes.sort_by_key(|class| class.to.saturating_sub(class.from));
            classes
        };
        let no_message_id = settings.get("no_message_id").and_then(Does::read);
        let read = Self {
            classes: list("statuses"),
            nacks: list("nacks"),
            no_message_id: no_message_id.map(|does| Class { from: 0, to: 0, does }),
        };
        let empty = read.classes.is_empty() && read.nacks.is_empty() && read.no_message_id.is_none();
        (!empty).then_some(read)
    }

    pub(crate) fn classify(&self, response: &Response) -> Answer {
        let listed = |classes: &'_ [Class]| {
            classes
                .iter()
                .position(|class| (class.from..=class.to).contains(&response.status))
        };
        let class = match self.no_message_id.as_ref() {
            Some(class)
                if response.status == 0 && response.message_id.trim_matches(['\0', ' ']).is_empty() =>
            {
                Some(class)
            }
            _ if response.is_nack => listed(&self.nacks)
                .and_then(|at| self.nacks.get(at))
                .or_else(|| listed(&self.classes).and_then(|at| self.classes.get(at))),
            _ => listed(&self.classes).and_then(|at| self.classes.get(at)),
        };
        class.map_or(Answer::HostDefault, |class| class.does.answer(response))
    }
}

impl Does {
    fn read(value: &Value) -> Option<Self> {
        Some(match value.as_str().or_else(|| word(value, "class"))? {
            "accepted" => Self::Accept,
            "retry" => Self::Retry {
                after_ms: millis(value, "after"),
                max: whole(value, "max"),
            },
            "retry-once" => Self::Retry {
                after_ms: None,
                max: Some(2),
            },
            "throttle" => Self::Throttle {
                pause_ms: millis(value, "pause"),
                max_rate: whole(value, "max_rate"),
            },
            "reject" => Self::Reject {
                code: text(value, "code").unwrap_or_else(|| "operator-status".to_owned()),
                reason: text(value, "reason"),
            },
            "stop-operator" => Self::Stop {
                reason: text(value, "reason"),
            },
            _ => return None,
        })
    }

    fn answer(&self, response: &Response) -> Answer {
        match self {
            // Whatever the number: who sends a generic_nack has not taken the message.
            Self::Accept if response.is_nack => Answer::HostDefault,
            Self::Accept => Answer::Accepted,
            Self::Retry { after_ms, max } => Answer::Retry(Retry {
                after_ms: *after_ms,
                max_attempts: *max,
            }),
            Self::Throttle { pause_ms, max_rate } => Answer::Throttle(Throttle {
                pause_ms: *pause_ms,
                max_rate: *max_rate,
            }),
            Self::Reject { code, reason } => Answer::Reject(Rejection {
                code: code.clone(),
                reason: in_words(reason.as_deref(), response),
            }),
            Self::Stop { reason } => Answer::StopOperator(in_words(reason.as_deref(), response)),
        }
    }
}

/// The reason, and what the operator says beside its status.
fn in_words(reason: Option<&str>, response: &Response) -> String {
    let reason = match reason {
        Some(reason) => reason.to_owned(),
        None if response.status == 0 => "accepted without a message id".to_owned(),
        None => format!("the operator answered 0x{:08X}", response.status),
    };
    let theirs = response.tlvs.iter().find(|tlv| tlv.tag == STATUS_TEXT);
    let theirs = theirs.map(|tlv| {
        String::from_utf8_lossy(&tlv.value)
            .trim_end_matches('\0')
            .to_owned()
    });
    match theirs {
        Some(theirs) if !theirs.is_empty() => format!("{reason} ({theirs})"),
        Some(_) | None => reason,
    }
}

/// What the shapes cannot say: two keys for one status, and ranges that run backwards.
pub(crate) fn check(settings: &Value, findings: &mut Findings) {
    for list in ["statuses", "nacks"] {
        let mut known: Vec<(&str, (u32, u32))> = Vec::new();
        for (key, _) in entries(settings, list) {
            let path = join(&format!("/{list}"), key);
            let Some(range) = statuses(key) else { continue };
            if range.0 > range.1 {
                findings.report(&path, "runs backwards; write the lower status first");
            }
            if let Some((other, _)) = known.iter().find(|(_, known)| *known == range) {
                findings.report(&path, format!("is the same as {}; keep one", quoted(&[other])));
            }
            known.push((key, range));
        }
    }
}
