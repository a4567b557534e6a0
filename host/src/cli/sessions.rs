//! `smpp-connector sessions`: how each bind of the operators is, as a running gateway knows it.

use super::CommandResult;
use super::client::{Where, encoded};
use super::view::{has, list, number, table, text};
use chrono::{DateTime, Utc};
use serde_json::Value;
use std::fmt::Write;
use std::path::Path;

#[derive(clap::Args, Debug)]
pub(super) struct Sessions {
    /// An operator's name or id; all of them without
    operator: Option<String>,
    /// One line of JSON, as the API gives it
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    at: Where,
}

impl Sessions {
    pub(super) fn run(self, config: Option<&Path>) -> CommandResult {
        let gateway = self.at.gateway(config);
        let told = match &self.operator {
            Some(operator) => gateway.get(&format!("operators/{}", encoded(operator)))?,
            None => gateway.get("operators")?,
        };
        if self.json {
            println!("{told}");
            return Ok(());
        }
        let one = std::slice::from_ref(&told);
        let operators = if self.operator.is_some() {
            one
        } else {
            list(&told, "/operators")
        };
        let now = crate::clock::utc_now();
        for operator in operators {
            print!("{}", in_words(operator, now));
        }
        Ok(())
    }
}

fn in_words(operator: &Value, now: DateTime<Utc>) -> String {
    let mut words = format!(
        "{}, {} a second\n",
        text(operator, "/name"),
        number(operator, "/tpsLimit")
    );
    let mut line = |line: String| {
        // A String takes everything.
        writeln!(words, "  {line}").unwrap_or_default();
    };
    if operator.pointer("/waitsForPlugin").and_then(Value::as_bool) == Some(true) {
        line("waits for a usable plugin: see `smpp-connector plugin status`".to_owned());
    }
    if has(operator, "/stopped") {
        let since = ago(operator, "/stopped/since", now);
        line(format!("stopped {since}: {}", text(operator, "/stopped/reason")));
    }
    if has(operator, "/throttled") {
        let until = text(operator, "/throttled/until");
        line(format!(
            "throttled until {until}: {}",
            text(operator, "/throttled/reason")
        ));
    }
    for session in list(operator, "/sessions") {
        for told in told(session, now).lines() {
            line(told.to_owned());
        }
    }
    words
}

/// A line for the session, a row for each of its binds, and their last errors.
fn told(session: &Value, now: DateTime<Utc>) -> String {
    let is = |key: &str| session.get(key).and_then(Value::as_bool) == Some(true);
    let role = if is("isPrimary") { "primary" } else { "backup" };
    let ordered = if is("unbindOrdered") {
        ", unbind ordered"
    } else {
        ""
    };
    let mut words = format!(
        "{}. {}@{}:{}, {}, {role}{ordered}\n",
        number(session, "/session"),
        text(session, "/systemId"),
        text(session, "/host"),
        text(session, "/port"),
        text(session, "/bindMode"),
    );
    let binds = list(session, "/binds");
    let heads = ["bind", "state", "since", "window", "enquire_link", "peer"].map(str::to_owned);
    let rows = binds.iter().zip(1..).map(|(bind, place)| {
        let window = format!("{} / {}", number(bind, "/inFlight"), number(session, "/window"));
        let since = ago(bind, "/since", now);
        vec![
            place.to_string(),
            text(bind, "/state"),
            since,
            window,
            round_trip(bind, now),
            text(bind, "/peer"),
        ]
    });
    let rows: Vec<_> = [heads.to_vec()].into_iter().chain(rows).collect();
    words += &table(&rows);
    for (bind, place) in binds.iter().zip(1..) {
        if has(bind, "/lastError") {
            let when = ago(bind, "/lastErrorAt", now);
            words += &format!("bind {place}, {when}: {}\n", text(bind, "/lastError"));
        }
    }
    words
}

fn round_trip(bind: &Value, now: DateTime<Utc>) -> String {
    match bind.pointer("/enquireLink/roundTripMs").and_then(Value::as_f64) {
        Some(took) => format!("{took:.1} ms, {}", ago(bind, "/enquireLink/at", now)),
        None => "none yet".to_owned(),
    }
}

fn ago(value: &Value, pointer: &str, now: DateTime<Utc>) -> String {
    let Ok(time) = text(value, pointer).parse::<DateTime<Utc>>() else {
        return "-".to_owned();
    };
    match now.signed_duration_since(time).num_seconds().max(0) {
        seconds @ 0..120 => format!("{seconds} s ago"),
        seconds @ 120..7_200 => format!("{} min ago", seconds / 60),
        seconds @ 7_200..172_800 => format!("{} h ago", seconds / 3_600),
        seconds => format!("{} d ago", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_operator_is_told_bind_by_bind() {
        let bind = json!({
            "state": "BOUND", "since": "2026-11-27T04:00:00Z", "peer": "10.0.0.1:2775", "inFlight": 3,
            "lastError": "no route", "lastErrorAt": "2026-11-27T02:00:00Z",
            "enquireLink": { "roundTripMs": 12.34, "at": "2026-11-27T04:29:30Z" },
        });
        let down = json!({ "state": "CONNECTING", "since": "2026-11-27T04:29:59Z", "peer": null, "inFlight": 0, "lastError": null, "enquireLink": null });
        let operator = json!({
            "name": "acme", "tpsLimit": 100, "waitsForPlugin": false, "stopped": null,
            "throttled": { "until": "2026-11-27T04:30:05Z", "reason": "ESME_RTHROTTLED (0x00000058): too much" },
            "sessions": [{
                "session": 1, "systemId": "user", "host": "smsc", "port": 2775, "bindMode": "TRANSCEIVER", "isPrimary": true,
                "unbindOrdered": false, "window": 10, "binds": [bind, down],
            }],
        });
        let now = "2026-11-27T04:30:00Z".parse().unwrap();
        assert_eq!(
            in_words(&operator, now),
            [
                "acme, 100 a second",
                "  throttled until 2026-11-27T04:30:05Z: ESME_RTHROTTLED (0x00000058): too much",
                "  1. user@smsc:2775, TRANSCEIVER, primary",
                "  bind  state       since       window  enquire_link       peer",
                "     1  BOUND       30 min ago  3 / 10  12.3 ms, 30 s ago  10.0.0.1:2775",
                "     2  CONNECTING  1 s ago     0 / 10  none yet           -",
                "  bind 1, 2 h ago: no route",
                "",
            ]
            .join("\n")
        );
    }
}
