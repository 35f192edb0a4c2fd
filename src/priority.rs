//! Which threads go first where the processors do not do for all.

/// How far a thread steps back: it has a third of the processor's time that others have, where there is not enough for both, and one
/// of them that wakes goes first. What a thread starts that gave way stands as far behind, and twice as far if it gives way too.
#[cfg(target_os = "linux")]
const BEHIND: i32 = 5;

/// Lets other threads go before this one, and those that it starts. Elsewhere than on Linux a thread has no rank of its own.
pub(crate) fn give_way() {
    #[cfg(target_os = "linux")]
    // That a system refuses it is no harm.
    let _ = rustix::process::nice(BEHIND);
}
