//! Pipelines over a table of numbers, run with different sizes of batches and numbers of threads.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use stepwell::{BatchCollector, Checked, Error, Host, HostOptions, Pipeline, Summary};
use stepwell_test_components::{guest_path, standard_steps};

/// How many rows the table has.
pub(crate) const ROWS: i64 = 40;

/// One for all runs: it compiles each step once.
pub(crate) fn host() -> &'static Host {
    static HOST: OnceLock<Host> = OnceLock::new();
    HOST.get_or_init(|| {
        let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("compiled");
        let library = stepwell::StepLibrary::new([standard_steps()]);
        Host::new(HostOptions::new().cache_folder(cache).library(library)).unwrap()
    })
}

/// A folder with a table and a pipeline.
pub(crate) struct World {
    folder: tempfile::TempDir,
    text: String,
}

impl World {
    /// `text` are the keys of `[pipeline]` besides its name, then steps, the last of which is called `last`.
    pub(crate) fn new(text: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut numbers = "n,name\n".to_owned();
        (1..=ROWS).for_each(|number| writeln!(numbers, "{number},row {number}").unwrap());
        fs::write(folder.path().join("numbers.csv"), numbers).unwrap();
        let mut text = format!(
            "[pipeline]\nname = 'numbers'\n{text}\n[sources.numbers]\npath = 'numbers.csv'\n\
             [sinks.out]\ninput = 'last'\npath = 'out.csv'\n"
        );
        for guest in ["picky", "concatenate"] {
            let path = guest_path(guest).display().to_string();
            text = text.replace(&format!("{guest}.wasm"), &path);
        }
        Self { folder, text }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn read(&self, name: &str) -> String {
        let path = self.path(name);
        fs::read_to_string(&path).unwrap_or_else(|error| format!("({error})"))
    }

    pub(crate) fn pipeline(&self, batch_rows: usize, threads: usize) -> Pipeline {
        Pipeline::parse(self.text.clone(), self.folder.path())
            .set(format!("pipeline.batch_rows={batch_rows}"))
            .threads(threads)
    }

    pub(crate) fn check(&self) -> Result<Checked, Error> {
        self.pipeline(7, 2).check(host())
    }

    pub(crate) fn run(&self, batch_rows: usize, threads: usize) -> Result<Summary, Error> {
        self.pipeline(batch_rows, threads).check(host())?.run()
    }
}

/// The sizes of batches and numbers of threads that must not matter.
const WAYS: [(usize, usize); 5] = [(65_536, 1), (7, 1), (7, 2), (1, 1), (1, 2)];

/// Runs a pipeline in each way. All must write the same `rejects.csv` and `out.csv` and count the same. Gives the text
/// of the first, then that of the second, without their headers, and the summary.
pub(crate) fn run(text: &str) -> (String, String, Summary) {
    let mut first: Option<(String, String, Summary)> = None;
    for (batch_rows, threads) in WAYS {
        let world = World::new(text);
        let summary = world.run(batch_rows, threads).unwrap_or_else(|error| {
            panic!("{batch_rows} rows a batch, {threads} threads: {error}")
        });
        let ran = (
            body(&world.read("rejects.csv")),
            body(&world.read("out.csv")),
            summary,
        );
        let Some(first) = &first else {
            first = Some(ran);
            continue;
        };
        let way = format!("{batch_rows} rows a batch, {threads} threads");
        assert_eq!(ran.0, first.0, "rejects: {way}");
        assert_eq!(ran.1, first.1, "output: {way}");
        for (step, expected) in ran.2.steps.iter().zip(&first.2.steps) {
            let counts = |step: &stepwell::StepSummary| {
                (
                    step.rows_in,
                    step.rows_passed,
                    step.rows_rejected,
                    step.rows_new,
                    step.rejected.clone(),
                )
            };
            assert_eq!(counts(step), counts(expected), "{way}");
        }
    }
    first.unwrap()
}

/// Runs a pipeline that must fail, in each way: with the same error, and without changing a file.
pub(crate) fn fail(text: &str) -> String {
    let mut first = None;
    for (batch_rows, threads) in WAYS {
        let world = World::new(text);
        for name in ["rejects.csv", "out.csv"] {
            fs::write(world.path(name), "old\n").unwrap();
        }
        let error = world.run(batch_rows, threads).unwrap_err();
        let shown = shown(&error);
        assert_eq!(first.get_or_insert_with(|| shown.clone()), &shown);
        for name in ["rejects.csv", "out.csv"] {
            assert_eq!(world.read(name), "old\n", "{name} was changed");
        }
        let files = fs::read_dir(world.folder.path()).unwrap();
        let is_table = |entry: &fs::DirEntry| entry.file_name().to_string_lossy().ends_with(".csv");
        let names = files.map(Result::unwrap).filter(|entry| !is_table(entry));
        let names: Vec<_> = names.map(|entry| entry.file_name()).collect();
        assert!(names.is_empty(), "left behind: {names:?}");
    }
    first.unwrap()
}

/// An error as a user sees it.
pub(crate) fn shown(error: &Error) -> String {
    let mut text = format!(
        "error[{}]: {error}\nblame: {}\n",
        error.code(),
        error.blame()
    );
    if let Some(hint) = error.hint() {
        writeln!(text, "hint: {hint}").unwrap();
    }
    text
}

/// A CSV file without its header.
fn body(text: &str) -> String {
    let rows = text.split_inclusive('\n').skip(1);
    rows.collect()
}

/// A text without the sizes that a step asked for, which its compiler decides.
pub(crate) fn without_sizes(text: &str) -> String {
    let mut parts = text.split("in `process`: ");
    let mut without = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let rest = part.trim_start_matches(|letter: char| letter.is_ascii_digit());
        let size = if rest.len() < part.len() {
            "[size]"
        } else {
            ""
        };
        write!(without, "in `process`: {size}{rest}").unwrap();
    }
    without
}

/// The numbers in the first column.
pub(crate) fn numbers(body: &str) -> Vec<i64> {
    let fields = body.lines().map(|line| line.split(',').next().unwrap());
    fields.map(|field| field.parse().unwrap()).collect()
}

/// The numbers from 1 to the end but these.
pub(crate) fn all_but(left_out: &[i64]) -> Vec<i64> {
    (1..=ROWS)
        .filter(|number| !left_out.contains(number))
        .collect()
}

/// An empty collector.
pub(crate) fn collector() -> BatchCollector {
    BatchCollector::new()
}
