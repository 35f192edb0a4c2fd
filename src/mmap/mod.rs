//! The only file-mapping code: a read-only [`Mapping`] of a file of ours, which is `AsRef<[u8]>`, and a [`Shared`] one of
//! somebody's, out of which bytes are copied.
//!
//! # What is mapped, and why that is sound
//!
//! A `&[u8]` over a file that another process writes is not immutable, which Rust's rules ask of it: a text that was
//! validated may be another one a moment later. So of a file of somebody's there is never a reference to mapped bytes:
//! [`Shared::append`] copies them by a raw pointer into memory of ours, and only the copy, which nobody else writes, is parsed,
//! validated and used. What is copied while it is written is some bytes or other, as what `read` gives would be. That
//! another process writes meanwhile is outside of Rust's model of memory, as it is for `read`; no value that has an invalid
//! state is made of such bytes before they are ours.
//!
//! As bytes are lent only
//!
//! - what was spilled into a temporary file without a name, which no other process can open by one, and
//! - segments of an index, which are written once, before they have their name, and never again: whoever else writes into
//!   one breaks the index, as `index verify` says.
//!
//! What remains is a program that writes into a segment in place while it is open, or opens a spilled file through `/proc`.
//! Bytes of a segment are under checksums that are compared when a page is first read; texts and ids are validated
//! as UTF-8 at every use, and texts are decompressed into memory first. No code here or elsewhere converts mapped bytes
//! without validating them.
//!
//! # A file that shrinks while it is mapped
//!
//! Touching a mapped page beyond the file's new end raises SIGBUS, which by default kills the process; so does a disk that
//! cannot give the page. The first mapping installs a SIGBUS handler that looks the address up in a table of live
//! mappings. If it is in one, the handler maps zero pages over that mapping from the faulting page to its end and marks
//! it, and the read goes on with zeros; if not, the handler that was there before is called. Whoever read must ask
//! [`Mapping::is_intact`] before using what was read. Where the table is full, or the system has no more mappings to give,
//! the file is read into memory instead: no mapping is ever unguarded. On systems other than Unix nothing is installed: the
//! file cannot be truncated there while it is mapped.
#![allow(unsafe_code)]

pub mod heap;

use std::fs::File;
use std::io::{self, Read, Seek};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// How what is mapped is read from here on, for the system to read ahead or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// From front to back: it reads far ahead.
    InOrder,
    /// Here and there: it reads what is asked for. Otherwise it reads 128 KB around a record of 4, which all must pass through memory.
    Scattered,
}

impl Access {
    fn advice(self) -> memmap2::Advice {
        match self {
            Access::InOrder => memmap2::Advice::Sequential,
            Access::Scattered => memmap2::Advice::Random,
        }
    }
}

/// A file's bytes, mapped read-only, or in memory where they cannot be mapped.
#[derive(Debug)]
pub struct Mapping(Bytes);

#[derive(Debug)]
enum Bytes {
    Mapped { map: memmap2::Mmap, slot: Option<Watched> },
    Read(Vec<u8>),
}

impl Mapping {
    /// Maps the whole of `file`, which must not be empty.
    ///
    /// # Errors
    /// The system's, where it can neither map the file nor read it into memory.
    pub fn new(file: &File) -> io::Result<Mapping> {
        Mapping::advised(file, Access::InOrder)
    }

    /// As [`Mapping::new`], for reading here and there.
    ///
    /// # Errors
    /// As [`Mapping::new`].
    pub fn random(file: &File) -> io::Result<Mapping> {
        Mapping::advised(file, Access::Scattered)
    }

    fn advised(file: &File, access: Access) -> io::Result<Mapping> {
        // SAFETY: see "What is mapped, and why that is sound" above.
        let Ok(map) = (unsafe { memmap2::Mmap::map(file) }) else { return Mapping::read(file) };
        match guard::watch(map.as_ptr() as usize, map.len(), guard::SLOTS) {
            Ok(slot) => {
                let mapping = Mapping(Bytes::Mapped { map, slot });
                mapping.expect(access);
                Ok(mapping)
            }
            Err(guard::TableFull) => Mapping::read(file),
        }
    }

