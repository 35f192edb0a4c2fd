//! Pairs, judged as a scan judges them: the one door from the filter to alignment, model and relation.

use crate::align::characters::{CharacterAligner, Characters};
use crate::align::{Aligner, Alignment, Kind, SlotKind, Words};
use crate::hash::avalanche;
use crate::kernel::Kernel;
use crate::model::{Content, Model, Reader};
use crate::options::Policy;
use crate::recipe::Recipe;
use crate::relation::{Evidence, Judgement, OPEN, Verdict, judge, spans};
use crate::verify::ShingleSet;

/// Judges pairs under a model.
#[derive(Debug)]
pub(super) struct PairJudge {
    pub recipe: Recipe,
    pub kernel: Kernel,
    pub policy: Policy,
    pub model: Model,
}

/// Memory of one thread.
#[derive(Debug)]
pub(super) struct Memory {
    reader: Reader,
    aligner: Aligner,
    characters: CharacterAligner,
}

/// A document, ready to be compared.
#[derive(Debug)]
pub(super) struct Loaded {
    set: ShingleSet,
    content: Content,
    characters: Characters,
    /// Byte ranges of its content tokens.
    ranges: Vec<(u32, u32)>,
    /// A hash of its tokens in their order.
    pub tokens: u64,
    pub page: Page,
}

/// What says whether two documents are versions of one page: hashes, 0 where there is none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Page {
    pub id: u64,
    pub url: u64,
    pub canonical: u64,
    pub site: u64,
}

impl Page {
    /// Versions of one page have the same id or address; or, on one site, the same canonical address, or one the
    /// address that is the other's canonical one.
    pub fn is(&self, other: &Page) -> bool {
        let same = |x: u64, y: u64| x != 0 && x == y;
        let canonical = same(self.canonical, other.canonical)
            || same(self.canonical, other.url)
            || same(self.url, other.canonical);
        same(self.id, other.id) || same(self.url, other.url) || (self.site == other.site && canonical)
    }
}

/// A pair that is something: what, and the longest spans, as start and end byte in both.
pub(super) struct Judged {
    pub judgement: Judgement,
    pub spans: Vec<[u32; 4]>,
}

impl PairJudge {
    pub fn memory(&self) -> Memory {
        Memory {
            reader: Reader::new(self.recipe, self.kernel),
            aligner: Aligner::default(),
            characters: CharacterAligner::default(),
        }
    }

    pub fn load(&self, memory: &mut Memory, text: &str, page: Page) -> Loaded {
        let reader = &mut memory.reader;
        reader.read(text);
        let mut set = ShingleSet::new(self.kernel);
        set.fill(reader.shingles());
        let mut content = Content::default();
        reader.content(text, page.site, &self.model, &mut content);
        let mut characters = Characters::default();
        if content.noisy {
            characters.fill(&content.words);
        }
        let range = |i: usize| reader.tokens().range(content.words.place(i) as usize).unwrap_or_default();
        let ranges = (0..content.words.len()).map(range).map(|r| (r.start as u32, r.end as u32)).collect();
        let tokens = reader.hashes().iter().fold(1, |sum: u64, hash| avalanche(sum.rotate_left(9) ^ hash));
        Loaded { set, content, characters, ranges, tokens, page }
    }

    /// What `a` is to `b`.
    pub fn judge(&self, memory: &mut Memory, a: &Loaded, b: &Loaded, most: usize) -> Option<Judged> {
        let (left, right) = (&a.content.words, &b.content.words);
        let alignment = memory.aligner.align(left, right);
        let mut evidence = Evidence::of(alignment, left, right);
        if a.content.noisy || b.content.noisy {
            evidence.noise = Some(noise(&mut memory.characters, a, b));
        }
        let judgement = match judge(&self.policy, a.set.measure(&b.set), &evidence, a.page.is(&b.page)) {
            Verdict::Decided(judgement) => judgement,
            Verdict::Weak(family, otherwise) => {
                let known = self.known_slots(alignment, left, right);
                if known { Some(family) } else { otherwise }
            }
        };
        judgement.map(|judgement| Judged { judgement, spans: longest(alignment, a, b, most) })
    }

    /// The measures of two documents.
    pub fn measures(&self, a: &Loaded, b: &Loaded) -> crate::verify::Measures {
        a.set.measure(&b.set)
    }

    /// Whether the model knows at least half of the places, and two, as slots of a template.
    fn known_slots(&self, alignment: &Alignment, a: &Words, b: &Words) -> bool {
        let typed = || alignment.slots.iter().filter(|slot| slot.kind == SlotKind::Typed);
        let known = typed().filter(|slot| {
            [around(a, slot.a), around(b, slot.b)].iter().any(|key| self.model.slots.contains(key))
        });
        let known = known.count();
        known >= 2 && 2 * known >= typed().count()
    }
}

fn noise(aligner: &mut CharacterAligner, a: &Loaded, b: &Loaded) -> crate::align::characters::Noise {
    let of = |loaded: &Loaded| (!loaded.content.noisy, loaded.content.words.key());
    if of(a) <= of(b) {
        aligner.align(&a.characters, &b.content.words)
    } else {
        aligner.align(&b.characters, &a.content.words).swapped()
    }
}

/// Tokens on each side of a slot that name it.
const AROUND: usize = 3;

/// What stands around a slot, with facts as one symbol.
fn around(words: &Words, (start, end): (u32, u32)) -> u64 {
    let (start, end) = (start as usize, end as usize);
    let symbol = |i: usize| match words.kinds()[i].is(Kind::FACT) {
        true => 1,
        false => words.hashes()[i],
    };
    let before = (start.saturating_sub(AROUND)..start).map(symbol);
    let after = (end..words.len().min(end + AROUND)).map(symbol);
    before.chain([2]).chain(after).fold(0, |key: u64, hash| avalanche(key.rotate_left(7) ^ hash))
}

/// The longest spans of an alignment, in the order of the first text.
fn longest(alignment: &Alignment, a: &Loaded, b: &Loaded, most: usize) -> Vec<[u32; 4]> {
    let mut stretches: Vec<_> = spans(alignment, OPEN).collect();
    stretches.sort_unstable_by_key(|&((start, end), other)| (std::cmp::Reverse(end - start), start, other));
    stretches.truncate(most);
    stretches.sort_unstable();
    let bytes = |of: &Loaded, (start, end): (u32, u32)| {
        let from = of.ranges.get(start as usize).map_or(0, |range| range.0);
        let to = of.ranges.get((end as usize).saturating_sub(1)).map_or(from, |range| range.1);
        [from, to]
    };
    let span = |(of_a, of_b)| {
        let ([from_a, to_a], [from_b, to_b]) = (bytes(a, of_a), bytes(b, of_b));
        [from_a, to_a, from_b, to_b]
    };
    stretches.into_iter().map(span).collect()
}
