//! The host's own books: at the end of a run every row that went into a step is accounted for, and every row that left
//! one has arrived.

use stepwell_plan::{Plan, Upstream};

use crate::error::RunError;
use crate::meter::Summary;

/// Checks the counts of a run that has ended well. `kept` gives the number of rejections of a step that are kept,
/// where they are.
///
/// # Errors
/// The counts do not agree: rows were lost or made up between two steps, which is a fault of the host.
pub(crate) fn check(
    plan: &Plan,
    summary: &Summary,
    kept: impl Fn(usize) -> Option<u64>,
) -> Result<(), RunError> {
    let left = |upstream: &Upstream| match *upstream {
        Upstream::Source(source) => summary.sources[source].rows,
        Upstream::Step { step, port } => summary.steps[step].rows_out[port],
    };
    let wrong = |what: String| Err(RunError::Internal { what });
    for (index, (planned, step)) in plan.steps.iter().zip(&summary.steps).enumerate() {
        let name = &planned.name;
        let given: u64 = planned.inputs.iter().map(left).sum();
        if given != step.rows_in {
            return wrong(format!(
                "step `{name}` was given {} rows of {given}",
                step.rows_in
            ));
        }
        let known = step.rows_passed + step.rows_rejected;
        if known > step.rows_in {
            return wrong(format!(
                "step `{name}` was given {} rows, of which {} went on and {} were rejected",
                step.rows_in, step.rows_passed, step.rows_rejected
            ));
        }
        let rejections: u64 = step.rejected.values().map(|(rows, _)| rows).sum();
        if rejections < step.rows_rejected || (rejections > 0) != (step.rows_rejected > 0) {
            return wrong(format!(
                "step `{name}` rejected {} rows, of which {rejections} have a reason",
                step.rows_rejected
            ));
        }
        if let Some(kept) = kept(index)
            && kept != rejections
        {
            return wrong(format!(
                "step `{name}` rejected rows {rejections} times, of which {kept} are kept"
            ));
        }
    }
    for (planned, sink) in plan.sinks.iter().zip(&summary.sinks) {
        let given = left(&planned.input);
        if given != sink.rows {
            return wrong(format!(
                "sink `{}` was given {} rows of {given}",
                planned.name, sink.rows
            ));
        }
    }
    Ok(())
}
