//! Turns text into dates and timestamps.

mod zone;

use stepwell_sdk::prelude::*;
use stepwell_values::{
    Cell, DateFormat, Kind, cells, days_of, microseconds_of, parse_iso_datetime,
};
use zone::Zone;

/// How text is read.
#[parameters]
struct Parameters {
    /// The columns of text to turn into dates.
    columns: Vec<String>,
    /// Formats in the letters of `strftime`, tried in this order: `["%d.%m.%Y", "%Y-%m-%d %H:%M"]`. Dates
    /// in the way of ISO 8601 by default (`2024-01-31`, `2024-01-31T23:59:59Z`).
    #[serde(default)]
    formats: Vec<String>,
    /// Whether the result is a `date` or a `timestamp` (in microseconds).
    #[serde(default)]
    r#as: Target,
    /// The time zone of timestamps: `UTC`, `+02:00`, `Europe/Berlin`. Text without an offset of its own is local time
    /// there. Without it timestamps have no time zone, and text with an offset is taken to UTC.
    #[serde(default)]
    timezone: Option<String>,
    /// What becomes of a text that is no date: `fail` ends the run, `null` puts null in its place, `reject` puts
    /// its row with the rejected rows.
    #[serde(default)]
    errors: Errors,
}

/// What text becomes.
#[parameters]
#[derive(Clone, Copy, PartialEq, Default)]
#[serde(rename_all = "lowercase")]
enum Target {
    /// `date32`.
    Date,
    /// `timestamp(us)`, with the time zone if there is one.
    #[default]
    Timestamp,
}

/// What becomes of a text that is no date.
#[parameters]
#[derive(Clone, Copy, PartialEq, Default)]
#[serde(rename_all = "lowercase")]
enum Errors {
    /// The run ends.
    #[default]
    Fail,
    /// It becomes null.
    Null,
    /// Its row is rejected.
    Reject,
}

/// Turns text into dates and timestamps.
///
/// White space at the ends is left out of account. Local time that a clock shows twice, when it is put back, is the
/// first of the two; local time that is skipped is no date.
#[step(name = "parse-dates")]
struct ParseDates {
    columns: Vec<InputColumn>,
    formats: Vec<DateFormat>,
    target: Target,
    zone: Option<Zone>,
    errors: Errors,
}

impl Step for ParseDates {
    type Parameters = Parameters;

    fn open(parameters: Parameters, inputs: &Inputs, plan: &mut Opening) -> Result<Self, Problems> {
        let mut problems = Problems::new();
        let columns = inputs.listed(&parameters.columns, "/columns", &mut problems);
        for column in columns
            .iter()
            .filter(|column| Kind::of(column.data_type()) != Some(Kind::Text))
        {
            let position = parameters
                .columns
                .iter()
                .position(|name| name == column.name())
                .unwrap_or_default();
            problems.push(
                column
                    .wrong_type("text")
                    .at_parameter(format!("/columns/{position}")),
            );
        }
        let mut formats = Vec::new();
        for (position, format) in parameters.formats.iter().enumerate() {
            match DateFormat::new(format) {
                Some(format) => formats.push(format),
                None => problems.push(
                    StepError::new("bad_format", format!("`{format}` is no format in the letters of `strftime`"))
                        .at_parameter(format!("/formats/{position}"))
                        .with_hint("day, month and year are `%d`, `%m`, `%Y`; hour, minute and second `%H`, `%M`, `%S`"),
                ),
            }
        }
        let zone = match &parameters.timezone {
            Some(name) => problems.check(Zone::new(name).at_parameter("/timezone")),
            None => None,
        };
        if parameters.r#as == Target::Date && parameters.timezone.is_some() {
            problems.push(
                StepError::new("unused_timezone", "a date has no time zone")
                    .at_parameter("/timezone")
                    .with_hint("leave `timezone` out, or set `as = \"timestamp\"`"),
            );
        }
        problems.into_result()?;
        let data_type = match parameters.r#as {
            Target::Date => DataType::Date32,
            Target::Timestamp => DataType::Timestamp(
                TimeUnit::Microsecond,
                parameters.timezone.as_deref().map(Into::into),
            ),
        };
        plan.reads_each(&columns);
        plan.pass_all();
        for column in &columns {
            let nullable = column.field().is_nullable() || parameters.errors == Errors::Null;
            let field = column
                .field()
                .as_ref()
                .clone()
                .with_data_type(data_type.clone())
                .with_nullable(nullable);
            plan.replace(column.name(), field);
        }
        Ok(Self {
            columns,
            formats,
            target: parameters.r#as,
            zone,
            errors: parameters.errors,
        })
    }

    fn process(&mut self, batch: Batch, output: &mut Output) -> Result<(), StepError> {
        let mut kept = vec![true; batch.rows()];
        let mut parsed = Vec::new();
        for (column, array) in self.columns.iter().zip(batch.arrays(&self.columns)?) {
            let (values, failed) = self.parse(&array)?;
            if let Some((row, text)) = failed
                .iter()
                .enumerate()
                .find_map(|(row, text)| Some((row, text.as_ref()?)))
            {
                match self.errors {
                    Errors::Fail => return Err(self.failure(column, text)),
                    Errors::Null => {}
                    Errors::Reject => {
                        self.reject(&batch, output, column, &failed, &mut kept, row)?
                    }
                }
            }
            parsed.push(values);
        }
        let rows: Vec<u32> = (0..batch.rows())
            .filter(|row| kept[*row])
            .map(|row| row as u32)
            .collect();
        let made: Vec<ArrayRef> = parsed
            .iter()
            .map(|values| self.array(values, &rows))
            .collect();
        if rows.len() == batch.rows() {
            output.emit(&batch, made)
        } else {
            output.take(&batch, rows, made)
        }
    }
}

