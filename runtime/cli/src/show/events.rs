//! A run as lines of JSON, one per event: `stepwell run --json`.
//!
//! Every line is an object with the key `event`; new keys and events may come. The events, in their order:
//!
//! | event | when |
//! |---|---|
//! | `diagnostic` | for each warning about the pipeline, or each thing that is wrong with it |
//! | `plan` | the pipeline was checked: its sources, steps and sinks |
//! | `started` | the run has begun; not with `--dry-run` |
//! | `progress` | now and then: counts of rows and bytes so far |
//! | `log` | a step has logged a message |
//! | `step` | at the end, for each step: what it did |
//! | `finished` | the last one of a run that ended well: all outputs are in their places |
//! | `failed` | the last one of every other: no output was changed |

use std::io::{self, Write};
use std::sync::{Mutex, PoisonError};

use serde::Serialize;
use stepwell::plan::{Diagnostic, Paths, Plan};
use stepwell::{LogLevel, LogRecord};

use super::diagnostics::JsonDiagnostic;
use super::failure::Failure;
use super::report::{RunReport, SinkReport, SourceReport, StepReport};

/// Writes events to a stream, each at once.
pub(crate) struct Events(Mutex<Box<dyn Write + Send>>);

#[derive(Serialize)]
#[serde(tag = "event", rename_all = "lowercase")]
enum Event<'a> {
    Diagnostic(JsonDiagnostic<'a>),
    Plan(PlanEvent<'a>),
    Started,
    Progress {
        seconds: f64,
        sources: Vec<SourceProgress<'a>>,
        steps: Vec<StepProgress<'a>>,
        sinks: Vec<SinkProgress<'a>>,
    },
    Log {
        step: &'a str,
        level: &'static str,
        message: &'a str,
    },
    Step(&'a StepReport),
    Finished {
        seconds: f64,
        dry_run: bool,
        sources: &'a [SourceReport],
        sinks: &'a [SinkReport],
        rejects: Option<&'a SinkReport>,
    },
    Failed {
        code: &'a str,
        message: &'a str,
        hint: Option<&'a str>,
        blame: &'static str,
        exit_code: u8,
    },
}

#[derive(Serialize)]
struct PlanEvent<'a> {
    pipeline: &'a str,
    batch_rows: usize,
    sources: Vec<PlannedSource<'a>>,
    steps: Vec<PlannedStep<'a>>,
    sinks: Vec<PlannedSink<'a>>,
    /// Where rejected rows are kept.
    rejects: Option<&'a str>,
}

#[derive(Serialize)]
struct PlannedSource<'a> {
    name: &'a str,
    paths: Vec<&'a str>,
}

#[derive(Serialize)]
struct PlannedStep<'a> {
    name: &'a str,
    uses: String,
    component: String,
    digest: &'a str,
}

#[derive(Serialize)]
struct PlannedSink<'a> {
    name: &'a str,
    path: &'a str,
}

#[derive(Serialize)]
struct SourceProgress<'a> {
    name: &'a str,
    rows: u64,
    bytes_read: u64,
    bytes_total: Option<u64>,
    rows_total: Option<u64>,
    ended: bool,
}

#[derive(Serialize)]
struct StepProgress<'a> {
    name: &'a str,
    rows_in: u64,
    rows_out: u64,
    rows_rejected: u64,
}

#[derive(Serialize)]
struct SinkProgress<'a> {
    name: &'a str,
    rows: u64,
}

impl Events {
    pub(crate) fn new(stream: Box<dyn Write + Send>) -> Self {
        Self(Mutex::new(stream))
    }

    fn write(&self, event: &Event<'_>) -> io::Result<()> {
        let mut line = serde_json::to_string(event)?;
        line.push('\n');
        let mut stream = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        stream.write_all(line.as_bytes())?;
        stream.flush()
    }

    pub(crate) fn diagnostics(&self, diagnostics: &[Diagnostic]) -> io::Result<()> {
        diagnostics
            .iter()
            .try_for_each(|diagnostic| self.write(&Event::Diagnostic(diagnostic.into())))
    }

