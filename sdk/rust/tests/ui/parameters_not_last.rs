use stepwell_sdk::prelude::*;

#[step]
fn years(parameters: &NoParameters, tenure: &Int64Array) -> Int64Array {
    tenure.clone()
}

fn main() {}
