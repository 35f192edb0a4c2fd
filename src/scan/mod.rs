//! The batch run: corpus to verified pairs and clusters.

mod audit;
mod blocks;
mod boilerplate;
mod detail;
mod excerpts;
mod explain;
mod families;
mod grams;
mod groups;
mod judging;
mod learn;
mod lineage;
mod masked;
mod noisy;
mod pages;
mod passages;
mod read;
mod recovery;
mod scope;
mod standing;
mod strip;
mod summary;
mod texts;

use std::collections::{BTreeMap, HashMap, HashSet};

use bitvec::prelude::*;
use rayon::prelude::*;

use crate::candidates::{Candidate, Crowd, Gate, Postings, bands, join};
use crate::cluster::{Edge, JOINS, Node, stars, stars_of};
use crate::corpus::{Corpus, Problem, Reason};
use crate::document::{DocId, Meta, id_hash};
use crate::error::{Error, ErrorKind, Result};
use crate::judge::{
    Judge, Judgement, Loaded, Measures, Memory, Relation, Side, Span, classic, shares_enough,
};
use crate::model::Model;
use crate::model::boilerplate::Boilerplate;
use crate::model::noise::Seen;
use crate::options::{Method, Mode, Policy, Resources};
use crate::recipe::Recipe;
use crate::report::BoilerplateRow;
use crate::signature::minhash::MinHash;
use crate::signature::simhash::SimHash;
use crate::sketch::Sketcher;
pub use audit::AuditOptions;
use blocks::{Measure, each_pair};
pub use detail::hash_file;
use groups::Group;
use judging::{Asking, Judging};
use learn::{Learned, Learner};
pub use lineage::{Lineage, Origin, Taken};
pub use pages::Pages;
pub use read::{Documents, Entry};
use scope::Scope;
pub use strip::Stripper;
use texts::Texts;

/// Groups of more documents than this that are pairwise the same are reported as a star.
pub const STAR: usize = 100;

/// A verified pair. `a` has the lower id.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pair {
    /// The document whose id sorts first.
    pub a: DocId,
    /// The other.
    pub b: DocId,
    /// What they are to each other, and why.
    pub judgement: Judgement,
}

/// Documents that verify against one of them.
#[derive(Debug, Clone, PartialEq)]
pub struct Cluster {
    /// The one that the others belong to.
    pub representative: DocId,
    /// The others, by id, each with its relation to the representative, seen from the member.
    pub members: Vec<(DocId, Judgement)>,
}

/// What a run found.
#[derive(Debug)]
pub struct Scan {
    /// The documents, by number.
    pub documents: Documents,
    /// Verified pairs by the ids of `a`, then `b`. Of more than [`STAR`] equal documents only the pairs with
    /// the lowest id.
    pub pairs: Vec<Pair>,
    /// Clusters by size, then by the representative's id.
    pub clusters: Vec<Cluster>,
    /// Documents of crowds that were compared with some leaders only; see [`crate::candidates`].
    pub unsettled: usize,
    /// What the corpus taught; none in classic mode.
    pub model: Option<Model>,
    /// Ids of all documents in pairs and groups.
    ids: Ids,
    /// Which of several records of one id this is, from 2; the first has no entry.
    repeated: HashMap<DocId, u32>,
    scope: Scope,
    min_words: u32,
}

/// Runs over a corpus on a thread pool of its own.
///
/// Time is linear in bytes, postings and candidates; memory beyond the mapped input is about 70 bytes and 100
/// samples of 8 bytes a document.
///
/// # Errors
/// Settings out of range, cancellation, or [`ErrorKind::NothingReadable`].
pub fn scan(corpus: &Corpus, recipe: Recipe, policy: &Policy, resources: &Resources) -> Result<Scan> {
    policy.validate()?;
    resources.pool()?.install(|| run(corpus, recipe, policy, resources, Given::Nothing))
}

/// As [`scan`], where some sites' chrome is given and not learned.
///
/// # Errors
/// As [`scan`].
pub fn scan_with(
    boilerplate: &Boilerplate,
    corpus: &Corpus,
    recipe: Recipe,
    policy: &Policy,
    resources: &Resources,
) -> Result<Scan> {
    policy.validate()?;
    resources.pool()?.install(|| run(corpus, recipe, policy, resources, Given::Boilerplate(boilerplate)))
}

/// As [`scan`], under a model that was learned before: the corpus teaches nothing.
///
/// # Errors
/// As [`scan`].
pub fn scan_under(
    model: Model,
    corpus: &Corpus,
    recipe: Recipe,
    policy: &Policy,
    resources: &Resources,
) -> Result<Scan> {
    policy.validate()?;
    resources.pool()?.install(|| run(corpus, recipe, policy, resources, Given::Model(Box::new(model))))
}

