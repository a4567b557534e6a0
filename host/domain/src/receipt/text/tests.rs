use super::*;
use proptest::prelude::*;

const USUAL: &str = "id:1891273321 sub:001 dlvrd:002 submit date:1305050826 done date:1305050827 stat:DELIVRD err:003 \
                     text:DLVRD TO MOBILE";

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn usual() -> TextReceipt {
    TextReceipt {
        id: some("1891273321"),
        sub: some("001"),
        dlvrd: some("002"),
        submit_date: some("1305050826"),
        done_date: some("1305050827"),
        stat: some("DELIVRD"),
        err: some("003"),
        text: some("DLVRD TO MOBILE"),
    }
}

#[test]
fn every_field_is_read() {
    assert_eq!(scan(USUAL), usual());
}

#[test]
fn keys_may_be_written_in_any_way() {
    let strange = "ID:1891273321\r\nSub : 001,dlvrd: 002; Submit_Date:1305050826 DONE  DATE:1305050827\tSTAT:DELIVRD, \
                   Err:003 Text:DLVRD TO MOBILE\r\n\0";
    assert_eq!(scan(strange), usual());
}

#[test]
fn junk_before_a_key_does_not_matter_but_a_longer_word_is_no_key() {
    assert_eq!(scan("419318028472222#id:11f8 stat:X").id, some("11f8"));
    assert_eq!(scan("\u{feff}id:1").id, some("1"));
    assert_eq!(scan("grid:1 bid:2 id:3 restat:4").id, some("3"));
    assert_eq!(scan("grid:1").id, None);
    assert_eq!(scan("362d9701 2"), TextReceipt::default());
}

#[test]
fn a_key_without_a_value_is_missing() {
    let receipt = scan("id: sub: stat: err:007 text:");
    assert_eq!(
        receipt,
        TextReceipt {
            err: some("007"),
            ..TextReceipt::default()
        }
    );
}

#[test]
fn the_senders_words_do_not_win_over_the_operators() {
    let forged = "id:1 stat:UNDELIV err:005 text:id:2 stat:DELIVRD err:000";
    let receipt = scan(forged);
    assert_eq!(
        (receipt.id, receipt.stat, receipt.err),
        (some("1"), some("UNDELIV"), some("005"))
    );
    assert_eq!(receipt.text, some("id:2 stat:DELIVRD err:000"));
    // Without `id:` before the text, there is none: it may be in the TLV.
    let receipt = scan("stat:DELIVRD text:your order id:77");
    assert_eq!((receipt.id, receipt.text), (None, some("your order id:77")));
}

#[test]
fn keys_that_are_missing_before_the_text_are_taken_from_after_it() {
    let receipt = scan("id:1 err:000 text: stat:DELIVRD");
    assert_eq!((receipt.stat, receipt.text), (some("DELIVRD"), None));
    let receipt = scan("id:1 text:stat:mine and more stat:DELIVRD");
    assert_eq!(
        (receipt.stat, receipt.text),
        (some("DELIVRD"), some("stat:mine and more "))
    );
    let receipt = scan("text:id:2 or so id:1 stat:DELIVRD");
    assert_eq!(
        (receipt.id, receipt.stat, receipt.text),
        (some("1"), some("DELIVRD"), some("id:2 or so "))
    );
}

#[test]
fn of_two_equal_keys_the_first_counts() {
    assert_eq!(scan("id:1 id:2 stat:DELIVRD").id, some("1"));
}

#[test]
fn ucs2_is_read_whatever_data_coding_says() {
    let mut wide: Vec<u8> = USUAL.encode_utf16().flat_map(u16::to_be_bytes).collect();
    wide.push(0xD8);
    for data_coding in [0x08, 0x18, 0x00, 0x03] {
        assert_eq!(scan_octets(&wide, data_coding), usual(), "{data_coding}");
        assert_eq!(
            scan_octets(USUAL.as_bytes(), data_coding),
            usual(),
            "{data_coding}"
        );
    }
}

#[test]
fn octets_that_are_not_ascii_survive() {
    let receipt = scan_octets(b"id:\x84\x89 stat:DELIVRD text:\x04\x1a\xe9", 0);
    assert_eq!(
        (receipt.id, receipt.text),
        (some("\u{84}\u{89}"), some("\u{4}\u{1a}\u{e9}"))
    );
}

