use super::*;
use crate::text::reference;
use proptest::prelude::*;

/// Kind, count and text of each repeat.
fn found<'a>(text: &'a str, title: Option<&str>) -> Vec<(&'static str, usize, &'a str)> {
    let repeats = PageReader::new(Kernel::detect()).repeats(text, title);
    repeats.iter().map(|r| (r.kind.as_str(), r.places.len(), &text[r.places[0].range.clone()])).collect()
}

#[test]
fn the_first_line_is_the_title() {
    let text = "Mayor opens third bridge\n\nMAYOR OPENS THIRD BRIDGE!\n\nShe cut a ribbon.\n\n\
        Mayor opens  third bridge\n";
    assert_eq!(found(text, None), [("title", 3, "Mayor opens third bridge")]);
    let text = "# Mayor opens third bridge #\nShe cut a ribbon.\n## Mayor opens third bridge\nIt held.";
    assert_eq!(found(text, None), [("title", 2, "Mayor opens third bridge")]);
    let text = "Mayor opens\nthird bridge\n\nMayor opens\nthird bridge\n\nShe cut a ribbon.";
    assert_eq!(found(text, None), [("title", 2, "Mayor opens\nthird bridge")]);
    // In a row it is no row of two.
    let text = format!("{}She cut a ribbon.", "Mayor opens third bridge\n\n".repeat(4));
    assert_eq!(found(&text, None), [("title", 4, "Mayor opens third bridge")]);
}

#[test]
fn a_sentence_is_no_headline() {
    let text = "The mayor of the town opened a new bridge.\n\nIt held.\n\nThe mayor of the town opened a new bridge.";
    assert_eq!(found(text, None), [("paragraph", 2, "The mayor of the town opened a new bridge.")]);
    let text = "Mayor opens bridge to the U.S.\n\nIt held.\n\nMayor opens bridge to the U.S.";
    assert_eq!(found(text, None), [("title", 2, "Mayor opens bridge to the U.S.")]);
}

#[test]
fn the_given_title_counts_where_it_stands() {
    let text = "Courier\n\nSport and leisure news\n\nMarket: May\n\nPrices rose.\n\nMarket: May";
    assert_eq!(found(text, Some("market may")), [("title", 2, "Market: May")]);
    assert_eq!(found(text, Some("Prices")), []);
    assert_eq!(found("Sport\n\nSport\n\nSport", Some("Sport")), []);
    assert_eq!(found("12 13\n\n12 13", Some("12 13")), []);
    let once = "Mayor opens third bridge\n\nShe cut a ribbon.";
    assert_eq!(found(once, Some("Mayor opens third bridge")), []);
    let empty = "Mayor opens third bridge\n\nMayor opens third bridge";
    assert_eq!(found(empty, Some("")), [("title", 2, "Mayor opens third bridge")]);
}

#[test]
fn kinds() {
    let text = "News\n\nHow it was done\n\nOne.\n\nHow it was done\n\nThe society regrets the dog that bit three of them.\n\n\
        Two.\n\nThe society regrets the dog that bit three of them.\n\nThey regret it.\n\nYes.\n\nThey regret it.\n\nThree.\nPicture: the new gates\nFour.\n\nFive.\n\
        Picture: the new gates\nSix.";
    let truth = [
        ("heading", 2, "How it was done"),
        ("paragraph", 2, "The society regrets the dog that bit three of them."),
        ("line", 2, "They regret it."),
        ("line", 2, "Picture: the new gates"),
    ];
    assert_eq!(found(text, None), truth);
    let lines = "Mayor opens third bridge\nShe cut a ribbon.\nMayor opens third bridge\nShe cut a ribbon.";
    let truth = [("title", 2, "Mayor opens third bridge"), ("line", 2, "She cut a ribbon.")];
    assert_eq!(found(lines, None), truth);
}

#[test]
fn a_block_is_reported_without_its_lines() {
    let text = "News\n\nThe gates of oak\nstand in the rain.\n\nOne.\n\n\
        The gates of oak stand in the rain.\n\nTwo.\n\nThe gates of oak\nstand in the rain.";
    assert_eq!(found(text, None), [("paragraph", 3, "The gates of oak\nstand in the rain.")]);
    let title = "The gates of oak\nBy our own correspondent\n\nOne.\n\n\
        The gates of oak\nBy our own correspondent";
    let truth = [("title", 2, "The gates of oak"), ("line", 2, "By our own correspondent")];
    assert_eq!(found(title, Some("The gates of oak")), truth);
}

