//! What a step can do with what it is granted, without it, and outside of it. The step `curious` tries what it is told
//! to try, by the interfaces of WASI.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::sync::{Arc, LazyLock, Mutex};

use arrow_array::cast::AsArray;
use insta::assert_snapshot;
use stepwell::{
    AuditEvent, AuditFile, AuditSink, BatchCollector, Host, HostOptions, LogRecord, Pipeline,
};
use tempfile::TempDir;

/// What a step that imports everything needs to be opened, and which gives nothing.
const EMPTY: &str = "wasi = 'empty', artifacts = ['words']";

/// One for all tests: the component is compiled once.
fn host() -> Host {
    static HOST: LazyLock<Host> = LazyLock::new(|| Host::new(HostOptions::new()).unwrap());
    HOST.clone()
}

struct World {
    folder: TempDir,
    log: Arc<Mutex<Vec<String>>>,
}

impl World {
    /// A folder with a table, a directory `lookup` to be granted, and files outside of it.
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        fs::write(path.join("customers.csv"), "id,tenure\n1,34\n2,5\n").unwrap();
        fs::write(path.join("secret.txt"), "outside").unwrap();
        fs::write(path.join("words.txt"), "a b c").unwrap();
        fs::create_dir(path.join("lookup")).unwrap();
        fs::write(path.join("lookup/codes.txt"), "inside").unwrap();
        fs::copy(
            stepwell_test_components::guest_path("curious"),
            path.join("curious.wasm"),
        )
        .unwrap();
        Self {
            folder,
            log: Arc::default(),
        }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn pipeline(&self, allow: &str, with: &str) -> Pipeline {
        let text = format!(
            "[pipeline]\nname = 'p'\n[artifacts]\nwords = 'words.txt'\nother = 'secret.txt'\n\
             [sources.customers]\npath = 'customers.csv'\n\
             [steps.try]\npath = 'curious.wasm'\ninput = 'customers'\nallow = {{ {allow} }}\nlimits.time = '2 s'\n\
             with = {{ {with} }}\n[sinks.out]\ninput = 'try'\n"
        );
        let log = Arc::clone(&self.log);
        Pipeline::parse(text, self.path())
            .environment(BTreeMap::from([
                ("LANG".to_owned(), "en".to_owned()),
                ("TOKEN".to_owned(), "xyzzy".to_owned()),
            ]))
            .on_log(move |step, LogRecord { level, message, .. }| {
                log.lock()
                    .unwrap()
                    .push(format!("{step} {level:?}: {message}"));
            })
    }

    fn run(&self, pipeline: Pipeline) -> String {
        let collector = BatchCollector::new();
        let host = host();
        let checked = match pipeline.collect("out", &collector).check(&host) {
            Ok(checked) => checked,
            Err(error) => return self.told(&error),
        };
        if let Err(error) = checked.run() {
            return self.told(&error);
        }
        let mut text = String::new();
        for batch in collector.take() {
            let (attempts, outcomes) = (batch.column(0), batch.column(1));
            let (attempts, outcomes) = (attempts.as_string::<i32>(), outcomes.as_string::<i32>());
            for (attempt, outcome) in attempts.iter().zip(outcomes) {
                let line = format!("{}: {}\n", attempt.unwrap(), outcome.unwrap());
                text.push_str(&line);
            }
        }
        text
    }

    /// An error as people are told it, without what differs from run to run.
    fn told(&self, error: &stepwell::Error) -> String {
        let mut text = String::new();
        for diagnostic in error.diagnostics().iter().filter(|each| each.is_error()) {
            text.push_str(&format!("{diagnostic}\n"));
        }
        if text.is_empty() {
            text = format!("[{}] {error}\n", error.code());
            if let Some(hint) = error.hint() {
                text.push_str(&format!("hint: {hint}\n"));
            }
        }
        text.replace(&*self.path().to_string_lossy(), "FOLDER")
    }

    fn tries(&self, allow: &str, attempts: &[&str]) -> String {
        let attempts = serde_json::to_string(attempts).unwrap();
        self.run(self.pipeline(allow, &format!("attempts = {attempts}")))
    }