#[test]
fn a_persons_text_does_not_look_like_a_receipt() {
    assert!(scan(USUAL).looks_like_a_receipt());
    for text in [
        "id:1 stat:DELIVRD",
        "id:1 err:000",
        "stat:DELIVRD err:000",
        "hello",
        "",
    ] {
        assert!(!scan(text).looks_like_a_receipt(), "{text}");
    }
}

#[test]
fn debug_output_holds_no_text() {
    assert!(!format!("{:?}", usual()).contains("MOBILE"));
}

/// What [`keys`] finds, said plainly: each name tried at each place where a word starts.
fn keys_word_by_word(octets: &[u8]) -> Vec<(Key, usize, usize)> {
    let starts_a_word = |at: usize| at == 0 || !octets[at - 1].is_ascii_alphanumeric();
    let places = (0..octets.len()).filter(|&at| starts_a_word(at));
    let named = |at: usize| {
        NAMES
            .iter()
            .find_map(|&(name, key)| Some((key, at, at + length_with_colon(&octets[at..], name)?)))
    };
    places.filter_map(named).collect()
}

fn length_with_colon(octets: &[u8], name: &str) -> Option<usize> {
    let run = |from: usize, of: &[u8]| {
        octets[from..]
            .iter()
            .take_while(|octet| of.contains(octet))
            .count()
    };
    let mut at = 0;
    for wanted in name.bytes() {
        if wanted == b' ' {
            at += run(at, b" _");
        } else if octets.get(at)?.eq_ignore_ascii_case(&wanted) {
            at += 1;
        } else {
            return None;
        }
    }
    at += run(at, b" ");
    (octets.get(at) == Some(&b':')).then_some(at + 1)
}

fn same_keys(text: &str) -> Result<(), TestCaseError> {
    let found = keys(text)
        .into_iter()
        .map(|found| (found.key, found.start, found.value));
    prop_assert_eq!(
        found.collect::<Vec<_>>(),
        keys_word_by_word(text.as_bytes()),
        "{:?}",
        text
    );
    Ok(())
}

proptest! {
    #[test]
    fn keys_are_found_wherever_a_word_starts(
        words in proptest::collection::vec("(?i:id|sub|dlvrd|submit[ _]{0,2}date|done|date|stat|err|text|[ _]{1,3}|:|#|é|x|1|\\PC){1,4}(:| :)?", 0..12),
        any in ".*",
    ) {
        same_keys(&words.concat())?;
        same_keys(&any)?;
    }

    #[test]
    fn octet_text_has_a_character_for_each_octet(octets: Vec<u8>, text in ".{0,8}") {
        for octets in [octets, text.into_bytes()] {
            let read: Vec<u32> = octet_text(&octets).chars().map(u32::from).collect();
            prop_assert_eq!(read, octets.into_iter().map(u32::from).collect::<Vec<_>>());
        }
    }

    #[test]
    fn no_octets_make_it_panic(octets in proptest::collection::vec(any::<u8>(), 0..400), data_coding: u8) {
        prop_assert!(scan_octets(&octets, data_coding).id.is_none_or(|id| !id.is_empty()));
    }

    #[test]
    fn no_mixture_of_keys_makes_it_panic(words in proptest::collection::vec(
        "(id|sub|dlvrd|submit date|done  date|stat|err|text| |:|#|é|\0|x1){1,3}:?", 0..20,
    )) {
        let text = words.concat();
        let receipt = scan(&text);
        for field in [receipt.id, receipt.stat, receipt.err, receipt.text].into_iter().flatten() {
            prop_assert!(!field.is_empty() && text.contains(&field));
        }
    }

    #[test]
    fn order_does_not_matter(order in Just(vec![0, 1, 2, 3, 4, 5, 6]).prop_shuffle()) {
        let parts: Vec<&str> = vec![
            "id:1891273321", "sub:001", "dlvrd:002", "submit date:1305050826", "done date:1305050827", "stat:DELIVRD",
            "err:003",
        ];
        let mut text: Vec<&str> = order.into_iter().map(|index: usize| parts[index]).collect();
        text.push("text:DLVRD TO MOBILE");
        prop_assert_eq!(scan(&text.join(" ")), usual());
    }
}
