//! Memory of a program that goes to disk: an allocator that, once a program holds as much as it may, takes further large
//! blocks out of a mapped file without a name. The system writes their pages there and forgets them when memory is short, so
//! that every list and table of a run is bounded by the same few lines.
//!
//! Blocks of the file come in sizes of powers of two of a page, each size with a list of free ones, as in Knowlton, "A fast
//! storage allocator", CACM 8, 1965, without the joining of buddies: what a run frees, its next stage takes again.
//!
//! # Why that is sound
//!
//! The file has no name and is mapped once, shared, at an address that stays. A block is a range of it that is given to one
//! owner at a time, under a lock. Before a block is given its bytes are reserved on the disk (`fallocate`), so that touching
//! them never finds the disk full; where they cannot be had, the block comes from the system's heap, and [`overflowed`] says so. A
//! free block holds the place of the next one in its first bytes and nothing else.

use std::alloc::{GlobalAlloc, Layout, System};
use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Bytes of a block from which it counts as large. Smaller ones stay in memory: they are many, and short-lived.
const LARGE: usize = 4096;

/// Addresses that are reserved for the file: more than any disk has.
const REGION: usize = 1 << 44;

/// The same where the system does not give that many.
const SMALL_REGION: usize = 1 << 36;

/// Sizes of blocks: a page, two, four and so on.
const CLASSES: usize = 33;
const PAGE: usize = 4096;

/// Bytes of a freed block from which its disk is given back at once.
const RETURNED: usize = 1 << 20;

/// The allocator of a program that may be bounded: `#[global_allocator] static HEAP: BoundedHeap = BoundedHeap;`. Until
/// [`bound`] is called it is the system's.
#[derive(Debug, Clone, Copy, Default)]
pub struct BoundedHeap;

/// Bytes of large blocks that are held in memory, at most.
static LIMIT: AtomicUsize = AtomicUsize::new(usize::MAX);
/// Bytes of large blocks that are.
static HELD: AtomicUsize = AtomicUsize::new(0);
/// Where the file is mapped; 0 where it is not.
static START: AtomicUsize = AtomicUsize::new(0);
/// Addresses from there on.
static LENGTH: AtomicUsize = AtomicUsize::new(0);
/// Whether a block was wanted of the file that the disk did not give.
static OVERFLOWED: AtomicBool = AtomicBool::new(false);
/// Whether this allocator gave any block.
static INSTALLED: AtomicBool = AtomicBool::new(false);

static SPACE: Mutex<Space> = Mutex::new(Space { file: None, end: 0, free: [0; CLASSES] });

/// The file.
struct Space {
    file: Option<File>,
    /// Behind its last block.
    end: usize,
    /// By size: the place of the first free block, counted from 1; 0 where there is none.
    free: [usize; CLASSES],
}

/// Bounds the large blocks of this process: so many bytes of them stay in memory, and further ones are pages of a file without a
/// name in `directory`, or in the system's directory for such files. Returns whether it can: the program's allocator has to
/// be [`BoundedHeap`].
///
/// # Errors
/// The system's, where it cannot make the file or map it.
pub fn bound(bytes: usize, directory: Option<&Path>) -> io::Result<bool> {
    if !INSTALLED.load(Relaxed) {
        return Ok(false);
    }
    if START.load(Relaxed) == 0 {
        let directory = directory.map_or_else(std::env::temp_dir, PathBuf::from);
        let file = tempfile::tempfile_in(directory)?;
        let mut space = space();
        if space.file.is_none() {
            map(&file)?;
            space.file = Some(file);
        }
    }
    LIMIT.store(bytes, Relaxed);
    Ok(true)
}

/// Whether the disk was too small for what should have gone there: the program then holds more than it should.
pub fn overflowed() -> bool {
    OVERFLOWED.load(Relaxed)
}

/// Gives memory back to the system that a finished stage has freed: the C library keeps it else, for blocks that are as small.
pub fn trim() {
    #[cfg(target_env = "gnu")]
    // SAFETY: it has no precondition.
    unsafe {
        libc::malloc_trim(0);
    }
}

fn space() -> MutexGuard<'static, Space> {
    SPACE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn map(file: &File) -> io::Result<()> {
    let mapped = |length: usize| {
        // SAFETY: a new mapping at an address that the system chooses; the file outlives it, since nothing closes it.
        let start = unsafe {
            libc::mmap(
                std::ptr::null_mut(),
                length,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_SHARED | libc::MAP_NORESERVE,
                file.as_raw_fd(),
                0,
            )
        };
        (start != libc::MAP_FAILED).then_some((start as usize, length))
    };
    let (start, length) =
        mapped(REGION).or_else(|| mapped(SMALL_REGION)).ok_or_else(io::Error::last_os_error)?;
    START.store(start, Relaxed);
    LENGTH.store(length, Relaxed);
    Ok(())
}

/// The size of a block that holds so many bytes.
fn class(bytes: usize) -> usize {
    bytes.div_ceil(PAGE).next_power_of_two().trailing_zeros() as usize
}

/// Whether a block is of the file.
fn is_mapped(block: *mut u8) -> bool {
    (block as usize).wrapping_sub(START.load(Relaxed)) < LENGTH.load(Relaxed)
}

