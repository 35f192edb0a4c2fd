//! Standing text, learned from the documents that an arrival meets, where the index was given no model.
//!
//! Nothing of it is kept: what stands depends on the arrival and on what the index held when it came. Its verdict is kept.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};

use super::unpack::Unpacker;
use crate::document::is_known;
use crate::error::Result;
use crate::index::format::StoredRow;
use crate::index::view::{Near, View};
use crate::judge::Memory;
use crate::model::standing::{COPY, Few, FewPage, ITEM, Standing};

/// Documents of one site that an arrival is counted with, at most: three times the items that text needs to stand for
/// good, since some of them are copies.
const MET: usize = 16;

/// Of these, the likeliest; the others are one in every few of the rest, since many copies of one text may be likelier.
const LIKELIEST: usize = 10;

/// Texts that a thread keeps: families arrive together.
const KEPT: usize = 256;

/// Memory of one thread.
#[derive(Debug, Default)]
pub(super) struct Learning {
    few: Few,
    /// Indexed documents that were read, by ordinal.
    read: HashMap<u32, ReadText>,
    own: ReadText,
}

/// A text, as it is counted.
#[derive(Debug, Default)]
struct ReadText {
    tokens: usize,
    shingles: Vec<u64>,
}

impl ReadText {
    fn fill(&mut self, memory: &mut Memory, text: &str) {
        memory.reader.read(text);
        self.tokens = memory.reader.count();
        self.shingles.clear();
        self.shingles.extend_from_slice(memory.reader.shingles());
    }

    fn page(&self) -> FewPage<'_> {
        FewPage { tokens: self.tokens, shingles: &self.shingles }
    }
}

impl Learning {
    /// Forgets documents from this ordinal on.
    pub fn forget(&mut self, first: u32) {
        self.read.retain(|&ordinal, _| ordinal < first);
    }

    /// What stands for an arrival of this row and text, which meets the documents of `near`. Linear in at most [`MET`]
    /// texts of each site that several of them are of.
    pub fn standing(
        &mut self,
        (view, unpacker, memory): (&View<'_>, &mut Unpacker, &mut Memory),
        (row, text): (&StoredRow, &str),
        near: &[Near],
    ) -> Result<Standing> {
        let mut rows = Vec::new();
        let sites = sites(row, near);
        if !sites.is_empty() {
            self.own.fill(memory, text);
        }
        for (site, of_site) in sites {
            if self.read.len() > KEPT {
                self.read.clear();
            }
            for one in &of_site {
                if let Entry::Vacant(entry) = self.read.entry(one.row.ordinal) {
                    let text = unpacker.unpack(view.text(one.place, &one.row)?, &one.row)?;
                    entry.insert(ReadText::default()).fill(memory, text);
                }
            }
            let met = of_site.iter().filter_map(|one| self.read.get(&one.row.ordinal));
            let own = (site == row.site).then_some(&self.own);
            let pages: Vec<FewPage<'_>> = met.chain(own).map(ReadText::page).collect();
            self.few.learn(memory.reader.shingle(), (site, is_known(site)), &pages, &mut rows);
        }
        Ok(Standing::of(rows))
    }
}

/// The documents with which an arrival is counted, by site: those sites' of which enough are met. Of many, one in every few
/// is taken, since copies of one text have equal shares of it.
fn sites<'a>(row: &StoredRow, near: &'a [Near]) -> BTreeMap<u64, Vec<&'a Near>> {
    let mut sites: BTreeMap<u64, Vec<&Near>> = BTreeMap::new();
    for one in near {
        let of_site = sites.entry(one.row.site).or_default();
        if of_site.iter().all(|other| other.row.sequence != one.row.sequence) {
            of_site.push(one);
        }
    }
    sites.retain(|&site, of_site| (of_site.len() + usize::from(site == row.site)) as u64 * ITEM >= COPY);
    for of_site in sites.values_mut() {
        let rest = of_site.split_off(of_site.len().min(LIKELIEST));
        let step = rest.len().div_ceil(MET - LIKELIEST).max(1);
        of_site.extend(rest.into_iter().step_by(step));
    }
    sites
}
