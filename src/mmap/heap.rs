//! Memory of a program that goes to disk: an allocator that, once a program holds as much as it may, takes further large
//! blocks out of a mapped file without a name. The system writes their pages there and forgets them when memory is short, so
//! that every list and table of a run is bounded by the same few lines.
//!
//! Blocks of the file are pages in a row. Free ones are joined with their neighbours, and the smallest that is long enough is
//! taken (Knuth, The Art of Computer Programming 1, 2.5: best fit with boundary joining): what a run frees, its next stage takes
//! again, whatever the sizes. A block that grows takes what is free behind it, without a copy.
//!
//! # Why that is sound
//!
//! The file has no name and is mapped once, shared, at an address that stays. A block is a range of it that is given to one
//! owner at a time, under a lock. Before a block is given its bytes are reserved on the disk (`fallocate`), so that touching
//! them never finds the disk full; where they cannot be had, the block comes from the system's heap, and [`overflowed`] says so.
//! Which ranges are free is known in small blocks of the system's heap, which never wait for that lock.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Bytes of a block from which it counts as large. Smaller ones stay in memory: they are many, and short-lived.
const LARGE: usize = 4096;

/// Addresses that are reserved for the file: more than any disk has.
const REGION: usize = 1 << if usize::BITS == 64 { 44 } else { 30 };

/// The same where the system does not give that many.
const SMALL_REGION: usize = 1 << if usize::BITS == 64 { 36 } else { 28 };

const PAGE: usize = 4096;

/// Bytes of a freed block from which its disk is given back at once.
const RETURNED: usize = 1 << 20;

/// The allocator of a program that may be bounded: `#[global_allocator] static HEAP: BoundedHeap = BoundedHeap;`. Until
/// [`crate::Resources::bound`] is called it is the system's.
#[derive(Debug, Clone, Copy, Default)]
pub struct BoundedHeap;

/// Bytes of large blocks that are held in memory, at most.
static LIMIT: AtomicUsize = AtomicUsize::new(usize::MAX);
/// The same while [`table`] makes one.
static TABLE_LIMIT: AtomicUsize = AtomicUsize::new(usize::MAX);
/// Bytes of a table, at most, that the system keeps in memory though it is in the file.
static CACHED: AtomicUsize = AtomicUsize::new(usize::MAX);
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

static SPACE: Mutex<Space> = Mutex::new(Space {
    directory: None,
    file: None,
    most: 0,
    end: 0,
    free: BTreeMap::new(),
    by_length: BTreeSet::new(),
});

/// The file.
struct Space {
    /// Where it is made.
    directory: Option<PathBuf>,
    file: Option<File>,
    /// Bytes that it may have.
    most: usize,
    /// Behind its last block.
    end: usize,
    /// Free bytes by the place of the first; no two ranges touch, and none touches the end.
    free: BTreeMap<usize, usize>,
    /// The same, the length before the place.
    by_length: BTreeSet<(usize, usize)>,
}

/// How many bytes stay in memory.
#[derive(Debug, Clone, Copy)]
pub struct HeapBounds {
    /// Of large blocks.
    pub large: usize,
    /// Of large blocks with a [`table`] among them.
    pub tables: usize,
    /// Of a table in the file, by the system.
    pub cached: usize,
}

/// Bounds the large blocks of this process: so many bytes of them stay in memory, and further ones are pages of a file without a
/// name in `directory`, or in the system's directory for such files. The file is made when the first block is wanted of it, or
/// now. Returns whether blocks can be bounded: the system has to be Linux, and the program's allocator [`BoundedHeap`].
///
/// # Errors
/// The system's, where the file is made now and cannot be.
pub fn bound(bounds: HeapBounds, directory: Option<&Path>, now: bool) -> io::Result<bool> {
    if !cfg!(target_os = "linux") || !INSTALLED.load(Relaxed) {
        return Ok(false);
    }
    {
        let mut space = space();
        if space.file.is_none() {
            space.directory = Some(directory.map_or_else(std::env::temp_dir, PathBuf::from));
            if now {
                space.open()?;
            }
        }
    }
    if now {
        give_back_freed(GIVEN_BACK);
    }
    LIMIT.store(bounds.large, Relaxed);
    TABLE_LIMIT.store(bounds.tables, Relaxed);
    CACHED.store(bounds.cached, Relaxed);
    Ok(true)
}

thread_local! {
    /// Whether this thread makes a table.
    static MAKES_TABLE: Cell<bool> = const { Cell::new(false) };
}