    /// The same bytes in memory of our own.
    fn read(mut file: &File) -> io::Result<Mapping> {
        file.rewind()?;
        let length = usize::try_from(file.metadata()?.len()).unwrap_or(usize::MAX);
        let mut bytes = Vec::new();
        bytes.try_reserve_exact(length).map_err(|_| io::Error::from(io::ErrorKind::OutOfMemory))?;
        file.take(length as u64).read_to_end(&mut bytes)?;
        Ok(Mapping(Bytes::Read(bytes)))
    }

    /// Says how the bytes are read from here on.
    pub fn expect(&self, access: Access) {
        #[cfg(unix)]
        if let Bytes::Mapped { map, .. } = &self.0 {
            // Whoever does not take advice reads as it does.
            let _ = map.advise(access.advice());
        }
    }

    /// Has the system read these bytes while others are worked on.
    pub fn prefetch(&self, at: usize, count: usize) {
        #[cfg(unix)]
        if let Bytes::Mapped { map, .. } = &self.0 {
            let _ = map.advise_range(memmap2::Advice::WillNeed, at, count);
        }
    }

    /// Whether every byte read so far was the file's. Once false, false for ever.
    pub fn is_intact(&self) -> bool {
        match &self.0 {
            Bytes::Mapped { slot, .. } => slot.as_ref().is_none_or(Watched::is_intact),
            Bytes::Read(_) => true,
        }
    }
}

impl AsRef<[u8]> for Mapping {
    fn as_ref(&self) -> &[u8] {
        match &self.0 {
            Bytes::Mapped { map, .. } => map,
            Bytes::Read(bytes) => bytes,
        }
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // Before the mapping itself goes, so that the handler never touches pages that are no longer ours.
        if let Bytes::Mapped { slot, .. } = &mut self.0 {
            *slot = None;
        }
    }
}

/// A file that somebody else may write, mapped: its bytes are copied out, and never lent.
#[derive(Debug)]
pub struct Shared {
    /// Before the mapping, so that it is dropped first: the handler never touches pages that are no longer ours.
    slot: Option<Watched>,
    map: memmap2::MmapRaw,
}

impl Shared {
    /// Maps the whole of `file`, which must not be empty; none where the system, or the table of mappings, has no room.
    pub fn new(file: &File) -> Option<Shared> {
        let map = memmap2::MmapOptions::new().map_raw_read_only(file).ok()?;
        let slot = guard::watch(map.as_ptr() as usize, map.len(), guard::SHARED_SLOTS).ok()?;
        let shared = Shared { slot, map };
        shared.expect(Access::InOrder);
        Some(shared)
    }

    /// As [`Mapping::expect`].
    pub fn expect(&self, access: Access) {
        #[cfg(unix)]
        let _ = self.map.advise(access.advice());
    }

    /// As [`Mapping::prefetch`].
    pub fn prefetch(&self, at: usize, count: usize) {
        #[cfg(unix)]
        let _ = self.map.advise_range(memmap2::Advice::WillNeed, at, count);
    }

    /// Appends `count` of the file's bytes from `at` on; false, and nothing to be used, where the file has not all of them, or
    /// no longer.
    pub fn append(&self, at: usize, count: usize, out: &mut Vec<u8>) -> bool {
        if at.checked_add(count).is_none_or(|end| end > self.map.len()) {
            return false;
        }
        out.reserve(count);
        let (from, to) = (self.map.as_ptr().wrapping_add(at), out.spare_capacity_mut().as_mut_ptr());
        // SAFETY: the range is within the mapping, as was just asked; room for as many bytes was just made, in memory of ours
        // that the mapping cannot overlap; all of them are written before they count. No reference to the mapping is made.
        unsafe {
            std::ptr::copy_nonoverlapping(from, to.cast::<u8>(), count);
            out.set_len(out.len() + count);
        }
        self.slot.as_ref().is_none_or(Watched::is_intact)
    }
}

