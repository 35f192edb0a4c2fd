//! One way to load a document, one way to judge a pair.

use std::ops::Range;

use super::Comparison;
use super::clause::Test;
use super::decide::{Case, Decision, decision, explained, least_matched};
use super::evidence::Evidence;
use super::glimpse::{GlimpseMemory, Glimpsed};
use super::measures::{Measures, ShingleSet};
use super::relation::{Judgement, Relation};
use super::sharing::{Sharing, Shingled};
use super::slots::{FilledSlot, filled, is_family};
use super::spans::{Span, TokenBytes, of_aligned, of_equal};
use super::title::{Note, Title, title_tests};
use crate::align::characters::{CharacterAligner, Characters, Noise};
use crate::align::{Aligner, Glance};
use crate::document::Identity;
use crate::kernel::Kernel;
use crate::model::standing::{Stand, Standing};
use crate::model::{Content, ContentReader, Model};
use crate::options::Policy;
use crate::recipe::Recipe;
use crate::sketch::Sketcher;
use crate::text::Tokens;

/// Judges pairs under a model: the one door from scan, filter, index and audit to alignment and relation.
///
/// A judgement is a function of two documents, the policy and the model.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Judge<'a> {
    pub recipe: Recipe,
    pub kernel: Kernel,
    pub policy: &'a Policy,
    pub model: &'a Model,
    /// Whether standing text is learned from the documents that are met, and not from the model alone: they then keep their
    /// shingles, and [`Judge::stand`] says what stands in them.
    pub learns: bool,
}

/// Memory of one thread.
#[derive(Debug)]
pub(crate) struct Memory {
    pub reader: ContentReader,
    pub(super) aligner: Aligner,
    /// Of titles.
    pub(super) titles: Aligner,
    pub(super) characters: CharacterAligner,
    tests: Vec<Test>,
    /// Of the document that was last looked from: none where a glance says nothing of it.
    glance: Option<Glance>,
    glimpse: GlimpseMemory,
    tokens: [Tokens; 2],
    /// How the tokens of a document stand.
    marks: Vec<Stand>,
    sketcher: Sketcher,
}

/// What names a document besides its text.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Names<'a> {
    /// Its title; empty where it has none, and where nobody asks for it.
    pub title: &'a str,
    /// Which page it is.
    pub identity: Identity,
}

/// A document, ready to be compared. Made for reuse.
#[derive(Debug)]
pub(crate) struct Loaded {
    /// Shingles as printed, where these are others than as they are spelled.
    printed: Option<ShingleSet>,
    pub(super) shingled: Shingled,
    pub(super) content: Content,
    /// Of noisy documents.
    pub(super) characters: Characters,
    pub(super) bytes: TokenBytes,
    identity: Identity,
    /// Its text and its title, where that is part of it.
    titled: Option<(Note, Title)>,
    /// Its shingles in order, where what stands in it is learned.
    shingles: Vec<u64>,
}

impl Loaded {
    /// Its shingles as printed.
    pub(super) fn printed(&self) -> &ShingleSet {
        self.printed.as_ref().unwrap_or(self.shingled.all())
    }

    /// Of two documents of which one at least is noisy: whether the other is the one that is indexed.
    pub(super) fn is_indexed_after(&self, other: &Loaded) -> bool {
        let of = |loaded: &Loaded| (!loaded.content.noisy, loaded.content.words.key());
        of(self) > of(other)
    }
}

/// What judging a pair gives.
pub(crate) struct Judged {
    pub decision: Decision,
    /// The filled slots, where these may matter.
    pub slots: Vec<FilledSlot>,
    /// Tokens of both texts, where these were aligned; else 0.
    pub aligned: u32,
    /// The identity of the characters, where these count.
    identity: Option<f64>,
}

/// Which pairs are aligned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Depth {
    /// Those that share more than a phrase or two.
    Sharing,
    /// All, as an audit does.
    Full,
}

