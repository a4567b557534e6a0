//! The profiles of `plugins/quirks`, as they lie there.

/// A ready part of an operator's file.
pub(super) struct Profile {
    pub(super) name: &'static str,
    /// TOML, with comments that say what it is for.
    pub(super) text: &'static str,
}

impl Profile {
    /// What it is for, in one line.
    pub(super) fn title(&self) -> &'static str {
        let first = self.text.lines().next().unwrap_or_default();
        first.trim_start_matches('#').trim()
    }
}

macro_rules! profiles {
    ($($name:literal),* $(,)?) => {
        &[$(Profile {
            name: $name,
            text: include_str!(concat!("../../../../plugins/quirks/profiles/", $name, ".toml")),
        }),*]
    };
}

/// All of them, by name.
pub(super) const ALL: &[Profile] = profiles![
    "accepted-is-delivered",
    "account-statuses",
    "any-case",
    "ascii-dcs1",
    "cdma",
    "decimal-to-hex",
    "error-codes",
    "failed-words",
    "hex-text-ids",
    "hex-to-decimal",
    "india-dlt",
    "latin1-dcs3",
    "latin1-default",
    "local-time",
    "long-ids",
    "lost-zeros",
    "mo-gsm7-dcs4",
    "national-numbers",
    "no-ucs2",
    "no-validity",
    "packed-gsm",
    "payload-only",
    "positional-receipts",
    "queue-full",
    "receipts-tlv-only",
    "receipts-without-class",
    "reserved-statuses",
    "sar",
    "short-codes",
    "udh16",
    "unknown-is-final",
    "vendor-statuses",
    "zero-is-delivered",
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn every_profile_of_the_folder_is_listed_and_says_what_it_is_for() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../plugins/quirks/profiles");
        let mut files: Vec<_> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| {
                entry
                    .unwrap()
                    .path()
                    .file_stem()
                    .unwrap()
                    .to_string_lossy()
                    .into_owned()
            })
            .collect();
        files.sort();
        let listed: Vec<_> = ALL.iter().map(|profile| profile.name).collect();
        assert_eq!(listed, files);
        for profile in ALL {
            assert!(profile.title().len() > 20, "{}", profile.name);
        }
    }
}
