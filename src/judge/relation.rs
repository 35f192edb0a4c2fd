//! The six relations, and a judgement: a relation with what it rests on.

use serde::{Deserialize, Serialize};

use super::measures::Measures;

/// The relation of two documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Relation {
    /// The same words.
    Exact,
    /// A new version of the same page.
    Update,
    /// The same form filled in with other facts.
    Templated,
    /// The same article.
    Near,
    /// One stands in the other.
    Contained,
    /// A passage is shared.
    Partial,
}

impl Relation {
    /// The relation's name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Relation::Exact => "exact",
            Relation::Update => "update",
            Relation::Templated => "templated",
            Relation::Near => "near",
            Relation::Contained => "contained",
            Relation::Partial => "partial",
        }
    }

    /// Whether one of two such documents is a copy of the other, so that they may be of one cluster.
    pub fn is_copy(self) -> bool {
        matches!(self, Relation::Exact | Relation::Near | Relation::Contained)
    }
}

/// A relation seen from one of its two documents: `contained` has a direction, the others have none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Directed {
    /// No relation to any document that is known.
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

impl Directed {
    /// All of them, in the order of their numbers on disk.
    pub const ALL: [Directed; 8] = [
        Directed::New,
        Directed::Exact,
        Directed::Update,
        Directed::Templated,
        Directed::Near,
        Directed::Contained,
        Directed::Contains,
        Directed::Partial,
    ];

    /// The name in output.
    pub fn name(self) -> &'static str {
        match self {
            Directed::New => "new",
            Directed::Exact => "exact",
            Directed::Update => "update",
            Directed::Templated => "templated",
            Directed::Near => "near",
            Directed::Contained => "contained",
            Directed::Contains => "contains",
            Directed::Partial => "partial",
        }
    }

    /// The relation of that name.
    pub fn named(name: &str) -> Option<Directed> {
        Directed::ALL.into_iter().find(|directed| directed.name() == name)
    }

    /// Whether the other document has all that this one says: what `--on-duplicate` acts on.
    pub fn is_copy(self) -> bool {
        matches!(self, Directed::Exact | Directed::Near | Directed::Contained)
    }

    /// Whether both documents are of one cluster, whichever of them stands in the other.
    pub fn shares_cluster(self) -> bool {
        self.is_copy() || self == Directed::Contains
    }

    /// The lower, the more it says; of several matches the first names the verdict. Copies come before forms and
    /// passages.
    pub fn rank(self) -> u8 {
        match self {
            Directed::Exact => 0,
            Directed::Update => 1,
            Directed::Near => 2,
            Directed::Contained => 3,
            Directed::Contains => 4,
            Directed::Templated => 5,
            Directed::Partial => 6,
            Directed::New => 7,
        }
    }
}

/// One of two documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Side {
    /// The first.
    A,
    /// The second.
    B,
}

impl Side {
    /// The other one.
    pub fn other(self) -> Side {
        match self {
            Side::A => Side::B,
            Side::B => Side::A,
        }
    }
}

/// What an alignment says of two documents as wholes.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Overlap {
    /// Share of the first and of the second document's content that stands in aligned spans, 0 to 1.
    pub coverage: [f64; 2],
    /// Share of the tokens in those spans that are the same on both sides, 0 to 1.
    pub identity: f64,
    /// Where the spans begin and end in each document's content, 0 to 1.
    pub extent: [(f64, f64); 2],
}

impl Overlap {
    /// The smaller coverage times identity: the score of `near` and `templated`.
    pub fn least(&self) -> f64 {
        self.coverage[0].min(self.coverage[1]) * self.identity
    }

    /// The larger coverage times identity: the score of `contained`, `partial` and `update`.
    pub fn most(&self) -> f64 {
        self.coverage[0].max(self.coverage[1]) * self.identity
    }
}

/// A relation with what it rests on.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Judgement {
    /// The relation.
    pub relation: Relation,
    /// The contained side, for [`Relation::Contained`].
    pub inner: Option<Side>,
    /// How strong it is, 0 to 1: [`Overlap::least`] or [`Overlap::most`]; by raw measures alone Jaccard or containment.
    pub score: f64,
    /// The exact measures.
    pub measures: Measures,
    /// What the alignment says; none where nothing was aligned.
    pub overlap: Option<Overlap>,
    /// Of an [`Relation::Update`]: what the texts alone would be to each other.
    pub apart: Option<(Relation, Option<Side>, f64)>,
}

impl Judgement {
    /// The same seen from the other side.
    pub fn swapped(self) -> Judgement {
        let swap = |overlap: Overlap| {
            let (mut coverage, mut extent) = (overlap.coverage, overlap.extent);
            coverage.reverse();
            extent.reverse();
            Overlap { coverage, extent, ..overlap }
        };
        Judgement {
            inner: self.inner.map(Side::other),
            measures: self.measures.swapped(),
            overlap: self.overlap.map(swap),
            apart: self.apart.map(|(relation, inner, score)| (relation, inner.map(Side::other), score)),
            ..self
        }
    }

    /// Of two documents with equal token sequences.
    pub fn exact(shingles: u32) -> Judgement {
        let measures = Measures::of_equal(shingles);
        Judgement { relation: Relation::Exact, inner: None, score: 1.0, measures, overlap: None, apart: None }
    }

    /// The relation as the first document has it to the second.
    pub fn from_a(&self) -> Directed {
        match (self.relation, self.inner) {
            (Relation::Exact, _) => Directed::Exact,
            (Relation::Update, _) => Directed::Update,
            (Relation::Templated, _) => Directed::Templated,
            (Relation::Near, _) => Directed::Near,
            (Relation::Contained, Some(Side::B)) => Directed::Contains,
            (Relation::Contained, _) => Directed::Contained,
            (Relation::Partial, _) => Directed::Partial,
        }
    }

    /// The same texts as versions of one page, if they are a copy or share a passage.
    pub fn of_versions(self) -> Judgement {
        match (self.relation, self.overlap) {
            (Relation::Near | Relation::Contained | Relation::Partial, Some(overlap)) => {
                let apart = Some((self.relation, self.inner, self.score));
                Judgement { relation: Relation::Update, inner: None, score: overlap.most(), apart, ..self }
            }
            _ => self,
        }
    }

    /// The same texts on different pages.
    pub fn of_strangers(self) -> Judgement {
        match self.apart {
            Some((relation, inner, score)) => Judgement { relation, inner, score, apart: None, ..self },
            None => self,
        }
    }

    /// How much of the second stands in the first, and of the first in the second, 0 to 1.
    pub fn covers(&self) -> [f64; 2] {
        match self.overlap {
            Some(Overlap { coverage: [a, b], identity, .. }) => [b * identity, a * identity],
            None => [self.measures.containment_b_in_a(), self.measures.containment_a_in_b()],
        }
    }
}
