use stepwell_sdk::prelude::*;

#[step]
fn years<T: ArrowPrimitiveType>(tenure: &PrimitiveArray<T>) -> PrimitiveArray<T> {
    tenure.clone()
}

fn main() {}
