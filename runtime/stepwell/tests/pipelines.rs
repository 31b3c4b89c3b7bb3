//! Pipelines inside a program: tables in memory, cancelling, errors.

use std::fs;
use std::io::{self, Read};
use std::path::PathBuf;
use std::sync::mpsc;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use stepwell::arrow::array::{ArrayRef, Int64Array, StringArray};
use stepwell::arrow::schema::ArrowError;
use stepwell::{
    BatchCollector, Blame, Error, Host, HostOptions, Pipeline, RecordBatch, StandardInput,
};

const FILE: &str = r#"
[pipeline]
name = "demo"

[sources.customers]

[steps.same]
path  = "identity.wasm"
input = "customers"
with  = { by = "read" }

[sinks.result]
input = "same"
path  = "result.csv"
"#;

struct World {
    host: Host,
    folder: tempfile::TempDir,
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(
            folder.path().join("identity.wasm"),
            stepwell_test_components::guest("identity"),
        )
        .unwrap();
        let cache = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("compiled");
        let host = Host::new(HostOptions::new().cache_folder(cache)).unwrap();
        Self { host, folder }
    }

    fn pipeline(&self) -> Pipeline {
        Pipeline::parse(FILE, self.folder.path())
    }

    /// The names of all files but the step's.
    fn files(&self) -> Vec<String> {
        let entries = fs::read_dir(self.folder.path()).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.filter(|name| name != "identity.wasm").collect()
    }
}

fn customers(ids: std::ops::Range<i64>) -> RecordBatch {
    let names: StringArray = ids
        .clone()
        .map(|id| Some(format!("customer {id}")))
        .collect();
    let ids = Int64Array::from_iter_values(ids);
    RecordBatch::try_from_iter([("id", Arc::new(ids) as ArrayRef), ("name", Arc::new(names))])
        .unwrap()
}

fn ids(batches: &[RecordBatch]) -> Vec<i64> {
    let columns = batches.iter().map(|batch| batch["id"].clone());
    columns
        .flat_map(|column| {
            column
                .as_any()
                .downcast_ref::<Int64Array>()
                .unwrap()
                .values()
                .to_vec()
        })
        .collect()
}

#[test]
fn tables_in_memory_take_the_place_of_files() {
    let world = World::new();
    let result = BatchCollector::new();
    let batches = [customers(0..3), customers(3..3), customers(3..10)];
    let summary = world
        .pipeline()
        .source("customers", batches[0].schema(), batches)
        .collect("result", &result)
        .set("pipeline.batch_rows=4")
        .check(&world.host)
        .unwrap()
        .run()
        .unwrap();
    let batches = result.take();
    let rows: Vec<usize> = batches.iter().map(RecordBatch::num_rows).collect();
    assert_eq!(rows, [3, 4, 3], "batches are cut, not joined");
    assert_eq!(ids(&batches), (0..10).collect::<Vec<_>>());
    assert_eq!(summary.sources[0].rows, 10);
    assert_eq!(summary.steps[0].rows_in, 10);
    assert_eq!(
        summary.sinks[0].written.as_ref().unwrap().path,
        "memory://result"
    );
    assert!(result.take().is_empty());
    assert!(world.files().is_empty());
}

#[test]
fn a_limit_cuts_tables_in_memory() {
    let world = World::new();
    let result = BatchCollector::new();
    let checked = world
        .pipeline()
        .source(
            "customers",
            customers(0..1).schema(),
            [customers(0..3), customers(3..10)],
        )
        .collect("result", &result)
        .limit(5)
        .check(&world.host);
    checked.unwrap().run().unwrap();
    assert_eq!(ids(&result.take()), [0, 1, 2, 3, 4]);
}

#[test]
fn a_function_gets_the_batches_of_a_sink_as_they_come() {
    let world = World::new();
    let (sender, receiver) = mpsc::channel();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let observed = Arc::clone(&seen);
    let checked = world
        .pipeline()
        .source(
            "customers",
            customers(0..1).schema(),
            (0..5).map(|id| customers(id..id + 1)),
        )
        .sink("result", move |batch| sender.send(batch).unwrap())
        .on_output(move |sink, batch| {
            observed
                .lock()
                .unwrap()
                .push((sink.to_owned(), batch.num_rows()))
        })
        .check(&world.host);
    checked.unwrap().run().unwrap();
    assert_eq!(ids(&receiver.iter().collect::<Vec<_>>()), [0, 1, 2, 3, 4]);
    assert_eq!(*seen.lock().unwrap(), vec![("result".to_owned(), 1); 5]);
}

