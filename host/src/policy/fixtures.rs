//! Fixtures: hook calls with the answers that they must have.
//!
//! A fixture is a JSON file in the `fixtures/` folder of a plugin. `plugin build` packs them into the component, and from
//! then on no version that fails one of them becomes active.

mod contract;
mod folder;
mod nearest;
mod read;
mod run;
mod section;
mod shape;
mod text;

pub use folder::{FOLDER, Read, files_of, pack_folder, read_folder};
pub use read::{Problem, Problems, read_text, read_value};
pub use run::{Call, Failure, Runner, compare};
pub use section::{FixturesError, MOST_FIXTURES, SECTION, pack, packed};
pub use text::written;

use serde_json::{Map, Value, json};
use smpp_domain::policy::question::{Answer, Question};
use smpp_domain::policy::{FaultCause, Hook, IdOrigin};

/// One recorded or written call, and what must come of it.
#[derive(Clone, PartialEq, Debug)]
pub struct Fixture {
    /// Tells it from the plugin's others.
    pub name: String,
    /// For people: where it comes from, and why it matters.
    pub note: Option<String>,
    /// The plugin's settings during the call; `None` is those that the plugin has anyway.
    pub settings: Option<Value>,
    /// What `call-context.operator` says.
    pub operator: Option<String>,
    /// What `call-context.now-ms` says.
    pub now_ms: Option<u64>,
    /// The call.
    pub case: Case,
}

/// What a fixture demands.
#[derive(Clone, PartialEq, Debug)]
pub enum Case {
    /// One call has this answer.
    Call {
        /// What is asked.
        question: Box<Question>,
        /// `None` in one that was begun and not finished.
        expect: Option<Expect>,
    },
    /// All these forms of an operator's id have one key: the law of `message-ids`.
    SameKey(Vec<(String, IdOrigin)>),
}

/// What a call must come to.
#[derive(Clone, PartialEq, Debug)]
pub enum Expect {
    /// This answer, as the fixture has it.
    Answer(Value),
    /// A fault of this class, whatever its text.
    Fault(FaultCause),
}

impl Fixture {
    /// The hook that it asks.
    #[must_use]
    pub fn hook(&self) -> Hook {
        match &self.case {
            Case::Call { question, .. } => question.hook(),
            Case::SameKey(_) => Hook::MessageIds,
        }
    }

    /// A fixture of a call with the answer that it had.
    #[must_use]
    pub fn of(name: String, question: Question, expect: Expect) -> Self {
        Self {
            name,
            note: None,
            settings: None,
            operator: None,
            now_ms: None,
            case: Case::Call {
                question: Box::new(question),
                expect: Some(expect),
            },
        }
    }

    /// As in its file; [`written`] makes a text of it.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let mut fixture = Map::new();
        let mut put = |key: &str, value: Option<Value>| {
            if let Some(value) = value {
                fixture.insert(key.to_owned(), value);
            }
        };
        put("name", Some(json!(self.name)));
        put("note", self.note.as_ref().map(|note| json!(note)));
        put("hook", Some(json!(self.hook())));
        put("settings", self.settings.clone());
        put("operator", self.operator.as_ref().map(|operator| json!(operator)));
        put("now-ms", self.now_ms.map(|now| json!(now)));
        match &self.case {
            Case::Call { question, expect } => {
                // A question writes its hook beside its input.
                let asked = serde_json::to_value(question).unwrap_or_default();
                put("input", asked.get("input").cloned());
                put("expect", expect.as_ref().map(Expect::to_json));
            }
            Case::SameKey(forms) => {
                let forms = forms
                    .iter()
                    .map(|(raw, origin)| json!({ "raw": raw, "origin": origin }));
                put("same-key", Some(forms.collect()));
            }
        }
        Value::Object(fixture)
    }
}

impl Expect {
    /// This very answer.
    #[must_use]
    pub fn answer(answer: &Answer) -> Self {
        Self::Answer(serde_json::to_value(answer).unwrap_or_default())
    }

    /// As in a file.
    #[must_use]
    pub fn to_json(&self) -> Value {
        match self {
            Self::Answer(answer) => answer.clone(),
            Self::Fault(cause) => json!({ "fault": cause.fixture_name() }),
        }
    }
}

#[cfg(test)]
mod tests;
