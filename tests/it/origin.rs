//! Who had it first, who took it from whom, and who carries whose text.

use serde_json::{Value, json};

use crate::harness::*;
use crate::news::News;

fn page(id: &str, site: &str, date: Option<&str>, text: &str, more: Value) -> String {
    let mut page = json!({
        "id": id, "title": format!("Bridge closed {id}"), "source": site, "url": format!("https://{site}/{id}"),
        "text": text,
    });
    if let Some(date) = date {
        page["date"] = date.into();
    }
    for (name, value) in more.as_object().unwrap() {
        page[name] = value.clone();
    }
    page.to_string() + "\n"
}

/// A story at an agency, two papers that name it, a third that took it from the second, and an update there.
fn story() -> Vec<String> {
    let mut news = News::new(1);
    let story = news.story(14);
    let edited = news.edited(&story, 25);
    let at = |time: &str| format!("2025-03-04T{time}:00Z");
    let canonical = json!({ "canonical_url": "https://valleywire.example/w1", "title": "Bridge closed w1" });
    vec![
        page("w1", "valleywire.example", Some(&at("09:00")), &story, json!({})),
        page("p1", "harborpost.example", Some(&at("10:00")), &story, canonical),
        page("p2", "hilltimes.example", Some(&at("11:30")), &format!("(Valley Wire)\n{edited}"), json!({})),
        page("p3", "lakenews.example", Some(&at("15:00")), &format!("via Hill Times\n{edited}"), json!({})),
        page(
            "p4",
            "lakenews.example",
            Some(&at("19:00")),
            &format!("via Hill Times\n{edited}\n{}", news.sentence()),
            json!({ "url": "https://lakenews.example/p3" }),
        ),
        page("x1", "hilltimes.example", None, &news.story(14), json!({})),
    ]
}

fn written(dir: &Dir, pages: &[String]) -> Reports {
    Reports::of(&dir.file("news.jsonl", pages.concat()), &[])
}

fn column(csv: &str, name: &str) -> Vec<(String, String)> {
    let mut lines = csv.lines();
    let place = lines.next().unwrap().split(',').position(|column| column == name).unwrap();
    let cell = |line: &str, i: usize| line.split(',').nth(i).unwrap().to_owned();
    lines.map(|line| (cell(line, 0), cell(line, place))).collect()
}

fn member<'a>(json: &'a Value, id: &str) -> &'a Value {
    let clusters = json["clusters"].as_array().unwrap();
    let mut all = clusters.iter().flat_map(|cluster| {
        cluster["members"].as_array().unwrap().iter().chain([&cluster["representative"]])
    });
    all.find(|member| member["id"] == id).unwrap()
}

#[test]
fn the_tree_leads_from_every_copy_to_the_origin() {
    let reports = written(&Dir::new(), &story());
    let json = &reports.json;
    assert_eq!(json["clusters"].as_array().unwrap().len(), 1, "{}", json["clusters"]);
    let origin = &json["clusters"][0]["origin"];
    assert_eq!(
        (&origin["id"], &origin["rule"], &origin["order"]),
        (&json!("w1"), &json!("canonical"), &json!("known"))
    );
    assert!((0.5..1.0).contains(&origin["confidence"].as_f64().unwrap()), "{origin}");
    let parent = |id: &str| {
        let parent = &member(json, id)["parent"];
        (parent["id"].as_str().unwrap().to_owned(), parent["way"].as_str().unwrap().to_owned())
    };
    assert!(member(json, "w1")["parent"].is_null());
    assert_eq!(parent("p1"), ("w1".into(), "canonical".into()));
    assert_eq!(parent("p2"), ("w1".into(), "credit".into()));
    assert_eq!(parent("p3"), ("p2".into(), "credit".into()));
    assert_eq!(parent("p4"), ("p3".into(), "version".into()));
    let p3 = &member(json, "p3")["parent"];
    assert_eq!(p3["lag"], 3 * 3600 + 1800);
    assert!(p3["verbatim"].as_f64().unwrap() > 0.95, "{p3}");
    let p2 = member(json, "p2")["parent"]["verbatim"].as_f64().unwrap();
    assert!((0.5..0.95).contains(&p2), "{p2}");
    let expected = [("w1", ""), ("p1", "w1"), ("p2", "w1"), ("p3", "p2"), ("p4", "p3"), ("x1", "")];
    assert_eq!(column(&reports.csv, "parent"), expected.map(|(id, of)| (id.to_owned(), of.to_owned())));
    let origins = column(&reports.csv, "origin");
    assert!(origins[..5].iter().all(|(_, origin)| origin == "w1") && origins[5].1.is_empty(), "{origins:?}");
}

#[test]
fn without_dates_or_names_the_order_is_unknown() {
    let mut news = News::new(2);
    let story = news.story(12);
    let cut = story.lines().take(10).collect::<Vec<_>>().join("\n");
    let pages = [
        page("a", "a.example", None, &cut, json!({})),
        page("b", "b.example", None, &story, json!({})),
        page("c", "c.example", Some("2025-03-04"), &story, json!({})),
    ];
    let reports = written(&Dir::new(), &pages);
    let origin = &reports.json["clusters"][0]["origin"];
    assert_eq!(origin["order"], "unknown order");
    assert!(origin["confidence"].as_f64().unwrap() <= 0.75, "{origin}");
    assert_ne!(origin["id"], "a", "what was cut came after");
}