#[test]
fn the_mark_of_a_list_is_no_text() {
    let text = "News\n\n- one two three\n* 1. one two three\n(12) ONE two three\n\u{2022}one two three\n\
        b) one two three\n> one two three\n\n3\u{3001}one two three";
    assert_eq!(found(text, None), [("line", 7, "one two three")]);
    assert_eq!(found("News\n\n1987. A year on\n\n1988. A year on", None), []);
    assert_eq!(found("News\n\nJ. Smith is elected\n\nK. Smith is elected", None), []);
    assert_eq!(found("News\n\nA. Not yet.\n\nA. Not yet.", None), []);
    let diary = "# Diary\n\n## From the upper valley\n\nSnow.\n\n## From the upper valley\n\nThaw.";
    assert_eq!(found(diary, None), [("heading", 2, "From the upper valley")]);
}

#[test]
fn what_repeats_anywhere_is_no_news() {
    let text = "Scores from the league\r\n\r\nHalf time\r\n1-0\r\n\r\n- Yes\r\n- Yes\r\n\r\n\
        Half time\r\n1-0\r\n\r\n1 2 3 4 5 6\r\n1 2 3 4 5 6\r\n\r\n\
        Read More:\r\n\r\nRead More:\r\n---\r\n---\r\n";
    assert_eq!(found(text, None), []);
}

#[test]
fn pieces_of_sentences_repeat_by_chance() {
    let text = "News\n\nThe vote on the bridge\nwas held in\nthe town hall.\n\nThe feast for the bridge\n\
        was held in\nthe town hall of a town.";
    assert_eq!(found(text, None), []);
    let text = "News\n\nThe vote on the bridge\nwas held in the old town hall on a\nMonday.\n\n\
        The feast\nwas held in the old town hall on a\nFriday.";
    assert_eq!(found(text, None), [("line", 2, "was held in the old town hall on a")]);
    let text = "News\n\nmore on this story\nmore on this story\nbelow";
    assert_eq!(found(text, None), [("line", 2, "more on this story")]);
    let title = "Courier\nmarket in may\nprices rose\nmarket in may\nprices fell";
    assert_eq!(found(title, Some("Market in May")), [("title", 2, "market in may")]);
}

#[test]
fn scripts_without_spaces() {
    let (eight, seven) = (
        "\u{4e2d}\u{56fd}\u{65b0}\u{95fb}\u{793e}\u{5317}\u{4eac}\u{7535}",
        "\u{4e2d}\u{56fd}\u{65b0}\u{95fb}\u{793e}\u{5317}\u{4eac}",
    );
    assert_eq!(found(&format!("{eight}\n\n{eight}"), None), [("title", 2, eight)]);
    assert_eq!(found(&format!("{seven}\n\n{seven}"), None), []);
    assert_eq!(found(&format!("{seven}\n\n{seven}"), Some(seven)), [("title", 2, seven)]);
}

#[test]
fn many_equal_lines_are_one_repeat() {
    let (lines, words) = ("one two three\n".repeat(100_000), "one ".repeat(100_000));
    assert_eq!(found(&lines, None), [("title", 100_000, "one two three")]);
    assert_eq!(found(&words, None), []);
}

/// Lines that are equal, nearly equal, or nothing, in a page of some blocks.
fn page() -> impl Strategy<Value = String> {
    // None begins with a small letter: it would go on with the line before.
    const LINES: &[&str] = &[
        "",
        "",
        "  ",
        "\r",
        "---",
        "Aa bb cc",
        "Aa, bb cc.",
        "- Aa bb cc",
        "12. Aa bb cc",
        "b) Aa bb cc",
        "Aa bb cc dd",
        "Bb cc dd",
        "# Aa bb cc",
        "### Aa bb cc dd ###",
        "> Bb cc dd!",
        "Aa",
        "Aa bb",
        "1 2 3",
        "7 Aa bb cc",
        "\u{4e2d}\u{56fd}\u{65b0}\u{95fb}\u{793e}\u{5317}\u{4eac}\u{7535}",
        "\u{301}\u{323}Aa bb cc",
        "\u{c1}\u{323}a bb cc",
        "A\u{301}\u{323}a bb cc",
        "\u{bd} Aa bb cc",
        "\u{ad}Aa bb cc",
        "Aa bb \u{c7}c",
        "Aa bb \u{e7}c",
        "Aa bb C\u{327}c",
        "\u{fdfa}",
        "A. bb cc",
        "A. bb cc",
        "\u{e01}\u{e33}\u{e34}\u{301} aa bb",
        "\u{301}",
        "*Aa bb cc*",
        "U.S. aa bb",
    ];
    proptest::collection::vec(proptest::sample::select(LINES), 0..30).prop_map(|lines| lines.join("\n"))
}

