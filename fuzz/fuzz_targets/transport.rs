#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| mxward_fuzz::check("transport", data));
