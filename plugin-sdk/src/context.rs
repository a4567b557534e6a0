//! What a hook may know besides its arguments. Natively it comes from [`testing::Context`](crate::testing::Context).

use crate::host;

/// Id of the operator that this instance serves.
#[must_use]
pub fn operator() -> String {
    host::operator()
}

/// Time of this call in milliseconds since 1970: the same for the whole call, and recorded with it.
#[must_use]
pub fn now_ms() -> u64 {
    host::now_ms()
}

/// The settings as the JSON document that [`Settings::validate`](crate::Settings::validate) accepted. Fixed for the
/// life of an instance. [`settings()`](crate::settings()) reads it into a type.
#[must_use]
pub fn settings() -> String {
    host::settings()
}