#[test]
fn a_reader_that_fails_fails_the_run_and_nothing_is_collected() {
    let world = World::new();
    let result = BatchCollector::new();
    let batches = [
        Ok(customers(0..3)),
        Err(ArrowError::ExternalError("the database went away".into())),
    ];
    let reader =
        stepwell::arrow::array::RecordBatchIterator::new(batches, customers(0..1).schema());
    let checked = world
        .pipeline()
        .source_reader("customers", reader)
        .collect("result", &result)
        .check(&world.host);
    let error = checked.unwrap().run().unwrap_err();
    assert_eq!(
        error.to_string(),
        "source `customers`: cannot read `memory://customers`"
    );
    assert_eq!(
        std::error::Error::source(&error).unwrap().to_string(),
        "External error: the database went away"
    );
    assert_eq!((error.code(), error.blame()), ("io", Blame::Environment));
    assert!(result.take().is_empty());
}

#[test]
fn a_table_that_the_pipeline_has_not_is_told_with_those_that_it_has() {
    let world = World::new();
    let check = |pipeline: Pipeline, expect: &str| {
        let error = pipeline.check(&world.host).unwrap_err();
        assert_eq!(error.to_string(), expect);
        assert_eq!(
            (error.code(), error.blame().exit_code()),
            ("unknown_table", 2)
        );
    };
    let batch = customers(0..1);
    let pipeline = world.pipeline().source("custmers", batch.schema(), [batch]);
    check(
        pipeline,
        "the pipeline has no source `custmers`; it has `customers`",
    );
    let pipeline = world.pipeline().collect("scores", &BatchCollector::new());
    check(
        pipeline,
        "the pipeline has no sink `scores`; it has `result`",
    );
}

#[test]
fn all_that_is_wrong_is_told_at_once() {
    let world = World::new();
    let pipeline = world
        .pipeline()
        .param("same.by=reed")
        .set("sinks.result.path=result.xyz");
    let error = pipeline.check(&world.host).unwrap_err();
    assert!(matches!(error, Error::InvalidPipeline(_)));
    let diagnostics: Vec<String> = error
        .diagnostics()
        .iter()
        .map(ToString::to_string)
        .collect();
    insta::assert_snapshot!(diagnostics.join("\n\n"));
}

/// An input that begins, and then never goes on.
struct Stalled {
    start: io::Cursor<Vec<u8>>,
    _never: mpsc::Sender<()>,
    forever: mpsc::Receiver<()>,
}

fn stalled() -> StandardInput {
    let (_never, forever) = mpsc::channel();
    StandardInput::new(Stalled {
        // Enough for the schema to be known.
        start: io::Cursor::new(format!("id,name\n{}", "1,Ada\n".repeat(100_000)).into_bytes()),
        _never,
        forever,
    })
}

impl Read for Stalled {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.start.position() == self.start.get_ref().len() as u64 {
            // The other end lives as long as this one does.
            let _ = self.forever.recv();
        }
        self.start.read(buffer)
    }
}

fn waiting(world: &World) -> Pipeline {
    world
        .pipeline()
        .standard_input(stalled())
        .set("sources.customers.path=-")
        .set("sources.customers.format=csv")
        .set("sources.customers.sample_rows=1")
}

#[test]
fn a_run_that_is_cancelled_leaves_nothing_behind() {
    let world = World::new();
    let run = waiting(&world).check(&world.host).unwrap().start().unwrap();
    assert!(!run.wait_for(Duration::from_millis(20)));
    run.canceller().cancel();
    let error = run.wait().unwrap_err();
    assert_eq!(
        (error.code(), error.blame().exit_code()),
        ("cancelled", 130)
    );
    assert!(world.files().is_empty(), "{:?}", world.files());
}

#[tokio::test]
async fn dropping_the_future_of_a_run_cancels_it() {
    let world = World::new();
    let checked = waiting(&world).check(&world.host).unwrap();
    let timed_out = tokio::time::timeout(Duration::from_millis(50), checked.run_async()).await;
    assert!(timed_out.is_err());
    // The threads end on their own after that.
    for _ in 0..1_000 {
        if world.files().is_empty() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the run goes on: {:?}", world.files());
}

#[test]
fn a_run_that_is_dropped_is_cancelled() {
    let world = World::new();
    let run = waiting(&world).check(&world.host).unwrap().start().unwrap();
    drop(run);
    for _ in 0..1_000 {
        if world.files().is_empty() {
            return;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("the run goes on: {:?}", world.files());
}

#[test]
fn a_pipeline_file_that_cannot_be_read_is_told() {
    let error = Pipeline::load("missing.toml").unwrap_err();
    assert_eq!(
        error.to_string(),
        "cannot read the pipeline file `missing.toml`"
    );
    assert_eq!(
        (error.code(), error.blame()),
        ("pipeline_not_readable", Blame::Pipeline)
    );
}
