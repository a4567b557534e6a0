//! The reference: as the code says, of every key, with the defaults that are.

use super::example::document;
use crate::config::effective::Origin;
use crate::config::problem::Problems;
use crate::config::reference::{GROUPS, Key, Place, markdown};
use crate::config::section::Section;
use crate::config::{Config, HostConfig, OperatorConfig};
use std::collections::BTreeSet;
use std::path::Path;

/// A host's file with every table.
const HOST: &str = "
http = {}
recordings = {}
traces = { otlp = \"http://127.0.0.1:4318\", headers = { a = \"b\" } }
nats = { url = \"nats://127.0.0.1:4222\" }
postgres = { url = \"postgres://a@b/c\" }
redis = { url = \"redis://127.0.0.1\" }
";

/// An operator's file with every table.
const OPERATOR: &str = "
operator_id = \"6f1c1a2e-7a54-4c07-9d0e-3b7a1d1c0001\"
tps_limit = 1
statuses = {}
alphabets = { mine = { base = \"gsm7\" } }
source = { rule = [{}] }
destination = { rule = [{}] }
splitting = {}
policy = { limits = {}, budget = {} }
[submit]
tlv = [{ tag = 0x1400, text = \"a\", nul = true }, { tag = 0x1401, hex = \"00\" }, { tag = 0x1402, number = 1, octets = 1 }]
[[session]]
host = \"h\"
port = 1
system_id = \"s\"
tls = {}
[[session]]
system_id = \"s\"
outbind = { listen = \"127.0.0.1:1\", system_id = \"s\" }
";

#[test]
fn the_document_is_as_the_code_says() {
    assert!(
        document("docs/configuration.md") == markdown(),
        "write it anew: cargo run -- config --reference > docs/configuration.md"
    );
}

#[test]
fn every_key_that_is_read_is_described_and_no_other() {
    let mut problems = Problems::default();
    let host = Section::parse(Path::new("host.toml"), HOST, &mut problems).unwrap();
    let seen_host = host.seen();
    let host = HostConfig::read(host, Path::new(""), &mut problems);
    let file = Path::new("acme.toml");
    let operator = Section::parse(file, OPERATOR, &mut problems).unwrap();
    let seen_operator = operator.seen();
    OperatorConfig::read(operator, file, &host, &mut problems);
    assert!(problems.is_empty(), "{problems}");

    let read: BTreeSet<_> = [seen_host.keys(), seen_operator.keys()]
        .concat()
        .iter()
        .map(|key| described(key))
        .collect();
    let known: BTreeSet<_> = GROUPS
        .iter()
        .flat_map(|group| group.keys)
        .map(|key| key.name.to_owned())
        .collect();
    // Tables are told by their keys.
    let is_table = |key: &&String| {
        let below = format!("{key}.");
        key.as_str() == "session" || known.iter().any(|known| known.starts_with(&below))
    };
    let missing: Vec<_> = read.difference(&known).filter(|key| !is_table(key)).collect();
    assert!(
        missing.is_empty(),
        "not in host/src/config/reference: {missing:?}"
    );
    let gone: Vec<_> = known
        .difference(&read)
        .filter(|key| !key.contains(".NAME."))
        .collect();
    assert!(gone.is_empty(), "nobody reads {gone:?}");
}

/// `session[0].tls.ca` is described as `tls.ca`, `source.rule[3].ton` as `source.rule.ton`.
fn described(key: &str) -> String {
    let mut plain = String::new();
    for piece in key.split('[') {
        plain.push_str(piece.split_once(']').map_or(piece, |(_, rest)| rest));
    }
    let plain = plain.strip_prefix("session.").unwrap_or(&plain).to_owned();
    match plain.strip_prefix("alphabets.mine.") {
        Some(rest) => format!("alphabets.NAME.{rest}"),
        None => plain,
    }
}

/// The default as TOML, where it is no words.
fn literal(key: &Key) -> Option<&'static str> {
    let value = key.default.strip_prefix('`')?.strip_suffix('`')?;
    let whole = !value.contains('`') && format!("a = {value}").parse::<toml::Table>().is_ok();
    // Limits that nobody has asked for are those of the policy host and of the split.
    let below = [
        ".rule.",
        ".tlv.",
        ".NAME.",
        ".limits.",
        ".max_parts",
        ".payload_max_octets",
        ".payload_fallback",
    ];
    (whole && !below.iter().any(|part| key.name.contains(part))).then_some(value)
}

#[test]
fn the_defaults_are_those_that_are_described() {
    let read = |host: &str, top: &str, session: &str| {
        let operator = format!(
            "operator_id = \"6f1c1a2e-7a54-4c07-9d0e-3b7a1d1c0001\"\ntps_limit = 1\n{top}\n[[session]]\nhost = \"h\"\nport = 1\nsystem_id = \"s\"\n{session}"
        );
        let (dir, file) = super::files(&operator);
        std::fs::write(&file, host).unwrap();
        let config =
            Config::load(Some(&file)).unwrap_or_else(|problems| panic!("{host}{top}{session}: {problems}"));
        let folder = dir.path().display().to_string();
        let plain = |config: &dyn std::fmt::Debug| format!("{config:?}").replace(&folder, "");
        (plain(&config.host), plain(&config.operators))
    };
    let mut looked_at = 0;
    for group in GROUPS {
        for key in group.keys {
            let Some(value) = literal(key) else { continue };
            let line = format!("{} = {value}\n", key.name);
            // What its table needs.
            let table = key.name.split('.').next().unwrap();
            let needed = match (group.place, table) {
                (Place::Host, "nats" | "postgres" | "redis") => format!("{table}.url = \"{table}://h/d\"\n"),
                (Place::Host, "traces") => "traces.otlp = \"http://127.0.0.1:4318\"\n".to_owned(),
                _ if key.name == "submit.utc_offset" => "submit.validity = \"absolute\"\n".to_owned(),
                _ => String::new(),
            };
            let needed = if line.starts_with(&needed) {
                String::new()
            } else {
                needed
            };
            let with = match group.place {
                Place::Host => read(&format!("{needed}{line}"), "", ""),
                Place::Operator => read("", &format!("{needed}{line}"), ""),
                Place::Session => read("", "", &line),
            };
            let without = match group.place {
                Place::Host => read(&needed, "", ""),
                Place::Operator | Place::Session => read("", &needed, ""),
            };
            assert!(with == without, "{line}is not the default");
            looked_at += 1;
        }
    }
    assert!(looked_at > 60, "{looked_at}");
}

#[test]
fn what_is_in_force_tells_where_it_comes_from_and_no_secret() {
    let operator = "operator_id = \"6f1c1a2e-7a54-4c07-9d0e-3b7a1d1c0001\"
tps_limit = 7
statuses = { 0x401 = \"retry\" }
[policy]
settings = { message_id = { receipt = \"decimal\" } }
[[session]]
host = \"h\"
port = 1
system_id = \"s\"
password = \"geheim\"
[[session]]
host = \"backup\"
port = 2
system_id = \"s\"
password = { file = \"pass\" }
is_primary = false
";
    let (dir, host) = super::files(operator);
    std::fs::write(dir.path().join("operators/pass"), "geheim").unwrap();
    std::fs::write(
        &host,
        "redis.url = \"redis://:geheim@127.0.0.1\"\nhttp.token = { env = \"PATH\" }\n",
    )
    .unwrap();
    let config = Config::load(Some(&host)).unwrap();
    let json = serde_json::to_string(&config.effective).unwrap();
    assert!(!json.contains("geheim"), "{json}");
    assert!(!json.contains(&std::env::var("PATH").unwrap()), "{json}");
    let [of_host, acme] = config.effective.files.as_slice() else {
        panic!("{json}");
    };
    let get = |file: &crate::config::FileSettings, key: &str| {
        let found = file.settings.iter().find(|setting| setting.key == key);
        let found = found.unwrap_or_else(|| panic!("no {key} in {json}"));
        (found.value.clone(), found.origin.clone())
    };
    let text = |text: &str| Some(text.to_owned());
    assert_eq!(get(of_host, "lease"), (text("\"10s\""), Origin::Default));
    assert_eq!(get(of_host, "http.token"), (None, Origin::Env("PATH".to_owned())));
    assert_eq!(get(of_host, "redis.url"), (None, Origin::File));
    assert_eq!(
        get(of_host, "nats.url"),
        (text("embedded queue and events"), Origin::Default)
    );
    assert!(
        !of_host
            .settings
            .iter()
            .any(|setting| setting.key == "nats.prefix")
    );
    assert_eq!(get(acme, "tps_limit"), (text("7"), Origin::File));
    assert_eq!(get(acme, "session[0].password"), (None, Origin::File));
    assert_eq!(
        get(acme, "session[1].password"),
        (None, Origin::SecretFile("pass".to_owned()))
    );
    assert_eq!(get(acme, "session[1].window"), (text("10"), Origin::Default));
    assert_eq!(get(acme, "statuses.0x401").1, Origin::File);
    assert!(get(acme, "policy.settings").0.unwrap().contains("decimal"));
}
