//! Which alphabet and which data_coding a text goes in.

use crate::shape::{Choice, Field, Shape, field};
use crate::value::{flag, text, whole, word};
use serde_json::Value;
use smpp_plugin_sdk::encoding::{Alphabet, AlphabetChoice, Answer, Unencodable};
use smpp_plugin_sdk::{DataCoding, MessageType, OutboundMessage, SmsEncoding, charset};

const DATA_CODING: Shape = Shape::Whole(0, 255);
const TABLE: Shape = Shape::Text(1, 64);
const TABLE_NOTE: &str = "A table of `[alphabets]` in the operator's file, instead of alphabet.";
const CODING_NOTE: &str = "The octet on the wire.";
const GSM7: Shape = Shape::Table(
    &[
        field(
            "alphabet",
            &Shape::Word(&["gsm7", "gsm7-packed", "ascii", "latin1"]),
            "What the octets are. Default \"gsm7\", one septet an octet.",
        ),
        field("table", &TABLE, TABLE_NOTE),
        field(
            "data_coding",
            &DATA_CODING,
            "The octet on the wire. Default 0; of flash messages 16.",
        ),
        field(
            "only_gsm7",
            &Shape::Flag,
            "Only texts that GSM 7-bit can write go so: the operator turns them into it. Default false.",
        ),
    ],
    Choice::AtMost(&["alphabet", "table"]),
);
const LATIN1: Shape = Shape::Table(
    &[field("data_coding", &DATA_CODING, CODING_NOTE).required()],
    Choice::Free,
);
const UCS2: Shape = Shape::Table(
    &[
        field("table", &TABLE, TABLE_NOTE),
        field(
            "data_coding",
            &DATA_CODING,
            "The octet on the wire. Default 8; of flash messages 24.",
        ),
    ],
    Choice::Free,
);
pub(crate) const SHAPE: Shape = Shape::Table(FIELDS, Choice::Free);
const FIELDS: &[Field] = &[
    field(
        "gsm7",
        &GSM7,
        "Texts of GSM7 commands that this alphabet can write.",
    ),
    field(
        "latin1",
        &LATIN1,
        "Texts that it cannot, and Latin-1 can, go in Latin-1.",
    ),
    field("ucs2", &UCS2, "All other texts, and those of UCS2 commands."),
    field("flash_gsm7", &GSM7, "The same for flash messages."),
    field("flash_ucs2", &UCS2, "The same for flash messages."),
    field(
        "transliterate",
        &Shape::Flag,
        "Before a GSM7 command goes in UCS-2 its characters are replaced by look-alikes. Default false.",
    ),
    field(
        "downgrade",
        &Shape::Flag,
        "UCS2 commands whose text GSM 7-bit can write go as GSM7 commands do. Default false.",
    ),
];

/// GSM 7-bit class 0 and UCS-2 class 0 (3GPP TS 23.038 section 4).
const FLASH: (DataCoding, DataCoding) = (0x10, 0x18);
const PLAIN: (DataCoding, DataCoding) = (0x00, 0x08);

/// The operator's alphabets.
pub(crate) struct Encoding {
    sms: Alphabets,
    flash: Alphabets,
    latin1: Option<DataCoding>,
    transliterate: bool,
    downgrade: bool,
}

struct Alphabets {
    narrow: Option<Narrow>,
    wide: Option<(Alphabet, DataCoding)>,
    /// For what the settings leave out.
    usual: (DataCoding, DataCoding),
}

struct Narrow {
    alphabet: Alphabet,
    data_coding: DataCoding,
    only_gsm7: bool,
}

impl Encoding {
    pub(crate) fn read(table: &Value) -> Self {
        Self {
            sms: Alphabets::read(table.get("gsm7"), table.get("ucs2"), PLAIN),
            flash: Alphabets::read(table.get("flash_gsm7"), table.get("flash_ucs2"), FLASH),
            latin1: table
                .get("latin1")
                .and_then(|latin1| whole(latin1, "data_coding")),
            transliterate: flag(table, "transliterate"),
            downgrade: flag(table, "downgrade"),
        }
    }

