//! Text to tokens: the one tokeniser.
//!
//! The normal form of a text is NFKC_Casefold; a token is a maximal run of letters, marks and numbers of it,
//! and in scripts without spaces one character with its marks. ASCII goes through [`crate::kernel`] 64 bytes
//! at a time; the rest through a state machine over per-character classes (`fold.rs`), which hands the few
//! stretches where normalisation reaches across characters to the plain definition ([`mod@reference`]). All
//! three give the same tokens, and property tests hold them to it. What readers do not tell apart in them is
//! [`spelling`].

mod fold;
pub(crate) mod pages;
pub mod reference;
pub mod spelling;

use std::ops::Range;

use crate::kernel::{self, Kernel, TokenBuffer};
use fold::{CharClass, Class};

/// The tokens of one text. Made for reuse: [`Tokens::read`] replaces what it held and keeps its memory.
#[derive(Debug)]
pub struct Tokens {
    kernel: Kernel,
    buffer: TokenBuffer,
    ranges: Option<Ranges>,
    /// Numbers of the tokens with a character that may be spelled otherwise, ascending.
    respelled: Vec<u32>,
}

/// Byte ranges in the text, beside the starts and ends in the folded text.
#[derive(Debug, Default)]
struct Ranges {
    starts: Vec<u32>,
    ends: Vec<u32>,
}

/// The tokens of a text, as everything measures them.
///
/// ```
/// assert_eq!(wirecopy::tokens("The quay's CLOSED"), ["the", "quay", "s", "closed"]);
/// ```
pub fn tokens(text: &str) -> Vec<String> {
    let mut tokens = Tokens::new(Kernel::detect());
    tokens.read(text);
    tokens.iter().map(str::to_owned).collect()
}

impl Tokens {
    /// No tokens yet. `kernel` changes only the speed.
    pub fn new(kernel: Kernel) -> Tokens {
        Tokens { kernel, buffer: TokenBuffer::default(), ranges: None, respelled: Vec::new() }
    }

    /// As [`Tokens::new`], and every token will know its byte range in the text.
    pub fn with_ranges(kernel: Kernel) -> Tokens {
        Tokens { ranges: Some(Ranges::default()), ..Tokens::new(kernel) }
    }

    /// Tokenises `text`, at most 4 GiB less one byte, in time linear in its length.
    ///
    /// # Panics
    /// On a longer text; readers refuse such records.
    pub fn read(&mut self, text: &str) {
        assert!(u32::try_from(text.len()).is_ok(), "a text has less than 4 GiB");
        self.buffer.clear();
        self.respelled.clear();
        if let Some(ranges) = &mut self.ranges {
            ranges.starts.clear();
            ranges.ends.clear();
        }
        let bytes = text.as_bytes();
        let mut at = 0;
        loop {
            let (from, folded) = (at, self.buffer.folded_len);
            at = kernel::ascii(self.kernel, bytes, at, &mut self.buffer);
            self.note_ranges(from.wrapping_sub(folded));
            if at == bytes.len() {
                break;
            }
            at = Machine::new(self, text, at).run();
        }
        if self.buffer.open() {
            self.close(text.len());
        }
    }

    /// How many tokens there are.
    pub fn len(&self) -> usize {
        self.buffer.ended
    }

    /// Whether there is no token.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The normalised text of token `i`.
    pub fn get(&self, i: usize) -> &str {
        let range = self.buffer.starts[i] as usize..self.buffer.ends[i] as usize;
        std::str::from_utf8(&self.buffer.folded[range]).unwrap_or_default()
    }

    /// The normalised UTF-8 of token `i`.
    pub fn bytes(&self, i: usize) -> &[u8] {
        &self.buffer.folded[self.buffer.starts[i] as usize..self.buffer.ends[i] as usize]
    }

    /// The folded text, and where in it each token starts and ends.
    pub(crate) fn folded(&self) -> (&[u8], &[u32], &[u32]) {
        let TokenBuffer { folded, folded_len, starts, ends, ended, .. } = &self.buffer;
        (&folded[..*folded_len], &starts[..*ended], &ends[..*ended])
    }

