//! The json report keeps its shape.

use crate::harness::*;

#[test]
fn reports_fit_the_committed_schema() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/report.schema.json");
    let schema: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let dir = Dir::new();
    let broken = dir.file("x.jsonl", record("a", "cat") + "{\n" + &record("a", "cat"));
    let audited = Reports::of(&corpus(""), &["--audit", "40"]).json;
    assert!(audited["templates"][0]["slots"][0]["kind"].is_string() && audited["site_pairs"][0].is_object());
    for report in [audited, Reports::of(&corpus(""), &["--classic"]).json, Reports::of(&broken, &[]).json] {
        let errors: Vec<String> = validator.iter_errors(&report).map(|e| e.to_string()).collect();
        assert!(errors.is_empty(), "{errors:?}");
    }
    let mut wrong = Reports::of(&broken, &[]).json;
    wrong["accounting"]["documents"] = "three".into();
    assert!(!validator.is_valid(&wrong), "a schema that accepts anything proves nothing");
}
