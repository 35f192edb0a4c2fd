//! Credits: lines and datelines in which a page says whose text it is.
//!
//! `(Reuters)`, `By Associated Press`, `via Valley Beacon`, `zuerst erschienen in ...`: a phrase and a name, on a line of
//! their own or at the head of a story. What follows `by` is an author as often as an agency, so that a credit counts
//! only where the name is that of a site.

/// A name that a page credits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credit {
    /// The name, as it is written.
    pub name: String,
    /// How the page credits it.
    pub kind: CreditKind,
}

/// How a page credits a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum CreditKind {
    /// Where this page has the text from: `via`, `first published in`.
    Via,
    /// Whose text it is: `(Reuters)`, `Source:`.
    Source,
    /// A byline, of an agency or an author.
    By,
}

/// Phrases that a credit begins with, in small letters.
const PHRASES: [(CreditKind, &str); 47] = [
    (CreditKind::Via, "via"),
    (CreditKind::Via, "first published in"),
    (CreditKind::Via, "first published by"),
    (CreditKind::Via, "first published on"),
    (CreditKind::Via, "first appeared in"),
    (CreditKind::Via, "first appeared on"),
    (CreditKind::Via, "originally published in"),
    (CreditKind::Via, "originally published by"),
    (CreditKind::Via, "originally published on"),
    (CreditKind::Via, "originally appeared in"),
    (CreditKind::Via, "originally appeared on"),
    (CreditKind::Via, "republished from"),
    (CreditKind::Via, "reprinted from"),
    (CreditKind::Via, "zuerst erschienen in"),
    (CreditKind::Via, "zuerst erschienen bei"),
    (CreditKind::Via, "zuerst erschienen auf"),
    (CreditKind::Via, "zuerst ver\u{f6}ffentlicht in"),
    (CreditKind::Via, "zuerst ver\u{f6}ffentlicht bei"),
    (CreditKind::Via, "\u{fc}bernommen von"),
    (CreditKind::Via, "publi\u{e9} initialement dans"),
    (CreditKind::Via, "publi\u{e9} initialement par"),
    (CreditKind::Via, "d'abord paru dans"),
    (CreditKind::Via, "publicado originalmente en"),
    (CreditKind::Via, "publicado originalmente por"),
    (CreditKind::Via, "publicado originalmente em"),
    (CreditKind::Via, "publicado primero en"),
    (CreditKind::Via, "pubblicato originariamente su"),
    (CreditKind::Via, "eerder verschenen in"),
    (CreditKind::Via, "overgenomen van"),
    (CreditKind::Source, "source:"),
    (CreditKind::Source, "source :"),
    (CreditKind::Source, "credit:"),
    (CreditKind::Source, "quelle:"),
    (CreditKind::Source, "fuente:"),
    (CreditKind::Source, "fonte:"),
    (CreditKind::Source, "bron:"),
    (CreditKind::Source, "k\u{e4}lla:"),
    (CreditKind::Source, "kilde:"),
    (CreditKind::Source, "\u{17a}r\u{f3}d\u{142}o:"),
    (CreditKind::Source, "\u{438}\u{441}\u{442}\u{43e}\u{447}\u{43d}\u{438}\u{43a}:"),
    (CreditKind::Source, "\u{627}\u{644}\u{645}\u{635}\u{62f}\u{631}:"),
    (CreditKind::Source, "mit material von"),
    (CreditKind::Source, "con informaci\u{f3}n de"),
    (CreditKind::By, "by"),
    (CreditKind::By, "von"),
    (CreditKind::By, "par"),
    (CreditKind::By, "por"),
];

/// What may stand before a phrase: `This article first appeared in ...`.
const BEFORE: [&str; 14] = [
    "this article was ",
    "this article ",
    "this story was ",
    "this story ",
    "dieser artikel ist ",
    "dieser artikel erschien ",
    "dieser beitrag ist ",
    "cet article a \u{e9}t\u{e9} ",
    "cet article est ",
    "este art\u{ed}culo fue ",
    "este artigo foi ",
    "questo articolo \u{e8} stato ",
    "dit artikel is ",
    "reporting ",
];

