//! The arguments of all commands, and their help.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint};

/// Runs data pipelines of sandboxed WebAssembly steps.
///
/// A pipeline is a TOML file: sources, steps, sinks. A step is a WebAssembly component that sees the columns that it
/// asks for and nothing else.
#[derive(Debug, Parser)]
#[command(
    name = "stepwell",
    version,
    max_term_width = 100,
    disable_help_subcommand = true
)]
#[command(
    after_help = "Exit codes: 0 all is well, 1 the run failed, 2 the pipeline or an argument must be changed, 130 \
                        after Ctrl-C."
)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Run(RunArguments),
    Check(CheckArguments),
    Explain(ExplainArguments),
    Inspect(InspectArguments),
    New(NewArguments),
    Build(BuildArguments),
    Test(TestArguments),
    Steps(StepsArguments),
    /// Print the JSON Schema of pipeline files, for editors.
    #[command(after_help = "Example:\n  stepwell schema > pipeline.schema.json")]
    Schema,
    Completions(CompletionsArguments),
}

/// A pipeline file, and what is changed in it.
#[derive(Debug, Args)]
pub(crate) struct PipelineArguments {
    /// The pipeline file.
    #[arg(value_name = "PIPELINE", value_hint = ValueHint::FilePath)]
    pub(crate) pipeline: PathBuf,
    /// Give a parameter a value: `STEP.KEY=VALUE` for a step's, `NAME=VALUE` for the pipeline's.
    #[arg(long = "param", value_name = "KEY=VALUE")]
    pub(crate) parameters: Vec<String>,
    /// Give any other key of the file a value, such as `sources.customers.path=other.csv`.
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub(crate) settings: Vec<String>,
    /// Take secrets from a file of lines such as `NAME = "value"`: `${secret:NAME}` stands for them in what steps are
    /// given.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) secrets: Vec<PathBuf>,
}

/// Run a pipeline.
///
/// Outputs appear whole or not at all: when anything fails, no output is changed.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  stepwell run pipeline.toml\n  stepwell run pipeline.toml --param clean.strategy=mean --limit 1000\n  cat x.csv | stepwell run pipeline.toml --set sources.customers.path=- \\\n      --set sinks.scores.path=- --set sinks.scores.format=arrows > y.arrows"
)]
pub(crate) struct RunArguments {
    #[command(flatten)]
    pub(crate) pipeline: PipelineArguments,
    /// Read at most this many rows of each source.
    #[arg(long, value_name = "ROWS")]
    pub(crate) limit: Option<u64>,
    /// Run steps on this many threads; the result is the same for any number.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) threads: Option<u16>,
    /// Where random numbers of steps start: every run with the same number gives the same result.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(..=i64::MAX as u64))]
    pub(crate) seed: Option<u64>,
    /// Append each use of a capability and each column that a step reads to this file, as lines of JSON.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) audit: Option<PathBuf>,
    /// Check the pipeline and show what would run. Reads samples, writes nothing.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Print one line of JSON per event: on standard output, or on standard error when a sink writes to standard output.
    #[arg(long)]
    pub(crate) json: bool,
    /// Show nothing but errors.
    #[arg(long, short, conflicts_with = "json")]
    pub(crate) quiet: bool,
    /// Show messages that steps log from this level on.
    #[arg(
        long,
        value_name = "LEVEL",
        default_value = "info",
        hide_possible_values = false
    )]
    pub(crate) log_level: LogLevel,
}

/// How important a message of a step must be to be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogLevel {
    /// Everything.
    Debug,
    /// What a curious user wants to know.
    Info,
    /// What may be wrong.
    Warn,
    /// What is wrong.
    Error,
}

impl From<LogLevel> for stepwell::LogLevel {
    fn from(level: LogLevel) -> Self {
        match level {
            LogLevel::Debug => Self::Debug,
            LogLevel::Info => Self::Info,
            LogLevel::Warn => Self::Warn,
            LogLevel::Error => Self::Error,
        }
    }
}

/// Check a pipeline without running it.
///
/// Opens every step with the schemas that will reach it, and reports everything that is wrong at once, with file,
/// line and column. Reads a sample of each source, writes nothing.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  stepwell check pipeline.toml")]
pub(crate) struct CheckArguments {
    #[command(flatten)]
    pub(crate) pipeline: PipelineArguments,
    /// Print one JSON object.
    #[arg(long)]
    pub(crate) json: bool,
}