#[test]
fn an_excerpt_may_have_been_printed_first() {
    let mut news = News::new(3);
    let story = news.story(12);
    let passage = story.lines().take(7).collect::<Vec<_>>().join("\n");
    let local = format!("{}\n{passage}\n{}", news.story(6), news.story(4));
    let pages = [
        page("early", "a.example", Some("2025-03-04T08:00:00Z"), &local, json!({})),
        page("whole", "b.example", Some("2025-03-04T09:00:00Z"), &story, json!({})),
        page("copy", "c.example", Some("2025-03-04T10:00:00Z"), &story, json!({})),
    ];
    let reports = written(&Dir::new(), &pages);
    assert_eq!(reports.json["clusters"][0]["members"].as_array().unwrap().len(), 1);
    assert_eq!(reports.json["clusters"][0]["origin"]["id"], "early");
    assert_eq!(member(&reports.json, "whole")["parent"]["id"], "early");
}

#[test]
fn a_credit_to_nobody_here_is_told() {
    let text = format!("(Reuters)\n{}", News::new(4).story(10));
    let pages = ["a", "b"].map(|id| page(id, &format!("{id}.example"), None, &text, json!({})));
    let reports = written(&Dir::new(), &pages);
    assert_eq!(reports.json["clusters"][0]["origin"]["outside"], "Reuters");
}

#[test]
fn order_and_threads_change_nothing() {
    let dir = Dir::new();
    let mut pages = story();
    let one = Reports::of(&dir.file("one.jsonl", pages.concat()), &["-j", "1"]);
    pages.reverse();
    let other = Reports::of(&dir.file("other.jsonl", pages.concat()), &["-j", "4"]);
    let sorted = |csv: &str| {
        let mut rows = column(csv, "origin").into_iter().zip(column(csv, "parent")).collect::<Vec<_>>();
        rows.sort();
        rows
    };
    assert_eq!(sorted(&one.csv), sorted(&other.csv));
    assert_eq!(one.json["clusters"][0]["origin"], other.json["clusters"][0]["origin"]);
    assert_eq!(one.json["site_pairs"], other.json["site_pairs"]);
}

#[test]
fn sites_say_who_carries_whose_text() {
    let dir = Dir::new();
    let path = dir.file("news.jsonl", story().concat()).display().to_string();
    let csv = stdout(&run(&["scan", "--quiet", &path, "--report", "sites"]));
    let mut lines = csv.lines();
    assert_eq!(
        lines.next(),
        Some("carrier,source,copies,median_lag_seconds,median_lag_days,verbatim,changed_headlines")
    );
    let rows: Vec<Vec<&str>> = lines.map(|line| line.split(',').collect()).collect();
    let row = |carrier: &str| rows.iter().find(|row| row[0] == carrier).unwrap().clone();
    assert_eq!(rows.len(), 3, "{csv}");
    assert_eq!(row("harborpost.example")[1..4], ["valleywire.example", "1", "3600"]);
    assert_eq!(row("harborpost.example")[4], "", "to the second, and not in days");
    assert_eq!(row("harborpost.example")[6], "0", "the same headline");
    assert_eq!(row("hilltimes.example")[6], "1", "another headline");
    assert_eq!(row("lakenews.example")[1..4], ["hilltimes.example", "1", "12600"]);
    // From saved json as well.
    let json = dir.path("report.json").display().to_string();
    run(&["scan", "--quiet", &path, "--report", &format!("json={json}")]);
    assert_eq!(stdout(&run(&["report", "render", &json, "--report", "sites"])), csv);
}

/// An agency's story, and papers that have all of it with more of their own: one of those covers the others best.
fn extended(dates: [&str; 4]) -> Vec<String> {
    let mut news = News::new(5);
    let story = news.story(14);
    let longer = format!("{story}\n{}", news.story(2));
    let longest = format!("{longer}\n{}", news.sentence());
    let dates = dates.map(|date| Some(date).filter(|date| !date.is_empty()));
    vec![
        page("a-paper", "harborpost.example", dates[1], &longer, json!({})),
        page("b-paper", "hilltimes.example", dates[2], &longest, json!({})),
        page("c-paper", "lakenews.example", dates[3], &longer, json!({})),
        page("wire", "valleywire.example", dates[0], &story, json!({})),
    ]
}

fn clocks() -> [&'static str; 4] {
    ["2025-03-04T08:00:00Z", "2025-03-04T09:00:00Z", "2025-03-04T10:00:00Z", "2025-03-04T11:00:00Z"]
}

