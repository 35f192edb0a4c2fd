//! How words become prose: capitals, articles and the quotes of a page.

pub fn capitalised(word: &str) -> String {
    let mut result = word.to_string();
    capitalise(&mut result, 0);
    result
}

/// Makes the first letter from `start` on a capital, unless a digit comes first.
pub fn capitalise(text: &mut str, start: usize) {
    let first = text.as_bytes()[start..].iter().position(u8::is_ascii_alphanumeric);
    if let Some(letter) = first.and_then(|at| text.get_mut(start + at..=start + at)) {
        letter.make_ascii_uppercase();
    }
}

/// Appends a word, after "an" if "a" is there and the word begins with a vowel.
pub fn push_word(out: &mut String, word: &str, ending: &str) {
    let article =
        out.strip_suffix("a ").is_some_and(|before| !before.ends_with(|c: char| c.is_alphanumeric()));
    if article && word.starts_with(['a', 'e', 'i', 'o', 'u']) {
        out.pop();
        out.push_str("n ");
    }
    out.push_str(word);
    out.push_str(ending);
}

pub fn words_in(text: &str) -> usize {
    text.split_ascii_whitespace().count()
}

/// A paragraph in the typography of a page: curly quotes, at least one, and dashes.
pub fn curled(paragraph: &str) -> String {
    let mut quoted = String::from(paragraph);
    if let (false, Some(end)) =
        (paragraph.contains(['"', '\'']), paragraph.find(". ").or(Some(paragraph.len() - 1)))
    {
        quoted = format!("\"{}.\"{}", &paragraph[..end], &paragraph[end + 1..]);
    }
    let mut result = String::with_capacity(quoted.len() + 32);
    for c in quoted.replace(" - ", "\u{2014}").chars() {
        let opening = result.is_empty() || result.ends_with([' ', '\u{2014}']);
        result.push(match c {
            '"' if opening => '\u{201C}',
            '"' => '\u{201D}',
            '\'' => '\u{2019}',
            other => other,
        });
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_paragraph_can_be_curly() {
        assert_eq!(curled("Plain. More."), "\u{201C}Plain.\u{201D} More.");
        assert_eq!(curled("Ben's \"word\" - twice."), "Ben\u{2019}s \u{201C}word\u{201D}\u{2014}twice.");
    }

    #[test]
    fn an_article_fits_its_word() {
        let mut text = String::from("She saw a ");
        push_word(&mut text, "apple", "s");
        assert_eq!(text, "She saw an apples");
    }
}
