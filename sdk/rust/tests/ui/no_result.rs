use stepwell_sdk::prelude::*;

#[step]
fn years(tenure: &Int64Array) {}

fn main() {}
