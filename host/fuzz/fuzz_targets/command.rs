//! See `smpp_fuzz::command`.
#![no_main]

libfuzzer_sys::fuzz_target!(|octets: &[u8]| smpp_fuzz::command(octets));
