//! Requests of one answer: a check, a document, a deletion, a comparison, a page.

use std::sync::Arc;

use axum::Extension;
use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::http::{Response, StatusCode, Uri};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Service;
use super::keys::{Grant, Scope};
use super::refusal::{Refusal, json, json_bytes};
use super::routes::demand;
use crate::filter::{Incoming, IndexedDocument, line};
use crate::html::{HtmlMode, read_with_visible};
use crate::kernel::Kernel;
use crate::page::{PageReader, faults};
use crate::report::comparison::ComparisonRow;
use crate::report::{FaultRow, RepeatRow};

type Answered = Result<Response<Body>, Refusal>;

impl Service {
    /// Does what takes a processor's time, away from the threads that read and write; refuses where too many wait for that.
    async fn work<T: Send + 'static>(
        self: &Arc<Service>,
        work: impl FnOnce(&Service) -> Result<T, Refusal> + Send + 'static,
    ) -> Result<T, Refusal> {
        let permit = self.work.clone().try_acquire_owned().map_err(|_| Refusal::busy())?;
        let service = self.clone();
        let done = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            work(&service)
        });
        let failed =
            || Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "failed", "answering ended in a panic");
        done.await.unwrap_or_else(|_| Err(failed()))
    }

    /// A whole body, and the work that it asks for.
    async fn asked<T: Send + 'static>(
        self: &Arc<Service>,
        request: Request,
        work: impl FnOnce(&Service, &[u8]) -> Result<T, Refusal> + Send + 'static,
    ) -> Result<T, Refusal> {
        let (parts, body) = request.into_parts();
        let (bytes, held) = self.room.whole(&parts.headers, body).await?;
        self.work(move |service| {
            let _held = held;
            work(service, &bytes)
        })
        .await
    }
}

pub(super) async fn check(
    State(service): State<Arc<Service>>,
    Extension(grant): Extension<Grant>,
    request: Request,
) -> Answered {
    demand(grant, Scope::Read)?;
    let bytes = service.asked(request, |service, body| {
        let document = service.records().document(crate::charset::unmarked(body).trim_ascii(), 0, 0);
        let document = document.map_err(|reason| Refusal::wrong(reason.to_string()))?;
        let answers = service.filter.check(&[document])?;
        let mut out = Vec::new();
        answers.iter().for_each(|answer| line::write_verdict(&answer.verdict, &mut out));
        Ok(out)
    });
    Ok(json_bytes(StatusCode::OK, bytes.await?))
}

/// The site that stands behind the question mark.
fn site(uri: &Uri) -> Result<Option<String>, Refusal> {
    let Some(query) = uri.query().filter(|query| !query.is_empty()) else { return Ok(None) };
    let site = query.strip_prefix("site=").filter(|site| !site.contains('&'));
    let wrong = || Refusal::wrong(format!("`{query}` is not known here; site=NAME is"));
    decoded(site.ok_or_else(wrong)?).map(Some).ok_or_else(wrong)
}

/// What percent signs stand for.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, behind)) = rest.split_first() {
        rest = behind;
        bytes.push(match first {
            b'%' => {
                let (digits, behind) = rest.split_at_checked(2)?;
                rest = behind;
                u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?
            }
            b'+' => b' ',
            other => other,
        });
    }
    String::from_utf8(bytes).ok()
}

/// The one document of an id.
fn one(service: &Service, id: &str, site: Option<&str>) -> Result<IndexedDocument, Refusal> {
    let mut found = service.filter.documents(id, site)?;
    match (found.pop(), found.is_empty()) {
        (None, _) => Err(Refusal::missing(id)),
        (Some(only), true) => Ok(only),
        (Some(last), false) => {
            let of = found.iter().chain([&last]).map(|one| format!("`{}`", one.document.meta.site));
            let of: Vec<String> = of.collect();
            let message =
                format!("documents of several sites have the id `{id}`; name one: ?site=, {}", of.join(", "));
            Err(Refusal::new(StatusCode::CONFLICT, "several", message))
        }
    }
}

pub(super) async fn document(
    State(service): State<Arc<Service>>,
    Extension(grant): Extension<Grant>,
    Path(id): Path<String>,
    uri: Uri,
) -> Answered {
    demand(grant, Scope::Read)?;
    let site = site(&uri)?;
    let bytes = service.work(move |service| Ok(shown(&one(service, &id, site.as_deref())?)));
    Ok(json_bytes(StatusCode::OK, bytes.await?))
}

/// A document as its record was, as far as that is kept, with what was said of it.
fn shown(found: &IndexedDocument) -> Vec<u8> {
    let meta = &found.document.meta;
    let mut object = Map::new();
    object.insert("id".to_owned(), found.document.id.as_str().into());
    let named = [
        ("title", &meta.title),
        ("url", &meta.url),
        ("canonical_url", &meta.canonical_url),
        ("date", &meta.date),
    ];
    for (name, value) in named {
        object.extend(value.as_deref().map(|value| (name.to_owned(), value.into())));
    }
    let text = found.has_text.then_some(found.document.text.as_str());
    let rest = [("site", Some(meta.site.as_str()).filter(|site| !site.is_empty())), ("text", text)];
    object.extend(rest.into_iter().filter_map(|(name, value)| Some((name.to_owned(), Value::from(value?)))));
    let mut out = Vec::new();
    line::write_line(Value::Object(object).to_string().as_bytes(), &found.verdict, &mut out);
    out
}

#[derive(Serialize)]
struct Deleted {
    deleted: usize,
}

