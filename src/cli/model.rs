//! Models and chrome in files.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use crate::model::Model;
use crate::model::boilerplate::Boilerplate;
use crate::output::OutputPlace;
use crate::recipe::Recipe;
use anyhow::{Context, Result};

pub fn read(recipe: Recipe, path: &Path) -> Result<Model> {
    let file = File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
    Model::read(recipe, BufReader::new(file)).with_context(|| format!("cannot use {}", path.display()))
}

pub fn read_boilerplate(path: &Path) -> Result<Boilerplate> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    Boilerplate::parse(&text).with_context(|| format!("cannot use {}", path.display()))
}

pub fn write(recipe: Recipe, model: &Model, place: &OutputPlace) -> Result<()> {
    Ok(place.write(|out| model.write(recipe, out))?)
}
