//! Where a page's links lead: to the page itself, to its site's first page, to another page, to another site.
//!
//! The page's own address is what it says of itself, `rel=canonical` or `og:url`. Without one nothing is guessed: then only what
//! begins with `#` leads to the page.

/// Where a link leads.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum LinkTarget {
    /// It is no link, or leads to no page.
    #[default]
    None,
    /// To the page that it stands on.
    Here,
    /// To the first page of the site.
    Home,
    /// To another page of the site.
    Page,
    /// To another site.
    Away,
}

/// An address without its scheme and fragment.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Address {
    /// In lower case and without `www.`; empty where nobody says it: then it is the page's own.
    host: String,
    /// From its first slash on.
    path: String,
    query: Option<String>,
}

/// What a page says of where it is.
#[derive(Debug, Default)]
pub(super) struct OwnAddress {
    /// The addresses that it says are its own.
    own: Vec<Address>,
    /// What its links are relative to.
    base: Option<Address>,
}

impl OwnAddress {
    /// Of what the page says: its own addresses, and its `<base>`.
    pub fn of<'a>(own: impl Iterator<Item = &'a str>, base: Option<&str>) -> OwnAddress {
        let own: Vec<Address> = own.filter_map(|address| resolved(address, None)).collect();
        let base = base.and_then(|base| resolved(base, own.first())).or_else(|| own.first().cloned());
        OwnAddress { own, base }
    }

    /// The host of the page, if it says one.
    pub fn host(&self) -> Option<&str> {
        self.own.iter().map(|own| &*own.host).find(|host| !host.is_empty())
    }

    /// Where a link leads.
    pub fn target(&self, link: &str) -> LinkTarget {
        let link = link.trim();
        if link.is_empty() || link.starts_with('#') {
            return LinkTarget::Here;
        }
        let Some(to) = resolved(link, self.base.as_ref()) else { return LinkTarget::None };
        if self.own.iter().any(|own| own.is(&to)) {
            return LinkTarget::Here;
        }
        let host = self.host().unwrap_or_default();
        if to.is_of(host) {
            let first = to.path == "/" && to.query.is_none();
            return if first { LinkTarget::Home } else { LinkTarget::Page };
        }
        // Without an address of its own a page does not say which site it is of.
        if host.is_empty() { LinkTarget::Page } else { LinkTarget::Away }
    }
}

impl Address {
    /// Whether another address is this page's: a query does not matter where this one has none, unless pages of the site are told
    /// apart by nothing else.
    fn is(&self, other: &Address) -> bool {
        let bare = |path: &str| path.trim_end_matches('/').len();
        let same_path = self.path[..bare(&self.path)] == other.path[..bare(&other.path)];
        let same_query = self.query == other.query || (self.query.is_none() && bare(&self.path) > 0);
        same_path && same_query && other.is_of(&self.host)
    }

    fn is_of(&self, host: &str) -> bool {
        let below = |outer: &str, inner: &str| {
            inner.strip_suffix(outer).is_some_and(|sub| sub.is_empty() || sub.ends_with('.'))
        };
        host.is_empty() || self.host.is_empty() || below(host, &self.host) || below(&self.host, host)
    }
}

/// An address as it stands in a page; none where it is no page's.
fn resolved(link: &str, base: Option<&Address>) -> Option<Address> {
    let link = link.trim().split('#').next().unwrap_or_default();
    let (link, query) = match link.split_once('?') {
        Some((link, query)) => (link, Some(query.to_owned()).filter(|query| !query.is_empty())),
        None => (link, None),
    };
    let scheme = link.split_once(':').filter(|(scheme, _)| scheme.bytes().all(|b| b.is_ascii_alphanumeric()));
    let beyond = match scheme {
        Some((scheme, rest))
            if scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https") =>
        {
            Some(rest.strip_prefix("//")?)
        }
        Some(_) => return None,
        None => link.strip_prefix("//"),
    };
    if let Some(beyond) = beyond {
        let (host, path) = beyond.find('/').map_or((beyond, "/"), |at| beyond.split_at(at));
        let host = host.to_ascii_lowercase();
        let host = host.strip_prefix("www.").unwrap_or(&host).to_owned();
        return Some(Address { host, path: plain_path(path), query });
    }
    let host = base.map_or(String::new(), |base| base.host.clone());
    let path = if link.starts_with('/') {
        plain_path(link)
    } else {
        let base = base?;
        let folder = &base.path[..base.path.rfind('/').map_or(0, |at| at + 1)];
        if link.is_empty() { base.path.clone() } else { plain_path(&format!("{folder}{link}")) }
    };
    Some(Address { host, path, query })
}

/// A path, which begins with a slash, without the dots in it (RFC 3986, 5.2.4).
pub(crate) fn plain_path(path: &str) -> String {
    if !path.contains("/.") {
        return path.to_owned();
    }
    let mut steps: Vec<&str> = Vec::new();
    let mut parts = path.split('/').skip(1).peekable();
    while let Some(part) = parts.next() {
        let is_last = parts.peek().is_none();
        match part {
            "." | ".." => {
                if part == ".." {
                    steps.pop();
                }
                if is_last {
                    steps.push("");
                }
            }
            part => steps.push(part),
        }
    }
    format!("/{}", steps.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(own: &str, base: Option<&str>, link: &str) -> LinkTarget {
        OwnAddress::of(Some(own).filter(|own| !own.is_empty()).into_iter(), base).target(link)
    }

    #[test]
    fn a_link_to_the_page_itself_is_known_however_it_is_written() {
        let own = "https://www.sound.example/news/ferry/";
        for link in [
            "https://sound.example/news/ferry",
            "//sound.example/news/ferry/",
            "/news/ferry",
            "../ferry",
            "./",
            "?utm_source=x",
            "#top",
            "",
            "HTTP://WWW.SOUND.EXAMPLE/news/ferry/#comments",
        ] {
            assert_eq!(target(own, None, link), LinkTarget::Here, "{link}");
        }
        assert_eq!(target(own, None, "/"), LinkTarget::Home);
        assert_eq!(target(own, None, "/news/clock"), LinkTarget::Page);
        assert_eq!(target(own, None, "https://other.example/news/ferry"), LinkTarget::Away);
        assert_eq!(target(own, None, "mailto:desk@sound.example"), LinkTarget::None);
        assert_eq!(target(own, Some("https://sound.example/news/"), "ferry"), LinkTarget::Here);
    }

    #[test]
    fn pages_that_a_query_tells_apart_are_not_one() {
        let own = "https://sound.example/index.php?id=5";
        assert_eq!(target(own, None, "index.php?id=5"), LinkTarget::Here);
        assert_eq!(target(own, None, "/index.php?id=7"), LinkTarget::Page);
        assert_eq!(target("https://sound.example/", None, "/?p=7"), LinkTarget::Page);
    }

    #[test]
    fn without_an_address_nothing_is_guessed() {
        assert_eq!(target("", None, "/ferry"), LinkTarget::Page);
        assert_eq!(target("", None, "ferry"), LinkTarget::None);
        assert_eq!(target("", None, "#top"), LinkTarget::Here);
    }
}
