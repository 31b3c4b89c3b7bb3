use stepwell_sdk::prelude::*;

struct Years;

impl Years {
    #[step]
    fn years(&self, tenure: &Int64Array) -> Int64Array {
        tenure.clone()
    }
}

fn main() {}
