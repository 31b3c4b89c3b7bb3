use stepwell_sdk::prelude::*;

#[step]
fn years(tenure: &Int64Array) -> Int64Array {
    tenure.clone()
}

#[step]
fn days(tenure: &Int64Array) -> Int64Array {
    tenure.clone()
}

fn main() {}
