//! Every key of the configuration, described once: the reference in `docs/configuration.md` is written from here, and what is in
//! force is told beside the default that stands here. A test holds the keys against those that the parser asks for.

mod addresses;
mod host;
mod operator;
mod policy;
mod session;
mod submit;

use std::fmt::Write;

/// One key.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// Its TOML path in the file; in a `[[session]]`, from there. `NAME` stands for what the user chose.
    pub name: &'static str,
    /// In Markdown: TOML in backquotes, or words.
    pub default: &'static str,
    /// In Markdown.
    pub about: &'static str,
}

const fn key(name: &'static str, default: &'static str, about: &'static str) -> Key {
    Key { name, default, about }
}

/// Where a group of keys stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Place {
    /// `smpp-connector.toml`.
    Host,
    /// An operator's file.
    Operator,
    /// Each `[[session]]` of it.
    Session,
}

/// Keys that belong together.
#[derive(Clone, Copy, Debug)]
pub struct Group {
    /// Of the chapter.
    pub title: &'static str,
    /// Where they stand.
    pub place: Place,
    /// What stands before the table.
    pub before: &'static str,
    /// The keys.
    pub keys: &'static [Key],
    /// What stands behind it.
    pub after: &'static str,
}

/// All of them, in the order of the reference.
pub const GROUPS: &[Group] = &[
    Group {
        title: "The host: `smpp-connector.toml`",
        place: Place::Host,
        before: "Its path is given by `--config` or `SMPP_CONNECTOR_CONFIG`; it may be absent. Paths in it are relative to its folder.",
        keys: host::KEYS,
        after: "URLs, passwords, tokens and headers are a literal, `{ env = \"NAME\" }` or `{ file = \"path\" }`.

With `[redis]`, and Redis out of reach, binds stay as they are and each host sends at its share of `tps_limit` after about a second;
nothing exceeds the limit when Redis goes, restarts empty, hangs or comes back. Only a host that alone is cut off for longer than
`lease` is not known to the others any more.",
    },
    Group {
        title: "An operator: `operators/NAME.toml`",
        place: Place::Operator,
        before: "Changes apply within about a second; an invalid file changes nothing and is logged.",
        keys: operator::KEYS,
        after: "",
    },
    Group {
        title: "Its policy: `[policy]`",
        place: Place::Operator,
        before: "A change of these keys alone leaves the sessions bound.",
        keys: policy::KEYS,
        after: "",
    },
    Group {
        title: "Each `[[session]]`",
        place: Place::Session,
        before: "[session-example.toml](session-example.toml) has all of it with comments.",
        keys: session::KEYS,
        after: "",
    },
    Group {
        title: "Senders and recipients: `[source]`, `[destination]`",
        place: Place::Operator,
        before: "What the operator wants of a submit_sm; [operator-example.toml](operator-example.toml) has all of it, with comments. What a
policy plugin answers wins over it.",
        keys: addresses::KEYS,
        after: "`source.rule` and `destination.rule` are ordered lists: the first rule that fits an address decides. What a rule leaves out, and an
address that no rule fits, is as without rules:

| address | TON | NPI | sent |
|---|---|---|---|
| a plus sign and digits, 9 digits and more | 1 | 1 | without the plus sign |
| 1 to 8 digits | 3 | 0 | as it is |
| any letter, a hyphen, a space, `@`, `&`, ... | 5 | 0 | in `source.alphabet` |
| nothing | 0 | 0 | nothing |",
    },
    Group {
        title: "The other fields, and long texts: `[submit]`, `[splitting]`",
        place: Place::Operator,
        before: "",
        keys: submit::KEYS,
        after: "",
    },
];

/// The reference as a document.
#[must_use]
pub fn markdown() -> String {
    let mut text = "# Configuration reference
<!-- Written by `smpp-connector config --reference`: a test holds it. -->

Every key with its default. Unknown keys are errors; all problems are told at once, with file, key, value and what is allowed
(`smpp-connector check`). What is in force, and where it comes from, is told by `smpp-connector config`, by `GET /api/v1/config` and by the
console.
"
    .to_owned();
    for group in GROUPS {
        // A String takes everything.
        write!(text, "\n## {}\n", group.title).unwrap_or_default();
        if !group.before.is_empty() {
            write!(text, "{}\n\n", group.before).unwrap_or_default();
        }
        text.push_str("| key | default | means |\n|---|---|---|\n");
        for Key { name, default, about } in group.keys {
            let about = about.replace('|', "\\|");
            writeln!(text, "| `{name}` | {default} | {about} |").unwrap_or_default();
        }
        if !group.after.is_empty() {
            write!(text, "\n{}\n", group.after).unwrap_or_default();
        }
    }
    text
}
