//! The hooks of a component: which ones it exports, and their typed handles in one instance.

use super::bindings::exports::smpp::operator_policy as hooks;
use super::bindings::{PACKAGE, VERSION};
use super::imports::Ctx;
use smpp_domain::policy::Hook;
use wasmtime::Store;
use wasmtime::component::{Component, Instance, InstancePre};

/// Where a component's hooks are.
pub(super) struct HookIndices {
    pub(super) settings: Option<hooks::settings::GuestIndices>,
    pub(super) encoding: Option<hooks::encoding::GuestIndices>,
    pub(super) splitting: Option<hooks::splitting::GuestIndices>,
    pub(super) submit: Option<hooks::submit::GuestIndices>,
    pub(super) submit_result: Option<hooks::submit_result::GuestIndices>,
    pub(super) message_ids: Option<hooks::message_ids::GuestIndices>,
    pub(super) inbound: Option<hooks::inbound::GuestIndices>,
}

/// The hooks of one instance.
pub(super) struct Guests {
    pub(super) settings: Option<hooks::settings::Guest>,
    pub(super) encoding: Option<hooks::encoding::Guest>,
    pub(super) splitting: Option<hooks::splitting::Guest>,
    pub(super) submit: Option<hooks::submit::Guest>,
    pub(super) submit_result: Option<hooks::submit_result::Guest>,
    pub(super) message_ids: Option<hooks::message_ids::Guest>,
    pub(super) inbound: Option<hooks::inbound::Guest>,
}

/// Whether the component exports this hook, in whatever shape.
pub(super) fn exports(component: &Component, hook: Hook) -> bool {
    component
        .get_export_index(None, format!("{PACKAGE}/{hook}@{VERSION}").as_str())
        .is_some()
}

/// A hook that the component exports must have the contract's functions.
macro_rules! locate {
    ($pre:expr, $hook:expr, $module:ident) => {
        if exports($pre.component(), $hook) {
            Some(hooks::$module::GuestIndices::new($pre).map_err(|error| ($hook, error))?)
        } else {
            None
        }
    };
}

macro_rules! load {
    ($indices:expr, $hook:expr, $store:expr, $instance:expr) => {
        match $indices {
            Some(indices) => Some(
                indices
                    .load(&mut *$store, $instance)
                    .map_err(|error| ($hook, error))?,
            ),
            None => None,
        }
    };
}

impl HookIndices {
    pub(super) fn new(pre: &InstancePre<Ctx>) -> Result<Self, (Hook, wasmtime::Error)> {
        Ok(Self {
            settings: locate!(pre, Hook::Settings, settings),
            encoding: locate!(pre, Hook::Encoding, encoding),
            splitting: locate!(pre, Hook::Splitting, splitting),
            submit: locate!(pre, Hook::Submit, submit),
            submit_result: locate!(pre, Hook::SubmitResult, submit_result),
            message_ids: locate!(pre, Hook::MessageIds, message_ids),
            inbound: locate!(pre, Hook::Inbound, inbound),
        })
    }

    /// Types are compared here, not before: only an instance tells a record with one field more.
    pub(super) fn load(
        &self,
        store: &mut Store<Ctx>,
        instance: &Instance,
    ) -> Result<Guests, (Hook, wasmtime::Error)> {
        Ok(Guests {
            settings: load!(&self.settings, Hook::Settings, store, instance),
            encoding: load!(&self.encoding, Hook::Encoding, store, instance),
            splitting: load!(&self.splitting, Hook::Splitting, store, instance),
            submit: load!(&self.submit, Hook::Submit, store, instance),
            submit_result: load!(&self.submit_result, Hook::SubmitResult, store, instance),
            message_ids: load!(&self.message_ids, Hook::MessageIds, store, instance),
            inbound: load!(&self.inbound, Hook::Inbound, store, instance),
        })
    }
}
