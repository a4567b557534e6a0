mod example;
mod fields;
mod national;
mod statuses;
mod traces;

use super::*;

fn files(operator: &str) -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let host = dir.path().join("smpp-connector.toml");
    std::fs::write(&host, "").unwrap();
    std::fs::create_dir(dir.path().join("operators")).unwrap();
    std::fs::write(dir.path().join("operators/acme.toml"), operator).unwrap();
    (dir, host)
}

fn problems(operator: &str) -> Vec<String> {
    let (dir, host) = files(operator);
    let folder = format!("{}/", dir.path().display());
    match Config::load(Some(&host)) {
        Ok(_) => Vec::new(),
        Err(problems) => problems
            .iter()
            .map(|p| p.to_string().replace(&folder, ""))
            .collect(),
    }
}

const GOOD: &str = r#"
operator_id = "6f1c1a2e-7a54-4c07-9d0e-3b7a1d1c0001"
tps_limit = 100
[[session]]
host = "127.0.0.1"
port = 2775
system_id = "user"
"#;

#[test]
fn a_minimal_operator_gets_the_documented_defaults() {
    let (_dir, host) = files(GOOD);
    let config = Config::load(Some(&host)).unwrap();
    let operator = config.operators.first().unwrap();
    assert_eq!(operator.name, "acme");
    assert_eq!(operator.correlation_ttl.as_secs(), 72 * 3_600);
    assert_eq!(operator.on_unanswered, OnUnanswered::Resend);
    assert_eq!(operator.policy.plugin, None);
    assert_eq!(
        operator.reconnect_delays,
        [5, 10, 20, 40, 60].map(std::time::Duration::from_secs)
    );
    let session = operator.sessions.first().unwrap();
    assert_eq!((session.binds, session.window, session.is_primary), (1, 10, true));
}

#[test]
fn what_comes_in_is_read_as_the_file_says() {
    use smpp_domain::receipt::Detection;
    let read = |lines: &str| {
        let (_dir, host) = files(&format!("{lines}{GOOD}"));
        Config::load(Some(&host)).unwrap().operators.remove(0).inbound
    };
    let defaults = InboundConfig {
        receipt_detection: Detection::EsmClass,
        receipt_time_zone: None,
        mo_reassembly: true,
        mo_reassembly_timeout: std::time::Duration::from_secs(3_600),
    };
    assert_eq!(read(""), defaults);
    let changed =
        read("receipt_time_zone = \"-03:30\"\nmo_reassembly = false\nmo_reassembly_timeout = \"2d\"");
    let zone = changed.receipt_time_zone.map(|zone| zone.local_minus_utc());
    assert_eq!((zone, changed.mo_reassembly), (Some(-12_600), false));
    assert_eq!(changed.mo_reassembly_timeout.as_secs(), 2 * 86_400);
    assert_eq!(
        problems(&format!(
            "receipt_time_zone = \"CET\"\nmo_reassembly_timeout = \"0s\"{GOOD}"
        )),
        [
            "operators/acme.toml: receipt_time_zone = \"CET\": use an offset from UTC such as \"+02:00\"",
            "operators/acme.toml: mo_reassembly_timeout = \"0s\": use a duration such as \"30s\" from 1s to 7d",
        ]
    );
}

#[test]
fn the_file_of_the_design_is_read_whole() {
    let text = r#"
operator_id = "6f1c1a2e-7a54-4c07-9d0e-3b7a1d1c0001"
name = "acme"
tps_limit = 100
max_message_age = "24h"
correlation_ttl = "72h"
on_unanswered = "report"
on_unencodable = "transliterate"
[policy]
plugin = "acme.wasm"
sha256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
on_failure = "retry"
settings = { message_id = { receipt = "decimal" } }
[[session]]
host = "smsc.acme.example"
port = 2775
tls = false
system_id = "user"
password = { file = "password" }
bind_mode = "TRANSCEIVER"
is_primary = true
binds = 2
window = 100
enquire_link = "30s"
response_timeout = "60s"
source_address = { ton = "auto", npi = 1 }
"#;
    let (dir, host) = files(text);
    std::fs::write(dir.path().join("operators/password"), "geheim\n").unwrap();
    let config = Config::load(Some(&host)).unwrap();
    let operator = config.operators.first().unwrap();
    assert_eq!(operator.policy.plugin, Some(dir.path().join("plugins/acme.wasm")));
    assert_eq!(operator.policy.settings["message_id"]["receipt"], "decimal");
    assert_eq!(operator.sessions[0].password.expose(), "geheim");
    assert_eq!(
        operator.sessions[0].source_address,
        AddressRule {
            ton: None,
            npi: Some(1)
        }
    );
    assert!(!format!("{config:?}").contains("geheim"));
}

