//! Names that were nearly typed.

use crate::printable::printable;
use strsim::osa_distance;

/// Names that are told.
const TOLD: usize = 3;

/// A difference in more characters than this is no slip of the hand.
const MOST: usize = 8;

/// A question to end a message with, after the names that are nearest to what was typed; nothing where none is near.
pub fn did_you_mean<S: AsRef<str>>(typed: &str, names: impl IntoIterator<Item = S>) -> String {
    let most = (typed.chars().count() / 3).clamp(1, MOST);
    let mut near: Vec<(usize, String)> = Vec::new();
    for name in names {
        if let Some(distance) = distance(typed, name.as_ref(), most) {
            near.push((distance, printable(name.as_ref())));
        }
    }
    near.sort();
    near.dedup();
    let told: Vec<String> = near.into_iter().take(TOLD).map(|(_, name)| format!("`{name}`")).collect();
    if told.is_empty() { String::new() } else { format!("; did you mean {}?", told.join(" or ")) }
}

/// How many characters differ, up to `most`. What is long and begins differently is not looked at: there may be
/// hundreds of thousands of ids.
fn distance(typed: &str, name: &str, most: usize) -> Option<usize> {
    let common = typed.chars().zip(name.chars()).take_while(|(a, b)| a == b);
    let common: usize = common.map(|(c, _)| c.len_utf8()).sum();
    let (a, b) = (&typed[common..], &name[common..]);
    if a.len().max(b.len()) > 16 * MOST {
        return None;
    }
    Some(osa_distance(a, b)).filter(|distance| *distance <= most)
}

#[cfg(test)]
mod tests {
    use super::did_you_mean;

    #[test]
    fn the_nearest_come_first_and_strangers_not_at_all() {
        let names = ["threads", "threshold", "thread", "format"];
        assert_eq!(did_you_mean("thraeds", names), "; did you mean `threads` or `thread`?");
        assert_eq!(did_you_mean("colour", names), "");
        assert_eq!(did_you_mean("x", ["y\u{1b}[2J"; 1]), "");
        assert_eq!(did_you_mean("wire-1\u{e9}", ["wire-1e\u{1b}"]), "; did you mean `wire-1e`?");
        assert_eq!(did_you_mean(&"x".repeat(1000), ["y".repeat(1000)]), "");
    }
}
