//! What goes out: the line that came in, with what is said of it as its last member.

use serde::Serialize;

use crate::calendar::written_second;
use crate::index::verdict::{Match, Verdict};
use crate::kernel::{self, Kernel, StringEnd};

/// The name of the member that is added.
pub const MEMBER: &str = "wirecopy";

#[derive(Serialize)]
struct ShownVerdict<'a> {
    verdict: &'static str,
    of: Option<&'a str>,
    cluster: String,
    verified: bool,
    matches: Vec<ShownMatch<'a>>,
    seen_at: String,
}

#[derive(Serialize)]
struct ShownMatch<'a> {
    id: &'a str,
    relation: &'static str,
    jaccard: f64,
    containment_in_match: f64,
    containment_of_match: f64,
    score: f64,
    /// Half the width of the interval that the true Jaccard lies in, 19 times of 20, where it is estimated.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<f64>,
    spans: Vec<ByteSpan>,
}

#[derive(Serialize)]
struct ByteSpan {
    a: [u32; 2],
    b: [u32; 2],
}

fn rounded(share: f64) -> f64 {
    (share * 1e4).round() / 1e4
}

impl<'a> ShownMatch<'a> {
    fn of(one: &'a Match, verified: bool) -> ShownMatch<'a> {
        let measures = one.measures;
        let jaccard = measures.jaccard();
        let union = f64::from((measures.a + measures.b).saturating_sub(measures.common).max(1));
        ShownMatch {
            id: &one.id,
            relation: one.relation.name(),
            jaccard: rounded(jaccard),
            containment_in_match: rounded(measures.containment_a_in_b()),
            containment_of_match: rounded(measures.containment_b_in_a()),
            score: rounded(f64::from(one.score)),
            error: (!verified).then(|| rounded(1.96 * (jaccard * (1.0 - jaccard) / union).sqrt())),
            spans: one.spans.iter().map(|&[a, b, c, d]| ByteSpan { a: [a, b], b: [c, d] }).collect(),
        }
    }
}

/// Appends a verdict as a JSON object.
pub fn write_verdict(verdict: &Verdict, out: &mut Vec<u8>) {
    let shown = ShownVerdict {
        verdict: verdict.relation.name(),
        of: verdict.of(),
        cluster: format!("{:016x}", verdict.cluster),
        verified: verdict.verified,
        matches: verdict.matches.iter().map(|one| ShownMatch::of(one, verdict.verified)).collect(),
        seen_at: time(verdict.seen),
    };
    write_json(&shown, out);
}

/// Milliseconds since 1970 as RFC 3339 has them, in UTC.
pub fn time(milliseconds: u64) -> String {
    let second = written_second((milliseconds / 1000) as i64);
    format!("{}.{:03}Z", second.trim_end_matches('Z'), milliseconds % 1000)
}

/// Appends a record, which must be a JSON object, with a verdict as its last member; a member of that name that was
/// there goes. Every other byte stays.
pub fn write_line(record: &[u8], verdict: &Verdict, out: &mut Vec<u8>) {
    let end = record.iter().rposition(|&b| b == b'}').unwrap_or(record.len());
    let members = without_member(&record[..end]);
    members.iter().for_each(|part| out.extend_from_slice(part));
    let is_empty = members.iter().rev().flat_map(|part| part.iter().rev()).find(|b| !b.is_ascii_whitespace());
    if is_empty != Some(&b'{') {
        out.push(b',');
    }
    out.extend_from_slice(b"\"wirecopy\":");
    write_verdict(verdict, out);
    out.extend_from_slice(&record[end..]);
}

/// What is said of a document that is no JSON record: it stands in for the record in its line.
#[derive(Debug, Serialize)]
pub struct DocumentLine<'a> {
    /// Its id.
    pub id: &'a str,
    /// Where it was read.
    pub url: Option<&'a str>,
    /// The headline.
    pub title: Option<&'a str>,
    /// The date of publication.
    pub date: Option<&'a str>,
    /// The file, and within an archive the entry.
    pub path: &'a str,
    /// Its number there, where there are several.
    pub record: Option<u32>,
}

/// What is said of what gave no document, where it is no line.
#[derive(Debug, Serialize)]
pub struct RejectedLine<'a> {
    /// The file, and within an archive the entry.
    pub path: &'a str,
    /// Its number there, where there are several.
    pub record: Option<u32>,
    /// Why it is no document.
    pub reason: &'a str,
}

/// Appends plain data as JSON.
pub fn write_json(shown: &impl Serialize, out: &mut Vec<u8>) {
    // Plain data into memory: neither can fail.
    let _ = serde_json::to_writer(out, shown);
}

