//! The crate as its users see it: texts in, messages, plans and explanations out.

mod explanations;
mod messages_of_limits;
mod messages_of_overrides;
mod messages_of_pipelines;
mod messages_of_rejects;
mod messages_of_steps;
mod messages_of_texts;
mod no_panics;
mod plans;
mod schema_file;
mod world;
