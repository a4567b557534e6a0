use super::*;
use StatusClass::*;

#[test]
fn every_status_has_its_default_class() {
    let table: [(&[u32], StatusClass); 10] = [
        (&[0x00], Ok),
        (&[0x08, 0x0C, 0x64, 0xFE], Retry),
        (&[0xFF], RetryOnce),
        (&[0x14, 0x58], Throttle),
        (
            &[
                0x01, 0x0A, 0x0B, 0x22, 0x33, 0x34, 0x40, 0x41, 0x42, 0x43, 0x44, 0x45, 0x61, 0x62,
            ],
            Reject,
        ),
        (
            &[
                0x65,
                0x66,
                0x67,
                0x9F,
                0x100,
                0x112,
                0x400,
                0x401,
                0x40A,
                0x4A1,
                0x4FF,
                1375,
                u32::MAX,
            ],
            Reject,
        ),
        (
            &[
                0x02, 0x03, 0x06, 0x07, 0x15, 0x48, 0x49, 0x50, 0x51, 0x5A, 0xC0, 0xC1, 0xC2, 0xC3, 0xC4,
            ],
            RejectAlert,
        ),
        (&[0x04], Rebind),
        (&[0x05], BindBackoff),
        (&[0x0D, 0x0E, 0x0F, 0x53], BindRefused),
    ];
    for (codes, class) in table {
        for &code in codes {
            assert_eq!(classify(CommandStatus(code)), class, "{code:#x}");
        }
    }
}

#[test]
fn a_nack_is_never_a_yes() {
    for (code, class) in [
        (0x00, Reject),
        (0x08, Retry),
        (0x14, Throttle),
        (0x58, Throttle),
        (0x64, Reject),
        (0xFE, Reject),
        (0xFF, Reject),
        (0x05, Reject),
        (0x0E, Reject),
        (0x03, RejectAlert),
        (0x04, Rebind),
        (0x1234, Reject),
    ] {
        assert_eq!(classify_nack(CommandStatus(code)), class, "{code:#x}");
    }
}

#[test]
fn names_are_those_of_the_standard() {
    for (code, expected) in [
        (0x00, "ESME_ROK"),
        (0x0B, "ESME_RINVDSTADR"),
        (0x53, "ESME_RINVSYSTYP"),
        (0x63, "ESME_RINVDFTMSGID"),
        (0xC1, "ESME_ROPTPARNOTALLWD"),
        (0xFF, "ESME_RUNKNOWNERR"),
        (0x09, "reserved"),
        (0x5A, "reserved"),
        (0x104, "reserved for SMPP extension"),
        (0x430, "vendor-specific"),
        (0x500, "reserved"),
    ] {
        assert_eq!(name(CommandStatus(code)), expected, "{code:#x}");
    }
}

#[test]
fn an_explanation_says_it_in_words() {
    let words = explain(CommandStatus(0x0B));
    assert_eq!(words, "ESME_RINVDSTADR (0x0000000B): invalid destination address");
    assert!(explain(CommandStatus(0x401)).starts_with("vendor-specific (0x00000401): the operator's own"));
    assert!(explain(CommandStatus(0x5A)).contains("account has expired"));
}

#[test]
fn the_table_is_sorted_and_has_no_doubles() {
    for pair in TABLE.windows(2) {
        assert!(
            pair[0].code < pair[1].code && pair[0].name != pair[1].name,
            "{:#x}",
            pair[1].code
        );
    }
}
