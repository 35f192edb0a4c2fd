//! A page's headline in any form: as it is, behind a label, beside a site's name, at the end of crumbs, cut short.
//!
//! No list of words tells a label or a name. A label is short and ends in a colon; a site's name is one that the page itself or other
//! pages of the site give it (`names`), or stands behind a bar, or on a link to another site. What has a number of its own beside the headline is the next of
//! a series, and what has the headline within a sentence has it not as a headline.
//!
//! Thresholds were measured on 150 real and 200 made pages (page-repeats); docs/decisions.md says what moves with each.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use super::names::SiteNames;
use super::{
    LinkTarget, NEWS, PageHead, PageReader, PageUnit, Place, PlaceForm, PlaceRole, Repeat, RepeatKind, TITLE,
    UnitForm, VisiblePage, WORD, run_hash,
};
use crate::text::Tokens;

/// What a label weighs at most: six words.
const LABEL: usize = 6 * WORD;

/// Words of a site's name that nothing but its place tells, at most.
const NAME: usize = 6 * WORD;

/// Words that a headline keeps when it is cut, at least, rounded up: three and a character more.
const KEPT: usize = 3 * WORD + 1;

/// The same on a link to the page itself, which says whose headline it is.
const KEPT_HERE: usize = WORD + 1;

/// Names that are remembered, at most.
const READ: usize = 256;

/// Tokens of crumbs that stand before the headline in its line, fewer than.
const WAY: usize = 40;

/// What stands between a headline and a site's name.
const SEPARATORS: [char; 19] = [
    '|', '\u{ff5c}', '\u{2502}', '-', '\u{2013}', '\u{2014}', '\u{2015}', '\u{b7}', '\u{2022}', '\u{ab}',
    '\u{bb}', '\u{2039}', '\u{203a}', '>', ':', '\u{ff1a}', '/', '~', '@',
];

/// Those of them that part a name from a headline and nothing else.
const BARS: [char; 3] = ['|', '\u{ff5c}', '\u{2502}'];

/// What leads from one crumb to the next.
const ARROWS: [char; 11] = [
    '\u{bb}', '\u{203a}', '>', '\u{2192}', '\u{25b8}', '\u{25ba}', '\u{25b6}', '\u{276f}', '\u{27a4}',
    '\u{ff1e}', '\u{2190}',
];

/// What may do so where there are several of one kind.
const STEPS: [char; 7] = ['/', '|', '\u{b7}', '\u{2022}', '\\', '\u{ff5c}', '-'];

const COLONS: [char; 2] = [':', '\u{ff1a}'];

/// A place of the headline.
#[derive(Debug, Clone)]
pub(super) struct TitlePlace {
    /// The number of its unit; of a link, of the unit that it stands in.
    pub unit: usize,
    /// The link, where the headline is one within the unit.
    pub link: Option<usize>,
    pub bytes: Range<usize>,
    pub form: PlaceForm,
    /// It is the last of crumbs.
    pub is_crumb: bool,
}

/// The headline that is looked for, and names that may stand beside it.
#[derive(Debug, Default)]
pub(super) struct Forms {
    /// Hashes of the headline's tokens, and the hash of all of them.
    key: Vec<u64>,
    hash: u64,
    /// Hashes of the tokens of each name.
    pub names: Vec<Vec<u64>>,
    /// Hashes of the tokens of names that pages gave before: pages of a site give the same.
    read: HashMap<String, Vec<u64>>,
    /// The names that other pages show, and the site of this one.
    pub known: Option<(Arc<SiteNames>, u64)>,
}

impl Forms {
    /// Takes the names of the page's site. `tokens` is memory.
    pub fn names(&mut self, names: &[String], tokens: &mut Tokens) {
        self.names.clear();
        for name in names {
            self.name(name, tokens);
        }
    }

    /// Takes the names that a page itself gives its site.
    pub fn of_page(&mut self, head: &PageHead, tokens: &mut Tokens) {
        self.names(&head.names, tokens);
        if let Some(title) = &head.title {
            self.name_in(title, head.headline.as_deref().unwrap_or_default(), tokens);
        }
    }

