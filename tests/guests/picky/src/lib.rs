//! A step that treats each row by the number in one column: for tests of rejected rows, of failures, and of the
//! host's accounts.

use stepwell_sdk::prelude::*;

/// What becomes of which numbers. All others are passed on.
#[parameters]
struct Parameters {
    /// The column with the numbers.
    column: String,
    /// Rows that are refused as `unwanted`.
    #[serde(default)]
    refuse: Vec<i64>,
    /// Rows that are refused as `doubtful`, after all of those that are refused as `unwanted`.
    #[serde(default)]
    doubt: Vec<i64>,
    /// Rows that are left out.
    #[serde(default)]
    leave_out: Vec<i64>,
    /// Rows that are passed on twice.
    #[serde(default)]
    repeat: Vec<i64>,
    /// Rows that are passed on and refused.
    #[serde(default)]
    contradict: Vec<i64>,
    /// Rows on which the step says that it failed.
    #[serde(default)]
    fail: Vec<i64>,
    /// Rows on which it panics.
    #[serde(default)]
    panic: Vec<i64>,
    /// Rows on which it never returns.
    #[serde(default)]
    spin: Vec<i64>,
    /// Rows on which it takes ever more memory.
    #[serde(default)]
    allocate: Vec<i64>,
    /// Bytes of memory that it takes for each row of a batch.
    #[serde(default)]
    bytes_per_row: usize,
    /// A column of texts that it reads besides, without use for it.
    #[serde(default)]
    read: Option<String>,
    /// Whether it makes the rows that it emits: the numbers alone.
    #[serde(default)]
    make: bool,
    /// Whether it has state: it refuses rows only at the end, the last one first.
    #[serde(default)]
    late: bool,
}

/// Treats rows by a number.
#[step(name = "picky", version = "0.1.0")]
struct Picky {
    parameters: Parameters,
    column: InputColumn,
    read: Option<InputColumn>,
    kept: Vec<Batch>,
}

impl Step for Picky {
    type Parameters = Parameters;

    fn open(parameters: Parameters, inputs: &Inputs, plan: &mut Opening) -> Result<Self, Problems> {
        let column = inputs
            .typed::<Int64Type>(&parameters.column)
            .at_parameter("/column")?;
        let read = match &parameters.read {
            Some(name) => Some(inputs.column(name).at_parameter("/read")?),
            None => None,
        };
        plan.reads(&column);
        if let Some(read) = &read {
            plan.reads(read);
        }
        if parameters.make {
            plan.make(Field::new(column.name(), DataType::Int64, true));
        } else {
            plan.pass_all();
        }
        if parameters.late {
            plan.stateful();
        }
        Ok(Self {
            parameters,
            column,
            read,
            kept: Vec::new(),
        })
    }

    fn process(&mut self, batch: Batch, output: &mut Output) -> Result<(), StepError> {
        let numbers = batch.column::<Int64Type>(&self.column)?;
        let is_one_of = |row: usize, of: &[i64]| of.contains(&numbers.value(row));
        let Parameters { refuse, doubt, .. } = &self.parameters;
        let rows = 0..batch.rows();
        for row in rows.clone() {
            self.fail(numbers.value(row))?;
        }
        if let Some(column) = &self.read {
            std::hint::black_box(batch.array(column)?);
        }
        std::hint::black_box(vec![1_u8; batch.rows() * self.parameters.bytes_per_row]);
        let mut taken: Vec<u32> = Vec::new();
        for row in rows.clone() {
            let parameters = &self.parameters;
            let is_refused = [refuse, doubt, &parameters.leave_out]
                .iter()
                .any(|of| is_one_of(row, of));
            if !is_refused {
                taken.push(row as u32);
            }
            if is_one_of(row, &parameters.repeat) {
                taken.push(row as u32);
            }
        }
        if self.parameters.make {
            let made: Int64Array = taken
                .iter()
                .map(|row| Some(numbers.value(*row as usize)))
                .collect();
            output.emit_made(columns![made])?;
        } else {
            output.take(&batch, taken, columns![])?;
        }
        if self.parameters.late {
            if !refuse.is_empty() {
                self.kept.push(batch);
            }
            return Ok(());
        }
        let of = |of: &[i64]| -> BooleanArray {
            rows.clone().map(|row| Some(is_one_of(row, of))).collect()
        };
        output.reject(&batch, of(refuse), "unwanted", "nobody wants it")?;
        output.reject(&batch, of(doubt), "doubtful", "is it a \"number\"?")?;
        output.reject(
            &batch,
            of(&self.parameters.contradict),
            "unwanted",
            "or is it?",
        )
    }

    fn finish(&mut self, output: &mut Output) -> Result<(), StepError> {
        for batch in self.kept.drain(..).rev() {
            let numbers = batch.column::<Int64Type>(&self.column)?;
            for row in (0..batch.rows()).rev() {
                if self.parameters.refuse.contains(&numbers.value(row)) {
                    output.reject(&batch, row..row + 1, "unwanted", "nobody wants it")?;
                }
            }
        }
        Ok(())
    }
}

impl Picky {
    fn fail(&self, number: i64) -> Result<(), StepError> {
        let parameters = &self.parameters;
        if parameters.fail.contains(&number) {
            return Err(StepError::new("bad_number", format!("`{number}` is bad")));
        }
        assert!(!parameters.panic.contains(&number), "not {number}");
        while parameters.spin.contains(&number) {
            std::hint::black_box(());
        }
        let mut kept = Vec::new();
        while parameters.allocate.contains(&number) {
            kept.push(std::hint::black_box(vec![1_u8; 1 << 20]));
        }
        Ok(())
    }
}
