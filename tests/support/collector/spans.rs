//! Spans out of an ExportTraceServiceRequest: the fields of `opentelemetry/proto/trace/v1/trace.proto` that stories ask for.

use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A span as it came.
#[derive(Clone, Debug)]
pub struct Span {
    /// In hex, as all ids here.
    pub trace: String,
    /// Its own.
    pub id: String,
    /// Empty for the first one of a trace.
    pub parent: String,
    /// What it is.
    pub name: String,
    /// As the protocol numbers them: 1 internal, 3 client, 5 consumer.
    pub kind: u64,
    /// Nanoseconds of Unix time.
    pub start: u64,
    /// Nanoseconds of Unix time.
    pub end: u64,
    /// By name.
    pub attributes: BTreeMap<String, Value>,
    /// Trace and span of each.
    pub links: Vec<(String, String)>,
    /// The word of an error, where it is one.
    pub failed: Option<String>,
    /// Who told it.
    pub resource: BTreeMap<String, Value>,
}

/// The spans of a request.
pub(super) fn read(request: &[u8]) -> Vec<Span> {
    let mut found = Vec::new();
    for of_resource in messages(request, 1) {
        let about = messages(of_resource, 1).next().unwrap_or_default();
        let resource = pairs(about, 1);
        for of_scope in messages(of_resource, 2) {
            found.extend(messages(of_scope, 2).map(|octets| span(octets, &resource)));
        }
    }
    found
}

fn span(octets: &[u8], resource: &BTreeMap<String, Value>) -> Span {
    let status = messages(octets, 15).next().unwrap_or_default();
    let id = |number| hex::encode(messages(octets, number).next().unwrap_or_default());
    Span {
        trace: id(1),
        id: id(2),
        parent: id(4),
        name: text(octets, 5),
        kind: number(octets, 6),
        start: number(octets, 7),
        end: number(octets, 8),
        attributes: pairs(octets, 9),
        links: messages(octets, 13)
            .map(|link| {
                let id = |number| hex::encode(messages(link, number).next().unwrap_or_default());
                (id(1), id(2))
            })
            .collect(),
        failed: (number(status, 3) == 2).then(|| text(status, 2)),
        resource: resource.clone(),
    }
}

fn pairs(octets: &[u8], field: u64) -> BTreeMap<String, Value> {
    messages(octets, field)
        .map(|pair| {
            let value = messages(pair, 2).next().unwrap_or_default();
            let value = fields(value).into_iter().next();
            let value = match value {
                Some((1, Field::Octets(text))) => json!(String::from_utf8_lossy(text)),
                Some((2, Field::Number(flag))) => json!(flag == 1),
                Some((3, Field::Number(number))) => json!(number),
                other => panic!("a value that no story has: {other:?}"),
            };
            (text(pair, 1), value)
        })
        .collect()
}

#[derive(Debug)]
enum Field<'a> {
    Number(u64),
    Octets(&'a [u8]),
}

fn messages(octets: &[u8], field: u64) -> impl Iterator<Item = &[u8]> {
    let of_field = move |(number, value)| match value {
        Field::Octets(octets) if number == field => Some(octets),
        Field::Octets(_) | Field::Number(_) => None,
    };
    fields(octets).into_iter().filter_map(of_field)
}

fn text(octets: &[u8], field: u64) -> String {
    let text = messages(octets, field).next().unwrap_or_default();
    String::from_utf8_lossy(text).into_owned()
}

fn number(octets: &[u8], field: u64) -> u64 {
    let of_field = |(number, value)| match value {
        Field::Number(value) if number == field => Some(value),
        Field::Octets(_) | Field::Number(_) => None,
    };
    fields(octets).into_iter().find_map(of_field).unwrap_or(0)
}

/// The fields of a protobuf message, in their order.
fn fields(mut octets: &[u8]) -> Vec<(u64, Field<'_>)> {
    let mut found = Vec::new();
    while !octets.is_empty() {
        let key = varint(&mut octets);
        let value = match key & 7 {
            0 => Field::Number(varint(&mut octets)),
            1 => Field::Number(u64::from_le_bytes(
                take(&mut octets, 8).try_into().expect("eight octets"),
            )),
            2 => {
                let length = varint(&mut octets);
                Field::Octets(take(&mut octets, usize::try_from(length).expect("a length")))
            }
            5 => {
                let value = take(&mut octets, 4).try_into().expect("four octets");
                Field::Number(u32::from_le_bytes(value).into())
            }
            other => panic!("protobuf has no wire type {other}"),
        };
        found.push((key >> 3, value));
    }
    found
}

fn varint(octets: &mut &[u8]) -> u64 {
    let (mut value, mut shift) = (0, 0);
    loop {
        let octet = take(octets, 1)[0];
        value |= u64::from(octet & 0x7F) << shift;
        if octet & 0x80 == 0 {
            return value;
        }
        shift += 7;
    }
}

fn take<'a>(octets: &mut &'a [u8], count: usize) -> &'a [u8] {
    let (taken, rest) = octets.split_at(count);
    *octets = rest;
    taken
}