    /// Takes what stands beside the headline, with the sign between them, if it may be a name: what has a number is the next of a
    /// series.
    pub fn name_beside(&mut self, rest: &str, tokens: &mut Tokens) {
        let is_sign = |c: char| SEPARATORS.contains(&c) || matches!(c, '(' | ')');
        let name = rest.trim_matches(|c: char| is_sign(c) || c.is_whitespace());
        let has_number = |name: &str| name.split(|c: char| !c.is_alphanumeric()).any(is_number);
        if name.len() < rest.len() && !has_number(name) {
            self.name(name, tokens);
        }
    }

    fn name(&mut self, name: &str, tokens: &mut Tokens) {
        if !self.read.contains_key(name) {
            if self.read.len() >= READ {
                self.read.clear();
            }
            self.read.insert(name.to_owned(), hashes(name, tokens));
        }
        if let Some(hashes) = self.read.get(name)
            && !hashes.is_empty()
            && !self.names.contains(hashes)
        {
            self.names.push(hashes.clone());
        }
    }

    /// Takes what a title says beside the headline: all of it, and each part that a separator parts.
    pub fn name_in(&mut self, title: &str, headline: &str, tokens: &mut Tokens) {
        if title == headline {
            return;
        }
        let (whole, key) = (hashes(title, tokens), hashes(headline, tokens));
        let rest = whole.strip_prefix(&*key).or_else(|| whole.strip_suffix(&*key));
        let Some(rest) = rest.filter(|rest| !rest.is_empty() && !key.is_empty()) else { return };
        let rest = rest.to_vec();
        if !self.names.contains(&rest) {
            self.names.push(rest);
        }
        let parts: Vec<&str> = title.split(SEPARATORS).map(str::trim).collect();
        for part in parts {
            let hashes = hashes(part, tokens);
            if !hashes.is_empty() && hashes.len() < whole.len() && !holds(&key, &hashes) {
                self.name(part, tokens);
            }
        }
    }
}

fn is_number(word: &str) -> bool {
    !word.is_empty() && word.chars().all(char::is_numeric)
}

/// Whether a run of tokens stands in another.
fn holds(whole: &[u64], part: &[u64]) -> bool {
    whole.windows(part.len().max(1)).any(|window| window == part)
}

fn hashes(text: &str, tokens: &mut Tokens) -> Vec<u64> {
    tokens.read(text);
    let mut hashes = Vec::new();
    tokens.hashes(&mut hashes).to_vec()
}

impl PageReader {
    /// The places of a headline that is known, if there are several.
    pub(super) fn headline(&mut self, text: &str) -> Vec<TitlePlace> {
        let mut key = Vec::new();
        self.forms.key = self.title.hashes(&mut key).to_vec();
        self.forms.hash = run_hash(&self.forms.key);
        let places = self.title_places(text);
        if self.weighs_enough(text, &places, TITLE) { places } else { Vec::new() }
    }

    /// The places of the headline of a text that names none: its first block, or else its first line.
    pub(super) fn opening_headline(&mut self, text: &str) -> Vec<TitlePlace> {
        for opening in self.openings(text).into_iter().flatten() {
            let unit = &self.units[opening];
            self.title.read(&text[unit.byte_range()]);
            self.forms.key = self.hashes[unit.token_range()].to_vec();
            self.forms.hash = unit.hash;
            let places = self.title_places(text);
            if self.weighs_enough(text, &places, NEWS) {
                return places;
            }
        }
        Vec::new()
    }

    /// Whether there are several places, and the headline has enough words to be one.
    fn weighs_enough(&self, text: &str, places: &[TitlePlace], enough: usize) -> bool {
        let [first, _, ..] = places else { return false };
        let whole = places.iter().find(|place| place.form == PlaceForm::Same).unwrap_or(first);
        let tokens = self.tokens_in(&whole.bytes);
        self.weight(text, tokens.clone(), NEWS, false) >= NEWS
            || enough == TITLE
                && self.weight(text, tokens.clone(), 1, false) > 0
                && self.weight(text, tokens, TITLE, true) >= TITLE
    }

