#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| sessions::fuzzing::index_members(input));