    /// Where in the text each token starts and ends; empty unless made by [`Tokens::with_ranges`].
    pub(crate) fn all_ranges(&self) -> (&[u32], &[u32]) {
        self.ranges.as_ref().map_or((&[], &[]), |ranges| (&ranges.starts, &ranges.ends))
    }

    /// Numbers of the tokens that may be spelled otherwise than they are printed, ascending.
    fn respelled(&self) -> &[u32] {
        &self.respelled
    }

    /// The tokens' normalised texts, in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &str> {
        (0..self.len()).map(|i| self.get(i))
    }

    /// The byte range of token `i` in the text; `None` unless made by [`Tokens::with_ranges`]. Where one
    /// character gave several tokens (`½`), each has the range of that character.
    pub fn range(&self, i: usize) -> Option<Range<usize>> {
        let ranges = self.ranges.as_ref()?;
        Some(ranges.starts[i] as usize..ranges.ends[i] as usize)
    }

    /// Writes the hash of every token to `out`, which may be longer than there are tokens.
    pub(crate) fn hashes<'a>(&self, out: &'a mut Vec<u64>) -> &'a [u64] {
        kernel::token_hashes(self.kernel, &self.buffer, out);
        &out[..self.len()]
    }

    /// Whether both hold the same tokens in the same order.
    pub fn same_as(&self, other: &Tokens) -> bool {
        self.len() == other.len() && self.iter().eq(other.iter())
    }

    /// Ranges of what the ASCII loop started and closed, all at one distance from their folded places.
    fn note_ranges(&mut self, distance: usize) {
        let Some(ranges) = &mut self.ranges else { return };
        let place = |&folded: &u32| (folded as usize).wrapping_add(distance) as u32;
        let (starts, ends) = (ranges.starts.len(), ranges.ends.len());
        ranges.starts.extend(self.buffer.starts[starts..self.buffer.started].iter().map(place));
        ranges.ends.extend(self.buffer.ends[ends..self.buffer.ended].iter().map(place));
    }

    fn start(&mut self, at: usize) {
        self.buffer.start();
        if let Some(ranges) = &mut self.ranges {
            ranges.starts.push(at as u32);
        }
    }

    fn close(&mut self, at: usize) {
        self.buffer.close();
        if let Some(ranges) = &mut self.ranges {
            ranges.ends.push(at as u32);
        }
    }
}

/// The state machine for text that is not ASCII, from one such character to the next stretch of ASCII.
struct Machine<'a> {
    tokens: &'a mut Tokens,
    text: &'a str,
    at: usize,
    /// Where the last appended character ended in the text: where an open token would end.
    end: usize,
    /// Whether the open token is one character of a script without spaces, which takes marks only.
    single: bool,
    /// Combining class of the last appended character.
    class: u8,
    /// The state before the last character that nothing before it can combine with.
    boundary: Boundary,
}

#[derive(Clone, Copy)]
struct Boundary {
    at: usize,
    end: usize,
    folded: usize,
    started: usize,
    ended: usize,
    single: bool,
}

/// This much ASCII in a row goes back to the fast loop.
const ASCII_RUN: usize = 16;

