//! `smpp-connector plugin promote`, `discard` and `rollback`.

use super::CommandResult;
use crate::cli::client::{Where, encoded};
use crate::cli::view::{list, text, version};
use serde_json::Value;
use std::path::Path;

/// Which of them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Order {
    Promote,
    Discard,
    Rollback,
}

#[derive(clap::Args, Debug)]
pub(in super::super) struct Ordered {
    /// The operator's name or id
    name: String,
    /// Print JSON, as the API gives it
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    at: Where,
}

impl Ordered {
    pub(super) fn run(&self, order: Order, config: Option<&Path>) -> CommandResult {
        let verb = match order {
            Order::Promote => "promote",
            Order::Discard => "discard",
            Order::Rollback => "rollback",
        };
        let gateway = self.at.gateway(config);
        let policy = gateway.post(&format!("plugins/{}/{verb}", encoded(&self.name)), None)?;
        if self.json {
            println!("{policy}");
        } else {
            println!("{}", told(order, &policy));
        }
        Ok(())
    }
}

fn told(order: Order, policy: &Value) -> String {
    let (operator, active) = (text(policy, "/operator"), version(policy, "/active"));
    let back = list(policy, "/previous").first();
    match order {
        Order::Promote => {
            let back = back.map(|back| {
                let back = version(back, "");
                format!("; back to {back}: smpp-connector plugin rollback {operator}")
            });
            format!("{operator}: {active} decides now{}", back.unwrap_or_default())
        }
        Order::Discard => format!("{operator}: the candidate is gone; {active} goes on"),
        Order::Rollback => format!("{operator}: {active} decides again"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_was_ordered_is_told_with_the_way_back() {
        let version =
            |version: &str| json!({ "plugin": "acme", "version": version, "sha256": "0123456789abcdef" });
        let policy =
            json!({ "operator": "acme", "active": version("2.0.0"), "previous": [version("1.0.0")] });
        assert_eq!(
            told(Order::Promote, &policy),
            "acme: acme 2.0.0 (0123456789ab) decides now; back to acme 1.0.0 (0123456789ab): smpp-connector plugin rollback acme"
        );
        assert_eq!(
            told(Order::Rollback, &policy),
            "acme: acme 2.0.0 (0123456789ab) decides again"
        );
        let built_in = json!({ "operator": "acme", "active": null, "previous": [] });
        assert_eq!(
            told(Order::Discard, &built_in),
            "acme: the candidate is gone; the built-in behaviour goes on"
        );
    }
}
