//! What is said of a document that arrives: plain data.

use crate::judge::{Directed, Measures};

/// One indexed document that the arriving one is something to.
#[derive(Debug, Clone, PartialEq)]
pub struct Match {
    /// Its id.
    pub id: String,
    /// The relation of the document to it.
    pub relation: Directed,
    /// Shingles of the document (`a`), of the match (`b`), and of both: exact where the verdict is verified.
    pub measures: Measures,
    /// How strong it is, 0 to 1.
    pub score: f32,
    /// Start and end byte in the document's text, start and end byte in the match's; the longest few.
    pub spans: Vec<[u32; 4]>,
}

/// What is said of a document.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// The relation of the document to the best of its matches.
    pub relation: Directed,
    /// Whether texts were compared; else everything is estimated from samples.
    pub verified: bool,
    /// Whom it matches, the best first.
    pub matches: Vec<Match>,
    /// The place among them of the one that it is a copy or version of: the original, where names or dates tell who that
    /// is and the document was verified to be a copy of it, else the best.
    pub of: usize,
    /// Its cluster: that of the match that it is a copy of, or its own.
    pub cluster: u64,
    /// When it was first seen: milliseconds since 1970.
    pub seen: u64,
}

impl Verdict {
    /// The id of what it is a copy or version of.
    pub fn of(&self) -> Option<&str> {
        self.matches.get(self.of).map(|of| of.id.as_str())
    }
}
