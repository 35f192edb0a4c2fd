//! What the names that a page gives its elements say of them: classes, ids, microdata.
//!
//! Names are words put together, `entry-meta`, `relatedPosts`, `article__tags`; they are cut into words, and a
//! word or the stem of one is a mark. A mark decides nothing by itself: opinion pieces are called comments, and a
//! report's recommendations are not its site's (see `parts`). Class names that say what an element is *about* or that it *has* (the
//! `tag-` and `category-` of WordPress, `has-sidebar`) say nothing of what it *is*.

use super::tree::Dated;

/// A part of a page that is not its article.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    /// What readers wrote.
    Comments,
    /// Ways to other pages: navigation, related articles, tags.
    Elsewhere,
    /// Buttons, forms, notices and advertisements.
    Offer,
    /// Who wrote it and when, in a line or a box.
    Byline,
    /// What stands under a picture.
    Caption,
    /// The opposite: the article's text.
    Body,
}

/// A part of a page by what stands in it, wherever the page puts it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// The way from the site's first page to this one.
    Crumbs,
    Navigation,
    Footer,
    /// What stands beside the text, and other pages' headlines.
    Aside,
}

impl Part {
    /// The part of a name that the guard or a role gives.
    pub fn named(name: &str) -> Option<Part> {
        match name {
            "crumbs" => Some(Part::Crumbs),
            "nav" | "navigation" | "menu" | "menubar" => Some(Part::Navigation),
            "footer" | "contentinfo" => Some(Part::Footer),
            "aside" | "complementary" => Some(Part::Aside),
            _ => None,
        }
    }
}

/// What a type of a vocabulary, or a label, says that an element is: a name that [`Part::named`] knows.
pub(super) fn part_of_type(value: &str) -> Option<&'static str> {
    let lower = value.get(..64).unwrap_or(value).to_ascii_lowercase();
    let is = |name: &str| lower.ends_with(name);
    match () {
        () if lower.contains("breadcrumb") => Some("crumbs"),
        () if is("sitenavigationelement") => Some("nav"),
        () if is("wpfooter") => Some("footer"),
        () if is("wpsidebar") => Some("aside"),
        () => None,
    }
}

/// What class names or an id say that an element is.
pub(super) fn part(names: &str) -> Option<Part> {
    let mut found = None;
    for name in names.split_ascii_whitespace().filter(|name| name.len() <= 80 && !is_about(name)) {
        let mut before = NameWord::default();
        let bytes = name.as_bytes();
        let mut at = 0;
        while at < bytes.len() {
            let word = NameWord::first(&bytes[at..]);
            if word.length > 0 {
                match part_of_word(before.as_str(), word.as_str()) {
                    Some(Part::Crumbs) => return Some(Part::Crumbs),
                    part => found = found.or(part),
                }
                before = word;
            }
            at += word.taken;
        }
    }
    found
}

fn part_of_word(before: &str, word: &str) -> Option<Part> {
    match word {
        "crumb" | "crumbs" | "crumbtrail" | "ariane" | "rootline" | "klickpfad" | "brotkrumen"
        | "brotkrume" | "kruimelpad" | "youarehere" => Some(Part::Crumbs),
        "path" | "hier" | "here" if matches!(before, "nav" | "click" | "are" | "sind") => Some(Part::Crumbs),
        _ if word.starts_with("breadcrumb") => Some(Part::Crumbs),
        "nav" | "navbar" | "navi" | "navigation" | "menu" | "submenu" | "pager" | "pagination" => {
            Some(Part::Navigation)
        }
        "footer" | "colophon" => Some(Part::Footer),
        "sidebar" | "aside" | "widget" => Some(Part::Aside),
        _ => match of_word(before, word) {
            Some(Mark::Elsewhere) => Some(Part::Aside),
            _ => None,
        },
    }
}

/// Whether a name says what an element is about, or that it has something, and not what it is.
fn is_about(name: &str) -> bool {
    const ABOUT: [&str; 10] =
        ["tag-", "category-", "has-", "with-", "no-", "not-", "is-", "hide-", "without-", "js-"];
    ABOUT.iter().any(|about| name.starts_with(about))
}

/// What an attribute's value says, if anything.
pub(super) fn mark(attribute: &str, value: &str) -> Option<Mark> {
    match attribute {
        "itemprop" => value.split_ascii_whitespace().find_map(of_itemprop),
        "rel" => (value.eq_ignore_ascii_case("tag")).then_some(Mark::Elsewhere),
        _ => of_names(value),
    }
}

