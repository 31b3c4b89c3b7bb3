//! The allocator of components.
//!
//! The contract's buffers are lists of bytes, for which the host asks for memory that need not be aligned. Arrow
//! needs up to 16 bytes and copies what is not: so all memory of 64 bytes and more is aligned to 64. That is
//! decided by the size alone, which is the same when the memory is given back.

use std::alloc::{GlobalAlloc, Layout, System};

/// Arrow's recommended alignment, and the smallest size to which it is given.
const ALIGNMENT: usize = 64;

#[cfg(target_arch = "wasm32")]
#[global_allocator]
static ALLOCATOR: Aligned = Aligned;

struct Aligned;

fn raised(layout: Layout) -> Layout {
    if layout.size() < ALIGNMENT {
        return layout;
    }
    // Fails only for sizes near the end of memory, which cannot be allocated at all.
    layout.align_to(ALIGNMENT).unwrap_or(layout)
}

// SAFETY: everything is forwarded to the system's allocator, with a layout that follows from the given one
// alone, so that memory is given back with the layout that it was allocated with.
unsafe impl GlobalAlloc for Aligned {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promise about `layout` holds for a larger alignment.
        unsafe { System.alloc(raised(layout)) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as in `alloc`.
        unsafe { System.alloc_zeroed(raised(layout)) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: `pointer` came from `alloc` with the same layout, raised there in the same way.
        unsafe { System.dealloc(pointer, raised(layout)) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        let old = raised(layout);
        // SAFETY: the caller promises that the size, rounded up to the alignment, does not overflow.
        let new = unsafe { Layout::from_size_align_unchecked(new_size, layout.align()) };
        let new = raised(new);
        if old.align() == new.align() {
            // SAFETY: `pointer` was allocated with `old`, and the alignment stays.
            return unsafe { System.realloc(pointer, old, new_size) };
        }
        // SAFETY: `new` is not empty, as the caller promises; both places hold the bytes that are copied; `pointer`
        // was allocated with `old`.
        unsafe {
            let moved = System.alloc(new);
            if !moved.is_null() {
                moved.copy_from_nonoverlapping(pointer, old.size().min(new_size));
                System.dealloc(pointer, old);
            }
            moved
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Memory that is filled with what its position says.
    struct Block {
        pointer: *mut u8,
        layout: Layout,
    }

    impl Block {
        fn new(size: usize, align: usize, zeroed: bool) -> Self {
            let layout = Layout::from_size_align(size, align).unwrap();
            // SAFETY: the size is not 0.
            let pointer = unsafe {
                if zeroed {
                    Aligned.alloc_zeroed(layout)
                } else {
                    Aligned.alloc(layout)
                }
            };
            let block = Self { pointer, layout };
            assert!(!zeroed || block.bytes().iter().all(|byte| *byte == 0));
            block.fill();
            block
        }

        fn bytes(&self) -> &[u8] {
            // SAFETY: the block was allocated with this size; `new` and `resize` fill it before it is looked at, but
            // for zeroed memory.
            unsafe { std::slice::from_raw_parts(self.pointer, self.layout.size()) }
        }

        fn fill(&self) {
            for position in 0..self.layout.size() {
                // SAFETY: the position is inside of the block.
                unsafe { self.pointer.add(position).write(position as u8) };
            }
        }

        fn resize(&mut self, size: usize) {
            let kept = size.min(self.layout.size());
            // SAFETY: the block was allocated with this layout; the new size is not 0.
            self.pointer = unsafe { Aligned.realloc(self.pointer, self.layout, size) };
            self.layout = Layout::from_size_align(size, self.layout.align()).unwrap();
            for position in 0..kept {
                // SAFETY: the position is inside of the block.
                assert_eq!(unsafe { self.pointer.add(position).read() }, position as u8);
            }
            self.fill();
        }

        fn check_alignment(&self) {
            let aligned_to = |align| self.pointer.addr().is_multiple_of(align);
            assert!(aligned_to(self.layout.align()));
            assert!(self.layout.size() < ALIGNMENT || aligned_to(ALIGNMENT));
        }
    }

    impl Drop for Block {
        fn drop(&mut self) {
            // SAFETY: the block was allocated with this layout.
            unsafe { Aligned.dealloc(self.pointer, self.layout) };
        }
    }

    proptest! {
        #[test]
        fn memory_keeps_its_bytes_and_its_alignment_however_its_size_changes(
            sizes in prop::collection::vec(1_usize..300, 1..20),
            align in prop::sample::select(vec![1_usize, 4, 8, 16, 64, 128]),
            zeroed: bool,
        ) {
            let mut block = Block::new(sizes[0], align, zeroed);
            for size in sizes {
                block.resize(size);
                block.check_alignment();
            }
        }
    }
}
