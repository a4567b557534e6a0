//! tshark's reading of a capture.

use super::capture::{self, Direction};
use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::Path;
use std::process::Command;

/// What is asked of every packet.
const FIELDS: [&str; 53] = [
    "_ws.col.Info",
    "smpp.command_id",
    "smpp.command_status",
    "smpp.sequence_number",
    "smpp.system_id",
    "smpp.password",
    "smpp.system_type",
    "smpp.interface_version",
    "smpp.address_range",
    "smpp.message_id",
    "smpp.source_addr_ton",
    "smpp.source_addr_npi",
    "smpp.source_addr",
    "smpp.dest_addr_ton",
    "smpp.dest_addr_npi",
    "smpp.destination_addr",
    "smpp.service_type",
    "smpp.esm.submit.msg_mode",
    "smpp.esm.submit.msg_type",
    "smpp.esm.submit.features",
    "smpp.protocol_id",
    "smpp.priority_flag",
    "smpp.schedule_delivery_time_r",
    "smpp.validity_period",
    "smpp.validity_period_r",
    "smpp.regdel.receipt",
    "smpp.regdel.notif",
    "smpp.replace_if_present_flag",
    "smpp.data_coding",
    "smpp.sm_length",
    "smpp.message",
    "smpp.message_text",
    "smpp.message_payload",
    "smpp.sar_msg_ref_num",
    "smpp.sar_total_segments",
    "smpp.sar_segment_seqnum",
    "smpp.receipted_message_id",
    "smpp.message_state",
    "smpp.user_message_reference",
    "smpp.dest_addr_subunit",
    "smpp.more_messages_to_send",
    "smpp.vendor_op",
    "smpp.opt_param_tag",
    "smpp.opt_param_len",
    "smpp.addr_ton",
    "smpp.addr_npi",
    "gsm_sms.dis_iei_lang.single_shift",
    "gsm_sms.dis_iei_lang.locking_shift",
    "gsm_sms.udh.mm.msg_id",
    "gsm_sms.udh.mm.msg_parts",
    "gsm_sms.udh.mm.msg_part",
    "_ws.malformed",
    "_ws.expert.message",
];

/// One PDU as tshark sees it.
#[derive(Debug)]
pub(crate) struct Seen {
    fields: BTreeMap<&'static str, String>,
}

impl Seen {
    /// A field of [`FIELDS`], empty where the PDU has none.
    pub(crate) fn get(&self, field: &str) -> &str {
        self.fields.get(field).expect("a field that was asked for")
    }

    /// A number field, decimal or hexadecimal.
    pub(crate) fn number(&self, field: &str) -> u32 {
        let text = self.get(field);
        number(text).unwrap_or_else(|| panic!("{field} is '{text}' in {self:#?}"))
    }

    /// Whether a field has this value, or is the same number.
    pub(crate) fn is(&self, field: &str, value: &str) -> bool {
        let found = self.get(field);
        found == value || number(found).is_some_and(|found| number(value) == Some(found))
    }

    /// The name of the PDU in the standard.
    pub(crate) fn name(&self) -> String {
        // "Submit_sm (Short Message fragment 1 of 2)", "Deliver_sm - resp: "Ok""
        let info = self
            .get("_ws.col.Info")
            .to_lowercase()
            .replace(" - resp", "_resp");
        info.split([' ', ':']).next().unwrap_or_default().to_owned()
    }

    /// What tshark complains about.
    pub(crate) fn complaint(&self) -> Option<String> {
        let said = [self.get("_ws.malformed"), self.get("_ws.expert.message")].join(" ");
        (!said.trim().is_empty()).then(|| format!("{}: {said}", self.name()))
    }
}

fn number(text: &str) -> Option<u32> {
    match text.strip_prefix("0x") {
        Some(digits) => u32::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    }
}

/// How tshark is to read data_coding 0.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum DefaultAlphabet {
    Unpacked,
    Packed,
}

/// Reads PDUs that were written in this order, and fails on whatever tshark does not like.
pub(crate) fn read(pdus: &[(Direction, Vec<u8>)], alphabet: DefaultAlphabet) -> Vec<Seen> {
    let seen = read_whatever_it_is(pdus, alphabet);
    let complaints: Vec<_> = seen.iter().filter_map(Seen::complaint).collect();
    assert!(complaints.is_empty(), "{complaints:#?}");
    assert_eq!(seen.len(), pdus.len(), "tshark sees another number of PDUs");
    seen
}

/// The same with the complaints left in.
pub(crate) fn read_whatever_it_is(pdus: &[(Direction, Vec<u8>)], alphabet: DefaultAlphabet) -> Vec<Seen> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("smpp.pcap");
    capture::write(&file, pdus);
    read_file(&file, alphabet)
}

/// The PDUs of a file that somebody else has written.
pub(crate) fn read_file(file: &Path, alphabet: DefaultAlphabet) -> Vec<Seen> {
    let home = tempfile::tempdir().expect("a temporary folder");
    let default = match alphabet {
        DefaultAlphabet::Unpacked => "GSM 7-bit",
        DefaultAlphabet::Packed => "GSM 7-bit (packed)",
    };
    let mut command = Command::new("tshark");
    command.arg("-n").arg("-r").arg(file);
    // Segments that begin a longer PDU show no SMPP of their own.
    command.args(["-d", "tcp.port==2775,smpp", "-Y", "smpp"]);
    command
        .arg("-o")
        .arg(format!("smpp.decode_sms_over_smpp:{default}"));
    command.args(["-T", "fields", "-E", "occurrence=a", "-E", "aggregator=;"]);
    for field in FIELDS {
        command.args(["-e", field]);
    }
    // No settings of whoever runs the tests.
    let output = match command
        .env("HOME", home.path())
        .env_remove("XDG_CONFIG_HOME")
        .env("TZ", "UTC")
        .output()
    {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            panic!("tshark is missing: tests/run installs it, and so does `apt-get install tshark`")
        }
        output => output.expect("tshark"),
    };
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "tshark: {errors}");
    text(&output.stdout).lines().map(seen).collect()
}

fn seen(line: &str) -> Seen {
    let mut values: Vec<_> = line.split('\t').collect();
    values.resize(FIELDS.len(), "");
    let values = values.into_iter().map(str::to_owned);
    Seen {
        fields: FIELDS.into_iter().zip(values).collect(),
    }
}

/// UTF-8 in which the two halves of a character beyond U+FFFF may be encoded one by one: tshark reads UCS2 as what it
/// says, without knowing of UTF-16.
fn text(octets: &[u8]) -> String {
    let mut units: Vec<u16> = Vec::with_capacity(octets.len());
    let mut rest = octets;
    while let Some(&first) = rest.first() {
        if let [0xED, second @ 0xA0..=0xBF, third, ..] = *rest {
            units.push(0xD000 | (u16::from(second) & 0x3F) << 6 | u16::from(third) & 0x3F);
            rest = &rest[3..];
            continue;
        }
        let length = match first {
            0xC0..=0xDF => 2,
            0xE0..=0xEF => 3,
            0xF0..=0xFF => 4,
            _ => 1,
        };
        let (character, after) = rest.split_at(length.min(rest.len()));
        units.extend(std::str::from_utf8(character).expect("UTF-8").encode_utf16());
        rest = after;
    }
    String::from_utf16(&units).expect("whole characters")
}
