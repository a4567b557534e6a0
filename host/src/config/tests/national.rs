//! `national_tables` and `national_packed`.

use super::fields::{found, operator};
use smpp_domain::encoding::{Alphabet, Language, NationalTables};

fn turkish(packed: bool) -> Alphabet {
    let tables = NationalTables::new(None, Some(1)).unwrap();
    Alphabet::Gsm7National { tables, packed }
}

#[test]
fn no_tables_are_used_unasked() {
    let national = operator("").national;
    assert_eq!((national.languages.len(), national.packed), (0, false));
    assert_eq!(national.alphabet("ş"), Alphabet::Gsm7Unpacked);
}

#[test]
fn tables_are_used_where_they_help() {
    let national = operator("national_tables = [\"hindi\", \"turkish\"]").national;
    assert_eq!(national.languages, [Language::Hindi, Language::Turkish]);
    assert_eq!(national.alphabet("ş"), turkish(false));
    assert_eq!(
        national.alphabet("plain, and €"),
        Alphabet::Gsm7Unpacked,
        "without a header"
    );
    assert_eq!(
        national.alphabet("ж"),
        Alphabet::Gsm7Unpacked,
        "and the rule decides"
    );
    let all = operator("national_tables = \"auto\"\nnational_packed = true").national;
    assert_eq!(all.languages, Language::ALL);
    assert_eq!(all.alphabet("ş"), turkish(true));
    assert_eq!(all.form(Alphabet::Gsm7Unpacked), Alphabet::Gsm7Unpacked);
    assert_eq!(
        all.form(turkish(false)),
        turkish(true),
        "also what a policy names"
    );
}

#[test]
fn wrong_languages_are_told_with_the_right_ones() {
    let [told] = found("national_tables = [\"turkish\", \"klingon\"]")
        .try_into()
        .unwrap();
    assert!(
        told.contains("\"klingon\" is no language")
            && told.contains("turkish, spanish")
            && told.contains("urdu"),
        "{told}"
    );
    let [told] = found("national_tables = true").try_into().unwrap();
    assert!(told.contains("\"auto\" or a list of languages"), "{told}");
}
