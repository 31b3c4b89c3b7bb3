//! The order of steps, and cycles.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::{Checker, Named};
use crate::text::{Diagnostic, Span};

/// For each step, the steps that it reads from and where it says so.
type Edges<'a> = Vec<BTreeMap<usize, &'a Span>>;

impl<'a> Checker<'a> {
    /// All steps that are on no cycle and depend on none, each after what it reads from, otherwise
    /// in the order of the file. Reports cycles.
    pub(super) fn order(&mut self) -> Vec<usize> {
        let edges = self.edges();
        let mut order: Vec<usize> = Vec::new();
        let mut done = vec![false; edges.len()];
        while let Some(next) = (0..edges.len())
            .find(|step| !done[*step] && edges[*step].keys().all(|upstream| done[*upstream]))
        {
            done[next] = true;
            order.push(next);
        }
        let mut reported: BTreeSet<usize> = BTreeSet::new();
        let mut diagnostics = Vec::new();
        for step in (0..edges.len()).filter(|step| !done[*step]) {
            if reported.contains(&step) {
                continue;
            }
            if let Some(cycle) = cycle_through(step, &edges) {
                diagnostics.push(self.cycle(&cycle, &edges));
                reported.extend(cycle);
            }
        }
        self.diagnostics.extend(diagnostics);
        order
    }

    fn edges(&self) -> Edges<'a> {
        let names = self.names();
        let mut edges = Vec::new();
        for step in &self.file.steps {
            let mut upstreams = BTreeMap::new();
            for reference in step.inputs.value.references() {
                if let Some(Named::Step(upstream)) = names.get(reference.name.as_str()) {
                    upstreams.entry(*upstream).or_insert(&reference.span);
                }
            }
            edges.push(upstreams);
        }
        edges
    }

    fn cycle(&self, cycle: &[usize], edges: &Edges<'_>) -> Diagnostic {
        let name = |step: usize| self.file.steps[step].name.value.as_str();
        let mut path: Vec<String> = cycle
            .iter()
            .map(|step| format!("`{}`", name(*step)))
            .collect();
        let message = match cycle {
            [only] => format!("step `{}` reads its own output", name(*only)),
            _ => {
                path.push(path[0].clone());
                format!("steps feed each other in a cycle: {}", path.join(" -> "))
            }
        };
        let mut diagnostic = Diagnostic::error("cycle", message);
        for (index, step) in cycle.iter().enumerate() {
            let upstream = cycle[(index + cycle.len() - 1) % cycle.len()];
            if let Some(span) = edges[*step].get(&upstream) {
                let text = format!("feeds `{}`", name(*step));
                diagnostic = diagnostic.at_with(span, text);
            }
        }
        diagnostic.help("let one of them read from a source or from a step outside of the cycle")
    }
}

/// The shortest cycle through a step, in the direction in which rows flow; it starts with the step.
fn cycle_through(start: usize, edges: &Edges<'_>) -> Option<Vec<usize>> {
    // Breadth first, against the flow: `towards[x]` is the next step on the way from x back to the
    // start.
    let mut towards: BTreeMap<usize, usize> = BTreeMap::new();
    let mut queue = VecDeque::from([start]);
    while let Some(step) = queue.pop_front() {
        for upstream in edges[step].keys().copied() {
            if upstream == start {
                let mut cycle = vec![start];
                let mut at = step;
                while at != start {
                    cycle.push(at);
                    at = towards[&at];
                }
                return Some(cycle);
            }
            if let Entry::Vacant(entry) = towards.entry(upstream) {
                entry.insert(step);
                queue.push_back(upstream);
            }
        }
    }
    None
}
