//! The names of types, as pipeline files and messages write them.

pub(crate) use stepwell_plan::{parse_type, type_name};
