//! Fixtures inside of plugins: no version that fails one becomes active.

use super::{Bench, HOSTILE, PAYLOAD, current, no_settings, plugin, verdict};
use serde_json::{Value, json};
use smpp_connector::policy::TestBench;
use smpp_connector::policy::fixtures::{Fixture, FixturesError, SECTION, pack, packed, read_value};
use smpp_connector_tests::plugin as built;
use std::path::Path;
use std::time::{Duration, Instant};

fn fixture(value: &Value) -> Fixture {
    read_value("test", value).unwrap_or_else(|problems| panic!("{problems}"))
}

/// What the latin1 plugin says to a text of 141 octets, with these settings.
fn splitting(name: &str, settings: Option<Value>, expect: Value) -> Fixture {
    let address = json!({ "digits": "4915" });
    let message = json!({ "source": address, "destination": address, "text": "long" });
    let mut value = json!({
        "name": name, "hook": "splitting", "expect": expect,
        "input": { "message": message, "coding": 3, "octets": 200 },
    });
    if let Some(settings) = settings {
        value["settings"] = settings;
    }
    fixture(&value)
}

fn payload(most: u32) -> Value {
    json!({ "message-payload": { "max-octets": most } })
}

#[test]
fn the_plugins_of_this_repository_have_fixtures_and_pass_them() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../plugins");
    let mut found = 0;
    for entry in std::fs::read_dir(folder).expect("plugins") {
        let path = entry.expect("an entry").path();
        if !path.join("Cargo.toml").is_file() {
            continue;
        }
        found += 1;
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let bench = TestBench::load(&built(&name)).unwrap_or_else(|error| panic!("{name}: {error}"));
        let mut runner = bench.runner(&no_settings());
        assert!(
            bench.fixtures().len() >= 12,
            "{name} has few fixtures: {}",
            bench.fixtures().len()
        );
        for fixture in bench.fixtures() {
            let ran = runner.run(fixture);
            assert!(
                ran.is_ok(),
                "{name}: {}: {:#?}",
                fixture.name,
                ran.unwrap_err().lines()
            );
        }
    }
    assert!(found >= 3);
}

#[test]
fn a_version_that_breaks_a_fixture_is_refused_with_the_difference() {
    let bench = Bench::new();
    let file = bench.put("acme.wasm", plugin(PAYLOAD));
    let settings = json!({ "max_payload_octets": 1000 });
    let operator = bench.load(&file, settings.clone()).expect("a good plugin");

    // With the operator's settings where the fixture has none, with its own where it has.
    let good = [
        splitting("the operator's settings", None, payload(1000)),
        splitting(
            "its own settings",
            Some(json!({ "max_payload_octets": 500 })),
            payload(500),
        ),
    ];
    bench.put("acme.wasm", &pack(plugin(PAYLOAD), &good).unwrap());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime
        .block_on(bench.host.reload(&file))
        .expect("fixtures that pass");
    let with_fixtures = operator.active().unwrap().sha256.clone();

    let bad = [
        good[0].clone(),
        splitting("another limit", None, payload(999)),
        splitting("refused settings", Some(json!({ "max_parts": 0 })), payload(500)),
    ];
    bench.put("acme.wasm", &pack(plugin(PAYLOAD), &bad).unwrap());
    let refused = runtime.block_on(bench.host.reload(&file)).unwrap_err().in_words();
    for part in [
        "2 of its 3 fixtures fail",
        "\"another limit\": /message-payload/max-octets: expected 999, got 1000",
        "\"refused settings\": it refuses the settings of operator acme: /max_parts",
    ] {
        assert!(refused.contains(part), "{part:?} is not in {refused}");
    }
    let status = verdict(&file);
    assert_eq!(
        (&status["stage"], &status["verdict"]),
        (&json!("fixtures"), &json!("refused"))
    );
    assert!(status["reason"].as_str().unwrap().contains("another limit"));
    assert_eq!(
        operator.active().unwrap().sha256,
        with_fixtures,
        "what ran goes on"
    );
    assert_eq!(current(&operator), PAYLOAD);
}

fn hostile(hook: &str, command: &str, more: Value) -> Fixture {
    let address = json!({ "digits": "4915" });
    let input = match hook {
        "message-ids" => json!({ "raw": command, "origin": "submit-resp" }),
        _ => json!({ "message": { "source": address, "destination": address, "text": command } }),
    };
    let mut value = json!({ "name": command, "hook": hook, "input": input });
    for (key, more) in more.as_object().unwrap() {
        value[key] = more.clone();
    }
    fixture(&value)
}

