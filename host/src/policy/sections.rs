//! Custom sections at the end of a component.

/// Appends a custom section, as a part of the component itself.
pub(super) fn append(component: &mut Vec<u8>, name: &str, data: &[u8]) {
    let mut body = length(name.len());
    body.extend_from_slice(name.as_bytes());
    body.extend_from_slice(data);
    component.push(0);
    component.extend(length(body.len()));
    component.extend(body);
}

/// LEB128.
fn length(mut value: usize) -> Vec<u8> {
    let mut octets = Vec::new();
    loop {
        let low = u8::try_from(value & 0x7F).unwrap_or_default();
        value >>= 7;
        if value == 0 {
            octets.push(low);
            return octets;
        }
        octets.push(low | 0x80);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasmparser::{Parser, Payload};

    #[test]
    fn what_is_appended_is_read_back() {
        let mut component = b"\0asm\x0d\0\x01\0".to_vec();
        let sections = [
            ("short", vec![7; 3]),
            ("long", vec![9; 70_000]),
            ("empty", Vec::new()),
        ];
        for (name, data) in &sections {
            append(&mut component, name, data);
        }
        let mut found = Vec::new();
        for payload in Parser::new(0).parse_all(&component) {
            if let Payload::CustomSection(section) = payload.unwrap() {
                found.push((section.name().to_owned(), section.data().to_vec()));
            }
        }
        assert_eq!(found, sections.map(|(name, data)| (name.to_owned(), data)));
    }
}
