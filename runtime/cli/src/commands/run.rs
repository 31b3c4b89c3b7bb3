//! `stepwell run`.

use std::env;
use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Result;
use console::Term;
use stepwell::plan::explain::Format;
use stepwell::plan::{Paths, Plan};
use stepwell::{AuditFile, Checked, Host};

use crate::arguments::RunArguments;
use crate::interrupt;
use crate::show::events::Events;
use crate::show::failure::Failure;
use crate::show::preview::Previews;
use crate::show::progress::Progress;
use crate::show::report::RunReport;
use crate::show::summary::{self, Layout};
use crate::show::{diagnostics, width};

pub(crate) fn run(arguments: &RunArguments) -> Result<ExitCode> {
    interrupt::install();
    if arguments.json {
        run_for_programs(arguments)
    } else {
        run_for_people(arguments)
    }
}

fn run_for_people(arguments: &RunArguments) -> Result<ExitCode> {
    let progress = Arc::new(Progress::for_people(
        arguments.quiet,
        arguments.log_level.into(),
    ));
    let previews = Arc::new(Previews::default());
    let checked = check(arguments, &progress, &previews);
    if checked.is_err() || arguments.dry_run {
        progress.end();
    }
    let checked = checked?;
    let plan = Arc::clone(checked.plan());
    let on_stderr = writes_standard_output(&plan);
    let warnings = checked.warnings().to_vec();
    if arguments.dry_run {
        if !arguments.quiet {
            diagnostics::print(&warnings);
            say(&dry_run(&checked), on_stderr)?;
        }
        return Ok(ExitCode::SUCCESS);
    }
    let report = execute(checked, &progress);
    progress.end();
    if !arguments.quiet {
        diagnostics::print(&warnings);
    }
    let report = report?;
    if !arguments.quiet {
        let folder = env::current_dir().unwrap_or_default();
        let layout = Layout {
            width: width(&if on_stderr {
                Term::stderr()
            } else {
                Term::stdout()
            }),
            folder: &folder,
            on_stderr,
        };
        say(
            &summary::render(&plan.name, &report, &previews, layout),
            on_stderr,
        )?;
    }
    Ok(ExitCode::SUCCESS)
}

fn run_for_programs(arguments: &RunArguments) -> Result<ExitCode> {
    let is_free =
        !super::load(&arguments.pipeline).is_ok_and(|pipeline| pipeline.writes_standard_output());
    let stream: Box<dyn Write + Send> = if is_free {
        Box::new(io::stdout())
    } else {
        Box::new(io::stderr())
    };
    let events = Arc::new(Events::new(stream));
    let progress = Arc::new(Progress::Events {
        events: Arc::clone(&events),
        log_level: arguments.log_level.into(),
    });
    match try_run_for_programs(arguments, &progress, &events) {
        Ok(()) => Ok(ExitCode::SUCCESS),
        Err(error) => {
            let failure = Failure::new(&error);
            if let Some(error) = error.downcast_ref::<stepwell::Error>() {
                events.diagnostics(error.diagnostics())?;
            }
            events.failed(&failure)?;
            Ok(ExitCode::from(failure.exit_code))
        }
    }
}

fn try_run_for_programs(
    arguments: &RunArguments,
    progress: &Arc<Progress>,
    events: &Events,
) -> Result<()> {
    let checked = check(arguments, progress, &Arc::default())?;
    events.diagnostics(checked.warnings())?;
    events.plan(checked.plan())?;
    if arguments.dry_run {
        return Ok(events.checked()?);
    }
    let report = execute(checked, progress)?;
    Ok(events.finished(&report)?)
}

fn check(
    arguments: &RunArguments,
    progress: &Arc<Progress>,
    previews: &Arc<Previews>,
) -> Result<Checked> {
    let mut pipeline = super::load(&arguments.pipeline)?;
    if let Some(rows) = arguments.limit {
        pipeline = pipeline.limit(rows);
    }
    if let Some(threads) = arguments.threads {
        pipeline = pipeline.threads(usize::from(threads));
    }
    if let Some(seed) = arguments.seed {
        pipeline = pipeline.seed(seed);
    }
    if let Some(path) = &arguments.audit {
        pipeline = pipeline.audit(AuditFile::append(path)?);
    }
    let (progress, previews) = (Arc::clone(progress), Arc::clone(previews));
    let checked = pipeline
        .on_log(move |step, record| progress.log(step, record))
        .on_output(move |sink, batch| previews.see(sink, batch))
        .check(&Host::for_user()?)?;
    Ok(checked)
}

fn execute(checked: Checked, progress: &Progress) -> Result<RunReport> {
    let plan = Arc::clone(checked.plan());
    interrupt::run_starts();
    let run = checked.start()?;
    interrupt::run_started(run.canceller());
    progress.start(&plan)?;
    while !run.wait_for(progress.interval()) {
        progress.show(&RunReport::new(&plan, &run.summary()))?;
    }
    progress.show(&RunReport::new(&plan, &run.summary()))?;
    let summary = run.wait()?;
    Ok(RunReport::new(&plan, &summary))
}

fn dry_run(checked: &Checked) -> String {
    let plan = checked.plan();
    let mut text = checked.explain(Format::Tree);
    let mut reads: Vec<&str> = Vec::new();
    for source in &plan.sources {
        match &source.spec.path {
            Paths::One(path) => reads.push(path),
            Paths::Many(paths) => reads.extend(paths.iter().map(String::as_str)),
        }
    }
    let writes: Vec<&str> = written(plan).collect();
    text.push_str(&format!(
        "\nwould read {}\n",
        crate::show::text::names(&reads, 20)
    ));
    text.push_str(&format!(
        "would write {}\n",
        crate::show::text::names(&writes, 20)
    ));
    text
}

fn writes_standard_output(plan: &Plan) -> bool {
    written(plan).any(|path| path == "-")
}

/// The paths that a run writes.
fn written(plan: &Plan) -> impl Iterator<Item = &str> {
    let sinks = plan.sinks.iter().map(|sink| &sink.spec);
    sinks.chain(&plan.rejects).map(|spec| spec.path.as_str())
}

/// Prints to standard output, or to standard error when standard output is an output of the pipeline.
fn say(text: &str, on_stderr: bool) -> io::Result<()> {
    if on_stderr {
        io::stderr().lock().write_all(text.as_bytes())
    } else {
        crate::show::print(text)
    }
}
