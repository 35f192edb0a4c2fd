//! `POST /v1/filter`: lines in, lines with verdicts out, in order and as they are answered.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::Extension;
use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{Request, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, TRAILER};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, Uri};
use hyper::body::Frame;
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::time::timeout;

use super::Service;
use super::body::{Broken, IDLE, StreamedBody};
use super::figures::Label;
use super::keys::{Grant, Scope};
use super::refusal::Refusal;
use super::routes::demand;
use super::taking::Told;
use crate::error::Error;
use crate::filter::Answer;
use crate::filter::lines::{Chunk, send_lines};
use crate::filter::records::{AskedLine, AskedLines, WaitingLine};
use crate::judge::Directed;
use crate::priority::give_way;

/// Lines that are answered together, at most.
const TOGETHER: usize = 256;

/// Lines that are only asked for together: others who ask wait for them.
const ASKED: usize = 16;

/// Parts of a stream that wait for their answers, and answers that wait to be sent, at most.
const AHEAD: usize = 2;

/// Bytes of a verdict, about.
const SAID: usize = 400;

/// How many lines of a body gave no document, for those that accept trailers.
const REJECTED: HeaderName = HeaderName::from_static("wirecopy-rejected");

/// What a filter does with what it knows, as the command does.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Asked {
    check: bool,
    drop: bool,
}

impl Asked {
    fn of(uri: &Uri) -> Result<Asked, Refusal> {
        let mut asked = Asked::default();
        for part in uri.query().unwrap_or_default().split('&').filter(|part| !part.is_empty()) {
            match part {
                "check=true" | "check" => asked.check = true,
                "check=false" => asked.check = false,
                "on_duplicate=drop" => asked.drop = true,
                "on_duplicate=tag" => asked.drop = false,
                _ => {
                    let message =
                        format!("`{part}` is not known here; check=true and on_duplicate=drop or tag are");
                    return Err(Refusal::wrong(message));
                }
            }
        }
        Ok(asked)
    }

    /// Whether a line with this verdict goes out.
    fn passes(self, relation: Directed) -> bool {
        !(self.drop && DROPPED.contains(&relation))
    }
}

/// What counts as a duplicate: what `filter --only` takes by default.
const DROPPED: [Directed; 3] = [Directed::Exact, Directed::Near, Directed::Contained];

pub(super) async fn filter(
    State(service): State<Arc<Service>>,
    Extension(grant): Extension<Grant>,
    request: Request,
) -> Result<Response<Body>, Refusal> {
    let asked = Asked::of(request.uri())?;
    demand(grant, if asked.check { Scope::Read } else { Scope::Write })?;
    let stream = service.streams.clone();
    let Ok(Ok(permit)) = timeout(IDLE, stream.acquire_owned()).await else { return Err(Refusal::busy()) };
    let (headers, body) = {
        let (parts, body) = request.into_parts();
        (parts.headers, body)
    };
    let body = service.room.stream(&headers, body).await?;
    let (broken, intake) = (body.broken(), body.intake());
    let (parts, answered) = channel(AHEAD);
    let reading = Reading { service: service.clone(), asked, parts };
    let rest = reading.parts.clone();
    let read = move || {
        // What asks only is answered on this thread, as other questions are.
        if !asked.check {
            give_way();
        }
        let read = std::panic::AssertUnwindSafe(|| reading.all(body, permit));
        if std::panic::catch_unwind(read).is_err() {
            // Lines are missing: nobody is to take what came for all of it.
            let failed = "answering ended in a panic";
            let refusal = Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "failed", failed);
            let _ = rest.blocking_send(Part::broken(refusal));
        }
    };
    // On a thread of its own, since one that gave way once always does.
    let thread = std::thread::Builder::new().name("reads a stream".to_owned());
    thread.spawn(read).map_err(|_| Refusal::busy())?;
    let (pieces, sent) = channel(AHEAD);
    let closing = service.closing_late();
    let intake_ends = {
        let broken = broken.clone();
        async move {
            closing.await;
            // The first reason counts.
            let _ = broken.set(Refusal::closing());
            intake.abort();
        }
    };
    let watch = tokio::spawn(intake_ends).abort_handle();
    let telling = Telling { service, asked, pieces, rejected: 0, sent: 0 };
    tokio::spawn(telling.all(answered, broken, watch));
    respond(sent).await
}

