//! Compiled components on disk, so that a component is compiled once per machine.
//!
//! A file is named by the digest of the component and a hash of everything that changes what the compiler
//! makes of it (wasmtime's version, its settings, the processor). It holds a digest over both of these and its own
//! contents, so that a file under another's name is not taken for it. Files are written beside their place and moved
//! into it, so that processes that start at once never see half a file; folder and files are the user's own, and those
//! that others may write to are not used.

use std::fs;
use std::hash::{Hash, Hasher};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};
use wasmtime::component::Component;

const MAGIC: &[u8; 16] = b"stepwell-code-2\n";
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
        let metadata = fs::metadata(folder).ok()?;
        (metadata.is_dir() && is_private(&metadata, folder)).then(|| Self {
            folder: folder.to_owned(),
        })
    }

    pub(crate) fn load(&self, engine: &wasmtime::Engine, digest: &str) -> Option<Component> {
        let mut file = fs::File::open(self.file(engine, digest)).ok()?;
        is_private(&file.metadata().ok()?, &self.folder).then_some(())?;
        let mut contents = Vec::new();
        file.read_to_end(&mut contents).ok()?;
        let code = verified(&contents, &key(engine, digest))?;
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
            file.write_all(&sealed(&key(engine, digest), &code))?;
            file.write_all(&code)?;
            Ok(file)
        });
        if let Ok(file) = written {
            // Another process may have been faster; its file is as good as ours.
            let _ = file.persist(place);
        }
    }

    fn file(&self, engine: &wasmtime::Engine, digest: &str) -> PathBuf {
        self.folder.join(format!("{}.code", key(engine, digest)))
    }
}

/// What a file is the code of: a component, compiled by one compiler with one set of settings.
fn key(engine: &wasmtime::Engine, digest: &str) -> String {
    let mut hasher = Fnv1a::default();
    engine.precompile_compatibility_hash().hash(&mut hasher);
    let digest = digest.replace(':', "-");
    format!("{digest}-{:016x}", hasher.finish())
}

/// The digest of code together with what it is the code of.
fn sealed(key: &str, code: &[u8]) -> [u8; DIGEST_BYTES] {
    let mut hasher = Sha256::new();
    // The length keeps the end of the one apart from the start of the other.
    hasher.update((key.len() as u64).to_le_bytes());
    hasher.update(key);
    hasher.update(code);
    hasher.finalize().into()
}

/// The code in a file, if the file is whole and the code is that of this key.
fn verified<'a>(contents: &'a [u8], key: &str) -> Option<&'a [u8]> {
    let rest = contents.strip_prefix(MAGIC.as_slice())?;
    let (digest, code) = rest.split_at_checked(DIGEST_BYTES)?;
    (sealed(key, code).as_slice() == digest).then_some(code)
}

#[allow(unsafe_code)]
fn deserialize(engine: &wasmtime::Engine, code: &[u8]) -> Option<Component> {
    // SAFETY: the bytes must be what `Component::serialize` gave. They were read from a folder that only this user
    // can write to, out of a file of the same user's, and their digest, which covers what they are the code of, is the
    // one that `store` wrote; wasmtime itself refuses code of another version or other settings.
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

/// Whether only this user can write to what has this metadata: the cache's folder, or a file in it.
#[cfg(unix)]
fn is_private(metadata: &fs::Metadata, folder: &Path) -> bool {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    // A file that this process makes shows which user it is.
    let own = tempfile::tempfile_in(folder).and_then(|file| file.metadata());
    own.is_ok_and(|own| metadata.uid() == own.uid()) && metadata.permissions().mode() & 0o022 == 0
}

#[cfg(not(unix))]
fn is_private(_: &fs::Metadata, _: &Path) -> bool {
    true
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

    /// A cache in which one component was stored.
    struct Stored {
        _folder: tempfile::TempDir,
        engine: wasmtime::Engine,
        cache: CompiledCache,
    }

    impl Stored {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let engine = wasmtime::Engine::default();
            let cache = CompiledCache::open(&folder.path().join("code")).unwrap();
            let component = Component::new(&engine, EMPTY_COMPONENT).unwrap();
            cache.store(&engine, "sha256:x", &component);
            Self {
                _folder: folder,
                engine,
                cache,
            }
        }

        fn file(&self) -> PathBuf {
            self.cache.file(&self.engine, "sha256:x")
        }

        fn loads(&self, engine: &wasmtime::Engine, digest: &str) -> bool {
            self.cache.load(engine, digest).is_some()
        }
    }

    /// A compiler that makes other code of the same component.
    fn other_engine() -> wasmtime::Engine {
        wasmtime::Engine::new(wasmtime::Config::new().epoch_interruption(true)).unwrap()
    }

    fn check(change: impl FnOnce(&mut Vec<u8>), loads: bool) {
        let stored = Stored::new();
        let mut contents = fs::read(stored.file()).unwrap();
        change(&mut contents);
        fs::write(stored.file(), contents).unwrap();
        assert_eq!(stored.loads(&stored.engine, "sha256:x"), loads);
    }

    #[test]
    fn stored_code_is_loaded_again() {
        check(|_| (), true);
    }

    #[test]
    fn tampered_code_is_not_loaded() {
        check(|contents| *contents.last_mut().unwrap() ^= 1, false);
        check(|contents| contents[20] ^= 1, false);
        check(|contents| contents[MAGIC.len() + DIGEST_BYTES] ^= 1, false);
        check(|contents| contents.push(0), false);
        check(|contents| contents[14] = b'1', false);
    }

    #[test]
    fn truncated_code_is_not_loaded() {
        check(|contents| contents.truncate(contents.len() - 1), false);
        check(|contents| contents.truncate(30), false);
        check(|contents| contents.truncate(5), false);
        check(Vec::clear, false);
    }

    #[test]
    fn code_of_another_component_is_not_loaded() {
        let stored = Stored::new();
        assert!(!stored.loads(&stored.engine, "sha256:y"));
        let other = stored.cache.file(&stored.engine, "sha256:y");
        fs::copy(stored.file(), other).unwrap();
        assert!(!stored.loads(&stored.engine, "sha256:y"));
        assert!(stored.loads(&stored.engine, "sha256:x"));
    }

    #[test]
    fn code_of_another_version_is_not_loaded() {
        let stored = Stored::new();
        let engine = other_engine();
        assert!(!stored.loads(&engine, "sha256:x"));
        fs::copy(stored.file(), stored.cache.file(&engine, "sha256:x")).unwrap();
        assert!(!stored.loads(&engine, "sha256:x"));
    }

    /// Even with a digest that fits, which only this user's own programs could have written.
    #[test]
    fn code_of_another_version_is_refused_by_wasmtime_too() {
        let engine = other_engine();
        let component = Component::new(&wasmtime::Engine::default(), EMPTY_COMPONENT).unwrap();
        assert!(deserialize(&engine, &component.serialize().unwrap()).is_none());
    }

    #[cfg(unix)]
    #[test]
    fn what_others_may_write_to_is_not_used() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o777)).unwrap();
        assert!(CompiledCache::open(folder.path()).is_none());

        let stored = Stored::new();
        fs::set_permissions(stored.file(), fs::Permissions::from_mode(0o666)).unwrap();
        assert!(!stored.loads(&stored.engine, "sha256:x"));
    }

    #[test]
    fn a_file_in_the_place_of_the_folder_is_not_used() {
        let file = tempfile::NamedTempFile::new().unwrap();
        assert!(CompiledCache::open(file.path()).is_none());
    }
}
