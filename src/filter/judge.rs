//! Pairs, judged as a scan judges them: the one door from the filter to alignment, model and relation.

use crate::align::characters::{CharacterAligner, Characters};
use crate::align::{Aligner, Glance};
use crate::hash::avalanche;
use crate::kernel::Kernel;
use crate::model::{Content, Model, Reader};
use crate::options::Policy;
use crate::recipe::Recipe;
use crate::relation::{Evidence, Judgement, OPEN, Relation, judge, least_matched, shares_too_little};
use crate::report::SpanRow;
use crate::scan::aligned::{is_family, places};
use crate::scan::spans::{TokenBytes, pieces, rows};
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
    /// Of the document that was last glanced from: nothing where a glance says nothing of it.
    glance: Option<Glance>,
}

/// A document, ready to be compared.
#[derive(Debug)]
pub(super) struct Loaded {
    set: ShingleSet,
    content: Content,
    characters: Characters,
    bytes: TokenBytes,
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

/// A pair that is something: what, and its spans.
pub(super) struct Judged {
    pub judgement: Judgement,
    pub spans: Vec<SpanRow>,
}

impl PairJudge {
    pub fn memory(&self) -> Memory {
        Memory {
            reader: Reader::new(self.recipe, self.kernel),
            aligner: Aligner::default(),
            characters: CharacterAligner::default(),
            glance: None,
        }
    }

    /// Memory for a document.
    pub fn document(&self) -> Loaded {
        Loaded {
            set: ShingleSet::new(self.kernel),
            content: Content::default(),
            characters: Characters::default(),
            bytes: TokenBytes::default(),
            tokens: 0,
            page: Page::default(),
        }
    }

    /// Makes `out` the document of this text.
    pub fn load(&self, memory: &mut Memory, text: &str, page: Page, out: &mut Loaded) {
        memory.reader.read_plainly(text);
        self.load_seen(memory, text, page, out);
    }

    /// As [`PairJudge::load`], of a text that was the last to be looked at.
    pub fn load_seen(&self, memory: &mut Memory, text: &str, page: Page, out: &mut Loaded) {
        let reader = &mut memory.reader;
        reader.read_on();
        out.set.fill(reader.shingles());
        reader.content(text, page.site, &self.model, &mut out.content);
        if out.content.noisy {
            out.characters.fill(&out.content.words);
        }
        out.bytes.fill(reader.tokens());
        out.tokens = reader.hashes().iter().fold(1, |sum: u64, hash| avalanche(sum.rotate_left(9) ^ hash));
        out.page = page;
    }

    /// Whether a document can be told from others at a glance: short ones and noisy ones are aligned otherwise, and of
    /// those with chrome a part only.
    pub fn is_plain(&self, tokens: u32, site: u64) -> bool {
        tokens >= Glance::SHORTEST && !self.model.chrome.knows(site)
    }

    /// Makes a plain document of this text the one that [`PairJudge::is_hopeful`] looks from.
    pub fn look_from(&self, memory: &mut Memory, text: &str) {
        memory.reader.read_plainly(text);
        let mut glance = memory.glance.take().unwrap_or_default();
        if !memory.reader.is_noisy(&self.model.seen) {
            glance.fill(memory.reader.styled());
            memory.glance = Some(glance);
        }
    }

    /// Whether a plain document of this text may be something to the one looked from: where this says no,
    /// [`PairJudge::judge`] would give nothing, at ten times the cost.
    pub fn is_hopeful(&self, memory: &mut Memory, text: &str, shorter: u32) -> bool {
        let Memory { reader, glance, .. } = memory;
        reader.read_plainly(text);
        let Some(glance) = glance else { return true };
        reader.is_noisy(&self.model.seen)
            || glance.most(reader.styled()) >= least_matched(&self.policy, shorter)
    }

    /// What `a` is to `b`.
    pub fn judge(&self, memory: &mut Memory, a: &Loaded, b: &Loaded) -> Option<Judged> {
        let measures = a.set.measure(&b.set);
        if shares_too_little(measures, self.model.is_noisy_pair(&a.content, &b.content)) {
            return None;
        }
        let (left, right) = (&a.content.words, &b.content.words);
        let alignment = memory.aligner.align(left, right);
        let mut evidence = Evidence::of(alignment, left, right);
        if a.content.noisy || b.content.noisy {
            evidence.noise = Some(noise(&mut memory.characters, a, b));
        }
        let judgement = judge(&self.policy, measures, &evidence, a.page.is(&b.page))
            .decided(|| is_family(&self.model, &places(alignment, left, right)))?;
        // What stands for a fact in a template is no part of what the texts share.
        let open = if judgement.relation == Relation::Templated { 0 } else { OPEN };
        let pieces = pieces(alignment, left, right, open);
        let spans = rows(&pieces, (&a.bytes, left), (&b.bytes, right));
        Some(Judged { judgement, spans })
    }

    /// The one span of two texts of equal tokens; none of empty ones.
    pub fn whole(&self, memory: &mut Memory, a: &str, b: &str) -> Option<SpanRow> {
        let reader = &mut memory.reader;
        let mut ends = |text: &str| {
            reader.read(text);
            let last = reader.len().checked_sub(1)?;
            Some([reader.tokens().range(0)?.start, reader.tokens().range(last)?.end])
        };
        let (a, b) = (ends(a)?, ends(b)?);
        Some(SpanRow { a, b, tokens: reader.len() as u32, identity: 1.0 })
    }

    /// The measures of two documents.
    pub fn measures(&self, a: &Loaded, b: &Loaded) -> crate::verify::Measures {
        a.set.measure(&b.set)
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