fn check(text: &str, title: Option<&str>) -> Result<(), TestCaseError> {
    let repeats = PageReader::new(Kernel::detect()).repeats(text, title);
    prop_assert_eq!(&repeats, &PageReader::new(Kernel::PORTABLE).repeats(text, title));
    let mut spans = Vec::new();
    for repeat in &repeats {
        let ranges: Vec<_> = repeat.places.iter().map(|place| place.range.clone()).collect();
        prop_assert!(ranges.len() > 1 && repeat.count() as usize == ranges.len());
        prop_assert!(ranges.is_sorted_by_key(|range| range.start));
        for place in &repeat.places {
            let line = &text.split('\n').nth(place.line as usize - 1).unwrap_or_default();
            let from: String = line.chars().skip(place.column as usize - 1).collect();
            let own = text[place.range.clone()].split('\n').next().unwrap_or_default();
            prop_assert!(from.starts_with(own), "{:?} is not on line {}", own, place.line);
        }
        if repeat.kind == RepeatKind::Similar
            || repeat.places.iter().any(|place| place.form != PlaceForm::Same)
        {
            continue;
        }
        prop_assert_eq!(&repeat.text, &text[ranges[0].clone()]);
        prop_assert_eq!(&repeat.text, repeat.text.trim());
        let tokens = reference::tokens(&repeat.text);
        for span in &ranges {
            prop_assert_eq!(&tokens, &reference::tokens(&text[span.clone()]), "{:?}", text);
        }
        if let (RepeatKind::Title, Some(title)) = (repeat.kind, title) {
            let title = reference::tokens(title);
            prop_assert!(title.is_empty() || title == tokens);
        }
        spans.extend(ranges);
    }
    prop_assert!(repeats.iter().filter(|repeat| repeat.kind == RepeatKind::Title).count() < 2);
    spans.sort_by_key(|span| span.start);
    prop_assert!(spans.windows(2).all(|pair| pair[0].end <= pair[1].start), "{:?} of {:?}", spans, text);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn repeats_of_pages_are_sound(text in page(), title in proptest::option::of(page())) {
        check(&text, title.as_deref())?;
    }

    #[test]
    fn repeats_of_any_text_are_sound(
        text in "(\\PC{0,8}|aa bb cc|\n){0,20}",
        title in proptest::option::of("aa bb cc|\\PC{0,9}"),
    ) {
        check(&text, title.as_deref())?;
    }

    #[test]
    fn lines_are_those_of_a_plain_count(
        lines in proptest::collection::vec("(Aa|Bb)( |, | - )(aa|BB|7)( (aa|Bb|c)){0,3}[.!]?", 1..40),
    ) {
        let tokens: Vec<_> = lines.iter().map(|line| reference::tokens(line)).collect();
        let mut truth = Vec::new();
        for (i, line) in tokens.iter().enumerate() {
            let count = tokens.iter().filter(|&other| other == line).count();
            let words = line.iter().filter(|&token| token.len() == 2).count();
            if count > 1 && words > 2 && !tokens[..i].contains(line) {
                truth.push((count, lines[i].as_str()));
            }
        }
        let text = lines.join("\n");
        let found = found(&text, None).into_iter();
        prop_assert_eq!(found.map(|(_, count, text)| (count, text)).collect::<Vec<_>>(), truth);
    }

    #[test]
    fn nothing_is_missed(text in page(), title in proptest::option::of(page())) {
        let repeats = PageReader::new(Kernel::detect()).repeats(&text, title.as_deref());
        let places = || repeats.iter().flat_map(|repeat| &repeat.places);
        let covered = |at| places().any(|place| place.range.contains(&at));
        let mut left = Vec::new();
        let mut from = 0;
        for line in text.split('\n') {
            let (within, _) = content(line);
            let cut = &line[within.clone()];
            let tokens = reference::tokens(cut);
            let is_word = |token: &&String| token.is_ascii() && token.len() == 2;
            let news = tokens.iter().filter(is_word).count() > 2;
            if news && !covered(from + within.start) {
                prop_assert!(!left.contains(&tokens), "{:?} is missed in {:?}", tokens, text);
                left.push(tokens);
            }
            from += line.len() + 1;
        }
    }
}
