//! An allocator that does something else when it is asked for memory: the host asks for it, too, in the middle of
//! handing a column over, and frees what a function gave back.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicU8, Ordering};

/// What the allocator does.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Hook {
    SpinOnAllocation = 1,
    CallHostOnAllocation,
    SpinOnFree,
    CallHostOnFree,
}

static HOOK: AtomicU8 = AtomicU8::new(0);

pub(super) fn set(hook: Hook) {
    HOOK.store(hook as u8, Ordering::Relaxed);
}

#[link(wasm_import_module = "stepwell:step/host@0.1.0")]
unsafe extern "C" {
    #[link_name = "log"]
    fn host_log(level: i32, message: *const u8, length: usize);
}

/// Logs, at a level of any number.
pub(super) fn log(level: i32, message: &str) {
    // SAFETY: the import's type is that of the contract, lowered by the canonical ABI.
    unsafe { host_log(level, message.as_ptr(), message.len()) };
}

fn act(spin: Hook, call_host: Hook) {
    let hook = HOOK.load(Ordering::Relaxed);
    if hook == spin as u8 {
        super::spin();
    }
    if hook == call_host as u8 {
        log(1, "called from where it must not be");
    }
}

struct Hooked;

#[global_allocator]
static ALLOCATOR: Hooked = Hooked;

// SAFETY: everything is forwarded to the system's allocator.
unsafe impl GlobalAlloc for Hooked {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        act(Hook::SpinOnAllocation, Hook::CallHostOnAllocation);
        // SAFETY: as the caller promises.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        act(Hook::SpinOnFree, Hook::CallHostOnFree);
        // SAFETY: as the caller promises.
        unsafe { System.dealloc(pointer, layout) }
    }
}
