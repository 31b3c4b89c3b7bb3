use crossbeam_channel::{Receiver, Sender};
use stepwell_connect::{Sink, SinkSummary};
use stepwell_plan::Plan;

use crate::channel::{Parcel, receive};
use crate::error::RunError;
use crate::run::Shared;

/// A sink whose input has ended.
pub(crate) struct SinkEnd {
    pub(crate) index: usize,
    pub(crate) sink: Box<dyn Sink>,
}

/// Writes all that comes to a sink, then hands the sink back: it is finished only when the whole run went
/// well.
pub(crate) fn write_sink(
    shared: &Shared,
    index: usize,
    mut sink: Box<dyn Sink>,
    receiver: &Receiver<Parcel>,
    ended: &Sender<SinkEnd>,
) {
    let planned = &shared.plan.sinks[index];
    while let Some(parcel) = receive(receiver, || shared.stopping()) {
        let batch = match parcel.batch.to_record_batch() {
            Ok(batch) => batch,
            Err(error) => {
                let what = format!(
                    "sink `{}` got a batch that cannot be: {error}",
                    planned.name
                );
                shared.fail(RunError::Internal { what });
                break;
            }
        };
        if let Err(error) = sink.write(&batch) {
            shared.fail(RunError::Sink {
                sink_name: planned.name.clone(),
                error: Box::new(error),
            });
            break;
        }
        shared.meter.sinks[index].add(batch.num_rows());
    }
    // Nobody is left to take it when the run was dropped without being waited for; the sink then aborts itself.
    let _ = ended.send(SinkEnd { index, sink });
}

/// Puts all outputs in their places, after all of them could be written to their ends.
pub(crate) fn finish_sinks(
    plan: &Plan,
    mut sinks: Vec<SinkEnd>,
) -> Result<Vec<SinkSummary>, RunError> {
    let failed = |index: usize, error| RunError::Sink {
        sink_name: plan.sinks[index].name.clone(),
        error: Box::new(error),
    };
    let prepared = sinks
        .iter_mut()
        .find_map(|end| end.sink.prepare().err().map(|error| (end.index, error)));
    if let Some((index, error)) = prepared {
        sinks.into_iter().for_each(|end| end.sink.abort());
        return Err(failed(index, error));
    }
    sinks
        .into_iter()
        .map(|end| end.sink.finish().map_err(|error| failed(end.index, error)))
        .collect()
}
