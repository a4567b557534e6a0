//! The test messages of a certification, in the order in which they are sent. Each text begins with its name, so that
//! it can be found on the handset.

use serde_json::{Value, json};

/// One test message.
#[derive(Clone, Debug)]
pub(super) struct Case {
    pub(super) name: String,
    pub(super) text: String,
    pub(super) from: String,
    /// Fields of the command that are not as usual.
    fields: Vec<(&'static str, Value)>,
    /// What to look at on the handset.
    pub(super) look: &'static str,
    /// Whether a receipt is asked for.
    pub(super) wants_receipt: bool,
    /// A way that the operator's file does not go: one that is refused is worth knowing, and no fault.
    pub(super) is_probe: bool,
}

/// Who sends, and how far the run goes.
pub(super) struct Choice<'a> {
    /// The first sends everything; each of the others one message.
    pub(super) from: &'a [String],
    /// Names or beginnings of names; empty: all.
    pub(super) only: &'a [String],
    pub(super) without: &'a [String],
    /// Latin-1 too.
    pub(super) latin1: bool,
}

impl Case {
    fn new(name: &str, text: &str, look: &'static str) -> Self {
        Self {
            name: name.to_owned(),
            text: format!("{name}: {text}"),
            from: String::new(),
            fields: Vec::new(),
            look,
            wants_receipt: true,
            is_probe: false,
        }
    }

    /// A text of exactly so many characters, the name among them, made of `letter`; or what `end` says at its end.
    fn filled(name: &str, length: usize, letter: char, end: &str, look: &'static str) -> Self {
        let mut case = Self::new(name, "", look);
        let missing = length.saturating_sub(case.text.chars().count() + end.chars().count());
        case.text.extend(std::iter::repeat_n(letter, missing));
        case.text += end;
        case
    }

    fn ucs2(self) -> Self {
        self.with("encoding", json!("UCS2"))
    }

    fn with(mut self, field: &'static str, value: Value) -> Self {
        self.fields.push((field, value));
        self
    }

    fn probe(self, splitting: &'static str) -> Self {
        Self {
            is_probe: true,
            ..self.with("splitting", json!(splitting))
        }
    }

    /// The DispatchCommand.
    pub(super) fn command(&self, message_id: &str, operator_id: &Value, to: &str) -> Value {
        let mut command = json!({
            "messageId": message_id, "to": to, "from": self.from, "text": self.text, "encoding": "GSM7",
            "operatorId": operator_id, "accountId": uuid::Uuid::nil(), "messageType": "SMS",
            "longMessageStrategy": "CSMS", "registeredDelivery": self.wants_receipt,
        });
        if let Some(known) = command.as_object_mut() {
            known.extend(
                self.fields
                    .iter()
                    .map(|(key, value)| ((*key).to_owned(), value.clone())),
            );
        }
        command
    }
}

/// The messages that are chosen. An error names a beginning that fits none.
pub(super) fn chosen(choice: &Choice<'_>) -> Result<Vec<Case>, String> {
    let all = all(choice.from);
    for wanted in choice.only.iter().chain(choice.without) {
        if !all.iter().any(|case| case.name.starts_with(wanted.as_str())) {
            let names: Vec<_> = all.iter().map(|case| case.name.as_str()).collect();
            return Err(format!(
                "no test begins with {wanted:?}: there are {}",
                names.join(", ")
            ));
        }
    }
    let begins =
        |case: &Case, names: &[String]| names.iter().any(|name| case.name.starts_with(name.as_str()));
    let is_chosen = |case: &Case| {
        let asked = begins(case, choice.only);
        let usual = choice.only.is_empty() && (choice.latin1 || !case.name.starts_with("latin1"));
        (asked || usual) && !begins(case, choice.without)
    };
    Ok(all.into_iter().filter(is_chosen).collect())
}

/// Everything there is.
fn all(from: &[String]) -> Vec<Case> {
    let mut cases = alphabets();
    cases.extend(lengths());
    cases.extend(long_texts());
    cases.extend(fields());
    let first = from.first().cloned().unwrap_or_default();
    for case in &mut cases {
        case.from.clone_from(&first);
    }
    for (sender, number) in from.iter().zip(1..).skip(1) {
        let mut case = Case::new(
            &format!("from-{number}"),
            "who is this from?",
            "the sender is shown as it was given",
        );
        case.from.clone_from(sender);
        cases.push(case);
    }
    cases
}

/// The GSM 7-bit default alphabet in full, its extension, and what needs UCS-2 (3GPP TS 23.038).
fn alphabets() -> Vec<Case> {
    let each = "every character, in this order";
    vec![
        Case::new("gsm7-1", "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ", each),
        Case::new(
            "gsm7-2",
            " !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZ",
            each,
        ),
        Case::new("gsm7-3", "ÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà", each),
        Case::new("gsm7-extension", "^{}\\[~]|€", "nine characters and no gap"),
        Case::new(
            "typographic",
            "“quoted” – and ‘so’ on…",
            "these quotes, or plain ones where the operator's file says so",
        ),
        Case::new("as-ucs2", "plain letters, asked for in UCS2", "the text").ucs2(),
        Case::new("latin1", "ÀÁÂÃÊËÍÎÓÔÕÚÛÝ çâêîôûãõ ©®±µ¶", each),
        Case::new("ucs2-latin", "ąćęłńóśźż ğışçö ôâêî ő", each).ucs2(),
        Case::new("ucs2-cyrillic", "Съешь ещё этих булок, Їжак", each).ucs2(),
        Case::new(
            "ucs2-arabic",
            "مرحبا بالعالم",
            "from right to left, letters joined",
        )
        .ucs2(),
        Case::new("ucs2-chinese", "你好，世界", each).ucs2(),
        Case::new(
            "ucs2-emoji",
            "😀👍🏽🇩🇪",
            "a face, a thumb, a flag: none of them as two boxes",
        )
        .ucs2(),
    ]
}

