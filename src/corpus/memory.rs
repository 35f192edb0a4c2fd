//! Corpora of documents that a program has already: no file, no format.

use std::borrow::Borrow;

#[cfg(feature = "arrow")]
use arrow_array::RecordBatch;
#[cfg(feature = "arrow")]
use arrow_schema::ArrowError;

#[cfg(feature = "arrow")]
use super::convert::convert_batches;
use super::spool::{Draft, Spool};
use super::{Corpus, CorpusOptions, Input, Opened};
use crate::error::{Error, ErrorKind, Result};
use crate::options::Resources;

/// A document with what is known of it.
///
/// ```
/// use wirecopy::Document;
/// let document = Document::new("a-17", "The quay is closed.").title("Quay closed").source("Courier");
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Document {
    id: String,
    text: String,
    title: Option<String>,
    url: Option<String>,
    canonical_url: Option<String>,
    date: Option<String>,
    source: Option<String>,
}

impl Document {
    /// A document of this id and text.
    pub fn new(id: impl Into<String>, text: impl Into<String>) -> Document {
        Document { id: id.into(), text: text.into(), ..Document::default() }
    }

    /// With this headline.
    pub fn title(self, title: impl Into<String>) -> Document {
        Document { title: Some(title.into()), ..self }
    }

    /// At this address. Its host is the site of a document without a source.
    pub fn url(self, url: impl Into<String>) -> Document {
        Document { url: Some(url.into()), ..self }
    }

    /// With the address under which its page says that it belongs.
    pub fn canonical_url(self, url: impl Into<String>) -> Document {
        Document { canonical_url: Some(url.into()), ..self }
    }

    /// Of this date: RFC 3339, or a day.
    pub fn date(self, date: impl Into<String>) -> Document {
        Document { date: Some(date.into()), ..self }
    }

    /// Of this publisher: its site.
    pub fn source(self, source: impl Into<String>) -> Document {
        Document { source: Some(source.into()), ..self }
    }

    fn draft(&self) -> Draft<'_> {
        Draft {
            id: self.id.as_bytes(),
            is_named: true,
            title: self.title.as_deref().map(str::as_bytes),
            url: self.url.as_deref().map(str::as_bytes),
            canonical_url: self.canonical_url.as_deref().map(str::as_bytes),
            date: self.date.as_deref().map(str::as_bytes),
            source: self.source.as_deref().map(str::as_bytes),
            text: &self.text,
            ..Draft::default()
        }
    }
}

impl Corpus {
    /// A corpus of these texts. Document `DocId(i)` is the i-th text, and `i` is its id. Texts are copied: into memory
    /// while they are few, then into an unlinked temporary file.
    ///
    /// ```
    /// # fn main() -> wirecopy::Result<()> {
    /// let corpus = wirecopy::Corpus::from_texts(["One text.", "Another text."])?;
    /// assert_eq!(wirecopy::scan(&corpus)?.documents.entries.len(), 2);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::TooLarge`] for a text of 4 GiB or more, [`ErrorKind::Write`] where no file can be written.
    pub fn from_texts(texts: impl IntoIterator<Item = impl AsRef<str>>) -> Result<Corpus> {
        let numbered = texts.into_iter().enumerate();
        Corpus::from_documents(numbered.map(|(i, text)| Document::new(i.to_string(), text.as_ref())))
    }

    /// A corpus of these documents, from any source. Document `DocId(i)` is the i-th one.
    ///
    /// # Errors
    /// As [`Corpus::from_texts`].
    pub fn from_documents(documents: impl IntoIterator<Item = impl Borrow<Document>>) -> Result<Corpus> {
        Corpus::from_documents_with(documents, &Resources::default())
    }

