//! Families of planted copies.

use crate::language::Language;
use crate::options::Options;
use crate::random::{Purpose, Rng};
use crate::site::Site;
use crate::story::{Article, Story, typical_length};
use crate::variant::{Kind, Variant};

pub struct Family {
    pub index: u64,
    pub kind: Kind,
    pub size: usize,
    rng: Rng,
}

impl Family {
    pub fn new(options: &Options, index: u64) -> Family {
        let mut rng = Rng::new(options.seed, Purpose::Family, index);
        let (wrapped, templated) = (rng.percent(18), rng.percent(6));
        let kind = match rng.below(100) {
            _ if options.chrome && wrapped => Kind::Wrapped,
            _ if options.templates && templated => Kind::Templated,
            0..22 => Kind::Exact,
            22..48 => Kind::Edit,
            48..62 => Kind::Truncated,
            62..76 => Kind::Reordered,
            76..88 => Kind::Excerpt,
            _ => Kind::Mixed,
        };
        let size = rng.pick(&[2, 2, 2, 2, 2, 2, 3, 3, 4, 4, 5, 6]);
        Family { index, kind, size, rng }
    }

    /// The member's story and its role. Member 0 is the base.
    pub fn member(
        mut self,
        language: &Language,
        options: &Options,
        member: usize,
        site: &Site,
    ) -> (Article, &'static str) {
        let length = self.length();
        let replaced = self.rng.between(20, 100);
        let key = self.index * 16 + member as u64;
        let mut story = Story::new(language, self.rng, language.facts(Purpose::Family, self.index));
        if self.kind == Kind::Templated {
            story.replaced = Some((language.facts(Purpose::Variant, key), replaced));
        }
        let base = Article::new(&mut story, length);
        if member == 0 {
            return (base, "base");
        }
        let mut rng = Rng::new(options.seed, Purpose::Variant, key);
        let kinds = [Kind::Exact, Kind::Edit, Kind::Truncated, Kind::Reordered, Kind::Wrapped];
        let kind = match self.kind {
            Kind::Mixed => rng.pick(&kinds[..4 + usize::from(options.chrome)]),
            kind => kind,
        };
        (Variant { kind, language, site, rng, key }.of(base), kind.name())
    }

    /// Words of the base.
    fn length(&mut self) -> usize {
        match self.kind {
            Kind::Excerpt => self.rng.between(80, 250),
            Kind::Templated => self.rng.between(60, 300),
            Kind::Reordered | Kind::Mixed => typical_length(&mut self.rng).max(250),
            _ => typical_length(&mut self.rng).max(100),
        }
    }
}
