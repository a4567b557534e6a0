//! What an operation is told by.

use serde_json::Value;

/// One method of one path.
pub(super) struct Operation {
    pub(super) method: &'static str,
    pub(super) path: &'static str,
    pub(super) id: &'static str,
    pub(super) summary: &'static str,
    /// Wants the token, where one is set.
    pub(super) guarded: bool,
    pub(super) parameters: &'static [Parameter],
    pub(super) body: Option<Body>,
    /// But for those that every operation has.
    pub(super) answers: &'static [Answer],
}

/// Where a parameter stands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Path,
    Query,
    Header,
}

pub(super) struct Parameter {
    pub(super) name: &'static str,
    pub(super) place: Place,
    pub(super) about: &'static str,
    pub(super) schema: fn() -> Value,
}

pub(super) struct Body {
    pub(super) required: bool,
    pub(super) about: &'static str,
    /// Content types with the schema of each; `None` is octets.
    pub(super) kinds: &'static [(&'static str, Option<&'static str>)],
}

pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) about: &'static str,
    /// Content type and schema; `None` is an error.
    pub(super) content: Option<(&'static str, Option<&'static str>)>,
}

pub(super) const fn json_answer(status: u16, schema: &'static str, about: &'static str) -> Answer {
    let content = Some(("application/json", Some(schema)));
    Answer {
        status,
        about,
        content,
    }
}

pub(super) const fn text(kind: &'static str, about: &'static str) -> Answer {
    Answer {
        status: 200,
        about,
        content: Some((kind, None)),
    }
}

pub(super) const fn refused(status: u16, about: &'static str) -> Answer {
    Answer {
        status,
        about,
        content: None,
    }
}

pub(super) const fn get(path: &'static str, id: &'static str, summary: &'static str) -> Operation {
    Operation {
        method: "get",
        path,
        id,
        summary,
        guarded: true,
        parameters: &[],
        body: None,
        answers: &[],
    }
}

pub(super) const fn post(path: &'static str, id: &'static str, summary: &'static str) -> Operation {
    Operation {
        method: "post",
        ..get(path, id, summary)
    }
}

pub(super) const fn in_path(name: &'static str, about: &'static str, schema: fn() -> Value) -> Parameter {
    Parameter {
        name,
        place: Place::Path,
        about,
        schema,
    }
}

pub(super) const fn header(name: &'static str, about: &'static str, schema: fn() -> Value) -> Parameter {
    Parameter {
        name,
        place: Place::Header,
        about,
        schema,
    }
}

pub(super) const fn query(name: &'static str, about: &'static str, schema: fn() -> Value) -> Parameter {
    Parameter {
        name,
        place: Place::Query,
        about,
        schema,
    }
}
