//! `smpp-connector plugin status`.

use super::CommandResult;
use crate::cli::client::{Where, encoded};
use crate::cli::view::{digest, grouped, has, list, number, table, text, version};
use serde_json::Value;
use std::path::Path;

pub(super) const EXAMPLES: &str = "Examples:
  smpp-connector plugin status
  smpp-connector plugin status acme";

#[derive(clap::Args, Debug)]
pub(in super::super) struct Status {
    /// An operator's name or id, for all that is known of its plugin
    name: Option<String>,
    /// Print JSON, as the API gives it
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    at: Where,
}

impl Status {
    pub(super) fn run(&self, config: Option<&Path>) -> CommandResult {
        let gateway = self.at.gateway(config);
        let path = match &self.name {
            Some(name) => format!("plugins/{}", encoded(name)),
            None => "plugins".to_owned(),
        };
        let told = gateway.get(&path)?;
        if self.json {
            println!("{told}");
        } else if self.name.is_some() {
            print!("{}", details(&told));
        } else {
            print!("{}", overview(list(&told, "/plugins")));
        }
        Ok(())
    }
}

/// Every operator in a line, with its hooks below.
fn overview(policies: &[Value]) -> String {
    let head = ["OPERATOR", "ACTIVE", "ON DISK", "STAGE", "VERDICT", "CANDIDATE"];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    rows.extend(policies.iter().map(|policy| {
        vec![
            text(policy, "/operator"),
            version(policy, "/active"),
            digest(policy, "/fileSha256"),
            text(policy, "/stage"),
            text(policy, "/verdict"),
            if has(policy, "/candidate") {
                format!(
                    "{}, {}",
                    version(policy, "/candidate"),
                    text(policy, "/candidate/stage")
                )
            } else {
                "-".to_owned()
            },
        ]
    }));
    let mut shown = table(&rows);
    if policies.is_empty() {
        shown.push_str("no operator is loaded\n");
    }
    for policy in policies {
        if has(policy, "/reason") {
            let reason = text(policy, "/reason");
            shown.push_str(&format!("{}: {reason}\n", text(policy, "/operator")));
        }
    }
    let hooks: Vec<_> = policies
        .iter()
        .flat_map(|policy| hook_rows(policy).map(move |row| [vec![text(policy, "/operator")], row].concat()))
        .collect();
    if !hooks.is_empty() {
        let head = [vec!["OPERATOR".to_owned()], hook_head()].concat();
        shown.push('\n');
        shown.push_str(&table(&[vec![head], hooks].concat()));
    }
    shown
}

fn hook_head() -> Vec<String> {
    let head = [
        "HOOK",
        "CALLS",
        "ABSTAINED",
        "FAULTS",
        "P50 US",
        "P99 US",
        "MAX US",
        "BREAKER",
    ];
    head.map(str::to_owned).to_vec()
}

fn hook_rows(policy: &Value) -> impl Iterator<Item = Vec<String>> {
    list(policy, "/hooks").iter().map(|hook| {
        let faults = hook.get("faults").and_then(Value::as_object);
        let faults: u64 = faults
            .into_iter()
            .flatten()
            .filter_map(|(_, count)| count.as_u64())
            .sum();
        let counts = ["/calls", "/hostDefault"].map(|pointer| grouped(number(hook, pointer)));
        let times = ["/p50Us", "/p99Us", "/maxUs"].map(|pointer| grouped(number(hook, pointer)));
        let open = hook.get("breakerOpen").and_then(Value::as_bool) == Some(true);
        let mut row = vec![text(hook, "/hook")];
        row.extend(counts);
        row.push(grouped(faults));
        row.extend(times);
        row.push(if open { "open" } else { "-" }.to_owned());
        row
    })
}

