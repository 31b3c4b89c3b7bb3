//! What a step says when something is wrong.

use std::fmt;

use arrow_schema::ArrowError;

/// Something that a step found wrong, when it was opened or with the data.
///
/// ```
/// use stepwell_sdk::prelude::*;
///
/// let error = StepError::new("bad_quantile", "quantile `1.5` is not between 0 and 1")
///     .at_parameter("/quantile")
///     .with_hint("0.5 is the median");
/// assert_eq!(error.to_string(), "quantile `1.5` is not between 0 and 1");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepError {
    /// A short, stable word, such as `missing_column`.
    pub code: String,
    /// What is wrong: lowercase, no full stop, names in backticks.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
    /// What the error is about.
    pub subject: Subject,
}

/// What an error is about, as far as the step knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// A parameter, as a JSON pointer into the parameters (`/columns/0`).
    Parameter(String),
    /// A column of an input: the port's position and the column's name.
    Column(usize, String),
    /// The data of the batch at hand.
    Data,
    /// None of these.
    Step,
}

impl StepError {
    /// An error that is about no parameter, column or data in particular.
    pub fn new(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            code: code.into(),
            message: message.into(),
            hint: None,
            subject: Subject::Step,
        }
    }

    /// An error about the values of the batch at hand.
    pub fn data(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            subject: Subject::Data,
            ..Self::new(code, message)
        }
    }

    /// Says what to do about it.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Says that the error is about a parameter, by JSON pointer (`/columns/0`). The pipeline file's
    /// line is shown for it.
    #[must_use]
    pub fn at_parameter(mut self, pointer: impl Into<String>) -> Self {
        self.subject = Subject::Parameter(pointer.into());
        self
    }

    /// Says that the error is about a column of an input, by the port's position.
    #[must_use]
    pub fn at_column(mut self, port: usize, name: impl Into<String>) -> Self {
        self.subject = Subject::Column(port, name.into());
        self
    }

    /// Says that the error is about the values of the batch at hand.
    #[must_use]
    pub fn at_data(mut self) -> Self {
        self.subject = Subject::Data;
        self
    }
}

impl fmt::Display for StepError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for StepError {}

/// An Arrow kernel that fails does so because of the values: overflow, a division by zero, a cast.
impl From<ArrowError> for StepError {
    fn from(error: ArrowError) -> Self {
        let (code, message) = match error {
            ArrowError::ArithmeticOverflow(message) => ("overflow", message),
            ArrowError::DivideByZero => ("divide_by_zero", "division by zero".to_owned()),
            ArrowError::CastError(message) => ("cast", message),
            other => ("arrow", other.to_string()),
        };
        Self::data(code, message)
    }
}

/// Adds to the error of a result where it came from.
pub trait ResultExt<T> {
    /// Says that the error is about a parameter: [`StepError::at_parameter`].
    ///
    /// # Errors
    /// The error of `self`, if it is one.
    fn at_parameter(self, pointer: impl Into<String>) -> Result<T, StepError>;

    /// Says what to do about the error: [`StepError::with_hint`].
    ///
    /// # Errors
    /// The error of `self`, if it is one.
    fn with_hint(self, hint: impl Into<String>) -> Result<T, StepError>;
}

impl<T, E: Into<StepError>> ResultExt<T> for Result<T, E> {
    fn at_parameter(self, pointer: impl Into<String>) -> Result<T, StepError> {
        self.map_err(|error| error.into().at_parameter(pointer))
    }

    fn with_hint(self, hint: impl Into<String>) -> Result<T, StepError> {
        self.map_err(|error| error.into().with_hint(hint))
    }
}

/// All that is wrong with a step's parameters and inputs, so that a user mends it in one go.
///
/// ```
/// use stepwell_sdk::prelude::*;
///
/// fn open(edges: &[f64], labels: &[&str]) -> Result<(), Problems> {
///     let mut problems = Problems::new();
///     if edges.is_empty() {
///         problems.push(StepError::new("no_edges", "`edges` is empty").at_parameter("/edges"));
///     }
///     if labels.len() != edges.len() + 1 {
///         problems.push(StepError::new("labels", "`labels` needs one more than `edges`").at_parameter("/labels"));
///     }
///     problems.into_result()
/// }
/// assert_eq!(open(&[], &[]).unwrap_err().len(), 2);
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Problems(Vec<StepError>);

impl Problems {
    /// No problems yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a problem.
    pub fn push(&mut self, problem: impl Into<StepError>) {
        self.0.push(problem.into());
    }

    /// The value of a result; its error is kept as a problem.
    pub fn check<T, E: Into<Problems>>(&mut self, result: Result<T, E>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(error) => {
                self.0.extend(error.into().0);
                None
            }
        }
    }

    /// `Ok` if there are none.
    ///
    /// # Errors
    /// The problems themselves, if there are any.
    pub fn into_result(self) -> Result<(), Problems> {
        if self.0.is_empty() { Ok(()) } else { Err(self) }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The problems, in the order in which they were found.
    pub fn iter(&self) -> std::slice::Iter<'_, StepError> {
        self.0.iter()
    }
}

impl<E: Into<StepError>> From<E> for Problems {
    fn from(error: E) -> Self {
        Self(vec![error.into()])
    }
}

impl IntoIterator for Problems {
    type Item = StepError;
    type IntoIter = std::vec::IntoIter<StepError>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a> IntoIterator for &'a Problems {
    type Item = &'a StepError;
    type IntoIter = std::slice::Iter<'a, StepError>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl Extend<StepError> for Problems {
    fn extend<I: IntoIterator<Item = StepError>>(&mut self, problems: I) {
        self.0.extend(problems);
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, problem) in self.0.iter().enumerate() {
            if position > 0 {
                formatter.write_str("; ")?;
            }
            write!(formatter, "{problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}

/// The candidate that a misspelt name most likely means.
///
/// ```
/// let known = ["tenure", "total_charges"];
/// assert_eq!(stepwell_sdk::closest_name("tenuer", known), Some("tenure"));
/// assert_eq!(stepwell_sdk::closest_name("city", known), None);
/// ```
pub fn closest_name<'a>(
    name: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let wanted = name.to_lowercase();
    candidates
        .into_iter()
        .map(|candidate| {
            (
                strsim::normalized_damerau_levenshtein(&wanted, &candidate.to_lowercase()),
                candidate,
            )
        })
        .filter(|(similarity, _)| *similarity >= 0.6)
        .max_by(|(left, _), (right, _)| left.total_cmp(right))
        .map(|(_, candidate)| candidate)
}

/// Names in backticks, separated by commas; after twenty, how many more there are.
pub(crate) fn list_names<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    const SHOWN: usize = 20;
    let names: Vec<_> = names.into_iter().collect();
    let shown: Vec<_> = names
        .iter()
        .take(SHOWN)
        .map(|name| format!("`{name}`"))
        .collect();
    let mut list = shown.join(", ");
    if names.len() > SHOWN {
        list.push_str(&format!(" and {} more", names.len() - SHOWN));
    }
    list
}