    fn log(&self) -> Vec<String> {
        std::mem::take(&mut *self.log.lock().unwrap())
    }
}

/// All grants but one.
fn all_but(left_out: &str) -> String {
    let grants = [
        ("artifacts", "artifacts = ['words']"),
        ("directories", "directories = ['lookup']"),
        ("environment", "environment = ['LANG']"),
        ("http", "http = ['api.example.com']"),
        ("clock", "clock = true"),
        ("random", "random = true"),
    ];
    let grants = grants.iter().filter(|(name, _)| *name != left_out);
    grants
        .map(|(_, grant)| *grant)
        .collect::<Vec<_>>()
        .join(", ")
}

#[test]
fn a_step_that_imports_what_it_is_not_granted_is_refused_before_it_is_opened() {
    // Sockets, which nothing grants, are among the imports, so each is refused with them.
    let world = World::new();
    let refused = |left_out: &str| {
        let told = world.tries(&all_but(left_out), &["refuse"]);
        // The step itself would refuse to open, in words of its own.
        assert!(!told.contains("is no key"), "{told}");
        told
    };
    for capability in [
        "artifacts",
        "directories",
        "environment",
        "http",
        "clock",
        "random",
    ] {
        assert_snapshot!(format!("without_{capability}"), refused(capability));
    }
    assert_snapshot!("without_sockets", refused("nothing"));
}

#[test]
fn empty_interfaces_give_nothing() {
    let world = World::new();
    let attempts = &[
        "directories",
        "read lookup/codes.txt",
        "read /etc/passwd",
        "env",
        "env HOME",
        "env LANG",
        "arguments",
        "time",
        "socket",
        "get https://example.com/",
    ];
    assert_snapshot!(world.tries(EMPTY, attempts));
    let drawn = &["random", "hash_seed"];
    assert_eq!(world.tries(EMPTY, drawn), world.tries(EMPTY, drawn));
}

#[test]
fn a_directory_is_all_that_a_step_sees_of_files() {
    let world = World::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::symlink;
        symlink("../secret.txt", world.path().join("lookup/out")).unwrap();
        symlink(world.path(), world.path().join("lookup/up")).unwrap();
        symlink("codes.txt", world.path().join("lookup/within")).unwrap();
    }
    let attempts = &[
        "directories",
        "read lookup/codes.txt",
        "read lookup/within",
        "list lookup/.",
        "read lookup/../secret.txt",
        "read lookup/./../secret.txt",
        "read lookup//etc/passwd",
        "read lookup/out",
        "read lookup/up/secret.txt",
        "list lookup/..",
        "read secret.txt",
        "write lookup/new.txt",
        "write lookup/codes.txt",
        "remove lookup/codes.txt",
        "link codes.txt lookup/other",
    ];
    let allow = format!("{EMPTY}, directories = ['lookup']");
    assert_snapshot!(world.tries(&allow, attempts));
    let left = fs::read_to_string(world.path().join("lookup/codes.txt")).unwrap();
    assert_eq!(left, "inside");
    assert!(!world.path().join("lookup/new.txt").exists());
}

#[test]
fn a_directory_that_may_be_written_to_is_still_all_that_a_step_sees() {
    let world = World::new();
    #[cfg(unix)]
    std::os::unix::fs::symlink("../secret.txt", world.path().join("lookup/out")).unwrap();
    let attempts = &[
        "directories",
        "write /data/new.txt",
        "read /data/new.txt",
        "write /data/../secret.txt",
        "write /data/out",
        "link /etc/passwd /data/absolute",
        "link ../secret.txt /data/relative",
        "read /data/relative",
        "remove /data/../secret.txt",
        "remove /data/codes.txt",
    ];
    let grant = "{ path = 'lookup', access = 'write', at = '/data' }";
    let allow = format!("{EMPTY}, directories = [{grant}]");
    assert_snapshot!(world.tries(&allow, attempts));
    let secret = fs::read_to_string(world.path().join("secret.txt")).unwrap();
    assert_eq!(secret, "outside");
    assert!(!world.path().join("lookup/codes.txt").exists());
}