    /// The tokens that begin in a stretch of the text.
    pub(super) fn tokens_in(&self, bytes: &Range<usize>) -> Range<usize> {
        let (starts, _) = self.tokens.all_ranges();
        let place = |byte: usize| starts.partition_point(|start| (*start as usize) < byte);
        place(bytes.start)..place(bytes.end)
    }

    fn title_places(&self, text: &str) -> Vec<TitlePlace> {
        let mut places: Vec<TitlePlace> = Vec::new();
        if self.forms.key.is_empty() {
            return places;
        }
        let mut links = self.links.iter().enumerate().peekable();
        for (at, unit) in self.units.iter().enumerate() {
            let own = self.form(text, unit);
            let mut inner: Vec<&PageUnit> = Vec::new();
            let from = links.peek().map_or(0, |(number, _)| *number);
            while let Some((_, link)) = links.next_if(|(_, link)| link.parts as usize <= at) {
                if link.parts as usize == at {
                    inner.push(link);
                }
            }
            let own = own.or_else(|| self.form_beside(text, unit, &inner));
            let is_whole =
                own.as_ref().is_some_and(|(form, _, is_crumb)| *form == PlaceForm::Same || *is_crumb);
            let before = places.len();
            if !is_whole {
                // What a link within the block has, the link's place is: it says where it leads.
                let beside = own.as_ref().map(|(form, ..)| *form);
                let links = inner.iter().enumerate();
                places.extend(links.filter_map(|(number, link)| {
                    let found = self.form(text, link).or_else(|| self.form_beside(text, link, &[]));
                    let (form, bytes, is_crumb) = found?;
                    let form = match form {
                        PlaceForm::Same if self.is_labelled(text, unit, link) => PlaceForm::Labelled,
                        PlaceForm::Same => beside.unwrap_or(form),
                        form => form,
                    };
                    Some(TitlePlace { unit: at, link: Some(from + number), bytes, form, is_crumb })
                }));
            }
            if let (Some((form, bytes, is_crumb)), true) = (own, places.len() == before) {
                // The lines of a block that is the headline are no further places.
                while places.last().is_some_and(|place| bytes.start <= place.bytes.start) {
                    places.pop();
                }
                places.push(TitlePlace { unit: at, link: None, bytes, form, is_crumb });
            }
        }
        places
    }

    /// The whole headline, or its beginning.
    fn form(&self, text: &str, unit: &PageUnit) -> Option<(PlaceForm, Range<usize>, bool)> {
        let tokens = unit.token_range();
        // By its hash too: of a link that shares a token with what stands beside it, that is of its own words.
        if self.hashes[tokens.clone()] == *self.forms.key || unit.hash == self.forms.hash {
            return Some((PlaceForm::Same, unit.byte_range(), false));
        }
        let is_cut = self.is_cut(text, unit, tokens);
        is_cut.then(|| (PlaceForm::Cut, unit.byte_range(), false))
    }

