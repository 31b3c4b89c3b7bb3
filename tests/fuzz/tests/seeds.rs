//! Writes the seeds: small inputs that targets start from, so that what is behind the first checks is reached. With
//! `STEPWELL_UPDATE_SEEDS=1` they are written; what is written differs where a library writes files differently.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::sync::{Arc, Mutex};

use stepwell_connect::{SinkOptions, StandardOutput, open_sink};
use stepwell_plan::{Compression, Format, SinkSpec};
use stepwell_test_arrays::{Random, every_type};
use stepwell_test_fuzz::{TARGETS, Target, check_guest_seed, guest_seeds, target};

mod texts;

/// Larger seeds make slow targets.
const MAX_BYTES: u64 = 8 << 10;

/// The first byte of a random module for the target `component`.
const RANDOM_MODULE: u8 = b'!';

#[test]
fn seeds_are_small_and_every_target_has_some() {
    if std::env::var_os("STEPWELL_UPDATE_SEEDS").is_some() {
        write_seeds();
    }
    for target in TARGETS {
        let [folder, _] = target.folders();
        let seeds: Vec<_> = fs::read_dir(&folder)
            .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
            .map(|entry| entry.expect("the folder can be read"))
            .collect();
        assert!(!seeds.is_empty(), "`{}` has no seeds", target.name);
        for seed in seeds {
            let size = seed.metadata().expect("a file").len();
            assert!(size <= MAX_BYTES, "{}: {size} bytes", seed.path().display());
        }
    }
}

#[test]
fn seeds_of_the_guest_are_steps_that_do_nothing_wrong() {
    for (name, image) in guest_seeds() {
        if let Err(error) = check_guest_seed(&image) {
            panic!("`{name}`: {error}");
        }
    }
}

fn write_seeds() {
    let mut random = Random::new(11);
    for name in ["layout", "fields"] {
        let seeds = Seeds::of(name);
        for kind in 0..every_type().len() + 20 {
            let mut seed = vec![kind as u8, kind as u8, 3, 20];
            // The first of the edits, and those that it starts.
            seed.extend((0..24).map(|_| random.below(256) as u8));
            seeds.write(&format!("kind_{kind:02}"), seed);
        }
    }
    write_tables(&mut random);
    write_texts();
    let onnx = Seeds::of("onnx");
    for entry in ["", "refused"] {
        let folder = root().join("runtime/models/tests/data").join(entry);
        for entry in fs::read_dir(folder).expect("the models of tests") {
            let path = entry.expect("the folder can be read").path();
            let file = match path.is_dir() {
                true => path.join("model.onnx"),
                false => path.clone(),
            };
            let is_model = file
                .extension()
                .is_some_and(|extension| extension == "onnx");
            let size = fs::metadata(&file).map_or(u64::MAX, |metadata| metadata.len());
            if is_model && size <= 2_000 {
                let name = path.file_stem().unwrap_or_default().to_string_lossy();
                onnx.write(&name, fs::read(&file).expect("a model"));
            }
        }
    }
    let component = Seeds::of("component");
    for number in 0..8 {
        let mut dna = vec![RANDOM_MODULE];
        dna.extend((0..400).map(|_| random.below(256) as u8));
        component.write(&format!("random_{number}"), dna);
    }
    component.write("header", b"\0asm\x0d\0\x01\0".to_vec());
    for (name, image) in guest_seeds() {
        Seeds::of("guest").write(&name, image);
    }
}

