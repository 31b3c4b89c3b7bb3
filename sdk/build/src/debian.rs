//! Sources of the standard library from Debian's packages.
//!
//! Machines that reach a mirror of Debian but not Rust's own servers are common: build farms, offices
//! with a proxy. apt is used with a configuration of its own: nothing on the machine is installed,
//! upgraded or changed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use sha2::{Digest, Sha256};

use crate::error::BuildError;
use crate::progress::{ProgressFn, run_well};
use crate::standard_library::{read_error, write_error};

/// Suites that may have a version of Rust, those with new ones first.
const SUITES: [&str; 4] = ["trixie-backports", "sid", "forky", "trixie"];

/// The packages' SHA-256, where it is known. apt checks every download against the archive's signature
/// as well.
const CHECKSUMS: &[(&str, &str)] = &[(
    "1.95.0+dfsg1-2~bpo13+1",
    "7b76db5b880a77f9e52975d2baa6209d2f76d2c9c2789515c3088cb960e2c83b",
)];

const KEYRING: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";

/// Fetches the sources that belong to a version of the compiler into a folder, and says where in it they are.
pub(crate) fn fetch_rust_sources(
    version: &str,
    work: &Path,
    progress: ProgressFn<'_>,
) -> Result<PathBuf, BuildError> {
    let mirror = mirror()?;
    let apt = work.join("apt");
    for folder in ["lists/partial", "archives/partial"] {
        let folder = apt.join(folder);
        fs::create_dir_all(&folder).map_err(write_error(&folder))?;
    }
    let sources = apt.join("sources.list");
    let mut failure = None;
    for suite in SUITES {
        let signed_by = if Path::new(KEYRING).exists() {
            format!(" [signed-by={KEYRING}]")
        } else {
            String::new()
        };
        let line = format!("deb{signed_by} {mirror} {suite} main\n");
        fs::write(&sources, line).map_err(write_error(&sources))?;
        if let Err(error) = run_well(apt_command("apt-get", &apt).arg("update"), progress) {
            failure = Some(error);
            continue;
        }
        let versions = run_well(
            apt_command("apt-cache", &apt).args(["madison", "rust-src"]),
            progress,
        )?;
        if let Some(found) = matching_version(&versions, version) {
            return unpack(found, version, &apt, work, progress);
        }
    }
    Err(failure.unwrap_or_else(|| BuildError::Command {
        command: format!("apt-cache madison rust-src ({})", SUITES.join(", ")),
        output: format!("no suite has Rust {version}"),
    }))
}

/// apt with folders and sources of its own.
fn apt_command(program: &str, apt: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(apt);
    for (option, value) in [
        ("Dir::Etc::sourcelist", apt.join("sources.list")),
        ("Dir::Etc::sourceparts", PathBuf::from("-")),
        ("Dir::State", apt.to_owned()),
        ("Dir::State::status", PathBuf::from("/dev/null")),
        ("Dir::Cache", apt.to_owned()),
        // apt would otherwise change to a user that cannot write here.
        ("APT::Sandbox::User", PathBuf::from("root")),
    ] {
        command
            .arg("-o")
            .arg(format!("{option}={}", value.display()));
    }
    command
}

/// The first mirror of Debian among the machine's own sources of packages.
fn mirror() -> Result<String, BuildError> {
    let mut files = vec![PathBuf::from("/etc/apt/sources.list")];
    if let Ok(entries) = fs::read_dir("/etc/apt/sources.list.d") {
        files.extend(entries.flatten().map(|entry| entry.path()));
    }
    files
        .iter()
        .filter_map(|file| fs::read_to_string(file).ok())
        .find_map(|text| mirror_in(&text))
        .ok_or_else(|| BuildError::Read {
            path: "/etc/apt/sources.list".into(),
            source: std::io::Error::new(
                std::io::ErrorKind::NotFound,
                "it names no mirror of Debian",
            ),
        })
}

