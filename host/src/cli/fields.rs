//! The fields of a PDU under each other, as the API gives them.

use super::view::{list, text};
use serde_json::Value;

/// A longer value pushes its meaning to the right, and not those of the others.
const WIDEST: usize = 40;

/// A line each, and one for the fault that ends them.
pub(super) fn lines(pdu: &Value) -> Vec<String> {
    let fields = list(pdu, "/fields");
    let width = |pointer: &str| {
        let lengths = fields.iter().map(|field| text(field, pointer).chars().count());
        lengths
            .filter(|length| *length <= WIDEST)
            .max()
            .unwrap_or_default()
    };
    let (name, value) = (width("/name"), width("/value"));
    let line = |field: &Value| {
        let [n, v, meaning] = ["/name", "/value", "/meaning"].map(|pointer| text(field, pointer));
        format!("{n:<name$}  {v:<value$}  {meaning}")
            .trim_end()
            .to_owned()
    };
    let fault = pdu.get("fault").and_then(Value::as_str);
    let fault = fault.map(|fault| format!("fault: {fault}"));
    fields.iter().map(line).chain(fault).collect()
}

#[cfg(test)]
mod tests {
    use super::lines;
    use serde_json::json;

    #[test]
    fn fields_stand_under_each_other_and_a_fault_ends_them() {
        let field = |name: &str, value: &str, meaning: &str| json!({ "name": name, "value": value, "meaning": meaning });
        let pdu = json!({
            "fields": [
                field("command_id", "0x00000005", "deliver_sm"),
                field("esm_class", "0x04", "delivery receipt"),
                field("short_message", &"x".repeat(50), "50 octets"),
                field("sequence_number", "7", ""),
            ],
            "fault": "the PDU ends before data_coding",
        });
        let long = format!("short_message    {}  50 octets", "x".repeat(50));
        assert_eq!(
            lines(&pdu),
            [
                "command_id       0x00000005  deliver_sm",
                "esm_class        0x04        delivery receipt",
                &long,
                "sequence_number  7",
                "fault: the PDU ends before data_coding",
            ]
        );
    }
}
