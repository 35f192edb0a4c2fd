//! What a page's head says of it: JSON-LD, Open Graph, `<meta>`, `<link rel=canonical>`.
//!
//! JSON-LD is asked first where it describes an article, then Open Graph, then the older names.

use std::borrow::Cow;

use serde_json::Value;

use super::entity;
use super::guard::Head;
use crate::calendar::{When, written_day};

/// Bytes of JSON-LD that are parsed.
const MAX_JSON: usize = 4 << 20;

/// Objects of JSON-LD that are looked at.
const MAX_OBJECTS: usize = 10_000;

/// What is known of a page besides its text. Values are decoded and their white space is collapsed.
#[derive(Debug, Default)]
pub(super) struct Metadata {
    pub title: Option<String>,
    /// What `<title>`, `og:title` and the first `<h1>` hold, as they stand.
    pub titles: [Option<String>; 3],
    pub canonical_url: Option<String>,
    /// The addresses that the page says are its own, `rel=canonical` and `og:url`, as they stand.
    pub addresses: [Option<String>; 2],
    /// What the page says of itself to search engines, else to networks.
    pub description: Option<String>,
    pub date: Option<String>,
    pub site_name: Option<String>,
    pub author: Option<String>,
    pub language: Option<String>,
    /// The article's text, where JSON-LD has it.
    pub body: Option<String>,
}

/// The fields of an article in JSON-LD.
#[derive(Debug, Default)]
struct Article {
    headline: Option<String>,
    url: Option<String>,
    date: Option<String>,
    publisher: Option<String>,
    author: Option<String>,
    language: Option<String>,
    body: Option<String>,
}

/// Puts a page's metadata together; `h1` is the text of its first `<h1>`.
pub(super) fn metadata(head: &Head<'_>, h1: Option<&str>) -> Metadata {
    let meta = |names: &[&str]| named(head, names);
    let og_title = meta(&["og:title"]);
    let title = head.title.map(text).filter(|title| !title.is_empty());
    let h1 = h1.map(str::to_owned);
    let addresses = [head.canonical.map(text), meta(&["og:url"])];
    let site_name = meta(&["og:site_name"]);
    let titles = [og_title.as_deref(), title.as_deref(), h1.as_deref()];
    let article = article(&head.json_ld, &addresses, &titles, site_name.as_deref());
    let site_name = site_name.or(article.publisher).or_else(|| meta(&["application-name"]));
    let [canonical, og_url] = addresses;
    let addresses = [canonical.clone(), og_url.clone()];
    let canonical = [canonical, og_url, article.url];
    let dates =
        ["article:published_time", "datepublished", "og:published_time", "parsely-pub-date", "sailthru.date"];
    let older = ["dc.date.issued", "dcterms.created", "dc.date", "dc.date.created", "pubdate", "date"];
    let mut metadata = Metadata {
        title: None,
        canonical_url: canonical.into_iter().flatten().find(|url| is_web_address(url)),
        date: article.date.or_else(|| {
            dates.iter().chain(&older).filter_map(|name| named(head, &[*name])).find_map(|value| date(&value))
        }),
        author: article.author.or_else(|| {
            let names = ["author", "article:author", "dc.creator", "parsely-author", "byl"];
            names.iter().filter_map(|name| named(head, &[*name])).find(|name| !is_web_address(name))
        }),
        language: head
            .language
            .map(text)
            .filter(|l| !l.is_empty())
            .or(article.language)
            .or_else(|| meta(&["og:locale", "content-language"])),
        body: article.body,
        addresses,
        description: meta(&["description"]).or_else(|| meta(&["og:description"])),
        site_name,
        titles: [title.clone(), og_title.clone(), h1.clone()],
    };
    let given = [article.headline.as_deref(), og_title.as_deref(), h1.as_deref()];
    let chosen = article.headline.as_deref().or(og_title.as_deref()).or(title.as_deref()).or(h1.as_deref());
    metadata.title =
        chosen.map(|chosen| without_site(chosen, metadata.site_name.as_deref(), &given).to_owned());
    metadata
}

/// The first value that is not empty of the first name that has one.
fn named(head: &Head<'_>, names: &[&str]) -> Option<String> {
    names.iter().find_map(|name| {
        let values = head.metas.iter().filter(|(key, _)| key.trim().eq_ignore_ascii_case(name));
        values.map(|(_, value)| text(value)).find(|value| !value.is_empty())
    })
}

/// A value without entities, its white space collapsed.
pub(super) fn text(value: &str) -> String {
    let decoded = entity::decode(value);
    let words: Vec<&str> = decoded.split_whitespace().collect();
    words.join(" ")
}

fn is_web_address(text: &str) -> bool {
    text.starts_with("https://") || text.starts_with("http://")
}

