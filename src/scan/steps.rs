//! Finished steps of a run, kept in a folder: a run that was ended goes on after the last whole one, and gives the same.
//!
//! A step is a file that is written under another name, synced, and named when it is whole; then a manifest lists it with
//! its length and a hash. The manifest also says what the run was of: the program, the recipe, the policy, what was given to
//! it, how records are read, and a hash of every input. Steps of other settings are refused. Where inputs are no longer what
//! they were the run begins again, and says so. What is in a step depends on those alone, not on threads or memory.
//!
//! Long steps are made of parts, each a file by itself under a key of all that it depends on, with a hash at its end. So parts
//! of an earlier corpus are read again only where their inputs changed, and several processes may make parts at a time.

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use super::read::Wanted;
use super::{Given, Scan};
use crate::corpus::{Corpus, InputSum};
use crate::error::{Error, ErrorKind, Result};
use crate::model::Model;
use crate::options::{Cancel, KeptSteps};
use crate::output::{Sync, create_directory, write};
use crate::recipe::Recipe;

/// The version of the format of steps.
const VERSION: u32 = 3;

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
    /// What the corpus teaches before pairs are known: chrome, words, letters.
    Learned,
    /// All that it teaches, standing text too.
    Model,
    /// The pairs worth a look, and the documents that have little but frequent samples.
    Candidates,
    /// The pairs, judged.
    Judged,
}

impl Step {
    /// Its file.
    fn file(self) -> &'static str {
        match self {
            Step::Postings => "postings.step",
            Step::Documents => "documents.step",
            Step::Learned => "learned.step",
            Step::Model => "model.step",
            Step::Candidates => "candidates.step",
            Step::Judged => "judged.step",
        }
    }
}

/// What a part is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PartKind {
    /// Some pieces of the corpus, read.
    Read,
    /// Some candidates, judged.
    Judged,
}

impl PartKind {
    fn name(self) -> &'static str {
        match self {
            PartKind::Read => "read",
            PartKind::Judged => "judged",
        }
    }

    fn file(self, key: u64) -> String {
        format!("{}-{key:016x}.part", self.name())
    }
}

/// The parts that one of several processes makes: every `of`-th from the `number`-th on.
///
/// ```
/// let shard: wirecopy::Shard = "2/5".parse().unwrap();
/// assert_eq!((shard.number(), shard.count()), (2, 5));
/// assert!("5/5".parse::<wirecopy::Shard>().is_err());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    number: usize,
    of: usize,
}

impl Shard {
    /// Its number, from 0.
    pub fn number(&self) -> usize {
        self.number
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.of
    }

    /// Its parts.
    pub(super) fn of<'a, T>(&self, parts: &'a [T]) -> impl Iterator<Item = &'a T> + use<'a, T> {
        parts.iter().skip(self.number).step_by(self.of)
    }
}

impl std::str::FromStr for Shard {
    type Err = String;

    /// Of `i/n`, i from 0.
    fn from_str(text: &str) -> std::result::Result<Shard, String> {
        let numbers = text.split_once('/').and_then(|(i, n)| Some((i.parse().ok()?, n.parse().ok()?)));
        match numbers {
            Some((number, of)) if number < of => Ok(Shard { number, of }),
            _ => Err(format!("a shard is its number and how many there are, 0/4 to 3/4, and not `{text}`")),
        }
    }
}

/// How much of a corpus was read anew, and how much was kept of an earlier run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reuse {
    /// What was no longer as an earlier run had it, where something was.
    pub changed: Option<String>,
    /// Parts that were read.
    pub read: usize,
    /// Parts in all.
    pub parts: usize,
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
    reuse: Mutex<Reuse>,
    /// Of inputs that the manifest has not, as they are asked for: a file of many parts is summed once.
    sums: Mutex<HashMap<u32, InputSum>>,
    /// Locked as long as it is open.
    _lock: File,
}

