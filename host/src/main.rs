//! The `smpp-connector` binary.
fn main() {}