/// The original leads wherever a cluster is shown, and is what `dedup` keeps, though another document covers more.
#[test]
fn the_original_leads_and_stays() {
    let dir = Dir::new();
    let reports = written(&dir, &extended(clocks()));
    let cluster = &reports.json["clusters"][0];
    assert_ne!(cluster["representative"]["id"], "wire", "else this shows nothing");
    assert_eq!(cluster["lead"], "wire");
    assert_eq!(
        column(&reports.csv, "lead"),
        [("a-paper", ""), ("b-paper", ""), ("c-paper", ""), ("wire", "yes")]
            .map(|(id, lead)| (id.to_owned(), lead.to_owned()))
    );
    let titles = column(&reports.csv, "title");
    assert_eq!(titles[3].1, "Bridge closed wire");
    assert_eq!(column(&reports.csv, "url")[3].1, "https://valleywire.example/wire");
    assert_eq!(column(&reports.csv, "site")[0].1, "harborpost.example");
    assert_eq!(column(&reports.csv, "date")[1].1, "2025-03-04T10:00:00Z");
    assert!(column(&reports.csv, "path").iter().all(|(_, path)| path.ends_with("news.jsonl")));
    // Whoever published first carries nothing.
    let sites = reports.json["accounting"]["sites"].as_array().unwrap();
    let copies = |site: &str| sites.iter().find(|row| row["site"] == site).unwrap()["duplicates"].clone();
    assert_eq!((copies("valleywire.example"), copies("hilltimes.example")), (json!(0), json!(1)));
    let path = dir.path("news.jsonl").display().to_string();
    let summary = stdout(&run(&["scan", &path, "--color", "never"]));
    let mut story = summary.lines().skip_while(|line| !line.contains("4 documents  Bridge closed wire"));
    assert!(story.nth(1).is_some_and(|line| line.contains("valleywire.example had it first")), "{summary}");
    let markdown = stdout(&run(&["scan", "-q", &path, "--report", "markdown"]));
    assert!(markdown.contains("## Bridge closed wire"), "{markdown}");
    let [kept, removed] = ["kept.jsonl", "removed"].map(|name| dir.path(name).display().to_string());
    let output = run(&["dedup", &path, "--output", &kept, "--removed", &removed, "-q"]);
    assert_eq!(code(&output), 0);
    let kept = std::fs::read_to_string(kept).unwrap();
    assert!(kept.contains("\"id\":\"wire\""), "{kept}");
    let removed = std::fs::read_to_string(removed).unwrap();
    for line in removed.lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        let relation = line["relation"].as_str().unwrap();
        assert!(["exact", "near", "contained"].contains(&relation), "what holds more is no copy: {line}");
        assert!(line["kept"] != "wire" || line["rule"] == "origin", "{line}");
    }
}

/// Days without a clock: of one day nobody was first, and from day to day there are no hours.
#[test]
fn days_give_no_order_within_them_and_no_hours() {
    let dir = Dir::new();
    let same = written(&dir, &extended(["2025-03-04"; 4]));
    let cluster = &same.json["clusters"][0];
    assert_eq!(cluster["origin"]["order"], "unknown order");
    assert_eq!(cluster["lead"], cluster["representative"]["id"]);
    assert_eq!(same.json["site_pairs"], json!([]));
    // A time of the day is neither before nor after the day.
    let mixed = ["2025-03-04", "2025-03-04T07:20:00Z", "2025-03-05T07:00:00Z", "2025-03-06"];
    let mixed = written(&Dir::new(), &extended(mixed));
    assert_eq!(mixed.json["clusters"][0]["origin"]["order"], "unknown order");
    let days = ["2025-03-04", "2025-03-05T02:00:00Z", "2025-03-06", "2025-03-07T23:00:00Z"];
    let days = written(&dir, &extended(days));
    assert_eq!(
        (&days.json["clusters"][0]["lead"], &days.json["clusters"][0]["origin"]["order"]),
        (&json!("wire"), &json!("known"))
    );
    let parent = |id: &str| member(&days.json, id)["parent"].clone();
    assert_eq!((&parent("a-paper")["lag"], &parent("a-paper")["lag_days"]), (&Value::Null, &json!(1)));
    assert!(parent("b-paper")["lag"].is_null() && parent("b-paper")["lag_days"].as_i64() >= Some(1));
    for row in days.json["site_pairs"].as_array().unwrap() {
        assert!(row["median_lag_days"].as_i64() >= Some(0) || row["median_lag"].as_i64() >= Some(0), "{row}");
    }
}

/// What names its original may bear an earlier date than that: a lag is never negative.
#[test]
fn no_lag_is_negative() {
    let mut pages = extended(clocks());
    let canonical = json!({ "canonical_url": "https://valleywire.example/wire" });
    let story = News::new(5).story(14);
    for (id, date) in [("d", "2025-03-04T07:00:00Z"), ("e", "2025-03-04T07:10:00Z"), ("f", "2025-03-04")] {
        pages.push(page(id, &format!("{id}.example"), Some(date), &story, canonical.clone()));
    }
    let reports = written(&Dir::new(), &pages);
    assert_eq!(member(&reports.json, "d")["parent"]["id"], "wire");
    for id in ["d", "e"] {
        let parent = &member(&reports.json, id)["parent"];
        assert!(parent["lag"].is_null() && parent["lag_days"].is_null(), "{parent}");
    }
    assert_eq!(member(&reports.json, "f")["parent"]["lag_days"], 0, "the same day");
}