/// A slot that is taken, until this is dropped.
#[derive(Debug)]
struct Watched(&'static WatchSlot);

impl Watched {
    fn is_intact(&self) -> bool {
        !self.0.damaged.load(Ordering::Acquire)
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.0.len.store(0, Ordering::SeqCst);
        self.0.start.store(0, Ordering::SeqCst);
        self.0.taken.store(false, Ordering::SeqCst);
    }
}

/// One live mapping, as the signal handler sees it: atomics only, so that reading them is signal-safe.
#[derive(Debug)]
struct WatchSlot {
    taken: AtomicBool,
    damaged: AtomicBool,
    start: AtomicUsize,
    len: AtomicUsize,
}

#[cfg(unix)]
mod guard {
    use super::*;
    use std::sync::OnceLock;

    /// Mappings at once: the spilled inputs and the segments of an index, which are few. Files beyond are read into memory.
    pub(super) const SLOTS: usize = 1024;

    /// Those of them that files of others may have: what is spilled and segments find room in any case.
    pub(super) const SHARED_SLOTS: usize = 768;

    /// No slot is free.
    pub(super) struct TableFull;

    static TABLE: [WatchSlot; SLOTS] = [const {
        WatchSlot {
            taken: AtomicBool::new(false),
            damaged: AtomicBool::new(false),
            start: AtomicUsize::new(0),
            len: AtomicUsize::new(0),
        }
    }; SLOTS];

    struct Previous(libc::sigaction);
    static PREVIOUS: OnceLock<Previous> = OnceLock::new();

    /// Takes one of the first `slots`.
    pub(super) fn watch(start: usize, len: usize, slots: usize) -> Result<Option<Watched>, TableFull> {
        install();
        let slot =
            TABLE[..slots].iter().find(|slot| !slot.taken.swap(true, Ordering::SeqCst)).ok_or(TableFull)?;
        slot.damaged.store(false, Ordering::SeqCst);
        slot.start.store(start, Ordering::SeqCst);
        slot.len.store(len, Ordering::SeqCst);
        Ok(Some(Watched(slot)))
    }

    fn install() {
        PREVIOUS.get_or_init(|| {
            // SAFETY: `sigaction` is plain data for which zero is valid; the handler has the signature that
            // SA_SIGINFO asks for, touches atomics and calls `mmap`, `sigaction` and `raise` only.
            unsafe {
                let mut previous: libc::sigaction = std::mem::zeroed();
                let mut action: libc::sigaction = std::mem::zeroed();
                action.sa_sigaction = on_bus_error as extern "C" fn(_, _, _) as usize;
                action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
                libc::sigemptyset(&mut action.sa_mask);
                libc::sigaction(libc::SIGBUS, &action, &mut previous);
                Previous(previous)
            }
        });
    }

    /// Keeps `errno` as it was: the code that was interrupted may be about to ask it.
    extern "C" fn on_bus_error(signal: i32, info: *mut libc::siginfo_t, context: *mut libc::c_void) {
        let errno = io::Error::last_os_error().raw_os_error().unwrap_or_default();
        handle(signal, info, context);
        set_errno(errno);
    }

    fn set_errno(errno: i32) {
        #[cfg(target_os = "linux")]
        // SAFETY: it points to this thread's own, for as long as the thread is.
        unsafe {
            *libc::__errno_location() = errno;
        }
        #[cfg(not(target_os = "linux"))]
        let _ = errno;
    }

    fn handle(signal: i32, info: *mut libc::siginfo_t, _context: *mut libc::c_void) {
        // SAFETY: with SA_SIGINFO the kernel passes a valid `siginfo_t`.
        let address = unsafe { (*info).si_addr() } as usize;
        for slot in &TABLE {
            let (start, len) = (slot.start.load(Ordering::SeqCst), slot.len.load(Ordering::SeqCst));
            if address >= start && address - start < len {
                slot.damaged.store(true, Ordering::SeqCst);
                // SAFETY: `_SC_PAGESIZE` is a plain query.
                let page = unsafe { libc::sysconf(libc::_SC_PAGESIZE) } as usize;
                let from = address / page * page;
                // SAFETY: the range is the rest of a live mapping of ours: its last page belongs to it whole.
                let mapped = unsafe {
                    libc::mmap(
                        from as *mut libc::c_void,
                        (start + len).next_multiple_of(page) - from,
                        libc::PROT_READ,
                        libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_FIXED,
                        -1,
                        0,
                    )
                };
                if mapped != libc::MAP_FAILED {
                    return;
                }
            }
        }
        // Not ours: restore what was there, and let the faulting instruction raise the signal again.
        if let Some(previous) = PREVIOUS.get() {
            // SAFETY: `previous` came from `sigaction`.
            unsafe { libc::sigaction(signal, &previous.0, std::ptr::null_mut()) };
        }
    }
}

#[cfg(not(unix))]
mod guard {
    pub(super) const SLOTS: usize = 0;
    pub(super) const SHARED_SLOTS: usize = 0;

    pub(super) struct TableFull;

    pub(super) fn watch(
        _start: usize,
        _len: usize,
        _slots: usize,
    ) -> Result<Option<super::Watched>, TableFull> {
        Ok(None)
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::io::Write;
    use std::sync::{Mutex, MutexGuard, PoisonError};

    /// One of these tests takes all slots of the table: the others want some, and wait.
    fn alone() -> MutexGuard<'static, ()> {
        static ALONE: Mutex<()> = Mutex::new(());
        ALONE.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Finding 25: beyond the table's end a file that shrank ended the process.
    #[test]
    fn no_mapping_is_unguarded_however_many_there_are() {
        let _alone = alone();
        let mut file = tempfile::tempfile().expect("a temporary file");
        file.write_all(&vec![b'x'; 1 << 16]).expect("written");
        let all: Vec<Mapping> =
            (0..guard::SLOTS + 10).map(|_| Mapping::new(&file).expect("mapped or read")).collect();
        file.set_len(4096).expect("truncated");
        for mapping in &all {
            let last = mapping.as_ref()[(1 << 16) - 1];
            assert!(last == b'x' && mapping.is_intact() || last == 0 && !mapping.is_intact());
        }
        assert!(all.iter().any(|mapping| matches!(mapping.0, Bytes::Read(_))));
    }

    /// Finding 24.
    #[test]
    fn what_is_copied_is_ours() {
        let _alone = alone();
        let mut file = tempfile::tempfile().expect("a temporary file");
        file.write_all(&vec![b'x'; 1 << 20]).expect("written");
        let shared = Shared::new(&file).expect("mapped");
        let mut copy = b"a".to_vec();
        assert!(shared.append(5, 10, &mut copy));
        file.rewind().expect("at the beginning");
        file.write_all(&[b'y'; 100]).expect("written");
        assert_eq!(copy, b"axxxxxxxxxx");
        copy.clear();
        assert!(shared.append(95, 10, &mut copy) && copy == b"yyyyyxxxxx");
        file.set_len(4096).expect("truncated");
        assert!(shared.append(0, 10, &mut copy), "what is left is left");
        assert!(!shared.append(1 << 20, 1, &mut copy), "beyond the end there is nothing");
        assert!(!shared.append((1 << 20) - 10, 10, &mut copy));
        assert!(!shared.append(0, 10, &mut copy), "once false, false for ever");
    }

    #[test]
    fn a_file_that_shrinks_gives_zeros_and_is_no_longer_intact() {
        let _alone = alone();
        let mut file = tempfile::tempfile().expect("a temporary file");
        file.write_all(&vec![b'x'; 1 << 20]).expect("written");
        let (mapping, other) = (Mapping::new(&file).expect("mapped"), Mapping::new(&file).expect("mapped"));
        assert_eq!(mapping.as_ref()[(1 << 20) - 1], b'x');
        assert!(mapping.is_intact());
        file.set_len(4096).expect("truncated");
        assert_eq!(mapping.as_ref()[0], b'x');
        assert_eq!(mapping.as_ref()[1 << 19], 0);
        assert_eq!(mapping.as_ref()[(1 << 20) - 1], 0);
        assert!(!mapping.is_intact());
        assert!(other.is_intact(), "nobody read beyond the end of the other one");
    }
}