impl Steps {
    /// Those of a run over a corpus; none where none are kept. Reads the corpus once, to know it again.
    ///
    /// # Errors
    /// [`ErrorKind::Setting`] where no folder is named, [`ErrorKind::Mismatch`] where the steps there are of other settings,
    /// [`ErrorKind::Locked`] where another run uses them, [`ErrorKind::Write`], and those of reading.
    pub fn open(scan: &Scan, corpus: &Corpus) -> Result<Option<Steps>> {
        let resources = &scan.resources;
        if resources.steps == KeptSteps::None {
            return Ok(None);
        }
        let folder = folder(scan)?;
        let lock = locked(&folder, File::try_lock)?;
        let sums = corpus.sums(&resources.cancel)?;
        let mut manifest = Manifest::of(scan, corpus, sums)?;
        let mut changed = None;
        if resources.steps == KeptSteps::Resumed
            && let Some(there) = manifest.kept(&folder)?
        {
            changed = manifest.difference_of_inputs(&there.inputs);
            if changed.is_none() {
                manifest.steps = there.steps;
            }
        }
        let steps = Steps::of(folder, scan.recipe, manifest, changed, lock);
        steps.list(|_| {})?;
        Ok(Some(steps))
    }

    /// Those to which several processes add parts at a time, and no steps. Reads nothing of the corpus: it is of an earlier
    /// run's inputs where these have the same names and lengths.
    ///
    /// # Errors
    /// As of [`Steps::open`], and [`ErrorKind::Mismatch`] where the steps there are of other inputs.
    pub fn open_for_parts(scan: &Scan, corpus: &Corpus) -> Result<Steps> {
        let folder = folder(scan)?;
        let lock = locked(&folder, File::try_lock_shared)?;
        let mut manifest = Manifest::of(scan, corpus, Vec::new())?;
        if let Some(there) = manifest.kept(&folder)? {
            let is_same = |(input, sum): (u32, &InputSum)| {
                sum.name == corpus.name(input) && sum.bytes == corpus.input_bytes(input)
            };
            if there.inputs.len() == corpus.inputs() && (0..).zip(&there.inputs).all(is_same) {
                (manifest.inputs, manifest.steps) = (there.inputs, there.steps);
            }
        }
        Ok(Steps::of(folder, scan.recipe, manifest, None, lock))
    }

    fn of(folder: PathBuf, recipe: Recipe, manifest: Manifest, changed: Option<String>, lock: File) -> Steps {
        let (manifest, reuse) = (Mutex::new(manifest), Mutex::new(Reuse { changed, read: 0, parts: 0 }));
        Steps { folder, recipe, manifest, reuse, sums: Mutex::default(), _lock: lock }
    }

    /// How the corpus is read, in a form that says which of two runs reads it otherwise.
    pub fn reading(&self, wanted: Wanted) -> String {
        let manifest = self.manifest();
        let Settings { program, recipe, reading, .. } = &manifest.settings;
        format!("{VERSION} {program} {recipe} {reading} {wanted:?}")
    }

    /// What an input is known by.
    ///
    /// # Errors
    /// As of [`Corpus::sum`].
    pub fn sum(&self, corpus: &Corpus, input: u32, cancel: &Cancel) -> Result<InputSum> {
        if let Some(known) = self.manifest().inputs.get(input as usize) {
            return Ok(known.clone());
        }
        let mut sums = self.sums.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = sums.get(&input) {
            return Ok(known.clone());
        }
        let sum = corpus.sum(input, cancel)?;
        sums.insert(input, sum.clone());
        Ok(sum)
    }

