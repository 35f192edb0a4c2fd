//! Golden vectors: the same bits for ever, on every platform.

use serde_json::{Value, json};
use wirecopy::Recipe;
use wirecopy::internals::hash::{shingle_hash, token_hash};
use wirecopy::internals::kernel::Kernel;
use wirecopy::internals::sketch::Sketcher;
use wirecopy::internals::text::Tokens;
use wirecopy::internals::text::spelling::spelling;
use wirecopy::signature::{minhash::MinHash, simhash::SimHash};

use crate::harness::corpus;

fn vector(kernel: Kernel, text: &str) -> Value {
    let mut tokens = Tokens::new(kernel);
    tokens.read(text);
    let hashes: Vec<u64> = tokens.iter().map(|token| token_hash(token.as_bytes())).collect();
    let mut memory = Vec::new();
    let shingles = wirecopy::internals::shingle::shingles(kernel, 5, &hashes, &mut memory).to_vec();
    assert!(hashes.len() < 5 || shingles[0] == shingle_hash(&hashes[..5]));
    let mut sketcher = Sketcher::new(Recipe::default(), kernel);
    let sample = sketcher.sketch(text).sample.to_vec();
    let spellings = tokens.iter().map(spelling).collect::<Vec<_>>();
    let hex = |hash: &u64| format!("{hash:016x}");
    let mut distinct = shingles.clone();
    distinct.sort_unstable();
    distinct.dedup();
    json!({
        "text": text,
        "tokens": tokens.iter().collect::<Vec<_>>(),
        "token_hashes": hashes.iter().map(hex).collect::<Vec<_>>(),
        "spellings": spellings,
        "sample": sample.iter().map(hex).collect::<Vec<_>>(),
        "shingles": shingles.iter().map(hex).collect::<Vec<_>>(),
        "minhash": MinHash::of(&distinct).map(|m| m.values().iter().map(hex).collect::<Vec<_>>().concat()),
        "simhash": SimHash::of(&distinct).map(|s| hex(&s.code())),
    })
}

#[test]
fn bits_are_what_they_were() {
    let path = corpus("golden/vectors.jsonl");
    let known = std::fs::read_to_string(&path).unwrap();
    let texts: Vec<Value> = known.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(texts.len() >= 25);
    let bits = |kernel| -> Vec<Value> {
        texts.iter().map(|known| vector(kernel, known["text"].as_str().unwrap())).collect()
    };
    let now = bits(Kernel::PORTABLE);
    if std::env::var_os("WIRECOPY_BLESS").is_some() {
        let lines: String = now.iter().map(|vector| format!("{vector}\n")).collect();
        std::fs::write(&path, lines).unwrap();
    }
    for kernel in Kernel::available() {
        for (known, now) in texts.iter().zip(&bits(kernel)) {
            assert_eq!(known, now, "{}", kernel.name());
        }
    }
}