impl Space {
    /// A block of the file; none where the disk does not give it.
    fn take(&mut self, bytes: usize) -> Option<*mut u8> {
        let (start, class) = (START.load(Relaxed), class(bytes));
        let file = self.file.as_ref()?.as_raw_fd();
        let place = match *self.free.get(class)? {
            0 => self.end,
            free => free - 1,
        };
        if place + (PAGE << class) > LENGTH.load(Relaxed) {
            return None;
        }
        // SAFETY: it reserves bytes of our own file and touches no memory.
        let reserved = unsafe {
            libc::fallocate(file, 0, place as libc::off_t, bytes.next_multiple_of(PAGE) as libc::off_t)
        };
        if reserved != 0 {
            return None;
        }
        let block = (start + place) as *mut u8;
        if place == self.end {
            self.end += PAGE << class;
        } else {
            // SAFETY: a free block of ours, whose first bytes are the place of the next one, or zero where its pages were
            // given back. It was reserved when it was given before.
            self.free[class] = unsafe { block.cast::<usize>().read() };
        }
        Some(block)
    }

    /// Takes a block back.
    fn give(&mut self, block: *mut u8, bytes: usize) {
        let (place, class) = (block as usize - START.load(Relaxed), class(bytes));
        if bytes >= RETURNED
            && let Some(file) = &self.file
        {
            let (from, length) = (place + PAGE, bytes.next_multiple_of(PAGE) - PAGE);
            // SAFETY: gives back the disk of a block that nobody owns any more, but for its first page.
            unsafe {
                libc::fallocate(
                    file.as_raw_fd(),
                    libc::FALLOC_FL_PUNCH_HOLE | libc::FALLOC_FL_KEEP_SIZE,
                    from as libc::off_t,
                    length as libc::off_t,
                );
            }
        }
        // SAFETY: nobody owns the block any more; its first page is reserved.
        unsafe { block.cast::<usize>().write(self.free[class]) };
        self.free[class] = place + 1;
    }
}

/// A block of the file, where no more may be held in memory.
fn beyond(layout: Layout) -> Option<*mut u8> {
    if HELD.load(Relaxed).saturating_add(layout.size()) <= LIMIT.load(Relaxed) || layout.align() > PAGE {
        return None;
    }
    let block = space().take(layout.size());
    if block.is_none() {
        OVERFLOWED.store(true, Relaxed);
    }
    block
}

/// Counts a large block of the system's heap.
fn held(block: *mut u8, bytes: usize) -> *mut u8 {
    if !block.is_null() {
        HELD.fetch_add(bytes, Relaxed);
    }
    block
}

// SAFETY: every block is either of the system's allocator, whose contract it passes on, or a range of the mapping that
// `Space` gives to one owner at a time, aligned to a page, as long as asked for, and told apart by its address.
unsafe impl GlobalAlloc for BoundedHeap {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if layout.size() < LARGE {
            // SAFETY: the caller's promise is the system's.
            return unsafe { System.alloc(layout) };
        }
        INSTALLED.store(true, Relaxed);
        // SAFETY: as above.
        beyond(layout).unwrap_or_else(|| held(unsafe { System.alloc(layout) }, layout.size()))
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        if layout.size() < LARGE {
            // SAFETY: the caller's promise is the system's.
            return unsafe { System.alloc_zeroed(layout) };
        }
        match beyond(layout) {
            Some(block) => {
                // SAFETY: the block is ours and that long; it may have been somebody's before.
                unsafe { block.write_bytes(0, layout.size()) };
                block
            }
            // SAFETY: as above.
            None => held(unsafe { System.alloc_zeroed(layout) }, layout.size()),
        }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        if layout.size() >= LARGE {
            if is_mapped(block) {
                space().give(block, layout.size());
                return;
            }
            HELD.fetch_sub(layout.size(), Relaxed);
        }
        // SAFETY: a block that is not of the mapping is the system's, of this layout.
        unsafe { System.dealloc(block, layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, bytes: usize) -> *mut u8 {
        let old = layout.size();
        let grows_within = old < LARGE
            || HELD.load(Relaxed).saturating_add(bytes).saturating_sub(old) <= LIMIT.load(Relaxed);
        let stays = old.max(bytes) < LARGE || (!is_mapped(block) && (bytes <= old || grows_within));
        if stays {
            // SAFETY: the block is the system's, of this layout; the caller's promise is the system's.
            let moved = unsafe { System.realloc(block, layout, bytes) };
            if !moved.is_null() {
                HELD.fetch_add(if bytes >= LARGE { bytes } else { 0 }, Relaxed);
                HELD.fetch_sub(if old >= LARGE { old } else { 0 }, Relaxed);
            }
            return moved;
        }
        // SAFETY: the caller promises that the new size is a valid one for this alignment.
        let moved = unsafe { self.alloc(Layout::from_size_align_unchecked(bytes, layout.align())) };
        if !moved.is_null() {
            // SAFETY: both blocks are at least that long, and the new one is not the old one.
            unsafe {
                std::ptr::copy_nonoverlapping(block, moved, old.min(bytes));
                self.dealloc(block, layout);
            }
        }
        moved
    }
}
