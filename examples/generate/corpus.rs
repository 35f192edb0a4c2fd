//! Which document of a corpus is what, and each of them.

use crate::family::Family;
use crate::options::Options;
use crate::random::{Purpose, Rng};
use crate::record::{Record, date, url};
use crate::story::{Article, Story, typical_length};
use crate::world::World;

/// What a document of the corpus is to be.
#[derive(Clone, Copy)]
enum Role {
    Plain,
    Member { family: u32, member: u8 },
    Negative,
}

const PLANTED_PERCENT: usize = 20;
const NEGATIVE_PERCENT: usize = 2;

fn plan(options: &Options) -> Vec<Role> {
    let n = options.documents;
    let mut roles = Vec::with_capacity(n);
    for family in 0.. {
        let size = Family::new(options, u64::from(family)).size;
        if roles.len() + size > n * PLANTED_PERCENT / 100 {
            break;
        }
        roles.extend((0..size as u8).map(|member| Role::Member { family, member }));
    }
    let negatives = if options.chrome { n * NEGATIVE_PERCENT / 100 } else { 0 };
    roles.resize(roles.len() + negatives, Role::Negative);
    roles.resize(n, Role::Plain);
    Rng::new(options.seed, Purpose::Plan, 0).shuffle(&mut roles);
    roles
}

/// All documents in order, each made when its turn comes.
pub fn documents<'a>(world: &'a World, options: &'a Options) -> impl Iterator<Item = Document> + 'a {
    let roles = plan(options).into_iter().enumerate();
    roles.map(|(index, role)| Document::new(world, options, index, role))
}

pub struct Document {
    index: usize,
    pub article: Article,
    site: usize,
    /// Its row of the labels, if it is planted.
    pub label: Option<String>,
}

impl Document {
    fn new(world: &World, options: &Options, index: usize, role: Role) -> Document {
        let mut rng = Rng::new(options.seed, Purpose::Document, index as u64);
        let site = rng.below(world.sites.len());
        let own = &world.sites[site];
        let language = &world.language;
        let facts = || language.facts(Purpose::Document, index as u64);
        let (article, label) = match role {
            Role::Member { family, member } => {
                let family = Family::new(options, u64::from(family));
                let label = format!("{}\t{}\t{}", family.index, family.kind.name(), id(index));
                let (article, role) = family.member(language, options, usize::from(member), own);
                (article, Some(format!("{label}\t{role}")))
            }
            Role::Negative => {
                let length = rng.between(25, 70);
                let mut story = Story::new(language, rng, facts());
                let mut article = Article::new(&mut story, length);
                article.text = own.wrapped(&article.text, &mut story.rng);
                (article, Some(format!("site-{site}\tnegative\t{}\tnegative", id(index))))
            }
            Role::Plain => {
                let length = typical_length(&mut rng);
                (Article::new(&mut Story::new(language, rng, facts()), length), None)
            }
        };
        Document { index, article, site, label }
    }

    pub fn record<'a>(&'a self, world: &'a World) -> Record<'a> {
        let (site, Article { title, text, minute }) = (&world.sites[self.site], &self.article);
        let date = date(*minute);
        let url = url(&site.host, &date, title, self.index);
        Record { id: id(self.index), title, url, source: &site.name, date, text }
    }
}

fn id(index: usize) -> String {
    format!("d{index:07}")
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    /// A small corpus and the world that it is from.
    fn corpus(arguments: &str) -> (World, Vec<Document>) {
        let arguments = format!("--output unused {arguments}");
        let options = match Options::parse(arguments.split_whitespace().map(String::from)) {
            Ok(Some(options)) => options,
            other => panic!("{other:?}"),
        };
        let world = World::new(&options);
        let documents = documents(&world, &options).collect();
        (world, documents)
    }

    #[test]
    fn a_seed_gives_one_corpus() {
        let texts =
            |arguments| -> Vec<_> { corpus(arguments).1.into_iter().map(|d| d.article.text).collect() };
        let first = texts("--documents 60 --chrome --templates");
        assert_eq!(first, texts("--documents 60 --chrome --templates"));
        assert_ne!(first, texts("--documents 60 --chrome --templates --seed 2"));
    }

    #[test]
    fn a_fifth_is_planted_in_whole_families() {
        let (_, corpus) = corpus("--documents 2000 --chrome --templates");
        let labels: Vec<Vec<&str>> =
            corpus.iter().filter_map(|d| d.label.as_ref()).map(|label| label.split('\t').collect()).collect();
        let members = || labels.iter().filter(|label| label[1] != "negative");
        assert!((380..=400).contains(&members().count()));
        for kind in ["exact", "edit", "truncated", "reordered", "excerpt", "mixed", "wrapped", "templated"] {
            assert!(members().any(|label| label[1] == kind), "{kind}");
        }
        let families: HashSet<&str> = members().map(|label| label[0]).collect();
        assert_eq!(families.len(), members().filter(|label| label[3] == "base").count());
    }

    #[test]
    fn exact_copies_are_and_templated_are_not() {
        let (_, corpus) = corpus("--documents 3000 --templates");
        let member = |kind: &str, role: &str| {
            let label = |d: &&Document| {
                d.label.as_deref().is_some_and(|l| l.contains(&format!("\t{kind}\t")) && l.ends_with(role))
            };
            let found = corpus.iter().find(label).unwrap_or_else(|| panic!("no {kind} {role}"));
            (found.label.as_deref().and_then(|label| label.split('\t').next()), &found.article.text)
        };
        for (kind, equal) in [("exact", true), ("templated", false)] {
            let (family, copy) = member(kind, kind);
            let base = corpus.iter().find(|d| {
                d.label.as_deref().is_some_and(|l| l.split('\t').next() == family && l.ends_with("base"))
            });
            assert_eq!(base.map(|base| &base.article.text == copy), Some(equal), "{kind}");
        }
    }

    #[test]
    fn runs_of_two_pool_sentences_recur() {
        let (world, corpus) = corpus("--documents 1500 --pool");
        let texts: Vec<String> = corpus.iter().map(|d| d.article.text.replace("\n\n", " ")).collect();
        let text = texts.join("\n");
        let found: usize =
            world.language.pool.windows(2).map(|run| text.matches(&run.join(" ")).count()).sum();
        let mean = found / (world.language.pool.len() - 1);
        assert!((10..=20).contains(&mean), "{mean}");
    }
}
