use super::super::super::stats::PolicyStats;
use super::*;
use smpp_domain::dispatch::{LongMessageStrategy, MessageType, SmsEncoding};
use smpp_domain::ids::{AccountId, MessageId};
use smpp_domain::pdu::Address;
use smpp_domain::policy::OutboundMessage;
use std::collections::BTreeMap;
use std::sync::Arc;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// What was logged, line by line: each with its fields by their names.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<BTreeMap<String, String>>>>);

impl Subscriber for Kept {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut line = Seen(BTreeMap::new());
        event.record(&mut line);
        line.0
            .insert("level".to_owned(), event.metadata().level().to_string());
        self.0.lock().unwrap().push(line.0);
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

struct Seen(BTreeMap<String, String>);

impl Visit for Seen {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        self.0.insert(field.name().to_owned(), format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name().to_owned(), value.to_owned());
    }
}

fn tenant(per_second: u32) -> Tenant {
    Tenant::new(
        ("6f1c1a2e".to_owned(), "acme".to_owned()),
        "{}",
        ("quirks".to_owned(), "1.2.0".to_owned()),
        LogBudget::new(per_second),
        &Arc::new(PolicyStats::default()),
        &[],
    )
}

/// The lines that this logs.
fn logged(write: impl FnOnce()) -> Vec<BTreeMap<String, String>> {
    let kept = Kept::default();
    tracing::subscriber::with_default(kept.clone(), write);
    let lines = kept.0.lock().unwrap();
    lines.clone()
}

/// What a plugin says in a hook.
fn write(tenant: &Tenant, hook: &'static str, level: Level, message: &str, fields: &[(String, String)]) {
    let private = Private::of_message(&about());
    let line = Line::new(tenant, hook, level, message, fields);
    line.into_iter()
        .for_each(|line| line.write(tenant, hook, &private));
}

/// The message at hand.
fn about() -> OutboundMessage {
    let address = |digits: &str| Address {
        digits: digits.to_owned(),
        ..Address::default()
    };
    OutboundMessage {
        message_id: MessageId(uuid::Uuid::nil()),
        account_id: AccountId(uuid::Uuid::nil()),
        source: address("Acme"),
        destination: address("4915187654321"),
        text: "Ihr geheimer Code".to_owned(),
        encoding: SmsEncoding::Gsm7,
        message_type: MessageType::Sms,
        long_message_strategy: LongMessageStrategy::Csms,
    }
}

fn pairs(fields: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    fields.iter().map(owned).collect()
}

#[test]
fn a_line_says_who_logs_it_and_has_its_fields_apart() {
    let lines = logged(|| {
        let fields = pairs(&[("to", "+4915112345678"), ("part", "2\nof 3")]);
        write(&tenant(10), "inbound", Level::Warn, "odd receipt", &fields);
        write(&tenant(10), "submit", Level::Info, "no fields", &[]);
    });
    for (name, value) in [
        ("level", "WARN"),
        ("message", "plugin: odd receipt"),
        ("operator", "acme"),
        ("plugin", "quirks"),
        ("version", "1.2.0"),
        ("hook", "inbound"),
        ("fields", r#"{"part":"2 of 3","to":"+***********78"}"#),
    ] {
        assert_eq!(lines[0][name], value, "{lines:#?}");
    }
    assert_eq!(lines[1]["message"], "plugin: no fields");
    assert!(!lines[1].contains_key("fields"), "{lines:#?}");
}

#[test]
fn what_a_plugin_quotes_of_the_message_is_hidden() {
    let lines = logged(|| {
        let fields = pairs(&[("text", "geheimer Code"), ("number", "015187654321")]);
        write(
            &tenant(10),
            "encoding",
            Level::Warn,
            "no alphabet for: Ihr geheimer Code",
            &fields,
        );
    });
    assert_eq!(lines[0]["message"], "plugin: no alphabet for: *****************");
    assert_eq!(
        lines[0]["fields"],
        r#"{"number":"0***********","text":"*************"}"#
    );
}

#[test]
fn what_is_dropped_is_told_once_in_one_line() {
    let tenant = tenant(2);
    let say = |text| write(&tenant, "encoding", Level::Info, text, &[]);
    let lines = logged(|| {
        for text in ["a", "b", "c", "d", "e"] {
            say(text);
        }
        tenant.log.begin_anew();
        say("f");
        say("g");
    });
    let told: Vec<_> = lines
        .iter()
        .map(|line| (line["message"].as_str(), line.get("dropped").map(String::as_str)))
        .collect();
    assert_eq!(
        told,
        [
            ("plugin: a", None),
            ("plugin: b", None),
            ("a plugin logs more lines a second than are written", Some("3")),
            ("plugin: f", None),
            ("plugin: g", None),
        ]
    );
    assert_eq!(tenant.stats.log_lines_dropped(), 3);
}

impl LogBudget {
    /// As if the second were over.
    fn begin_anew(&self) {
        self.window.lock().unwrap().since = None;
    }
}

#[test]
fn a_line_is_bounded() {
    let long = "\u{e4}".repeat(9_999);
    assert!(printable(&long, LOG_LINE).len() <= LOG_LINE);
    let many: Vec<_> = (0..40).map(|n| (format!("name{n}"), long.clone())).collect();
    let octets: usize = bounded(&many)
        .iter()
        .map(|(name, value)| name.len() + value.len())
        .sum();
    assert!(octets <= LOG_LINE + LOG_NAME, "{octets}");
}

#[test]
fn numbers_are_masked_wherever_they_stand() {
    assert_eq!(
        mask_numbers("id 123456, to 4915112345678."),
        "id 123456, to ***********78."
    );
    assert_eq!(mask_numbers("1234567"), "*****67");
    assert_eq!(mask_numbers("status 88"), "status 88");
}

#[test]
fn the_log_budget_refills_each_second_and_tells_what_was_lost() {
    let (budget, t) = (LogBudget::new(2), crate::clock::now());
    assert_eq!(
        [budget.take(t), budget.take(t), budget.take(t), budget.take(t)],
        [Some(0), Some(0), None, None]
    );
    assert_eq!(budget.take(t + Duration::from_secs(1)), Some(2));
    assert_eq!(budget.take(t + Duration::from_secs(1)), Some(0));
    assert_eq!(budget.take(t + Duration::from_millis(1_500)), None);
}