/// Reads a corpus as [`scan`] does and looks for no pairs: documents, texts, metadata and repeats.
///
/// # Errors
/// As [`scan`].
pub fn read(corpus: &Corpus, recipe: Recipe, policy: &Policy, resources: &Resources) -> Result<Scan> {
    let wanted = read::Wanted::default();
    let (mut documents, ..) = resources.pool()?.install(|| first_pass(corpus, recipe, wanted, resources))?;
    let mut problems = Vec::new();
    let repeated = repeated_ids(corpus, &documents, &mut problems);
    documents.problems.append(&mut problems);
    Ok(Scan { repeated, ..Scan::new(documents, policy) })
}

/// What a run need not learn.
enum Given<'a> {
    Nothing,
    Boilerplate(&'a Boilerplate),
    Model(Box<Model>),
}

fn run(
    corpus: &Corpus,
    recipe: Recipe,
    policy: &Policy,
    resources: &Resources,
    given: Given<'_>,
) -> Result<Scan> {
    let cancel = &resources.cancel;
    let progress = &resources.progress;
    progress.begin("read");
    let wanted = read::Wanted {
        samples: policy.method == Method::Join,
        addresses: policy.mode == Mode::Aligned,
        tokens: policy.mode == Mode::Aligned && !matches!(given, Given::Model(_)),
        dates: policy.within.is_some(),
    };
    let (mut documents, samples, seen) = first_pass(corpus, recipe, wanted, resources)?;
    let texts = Texts { corpus, documents: &documents, kernel: resources.kernel };
    progress.begin("copies");
    // The one that stands for the others is of the first site by name, whatever the order: chrome depends on sites.
    let lead = |group: &mut Group| {
        let first = (0..group.len()).min_by_key(|&i| (documents.entries[group[i] as usize].site, group[i]));
        group.swap(0, first.unwrap_or_default());
    };
    let mut scope = Scope::new(policy.within);
    let groups = scope.part(&documents, groups::exact(&texts, &documents, cancel)?, lead);
    let mut removed = bitvec![0; documents.entries.len()];
    for &copy in groups.iter().flat_map(|group| &group[1..]) {
        removed.set(copy as usize, true);
    }
    let flow = Flow { texts: &texts, recipe, policy, resources, removed: &removed, scope: &scope };
    let Outcome { mut found, mut changed, unsettled, model } = match policy.mode {
        Mode::Classic => flow.classic(samples)?,
        Mode::Aligned => flow.aligned(samples, seen, given)?,
    };
    progress.begin("clusters");
    changed.sort_unstable();
    changed.dedup();
    let twins = scope.twins();
    let of_twins: Vec<Group> = twins.iter().map(|&(a, b)| vec![a, b]).collect();
    let exact = copies_shingles(&texts, recipe, &of_twins).into_iter().map(Judgement::exact);
    found.extend(twins.into_iter().zip(exact));
    // A crowd's leader may have met a member before, by a rarer shingle.
    found.sort_unstable_by_key(|found| found.0);
    found.dedup_by_key(|found| found.0);
    let shingles = copies_shingles(&texts, recipe, &groups);
    let mut problems: Vec<Problem> =
        changed.iter().map(|&d| problem(corpus, &documents, d, Reason::Changed.to_string())).collect();
    problems.extend(corpus.changed());
    let repeated = repeated_ids(corpus, &documents, &mut problems);
    documents.problems.append(&mut problems);
    documents.problems.sort();
    let mut scan = Scan { unsettled, repeated, model, scope, ..Scan::new(documents, policy) };
    scan.name(corpus, &groups, &found);
    scan.group(&groups, &shingles, &found);
    progress.begin("reports");
    Ok(scan)
}

/// Reads all documents.
///
/// # Errors
/// [`ErrorKind::NothingReadable`] where no file is of a kind that is read, or no document can be. Files without
/// records are no error.
fn first_pass(
    corpus: &Corpus,
    recipe: Recipe,
    wanted: read::Wanted,
    resources: &Resources,
) -> Result<(Documents, Vec<read::Samples>, Seen)> {
    let read = read::read(corpus, recipe, wanted, resources)?;
    if !read.0.entries.is_empty() {
        return Ok(read);
    }
    let nothing = Error::new(ErrorKind::NothingReadable);
    match read.0.problems.first() {
        Some(first) => Err(nothing.because(format!("{}: {}", first.path, first.reason))),
        None if corpus.inputs() == 0 => Err(nothing.because("no file of a kind that is read")),
        None => Ok(read),
    }
}

/// What the stages between the first pass and the clusters need.
struct Flow<'a> {
    texts: &'a Texts<'a>,
    recipe: Recipe,
    policy: &'a Policy,
    resources: &'a Resources,
    removed: &'a BitSlice,
    scope: &'a Scope,
}

