//! Files of granted directories: each path that a step opens or changes is recorded.

use stepwell_engine::{AuditAction, HostState};
use wasmtime::StoreContextMut;
use wasmtime::component::{Linker, Resource};
use wasmtime_wasi::filesystem::WasiFilesystemCtxView;
use wasmtime_wasi::p2::FsResult;
use wasmtime_wasi::p2::bindings::filesystem::preopens;
use wasmtime_wasi::p2::bindings::filesystem::types::{
    Descriptor, DescriptorFlags, ErrorCode, Host, HostDescriptor, NewTimestamp, OpenFlags,
    PathFlags,
};

use crate::link::{VERSION, record};
use crate::state::WasiState;

type Context<'a> = StoreContextMut<'a, HostState>;
type Answer<T> = wasmtime::Result<(Result<T, ErrorCode>,)>;
type Directory = Resource<Descriptor>;

pub(crate) fn view(state: &mut HostState) -> WasiFilesystemCtxView<'_> {
    let (state, table) = WasiState::of(state);
    let ctx = state.context.filesystem();
    WasiFilesystemCtxView { ctx, table }
}

pub(crate) fn add_recorders(linker: &mut Linker<HostState>) -> wasmtime::Result<()> {
    let mut granted = linker.instance(&format!("wasi:filesystem/preopens@{VERSION}"))?;
    granted.func_wrap("get-directories", |mut store: Context<'_>, (): ()| {
        let directories = preopens::Host::get_directories(&mut view(store.data_mut()))?;
        let (state, _) = WasiState::of(store.data_mut());
        for (directory, path) in &directories {
            state.paths.insert(directory.rep(), path.clone());
        }
        Ok((directories,))
    })?;

    let mut types = linker.instance(&format!("wasi:filesystem/types@{VERSION}"))?;
    types.func_wrap_async(
        "[method]descriptor.open-at",
        |mut store: Context<'_>,
         (directory, follow, path, how, flags): (
            Directory,
            PathFlags,
            String,
            OpenFlags,
            DescriptorFlags,
        )| {
            Box::new(async move {
                let state = store.data_mut();
                let writes = how.intersects(OpenFlags::CREATE | OpenFlags::TRUNCATE)
                    || flags.intersects(DescriptorFlags::WRITE | DescriptorFlags::MUTATE_DIRECTORY);
                let action = match writes {
                    true => AuditAction::Write,
                    false => AuditAction::Read,
                };
                let whole = note(state, action, &directory, &path)?;
                let mut view = view(state);
                let opened = view.open_at(directory, follow, path, how, flags).await;
                if let Ok(opened) = &opened {
                    let (state, _) = WasiState::of(store.data_mut());
                    state.paths.insert(opened.rep(), whole);
                }
                answer(store.data_mut(), opened)
            })
        },
    )?;
    types.func_wrap_async(
        "[method]descriptor.create-directory-at",
        |mut store: Context<'_>, (directory, path): (Directory, String)| {
            Box::new(async move {
                note(store.data_mut(), AuditAction::Write, &directory, &path)?;
                let mut view = view(store.data_mut());
                let made = view.create_directory_at(directory, path).await;
                answer(store.data_mut(), made)
            })
        },
    )?;
    types.func_wrap_async(
        "[method]descriptor.remove-directory-at",
        |mut store: Context<'_>, (directory, path): (Directory, String)| {
            Box::new(async move {
                note(store.data_mut(), AuditAction::Write, &directory, &path)?;
                let mut view = view(store.data_mut());
                let removed = view.remove_directory_at(directory, path).await;
                answer(store.data_mut(), removed)
            })
        },
    )?;
    types.func_wrap_async(
        "[method]descriptor.unlink-file-at",
        |mut store: Context<'_>, (directory, path): (Directory, String)| {
            Box::new(async move {
                note(store.data_mut(), AuditAction::Write, &directory, &path)?;
                let mut view = view(store.data_mut());
                let removed = view.unlink_file_at(directory, path).await;
                answer(store.data_mut(), removed)
            })
        },
    )?;
    types.func_wrap_async(
        "[method]descriptor.rename-at",
        |mut store: Context<'_>, (from, old, to, new): (Directory, String, Directory, String)| {
            Box::new(async move {
                note(store.data_mut(), AuditAction::Write, &from, &old)?;
                note(store.data_mut(), AuditAction::Write, &to, &new)?;
                let mut view = view(store.data_mut());
                let renamed = view.rename_at(from, old, to, new).await;
                answer(store.data_mut(), renamed)
            })
        },
    )?;
    types.func_wrap_async(
        "[method]descriptor.link-at",
        |mut store: Context<'_>,
         (from, follow, old, to, new): (Directory, PathFlags, String, Directory, String)| {
            Box::new(async move {
                note(store.data_mut(), AuditAction::Write, &from, &old)?;
                note(store.data_mut(), AuditAction::Write, &to, &new)?;
                let mut view = view(store.data_mut());
                let linked = view.link_at(from, follow, old, to, new).await;
                answer(store.data_mut(), linked)
            })
        },
    )?;
    // The step itself could not follow a link out of its directories, but others who find it there would.
    types.func_wrap(
        "[method]descriptor.symlink-at",
        |mut store: Context<'_>, (directory, _, new): (Directory, String, String)| {
            note(store.data_mut(), AuditAction::Refuse, &directory, &new)?;
            Ok((Err::<(), _>(ErrorCode::NotPermitted),))
        },
    )?;
    types.func_wrap_async(
        "[method]descriptor.read-directory",
        |mut store: Context<'_>, (directory,): (Directory,)| {
            Box::new(async move {
                note(store.data_mut(), AuditAction::Read, &directory, "")?;
                let mut view = view(store.data_mut());
                let entries = view.read_directory(directory).await;
                answer(store.data_mut(), entries)
            })
        },
    )?;
    types.func_wrap_async(
        "[method]descriptor.stat-at",
        |mut store: Context<'_>, (directory, follow, path): (Directory, PathFlags, String)| {
            Box::new(async move {
                note(store.data_mut(), AuditAction::Read, &directory, &path)?;
                let mut view = view(store.data_mut());
                let found = view.stat_at(directory, follow, path).await;
                answer(store.data_mut(), found)
            })
        },
    )?;
    types.func_wrap_async(
        "[method]descriptor.metadata-hash-at",
        |mut store: Context<'_>, (directory, follow, path): (Directory, PathFlags, String)| {
            Box::new(async move {
                note(store.data_mut(), AuditAction::Read, &directory, &path)?;
                let mut view = view(store.data_mut());
                let hash = view.metadata_hash_at(directory, follow, path).await;
                answer(store.data_mut(), hash)
            })
        },
    )?;
    types.func_wrap_async(
        "[method]descriptor.readlink-at",
        |mut store: Context<'_>, (directory, path): (Directory, String)| {
            Box::new(async move {
                note(store.data_mut(), AuditAction::Read, &directory, &path)?;
                let mut view = view(store.data_mut());
                let target = view.readlink_at(directory, path).await;
                answer(store.data_mut(), target)
            })
        },
    )?;
    types.func_wrap_async(
        "[method]descriptor.set-times-at",
        |mut store: Context<'_>,
         (directory, follow, path, accessed, modified): (
            Directory,
            PathFlags,
            String,
            NewTimestamp,
            NewTimestamp,
        )| {
            Box::new(async move {
                note(store.data_mut(), AuditAction::Write, &directory, &path)?;
                let mut view = view(store.data_mut());
                let set = view.set_times_at(directory, follow, path, accessed, modified);
                let set = set.await;
                answer(store.data_mut(), set)
            })
        },
    )
}

/// Records a path as the step knows it, before anything is done there. Gives the path.
fn note(
    state: &mut HostState,
    action: AuditAction,
    directory: &Directory,
    path: &str,
) -> wasmtime::Result<String> {
    let (wasi, _) = WasiState::of(state);
    let whole = match wasi.paths.get(&directory.rep()) {
        Some(parent) if path.is_empty() => parent.clone(),
        Some(parent) => format!("{}/{path}", parent.trim_end_matches('/')),
        None => path.to_owned(),
    };
    record(state, "directory", action, &whole)?;
    Ok(whole)
}

/// An error of the file system is the step's to see; any other ends it.
fn answer<T>(state: &mut HostState, result: FsResult<T>) -> Answer<T> {
    Ok((match result {
        Ok(value) => Ok(value),
        Err(error) => Err(view(state).convert_error_code(error)?),
    },))
}
