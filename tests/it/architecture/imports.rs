//! Which module of the gateway may import which, and where each library is allowed.

use super::{code, name, root, rust_files, text};
use std::collections::{BTreeMap, BTreeSet};

/// The edges of the map in `host/ARCHITECTURE.md`. `app` may name everything.
const MAY_IMPORT: [(&str, &[&str]); 22] = [
    ("main", &["cli"]),
    (
        "cli",
        &[
            "app",
            "clock",
            "config",
            "errors",
            "lifecycle",
            "policy",
            "ports",
            "telemetry",
        ],
    ),
    ("pipeline", &["clock", "config", "errors", "metrics", "ports"]),
    // Asks the pipeline what it would do.
    ("preview", &["clock", "config", "pipeline", "ports"]),
    // Adapters: none imports another one.
    ("http", &["config", "errors", "metrics", "ports"]),
    ("smpp", &["clock", "config", "errors", "metrics", "ports"]),
    ("policy", &["clock", "ports"]),
    ("recordings", &["clock", "ports"]),
    ("traces", &["config", "metrics", "ports"]),
    ("limiter", &["clock", "config", "errors", "ports", "servers"]),
    ("seen", &["clock", "ports", "servers"]),
    ("slots", &["clock", "config", "errors", "ports", "servers"]),
    ("store", &["clock", "config", "errors", "ports"]),
    // The embedded backends are one family on one SQLite file with one writer.
    (
        "events",
        &["clock", "config", "errors", "ports", "servers", "store"],
    ),
    (
        "intake",
        &["clock", "config", "errors", "ports", "servers", "store"],
    ),
    // Connections to the servers that several adapters share.
    ("servers", &["clock", "config", "errors", "ports"]),
    // The age of the oldest command is counted when it is asked for.
    ("metrics", &["clock"]),
    // Leaves.
    ("ports", &[]),
    ("config", &[]),
    ("clock", &[]),
    ("errors", &[]),
    ("telemetry", &[]),
];

#[test]
fn imports_follow_the_map() {
    let files = host_files();
    let modules: BTreeSet<_> = files.iter().map(|(module, _, _)| module.clone()).collect();
    let known = MAY_IMPORT.iter().map(|(module, _)| *module);
    let known: BTreeSet<_> = known.chain(["app", "lib", "lifecycle"]).collect();
    let unknown: Vec<_> = modules.iter().filter(|m| !known.contains(m.as_str())).collect();
    assert!(unknown.is_empty(), "say here what {unknown:?} may import");

    let mut seen = BTreeSet::new();
    let mut wrong = Vec::new();
    for (module, path, code) in &files {
        let depth = path.strip_prefix("host/src/").unwrap_or(path).split('/').count();
        for target in imported(code, depth, &modules) {
            if target == *module || module == "app" {
                continue;
            }
            let allowed = MAY_IMPORT.iter().find(|(from, _)| from == module);
            if !allowed.is_some_and(|(_, to)| to.contains(&target.as_str())) {
                wrong.push(format!("{path}: {module} -> {target}"));
            }
            seen.insert((module.clone(), target));
        }
    }
    assert!(wrong.is_empty(), "new edges: {wrong:#?}");
    assert!(
        seen.contains(&("pipeline".to_owned(), "ports".to_owned())),
        "{seen:?}"
    );
    assert!(seen.contains(&("main".to_owned(), "cli".to_owned())), "{seen:?}");
}

/// Libraries that one part of the gateway has to itself.
const AT_HOME: [(&str, &[&str]); 23] = [
    ("async_nats", &["servers", "intake", "events"]),
    ("redis", &["servers", "limiter", "seen", "slots"]),
    ("wasmtime", &["policy"]),
    ("wasmparser", &["policy"]),
    ("wit_component", &["policy"]),
    ("notify", &["policy"]),
    ("sqlx", &["store", "intake", "events"]),
    ("axum", &["http"]),
    ("smpp_codec", &["smpp", "preview"]),
    ("socket2", &["smpp"]),
    ("tokio_rustls", &["smpp", "errors"]),
    ("rustls_native_certs", &["smpp"]),
    ("prometheus_client", &["metrics"]),
    ("smsc_sim", &["cli"]),
    ("ureq", &["cli", "traces"]),
    ("opentelemetry", &["traces"]),
    ("opentelemetry_sdk", &["traces"]),
    ("opentelemetry_otlp", &["traces"]),
    ("opentelemetry_http", &["traces"]),
    ("indicatif", &["cli"]),
    ("clap_complete", &["cli"]),
    ("clap_mangen", &["cli"]),
    ("tracing_subscriber", &["telemetry"]),
];