/// Which date a `<time>` is, by its class.
pub(super) fn dated(names: &str) -> Option<Dated> {
    let has =
        |stem: &str| names.split(|c: char| !c.is_ascii_alphabetic()).any(|word| starts_with(word, stem));
    if has("publish") || has("pubdate") {
        return Some(Dated::Published);
    }
    (has("updated") || has("modified")).then_some(Dated::Changed)
}

/// Which date an element gives, by its microdata.
pub(super) fn dated_prop(names: &str) -> Option<Dated> {
    names.split_ascii_whitespace().find_map(|name| match name {
        "datePublished" => Some(Dated::Published),
        "dateModified" => Some(Dated::Changed),
        _ => None,
    })
}

fn starts_with(word: &str, stem: &str) -> bool {
    word.get(..stem.len()).is_some_and(|start| start.eq_ignore_ascii_case(stem))
}

fn of_itemprop(name: &str) -> Option<Mark> {
    match name {
        "articleBody" | "text" => Some(Mark::Body),
        "caption" | "copyrightHolder" => Some(Mark::Caption),
        "comment" | "commentCount" => Some(Mark::Comments),
        "keywords" => Some(Mark::Elsewhere),
        "author" | "datePublished" | "dateModified" | "publisher" => Some(Mark::Byline),
        _ => None,
    }
}

/// What class names say: that it is the article's text goes before everything else.
fn of_names(names: &str) -> Option<Mark> {
    let mut found = None;
    for name in names.split_ascii_whitespace().filter(|name| name.len() <= 80) {
        match of_name(name) {
            Some(Mark::Body) => return Some(Mark::Body),
            mark => found = found.or(mark),
        }
    }
    found
}

fn of_name(name: &str) -> Option<Mark> {
    // A utility class for one medium or state: `print:px-6`.
    if name.contains(':') {
        return None;
    }
    let about = is_about(name);
    let mut before = NameWord::default();
    let mut body = false;
    let bytes = name.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let word = NameWord::first(&bytes[at..]);
        if word.length > 0 {
            if !about && let Some(mark) = of_word(before.as_str(), word.as_str()) {
                return Some(mark);
            }
            body |= is_body(before.as_str(), word.as_str());
            before = word;
        }
        at += word.taken;
    }
    body.then_some(Mark::Body)
}

fn is_body(before: &str, word: &str) -> bool {
    matches!(before, "article" | "entry" | "post" | "story" | "news")
        && matches!(word, "body" | "content" | "text" | "contents")
}

/// A word of a name, in lower case.
#[derive(Default, Clone, Copy)]
struct NameWord {
    letters: [u8; 20],
    length: usize,
    taken: usize,
}

impl NameWord {
    /// The first word: up to what is no letter, or up to a capital behind a small letter.
    fn first(bytes: &[u8]) -> NameWord {
        let mut word = NameWord::default();
        let mut small = false;
        for &byte in bytes {
            if !byte.is_ascii_alphabetic() {
                word.taken += 1;
                break;
            }
            if byte.is_ascii_uppercase() && small {
                break;
            }
            small = byte.is_ascii_lowercase();
            if word.length < word.letters.len() {
                word.letters[word.length] = byte.to_ascii_lowercase();
                word.length += 1;
            }
            word.taken += 1;
        }
        word
    }

    fn as_str(&self) -> &str {
        std::str::from_utf8(&self.letters[..self.length]).unwrap_or_default()
    }
}

