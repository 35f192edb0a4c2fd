//! The texts of a run's documents, read again when they are wanted.

use std::cell::RefCell;

use super::read::Documents;
use crate::corpus::{Corpus, Fields, Scratch};
use crate::error::Reason;
use crate::kernel::Kernel;
use crate::mmap::Access;
use crate::options::{Progress, Resources, Work};

/// Access to the text of every document.
pub(crate) struct Texts<'a> {
    pub corpus: &'a Corpus,
    pub documents: &'a Documents,
    pub kernel: Kernel,
    /// Where what is read is counted.
    pub progress: &'a Progress,
    /// Bytes that the run may hold, where that is bounded.
    memory: Option<u64>,
    /// Whether the system cannot hold all of the corpus, so that what is read again comes from disk again.
    is_large: bool,
}

/// One part in so many of a run's memory is for documents that are loaded.
const LOADED: u64 = 4;

/// Bytes of a record, at most, whose memory a thread keeps for the next one: larger ones are rare, and dear to keep.
const KEPT: usize = 16 << 20;

thread_local! {
    static MEMORY: RefCell<Option<(Vec<u8>, Scratch)>> = RefCell::default();
}

impl<'a> Texts<'a> {
    /// The texts of a corpus whose documents were read.
    pub fn new(corpus: &'a Corpus, documents: &'a Documents, resources: &'a Resources) -> Texts<'a> {
        Texts {
            corpus,
            documents,
            kernel: resources.kernel,
            progress: &resources.progress,
            memory: resources.memory,
            is_large: corpus.is_larger_than_memory(),
        }
    }

    /// The same as if the system could not hold all of the corpus.
    #[cfg(test)]
    pub fn larger_than_memory(self) -> Texts<'a> {
        Texts { is_large: true, ..self }
    }

    /// Says how texts are read from here on, which makes a difference where the corpus is larger than memory.
    pub fn expect(&self, access: Access) {
        if self.is_large {
            self.corpus.expect(access);
        }
    }

    /// Has the system read documents from disk while others are worked on, where the corpus is larger than memory.
    pub fn prefetch(&self, documents: impl IntoIterator<Item = u32>) {
        if self.is_large {
            let locations = documents.into_iter().map(|d| self.documents.entries[d as usize].location);
            locations.for_each(|location| self.corpus.prefetch(location));
        }
    }

    /// Tokens of loaded documents that a thread keeps: `most`, or fewer, of `bytes` each, where memory is bounded.
    pub fn kept(&self, most: usize, bytes: usize) -> usize {
        let Some(memory) = self.memory else { return most };
        let of_thread = memory / LOADED / rayon::current_num_threads() as u64;
        most.min(usize::try_from(of_thread).unwrap_or(usize::MAX) / bytes)
    }

    /// Pairs that are judged at once, each of which takes `bytes` until then: all, or fewer where memory is bounded.
    pub fn at_once(&self, bytes: u64) -> usize {
        let pairs = self.memory.map_or(usize::MAX as u64, |memory| memory / LOADED / bytes);
        usize::try_from(pairs).unwrap_or(usize::MAX).max(1)
    }

    /// Calls `with` with the document's text: the same bytes at any time, or the reason why not.
    pub fn get<T>(&self, document: u32, with: impl FnOnce(&str) -> T) -> Result<T, Reason> {
        self.get_with_fields(document, |text, _| with(text))
    }

    /// As [`Texts::get`], with the record's other fields.
    pub fn get_with_fields<T>(
        &self,
        document: u32,
        with: impl FnOnce(&str, &Fields<'_>) -> T,
    ) -> Result<T, Reason> {
        let entry = &self.documents.entries[document as usize];
        self.progress.add(Work { documents: 1, tokens: entry.tokens.into(), ..Work::default() });
        // Taken and not borrowed: `with` may come back here.
        let memory = MEMORY.take();
        let (mut bytes, mut scratch) = memory.unwrap_or_else(|| (Vec::new(), Scratch::new(self.kernel)));
        let result = match self.corpus.fields(entry.location, &mut bytes) {
            Ok(fields) => {
                let text = fields.text.decode(&mut scratch).text;
                if entry.is_of(text, self.corpus) { Ok(with(text, &fields)) } else { Err(Reason::Changed) }
            }
            Err(reason) => Err(reason),
        };
        // The largest text is not kept by every thread that met it.
        MEMORY.set((bytes.capacity() <= KEPT).then_some((bytes, scratch)));
        result
    }
}
