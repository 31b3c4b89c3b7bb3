use stepwell_sdk::prelude::*;

#[step]
fn years(tenure: &Int64Array) -> Result<Vec<f64>, StepError> {
    Ok(tenure.iter().map(|months| months.unwrap_or(0) as f64 / 12.0).collect())
}

fn main() {}