/// A title without the site's name behind or before it. That something is the site's name is known where it
/// equals `site_name`, or where what is left over stands elsewhere on the page as its title.
fn without_site<'a>(title: &'a str, site_name: Option<&str>, given: &[Option<&str>]) -> &'a str {
    let mut title = title;
    while let Some(shorter) = shortened(title, site_name, given) {
        title = shorter;
    }
    title
}

/// What a title has before its first separator, if it has one.
pub(super) fn front(title: &str) -> Option<&str> {
    separators(title).next().map(|(at, _)| title[..at].trim())
}

/// What a title has before and behind its last separator, if it has one.
pub(super) fn parted(title: &str) -> Option<(&str, &str)> {
    separators(title).last().map(|(at, sign)| (title[..at].trim(), title[at + sign.len_utf8()..].trim()))
}

/// The signs of a title that may stand between it and the site's name, each with its place.
fn separators(title: &str) -> impl Iterator<Item = (usize, char)> + '_ {
    const SEPARATORS: [char; 9] =
        ['-', '|', '\u{2013}', '\u{2014}', '\u{b7}', '\u{bb}', '\u{2022}', ':', '/'];
    title.char_indices().filter(|(at, c)| {
        let behind = &title[at + c.len_utf8()..];
        SEPARATORS.contains(c) && behind.starts_with(' ') && (title[..*at].ends_with(' ') || *c == ':')
    })
}

fn shortened<'a>(title: &'a str, site_name: Option<&str>, given: &[Option<&str>]) -> Option<&'a str> {
    let is_site = |part: &str| site_name.is_some_and(|site| same_words(site, part));
    let is_title = |part: &str| given.iter().flatten().any(|given| same_words(given, part));
    let mut found = None;
    for (at, separator) in separators(title).take(16) {
        let (front, back) = (title[..at].trim(), title[at + separator.len_utf8()..].trim());
        let enough = |part: &str| part.chars().any(char::is_alphanumeric);
        if enough(front) && (is_site(back) || (is_title(front) && separator != ':')) {
            found = Some(front);
        } else if found.is_none() && enough(back) && (is_site(front) || (is_title(back) && separator != ':'))
        {
            found = Some(back);
        }
    }
    found
}

/// Whether two texts are equal but for case, punctuation and white space.
pub(super) fn same_words(a: &str, b: &str) -> bool {
    letters(a).eq(letters(b))
}

/// The letters and digits of a text, in lower case.
pub(super) fn letters(text: &str) -> impl Iterator<Item = char> + '_ {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase)
}

/// What a text has before or behind a headline, given as its letters, where it begins or ends with that.
pub(super) fn beside<'a>(text: &'a str, headline: &[char]) -> Option<&'a str> {
    let has = |c: &char| c.is_alphanumeric();
    let lower = |c: char| c.to_lowercase();
    if letters(text).take(headline.len()).eq(headline.iter().copied()) {
        let mut left = headline.len();
        for (at, c) in text.char_indices() {
            if left == 0 && c.is_alphanumeric() {
                // From the sign behind the last letter on.
                let front = text[..at].trim_end_matches(|c: char| !c.is_alphanumeric()).len();
                return Some(&text[front..]);
            }
            left -= if has(&c) { lower(c).count().min(left) } else { 0 };
        }
        return None;
    }
    let backwards = text.chars().rev().filter(has).flat_map(|c| lower(c).rev());
    if !backwards.take(headline.len()).eq(headline.iter().rev().copied()) {
        return None;
    }
    let mut left = headline.len();
    for (at, c) in text.char_indices().rev() {
        if left == 0 && c.is_alphanumeric() {
            let rest = &text[at + c.len_utf8()..];
            let signs = rest.len() - rest.trim_start_matches(|c: char| !c.is_alphanumeric()).len();
            return Some(&text[..at + c.len_utf8() + signs]);
        }
        left -= if has(&c) { lower(c).count().min(left) } else { 0 };
    }
    None
}

/// Whether a text is a page's title, with or without the site's name.
pub(super) fn is_title(text: &str, title: &str, site_name: Option<&str>) -> bool {
    same_words(text, title) || same_words(without_site(text, site_name, &[Some(title)]), title)
}

/// A date, or a time with its zone as RFC 3339 has it; a time without a zone is no more than its date. Dates that stand for none
/// are none: the beginnings of computers' calendars, and years in which nothing was published.
pub(super) fn date(value: &str) -> Option<String> {
    const PLACEHOLDERS: [&str; 6] =
        ["1601-01-01", "1899-12-30", "1900-01-01", "1969-12-31", "1970-01-01", "1980-01-01"];
    let other = || {
        let when = When::of(value)?;
        Some(if when.is_local { written_day(when.day()) } else { when.written() })
    };
    let is_meant = |date: &String| {
        let day = date.get(..10).unwrap_or_default();
        !PLACEHOLDERS.contains(&day) && ("1500".."3000").contains(&day.get(..4).unwrap_or_default())
    };
    standard_date(value).or_else(other).filter(is_meant)
}

