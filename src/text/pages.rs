//! A table over all characters, of which only what is met is filled.

use std::sync::OnceLock;

/// What is known of every character, in pages of 256. A page is filled when the first of its characters is met: there is no
/// generated data to go stale, and a run over English fills three or four pages.
#[derive(Debug)]
pub(crate) struct Pages<P>([OnceLock<Box<P>>; 0x1100]);

impl<P> Pages<P> {
    /// A table in which nothing is filled.
    pub const fn new() -> Pages<P> {
        Pages([const { OnceLock::new() }; 0x1100])
    }

    /// The page that a character stands in, at the place of its low 8 bits. `fill` makes the page of a number: of the
    /// characters that begin with it.
    #[inline]
    pub fn of(&self, c: char, fill: impl FnOnce(u32) -> P) -> &P {
        let number = c as u32 >> 8;
        self.0[number as usize].get_or_init(|| Box::new(fill(number)))
    }
}
