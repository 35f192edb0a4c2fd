//! Dates as people have them, in every format that has dates.

use crate::containers::*;
use crate::harness::*;

/// Two copies, of which the later one stands first, in a file of this format.
fn two_copies(dir: &Dir, format: &str, [earlier, later]: [&str; 2]) -> std::path::PathBuf {
    let mut copies = docs(2);
    for (copy, (id, date)) in copies.iter_mut().zip([("later", later), ("earlier", earlier)]) {
        (copy.id, copy.date) = (id.to_owned(), date.to_owned());
    }
    let bytes = match format {
        "jsonl" => jsonl(&copies),
        "csv" => table(&copies, ','),
        "tsv" => table(&copies, '\t'),
        #[cfg(feature = "parquet")]
        "parquet" => parquet(&copies, ::parquet::basic::Compression::SNAPPY, SCHEMA),
        other => panic!("{other}"),
    };
    dir.file(&format!("x.{format}"), bytes)
}

/// Dates that are twenty hours apart, and which is the earlier one.
const CLOSE: [[&str; 2]; 8] = [
    ["2023-11-08T20:00:00-0800", "2023-11-10T00:00:00Z"],
    ["2023-11-09 09:30:00 +0530", "2023-11-10 00:00:00 +0000"],
    ["Wed, 08 Nov 2023 23:00:00 -0500", "Fri, 10 Nov 2023 00:00:00 GMT"],
    ["1699502400", "1699574400000"],
    ["20231109T040000Z", "2023/11/10 00:00"],
    ["2023-11-09 04:00 AM", "2023-11-09 11:59:59 PM"],
    ["9 novembre 2023 04:00", "2023\u{5e74}11\u{6708}10\u{65e5}"],
    ["9. November 2023, 04:00", "10 \u{43d}\u{43e}\u{44f}\u{431}\u{440}\u{44f} 2023 \u{433}."],
];

#[test]
fn dates_of_every_form_are_close_in_every_format() {
    let dir = Dir::new();
    for format in [
        "jsonl",
        "csv",
        "tsv",
        #[cfg(feature = "parquet")]
        "parquet",
    ] {
        for dates in CLOSE {
            let path = two_copies(&dir, format, dates);
            let close = Reports::of(&path, &["--within", "21h"]);
            assert_eq!(close.pairs.len(), 1, "{format} {dates:?}");
            assert_eq!(Reports::of(&path, &["--within", "19h"]).pairs.len(), 0, "{format} {dates:?}");
            let origin = &close.json["clusters"][0]["origin"];
            assert_eq!(
                (&origin["id"], &origin["rule"]),
                (&"earlier".into(), &"earliest".into()),
                "{format} {dates:?}"
            );
        }
    }
}

#[test]
fn what_is_not_understood_is_no_date_and_is_counted() {
    let dir = Dir::new();
    for date in [
        "05/11/2023",
        "2023-11-09 04:00:00 PST",
        "212",
        "2023",
        "2023-11-09 14:00 PM",
        "Wed, 08 Nov 2023 23:00:00 EST",
    ] {
        let path = two_copies(&dir, "jsonl", [date, "2023-11-09"]);
        let reports = Reports::of(&path, &["--within", "9w"]);
        assert_eq!((reports.pairs.len(), reports.count("undated")), (0, 1), "{date}");
        let reports = Reports::of(&path, &[]);
        assert_eq!(
            (reports.count("unread_dates"), &reports.json["accounting"]["unread_date"]),
            (1, &date.into())
        );
        let said = stdout(&run(&["scan", path.to_str().unwrap()]));
        assert!(
            said.contains(&format!("1 document with a date that cannot be read, such as \"{date}\"")),
            "{said}"
        );
    }
    // Nothing is said of what is no date at all, or was read.
    let reports = Reports::of(&two_copies(&dir, "jsonl", ["", "2023-11-09"]), &[]);
    assert!(reports.json["accounting"].get("unread_dates").is_none());
}

#[test]
fn a_format_tells_days_from_months() {
    let dir = Dir::new();
    let path = two_copies(&dir, "jsonl", ["05/11/2023 18:30", "06/11/2023 09:00"]);
    let flags = ["--date-format", "%d/%m/%Y %H:%M", "--within", "1d"];
    let reports = Reports::of(&path, &flags);
    assert_eq!(reports.pairs.len(), 1);
    let accounting = reports.json["accounting"].as_object().unwrap();
    assert!(
        !accounting.contains_key("undated") && !accounting.contains_key("unread_dates"),
        "{accounting:?}"
    );
    assert_eq!(reports.json["clusters"][0]["origin"]["id"], "earlier");
    // What reads the report reads the date without the format.
    let members = reports.json["clusters"][0].to_string();
    assert!(members.contains("2023-11-05T18:30:00Z") && !members.contains("05/11"), "{members}");
    let months = Reports::of(&path, &["--date-format", "%m/%d/%Y %H:%M", "--within", "1d"]);
    assert_eq!(months.pairs.len(), 0, "a month apart");
    let (out, removed) = (dir.path("kept.jsonl"), dir.path("removed"));
    let file = path.to_str().unwrap();
    let arguments = [
        "dedup",
        file,
        "--keep",
        "earliest",
        "--date-format",
        "%d/%m/%Y %H:%M",
        "--output",
        out.to_str().unwrap(),
    ];
    assert_eq!(code(&run(&[&arguments[..], &["--removed", removed.to_str().unwrap()]].concat())), 0);
    let removed = std::fs::read_to_string(removed).unwrap();
    assert!(removed.contains("\"id\":\"later\""), "{removed}");
    let wrong = run(&["scan", file, "--date-format", "%H:%M"]);
    assert_eq!(code(&wrong), 2);
    assert!(String::from_utf8_lossy(&wrong.stderr).contains("says no day"));
}
