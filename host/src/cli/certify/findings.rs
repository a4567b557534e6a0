//! What the answers have in common, and what to write into the operator's file about it.

mod ids;
mod pace;
mod receipts;
mod refusals;

use super::came::Came;
use serde_json::{Map, Value, json};

/// Everything that came back, for those who look for what it has in common.
pub(super) struct Run<'a> {
    pub(super) came: &'a [Came],
    /// Events of receipts that found no message.
    pub(super) unmatched: &'a [Value],
    /// Events of messages that came from the test number.
    pub(super) from_number: &'a [Value],
    /// It was ended before its time: what did not come may still come.
    pub(super) interrupted: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Level {
    /// To be mended before traffic.
    Problem,
    /// Better known, or better asked.
    Advice,
}

/// One thing that was found.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Finding {
    pub(super) level: Level,
    pub(super) what: String,
    /// Keys of the operator's file that mend it; an empty object where none does.
    pub(super) settings: Value,
    /// What to do besides, or to ask of the operator.
    pub(super) mend: String,
}

impl Finding {
    fn problem(what: String, mend: &str) -> Self {
        Self {
            level: Level::Problem,
            what,
            settings: json!({}),
            mend: mend.to_owned(),
        }
    }

    fn advice(what: String, mend: &str) -> Self {
        Self {
            level: Level::Advice,
            ..Self::problem(what, mend)
        }
    }

    fn with(self, settings: Value) -> Self {
        Self { settings, ..self }
    }
}

impl Run<'_> {
    fn named(&self, name: &str) -> Option<&Came> {
        self.came.iter().find(|came| came.case.name == name)
    }

    fn accepted(&self) -> impl Iterator<Item = &Came> {
        self.came.iter().filter(|came| came.is_accepted())
    }

    /// Messages whose names begin so, and that the operator refused by a status.
    fn refused<'b>(&'b self, beginning: &'b str) -> impl Iterator<Item = &'b Came> {
        let named = self
            .came
            .iter()
            .filter(move |came| came.case.name.starts_with(beginning));
        named.filter(|came| came.refused_by().is_some())
    }

    /// The plugin that decides, if another one than `quirks` does.
    fn other_plugin(&self) -> Option<String> {
        let plugin = self.came.iter().find_map(Came::plugin)?;
        (plugin != "quirks").then_some(plugin)
    }

    /// Settings of the quirks plugin; or what to do where another one decides.
    fn quirks(&self, finding: Finding, settings: Value) -> Finding {
        match self.other_plugin() {
            None => finding.with(json!({ "policy": { "plugin": "quirks", "settings": settings } })),
            Some(plugin) => Finding {
                mend: format!(
                    "{} The plugin {plugin} decides here: `smpp-connector capture` makes fixtures of these calls for it",
                    finding.mend
                ),
                ..finding
            },
        }
    }
}

/// All that was found, problems first.
pub(super) fn of(run: &Run<'_>) -> Vec<Finding> {
    let mut found: Vec<_> = [
        ids::misread(run),
        receipts::none(run),
        receipts::of_one_part(run),
        receipts::as_messages(run),
        receipts::unmatched(run),
        refusals::ucs2(run),
        refusals::payload(run),
        refusals::parts(run),
        refusals::flash(run),
        refusals::validity(run),
        refusals::priority(run),
        refusals::senders(run),
        pace::throttled(run),
        receipts::unknown_words(run),
        receipts::time_zone(run),
    ]
    .into_iter()
    .flatten()
    .collect();
    found.sort_by_key(|finding| finding.level == Level::Advice);
    found
}

/// All settings that were found, as one document of the operator's file.
pub(super) fn settings(findings: &[Finding]) -> Value {
    let mut all = Value::Object(Map::new());
    for finding in findings {
        merge(&mut all, &finding.settings);
    }
    all
}

fn merge(into: &mut Value, other: &Value) {
    match (into, other) {
        (Value::Object(into), Value::Object(other)) => {
            for (key, value) in other {
                merge(into.entry(key.clone()).or_insert(Value::Null), value);
            }
        }
        (into, other) => *into = other.clone(),
    }
}

#[cfg(test)]
mod tests;