/// What they give.
struct Outcome {
    found: Vec<(Candidate, Judgement)>,
    changed: Vec<u32>,
    unsettled: usize,
    model: Option<Model>,
}

impl Flow<'_> {
    fn classic(&self, samples: Vec<read::Samples>) -> Result<Outcome> {
        let Resources { cancel, progress, .. } = self.resources;
        let mut verifier = Verifier { flow: self, found: Vec::new(), changed: Vec::new() };
        let mut unsettled = 0;
        if self.policy.method == Method::Join {
            let gate = Gate::of(self.policy);
            progress.begin("join");
            let mut joined = join(samples, self.texts.documents, self.removed, &gate, cancel)?;
            progress.begin("verify");
            self.scope.keep(self.texts.documents, &mut joined.candidates);
            verifier.verify(&joined.candidates, |_| {})?;
            loop {
                let mut pairs = joined.crowd.round(self.texts.documents);
                if pairs.is_empty() {
                    break;
                }
                self.scope.keep(self.texts.documents, &mut pairs);
                verifier.verify(&pairs, |pair| joined.crowd.settle(pair))?;
            }
            unsettled = joined.crowd.unsettled();
        } else {
            verifier.verify(&self.by_signature(), |_| {})?;
        }
        Ok(Outcome { found: verifier.found, changed: verifier.changed, unsettled, model: None })
    }

    fn aligned(&self, samples: Vec<read::Samples>, seen: Seen, given: Given<'_>) -> Result<Outcome> {
        let Resources { cancel, progress, kernel, .. } = self.resources;
        let documents = self.texts.documents;
        progress.begin("postings");
        let postings = Postings::gather(samples, self.removed, cancel)?;
        progress.begin("learn");
        let (texts, recipe, removed) = (self.texts, self.recipe, self.removed);
        let learner = |given| Learner { texts, recipe, removed, given, cancel };
        let frozen = matches!(given, Given::Model(_));
        let mut model = match given {
            Given::Model(model) => *model,
            Given::Boilerplate(boilerplate) => learner(Some(boilerplate)).learn(&postings, seen)?,
            Given::Nothing => learner(None).learn(&postings, seen)?,
        };
        let sites = documents.site_hashes();
        let (mut candidates, mut crowd) = match self.policy.method {
            Method::Join => self.joined(postings, &model, &sites)?,
            Method::Minhash | Method::Simhash => (self.by_signature(), None),
        };
        if !frozen {
            progress.begin("standing text");
            let crowded = crowd.as_ref().map_or(Vec::new(), |crowd| crowd.documents().collect());
            let noise = model.noisy.then_some(&model.seen);
            let pages = standing::Corpus::new(texts, recipe, &sites, noise, cancel);
            model.standing = pages.of_partners(&candidates, &crowded).learn()?;
        }
        self.scope.keep(documents, &mut candidates);
        progress.begin("align");
        let judge = (Judge { recipe, kernel: *kernel, policy: self.policy, model: &model }, &*sites);
        let mut judging = Judging::default();
        judging.judge(self.texts, judge, &candidates, cancel, |_| {})?;
        while let Some(crowd) = &mut crowd {
            let mut pairs = crowd.round(documents);
            if pairs.is_empty() {
                break;
            }
            self.scope.keep(documents, &mut pairs);
            judging.judge(self.texts, judge, &pairs, cancel, |pair| crowd.settle(pair))?;
        }
        let unsettled = crowd.map_or(0, |crowd| crowd.unsettled());
        if !frozen {
            judging.learn(&mut model);
        }
        judging.settle(&model);
        Ok(Outcome { found: judging.decided, changed: judging.changed, unsettled, model: Some(model) })
    }

    /// Candidates by shared samples, by characters and by the words around facts; and the crowd.
    fn joined(
        &self,
        mut postings: Postings,
        model: &Model,
        sites: &[u64],
    ) -> Result<(Vec<Candidate>, Option<Crowd>)> {
        let Resources { cancel, progress, .. } = self.resources;
        let documents = self.texts.documents;
        progress.begin("join");
        if !documents.against.is_empty() {
            // What only one set has pairs none of it with the other.
            postings.keep_lists(|list| {
                let of_second = |posting: &u64| documents.is_against(DocId(*posting as u32));
                list.iter().any(of_second) && !list.iter().all(of_second)
            });
        }
        postings.retain(|hash, d| {
            !model.chrome.contains(sites[documents.entries[d as usize].site as usize], hash)
        });
        let gate = Gate::of(self.policy);
        let mut joined = postings.join(documents, &gate, cancel)?;
        self.scope.keep(documents, &mut joined.slight);
        let mut candidates = joined.candidates;
        candidates.extend(self.sharing_enough(joined.slight, model)?);
        let learned = Learned { recipe: self.recipe, model, sites };
        progress.begin("noise");
        candidates.extend(noisy::candidates(self.texts, &learned, self.removed, cancel)?);
        progress.begin("forms");
        candidates.extend(masked::candidates(self.texts, &learned, self.removed, cancel)?);
        candidates.sort_unstable();
        candidates.dedup();
        Ok((candidates, Some(joined.crowd)))
    }

    /// Those of slight pairs that share more than a phrase or two: measuring them is a quarter of aligning them. The
    /// others would be nothing to each other.
    fn sharing_enough(&self, slight: Vec<Candidate>, model: &Model) -> Result<Vec<Candidate>> {
        if model.noisy {
            return Ok(slight);
        }
        let measure = Measure { recipe: self.recipe, kernel: self.resources.kernel };
        // Documents that changed stay: they are named where they are aligned.
        let (measured, _) = each_pair(self.texts, &measure, &slight, &self.resources.cancel)?;
        let enough = |measures: Option<Measures>| measures.is_none_or(shares_enough);
        Ok(slight.into_iter().zip(measured).filter(|&(_, m)| enough(m)).map(|(pair, _)| pair).collect())
    }

    /// Candidates as peers find them.
    fn by_signature(&self) -> Vec<Candidate> {
        self.resources.progress.begin("signatures");
        let mut pairs = match self.policy.method {
            Method::Simhash => {
                bands::simhash(&signatures(self.texts, self.recipe, self.removed, SimHash::of))
            }
            Method::Join | Method::Minhash => {
                bands::minhash(&signatures(self.texts, self.recipe, self.removed, MinHash::of))
            }
        };
        self.scope.keep(self.texts.documents, &mut pairs);
        pairs
    }
}

