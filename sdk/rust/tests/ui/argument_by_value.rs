use stepwell_sdk::prelude::*;

#[step]
fn years(tenure: Int64Array) -> Int64Array {
    tenure
}

fn main() {}
