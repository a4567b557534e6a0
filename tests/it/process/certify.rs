//! Certifications of operators with habits: what is found, and that the settings that are suggested mend it.

use super::{BINARY, Stage, Told, has, run};
use serde_json::Value;
use smpp_connector_tests::{GatewayProcess, Operator};
use smsc_sim::{FinalState, IdForm, Receipts, Rule, Script, Then, When, status};
use std::io::Read;
use std::process::{Command, Stdio};
use std::time::Duration;

const NUMBER: &str = "+491510000009";

/// An operator, its gateway, and certifications of it.
struct Certified {
    stage: Stage,
    operator: Operator,
    gateway: GatewayProcess,
}

impl Certified {
    fn new(script: Script) -> Self {
        // Small numbers are the same in hexadecimal and in decimal.
        let stage = Stage::new(script.first_id(0x10C8_F40D));
        let operator = stage.operator();
        let gateway = stage.gateway(&operator);
        bound(&gateway);
        Self {
            stage,
            operator,
            gateway,
        }
    }

    /// Receipts that do not come are not waited for long.
    fn told(&self, more: &[&str]) -> Told {
        let url = self.gateway.url("");
        let mut args = vec!["certify", "acme", "--to", NUMBER, "--url", &url];
        if !more.contains(&"--wait") {
            args.extend(["--wait", "8s"]);
        }
        args.extend(more);
        run(self.stage.path(), &args)
    }

    /// The report, and whether the exit code says that nothing is to be mended.
    fn report(&self, more: &[&str]) -> Value {
        let told = self.told(&[&["--json"], more].concat());
        let report: Value =
            serde_json::from_str(&told.stdout).unwrap_or_else(|error| panic!("{error}: {told:?}"));
        assert_eq!(told.code, i32::from(report["ok"] == false), "{report:#}");
        assert!(!told.stdout.contains("1510000009"), "the number is masked");
        report
    }

    /// Writes the suggested settings into the operator's file, and starts the gateway anew.
    fn mended(self, report: &Value) -> Self {
        let Self {
            stage,
            operator,
            gateway,
        } = self;
        assert!(gateway.terminate().success());
        let mut file: toml::Table = operator.toml().parse().unwrap();
        let suggested: toml::Table = report["toml"].as_str().expect("settings").parse().unwrap();
        merge(&mut file, suggested);
        std::fs::write(stage.path().join("operators/acme.toml"), file.to_string()).unwrap();
        let gateway = GatewayProcess::launch(BINARY, stage.path(), "warn");
        bound(&gateway);
        Self {
            stage,
            operator,
            gateway,
        }
    }

    /// After the settings that were suggested nothing is left to mend.
    fn passes_once_mended(self, report: &Value, more: &[&str]) {
        let mended = self.mended(report);
        let again = mended.report(more);
        assert_eq!(again["ok"], true, "{again:#}");
        let log = mended.gateway.log();
        assert!(!log.contains("1510000009"), "{log}");
    }
}

fn merge(into: &mut toml::Table, other: toml::Table) {
    for (key, value) in other {
        match (into.get_mut(&key), value) {
            (Some(toml::Value::Table(into)), toml::Value::Table(other)) => merge(into, other),
            (_, value) => drop(into.insert(key, value)),
        }
    }
}

fn bound(gateway: &GatewayProcess) {
    gateway.events_until(|events| events.iter().any(|event| event["to"] == "BOUND"));
    let deadline = std::time::Instant::now() + smpp_connector_tests::PATIENCE;
    while gateway.get("/api/v1/operators/acme").json()["sessions"][0]["binds"][0]["state"] != "BOUND" {
        assert!(std::time::Instant::now() < deadline);
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn case<'a>(report: &'a Value, name: &str) -> &'a Value {
    let mut cases = report["cases"].as_array().unwrap().iter();
    cases
        .find(|case| case["name"] == name)
        .unwrap_or_else(|| panic!("no {name} in {report:#}"))
}

/// What is said of the one problem whose words begin so.
fn problem(report: &Value, what: &str) -> Value {
    let findings = report["findings"].as_array().unwrap();
    let mut problems = findings.iter().filter(|finding| finding["level"] == "problem");
    let found = problems.find(|finding| finding["what"].as_str().unwrap().contains(what));
    found
        .unwrap_or_else(|| panic!("no {what:?} in {report:#}"))
        .clone()
}

