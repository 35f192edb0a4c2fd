//! What the documents say of the source is true.

use std::path::Path;

fn source(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

/// Every threshold of docs/decisions.md is a constant of that value.
#[test]
fn decisions_are_those_of_the_source() {
    let files = [
        "src/judge/around.rs",
        "src/judge/decide.rs",
        "src/judge/evidence.rs",
        "src/judge/form.rs",
        "src/judge/front.rs",
        "src/judge/own.rs",
        "src/judge/sharing.rs",
        "src/judge/slots.rs",
        "src/judge/title.rs",
        "src/scan/judging.rs",
        "src/scan/clusters.rs",
        "src/model/noise.rs",
        "src/filter/core.rs",
        "src/cluster.rs",
    ];
    let all: String = files.into_iter().map(source).collect();
    let mut seen = 0;
    for line in source("docs/decisions.md").lines().filter(|line| line.starts_with('|')) {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let Some(name) = cells[2].strip_prefix('`').and_then(|name| name.strip_suffix('`')) else { continue };
        if name.contains('.') {
            continue;
        }
        let of = |line: &&str| line.contains(&format!("const {name}: "));
        let constant = all.lines().find(of).unwrap_or_else(|| panic!("no constant {name}"));
        assert!(constant.ends_with(&format!("= {};", cells[3])), "{name} is {} there: {constant}", cells[3]);
        seen += 1;
    }
    assert!(seen >= 20, "{seen} constants");
    // And every number that decides a relation stands there.
    let decisions = source("docs/decisions.md");
    for file in [
        "src/judge/around.rs",
        "src/judge/decide.rs",
        "src/judge/form.rs",
        "src/judge/front.rs",
        "src/judge/slots.rs",
        "src/judge/evidence.rs",
        "src/judge/sharing.rs",
        "src/judge/title.rs",
    ] {
        let source = source(file);
        let before_tests = source.split("#[cfg(test)]").next().unwrap();
        for line in before_tests.lines().filter(|line| line.contains("const ") && line.contains(": ")) {
            let name = line.split("const ").nth(1).and_then(|rest| rest.split(':').next()).unwrap();
            let is_listed = decisions.contains(&format!("`{name}`"));
            assert!(
                is_listed || ["AROUND", "KNOWN_IN", "NONE", "FEWER"].contains(&name) || name == "TOLD",
                "{name}"
            );
        }
    }
}

/// Every threshold of pages that docs/decisions.md lists, as `file.NAME`, is a constant of that value, and it lists every number by
/// which they are judged.
#[test]
fn decisions_about_pages_are_those_of_the_source() {
    let files = [
        "src/page/mod.rs",
        "src/page/headline.rs",
        "src/page/blocks.rs",
        "src/page/similar.rs",
        "src/page/head.rs",
        "src/html/roles.rs",
    ];
    let name_of = |path: &str| match Path::new(path).file_stem().unwrap().to_str().unwrap() {
        "mod" => "page".to_owned(),
        stem => stem.to_owned(),
    };
    let decisions = source("docs/decisions.md");
    let rows: Vec<(String, String)> = decisions
        .lines()
        .filter(|line| line.starts_with('|'))
        .filter_map(|line| {
            let cells: Vec<&str> = line.split('|').map(str::trim).collect();
            let name = cells[2].strip_prefix('`')?.strip_suffix('`')?;
            assert!(!name.contains('.') || !cells[4].is_empty(), "{name} says no set");
            name.contains('.').then(|| (name.to_owned(), cells[3].to_owned()))
        })
        .collect();
    let mut constants = Vec::new();
    for file in files {
        let source = source(file);
        for line in source.lines().map(str::trim).filter(|line| line.contains("const ")) {
            let Some((name, rest)) = line.split("const ").nth(1).and_then(|rest| rest.split_once(": "))
            else {
                continue;
            };
            if let Some(value) = ["usize = ", "f64 = "].iter().find_map(|kind| rest.strip_prefix(kind)) {
                constants.push((format!("{}.{name}", name_of(file)), value.trim_end_matches(';').to_owned()));
            }
        }
    }
    assert!(constants.len() >= 20, "{constants:?}");
    for constant in &constants {
        assert!(rows.contains(constant), "{constant:?} is not in docs/decisions.md");
    }
    for row in &rows {
        assert!(constants.contains(row), "{row:?} is no constant");
    }
}
