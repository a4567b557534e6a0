//! Text to octets and back.

use serde::{Deserialize, Serialize};

/// What happens to characters that the alphabet lacks (`on_unencodable`).
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum UnencodableRule {
    /// The whole text is sent as UCS2.
    #[default]
    Ucs2,
    /// Nearest look-alike, then `?`.
    Transliterate,
    /// This text stands in.
    Replace(String),
    /// The message is rejected.
    Reject,
}