    /// A part of this key, where it was kept.
    ///
    /// # Errors
    /// [`ErrorKind::Read`], or [`ErrorKind::Corrupt`] where the file is no longer what was written.
    pub fn part<T: DeserializeOwned>(&self, kind: PartKind, key: u64) -> Result<Option<T>> {
        let path = self.folder.join(kind.file(key));
        let bytes = match std::fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(Error::io(ErrorKind::Read, &path, error)),
        };
        let damaged = || self.damaged_part(kind, key);
        let (bytes, hash) = bytes.split_last_chunk::<8>().ok_or_else(damaged)?;
        if xxh3_64(bytes) != u64::from_le_bytes(*hash) {
            return Err(damaged());
        }
        postcard::from_bytes(bytes).map(Some).map_err(|_| damaged())
    }

    /// Keeps a part.
    ///
    /// # Errors
    /// [`ErrorKind::Write`].
    pub fn put_part<T: Serialize>(&self, kind: PartKind, key: u64, part: &T) -> Result<()> {
        let path = self.folder.join(kind.file(key));
        let failed = |error| Error::io(ErrorKind::Write, &path, error);
        let mut bytes = postcard::to_stdvec(part).map_err(|error| failed(io::Error::other(error)))?;
        bytes.extend(xxh3_64(&bytes).to_le_bytes());
        write(&path, Sync::Each, |out| out.write_all(&bytes)).map_err(failed)
    }

    /// Removes all parts of a kind but those of these keys.
    ///
    /// # Errors
    /// [`ErrorKind::Write`].
    pub fn keep_parts(&self, kind: PartKind, keys: &[u64]) -> Result<()> {
        let kept: HashSet<String> = keys.iter().map(|&key| kind.file(key)).collect();
        let failed = |error| Error::io(ErrorKind::Write, &self.folder, error);
        for entry in std::fs::read_dir(&self.folder).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let is_part = name.starts_with(&format!("{}-", kind.name())) && name.ends_with(".part");
            if is_part && !kept.contains(&name) {
                std::fs::remove_file(entry.path()).map_err(failed)?;
            }
        }
        Ok(())
    }

    /// A part that is no longer what was written.
    pub fn damaged_part(&self, kind: PartKind, key: u64) -> Error {
        let path = self.folder.join(kind.file(key));
        Error::new(ErrorKind::Corrupt).at(path).because("it is not what was written: remove it and run again")
    }

    /// So many parts of the corpus were read anew, of so many.
    pub fn was_read(&self, read: usize, parts: usize) {
        let mut reuse = self.reuse.lock().unwrap_or_else(PoisonError::into_inner);
        (reuse.read, reuse.parts) = (read, parts);
    }

    /// How much was read anew.
    pub fn reuse(&self) -> Reuse {
        self.reuse.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A hash of a finished step; none where it is not.
    pub fn hash(&self, step: Step) -> Option<u64> {
        self.listed(step).map(|listed| listed.hash)
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

    /// The model of a finished step; none where it is not.
    ///
    /// # Errors
    /// As of [`Steps::get`].
    pub fn model(&self, step: Step) -> Result<Option<Model>> {
        let Some(bytes) = self.bytes(step)? else { return Ok(None) };
        Model::read(self.recipe, &*bytes).map(Some).map_err(|error| self.damaged(step, &error.to_string()))
    }

    /// Keeps a model.
    ///
    /// # Errors
    /// [`ErrorKind::Write`].
    pub fn put_model(&self, step: Step, model: &Model) -> Result<()> {
        let mut bytes = Vec::new();
        model.write(self.recipe, &mut bytes).map_err(|error| self.not_written(step, error))?;
        self.write(step, &bytes)
    }

    /// What is wrong with a step that is listed and cannot be used.
    pub fn damaged(&self, step: Step, why: &str) -> Error {
        let path = self.folder.join(step.file());
        Error::new(ErrorKind::Corrupt).at(path).because(format!("{why}: remove the folder and run again"))
    }

    fn manifest(&self) -> std::sync::MutexGuard<'_, Manifest> {
        self.manifest.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn listed(&self, step: Step) -> Option<Listed> {
        let manifest = self.manifest();
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
        let mut manifest = self.manifest();
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
    /// Of a run over these inputs, no step of which is finished.
    fn of(scan: &Scan, corpus: &Corpus, inputs: Vec<InputSum>) -> Result<Manifest> {
        let settings = Settings {
            program: env!("CARGO_PKG_VERSION").to_owned(),
            recipe: scan.recipe.fingerprint(),
            policy: serde_json::to_value(scan.policy).unwrap_or_default(),
            given: given(&scan.given, scan.recipe)?,
            reading: corpus.reading(),
        };
        Ok(Manifest { version: VERSION, settings, inputs, steps: Vec::new() })
    }

    /// The one that is kept in a folder, if there is one.
    ///
    /// # Errors
    /// [`ErrorKind::Read`], or [`ErrorKind::Mismatch`] where it is of other settings.
    fn kept(&self, folder: &Path) -> Result<Option<Manifest>> {
        let path = folder.join(MANIFEST);
        let bytes = match std::fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(Error::io(ErrorKind::Read, &path, error)),
        };
        let mismatch = |why: String| Error::new(ErrorKind::Mismatch).at(folder).because(why);
        let there: Manifest = serde_json::from_slice(&bytes).map_err(|error| {
            mismatch(format!("its {MANIFEST} cannot be read ({error}): remove the folder"))
        })?;
        match self.difference(&there) {
            None => Ok(Some(there)),
            Some(difference) => Err(mismatch(format!(
                "the steps there are of another run: {difference}. Name another --work-dir, or remove this one"
            ))),
        }
    }

    /// What tells the settings of this run from another one's, in words; none where they are the same.
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
        None
    }

    /// What tells the inputs of this run from another one's, in words; none where they are the same.
    fn difference_of_inputs(&self, there: &[InputSum]) -> Option<String> {
        let shown = |input: &InputSum| match &*input.name {
            "" => "what was converted".to_owned(),
            name => name.to_owned(),
        };
        let known: HashMap<&str, &InputSum> = there.iter().map(|input| (&*input.name, input)).collect();
        let own: HashSet<&str> = self.inputs.iter().map(|input| &*input.name).collect();
        let is_other = |input: &&InputSum| known.get(&*input.name).is_some_and(|there| there != input);
        let mut differences = Vec::new();
        let mut say = |inputs: Vec<&InputSum>, one: &str, several: &str| match *inputs {
            [] => {}
            [input] => differences.push(format!("{} {one}", shown(input))),
            [input, ..] => {
                let more = inputs.len() - 1;
                differences.push(format!("{} and {more} more {several}", shown(input)));
            }
        };
        let changed = self.inputs.iter().filter(is_other).collect();
        say(changed, "is no longer what it was", "are no longer what they were");
        let new = self.inputs.iter().filter(|input| !known.contains_key(&*input.name)).collect();
        say(new, "was not there", "were not there");
        let gone = there.iter().filter(|input| !own.contains(&*input.name)).collect();
        say(gone, "is no longer there", "are no longer there");
        if differences.is_empty() && self.inputs != there {
            differences.push("the same files were read in another order".to_owned());
        }
        (!differences.is_empty()).then(|| differences.join(", "))
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

/// The folder of a run's steps, which is made where it is not there.
fn folder(scan: &Scan) -> Result<PathBuf> {
    let no_folder =
        || Error::new(ErrorKind::Setting).because("finished steps need a folder: name one with --work-dir");
    let folder = scan.resources.work_dir.clone().ok_or_else(no_folder)?;
    create_directory(&folder).map_err(|error| Error::io(ErrorKind::Write, &folder, error))?;
    Ok(folder)
}

/// Locks a folder for this run.
fn locked(
    folder: &Path,
    lock: impl Fn(&File) -> std::result::Result<(), std::fs::TryLockError>,
) -> Result<File> {
    let path = folder.join(LOCK);
    let file = File::options().create(true).truncate(false).write(true).open(&path);
    let file = file.map_err(|error| Error::io(ErrorKind::Write, &path, error))?;
    match lock(&file) {
        Ok(()) => Ok(file),
        Err(std::fs::TryLockError::WouldBlock) => {
            Err(Error::new(ErrorKind::Locked).at(folder).because("another run keeps its steps there"))
        }
        Err(std::fs::TryLockError::Error(error)) => Err(Error::io(ErrorKind::Write, &path, error)),
    }
}