#[test]
fn a_decent_operator_passes_and_every_way_is_tried() {
    let certified = Certified::new(Script::new());
    let report = certified.report(&["--latin1", "--from", "Acme", "--from", "12345"]);
    assert_eq!(report["ok"], true, "{report:#}");
    for (name, way, coding) in [
        ("gsm7-1", "single", 0),
        ("ucs2-emoji", "single", 8),
        ("latin1", "single", 8),
        ("length-160", "single", 0),
        ("length-161", "udh8", 0),
        ("ucs2-70", "single", 8),
        ("long-payload", "payload", 0),
        ("long-udh8", "udh8", 0),
        ("long-udh16", "udh16", 0),
        ("long-sar", "sar", 0),
        ("flash", "single", 0x10),
        ("from-2", "single", 0),
    ] {
        let case = case(&report, name);
        assert_eq!(
            (&case["way"], &case["dataCoding"]),
            (&way.into(), &coding.into()),
            "{case:#}"
        );
        assert_eq!(case["verdict"], "passed", "{case:#}");
    }
    assert_eq!(
        case(&report, "length-escape")["parts"].as_array().unwrap().len(),
        2
    );
    assert_eq!(case(&report, "ucs2-long")["parts"].as_array().unwrap().len(), 3);
    assert_eq!(
        case(&report, "receipt-none")["parts"][0]["receipt"]["asked"],
        false
    );
    let part = &case(&report, "validity")["parts"][0];
    assert_eq!(
        (&part["receipt"]["state"], &part["receipt"]["final"]),
        (&"DELIVERED".into(), &true.into())
    );
    assert_eq!(report["facts"]["esm_class of receipts"], "0x04");
    // Simulated clocks go by UTC.
    assert_eq!(
        report["settings"],
        serde_json::json!({ "receipt_time_zone": "+00:00" }),
        "{report:#}"
    );
    let submits = certified.stage.smsc.submits();
    assert!(
        submits.iter().any(|submit| !submit.validity.is_empty())
            && submits.iter().any(|submit| submit.priority == 1)
    );
    assert!(
        submits
            .iter()
            .any(|submit| submit.source.digits == "12345" && submit.source.ton == 3)
    );
}

#[test]
fn the_report_is_for_people_and_goes_to_a_file() {
    let certified = Certified::new(Script::new());
    let told = certified.told(&["--only", "gsm7,long-sar,receipt", "--report", "acme.txt"]);
    assert_eq!(told.code, 0, "{told:?}");
    has(
        &told.stdout,
        &[
            NUMBER,
            "gsm7-extension",
            "passed",
            "sar, dcs 0x00",
            "DELIVERED",
            "ids in submit_sm_resp",
            "decimal of 9 characters",
            "[ ] gsm7-1: @£$",
            "Look at the handset",
            "6 passed, 0 noted, 0 failed, 0 unfinished: nothing to mend",
        ],
    );
    let file = std::fs::read_to_string(certified.stage.path().join("acme.txt")).unwrap();
    assert!(!file.contains("1510000009"), "{file}");
    has(&file, &["gsm7-extension", "*****"]);
    assert!(!certified.gateway.log().contains("1510000009"));
    let wrong = certified.told(&["--only", "gsm8"]);
    assert_eq!(wrong.code, 64);
    has(&wrong.stderr, &["gsm8", "gsm7-1"]);
    let url = certified.gateway.url("");
    let nobody = run(
        certified.stage.path(),
        &["certify", "nobody", "--to", NUMBER, "--url", &url],
    );
    assert_eq!(nobody.code, 1);
    has(&nobody.stderr, &["nobody", "acme"]);
}

#[test]
fn ids_in_two_bases_are_found_and_mended() {
    let certified = Certified::new(
        Script::new()
            .ids(IdForm::HexUpper)
            .receipt_ids(IdForm::DecimalPadded(10)),
    );
    let only = ["--only", "gsm7,length-16"];
    let report = certified.report(&only);
    let found = problem(
        &report,
        "match only if ids are read as decimal, and those of submit_sm_resp as hexadecimal",
    );
    let message_id = &found["settings"]["policy"]["settings"]["message_id"];
    assert_eq!(
        (&message_id["submit_resp"], &message_id["receipt"]),
        (&"hex".into(), &"decimal".into())
    );
    assert_eq!(case(&report, "gsm7-1")["verdict"], "failed");
    assert_eq!(
        report["facts"]["ids in submit_sm_resp"]
            .as_str()
            .unwrap()
            .split(' ')
            .next(),
        Some("hexadecimal")
    );
    certified.passes_once_mended(&report, &only);
}

#[test]
fn receipts_of_one_part_alone_are_found_and_mended() {
    let certified = Certified::new(Script::new().receipts(Receipts::new().of_part(1)));
    let only = ["--only", "gsm7-1,length-16,long,ucs2-long", "--wait", "3s"];
    let report = certified.report(&only);
    let found = problem(&report, "only the first part gets a receipt");
    assert_eq!(found["settings"]["submit"]["receipts_on"], "first");
    assert_eq!(case(&report, "length-161")["verdict"], "failed");
    assert_eq!(case(&report, "long-payload")["verdict"], "passed");
    certified.passes_once_mended(&report, &only);
}

