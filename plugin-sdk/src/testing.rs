//! The host's side of a hook call in unit tests, on the thread of the test.
//!
//! ```
//! use smpp_plugin_sdk::{context, log, testing::Context};
//!
//! let call = Context::new().operator("acme").now_ms(1_700_000_000_000).settings(r#"{"max_parts": 3}"#).enter();
//! assert_eq!(context::operator(), "acme");
//! log::warn("odd receipt", &[("stat", "BADSTAT")]);
//! assert_eq!(call.lines()[0].message, "odd receipt");
//! ```

use crate::log::Level;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::marker::PhantomData;

thread_local! {
    static CURRENT: RefCell<Context> = RefCell::new(Context::new());
}

/// What the host says to a hook, and what the hook said to the host.
#[derive(Clone, Debug)]
pub struct Context {
    pub(crate) operator: String,
    pub(crate) now_ms: u64,
    pub(crate) settings: String,
    pub(crate) lines: Vec<Line>,
    pub(crate) counters: BTreeMap<String, u64>,
}

/// A line that the plugin logged.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Line {
    /// Severity.
    pub level: Level,
    /// Its text.
    pub message: String,
    /// Names and values.
    pub fields: Vec<(String, String)>,
}

impl Default for Context {
    fn default() -> Self {
        Self {
            operator: "test-operator".to_owned(),
            now_ms: 0,
            settings: "{}".to_owned(),
            lines: Vec::new(),
            counters: BTreeMap::new(),
        }
    }
}

impl Context {
    /// Operator `test-operator`, time 0, settings `{}`: what a hook finds also where no context was entered.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets what [`context::operator`](crate::context::operator) says.
    #[must_use]
    pub fn operator(mut self, id: impl Into<String>) -> Self {
        self.operator = id.into();
        self
    }

    /// Sets what [`context::now_ms`](crate::context::now_ms) says.
    #[must_use]
    pub fn now_ms(mut self, now_ms: u64) -> Self {
        self.now_ms = now_ms;
        self
    }

    /// Sets the settings document: JSON.
    #[must_use]
    pub fn settings(mut self, document: impl Into<String>) -> Self {
        self.settings = document.into();
        self
    }

    /// Makes this the context of every hook called on this thread, until the answer is dropped.
    #[must_use = "the context ends when this is dropped"]
    pub fn enter(self) -> Entered {
        crate::settings::forget();
        let before = CURRENT.with(|current| current.replace(self));
        Entered {
            before: Some(before),
            on_this_thread: PhantomData,
        }
    }
}

/// A [`Context`] in force.
#[derive(Debug)]
pub struct Entered {
    before: Option<Context>,
    on_this_thread: PhantomData<*const ()>,
}

impl Entered {
    /// What was logged since the context was entered.
    #[must_use]
    pub fn lines(&self) -> Vec<Line> {
        current(|call| call.lines.clone())
    }

    /// What was added to a counter since the context was entered.
    #[must_use]
    pub fn counter(&self, name: &str) -> u64 {
        current(|call| call.counters.get(name).copied().unwrap_or(0))
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        crate::settings::forget();
        if let Some(before) = self.before.take() {
            CURRENT.with(|current| current.replace(before));
        }
    }
}

pub(crate) fn current<T>(look: impl FnOnce(&mut Context) -> T) -> T {
    CURRENT.with(|current| look(&mut current.borrow_mut()))
}

/// 3GPP TS 23.038 section 6.2.1; the host has the tables in wire order.
const GSM7_DEFAULT: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";

/// 3GPP TS 23.038 section 6.2.1.1: two septets each.
const GSM7_EXTENSION: &str = "\u{c}^{}\\[~]|€";

pub(crate) fn gsm7_septets(text: &str) -> Option<u32> {
    text.chars().try_fold(0, |septets, character| {
        if GSM7_DEFAULT.contains(character) {
            Some(septets + 1)
        } else if GSM7_EXTENSION.contains(character) {
            Some(septets + 2)
        } else {
            None
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{charset, context, metrics};

    #[test]
    fn contexts_nest_and_end() {
        let outer = Context::new().operator("outer").enter();
        {
            let inner = Context::new().operator("inner").now_ms(7).enter();
            metrics::add("seen", 2);
            metrics::add("seen", 1);
            assert_eq!((context::operator().as_str(), context::now_ms()), ("inner", 7));
            assert_eq!(inner.counter("seen"), 3);
        }
        assert_eq!(context::operator(), "outer");
        assert_eq!(outer.counter("seen"), 0);
    }

    #[test]
    fn septets_follow_the_tables() {
        assert_eq!(GSM7_DEFAULT.chars().count(), 127, "128 places less the escape");
        assert_eq!(charset::gsm7_septets("Hello @£"), Some(8));
        assert_eq!(charset::gsm7_septets("€[]"), Some(6));
        assert_eq!(charset::gsm7_septets("ê"), None);
        assert_eq!(charset::gsm7_septets(""), Some(0));
    }
}