    /// The headline with something before or behind it. `links` are those within the unit.
    fn form_beside(
        &self,
        text: &str,
        unit: &PageUnit,
        links: &[&PageUnit],
    ) -> Option<(PlaceForm, Range<usize>, bool)> {
        let (key, tokens) = (&self.forms.key, unit.token_range());
        let whole = unit.byte_range();
        if text[whole.clone()].contains('\n') {
            // What stands beside it on a line of its own has nothing to do with it.
            return None;
        }
        let own = &self.hashes[tokens.clone()];
        if own.len() > key.len() && own.starts_with(key) {
            let rest = tokens.start + key.len()..tokens.end;
            let separator = self.between(text, rest.start)?;
            return self.is_site(text, unit, separator, rest, links).then_some((
                PlaceForm::Sited,
                whole,
                false,
            ));
        }
        let colon = || self.last_label(text, &tokens);
        let is_cut_behind = |start: usize| self.is_cut(text, unit, start..tokens.end);
        if own.len() <= key.len() || !own.ends_with(key) {
            let start = colon()?;
            return is_cut_behind(start).then(|| (PlaceForm::Cut, self.behind_label(start, &whole), false));
        }
        let start = tokens.end - key.len();
        let before = tokens.start..start;
        let separator = self.between(text, start)?;
        let behind = self.behind_separator(text, start, &whole);
        if unit.role == Some(PlaceRole::Breadcrumb) {
            let form = if separator.contains(COLONS) { PlaceForm::Labelled } else { PlaceForm::Same };
            return Some((form, behind, true));
        }
        if self.is_way(text, unit, &before, separator, links) {
            return Some((PlaceForm::Same, behind, true));
        }
        if self.is_site(text, unit, separator, before.clone(), links) {
            return Some((PlaceForm::Sited, whole, false));
        }
        self.is_label(text, separator, before).then_some((PlaceForm::Labelled, whole, false))
    }

    /// Whether tokens are the headline's first, with an ellipsis behind them, which may stand in the midst of a word.
    fn is_cut(&self, text: &str, unit: &PageUnit, tokens: Range<usize>) -> bool {
        let key = &self.forms.key;
        let length = tokens.len();
        if length == 0 || length > key.len() || self.hashes[tokens.start] != key[0] && length > 1 {
            return false;
        }
        const CLOSING: [char; 10] =
            [')', ']', '"', '\'', '\u{2019}', '\u{201d}', '\u{bb}', '\u{203a}', '\u{300d}', '\u{2192}'];
        let end =
            text[unit.byte_range()].trim_end_matches(|c: char| CLOSING.contains(&c) || c.is_whitespace());
        if !end.ends_with(['\u{2026}', '\u{22ef}']) && !end.ends_with("..") {
            return false;
        }
        let last = length - 1;
        let whole = self.hashes[tokens.start..tokens.start + last] == key[..last];
        let (own, title) = (self.tokens.get(tokens.start + last), self.title.get(last));
        let is_less = length < key.len() || own.len() < title.len();
        let kept = if unit.target == LinkTarget::Here { KEPT_HERE } else { KEPT };
        whole && is_less && title.starts_with(own) && self.weight(text, tokens, kept, true) >= kept
    }

