//! Threads that work through a batch, each with memory of its own.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use rayon::prelude::*;

use crate::error::Result;

/// The threads of a filter. Several may give them work at once.
#[derive(Debug, Clone)]
pub(super) struct Pool(Arc<rayon::ThreadPool>);

impl Pool {
    pub fn new(threads: rayon::ThreadPool) -> Pool {
        Pool(Arc::new(threads))
    }

    pub fn threads(&self) -> usize {
        self.0.current_num_threads()
    }

    pub fn install<T: Send>(&self, work: impl FnOnce() -> T + Send) -> T {
        self.0.install(work)
    }

    /// Calls `work` for 0 to `count`, on all threads, each with its memory; results are in order. There is memory for
    /// one thread at least.
    pub fn each<M: Send, T: Send>(
        &self,
        memory: &[Mutex<M>],
        count: usize,
        work: impl Fn(&mut M, usize) -> Result<T> + Sync,
    ) -> Result<Vec<T>> {
        if count == 1 {
            // Waking threads takes longer than one document does.
            let mut own = memory[0].lock().unwrap_or_else(PoisonError::into_inner);
            return Ok(vec![work(&mut own, 0)?]);
        }
        let next = AtomicUsize::new(0);
        let next = &next;
        let of_thread = |memory: &Mutex<M>| {
            let mut memory = memory.lock().unwrap_or_else(PoisonError::into_inner);
            let mut own = Vec::new();
            loop {
                let i = next.fetch_add(1, Ordering::Relaxed);
                if i >= count {
                    return own;
                }
                own.push((i, work(&mut memory, i)));
            }
        };
        let parts: Vec<Vec<(usize, Result<T>)>> = self.install(|| memory.par_iter().map(of_thread).collect());
        let mut all: Vec<(usize, Result<T>)> = parts.into_iter().flatten().collect();
        all.sort_unstable_by_key(|one| one.0);
        all.into_iter().map(|(_, result)| result).collect()
    }
}
