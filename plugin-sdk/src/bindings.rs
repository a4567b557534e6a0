//! What `wit_bindgen` makes of the contract: one module for the imports and the shared types, and one a hook, so that a
//! plugin exports exactly the hooks that it implements.
//!
//! Not for use by hand. The public modules of this crate re-export the types, [`crate::operator_policy!`] the rest.

/// The imports, the shared types, and the PDU records.
pub mod shared {
    wit_bindgen::generate!({
        path: "wit",
        world: "shared",
        generate_all,
        generate_unused_types: true,
        additional_derives: [PartialEq, Eq],
    });
}

/// The `settings` hook.
pub mod settings {
    wit_bindgen::generate!({
        path: "wit",
        world: "settings-hook",
        pub_export_macro: true,
        additional_derives: [PartialEq, Eq],
    });
}

/// The `encoding` hook.
pub mod encoding {
    wit_bindgen::generate!({
        path: "wit",
        world: "encoding-hook",
        with: {
            "smpp:pdu/types@1.0.0": crate::bindings::shared::smpp::pdu::types,
            "smpp:operator-policy/types@1.0.0": crate::bindings::shared::smpp::operator_policy::types,
        },
        pub_export_macro: true,
        additional_derives: [PartialEq, Eq],
    });
}

/// The `splitting` hook.
pub mod splitting {
    wit_bindgen::generate!({
        path: "wit",
        world: "splitting-hook",
        with: {
            "smpp:pdu/types@1.0.0": crate::bindings::shared::smpp::pdu::types,
            "smpp:operator-policy/types@1.0.0": crate::bindings::shared::smpp::operator_policy::types,
        },
        pub_export_macro: true,
        additional_derives: [PartialEq, Eq],
    });
}

/// The `submit` hook.
pub mod submit {
    wit_bindgen::generate!({
        path: "wit",
        world: "submit-hook",
        with: {
            "smpp:pdu/types@1.0.0": crate::bindings::shared::smpp::pdu::types,
            "smpp:operator-policy/types@1.0.0": crate::bindings::shared::smpp::operator_policy::types,
        },
        pub_export_macro: true,
        additional_derives: [PartialEq, Eq],
    });
}

/// The `submit-result` hook.
pub mod submit_result {
    wit_bindgen::generate!({
        path: "wit",
        world: "submit-result-hook",
        with: {
            "smpp:pdu/types@1.0.0": crate::bindings::shared::smpp::pdu::types,
            "smpp:operator-policy/types@1.0.0": crate::bindings::shared::smpp::operator_policy::types,
        },
        pub_export_macro: true,
        additional_derives: [PartialEq, Eq],
    });
}

/// The `message-ids` hook.
pub mod message_ids {
    wit_bindgen::generate!({
        path: "wit",
        world: "message-ids-hook",
        with: {
            "smpp:pdu/types@1.0.0": crate::bindings::shared::smpp::pdu::types,
            "smpp:operator-policy/types@1.0.0": crate::bindings::shared::smpp::operator_policy::types,
        },
        pub_export_macro: true,
        additional_derives: [PartialEq, Eq],
    });
}

/// The `inbound` hook.
pub mod inbound {
    wit_bindgen::generate!({
        path: "wit",
        world: "inbound-hook",
        with: {
            "smpp:pdu/types@1.0.0": crate::bindings::shared::smpp::pdu::types,
            "smpp:operator-policy/types@1.0.0": crate::bindings::shared::smpp::operator_policy::types,
        },
        pub_export_macro: true,
        additional_derives: [PartialEq, Eq],
    });
}
