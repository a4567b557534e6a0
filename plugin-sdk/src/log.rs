//! Lines in the host's log, marked there with plugin, version and message. The host limits rate and length.
//!
//! Never log a text or a full number.

use crate::host;

pub use crate::bindings::shared::smpp::operator_policy::logging::Level;

/// For whoever writes the plugin.
pub fn debug(message: &str, fields: &[(&str, &str)]) {
    host::log(Level::Debug, message, fields);
}

/// For whoever runs the gateway.
pub fn info(message: &str, fields: &[(&str, &str)]) {
    host::log(Level::Info, message, fields);
}

/// Something is odd, the message goes on.
pub fn warn(message: &str, fields: &[(&str, &str)]) {
    host::log(Level::Warn, message, fields);
}

/// Something is wrong.
pub fn error(message: &str, fields: &[(&str, &str)]) {
    host::log(Level::Error, message, fields);
}
