//! What a step answered when it was opened, checked before anything relies on it.

use std::collections::BTreeSet;

use arrow_schema::SchemaRef;
use stepwell_layout::LayoutError;
use stepwell_plan::{ColumnIndex, Limits, Mode, Opened, Output, Pass};

use crate::EngineError;
use crate::error::{Call, LimitValue};
use crate::wire::{SchemaProblem, WireMode, WireOpened, WireOutput};

pub(crate) fn check_opened(
    wire: WireOpened,
    n_outputs: usize,
    inputs: &[SchemaRef],
    limits: &Limits,
) -> Result<Opened, EngineError> {
    let violation = |what: String| EngineError::Violation {
        during: Call::Open,
        what,
    };
    if wire.outputs.len() != n_outputs {
        return Err(violation(format!(
            "it opened {} outputs, but describes {n_outputs}",
            wire.outputs.len()
        )));
    }
    let inside = |port: u32, column: u32| {
        let index = ColumnIndex {
            port: port as usize,
            column: column as usize,
        };
        let exists = inputs
            .get(index.port)
            .is_some_and(|schema| index.column < schema.fields().len());
        if exists {
            Ok(index)
        } else {
            Err(violation(format!(
                "it named column {column} of input {port}, which is not there"
            )))
        }
    };
    let reads: Result<BTreeSet<_>, _> = wire
        .reads
        .iter()
        .map(|read| inside(read.port, read.column))
        .collect();
    let reads = reads?;
    let mut outputs = Vec::with_capacity(n_outputs);
    for WireOutput { schema, passes } in wire.outputs {
        let schema = schema.check(limits).map_err(|problem| match problem {
            SchemaProblem::Limit { limit, asked } => EngineError::Limit {
                during: Call::Open,
                limit,
                asked,
            },
            SchemaProblem::Layout(LayoutError::TooDeep) => EngineError::Limit {
                during: Call::Open,
                limit: LimitValue::Nesting(limits.nesting),
                asked: "its output's schema is nested deeper".to_owned(),
            },
            SchemaProblem::Layout(error) => violation(format!("its output's schema: {error}")),
        })?;
        let mut checked: Vec<Pass> = Vec::with_capacity(passes.len());
        let mut seen = BTreeSet::new();
        for pass in passes {
            let input = inside(pass.input.port, pass.input.column)?;
            let output_column = pass.output_column as usize;
            let from = inputs[input.port].field(input.column);
            let Some(to) = schema.fields().get(output_column) else {
                return Err(violation(format!(
                    "it passes column `{}` to output column {output_column}, which is not there",
                    from.name()
                )));
            };
            if to.data_type() != from.data_type() || (from.is_nullable() && !to.is_nullable()) {
                return Err(violation(format!(
                    "it passes column `{}` on as `{}`, but declares another type",
                    from.name(),
                    to.name()
                )));
            }
            if !seen.insert((output_column, input.port)) {
                return Err(violation(format!(
                    "it passes two columns of one input to `{}`",
                    to.name()
                )));
            }
            checked.push(Pass {
                output_column,
                input,
            });
        }
        outputs.push(Output {
            schema,
            passes: checked,
        });
    }
    let mode = match wire.mode {
        WireMode::Map => Mode::Map,
        WireMode::Stateful => Mode::Stateful,
    };
    Ok(Opened {
        mode,
        reads,
        outputs,
    })
}
