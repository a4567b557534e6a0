//! What may change between two versions, and tests that show that each rule can be broken.

use crate::items::Items;
use crate::text::Contract;
use wit_component::semver_check;
use wit_parser::Resolve;

/// Everything that plugins built for `before` would trip over in `now`.
pub(crate) fn broken(before: &Items, now: &Items) -> Vec<String> {
    let mut broken = Vec::new();
    if now.version.0 != before.version.0 {
        return broken;
    }
    for (path, was) in &before.all {
        match now.all.get(path) {
            None => broken.push(format!("{path} is gone; it was {was}")),
            Some(is) if is != was => broken.push(format!("{path} was {was} and is {is}")),
            Some(_) => {}
        }
    }
    let newer = now.version > before.version;
    for path in now.all.keys().filter(|path| !before.all.contains_key(*path)) {
        let interface = path.split('.').next().unwrap_or(path);
        if !newer {
            broken.push(format!("{path} is new, and the version is the same"));
        } else if before.exported.iter().any(|exported| exported == interface) {
            broken.push(format!(
                "{path} is new in an interface that plugins export: those that are out there have it not"
            ));
        }
    }
    broken
}

/// The worlds for which a host of `now` would not do.
pub(crate) fn unfit(before: &Contract, now: &Contract) -> Vec<String> {
    let mut resolve = Resolve::new();
    // Two packages of one name and version cannot be told apart; the check looks at no versions.
    let old = before.clone().renumbered("0.1.0").push(&mut resolve);
    let new = now.push(&mut resolve);
    let worlds: Vec<_> = resolve.packages[old].worlds.keys().cloned().collect();
    assert!(worlds.len() > 8, "{worlds:?}");
    worlds
        .into_iter()
        .filter(|world| world != "operator-policy")
        .filter_map(|world| {
            let id = |package: wit_parser::PackageId| resolve.packages[package].worlds.get(&world);
            let (Some(old), Some(new)) = (id(old), id(new)) else {
                return Some(format!("the world {world} is gone"));
            };
            let fits = semver_check(resolve.clone(), *old, *new);
            fits.err().map(|error| format!("{world}: {error:#}"))
        })
        .collect()
}

const TABLE: &str = "gsm7-septets: func(text: string) -> option<u32>;";
const CHOOSE: &str = "choose: func(message: outbound-message) -> result<answer, fault>;";

/// A change, under the same and under a newer minor version: whether it breaks nothing.
type Change = (&'static str, &'static str, &'static str, [bool; 2]);

const CHANGES: [Change; 10] = [
    (
        "a comment",
        TABLE,
        "/// Told.\n  gsm7-septets: func(text: string) -> option<u32>;",
        [true, true],
    ),
    (
        "a field",
        "max-parts: option<u8>,",
        "max-parts: option<u8>, min-parts: option<u8>,",
        [false, false],
    ),
    (
        "a field's type",
        "max-parts: option<u8>,",
        "max-parts: option<u16>,",
        [false, false],
    ),
    (
        "two fields turned round",
        "header: list<u8>,\n    octets: list<u8>,",
        "octets: list<u8>,\n    header: list<u8>,",
        [false, false],
    ),
    (
        "a case",
        "enum message-type { sms, flash }",
        "enum message-type { sms, flash, silent }",
        [false, false],
    ),
    (
        "a parameter's name",
        "classify: func(response: response)",
        "classify: func(answer: response)",
        [false, false],
    ),
    (
        "an imported function",
        TABLE,
        "gsm7-septets: func(text: string) -> option<u32>;\n  ascii: func(text: string) -> bool;",
        [false, true],
    ),
    (
        "an exported function",
        CHOOSE,
        "choose: func(message: outbound-message) -> result<answer, fault>;\n  again: func();",
        [false, false],
    ),
    ("a function that is gone", TABLE, "", [false, false]),
    (
        "an interface",
        "/// What every plugin may import.",
        "interface clock { now: func() -> u64; }\n\n/// What every plugin may import.",
        [false, true],
    ),
];

#[test]
fn each_rule_can_be_broken() {
    let before = Contract::published("1.0.0");
    let items = Items::of(&before);
    for (change, that, this, allowed) in CHANGES {
        for (version, allowed) in ["1.0.0", "1.1.0"].into_iter().zip(allowed) {
            let now = before.clone().with(that, this).renumbered(version);
            let found = broken(&items, &Items::of(&now));
            assert_eq!(found.is_empty(), allowed, "{change} under {version}: {found:?}");
        }
    }
    let major = before.with(TABLE, "").renumbered("2.0.0");
    assert!(
        broken(&items, &Items::of(&major)).is_empty(),
        "a major version begins anew"
    );
}

#[test]
fn worlds_that_no_longer_fit_are_named() {
    let before = Contract::published("1.0.0");
    assert_eq!(unfit(&before, &before), Vec::<String>::new());
    for (that, this, world) in [
        (TABLE, "", "imports"),
        (
            "max-parts: option<u8>,",
            "max-parts: option<u16>,",
            "splitting-hook",
        ),
        (
            CHOOSE,
            "choose: func() -> result<answer, fault>;",
            "encoding-hook",
        ),
        (
            "sm-default-msg-id: u8,\n    short-message: list<u8>,\n    tlvs: list<tlv>,\n  }\n\n  /// The parameters of a deliver_sm",
            "short-message: list<u8>,\n    tlvs: list<tlv>,\n  }\n\n  /// The parameters of a deliver_sm",
            "submit-hook",
        ),
    ] {
        let found = unfit(&before, &before.clone().with(that, this));
        assert!(
            found.iter().any(|unfit| unfit.starts_with(world)),
            "{world}: {found:?}"
        );
    }
}
