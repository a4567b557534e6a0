use super::*;
use crate::dispatch::LongMessageStrategy;
use crate::encoding::{TableBase, UnencodableRule, encode};
use crate::split::{NationalRule, Splitting, split};
use proptest::prelude::*;

fn masker() -> Masker {
    Masker::new(&[], false)
}

#[test]
fn a_masked_text_says_nothing() {
    let text = "Your code is 4711: call +49 170 or visit https://acme.example/Ünï €5 😎 Привет";
    assert_eq!(
        masker().text(text),
        "Xxxx xxxx xx 0000: xxxx +00 000 xx xxxxx xxxxx://xxxx.xxxxxxx/Éxï €0 😀 中中中中中中"
    );
    for text in ["geheim", "GEHEIM", "ünlü", "नमस्ते", "şifre"] {
        let masked = masker().text(text);
        assert_ne!(masked, text);
        assert_eq!(masked.chars().count(), text.chars().count());
    }
    assert_eq!(Masker::new(&[], true).text("geheim 1"), "geheim 1");
}

#[test]
fn numbers_keep_their_form() {
    for (number, masked) in [
        ("491701234567", "999999999967"),
        ("+491701234567", "+999999999967"),
        ("00491701234567", "00999999999967"),
        ("01701234567", "09999999967"),
        ("40404", "99904"),
        ("12", "12"),
        ("", ""),
        ("Acme Bank", "Xxxx Xxnk"),
        ("Caf\u{E9} Rio", "Xxx\u{E9} Xio"),
    ] {
        assert_eq!(masker().number(number), masked);
        assert_eq!(
            Masker::new(&[], true).number(number),
            masked,
            "numbers are always masked"
        );
    }
}

/// Characters of every kind, those of national tables and look-alikes among them.
fn characters() -> impl Strategy<Value = char> {
    let known: Vec<char> = known(&[]).collect();
    prop_oneof![
        4 => proptest::sample::select(known),
        3 => proptest::char::range(' ', '~'),
        1 => any::<char>(),
    ]
}

/// Of an operator with a table of its own.
static OWN: LazyLock<(Arc<CharTable>, Masker)> = LazyLock::new(|| {
    let table = CharTable::from_base("acme", TableBase::Gsm7, &[(0x80, 'ж'), (0x81, 'Ж'), (0x40, 'ş')]);
    let table = Arc::new(table.unwrap());
    let masker = Masker::new([&table], false);
    (table, masker)
});

fn rules() -> impl Strategy<Value = UnencodableRule> {
    proptest::sample::select(vec![
        UnencodableRule::Ucs2,
        UnencodableRule::Transliterate,
        UnencodableRule::Replace("?".to_owned()),
        UnencodableRule::Reject,
    ])
}

proptest! {
    #[test]
    fn a_masked_text_is_sent_as_the_text_would_be(
        text in proptest::collection::vec(characters(), 0..400),
        rule in rules(),
        languages in proptest::sample::subsequence(Language::ALL.to_vec(), 0..3),
    ) {
        let text: String = text.into_iter().collect();
        let (table, masker) = &*OWN;
        let masked = masker.text(&text);
        prop_assert_eq!(masked.chars().count(), text.chars().count());
        prop_assert_eq!(masked.encode_utf16().count(), text.encode_utf16().count());
        let national = NationalRule { languages, packed: false };
        let chosen = national.alphabet(&text);
        prop_assert_eq!(&national.alphabet(&masked), &chosen);
        for alphabet in [chosen, Alphabet::Ascii, Alphabet::Latin1, Alphabet::Ucs2, Alphabet::Table(table.clone())] {
            let (one, other) = (encode(&text, &alphabet, &rule), encode(&masked, &alphabet, &rule));
            prop_assert_eq!(one.is_ok(), other.is_ok());
            let (Ok(one), Ok(other)) = (one, other) else { continue };
            prop_assert_eq!(one.alphabet(), other.alphabet());
            prop_assert_eq!(one.octets_len(), other.octets_len(), "{:?} in {}", text, alphabet);
            let plan = |encoded| Splitting::default().plan(LongMessageStrategy::Csms, encoded);
            let parts = |encoded| split(encoded, &plan(encoded), 1).map(|parts| {
                parts.iter().map(|part| part.short_message.len()).collect::<Vec<_>>()
            });
            prop_assert_eq!(parts(&one).ok(), parts(&other).ok());
        }
    }
}