#[test]
fn fixtures_are_asked_with_their_own_time_operator_and_settings() {
    let bench = Bench::new();
    let test_bench = TestBench::load(&bench.put("hostile.wasm", plugin(HOSTILE))).unwrap();
    let mut runner = test_bench.runner(&no_settings());
    let operator = "6f1c1a2e-7a54-4c07-9d0e-3b7a1d1c0001";
    for now in [1_700_000_000_123_u64, 5] {
        let expect = json!({ "now-ms": now, "operator": operator, "expect": format!("{operator} {now}") });
        assert_eq!(runner.run(&hostile("message-ids", "!context", expect)), Ok(()));
    }
    let orders = json!({ "settings": { "command": "!malformed" }, "expect": { "fault": "malformed" } });
    assert_eq!(runner.run(&hostile("message-ids", "abc", orders)), Ok(()));
    assert_eq!(
        runner.run(&hostile("message-ids", "ABC", json!({ "expect": "abc" }))),
        Ok(())
    );
}

#[test]
fn one_failing_call_does_not_hide_the_next() {
    let bench = Bench::new();
    let test_bench = TestBench::load(&bench.put("hostile.wasm", plugin(HOSTILE))).unwrap();
    let mut runner = test_bench.runner(&no_settings());
    // A breaker would open long before.
    for _ in 0..50 {
        let trap = hostile("encoding", "!trap", json!({ "expect": { "fault": "trap" } }));
        assert_eq!(runner.run(&trap), Ok(()));
    }
    let failure = runner.run(&hostile("encoding", "!trap", json!({ "expect": "host-default" })));
    let words = failure.unwrap_err().in_words();
    let wanted = "expected \"host-default\", got {\"fault\":\"trap\"}, the fault says: ";
    assert!(words.starts_with(wanted), "{words}");
}

#[test]
fn all_forms_of_an_id_have_one_key() {
    let bench = Bench::new();
    let test_bench =
        TestBench::load(&bench.put("hexdec.wasm", &std::fs::read(built("hexdec")).unwrap())).unwrap();
    let mut runner = test_bench.runner(&no_settings());
    let mut law = |forms: &[(&str, &str)]| {
        let forms = forms
            .iter()
            .map(|(raw, origin)| json!({ "raw": raw, "origin": origin }));
        runner.run(&fixture(
            &json!({ "name": "law", "hook": "message-ids", "same-key": forms.collect::<Value>() }),
        ))
    };
    assert_eq!(
        law(&[
            ("10", "submit-resp"),
            ("16", "receipt-text"),
            ("0010", "receipt-tlv")
        ]),
        Ok(())
    );
    let broken = law(&[
        ("10", "submit-resp"),
        ("10", "receipt-text"),
        ("x", "receipt-text"),
    ])
    .unwrap_err();
    assert_eq!(
        broken.lines(),
        [
            "/same-key/1: expected \"16\", got \"10\"",
            "/same-key/2: expected \"16\", got {\"fault\":\"malformed\"}",
            "\"10\" (submit-resp) has the key \"16\"",
        ]
    );
    // Faults that are alike are no key.
    assert!(law(&[("x", "receipt-text"), ("y", "receipt-text")]).is_err());
}

#[test]
fn fixtures_that_take_too_long_are_refused() {
    let bench = Bench::new();
    let slow: Vec<_> = (0..200)
        .map(|number| {
            let expect = json!({ "name": format!("{number}"), "expect": { "fault": "timeout" } });
            hostile("encoding", "!loop", expect)
        })
        .collect();
    let file = bench.put("slow.wasm", &pack(plugin(HOSTILE), &slow).unwrap());
    let started = Instant::now();
    let refused = bench.load(&file, no_settings()).map(drop).unwrap_err().in_words();
    assert!(refused.contains("its fixtures take longer than 5 s"), "{refused}");
    assert!(started.elapsed() < Duration::from_secs(30));
}

#[test]
fn a_damaged_section_is_refused_with_all_problems() {
    let bench = Bench::new();
    let mut section = vec![u8::try_from(SECTION.len()).unwrap()];
    section.extend_from_slice(SECTION.as_bytes());
    section.extend_from_slice(b"[{\"name\": \"a\", \"hook\": \"inbond\"}, {}]");
    let mut wasm = [plugin(HOSTILE), &[0, u8::try_from(section.len()).unwrap()]].concat();
    wasm.extend_from_slice(&section);
    assert!(matches!(packed(&wasm), Err(FixturesError::Problems(problems)) if problems.0.len() >= 3));
    let file = bench.put("damaged.wasm", &wasm);
    let refused = bench.load(&file, no_settings()).map(drop).unwrap_err();
    let words = refused.in_words();
    for part in [
        "fixture \"a\": /hook",
        "did you mean \"inbound\"?",
        "fixture 2: /name: is missing",
    ] {
        assert!(words.contains(part), "{part:?} is not in {words}");
    }
}
