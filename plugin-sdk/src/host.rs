//! The host's functions: the real ones on WASM, those of [`crate::testing`] elsewhere.

#[cfg(target_arch = "wasm32")]
pub(crate) use imported::*;
#[cfg(not(target_arch = "wasm32"))]
pub(crate) use mocked::*;

#[cfg(target_arch = "wasm32")]
mod imported {
    use crate::bindings::shared::smpp::operator_policy::{call_context, charset, logging, metrics};
    use std::sync::Once;

    pub(crate) use call_context::{now_ms, operator, settings};
    pub(crate) use charset::gsm7_septets;
    pub(crate) use metrics::add;

    pub(crate) fn log(level: logging::Level, message: &str, fields: &[(&str, &str)]) {
        let fields: Vec<_> = fields
            .iter()
            .map(|&(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        logging::log(level, message, &fields);
    }

    /// A panic becomes a trap without a text, so the text goes to the log first. Once an instance.
    pub(crate) fn report_panics() {
        static INSTALL: Once = Once::new();
        INSTALL.call_once(|| {
            std::panic::set_hook(Box::new(|panic| {
                let text = panic.payload_as_str().unwrap_or("panic without a text");
                let place = panic.location().map(ToString::to_string).unwrap_or_default();
                log(logging::Level::Error, text, &[("panicked_at", &place)]);
            }));
        });
    }
}

#[cfg(not(target_arch = "wasm32"))]
mod mocked {
    use crate::testing::current;

    pub(crate) use crate::testing::gsm7_septets;

    pub(crate) fn operator() -> String {
        current(|call| call.operator.clone())
    }

    pub(crate) fn now_ms() -> u64 {
        current(|call| call.now_ms)
    }

    pub(crate) fn settings() -> String {
        current(|call| call.settings.clone())
    }

    pub(crate) fn log(level: crate::log::Level, message: &str, fields: &[(&str, &str)]) {
        let fields = fields
            .iter()
            .map(|&(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        current(|call| {
            call.lines.push(crate::testing::Line {
                level,
                message: message.to_owned(),
                fields,
            })
        });
    }

    pub(crate) fn add(counter: &str, amount: u64) {
        current(|call| *call.counters.entry(counter.to_owned()).or_default() += amount);
    }

    /// Tests see panics as they are.
    pub(crate) fn report_panics() {}
}
