//! What a run did, for people.

use std::path::Path;
use std::time::Duration;

use console::{measure_text_width, style};

use super::preview::Previews;
use super::report::{RunReport, SinkReport, StepReport};
use super::table::aligned;
use super::text::{names, safe_line, wrap};
use super::units;

/// How many columns that a step has read are named.
const COLUMNS: usize = 40;

/// How a summary is laid out.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Layout<'a> {
    /// Characters of a line.
    pub(crate) width: usize,
    /// Paths below this folder are shown relative to it.
    pub(crate) folder: &'a Path,
    /// Whether the summary goes to standard error, which may have colors where standard output has none.
    pub(crate) on_stderr: bool,
}

/// A summary: a table of what sources, steps and sinks did, the columns that were read, the outputs and their first
/// rows.
pub(crate) fn render(
    pipeline: &str,
    report: &RunReport,
    previews: &Previews,
    layout: Layout<'_>,
) -> String {
    let bold = |text: &str| {
        let styled = style(text).bold();
        if layout.on_stderr {
            styled.for_stderr().to_string()
        } else {
            styled.to_string()
        }
    };
    let elapsed = units::time(Duration::from_secs_f64(report.seconds));
    let mut text = format!("{}: done in {elapsed}\n\n", bold(&safe_line(pipeline)));
    text.push_str(&table(report));
    text.push_str(&rows(report));
    text.push_str(&columns_read(report, layout.width));
    text.push_str(&rejected(report));
    for sink in &report.sinks {
        text.push_str(&output(sink, layout.folder, bold));
        text.push_str(&previews.render(&sink.name, layout.width));
    }
    if let Some(rejects) = &report.rejects {
        text.push_str(&output(rejects, layout.folder, bold));
    }
    text
}

fn table(report: &RunReport) -> String {
    let header = [
        "",
        "rows in",
        "rows out",
        "rejected",
        "copied in",
        "made",
        "time",
        "rows/s",
    ];
    let mut rows = Vec::new();
    let time = |seconds: f64| units::time(Duration::from_secs_f64(seconds));
    let rate = |rows: u64, seconds: f64| {
        units::rate(rows, Duration::from_secs_f64(seconds)).unwrap_or_default()
    };
    let none = String::new;
    for source in &report.sources {
        let name = format!("source {}", safe_line(&source.name));
        let rows_out = units::count(source.rows);
        let speed = rate(source.rows, source.seconds);
        rows.push(vec![
            name,
            none(),
            rows_out,
            none(),
            none(),
            none(),
            time(source.seconds),
            speed,
        ]);
    }
    for step in &report.steps {
        rows.push(vec![
            format!("step {}", safe_line(&step.name)),
            units::count(step.rows_in),
            units::count(step.all_rows_out()),
            units::count(step.rows_rejected),
            units::bytes(step.bytes_read),
            units::bytes(step.bytes_made),
            time(step.seconds),
            rate(step.rows_in, step.seconds),
        ]);
        if step.rows_out.len() > 1 {
            for port in &step.rows_out {
                let name = format!("  {}", safe_line(&port.port));
                rows.push(vec![name, none(), units::count(port.rows)]);
            }
        }
    }
    for sink in &report.sinks {
        rows.push(vec![
            format!("sink {}", safe_line(&sink.name)),
            units::count(sink.rows),
        ]);
    }
    aligned(Some(header.map(str::to_owned).to_vec()), rows, &[])
}

/// What became of the rows of each step: the host has checked that these are all.
fn rows(report: &RunReport) -> String {
    if report.steps.is_empty() {
        return String::new();
    }
    let lines = report
        .steps
        .iter()
        .map(|step| vec![safe_line(&step.name), fates(step)]);
    let lines = aligned(None, lines.collect(), &[0, 1]);
    format!("\nRows of each step:\n{lines}")
}