    /// What stands between a token and the one before it, or before the first all that stands there.
    fn between<'t>(&self, text: &'t str, token: usize) -> Option<&'t str> {
        let end = self.place(token)?.start;
        let start = self.place(token.checked_sub(1)?)?.end;
        text.get(start..end)
    }

    /// From a token to the end of its unit, with the quotation mark before it.
    fn behind_separator(&self, text: &str, token: usize, whole: &Range<usize>) -> Range<usize> {
        let Some(place) = self.place(token) else { return whole.clone() };
        let before = &text[whole.start..place.start];
        const OPENING: [char; 12] = [
            '"', '\'', '\u{201c}', '\u{201e}', '\u{2018}', '\u{201a}', '\u{ab}', '\u{300c}', '\u{300e}', '(',
            '\u{bf}', '\u{a1}',
        ];
        let start = whole.start + before.trim_end_matches(OPENING).len();
        start..whole.end
    }

    fn behind_label(&self, token: usize, whole: &Range<usize>) -> Range<usize> {
        self.place(token).map_or(whole.start, |place| place.start)..whole.end
    }

    /// The token behind the last colon that ends a label at the beginning of tokens.
    fn last_label(&self, text: &str, tokens: &Range<usize>) -> Option<usize> {
        let most = tokens.start + 2 * LABEL / super::CHARACTER;
        let is_label = |token: &usize| {
            let separator = self.between(text, *token).unwrap_or_default();
            self.hashes[*token] == self.forms.key[0] && self.is_label(text, separator, tokens.start..*token)
        };
        (tokens.start + 1..tokens.end.min(most)).rev().find(is_label)
    }

    /// Whether tokens before a separator are a label.
    fn is_label(&self, text: &str, separator: &str, label: Range<usize>) -> bool {
        let ends = separator.contains(COLONS) || separator.contains(ARROWS);
        ends && self.weight(text, label, LABEL + 1, true) <= LABEL
    }

    /// Whether what stands before a link in its block is a label.
    fn is_labelled(&self, text: &str, unit: &PageUnit, link: &PageUnit) -> bool {
        let label = unit.tokens.start as usize..link.tokens.start as usize;
        if label.is_empty() {
            return false;
        }
        let separator = self.between(text, link.tokens.start as usize).unwrap_or_default();
        self.is_label(text, separator, label)
    }

    /// Whether tokens beside the headline are a site's name.
    fn is_site(
        &self,
        text: &str,
        unit: &PageUnit,
        separator: &str,
        rest: Range<usize>,
        links: &[&PageUnit],
    ) -> bool {
        if !separator.contains(SEPARATORS) && !separator.contains('(') {
            return false;
        }
        let own = &self.hashes[rest.clone()];
        let shows = |(names, site): &(Arc<SiteNames>, u64)| names.has(*site, own);
        if self.forms.names.iter().any(|name| name == own) || self.forms.known.as_ref().is_some_and(shows) {
            return true;
        }
        let leads_away = unit.target == LinkTarget::Away
            || links.iter().any(|link| link.target == LinkTarget::Away && link.tokens == unit.tokens);
        (separator.contains(BARS) || leads_away)
            && !rest.clone().any(|token| is_number(self.tokens.get(token)))
            && self.weight(text, rest, NAME + 1, true) <= NAME
    }

    /// Whether tokens before the headline are crumbs: arrows lead from one to the next, the first of which are links, or several of
    /// one other sign do.
    fn is_way(
        &self,
        text: &str,
        unit: &PageUnit,
        before: &Range<usize>,
        separator: &str,
        links: &[&PageUnit],
    ) -> bool {
        let separators = || (before.start + 1..before.end).filter_map(|token| self.between(text, token));
        let leads = separator.contains(ARROWS);
        let first_is_link =
            links.first().is_some_and(|link| (link.tokens.start as usize) < before.end) && before.len() < WAY;
        if leads && (first_is_link || separators().any(|between| between.contains(ARROWS))) {
            return true;
        }
        let step = separator.chars().find(|c| STEPS.contains(c));
        let Some(step) = step else { return false };
        let again = separators().filter(|between| between.contains(step)).count();
        let all_links = links.iter().filter(|link| (link.tokens.start as usize) < before.end).count();
        unit.form != UnitForm::Marked && again > 0 && (unit.role.is_none() || all_links > again)
    }

    /// The headline with all its places.
    pub(super) fn title_repeat(
        &self,
        text: &str,
        page: Option<&VisiblePage>,
        found: &[TitlePlace],
    ) -> Repeat {
        let place = |found: &TitlePlace| -> Place {
            let unit = found.link.and_then(|link| self.links.get(link)).unwrap_or(&self.units[found.unit]);
            let mut place = self.place_of(text, page, unit, found.bytes.clone(), found.form);
            if found.is_crumb {
                place.role = PlaceRole::Breadcrumb;
            }
            place
        };
        let mut places: Vec<Place> = found.iter().map(place).collect();
        // Where the page does not say which is its headline, it is the first that stands by itself.
        let is_headline = |place: &Place| place.role == PlaceRole::Headline;
        let may_be = |place: &&mut Place| {
            matches!(place.role, PlaceRole::Heading | PlaceRole::Body) && place.form == PlaceForm::Same
        };
        if !places.iter().any(is_headline)
            && let Some(first) = places.iter_mut().find(may_be)
        {
            first.role = PlaceRole::Headline;
        }
        places.sort_by_key(|place| place.range.start);
        Repeat::new(RepeatKind::Title, text, places)
    }
}
