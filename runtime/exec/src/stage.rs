use std::sync::Arc;

use stepwell_engine::{ModelProvider, StepComponent, Surroundings};

use crate::chain::{Chain, Leaving};
use crate::channel::{Inlet, Outlet, Received, Turnstile};
use crate::run::Shared;

/// What the threads of a stage share.
pub(crate) struct StageParts {
    /// Positions in the plan, in the order in which a batch goes through them.
    pub(crate) steps: Vec<usize>,
    pub(crate) components: Vec<StepComponent>,
    pub(crate) models: Option<Arc<dyn ModelProvider>>,
    pub(crate) surroundings: Arc<Surroundings>,
    pub(crate) inlet: Inlet,
    /// One for each output port of the last step.
    pub(crate) outlets: Vec<Outlet>,
    pub(crate) turnstile: Turnstile,
}

/// Works on a stage until its input ends: takes a batch, sends it through the stage's steps, and hands the
/// results on in the order in which the batches came in.
pub(crate) fn work(shared: &Shared, parts: &StageParts) {
    let close = CloseOnDrop(&parts.turnstile);
    let mut chain = Chain::new(shared, parts);
    let hand_on = |chain: &Chain<'_>, leaving: Leaving| match chain.hand_on(leaving) {
        Ok(sent) => sent.is_ok(),
        Err(error) => {
            shared.fail(error);
            false
        }
    };
    while let Some(Received {
        port,
        sequence,
        batch,
    }) = parts.inlet.receive(|| shared.stopping())
    {
        let result = chain.run(port, batch);
        // Errors wait for their turn too: the one that is told is that of the first rows.
        let handed_on = parts.turnstile.pass(sequence, || match result {
            Ok(leaving) => hand_on(&chain, leaving),
            Err(error) => {
                shared.fail(error);
                false
            }
        });
        if handed_on != Some(true) {
            return;
        }
    }
    if shared.stopping() {
        return;
    }
    // The others may still be working on what they took before the input ended.
    std::mem::forget(close);
    match chain.finish() {
        // When the readers have stopped, the run is ending for a reason that was told already.
        Ok(leaving) => _ = hand_on(&chain, leaving),
        Err(error) => shared.fail(error),
    }
}

/// Closes the turnstile when a thread leaves early, also by a panic: the others must not wait for a turn
/// that it will not take.
struct CloseOnDrop<'a>(&'a Turnstile);

impl Drop for CloseOnDrop<'_> {
    fn drop(&mut self) {
        self.0.close();
    }
}