/// All that is known of one.
fn details(policy: &Value) -> String {
    let mut lines = vec![format!(
        "{} ({})",
        text(policy, "/operator"),
        text(policy, "/operatorId")
    )];
    lines.push(format!(
        "  file       {}, {}",
        text(policy, "/file"),
        digest(policy, "/fileSha256")
    ));
    lines.push(format!(
        "  last step  {}, {}",
        text(policy, "/stage"),
        text(policy, "/verdict")
    ));
    if has(policy, "/reason") {
        lines.push(format!("  reason     {}", text(policy, "/reason")));
    }
    lines.push(format!("  active     {}", version(policy, "/active")));
    if has(policy, "/active") {
        lines.push(format!(
            "             since {}, SDK {}, contract {}",
            text(policy, "/active/since"),
            text(policy, "/active/sdk"),
            text(policy, "/active/contract")
        ));
        lines.push(format!("             sha256 {}", text(policy, "/active/sha256")));
        lines.push(format!(
            "             settings {}",
            text(policy, "/active/settings")
        ));
    }
    for previous in list(policy, "/previous") {
        lines.push(format!(
            "  previous   {}, since {}",
            version(previous, ""),
            text(previous, "/since")
        ));
    }
    if has(policy, "/candidate") {
        lines.push(format!(
            "  candidate  {}, {}",
            version(policy, "/candidate"),
            super::shadow::standing(policy)
        ));
    }
    let mut shown = lines.join("\n");
    shown.push('\n');
    let hooks: Vec<_> = hook_rows(policy).collect();
    if !hooks.is_empty() {
        shown.push('\n');
        shown.push_str(&table(&[vec![hook_head()], hooks].concat()));
    }
    let counters = policy.get("counters").and_then(Value::as_object);
    let counters: Vec<_> = counters
        .into_iter()
        .flatten()
        .map(|(name, count)| format!("{name} {count}"))
        .collect();
    if !counters.is_empty() {
        shown.push_str(&format!("\ncounters: {}\n", counters.join(", ")));
    }
    let faults = list(policy, "/lastFaults");
    if !faults.is_empty() {
        shown.push_str("\nlast faults:\n");
    }
    for fault in faults {
        shown.push_str(&format!(
            "  {} {} {}: {}\n",
            text(fault, "/at"),
            text(fault, "/hook"),
            text(fault, "/cause"),
            text(fault, "/text")
        ));
    }
    shown.push_str(&super::shadow::differences(policy));
    shown
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn policy() -> Value {
        let version = |sha: &str| {
            json!({ "plugin": "acme", "version": "1.2.0", "sha256": sha.repeat(16), "sdk": "1.0.0",
                "contract": "1.0.0", "settings": { "base": "hex" }, "since": "2026-11-26T02:41:00Z" })
        };
        json!({
            "operator": "acme", "operatorId": "6f1c", "file": "plugins/acme.wasm", "fileSha256": "ffff".repeat(16),
            "stage": "fixtures", "verdict": "refused", "reason": "a fixture fails",
            "active": version("abcd"), "previous": [version("0123")], "candidate": null,
            "hooks": [{ "hook": "message-ids", "calls": 1204, "hostDefault": 3, "faults": { "trap": 1, "malformed": 2 },
                "breakerOpen": true, "p50Us": 1, "p99Us": 12, "maxUs": 1500 }],
            "lastFaults": [{ "at": "02:41", "hook": "message-ids", "cause": "trap", "text": "unreachable", "sha256": "abcd" }],
            "counters": { "seen": 7 },
        })
    }

    #[test]
    fn the_overview_has_a_line_an_operator() {
        let shown = overview(&[policy()]);
        let wanted = [
            "acme      acme 1.2.0 (abcdabcdabcd)  ffffffffffff  fixtures  refused  -\n",
            "acme: a fixture fails\n",
            "acme      message-ids  1,204          3       3       1      12   1,500  open\n",
        ];
        for line in wanted {
            assert!(shown.contains(line), "{line:?} is not in\n{shown}");
        }
        assert!(overview(&[]).contains("no operator is loaded"));
    }

    #[test]
    fn the_details_have_versions_and_faults() {
        let shown = details(&policy());
        let wanted = [
            "  file       plugins/acme.wasm, ffffffffffff\n",
            "settings {\"base\":\"hex\"}",
            "  previous   acme 1.2.0 (012301230123), since",
            "counters: seen 7",
            "  02:41 message-ids trap: unreachable",
        ];
        for line in wanted {
            assert!(shown.contains(line), "{line:?} is not in\n{shown}");
        }
    }
}