#[test]
fn a_directory_that_is_not_there_is_told_by_check() {
    let world = World::new();
    let allow = format!("{EMPTY}, directories = ['missing', 'words.txt']");
    assert_snapshot!(world.tries(&allow, &[]));
}

#[test]
fn a_step_sees_the_variables_that_it_is_granted_and_no_other() {
    let world = World::new();
    let attempts = &["env", "env LANG", "env TOKEN", "env PATH"];
    let names = format!("{EMPTY}, environment = ['LANG', 'UNSET']");
    assert_snapshot!("environment_by_name", world.tries(&names, attempts));
    let values = format!("{EMPTY}, environment = {{ MODE = 'fast', LANG = 'fr' }}");
    assert_snapshot!("environment_by_value", world.tries(&values, attempts));
}

#[test]
fn a_clock_shows_the_time_that_is_granted() {
    let world = World::new();
    let fixed = format!("{EMPTY}, clock = '2026-01-31T00:00:00Z'");
    assert_eq!(world.tries(&fixed, &["time"]), "time: 1769817600\n");
    let real = world.tries(&format!("{EMPTY}, clock = true"), &["time", "wait 1"]);
    let (time, waited) = real.split_once('\n').unwrap();
    let seconds: u64 = time.trim_start_matches("time: ").parse().unwrap();
    assert!(seconds > 1_700_000_000, "{real}");
    assert_eq!(waited, "wait 1: waited\n");
}

#[test]
fn a_step_that_waits_for_ever_is_stopped_as_one_that_computes_for_ever() {
    let world = World::new();
    let allow = format!("{EMPTY}, clock = true");
    assert_snapshot!(world.tries(&allow, &["wait for ever"]));
}

#[cfg(unix)]
#[test]
fn a_step_that_waits_for_a_file_is_stopped_too() {
    let world = World::new();
    let pipe = world.path().join("lookup/pipe");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.unwrap().success());
    let allow = format!("{EMPTY}, directories = ['lookup']");
    assert_snapshot!(world.tries(&allow, &["read lookup/pipe"]));
}

#[test]
fn a_seed_gives_the_same_numbers_each_time() {
    let world = World::new();
    let allow = format!("{EMPTY}, random = true");
    let with = "attempts = ['random', 'hash_seed']";
    let seeded = |seed: u64| world.run(world.pipeline(&allow, with).seed(seed));
    assert_eq!(seeded(1), seeded(1));
    assert_ne!(seeded(1), seeded(2));
    let free = || world.run(world.pipeline(&allow, with));
    assert_ne!(free(), free());
}

#[test]
fn an_artifact_is_read_whole_by_its_name() {
    let world = World::new();
    let attempts = &["artifact words", "artifact other", "artifact ../secret.txt"];
    assert_snapshot!(world.tries(EMPTY, attempts));
}

#[test]
fn an_artifact_that_does_not_fit_into_the_steps_memory_is_not_read() {
    let world = World::new();
    let big = fs::File::create(world.path().join("words.txt")).unwrap();
    big.set_len(64 << 20).unwrap();
    let pipeline = world
        .pipeline(EMPTY, "attempts = ['artifact words']")
        .set("steps.try.limits.memory=16777216");
    assert_snapshot!(world.run(pipeline));
}

/// A server that answers one request after the other with its first line.
fn serve(n_requests: usize) -> (u16, std::thread::JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let thread = std::thread::spawn(move || {
        let mut seen = Vec::new();
        for _ in 0..n_requests {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = Vec::new();
            let mut buffer = [0; 1024];
            while !request.windows(4).any(|end| end == b"\r\n\r\n") {
                let n_bytes = stream.read(&mut buffer).unwrap();
                request.extend_from_slice(&buffer[..n_bytes]);
            }
            let line = String::from_utf8_lossy(&request);
            seen.push(line.lines().next().unwrap().to_owned());
            let answer = "HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 5\r\nconnection: close\r\n\r\nhello";
            stream.write_all(answer.as_bytes()).unwrap();
        }
        seen
    });
    (port, thread)
}