/// Days or microseconds since 1970-01-01, and texts that are no dates.
type Parsed = (Vec<Option<i64>>, Vec<Option<String>>);

impl ParseDates {
    fn parse(&self, array: &ArrayRef) -> Result<Parsed, StepError> {
        let cell = cells(array).ok_or_else(|| {
            StepError::data(
                "unsupported_type",
                format!(
                    "values of `{}` are no text",
                    stepwell_sdk::type_name(array.data_type())
                ),
            )
        })?;
        let mut values = Vec::with_capacity(array.len());
        let mut failed = Vec::with_capacity(array.len());
        for row in 0..array.len() {
            let Cell::Text(text) = cell(row) else {
                values.push(None);
                failed.push(None);
                continue;
            };
            let value = self.value(text.trim());
            failed.push(value.is_none().then(|| text.to_owned()));
            values.push(value);
        }
        Ok((values, failed))
    }

    fn value(&self, text: &str) -> Option<i64> {
        let (datetime, offset) = if self.formats.is_empty() {
            parse_iso_datetime(text)?
        } else {
            self.formats
                .iter()
                .find_map(|format| format.parse_datetime(text))?
        };
        if self.target == Target::Date {
            return Some(i64::from(days_of(datetime.date())));
        }
        let local = microseconds_of(datetime);
        match (offset, &self.zone) {
            (Some(seconds), _) => local.checked_sub(i64::from(seconds) * 1_000_000),
            (None, Some(zone)) => zone.to_utc(datetime),
            (None, None) => Some(local),
        }
    }

    fn array(&self, values: &[Option<i64>], rows: &[u32]) -> ArrayRef {
        let values = rows.iter().map(|row| values[*row as usize]);
        match self.target {
            // The calendar's days are far fewer than 32 bits.
            Target::Date => std::sync::Arc::new(
                values
                    .map(|value| value.map(|days| days as i32))
                    .collect::<Date32Array>(),
            ),
            Target::Timestamp => {
                let array: TimestampMicrosecondArray = values.collect();
                std::sync::Arc::new(
                    array.with_timezone_opt(self.zone.as_ref().map(|zone| zone.name().to_owned())),
                )
            }
        }
    }

    fn reject(
        &self,
        batch: &Batch,
        output: &Output,
        column: &InputColumn,
        failed: &[Option<String>],
        kept: &mut [bool],
        first: usize,
    ) -> Result<(), StepError> {
        let rejected: Vec<u32> = (first..failed.len())
            .filter(|row| kept[*row] && failed[*row].is_some())
            .map(|row| row as u32)
            .collect();
        for row in &rejected {
            kept[*row as usize] = false;
        }
        output.reject(
            batch,
            rejected,
            "not_a_date",
            &format!("`{}` is no date{}", column.name(), self.expected()),
        )
    }

    fn failure(&self, column: &InputColumn, text: &str) -> StepError {
        let message = format!(
            "`{text}` in column `{}` is no date{}",
            column.name(),
            self.expected()
        );
        StepError::data("not_a_date", message).with_hint(
            "`errors = \"null\"` puts null in its place, `errors = \"reject\"` rejects the row",
        )
    }

    fn expected(&self) -> String {
        let formats: Vec<String> = self
            .formats
            .iter()
            .map(|format| format!("`{}`", format.as_str()))
            .collect();
        match formats.as_slice() {
            [] => " such as `2024-01-31`".to_owned(),
            formats => format!(" of the format {}", formats.join(" or ")),
        }
    }
}