    pub(crate) fn plan(&self, plan: &Plan) -> io::Result<()> {
        let sources = plan.sources.iter().map(|source| PlannedSource {
            name: &source.name,
            paths: match &source.spec.path {
                Paths::One(path) => vec![path],
                Paths::Many(paths) => paths.iter().map(String::as_str).collect(),
            },
        });
        let steps = plan.steps.iter().map(|step| {
            let description = &step.component.description;
            PlannedStep {
                name: &step.name,
                uses: step.reference.to_string(),
                component: format!("{} {}", description.name, description.version),
                digest: &step.component.digest,
            }
        });
        let sinks = plan.sinks.iter().map(|sink| PlannedSink {
            name: &sink.name,
            path: &sink.spec.path,
        });
        self.write(&Event::Plan(PlanEvent {
            pipeline: &plan.name,
            batch_rows: plan.batch_rows,
            sources: sources.collect(),
            steps: steps.collect(),
            sinks: sinks.collect(),
            rejects: plan.rejects.as_ref().map(|rejects| rejects.path.as_str()),
        }))
    }

    pub(crate) fn started(&self) -> io::Result<()> {
        self.write(&Event::Started)
    }

    pub(crate) fn progress(&self, report: &RunReport) -> io::Result<()> {
        let sources = report.sources.iter().map(|source| SourceProgress {
            name: &source.name,
            rows: source.rows,
            bytes_read: source.bytes_read,
            bytes_total: source.bytes_total,
            rows_total: source.rows_total,
            ended: source.ended,
        });
        let steps = report.steps.iter().map(|step| StepProgress {
            name: &step.name,
            rows_in: step.rows_in,
            rows_out: step.all_rows_out(),
            rows_rejected: step.rows_rejected,
        });
        let sinks = report.sinks.iter().map(|sink| SinkProgress {
            name: &sink.name,
            rows: sink.rows,
        });
        self.write(&Event::Progress {
            seconds: report.seconds,
            sources: sources.collect(),
            steps: steps.collect(),
            sinks: sinks.collect(),
        })
    }

    pub(crate) fn log(&self, step: &str, record: &LogRecord) -> io::Result<()> {
        self.write(&Event::Log {
            step,
            level: level_name(record.level),
            message: &record.message,
        })
    }

    pub(crate) fn finished(&self, report: &RunReport) -> io::Result<()> {
        report
            .steps
            .iter()
            .try_for_each(|step| self.write(&Event::Step(step)))?;
        self.write(&Event::Finished {
            seconds: report.seconds,
            dry_run: false,
            sources: &report.sources,
            sinks: &report.sinks,
            rejects: report.rejects.as_ref(),
        })
    }

    pub(crate) fn checked(&self) -> io::Result<()> {
        self.write(&Event::Finished {
            seconds: 0.0,
            dry_run: true,
            sources: &[],
            sinks: &[],
            rejects: None,
        })
    }

    pub(crate) fn failed(&self, failure: &Failure) -> io::Result<()> {
        self.write(&Event::Failed {
            code: failure.code,
            message: &failure.message,
            hint: failure.hint.as_deref(),
            blame: failure.blame.name(),
            exit_code: failure.exit_code,
        })
    }
}

/// The level's name in events and logs.
pub(crate) fn level_name(level: LogLevel) -> &'static str {
    match level {
        LogLevel::Debug => "debug",
        LogLevel::Info => "info",
        LogLevel::Warn => "warn",
        LogLevel::Error => "error",
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use stepwell::Blame;

    use super::*;
    use crate::show::report::example;

    #[derive(Clone, Default)]
    struct Shared(Arc<Mutex<Vec<u8>>>);

    impl Write for Shared {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn each_event_is_a_line_of_json() {
        let stream = Shared::default();
        let events = Events::new(Box::new(stream.clone()));
        let record = LogRecord {
            level: LogLevel::Warn,
            message: "two\nlines".to_owned(),
        };
        events.started().unwrap();
        events.progress(&example()).unwrap();
        events.log("dates", &record).unwrap();
        events.finished(&example()).unwrap();
        events
            .failed(&Failure {
                code: "step_crashed",
                message: "step `dates`: the step crashed".to_owned(),
                hint: Some("tell its author".to_owned()),
                blame: Blame::Step,
                exit_code: 1,
            })
            .unwrap();
        let text = String::from_utf8(stream.0.lock().unwrap().clone()).unwrap();
        insta::assert_snapshot!(text);
    }
}
