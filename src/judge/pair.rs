//! One way to load a document, one way to judge a pair.

use super::Comparison;
use super::clause::Test;
use super::decide::{Case, Decision, common_shingles, decision, explained, least_matched, stands_alone};
use super::evidence::Evidence;
use super::measures::{Measures, ShingleSet};
use super::relation::{Judgement, Relation};
use super::slots::{FilledSlot, filled, is_family};
use super::spans::{Span, TokenBytes, of_aligned, of_equal};
use super::title::{Note, Title, title_tests};
use crate::align::characters::{CharacterAligner, Characters, Noise};
use crate::align::{Aligner, Glance};
use crate::document::Identity;
use crate::kernel::Kernel;
use crate::model::standing::{Stand, Standing, Stands};
use crate::model::{Content, ContentReader, Model};
use crate::options::Policy;
use crate::recipe::Recipe;
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
    tokens: [Tokens; 2],
    /// How the tokens of a document stand.
    marks: Vec<Stand>,
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
    /// Shingles as printed.
    pub(super) set: ShingleSet,
    /// Shingles as they are spelled, where these are others.
    spelled: Option<ShingleSet>,
    /// Those that do not stand for good, where some do.
    kept: Option<ShingleSet>,
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
    /// Its shingles as they are spelled.
    fn as_spelled(&self) -> &ShingleSet {
        self.spelled.as_ref().unwrap_or(&self.set)
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
            tokens: [(); 2].map(|()| Tokens::new(self.kernel)),
            marks: Vec::new(),
        }
    }

    /// Memory for a document.
    pub fn document(&self) -> Loaded {
        Loaded {
            set: ShingleSet::new(self.kernel),
            spelled: None,
            kept: None,
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
        out.set.fill(printed);
        out.spelled = reader.is_respelled().then(|| self.refilled(out.spelled.take(), reader.shingles()));
        reader.content(text, identity.site, self.model, &mut out.content);
        self.keep(reader.shingles(), &self.model.standing, &out.content.stands, &mut out.kept);
        if self.learns {
            out.shingles.clear();
            out.shingles.extend_from_slice(reader.shingles());
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

    /// A set of these shingles, in the memory of an older one.
    fn refilled(&self, older: Option<ShingleSet>, shingles: &[u64]) -> ShingleSet {
        let mut set = older.unwrap_or_else(|| ShingleSet::new(self.kernel));
        set.fill(shingles);
        set
    }

    /// Makes `kept` the shingles that do not stand for good, where some stand.
    fn keep(&self, shingles: &[u64], standing: &Standing, stands: &Stands, kept: &mut Option<ShingleSet>) {
        *kept = stands.any().then(|| {
            let shingles = shingles.iter().copied();
            let own: Vec<u64> = shingles.filter(|&shingle| standing.stand(shingle) < Stand::Good).collect();
            self.refilled(kept.take(), &own)
        });
    }

    /// Says anew what stands in a document, where that is learned. Linear in its shingles.
    pub fn stand(&self, memory: &mut Memory, standing: &Standing, document: &mut Loaded) {
        let Loaded { content, shingles, kept, .. } = document;
        if standing.is_empty() && !content.stands.any() {
            return;
        }
        let (k, tokens) = (self.recipe.shingle(), content.tokens as usize);
        let any = standing.mark(k, tokens, shingles, &mut memory.marks);
        content.stands.fill(&content.words, any.then_some(&memory.marks));
        self.keep(shingles, standing, &content.stands, kept);
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
        let measures = self.measures(a, b);
        let sharing = self.sharing(a, b, measures);
        let asks_common = depth == Depth::Sharing && self.asks_common(a, b);
        let stands = stands_alone(sharing, self.kept(a, b));
        if (asks_common && !common_shingles(sharing).holds) || stands.is_some_and(|test| !test.holds) {
            return Judged { decision: Decision::NONE, slots: Vec::new(), identity: None };
        }
        let evidence = self.align(memory, a, b);
        let mut case = self.case(a, b, (measures, sharing), &evidence, (asks_common, stands));
        case.two_notes = self.are_two_notes(memory, a, b);
        let decision = decision(case, &mut memory.tests);
        let is_templated = |judgement: &Judgement| judgement.relation == Relation::Templated;
        let slots = if decision.is_open() || decision.otherwise.as_ref().is_some_and(is_templated) {
            filled(memory.aligner.last(), &a.content.words, &b.content.words)
        } else {
            Vec::new()
        };
        Judged { decision, slots, identity: evidence.noisy().map(|noise| noise.identity()) }
    }

    /// The judgement of two documents of different token sequences under the model's families, with its spans.
    pub fn decide(&self, memory: &mut Memory, a: &Loaded, b: &Loaded) -> Option<(Judgement, Vec<Span>)> {
        let Judged { decision, slots, identity } = self.judge(memory, a, b, Depth::Sharing);
        let judgement = decision.decided(|| is_family(self.model, &slots))?;
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
        let (measures, evidence) = (self.measures(a, b), self.align(memory, a, b));
        let sharing = self.sharing(a, b, measures);
        let slots = filled(memory.aligner.last(), &a.content.words, &b.content.words);
        let asked = (self.asks_common(a, b), stands_alone(sharing, self.kept(a, b)));
        let mut case = self.case(a, b, (measures, sharing), &evidence, asked);
        case.two_notes = self.are_two_notes(memory, a, b);
        let (judgement, tests) = explained(case, is_family(self.model, &slots));
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
        a.set.measure(&b.set)
    }

    /// How much two documents have in common as they are spelled: by this it is seen whether they may have a relation.
    fn sharing(&self, a: &Loaded, b: &Loaded, measures: Measures) -> Measures {
        match (&a.spelled, &b.spelled) {
            (None, None) => measures,
            _ => a.as_spelled().measure(b.as_spelled()),
        }
    }

    /// Common shingles that do not stand for good; none where none stands in either, and where noise leaves none.
    fn kept(&self, a: &Loaded, b: &Loaded) -> Option<u32> {
        if a.kept.is_none() && b.kept.is_none() || !self.asks_common(a, b) {
            return None;
        }
        let kept = [a, b].map(|loaded| loaded.kept.as_ref().unwrap_or(loaded.as_spelled()));
        Some(kept[0].common(kept[1]) as u32)
    }

    /// Whether two documents have a relation only where they share shingles: noisy ones share few whatever they are.
    fn asks_common(&self, a: &Loaded, b: &Loaded) -> bool {
        !self.model.is_noisy_pair(&a.content, &b.content)
    }

    /// What a decision about two documents depends on.
    fn case<'e>(
        &'e self,
        a: &Loaded,
        b: &Loaded,
        (measures, sharing): (Measures, Measures),
        evidence: &'e Evidence,
        (asks_common, stands): (bool, Option<Test>),
    ) -> Case<'e> {
        Case {
            policy: self.policy,
            measures,
            sharing,
            evidence,
            same_page: a.identity.is_version_of(&b.identity),
            asks_common,
            stands,
            two_notes: false,
        }
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
