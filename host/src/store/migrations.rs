//! The migrations of both databases: by the same numbers and names, so that their schemas are one story.

/// One step of a schema.
pub(super) struct Migration {
    pub(super) version: i64,
    pub(super) name: &'static str,
    pub(super) sql: &'static str,
}

/// Those of `postgres` or `sqlite`, in order, numbered from 1 without gaps. One that has been released is never edited. Paths are
/// those of a file two folders below `src`.
macro_rules! migrations {
    ($database:literal) => {
        $crate::store::migrations::migrations!(
            $database:
            1 "0001_initial",
            2 "0002_intent_owner",
            3 "0003_mo_segments",
            4 "0004_rows_by_end",
            5 "0005_operator_stop",
            6 "0006_outcomes_by_operator",
        )
    };
    ($database:literal: $($version:literal $name:literal,)+) => {
        &[$($crate::store::migrations::Migration {
            version: $version,
            name: $name,
            sql: include_str!(concat!("../../../../migrations/", $database, "/", $name, ".sql")),
        }),+]
    };
}

pub(super) use migrations;
