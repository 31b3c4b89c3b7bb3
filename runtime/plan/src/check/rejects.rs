//! Rejected rows: where they are kept, and which steps may reject rows that they fail on.

use super::{Checker, from_problem, problem_span};
use crate::file::StepEntry;
use crate::rejects::{OnError, REJECTS_NAME, rejects_schema, why_not_again};
use crate::step::Opened;
use crate::text::Diagnostic;

impl Checker<'_> {
    pub(super) fn check_rejects(&mut self) {
        if let Some(rejects) = &self.file.rejects {
            let checked = self
                .catalog
                .check_sink(REJECTS_NAME, &rejects.spec, &rejects_schema());
            if let Err(problem) = checked {
                let span = problem_span(&problem, &rejects.node, "path", &rejects.node.span);
                self.diagnostics
                    .push(from_problem(&problem, "sink", REJECTS_NAME).at(&span));
            }
            return;
        }
        for step in &self.file.steps {
            if step.on_error == OnError::Fail {
                continue;
            }
            let message = format!(
                "step `{}` rejects rows that it fails on, but the pipeline does not keep them",
                step.name.value
            );
            let help = "keep them: `rejects = \"out/rejects.parquet\"` in `[pipeline]`";
            let diagnostic = Diagnostic::warning("rejects_not_kept", message);
            self.diagnostics
                .push(diagnostic.at(step.node.span_of(&["on_error"])).help(help));
        }
    }

    /// After a failure a run goes on only where a batch may be given to the step again.
    pub(super) fn check_on_error(&mut self, entry: &StepEntry, opened: &Opened) {
        let reason = why_not_again(opened, &entry.grants);
        let Some(reason) = reason.filter(|_| entry.on_error != OnError::Fail) else {
            return;
        };
        let message = format!(
            "step `{}` cannot have `on_error = \"{}\"`: {reason}; valid values: `fail`",
            entry.name.value, entry.on_error
        );
        let help = "leave it out; let a step before this one reject the rows, such as `std/cast` with `errors = \"reject\"`";
        self.diagnostics.push(
            Diagnostic::error("on_error_not_possible", message)
                .at(entry.node.span_of(&["on_error"]))
                .help(help),
        );
    }
}
