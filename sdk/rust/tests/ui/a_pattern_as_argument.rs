use stepwell_sdk::prelude::*;

#[step]
fn years((tenure, charges): (&Int64Array, &Int64Array)) -> Int64Array {
    tenure.clone()
}

fn main() {}
