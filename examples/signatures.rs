//! Tokens, shingles, MinHash and SimHash of texts, for a pipeline of one's own.

use wirecopy::signature::minhash::MinHash;
use wirecopy::signature::simhash::SimHash;
use wirecopy::{Recipe, shingles};

fn main() {
    let texts = [
        "The harbour master closed the outer quay on Tuesday after a crane had failed twice within a week.",
        "The harbour master closed the outer quay on Tuesday after a crane had failed three times.",
        "Nothing of this was ever heard of before the lighthouse keeper wrote it into a book of his own.",
    ];
    let mut signatures = Vec::new();
    for text in texts {
        let shingles = shingles(Recipe::default(), text);
        let (Some(minhash), Some(simhash)) = (MinHash::of(&shingles), SimHash::of(&shingles)) else {
            continue;
        };
        println!("{} shingles: {:.30}...", shingles.len(), text);
        signatures.push((minhash, simhash));
    }
    let likeness = |a: usize, b: usize| signatures[a].0.jaccard(&signatures[b].0);
    let distance = |a: usize, b: usize| signatures[a].1.distance(&signatures[b].1);
    println!("one and two: MinHash {:.2}, {} bits of SimHash differ", likeness(0, 1), distance(0, 1));
    println!("one and three: MinHash {:.2}, {} bits of SimHash differ", likeness(0, 2), distance(0, 2));
    assert!(likeness(0, 1) > likeness(0, 2) && distance(0, 1) < distance(0, 2));
}