#[test]
fn requests_go_to_the_hosts_that_are_granted_with_the_methods_that_are_granted() {
    let world = World::new();
    let (port, server) = serve(1);
    let allow = format!("{EMPTY}, http = ['http://127.0.0.1:{port}']");
    let attempts = [
        format!("get http://127.0.0.1:{port}/a?b=c"),
        format!("post http://127.0.0.1:{port}/"),
        format!("get http://localhost:{port}/"),
        format!("get https://127.0.0.1:{port}/"),
        format!("get http://x@127.0.0.1:{port}/"),
        "get http://127.0.0.1/".to_owned(),
        "get https://example.com/".to_owned(),
    ];
    let attempts: Vec<&str> = attempts.iter().map(String::as_str).collect();
    let tried = world.tries(&allow, &attempts);
    assert_snapshot!(tried.replace(&port.to_string(), "PORT"));
    // A redirection is the step's to follow, if it may; nothing but the first request was sent.
    assert_eq!(server.join().unwrap(), ["GET /a?b=c HTTP/1.1"]);
}

#[test]
fn what_a_step_prints_is_its_log() {
    let world = World::new();
    let attempts = &["print one\ntwo\n", "complain of this", "print three"];
    world.tries(EMPTY, attempts);
    assert_snapshot!(world.log().join("\n"));
}

#[test]
fn a_step_that_ends_itself_is_told_as_one_that_crashed() {
    let world = World::new();
    assert_snapshot!("exit", world.tries(EMPTY, &["exit"]));
    let told = world.tries(EMPTY, &["complain that the table is empty\n", "exit"]);
    assert_snapshot!("exit_with_reason", told);
}

const SECRET: &str = "open-sesame \"12\"";

fn with_secret(world: &World, attempts: &str) -> Pipeline {
    let allow = format!("{EMPTY}, environment = {{ KEY = 'Bearer ${{secret:KEY}}' }}");
    let with = format!("attempts = {attempts}, secret = '${{secret:KEY}}'");
    world.pipeline(&allow, &with).secret("KEY", SECRET)
}

#[test]
fn a_secret_reaches_the_step_and_nothing_that_is_shown() {
    let world = World::new();
    let told = world.run(with_secret(&world, "['use', 'tell', 'env KEY']"));
    // What a step makes of its data is its own: only what is said about the run is searched.
    assert_eq!(
        told,
        format!("use: 16 bytes\ntell: printed\nenv KEY: Bearer {SECRET}\n")
    );
    assert_snapshot!("secret_in_log", world.log().join("\n"));
    for attempt in ["fail", "panic", "refuse"] {
        let told = world.run(with_secret(&world, &format!("['{attempt}']")));
        assert!(!told.contains("sesame"), "{told}");
        assert!(told.contains("${secret:KEY}"), "{told}");
    }
}

#[test]
fn a_plan_has_no_secret_in_it() {
    let world = World::new();
    let host = host();
    let pipeline = with_secret(&world, "['reject']");
    assert!(!format!("{pipeline:?}").contains("sesame"));
    let checked = pipeline
        .collect("out", &BatchCollector::new())
        .check(&host)
        .unwrap();
    assert!(!format!("{checked:?}").contains("sesame"));
    for format in [
        stepwell::plan::explain::Format::Tree,
        stepwell::plan::explain::Format::Json,
    ] {
        assert!(!checked.explain(format).contains("sesame"));
    }
    let summary = checked.run().unwrap();
    let told = format!("{summary:?}");
    assert!(!told.contains("sesame"), "{told}");
    assert!(told.contains("not with `${secret:KEY}`"), "{told}");
}

#[test]
fn a_secret_that_is_not_given_is_told_by_check() {
    let world = World::new();
    let pipeline = world.pipeline(EMPTY, "attempts = [], secret = '${secret:KEY}'");
    assert_snapshot!(world.run(pipeline));
}

