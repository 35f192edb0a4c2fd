//! What a filter and a lookup have in common: they judge documents against an index.

use std::sync::{Arc, Mutex, PoisonError};

use xxhash_rust::xxh3::xxh3_64;

use super::look::{
    Batch, LookMemory, Matched, Sought, copy_of, leave_best, mark_original, match_with, matches, order,
};
use super::pool::Pool;
use super::prepare::{GramKeys, Prepared, Preparer};
use super::{Answer, Incoming, cut};
use crate::candidates::Gate;
use crate::document::id_hash;
use crate::error::{Error, ErrorKind, Result};
use crate::hash::avalanche;
use crate::index::Keep;
use crate::index::format::StoredRow;
use crate::index::verdict::Verdict;
use crate::index::view::{Earlier, Moment, PartPlace, View};
use crate::judge::{Directed, Judge};
use crate::kernel::Kernel;
use crate::model::Model;
use crate::options::{Policy, Resources};
use crate::recipe::Recipe;

/// What pairs are judged under.
#[derive(Debug)]
pub(super) struct Under {
    pub recipe: Recipe,
    pub kernel: Kernel,
    pub policy: Policy,
    pub model: Model,
    /// Whether standing text is learned from what is indexed: no model was given.
    pub learns: bool,
}

impl Under {
    pub fn judge(&self) -> Judge<'_> {
        Judge {
            recipe: self.recipe,
            kernel: self.kernel,
            policy: &self.policy,
            model: &self.model,
            learns: self.learns,
        }
    }
}

/// Common grams, of one in eight, that make two texts candidates of which one is noisy: some thirty characters.
const GRAMS: u32 = 3;

/// How a document stands to those before it.
#[derive(Debug, Clone, Copy)]
pub(super) enum Novelty {
    /// The document of this ordinal has the same id and text.
    Again(u32),
    /// No document has; perhaps it takes the place of the document of an ordinal.
    Fresh { replaces: Option<u32> },
}

/// A document that is being answered.
#[derive(Debug)]
pub(super) struct Arrived<'a> {
    pub document: &'a Incoming,
    pub novelty: Novelty,
    pub row: StoredRow,
    pub keys: Vec<u64>,
    pub grams: GramKeys,
    /// The id that it is kept under, where that is not its own.
    pub id: Option<String>,
}

impl Arrived<'_> {
    /// The id that it is kept under.
    pub fn kept_id(&self) -> &str {
        self.id.as_deref().unwrap_or(cut(&self.document.id))
    }
}

/// Judges documents against an index.
#[derive(Debug)]
pub(super) struct Core {
    pub preparer: Preparer,
    under: Arc<Under>,
    gate: Gate,
    /// Of noisy texts.
    gram_gate: Gate,
    keep: Keep,
    workers: Vec<Mutex<LookMemory>>,
}

impl Core {
    /// `packs` says whether texts are compressed as they arrive, to be kept.
    pub fn new(
        (recipe, keep): (Recipe, Keep),
        model: Option<&[u8]>,
        policy: Policy,
        resources: &Resources,
        packs: bool,
    ) -> Result<Core> {
        policy.validate()?;
        let learns = model.is_none();
        let model = model.map_or_else(|| Ok(Model::default()), |bytes| Model::read(recipe, bytes))?;
        let under = Arc::new(Under { recipe, kernel: resources.kernel, policy, model, learns });
        let pool = Pool::new(resources.pool()?);
        let worker = |_| Ok(Mutex::new(LookMemory::new(under.judge())?));
        let workers = (0..pool.threads()).map(worker).collect::<Result<_>>()?;
        // Samples alone give raw measures only: what shares a passage and no more would have no relation.
        let gate = match keep {
            Keep::Text => Gate::of_passages(&policy),
            Keep::Signatures => Gate::new(policy.least_overlap()),
        };
        let preparer = Preparer::new(pool, under.clone(), packs && keep == Keep::Text)?;
        Ok(Core { preparer, under, gate, gram_gate: Gate::of_share(0.0, GRAMS), keep, workers })
    }

    /// Whether texts are compared, and not only samples.
    pub fn verifies(&self) -> bool {
        self.keep == Keep::Text
    }

