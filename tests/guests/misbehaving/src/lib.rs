//! A step that goes wrong in a way of your choice: for tests of limits and of errors.

use stepwell_sdk::prelude::*;

/// What goes wrong.
#[parameters]
struct Parameters {
    /// How.
    how: How,
    /// In which call.
    #[serde(default)]
    during: During,
}

/// The ways of going wrong.
#[parameters]
#[derive(Clone, Copy, PartialEq)]
#[serde(rename_all = "snake_case")]
enum How {
    /// Never return.
    Spin,
    /// Take ever more memory.
    Allocate,
    /// Panic.
    Panic,
    /// Say that it failed.
    Fail,
    /// Log without end.
    Flood,
    /// Emit every batch a thousand times.
    Repeat,
    /// Emit in `finish` although every batch is for itself.
    EmitInFinish,
}

/// The calls of a step.
#[parameters]
#[derive(Clone, Copy, Default, PartialEq)]
#[serde(rename_all = "snake_case")]
enum During {
    /// When it is opened.
    Open,
    /// With the first batch.
    #[default]
    Process,
    /// At the end.
    Finish,
}

/// Goes wrong.
#[step(name = "misbehaving", version = "0.1.0")]
struct Misbehaving {
    how: How,
    during: During,
    kept: Option<Batch>,
}

impl Step for Misbehaving {
    type Parameters = Parameters;

    fn open(
        parameters: Parameters,
        _inputs: &Inputs,
        plan: &mut Opening,
    ) -> Result<Self, Problems> {
        plan.pass_all();
        let Parameters { how, during } = parameters;
        if during == During::Finish && how != How::EmitInFinish {
            plan.stateful();
        }
        if during == During::Open {
            go_wrong(how)?;
        }
        Ok(Self {
            how,
            during,
            kept: None,
        })
    }

    fn process(&mut self, batch: Batch, output: &mut Output) -> Result<(), StepError> {
        if self.during == During::Process {
            if self.how == How::Repeat {
                (0..1_000).try_for_each(|_| output.pass(&batch))?;
            }
            go_wrong(self.how)?;
        }
        output.pass(&batch)?;
        self.kept = Some(batch);
        Ok(())
    }

    fn finish(&mut self, output: &mut Output) -> Result<(), StepError> {
        if self.during == During::Finish {
            go_wrong(self.how)?;
        }
        match self.kept.take() {
            Some(batch) if self.how == How::EmitInFinish => output.pass(&batch),
            _ => Ok(()),
        }
    }
}

fn go_wrong(how: How) -> Result<(), StepError> {
    match how {
        How::Spin => loop {
            std::hint::black_box(());
        },
        How::Allocate => {
            let mut kept = Vec::new();
            loop {
                kept.push(std::hint::black_box(vec![1_u8; 1 << 20]));
            }
        }
        How::Panic => panic!("the sky fell"),
        How::Fail => Err(StepError::new("no_luck", "the day was `bad`").with_hint("try tomorrow")),
        How::Flood => {
            (0..100_000).for_each(|line| stepwell_sdk::log::info!("line {line}"));
            Ok(())
        }
        How::Repeat | How::EmitInFinish => Ok(()),
    }
}
