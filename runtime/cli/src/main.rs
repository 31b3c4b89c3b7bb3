//! The `stepwell` command.
//!
//! Arguments are defined in `arguments`, each command is a file in `commands`, and everything that is shown is
//! made in `show`. Only this crate prints and exits; what commands do is done by the libraries.

mod arguments;
mod commands;
mod interrupt;
mod show;

use std::process::ExitCode;

use clap::Parser;

use crate::arguments::{Arguments, Command};

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let result = match &arguments.command {
        Command::Run(arguments) => commands::run::run(arguments),
        Command::Check(arguments) => commands::check::run(arguments),
        Command::Explain(arguments) => commands::explain::run(arguments),
        Command::Inspect(arguments) => commands::inspect::run(arguments),
        Command::New(arguments) => commands::new::run(arguments),
        Command::Build(arguments) => commands::build::run(arguments),
        Command::Test(arguments) => commands::test::run(arguments),
        Command::Steps(arguments) => commands::steps::run(arguments),
        Command::Schema => commands::schema::run(),
        Command::Completions(arguments) => commands::completions::run(arguments),
    };
    match result {
        Ok(code) => code,
        Err(error) => show::failure::report(&error),
    }
}