#[test]
fn ucs2_that_is_refused_is_found_and_gone_round() {
    let refused = Rule::when(When::DataCoding(vec![0x08, 0x18])).then(Then::Status(0x433));
    let certified = Certified::new(Script::new().respond(refused));
    let report = certified.report(&["--only", "gsm7-1,typographic,as-ucs2,ucs2"]);
    let found = problem(&report, "UCS-2 is refused: vendor-specific (0x00000433)");
    assert_eq!(
        found["settings"]["policy"]["settings"]["encoding"]["transliterate"],
        true
    );
    assert!(found["mend"].as_str().unwrap().contains("--without ucs2"));
    has(
        case(&report, "ucs2-arabic")["notes"][0].as_str().unwrap(),
        &["REJECTED", "0x00000433"],
    );
    certified.passes_once_mended(
        &report,
        &["--only", "gsm7-1,typographic,as-ucs2,ucs2", "--without", "ucs2"],
    );
}

#[test]
fn an_operator_that_throttles_is_found_and_not_pressed() {
    let certified = Certified::new(Script::new().throttle_above(3, status::THROTTLED));
    let only = ["--only", "gsm7,long-udh8,length-16", "--wait", "60s"];
    let report = certified.report(&only);
    let found = problem(&report, "throttled");
    let rate = found["settings"]["tps_limit"].as_u64().unwrap();
    assert!((1..=3).contains(&rate), "{rate}");
    certified.passes_once_mended(&report, &only);
}

#[test]
fn an_operator_without_receipts_is_to_be_asked_for_them() {
    let certified = Certified::new(Script::new().receipts(Receipts::off()));
    let only = ["--only", "gsm7-1,gsm7-2", "--wait", "2s"];
    let report = certified.report(&only);
    let found = problem(&report, "no receipt came for any of 2 submit_sm");
    assert!(found["mend"].as_str().unwrap().contains("ask the operator"));
    assert_eq!(found["settings"], serde_json::json!({}));
    certified
        .stage
        .smsc
        .set_script(Script::new().first_id(0x20C8_F40D));
    let again = certified.report(&only);
    assert_eq!(again["ok"], true, "{again:#}");
}

#[test]
fn message_payload_and_headers_that_are_refused_are_gone_round() {
    let payload = Rule::when(When::HasPayload).then(Then::Status(0xC1));
    let header = Rule::when(When::HasHeader).then(Then::Status(0x43));
    let certified = Certified::new(Script::new().respond(payload).respond(header));
    let only = ["--only", "gsm7-1,long,length-16"];
    let report = certified.report(&only);
    let found = problem(
        &report,
        "message_payload is refused: ESME_ROPTPARNOTALLWD (0x000000C1)",
    );
    assert_eq!(found["settings"]["splitting"]["takes_payload"], false);
    let found = problem(&report, "long texts are refused: ESME_RINVESMCLASS (0x00000043)");
    assert_eq!(found["settings"]["splitting"]["mode"], "sar");
    assert_eq!(case(&report, "long-udh16")["verdict"], "noted");
    certified.passes_once_mended(&report, &only);
}

#[test]
fn states_in_words_of_their_own_and_receipts_without_their_class_are_found_and_mended() {
    let receipts = Receipts::new().otherwise(FinalState::new("ARRIVED", "000", 2));
    let certified = Certified::new(Script::new().receipts(receipts));
    let only = ["--only", "gsm7-1,length-161"];
    let report = certified.report(&[&only[..], &["--wait", "3s"]].concat());
    let found = problem(&report, "states that nobody knows: \"ARRIVED\"");
    assert_eq!(
        found["settings"]["policy"]["settings"]["states"]["words"]["ARRIVED"],
        "delivered"
    );
    certified.passes_once_mended(&report, &only);

    let certified = Certified::new(Script::new().receipts(Receipts::new().esm_class(0)));
    let report = certified.report(&only);
    let found = problem(&report, "receipts come with esm_class 0x00");
    assert_eq!(found["settings"]["receipt_detection"], "esm_class_or_text");
    certified.passes_once_mended(&report, &only);
}

#[test]
fn ctrl_c_ends_it_with_what_is_known() {
    let certified = Certified::new(Script::new().receipts(Receipts::off()));
    let mut child = Command::new(BINARY)
        .args([
            "certify", "acme", "--to", NUMBER, "--only", "gsm7-1", "--wait", "600s", "--json",
        ])
        .args(["--url", &certified.gateway.url("")])
        .current_dir(certified.stage.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    certified
        .gateway
        .events_until(|events| events.iter().any(|event| event["type"] == "submit"));
    // It reads the same events by a connection of its own, and nothing tells when it has.
    std::thread::sleep(Duration::from_secs(1));
    let pid = child.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-INT", &pid])
            .status()
            .unwrap()
            .success()
    );
    let mut told = String::new();
    child.stdout.take().unwrap().read_to_string(&mut told).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130), "{told}");
    let report: Value = serde_json::from_str(&told).unwrap();
    assert_eq!(
        (&report["interrupted"], &report["ok"]),
        (&true.into(), &false.into())
    );
    assert_eq!(report["cases"][0]["outcome"], "ACCEPTED");
}
