//! A document that arrives, in the words of who sends it.

use crate::calendar::{DateFormat, dated};
use crate::corpus::{Fields, Value};
use crate::document::{Identity, Meta, address_hash, site_hash, site_of};
use crate::judge::{head, is_part_of};

/// A document that arrives.
///
/// ```
/// use wirecopy::filter::Incoming;
/// let page = Incoming::new("a-17", "The quay is closed.").url("https://www.courier.example/quay");
/// assert_eq!(page.id, "a-17");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incoming {
    /// Its id: the key. At most 65,535 bytes count.
    pub id: String,
    /// Whether its record named the id; one that was made up says nothing about versions.
    pub named: bool,
    /// Names where a record without an id came from: of records that are told apart by it, the same record in the same place
    /// has the same. 0 where the id that was made up says that already.
    pub place: u64,
    /// Its text.
    pub text: String,
    /// Which page it is, but for the id.
    pub identity: Identity,
    /// What its record says of it, but for the id: it is kept, and tells who had a story first.
    pub meta: Meta,
    /// Whether the site was named, and is not to be taken from the address.
    has_site: bool,
}

/// A value that says something.
fn given(value: &str) -> Option<String> {
    (!value.is_empty()).then(|| value.to_owned())
}

impl Incoming {
    /// A document of this id, of no site and without an address.
    pub fn new(id: impl Into<String>, text: impl Into<String>) -> Incoming {
        let identity = Identity { site: site_hash(""), ..Identity::default() };
        let (id, text, meta) = (id.into(), text.into(), Meta::default());
        Incoming { id, named: true, place: 0, text, identity, meta, has_site: false }
    }

    /// What of its title is part of its text, which has so many tokens; empty where nothing is.
    pub(super) fn own_title(&self, tokens: u32) -> &str {
        let title = self.meta.title.as_deref().unwrap_or_default();
        if is_part_of(tokens) { head(title) } else { "" }
    }

    /// The same under an id that was made up: it is no later version of what came under that id. `place` names where its
    /// record came from, or is 0 where the id says that.
    pub fn unnamed(self, place: u64) -> Incoming {
        Incoming { named: false, place, ..self }
    }

    /// The same at this address, and of the site that it names, where none is named otherwise.
    pub fn url(mut self, url: &str) -> Incoming {
        self.identity.url = address_hash(url.as_bytes());
        self.meta.url = given(url);
        if !self.has_site {
            self.of_site(site_of(None, Some(url), ""));
        }
        self
    }

    /// The same with the address under which its page says that it belongs.
    pub fn canonical_url(mut self, url: &str) -> Incoming {
        self.identity.canonical = address_hash(url.as_bytes());
        self.meta.canonical_url = given(url);
        self
    }

    /// The same of the site of this name.
    pub fn site(mut self, name: &str) -> Incoming {
        self.of_site(name);
        self.has_site = true;
        self
    }

    fn of_site(&mut self, name: &str) {
        self.identity.site = site_hash(name);
        self.meta.site = name.to_owned();
    }

    /// The same with this headline.
    pub fn title(mut self, title: &str) -> Incoming {
        self.meta.title = given(title);
        self
    }

    /// The same with this date of publication, as [`crate::corpus::When::of`] reads it.
    pub fn date(mut self, date: &str) -> Incoming {
        self.meta.date = given(date);
        self
    }

    /// A record's document; `directory` stands for its site where the record names none. `id` is the record's, or one that
    /// was made up for it, and `formats` are how dates may be written.
    pub fn of_record(
        fields: &Fields<'_>,
        id: String,
        text: String,
        (directory, formats): (&str, &[DateFormat]),
    ) -> Incoming {
        let own = |value: Option<Value<'_>>| value.map(Value::to_text).unwrap_or_default();
        let (url, canonical, source) = (own(fields.url), own(fields.canonical_url), own(fields.source));
        let inside = fields.directory.map(Value::to_text);
        let site = site_of(Some(&source), Some(&url), inside.as_deref().unwrap_or(directory));
        let document = Incoming::new(id, text).site(site).url(&url).canonical_url(&canonical);
        document.title(&own(fields.title)).date(&dated(own(fields.date), formats))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_site_is_the_named_one_or_that_of_the_address_in_any_order() {
        let at = |document: Incoming| document.identity.site;
        let url = "https://www.courier.example/quay";
        assert_eq!(at(Incoming::new("a", "text").url(url)), site_hash("courier.example"));
        assert_eq!(at(Incoming::new("a", "text").site("Herald").url(url)), site_hash("Herald"));
        assert_eq!(at(Incoming::new("a", "text").url(url).site("Herald")), site_hash("Herald"));
        assert_eq!(at(Incoming::new("a", "text")), site_hash(""));
    }
}