/// A date in the form of the standard for pages, as it is handed on: with its own offset. The calendar reads it later.
fn standard_date(value: &str) -> Option<String> {
    let value = value.trim();
    let day = value.get(..10)?;
    let shape = |text: &str, shape: &str| {
        text.len() == shape.len()
            && text
                .bytes()
                .zip(shape.bytes())
                .all(|(b, s)| if s == b'0' { b.is_ascii_digit() } else { b == s })
    };
    if !shape(day, "0000-00-00") || !(1..=12).contains(&day[5..7].parse().unwrap_or(0)) {
        return None;
    }
    let time = value[10..].trim_start_matches(['T', 't', ' ']);
    let Some(clock) = time.get(..5).filter(|clock| shape(clock, "00:00")) else {
        return Some(day.to_owned());
    };
    let rest = &time[5..];
    let (seconds, zone) = match rest.get(..3).filter(|seconds| shape(seconds, ":00")) {
        Some(seconds) => (seconds, rest[3..].trim_start_matches(|c: char| c == '.' || c.is_ascii_digit())),
        None => (":00", rest),
    };
    let zone = match zone.trim() {
        "Z" | "z" | "UTC" | "GMT" => "Z".to_owned(),
        zone if shape(zone, "+00:00") || shape(zone, "-00:00") => zone.to_owned(),
        zone if shape(zone, "+0000") || shape(zone, "-0000") => format!("{}:{}", &zone[..3], &zone[3..]),
        _ => return Some(day.to_owned()),
    };
    Some(format!("{day}T{clock}{seconds}{zone}"))
}

/// The page's own article in its JSON-LD: the only one, or the one whose address is the page's, or else whose headline is one of
/// its titles. Of several none of which is, none.
fn article(
    scripts: &[&str],
    addresses: &[Option<String>],
    titles: &[Option<&str>],
    site_name: Option<&str>,
) -> Article {
    let mut left = MAX_JSON;
    let whole = scripts.iter().take_while(|script| {
        let is_within = script.len() <= left;
        left = left.saturating_sub(script.len());
        is_within
    });
    let values: Vec<Value> = whole.filter_map(|script| parse(script)).collect();
    let described: Vec<Vec<&Value>> = values.iter().map(objects).collect();
    // Articles, each with the reader of its script. One is chosen before anything else of it is read.
    let mut found: Vec<(LdReader<'_>, &Value)> = Vec::new();
    for objects in &described {
        let articles = objects.iter().filter(|object| object.get("@type").is_some_and(is_article));
        found.extend(articles.take(MAX_ARTICLES).map(|article| (LdReader { objects }, *article)));
    }
    let headlines: Vec<Option<String>> =
        found.iter().map(|(reader, article)| reader.headline(article)).collect();
    let mut said = headlines.iter().map(|headline| headline.as_deref().unwrap_or_default());
    let one = said.next().is_some_and(|first| said.all(|other| other == first));
    let is_here = |article: &Value| {
        let own = ld_addresses(article);
        own.iter().any(|own| addresses.iter().flatten().any(|address| is_same_address(own, address)))
    };
    let is_titled = |headline: &Option<String>| {
        let titled =
            |headline: &str| titles.iter().flatten().any(|title| is_title(title, headline, site_name));
        headline.as_deref().is_some_and(titled)
    };
    let place = found
        .iter()
        .position(|(_, article)| is_here(article))
        .or_else(|| headlines.iter().position(is_titled))
        .or(one.then_some(0));
    place.map(|place| found[place].0.article(found[place].1)).unwrap_or_default()
}

/// Articles of a script that are looked at.
const MAX_ARTICLES: usize = 256;

/// The addresses that an article in JSON-LD gives itself.
fn ld_addresses(article: &Value) -> Vec<String> {
    let page = article.get("mainEntityOfPage");
    let all = [
        article.get("url"),
        article.get("@id"),
        page,
        page.and_then(|page| page.get("@id")),
        page.and_then(|page| page.get("url")),
    ];
    all.into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .map(text)
        .filter(|address| !address.is_empty())
        .collect()
}

/// Whether two addresses are one page's: scheme, `www.`, a closing slash and what follows a `#` aside. The first may be a path.
fn is_same_address(own: &str, address: &str) -> bool {
    let bare = |address: &str| -> String {
        let address = address.split('#').next().unwrap_or_default();
        let address = address.split_once("://").map_or(address, |(_, rest)| rest);
        let address = address.strip_prefix("www.").unwrap_or(address).trim_end_matches('/');
        let (host, path) = address.split_once('/').unwrap_or((address, ""));
        format!("{}/{path}", host.to_ascii_lowercase())
    };
    let (mine, other) = (bare(own), bare(address));
    if own.starts_with('/') && !own.starts_with("//") {
        let path = other.find('/').map(|at| &other[at..]).unwrap_or_default();
        return path == own.split('#').next().unwrap_or_default().trim_end_matches('/') && path.len() > 1;
    }
    mine == other && mine.len() > 1
}

/// JSON-LD as pages have it: in a comment or a CDATA section, with line breaks in its strings.
fn parse(script: &str) -> Option<Value> {
    let script = script.trim();
    let script = script.strip_prefix("<!--").unwrap_or(script);
    let script = script.strip_suffix("-->").unwrap_or(script).trim();
    let script = script.trim_start_matches("//").trim_start().strip_prefix("<![CDATA[").unwrap_or(script);
    let script =
        script.trim_end().strip_suffix("]]>").unwrap_or(script).trim_end_matches(['/', ';', ' ', '\n']);
    serde_json::from_str(script).ok().or_else(|| {
        let plain: Cow<'_, str> = script.replace(|c: char| c.is_ascii_control(), " ").into();
        serde_json::from_str(&plain).ok()
    })
}

/// The objects that a script describes, in order.
fn objects(value: &Value) -> Vec<&Value> {
    let mut found = Vec::new();
    let mut left = vec![value];
    while let Some(value) = left.pop() {
        match value {
            Value::Array(list) => left.extend(list.iter().rev()),
            Value::Object(object) => {
                found.push(value);
                left.extend(["mainEntity", "@graph"].iter().filter_map(|name| object.get(*name)));
            }
            _ => {}
        }
        if found.len() == MAX_OBJECTS {
            break;
        }
    }
    found
}

fn is_article(kind: &Value) -> bool {
    match kind {
        Value::String(kind) => {
            kind.ends_with("Article")
                || kind.ends_with("BlogPosting")
                || kind == "Report"
                || kind == "WebPageArticle"
        }
        Value::Array(kinds) => kinds.iter().any(is_article),
        _ => false,
    }
}

/// Reads an article's fields, some of which are references to other objects.
#[derive(Clone, Copy)]
struct LdReader<'a> {
    objects: &'a [&'a Value],
}