/// Verifies candidates and keeps those that are something to each other by raw measures.
struct Verifier<'a> {
    flow: &'a Flow<'a>,
    found: Vec<(Candidate, Judgement)>,
    changed: Vec<u32>,
}

impl Verifier<'_> {
    fn verify(&mut self, pairs: &[Candidate], mut belongs: impl FnMut(Candidate)) -> Result<()> {
        let Flow { texts, recipe, policy, resources, .. } = *self.flow;
        let measure = Measure { recipe, kernel: resources.kernel };
        let (measured, changed) = each_pair(texts, &measure, pairs, &resources.cancel)?;
        self.changed.extend(changed);
        let tokens = |d: u32| texts.documents.entries[d as usize].tokens;
        for (&(a, b), measures) in pairs.iter().zip(measured) {
            let judgement = measures.and_then(|m| classic(policy, m, (tokens(a), tokens(b))));
            if let Some(judgement) = judgement {
                self.found.push(((a, b), judgement));
                belongs((a, b));
            }
        }
        Ok(())
    }
}

fn signatures<S: Send>(
    texts: &Texts<'_>,
    recipe: Recipe,
    removed: &BitSlice,
    of: impl Fn(&[u64]) -> Option<S> + Sync,
) -> Vec<Option<S>> {
    (0..removed.len())
        .into_par_iter()
        .map_init(
            || Sketcher::new(recipe, texts.kernel),
            |sketcher, d| {
                if removed[d] {
                    return None;
                }
                let signature = texts.get(d as u32, |text| {
                    let mut distinct = sketcher.shingles(text).0.to_vec();
                    distinct.sort_unstable();
                    distinct.dedup();
                    of(&distinct)
                });
                signature.ok().flatten()
            },
        )
        .collect()
}

/// How many distinct shingles the members of each group have.
fn copies_shingles(texts: &Texts<'_>, recipe: Recipe, groups: &[Group]) -> Vec<u32> {
    groups
        .par_iter()
        .map_init(
            || (Sketcher::new(recipe, texts.kernel), crate::judge::ShingleSet::new(texts.kernel)),
            |(sketcher, set), group| {
                let filled = texts.get(group[0], |text| set.fill(sketcher.shingles(text).0));
                filled.map_or(0, |()| set.len() as u32)
            },
        )
        .collect()
}

/// A problem with a document that was read.
fn problem(corpus: &Corpus, documents: &Documents, document: u32, reason: String) -> Problem {
    let entry = &documents.entries[document as usize];
    let (path, record) = corpus.place(entry.location, entry.record);
    Problem { path, record, reason, unreadable: false }
}

