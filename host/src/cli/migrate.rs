//! `smpp-connector migrate`: what the start does to the databases, by itself, for whoever wants it done beforehand.

use super::{CommandResult, Failure, block_on, counted, load};
use crate::app;
use std::path::Path;

pub(super) fn run(config: Option<&Path>) -> CommandResult {
    let config = load(config)?;
    block_on(async {
        for migrated in app::migrate(&config.host).await.map_err(Failure::Unavailable)? {
            let applied = migrated.applied;
            if applied.is_empty() {
                println!("{}: nothing to do", migrated.database);
            } else {
                let count = counted(applied.len(), "migration");
                println!("{}: {count} applied: {}", migrated.database, applied.join(", "));
            }
        }
        Ok(())
    })
}
