//! ONNX Runtime's library, from the wheel that its makers publish for Python.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use sha2::{Digest, Sha256};

use crate::shell::{program, run, say, succeeds, target_folder};

const VERSION: &str = "1.32.0";

/// A wheel and what to take out of it.
struct Wheel {
    os: &'static str,
    architecture: &'static str,
    /// The platform's name in the wheel's.
    platform: &'static str,
    sha256: &'static str,
    /// The library inside of the wheel.
    library: &'static str,
    /// The name that it gets, by which the `models` crate looks for it.
    file_name: &'static str,
}

const WHEELS: [Wheel; 4] = [
    Wheel {
        os: "linux",
        architecture: "x86_64",
        platform: "manylinux_2_28_x86_64",
        sha256: "99e1074c4b2197accd5073052a465361be17b89c093b8ffb6e6bd8f986c52df8",
        library: "libonnxruntime.so.1.32.0",
        file_name: "libonnxruntime.so",
    },
    Wheel {
        os: "linux",
        architecture: "aarch64",
        platform: "manylinux_2_28_aarch64",
        sha256: "e36c187006e7a7c8b8d6d57f1a209dd63f52430dca6c282b177718ad6b841054",
        library: "libonnxruntime.so.1.32.0",
        file_name: "libonnxruntime.so",
    },
    Wheel {
        os: "macos",
        architecture: "aarch64",
        platform: "macosx_14_0_arm64",
        sha256: "d52510bbbcc880c13b826f7d75cdf33ac5cf0bb864d960000fc29ce73f0cb83e",
        library: "libonnxruntime.1.32.0.dylib",
        file_name: "libonnxruntime.dylib",
    },
    Wheel {
        os: "windows",
        architecture: "x86_64",
        platform: "win_amd64",
        sha256: "efe7456952c243a05a53d5b8732953625144642c2f3989094277f6217f0c0c40",
        library: "onnxruntime.dll",
        file_name: "onnxruntime.dll",
    },
];

/// Takes files out of a zip archive: `SCRIPT archive folder (member name)...`
const UNZIP: &str = "\
import sys, zipfile
archive, folder, *pairs = sys.argv[1:]
with zipfile.ZipFile(archive) as wheel:
    for member, name in zip(pairs[::2], pairs[1::2]):
        with open(folder + '/' + name, 'wb') as file:
            file.write(wheel.read(member))
";

/// Fetches the library, unless the same one is there already.
pub(crate) fn fetch() -> Result<()> {
    say("ONNX Runtime");
    let wheel = WHEELS
        .iter()
        .find(|wheel| wheel.os == std::env::consts::OS && wheel.architecture == std::env::consts::ARCH)
        .with_context(|| {
            format!(
                "no wheel of ONNX Runtime {VERSION} for {} on {}: set STEPWELL_ONNXRUNTIME to a library of your own",
                std::env::consts::OS,
                std::env::consts::ARCH
            )
        })?;
    let folder = target_folder().join("onnxruntime");
    // Written last, so that it stands for a library that is whole.
    let mark = folder.join("wheel.sha256");
    let is_there = folder.join(wheel.file_name).is_file();
    if is_there && fs::read_to_string(&mark).is_ok_and(|sha256| sha256 == wheel.sha256) {
        eprintln!("    {VERSION} is there");
        return Ok(());
    }
    let python = python()?;
    let parent = target_folder();
    fs::create_dir_all(&parent).with_context(|| format!("cannot make `{}`", parent.display()))?;
    let work = tempfile::tempdir_in(&parent).context("cannot make a temporary folder")?;
    eprintln!("    fetching the wheel of {VERSION} for {}", wheel.platform);
    run(program(python)
        .args(["-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:"])
        .args(["--platform", wheel.platform, "--python-version", "3.12", "--implementation", "cp"])
        .arg("--dest")
        .arg(work.path())
        .arg(format!("onnxruntime=={VERSION}")))
    .with_context(|| {
        format!("cannot fetch ONNX Runtime: set STEPWELL_ONNXRUNTIME to a library of your own, version {VERSION}")
    })?;
    let archive = only_file(work.path())?;
    let bytes =
        fs::read(&archive).with_context(|| format!("cannot read `{}`", archive.display()))?;
    let sha256: String = Sha256::digest(&bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    ensure!(
        sha256 == wheel.sha256,
        "the wheel's SHA-256 is {sha256}, expected {}",
        wheel.sha256
    );
    let unpacked = work.path().join("unpacked");
    fs::create_dir(&unpacked).context("cannot make a temporary folder")?;
    run(program(python)
        .args(["-c", UNZIP])
        .arg(&archive)
        .arg(&unpacked)
        .arg(format!("onnxruntime/capi/{}", wheel.library))
        .arg(wheel.file_name)
        .args(["onnxruntime/LICENSE", "LICENSE"])
        .args(["onnxruntime/ThirdPartyNotices.txt", "ThirdPartyNotices.txt"]))?;
    fs::write(unpacked.join("wheel.sha256"), wheel.sha256).context("cannot write a mark")?;
    if folder.exists() {
        fs::remove_dir_all(&folder)
            .with_context(|| format!("cannot remove `{}`", folder.display()))?;
    }
    fs::rename(&unpacked, &folder)
        .with_context(|| format!("cannot make `{}`", folder.display()))?;
    eprintln!("    {VERSION} is in `{}`", folder.display());
    Ok(())
}

/// A Python that has pip.
fn python() -> Result<&'static str> {
    for python in ["python3", "python"] {
        if succeeds(program(python).args(["-m", "pip", "--version"])) {
            return Ok(python);
        }
    }
    bail!(
        "ONNX Runtime comes from PyPI, and there is no Python with pip here: install them, or set \
         STEPWELL_ONNXRUNTIME to a library of your own, version {VERSION}"
    )
}

fn only_file(folder: &Path) -> Result<std::path::PathBuf> {
    let mut files = fs::read_dir(folder)
        .with_context(|| format!("cannot read `{}`", folder.display()))?
        .flatten()
        .map(|entry| entry.path());
    match (files.next(), files.next()) {
        (Some(file), None) => Ok(file),
        _ => bail!("pip left no wheel, or several"),
    }
}