/// Which records name an id that another named before, and the problems that say so.
fn repeated_ids(corpus: &Corpus, documents: &Documents, problems: &mut Vec<Problem>) -> HashMap<DocId, u32> {
    let entries = &documents.entries;
    let mut alike = groups::shared_keys(entries, |entry| (entry.id_hash != 0).then_some(entry.id_hash));
    // Files of two directories may have one name, and a record without an id has the name of its file.
    let is_made = |d: &u32| entries[*d as usize].id_hash == 0;
    let named = |d: &u32| corpus.is_named_twice(entries[*d as usize].location.input);
    alike.extend((0..entries.len() as u32).filter(is_made).filter(named));
    alike.sort_unstable();
    let mut by_id: BTreeMap<String, Vec<u32>> = BTreeMap::new();
    for document in alike {
        let entry = &entries[document as usize];
        if let Ok(id) = corpus.id(entry.location, entry.record) {
            by_id.entry(id).or_default().push(document);
        }
    }
    by_id.retain(|_, documents| documents.len() > 1);
    let known: HashSet<u64> = match by_id.is_empty() {
        true => HashSet::new(),
        false => entries.iter().map(|entry| entry.id_hash).collect(),
    };
    let mut repeated = HashMap::new();
    for (id, same) in &by_id {
        let mut number = 1;
        for &document in &same[1..] {
            number += 1;
            // An id of that very form may be some record's own.
            while known.contains(&id_hash(format!("{id}#{number}").as_bytes())) {
                number += 1;
            }
            repeated.insert(DocId(document), number);
            let reason = format!("id `{id}` is not the first of that name; printed as `{id}#{number}`");
            problems.push(problem(corpus, documents, document, reason));
        }
    }
    repeated
}

impl Scan {
    fn new(documents: Documents, policy: &Policy) -> Scan {
        Scan {
            documents,
            pairs: Vec::new(),
            clusters: Vec::new(),
            unsettled: 0,
            model: None,
            ids: Ids::default(),
            repeated: HashMap::new(),
            scope: Scope::default(),
            min_words: policy.min_words,
        }
    }

    /// What is known of a document besides its text.
    pub fn meta(&self, corpus: &Corpus, document: DocId) -> Meta {
        let entry = &self.documents.entries[document.index()];
        let mut meta = corpus.meta(entry.location, entry.record).unwrap_or_else(|_| Meta {
            id: corpus.made_id(entry.location.input, entry.record),
            site: self.site(document).to_owned(),
            ..Meta::default()
        });
        meta.id = self.told_apart(document, meta.id);
        meta
    }

    /// The id of any document, as reports print it; [`Scan::id`] knows those in pairs.
    pub fn read_id(&self, corpus: &Corpus, document: DocId) -> String {
        let entry = &self.documents.entries[document.index()];
        let id = corpus.id(entry.location, entry.record);
        self.told_apart(document, id.unwrap_or_else(|_| corpus.made_id(entry.location.input, entry.record)))
    }

    fn told_apart(&self, document: DocId, id: String) -> String {
        match self.repeated.get(&document) {
            Some(number) => format!("{id}#{number}"),
            None => id,
        }
    }

    /// The text of a document.
    ///
    /// # Errors
    /// The reason, where the record is no longer what it was.
    pub fn text(&self, corpus: &Corpus, document: DocId) -> Result<String, Reason> {
        let entry = &self.documents.entries[document.index()];
        let mut bytes = Vec::new();
        Ok(corpus.fields(entry.location, &mut bytes)?.text.to_text())
    }

    /// The id of a document that is in a pair.
    pub fn id(&self, document: DocId) -> &str {
        self.ids.get(document)
    }

    /// The site of a document.
    pub fn site(&self, document: DocId) -> &str {
        &self.documents.sites[self.documents.entries[document.index()].site as usize]
    }

    /// By document: the number of its cluster.
    fn cluster_of(&self) -> HashMap<DocId, usize> {
        let mut cluster_of: HashMap<DocId, usize> = HashMap::new();
        for (number, cluster) in self.clusters.iter().enumerate() {
            let members = cluster.members.iter().map(|(d, _)| *d);
            cluster_of.extend(members.chain([cluster.representative]).map(|d| (d, number)));
        }
        cluster_of
    }

    /// Whether two documents are of one site.
    pub fn same_site(&self, a: DocId, b: DocId) -> bool {
        self.documents.entries[a.index()].site == self.documents.entries[b.index()].site
    }

    /// Documents of at least one token and fewer than the policy's `min_words`.
    pub fn is_short(&self, document: DocId) -> bool {
        (1..self.min_words).contains(&self.documents.entries[document.index()].tokens)
    }

    /// The spans of all pairs, in order; `None` where nothing was aligned. Aligns every pair again.
    ///
    /// # Errors
    /// Cancellation.
    pub fn spans(
        &self,
        corpus: &Corpus,
        recipe: Recipe,
        policy: &Policy,
        resources: &Resources,
    ) -> Result<Option<Vec<Vec<Span>>>> {
        if self.model.is_none() {
            return Ok(None);
        }
        let pairs: Vec<(Candidate, Relation)> =
            self.pairs.iter().map(|pair| ((pair.a.0, pair.b.0), pair.judgement.relation)).collect();
        self.spans_of(corpus, recipe, policy, resources, &pairs).map(Some)
    }

