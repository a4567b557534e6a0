//! Which national language tables suit a text.

use super::{Plan, split};
use crate::encoding::{Alphabet, Language, NationalTables, UnencodableRule, encode};
use crate::policy::ReferenceWidth;

/// The tables of one of these languages that take a text in the fewest parts; `None` when none has all its characters.
///
/// Of those a single shift table alone is better than a locking one: a handset that knows neither shows the letter
/// beneath (`s` for `ş`) for what needs it, and the rest as it is, where a locking table makes the whole text
/// unreadable. Then fewer septets, then the language that is named first.
#[must_use]
pub fn cheapest_tables(text: &str, languages: &[Language]) -> Option<NationalTables> {
    NationalTables::of(languages)
        .filter_map(|tables| Some((cost(text, tables)?, tables)))
        .min_by_key(|(cost, _)| *cost)
        .map(|(_, tables)| tables)
}

/// Parts with an 8-bit reference, whether a table is locked, septets.
fn cost(text: &str, tables: NationalTables) -> Option<(usize, bool, usize)> {
    let alphabet = Alphabet::Gsm7National {
        tables,
        packed: false,
    };
    let plan = Plan::Udh {
        width: ReferenceWidth::EightBits,
        max_octets: None,
        max_parts: None,
    };
    let encoded = encode(text, &alphabet, &UnencodableRule::Reject).ok()?;
    let parts = split(&encoded, &plan, 1).ok()?.len();
    Some((parts, tables.locking().is_some(), encoded.octets_len()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use Language::{Hindi, Portuguese, Spanish, Turkish};

    fn chosen(text: &str, languages: &[Language]) -> Option<(Option<Language>, Option<Language>)> {
        cheapest_tables(text, languages).map(|tables| (tables.locking(), tables.single()))
    }

    #[test]
    fn the_fewest_parts_win_then_single_shift() {
        assert_eq!(
            chosen("İyi günler, şimdi", &[Turkish]),
            Some((None, Some(Turkish)))
        );
        // 155 characters; one of them shifted makes 156 septets, and a second part.
        let full = "a".repeat(154) + "ş";
        assert_eq!(chosen(&full, &[Turkish]), Some((Some(Turkish), None)));
        assert_eq!(chosen(&(full + "a"), &[Turkish]), Some((None, Some(Turkish))));
        assert_eq!(
            chosen(&"ş".repeat(149 * 2), &[Turkish]),
            Some((Some(Turkish), None))
        );
        assert_eq!(chosen("नमस्ते", &[Turkish, Hindi]), Some((Some(Hindi), None)));
        // Digits of the script stand in the single shift table, and so do capitals.
        assert_eq!(chosen("नमस्ते १ A", &[Hindi]), Some((Some(Hindi), Some(Hindi))));
    }

    #[test]
    fn only_what_is_allowed_and_takes_the_whole_text_is_chosen() {
        assert_eq!(chosen("ş", &[]), None);
        assert_eq!(chosen("ş", &[Spanish, Portuguese, Hindi]), None);
        assert_eq!(chosen("şम", &Language::ALL), None, "of two languages");
        assert_eq!(chosen("😀", &Language::ALL), None);
        assert_eq!(
            chosen("í", &[Portuguese, Spanish]),
            Some((None, Some(Portuguese)))
        );
        assert_eq!(chosen("í", &[Spanish, Portuguese]), Some((None, Some(Spanish))));
    }
}