/// Words of a name, at most.
const NAME: usize = 6;

/// Words before the bracket of a dateline, at most: `NEW YORK, Aug. 3 (AP) -`.
const DATELINE: usize = 6;

/// The credits of a text, in order. Linear.
pub fn credits(text: &str) -> Vec<Credit> {
    text.lines().filter_map(|line| in_brackets(line).or_else(|| after_phrase(line))).collect()
}

/// `(Reuters)` alone, or at the head of a line that goes on with a dash.
fn in_brackets(line: &str) -> Option<Credit> {
    let line = line.trim();
    let (before, rest) = line.split_once('(')?;
    let (name, after) = rest.split_once(')')?;
    let after = after.trim_start();
    let is_alone = before.is_empty() && after.trim_matches('.').is_empty();
    let is_dateline = after.starts_with(['-', '\u{2013}', '\u{2014}']);
    let fits = before.split_whitespace().count() <= DATELINE;
    ((is_alone || is_dateline) && fits).then(|| name_of(name, CreditKind::Source))?
}

fn after_phrase(line: &str) -> Option<Credit> {
    // Only short lines: a sentence that begins with `By` is none.
    let line = line.trim().trim_matches(['*', '_', '(', ')', '[', ']']);
    if line.len() > 160 {
        return None;
    }
    let small = line.to_lowercase();
    let rest = BEFORE.iter().find_map(|before| small.strip_prefix(before)).unwrap_or(&small);
    PHRASES.iter().find_map(|&(kind, phrase)| {
        let name = rest.strip_prefix(phrase)?;
        let is_whole = phrase.ends_with(':') || name.starts_with([' ', ':', '\u{a0}']);
        // The name as it was written: as many characters from the end, where small letters are as many.
        let own = line.get(line.len().checked_sub(name.len())?..).filter(|own| own.to_lowercase() == name);
        is_whole.then(|| name_of(own.unwrap_or(name), kind))?
    })
}

fn name_of(name: &str, kind: CreditKind) -> Option<Credit> {
    let name = name.trim_matches(|c: char| c.is_whitespace() || c.is_ascii_punctuation());
    let words = name.split_whitespace().count();
    let is_name =
        (1..=NAME).contains(&words) && name.chars().any(char::is_alphabetic) && !name.contains(". ");
    is_name.then(|| Credit { name: name.to_owned(), kind })
}

/// Whether a credit names this site: its words begin the site's name one after the other (`Continental Press` and
/// `contpress.example`), or are its initials (`Northern Wire Service` and `nws.example`).
pub fn names(credit: &str, site: &str) -> bool {
    let is_host = site.contains('.') && !site.contains(char::is_whitespace);
    let label = if is_host { site.split('.').next().unwrap_or(site) } else { site };
    let folded = |text: &str| -> String {
        text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
    };
    let label: Vec<char> = without_article(&folded(label)).chars().collect();
    let words = credit.split(|c: char| !c.is_alphanumeric() && c != '\'').map(folded);
    let mut words: Vec<Vec<char>> =
        words.filter(|word| !word.is_empty()).map(|word| word.chars().collect()).collect();
    if words.len() > 1 && ARTICLES.iter().any(|article| article.chars().eq(words[0].iter().copied())) {
        words.remove(0);
    }
    let initials = || words.iter().filter_map(|word| word.first()).eq(&label);
    (label.len() >= 3 && words.len() >= 3 && initials()) || spells(&label, &words)
}

const ARTICLES: [&str; 9] = ["the", "der", "die", "das", "le", "la", "les", "el", "il"];

/// What a host's name may have beyond the publisher's.
const SUFFIXES: [&str; 5] = ["news", "online", "media", "press", "24"];

