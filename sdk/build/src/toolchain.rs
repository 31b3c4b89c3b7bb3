//! The Rust toolchain that compiles steps.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::error::BuildError;
use crate::progress::run_well;

/// The compilation target of steps: WebAssembly without any system interface.
pub const TARGET: &str = "wasm32-unknown-unknown";

/// A toolchain and where it is installed.
#[derive(Debug, Clone)]
pub(crate) struct Toolchain {
    pub(crate) sysroot: PathBuf,
    /// The compiler's version, such as `1.95.0`.
    pub(crate) version: String,
    /// The commit that the compiler was built from.
    pub(crate) commit: String,
}

impl Toolchain {
    /// The toolchain that is active in a folder.
    pub(crate) fn active(folder: &Path) -> Result<Self, BuildError> {
        let ask = |arguments: &[&str]| {
            run_well(rustc(folder).args(arguments), &mut |_| {}).map(|text| text.trim().to_owned())
        };
        let about = ask(&["-vV"])?;
        let field = |name: &str| {
            let mut lines = about.lines();
            let found = lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
            found.unwrap_or_default().to_owned()
        };
        Ok(Self {
            sysroot: ask(&["--print", "sysroot"])?.into(),
            version: field("release"),
            commit: field("commit-hash"),
        })
    }

    /// Where the compiled standard library of a target lies.
    pub(crate) fn target_libraries(&self) -> PathBuf {
        self.sysroot.join("lib/rustlib").join(TARGET).join("lib")
    }

    /// Where the sources of the standard library lie, if they are installed.
    pub(crate) fn sources(&self) -> PathBuf {
        self.sysroot.join("lib/rustlib/src/rust")
    }

    /// Whether steps can be compiled.
    pub(crate) fn has_target(&self) -> bool {
        let Ok(entries) = fs::read_dir(self.target_libraries()) else {
            return false;
        };
        entries.flatten().any(|entry| {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            name.starts_with("libstd-") && name.ends_with(".rlib")
        })
    }
}

/// The compiler, as Cargo would run it in this folder.
fn rustc(folder: &Path) -> Command {
    tool("RUSTC", "rustc", folder)
}

/// Cargo.
pub(crate) fn cargo(folder: &Path) -> Command {
    tool("CARGO", "cargo", folder)
}

fn tool(variable: &str, program: &str, folder: &Path) -> Command {
    let mut command = Command::new(env::var_os(variable).unwrap_or_else(|| program.into()));
    command.current_dir(if folder.as_os_str().is_empty() {
        Path::new(".")
    } else {
        folder
    });
    command
}
