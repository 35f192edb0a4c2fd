//! Finished steps of a run, kept in a folder: a run that was ended goes on after the last whole one, and gives the same.
//!
//! A step is a file that is written under another name, synced, and named when it is whole; then a manifest lists it with
//! its length and a hash. The manifest also says what the run was of: the program, the recipe, the policy, what was given to
//! it, how records are read, and a hash of every input. Steps of anything else are not used. What is in a step depends on
//! those alone, not on threads or memory.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use super::{Given, Scan};
use crate::corpus::{Corpus, InputSum};
use crate::error::{Error, ErrorKind, Result};
use crate::model::Model;
use crate::options::KeptSteps;
use crate::output::{Sync, create_directory, write};
use crate::recipe::Recipe;

/// The version of the format of steps.
const VERSION: u32 = 1;

/// The file that lists them.
const MANIFEST: &str = "steps.json";

/// The file that one run at a time has locked.
const LOCK: &str = "steps.lock";

/// A step of a run, in the order in which they are finished.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// The samples that several documents share, and how often each token stands.
    Postings,
    /// What was read of every document; nothing where this is not there.
    Documents,
    /// What the corpus teaches.
    Model,
    /// The pairs, judged.
    Judged,
}

impl Step {
    /// Its file.
    fn file(self) -> &'static str {
        match self {
            Step::Postings => "postings.step",
            Step::Documents => "documents.step",
            Step::Model => "model.step",
            Step::Judged => "judged.step",
        }
    }
}

/// What a run was of, and which of its steps are whole.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Manifest {
    version: u32,
    settings: Settings,
    inputs: Vec<InputSum>,
    steps: Vec<Listed>,
}

/// What other steps would come of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Settings {
    program: String,
    recipe: String,
    policy: serde_json::Value,
    /// A hash of what need not be learned; none where nothing was given.
    given: Option<u64>,
    reading: String,
}

/// A step that is whole.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Listed {
    file: String,
    bytes: u64,
    hash: u64,
}

/// A folder of finished steps, which no other run uses at the same time.
#[derive(Debug)]
pub(super) struct Steps {
    folder: PathBuf,
    recipe: Recipe,
    manifest: Mutex<Manifest>,
    /// Locked as long as it is open.
    _lock: File,
}

impl Steps {
    /// Those of a run over a corpus; none where none are kept. Reads the corpus once, to know it again.
    ///
    /// # Errors
    /// [`ErrorKind::Setting`] where no folder is named, [`ErrorKind::Mismatch`] where the steps there are of another run,
    /// [`ErrorKind::Locked`] where another run uses them, [`ErrorKind::Write`], and those of reading.
    pub fn open(scan: &Scan, corpus: &Corpus) -> Result<Option<Steps>> {
        let resources = &scan.resources;
        if resources.steps == KeptSteps::None {
            return Ok(None);
        }
        let no_folder = || {
            Error::new(ErrorKind::Setting).because("finished steps need a folder: name one with --work-dir")
        };
        let folder = resources.work_dir.clone().ok_or_else(no_folder)?;
        create_directory(&folder).map_err(|error| Error::io(ErrorKind::Write, &folder, error))?;
        let lock = locked(&folder)?;
        let own = Manifest {
            version: VERSION,
            settings: Settings {
                program: env!("CARGO_PKG_VERSION").to_owned(),
                recipe: scan.recipe.fingerprint(),
                policy: serde_json::to_value(scan.policy).unwrap_or_default(),
                given: given(&scan.given, scan.recipe)?,
                reading: corpus.reading(),
            },
            inputs: corpus.sums(&resources.cancel)?,
            steps: Vec::new(),
        };
        let path = folder.join(MANIFEST);
        let there = match std::fs::read(&path) {
            Ok(bytes) if resources.steps == KeptSteps::Resumed => Some(bytes),
            Ok(_) => None,
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(Error::io(ErrorKind::Read, &path, error)),
        };
        let manifest = match there {
            None => own,
            Some(bytes) => {
                let mismatch = |why: String| Error::new(ErrorKind::Mismatch).at(&folder).because(why);
                let there: Manifest = serde_json::from_slice(&bytes).map_err(|error| {
                    mismatch(format!("its {MANIFEST} cannot be read ({error}): remove the folder"))
                })?;
                if let Some(difference) = own.difference(&there) {
                    return Err(mismatch(format!(
                        "the steps there are of another run: {difference}. Name another --work-dir, or remove this one"
                    )));
                }
                Manifest { steps: there.steps, ..own }
            }
        };
        let steps = Steps { folder, recipe: scan.recipe, manifest: Mutex::new(manifest), _lock: lock };
        steps.list(|_| {})?;
        Ok(Some(steps))
    }

