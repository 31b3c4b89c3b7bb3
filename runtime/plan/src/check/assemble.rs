//! Puts the plan together, and works out which columns anyone needs.

use std::collections::BTreeSet;

use super::{Checker, Link};
use crate::plan::{Plan, PlannedSink, PlannedSource, PlannedStep, Upstream};

/// The plan; `None` where a part of it is missing, which was reported.
pub(super) fn plan(checker: &Checker<'_>, order: &[usize], sinks: &[Option<Link>]) -> Option<Plan> {
    let file = checker.file;
    if order.len() != file.steps.len() || !file.broken.is_empty() {
        return None;
    }
    let to_upstream = |link: Link| -> Option<Upstream> {
        Some(match link {
            Link::Source(source) => Upstream::Source(source),
            Link::Step { step, port } => Upstream::Step {
                step: order.iter().position(|planned| *planned == step)?,
                port,
            },
        })
    };
    let sources = file
        .sources
        .iter()
        .zip(&checker.sources)
        .map(|(entry, schema)| {
            Some(PlannedSource {
                name: entry.name.value.clone(),
                spec: entry.spec.clone(),
                schema: schema.clone()?,
                needed: BTreeSet::new(),
            })
        });
    let steps = order.iter().map(|step| {
        let entry = &file.steps[*step];
        let state = &checker.steps[*step];
        let opened = state.opened.clone()?;
        let links = state.links.iter().map(|link| link.and_then(to_upstream));
        Some(PlannedStep {
            name: entry.name.value.clone(),
            reference: entry.reference.value.clone(),
            component: state.component.clone()?,
            parameters: state.parameters.clone(),
            grants: entry.grants.clone(),
            limits: entry.limits,
            on_error: entry.on_error,
            max_rejects: entry.max_rejects,
            inputs: links.collect::<Option<_>>()?,
            needed: vec![BTreeSet::new(); opened.outputs.len()],
            opened,
        })
    });
    let sinks = file.sinks.iter().zip(sinks).map(|(entry, link)| {
        Some(PlannedSink {
            name: entry.name.value.clone(),
            spec: entry.spec.clone(),
            input: link.and_then(to_upstream)?,
        })
    });
    let mut plan = Plan {
        name: file.name.value.clone(),
        description: file.description.clone(),
        batch_rows: file.batch_rows,
        threads: file.threads,
        time: file.time,
        models: file
            .models
            .iter()
            .map(|model| (model.name.value.clone(), model.path.value.clone()))
            .collect(),
        artifacts: checker.artifacts(),
        seed: file.seed,
        sources: sources.collect::<Option<_>>()?,
        steps: steps.collect::<Option<_>>()?,
        sinks: sinks.collect::<Option<_>>()?,
        rejects: file.rejects.as_ref().map(|rejects| rejects.spec.clone()),
        max_rejects: file.max_rejects,
    };
    find_needed(&mut plan);
    Some(plan)
}

/// From the sinks backwards: a sink needs every column; a step needs what it reads and what it
/// passes on to somebody who needs it.
fn find_needed(plan: &mut Plan) {
    for sink in 0..plan.sinks.len() {
        let input = plan.sinks[sink].input;
        let all = 0..plan.schema(input).fields().len();
        add(plan, input, all.collect());
    }
    if plan.rejects.is_some() {
        // Which rows will be rejected is not known before they are read, and a row is kept whole.
        for source in &mut plan.sources {
            source.needed = (0..source.schema.fields().len()).collect();
        }
    }
    // Each step comes after what it reads from, so backwards all of its readers were seen before.
    for step in (0..plan.steps.len()).rev() {
        for port in 0..plan.steps[step].inputs.len() {
            let needed = plan.steps[step].needed_inputs(port);
            let input = plan.steps[step].inputs[port];
            add(plan, input, needed);
        }
    }
}

fn add(plan: &mut Plan, upstream: Upstream, columns: BTreeSet<usize>) {
    match upstream {
        Upstream::Source(source) => plan.sources[source].needed.extend(columns),
        Upstream::Step { step, port } => plan.steps[step].needed[port].extend(columns),
    }
}
