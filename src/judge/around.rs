//! What stands around a text on its page: a credit, a byline, a time, a counter.

use std::ops::Range;

use crate::align::{Alignment, TokenKind};
use crate::model::Content;

/// Equal tokens of one run that are the text, at least: below, a title may be all that tells two notes apart.
pub(super) const TEXT: u32 = 30;

/// Tokens around it on either page, at most: several such lines, and less than a paragraph.
pub(super) const MARGIN: u32 = 16;

/// Facts within it, at least: a form without its fillings has hardly any, and what stands before it is whom it is about.
const NEWS: usize = 2;

/// Whether one run of equal tokens is the text of both documents, and all that differs stands around it, by itself: before it
/// on lines of its own, in brackets or before a dash, and behind it likewise, and never as a sentence.
pub(super) fn differs_around(alignment: &Alignment, a: &Content, b: &Content) -> bool {
    let Some(run) = alignment.runs.iter().max_by_key(|run| run.len) else { return false };
    if run.len < TEXT {
        return false;
    }
    let sides = [(a, run.a), (b, run.b)];
    let all = |is: fn(&Content, u32) -> bool, at: u32| {
        sides.iter().all(|&(content, start)| is(content, start + at))
    };
    // A line around the text may begin or end with the same words on both pages.
    let most = MARGIN.min(run.len);
    let front = if all(opens, 0) { Some(0) } else { (1..most).find(|&at| all(opens_line, at)) };
    let back = if all(closes, run.len) {
        Some(0)
    } else {
        (1..most).find(|&behind| all(closes_line, run.len - behind))
    };
    let (Some(front), Some(back)) = (front, back) else { return false };
    let (front, end) = (front, run.len - back);
    let is_short = |&(content, start): &(&Content, u32)| {
        start + front <= MARGIN && content.words.len() as u32 - (start + end) <= MARGIN
    };
    // Where no capitals tell names, what differs are numbers: a time, a day, a counter.
    let tells_names = a.cased || b.cased;
    end >= front + TEXT && sides.iter().all(is_short) && (!tells_names || news(sides, front..end) >= NEWS)
}

pub(super) fn is(content: &Content, at: u32, kind: TokenKind) -> bool {
    content.words.kinds().get(at as usize).is_some_and(|of| of.is(kind))
}

/// Whether a text may begin at a token: what is before it is no sentence.
fn opens(content: &Content, at: u32) -> bool {
    let is_apart = [TokenKind::APART, TokenKind::LINE, TokenKind::SPACED];
    let is_apart = is_apart.iter().any(|&kind| is(content, at, kind));
    at == 0 || (is_apart && !is(content, at, TokenKind::AFTER_END))
}

fn opens_line(content: &Content, at: u32) -> bool {
    is(content, at, TokenKind::LINE) && opens(content, at)
}

/// Whether a text may end before a token: what begins there is no sentence, though one may end before it.
fn closes(content: &Content, at: u32) -> bool {
    let is_apart = is(content, at, TokenKind::APART) || is(content, at, TokenKind::LINE);
    at as usize == content.words.len() || (is_apart && !content.ended)
}

fn closes_line(content: &Content, at: u32) -> bool {
    is(content, at, TokenKind::LINE) && closes(content, at)
}

/// Whether a sentence or a line begins at a token.
pub(super) fn opens_sentence(content: &Content, at: u32) -> bool {
    at == 0 || is(content, at, TokenKind::LINE) || is(content, at, TokenKind::AFTER_END)
}

/// Whether a sentence goes on at a token, with no bracket and no dash before it.
pub(super) fn goes_on(content: &Content, at: u32) -> bool {
    !opens_sentence(content, at) && !is(content, at, TokenKind::APART)
}

/// Facts of both sides in some tokens of the run. Where every word has a capital it says nothing.
fn news(sides: [(&Content, u32); 2], tokens: Range<u32>) -> usize {
    let is_fact = |at: &u32| {
        let is_fact = |content, at| is(content, at, TokenKind::FACT) && !opens_sentence(content, at);
        sides.iter().all(|&(content, start)| is_fact(content, start + at))
    };
    tokens.filter(is_fact).count()
}

#[cfg(test)]
mod tests {
    use crate::judge::{Relation, compare};