impl Judge<'_> {
    /// Memory of one thread.
    pub fn memory(&self) -> Memory {
        Memory {
            reader: ContentReader::new(self.recipe, self.kernel),
            aligner: Aligner::default(),
            titles: Aligner::default(),
            characters: CharacterAligner::default(),
            tests: Vec::new(),
            glance: None,
            glimpse: GlimpseMemory::default(),
            tokens: [(); 2].map(|()| Tokens::new(self.kernel)),
            marks: Vec::new(),
            sketcher: Sketcher::new(self.recipe, self.kernel),
        }
    }

    /// Memory for a document.
    pub fn document(&self) -> Loaded {
        Loaded {
            printed: None,
            shingled: Shingled::new(self.kernel),
            content: Content::default(),
            characters: Characters::default(),
            bytes: TokenBytes::default(),
            identity: Identity::default(),
            titled: None,
            shingles: Vec::new(),
        }
    }

    /// Makes `out` the document of this text; returns the hash of its token sequence.
    pub fn load(&self, memory: &mut Memory, text: &str, names: Names<'_>, out: &mut Loaded) -> u64 {
        memory.reader.read_plainly(text);
        self.load_seen(memory, text, names, out)
    }

    /// As [`Judge::load`], of a text that was the last to be looked at.
    pub fn load_seen(&self, memory: &mut Memory, text: &str, names: Names<'_>, out: &mut Loaded) -> u64 {
        let Names { title, identity } = names;
        let reader = &mut memory.reader;
        reader.read_on();
        let tokens = reader.count();
        let printed = reader.printed_shingles();
        let sequence = crate::sketch::sequence(tokens, printed);
        out.printed = reader.is_respelled().then(|| {
            let mut set = out.printed.take().unwrap_or_else(|| ShingleSet::new(self.kernel));
            set.fill(reader.printed_shingles());
            set
        });
        reader.content(text, identity.site, self.model, &mut out.content);
        let (content, shingles) = (&out.content, reader.shingles());
        let noisy = self.model.noisy && content.noisy;
        out.shingled.fill(shingles, (content.words.len() as u32, noisy));
        if content.stands.any() {
            out.shingled.set_apart(shingles, &self.model.standing);
        }
        if self.learns {
            out.shingles.clear();
            out.shingles.extend_from_slice(shingles);
        }
        if out.content.noisy {
            out.characters.fill(&out.content.words);
        }
        out.bytes.fill(reader.tokens());
        out.identity = identity;
        let asks = !title.is_empty() && self.asks_titles(tokens as u32);
        out.titled = asks.then(|| (self.note(memory, text), self.title(memory, title)));
        sequence
    }

    /// Makes `out` the shingles of this text, of a site; returns the hash of its token sequence. That is a quarter of
    /// what [`Judge::load`] costs, and says whether two documents share enough to be judged.
    pub fn load_shingles(&self, memory: &mut Memory, text: &str, site: u64, out: &mut Shingled) -> u64 {
        let model = self.model;
        let Memory { reader, sketcher, .. } = memory;
        if !model.noisy && !model.chrome.knows(site) {
            let (shingles, sequence) = sketcher.shingles(text);
            let tokens = shingles.len() + self.recipe.shingle() - 1;
            out.fill(shingles, (tokens as u32, false));
            out.set_apart(shingles, &model.standing);
            return sequence;
        }
        reader.read(text);
        let tokens = reader.count();
        let sequence = crate::sketch::sequence(tokens, reader.printed_shingles());
        let chrome: usize = reader.chrome(text, site, model).iter().map(Range::len).sum();
        let noisy = model.noisy && reader.is_noisy(&model.seen);
        out.fill(reader.shingles(), ((tokens - chrome) as u32, noisy));
        out.set_apart(reader.shingles(), &model.standing);
        sequence
    }

    /// Makes `out` a glimpse of this text's shingles; returns the hash of its token sequence. It asks for no chrome, and
    /// takes a tenth of the memory of [`Judge::load_shingles`].
    pub fn load_glimpse(&self, memory: &mut Memory, text: &str, out: &mut Glimpsed) -> u64 {
        let Memory { reader, sketcher, glimpse, .. } = memory;
        if !self.model.noisy {
            let (shingles, sequence) = sketcher.shingles(text);
            out.fill(glimpse, shingles, &self.model.standing, false);
            return sequence;
        }
        reader.read(text);
        let sequence = crate::sketch::sequence(reader.count(), reader.printed_shingles());
        let noisy = reader.is_noisy(&self.model.seen);
        out.fill(glimpse, reader.shingles(), &self.model.standing, noisy);
        sequence
    }

    /// Says anew what stands in a document, where that is learned. Linear in its shingles.
    pub fn stand(&self, memory: &mut Memory, standing: &Standing, document: &mut Loaded) {
        let Loaded { content, shingles, shingled, .. } = document;
        if standing.is_empty() && !content.stands.any() {
            return;
        }
        let (k, tokens) = (self.recipe.shingle(), content.tokens as usize);
        let any = standing.mark(k, tokens, shingles, &mut memory.marks);
        content.stands.fill(&content.words, any.then_some(&memory.marks));
        if content.stands.any() {
            shingled.set_apart(shingles, standing);
        } else {
            shingled.keep_all();
        }
    }

    /// Whether a document can be told from others at a glance: short ones and noisy ones are aligned otherwise, and of
    /// those with chrome a part only.
    pub fn is_plain(&self, tokens: u32, site: u64) -> bool {
        tokens >= Glance::SHORTEST && !self.model.chrome.knows(site)
    }

    /// Makes a plain document of this text the one that [`Judge::is_hopeful`] looks from.
    pub fn look_from(&self, memory: &mut Memory, text: &str) {
        memory.reader.read_plainly(text);
        let mut glance = memory.glance.take().unwrap_or_default();
        if !memory.reader.is_noisy(&self.model.seen) {
            glance.fill(memory.reader.styled());
            memory.glance = Some(glance);
        }
    }

    /// Whether a plain document of this text may have a relation to the one looked from: where this says no,
    /// [`Judge::judge`] would find none, at ten times the cost.
    pub fn is_hopeful(&self, memory: &mut Memory, text: &str, shorter: u32) -> bool {
        let Memory { reader, glance, .. } = memory;
        reader.read_plainly(text);
        let Some(glance) = glance else { return true };
        reader.is_noisy(&self.model.seen)
            || glance.most(reader.styled()) >= least_matched(self.policy, shorter)
    }

    /// Judges two documents of different token sequences.
    pub fn judge(&self, memory: &mut Memory, a: &Loaded, b: &Loaded, depth: Depth) -> Judged {
        let sharing = a.shingled.with(&b.shingled);
        let shared = match depth {
            Depth::Sharing => sharing.tests(),
            Depth::Full => sharing.but_for_phrases(),
        };
        if shared.iter().flatten().any(|test| !test.holds) {
            return Judged { decision: Decision::NONE, slots: Vec::new(), aligned: 0, identity: None };
        }
        let measures = self.measured(a, b, sharing);
        let evidence = self.align(memory, a, b);
        let mut case = self.case(a, b, (measures, shared), &evidence);
        case.two_notes = self.are_two_notes(memory, a, b);
        let decision = decision(case, &mut memory.tests);
        let is_templated = |judgement: &Judgement| judgement.relation == Relation::Templated;
        let slots = if decision.is_open() || decision.otherwise.as_ref().is_some_and(is_templated) {
            filled(memory.aligner.last(), &a.content.words, &b.content.words)
        } else {
            Vec::new()
        };
        let aligned = (a.content.words.len() + b.content.words.len()) as u32;
        Judged { decision, slots, aligned, identity: evidence.noisy().map(|noise| noise.identity()) }
    }

    /// As [`Judge::judge`], with the spans of what is decided; none where only the model's families decide.
    pub fn judge_spans(&self, memory: &mut Memory, a: &Loaded, b: &Loaded) -> (Judged, Option<Vec<Span>>) {
        let judged = self.judge(memory, a, b, Depth::Sharing);
        let decided = judged.decision.otherwise.filter(|_| !judged.decision.is_open());
        let spans = |judgement: Judgement| of_aligned(memory, (a, b), judgement.relation, judged.identity);
        let spans = decided.map(spans);
        (judged, spans)
    }

    /// The judgement of two documents of different token sequences under the model's families, with its spans.
    pub fn decide(&self, memory: &mut Memory, a: &Loaded, b: &Loaded) -> Option<(Judgement, Vec<Span>)> {
        let Judged { decision, slots, identity, .. } = self.judge(memory, a, b, Depth::Sharing);
        let judgement = decision.decided(|| is_family(self.model, slots.iter().map(|slot| slot.keys)))?;
        Some((judgement, of_aligned(memory, (a, b), judgement.relation, identity)))
    }

    /// The spans of two documents of this relation, in order of `a`. Aligns them.
    pub fn spans(&self, memory: &mut Memory, a: &Loaded, b: &Loaded, relation: Relation) -> Vec<Span> {
        let may_be_equal = matches!(relation, Relation::Exact | Relation::Templated);
        if may_be_equal && a.content.words.hashes() == b.content.words.hashes() {
            return of_equal(a, b);
        }
        let noise = self.align(memory, a, b).noisy();
        of_aligned(memory, (a, b), relation, noise.map(|noise| noise.identity()))
    }

    /// Compares two documents of different token sequences, and says why.
    pub fn explain(&self, memory: &mut Memory, a: &Loaded, b: &Loaded) -> Comparison {
        let sharing = a.shingled.with(&b.shingled);
        let (measures, evidence) = (self.measured(a, b, sharing), self.align(memory, a, b));
        let slots = filled(memory.aligner.last(), &a.content.words, &b.content.words);
        let mut case = self.case(a, b, (measures, sharing.tests()), &evidence);
        case.two_notes = self.are_two_notes(memory, a, b);
        let (judgement, tests) = explained(case, is_family(self.model, slots.iter().map(|slot| slot.keys)));
        let relation = judgement.map_or(Relation::Partial, |judgement| judgement.relation);
        let identity = evidence.noisy().map(|noise| noise.identity());
        let spans = of_aligned(memory, (a, b), relation, identity);
        Comparison { judgement, measures, tests, spans }
    }

    /// What two documents of equal token sequences are to each other, of `shingles` distinct shingles each; `text` is that of
    /// either.
    pub fn judge_equal(
        &self,
        memory: &mut Memory,
        (text, shingles): (&str, u32),
        titles: [&str; 2],
    ) -> Judgement {
        memory.reader.read_plainly(text);
        if !self.asks_titles(memory.reader.count() as u32) || titles[0] == titles[1] {
            return Judgement::exact(shingles);
        }
        let note = self.note(memory, text);
        let [a, b] = titles.map(|title| self.title(memory, title));
        self.equal(memory, &note, [&a, &b], shingles)
    }

    /// Compares two documents of equal token sequences, and says why.
    pub fn explain_equal(&self, memory: &mut Memory, a: &Loaded, b: &Loaded) -> Comparison {
        let measures = self.measures(a, b);
        let are_two = self.are_two_notes(memory, a, b);
        let mut tests = Vec::new();
        if a.titled.is_some() && b.titled.is_some() {
            let of_titles = title_tests(a.content.tokens, are_two);
            tests.extend(of_titles.map(|test| Test { relation: Relation::Templated.name(), ..test }));
        }
        tests.extend((!are_two).then(Test::exact));
        let relation = if are_two { Relation::Templated } else { Relation::Exact };
        let judgement = Some(Judgement { relation, ..Judgement::exact(measures.a) });
        let spans = self.spans(memory, a, b, relation);
        Comparison { judgement, measures, tests, spans }
    }

    /// Whether the titles of two documents of short texts say that these are two notes.
    fn are_two_notes(&self, memory: &mut Memory, a: &Loaded, b: &Loaded) -> bool {
        match (&a.titled, &b.titled) {
            (Some((note_a, a)), Some((note_b, b))) => self.are_two(memory, [(note_a, a), (note_b, b)]),
            _ => false,
        }
    }

    /// Whether two texts have equal token sequences.
    pub fn are_equal(&self, memory: &mut Memory, a: &str, b: &str) -> bool {
        let [left, right] = &mut memory.tokens;
        left.read(a);
        right.read(b);
        left.same_as(right)
    }

    /// The exact measures of two documents.
    pub fn measures(&self, a: &Loaded, b: &Loaded) -> Measures {
        a.printed().measure(b.printed())
    }

    /// The same, given what they share as they are spelled.
    fn measured(&self, a: &Loaded, b: &Loaded, sharing: Sharing) -> Measures {
        match (&a.printed, &b.printed) {
            (None, None) => sharing.measures,
            _ => self.measures(a, b),
        }
    }

    /// What a decision about two documents depends on.
    fn case<'e>(
        &'e self,
        a: &Loaded,
        b: &Loaded,
        (measures, shared): (Measures, [Option<Test>; 2]),
        evidence: &'e Evidence,
    ) -> Case<'e> {
        let same_page = a.identity.is_version_of(&b.identity);
        Case { policy: self.policy, measures, shared, evidence, same_page, two_notes: false }
    }

    /// Aligns two documents.
    fn align(&self, memory: &mut Memory, a: &Loaded, b: &Loaded) -> Evidence {
        let alignment = memory.aligner.align(&a.content.words, &b.content.words);
        let mut evidence = Evidence::of(alignment, &a.content, &b.content);
        if a.content.noisy || b.content.noisy {
            evidence.noise = Some(noise(&mut memory.characters, a, b));
        }
        evidence
    }
}

/// The alignment by characters of two documents of which one at least is noisy.
fn noise(aligner: &mut CharacterAligner, a: &Loaded, b: &Loaded) -> Noise {
    if a.is_indexed_after(b) {
        aligner.align(&b.characters, &a.content.words).swapped()
    } else {
        aligner.align(&a.characters, &b.content.words)
    }
}