    pub fn judge(&self) -> Judge<'_> {
        self.under.judge()
    }

    pub fn gate(&self) -> &Gate {
        &self.gate
    }

    pub fn gram_gate(&self) -> &Gate {
        &self.gram_gate
    }

    /// Forgets loaded documents from this ordinal on.
    pub fn forget(&mut self, first: u32) {
        for worker in &mut self.workers {
            worker.get_mut().unwrap_or_else(PoisonError::into_inner).forget(first);
        }
    }

    /// Calls `work` for 0 to `count`, on all threads; results are in order.
    pub fn each<T: Send>(
        &self,
        count: usize,
        work: impl Fn(&mut LookMemory, usize) -> Result<T> + Sync,
    ) -> Result<Vec<T>> {
        self.preparer.pool.each(&self.workers, count, work)
    }

    /// Of every document: what came before under its id.
    pub fn earlier(
        &self,
        view: &View<'_>,
        documents: &[Incoming],
        prepared: &[Prepared],
    ) -> Result<Vec<Earlier>> {
        self.each(documents.len(), |_, i| view.earlier(cut(&documents[i].id), &prepared[i].row))
    }

    /// The matches of every fresh document.
    pub fn look(&self, view: &View<'_>, arrived: &[Arrived<'_>]) -> Result<Vec<Vec<Matched>>> {
        let batch: Batch<'_> = arrived.iter().map(|one| (one.row.ordinal, one.document)).collect();
        self.each(arrived.len(), |worker, i| {
            let Arrived { document, novelty, row, keys, grams, .. } = &arrived[i];
            match *novelty {
                Novelty::Again(_) => Ok(Vec::new()),
                Novelty::Fresh { replaces } => matches(
                    self,
                    view,
                    worker,
                    document,
                    Sought { row, keys, grams: &grams.sought },
                    (replaces, &batch),
                ),
            }
        })
    }

    /// Answers documents, each for itself, as if it came next.
    pub fn check(
        &self,
        (view, next): (&View<'_>, u32),
        documents: &[Incoming],
        prepared: Vec<Prepared>,
    ) -> Result<Vec<Answer>> {
        let earlier = self.earlier(view, documents, &prepared)?;
        let arrived: Vec<Arrived<'_>> = documents
            .iter()
            .zip(prepared)
            .zip(earlier)
            .map(|((document, Prepared { mut row, keys, grams, .. }), earlier)| {
                row.ordinal = next;
                Arrived { document, novelty: novelty(earlier), row, keys, grams, id: None }
            })
            .collect();
        let looked = self.look(view, &arrived)?;
        arrived.iter().zip(looked).map(|(arrived, found)| self.answer(view, arrived, found)).collect()
    }

    /// The answer to a document with these matches.
    pub fn answer(&self, view: &View<'_>, arrived: &Arrived<'_>, found: Vec<Matched>) -> Result<Answer> {
        if let Novelty::Again(ordinal) = arrived.novelty {
            return again(view, ordinal);
        }
        let found = self.with_original(view, arrived, found)?;
        let cluster = match cluster(view, &found)? {
            Some(cluster) => cluster,
            None => own_cluster(arrived.document, &arrived.row),
        };
        Ok(Answer { verdict: self.verdict(found, cluster, arrived.row.seen), again: false })
    }

    /// Matches, as many as a verdict keeps, with the original marked: it may be whom the nearest of them is a copy of, and is
    /// then judged as well. What was said of those before this one has to be known.
    fn with_original(
        &self,
        view: &View<'_>,
        arrived: &Arrived<'_>,
        mut found: Vec<Matched>,
    ) -> Result<Vec<Matched>> {
        let nearest = found.first().filter(|best| self.verifies() && best.found.relation.is_copy());
        if let Some(nearest) = nearest {
            let (document, row) = (arrived.document, &arrived.row);
            let source = match view.place(nearest.ordinal)? {
                Some(place) => source(view, place, row)?,
                None => None,
            };
            if let Some((place, other)) = source
                && found.iter().all(|matched| matched.ordinal != other.ordinal)
                && let Some(worker) = self.workers.first()
            {
                let mut worker = worker.lock().unwrap_or_else(PoisonError::into_inner);
                found.extend(match_with(self, view, &mut worker, (document, row), (place, &other))?);
                order(&mut found);
            }
            mark_original(&mut found, copy_of(&document.meta, &document.text));
        }
        leave_best(&mut found);
        Ok(found)
    }

    pub fn verdict(&self, found: Vec<Matched>, cluster: u64, seen: u64) -> Verdict {
        let relation = found.first().map_or(Directed::New, |best| best.found.relation);
        let of = found.iter().position(|matched| matched.is_original).unwrap_or_default();
        let matches = found.into_iter().map(|matched| matched.found).collect();
        Verdict { relation, verified: self.verifies(), matches, of, cluster, seen }
    }
}

/// How a document stands to what came before under its id.
pub(super) fn novelty(earlier: Earlier) -> Novelty {
    match earlier.again {
        Some(ordinal) => Novelty::Again(ordinal),
        None => Novelty::Fresh { replaces: earlier.last },
    }
}

fn again(view: &View<'_>, ordinal: u32) -> Result<Answer> {
    let gone = || Error::new(ErrorKind::Corrupt).because(format!("document {ordinal} is not where it was"));
    let place = view.place(ordinal)?.ok_or_else(gone)?;
    let row = view.row(place)?;
    Ok(Answer { verdict: view.verdict(place, &row)?, again: true })
}

/// Whom the document of a place is a copy of, where the arrival of a row finds it.
fn source(view: &View<'_>, place: PartPlace, row: &StoredRow) -> Result<Option<(PartPlace, StoredRow)>> {
    let verdict = view.verdict(place, &view.row(place)?)?;
    match verdict.of().filter(|_| verdict.relation.is_copy()) {
        Some(of) => view.last_of(of, id_hash(of.as_bytes()), Moment::of(row)),
        None => Ok(None),
    }
}

/// The cluster of the first match that the document shares one with.
fn cluster(view: &View<'_>, found: &[Matched]) -> Result<Option<u64>> {
    let Some(best) = found.iter().find(|matched| matched.found.relation.shares_cluster()) else {
        return Ok(None);
    };
    match view.place(best.ordinal)? {
        Some(place) => Ok(Some(view.row(place)?.cluster)),
        None => Ok(None),
    }
}

/// The cluster of a document that is in no other's.
pub(super) fn own_cluster(document: &Incoming, row: &StoredRow) -> u64 {
    avalanche(xxh3_64(document.id.as_bytes()) ^ row.text_hash.rotate_left(32))
}
