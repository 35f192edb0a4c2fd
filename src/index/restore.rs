//! Writing a damaged segment again as it was, where that can be shown.

use std::collections::HashMap;

use xxhash_rust::xxh3::xxh3_64;

use super::format::SegmentEntry;
use super::mend::flip;
use super::pages::PagedFile;
use super::segment::{Segment, segment_header, segment_name};
use super::store::{Store, append_all};
use super::{SEGMENT_TMP, failed};
use crate::error::{ErrorKind, Result};

/// Mends a segment of which bits flipped, or whose sums or footer are damaged or gone: where it can be shown what was written,
/// the file is written again, as it was, and takes the place of the damaged one.
///
/// # Errors
/// The store's.
pub(super) fn restore(store: &dyn Store, entry: &SegmentEntry) -> Result<()> {
    let Ok(segment) = Segment::open_damaged(store, entry.number, entry.footer) else { return Ok(()) };
    let Some(mut mended) = Mended::of(segment.pages()) else { return Ok(()) };
    if hash_of(&mended.sums) != segment.footer().sums_hash {
        (0..segment.pages().count()).for_each(|page| mended.mend(segment.pages(), page, entry.number));
    }
    mended.write(store, &segment)
}

fn hash_of(sums: &[u64]) -> u64 {
    xxh3_64(&sums.iter().flat_map(|sum| sum.to_le_bytes()).collect::<Vec<u8>>())
}

/// What is to be written in place of a damaged segment.
struct Mended {
    /// Pages that were not what was written.
    pages: HashMap<usize, Vec<u8>>,
    /// The sum of every page: its own, unless another one is right.
    sums: Vec<u64>,
}

impl Mended {
    /// Of a file that has all of its pages; its sums are made anew.
    fn of(pages: &PagedFile) -> Option<Mended> {
        let bytes = |page: usize| pages.blob().as_ref().get(pages.page(page));
        let sums = (0..pages.count()).map(|page| bytes(page).map(xxh3_64)).collect::<Option<_>>()?;
        Some(Mended { pages: HashMap::new(), sums })
    }

    /// Finds out what stood in a page, if that is not what its sum says.
    fn mend(&mut self, pages: &PagedFile, page: usize, number: u64) {
        let Some(sum) = pages.sum(page) else { return };
        // A bit of the sum flipped, and none of the page.
        if (sum ^ self.sums[page]).count_ones() <= 1 {
            return;
        }
        self.sums[page] = sum;
        let Some(mut bytes) = pages.blob().as_ref().get(pages.page(page)).map(<[u8]>::to_vec) else { return };
        let is_it = |bytes: &[u8]| (xxh3_64(bytes) == sum).then_some(());
        let header = segment_header(number);
        if page == 0 && bytes.len() >= header.len() {
            let was = bytes[..header.len()].to_vec();
            bytes[..header.len()].copy_from_slice(&header);
            if is_it(&bytes).is_some() {
                self.pages.insert(page, bytes);
                return;
            }
            bytes[..was.len()].copy_from_slice(&was);
        }
        let len = bytes.len();
        if flip(&mut bytes, 0..len, &is_it).is_some() {
            self.pages.insert(page, bytes);
        }
    }

    /// Writes the segment anew, where that changes anything.
    fn write(self, store: &dyn Store, segment: &Segment) -> Result<()> {
        let (pages, footer) = (segment.pages(), segment.footer());
        let mut tail: Vec<u8> = self.sums.iter().flat_map(|sum| sum.to_le_bytes()).collect();
        tail.extend_from_slice(&footer.encode(segment.entry.number).0);
        let old = pages.blob().as_ref();
        if self.pages.is_empty() && old.get(footer.sums as usize..) == Some(&tail[..]) {
            return Ok(());
        }
        let write = || {
            store.create(SEGMENT_TMP)?;
            for page in 0..pages.count() {
                let bytes = self.pages.get(&page).map(Vec::as_slice).or_else(|| old.get(pages.page(page)));
                append_all(store, SEGMENT_TMP, bytes.unwrap_or_default())?;
            }
            append_all(store, SEGMENT_TMP, &tail)?;
            store.sync(SEGMENT_TMP)?;
            store.sync_directory()?;
            store.rename(SEGMENT_TMP, &segment_name(segment.entry.number))?;
            store.sync_directory()
        };
        write().map_err(|e| failed(store, SEGMENT_TMP, ErrorKind::Write, e))
    }
}
