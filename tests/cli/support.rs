//! A folder, the command in it, and what came of it.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

/// The table that most tests read.
pub(crate) const CUSTOMERS: &str = "\
id,name,tenure,charges
1,Ada,34,29.85
2,Grace,2,
3,Edsger,45,70.7
4,Barbara,,99.65
";

/// The pipeline that most tests run, and change.
pub(crate) const PIPELINE: &str = r#"[pipeline]
name = "demo"

[sources.customers]
path = "customers.csv"

[steps.same]
path  = "identity.wasm"
input = "customers"
with  = { by = "read" }

[sinks.result]
input = "same"
path  = "out/result.csv"
"#;

/// A folder that a test runs commands in.
pub(crate) struct Sandbox {
    folder: TempDir,
    /// Whether the standard steps are found.
    has_standard_steps: bool,
}

impl Sandbox {
    /// A folder with nothing in it.
    pub(crate) fn empty() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            has_standard_steps: false,
        }
    }

    /// A folder with the pipeline, its table and its step.
    pub(crate) fn new() -> Self {
        let sandbox = Self::empty();
        sandbox.write("customers.csv", CUSTOMERS);
        sandbox.write("pipeline.toml", PIPELINE);
        sandbox.write("identity.wasm", stepwell_test_components::guest("identity"));
        sandbox
    }

    /// A folder with the pipeline, in which a part was replaced.
    pub(crate) fn with(before: &str, after: &str) -> Self {
        let sandbox = Self::new();
        sandbox.replace(before, after);
        sandbox
    }

    /// As [`with`](Self::with), and pipelines find the standard steps.
    pub(crate) fn with_standard_steps(before: &str, after: &str) -> Self {
        let mut sandbox = Self::with(before, after);
        sandbox.has_standard_steps = true;
        sandbox
    }

    /// A folder with nothing in it, and pipelines find the standard steps.
    pub(crate) fn with_standard_steps_only() -> Self {
        Self {
            has_standard_steps: true,
            ..Self::empty()
        }
    }

    /// Replaces a part of the pipeline.
    pub(crate) fn replace(&self, before: &str, after: &str) {
        let text = fs::read_to_string(self.path("pipeline.toml")).unwrap();
        assert!(text.contains(before), "the pipeline has no `{before}`");
        self.write("pipeline.toml", text.replace(before, after));
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder().join(name)
    }

    pub(crate) fn write(&self, name: &str, contents: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, contents).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// The command, ready to be started.
    pub(crate) fn command<const N: usize>(&self, arguments: [&str; N]) -> Command {
        let workspace = workspace();
        let mut command = Command::new(env!("CARGO_BIN_EXE_stepwell"));
        command
            .args(arguments)
            .current_dir(self.folder())
            .stdin(Stdio::null())
            .env("NO_COLOR", "1")
            // Components are compiled once for all tests.
            .env("XDG_CACHE_HOME", workspace.join("target/tmp/cli-cache"))
            .env("XDG_DATA_HOME", self.path("nothing-here"))
            .env("STEPWELL_ONNXRUNTIME", workspace.join("target/onnxruntime"));
        if self.has_standard_steps {
            command.env("STEPWELL_STEPS", stepwell_test_components::standard_steps());
        } else {
            command.env_remove("STEPWELL_STEPS");
        }
        command
    }

    /// Runs the command to its end.
    pub(crate) fn run<const N: usize>(&self, arguments: [&str; N]) -> Ran {
        let output = self.command(arguments).output().unwrap();
        Ran::new(self, &output)
    }

    /// Runs the command with this text as its standard input.
    pub(crate) fn run_with_input<const N: usize>(&self, arguments: [&str; N], input: &[u8]) -> Ran {
        let mut command = self.command(arguments);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let input = input.to_vec();
        // The command may end before it has read everything.
        let writer = std::thread::spawn(move || drop(stdin.write_all(&input)));
        let output = child.wait_with_output().unwrap();
        writer.join().unwrap();
        Ran::new(self, &output)
    }

    /// Runs a command that must fail, and leave the folder as it was.
    pub(crate) fn fail<const N: usize>(&self, arguments: [&str; N]) -> Ran {
        let before = self.files();
        let ran = self.run(arguments);
        assert_ne!(ran.code, Some(0), "{}", ran.text());
        self.assert_unchanged(&before);
        ran
    }

    /// All files, with their contents.
    pub(crate) fn files(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut files = BTreeMap::new();
        collect(self.folder(), &mut files);
        files
    }

    pub(crate) fn assert_unchanged(&self, before: &BTreeMap<PathBuf, Vec<u8>>) {
        let after = self.files();
        let names = |files: &BTreeMap<PathBuf, Vec<u8>>| files.keys().cloned().collect::<Vec<_>>();
        assert_eq!(
            names(&after),
            names(before),
            "a command that fails leaves no file behind"
        );
        assert!(after == *before, "a command that fails changes no file");
    }
}

