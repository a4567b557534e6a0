//! The contract of plugin-sdk/wit as Rust types.
//!
//! The host never demands this whole world of a plugin: each hook is an interface that is looked up on its own.

wasmtime::component::bindgen!({
    world: "operator-policy",
    path: "../plugin-sdk/wit",
    // What a plugin is asked about belongs to the message: nothing of it is copied on the way to the plugin's own memory.
    ownership: Borrowing { duplicate_if_necessary: true },
});

/// `package` of the hooks' interfaces, and of what a plugin may import.
pub(super) const PACKAGE: &str = "smpp:operator-policy";
/// `package` of the PDU records.
pub(super) const PDU_PACKAGE: &str = "smpp:pdu";
/// Version of both.
pub(super) const VERSION: &str = "1.0.0";
/// The interfaces that a plugin may import.
pub(super) const IMPORTS: [&str; 5] = ["types", "call-context", "logging", "metrics", "charset"];
