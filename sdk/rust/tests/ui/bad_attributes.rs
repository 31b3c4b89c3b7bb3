use stepwell_sdk::prelude::*;

#[step(nmae = "years")]
fn a(tenure: &Int64Array) -> Int64Array {
    tenure.clone()
}

#[step(name = "Years Of Tenure")]
fn b(tenure: &Int64Array) -> Int64Array {
    tenure.clone()
}

#[step(version = "1")]
fn c(tenure: &Int64Array) -> Int64Array {
    tenure.clone()
}

#[step(inputs(left = "Rows.", right = "Rows."))]
fn d(tenure: &Int64Array) -> Int64Array {
    tenure.clone()
}

#[step(inputs())]
struct E;

#[step(outputs(left = "Rows.", left = "Rows."))]
struct F;

#[step(name = "g", name = "g")]
struct G;

#[parameters(deny_unknown_fields)]
struct H {}

#[parameters]
fn i() {}

fn main() {}
