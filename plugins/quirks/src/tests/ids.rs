//! Pairs of ids as one operator wrote them in two places.

use super::*;
use serde_json::json;
use smpp_plugin_sdk::MessageIds;
use smpp_plugin_sdk::message_ids::Origin;

fn key(raw: &str, origin: Origin) -> String {
    // The host's own rule, where the plugin has no opinion.
    let own = || raw.trim_end_matches(['\0', ' ']).to_owned();
    Quirks::normalise(raw, origin).unwrap().unwrap_or_else(own)
}

#[test]
fn pairs_seen_at_operators_share_a_key() {
    let pairs = include_str!("ids.golden");
    let mut seen = 0;
    for line in pairs
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
    {
        let [resp, text, tlv, settings] = line.split(" | ").map(str::trim).collect::<Vec<_>>()[..] else {
            panic!("{line}");
        };
        let settings: Value = serde_json::from_str(settings).expect(line);
        let _call = with(&json!({ "message_id": settings }));
        let expected = key(resp, Origin::SubmitResp);
        assert_eq!(key(&format!("{resp}\0"), Origin::SubmitResp), expected, "{line}");
        for (id, origin) in [(text, Origin::ReceiptText), (tlv, Origin::ReceiptTlv)] {
            if id != "-" {
                assert_eq!(key(id, origin), expected, "{line}");
            }
        }
        seen += 1;
    }
    assert!(seen >= 20, "{seen} pairs");
}

#[test]
fn ids_that_differ_keep_different_keys() {
    for (settings, one, other) in [
        (json!({ "submit_resp": "hex" }), "10", "16"),
        (json!({ "submit_resp": "any-case" }), "0ab", "ab"),
        (json!({ "submit_resp": "no-leading-zeros" }), "10", "1"),
        // Zeros of a UUID count.
        (
            json!({ "submit_resp": "no-leading-zeros" }),
            "0e999f21-0000-4000-8000-000000000001",
            "e999f21-0000-4000-8000-000000000001",
        ),
        // What is nothing but a prefix is no empty key.
        (json!({ "submit_resp": { "cut_prefix": "AB" } }), "AB", "ABC"),
    ] {
        let _call = with(&json!({ "message_id": settings }));
        assert_ne!(
            key(one, Origin::SubmitResp),
            key(other, Origin::SubmitResp),
            "{settings}"
        );
        assert!(!key(one, Origin::SubmitResp).is_empty());
    }
}

#[test]
fn what_is_not_in_its_form_stays_as_it_is() {
    let _call = with(&json!({ "message_id": { "submit_resp": "hex", "receipt": "decimal" } }));
    for (raw, origin) in [
        ("", Origin::SubmitResp),
        ("+10", Origin::SubmitResp),
        ("-1", Origin::ReceiptText),
        ("12 34", Origin::ReceiptText),
        ("39F99DD5", Origin::ReceiptText),
        ("1101C1-C9D03D-F000", Origin::SubmitResp),
    ] {
        assert_eq!(Quirks::normalise(raw, origin), Ok(None), "{raw}");
    }
}

#[test]
fn without_settings_there_is_no_opinion() {
    let _call = with(&json!({}));
    assert_eq!(Quirks::normalise("39f99dd5", Origin::SubmitResp), Ok(None));
}