    /// The spans of some pairs of these relations, in order, from the side of the first of each; none where a document is
    /// no longer what it was. Where there is no model, nothing is chrome.
    fn spans_of(
        &self,
        corpus: &Corpus,
        recipe: Recipe,
        policy: &Policy,
        resources: &Resources,
        related: &[(Candidate, Relation)],
    ) -> Result<Vec<Vec<Span>>> {
        let none = Model::default();
        let model = self.model.as_ref().unwrap_or(&none);
        let documents = &self.documents;
        let texts = Texts { corpus, documents, kernel: resources.kernel };
        let judge = Judge { recipe, kernel: resources.kernel, policy, model };
        let ask = |judge: &Judge<'_>, memory: &mut Memory, number: usize, (a, b): (&Loaded, &Loaded)| {
            judge.spans(memory, a, b, related[number].1)
        };
        let asking = Asking { judge, documents, sites: &documents.site_hashes(), ask };
        let pairs: Vec<Candidate> = related.iter().map(|(pair, _)| *pair).collect();
        let cancel = &resources.cancel;
        let (spans, _) = resources.pool()?.install(|| each_pair(&texts, &asking, &pairs, cancel))?;
        Ok(spans.into_iter().map(Option::unwrap_or_default).collect())
    }

    /// What the model calls chrome, as lines of text by site, and standing text, each passage once; by site, what most
    /// documents have first. Reads all texts once more where anything stands.
    ///
    /// # Errors
    /// [`ErrorKind::Setting`] where there can be no thread pool.
    pub fn boilerplate(
        &self,
        corpus: &Corpus,
        recipe: Recipe,
        resources: &Resources,
    ) -> Result<Vec<BoilerplateRow>> {
        let Some(model) = &self.model else { return Ok(Vec::new()) };
        let texts = Texts { corpus, documents: &self.documents, kernel: resources.kernel };
        let learned = Learned { recipe, model, sites: &self.documents.site_hashes() };
        let all = || {
            let mut rows = boilerplate::lines(&texts, recipe, resources.kernel, model);
            rows.extend(passages::passages(&texts, &learned));
            rows.sort_by(|x, y| {
                let key = |row: &BoilerplateRow| (std::cmp::Reverse(row.documents), row.kind);
                (&x.source, key(x), &x.text).cmp(&(&y.source, key(y), &y.text))
            });
            rows
        };
        Ok(resources.pool()?.install(all))
    }

    /// Reads the ids of all documents in groups and pairs.
    fn name(&mut self, corpus: &Corpus, groups: &[Group], found: &[(Candidate, Judgement)]) {
        let in_pairs = found.iter().flat_map(|((a, b), _)| [*a, *b]);
        let mut wanted: Vec<u32> = groups.iter().flatten().copied().chain(in_pairs).collect();
        wanted.sort_unstable();
        wanted.dedup();
        let named = wanted.par_iter().map(|&d| (self.read_id(corpus, DocId(d)), DocId(d)));
        self.ids = Ids::new(named.collect(), self.documents.entries.len());
    }

    /// The judgement of two documents; of two equally long ones with equally many shingles, the lower id is called
    /// the contained one.
    fn settled(&self, a: DocId, b: DocId, judgement: Judgement) -> Judgement {
        let tokens = |d: DocId| self.documents.entries[d.index()].tokens;
        let Measures { a: of_a, b: of_b, .. } = judgement.measures;
        if judgement.inner.is_none() || of_a != of_b || tokens(a) != tokens(b) {
            return judgement;
        }
        let lower = if self.ids.rank(a) < self.ids.rank(b) { Side::A } else { Side::B };
        Judgement { inner: Some(lower), ..judgement }
    }

    /// Clusters, and the pairs that groups of equal documents imply.
    fn group(&mut self, groups: &[Group], shingles: &[u32], found: &[(Candidate, Judgement)]) {
        let leaders: Vec<u32> = groups.iter().map(|group| group[0]).collect();
        let groups = self.sorted_by_id(groups);
        let stars = Stars::new(self, &groups, &leaders, found);
        let mut pairs: Vec<Pair> = Vec::new();
        for (group, &shingles) in groups.iter().zip(shingles) {
            let centres = if group.len() > STAR { 1 } else { group.len() };
            for (i, &a) in group[..centres].iter().enumerate() {
                let exact = |&b: &DocId| Pair { a, b, judgement: Judgement::exact(shingles) };
                pairs.extend(group[i + 1..].iter().filter(|&&b| self.admits(a, b)).map(exact));
            }
        }
        for &((a, b), judgement) in found {
            for &a in stars.shown(&groups, a) {
                let others = stars.shown(&groups, b).iter().filter(|&&b| self.admits(a, b));
                pairs.extend(others.map(|&b| self.pair(a, b, judgement)));
            }
        }
        pairs.par_sort_unstable_by_key(|pair| (self.ids.rank(pair.a), self.ids.rank(pair.b)));
        self.clusters = stars.clusters(self, shingles, found);
        self.pairs = pairs;
    }

    /// Whether a pair is one of those that were asked for.
    fn admits(&self, a: DocId, b: DocId) -> bool {
        self.scope.admits(&self.documents, a, b)
    }

    /// The pair in order of ids.
    fn pair(&self, a: DocId, b: DocId, judgement: Judgement) -> Pair {
        // Copies of one text may be pages of different addresses.
        let judgement = match (judgement.overlap.is_some(), self.documents.are_versions(a, b)) {
            (false, _) => judgement,
            (true, true) => judgement.of_versions(),
            (true, false) => judgement.of_strangers(),
        };
        let judgement = self.settled(a, b, judgement);
        if self.ids.rank(a) <= self.ids.rank(b) {
            Pair { a, b, judgement }
        } else {
            Pair { a: b, b: a, judgement: judgement.swapped() }
        }
    }

    fn sorted_by_id(&self, groups: &[Group]) -> Vec<Vec<DocId>> {
        let sorted = groups.iter().map(|group| {
            let mut group: Vec<DocId> = group.iter().map(|&d| DocId(d)).collect();
            group.sort_unstable_by_key(|&d| self.ids.rank(d));
            group
        });
        sorted.collect()
    }
}

