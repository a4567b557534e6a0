//! The way from a trait of [`crate::hooks`] to the function that the host calls, and the macro that puts it in a plugin.

use crate::bindings::{
    encoding::exports::smpp::operator_policy::encoding, inbound::exports::smpp::operator_policy::inbound,
    message_ids::exports::smpp::operator_policy::message_ids,
    settings::exports::smpp::operator_policy::settings, shared::smpp::operator_policy::types,
    splitting::exports::smpp::operator_policy::splitting, submit::exports::smpp::operator_policy::submit,
    submit_result::exports::smpp::operator_policy::submit_result,
};
use crate::hooks::{Encoding, Inbound, MessageIds, Settings, Splitting, Submit, SubmitResult};
use crate::{DataCoding, DeliverSm, Fault, OutboundMessage, SubmitSm, host};

impl<P: Settings> settings::Guest for P {
    fn validate(document: String) -> Result<(), Vec<settings::Problem>> {
        host::report_panics();
        <P as Settings>::validate(&document)
    }
}

impl<P: Encoding> encoding::Guest for P {
    fn choose(message: OutboundMessage) -> Result<encoding::Answer, Fault> {
        host::report_panics();
        <P as Encoding>::choose(&message)
    }
}

impl<P: Splitting> splitting::Guest for P {
    fn plan(message: OutboundMessage, coding: DataCoding, octets: u32) -> Result<splitting::Answer, Fault> {
        host::report_panics();
        <P as Splitting>::plan(&message, coding, octets)
    }
}

impl<P: Submit> submit::Guest for P {
    fn rewrite(message: OutboundMessage, pdu: SubmitSm, part: submit::Part) -> Result<submit::Answer, Fault> {
        host::report_panics();
        <P as Submit>::rewrite(&message, pdu, part)
    }
}

impl<P: SubmitResult> submit_result::Guest for P {
    fn classify(response: submit_result::Response) -> Result<submit_result::Answer, Fault> {
        host::report_panics();
        <P as SubmitResult>::classify(&response)
    }
}

impl<P: MessageIds> message_ids::Guest for P {
    fn normalise(raw: String, origin: message_ids::Origin) -> Result<Option<String>, Fault> {
        host::report_panics();
        <P as MessageIds>::normalise(&raw, origin)
    }
}

impl<P: Inbound> inbound::Guest for P {
    fn interpret(pdu: DeliverSm, reading: Option<inbound::Receipt>) -> Result<inbound::Answer, Fault> {
        host::report_panics();
        <P as Inbound>::interpret(pdu, reading)
    }
}

// The growth points carry nothing yet, and nobody can make one: two of them are equal if they are the same handle.
macro_rules! handle_equality {
    ($($resource:ident),*) => {
        $(
            impl PartialEq for types::$resource {
                fn eq(&self, other: &Self) -> bool {
                    self.handle() == other.handle()
                }
            }
            impl Eq for types::$resource {}
        )*
    };
}
handle_equality!(
    ExtraEncoding,
    ExtraSplitting,
    ExtraSubmit,
    ExtraResult,
    ExtraInbound
);

/// Makes a type the plugin of this crate: `operator_policy!(Acme: MessageIds, Inbound);`.
///
/// Exports the listed hooks and no other, and writes the manifest (name and version of the Cargo package, version of
/// this SDK, hooks, contract) into the custom section `smpp-plugin-manifest`: the host compares it with what the file
/// exports. Once in a crate, at module level.
///
/// Counters that the plugin adds to are declared behind the hooks, at most 32, each a word of lower-case letters, digits, `-` and
/// `_`: `operator_policy!(Acme: MessageIds, Inbound; counters: "odd-state", "barred");`. What is not declared is dropped.
#[macro_export]
macro_rules! operator_policy {
    ($policy:ident: $first:ident $(, $hook:ident)* $(,)? $(; counters: $counter:literal $(, $more:literal)* $(,)?)?) => {
        const _: () = {
            const fn implements_its_hooks<P: $crate::hooks::$first $(+ $crate::hooks::$hook)*>() {}
            implements_its_hooks::<$policy>();
        };

        #[cfg(target_arch = "wasm32")]
        const _: () = {
            const PARTS: &[&str] = &[
                "{\"name\":\"",
                env!("CARGO_PKG_NAME"),
                "\",\"version\":\"",
                env!("CARGO_PKG_VERSION"),
                "\",\"sdk\":\"",
                $crate::manifest::SDK_VERSION,
                "\",\"contract\":\"",
                $crate::manifest::CONTRACT,
                "\",\"hooks\":[",
                $crate::manifest::hook::$first,
                $(",", $crate::manifest::hook::$hook,)*
                "]",
                $(",\"counters\":[\"", $counter, "\"", $(",\"", $more, "\"",)* "]",)?
                "}",
            ];
            #[used]
            #[unsafe(link_section = "smpp-plugin-manifest")]
            static MANIFEST: [u8; $crate::manifest::length(PARTS)] = $crate::manifest::join(PARTS);
        };

        $crate::__export_hook!($first $policy);
        $($crate::__export_hook!($hook $policy);)*
    };
}

// Only on WASM: the export names contain `@`, which a native linker takes for a symbol version.
#[doc(hidden)]
#[macro_export]
macro_rules! __export_hook {
    (Settings $policy:ident) => { $crate::__export_hook!(@ settings $policy); };
    (Encoding $policy:ident) => { $crate::__export_hook!(@ encoding $policy); };
    (Splitting $policy:ident) => { $crate::__export_hook!(@ splitting $policy); };
    (Submit $policy:ident) => { $crate::__export_hook!(@ submit $policy); };
    (SubmitResult $policy:ident) => { $crate::__export_hook!(@ submit_result $policy); };
    (MessageIds $policy:ident) => { $crate::__export_hook!(@ message_ids $policy); };
    (Inbound $policy:ident) => { $crate::__export_hook!(@ inbound $policy); };
    (@ $module:ident $policy:ident) => {
        #[cfg(target_arch = "wasm32")]
        $crate::bindings::$module::export!($policy with_types_in $crate::bindings::$module);
    };
}
