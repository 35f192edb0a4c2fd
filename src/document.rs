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
    /// Whether two documents are versions of one page: they have the same address; or, on one site, the same id, the same
    /// canonical address, or one the address that is the other's canonical one. Two sites number their records alike, and
    /// a canonical address on another site says where a copy was taken from.
    pub fn is_version_of(&self, other: &Identity) -> bool {
        let same = |x: u64, y: u64| x != 0 && x == y;
        let on_site = same(self.id, other.id)
            || same(self.canonical, other.canonical)
            || same(self.canonical, other.url)
            || same(self.url, other.canonical);
        same(self.url, other.url) || (self.site == other.site && on_site)
    }
}

/// The hash of an id; never 0, which says that a record names none.
pub fn id_hash(id: &[u8]) -> u64 {
    xxh3_64(id).max(1)
}

/// The hash of a page's address; 0 of what names no page: nothing, words ("not available"), the home page of a site.
pub fn address_hash(address: &[u8]) -> u64 {
    if names_page(address) { id_hash(address) } else { 0 }
}

/// Names of home pages where an address has no other path.
const HOME: [&str; 6] = ["index.html", "index.htm", "index.php", "index.asp", "index.aspx", "default.aspx"];

fn names_page(address: &[u8]) -> bool {
    let Ok(address) = std::str::from_utf8(address) else { return true };
    let address = address.trim();
    let (scheme, rest) = address.split_once("://").map_or((None, address), |(s, rest)| (Some(s), rest));
    let rest = rest.split('#').next().unwrap_or(rest);
    let (host, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    // Without a scheme it is one of a site's own, or begins with a host.
    let is_address = scheme.is_some() || (host.is_empty() && path.starts_with('/')) || host.contains('.');
    let path = path.trim_matches('/');
    is_address && !host.contains(' ') && !path.is_empty() && path != "?" && !HOME.contains(&path)
}

/// The hash of a site's name.
pub fn site_hash(name: &str) -> u64 {
    xxh3_64(name.as_bytes())
}

/// Whether a document's site is known, given the hash of its name: documents without one have an empty name, or none.
pub(crate) fn is_known(site: u64) -> bool {
    site != 0 && site != site_hash("")
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
    /// The date as it was given, or as a format of dates reads it.
    pub date: Option<String>,
    /// The publisher as the record names it.
    pub source: Option<String>,
    /// Source, else the registrable host of the URL, else the parent directory.
    pub site: String,
}

/// The site of a document: `source`, else the registrable host of `url`, else `directory`. Never that of a canonical
/// address, which says who had it first.
pub fn site_of<'a>(source: Option<&'a str>, url: Option<&'a str>, directory: &'a str) -> &'a str {
    let present = |text: &&str| !text.is_empty();
    source.filter(present).or_else(|| url.and_then(registrable_host)).unwrap_or(directory)
}

/// The part of a directory that may name a site: without the dates and numbers that it begins and ends with, which are
/// when a page was stored.
pub(crate) fn named_part(directory: &str) -> &str {
    let is_number = |part: &str| {
        let is_of_date = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'-' | b'_' | b'.');
        part.bytes().all(is_of_date) && part.bytes().any(|byte| byte.is_ascii_digit())
    };
    let mut named = directory;
    while let Some((before, _)) = named.rsplit_once('/').filter(|(_, last)| is_number(last)) {
        named = before;
    }
    while let Some((_, behind)) = named.split_once('/').filter(|(first, _)| is_number(first)) {
        named = behind;
    }
    if is_number(named) { "" } else { named }
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
    fn the_site_is_the_source_or_where_a_page_was_read() {
        assert_eq!(site_of(Some("Courier"), Some("https://a.example/x"), "dir"), "Courier");
        assert_eq!(site_of(Some(""), Some("https://b.example/y"), "dir"), "b.example");
        assert_eq!(site_of(None, None, "dir"), "dir");
    }

    #[test]
    fn dates_and_numbers_of_a_directory_name_no_site() {
        let named =
            ["courier/2024/05", "2024-05-07/courier", "2024/05", "12", "", "courier", "a/1/b", "1.2/x/3_4"]
                .map(named_part);
        assert_eq!(named, ["courier", "courier", "", "", "", "courier", "a/1/b", "x"]);
    }

    #[test]
    fn versions_of_a_page_share_an_id_on_one_site_or_a_real_address() {
        let page = |id: &str, url: &str, canonical: &str, site: &str| Identity {
            id: if id.is_empty() { 0 } else { id_hash(id.as_bytes()) },
            url: address_hash(url.as_bytes()),
            canonical: address_hash(canonical.as_bytes()),
            site: site_hash(site),
        };
        let versions = |a: Identity, b: Identity| {
            assert_eq!(a.is_version_of(&b), b.is_version_of(&a));
            a.is_version_of(&b)
        };
        assert!(versions(page("1", "", "", "Post"), page("1", "", "", "Post")));
        assert!(!versions(page("1", "", "", "Post"), page("1", "", "", "Times")));
        let story = "https://a.example/story?id=1";
        assert!(versions(page("1", story, "", "Post"), page("2", story, "", "Times")));
        assert!(versions(page("1", story, "", "a"), page("2", "https://a.example/print/1", story, "a")));
        assert!(!versions(page("1", story, "", "a"), page("2", "https://b.example/1", story, "b")));
        for none in [
            "not available",
            "n/a",
            "",
            "https://a.example",
            "a.example/",
            "https://a.example/index.html#top",
        ] {
            assert!(!versions(page("1", none, none, "a"), page("2", none, none, "a")), "{none}");
        }
        for real in ["/news/1", "a.example/news", "https://a.example/?p=7", "http://localhost/1"] {
            assert!(versions(page("1", real, "", "a"), page("2", real, "", "a")), "{real}");
        }
    }
}