    /// Whether a step is finished.
    pub fn has(&self, step: Step) -> bool {
        self.listed(step).is_some()
    }

    /// A finished step; none where it is not.
    ///
    /// # Errors
    /// [`ErrorKind::Read`], or [`ErrorKind::Corrupt`] where the file is no longer what was written.
    pub fn get<T: DeserializeOwned>(&self, step: Step) -> Result<Option<T>> {
        let Some(bytes) = self.bytes(step)? else { return Ok(None) };
        postcard::from_bytes(&bytes).map(Some).map_err(|error| self.damaged(step, &error.to_string()))
    }

    /// Keeps a finished step.
    ///
    /// # Errors
    /// [`ErrorKind::Write`].
    pub fn put<T: Serialize>(&self, step: Step, value: &T) -> Result<()> {
        let bytes = postcard::to_stdvec(value).map_err(io::Error::other);
        self.write(step, &bytes.map_err(|error| self.not_written(step, error))?)
    }

    /// The model that was learned, if it was.
    ///
    /// # Errors
    /// As of [`Steps::get`].
    pub fn model(&self) -> Result<Option<Model>> {
        let Some(bytes) = self.bytes(Step::Model)? else { return Ok(None) };
        Model::read(self.recipe, &*bytes)
            .map(Some)
            .map_err(|error| self.damaged(Step::Model, &error.to_string()))
    }

    /// Keeps the model that was learned.
    ///
    /// # Errors
    /// [`ErrorKind::Write`].
    pub fn put_model(&self, model: &Model) -> Result<()> {
        let mut bytes = Vec::new();
        model.write(self.recipe, &mut bytes).map_err(|error| self.not_written(Step::Model, error))?;
        self.write(Step::Model, &bytes)
    }

    /// What is wrong with a step that is listed and cannot be used.
    pub fn damaged(&self, step: Step, why: &str) -> Error {
        let path = self.folder.join(step.file());
        Error::new(ErrorKind::Corrupt).at(path).because(format!("{why}: remove the folder and run again"))
    }

    fn listed(&self, step: Step) -> Option<Listed> {
        let manifest = self.manifest.lock().unwrap_or_else(PoisonError::into_inner);
        manifest.steps.iter().find(|listed| listed.file == step.file()).cloned()
    }

    fn bytes(&self, step: Step) -> Result<Option<Vec<u8>>> {
        let Some(listed) = self.listed(step) else { return Ok(None) };
        let path = self.folder.join(step.file());
        let bytes = std::fs::read(&path).map_err(|error| Error::io(ErrorKind::Read, &path, error))?;
        if bytes.len() as u64 != listed.bytes || xxh3_64(&bytes) != listed.hash {
            return Err(self.damaged(step, "it is not what was written"));
        }
        Ok(Some(bytes))
    }

