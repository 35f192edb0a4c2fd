//! Pages read by a machine, with letters wrong.

use std::collections::BTreeMap;

use crate::harness::*;
use crate::news::News;

const STORIES: usize = 40;

/// A story of words that others use too, as in a language.
pub fn story(news: &mut News, vocabulary: &[String]) -> String {
    let words: Vec<&str> = (0..160).map(|_| &*vocabulary[news.below(vocabulary.len())]).collect();
    words.chunks(12).map(|sentence| sentence.join(" ") + ".\n").collect()
}

/// The text with `permille` of its letters read as another.
pub fn misread(news: &mut News, text: &str, permille: usize) -> String {
    let letter = |c: char, news: &mut News| match c {
        'a'..='z' if news.below(1000) < permille => (b'a' + news.below(26) as u8) as char,
        c => c,
    };
    text.chars().map(|c| letter(c, news)).collect()
}

#[test]
fn two_readings_of_one_page_are_found_and_those_of_different_pages_are_not() {
    let mut news = News::new(11);
    let vocabulary: Vec<String> = (0..900).map(|_| news.word()).collect();
    let stories: Vec<String> = (0..STORIES).map(|_| story(&mut news, &vocabulary)).collect();
    let mut lines = String::new();
    for (number, story) in stories.iter().enumerate() {
        lines += &record(&format!("{number}-a"), &misread(&mut news, story, 70));
        lines += &record(&format!("{number}-b"), &misread(&mut news, story, 70));
    }
    let dir = Dir::new();
    let path = dir.file("read.jsonl", lines);
    let found = Reports::of(&path, &[]).relations();
    let expected: BTreeMap<_, _> = (0..STORIES)
        .map(|number| ((format!("{number}-a"), format!("{number}-b")), (String::from("near"), String::new())))
        .collect();
    assert_eq!(found, expected);
    // Shared shingles alone, which is what others compare, tell of few.
    let by_shingles = Reports::of(&path, &["--classic"]).relations();
    assert!(by_shingles.len() < STORIES / 4, "{}", by_shingles.len());
}

#[test]
fn a_noisy_page_among_clean_ones_is_met_by_its_clean_copy() {
    let mut news = News::new(12);
    let vocabulary: Vec<String> = (0..900).map(|_| news.word()).collect();
    let stories: Vec<String> = (0..STORIES).map(|_| story(&mut news, &vocabulary)).collect();
    let mut lines: String =
        stories.iter().enumerate().map(|(number, story)| record(&format!("{number}-clean"), story)).collect();
    for (number, story) in stories.iter().enumerate().step_by(4) {
        lines += &record(&format!("{number}-read"), &misread(&mut news, story, 80));
    }
    let dir = Dir::new();
    let found = Reports::of(&dir.file("some.jsonl", lines), &[]).relations();
    let ids: Vec<(String, String)> = found.into_keys().collect();
    let mut expected: Vec<(String, String)> =
        (0..STORIES).step_by(4).map(|n| (format!("{n}-clean"), format!("{n}-read"))).collect();
    expected.sort();
    assert_eq!(ids, expected);
}
