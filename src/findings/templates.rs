//! The templates of a run's templated pairs, mined only for a report that shows them.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use crate::document::DocId;
use crate::document::site_hash;
use crate::error::Result;
use crate::judge::Relation;
use crate::model::{Content, ContentReader, Model};
use crate::report::{SlotRow, TemplateRow};
use crate::scan::texts::Texts;
use crate::scan::{Pair, Run};
use crate::template::{Template, TemplateMember, TemplateSlot, mine};

impl Run {
    /// The forms that documents fill in, the one that saves most bits first; none in classic mode. Reads the texts of all
    /// documents in templated pairs once more; time is that of aligning each a few times.
    ///
    /// # Errors
    /// Cancellation, or [`crate::error::ErrorKind::Setting`] where there can be no thread pool.
    pub fn templates(&self) -> Result<Vec<TemplateRow>> {
        let Some(model) = &self.model else { return Ok(Vec::new()) };
        let texts = self.texts();
        let families = self.families();
        let mined: Vec<Vec<TemplateRow>> = self.install(|| {
            let rows = families.par_iter().map(|family| {
                self.cancel().check()?;
                let members = self.members(&texts, model, family);
                Ok(mine(&members).into_iter().map(|template| self.template_row(family, template)).collect())
            });
            rows.collect::<Result<_>>()
        })?;
        let mut rows: Vec<TemplateRow> = mined.into_iter().flatten().collect();
        rows.sort_by(|x, y| {
            y.bits_saved.total_cmp(&x.bits_saved).then_with(|| x.documents.cmp(&y.documents))
        });
        Ok(rows)
    }

    /// Documents that templated pairs lead from one to another, and the exact copies of each, by id.
    fn families(&self) -> Vec<Vec<DocId>> {
        let mut leader: BTreeMap<DocId, DocId> = BTreeMap::new();
        let pairs =
            |relation| self.pairs.iter().filter(move |pair: &&Pair| pair.judgement.relation == relation);
        // Notes that only their titles tell apart have no slot.
        for pair in pairs(Relation::Templated).filter(|pair| pair.judgement.overlap.is_some()) {
            let (a, b) = (leader_of(&mut leader, pair.a), leader_of(&mut leader, pair.b));
            leader.insert(a.max(b), a.min(b));
        }
        let in_templates: Vec<DocId> = leader.keys().copied().collect();
        for document in in_templates {
            let first = leader_of(&mut leader, document);
            for &copy in self.equals.of(document) {
                leader.entry(copy).or_insert(first);
            }
        }
        let documents: BTreeSet<DocId> = leader.keys().copied().collect();
        let mut families: BTreeMap<DocId, Vec<DocId>> = BTreeMap::new();
        for document in documents {
            families.entry(leader_of(&mut leader, document)).or_default().push(document);
        }
        let mut families: Vec<Vec<DocId>> = families.into_values().collect();
        families
            .iter_mut()
            .for_each(|family| family.sort_unstable_by_key(|&document| self.ids.rank(document)));
        families
    }

    fn members(&self, texts: &Texts<'_>, model: &Model, family: &[DocId]) -> Vec<TemplateMember> {
        let memory = || (ContentReader::new(self.recipe(), texts.kernel), Content::default());
        let member = |(reader, content): &mut (ContentReader, Content), &document: &DocId| {
            let read = texts.get(document.0, |text| {
                reader.read(text);
                reader.content(text, site_hash(self.site(document)), model, content);
                let place =
                    |i: usize| reader.tokens().range(content.words.place(i) as usize).unwrap_or_default();
                let ranges = (0..content.words.len()).map(place);
                TemplateMember {
                    ranges: ranges.map(|range| (range.start as u32, range.end as u32)).collect(),
                    words: content.words.clone(),
                    text: text.to_owned(),
                }
            });
            // A document that changed since is among the problems, and fills in nothing.
            read.unwrap_or_default()
        };
        family.par_iter().map_init(memory, member).collect()
    }

    fn template_row(&self, family: &[DocId], template: Template) -> TemplateRow {
        let slot = |TemplateSlot { kind, values }: TemplateSlot| SlotRow { kind: kind.name().into(), values };
        TemplateRow {
            skeleton: template.skeleton,
            slots: template.slots.into_iter().map(slot).collect(),
            documents: template.members.iter().map(|&member| self.read_id(family[member])).collect(),
            optional: template.optional as u64,
            share: template.share,
            bits_saved: template.saved,
        }
    }
}

/// The least document that is known to belong with this one.
fn leader_of(leader: &mut BTreeMap<DocId, DocId>, document: DocId) -> DocId {
    let mut at = document;
    while let Some(&next) = leader.get(&at).filter(|next| **next != at) {
        at = next;
    }
    leader.insert(document, at);
    leader.entry(at).or_insert(at);
    at
}
