//! Acting on what was found, and never on more: which copy to keep ([`keep`]), a corpus without its duplicates
//! ([`dedup`] decides, [`rewrite`] writes), and files removed and brought back ([`apply`], [`undo`]).
//!
//! Only `exact`, `near` and `contained` copies are ever removed, and each only for a kept document that it was
//! verified against itself. A document that holds more than the kept one is not removed for it. Where a corpus is to share
//! nothing with a second set, whatever shares a passage with that may go too ([`Removable::takes_partial`]), or lose the
//! passage ([`passages`]).

pub mod again;
pub mod apply;
pub mod dedup;
pub mod keep;
pub mod names;
pub mod passages;
pub mod rewrite;
pub mod roots;
pub mod undo;

mod files;
mod members;
#[cfg(feature = "parquet")]
mod parquet;

use std::str::FromStr;

use crate::error::{Error, ErrorKind};

/// Relations whose documents may be removed, as `--remove` names them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Removable {
    exact: bool,
    near: bool,
    contained: bool,
    partial: bool,
}

impl Default for Removable {
    fn default() -> Removable {
        Removable { exact: true, near: true, contained: true, partial: false }
    }
}

impl Removable {
    /// Whether a document may go that is this to the kept one, seen from the document.
    pub fn allows(self, relation: &str) -> bool {
        match relation {
            "exact" => self.exact,
            "near" => self.near,
            "contained" => self.contained,
            _ => false,
        }
    }

    /// Whether a document may go that is this to one of a second set: with `partial` whatever shares a passage with that.
    pub fn allows_against(self, relation: &str) -> bool {
        self.allows(relation) || (self.partial && matches!(relation, "partial" | "contains" | "update"))
    }

    /// Whether what shares a passage and no more may go: for one of a second set, and never for a copy of its own set, which
    /// has not what the document says beside.
    pub fn takes_partial(self) -> bool {
        self.partial
    }
}

impl FromStr for Removable {
    type Err = Error;

    /// Reads names with commas between them.
    fn from_str(names: &str) -> Result<Removable, Error> {
        let mut removable = Removable { exact: false, near: false, contained: false, partial: false };
        for name in names.split(',').map(str::trim) {
            match name {
                "exact" => removable.exact = true,
                "near" => removable.near = true,
                "contained" => removable.contained = true,
                "partial" => removable.partial = true,
                other => {
                    let message = format!(
                        "`{other}` documents are never removed; exact, near and contained are, and with --against partial"
                    );
                    return Err(Error::new(ErrorKind::Setting).because(message));
                }
            }
        }
        Ok(removable)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_copies_are_removable() {
        let two: Removable = "exact, contained".parse().expect("two relations");
        assert_eq!(
            ["exact", "near", "contained", "contains"].map(|r| two.allows(r)),
            [true, false, true, false]
        );
        let passages: Removable = "partial".parse().expect("a relation");
        for shared in ["partial", "contains", "update"] {
            assert!(
                passages.allows_against(shared) && !passages.allows(shared) && !two.allows_against(shared)
            );
        }
        assert!(!passages.allows_against("templated") && !passages.allows_against("exact"));
        assert!(["templated", "update", "contains", ""].iter().all(|r| r.parse::<Removable>().is_err()));
    }
}
