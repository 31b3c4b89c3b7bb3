//! What a run did, with the names that the plan has for things.

use serde::Serialize;
use stepwell::plan::Plan;
use stepwell::{SinkSummary, Summary};

/// What a run has done so far, or in all.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct RunReport {
    /// Wall-clock time.
    pub(crate) seconds: f64,
    pub(crate) sources: Vec<SourceReport>,
    pub(crate) steps: Vec<StepReport>,
    pub(crate) sinks: Vec<SinkReport>,
    /// The table of rejected rows, where the pipeline keeps them.
    pub(crate) rejects: Option<SinkReport>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct SourceReport {
    pub(crate) name: String,
    pub(crate) rows: u64,
    pub(crate) bytes_read: u64,
    pub(crate) bytes_total: Option<u64>,
    pub(crate) rows_total: Option<u64>,
    pub(crate) seconds: f64,
    pub(crate) ended: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct StepReport {
    pub(crate) name: String,
    pub(crate) batches: u64,
    pub(crate) rows_in: u64,
    /// For each output port.
    pub(crate) rows_out: Vec<PortRows>,
    /// Rows of its inputs that went on, each once.
    pub(crate) rows_passed: u64,
    /// Rows of its inputs that were rejected, each once.
    pub(crate) rows_rejected: u64,
    /// Rows of its inputs that did neither.
    pub(crate) rows_ended: u64,
    /// Rows that it emitted and that are none of its inputs'.
    pub(crate) rows_new: u64,
    pub(crate) rejected: Vec<RejectedReport>,
    /// Bytes of columns that were copied into the step.
    pub(crate) bytes_read: u64,
    /// Bytes of columns that the step made.
    pub(crate) bytes_made: u64,
    /// The columns that it did read; with the port in front where it has several inputs.
    pub(crate) columns_read: Vec<String>,
    /// Time inside the step, summed over its instances.
    pub(crate) seconds: f64,
    pub(crate) instances: u64,
    /// The most memory that one of its instances held.
    pub(crate) memory_bytes: u64,
    pub(crate) log_dropped: u64,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct PortRows {
    pub(crate) port: String,
    pub(crate) rows: u64,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct RejectedReport {
    pub(crate) code: String,
    pub(crate) rows: u64,
    /// The reason that was given first.
    pub(crate) reason: String,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct SinkReport {
    pub(crate) name: String,
    pub(crate) rows: u64,
    /// Where it is and how large; none before the run has ended well.
    pub(crate) written: Option<Written>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Written {
    pub(crate) path: String,
    pub(crate) bytes: u64,
}

impl From<&SinkSummary> for Written {
    fn from(summary: &SinkSummary) -> Self {
        Self {
            path: summary.path.clone(),
            bytes: summary.bytes,
        }
    }
}

impl StepReport {
    pub(crate) fn all_rows_out(&self) -> u64 {
        self.rows_out.iter().map(|port| port.rows).sum()
    }
}

impl RunReport {
    pub(crate) fn new(plan: &Plan, summary: &Summary) -> Self {
        let sources = summary.sources.iter().map(|source| SourceReport {
            name: source.name.clone(),
            rows: source.rows,
            bytes_read: source.progress.bytes_read,
            bytes_total: source.progress.bytes_total,
            rows_total: source.progress.rows_total,
            seconds: source.busy.as_secs_f64(),
            ended: source.ended,
        });
        let sinks = summary.sinks.iter().map(|sink| SinkReport {
            name: sink.name.clone(),
            rows: sink.rows,
            written: sink.written.as_ref().map(Written::from),
        });
        let rejects = summary.rejects.as_ref().map(|rejects| SinkReport {
            name: rejects.name.clone(),
            rows: rejects.rows,
            written: rejects.written.as_ref().map(Written::from),
        });
        Self {
            seconds: summary.elapsed.as_secs_f64(),
            sources: sources.collect(),
            steps: (0..summary.steps.len())
                .map(|index| step(plan, summary, index))
                .collect(),
            sinks: sinks.collect(),
            rejects,
        }
    }
}

fn step(plan: &Plan, summary: &Summary, index: usize) -> StepReport {
    let planned = &plan.steps[index];
    let step = &summary.steps[index];
    let description = &planned.component.description;
    let ports = description.outputs.iter().zip(&step.rows_out);
    let columns = step.columns_read.iter().map(|at| {
        let schema = plan.schema(planned.inputs[at.port]);
        let column = schema.field(at.column).name();
        match planned.inputs.len() {
            1 => column.clone(),
            _ => format!("{}.{column}", description.inputs[at.port].name),
        }
    });
    let rejected = step
        .rejected
        .iter()
        .map(|(code, (rows, reason))| RejectedReport {
            code: code.clone(),
            rows: *rows,
            reason: reason.clone(),
        });
    StepReport {
        name: step.name.clone(),
        batches: step.batches,
        rows_in: step.rows_in,
        rows_out: ports
            .map(|(port, rows)| PortRows {
                port: port.name.clone(),
                rows: *rows,
            })
            .collect(),
        rows_passed: step.rows_passed,
        rows_rejected: step.rows_rejected,
        rows_ended: step.rows_ended(),
        rows_new: step.rows_new,
        rejected: rejected.collect(),
        bytes_read: step.bytes_read,
        bytes_made: step.bytes_made,
        columns_read: columns.collect(),
        seconds: step.busy.as_secs_f64(),
        instances: step.instances,
        memory_bytes: step.memory,
        log_dropped: step.log_dropped,
    }
}

#[cfg(test)]
pub(crate) fn example() -> RunReport {
    let step =
        |name: &str, rows_in, rows: Vec<(&str, u64)>, columns: &[&str], seconds| StepReport {
            name: name.to_owned(),
            batches: 1,
            rows_in,
            rows_out: rows
                .into_iter()
                .map(|(port, rows)| PortRows {
                    port: port.to_owned(),
                    rows,
                })
                .collect(),
            rows_passed: rows_in,
            rows_rejected: 0,
            rows_ended: 0,
            rows_new: 0,
            rejected: Vec::new(),
            bytes_read: 412_345,
            bytes_made: 56_344,
            columns_read: columns.iter().map(|column| (*column).to_owned()).collect(),
            seconds,
            instances: 2,
            memory_bytes: 3_000_000,
            log_dropped: 0,
        };
    let mut dates = step("dates", 7_043, vec![("output", 7_040)], &["joined"], 0.002);
    dates.rows_passed = 7_040;
    dates.rows_rejected = 3;
    dates.rejected = vec![RejectedReport {
        code: "not_a_date".to_owned(),
        rows: 3,
        reason: "`joined` is `soon`".to_owned(),
    }];
    dates.log_dropped = 12;
    RunReport {
        seconds: 0.4231,
        sources: vec![SourceReport {
            name: "customers".to_owned(),
            rows: 7_043,
            bytes_read: 977_501,
            bytes_total: Some(977_501),
            rows_total: None,
            seconds: 0.0171,
            ended: true,
        }],
        steps: vec![
            dates,
            step(
                "parts",
                7_040,
                vec![("train", 4_700), ("test", 2_340)],
                &[],
                0.0004,
            ),
            step(
                "score",
                2_340,
                vec![("output", 2_340)],
                &["tenure", "contract", "monthly_charges"],
                0.031,
            ),
        ],
        sinks: vec![SinkReport {
            name: "scores".to_owned(),
            rows: 2_340,
            written: Some(Written {
                path: "/data/out/scores.parquet".to_owned(),
                bytes: 98_304,
            }),
        }],
        rejects: Some(SinkReport {
            name: "pipeline.rejects".to_owned(),
            rows: 3,
            written: Some(Written {
                path: "/data/out/rejects.parquet".to_owned(),
                bytes: 3_210,
            }),
        }),
    }
}