/// Files of every format, as sinks write them.
fn write_tables(random: &mut Random) {
    let plain = [
        "int64",
        "utf8",
        "float64",
        "boolean",
        "date32",
        "timestamp(us, UTC)",
        "int8",
    ];
    let nested = [
        "list<int32>",
        "struct<a: int64, b: utf8>",
        "dictionary<int8, utf8>",
        "decimal128(10, 2)",
        "map<utf8, int32>",
        "binary",
        "utf8_view",
        "fixed_size_list<int16, 2>",
    ];
    let arrow_only = [
        "list_view<int32>",
        "run_end_encoded<int16, utf8>",
        "interval(month_day_nano)",
        "binary_view",
    ];
    let mut batch = |types: &[&str], rows: usize| {
        let fields: Vec<_> = types
            .iter()
            .enumerate()
            .map(|(index, name)| {
                let data_type = stepwell_plan::parse_type(name).expect("the name of a type");
                let column = ["a", "b", "c", "d", "e", "f", "g", "h"][index];
                arrow_schema::Field::new(column, data_type, true)
            })
            .collect();
        random.batch_of(arrow_schema::Schema::new(fields), rows)
    };
    let tables = [
        ("plain", batch(&plain, 12)),
        ("one_row", batch(&plain, 1)),
        ("nested", batch(&nested, 9)),
        ("other", batch(&arrow_only, 6)),
    ];
    for (format, compressions) in [
        (
            Format::Csv,
            &[Compression::None, Compression::Gzip, Compression::Zstd][..],
        ),
        (
            Format::Json,
            &[Compression::None, Compression::Gzip, Compression::Zstd],
        ),
        (
            Format::Parquet,
            &[Compression::None, Compression::Gzip, Compression::Zstd],
        ),
        (Format::Arrow, &[Compression::None]),
        (Format::Arrows, &[Compression::None, Compression::Zstd]),
    ] {
        let name = format!("{format:?}").to_lowercase();
        let seeds = Seeds::of(&name);
        for (table, batch) in &tables {
            for compression in compressions {
                let Some(file) = written(format, *compression, batch) else {
                    continue;
                };
                let is_whole = format != Format::Parquet;
                let options = match compression {
                    Compression::Gzip if is_whole => 1 << 3,
                    Compression::Zstd if is_whole => 2 << 3,
                    _ => 0,
                };
                let mut seed = vec![options];
                seed.extend(file);
                seeds.write(&format!("{table}_{compression:?}").to_lowercase(), seed);
            }
        }
    }
}

/// A batch in a format; nothing where the format cannot hold it.
fn written(
    format: Format,
    compression: Compression,
    batch: &arrow_array::RecordBatch,
) -> Option<Vec<u8>> {
    let bytes = Arc::new(Mutex::new(Vec::new()));
    let options = SinkOptions {
        standard_output: StandardOutput::new(Shared(bytes.clone())),
        ..SinkOptions::default()
    };
    let spec = serde_json::json!({ "path": "-", "format": format, "compression": compression });
    let spec: SinkSpec = serde_json::from_value(spec).expect("a sink");
    let mut sink = open_sink("s", &spec, batch.schema(), &options).ok()?;
    sink.write(batch).ok()?;
    sink.finish().ok()?;
    let bytes = bytes.lock().expect("nobody panicked").clone();
    Some(bytes)
}

struct Shared(Arc<Mutex<Vec<u8>>>);

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0
            .lock()
            .expect("nobody panicked")
            .extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn write_texts() {
    for (number, text) in texts::CSV.iter().enumerate() {
        Seeds::of("csv").write(&format!("text_{number}"), text.as_bytes().to_vec());
    }
    for (number, text) in texts::JSON.iter().enumerate() {
        Seeds::of("json").write(&format!("text_{number}"), text.as_bytes().to_vec());
    }
    for (number, text) in texts::EXPRESSIONS.iter().enumerate() {
        Seeds::of("expression").write(&format!("text_{number:02}"), text.as_bytes().to_vec());
    }
    for (number, text) in texts::PIPELINES.iter().enumerate() {
        Seeds::of("pipeline").write(&format!("text_{number}"), text.as_bytes().to_vec());
    }
    let cases = Seeds::of("case");
    for step in [
        "aggregate",
        "cast",
        "deduplicate",
        "derive",
        "filter",
        "parse-dates",
        "split",
    ] {
        let folder = root().join("steps").join(step).join("cases");
        let mut files: Vec<_> = fs::read_dir(folder)
            .expect("the cases of a step")
            .map(|entry| entry.expect("the folder can be read").path())
            .collect();
        files.sort();
        for file in files.iter().step_by(4) {
            let name = file.file_stem().unwrap_or_default().to_string_lossy();
            cases.write(&format!("{step}_{name}"), fs::read(file).expect("a case"));
        }
    }
    for (number, text) in texts::CASES.iter().enumerate() {
        cases.write(&format!("text_{number}"), text.as_bytes().to_vec());
    }
}

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

struct Seeds(&'static Target);

impl Seeds {
    fn of(name: &str) -> Self {
        Self(target(name).expect("a target of this name"))
    }

    fn write(&self, name: &str, seed: Vec<u8>) {
        let [folder, _] = self.0.folders();
        fs::create_dir_all(&folder).expect("the folder of seeds");
        fs::write(folder.join(name), seed).expect("a seed can be written");
    }
}
