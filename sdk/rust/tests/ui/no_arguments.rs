use stepwell_sdk::prelude::*;

#[step]
fn years() -> Int64Array {
    Int64Array::from(vec![1])
}

fn main() {}
