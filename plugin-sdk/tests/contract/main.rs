//! The published contract holds: `published/1.0.0` is what plugins out there were built with, and `wit` must stay what
//! they know.
#![cfg(test)]

mod items;
mod reference;
mod rules;
mod text;

use items::Items;
use text::Contract;

/// What was published, oldest first; a release adds one.
const PUBLISHED: [&str; 1] = ["1.0.0"];

#[test]
fn the_contract_is_what_was_published() {
    let now = Contract::now();
    for version in PUBLISHED {
        let before = Contract::published(version);
        assert_eq!(before.version(), version);
        let broken = rules::broken(&Items::of(&before), &Items::of(&now));
        assert!(
            broken.is_empty(),
            "plugin-sdk/wit no longer is contract {version}, for which plugins are in use. A change is a new function of an \
             imported interface, or a new interface, under a newer minor version; see plugin-sdk/published/README.md.\n{broken:#?}"
        );
    }
}

#[test]
fn worlds_of_the_published_contract_still_fit() {
    for version in PUBLISHED {
        let unfit = rules::unfit(&Contract::published(version), &Contract::now());
        assert!(unfit.is_empty(), "{version}: {unfit:#?}");
    }
}
