//! What can go wrong on the way from a crate to a component.

use std::io;
use std::path::PathBuf;

/// Why a step was not built or not begun.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// A program that is needed does not start.
    #[error("cannot run `{program}`")]
    Program {
        /// The program.
        program: String,
        /// Why.
        source: io::Error,
    },
    /// A program ended with an error.
    #[error("`{command}` failed{}", why(output))]
    Command {
        /// The program and its arguments.
        command: String,
        /// What it wrote to standard error.
        output: String,
    },
    /// The Rust toolchain cannot compile to WebAssembly, and could not be taught to.
    #[error("the Rust target `{}` is not installed in `{}`", crate::TARGET, sysroot.display())]
    Target {
        /// The toolchain's folder.
        sysroot: PathBuf,
        /// What was tried, and why it failed.
        tried: Vec<String>,
    },
    /// A folder holds no crate, or one that cannot be read.
    #[error("cannot read the crate in `{}`: {message}", folder.display())]
    Manifest {
        /// The folder.
        folder: PathBuf,
        /// What Cargo says.
        message: String,
    },
    /// A crate that is not a step.
    #[error("`{package}` is not a step: {reason}")]
    NotAStep {
        /// The crate, or the folder where one was looked for.
        package: String,
        /// What a step has and it has not.
        reason: String,
    },
    /// A folder with several steps where one is needed.
    #[error("`{}` holds several steps: `{}`", folder.display(), packages.join("`, `"))]
    SeveralSteps {
        /// The folder.
        folder: PathBuf,
        /// The steps in it.
        packages: Vec<String>,
    },
    /// The compiler refused the crate.
    #[error("cannot compile `{}`", packages.join("`, `"))]
    Compile {
        /// The crates that were to be compiled.
        packages: Vec<String>,
        /// What Cargo and the compiler wrote.
        output: String,
    },
    /// The compiled module does not make a component.
    #[error("cannot make a component of `{package}`: {message}")]
    Component {
        /// The crate.
        package: String,
        /// Why.
        message: String,
    },
    /// A file or folder cannot be read.
    #[error("cannot read `{}`", path.display())]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file or folder cannot be written.
    #[error("cannot write `{}`", path.display())]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A name that no step can have.
    #[error("`{name}` cannot be the name of a step: {reason}")]
    Name {
        /// The name.
        name: String,
        /// Why not.
        reason: &'static str,
    },
    /// A new step would go where something is already.
    #[error("`{}` exists and is not empty", path.display())]
    NotEmpty {
        /// The folder.
        path: PathBuf,
    },
}

impl BuildError {
    /// A stable word for the kind of error.
    pub fn code(&self) -> &'static str {
        match self {
            BuildError::Program { .. } => "program_missing",
            BuildError::Command { .. } => "program_failed",
            BuildError::Target { .. } => "target_missing",
            BuildError::Manifest { .. } => "crate_not_readable",
            BuildError::NotAStep { .. } => "not_a_step",
            BuildError::SeveralSteps { .. } => "several_steps",
            BuildError::Compile { .. } => "not_compiled",
            BuildError::Component { .. } => "not_a_component",
            BuildError::Read { .. } => "not_readable",
            BuildError::Write { .. } => "not_writable",
            BuildError::Name { .. } => "bad_step_name",
            BuildError::NotEmpty { .. } => "folder_not_empty",
        }
    }

    /// What to do about it, if there is something.
    pub fn hint(&self) -> Option<String> {
        match self {
            BuildError::Program { program, .. } if program == "cargo" || program == "rustc" => {
                Some("steps are built with Rust: install it with rustup".to_owned())
            }
            BuildError::Target { tried, .. } => Some(format!(
                "run `rustup target add {}`; tried:\n{}",
                crate::TARGET,
                tried.iter().map(|what| format!("- {what}")).collect::<Vec<_>>().join("\n")
            )),
            BuildError::Manifest { .. } => {
                Some("run it in the folder of a step's `Cargo.toml`, or begin one with `stepwell new step NAME`".to_owned())
            }
            BuildError::NotAStep { .. } => Some(
                "a step depends on `stepwell-sdk`, has `crate-type = [\"cdylib\", \"rlib\"]` below `[lib]`, and one item with `#[step]`"
                    .to_owned(),
            ),
            BuildError::SeveralSteps { .. } => Some("name the folder of one of them".to_owned()),
            BuildError::NotEmpty { .. } => Some("choose another name or an empty folder".to_owned()),
            _ => None,
        }
    }
}

/// The line of what a program wrote that says best why it failed.
fn why(output: &str) -> String {
    let lines = || {
        output
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty())
    };
    let error = lines().find_map(|line| line.strip_prefix("error: "));
    match error.or_else(|| lines().next_back()) {
        Some(line) => format!(": {line}"),
        None => String::new(),
    }
}
