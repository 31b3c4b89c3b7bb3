use stepwell_sdk::prelude::*;

#[step]
enum Impute {
    Mean,
}

fn main() {}