/// The parts of an object's bytes, without its closing brace, that are not members of our name.
fn without_member(object: &[u8]) -> Vec<&[u8]> {
    // Most records have none, and then their name stands nowhere; an escaped one has a backslash.
    let is_plain =
        memchr::memmem::find(object, MEMBER.as_bytes()).is_none() && memchr::memchr(b'\\', object).is_none();
    if is_plain {
        return vec![object];
    }
    let mut parts = Vec::new();
    let mut keep = 0;
    for member in members(object) {
        if member.is_ours {
            parts.push(&object[keep..member.start]);
            keep = member.end;
        }
    }
    parts.push(&object[keep..]);
    // The comma that stood before what went last.
    let blank = |part: &&[u8]| part.iter().all(u8::is_ascii_whitespace);
    let after = parts.iter().rev().take_while(|part| blank(part)).count();
    if after > 0
        && let Some(before) = parts.len().checked_sub(after + 1)
        && let Some(cut) = parts[before].trim_ascii_end().strip_suffix(b",")
    {
        parts[before] = cut;
    }
    parts
}

/// A member of an object: from its name to behind the comma that follows it.
struct JsonMember {
    start: usize,
    end: usize,
    is_ours: bool,
}

/// The members of an object that is known to be well formed.
fn members(object: &[u8]) -> Vec<JsonMember> {
    let mut members = Vec::new();
    let (mut depth, mut at, mut start, mut name) = (0usize, 0, None, None);
    while at < object.len() {
        match object[at] {
            b'"' => {
                let end = string_end(object, at);
                if depth == 1 && start.is_none() {
                    start = Some(at);
                    name = Some(at + 1..end - 1);
                }
                at = end;
                continue;
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            b',' if depth == 1 => {
                push_member(object, &mut members, &mut start, &mut name, at + 1);
            }
            _ => {}
        }
        at += 1;
    }
    push_member(object, &mut members, &mut start, &mut name, object.len());
    members
}

fn push_member(
    object: &[u8],
    members: &mut Vec<JsonMember>,
    start: &mut Option<usize>,
    name: &mut Option<std::ops::Range<usize>>,
    end: usize,
) {
    if let (Some(start), Some(name)) = (start.take(), name.take()) {
        let name = object.get(name).unwrap_or_default();
        let mut scratch = crate::corpus::Scratch::new(Kernel::PORTABLE);
        let is_ours = name == MEMBER.as_bytes()
            || (name.contains(&b'\\')
                && crate::corpus::Value::Escaped(name).decode(&mut scratch).text == MEMBER);
        members.push(JsonMember { start, end, is_ours });
    }
}

/// Behind the closing quote of the string that begins at `at`.
fn string_end(bytes: &[u8], at: usize) -> usize {
    match kernel::string_end(Kernel::PORTABLE, bytes, at + 1) {
        StringEnd::Quote(end, _) => end + 1,
        StringEnd::Missing | StringEnd::BadEscape(_) => bytes.len(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::Directed;
    use proptest::prelude::*;

    fn verdict() -> Verdict {
        Verdict {
            relation: Directed::New,
            verified: true,
            matches: Vec::new(),
            of: 0,
            cluster: 1,
            seen: 951_782_400_123,
        }
    }

    fn line(record: &str) -> String {
        let mut out = Vec::new();
        write_line(record.as_bytes(), &verdict(), &mut out);
        String::from_utf8(out).expect("UTF-8")
    }

    #[test]
    fn times() {
        assert_eq!(time(0), "1970-01-01T00:00:00.000Z");
        assert_eq!(time(951_782_400_123), "2000-02-29T00:00:00.123Z");
        assert_eq!(time(1_795_478_400_000), "2026-11-24T00:00:00.000Z");
    }

    #[test]
    fn every_other_byte_stays() {
        let kept = line(r#"{"id":"a" ,  "text":"\u00e9 } x" , "n":1.0}"#);
        assert!(
            kept.starts_with(r#"{"id":"a" ,  "text":"\u00e9 } x" , "n":1.0,"wirecopy":{"verdict":"new""#),
            "{kept}"
        );
        assert!(line("{ }").starts_with(r#"{ "wirecopy":"#));
        assert!(line(r#"{"wirecopy":{"a":[1,2]}}"#).starts_with(r#"{"wirecopy":{"verdict""#));
        assert!(line(r#"{"x":1, "wirecopy":{"a":","} }"#).starts_with(r#"{"x":1"#));
    }

    proptest! {
        #[test]
        fn ours_is_the_last_and_only_member_of_its_name(
            names in proptest::collection::vec("(wirecopy|wire\\\\u0063opy|text|a\\\\\"b)", 0..5), value in 0usize..5,
        ) {
            let values = ["1", "\"}, x\\\\\"", "{\"wirecopy\":[1,{}]}", "[\"wirecopy\"]", "null"];
            let members: Vec<String> = names.iter().map(|name| format!("\"{name}\" : {}", values[value])).collect();
            let record = format!("{{{} }}", members.join(" , "));
            let written = line(&record);
            let map: serde_json::Map<String, serde_json::Value> = serde_json::from_str(&written).expect("JSON");
            prop_assert_eq!(&map["wirecopy"]["verdict"], "new");
            let before: serde_json::Map<String, serde_json::Value> = serde_json::from_str(&record).expect("JSON");
            for (name, value) in before.iter().filter(|(name, _)| *name != "wirecopy") {
                prop_assert_eq!(&map[name], value);
            }
            prop_assert_eq!(written.matches("\"verdict\":\"new\"").count(), 1);
        }
    }
}