/// Parts of a table, at most: what fills them goes through all of its input for each.
const MOST_PARTS: usize = 16;

/// In how many parts, one after the other, a table of so many bytes is best filled that is written here and there: as many as
/// memory asks for, where the system would write it to the file again and again.
pub fn parts(bytes: usize) -> usize {
    if bytes <= CACHED.load(Relaxed) {
        return 1;
    }
    let most = TABLE_LIMIT.load(Relaxed);
    let room = most.saturating_sub(HELD.load(Relaxed)).max(most / MOST_PARTS).max(1);
    bytes.div_ceil(room).min(MOST_PARTS)
}

/// Makes a table, or a part of one, that will be written here and there: in memory as far as that goes, where the whole has so many
/// bytes that the system would write it to the file again and again.
pub fn table<T>(whole: usize, make: impl FnOnce() -> T) -> T {
    let _making = MakingTable;
    MAKES_TABLE.set(whole > CACHED.load(Relaxed));
    make()
}

/// As long as it is there, this thread may make a table; it goes in a panic too.
struct MakingTable;

impl Drop for MakingTable {
    fn drop(&mut self) {
        MAKES_TABLE.set(false);
    }
}

/// Bytes of a block of a bounded run from which freeing it gives it back to the system at once.
const GIVEN_BACK: usize = 1 << 16;

/// Has the C library give blocks of so many bytes and more back to the system when they are freed. It learns else from the first large
/// ones to keep them: a run of a million documents under 384M then held twice that, and a service that had taken 150,000 articles
/// 394 MB instead of 201.
pub fn give_back_freed(from: usize) {
    #[cfg(target_env = "gnu")]
    // SAFETY: it sets a number that later calls read.
    unsafe {
        libc::mallopt(libc::M_MMAP_THRESHOLD, libc::c_int::try_from(from).unwrap_or(libc::c_int::MAX));
    }
    #[cfg(not(target_env = "gnu"))]
    let _ = from;
}

