//! A thousand strings to clusters.

use wirecopy::{Corpus, Result, scan};

fn main() -> Result<()> {
    // Ten tellings of a hundred stories: each leaves another word out.
    let story = |i: usize| (0..60).map(move |word| format!("story{i}word{word}")).collect::<Vec<_>>();
    let telling = |i: usize| {
        let mut words = story(i / 10);
        words.remove(6 * (i % 10));
        words.join(" ")
    };
    let texts: Vec<String> = (0..1000).map(telling).collect();
    let run = scan(&Corpus::from_texts(&texts)?)?;
    for cluster in run.clusters.iter().take(3) {
        let members: Vec<usize> = cluster.members.iter().map(|(member, _)| member.index()).collect();
        println!("text {} stands for texts {members:?}", cluster.representative.index());
    }
    assert_eq!(run.clusters.len(), 100);
    Ok(())
}