fn fates(step: &StepReport) -> String {
    let count = units::count;
    let mut fates = Vec::new();
    if step.rows_passed > 0 || step.rows_in == 0 {
        fates.push(format!("{} went on", count(step.rows_passed)));
    }
    if step.rows_rejected > 0 {
        fates.push(format!("{} rejected", count(step.rows_rejected)));
    }
    if step.rows_ended > 0 {
        // Of a step that makes rows, nobody but the step knows which rows are in them.
        let what = if step.rows_new > 0 {
            "used up"
        } else {
            "left out"
        };
        fates.push(format!("{} {what}", count(step.rows_ended)));
    }
    let mut text = format!("{} in: {}", count(step.rows_in), fates.join(", "));
    if step.rows_new > 0 {
        text.push_str(&format!("; {} made", count(step.rows_new)));
    }
    text
}

fn columns_read(report: &RunReport, width: usize) -> String {
    let mut text = String::from("\nColumns read:\n");
    let widest = report
        .steps
        .iter()
        .map(|step| measure_text_width(&safe_line(&step.name)))
        .max()
        .unwrap_or(0);
    for step in &report.steps {
        let name = safe_line(&step.name);
        let padding = " ".repeat(widest - measure_text_width(&name));
        let columns = match step.columns_read.as_slice() {
            [] => "none".to_owned(),
            columns => names(columns, COLUMNS),
        };
        let indentation = " ".repeat(widest + 4);
        let lines = wrap(&columns, width.saturating_sub(widest + 4).max(20));
        text.push_str(&format!(
            "  {name}{padding}  {}\n",
            lines.join(&format!("\n{indentation}"))
        ));
    }
    if report.steps.is_empty() {
        return String::new();
    }
    text
}

fn rejected(report: &RunReport) -> String {
    let mut text = String::new();
    for step in &report.steps {
        for rejected in &step.rejected {
            text.push_str(&format!(
                "  {}: {} ({}): {}\n",
                safe_line(&step.name),
                units::counted(rejected.rows, "row"),
                safe_line(&rejected.code),
                safe_line(&rejected.reason)
            ));
        }
    }
    if !text.is_empty() {
        text.insert_str(0, "\nRejected, with the first reason of each kind:\n");
        if report.rejects.is_none() {
            text.push_str(
                "These rows are not kept: `rejects = \"out/rejects.parquet\"` in `[pipeline]` keeps them.\n",
            );
        }
    }
    for step in &report.steps {
        text.push_str(&dropped(step));
    }
    text
}

fn dropped(step: &StepReport) -> String {
    match step.log_dropped {
        0 => String::new(),
        dropped => format!(
            "\n{} of step `{}` not shown: its limit on logs was reached\n",
            units::counted(dropped, "message"),
            safe_line(&step.name)
        ),
    }
}

fn output(sink: &SinkReport, folder: &Path, bold: impl Fn(&str) -> String) -> String {
    let Some(written) = &sink.written else {
        return String::new();
    };
    let rows = units::counted(sink.rows, "row");
    let size = units::bytes(written.bytes);
    let place = match written.path.as_str() {
        "-" => "standard output".to_owned(),
        path => shortened(path, folder),
    };
    format!("\n{}: {rows}, {size}\n", bold(&safe_line(&place)))
}

/// A path as seen from a folder, where it is below it.
fn shortened(path: &str, folder: &Path) -> String {
    match Path::new(path).strip_prefix(folder) {
        Ok(below) if !below.as_os_str().is_empty() => below.display().to_string(),
        _ => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::{ArrayRef, Float64Array, RecordBatch};

    use super::*;
    use crate::show::report::example;

    #[test]
    fn a_summary_shows_what_everything_did_and_where_the_output_is() {
        let previews = Previews::default();
        let scores = Arc::new(Float64Array::from(vec![0.25, 0.5])) as ArrayRef;
        previews.see(
            "scores",
            &RecordBatch::try_from_iter([("score", scores)]).unwrap(),
        );
        let layout = Layout {
            width: 80,
            folder: Path::new("/data"),
            on_stderr: false,
        };
        insta::assert_snapshot!(render("churn", &example(), &previews, layout));
    }
}
