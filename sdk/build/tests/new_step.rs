//! A step that was begun with the scaffold builds and passes its cases as it comes; what cannot be built says
//! why.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use stepwell_build::{
    BuildError, BuildOptions, Progress, SdkSource, build_step, find_steps, prepare_target, scaffold,
};

fn sdk() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../rust")
}

fn ignore(_: Progress<'_>) {}

/// A new step, begun anew in a folder that stays, so that what it shares with the last run is not compiled
/// again. It compiles with what the workspace's own build has downloaded.
fn new_step() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("new-step");
    for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
        if entry.file_name() != "target" {
            let _ = fs::remove_dir_all(entry.path()).or_else(|_| fs::remove_file(entry.path()));
        }
    }
    let step = folder.join("my-step");
    scaffold("my-step", &step, &SdkSource::Path(sdk())).unwrap();
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    fs::copy(workspace.join("Cargo.lock"), step.join("Cargo.lock")).unwrap();
    fs::create_dir(folder.join(".cargo")).unwrap();
    fs::write(
        folder.join(".cargo/config.toml"),
        format!("[build]\ntarget-dir = {:?}\n", folder.join("target")),
    )
    .unwrap();
    step
}

fn options(components: &Path) -> BuildOptions {
    let mut options = BuildOptions::new();
    options.offline = true;
    options.folder = Some(components.to_owned());
    options
}

/// The error as a person sees it, without what differs between machines.
fn shown(error: &BuildError, folder: &Path) -> String {
    let text = match error.hint() {
        Some(hint) => format!("error[{}]: {error}\nhint: {hint}", error.code()),
        None => format!("error[{}]: {error}", error.code()),
    };
    text.replace(&folder.display().to_string(), "FOLDER")
}

#[test]
fn a_new_step_builds_and_passes_its_cases() {
    let folder = new_step();
    let place = tempfile::tempdir().unwrap();
    let components = place.path().join("components");
    prepare_target(&folder, &mut ignore).unwrap();

    let built = build_step(&folder, &options(&components), &mut ignore).unwrap();
    assert_eq!(built.path, components.join("my-step.wasm"));
    assert!(built.changed);
    assert!(built.bytes < 1 << 20, "{} bytes", built.bytes);
    let component = fs::read(&built.path).unwrap();
    let home = std::env::home_dir().unwrap();
    for secret in [folder.as_path(), &home, &sdk().canonicalize().unwrap()] {
        let secret = secret.display().to_string();
        let found = component
            .windows(secret.len())
            .any(|part| part == secret.as_bytes());
        assert!(!found, "the component names the machine's path `{secret}`");
    }

    let again = build_step(&folder, &options(&components), &mut ignore).unwrap();
    assert!(!again.changed);

    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let test = Command::new(cargo)
        .args(["test", "--offline", "--test", "cases"])
        .current_dir(&folder)
        .output()
        .unwrap();
    assert!(
        test.status.success(),
        "{}",
        String::from_utf8_lossy(&test.stderr)
    );

    let mut lines = Vec::new();
    fs::write(
        folder.join("src/lib.rs"),
        "fn broken() -> u32 { \"text\" }\n",
    )
    .unwrap();
    let error = build_step(&folder, &options(&components), &mut |progress| {
        if let Progress::Line(line) = progress {
            lines.push(line.to_owned());
        }
    })
    .unwrap_err();
    assert_eq!(
        shown(&error, place.path()),
        "error[not_compiled]: cannot compile `my-step`"
    );
    assert!(
        lines.iter().any(|line| line.starts_with("error[E0308]")),
        "{lines:?}"
    );
    fs::write(folder.join("src/lib.rs"), "// Nothing is a step here.\n").unwrap();
    let error = build_step(&folder, &options(&components), &mut ignore).unwrap_err();
    insta::assert_snapshot!(shown(&error, place.path()));
}

#[test]
fn a_new_step_is_these_files() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("limit-range");
    let files = scaffold(
        "limit-range",
        &folder,
        &SdkSource::Version("0.1".to_owned()),
    )
    .unwrap();
    let mut text = String::new();
    for file in files {
        let name = file.strip_prefix(&folder).unwrap().display().to_string();
        if !name.ends_with(".case") {
            text.push_str(&format!(
                "==> {name}\n{}",
                fs::read_to_string(&file).unwrap()
            ));
        }
    }
    assert!(!text.contains("{{"), "{text}");
    insta::assert_snapshot!(text);
}

#[test]
fn a_step_below_a_workspace_stands_alone() {
    let place = tempfile::tempdir().unwrap();
    fs::write(
        place.path().join("Cargo.toml"),
        "[workspace]\nmembers = []\n",
    )
    .unwrap();
    let folder = place.path().join("steps/limit");
    scaffold("limit", &folder, &SdkSource::Version("0.1".to_owned())).unwrap();
    let manifest = fs::read_to_string(folder.join("Cargo.toml")).unwrap();
    insta::assert_snapshot!(manifest);
}

#[test]
fn errors_say_what_is_missing_and_what_to_do() {
    let place = tempfile::tempdir().unwrap();
    let version = SdkSource::Version("0.1".to_owned());
    let mut errors = Vec::new();
    for name in ["My Step", "1st", "match"] {
        errors.push(scaffold(name, &place.path().join("new"), &version).unwrap_err());
    }
    errors.push(
        scaffold(
            "ok",
            &place.path().join("new"),
            &SdkSource::Path(place.path().join("sdk")),
        )
        .unwrap_err(),
    );
    assert!(
        !place.path().join("new").exists(),
        "nothing is begun with a wrong name"
    );
    fs::create_dir(place.path().join("full")).unwrap();
    fs::write(place.path().join("full/notes.txt"), "").unwrap();
    errors.push(scaffold("full", &place.path().join("full"), &version).unwrap_err());
    errors.push(find_steps(&place.path().join("full")).unwrap_err());

    let library = place.path().join("library");
    fs::create_dir_all(library.join("src")).unwrap();
    fs::write(library.join("src/lib.rs"), "").unwrap();
    fs::write(
        library.join("Cargo.toml"),
        "[package]\nname = \"library\"\n",
    )
    .unwrap();
    errors.push(find_steps(&library).unwrap_err());
    fs::write(
        library.join("Cargo.toml"),
        format!(
            "[package]\nname = \"library\"\n[dependencies]\nstepwell-sdk = {{ path = {:?} }}\n",
            sdk().canonicalize().unwrap()
        ),
    )
    .unwrap();
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    fs::copy(workspace.join("Cargo.lock"), library.join("Cargo.lock")).unwrap();
    errors.push(find_steps(&library).unwrap_err());
    fs::write(library.join("Cargo.toml"), "[workspace]\nmembers = []\n").unwrap();
    errors.push(find_steps(&library).unwrap_err());

    let shown: Vec<String> = errors
        .iter()
        .map(|error| shown(error, place.path()))
        .collect();
    insta::assert_snapshot!(shown.join("\n\n"));
}