#[test]
fn every_problem_is_reported_at_once_with_its_place_and_what_is_allowed() {
    let text = r#"
operator_id = "acme"
tps_limit = 0
corelation_ttl = "72h"
max_message_age = 5
[policy]
plugin = "../acme.wasm"
[[session]]
host = "127.0.0.1"
port = 99999
window = 0
"#;
    assert_eq!(
        problems(text),
        [
            "operators/acme.toml: operator_id = \"acme\": use a UUID such as \"6f1c1a2e-7a54-4c07-9d0e-3b7a1d1c0001\"",
            "operators/acme.toml: tps_limit = 0: use a whole number from 1 to 1000000",
            "operators/acme.toml: max_message_age = 5: is a number; use a duration such as \"30s\" from 1s to 30d",
            "operators/acme.toml: policy.plugin = \"../acme.wasm\": use \"quirks\", or the name of a .wasm file in plugins_dir, without a folder",
            "operators/acme.toml: session[0].port = 99999: use a whole number from 1 to 65535",
            "operators/acme.toml: session[0].system_id: is missing; give the user name that the operator assigned",
            "operators/acme.toml: session[0].window = 0: use a whole number from 1 to 10000",
            "operators/acme.toml: corelation_ttl: is not a known key; did you mean correlation_ttl?",
        ]
    );
}

#[test]
fn a_file_that_is_not_toml_says_where() {
    let found = problems("operator_id = \n");
    assert!(
        found[0].starts_with("operators/acme.toml: is not TOML: line 1, column "),
        "{found:?}"
    );
}

#[test]
fn a_secret_is_never_shown_and_its_missing_source_is_named() {
    let text = format!("{GOOD}password = {{ env = \"SMPP_CONNECTOR_NO_SUCH_VARIABLE\" }}\n");
    assert_eq!(
        problems(&text),
        [
            "operators/acme.toml: session[0].password: the environment variable SMPP_CONNECTOR_NO_SUCH_VARIABLE is not set"
        ]
    );
}

#[test]
fn two_operators_with_one_id_are_refused() {
    let (dir, host) = files(GOOD);
    std::fs::write(dir.path().join("operators/beta.toml"), GOOD).unwrap();
    let found = Config::load(Some(&host)).unwrap_err().to_string();
    assert!(found.contains("beta.toml: operator_id"), "{found}");
}

#[test]
fn another_address_than_loopback_needs_a_token() {
    let (_dir, host) = files(GOOD);
    std::fs::write(&host, "[http]\nlisten = \"0.0.0.0:8080\"\n").unwrap();
    let found = Config::load(Some(&host)).unwrap_err().to_string();
    assert!(found.contains("http.token: is missing"), "{found}");
    std::fs::write(&host, "[http]\nlisten = \"0.0.0.0:8080\"\ntoken = \"t\"\n").unwrap();
    assert!(Config::load(Some(&host)).is_ok());
}

#[test]
fn a_host_file_that_was_asked_for_must_exist() {
    let found = Config::load(Some(Path::new("/nonexistent/x.toml")))
        .unwrap_err()
        .to_string();
    assert!(
        found.starts_with("/nonexistent/x.toml: cannot be read: "),
        "{found}"
    );
}

#[test]
fn a_reconnect_schedule_is_a_list_of_durations() {
    let with = |schedule: &str| problems(&format!("reconnect_delays = {schedule}\n{GOOD}"));
    assert!(with("[\"30s\", \"2m\"]").is_empty());
    for wrong in ["[]", "\"30s\"", "[\"30s\", \"0s\"]", "[30]"] {
        let found = with(wrong);
        assert!(
            found.len() == 1 && found[0].contains("reconnect_delays"),
            "{wrong}: {found:?}"
        );
    }
}

mod failures;
mod reference;
mod sessions;
mod versions;

#[test]
fn an_operator_may_have_alphabets_of_its_own() {
    let text =
        format!("{GOOD}[alphabets.vodafone]\nbase = \"gsm7\"\noctets = {{ 0x40 = \"@\", 0xa1 = \"¡\" }}\n");
    let (_dir, host) = files(&text);
    let config = Config::load(Some(&host)).unwrap();
    let table = config.operators[0].alphabets.get("vodafone").unwrap().clone();
    let alphabet = smpp_domain::encoding::Alphabet::Table(table);
    let rule = smpp_domain::encoding::UnencodableRule::Reject;
    let encoded = smpp_domain::encoding::encode("a@¡", &alphabet, &rule).unwrap();
    assert_eq!(encoded.to_octets(), [0x61, 0x40, 0xA1]);
}

#[test]
fn a_wrong_alphabet_names_its_entry() {
    let text = format!(
        "{GOOD}[alphabets.a]\nbase = \"gsm8\"\n[alphabets.b]\nbase = \"ascii\"\noctets = {{ 0x400 = \"x\" }}\n\
         [alphabets.c]\nbase = \"ascii\"\noctets = {{ 0x40 = \"xy\" }}\n"
    );
    assert_eq!(
        problems(&text),
        [
            "operators/acme.toml: alphabets.a.base = \"gsm8\": use one of \"gsm7\", \"ascii\", \"latin1\"",
            "operators/acme.toml: alphabets.b.octets: 0x400 is no octet: use 0x00 to 0xff",
            "operators/acme.toml: alphabets.c.octets: 0x40 = \"xy\": use exactly one character",
        ]
    );
}
