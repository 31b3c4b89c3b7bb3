//! What most steps use: `use stepwell_sdk::prelude::*;`.

pub use crate::{
    Batch, Column, ColumnRef, Input, InputColumn, Inputs, Made, Model, ModelInput, ModelOutput,
    NoParameters, Opening, Output, OutputOpening, OutputPort, Problems, ResultExt, Selection, Step,
    StepError, artifact, columns, log, parameters, step,
};

pub use arrow_array::array::*;
pub use arrow_array::cast::AsArray;
pub use arrow_array::types::*;
pub use arrow_schema::{DataType, Field, TimeUnit};