/// A mirror in a file of sources, of the old format (lines that begin with `deb`) or the new (`URIs:`).
fn mirror_in(text: &str) -> Option<String> {
    let lines = text.lines().map(str::trim);
    let lines = lines.filter(|line| line.starts_with("deb ") || line.starts_with("URIs:"));
    lines
        .flat_map(str::split_whitespace)
        .find(|word| word.contains("://") && word.trim_end_matches('/').ends_with("/debian"))
        .map(str::to_owned)
}

/// The package's version that belongs to a version of the compiler, from the answer of `madison`.
fn matching_version<'t>(answer: &'t str, version: &str) -> Option<&'t str> {
    answer
        .lines()
        .filter_map(|line| line.split('|').nth(1))
        .map(str::trim)
        .find(|found| {
            found
                .strip_prefix(version)
                .is_some_and(|rest| rest.starts_with(['+', '-', '~']))
        })
}

fn unpack(
    package_version: &str,
    version: &str,
    apt: &Path,
    work: &Path,
    progress: ProgressFn<'_>,
) -> Result<PathBuf, BuildError> {
    let package = format!("rust-src={package_version}");
    run_well(
        apt_command("apt-get", apt).arg("download").arg(&package),
        progress,
    )?;
    let archive = fs::read_dir(apt)
        .map_err(read_error(apt))?
        .flatten()
        .map(|entry| entry.path())
        .find(|path| path.extension().is_some_and(|extension| extension == "deb"))
        .ok_or_else(|| BuildError::Read {
            path: apt.to_owned(),
            source: std::io::Error::new(std::io::ErrorKind::NotFound, "apt left no package"),
        })?;
    verify(&archive, package_version)?;
    let unpacked = work.join("rust-src");
    run_well(
        Command::new("dpkg-deb")
            .arg("--extract")
            .arg(&archive)
            .arg(&unpacked),
        progress,
    )?;
    let sources = unpacked.join(format!("usr/src/rustc-{version}"));
    if sources.join("library/std/Cargo.toml").is_file() {
        Ok(sources)
    } else {
        Err(BuildError::Read {
            path: sources,
            source: std::io::Error::new(
                std::io::ErrorKind::NotFound,
                "the package holds no standard library",
            ),
        })
    }
}

fn verify(archive: &Path, package_version: &str) -> Result<(), BuildError> {
    let Some((_, expected)) = CHECKSUMS
        .iter()
        .find(|(version, _)| *version == package_version)
    else {
        return Ok(());
    };
    let bytes = fs::read(archive).map_err(read_error(archive))?;
    let actual: String = Sha256::digest(&bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    if actual == *expected {
        return Ok(());
    }
    Err(BuildError::Read {
        path: archive.to_owned(),
        source: std::io::Error::new(
            std::io::ErrorKind::InvalidData,
            format!("its SHA-256 is {actual}, expected {expected}"),
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::{matching_version, mirror_in};

    #[test]
    fn the_mirror_is_the_one_that_the_machine_uses() {
        let new_format = "Types: deb\n# http://snapshot/archive/debian/2025\nURIs: http://mirror/debian\nSuites: bookworm\n";
        assert_eq!(
            mirror_in(new_format).as_deref(),
            Some("http://mirror/debian")
        );
        let old_format = "# deb http://old/debian x main\ndeb http://mirror/debian-security x main\ndeb [arch=amd64] https://mirror/debian/ x main\n";
        assert_eq!(
            mirror_in(old_format).as_deref(),
            Some("https://mirror/debian/")
        );
        assert_eq!(mirror_in("deb http://archive/ubuntu noble main"), None);
    }

    #[test]
    fn only_the_very_version_of_the_compiler_will_do() {
        let answer = " rust-src | 1.95.0+dfsg1-2~bpo13+1 | http://mirror/debian trixie-backports/main amd64 Packages\n rust-src | 1.85.0+dfsg3-1 | http://mirror/debian trixie/main amd64 Packages\n";
        assert_eq!(
            matching_version(answer, "1.95.0"),
            Some("1.95.0+dfsg1-2~bpo13+1")
        );
        assert_eq!(matching_version(answer, "1.85.0"), Some("1.85.0+dfsg3-1"));
        assert_eq!(matching_version(answer, "1.95.1"), None);
        assert_eq!(matching_version(answer, "1.9"), None);
    }
}