fn of_word(before: &str, word: &str) -> Option<Mark> {
    let pair = |first: &[&str]| first.contains(&before);
    match word {
        "disqus" | "respond" | "replies" => {
            return Some(Mark::Comments);
        }
        "skip" | "skiplink" | "skiplinks" | "nav" | "navbar" | "navi" | "menu" | "submenu" | "pager"
        | "pagination" | "paging" | "tags" | "taglist" | "keywords" | "topics" | "outbrain" | "taboola"
        | "similar" | "toc" | "footer" | "backlinks" | "bookmarks" | "blogroll" | "readmore" | "seealso"
        | "themen" => {
            return Some(Mark::Elsewhere);
        }
        "more" if pair(&["read", "see", "show", "learn", "view", "load", "news"]) => {
            return Some(Mark::Elsewhere);
        }
        "also" | "aussi" if pair(&["see", "read", "lire", "voir"]) => return Some(Mark::Elsewhere),
        "articles" | "posts" | "stories" | "news" | "links"
            if pair(&[
                "more",
                "interesting",
                "other",
                "latest",
                "recent",
                "popular",
                "next",
                "top",
                "further",
            ]) =>
        {
            return Some(Mark::Elsewhere);
        }
        "links" if pair(&["article", "tag"]) => return Some(Mark::Elsewhere),
        "share" | "sharing" | "sharer" | "shares" | "social" | "addtoany" | "sharedaddy" | "follow"
        | "ad" | "ads" | "adbox" | "advert" | "advertisement" | "advertising" | "anzeige" | "werbung"
        | "publicidad" | "banner" | "popup" | "modal" | "overlay" | "lightbox" | "toast" | "login"
        | "signup" | "signin" | "gdpr" | "consent" | "donate" | "donation" | "rating" | "ratings"
        | "print" | "loading" | "disclaimer" | "promo" | "promos" | "promotion" | "promobox" | "captcha"
        | "toolbar" | "affiliate" => return Some(Mark::Offer),
        "wall" | "gate" | "metered" | "offer" | "angebot" | "oferta" | "offerta" | "offre" | "oferty"
        | "abo" => {
            return Some(Mark::Offer);
        }
        word if word.len() > 5 && word.ends_with("wall") => return Some(Mark::Offer),
        "byline" | "dateline" | "vcard" | "bio" | "postmetadata" | "metadata" | "meta" | "authorbox"
        | "timestamp" | "pubdate" | "postinfo" => return Some(Mark::Byline),
        "description" | "annotation" | "info" | "text" | "title" | "source" | "desc"
            if pair(&["image", "img", "photo", "picture", "foto", "bild"]) =>
        {
            return Some(Mark::Caption);
        }
        "info" if pair(&["author", "post", "article"]) => return Some(Mark::Byline),
        "box" | "about" if pair(&["author"]) => return Some(Mark::Byline),
        "author" => return Some(Mark::Byline),
        "credit" | "credits" | "copyright" | "copyrights" | "legend" | "photographer" | "bildtext" => {
            return Some(Mark::Caption);
        }
        _ => {}
    }
    const STEMS: [(&str, Mark); 40] = [
        ("comment", Mark::Comments),
        ("kommentar", Mark::Comments),
        ("comentari", Mark::Comments),
        ("komentar", Mark::Comments),
        ("koment", Mark::Comments),
        ("leserbrief", Mark::Comments),
        ("diskussion", Mark::Comments),
        ("discussion", Mark::Comments),
        ("reactie", Mark::Comments),
        ("yorum", Mark::Comments),
        ("related", Mark::Elsewhere),
        ("recommend", Mark::Elsewhere),
        ("recomend", Mark::Elsewhere),
        ("relacionad", Mark::Elsewhere),
        ("verwandt", Mark::Elsewhere),
        ("empfehl", Mark::Elsewhere),
        ("breadcrumb", Mark::Elsewhere),
        ("sidebar", Mark::Elsewhere),
        ("navigation", Mark::Elsewhere),
        ("newsletter", Mark::Offer),
        ("subscri", Mark::Offer),
        ("suscri", Mark::Offer),
        ("abonn", Mark::Offer),
        ("abbonat", Mark::Offer),
        ("abbonam", Mark::Offer),
        ("assinat", Mark::Offer),
        ("assinan", Mark::Offer),
        ("prenumer", Mark::Offer),
        ("paywall", Mark::Offer),
        ("premium", Mark::Offer),
        ("membership", Mark::Offer),
        ("upsell", Mark::Offer),
        ("cookie", Mark::Offer),
        ("sponsor", Mark::Offer),
        ("socialmedia", Mark::Offer),
        ("sharebutton", Mark::Offer),
        ("caption", Mark::Caption),
        ("figcaption", Mark::Caption),
        ("bildunter", Mark::Caption),
        ("wpcaption", Mark::Caption),
    ];
    // Words for comments are parts of others: `usercomments`, `Leserkommentare`.
    let inside = || (word.contains("comment") || word.contains("kommentar")).then_some(Mark::Comments);
    STEMS.iter().find(|(stem, _)| word.starts_with(stem)).map(|&(_, mark)| mark).or_else(inside)
}
