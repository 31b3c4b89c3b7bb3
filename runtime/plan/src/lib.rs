//! From the text of a pipeline file to a checked plan.
//!
//! This crate reads no file and runs nothing. What it needs to know of the world outside, it asks a
//! [`Catalog`]: the schemas of sources, what steps say of themselves and what they answer when they
//! are opened. What is wrong comes back as [`Diagnostic`]s, all at once, each with its place, the
//! valid alternatives and a hint; what is right comes back as a [`Plan`], in which no name is left
//! to look up.
//!
//! ```
//! use std::sync::Arc;
//!
//! use arrow_schema::{DataType, Field, Schema, SchemaRef};
//! use stepwell_plan::{
//!     Catalog, OpenError, OpenRequest, Opened, ParseOptions, Problem, SinkSpec, SourceSpec,
//!     StepComponent, StepReference, check_text, explain,
//! };
//!
//! /// A world of one table and no steps.
//! struct World;
//!
//! impl Catalog for World {
//!     fn source_schema(&mut self, _: &str, _: &SourceSpec) -> Result<SchemaRef, Problem> {
//!         let field = Field::new("tenure", DataType::Int64, true);
//!         Ok(Arc::new(Schema::new(vec![field])))
//!     }
//!     fn describe(&mut self, step: &StepReference) -> Result<Arc<StepComponent>, Problem> {
//!         Err(Problem::new("step_not_found", format!("there is no step `{step}`")))
//!     }
//!     fn open(&mut self, request: &OpenRequest<'_>) -> Result<Opened, OpenError> {
//!         unreachable!("`{}` was never found", request.step)
//!     }
//!     fn check_sink(&mut self, _: &str, _: &SinkSpec, _: &SchemaRef) -> Result<(), Problem> {
//!         Ok(())
//!     }
//!     fn check_model(&mut self, _: &str, _: &str) -> Result<(), Problem> {
//!         Ok(())
//!     }
//! }
//!
//! let text = r#"
//! pipeline.name = "copy"
//!
//! [sources.customers]
//! path = "customers.csv"
//!
//! [sinks.copy]
//! input = "customers"
//! path = "copy.parquet"
//! "#;
//! let checked = check_text(text, "pipeline.toml", &ParseOptions::default(), &mut World);
//! let (plan, warnings) = checked.into_result()?;
//! assert!(warnings.is_empty());
//! assert_eq!(
//!     explain::render(&plan, explain::Format::Tree),
//!     "copy
//!
//! source customers  customers.csv
//! │ 1 column: tenure int64
//! ▼
//! sink copy  copy.parquet
//! "
//! );
//!
//! let typo = text.replace("input = \"customers\"", "input = \"costumers\"");
//! let checked = check_text(&typo, "pipeline.toml", &ParseOptions::default(), &mut World);
//! assert_eq!(checked.diagnostics[0].help.as_deref(), Some("did you mean `customers`?"));
//! # Ok::<(), stepwell_plan::PlanError>(())
//! ```

mod capability;
mod catalog;
mod check;
mod dataset;
mod error;
pub mod explain;
mod file;
mod grants;
mod json_schema;
mod limits;
mod parameters;
mod path;
mod plan;
mod rejects;
mod secrets;
mod step;
mod suggest;
mod text;
mod tree;

pub use capability::{Capability, Import};
pub use catalog::{Catalog, OpenError, OpenRequest, Problem, StepComponent};
pub use check::{Checked, check, check_text};
pub use dataset::{Compression, CsvOptions, Format, Paths, SinkSpec, SourceSpec, WriteMode};
pub use error::PlanError;
pub use file::{
    ArtifactEntry, Inputs, ModelEntry, Overrides, ParameterEntry, ParameterType, ParseOptions,
    PipelineFile, Reference, RejectsEntry, SECRET_PREFIX, SinkEntry, SourceEntry, StepEntry,
    StepReference, pipeline_schema,
};
pub use grants::{
    ClockGrant, DirectoryAccess, DirectoryGrant, EnvironmentValue, Grants, HttpGrant,
};
pub use limits::Limits;
pub use parameters::check_parameters;
pub use plan::{Downstream, Plan, PlannedSink, PlannedSource, PlannedStep, Upstream};
pub use rejects::{MaxRejects, OnError, REJECTS_NAME, rejects_schema};
pub use secrets::fill_secrets;
pub use step::{
    ColumnIndex, Description, Mode, Opened, Output, Pass, Port, PortColumn, StepProblem, Subject,
};
pub use stepwell_layout::{
    ParseTypeError, TYPE_NAMES, TypeProblem, field_name_and_type, parse_field, parse_type,
    type_name,
};
pub use text::{Diagnostic, Label, Located, Position, Severity, SourceText, Span};