    fn write(&self, step: Step, bytes: &[u8]) -> Result<()> {
        let path = self.folder.join(step.file());
        write(&path, Sync::Each, |out| out.write_all(bytes))
            .map_err(|error| self.not_written(step, error))?;
        let listed = Listed { file: step.file().to_owned(), bytes: bytes.len() as u64, hash: xxh3_64(bytes) };
        self.list(|steps| {
            steps.retain(|other| other.file != listed.file);
            steps.push(listed);
        })
    }

    /// Changes the list of whole steps, and writes it.
    fn list(&self, change: impl FnOnce(&mut Vec<Listed>)) -> Result<()> {
        let mut manifest = self.manifest.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut manifest.steps);
        let path = self.folder.join(MANIFEST);
        let listed = write(&path, Sync::Each, |out| Ok(serde_json::to_writer_pretty(out, &*manifest)?));
        listed.map_err(|error| Error::io(ErrorKind::Write, path, error))
    }

    fn not_written(&self, step: Step, error: io::Error) -> Error {
        Error::io(ErrorKind::Write, self.folder.join(step.file()), error)
    }
}

impl Manifest {
    /// What tells this run from another one, in words; none where its steps are this one's.
    fn difference(&self, there: &Manifest) -> Option<String> {
        let (own, other) = (&self.settings, &there.settings);
        if there.version != self.version || other.program != own.program {
            return Some(format!("wirecopy {} made them, and this is {}", other.program, own.program));
        }
        if other.recipe != own.recipe {
            return Some(format!("their recipe is {}, and this one's {}", other.recipe, own.recipe));
        }
        if let (Some(there), Some(here)) = (other.policy.as_object(), own.policy.as_object()) {
            let of = |policy: &serde_json::Map<String, serde_json::Value>, name: &str| {
                policy.get(name).map_or("unset".to_owned(), ToString::to_string)
            };
            let mut names = there.keys().chain(here.keys());
            if let Some(name) = names.find(|name| there.get(*name) != here.get(*name)) {
                let words = name.replace('_', " ");
                return Some(format!("its {words} was {}, and now is {}", of(there, name), of(here, name)));
            }
        }
        if other.given != own.given {
            return Some("another model or boilerplate was given, or none".to_owned());
        }
        if other.reading != own.reading {
            return Some("it read records by other fields or settings".to_owned());
        }
        let is_there = |input: &&InputSum| !there.inputs.contains(input);
        if let Some(input) = self.inputs.iter().find(is_there) {
            let known = there.inputs.iter().any(|other| other.name == input.name);
            let what = if known { "is no longer what it was" } else { "was not there" };
            return Some(format!("{} {what}", input.name));
        }
        let gone = there.inputs.iter().find(|input| !self.inputs.contains(input));
        let gone = gone.map(|input| format!("{} is no longer there", input.name));
        gone.or_else(|| {
            (self.inputs != there.inputs).then(|| "it read the same files in another order".to_owned())
        })
    }
}

/// A hash of what a run need not learn.
fn given(given: &Given, recipe: Recipe) -> Result<Option<u64>> {
    let mut bytes = Vec::new();
    match given {
        Given::Nothing => return Ok(None),
        Given::Boilerplate(boilerplate) => bytes.extend(format!("{boilerplate:?}").bytes()),
        Given::Model(model) => {
            model
                .write(recipe, &mut bytes)
                .map_err(|error| Error::new(ErrorKind::Write).because(error.to_string()))?;
        }
    }
    Ok(Some(xxh3_64(&bytes)))
}

/// Locks a folder for this run.
fn locked(folder: &Path) -> Result<File> {
    let path = folder.join(LOCK);
    let file = File::options().create(true).truncate(false).write(true).open(&path);
    let file = file.map_err(|error| Error::io(ErrorKind::Write, &path, error))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(std::fs::TryLockError::WouldBlock) => {
            Err(Error::new(ErrorKind::Locked).at(folder).because("another run keeps its steps there"))
        }
        Err(std::fs::TryLockError::Error(error)) => Err(Error::io(ErrorKind::Write, &path, error)),
    }
}
