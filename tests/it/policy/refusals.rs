//! Files that are no plugin, or no whole one, are refused in words that name the thing.

use super::{Bench, HEADERS, HOSTILE, PAYLOAD, no_settings, plugin, stamped};
use smpp_connector::policy::check;

/// Ends of the top-level sections of a component, each with the section's id.
fn sections(wasm: &[u8]) -> Vec<(u8, usize)> {
    let (mut at, mut ends) = (8, Vec::new());
    while at < wasm.len() {
        let id = wasm[at];
        let (mut length, mut shift) = (0_usize, 0);
        loop {
            at += 1;
            length |= usize::from(wasm[at] & 0x7F) << shift;
            shift += 7;
            if wasm[at] & 0x80 == 0 {
                break;
            }
        }
        at += 1 + length;
        ends.push((id, at));
    }
    assert_eq!(at, wasm.len());
    ends
}

/// A component of one import or export of an empty instance type.
fn component(import: bool, name: &str) -> Vec<u8> {
    let mut wasm = b"\0asm\x0d\0\x01\0".to_vec();
    let length = u8::try_from(name.len()).unwrap();
    let (head, section, tail) = if import {
        // Type 0 is an instance type of nothing; the import is an instance of it.
        ([7, 3, 1, 0x42, 0], 10, vec![5, 0])
    } else {
        // Instance 0 is one of no exports; it is exported without a type of its own.
        ([5, 3, 1, 1, 0], 11, vec![5, 0, 0])
    };
    wasm.extend_from_slice(&head);
    wasm.extend_from_slice(&[
        section,
        3 + length + u8::try_from(tail.len()).unwrap(),
        1,
        0,
        length,
    ]);
    wasm.extend_from_slice(name.as_bytes());
    wasm.extend_from_slice(&tail);
    wasm
}

fn refusal(bench: &Bench, wasm: &[u8]) -> String {
    let file = bench.put("candidate.wasm", wasm);
    match check(&file, &no_settings()) {
        Err(error) => error.in_words(),
        Ok(report) => panic!("admitted: {report:?}"),
    }
}

#[test]
fn the_plugins_of_this_repository_are_admitted() {
    let bench = Bench::new();
    for name in [PAYLOAD, HEADERS, HOSTILE] {
        let file = bench.put("plugin.wasm", plugin(name));
        let report = check(&file, &no_settings()).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(
            !report.hooks.is_empty() && report.sha256.len() == 64,
            "{report:?}"
        );
    }
}

#[test]
fn a_component_cut_at_a_sections_end_is_refused() {
    let bench = Bench::new();
    for name in [PAYLOAD, HOSTILE] {
        let wasm = plugin(name);
        let sections = sections(wasm);
        assert!(sections.len() > 10, "{sections:?}");
        // Custom sections at the end carry names for debuggers: without them the component is still all there.
        let needed = sections.iter().rposition(|(id, _)| *id != 0).unwrap();
        for (index, (_, end)) in sections.iter().enumerate().take(needed) {
            let refused = refusal(&bench, &wasm[..*end]);
            assert!(!refused.is_empty(), "section {index} of {}", sections.len());
        }
    }
}

#[test]
fn a_truncated_file_is_refused() {
    let bench = Bench::new();
    let wasm = plugin(PAYLOAD);
    for length in [0, 1, 7, 9, wasm.len() / 2, wasm.len() - 1] {
        let refused = refusal(&bench, &wasm[..length]);
        assert!(
            refused.contains("not a whole WASM component"),
            "{length}: {refused}"
        );
    }
}

#[test]
fn what_is_no_policy_plugin_is_named() {
    let bench = Bench::new();
    for (wasm, says) in [
        (
            b"\0asm\x01\0\0\0".to_vec(),
            vec!["core WASM module", "plugin build"],
        ),
        (b"#!/bin/sh\n".to_vec(), vec!["not a whole WASM component"]),
        (
            component(true, "wasi:cli/environment@0.2.6"),
            vec!["wasi:cli/environment@0.2.6", "wasm32-unknown-unknown"],
        ),
        (
            component(true, "acme:vault/secrets@1.0.0"),
            vec!["acme:vault/secrets@1.0.0", "call-context"],
        ),
        (
            component(true, "smpp:operator-policy/clock@1.0.0"),
            vec!["clock@1.0.0", "1.0.0"],
        ),
        (
            component(false, "acme:thing/greet@1.0.0"),
            vec!["acme:thing/greet@1.0.0", "submit-result"],
        ),
        (
            component(false, "smpp:operator-policy/inbound@2.0.0"),
            vec!["inbound@2.0.0", "1.0.0"],
        ),
        (
            component(false, "smpp:operator-policy/inbound@1.0.0"),
            vec!["manifest", "plugin build"],
        ),
    ] {
        let refused = refusal(&bench, &wasm);
        for word in says {
            assert!(refused.contains(word), "{word:?} is not in {refused:?}");
        }
    }
}

#[test]
fn a_manifest_that_names_other_hooks_is_refused() {
    let bench = Bench::new();
    let wasm = plugin(PAYLOAD);
    let (from, to) = (b"\"splitting\"", b"\"submit\"   ");
    let find = |what: &[u8], from: usize| {
        let at = wasm[from..].windows(what.len()).position(|window| window == what);
        from + at.expect("a manifest in JSON")
    };
    let at = find(from, find(b"smpp-plugin-manifest", 0));
    let mut changed = wasm.to_vec();
    changed[at..at + to.len()].copy_from_slice(to);
    let refused = refusal(&bench, &changed);
    assert!(
        refused.contains("[encoding, settings, splitting]") && refused.contains("submit"),
        "{refused}"
    );
}

#[test]
fn a_pinned_digest_holds() {
    let bench = Bench::new();
    let file = bench.put("latin1.wasm", plugin(PAYLOAD));
    let sha256 = check(&file, &no_settings()).unwrap().sha256;
    let pinned = |pin: String| {
        let config = super::config(&file, no_settings());
        bench
            .host
            .load_operator(smpp_connector::policy::OperatorPolicyConfig {
                sha256_pin: Some(pin),
                ..config
            })
    };
    pinned(sha256.to_uppercase()).expect("the pinned content");
    bench.put("latin1.wasm", &stamped(plugin(PAYLOAD), 1));
    let refused = pinned(sha256.clone()).expect_err("another content").to_string();
    assert!(refused.contains(&sha256), "{refused}");
}

#[test]
fn a_missing_file_is_named() {
    let bench = Bench::new();
    let refused = bench
        .load(&bench.path("nowhere.wasm"), no_settings())
        .expect_err("no file");
    assert!(refused.in_words().contains("nowhere.wasm"), "{refused}");
}