impl LdReader<'_> {
    /// A field of an article, its white space collapsed.
    fn string(&self, article: &Value, name: &str) -> Option<String> {
        article.get(name).and_then(|value| self.name(value)).map(|value| text(&value))
    }

    fn headline(&self, article: &Value) -> Option<String> {
        self.string(article, "headline").or_else(|| self.string(article, "name"))
    }

    fn article(&self, article: &Value) -> Article {
        let string = |name: &str| self.string(article, name);
        let page = article
            .get("mainEntityOfPage")
            .and_then(|page| page.as_str().or_else(|| page.get("@id")?.as_str()));
        Article {
            headline: self.headline(article),
            url: string("url").or_else(|| page.map(text)),
            date: string("datePublished").and_then(|value| date(&value)),
            publisher: string("publisher"),
            author: article.get("author").map(|author| self.names(author)).filter(|names| !names.is_empty()),
            language: string("inLanguage"),
            body: article.get("articleBody").and_then(Value::as_str).map(str::to_owned),
        }
    }

    /// A string, or the name of an object, or the first of a list.
    fn name(&self, value: &Value) -> Option<String> {
        match value {
            Value::String(text) => Some(text.clone()).filter(|text| !text.trim().is_empty()),
            Value::Array(list) => list.iter().take(16).find_map(|value| self.name(value)),
            Value::Object(_) => {
                let name = |object: &Value| object.get("name").and_then(Value::as_str).map(str::to_owned);
                name(value).or_else(|| name(self.objects.iter().find(|object| refers(value, object))?))
            }
            _ => None,
        }
    }

    /// The names of one or several people.
    fn names(&self, value: &Value) -> String {
        let list = match value {
            Value::Array(list) => list.as_slice(),
            one => std::slice::from_ref(one),
        };
        let names: Vec<String> =
            list.iter().take(16).filter_map(|value| self.name(value)).map(|name| text(&name)).collect();
        names.join(", ")
    }
}

/// Whether one object is only the address of another.
fn refers(from: &Value, to: &Value) -> bool {
    let id = from.get("@id");
    id.is_some() && to.get("@id") == id && to.get("name").is_some()
}