/// The response, once it is known whether there is one.
async fn respond(mut sent: Receiver<Piece>) -> Result<Response<Body>, Refusal> {
    let first = match sent.recv().await {
        Some(Piece::Refused(refusal)) => return Err(refusal),
        first => first,
    };
    let mut response = Response::new(Body::new(AnsweredBody { first, sent, is_over: false }));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-ndjson"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(TRAILER, HeaderValue::from_static("wirecopy-rejected"));
    Ok(response)
}

/// Lines that wait for what is said of them, and what the documents among them are called.
struct Part {
    lines: Vec<AskedLine>,
    labels: Vec<Label>,
    said: Said,
}

enum Said {
    Later(Told<Vec<Answer>>),
    Now(Vec<Answer>),
    /// Reading broke off, or judging failed.
    Nothing(Refusal),
}

impl Said {
    fn failed(error: Error) -> Said {
        Said::Nothing(error.into())
    }
}

impl Part {
    fn broken(refusal: Refusal) -> Part {
        Part { lines: Vec::new(), labels: Vec::new(), said: Said::Nothing(refusal) }
    }
}

/// Reads a body to documents. Blocks.
struct Reading {
    service: Arc<Service>,
    asked: Asked,
    parts: Sender<Part>,
}

impl Reading {
    fn all(self, body: StreamedBody, _permit: OwnedSemaphorePermit) {
        let broken = body.broken();
        let mut records = self.service.records();
        let most = usize::try_from(self.service.room.most).unwrap_or(usize::MAX);
        let mut failed = None;
        let mut hand_on = |chunk: Chunk| match records.lines(chunk) {
            Ok(lines) => self.hand_on(lines),
            Err(error) => {
                failed = Some(Refusal::from(error));
                false
            }
        };
        let read = body.reader().and_then(|from| send_lines(from, 0, most, &mut hand_on));
        let why = |e: std::io::Error| {
            let unknown = || Refusal::wrong(format!("the body cannot be read: {e}"));
            broken.get().cloned().unwrap_or_else(unknown)
        };
        if let Some(refusal) = failed.or(read.err().map(why)).or_else(|| broken.get().cloned()) {
            // Whoever listened may have gone.
            let _ = self.parts.blocking_send(Part::broken(refusal));
        }
    }

    /// Has lines answered; false where nobody listens any more.
    fn hand_on(&self, lines: Vec<WaitingLine>) -> bool {
        let most = if self.asked.check { ASKED } else { TOGETHER };
        let mut lines = lines.into_iter().peekable();
        while lines.peek().is_some() {
            let mut together = AskedLines::default();
            together.extend(lines.by_ref().take(most));
            let AskedLines { lines, documents, prepared } = together;
            let labels = documents.iter().map(Label::of).collect();
            let said = if documents.is_empty() {
                Said::Now(Vec::new())
            } else if self.asked.check {
                self.service.filter.answer(&documents, prepared).map_or_else(Said::failed, Said::Now)
            } else {
                self.service.queue.take(documents, prepared).map_or_else(Said::Nothing, Said::Later)
            };
            let part = Part { lines, labels, said };
            if self.parts.blocking_send(part).is_err() {
                return false;
            }
        }
        true
    }
}

/// What goes out.
enum Piece {
    Lines(Bytes),
    /// Nothing was sent yet, and nothing will be.
    Refused(Refusal),
    /// The end, and how many lines gave no document.
    End(u64),
}

