//! Dependencies point one way.

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::{DependencyKind, Metadata, Package};
use stepwell_tidy::{assert_none, metadata, root};

/// What each crate may use of ours. plan <- engine <- exec <- facade <- command line; the SDK and the runtime
/// share the flat layout of arrays, and the command line knows how steps are built and tested.
const LAYERS: &[(&str, &[&str])] = &[
    ("stepwell-layout", &[]),
    ("stepwell-cases", &["stepwell-layout"]),
    ("stepwell-build", &[]),
    ("stepwell-sdk-macros", &[]),
    (
        "stepwell-sdk",
        &["stepwell-layout", "stepwell-sdk-macros", "stepwell-cases"],
    ),
    ("stepwell-plan", &["stepwell-layout"]),
    ("stepwell-models", &["stepwell-layout"]),
    ("stepwell-connect", &["stepwell-layout", "stepwell-plan"]),
    ("stepwell-engine", &["stepwell-layout", "stepwell-plan"]),
    (
        "stepwell-capabilities",
        &["stepwell-plan", "stepwell-engine"],
    ),
    (
        "stepwell-exec",
        &[
            "stepwell-layout",
            "stepwell-plan",
            "stepwell-engine",
            "stepwell-connect",
        ],
    ),
    (
        "stepwell",
        &[
            "stepwell-layout",
            "stepwell-plan",
            "stepwell-engine",
            "stepwell-connect",
            "stepwell-models",
            "stepwell-capabilities",
            "stepwell-exec",
        ],
    ),
    (
        "stepwell-cli",
        &["stepwell", "stepwell-build", "stepwell-cases"],
    ),
    ("xtask", &["stepwell-build"]),
    ("stepwell-test-arrays", &[]),
    ("stepwell-test-components", &[]),
    (
        "stepwell-test-fuzz",
        &[
            "stepwell-layout",
            "stepwell-cases",
            "stepwell-plan",
            "stepwell-connect",
            "stepwell-models",
            "stepwell-engine",
            "stepwell-expression",
            "stepwell-test-arrays",
        ],
    ),
    ("stepwell-test-hostile", &[]),
    ("stepwell-tidy", &[]),
    ("stepwell-book", &[]),
];

/// Crates that must not come with one of ours, by whatever way.
const KEPT_OUT: &[(&str, &[&str])] = &[
    (
        "stepwell-plan",
        &["wasmtime", "tokio", "object_store", "ort"],
    ),
    ("stepwell-sdk", &["wasmtime", "tokio", "arrow"]),
    ("stepwell-layout", &["wasmtime", "tokio", "arrow"]),
    ("stepwell-engine", &["tokio", "object_store", "ort"]),
    ("xtask", &["wasmtime", "arrow-array"]),
];

/// Where a package lies, from the root.
fn place(package: &Package) -> String {
    let folder = package
        .manifest_path
        .parent()
        .expect("a manifest has a folder");
    let root = root().canonicalize().expect("the root exists");
    let place = folder
        .as_std_path()
        .strip_prefix(&root)
        .expect("packages are below the root");
    place.to_string_lossy().replace('\\', "/")
}

/// The libraries of the standard steps: below `steps`, and no steps.
fn step_libraries(metadata: &Metadata) -> Vec<String> {
    let packages = metadata.workspace_packages().into_iter();
    packages
        .filter(|package| place(package).starts_with("steps/") && !is_step(package))
        .map(|package| package.name.to_string())
        .collect()
}

fn is_step(package: &Package) -> bool {
    package
        .dependencies
        .iter()
        .any(|dependency| dependency.name == "stepwell-sdk")
}

#[test]
fn crates_use_only_what_is_below_them() {
    let metadata = metadata();
    let packages = metadata.workspace_packages();
    let ours: BTreeSet<&str> = packages
        .iter()
        .map(|package| package.name.as_str())
        .collect();
    let libraries = step_libraries(&metadata);
    let mut findings = Vec::new();
    for package in packages {
        let place = place(package);
        let name = package.name.as_str();
        let allowed: Vec<&str> = match LAYERS.iter().find(|(layer, _)| *layer == name) {
            Some((_, allowed)) => allowed.to_vec(),
            None if place.starts_with("steps/") || place.starts_with("tests/guests/") => {
                let below = if is_step(package) {
                    "stepwell-sdk"
                } else {
                    "stepwell-layout"
                };
                libraries
                    .iter()
                    .map(String::as_str)
                    .chain([below])
                    .collect()
            }
            None => {
                findings.push(format!(
                    "`{name}` in `{place}` has no place among the layers"
                ));
                continue;
            }
        };
        for dependency in &package.dependencies {
            let used = dependency.name.as_str();
            let counts = dependency.kind != DependencyKind::Development;
            if counts && ours.contains(used) && !allowed.contains(&used) {
                findings.push(format!(
                    "`{name}` must not use `{used}`, only `{}`",
                    allowed.join("`, `")
                ));
            }
        }
    }
    assert_none(&findings);
}

#[test]
fn what_is_heavy_stays_out_of_what_is_light() {
    let metadata = metadata();
    let resolve = metadata
        .resolve
        .as_ref()
        .expect("cargo resolved the dependencies");
    let names: BTreeMap<_, _> = metadata
        .packages
        .iter()
        .map(|package| (&package.id, package.name.as_str()))
        .collect();
    let mut findings = Vec::new();
    for (package, kept_out) in KEPT_OUT {
        let start = metadata
            .packages
            .iter()
            .find(|found| found.name.as_str() == *package);
        let start = &start
            .unwrap_or_else(|| panic!("there is no package `{package}`"))
            .id;
        let mut reached = BTreeSet::from([start]);
        let mut rest = vec![start];
        while let Some(id) = rest.pop() {
            let node = resolve
                .nodes
                .iter()
                .find(|node| node.id == *id)
                .expect("all packages are resolved");
            for dependency in &node.deps {
                // stepwell-cases runs natively alone, for tests of steps.
                let is_used = dependency
                    .dep_kinds
                    .iter()
                    .any(|kind| kind.kind == DependencyKind::Normal)
                    && names[&dependency.pkg] != "stepwell-cases";
                if is_used && reached.insert(&dependency.pkg) {
                    rest.push(&dependency.pkg);
                }
            }
        }
        for id in reached {
            if kept_out.contains(&names[id]) {
                findings.push(format!("`{package}` comes with `{}`", names[id]));
            }
        }
    }
    assert_none(&findings);
}

#[test]
fn every_crate_says_what_it_is_and_follows_the_workspace() {
    let mut findings = Vec::new();
    for package in metadata().workspace_packages() {
        let name = package.name.as_str();
        if package.description.as_deref().unwrap_or_default().len() < 10 {
            findings.push(format!("`{name}` has no description"));
        }
        if package.license.as_deref() != Some("Apache-2.0") {
            findings.push(format!("`{name}` is not under the workspace's licence"));
        }
        let manifest =
            std::fs::read_to_string(&package.manifest_path).expect("a manifest can be read");
        let manifest: toml::Table = manifest.parse().expect("a manifest is TOML");
        let lints = manifest
            .get("lints")
            .and_then(|lints| lints.get("workspace"));
        if lints.and_then(toml::Value::as_bool) != Some(true) {
            findings.push(format!("`{name}` does not take the workspace's lints"));
        }
    }
    assert_none(&findings);
}