#[test]
fn libraries_stay_behind_their_adapters() {
    let mut wrong = Vec::new();
    let mut used = BTreeSet::new();
    for (module, path, code) in host_files() {
        for (library, homes) in AT_HOME {
            if !names(&code, library) {
                continue;
            }
            used.insert(library);
            if !homes.contains(&module.as_str()) {
                wrong.push(format!("{path} uses {library}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!(used.len(), AT_HOME.len(), "some are gone: {used:?}");
}

/// Every file of the gateway: its top-level module, its path, and its code.
fn host_files() -> Vec<(String, String, String)> {
    let source = root().join("host/src");
    rust_files("host/src")
        .into_iter()
        .map(|file| {
            let inside = file.strip_prefix(&source).expect("a file of the gateway");
            let first = inside.iter().next().expect("a name").to_string_lossy();
            let module = first.strip_suffix(".rs").unwrap_or(&first).to_owned();
            (module, name(&file), code(&text(&file)))
        })
        .collect()
}

/// The top-level modules that a file names. `depth` is that of the file below the crate's root.
fn imported(code: &str, depth: usize, modules: &BTreeSet<String>) -> BTreeSet<String> {
    let compact: String = code
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .replace(":: ", "::");
    let climb = "super::".repeat(depth);
    let mut found = BTreeSet::new();
    for prefix in ["crate::", "smpp_connector::", climb.as_str()] {
        for (at, _) in compact.match_indices(prefix) {
            let part_of_a_name = |c: char| c.is_alphanumeric() || c == '_';
            if compact[..at].ends_with(part_of_a_name) || compact[..at].ends_with("super::") {
                continue;
            }
            let targets = first_names(&compact[at + prefix.len()..]);
            found.extend(targets.into_iter().filter(|target| modules.contains(target)));
        }
    }
    found
}

/// `a::b` gives `a`; `{a::b, c::{d, e}}` gives `a` and `c`.
fn first_names(path: &str) -> Vec<String> {
    let name = |text: &str| -> String {
        let end = text.find(|c: char| !(c.is_alphanumeric() || c == '_'));
        text[..end.unwrap_or(text.len())].to_owned()
    };
    let Some(group) = path.strip_prefix('{') else {
        return vec![name(path)];
    };
    let (mut depth, mut start, mut names) = (0, 0, Vec::new());
    for (at, character) in group.char_indices() {
        match character {
            '{' => depth += 1,
            ',' | '}' if depth == 0 => {
                names.push(name(group[start..at].trim()));
                start = at + 1;
                if character == '}' {
                    break;
                }
            }
            '}' => depth -= 1,
            _ => {}
        }
    }
    names
}

/// Whether the code has a path that begins with this crate.
fn names(code: &str, library: &str) -> bool {
    let path = format!("{library}::");
    code.match_indices(&path).any(|(at, _)| {
        let before = code[..at].chars().next_back().unwrap_or(' ');
        !(before.is_alphanumeric() || before == '_' || before == ':')
    })
}

#[test]
fn every_way_to_write_an_import_is_seen() {
    let modules: BTreeSet<_> = ["a", "b", "c", "d", "e"].map(str::to_owned).into();
    let seen = |code, depth| -> Vec<String> { imported(code, depth, &modules).into_iter().collect() };
    assert_eq!(seen("use crate::a::X;", 1), ["a"]);
    assert_eq!(seen("use crate::{a::{d, e}, b,\n    c::X};", 1), ["a", "b", "c"]);
    assert_eq!(seen("fn f(x: crate::b::X) { crate::c::y() }", 2), ["b", "c"]);
    assert_eq!(seen("use super::super::d::X; use super::e;", 2), ["d"]);
    assert_eq!(seen("use smpp_connector::a; my_crate::b::x()", 1), ["a"]);
    let places: BTreeMap<_, _> = [
        ("x sqlx::query()", true),
        ("my_sqlx::q", false),
        ("a::sqlx::b", false),
    ]
    .into();
    for (code, expected) in places {
        assert_eq!(names(code, "sqlx"), expected, "{code}");
    }
}
