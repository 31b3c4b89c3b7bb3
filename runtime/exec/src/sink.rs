use crossbeam_channel::{Receiver, Sender};
use stepwell_connect::{Sink, SinkSummary};
use stepwell_engine::Batch;

use crate::channel::receive;
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
    receiver: &Receiver<Batch>,
    ended: &Sender<SinkEnd>,
) {
    let planned = &shared.plan.sinks[index];
    while let Some(batch) = receive(receiver, || shared.stopping()) {
        let batch = match batch.to_record_batch() {
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
    mut sinks: Vec<(&str, Box<dyn Sink>)>,
) -> Result<Vec<SinkSummary>, RunError> {
    let failed = |name: &str, error| RunError::Sink {
        sink_name: name.to_owned(),
        error: Box::new(error),
    };
    let prepared = sinks
        .iter_mut()
        .find_map(|(name, sink)| Some(failed(name, sink.prepare().err()?)));
    if let Some(error) = prepared {
        sinks.into_iter().for_each(|(_, sink)| sink.abort());
        return Err(error);
    }
    sinks
        .into_iter()
        .map(|(name, sink)| sink.finish().map_err(|error| failed(name, error)))
        .collect()
}