/// Whether the disk was too small for what should have gone there since this was asked last: the program then holds more than it
/// should. Who asks ends the run, and the next one may find room.
pub fn overflowed() -> bool {
    OVERFLOWED.swap(false, Relaxed)
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

/// Maps the file; returns how many bytes it may have.
fn map(file: &File) -> io::Result<usize> {
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
    Ok(length)
}

/// Reserves so many bytes of the file from a place on; false where the disk does not have them.
#[cfg(target_os = "linux")]
fn reserve(file: &File, place: usize, bytes: usize) -> bool {
    let length = bytes.next_multiple_of(PAGE) as libc::off_t;
    // SAFETY: it reserves bytes of our own file and touches no memory.
    unsafe { libc::fallocate(file.as_raw_fd(), 0, place as libc::off_t, length) == 0 }
}

#[cfg(not(target_os = "linux"))]
fn reserve(_: &File, _: usize, _: usize) -> bool {
    false
}

/// Gives back the disk of so many bytes from a place on, which nobody owns any more.
#[cfg(target_os = "linux")]
fn give_back(file: &File, place: usize, bytes: usize) {
    let (how, length) =
        (libc::FALLOC_FL_PUNCH_HOLE | libc::FALLOC_FL_KEEP_SIZE, bytes.next_multiple_of(PAGE) as libc::off_t);
    // SAFETY: the bytes are of a block of ours that is free, and are not read again before they are written.
    unsafe { libc::fallocate(file.as_raw_fd(), how, place as libc::off_t, length) };
}

#[cfg(not(target_os = "linux"))]
fn give_back(_: &File, _: usize, _: usize) {}

/// Bytes of the pages of a block of so many bytes.
fn pages(bytes: usize) -> usize {
    bytes.next_multiple_of(PAGE)
}

/// Whether a block is of the file.
fn is_mapped(block: *mut u8) -> bool {
    (block as usize).wrapping_sub(START.load(Relaxed)) < LENGTH.load(Relaxed)
}

impl Space {
    /// Makes the file. What this allocates is small, and so no block of the file.
    fn open(&mut self) -> io::Result<()> {
        let Some(directory) = &self.directory else { return Ok(()) };
        let file = tempfile::tempfile_in(directory).or_else(|_| {
            std::fs::create_dir_all(directory)?;
            tempfile::tempfile_in(directory)
        })?;
        self.most = map(&file)?;
        self.file = Some(file);
        Ok(())
    }

    /// A block of the file; none where the disk does not give it.
    fn take(&mut self, bytes: usize) -> Option<*mut u8> {
        if self.file.is_none() {
            self.open().ok()?;
        }
        Some((START.load(Relaxed) + self.take_range(pages(bytes))?) as *mut u8)
    }

    /// The place of a range of the file.
    fn take_range(&mut self, length: usize) -> Option<usize> {
        let fit = self.by_length.range((length, 0)..).next().copied();
        let (found, place) = fit.unwrap_or((0, self.end));
        if place + length > self.most || !reserve(self.file.as_ref()?, place, length) {
            return None;
        }
        match fit {
            Some(_) => {
                self.remove(place, found);
                self.insert(place + length, found - length);
            }
            None => self.end += length,
        }
        Some(place)
    }

    /// Takes a block back.
    fn give(&mut self, block: *mut u8, bytes: usize) {
        let place = block as usize - START.load(Relaxed);
        self.release(place, pages(bytes));
    }

    /// Gives a block another size where it is; false where it cannot grow there.
    fn resize(&mut self, block: *mut u8, old: usize, new: usize) -> bool {
        self.resize_range(block as usize - START.load(Relaxed), pages(old), pages(new))
    }

    fn resize_range(&mut self, place: usize, old: usize, new: usize) -> bool {
        if new <= old {
            if new < old {
                self.release(place + new, old - new);
            }
            return true;
        }
        let (behind, more) = (place + old, new - old);
        let free = self.free.get(&behind).copied();
        let is_room = if behind == self.end { place + new <= self.most } else { free >= Some(more) };
        if !is_room || !self.file.as_ref().is_some_and(|file| reserve(file, behind, more)) {
            return false;
        }
        match free {
            Some(free) => {
                self.remove(behind, free);
                self.insert(behind + more, free - more);
            }
            None => self.end += more,
        }
        true
    }

    /// Frees a range, joined with what is free beside it.
    fn release(&mut self, place: usize, length: usize) {
        if let (true, Some(file)) = (length >= RETURNED, &self.file) {
            give_back(file, place, length);
        }
        let (mut start, mut end) = (place, place + length);
        if let Some((&before, &length)) = self.free.range(..place).next_back()
            && before + length == place
        {
            self.remove(before, length);
            start = before;
        }
        if let Some(&length) = self.free.get(&end) {
            self.remove(end, length);
            end += length;
        }
        if end == self.end {
            self.end = start;
        } else {
            self.insert(start, end - start);
        }
    }

    fn insert(&mut self, place: usize, length: usize) {
        if length > 0 {
            self.free.insert(place, length);
            self.by_length.insert((length, place));
        }
    }

    fn remove(&mut self, place: usize, length: usize) {
        self.free.remove(&place);
        self.by_length.remove(&(length, place));
    }
}

/// A block of the file, where no more may be held in memory.
fn beyond(layout: Layout) -> Option<*mut u8> {
    let limit = if MAKES_TABLE.get() { &TABLE_LIMIT } else { &LIMIT };
    if HELD.load(Relaxed).saturating_add(layout.size()) <= limit.load(Relaxed) || layout.align() > PAGE {
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
        if bytes >= LARGE && is_mapped(block) && space().resize(block, old, bytes) {
            return block;
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What is done with a block: a new one, zeroed or not, one that gets another size, or one that is freed.
    #[derive(Debug, Clone)]
    enum Step {
        New(usize, bool),
        Resize(usize, usize),
        Free(usize),
    }

    fn step() -> impl Strategy<Value = Step> {
        let size = || prop_oneof![1usize..9000, Just(1 << 21), Just(4096)];
        prop_oneof![
            (size(), any::<bool>()).prop_map(|(size, zeroed)| Step::New(size, zeroed)),
            (any::<usize>(), size()).prop_map(|(which, size)| Step::Resize(which, size)),
            any::<usize>().prop_map(Step::Free),
        ]
    }

    proptest! {
        /// However blocks come and go, each keeps its bytes, in memory and in the file.
        #[test]
        fn blocks_keep_their_bytes(steps in proptest::collection::vec(step(), 1..60), limit in prop_oneof![Just(0usize), Just(20_000)]) {
            // The allocator of this program is another, so that only the blocks below are counted.
            INSTALLED.store(true, Relaxed);
            let bounds = HeapBounds { large: limit, tables: limit + 30_000, cached: 10_000 };
            prop_assert!(bound(bounds, None, true).expect("a file in the directory of temporary files"));
            let layout = |size: usize| Layout::from_size_align(size, 8).expect("a size");
            prop_assert_eq!([10_000, 10_001, 60_001].map(parts), [1, 1, if limit == 0 { 3 } else { 2 }]);
            for (whole, is_in_memory) in [(10_001, true), (10_000, limit > 0)] {
                // SAFETY: the size is not zero, and the block is freed by the layout that it was given for.
                unsafe {
                    let block = table(whole, || BoundedHeap.alloc_zeroed(layout(9000)));
                    prop_assert_eq!(is_mapped(block), !is_in_memory);
                    BoundedHeap.dealloc(block, layout(9000));
                }
            }
            let mut blocks: Vec<(*mut u8, usize, u8)> = Vec::new();
            let mut mark = 0u8;
            for step in steps {
                mark = mark.wrapping_add(1);
                match step {
                    Step::New(size, zeroed) => {
                        // SAFETY: the size is not zero, and the block is that long.
                        unsafe {
                            let block = if zeroed { BoundedHeap.alloc_zeroed(layout(size)) } else { BoundedHeap.alloc(layout(size)) };
                            prop_assert!(!block.is_null());
                            let bytes = std::slice::from_raw_parts(block, size);
                            prop_assert!(!zeroed || bytes.iter().all(|&byte| byte == 0));
                            block.write_bytes(mark, size);
                            // What may not be held in memory is in the file.
                            prop_assert!(is_mapped(block) == (limit == 0 && size >= LARGE) || limit > 0);
                            blocks.push((block, size, mark));
                        }
                    }
                    Step::Resize(which, new) if !blocks.is_empty() => {
                        let at = which % blocks.len();
                        let (block, size, of) = blocks[at];
                        // SAFETY: the block was given for this layout, and the new size is not zero.
                        unsafe {
                            let moved = BoundedHeap.realloc(block, layout(size), new);
                            let kept = std::slice::from_raw_parts(moved, size.min(new));
                            prop_assert!(kept.iter().all(|&byte| byte == of));
                            moved.write_bytes(mark, new);
                            blocks[at] = (moved, new, mark);
                        }
                    }
                    Step::Free(which) if !blocks.is_empty() => {
                        let (block, size, of) = blocks.swap_remove(which % blocks.len());
                        // SAFETY: the block was given for this layout, and nobody uses it afterwards.
                        unsafe {
                            prop_assert!(std::slice::from_raw_parts(block, size).iter().all(|&byte| byte == of));
                            BoundedHeap.dealloc(block, layout(size));
                        }
                    }
                    Step::Resize(..) | Step::Free(_) => {}
                }
            }
            for (block, size, of) in blocks {
                // SAFETY: as above.
                unsafe {
                    prop_assert!(std::slice::from_raw_parts(block, size).iter().all(|&byte| byte == of));
                    BoundedHeap.dealloc(block, layout(size));
                }
            }
            prop_assert_eq!(HELD.load(Relaxed), 0);
        }
    }

    #[test]
    fn what_is_freed_is_taken_again_whatever_the_sizes() {
        let file = Some(tempfile::tempfile().expect("a file"));
        let (free, by_length) = (BTreeMap::new(), BTreeSet::new());
        let mut space = Space { directory: None, file, most: 100 * PAGE, end: 0, free, by_length };
        let take = |space: &mut Space, pages: usize| space.take_range(pages * PAGE).map(|place| place / PAGE);
        let taken: Vec<_> = (0..9).map(|_| take(&mut space, 1)).collect();
        assert_eq!(taken, (0..9).map(Some).collect::<Vec<_>>());
        [0, 2, 4, 6, 1, 3, 5, 7].iter().for_each(|place| space.release(place * PAGE, PAGE));
        assert_eq!(space.free.len(), 1, "neighbours are joined");
        assert_eq!(take(&mut space, 5), Some(0));
        assert!(space.resize_range(0, 5 * PAGE, 8 * PAGE), "into what is free behind it");
        assert!(!space.resize_range(0, 8 * PAGE, 9 * PAGE), "not into another's");
        assert!(space.resize_range(0, 8 * PAGE, 2 * PAGE));
        assert!(space.resize_range(8 * PAGE, PAGE, 30 * PAGE), "beyond the end");
        assert_eq!(take(&mut space, 6), Some(2));
        assert_eq!(take(&mut space, 99), None, "no more than it may have");
        space.release(8 * PAGE, 30 * PAGE);
        assert_eq!(space.end, 8 * PAGE, "what is free at the end is no part of it");
    }
}
