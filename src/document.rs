//! What a document is, apart from its text: plain data, no input or output.

use xxhash_rust::xxh3::xxh3_64;

/// A document's number within one run: dense, from 0, in the order of inputs and of records within them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DocId(pub u32);

impl DocId {
    /// The number as an index.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// Which page a document is, as hashes; 0 where nothing says so.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Identity {
    /// Of the id that its record names.
    pub id: u64,
    /// Of its address.
    pub url: u64,
    /// Of its canonical address.
    pub canonical: u64,
    /// Of the name of its site.
    pub site: u64,
}

impl Identity {
    /// Whether two documents are versions of one page: they have the same id or address; or, on one site, the same
    /// canonical address, or one the address that is the other's canonical one. On another site that says where a copy
    /// was taken from.
    pub fn is_version_of(&self, other: &Identity) -> bool {
        let same = |x: u64, y: u64| x != 0 && x == y;
        let canonical = same(self.canonical, other.canonical)
            || same(self.canonical, other.url)
            || same(self.url, other.canonical);
        same(self.id, other.id) || same(self.url, other.url) || (self.site == other.site && canonical)
    }
}

/// The hash of an id; never 0, which says that a record names none.
pub fn id_hash(id: &[u8]) -> u64 {
    xxh3_64(id).max(1)
}

/// The hash of an address; 0 of an empty one.
pub fn address_hash(address: &[u8]) -> u64 {
    if address.is_empty() { 0 } else { id_hash(address) }
}

/// The hash of a site's name.
pub fn site_hash(name: &str) -> u64 {
    xxh3_64(name.as_bytes())
}

/// What is known of a document besides its text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Meta {
    /// The id: the id field, or else the path relative to the scanned root with `#N` for record N.
    pub id: String,
    /// The headline, where a field or the page's metadata gives one.
    pub title: Option<String>,
    /// Where it was read.
    pub url: Option<String>,
    /// Where the page says that it belongs.
    pub canonical_url: Option<String>,
    /// RFC 3339 or a date, as it was given.
    pub date: Option<String>,
    /// The publisher as the record names it.
    pub source: Option<String>,
    /// Source, else the registrable host of canonical URL or URL, else the parent directory.
    pub site: String,
}

/// The site of a document: `source`, else the registrable host of `canonical_url` or `url`, else `directory`.
pub fn site_of<'a>(
    source: Option<&'a str>,
    canonical_url: Option<&'a str>,
    url: Option<&'a str>,
    directory: &'a str,
) -> &'a str {
    let present = |text: &&str| !text.is_empty();
    source
        .filter(present)
        .or_else(|| canonical_url.and_then(registrable_host))
        .or_else(|| url.and_then(registrable_host))
        .unwrap_or(directory)
}

/// The registrable part of a URL's host (`example.co.uk` of `https://www.example.co.uk/a`), by the public
/// suffix list; the whole host where the list knows none (an address, a single label).
pub fn registrable_host(url: &str) -> Option<&str> {
    let host = authority(url).rsplit('@').next()?;
    let host = if host.starts_with('[') { host } else { host.split(':').next()? };
    let host = host.trim_end_matches('.');
    if host.is_empty() {
        return None;
    }
    if host.starts_with('[') || host.parse::<std::net::Ipv4Addr>().is_ok() {
        return Some(host);
    }
    Some(psl::domain_str(host).unwrap_or(host))
}

/// User, host and port of a URL: all that its registrable host depends on.
pub(crate) fn authority(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split(['/', '?', '#']).next().unwrap_or(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts() {
        assert_eq!(registrable_host("https://www.courier.co.uk/a?b#c"), Some("courier.co.uk"));
        assert_eq!(registrable_host("http://user@news.courier.example:8080/a"), Some("courier.example"));
        assert_eq!(registrable_host("http://127.0.0.1/a"), Some("127.0.0.1"));
        assert_eq!(registrable_host("courier.example/a"), Some("courier.example"));
        assert_eq!(registrable_host("https://"), None);
    }

    #[test]
    fn site_prefers_source_then_canonical() {
        let site = |s, c, u| site_of(s, c, u, "dir");
        assert_eq!(site(Some("Courier"), Some("https://a.example/x"), None), "Courier");
        assert_eq!(site(None, Some("https://a.example/x"), Some("https://b.example/y")), "a.example");
        assert_eq!(site(Some(""), None, Some("https://b.example/y")), "b.example");
        assert_eq!(site(None, None, None), "dir");
    }
}
