//! The forms in which operators write the same message number.

/// How a message number is written in a response or a receipt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum IdForm {
    /// `255`.
    #[default]
    Decimal,
    /// `0000000255` for 10: at least that many digits.
    DecimalPadded(u8),
    /// `ff`.
    HexLower,
    /// `FF`.
    HexUpper,
    /// `000000FF` for 8: at least that many upper-case digits.
    HexPadded(u8),
    /// A version 4 shaped UUID that is a function of the number, so that both forms of an id can be told
    /// apart from noise in a failing test.
    Uuid,
}

impl IdForm {
    /// Writes `number` in this form.
    #[must_use]
    pub fn format(self, number: u64) -> String {
        match self {
            Self::Decimal => format!("{number}"),
            Self::DecimalPadded(width) => format!("{number:0width$}", width = usize::from(width)),
            Self::HexLower => format!("{number:x}"),
            Self::HexUpper => format!("{number:X}"),
            Self::HexPadded(width) => format!("{number:0width$X}", width = usize::from(width)),
            Self::Uuid => uuid(number),
        }
    }
}

fn uuid(number: u64) -> String {
    let head = scramble(number);
    format!(
        "{:08x}-{:04x}-4{:03x}-8{:03x}-{:012x}",
        head >> 32,
        (head >> 16) & 0xFFFF,
        head & 0xFFF,
        (number >> 48) & 0xFFF,
        number & 0xFFFF_FFFF_FFFF
    )
}

/// SplitMix64's finaliser: spreads close numbers over all bits. Also the step of the jitter's generator.
pub(crate) fn scramble(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(0x9E37_79B9_7F4A_7C15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::IdForm;

    #[test]
    fn one_number_in_every_form() {
        // The pair that Telenor sends in one PDU: `id:0318794433` and 001E `13006AC1`.
        let number = 318_794_433;
        assert_eq!(IdForm::Decimal.format(number), "318794433");
        assert_eq!(IdForm::DecimalPadded(10).format(number), "0318794433");
        assert_eq!(IdForm::HexLower.format(number), "13006ac1");
        assert_eq!(IdForm::HexUpper.format(number), "13006AC1");
        assert_eq!(IdForm::HexPadded(10).format(number), "0013006AC1");
    }

    #[test]
    fn uuids_have_the_shape_and_differ() {
        let (one, two) = (IdForm::Uuid.format(1), IdForm::Uuid.format(2));
        assert_ne!(one, two);
        let groups: Vec<usize> = one.split('-').map(str::len).collect();
        assert_eq!(groups, [8, 4, 4, 4, 12]);
    }
}
