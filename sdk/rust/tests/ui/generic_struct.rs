use stepwell_sdk::prelude::*;

#[step]
struct Impute<T> {
    value: T,
}

fn main() {}