    /// As [`Corpus::from_documents`]; the temporary file is in the directory that `resources` name.
    ///
    /// # Errors
    /// As [`Corpus::from_texts`].
    pub fn from_documents_with(
        documents: impl IntoIterator<Item = impl Borrow<Document>>,
        resources: &Resources,
    ) -> Result<Corpus> {
        let mut spool = Spool::new(resources.work_dir.clone());
        let mut record = Vec::new();
        for document in documents {
            let draft = document.borrow().draft();
            if u32::try_from(draft.bytes()).is_err() {
                let id = &document.borrow().id;
                return Err(
                    Error::new(ErrorKind::TooLarge).because(format!("document `{id}` has 4 GiB or more"))
                );
            }
            record.clear();
            draft.write(&mut record);
            spool.append(&record)?;
        }
        let options = CorpusOptions { max_record: Some(u64::from(u32::MAX)), ..CorpusOptions::default() };
        let mut opened = Opened::empty(&options, resources);
        let (store, cuts) = spool.finish()?;
        opened.inputs.push(Input::spooled(store, cuts));
        Ok(opened.shared())
    }
}

/// What a second set of a program is called.
#[cfg(feature = "arrow")]
const AGAINST: &str = "against";

#[cfg(feature = "arrow")]
impl Corpus {
    /// A corpus of the rows of Arrow batches, as [`Corpus::open`] reads those of a file: fields are looked up by the names
    /// that `options` have, a text may be a list of paragraphs, and dictionaries, views and large types are read as what they
    /// hold. Document `DocId(i)` is the i-th row that has a text; a row that has none is among [`Corpus::problems`] with its
    /// number. The id of a row that names none is its number, counted over all batches. Texts are copied, a batch at a time.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use std::sync::Arc;
    /// use wirecopy::arrow_array::{ArrayRef, RecordBatch, StringArray};
    ///
    /// let text: ArrayRef = Arc::new(StringArray::from(vec!["One text.", "Another text."]));
    /// let batch = RecordBatch::try_from_iter([("text", text)])?;
    /// let corpus = wirecopy::Corpus::from_batches([Ok(batch)], &Default::default(), &Default::default())?;
    /// assert_eq!(wirecopy::scan(&corpus)?.documents.entries.len(), 2);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Setting`] where a batch has no column for the text, or one of another type; [`ErrorKind::Read`] for an
    /// error that is among the batches; [`ErrorKind::Write`] where no file can be written; cancellation.
    pub fn from_batches(
        batches: impl IntoIterator<Item = std::result::Result<RecordBatch, ArrowError>>,
        options: &CorpusOptions,
        resources: &Resources,
    ) -> Result<Corpus> {
        let mut opened = Opened::empty(options, resources);
        opened.add_converted(convert_batches(batches, "", &opened.rules(options), resources)?)?;
        Ok(opened.shared_telling(""))
    }

    /// As [`Corpus::from_batches`], and the rows of a second set to compare them with: no document of that is a duplicate, and
    /// its documents come behind the others. The set is called `against` where a place is named.
    ///
    /// # Errors
    /// As [`Corpus::from_batches`].
    pub fn from_batches_against<B>(
        batches: B,
        against: B,
        options: &CorpusOptions,
        resources: &Resources,
    ) -> Result<Corpus>
    where
        B: IntoIterator<Item = std::result::Result<RecordBatch, ArrowError>>,
    {
        let options = CorpusOptions { against: vec![AGAINST.into()], ..options.clone() };
        let mut opened = Opened::empty(&options, resources);
        for (batches, path) in [(batches, ""), (against, AGAINST)] {
            let converted = convert_batches(batches, path, &opened.rules(&options), resources)?;
            opened.add_converted(converted)?;
        }
        Ok(opened.shared_telling(""))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::DocId;

    #[test]
    fn documents_keep_their_order_and_fields() {
        let text = |i: usize| format!("text number {i} ").repeat(i % 40);
        let own = |i: usize| {
            Document::new(format!("id {}", 9_000 - i), text(i)).source("Courier").date("2026-01-02")
        };
        let corpus = Corpus::from_documents((0..3000).map(own)).expect("a corpus");
        let run = crate::scan::Scan::new().threads(2).read(&corpus).expect("read");
        assert_eq!(run.documents.entries.len(), 3000);
        for i in (0..3000).step_by(71) {
            let document = DocId(i as u32);
            assert_eq!(run.text(document).expect("there"), text(i));
            let meta = run.meta(document);
            assert_eq!((meta.id, meta.site.as_str()), (format!("id {}", 9_000 - i), "Courier"));
            assert_eq!(meta.date.as_deref(), Some("2026-01-02"));
        }
    }
}
