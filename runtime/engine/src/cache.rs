//! Compiled components on disk, so that a component is compiled once per machine.
//!
//! A file is named by the digest of the component and a hash of everything that changes what the compiler
//! makes of it (wasmtime's version, its settings, the processor). It holds the digest of its own contents. Files
//! are written beside their place and moved into it, so that processes that start at once never see half a file;
//! the folder is the user's own, and a folder that others may write to is not used.

use std::fs;
use std::hash::{Hash, Hasher};
use std::io::Write;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};
use wasmtime::component::Component;

const MAGIC: &[u8; 16] = b"stepwell-code-1\n";
const DIGEST_BYTES: usize = 32;

/// A folder of compiled components.
#[derive(Debug, Clone)]
pub(crate) struct CompiledCache {
    folder: PathBuf,
}

impl CompiledCache {
    /// Opens the folder, making it where it is missing. `None` where it cannot be used: then components
    /// are compiled each time.
    pub(crate) fn open(folder: &Path) -> Option<Self> {
        create_private(folder).ok()?;
        is_private(folder).then(|| Self {
            folder: folder.to_owned(),
        })
    }

    pub(crate) fn load(&self, engine: &wasmtime::Engine, digest: &str) -> Option<Component> {
        let contents = fs::read(self.file(engine, digest)).ok()?;
        let code = verified(&contents)?;
        deserialize(engine, code)
    }

    /// Keeps a compiled component. A cache that cannot be written to costs time, not the run.
    pub(crate) fn store(&self, engine: &wasmtime::Engine, digest: &str, component: &Component) {
        let Ok(code) = component.serialize() else {
            return;
        };
        let place = self.file(engine, digest);
        let written = tempfile::NamedTempFile::new_in(&self.folder).and_then(|mut file| {
            file.write_all(MAGIC)?;
            file.write_all(&Sha256::digest(&code))?;
            file.write_all(&code)?;
            Ok(file)
        });
        if let Ok(file) = written {
            // Another process may have been faster; its file is as good as ours.
            let _ = file.persist(place);
        }
    }

    fn file(&self, engine: &wasmtime::Engine, digest: &str) -> PathBuf {
        let mut hasher = Fnv1a::default();
        engine.precompile_compatibility_hash().hash(&mut hasher);
        let digest = digest.replace(':', "-");
        self.folder
            .join(format!("{digest}-{:016x}.code", hasher.finish()))
    }
}

/// The code in a file, if the file is whole.
fn verified(contents: &[u8]) -> Option<&[u8]> {
    let rest = contents.strip_prefix(MAGIC.as_slice())?;
    let (digest, code) = rest.split_at_checked(DIGEST_BYTES)?;
    (Sha256::digest(code).as_slice() == digest).then_some(code)
}

#[allow(unsafe_code)]
fn deserialize(engine: &wasmtime::Engine, code: &[u8]) -> Option<Component> {
    // SAFETY: the bytes must be what `Component::serialize` gave. They were read from a folder that only this user
    // can write to, under a name that only `store` gives, and their digest is the one that `store` wrote; wasmtime
    // itself refuses code of another version or other settings.
    unsafe { Component::deserialize(engine, code) }.ok()
}

#[cfg(unix)]
fn create_private(folder: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
}

#[cfg(not(unix))]
fn create_private(folder: &Path) -> std::io::Result<()> {
    fs::create_dir_all(folder)
}

/// Whether only this user can write to the folder.
#[cfg(unix)]
fn is_private(folder: &Path) -> bool {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    // A file that this process makes shows which user it is.
    let Ok(own) = tempfile::tempfile_in(folder).and_then(|file| file.metadata()) else {
        return false;
    };
    fs::metadata(folder).is_ok_and(|metadata| {
        metadata.uid() == own.uid() && metadata.permissions().mode() & 0o022 == 0
    })
}

#[cfg(not(unix))]
fn is_private(folder: &Path) -> bool {
    folder.is_dir()
}

/// A hash that is the same in every process, which the standard library's is not promised to be.
struct Fnv1a(u64);

impl Default for Fnv1a {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Hasher for Fnv1a {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EMPTY_COMPONENT: &[u8] = b"\0asm\x0d\0\x01\0";

    fn check(change: impl FnOnce(&mut Vec<u8>), loads: bool) {
        let folder = tempfile::tempdir().unwrap();
        let engine = wasmtime::Engine::default();
        let cache = CompiledCache::open(&folder.path().join("code")).unwrap();
        cache.store(
            &engine,
            "sha256:x",
            &Component::new(&engine, EMPTY_COMPONENT).unwrap(),
        );
        let file = cache.file(&engine, "sha256:x");
        let mut contents = fs::read(&file).unwrap();
        change(&mut contents);
        fs::write(&file, contents).unwrap();
        assert_eq!(cache.load(&engine, "sha256:x").is_some(), loads);
        assert!(cache.load(&engine, "sha256:y").is_none());
    }

    #[test]
    fn stored_code_is_loaded_again() {
        check(|_| (), true);
    }

    #[test]
    fn changed_code_is_not_loaded() {
        check(|contents| *contents.last_mut().unwrap() ^= 1, false);
        check(|contents| contents[20] ^= 1, false);
        check(|contents| contents.truncate(30), false);
        check(|contents| contents.truncate(5), false);
        check(Vec::clear, false);
    }

    #[cfg(unix)]
    #[test]
    fn a_folder_that_others_write_to_is_not_used() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o777)).unwrap();
        assert!(CompiledCache::open(folder.path()).is_none());
    }
}