fn without_article(label: &str) -> &str {
    // Only one that is told from the beginning of another word: `thetimes`, not `lesoir`.
    label.strip_prefix("the").filter(|rest| rest.len() >= 4).unwrap_or(label)
}

/// Whether the label is made of the words, each whole or its first three letters at least, from the first on.
fn spells(label: &[char], words: &[Vec<char>]) -> bool {
    let is_suffix = |rest: &[char]| SUFFIXES.iter().any(|suffix| suffix.chars().eq(rest.iter().copied()));
    let Some((word, others)) = words.split_first() else { return false };
    let common = label.iter().zip(word).take_while(|(x, y)| x == y).count();
    let takes = |taken: usize| {
        let rest = &label[taken..];
        rest.is_empty() || (taken == word.len() && is_suffix(rest)) || spells(rest, others)
    };
    (1..=common).rev().any(|taken| (taken == word.len() || taken >= 3) && takes(taken))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn credit(text: &str) -> Option<(String, CreditKind)> {
        let mut all = credits(text);
        assert!(all.len() < 2, "{all:?}");
        all.pop().map(|credit| (credit.name, credit.kind))
    }

    #[test]
    fn a_credit_is_a_phrase_and_a_name() {
        let expected = [
            ("(Reuters)", "Reuters", CreditKind::Source),
            ("LONDON, Aug. 3 (Continental Press) - Rain fell.", "Continental Press", CreditKind::Source),
            ("By Associated Press", "Associated Press", CreditKind::By),
            ("via Valley Beacon", "Valley Beacon", CreditKind::Via),
            ("Source: AFP", "AFP", CreditKind::Source),
            ("This article first appeared in The Valley Beacon.", "The Valley Beacon", CreditKind::Via),
            ("Zuerst erschienen in der Talpost", "der Talpost", CreditKind::Via),
            ("Dieser Beitrag ist zuerst erschienen bei: Talpost", "Talpost", CreditKind::Via),
            ("Quelle: dpa", "dpa", CreditKind::Source),
            ("Publi\u{e9} initialement dans Le Soir", "Le Soir", CreditKind::Via),
            ("Publicado originalmente en El Valle", "El Valle", CreditKind::Via),
            (
                "\u{418}\u{441}\u{442}\u{43e}\u{447}\u{43d}\u{438}\u{43a}: \u{422}\u{410}\u{421}\u{421}",
                "\u{422}\u{410}\u{421}\u{421}",
                CreditKind::Source,
            ),
        ];
        for (line, name, kind) in expected {
            assert_eq!(credit(line), Some((name.to_owned(), kind)), "{line}");
        }
        let none = [
            "By the time the rain stopped the river had risen over its banks in three of the valley's towns.",
            "The bank (founded in 1890) closed.",
            "Viaduct closed",
            "He said (on Monday) that",
            "(1987)",
        ];
        for line in none {
            assert_eq!(credit(line), None, "{line}");
        }
    }

    #[test]
    fn a_site_is_named_by_its_words_or_their_beginnings() {
        let same = [
            ("Meridian News Agency", "meridian.example"),
            ("Continental Press", "contpress.example"),
            ("Northern Wire Service", "nws.example"),
            ("Valley Beacon", "valleybeacon.example"),
            ("The Valley Beacon", "valleybeacon.example"),
            ("Guardian", "theguardian.com"),
            ("Reuters", "reuters.com"),
            ("AP", "apnews.com"),
            ("valleybeacon.example", "valleybeacon.example"),
            ("der Talpost", "Talpost"),
            ("Agence France-Presse", "afp.com"),
        ];
        for (credit, site) in same {
            assert!(names(credit, site), "{credit} is {site}");
        }
        let other = [
            ("Valley Beacon", "valleychronicle.example"),
            ("Mary Smith", "ms.example"),
            ("Van Damme", "valleybeacon.example"),
            ("Reuters", ""),
            ("Press", "pressherald.example"),
        ];
        for (credit, site) in other {
            assert!(!names(credit, site), "{credit} is not {site}");
        }
    }
}
