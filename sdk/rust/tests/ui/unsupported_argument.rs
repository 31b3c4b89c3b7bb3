use stepwell_sdk::prelude::*;

#[step]
fn years(tenure: &[i64]) -> Int64Array {
    tenure.to_vec().into()
}

fn main() {}