    pub(crate) fn choose(&self, message: &OutboundMessage) -> Answer {
        let is_flash = message.message_type == MessageType::Flash;
        let alphabets = if is_flash { &self.flash } else { &self.sms };
        let wants_gsm7 = message.encoding == SmsEncoding::Gsm7
            || (self.downgrade && charset::gsm7_septets(&message.text).is_some());
        if wants_gsm7 {
            // Where nothing is said of the narrow alphabet the host's own serves texts that fit it.
            let fits = alphabets.narrow.as_ref().map_or_else(
                || charset::gsm7_septets(&message.text).is_some(),
                |narrow| narrow.fits(&message.text),
            );
            let downgraded = message.encoding == SmsEncoding::Ucs2;
            if fits {
                return match &alphabets.narrow {
                    None if !downgraded => Answer::HostDefault,
                    _ => alphabets.narrow(Unencodable::HostDefault),
                };
            }
            if let Some(data_coding) = self.latin1.filter(|_| !is_flash && fits_latin1(&message.text)) {
                return choice(Alphabet::Latin1, data_coding, Unencodable::HostDefault);
            }
            if self.transliterate {
                return alphabets.narrow(Unencodable::Transliterate);
            }
        }
        match &alphabets.wide {
            Some((alphabet, data_coding)) => choice(alphabet.clone(), *data_coding, Unencodable::HostDefault),
            None => Answer::HostDefault,
        }
    }

    /// Octets that one short message holds of texts under this data_coding.
    pub(crate) fn single(&self, coding: DataCoding) -> Option<u32> {
        let narrow = [&self.sms, &self.flash]
            .into_iter()
            .filter_map(|alphabets| alphabets.narrow.as_ref());
        let narrow = narrow.filter(|narrow| narrow.data_coding == coding);
        let of_narrow = narrow.map(|narrow| match narrow.alphabet {
            Alphabet::Gsm7Unpacked => 160,
            _ => 140,
        });
        of_narrow
            .min()
            .or_else(|| (self.latin1 == Some(coding)).then_some(140))
    }
}

impl Alphabets {
    fn read(narrow: Option<&Value>, wide: Option<&Value>, usual: (DataCoding, DataCoding)) -> Self {
        let wide = wide.map(|wide| {
            let alphabet = text(wide, "table").map_or(Alphabet::Ucs2, Alphabet::Named);
            (alphabet, whole(wide, "data_coding").unwrap_or(usual.1))
        });
        Self {
            narrow: narrow.map(|narrow| Narrow::read(narrow, usual.0)),
            wide,
            usual,
        }
    }

    fn narrow(&self, unencodable: Unencodable) -> Answer {
        match &self.narrow {
            Some(narrow) => choice(narrow.alphabet.clone(), narrow.data_coding, unencodable),
            None => choice(Alphabet::Gsm7Unpacked, self.usual.0, unencodable),
        }
    }
}

impl Narrow {
    fn read(table: &Value, usual: DataCoding) -> Self {
        let named = text(table, "table").map(Alphabet::Named);
        Self {
            alphabet: named.unwrap_or(match word(table, "alphabet") {
                Some("gsm7-packed") => Alphabet::Gsm7Packed,
                Some("ascii") => Alphabet::Ascii,
                Some("latin1") => Alphabet::Latin1,
                _ => Alphabet::Gsm7Unpacked,
            }),
            data_coding: whole(table, "data_coding").unwrap_or(usual),
            only_gsm7: flag(table, "only_gsm7"),
        }
    }

    /// What a table of the operator's file can write is not known here; such tables stand in for GSM 7-bit.
    fn fits(&self, text: &str) -> bool {
        let own = match self.alphabet {
            Alphabet::Ascii => text.is_ascii(),
            Alphabet::Latin1 => fits_latin1(text),
            _ => charset::gsm7_septets(text).is_some(),
        };
        own && (!self.only_gsm7 || charset::gsm7_septets(text).is_some())
    }
}

fn choice(alphabet: Alphabet, data_coding: DataCoding, unencodable: Unencodable) -> Answer {
    Answer::Alphabet(AlphabetChoice {
        alphabet,
        data_coding,
        unencodable,
    })
}

/// U+0080..U+009F are control characters in ISO 8859-1, and something else on many handsets.
fn fits_latin1(text: &str) -> bool {
    text.chars()
        .all(|character| matches!(character, '\0'..='\u{7f}' | '\u{a0}'..='\u{ff}'))
}
