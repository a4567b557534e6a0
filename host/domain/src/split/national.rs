//! Which national language tables suit a text.

use super::{Plan, split};
use crate::encoding::{Alphabet, Language, NationalTables, UnencodableRule, encode, gsm7_septets};
use crate::policy::ReferenceWidth;

/// What an operator's phones can read besides the default alphabet.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct NationalRule {
    /// Whose tables may be used unasked, the preferred first.
    pub languages: Vec<Language>,
    /// Whether septets go packed.
    pub packed: bool,
}

impl NationalRule {
    /// The alphabet for a text that GSM7 is asked for: the default one if it has all characters, or if no language has
    /// them, and then the rule for those decides.
    #[must_use]
    pub fn alphabet(&self, text: &str) -> Alphabet {
        if self.languages.is_empty() || gsm7_septets(text).is_some() {
            return Alphabet::Gsm7Unpacked;
        }
        let packed = self.packed;
        cheapest_tables(text, &self.languages).map_or(Alphabet::Gsm7Unpacked, |tables| {
            Alphabet::Gsm7National { tables, packed }
        })
    }

    /// National tables in the operator's form of them; another alphabet as it is.
    #[must_use]
    pub fn form(&self, alphabet: Alphabet) -> Alphabet {
        match alphabet {
            Alphabet::Gsm7National { tables, .. } => Alphabet::Gsm7National {
                tables,
                packed: self.packed,
            },
            other => other,
        }
    }
}

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
    fn a_header_is_written_only_where_it_helps() {
        let turkish = |packed| Alphabet::Gsm7National {
            tables: NationalTables::new(None, Some(1)).unwrap(),
            packed,
        };
        let none = NationalRule::default();
        assert_eq!(none.alphabet("ş"), Alphabet::Gsm7Unpacked, "unasked");
        let rule = NationalRule {
            languages: vec![Hindi, Turkish],
            packed: true,
        };
        assert_eq!(rule.alphabet("ş"), turkish(true));
        assert_eq!(rule.alphabet("plain, and €"), Alphabet::Gsm7Unpacked);
        assert_eq!(rule.alphabet("ж"), Alphabet::Gsm7Unpacked, "another rule decides");
        // What a policy names goes in the operator's form too.
        assert_eq!(rule.form(turkish(false)), turkish(true));
        assert_eq!(none.form(turkish(true)), turkish(false));
        assert_eq!(rule.form(Alphabet::Gsm7Unpacked), Alphabet::Gsm7Unpacked);
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
