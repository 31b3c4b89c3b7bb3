//! The contract, as Rust: made from `sdk/wit`.

wit_bindgen::generate!({
    world: "full-step",
    path: "../wit",
    // Made columns cross as slices of the arrays' own buffers.
    ownership: Borrowing { duplicate_if_necessary: true },
    pub_export_macro: true,
    default_bindings_module: "stepwell_sdk::bindings",
});
