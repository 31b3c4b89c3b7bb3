//! One opened step: what the exports of a component and the native runner have in common.

use std::rc::Rc;

use arrow_schema::SchemaRef;
use serde_json::Value;

use crate::host::HostBatch;
use crate::opened::{Mode, Opened};
use crate::step::{RunningStep, StepDefinition};
use crate::{Batch, Inputs, Opening, Output, Problems, StepError};

pub(crate) struct Session {
    step: Box<dyn RunningStep>,
    opened: Rc<Opened>,
    output: Output,
}

impl Session {
    pub(crate) fn open(
        definition: &StepDefinition,
        parameters: Value,
        schemas: Vec<SchemaRef>,
    ) -> Result<Self, Problems> {
        let description = definition.describe();
        let inputs = Rc::new(Inputs::new(
            description.inputs.into_iter().map(|port| port.name),
            schemas,
        )?);
        let mut opening = Opening::new(
            inputs.clone(),
            description.outputs.into_iter().map(|port| port.name),
        );
        let step = (definition.open)(parameters, &inputs, &mut opening);
        let opened = opening.finish();
        // Report what is wrong with either: the step may have found other problems than its declarations have.
        let (step, opened) = match (step, opened) {
            (Ok(step), Ok(opened)) => (step, Rc::new(opened)),
            (Err(mut problems), Err(others)) => {
                let new: Vec<_> = others
                    .into_iter()
                    .filter(|other| !problems.iter().any(|known| known == other))
                    .collect();
                problems.extend(new);
                return Err(problems);
            }
            (Err(problems), _) | (_, Err(problems)) => return Err(problems),
        };
        let output = Output::new(&opened);
        Ok(Self {
            step,
            opened,
            output,
        })
    }

    pub(crate) fn opened(&self) -> &Rc<Opened> {
        &self.opened
    }

    pub(crate) fn process(&mut self, port: usize, batch: HostBatch) -> Result<(), StepError> {
        let batch = Batch::new(batch, self.opened.clone(), port)?;
        self.step.process(batch, &mut self.output)
    }

    pub(crate) fn finish(&mut self) -> Result<(), StepError> {
        self.output.set_finishing();
        self.step.finish(&mut self.output)
    }

    /// The state of a `map` step is empty: each batch is alone.
    pub(crate) fn save(&self) -> Result<Vec<u8>, StepError> {
        match self.opened.mode {
            Mode::Map => Ok(Vec::new()),
            Mode::Stateful => self.step.save(),
        }
    }

    pub(crate) fn restore(&mut self, state: &[u8]) -> Result<(), StepError> {
        match self.opened.mode {
            Mode::Map => Ok(()),
            Mode::Stateful => self.step.restore(state),
        }
    }
}
