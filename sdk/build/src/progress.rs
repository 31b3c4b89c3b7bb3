//! What a build tells while it runs, and how programs are run so that they tell it.

use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};
use std::thread;

use crate::error::BuildError;

/// Something that happened during a build.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Progress<'a> {
    /// A new part of the work begins.
    Phase(&'a str),
    /// A program that was started wrote this line.
    Line(&'a str),
}

/// Who hears of progress.
pub type ProgressFn<'p> = &'p mut dyn FnMut(Progress<'_>);

/// What a program that ended left.
pub(crate) struct Finished {
    pub(crate) success: bool,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: String,
}

/// Runs a program to its end; every line that it writes to standard error is progress.
pub(crate) fn run(command: &mut Command, progress: ProgressFn<'_>) -> Result<Finished, BuildError> {
    let spawn_error = |program: String| move |source| BuildError::Program { program, source };
    let program = command.get_program().to_string_lossy().into_owned();
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(spawn_error(program.clone()))?;
    let mut stdout = child.stdout.take().expect("standard output is piped");
    let stderr = child.stderr.take().expect("standard error is piped");
    // Both pipes are emptied at the same time, or a program that fills one would wait for ever.
    let reader = thread::spawn(move || {
        let mut bytes = Vec::new();
        stdout.read_to_end(&mut bytes).map(|_| bytes)
    });
    let mut text = String::new();
    for line in BufReader::new(stderr).split(b'\n').map_while(Result::ok) {
        let line = String::from_utf8_lossy(&line);
        progress(Progress::Line(line.trim_end()));
        text.push_str(line.trim_end());
        text.push('\n');
    }
    let stdout = reader
        .join()
        .expect("reading a pipe does not panic")
        .map_err(spawn_error(program.clone()))?;
    let status = child.wait().map_err(spawn_error(program))?;
    Ok(Finished {
        success: status.success(),
        stdout,
        stderr: text,
    })
}

/// Runs a program that must succeed, and gives what it wrote to standard output.
pub(crate) fn run_well(
    command: &mut Command,
    progress: ProgressFn<'_>,
) -> Result<String, BuildError> {
    let finished = run(command, progress)?;
    if finished.success {
        return Ok(String::from_utf8_lossy(&finished.stdout).into_owned());
    }
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    Err(BuildError::Command {
        command: words
            .map(|word| word.to_string_lossy())
            .collect::<Vec<_>>()
            .join(" "),
        output: finished.stderr,
    })
}
