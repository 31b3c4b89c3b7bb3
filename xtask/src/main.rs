//! The developer's one entry point: `cargo xtask`.

mod book;
mod check;
mod demo;
mod fuzz;
mod onnx_runtime;
mod shell;
mod steps;

use std::process::ExitCode;

const HELP: &str = "\
The developer's one entry point.

Usage: cargo xtask COMMAND

  demo          build everything that the churn example needs, and run it
  test          all checks: format, steps, lints, docs, tests; what continuous integration runs
  target        teach the toolchain to compile steps, if it cannot yet
  steps         build the standard steps (target/steps/std) and the tests' guests (target/guests)
  onnxruntime   fetch ONNX Runtime's library (target/onnxruntime)
  cli           build the release command line (target/release/stepwell)
  schema        write the JSON Schema of pipeline files (docs/reference/pipeline.schema.json)
  book          build the book (target/book) and test its links
  fuzz TARGET   fuzz a target, or `all`, for 20 minutes each, or --seconds N
  sanitize      the tests of the crates with unsafe code, with the address sanitizer
  fmt           format all code
  lint          clippy, with warnings as errors
  docs          the crates' reference, with warnings as errors
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let result = match words.as_slice() {
        ["demo"] => demo::demo(),
        ["test"] => check::test(),
        ["target"] => steps::target(),
        ["steps"] => steps::steps(),
        ["onnxruntime"] => onnx_runtime::fetch(),
        ["cli"] => demo::command_line(),
        ["schema"] => check::write_schema(),
        ["book"] => book::build(),
        ["fuzz", arguments @ ..] => fuzz::fuzz(arguments),
        ["sanitize"] => fuzz::sanitize(),
        ["fmt"] => check::format(),
        ["lint"] => check::lint(),
        ["docs"] => check::docs(),
        [] | ["help" | "--help" | "-h"] => {
            print!("{HELP}");
            Ok(())
        }
        _ => {
            eprintln!("error: `{}` is no command\n\n{HELP}", words.join(" "));
            return ExitCode::from(2);
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nerror: {error:#}");
            ExitCode::FAILURE
        }
    }
}
