//! Dates in a receipt's text. SMPP 3.4 Appendix B gives them no zone and no seconds; operators add seconds, a century,
//! or write SMPP times instead. A date that cannot be understood is passed on as it came.

use chrono::{Datelike, FixedOffset, NaiveDate, NaiveDateTime, SecondsFormat, TimeDelta, TimeZone, Utc};

/// Four-digit years outside of these are the beginning of a date with a two-digit year.
const PLAUSIBLE_YEARS: std::ops::RangeInclusive<i32> = 1990..=2099;

/// A date as understood.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ParsedDate {
    /// On the operator's clock.
    pub local: NaiveDateTime,
    /// The operator's zone, which only SMPP times carry.
    pub offset: Option<FixedOffset>,
}

/// Understands `YYMMDDhhmm`, `YYMMDDhhmmss`, `YYYYMMDDhhmm`, `YYYYMMDDhhmmss`, `YYMMDDhhmmss` with two digits of
/// something else, and absolute SMPP times (section 7.1.1.1: `YYMMDDhhmmsstnnp`). Twelve digits are `YYMMDDhhmmss`
/// where that is a date, which `2015…` is not: there is no 15th month. Zeros, relative times and nonsense: `None`.
#[must_use]
pub fn parse_date(raw: &str) -> Option<ParsedDate> {
    let raw = raw.trim_matches(|c: char| c.is_ascii_whitespace() || c == '\0');
    if let Some(digits) = raw.strip_suffix('+') {
        return smpp_time(digits, 1);
    }
    if let Some(digits) = raw.strip_suffix('-') {
        return smpp_time(digits, -1);
    }
    let local = match raw.len() {
        10 => short_year(raw),
        12 => short_year(raw).or_else(|| long_year(raw)),
        14 => long_year(raw).or_else(|| short_year(raw.get(..12)?)),
        _ => None,
    };
    local.map(|local| ParsedDate { local, offset: None })
}

/// A `done date:` for an event: RFC 3339 in UTC if its zone is known, from the text itself or from `utc_offset`, the
/// operator's zone; else as received. `None` when the operator wrote only zeros or nothing.
#[must_use]
pub fn done_at(raw: &str, utc_offset: Option<FixedOffset>) -> Option<String> {
    if raw
        .chars()
        .all(|c| matches!(c, '0' | '\0') || c.is_ascii_whitespace())
    {
        return None;
    }
    let known = parse_date(raw).and_then(|date| {
        let offset = date.offset.or(utc_offset)?;
        offset.from_local_datetime(&date.local).single()
    });
    Some(match known {
        Some(time) => time
            .with_timezone(&Utc)
            .to_rfc3339_opts(SecondsFormat::AutoSi, true),
        None => raw.to_owned(),
    })
}

fn smpp_time(digits: &str, sign: i32) -> Option<ParsedDate> {
    if digits.len() != 15 || !digits.bytes().all(|octet| octet.is_ascii_digit()) {
        return None;
    }
    let local = short_year(digits.get(..12)?)?;
    let tenths: i64 = digits.get(12..13)?.parse().ok()?;
    let quarter_hours: i32 = digits.get(13..)?.parse().ok()?;
    Some(ParsedDate {
        local: local + TimeDelta::milliseconds(tenths * 100),
        offset: Some(FixedOffset::east_opt(sign * quarter_hours * 15 * 60)?),
    })
}

/// `YYMMDDhhmm` with or without `ss`, in this century.
fn short_year(digits: &str) -> Option<NaiveDateTime> {
    moment(2000 + i32::from(pair(digits, 0)?), digits.get(2..)?)
}

/// `YYYYMMDDhhmm` with or without `ss`.
fn long_year(digits: &str) -> Option<NaiveDateTime> {
    let year = i32::from(pair(digits, 0)?) * 100 + i32::from(pair(digits, 2)?);
    moment(year, digits.get(4..)?).filter(|moment| PLAUSIBLE_YEARS.contains(&moment.year()))
}

/// `MMDDhhmm` with or without `ss`.
fn moment(year: i32, rest: &str) -> Option<NaiveDateTime> {
    let at = |from| pair(rest, from).map(u32::from);
    let seconds = if rest.len() > 8 { at(8)? } else { 0 };
    NaiveDate::from_ymd_opt(year, at(0)?, at(2)?)?.and_hms_opt(at(4)?, at(6)?, seconds)
}

fn pair(digits: &str, from: usize) -> Option<u8> {
    let pair = digits.get(from..from + 2)?;
    if pair.bytes().all(|octet| octet.is_ascii_digit()) {
        pair.parse().ok()
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_of_writing_a_date_is_understood() {
        let table = [
            ("1305050826", "2013-05-05T08:26:00"),
            ("141023215253", "2014-10-23T21:52:53"),
            ("201506201641", "2015-06-20T16:41:00"),
            ("201011121314", "2020-10-11T12:13:14"),
            ("20110314181534", "2011-03-14T18:15:34"),
            ("14102321525301", "2014-10-23T21:52:53"),
            ("180711070003912+", "2018-07-11T07:00:03.900"),
            ("240229120000000-", "2024-02-29T12:00:00"),
            ("1305050826\0", "2013-05-05T08:26:00"),
        ];
        for (raw, expected) in table {
            let parsed = parse_date(raw).map(|date| date.local.format("%FT%T%.f").to_string());
            assert_eq!(parsed.as_deref(), Some(expected), "{raw}");
        }
    }

    #[test]
    fn what_is_no_date_is_none() {
        let strange = "0000000000 000000000000 1302300826 130505 13050508261 000000020630000R 18071107000391x+ \
                       +305050826 13050508é 180711070003999+ 1305052526 +";
        for raw in strange.split(' ').chain([""]) {
            assert_eq!(parse_date(raw), None, "{raw}");
        }
    }

    #[test]
    fn a_zone_makes_utc_of_it() {
        let three_hours_east = FixedOffset::east_opt(3 * 3600);
        let done = |raw| done_at(raw, three_hours_east);
        assert_eq!(done("1305050826").as_deref(), Some("2013-05-05T05:26:00Z"));
        assert_eq!(done("141023215253").as_deref(), Some("2014-10-23T18:52:53Z"));
        assert_eq!(
            done("180711070003904-").as_deref(),
            Some("2018-07-11T08:00:03.900Z")
        );
        assert_eq!(done("soon").as_deref(), Some("soon"));
        assert_eq!(
            done("2013-05-05T05:26:00Z").as_deref(),
            Some("2013-05-05T05:26:00Z")
        );
    }

    #[test]
    fn without_a_zone_the_date_stays_as_received() {
        assert_eq!(done_at("1305050826", None).as_deref(), Some("1305050826"));
        assert_eq!(
            done_at("180711070003912+", None).as_deref(),
            Some("2018-07-11T04:00:03.900Z")
        );
        for nothing in ["0000000000", "", " ", "000000000000"] {
            assert_eq!(done_at(nothing, None), None);
        }
    }
}