pub(super) async fn delete_one(
    State(service): State<Arc<Service>>,
    Extension(grant): Extension<Grant>,
    Path(id): Path<String>,
    uri: Uri,
) -> Answered {
    demand(grant, Scope::Admin)?;
    let site = site(&uri)?;
    let (asked, of) = (id.clone(), site.clone());
    // An id that several sites have is asked about, not deleted everywhere.
    service.work(move |service| one(service, &asked, of.as_deref()).map(drop)).await?;
    let deleted = service.queue.delete(vec![id.clone()], site).await?;
    if deleted == 0 { Err(Refusal::missing(&id)) } else { Ok(json(StatusCode::OK, &Deleted { deleted })) }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Deletion {
    ids: Vec<String>,
    site: Option<String>,
}

/// What a body says, as JSON.
fn parsed<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, Refusal> {
    serde_json::from_slice(body)
        .map_err(|e| Refusal::wrong(format!("the body is not what is asked for: {e}")))
}

pub(super) async fn delete(
    State(service): State<Arc<Service>>,
    Extension(grant): Extension<Grant>,
    request: Request,
) -> Answered {
    demand(grant, Scope::Admin)?;
    let Deletion { ids, site } = service.asked(request, |_, body| parsed(body)).await?;
    let deleted = service.queue.delete(ids, site).await?;
    Ok(json(StatusCode::OK, &Deleted { deleted }))
}

/// One side of a comparison: a text with what is known of it, or the id of a document.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ComparedSide {
    id: Option<String>,
    site: Option<String>,
    text: Option<String>,
    title: Option<String>,
    url: Option<String>,
    canonical_url: Option<String>,
    date: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ComparedSides {
    a: ComparedSide,
    b: ComparedSide,
}

impl ComparedSide {
    /// The document, and what it is called.
    fn document(self, service: &Service, name: &str) -> Result<(String, Incoming), Refusal> {
        let ComparedSide { id, site, text, title, url, canonical_url, date } = self;
        let Some(text) = text else {
            let id = id.ok_or_else(|| Refusal::wrong(format!("`{name}` has neither a text nor an id")))?;
            let found = one(service, &id, site.as_deref())?;
            if !found.has_text {
                let message = "the index keeps signatures, no texts; send the texts";
                return Err(Refusal::new(StatusCode::CONFLICT, "no_text", message));
            }
            return Ok((id, found.document));
        };
        let is_named = id.is_some();
        let id = id.unwrap_or_else(|| name.to_owned());
        let given = Option::unwrap_or_default;
        let mut document = Incoming::new(&id, text);
        if let Some(site) = &site {
            document = document.site(site);
        }
        let document = document
            .url(&given(url))
            .canonical_url(&given(canonical_url))
            .title(&given(title))
            .date(&given(date));
        Ok((id, if is_named { document } else { document.unnamed(0) }))
    }
}

pub(super) async fn compare(
    State(service): State<Arc<Service>>,
    Extension(grant): Extension<Grant>,
    request: Request,
) -> Answered {
    demand(grant, Scope::Read)?;
    let compared = service.asked(request, |service, body| {
        let ComparedSides { a, b } = parsed(body)?;
        let (name_a, a) = a.document(service, "a")?;
        let (name_b, b) = b.document(service, "b")?;
        let comparison = service.filter.compare(&a, &b);
        let same_site = !a.meta.site.is_empty() && a.identity.site == b.identity.site;
        let sides = [(&*name_a, &*a.text), (&*name_b, &*b.text)];
        Ok(json(StatusCode::OK, &ComparisonRow::of(&comparison, sides, same_site)))
    });
    compared.await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AskedPage {
    text: Option<String>,
    html: Option<String>,
}

#[derive(Serialize)]
struct SeenPage {
    repeats: Vec<RepeatRow>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    faults: Vec<FaultRow>,
    /// Of HTML, the text that places are in.
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
}

pub(super) async fn page(
    State(service): State<Arc<Service>>,
    Extension(grant): Extension<Grant>,
    request: Request,
) -> Answered {
    demand(grant, Scope::Read)?;
    let seen = service.asked(request, |_, body| {
        let mut reader = PageReader::new(Kernel::detect());
        let seen = match parsed(body)? {
            AskedPage { text: Some(text), html: None } => {
                let repeats = reader.repeats(&text, None).iter().map(RepeatRow::from).collect();
                SeenPage { repeats, faults: Vec::new(), text: None }
            }
            AskedPage { text: None, html: Some(html) } => {
                let read = read_with_visible(html.as_bytes(), Some("utf-8"), HtmlMode::All, false);
                let (_, visible) = read.map_err(|reason| Refusal::wrong(reason.to_string()))?;
                let repeats = reader.page_repeats(&visible).iter().map(RepeatRow::from).collect();
                let faults = faults(&visible).into_iter().map(FaultRow::from).collect();
                SeenPage { repeats, faults, text: Some(visible.text) }
            }
            AskedPage { .. } => return Err(Refusal::wrong("the body has either a `text` or an `html`")),
        };
        Ok(json(StatusCode::OK, &seen))
    });
    seen.await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_site_is_decoded() {
        let of = |uri: &str| site(&uri.parse().expect("an address"));
        assert_eq!(of("/x?site=The%20Herald+%C3%A9"), Ok(Some("The Herald \u{e9}".to_owned())));
        assert_eq!(of("/x"), Ok(None));
        for wrong in ["/x?sit=a", "/x?site=a&b", "/x?site=%zz", "/x?site=%F", "/x?site=%FF"] {
            assert!(of(wrong).is_err(), "{wrong}");
        }
    }
}
