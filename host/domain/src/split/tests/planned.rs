use super::*;

#[test]
fn planned_parts_are_checked_and_taken() {
    let plan = |parts: &[(&[u8], usize)]| {
        let parts = parts.iter().map(|(header, octets)| PlannedPart {
            header: header.to_vec(),
            octets: vec![b'x'; *octets],
        });
        split(&encoded("", &Alphabet::Ucs2), &Plan::Planned(parts.collect()), 1)
    };
    let parts = plan(&[(&[0x00, 3, 9, 2, 1], 2), (&[], 254)]).unwrap();
    assert_eq!(
        (parts[0].esm_class, &parts[0].short_message[..]),
        (0x40, &[5, 0, 3, 9, 2, 1, b'x', b'x'][..])
    );
    assert_eq!((parts[1].esm_class, parts[1].short_message.len()), (0, 254));
    assert_eq!(
        plan(&[(&[0x00, 3, 9, 2, 1], 248)]).unwrap()[0]
            .short_message
            .len(),
        254
    );
    let error = |parts: &[(&[u8], usize)]| match plan(parts) {
        Err(SplitError::Planned(error)) => error,
        other => panic!("{other:?}"),
    };
    assert_eq!(error(&[]), PlannedError::NoParts);
    assert_eq!(error(&[(&[][..], 1); 256]), PlannedError::TooMany { count: 256 });
    assert_eq!(
        error(&[(&[], 255)]),
        PlannedError::TooLong { part: 1, octets: 255 }
    );
    assert_eq!(
        error(&[(&[], 1), (&[0, 3, 9, 2, 1], 249)]),
        PlannedError::TooLong { part: 2, octets: 255 }
    );
    assert_eq!(
        error(&[(&[0; 300], 0)]),
        PlannedError::TooLong { part: 1, octets: 301 }
    );
    for header in [&[0, 3, 9, 2][..], &[0], &[0, 3, 9, 2, 1, 5]] {
        assert_eq!(error(&[(header, 0)]), PlannedError::BadHeader { part: 1 });
    }
}