/// Sends what is said.
struct Telling {
    service: Arc<Service>,
    asked: Asked,
    pieces: Sender<Piece>,
    rejected: u64,
    sent: u64,
}

impl Telling {
    async fn all(mut self, mut parts: Receiver<Part>, broken: Broken, watch: tokio::task::AbortHandle) {
        let result = self.told(&mut parts, &broken).await;
        watch.abort();
        let last = match result {
            Ok(()) => Piece::End(self.rejected),
            Err(refusal) if self.sent == 0 => Piece::Refused(refusal),
            // The response breaks off, since its client must not take it for whole.
            Err(_) => return,
        };
        let _ = timeout(IDLE, self.pieces.send(last)).await;
    }

    async fn told(&mut self, parts: &mut Receiver<Part>, broken: &Broken) -> Result<(), Refusal> {
        while let Some(Part { lines, labels, said }) = parts.recv().await {
            let answers = match said {
                Said::Later(told) => told.await.unwrap_or_else(|_| Err(Refusal::closing()))?,
                Said::Now(answers) => answers,
                Said::Nothing(refusal) => return Err(refusal),
            };
            let written = self.write(&lines, labels.into_iter().zip(answers));
            if !written.is_empty() {
                self.sent += 1;
                let sent = timeout(IDLE, self.pieces.send(Piece::Lines(written.into()))).await;
                if !matches!(sent, Ok(Ok(()))) {
                    // Nobody reads what is said: nothing more is taken.
                    let _ = broken.set(Refusal::slow());
                    return Err(Refusal::slow());
                }
            }
        }
        Ok(())
    }

    fn write(&mut self, lines: &[AskedLine], mut answers: impl Iterator<Item = (Label, Answer)>) -> Vec<u8> {
        // A line and what is said of it: room that is asked for at once is given at once.
        let mut out = Vec::with_capacity(lines.iter().map(|line| line.raw().0.len() + SAID).sum());
        let (mut told, mut rejected) = (Vec::with_capacity(lines.len()), 0);
        for asked in lines {
            if asked.rejected().is_some() {
                rejected += u64::from(asked.begins());
            } else if let Some((label, answer)) = answers.next() {
                if self.asked.passes(answer.verdict.relation) {
                    asked.write(&answer, &mut out);
                }
                told.push((label, answer));
            }
        }
        self.rejected += rejected;
        self.service.figures.rejected(rejected);
        self.service.figures.answered(told);
        out
    }
}

/// The body of the response: it breaks off where it does not end.
struct AnsweredBody {
    first: Option<Piece>,
    sent: Receiver<Piece>,
    is_over: bool,
}

impl HttpBody for AnsweredBody {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, std::io::Error>>> {
        if self.is_over {
            return Poll::Ready(None);
        }
        let next = match self.first.take() {
            Some(first) => Some(first),
            None => match self.sent.poll_recv(context) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(next) => next,
            },
        };
        Poll::Ready(Some(match next {
            Some(Piece::Lines(lines)) => Ok(Frame::data(lines)),
            Some(Piece::End(rejected)) => {
                self.is_over = true;
                Ok(Frame::trailers(HeaderMap::from_iter([(REJECTED, HeaderValue::from(rejected))])))
            }
            Some(Piece::Refused(_)) | None => {
                self.is_over = true;
                Err(std::io::ErrorKind::ConnectionAborted.into())
            }
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_stands_behind_the_question_mark() {
        let asked = |uri: &str| Asked::of(&uri.parse().expect("an address"));
        assert_eq!(asked("/v1/filter"), Ok(Asked::default()));
        assert_eq!(asked("/v1/filter?on_duplicate=drop&check=true"), Ok(Asked { check: true, drop: true }));
        assert!(asked("/v1/filter?chek=true").is_err());
        let default = Asked { check: false, drop: true };
        assert!(default.passes(Directed::Update) && !default.passes(Directed::Contained));
    }
}
