use super::*;

fn version(text: &str) -> Version {
    Version::parse(text).unwrap()
}

fn manifest(contract: &str, needs: Option<&str>) -> Manifest {
    Manifest {
        name: "acme".to_owned(),
        version: "1.2.3".to_owned(),
        sdk: "1.3.0".to_owned(),
        contract: contract.to_owned(),
        needs: needs.map(str::to_owned),
        hooks: Vec::new(),
        unknown_hooks: Vec::new(),
        counters: Vec::new(),
    }
}

#[test]
fn versions_are_read_with_and_without_their_package() {
    assert_eq!(version("1.2.3").to_string(), "1.2.3");
    assert_eq!(version("smpp:operator-policy@1.2").to_string(), "1.2.0");
    for wrong in [
        "",
        "1",
        "1.x.0",
        "1.0.0-rc1",
        "1.0.0+3",
        "1.0.0.0",
        "+1.0.0",
        "1..0",
    ] {
        assert_eq!(Version::parse(wrong), None, "{wrong:?}");
    }
}

/// What a host of `offers` says to a plugin: the words of its refusal, or nothing.
#[test]
fn each_version_meets_each_host_with_one_sentence() {
    let newer = "upgrade the host to a release with contract";
    let older = "build it again with an SDK for contract";
    for (built, needs, offers, says) in [
        ("1.0.0", None, "1.0.0", &[][..]),
        ("1.0.0", None, "1.4.0", &[]),
        ("1.0.7", None, "1.0.0", &[]),
        ("smpp:operator-policy@1.0.0", None, "1.0.0", &[]),
        ("1.1.0", None, "1.1.0", &[]),
        (
            "1.1.0",
            None,
            "1.0.0",
            &["built for contract 1.1.0", "SDK 1.3.0", "offers 1.0.0", newer],
        ),
        ("1.1.0", Some("1.0"), "1.0.0", &[]),
        (
            "1.3.0",
            Some("1.2"),
            "1.1.0",
            &["contract 1.3.0", "at least 1.2.0", "offers 1.1.0", newer],
        ),
        (
            "2.0.0",
            None,
            "1.0.0",
            &["contract 2.0.0", "offers 1.0.0", "contract 2.0, or build", newer],
        ),
        ("2.0.0", Some("1.0"), "1.0.0", &["contract 2.0.0", "offers 1.0.0"]),
        ("0.1.0", None, "1.0.0", &["contract 0.1.0", "offers 1.0.0", older]),
        ("1.0.0", None, "2.0.0", &["contract 1.0.0", "offers 2.0.0", older]),
        (
            "1.0.0-rc1",
            None,
            "1.0.0",
            &["1.0.0-rc1", "no version", "offers 1.0.0", older],
        ),
        (
            "1.1.0",
            Some("old"),
            "1.0.0",
            &["`old`", "no version", "offers 1.0.0"],
        ),
    ] {
        let judged = check_against(&manifest(built, needs), version(offers));
        let case = format!("{built} (needs {needs:?}) on {offers}");
        match judged {
            Ok(()) => assert!(says.is_empty(), "{case} is taken"),
            Err(error) => {
                let text = error.to_string();
                assert!(!says.is_empty(), "{case}: {text}");
                assert!(!text.contains('\n'), "{text}");
                for word in says {
                    assert!(text.contains(word), "{case}: {word:?} is not in {text:?}");
                }
            }
        }
    }
}

#[test]
fn a_hook_of_a_newer_contract_is_left_alone_if_the_plugin_can_do_without() {
    let mut newer = manifest("1.1.0", Some("1.0"));
    newer.unknown_hooks = vec!["session".to_owned()];
    assert!(check_against(&newer, version("1.0.0")).is_ok());
    let mut lie = manifest("1.0.0", None);
    lie.unknown_hooks = vec!["session".to_owned()];
    let text = check_against(&lie, version("1.0.0")).unwrap_err().to_string();
    assert!(text.contains("unknown hook `session`"), "{text}");
}

#[test]
fn a_linkers_words_are_shortened_to_the_function() {
    let reason = "component imports instance `smpp:operator-policy/logging@1.1.0`, but a matching implementation was not found in the linker: instance export `flush` has the wrong type: function implementation is missing";
    let text = unlinked(&manifest("1.1.0", Some("1.0")), reason).to_string();
    for word in [
        "1.1.0",
        "1.0.0",
        "`flush` of `smpp:operator-policy/logging@1.1.0`",
    ] {
        assert!(text.contains(word), "{text}");
    }
    let text = unlinked(&manifest("1.1.0", None), "out of luck").to_string();
    assert!(text.contains("out of luck"), "{text}");
}
