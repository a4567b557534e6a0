//! The plugin that the gateway brings along: it is the one of the source, its profiles are good, and it stands in for a
//! file that is not there.

use super::{Bench, no_settings};
use serde_json::{Value, json};
use smpp_connector::policy::TestBench;
use smpp_connector::policy::manifest::read_manifest;
use smpp_connector::policy::prebuilt::{QUIRKS, problems};
use smpp_connector_tests::plugin as built;
use smpp_domain::policy::IdOrigin;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

const RENEW: &str = "run plugins/quirks/prebuild and commit plugins/quirks/quirks.wasm";

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../plugins/quirks")
}

/// The settings of each profile, by its name.
fn profiles() -> BTreeMap<String, Value> {
    let files = std::fs::read_dir(folder().join("profiles")).expect("profiles");
    files
        .map(|entry| {
            let path = entry.expect("an entry").path();
            let text = std::fs::read_to_string(&path).expect("a profile");
            let table: toml::Table = text.parse().unwrap_or_else(|error| panic!("{path:?}: {error}"));
            assert_eq!(table["policy"]["plugin"].as_str(), Some("quirks"), "{path:?}");
            let settings = serde_json::to_value(&table["policy"]["settings"]).expect("settings");
            let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
            (name, settings)
        })
        .collect()
}

/// The compiler that made a component: its name and version in the section `producers`.
fn compiler(component: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(component);
    let at = text.find("processed-by")?;
    let rest = text.get(at..)?;
    let rest = rest.get(rest.find("rustc")?..)?;
    Some(rest.chars().take(60).collect())
}

#[test]
fn the_component_in_the_gateway_is_that_of_the_source() {
    let bench = TestBench::load(&built("quirks")).expect("the plugin just built");
    let fresh = std::fs::read(built("quirks")).expect("the plugin just built");
    if compiler(&fresh) == compiler(QUIRKS) {
        assert!(
            fresh == QUIRKS,
            "the embedded plugin is not that of the source: {RENEW}"
        );
        return;
    }
    // Another compiler writes other octets for the same source. What they do is the same.
    let (fresh, embedded) = (read_manifest(&fresh).unwrap(), read_manifest(QUIRKS).unwrap());
    assert_eq!(fresh.hooks, embedded.hooks, "{RENEW}");
    assert_eq!((fresh.name, fresh.sdk), (embedded.name, embedded.sdk), "{RENEW}");
    let embedded = TestBench::load(Path::new("quirks.wasm")).expect("the embedded plugin");
    assert_eq!(embedded.fixtures(), bench.fixtures(), "{RENEW}");
    let mut runner = embedded.runner(&no_settings());
    for fixture in bench.fixtures() {
        let ran = runner.run(fixture);
        assert!(
            ran.is_ok(),
            "{}: {:#?}: {RENEW}",
            fixture.name,
            ran.unwrap_err().lines()
        );
    }
}

#[test]
fn every_profile_is_admitted_and_has_calls_that_show_what_it_does() {
    let embedded = TestBench::load(Path::new("quirks.wasm")).expect("the embedded plugin");
    let profiles = profiles();
    assert!(profiles.len() >= 12);
    for (name, settings) in &profiles {
        assert_eq!(problems(settings).unwrap(), [], "{name}");
        embedded
            .admit(settings)
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        let own = format!("{name}: ");
        let shown: Vec<_> = embedded
            .fixtures()
            .iter()
            .filter(|fixture| fixture.name.starts_with(&own))
            .collect();
        assert!(!shown.is_empty(), "{name} has no fixture");
        for fixture in shown {
            assert_eq!(fixture.settings.as_ref(), Some(settings), "{}", fixture.name);
        }
    }
}

#[test]
fn problems_of_settings_name_their_place_and_the_mend() {
    let found = problems(&json!({ "message_id": { "recipt": "decimal" } })).unwrap();
    let told: Vec<_> = found
        .iter()
        .map(|problem| (problem.path.as_str(), problem.message.as_str()))
        .collect();
    let message = "is no key of this table; did you mean `receipt`?";
    assert_eq!(told, [("/message_id/recipt", message)]);
}

#[tokio::test]
async fn it_stands_in_for_a_file_that_is_not_there_and_gives_way_to_one_that_is() {
    use smpp_connector::ports::PolicySource as _;
    let bench = Bench::new();
    let file = bench.path("quirks.wasm");
    let settings = json!({ "message_id": { "submit_resp": "hex", "receipt": "decimal" } });
    let operator = bench.load(&file, settings).expect("the embedded plugin");
    let key = |raw, origin| operator.current().message_key(raw, origin).unwrap().unwrap();
    assert_eq!(key("39F99DD5", IdOrigin::SubmitResp), "972660181");
    assert_eq!(key("0972660181", IdOrigin::ReceiptText), "972660181");
    let embedded = operator.active().expect("a version").sha256.clone();
    assert_eq!(operator.active().unwrap().plugin, "quirks");
    // A file of that name is another version of the same plugin.
    bench.put("quirks.wasm", &super::stamped(QUIRKS, 7));
    bench.host.reload(&file).await.expect("a reload");
    let own = operator.active().expect("a version").sha256.clone();
    assert_ne!(own, embedded);
    std::fs::remove_file(&file).expect("the file");
    bench.host.reload(&file).await.expect("a reload");
    assert_eq!(operator.active().expect("a version").sha256, embedded);
}
