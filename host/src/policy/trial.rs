//! A version of a policy that is asked beside of all traffic: with instances, counters and breakers of its own.

use super::admit;
use super::fixtures::{self, Case};
use super::host::PolicyHost;
use super::plugin::Plugin;
use super::registry::OperatorPolicy;
use crate::ports::{PluginLine, PluginOrderError, PolicyTrials, PreviewVersion, TrialPolicy, WhichVersion};
use serde_json::Value;
use smpp_domain::ids::OperatorId;
use smpp_domain::policy::question::Question;
use std::sync::Arc;

impl TrialPolicy for Plugin {
    fn logged(&self) -> Vec<PluginLine> {
        self.tenant.heard()
    }

    fn memory_bytes(&self) -> usize {
        self.memory()
    }
}

impl PolicyTrials for PolicyHost {
    fn trial(
        &self,
        operator: OperatorId,
        version: &PreviewVersion,
    ) -> Result<Box<dyn TrialPolicy>, PluginOrderError> {
        let operator = self
            .shared
            .operator(operator)
            .ok_or(PluginOrderError::Unknown(operator))?;
        let Some(plugin) = find(&operator, &version.which)? else {
            return match version.settings {
                None => Ok(super::registry::unasked()),
                Some(_) => Err(PluginOrderError::NothingToDo(
                    "the built-in behaviour has no settings: leave them out, or name a version of a plugin"
                        .to_owned(),
                )),
            };
        };
        let trial = plugin.beside(version.settings.as_ref().map(Value::to_string));
        // One instance is made now, so that the first call does not pay for it. A version that does not start says so when it is asked.
        let slot = match version.settings {
            Some(_) => Some(admit::started(&trial, &operator.name).map_err(PluginOrderError::Refused)?),
            None => trial.new_slot().ok(),
        };
        if let Some(slot) = slot {
            trial.park(slot);
        }
        Ok(Box::new(trial))
    }

    fn fixture(&self, fixture: &Value) -> Result<(Question, Option<Value>), Vec<String>> {
        // A call needs no name to be asked.
        let mut named = fixture.clone();
        if let Some(object) = named.as_object_mut() {
            object.entry("name").or_insert_with(|| "preview".into());
        }
        let read = fixtures::read_value("fixture", &named).map_err(|problems| {
            let told = problems.0.iter().map(ToString::to_string);
            told.collect::<Vec<_>>()
        })?;
        match read.case {
            Case::Call { question, .. } => Ok((*question, read.settings)),
            Case::SameKey(_) => Err(vec![
                "fixture/same-key: is no single call: give one form as {\"hook\": \"message-ids\", \"input\": {\"raw\", \"origin\"}}"
                    .to_owned(),
            ]),
        }
    }
}

/// The plugin of a version; `None` is the built-in behaviour.
fn find(operator: &OperatorPolicy, which: &WhichVersion) -> Result<Option<Arc<Plugin>>, PluginOrderError> {
    let name = &operator.name;
    let nothing = |words: String| Err(PluginOrderError::NothingToDo(words));
    match which {
        WhichVersion::BuiltIn => Ok(None),
        WhichVersion::Active => match operator.running() {
            None if operator.file().is_some() => {
                let last = operator.standing().last.clone();
                let why = last.and_then(|finding| finding.reason).unwrap_or_default();
                nothing(format!(
                    "{name} waits for a usable plugin: {why}; ask for built-in"
                ))
            }
            running => Ok(running),
        },
        WhichVersion::Candidate => {
            let standing = operator.standing();
            match &standing.candidate {
                Some(candidate) => Ok(Some(Arc::clone(&candidate.version.plugin))),
                None => nothing(format!("{name} has no candidate: deploy one first")),
            }
        }
        WhichVersion::Named(wanted) => {
            let at_hand = operator.at_hand();
            let found = at_hand.iter().find(|plugin| is_called(plugin, wanted));
            if let Some(plugin) = found {
                return Ok(Some(Arc::clone(plugin)));
            }
            let known: Vec<_> = at_hand.iter().map(|plugin| called(plugin)).collect();
            nothing(format!(
                "{name} has no version {wanted:?} at hand: active, candidate, built-in, or one of {known:?}"
            ))
        }
    }
}

fn is_called(plugin: &Plugin, wanted: &str) -> bool {
    let identity = &plugin.identity;
    identity.version == wanted
        || (wanted.len() >= 6 && (identity.sha256.starts_with(wanted) || plugin.key.starts_with(wanted)))
}

/// For people: `hexdec 1.0.0 4f3a91c2`.
fn called(plugin: &Plugin) -> String {
    let identity = &plugin.identity;
    let short = identity.sha256.get(..8).unwrap_or_default();
    format!("{} {} {short}", identity.plugin, identity.version)
}
