//! Progress of a run: bars on a terminal, events as JSON, or nothing.

use std::io::{self, IsTerminal, Write};
use std::sync::Arc;
use std::time::Duration;

use console::style;
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use stepwell::plan::Plan;
use stepwell::{LogLevel, LogRecord};

use super::events::{Events, level_name};
use super::report::RunReport;
use super::text::safe;
use super::units;

/// Where a run's progress and its steps' messages go.
pub(crate) enum Progress {
    /// To people: bars where standard error is a terminal, messages in any case.
    People {
        bars: Option<Bars>,
        log_level: LogLevel,
    },
    /// To programs.
    Events {
        events: Arc<Events>,
        log_level: LogLevel,
    },
}

impl Progress {
    /// Bars where there is a terminal, and messages from this level on.
    pub(crate) fn for_people(is_quiet: bool, log_level: LogLevel) -> Self {
        let bars = (!is_quiet && io::stderr().is_terminal()).then(Bars::new);
        let log_level = if is_quiet { LogLevel::Error } else { log_level };
        Self::People { bars, log_level }
    }

    /// How long to wait between two looks at the run.
    pub(crate) fn interval(&self) -> Duration {
        match self {
            Self::People { bars: Some(_), .. } => Duration::from_millis(80),
            Self::People { bars: None, .. } => Duration::from_millis(500),
            Self::Events { .. } => Duration::from_millis(500),
        }
    }

    pub(crate) fn start(&self, plan: &Plan) -> io::Result<()> {
        match self {
            Self::People { bars, .. } => {
                if let Some(bars) = bars {
                    bars.start(plan);
                }
                Ok(())
            }
            Self::Events { events, .. } => events.started(),
        }
    }

    pub(crate) fn show(&self, report: &RunReport) -> io::Result<()> {
        match self {
            Self::People { bars, .. } => {
                if let Some(bars) = bars {
                    bars.show(report);
                }
                Ok(())
            }
            Self::Events { events, .. } => events.progress(report),
        }
    }

    /// Takes the bars away: what comes now is printed where they were.
    pub(crate) fn end(&self) {
        if let Self::People {
            bars: Some(bars), ..
        } = self
        {
            bars.clear();
        }
    }

    /// Shows a step's message. It comes from the step's thread.
    pub(crate) fn log(&self, step: &str, record: &LogRecord) {
        match self {
            Self::People { bars, log_level } => {
                if record.level < *log_level {
                    return;
                }
                let line = log_line(step, record);
                match bars {
                    Some(bars) => bars.print(&line),
                    // There is nowhere left to say that standard error cannot be written.
                    None => drop(writeln!(io::stderr().lock(), "{line}")),
                }
            }
            Self::Events { events, log_level } => {
                if record.level >= *log_level {
                    // The run ends by itself when nobody reads any more.
                    let _ = events.log(step, record);
                }
            }
        }
    }
}

fn log_line(step: &str, record: &LogRecord) -> String {
    let level = style(level_name(record.level)).for_stderr();
    let level = match record.level {
        LogLevel::Error => level.red(),
        LogLevel::Warn => level.yellow(),
        LogLevel::Info | LogLevel::Debug => level.dim(),
    };
    format!("{step}: {level}: {}", safe(&record.message))
}

/// A bar for each source, a line for each step and sink.
pub(crate) struct Bars {
    all: MultiProgress,
    lines: std::sync::Mutex<Vec<ProgressBar>>,
}

impl Bars {
    /// Until the run starts, a line says that the pipeline is checked: steps that are new to this machine are
    /// compiled then.
    fn new() -> Self {
        let all = MultiProgress::new();
        let checking = all.add(ProgressBar::new_spinner());
        checking.set_message("checking");
        checking.enable_steady_tick(Duration::from_millis(100));
        Self {
            all,
            lines: std::sync::Mutex::new(vec![checking]),
        }
    }

    fn lines(&self) -> std::sync::MutexGuard<'_, Vec<ProgressBar>> {
        self.lines
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn start(&self, plan: &Plan) {
        let sources = plan.sources.iter().map(|source| source.name.as_str());
        let steps = plan.steps.iter().map(|step| step.name.as_str());
        let sinks = plan.sinks.iter().map(|sink| sink.name.as_str());
        let names: Vec<&str> = sources.chain(steps).chain(sinks).collect();
        let widest = names
            .iter()
            .map(|name| console::measure_text_width(name))
            .max()
            .unwrap_or(0);
        let template = |bar: &str| {
            let template = format!("{{prefix:{widest}}} {bar} {{msg}}");
            ProgressStyle::with_template(&template).unwrap_or_else(|_| ProgressStyle::default_bar())
        };
        let with_bar = template("{bar:24.cyan/dim}").progress_chars("━━─");
        let without_bar = template("{spinner:.cyan}");
        let mut lines = self.lines();
        for checking in lines.drain(..) {
            checking.finish_and_clear();
            self.all.remove(&checking);
        }
        for (index, name) in names.iter().enumerate() {
            let line = self.all.add(ProgressBar::new(0));
            line.set_style(if index < plan.sources.len() {
                with_bar.clone()
            } else {
                without_bar.clone()
            });
            line.set_prefix((*name).to_owned());
            lines.push(line);
        }
    }

    fn show(&self, report: &RunReport) {
        let lines = self.lines();
        let mut lines = lines.iter();
        for (source, line) in report.sources.iter().zip(&mut lines) {
            let (done, total) = match (source.bytes_total, source.rows_total) {
                (Some(total), _) => (source.bytes_read, total),
                (None, Some(total)) => (source.rows, total),
                (None, None) => (u64::from(source.ended), 1),
            };
            line.set_length(total.max(1));
            line.set_position(if source.ended {
                total.max(1)
            } else {
                done.min(total)
            });
            line.set_message(units::counted(source.rows, "row"));
        }
        for (step, line) in report.steps.iter().zip(&mut lines) {
            let mut message = format!(
                "{}, {} out",
                units::counted(step.rows_in, "row"),
                units::count(step.all_rows_out())
            );
            if step.rows_rejected > 0 {
                message.push_str(&format!(", {} rejected", units::count(step.rows_rejected)));
            }
            if let Some(rate) = units::rate(step.rows_in, Duration::from_secs_f64(step.seconds)) {
                message.push_str(&format!(", {rate} rows/s"));
            }
            line.set_message(message);
            line.tick();
        }
        for (sink, line) in report.sinks.iter().zip(&mut lines) {
            line.set_message(format!("{} written", units::counted(sink.rows, "row")));
            line.tick();
        }
    }

    fn print(&self, line: &str) {
        // There is nowhere left to say that standard error cannot be written.
        let _ = self.all.println(line);
    }

    fn clear(&self) {
        for line in self.lines().iter() {
            line.finish_and_clear();
        }
        // There is nowhere left to say that standard error cannot be written.
        let _ = self.all.clear();
    }
}
