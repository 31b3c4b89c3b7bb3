//! How a plan is cut into stages: what runs together on one thread, and what waits for what.

use std::collections::BTreeSet;

use stepwell_plan::{Downstream, Mode, Plan, Upstream};

/// Steps that run one after the other on a batch, on one thread.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stage {
    /// Positions in [`Plan::steps`]. A stateful step, or one that others than the next step read from, ends
    /// its stage.
    pub(crate) steps: Vec<usize>,
    /// Whether several threads may work on the stage: all its steps map each batch alone.
    pub(crate) parallel: bool,
}

/// Cuts a plan into stages: as long a chain of map steps as nobody else reads from the middle of.
pub(crate) fn stages(plan: &Plan) -> Vec<Stage> {
    let mut stages: Vec<Stage> = Vec::new();
    for (index, step) in plan.steps.iter().enumerate() {
        // What several instances draw or write would depend on which of them gets which batch.
        let is_shared = step.grants.random || step.grants.writes();
        let is_map = step.opened.mode == Mode::Map && !is_shared;
        let joined = match step.inputs.as_slice() {
            [Upstream::Step { step: before, .. }] if is_map => {
                let only_reader = plan.steps[*before].opened.outputs.len() == 1
                    && plan.readers(step.inputs[0])
                        == [Downstream::Step {
                            step: index,
                            port: 0,
                        }];
                stages.iter_mut().find(|stage| {
                    only_reader && stage.parallel && stage.steps.last() == Some(before)
                })
            }
            _ => None,
        };
        match joined {
            Some(stage) => stage.steps.push(index),
            None => stages.push(Stage {
                steps: vec![index],
                parallel: is_map,
            }),
        }
    }
    stages
}

/// Whether rows for this input port may have to wait for an earlier port of the same step to end while both
/// come from one source. A bounded queue would then hold up the source that the earlier port waits for.
pub(crate) fn must_not_block(plan: &Plan, step: usize, port: usize) -> bool {
    let inputs = &plan.steps[step].inputs;
    let own = ancestors(plan, inputs[port]);
    inputs[..port]
        .iter()
        .any(|earlier| !ancestors(plan, *earlier).is_disjoint(&own))
}

/// The sources that rows come from in the end.
fn ancestors(plan: &Plan, upstream: Upstream) -> BTreeSet<usize> {
    let mut sources = BTreeSet::new();
    let mut seen = BTreeSet::new();
    let mut to_visit = vec![upstream];
    while let Some(upstream) = to_visit.pop() {
        match upstream {
            Upstream::Source(source) => {
                sources.insert(source);
            }
            Upstream::Step { step, .. } if seen.insert(step) => {
                to_visit.extend(&plan.steps[step].inputs)
            }
            Upstream::Step { .. } => {}
        }
    }
    sources
}
