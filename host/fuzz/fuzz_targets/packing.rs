//! See `smpp_fuzz::packing`.
#![no_main]

libfuzzer_sys::fuzz_target!(|octets: &[u8]| smpp_fuzz::packing(octets));