/// The ids of some documents, in order.
#[derive(Debug, Default)]
struct Ids {
    /// Ascending.
    ids: Vec<String>,
    /// By document number: the place of its id.
    ranks: Vec<u32>,
}

impl Ids {
    fn new(mut named: Vec<(String, DocId)>, documents: usize) -> Ids {
        named.par_sort_unstable();
        let mut ranks = vec![u32::MAX; documents];
        for (rank, (_, document)) in named.iter().enumerate() {
            ranks[document.index()] = rank as u32;
        }
        Ids { ids: named.into_iter().map(|(id, _)| id).collect(), ranks }
    }

    fn get(&self, document: DocId) -> &str {
        let rank = self.rank(document) as usize;
        self.ids.get(rank).map_or("", String::as_str)
    }

    /// The place of the document's id among all; comparing places is comparing ids.
    fn rank(&self, document: DocId) -> u32 {
        self.ranks.get(document.index()).copied().unwrap_or(u32::MAX)
    }
}

/// The least share of a digest that a story makes up to be of one cluster with it.
const JOINS_DIGEST: f64 = 0.4;

/// Pairs of nodes: a, b and what they are to each other.
type Linked = (u32, u32, Judgement);

/// Of a pair of which one stands in the other and is a small part of it: the outer node, and where in it.
fn small_part(&(a, b, judgement): &Linked) -> Option<(u32, (f64, f64))> {
    let overlap = judgement.overlap?;
    let [of_b, of_a] = judgement.covers();
    match judgement.inner? {
        Side::A => (of_b < JOINS_DIGEST).then_some((b, overlap.extent[1])),
        Side::B => (of_a < JOINS_DIGEST).then_some((a, overlap.extent[0])),
    }
}

/// Which pairs may bind a cluster. A digest holds stories that have nothing to do with one another: it shares other
/// parts with other documents. It is a copy of none of them, unless one is nearly all of it.
fn binding(nodes: usize, pairs: &[Linked]) -> Vec<bool> {
    // By node: the first end and the last start of what it shares with others.
    let mut bounds = vec![(f64::INFINITY, 0.0f64); nodes];
    let mut bound = |node: u32, (start, end): (f64, f64)| {
        let bound = &mut bounds[node as usize];
        *bound = (bound.0.min(end), bound.1.max(start));
    };
    for pair in pairs {
        match (pair.2.relation, pair.2.overlap) {
            (Relation::Partial, Some(overlap)) => {
                bound(pair.0, overlap.extent[0]);
                bound(pair.1, overlap.extent[1]);
            }
            _ => small_part(pair).into_iter().for_each(|(node, extent)| bound(node, extent)),
        }
    }
    let in_digest = |pair: &Linked| {
        small_part(pair).is_some_and(|(node, (start, end))| {
            let (first_end, last_start) = bounds[node as usize];
            start >= first_end || end <= last_start
        })
    };
    let binds = |pair: &Linked| {
        let [a, b] = pair.2.covers();
        pair.2.relation.is_copy() && (pair.2.overlap.is_none() || (a.min(b) >= JOINS && !in_digest(pair)))
    };
    pairs.iter().map(binds).collect()
}

