#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| sessions::fuzzing::json_replies(input));