/// Show what a pipeline does with which column.
///
/// The schemas between steps, and which columns each step reads, passes on and makes.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  stepwell explain pipeline.toml\n  stepwell explain pipeline.toml --format dot | dot -Tsvg > pipeline.svg"
)]
pub(crate) struct ExplainArguments {
    #[command(flatten)]
    pub(crate) pipeline: PipelineArguments,
    /// How to write it down.
    #[arg(long, value_name = "FORMAT", default_value = "tree")]
    pub(crate) format: ExplainFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExplainFormat {
    /// A tree for the terminal.
    Tree,
    /// A Mermaid flowchart, for Markdown.
    Mermaid,
    /// A Graphviz graph.
    Dot,
    /// JSON, with every column.
    Json,
}

/// Show what a step or a model is, from its file.
///
/// Of a step: what it says of itself, its parameters, and what its binary could ask for. Of an ONNX model: inputs,
/// outputs, classes and operators.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  stepwell inspect my-step.wasm\n  stepwell inspect std/impute\n  stepwell inspect models/churn.onnx"
)]
pub(crate) struct InspectArguments {
    /// A `.wasm` file, a step of a collection (`std/impute@0.1`), or an `.onnx` file.
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) file: String,
    /// Print one JSON object.
    #[arg(long)]
    pub(crate) json: bool,
}

/// Begin something new.
#[derive(Debug, Args)]
pub(crate) struct NewArguments {
    #[command(subcommand)]
    pub(crate) what: New,
}

#[derive(Debug, Subcommand)]
pub(crate) enum New {
    Step(NewStepArguments),
}

/// Begin a step: a crate that builds and passes its cases as it comes.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  stepwell new step my-step && cd my-step && stepwell test")]
pub(crate) struct NewStepArguments {
    /// The step's name: lowercase words joined by `-`.
    pub(crate) name: String,
    /// The language that it is written in.
    #[arg(long, value_name = "LANGUAGE", default_value = "rust")]
    pub(crate) lang: Language,
    /// The folder to make; one of the step's name where it is not given.
    #[arg(long, value_name = "FOLDER", value_hint = ValueHint::DirPath)]
    pub(crate) path: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Language {
    Rust,
}

/// Build a step to a component.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  stepwell build my-step -o my-step.wasm")]
pub(crate) struct BuildArguments {
    /// The step's folder.
    #[arg(value_name = "FOLDER", default_value = ".", value_hint = ValueHint::DirPath)]
    pub(crate) folder: PathBuf,
    /// Where to put the component, instead of in `target/stepwell`.
    #[arg(long, short, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) output: Option<PathBuf>,
    /// Build quickly, with names and line numbers in the component.
    #[arg(long)]
    pub(crate) debug: bool,
    /// Do without the network.
    #[arg(long)]
    pub(crate) offline: bool,
}

/// Run a step's cases, in the sandbox and natively.
///
/// A case is a file in the step's folder `cases/`: parameters and tables in, tables out. In the sandbox, each runs in
/// batches of 1 row, of 7, and in one; all must give what the case expects. Then `cargo test` runs them natively.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  stepwell test\n  stepwell test my-step --filter dates\n  stepwell test --bless"
)]
pub(crate) struct TestArguments {
    /// The step's folder, or a workspace with several.
    #[arg(value_name = "FOLDER", default_value = ".", value_hint = ValueHint::DirPath)]
    pub(crate) folder: PathBuf,
    /// Take what comes as what is expected, and write it into the cases.
    #[arg(long)]
    pub(crate) bless: bool,
    /// Run only cases with this text in their names. Natively, all run.
    #[arg(long, value_name = "TEXT")]
    pub(crate) filter: Option<String>,
    /// Test this component instead of building one, as for a step that is not written in Rust. Nothing runs natively.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) component: Option<PathBuf>,
    /// Do not run the cases natively.
    #[arg(long)]
    pub(crate) sandbox_only: bool,
    /// Do without the network.
    #[arg(long)]
    pub(crate) offline: bool,
}

/// List the steps that pipelines can use by name.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  stepwell steps")]
pub(crate) struct StepsArguments {
    /// Print one JSON object.
    #[arg(long)]
    pub(crate) json: bool,
}

/// Print a script that completes commands in a shell.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  stepwell completions bash > ~/.local/share/bash-completion/completions/stepwell"
)]
pub(crate) struct CompletionsArguments {
    /// The shell.
    #[arg(value_name = "SHELL")]
    pub(crate) shell: clap_complete::Shell,
}
