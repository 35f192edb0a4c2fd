//! What is said of a document that arrives: plain data.

use crate::relation::Relation;
use crate::verify::Measures;

/// What a document is to one that is indexed, seen from the document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Finding {
    /// Nothing that is known.
    New,
    /// The same words.
    Exact,
    /// A new version of the same page.
    Update,
    /// The same form filled in with other facts.
    Templated,
    /// The same article.
    Near,
    /// The document stands in the other.
    Contained,
    /// The other stands in the document.
    Contains,
    /// A passage is shared.
    Partial,
}

impl Finding {
    /// All findings, in the order of their numbers on disk.
    pub const ALL: [Finding; 8] = [
        Finding::New,
        Finding::Exact,
        Finding::Update,
        Finding::Templated,
        Finding::Near,
        Finding::Contained,
        Finding::Contains,
        Finding::Partial,
    ];

    /// Of a judged pair; `inner` says whether the document is the contained side.
    pub fn of(relation: Relation, inner: bool) -> Finding {
        match relation {
            Relation::Exact => Finding::Exact,
            Relation::Update => Finding::Update,
            Relation::Templated => Finding::Templated,
            Relation::Near => Finding::Near,
            Relation::Contained if inner => Finding::Contained,
            Relation::Contained => Finding::Contains,
            Relation::Partial => Finding::Partial,
        }
    }

    /// The name in output.
    pub fn name(self) -> &'static str {
        match self {
            Finding::New => "new",
            Finding::Exact => "exact",
            Finding::Update => "update",
            Finding::Templated => "templated",
            Finding::Near => "near",
            Finding::Contained => "contained",
            Finding::Contains => "contains",
            Finding::Partial => "partial",
        }
    }

    /// The finding of that name.
    pub fn named(name: &str) -> Option<Finding> {
        Finding::ALL.into_iter().find(|finding| finding.name() == name)
    }

    /// Whether everything the document says is known already: what `--on-duplicate` acts on.
    pub fn is_copy(self) -> bool {
        matches!(self, Finding::Exact | Finding::Near | Finding::Contained)
    }

    /// The lower, the more it says; of several matches the first names the verdict. Copies come before forms and
    /// passages, as in [`crate::relation`].
    pub fn rank(self) -> u8 {
        match self {
            Finding::Exact => 0,
            Finding::Update => 1,
            Finding::Near => 2,
            Finding::Contained => 3,
            Finding::Contains => 4,
            Finding::Templated => 5,
            Finding::Partial => 6,
            Finding::New => 7,
        }
    }
}

/// One indexed document that the arriving one is something to.
#[derive(Debug, Clone, PartialEq)]
pub struct Match {
    /// Its id.
    pub id: String,
    /// What the document is to it.
    pub finding: Finding,
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
    /// What it is to the best of its matches.
    pub finding: Finding,
    /// Whether texts were compared; else everything is estimated from samples.
    pub verified: bool,
    /// Whom it matches, the best first.
    pub matches: Vec<Match>,
    /// Its cluster: that of the match that it is a copy of, or its own.
    pub cluster: u64,
    /// When it was first seen: milliseconds since 1970.
    pub seen: u64,
}

impl Verdict {
    /// The id of what it is a copy or version of.
    pub fn of(&self) -> Option<&str> {
        self.matches.first().map(|first| first.id.as_str())
    }
}
