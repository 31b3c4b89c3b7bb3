use stepwell_sdk::prelude::*;

#[step]
async fn years(tenure: &Int64Array) -> Int64Array {
    tenure.clone()
}

fn main() {}
