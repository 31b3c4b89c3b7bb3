#![no_main]

libfuzzer_sys::fuzz_target!(
    init: stepwell_test_fuzz::report_panics_that_escape(),
    |input: &[u8]| stepwell_test_fuzz::stop_where_a_panic_escapes("layout", input)
);