#[test]
fn what_comes_from_outside_asks_for_no_secret() {
    let world = World::new();
    let pipeline = world
        .pipeline(EMPTY, "attempts = ['use'], secret = '${env:ASKED}'")
        .environment(BTreeMap::from([(
            "ASKED".to_owned(),
            "${secret:KEY}".to_owned(),
        )]))
        .secret("KEY", SECRET);
    assert_eq!(world.run(pipeline), "use: 13 bytes\n");
}

#[test]
fn the_audit_has_each_use_of_a_grant_and_each_column() {
    let world = World::new();
    let path = world.path().join("audit.jsonl");
    let (port, server) = serve(1);
    let allow = format!(
        "artifacts = ['words'], clock = true, environment = ['LANG'], http = ['http://127.0.0.1:{port}'], random = true, \
         directories = [{{ path = 'lookup', access = 'write' }}], wasi = 'empty'"
    );
    let attempts = serde_json::to_string(&[
        "read lookup/codes.txt",
        "read lookup/../secret.txt",
        "write lookup/new.txt",
        "remove lookup/new.txt",
        "env LANG",
        "env LANG",
        "time",
        "time",
        "random",
        "artifact words",
        "artifact other",
        "hash_seed",
        "wait 1",
        "list lookup/.",
        "link codes.txt lookup/link",
        &format!("get http://127.0.0.1:{port}/a"),
        "get https://example.com/",
    ])
    .unwrap();
    let with = format!("attempts = {attempts}, reads = ['tenure'], secret = '${{secret:KEY}}'");
    let pipeline = world
        .pipeline(&allow, &with)
        .secret("KEY", SECRET)
        .audit(AuditFile::append(&path).unwrap());
    world.run(pipeline);
    server.join().unwrap();
    let text = fs::read_to_string(&path).unwrap();
    assert!(!text.contains("sesame"));
    let lines: Vec<String> = text
        .lines()
        .map(|line| {
            let mut event: serde_json::Value = serde_json::from_str(line).unwrap();
            let time = event.as_object_mut().unwrap().shift_remove("time").unwrap();
            assert!(time.as_str().unwrap().ends_with('Z'), "{time}");
            event.to_string().replace(&port.to_string(), "PORT")
        })
        .collect();
    assert_snapshot!(lines.join("\n"));
}

#[test]
fn of_what_is_empty_no_use_is_recorded() {
    let world = World::new();
    let path = world.path().join("audit.jsonl");
    let pipeline = world
        .pipeline(
            EMPTY,
            "attempts = ['env LANG', 'time', 'random', 'hash_seed', 'directories']",
        )
        .audit(AuditFile::append(&path).unwrap());
    world.run(pipeline);
    assert_eq!(fs::read_to_string(&path).unwrap(), "");
}

#[derive(Debug)]
struct Full;

impl AuditSink for Full {
    fn record(&self, _: &AuditEvent<'_>) -> io::Result<()> {
        Err(io::Error::other("the disk is full"))
    }
}

#[test]
fn what_cannot_be_recorded_does_not_happen() {
    let world = World::new();
    let grant = "directories = [{ path = 'lookup', access = 'write' }]";
    let run = |allow: &str, with: &str| world.run(world.pipeline(allow, with).audit(Full));
    assert_snapshot!(
        "audit_of_a_file",
        run(
            &format!("{EMPTY}, {grant}"),
            "attempts = ['write lookup/new.txt']"
        )
    );
    assert!(!world.path().join("lookup/new.txt").exists());
    assert_snapshot!(
        "audit_of_a_column",
        run(EMPTY, "attempts = [], reads = ['tenure']")
    );
}

#[test]
fn a_step_runs_inside_another_runtime_too() {
    let world = World::new();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let allow = format!("{EMPTY}, directories = ['lookup'], clock = true");
    let tried =
        runtime.block_on(async { world.tries(&allow, &["wait 1", "read lookup/codes.txt"]) });
    assert_eq!(tried, "wait 1: waited\nread lookup/codes.txt: inside\n");
}
