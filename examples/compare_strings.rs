//! Two strings: what they are to each other, how strongly, and which passages they share.

const ONE: &str =
    "The harbour master closed the outer quay on Tuesday after a crane had failed twice within a week.";
const OTHER: &str =
    "The harbor master closed the outer quay on Tuesday, after a crane had failed twice within one week.";

fn main() {
    let found = wirecopy::compare(ONE, OTHER);
    println!("{:?}, score {:.2}", found.relation(), found.score());
    for span in &found.spans {
        println!("  {}\n  {}", &ONE[span.a[0]..span.a[1]], &OTHER[span.b[0]..span.b[1]]);
    }
    assert_eq!(found.relation(), Some(wirecopy::Relation::Near));
}