    const BRIEFS: [&str; 3] = [
        "A grain lorry slid into the ditch beside the Weirbridge road early on Monday and blocked both lanes until noon, \
         the fire service said. The driver climbed out through the window unhurt. Farmers from Oxley shovelled most of \
         the barley into trailers before the rain came.",
        "Ein Lastwagen mit Getreide ist am Montag bei Weilburg von der Strasse gerutscht und hat beide Spuren bis zum \
         Mittag gesperrt. Der Fahrer stieg durch das Fenster aus und blieb unverletzt. Bauern aus Limburg schaufelten \
         die Gerste auf ihre Wagen, bevor der Regen kam.",
        "Un camión cargado de trigo se salió el lunes de la carretera de Valdemoro y cortó los dos carriles hasta el \
         mediodía, según los bomberos. El conductor salió por la ventana sin heridas. Vecinos de Torrejón recogieron \
         casi toda la cebada antes de que llegara la lluvia.",
    ];

    fn relation(a: &str, b: &str) -> Option<Relation> {
        let there = compare(a, b).relation();
        assert_eq!(there, compare(b, a).relation(), "{a} and {b}");
        there
    }

    #[test]
    fn what_a_page_prints_around_a_brief_makes_no_other_brief() {
        let around = [
            ("By Anna Keller\n\n", "", "By Peter Moss\n\n", ""),
            ("Anna Keller\n", "", "Peter Moss\n", ""),
            ("10:32\n\n", "\n\n123 views", "11:05\n\n", "\n\n4561 views"),
            ("OXLEY (Norwire) - ", "", "OXLEY (Lowland Press) - ", ""),
            ("OXLEY \u{2014} ", " (Norwire)", "HALDEN \u{2014} ", " (Lowland Press)"),
            ("", "\n\n\u{a9} 2023 The Alder Post", "", "\n\n\u{a9} 2024 The Bay Herald"),
            ("By Anna Keller\n5 May\n", "\nPhoto: Tom Holt", "By Peter Moss\n6 June\n", "\nPhoto: Mary Dean"),
        ];
        for brief in BRIEFS {
            for (before_a, after_a, before_b, after_b) in around {
                let [a, b] = [format!("{before_a}{brief}{after_a}"), format!("{before_b}{brief}{after_b}")];
                assert_eq!(relation(&a, &b), Some(Relation::Near), "{a}\n{b}");
            }
        }
    }

    #[test]
    fn other_facts_within_sentences_are_another_form() {
        let died = "has died after a short illness. A service of thanksgiving will be held in the parish church at eleven on \
            Saturday morning. Family flowers only, please; gifts may be left for the Oxley lifeboat crew, and tea will be \
            served in the hall afterwards.";
        let of = |subject: &str| format!("{subject} {died}");
        assert_eq!(
            relation(&of("Edith Marlow, of Halden,"), &of("Walter Finch, of Norvik,")),
            Some(Relation::Templated)
        );
        let birthday = |subject: &str| {
            let rest = "celebrates a hundredth birthday this week. The mayor will call with a basket of fruit and the school \
                choir will sing on the stairs. Neighbours are asked to leave their cakes at the bakery.";
            format!("{subject} {rest}")
        };
        assert_eq!(
            relation(&birthday("Mina Aldous of Tarn Edge"), &birthday("Rufus Keel of Mill Cross")),
            Some(Relation::Templated)
        );
        // Who says it is no subject of its own where only one page names it.
        assert_eq!(relation(&birthday("Mina Aldous of Tarn Edge"), &birthday("She")), Some(Relation::Near));
        let behind = |end: &str| format!("{} The lorry was driven by {end}.", BRIEFS[0]);
        assert_eq!(relation(&behind("Edith Marlow"), &behind("Walter Finch")), Some(Relation::Templated));
        // A form of hardly any facts of its own: what stands before it is whom it is about.
        let bare = "A service of thanksgiving will be held in the parish church in the morning. Family flowers only, please; \
            gifts may be left for the crew, and tea will be served in the hall afterwards to all who come.";
        let before = |subject: &str| format!("{subject}\n\n{bare}");
        assert_eq!(relation(&before("Edith Marlow"), &before("Walter Finch")), Some(Relation::Templated));
    }
}
