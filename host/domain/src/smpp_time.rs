//! Times as submit_sm carries them (SMPP 3.4 section 7.1.1): 16 characters, `YYMMDDhhmmsstnnp`.

use chrono::{DateTime, FixedOffset, Timelike, Utc};

/// A time from now: `t` and `nn` are 0, `p` is `R`. Months count 30 days, years 365.
#[must_use]
pub fn relative(seconds: u32) -> String {
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    let (years, days) = ((days / 365).min(99), days % 365);
    let (months, days) = (days / 30, days % 30);
    let (hours, minutes, seconds) = (rest / 3_600, rest / 60 % 60, rest % 60);
    format!("{years:02}{months:02}{days:02}{hours:02}{minutes:02}{seconds:02}000R")
}

/// A moment, in the local time of an operator that is so many quarter hours ahead of UTC (-48..=48): `t` are tenths of a second,
/// `nn` and `p` the quarter hours and their sign.
#[must_use]
pub fn absolute(at: DateTime<Utc>, quarter_hours: i8) -> String {
    let ahead = i32::from(quarter_hours).clamp(-48, 48);
    let Some(offset) = FixedOffset::east_opt(ahead * 15 * 60) else {
        return String::new();
    };
    let local = at.with_timezone(&offset);
    // A leap second counts as more than ten tenths.
    let tenths = (local.nanosecond() / 100_000_000).min(9);
    let sign = if ahead < 0 { '-' } else { '+' };
    format!("{}{tenths}{:02}{sign}", local.format("%y%m%d%H%M%S"), ahead.abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relative_times_are_those_of_the_standard() {
        for (seconds, time) in [
            (2 * 86_400 + 6 * 3_600 + 30 * 60, "000002063000000R"),
            (1, "000000000001000R"),
            (60, "000000000100000R"),
            (366 * 86_400, "010001000000000R"),
            (u32::MAX, "990210062815000R"),
        ] {
            assert_eq!(relative(seconds), time);
            assert_eq!(time.len(), 16);
        }
    }

    #[test]
    fn absolute_times_are_those_of_the_standard() {
        for (at, quarter_hours, time) in [
            ("2012-03-05T12:43:50Z", 0, "120305124350000+"),
            ("2021-04-22T14:23:40Z", 0, "210422142340000+"),
            ("2021-04-22T14:23:40.349Z", 4, "210422152340304+"),
            ("2026-12-31T23:59:59.95Z", 1, "270101001459901+"),
            ("2026-01-01T00:00:00Z", -14, "251231203000014-"),
            ("2026-01-01T00:00:00Z", 23, "260101054500023+"),
        ] {
            assert_eq!(absolute(at.parse().unwrap(), quarter_hours), time, "{at}");
            assert_eq!(time.len(), 16);
        }
    }
}
