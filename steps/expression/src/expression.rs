//! An expression, ready to be evaluated.

use arrow_array::{Array, ArrayRef, BooleanArray};
use arrow_schema::{DataType, Schema};
use stepwell_values::Vector;

use crate::check::Checker;
use crate::error::{ExpressionError, Problem, Span};
use crate::evaluate::Frame;
use crate::node::Node;
use crate::parser::parse;

/// An expression over the columns of a schema.
#[derive(Debug, Clone)]
pub struct Expression {
    root: Node,
    data_type: DataType,
    columns: Vec<usize>,
    spans: Vec<Span>,
}

impl Expression {
    /// Parses an expression and checks it against a schema.
    ///
    /// # Errors
    /// All that is wrong with the expression: names that are not there, types that do not fit. Of a text that
    /// is no expression, the first place where it is none.
    pub fn compile(text: &str, schema: &Schema) -> Result<Self, Vec<ExpressionError>> {
        let ast = parse(text).map_err(|error| vec![error])?;
        let mut checker = Checker::new(schema);
        let root = checker.check(&ast);
        let (columns, spans, mut errors) = checker.finish();
        let Some(root) = root.filter(|_| errors.is_empty()) else {
            return Err(errors);
        };
        let Some(data_type) = root.of.data_type() else {
            errors.push(Problem::AlwaysNull.at(root.span));
            return Err(errors);
        };
        Ok(Self {
            root,
            data_type,
            columns,
            spans,
        })
    }

    /// As [`Expression::compile`], of an expression that must be true or false: a condition.
    ///
    /// # Errors
    /// Those of [`Expression::compile`], and one when the expression is of another type.
    pub fn compile_condition(text: &str, schema: &Schema) -> Result<Self, Vec<ExpressionError>> {
        let expression = Self::compile(text, schema)?;
        if expression.data_type == DataType::Boolean {
            return Ok(expression);
        }
        let problem = Problem::WrongType {
            place: "a condition".to_owned(),
            expected: "a boolean".to_owned(),
            found: expression.root.of.to_string(),
        };
        Err(vec![problem.at(expression.root.span)])
    }

    /// The type of the values.
    pub fn data_type(&self) -> &DataType {
        &self.data_type
    }

    /// The columns that are read, by position in the schema, in the order in which they are written.
    pub fn columns(&self) -> &[usize] {
        &self.columns
    }

    /// The values for `rows` rows. `columns` are those of [`Expression::columns`], in the same order.
    ///
    /// # Errors
    /// When a value cannot be computed: see [`Problem`].
    ///
    /// # Panics
    /// When the columns are of other types than the schema's, or have not `rows` values each.
    pub fn evaluate(&self, rows: usize, columns: &[ArrayRef]) -> Result<ArrayRef, ExpressionError> {
        Ok(self
            .evaluate_vector(rows, columns)?
            .into_array(self.root.of.time_zone()))
    }

    /// As [`Expression::evaluate`], of a condition: one that [`Expression::compile_condition`] gave.
    ///
    /// # Errors
    /// Those of [`Expression::evaluate`].
    ///
    /// # Panics
    /// When the expression is not a condition, and as [`Expression::evaluate`].
    pub fn evaluate_condition(
        &self,
        rows: usize,
        columns: &[ArrayRef],
    ) -> Result<BooleanArray, ExpressionError> {
        match self.evaluate_vector(rows, columns)? {
            Vector::Boolean(array) => Ok(array),
            other => panic!(
                "the expression is no condition, its values are of the kind {}",
                other.kind()
            ),
        }
    }

    fn evaluate_vector(
        &self,
        rows: usize,
        columns: &[ArrayRef],
    ) -> Result<Vector, ExpressionError> {
        assert_eq!(
            columns.len(),
            self.columns.len(),
            "the expression needs its columns, each once"
        );
        if rows == 0 {
            // Not even what is constant is evaluated for no rows.
            return Ok(Vector::nulls_of(
                self.root.kind().expect("a typed expression"),
                0,
            ));
        }
        let mut vectors = Vec::with_capacity(columns.len());
        for (column, span) in columns.iter().zip(&self.spans) {
            assert_eq!(column.len(), rows, "columns need one value for each row");
            let vector =
                Vector::read(column.as_ref()).map_err(|error| Problem::Values(error).at(*span))?;
            vectors.push(vector);
        }
        Ok(Frame::new(&vectors, rows)
            .evaluate(&self.root)?
            .expand(rows))
    }
}

/// The names of columns that an expression uses, each once, in the order in which they are written.
///
/// ```
/// let names = stepwell_expression::column_names("a + \"b c\" * a").unwrap();
/// assert_eq!(names, ["a", "b c"]);
/// ```
///
/// # Errors
/// When the text is no expression.
pub fn column_names(text: &str) -> Result<Vec<String>, ExpressionError> {
    let mut names = Vec::new();
    parse(text)?.for_each_column(&mut |name| {
        if !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    });
    Ok(names)
}