/// Folders count as files without contents.
fn collect(folder: &Path, files: &mut BTreeMap<PathBuf, Vec<u8>>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.insert(path.clone(), Vec::new());
            collect(&path, files);
        } else if path.is_file() {
            files.insert(path.clone(), fs::read(&path).unwrap());
        }
    }
}

/// The checkout.
pub(crate) fn workspace() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap().to_owned()
}

/// A command that has ended.
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: String,
    folder: String,
}

impl Ran {
    pub(crate) fn new(sandbox: &Sandbox, output: &Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: output.stdout.clone(),
            stderr: String::from_utf8(output.stderr.clone()).unwrap(),
            folder: sandbox.folder().to_string_lossy().into_owned(),
        }
    }

    /// Asserts that the command ended well.
    pub(crate) fn well(self) -> Self {
        assert_eq!(self.code, Some(0), "{}", self.text());
        self
    }

    pub(crate) fn stdout(&self) -> String {
        String::from_utf8(self.stdout.clone()).unwrap()
    }

    /// All that a user sees, without what differs from run to run and from machine to machine.
    pub(crate) fn text(&self) -> String {
        let code = self
            .code
            .map_or_else(|| "none".to_owned(), |code| code.to_string());
        let stdout = String::from_utf8_lossy(&self.stdout).into_owned();
        format!(
            "exit code: {code}\n--- standard output\n{}--- standard error\n{}",
            self.plain(&stdout),
            self.plain(&self.stderr)
        )
    }

    /// Puts words in the place of what differs.
    fn plain(&self, text: &str) -> String {
        let canonical =
            fs::canonicalize(&self.folder).map(|path| path.to_string_lossy().into_owned());
        let mut text = text.replace(&self.folder, "[folder]");
        if let Ok(canonical) = canonical {
            text = text.replace(&canonical, "[folder]");
        }
        text = text.replace(&*workspace().to_string_lossy(), "[checkout]");
        for (pattern, word) in [
            (r"sha256:[0-9a-f]{64}", "sha256:[digest]"),
            (r#""seconds":[0-9.e-]+"#, r#""seconds":[seconds]"#),
            (
                r#""(instances|memory_bytes|batches)":[0-9]+"#,
                r#""$1":[number]"#,
            ),
            (r"\b[0-9.]+ (ms|s)\b", "[time]"),
            (r"(?m)\[time\] +[0-9.]+( [kMG])?$", "[time]  [rate]"),
        ] {
            text = regex::Regex::new(pattern)
                .unwrap()
                .replace_all(&text, word)
                .into_owned();
        }
        // The width of a column follows from the times in it.
        let spaces = regex::Regex::new(" {2,}").unwrap();
        let lines = text.lines().map(|line| {
            let is_row =
                line.contains("[time]") || line.contains("rows in") || line.starts_with(" sink ");
            let line = if is_row {
                spaces.replace_all(line, "  ").trim_end().to_owned()
            } else {
                line.to_owned()
            };
            line + "\n"
        });
        lines.collect()
    }
}

/// Holds what a user sees of a command that ends well.
macro_rules! assert_shows {
    ($ran:expr) => {
        insta::assert_snapshot!($ran.well().text())
    };
}

/// Holds what a user sees of a command that fails.
macro_rules! assert_fails {
    ($ran:expr) => {
        insta::assert_snapshot!($ran.text())
    };
}

pub(crate) use {assert_fails, assert_shows};
