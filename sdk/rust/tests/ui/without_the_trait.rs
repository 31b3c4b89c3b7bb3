use stepwell_sdk::prelude::*;

#[step]
struct Impute;

fn main() {}
