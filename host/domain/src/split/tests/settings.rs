use super::*;
use crate::dispatch::LongMessageStrategy::{self, Csms, Tlv as Payload};

/// How many octets of short_message each part has, and how it is told that it is one.
fn sent(
    settings: Splitting,
    strategy: LongMessageStrategy,
    text: &str,
    alphabet: &Alphabet,
) -> Result<Vec<(usize, &'static str)>, SplitError> {
    let encoded = encoded(text, alphabet);
    let parts = split(&encoded, &settings.plan(strategy, &encoded), 0x0102)?;
    let told = |part: &Part| match (part.short_message.first(), part.tlvs.first().map(|tlv| tlv.tag)) {
        (_, Some(tag::MESSAGE_PAYLOAD)) => "payload",
        (_, Some(_)) => "sar",
        (Some(5), None) if part.esm_class == esm_class::UDHI => "udh8",
        (Some(6), None) if part.esm_class == esm_class::UDHI => "udh16",
        _ => "plain",
    };
    Ok(parts
        .iter()
        .map(|part| (part.short_message.len(), told(part)))
        .collect())
}

fn mode(mode: LongText) -> Splitting {
    Splitting {
        mode,
        ..Splitting::default()
    }
}

#[test]
fn the_operator_says_what_csms_and_tlv_mean() {
    let (udh8, udh16) = (
        vec![(159, "udh8"), (14, "udh8")],
        vec![(159, "udh16"), (16, "udh16")],
    );
    let (sar, payload) = (vec![(152, "sar"), (9, "sar")], vec![(0, "payload")]);
    for (csms, parts) in [
        (LongText::Cut(Cut::Udh8), &udh8),
        (LongText::Cut(Cut::Udh16), &udh16),
        (LongText::Cut(Cut::Sar), &sar),
        (LongText::Payload, &payload),
    ] {
        let long = "a".repeat(161);
        let gsm7 = Alphabet::Gsm7Unpacked;
        assert_eq!(
            sent(mode(csms), Csms, &long, &gsm7).as_ref(),
            Ok(parts),
            "{csms:?}"
        );
        assert_eq!(
            sent(mode(csms), Payload, &long, &gsm7).as_ref(),
            Ok(&payload),
            "{csms:?}"
        );
        let without = Splitting {
            takes_payload: false,
            ..mode(csms)
        };
        assert_eq!(
            sent(without, Payload, &long, &gsm7).as_ref(),
            Ok(parts),
            "{csms:?}"
        );
        for strategy in [Csms, Payload] {
            let short = sent(mode(csms), strategy, &long[1..], &gsm7);
            assert_eq!(short, Ok(vec![(160, "plain")]), "{csms:?} {strategy:?}");
        }
    }
}

#[test]
fn an_operator_may_take_short_texts_only() {
    let reject = mode(LongText::Reject);
    let gsm7 = Alphabet::Gsm7Unpacked;
    assert_eq!(
        sent(reject, Csms, &"a".repeat(160), &gsm7),
        Ok(vec![(160, "plain")])
    );
    assert_eq!(
        sent(reject, Csms, &"a".repeat(161), &gsm7)
            .unwrap_err()
            .to_string(),
        "the text is too long: its 161 octets need 2 parts, and at most 1 are allowed"
    );
}

#[test]
fn the_operators_limits_hold_for_every_alphabet() {
    let limited = |cut, max_octets| Splitting {
        max_octets: Some(max_octets),
        ..mode(LongText::Cut(cut))
    };
    for (settings, text, alphabet, octets) in [
        // 152 septets behind a header of six octets, as some SMSCs count; nothing changes for UCS2.
        (
            limited(Cut::Udh8, 158),
            "a",
            Alphabet::Gsm7Unpacked,
            [158, 158, 8],
        ),
        (limited(Cut::Udh8, 158), "ж", Alphabet::Ucs2, [140, 140, 108]),
        (limited(Cut::Udh8, 254), "ä", Alphabet::Latin1, [140, 140, 44]),
        (limited(Cut::Udh16, 139), "ж", Alphabet::Ucs2, [139, 139, 113]),
        (limited(Cut::Sar, 130), "ж", Alphabet::Ucs2, [130, 130, 110]),
        (limited(Cut::Sar, 254), "ж", Alphabet::Ucs2, [132, 132, 106]),
    ] {
        let count = match alphabet {
            Alphabet::Gsm7Unpacked => 306,
            Alphabet::Latin1 => 306,
            _ => 185,
        };
        let lengths: Vec<_> = sent(settings, Csms, &text.repeat(count), &alphabet)
            .unwrap()
            .into_iter()
            .map(|(octets, _)| octets)
            .collect();
        assert_eq!(lengths, octets, "{settings:?} {alphabet}");
    }
    let few = Splitting {
        max_parts: Some(2),
        ..Splitting::default()
    };
    assert!(sent(few, Csms, &"a".repeat(306), &Alphabet::Gsm7Unpacked).is_ok());
    assert!(sent(few, Csms, &"a".repeat(307), &Alphabet::Gsm7Unpacked).is_err());
    let few = Splitting {
        mode: LongText::Cut(Cut::Sar),
        ..few
    };
    assert!(sent(few, Csms, &"a".repeat(304), &Alphabet::Gsm7Unpacked).is_ok());
    assert!(sent(few, Csms, &"a".repeat(305), &Alphabet::Gsm7Unpacked).is_err());
}

#[test]
fn what_message_payload_may_not_hold_is_cut_or_refused() {
    let capped = Splitting {
        payload_max_octets: Some(1800),
        ..Splitting::default()
    };
    let gsm7 = Alphabet::Gsm7Unpacked;
    let (fits, long) = ("a".repeat(1800), "a".repeat(1801));
    assert_eq!(sent(capped, Payload, &fits, &gsm7), Ok(vec![(0, "payload")]));
    assert_eq!(
        sent(capped, Payload, &long, &gsm7),
        Err(SplitError::PayloadTooLong {
            octets: 1801,
            allowed: 1800
        })
    );
    let cut = Splitting {
        payload_fallback: Some(Cut::Udh16),
        ..capped
    };
    assert_eq!(sent(cut, Payload, &long, &gsm7).unwrap()[11], (136, "udh16"));
    let few = Splitting {
        max_parts: Some(11),
        ..cut
    };
    assert!(sent(few, Payload, &long, &gsm7).is_err());
}

#[test]
fn a_policy_that_wants_parts_gets_those_of_the_operator() {
    let text = encoded(&"a".repeat(161), &Alphabet::Gsm7Unpacked);
    for (csms, plan) in [
        (LongText::Cut(Cut::Udh8), EIGHT),
        (LongText::Cut(Cut::Udh16), SIXTEEN),
        (LongText::Cut(Cut::Sar), SAR),
        (LongText::Payload, EIGHT),
        (LongText::Reject, EIGHT),
    ] {
        assert_eq!(mode(csms).parts(&text), plan, "{csms:?}");
    }
}
