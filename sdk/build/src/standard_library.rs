//! Compiling Rust's standard library for WebAssembly from its sources.
//!
//! Cargo can do that for one crate at a time (`-Zbuild-std`), which every build of every step would
//! have to repeat. So it is done once, for an empty crate, and what came of it is put into the
//! toolchain: from then on the target looks as if rustup had installed it.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use crate::debian;
use crate::error::BuildError;
use crate::progress::{Progress, ProgressFn, run_well};
use crate::toolchain::{TARGET, Toolchain, cargo};

/// Compiles the standard library and puts it into the toolchain.
pub(crate) fn build_standard_library(
    toolchain: &Toolchain,
    progress: ProgressFn<'_>,
) -> Result<(), BuildError> {
    let rustlib = toolchain.sysroot.join("lib/rustlib");
    // Two builds that start at the same time must not write there at once: the second one waits, and then
    // finds it done.
    let lock_path = rustlib.join(".stepwell-lock");
    let lock = File::create(&lock_path).map_err(write_error(&lock_path))?;
    lock.lock().map_err(write_error(&lock_path))?;
    if toolchain.has_target() {
        return Ok(());
    }
    let work = tempfile::tempdir().map_err(write_error(&std::env::temp_dir()))?;
    let _link = provide_sources(toolchain, work.path(), progress)?;
    let libraries = compile(toolchain, work.path(), progress)?;
    install(toolchain, &libraries)
}

/// A link to sources that lie elsewhere; it goes when the work is done.
struct SourceLink(PathBuf);

impl Drop for SourceLink {
    fn drop(&mut self) {
        // If it stays, it points nowhere and the next build replaces it.
        let _ = fs::remove_file(&self.0);
    }
}

/// Cargo looks for the sources inside the toolchain; where they are not, a link is put there.
fn provide_sources(
    toolchain: &Toolchain,
    work: &Path,
    progress: ProgressFn<'_>,
) -> Result<Option<SourceLink>, BuildError> {
    let sources = toolchain.sources();
    if sources.join("library/std/Cargo.toml").is_file() {
        return Ok(None);
    }
    progress(Progress::Phase(
        "fetching the sources of the standard library from Debian",
    ));
    let fetched = debian::fetch_rust_sources(&toolchain.version, work, progress)?;
    let parent = toolchain.sysroot.join("lib/rustlib/src");
    fs::create_dir_all(&parent).map_err(write_error(&parent))?;
    if fs::symlink_metadata(&sources).is_ok_and(|about| about.is_symlink()) {
        fs::remove_file(&sources).map_err(write_error(&sources))?;
    }
    link(&fetched, &sources).map_err(write_error(&sources))?;
    Ok(Some(SourceLink(sources)))
}

#[cfg(unix)]
fn link(from: &Path, to: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(from, to)
}

#[cfg(not(unix))]
fn link(_from: &Path, _to: &Path) -> io::Result<()> {
    Err(io::Error::from(io::ErrorKind::Unsupported))
}

/// Compiles an empty crate and the whole standard library with it; gives the compiled libraries.
fn compile(
    toolchain: &Toolchain,
    work: &Path,
    progress: ProgressFn<'_>,
) -> Result<Vec<PathBuf>, BuildError> {
    const CRATE: &str = "empty_crate";
    let folder = work.join(CRATE);
    let manifest = format!("[package]\nname = \"{CRATE}\"\nedition = \"2024\"\n\n[workspace]\n");
    for (file, text) in [("Cargo.toml", manifest.as_str()), ("src/lib.rs", "")] {
        let path = folder.join(file);
        let parent = path.parent().expect("a file has a folder");
        fs::create_dir_all(parent).map_err(write_error(parent))?;
        fs::write(&path, text).map_err(write_error(&path))?;
    }
    progress(Progress::Phase("compiling the standard library"));
    let target_folder = work.join("target");
    // Bitcode lets a step be optimized together with the standard library. Paths are as in rustup's builds.
    let mut flags = vec![
        "-Cembed-bitcode=yes".to_owned(),
        format!(
            "--remap-path-prefix={}=/rustc/{}",
            toolchain.sources().display(),
            toolchain.commit
        ),
    ];
    flags.extend(
        registry_folders()
            .map(|folder| format!("--remap-path-prefix={}=/rust/deps", folder.display())),
    );
    let mut build = cargo(&folder);
    build
        .args([
            "build",
            "--release",
            "--target",
            TARGET,
            "-Zbuild-std=std,panic_abort",
            "--target-dir",
        ])
        .arg(&target_folder)
        .env("RUSTC_BOOTSTRAP", "1")
        .env("CARGO_ENCODED_RUSTFLAGS", flags.join("\x1f"));
    run_well(&mut build, progress)?;
    let deps = target_folder.join(TARGET).join("release/deps");
    let mut libraries = Vec::new();
    for entry in fs::read_dir(&deps).map_err(read_error(&deps))? {
        let path = entry.map_err(read_error(&deps))?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.starts_with("lib") && name.ends_with(".rlib") && !name.contains(CRATE) {
            libraries.push(path);
        }
    }
    Ok(libraries)
}

/// Where Cargo unpacks the crates that the standard library uses.
fn registry_folders() -> impl Iterator<Item = PathBuf> {
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| Some(std::env::home_dir()?.join(".cargo")));
    let folders = home.and_then(|home| fs::read_dir(home.join("registry/src")).ok());
    folders
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
}

/// Puts the libraries into the toolchain, all at once.
fn install(toolchain: &Toolchain, libraries: &[PathBuf]) -> Result<(), BuildError> {
    let place = toolchain.target_libraries();
    let parent = place
        .parent()
        .expect("the folder of a target's libraries has a parent");
    fs::create_dir_all(parent).map_err(write_error(parent))?;
    let new = tempfile::Builder::new()
        .prefix("lib-new-")
        .tempdir_in(parent)
        .map_err(write_error(parent))?;
    for library in libraries {
        let copy = new.path().join(library.file_name().unwrap_or_default());
        fs::copy(library, &copy).map_err(write_error(&copy))?;
    }
    let new = new.keep();
    // The folder is made to be read by its owner alone; a toolchain may have several users.
    readable_by_all(&new).map_err(write_error(&new))?;
    if place.exists() {
        // Without a standard library in it, or there would be nothing to do.
        fs::remove_dir_all(&place).map_err(write_error(&place))?;
    }
    fs::rename(&new, &place).map_err(write_error(&place))
}

#[cfg(unix)]
fn readable_by_all(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(folder, fs::Permissions::from_mode(0o755))
}

#[cfg(not(unix))]
fn readable_by_all(_folder: &Path) -> io::Result<()> {
    Ok(())
}

pub(crate) fn write_error(path: &Path) -> impl Fn(io::Error) -> BuildError {
    let path = path.to_owned();
    move |source| BuildError::Write {
        path: path.clone(),
        source,
    }
}

pub(crate) fn read_error(path: &Path) -> impl Fn(io::Error) -> BuildError {
    let path = path.to_owned();
    move |source| BuildError::Read {
        path: path.clone(),
        source,
    }
}
