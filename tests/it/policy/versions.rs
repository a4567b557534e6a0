//! Plugins of other versions of the contract. Each that does not fit is refused with one sentence that names both versions
//! and the mend; each that fits runs.
//!
//! They are the hostile plugin with other names of the same length in it: what a toolchain of another version would write.

use super::{Bench, HOSTILE, no_settings, plugin};
use smpp_connector::policy::check;
use smpp_connector::ports::PolicySource;
use smpp_domain::policy::{EncodingAnswer, IdOrigin};

/// With this in the place of that, everywhere.
fn replaced(wasm: &[u8], that: &str, this: &str) -> Vec<u8> {
    assert_eq!(that.len(), this.len(), "{that} and {this}");
    let (that, this) = (that.as_bytes(), this.as_bytes());
    let mut changed = wasm.to_vec();
    let (mut at, mut found) = (0, 0);
    while let Some(next) = changed[at..]
        .windows(that.len())
        .position(|window| window == that)
    {
        at += next;
        changed[at..at + this.len()].copy_from_slice(this);
        at += this.len();
        found += 1;
    }
    assert!(found > 0, "{} is not there", String::from_utf8_lossy(that));
    changed
}

/// Under another manifest, which says less or is as long.
fn manifested(wasm: &[u8], contract: &str, needs: Option<&str>) -> Vec<u8> {
    let that = r#"{"name":"hostile","version":"0.1.0","sdk":"1.0.0","contract":"1.0.0","#;
    let needs = needs.map_or(String::new(), |needs| format!(r#""needs":"{needs}","#));
    let sdk = if needs.is_empty() { "1.1.0" } else { "1" };
    let this = format!(r#"{{"name":"h","version":"0","sdk":"{sdk}",{needs}"contract":"{contract}","#);
    replaced(wasm, that, &format!("{this:<length$}", length = that.len()))
}

fn built_for(version: &str, needs: Option<&str>) -> Vec<u8> {
    let names = replaced(plugin(HOSTILE), "@1.0.0", &format!("@{version}"));
    manifested(&names, version, needs)
}

fn refusal(wasm: &[u8]) -> String {
    let bench = Bench::new();
    let file = bench.put("candidate.wasm", wasm);
    match check(&file, &no_settings()) {
        Err(error) => error.in_words(),
        Ok(report) => panic!("admitted: {report:?}"),
    }
}

#[test]
fn what_does_not_fit_is_told_with_both_versions_and_the_mend() {
    let hostile = plugin(HOSTILE);
    let cases = [
        (
            "a newer minor version, by its manifest alone",
            manifested(hostile, "1.1.0", None),
            vec![
                "contract 1.1.0",
                "offers 1.0.0",
                "upgrade the host",
                "build the plugin again",
            ],
        ),
        (
            "a newer minor version",
            built_for("1.1.0", None),
            vec!["contract 1.1.0", "SDK 1.1.0", "offers 1.0.0", "upgrade the host"],
        ),
        (
            "one that says how much it needs, and that is too much",
            built_for("1.3.0", Some("1.2")),
            vec![
                "contract 1.3.0",
                "at least 1.2.0",
                "offers 1.0.0",
                "upgrade the host",
            ],
        ),
        (
            "a newer major version",
            built_for("2.0.0", None),
            vec![
                "contract 2.0.0",
                "SDK 1.1.0",
                "offers 1.0.0",
                "upgrade the host",
                "SDK for contract 1.0",
            ],
        ),
        (
            "a newer major version, by its manifest alone",
            manifested(hostile, "2.0.0", None),
            vec!["contract 2.0.0", "offers 1.0.0", "upgrade the host"],
        ),
        (
            "a draft",
            built_for("0.1.0", None),
            vec![
                "contract 0.1.0",
                "offers 1.0.0",
                "build it again with an SDK for contract 1.0",
            ],
        ),
        (
            "a function that this host lacks",
            replaced(&built_for("1.1.0", Some("1.0")), "\u{3}log", "\u{3}lag"),
            vec![
                "contract 1.1.0",
                "offers 1.0.0",
                "`lag` of `smpp:operator-policy/logging@1.1.0`",
                "Upgrade",
            ],
        ),
        (
            "a record of another shape",
            replaced(hostile, "replace-if-present", "replace-if-absents"),
            vec![
                "contract 1.0.0",
                "offers 1.0.0",
                "replace-if-present",
                "Build it again",
            ],
        ),
        (
            "a hook's record of another shape",
            replaced(hostile, "max-parts", "max-bytes"),
            vec![
                "contract 1.0.0",
                "offers 1.0.0",
                "`splitting`",
                "max-parts",
                "Build it again",
            ],
        ),
        (
            "a hook without its function",
            replaced(hostile, "interpret", "interprat"),
            vec![
                "contract 1.0.0",
                "offers 1.0.0",
                "`inbound`",
                "interpret",
                "Build it again",
            ],
        ),
    ];
    for (case, wasm, says) in cases {
        let refused = refusal(&wasm);
        println!("{case}: {refused}\n");
        assert!(!refused.contains('\n'), "{case}: {refused}");
        for word in says {
            assert!(refused.contains(word), "{case}: {word:?} is not in {refused:?}");
        }
    }
}

#[test]
fn what_needs_no_more_than_this_host_has_runs() {
    let bench = Bench::new();
    for (version, needs) in [("1.0.9", None), ("1.7.0", Some("1.0"))] {
        let file = bench.put("newer.wasm", &built_for(version, needs));
        let operator = bench
            .load(&file, no_settings())
            .unwrap_or_else(|error| panic!("{version}: {error}"));
        let policy = operator.current();
        assert_eq!(
            policy.encoding(&super::message("text")),
            Ok(EncodingAnswer::HostDefault)
        );
        let key = policy.message_key("ABC", IdOrigin::SubmitResp);
        assert_eq!(key, Ok(Some("abc".to_owned())), "{version}");
    }
}
