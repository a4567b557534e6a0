//! Versions of the contract: what goes together, and one sentence for what does not.
//!
//! A plugin built for 1.y runs on every host that offers 1.z. Where y is above z it runs only if its manifest says that it
//! needs no more than 1.z (`needs`): a plugin may be built with a newer SDK without using what is new in it. Nobody but its
//! author can know that, so without the word it is refused, before anything of it is compiled.

use super::bindings::VERSION;
use super::error::LoadError;
use super::manifest::{Manifest, ManifestError};
use std::fmt;

/// A version of the contract. There are no pre-releases of it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Version {
    major: u32,
    minor: u32,
    patch: u32,
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

impl Version {
    /// Reads `1.2.3`, `1.2`, or either behind a package's name and an `@`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let text = text.rsplit_once('@').map_or(text, |(_, version)| version);
        let mut numbers = text.split('.').map(|number| {
            let digits = !number.is_empty() && number.bytes().all(|octet| octet.is_ascii_digit());
            digits.then(|| number.parse::<u32>().ok()).flatten()
        });
        let (major, minor) = (numbers.next()??, numbers.next()??);
        let patch = numbers.next().unwrap_or(Some(0))?;
        numbers.next().is_none().then_some(Self { major, minor, patch })
    }

    fn series(self) -> String {
        format!("{}.{}", self.major, self.minor)
    }
}

/// What a host offers: this one, or another in tests.
pub(super) fn offered() -> Version {
    Version::parse(VERSION).unwrap_or(Version {
        major: 1,
        minor: 0,
        patch: 0,
    })
}

/// Whether an interface of this version is one of ours, as far as its number tells. Its minor number says nothing: a host
/// of 1.0 has the functions that 1.1 has not changed.
pub(super) fn is_ours(version: &str) -> bool {
    Version::parse(version).is_some_and(|version| version.major == offered().major)
}

/// Whether this host has what the plugin needs.
pub(super) fn check(manifest: &Manifest) -> Result<(), LoadError> {
    check_against(manifest, offered())
}

fn check_against(manifest: &Manifest, offers: Version) -> Result<(), LoadError> {
    let refused = |needs: String, mend: String| {
        Err(LoadError::Contract {
            needs,
            offers: offers.to_string(),
            mend,
        })
    };
    let sdk = &manifest.sdk;
    let Some(built) = Version::parse(&manifest.contract) else {
        return refused(
            format!(
                "says that it was built (SDK {sdk}) for contract `{}`, which is no version",
                manifest.contract
            ),
            format!("build it again with an SDK for contract {}", offers.series()),
        );
    };
    let needs = match &manifest.needs {
        None => built,
        Some(needs) => match Version::parse(needs) {
            Some(needs) => needs,
            None => {
                return refused(
                    format!("says that it needs contract `{needs}`, which is no version"),
                    format!("correct `needs` in its manifest, such as \"{}\"", offers.series()),
                );
            }
        },
    };
    if built.major != offers.major {
        let mend = if built.major > offers.major {
            format!(
                "upgrade the host to a release with contract {}, or build the plugin again with an SDK for contract {}",
                built.series(),
                offers.series()
            )
        } else {
            format!("build it again with an SDK for contract {}", offers.series())
        };
        return refused(format!("was built for contract {built} (SDK {sdk})"), mend);
    }
    if (needs.major, needs.minor) > (offers.major, offers.minor) {
        let built = if needs == built {
            format!("was built for contract {built} (SDK {sdk})")
        } else {
            format!("was built for contract {built} (SDK {sdk}) and needs at least {needs}")
        };
        return refused(
            built,
            format!(
                "upgrade the host to a release with contract {}, or build the plugin again with an SDK for contract {}, or, if it uses nothing newer, with `needs = \"{}\"` in its manifest",
                needs.series(),
                offers.series(),
                offers.series()
            ),
        );
    }
    // A newer contract may have hooks that an older host does not ask, and the plugin said that it can do without.
    match manifest.unknown_hooks.first() {
        Some(hook) if built <= offers => Err(LoadError::Manifest(ManifestError::UnknownHook {
            hook: hook.clone(),
        })),
        Some(_) | None => Ok(()),
    }
}

/// An interface of another contract, found by its name.
pub(super) fn foreign(name: &str) -> LoadError {
    let offers = offered();
    let mend = match Version::parse(name) {
        Some(version) if version.major > offers.major => format!(
            "upgrade the host to a release with contract {}, or build the plugin again with an SDK for contract {}",
            version.series(),
            offers.series()
        ),
        Some(version) if (version.major, version.minor) > (offers.major, offers.minor) => format!(
            "upgrade the host to a release with contract {}, or leave it out",
            version.series()
        ),
        _ => format!("build it again with an SDK for contract {}", offers.series()),
    };
    LoadError::Contract {
        needs: format!("uses `{name}`"),
        offers: offers.to_string(),
        mend,
    }
}

/// What the linker says, shortened where it only means that we lack a function.
pub(super) fn unlinked(manifest: &Manifest, reason: &str) -> LoadError {
    let quoted = |after: &str| {
        let (_, rest) = reason.split_once(after)?;
        rest.split('`').next()
    };
    let missing = reason.contains("implementation is missing") || reason.contains("implementation not found");
    let lacks = match (
        quoted("component imports instance `"),
        quoted("instance export `"),
    ) {
        (Some(interface), Some(function)) if missing => {
            format!("the function `{function}` of `{interface}`, which it has not")
        }
        (Some(interface), Some(item)) => {
            let (_, detail) = reason.split_once("has the wrong type: ").unwrap_or(("", reason));
            format!("`{item}` of `{interface}` in another shape: {detail}")
        }
        _ => format!("imports in another shape: {reason}"),
    };
    LoadError::Link {
        built: manifest.contract.clone(),
        offers: offered().to_string(),
        lacks,
    }
}

#[cfg(test)]
mod tests;
