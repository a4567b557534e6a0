//! `national_tables` and `national_packed`.

use super::fields::{found, operator};
use smpp_domain::encoding::Language;
use smpp_domain::split::NationalRule;

#[test]
fn languages_are_named_or_all_of_them() {
    assert_eq!(operator("").national, NationalRule::default());
    let some = operator("national_tables = [\"hindi\", \"turkish\"]").national;
    assert_eq!(
        some.languages,
        [Language::Hindi, Language::Turkish],
        "in their order"
    );
    assert!(!some.packed);
    let all = operator("national_tables = \"auto\"\nnational_packed = true").national;
    assert_eq!(all.languages, Language::ALL);
    assert!(all.packed);
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