impl<'a> Machine<'a> {
    fn new(tokens: &'a mut Tokens, text: &'a str, at: usize) -> Machine<'a> {
        let buffer = &tokens.buffer;
        let mut boundary = Boundary {
            at,
            end: at,
            folded: buffer.folded_len,
            started: buffer.started,
            ended: buffer.ended,
            single: false,
        };
        if at > 0 {
            // A mark here would combine with the ASCII character before: that is where normalisation that
            // begins here has to begin. A separator stays closed: none combines into a letter.
            boundary.at -= 1;
            boundary.folded -= 1;
            if buffer.open() && buffer.starts[buffer.started - 1] as usize == boundary.folded {
                boundary.started -= 1;
            }
            boundary.end = boundary.at;
        }
        Machine { tokens, text, at, end: at, single: false, class: 0, boundary }
    }

    /// Runs to the next stretch of ASCII or the end; returns where that is.
    fn run(mut self) -> usize {
        while let Some(c) = self.next_character() {
            let after = self.at + c.len_utf8();
            let class = fold::class(c);
            match class.kind() {
                CharClass::Ignored => {}
                CharClass::Normalise => {
                    if class.combining() == 0 {
                        self.mark_boundary();
                    }
                    self.normalise();
                    continue;
                }
                CharClass::Mark | CharClass::SingleMark
                    if class.combining() != 0 && class.combining() < self.class =>
                {
                    self.normalise();
                    continue;
                }
                kind => {
                    if !matches!(kind, CharClass::Mark | CharClass::SingleMark) {
                        self.mark_boundary();
                    }
                    self.take(class, c, self.at..after);
                }
            }
            self.at = after;
        }
        if self.single {
            self.close();
        }
        self.at
    }

    /// The next character, unless the text ends or a stretch of ASCII begins.
    fn next_character(&self) -> Option<char> {
        let rest = &self.text.as_bytes()[self.at..];
        let ascii = rest.iter().take(ASCII_RUN).take_while(|b| b.is_ascii()).count();
        if ascii == rest.len() || ascii == ASCII_RUN {
            return None;
        }
        self.text[self.at..].chars().next()
    }

    fn mark_boundary(&mut self) {
        let buffer = &self.tokens.buffer;
        self.boundary = Boundary {
            at: self.at,
            end: self.end,
            folded: buffer.folded_len,
            started: buffer.started,
            ended: buffer.ended,
            single: self.single,
        };
    }

    /// Appends the image of one character, which stands at `from` in the text.
    fn take(&mut self, class: Class, c: char, from: Range<usize>) {
        self.class = class.combining();
        match class.kind() {
            CharClass::Separator => self.close(),
            CharClass::Word => {
                self.open_word(from.start);
                self.append(class.image(c), from.end);
            }
            CharClass::Words => {
                self.open_word(from.start);
                for image in fold::images(c).chars() {
                    self.append(image, from.end);
                }
            }
            CharClass::Single => {
                self.open_single(from.start);
                self.append(class.image(c), from.end);
            }
            CharClass::Mark => {
                if !self.tokens.buffer.open() {
                    self.tokens.start(from.start);
                }
                self.append(class.image(c), from.end);
            }
            CharClass::SingleMark => {
                if !self.single {
                    self.open_single(from.start);
                }
                self.append(class.image(c), from.end);
            }
            CharClass::Ignored | CharClass::Normalise => {}
        }
    }

    /// Makes sure that a token which takes letters is open.
    fn open_word(&mut self, at: usize) {
        if self.single {
            self.close();
        }
        if !self.tokens.buffer.open() {
            self.tokens.start(at);
        }
    }

    fn open_single(&mut self, at: usize) {
        self.close();
        self.tokens.start(at);
        self.single = true;
    }

    fn close(&mut self) {
        if self.tokens.buffer.open() {
            self.tokens.close(self.end);
        }
        self.single = false;
    }

    fn append(&mut self, c: char, end: usize) {
        let Tokens { buffer, respelled, .. } = &mut *self.tokens;
        buffer.append(c);
        self.end = end;
        if !c.is_ascii() && spelling::may_change(c) {
            let number = buffer.started as u32 - 1;
            if respelled.last() != Some(&number) {
                respelled.push(number);
            }
        }
    }

    /// Takes everything from the last boundary to the next one by the plain definition.
    fn normalise(&mut self) {
        let Boundary { at: from, end, folded, started, ended, single } = self.boundary;
        let buffer = &mut self.tokens.buffer;
        (buffer.folded_len, buffer.started, buffer.ended) = (folded, started, ended);
        if let Some(ranges) = &mut self.tokens.ranges {
            ranges.starts.truncate(started);
            ranges.ends.truncate(ended);
        }
        let respelled = &mut self.tokens.respelled;
        respelled.truncate(respelled.partition_point(|&number| (number as usize) < started));
        (self.end, self.single) = (end, single);
        let skip = self.text[self.at..].chars().next().map_or(0, char::len_utf8);
        let rest = &self.text[self.at + skip..];
        let to = rest
            .char_indices()
            .find(|&(_, c)| c.is_ascii() || fold::class(c).is_boundary())
            .map_or(self.text.len(), |(i, _)| self.at + skip + i);
        for c in reference::normal_form(&self.text[from..to]).chars() {
            self.take(fold::plain_class(c), c, from..to);
        }
        self.at = to;
        self.class = 0;
        // Nothing from here on combines with what was taken: the next character is a boundary.
        self.mark_boundary();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(text: &str) -> Result<(), TestCaseError> {
        let truth = reference::tokens(text);
        for kernel in Kernel::available() {
            let (mut plain, mut ranged) = (Tokens::new(kernel), Tokens::with_ranges(kernel));
            plain.read(text);
            ranged.read(text);
            prop_assert_eq!(plain.iter().collect::<Vec<_>>(), truth.clone(), "{} {:?}", kernel.name(), text);
            prop_assert!(plain.same_as(&ranged));
            let mut last = 0;
            for i in 0..ranged.len() {
                let range = ranged.range(i).expect("ranges were asked for");
                prop_assert!(range.start < range.end && range.end <= text.len(), "{:?} {:?}", range, text);
                prop_assert!(range.start >= last || text.len() > last, "{:?}", text);
                last = range.start;
                let cut = text.get(range.clone());
                prop_assert!(cut.is_some(), "{:?} splits a character of {:?}", range, text);
                let again = reference::tokens(cut.unwrap_or_default()).concat();
                prop_assert!(again.contains(ranged.get(i)) || !text.is_ascii(), "{:?} {:?}", range, text);
            }
        }
        Ok(())
    }

    fn odd_text() -> impl Strategy<Value = String> {
        const ODD: &[&str] = &[
            "\u{301}",
            "\u{338}",
            "=",
            "a",
            "e",
            "\u{e9}",
            "\u{323}",
            "\u{64e}",
            "\u{651}",
            "\u{627}",
            "\u{653}",
            "\u{e01}",
            "\u{e33}",
            "\u{e34}",
            "\u{ad}",
            "\u{200d}",
            "\u{2019}",
            "\u{fb01}",
            "\u{bd}",
            "\u{fdfa}",
            "\u{130}",
            "\u{df}",
            "\u{1e9e}",
            "\u{4e2d}",
            "\u{30ab}",
            "\u{3099}",
            "\u{ac00}",
            "\u{11a8}",
            "\u{1100}",
            "\u{1161}",
            "\u{bc6}",
            "\u{bbe}",
            "\u{93c}",
            "\u{915}",
            "\u{94d}",
            "\u{345}",
            "\u{3b1}",
            "\u{1f600}",
            "\u{f73}",
            "\u{2126}",
            "\u{212a}",
            "\u{ff21}",
            "\u{e4f}",
            "\u{2e80}",
            " ",
            " ",
            "x y",
            "1",
            "the quick brown fox ",
            "\u{1d400}",
            "\u{e0001}",
            "\u{1133e}",
            "\u{5b0}",
            "\u{5bc}",
        ];
        proptest::collection::vec(
            prop_oneof![6 => proptest::sample::select(ODD).prop_map(str::to_owned), 1 => "\\PC"],
            0..40,
        )
        .prop_map(|parts| parts.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn odd_text_gives_the_reference_tokens(text in odd_text()) { check(&text)?; }

        #[test]
        fn any_text_gives_the_reference_tokens(text in "\\PC{0,60}") { check(&text)?; }

        #[test]
        fn long_ascii_gives_the_reference_tokens(text in "[ -~\n]{0,300}") { check(&text)?; }
    }

    #[test]
    fn every_character_gives_the_reference_tokens() {
        for c in '\0'..=char::MAX {
            let texts = [format!("{c}"), format!("a{c}b"), format!("\u{e01}{c}\u{301} \u{e9}{c}{c}x")];
            for text in texts {
                let mut tokens = Tokens::new(Kernel::PORTABLE);
                tokens.read(&text);
                assert_eq!(tokens.iter().collect::<Vec<_>>(), reference::tokens(&text), "{text:?}");
            }
        }
    }
}
