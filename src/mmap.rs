//! The only file-mapping code: a read-only [`Mapping`] that is `AsRef<[u8]>`.
//!
//! # A file that shrinks while it is mapped
//!
//! Touching a mapped page beyond the file's new end raises SIGBUS, which by default kills the process. The
//! first mapping installs a SIGBUS handler that looks the address up in a table of live mappings. If it is in
//! one, the handler maps zero pages over that mapping from the faulting page to its end and marks it, and the
//! read goes on with zeros; if not, the handler that was there before is called. Whoever read must ask
//! [`Mapping::is_intact`] before using what was read: a scan asks once a piece and once a verification batch,
//! and reports the file as changed. On systems other than Unix nothing is installed: the file cannot be
//! truncated there while it is mapped.
//!
//! # Why mapping is sound here
//!
//! A `&[u8]` over a file that another process writes is not immutable, which Rust's rules ask of it. Every
//! user of a mapping treats the bytes as untrusted input, parses them with bounds checks, and validates UTF-8
//! on the bytes that it then uses within a copy or at once; a change between passes is found by comparing
//! hashes. This is the compromise that ripgrep and others make, and it should be treated as suspect.
#![allow(unsafe_code)]

use std::fs::File;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// A file's bytes, mapped read-only.
#[derive(Debug)]
pub struct Mapping {
    map: memmap2::Mmap,
    slot: Option<&'static Slot>,
}

impl Mapping {
    /// Maps the whole of `file`, which must not be empty.
    ///
    /// # Errors
    /// The system's, where it cannot map.
    pub fn new(file: &File) -> io::Result<Mapping> {
        Mapping::advised(file, memmap2::Advice::Sequential)
    }

    /// As [`Mapping::new`], for reading here and there.
    ///
    /// # Errors
    /// The system's, where it cannot map.
    pub fn random(file: &File) -> io::Result<Mapping> {
        Mapping::advised(file, memmap2::Advice::Random)
    }

    fn advised(file: &File, advice: memmap2::Advice) -> io::Result<Mapping> {
        // SAFETY: see "Why mapping is sound here" above.
        let map = unsafe { memmap2::Mmap::map(file)? };
        #[cfg(unix)]
        let _ = map.advise(advice);
        let slot = guard::watch(map.as_ptr() as usize, map.len());
        Ok(Mapping { map, slot })
    }

    /// Whether every byte read so far was the file's. Once false, false for ever.
    pub fn is_intact(&self) -> bool {
        self.slot.is_none_or(|slot| !slot.damaged.load(Ordering::Acquire))
    }
}

impl AsRef<[u8]> for Mapping {
    fn as_ref(&self) -> &[u8] {
        &self.map
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        if let Some(slot) = self.slot {
            // Emptied before `map` is dropped, so the handler never touches pages that are no longer ours.
            slot.len.store(0, Ordering::SeqCst);
            slot.start.store(0, Ordering::SeqCst);
            slot.taken.store(false, Ordering::SeqCst);
        }
    }
}

/// One live mapping, as the signal handler sees it: atomics only, so that reading them is signal-safe.
#[derive(Debug)]
struct Slot {
    taken: AtomicBool,
    damaged: AtomicBool,
    start: AtomicUsize,
    len: AtomicUsize,
}

#[cfg(unix)]
mod guard {
    use super::*;
    use std::sync::OnceLock;

    /// Mappings beyond this number are not guarded; big files are few, small ones are read and not mapped.
    const SLOTS: usize = 1024;

    static TABLE: [Slot; SLOTS] = [const {
        Slot {
            taken: AtomicBool::new(false),
            damaged: AtomicBool::new(false),
            start: AtomicUsize::new(0),
            len: AtomicUsize::new(0),
        }
    }; SLOTS];

    struct Previous(libc::sigaction);
    static PREVIOUS: OnceLock<Previous> = OnceLock::new();

    pub(super) fn watch(start: usize, len: usize) -> Option<&'static Slot> {
        install();
        let slot = TABLE.iter().find(|slot| !slot.taken.swap(true, Ordering::SeqCst))?;
        slot.damaged.store(false, Ordering::SeqCst);
        slot.start.store(start, Ordering::SeqCst);
        slot.len.store(len, Ordering::SeqCst);
        Some(slot)
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

    extern "C" fn on_bus_error(signal: i32, info: *mut libc::siginfo_t, _context: *mut libc::c_void) {
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
    pub(super) fn watch(_start: usize, _len: usize) -> Option<&'static super::Slot> {
        None
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn a_file_that_shrinks_gives_zeros_and_is_no_longer_intact() {
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
