//! Lines of a text: what of them is marks of lists and headings, and where sentences end.

use std::ops::Range;

/// Where a line's text stands within the line, and whether the line is marked as a heading: what is left
/// without quote marks, heading marks, list bullets and list numbers before it and white space around it.
pub(super) fn content(line: &str) -> (Range<usize>, bool) {
    let mut rest = line.trim_end();
    let mut marked = false;
    let mut start = 0;
    loop {
        let text = rest.trim_start();
        start += rest.len() - text.len();
        let heading = strip_heading_mark(text);
        marked |= heading.is_some();
        match heading.or_else(|| strip_bullet(text)).or_else(|| strip_number(text)) {
            Some(stripped) => {
                start += text.len() - stripped.len();
                rest = stripped;
            }
            None => {
                let text = if marked { without_closing_mark(text) } else { text };
                return (start..start + text.len(), marked);
            }
        }
    }
}

/// Without the `##` that may close a Markdown heading.
fn without_closing_mark(heading: &str) -> &str {
    let text = heading.trim_end_matches('#');
    if text.ends_with(char::is_whitespace) { text.trim_end() } else { heading }
}

/// Markdown's one to six `#` and white space.
fn strip_heading_mark(line: &str) -> Option<&str> {
    let rest = line.trim_start_matches('#');
    ((1..=6).contains(&(line.len() - rest.len())) && rest.starts_with(char::is_whitespace)).then_some(rest)
}

fn strip_bullet(line: &str) -> Option<&str> {
    const BEFORE_SPACE: [char; 6] = ['-', '*', '+', '\u{2013}', '\u{2014}', '\u{b7}'];
    const ANYWHERE: [char; 9] =
        ['>', '\u{2022}', '\u{2023}', '\u{2043}', '\u{25aa}', '\u{25cf}', '\u{25cb}', '\u{25e6}', '\u{25a0}'];
    let before_space =
        || line.strip_prefix(BEFORE_SPACE).filter(|rest| rest.starts_with(char::is_whitespace));
    line.strip_prefix(ANYWHERE).or_else(before_space)
}

/// Up to three digits with a full stop or brackets, as `7.`, `7)` or `(7)`, before white space, or a letter
/// with brackets. A longer number is a year that begins a sentence, a letter with a full stop an initial.
fn strip_number(line: &str) -> Option<&str> {
    let open = line.strip_prefix(['(', '\u{ff08}']).unwrap_or(line);
    let number = open.trim_start_matches(char::is_numeric);
    let digits = open[..open.len() - number.len()].chars().take(4).count();
    let (rest, closing): (_, &[char]) = match digits {
        0 => (open.strip_prefix(|c: char| c.is_ascii_alphabetic())?, &[')', '\u{ff09}']),
        // The list comma of Chinese and Japanese needs no space behind it.
        1..=3 if number.starts_with('\u{3001}') => return number.strip_prefix('\u{3001}'),
        1..=3 => (number, &['.', ')', '\u{ff0e}', '\u{ff09}']),
        _ => return None,
    };
    rest.strip_prefix(closing).filter(|rest| rest.starts_with(char::is_whitespace))
}

/// What ends a sentence and seldom a headline.
pub(super) const STOPS: [char; 7] =
    ['.', '\u{3002}', '\u{ff0e}', '\u{964}', '\u{6d4}', '\u{1362}', '\u{104b}'];

/// What else ends a sentence or a part of one, and seldom a heading.
const PAUSES: [char; 8] = ['!', '?', ';', ',', '\u{2026}', '\u{ff01}', '\u{ff1f}', '\u{61f}'];

/// The text's last character, but for quotes and brackets; none where it is the last stop of `U.S.`
pub(super) fn last_mark(text: &str) -> Option<char> {
    const CLOSING: [char; 12] =
        ['"', '\'', ')', ']', '*', '_', '\u{2019}', '\u{201d}', '\u{bb}', '\u{300d}', '\u{300f}', '\u{ff09}'];
    let mut back = text.trim_end_matches(CLOSING).chars().rev();
    let last = back.next()?;
    let initials = last == '.' && back.next().is_some_and(char::is_alphabetic) && back.next() == Some('.');
    (!initials).then_some(last)
}

pub(super) fn ends_sentence(text: &str) -> bool {
    last_mark(text).is_some_and(|last| STOPS.contains(&last) || PAUSES.contains(&last))
}

/// Whether a sentence goes on over the one line break at `at`: none ends there, and no capital or mark of a
/// list follows.
pub(super) fn goes_on(text: &str, at: usize) -> bool {
    let before = text[..at].trim_end();
    let behind = text[at..].trim_start();
    let between = &text[before.len()..text.len() - behind.len()];
    behind.starts_with(char::is_lowercase)
        && strip_number(behind).is_none()
        && between.matches('\n').count() == 1
        && !ends_sentence(before)
}
