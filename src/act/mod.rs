//! Acting on what was found, and never on more: which copy to keep ([`keep`]), a corpus without its duplicates
//! ([`dedup`]), and files removed and brought back ([`apply`], [`undo`]).
//!
//! Only `exact`, `near` and `contained` copies are ever removed, and each only for a kept document that it was
//! verified against itself. A document that holds more than the kept one is not removed for it.

pub mod again;
pub mod apply;
pub mod dedup;
pub mod keep;
pub mod names;
pub mod roots;
pub mod undo;

mod files;
#[cfg(feature = "parquet")]
mod parquet;
mod strip;

use std::str::FromStr;

use crate::error::{Error, ErrorKind};

/// Relations whose documents may be removed, as `--remove` names them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Removable {
    exact: bool,
    near: bool,
    contained: bool,
}

impl Default for Removable {
    fn default() -> Removable {
        Removable { exact: true, near: true, contained: true }
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
}

impl FromStr for Removable {
    type Err = Error;

    /// Reads names with commas between them.
    fn from_str(names: &str) -> Result<Removable, Error> {
        let mut removable = Removable { exact: false, near: false, contained: false };
        for name in names.split(',').map(str::trim) {
            match name {
                "exact" => removable.exact = true,
                "near" => removable.near = true,
                "contained" => removable.contained = true,
                other => {
                    let message =
                        format!("`{other}` documents are never removed; exact, near and contained are");
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
        assert!(
            ["templated", "partial", "update", "contains", ""]
                .iter()
                .all(|r| r.parse::<Removable>().is_err())
        );
    }
}