/// Groups and single documents as the nodes of the star clustering.
struct Stars {
    /// The documents of each node, by id; those of a group at the group's number.
    nodes: Vec<Vec<DocId>>,
    /// By the number of the document that stands for it in `found`.
    node_of: Vec<u32>,
}

impl Stars {
    /// `leaders` are the documents that stand for the groups in `found`.
    fn new(scan: &Scan, groups: &[Vec<DocId>], leaders: &[u32], found: &[(Candidate, Judgement)]) -> Stars {
        let mut nodes: Vec<Vec<DocId>> = groups.to_vec();
        let mut node_of = vec![u32::MAX; scan.documents.entries.len()];
        for (number, &leader) in leaders.iter().enumerate() {
            node_of[leader as usize] = number as u32;
        }
        for d in found.iter().flat_map(|((a, b), _)| [*a, *b]) {
            if node_of[d as usize] == u32::MAX {
                node_of[d as usize] = nodes.len() as u32;
                nodes.push(vec![DocId(d)]);
            }
        }
        Stars { nodes, node_of }
    }

    /// The documents that pairs of this node show: of a large group its centre only.
    fn shown(&self, groups: &[Vec<DocId>], document: u32) -> &[DocId] {
        let node = self.node_of[document as usize] as usize;
        let documents = &self.nodes[node];
        let is_star = node < groups.len() && documents.len() > STAR;
        if is_star { &documents[..1] } else { documents }
    }

    fn clusters(&self, scan: &Scan, shingles: &[u32], found: &[(Candidate, Judgement)]) -> Vec<Cluster> {
        let node_of = |d: u32| self.node_of[d as usize];
        let mut found: Vec<Linked> =
            found.iter().map(|&((a, b), judgement)| (node_of(a), node_of(b), judgement)).collect();
        let mut binding = binding(self.nodes.len(), &found).into_iter();
        // Whoever may represent the other has to be close to it.
        let first = |node: u32| self.nodes[node as usize][0];
        found.retain(|pair| binding.next().unwrap_or_default() && scan.admits(first(pair.0), first(pair.1)));
        let edge =
            |&(a, b, judgement): &Linked| Edge { a, b, score: judgement.score, covers: judgement.covers() };
        let edges: Vec<Edge> = found.iter().map(edge).collect();
        let nodes = self.ranked(scan);
        let places = match scan.documents.against.is_empty() {
            true => stars(&nodes, &edges),
            false => stars_of(&nodes, &edges, |node| scan.documents.is_against(self.nodes[node as usize][0])),
        };
        let exact = |node: usize| shingles.get(node).map(|&n| Judgement::exact(n));
        let mut members: BTreeMap<u32, Vec<(DocId, Judgement)>> = BTreeMap::new();
        let mut clusters: Vec<Cluster> = Vec::new();
        for (node, place) in places.into_iter().enumerate() {
            let (joined, judgement) = match place.edge {
                None => (&self.nodes[node][1..], exact(node)),
                Some(edge) => {
                    let (_, _, judgement) = found[edge as usize];
                    let from_member = edges[edge as usize].a == node as u32;
                    let seen = if from_member { judgement } else { judgement.swapped() };
                    (&self.nodes[node][..], Some(seen))
                }
            };
            let representative = self.nodes[place.star as usize][0];
            let (joined, left): (Vec<DocId>, Vec<DocId>) =
                joined.iter().partition(|&&d| scan.admits(d, representative));
            let joined = joined.into_iter();
            let list = members.entry(place.star).or_default();
            list.extend(joined.filter_map(|d| Some((d, scan.settled(d, representative, judgement?)))));
            // Copies that are too late for the one that their text belongs to are still copies of one another.
            if let (Some((&first, others)), Some(_)) = (left.split_first(), place.edge) {
                let copies = others.iter().filter(|&&d| scan.admits(d, first));
                let members = copies.filter_map(|&d| Some((d, exact(node)?))).collect();
                clusters.push(Cluster { representative: first, members });
            }
        }
        clusters.extend(members.into_iter().map(|(star, mut members)| {
            members.sort_unstable_by_key(|(d, _)| scan.ids.rank(*d));
            Cluster { representative: self.nodes[star as usize][0], members }
        }));
        clusters.retain(|cluster| !cluster.members.is_empty());
        clusters.sort_unstable_by_key(|cluster| {
            (std::cmp::Reverse(cluster.members.len()), scan.ids.rank(cluster.representative))
        });
        clusters
    }

    fn ranked(&self, scan: &Scan) -> Vec<Node> {
        let node = |documents: &Vec<DocId>| Node {
            size: documents.len() as u32,
            tokens: scan.documents.entries[documents[0].index()].tokens,
            rank: scan.ids.rank(documents[0]),
        };
        self.nodes.iter().map(node).collect()
    }
}
