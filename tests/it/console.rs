//! The console as a person sees it: real Chromium before a gateway process with two operators. The steps of each page stand in
//! `tests/console/pages`; screenshots are kept in `target/console-looks`.
#![cfg(test)]

mod access;
mod configuration;
mod desk;
mod load;
mod memory;
mod messages;
mod overview;
mod pages;
mod playground;
mod plugins;
mod records;
mod sessions;

use serde_json::Value;

/// A story that grants no order.
fn nothing_asked(order: &str, _: &Value) -> Value {
    panic!("this story does not know the order {order:?}")
}