/// The edges of one short message: 160 septets or 140 octets.
fn lengths() -> Vec<Case> {
    vec![
        Case::filled("length-160", 160, 'a', "z", "one message, z at its end"),
        Case::filled(
            "length-161",
            161,
            'a',
            "z",
            "one message of two parts, z at its end",
        ),
        Case::filled(
            "length-escape",
            161,
            'a',
            "€bbbbbbbz",
            "one message, a euro sign before the b",
        ),
        Case::filled("ucs2-70", 70, 'ж', "я", "one message, я at its end").ucs2(),
        Case::filled("ucs2-71", 71, 'ж', "я", "one message of two parts, я at its end").ucs2(),
        Case::filled(
            "ucs2-long",
            180,
            'ж',
            "я",
            "one message of three parts, я at its end",
        )
        .ucs2(),
    ]
}

/// Three parts, in each way that there is.
fn long_texts() -> Vec<Case> {
    let whole = "one message, in order, z at its end";
    let way = |name: &str| Case::filled(name, 400, 'a', "z", whole);
    vec![
        way("long"),
        way("long-payload").with("longMessageStrategy", json!("TLV")),
        way("long-udh8").probe("udh8"),
        way("long-udh16").probe("udh16"),
        way("long-sar").probe("sar"),
    ]
}

/// What else a submit_sm says.
fn fields() -> Vec<Case> {
    let silent = Case {
        wants_receipt: false,
        ..Case::new("receipt-none", "no receipt is asked for", "the text")
    };
    vec![
        Case::new(
            "flash",
            "shown at once",
            "on the screen at once, not in the inbox",
        )
        .with("messageType", json!("FLASH")),
        Case::new("validity", "valid for an hour", "the text").with("validityPeriod", json!(3_600)),
        Case::new("priority", "of priority 1", "the text").with("priority", json!(1)),
        silent,
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use smpp_domain::dispatch::DispatchCommand;
    use smpp_domain::encoding::{Alphabet, decode};

    fn names(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    fn choose(only: &[&str], without: &[&str], latin1: bool) -> Result<Vec<String>, String> {
        let (from, only, without) = (names(&["Certify", "12345"]), names(only), names(without));
        let choice = Choice {
            from: &from,
            only: &only,
            without: &without,
            latin1,
        };
        Ok(chosen(&choice)?.into_iter().map(|case| case.name).collect())
    }

    #[test]
    fn tests_are_chosen_by_the_beginnings_of_their_names() {
        assert_eq!(
            choose(&["gsm7-1", "flash"], &[], false),
            Ok(names(&["gsm7-1", "flash"]))
        );
        assert_eq!(
            choose(&["long"], &["long-s"], false),
            Ok(names(&["long", "long-payload", "long-udh8", "long-udh16"]))
        );
        let usual = choose(&[], &["ucs2"], false).unwrap();
        assert!(usual.contains(&"from-2".to_owned()) && !usual.iter().any(|name| name.starts_with("ucs2")));
        assert!(!usual.contains(&"latin1".to_owned()));
        assert!(choose(&[], &[], true).unwrap().contains(&"latin1".to_owned()));
        let unknown = choose(&["gsm8"], &[], false).unwrap_err();
        assert!(
            unknown.contains("\"gsm8\"") && unknown.contains("gsm7-1"),
            "{unknown}"
        );
    }

    #[test]
    fn the_default_alphabet_is_there_in_full() {
        let cases = all(&names(&["Certify"]));
        let text: String = cases
            .iter()
            .filter(|case| case.name.starts_with("gsm7-"))
            .map(|case| case.text.as_str())
            .collect();
        let all = (0..128).filter(|septet| *septet != 0x1B);
        let extended = [0x14, 0x28, 0x29, 0x2F, 0x3C, 0x3D, 0x3E, 0x40, 0x65];
        let octets = all.map(|septet| vec![septet]);
        for octets in octets.chain(extended.map(|septet| vec![0x1B, septet])) {
            let character = decode(&octets, &Alphabet::Gsm7Unpacked);
            assert!(text.contains(&character), "{octets:?} {character:?}");
        }
    }

    #[test]
    fn lengths_are_what_their_names_say() {
        for case in all(&names(&["Certify"])) {
            let units = case.text.encode_utf16().count();
            match case.name.as_str() {
                "length-160" => assert_eq!(units, 160),
                "length-161" | "length-escape" => assert_eq!(units, 161, "{}", case.name),
                "ucs2-70" => assert_eq!(units, 70),
                "ucs2-71" => assert_eq!(units, 71),
                _ => {}
            }
        }
    }

    #[test]
    fn each_is_a_command() {
        for case in all(&names(&["Certify", "12345", "+491511234567"])) {
            let id = uuid::Uuid::now_v7();
            let command = case.command(&id.to_string(), &json!(id), "+491511234567");
            let read = DispatchCommand::parse(command.to_string().as_bytes());
            assert!(read.is_ok(), "{}: {read:?}", case.name);
        }
    }
}
