//! What is varied.

use smpp_connector_tests::load::{Plugin, Setup};
use std::path::Path;
use std::time::Duration;

const PLUGINS: [Plugin; 4] = [
    Plugin::EveryHook,
    Plugin::None,
    Plugin::Quirks,
    Plugin::JavaScript,
];
const WINDOWS: [u16; 3] = [100, 10, 1_000];
/// Milliseconds from a submit_sm to its response.
const LATENCIES: [u16; 3] = [0, 10, 100];
/// Where window and latency bound the rate, a run takes so many seconds at most.
const SECONDS: usize = 3;

/// One combination.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Case {
    platform: bool,
    receipts: bool,
    plugin: Plugin,
    window: u16,
    latency: u16,
}

impl Case {
    pub(crate) fn base(platform: bool) -> Self {
        Self {
            platform,
            receipts: true,
            plugin: Plugin::EveryHook,
            window: 100,
            latency: 0,
        }
    }

    /// The base case, and each other value of each setting beside it.
    pub(crate) fn from_base(platform: bool) -> Vec<Self> {
        let base = Self::base(platform);
        let is_near = |case: &Self| {
            let other = [
                case.receipts != base.receipts,
                case.plugin != base.plugin,
                case.window != base.window,
                case.latency != base.latency,
            ];
            case.platform == platform && other.into_iter().filter(|other| *other).count() <= 1
        };
        Self::all().into_iter().filter(is_near).collect()
    }

    /// Every combination, the base case first.
    pub(crate) fn all() -> Vec<Self> {
        let mut cases = Vec::new();
        for platform in [false, true] {
            for receipts in [true, false] {
                for plugin in PLUGINS {
                    for window in WINDOWS {
                        cases.extend(LATENCIES.map(|latency| Self {
                            platform,
                            receipts,
                            plugin,
                            window,
                            latency,
                        }));
                    }
                }
            }
        }
        cases
    }

    pub(crate) fn name(&self) -> String {
        let backends = if self.platform { "on servers" } else { "embedded" };
        let plugin = match self.plugin {
            Plugin::None => "no plugin",
            Plugin::EveryHook => "every hook in Rust",
            Plugin::Quirks => "quirks",
            Plugin::JavaScript => "JavaScript",
            Plugin::Hexdec => "hexdec",
            Plugin::Latin1 => "latin1",
        };
        let receipts = if self.receipts { "receipts" } else { "no receipts" };
        format!(
            "{backends}, {plugin}, {receipts}, window {}, answers after {} ms",
            self.window, self.latency
        )
    }

    /// Of so many messages, those that can be through in a few seconds.
    pub(crate) fn at_most(&self, messages: usize) -> usize {
        match usize::from(self.latency) {
            0 => messages,
            latency => messages.min(SECONDS * 1_000 * usize::from(self.window) / latency),
        }
    }

    pub(crate) fn setup(&self, data_dir: &Path, recordings: bool) -> Setup {
        Setup {
            platform: self.platform,
            plugin: self.plugin,
            receipts: self.receipts,
            window: self.window,
            latency: Duration::from_millis(self.latency.into()),
            data_dir: data_dir.to_owned(),
            scattered_ids: false,
            recordings,
        }
    }
}
