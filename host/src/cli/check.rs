//! `smpp-connector check`: the very code that the start runs, without starting.

use super::{CommandResult, Failure, block_on, counted};
use crate::app::{self, Reach};
use crate::config::{Config, OperatorConfig};
use crate::errors;
use crate::policy;
use serde_json::{Value, json};
use std::path::Path;

#[derive(clap::Args, Debug)]
pub(super) struct Check {
    /// Also try whether every server and every SMSC can be reached
    #[arg(long)]
    connect: bool,
    /// Also bind to this operator, as its file says, and unbind: --connect with it. A second bind may disturb a gateway that
    /// runs with this account
    #[arg(long, value_name = "OPERATOR")]
    bind: Vec<String>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

impl Check {
    pub(super) fn run(&self, config: Option<&Path>) -> CommandResult {
        let (config, problems) = Config::read(config);
        let mut problems: Vec<_> = problems.iter().map(ToString::to_string).collect();
        let readable = config.as_ref().map_or(&[][..], |config| &config.operators);
        let (operators, refused) = check_plugins(readable);
        problems.extend(refused);
        let remarks: Vec<_> = readable.iter().flat_map(remarks).collect();
        let unknown = self
            .bind
            .iter()
            .filter(|name| !readable.iter().any(|operator| is_called(operator, name)));
        problems.extend(
            unknown.map(|name| {
                format!("--bind {name}: no operator's file that can be read has this name or id")
            }),
        );
        let reached = match config.filter(|_| self.connect || !self.bind.is_empty()) {
            Some(config) => self.reach(&config)?,
            None => Vec::new(),
        };
        let unreachable = reached.iter().any(|reach| reach.told.is_err());
        if self.json {
            let ok = problems.is_empty() && !unreachable;
            let connections: Vec<_> = reached.iter().map(as_json).collect();
            println!(
                "{}",
                json!({
                    "ok": ok,
                    "problems": problems,
                    "remarks": remarks,
                    "operators": operators,
                    "connections": connections,
                })
            );
        } else {
            for remark in &remarks {
                eprintln!("remark: {remark}");
            }
            tell(&operators, &problems);
            tell_reached(&reached);
        }
        match (problems.is_empty(), unreachable) {
            (false, _) => Err(Failure::Told(78)),
            (true, true) => Err(Failure::Told(69)),
            (true, false) => Ok(()),
        }
    }

    fn reach(&self, config: &Config) -> Result<Vec<Reach>, Failure> {
        let binds = |operator: &OperatorConfig| self.bind.iter().any(|name| is_called(operator, name));
        block_on(async { Ok(app::reach(config, binds).await) })
    }
}

/// By its name or its id.
fn is_called(operator: &OperatorConfig, name: &str) -> bool {
    operator.name == name || operator.operator_id.to_string() == name
}

/// What works, and yet deserves a look.
fn remarks(operator: &OperatorConfig) -> Vec<String> {
    let sessions = operator.sessions.iter().zip(1..);
    let told = sessions.flat_map(|(session, number)| session.remarks(number));
    told.map(|remark| format!("{}: {remark}", operator.file.display()))
        .collect()
}

fn as_json(reach: &Reach) -> Value {
    let (ok, told) = match &reach.told {
        Ok(told) => (true, told),
        Err(told) => (false, told),
    };
    json!({ "what": reach.what, "ok": ok, "told": told })
}

fn tell_reached(reached: &[Reach]) {
    for reach in reached {
        match &reach.told {
            Ok(told) => println!("{}: {told}", reach.what),
            Err(told) => eprintln!("error: {}: {told}", reach.what),
        }
    }
    let away = reached.iter().filter(|reach| reach.told.is_err()).count();
    if away > 0 {
        eprintln!("{away} of {} cannot be used", reached.len());
    } else if !reached.is_empty() {
        println!("everything can be reached");
    }
}

fn check_plugins(operators: &[OperatorConfig]) -> (Vec<Value>, Vec<String>) {
    let (mut told, mut problems) = (Vec::new(), Vec::new());
    for operator in operators {
        let Some(file) = &operator.policy.plugin else {
            told.push(json!({ "operator": operator.name, "plugin": null }));
            continue;
        };
        match policy::check(file, &operator.policy.settings) {
            Ok(report) => {
                if let Some(pin) = operator
                    .policy
                    .sha256
                    .as_ref()
                    .filter(|pin| **pin != report.sha256)
                {
                    problems.push(format!(
                        "{}: policy.sha256 = {pin}: {} has {}",
                        operator.file.display(),
                        file.display(),
                        report.sha256
                    ));
                }
                told.push(json!({
                    "operator": operator.name,
                    "plugin": report.name,
                    "version": report.version,
                    "sha256": report.sha256,
                    "hooks": report.hooks,
                }));
            }
            Err(error) => {
                let error = errors::chain(&error);
                problems.push(format!(
                    "{}: policy.plugin: {}: {error}",
                    operator.file.display(),
                    file.display()
                ));
            }
        }
    }
    (told, problems)
}

fn tell(operators: &[Value], problems: &[String]) {
    for problem in problems {
        eprintln!("error: {problem}");
    }
    if !problems.is_empty() {
        eprintln!("{} to mend", counted(problems.len(), "problem"));
        return;
    }
    for operator in operators {
        let name = operator["operator"].as_str().unwrap_or_default();
        match operator["plugin"].as_str() {
            None => println!("{name}: built-in policy"),
            Some(plugin) => {
                let version = operator["version"].as_str().unwrap_or_default();
                let hooks: Vec<_> = operator["hooks"]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .filter_map(Value::as_str)
                    .collect();
                println!("{name}: {plugin} {version} ({})", hooks.join(", "));
            }
        }
    }
    println!("{}, nothing to mend", counted(operators.len(), "operator"));
}
