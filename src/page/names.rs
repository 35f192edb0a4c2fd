//! Names of sites that a corpus shows: what several pages of one site have beside their headlines, or give as its name.
//!
//! A page need not name its site. Where one ends a line with "Second ferry \u{2013} Sound Courier" and another page of the site says that
//! it is the Sound Courier's, or does the same beside a headline of its own, both have a headline beside the site's name.

use std::collections::{HashMap, HashSet};

use super::{PageReader, run_hash};
use crate::hash::avalanche;
use crate::html::PageHead;

/// Names of sites, by site and words. Made for pages that may each be of a site of their own: it holds one number a name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SiteNames {
    known: HashSet<u64>,
}

/// What one page shows of its site's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamesSeen {
    /// Its headline, as a hash: pages of one headline are one page in several places.
    headline: u64,
    /// What may be names, as [`name_key`] makes them.
    names: Vec<u64>,
}

/// Counts on how many pages of a site names stand. The order of pages changes nothing.
#[derive(Debug, Default)]
pub struct NameCount {
    /// By name, the headline of the page that has it, or that several have it.
    seen: HashMap<u64, Seen>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Seen {
    On(u64),
    Several,
}

impl NameCount {
    /// Takes in what a page shows.
    pub fn add(&mut self, page: &NamesSeen) {
        for &name in &page.names {
            self.join(name, Seen::On(page.headline));
        }
    }

    /// Takes in what was counted of other pages.
    pub fn merge(mut self, other: NameCount) -> NameCount {
        for (name, seen) in other.seen {
            self.join(name, seen);
        }
        self
    }

    fn join(&mut self, name: u64, seen: Seen) {
        let own = self.seen.entry(name).or_insert(seen);
        if *own != seen {
            *own = Seen::Several;
        }
    }

    /// The names that several pages have.
    pub fn names(self) -> SiteNames {
        let several = self.seen.into_iter().filter(|(_, seen)| *seen == Seen::Several);
        SiteNames { known: several.map(|(name, _)| name).collect() }
    }
}

impl SiteNames {
    /// Whether a site has a name of these tokens, given as their hashes.
    pub(super) fn has(&self, site: u64, name: &[u64]) -> bool {
        !self.known.is_empty() && self.known.contains(&name_key(site, name))
    }
}

fn name_key(site: u64, name: &[u64]) -> u64 {
    avalanche(run_hash(name) ^ avalanche(site.wrapping_add(1)))
}

impl PageReader {
    /// What a page of this site shows of its name; nothing where it has no headline.
    pub fn site_names(&mut self, head: &PageHead, site: u64) -> Option<NamesSeen> {
        let headline = head.headline.as_deref()?;
        self.forms.of_page(head, &mut self.title);
        for rest in &head.beside {
            self.forms.name_beside(rest, &mut self.title);
        }
        self.title.read(headline);
        let mut key = Vec::new();
        let headline = run_hash(self.title.hashes(&mut key));
        let names = self.forms.names.iter().map(|name| name_key(site, name)).collect();
        Some(NamesSeen { headline, names })
    }
}
