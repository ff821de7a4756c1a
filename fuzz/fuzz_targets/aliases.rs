#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| sessions_fuzz::aliases(input));
