//! Bodies: read within their bounds of bytes and time, whole or as a stream.

use std::io::{self, Read};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_ENCODING, CONTENT_LENGTH};
use http_body_util::BodyExt;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::time::{Instant, timeout, timeout_at};

use super::refusal::Refusal;
use crate::corpus::Format;
use crate::corpus::arriving::{Arriving, of_stream};

/// A body of which nothing comes for so long is cut off.
pub(super) const IDLE: Duration = Duration::from_secs(30);

/// So long a body may take that is held until it is whole.
const WHOLE: Duration = Duration::from_secs(60);

/// Bytes that are counted as one: what a semaphore counts is a `u32`.
const UNIT: u64 = 1 << 10;

/// Bytes of a stream that are held until they are judged, at most. Many clients send everything before they read anything: of a
/// body of so many bytes all is taken in.
const STREAM: u64 = 16 << 20;

/// Bytes of all bodies that are held at once, at least: those of eight full streams.
const ALL: u64 = 8 * STREAM;

/// Room for bodies, which all requests share.
#[derive(Debug, Clone)]
pub(super) struct BodyRoom {
    room: Arc<Semaphore>,
    pub most: u64,
    all: u64,
}

/// A part of the room, held as long as the body is.
pub(super) type Held = Option<OwnedSemaphorePermit>;

fn units(bytes: u64) -> u32 {
    u32::try_from(bytes.div_ceil(UNIT)).unwrap_or(u32::MAX)
}

/// How a body is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Encoding {
    None,
    /// By gzip or zstd, as its first bytes say.
    Compressed,
}

impl Encoding {
    fn of(headers: &HeaderMap) -> Result<Encoding, Refusal> {
        let Some(value) = headers.get(CONTENT_ENCODING) else { return Ok(Encoding::None) };
        match value.to_str().map(str::to_ascii_lowercase).as_deref() {
            Ok("identity") => Ok(Encoding::None),
            Ok("gzip" | "x-gzip" | "zstd") => Ok(Encoding::Compressed),
            _ => Err(Refusal::wrong(
                "the Content-Encoding is neither gzip nor zstd; send the body in one of them, or plain",
            )),
        }
    }
}

fn length(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

impl BodyRoom {
    /// Room for bodies of so many bytes each, at most.
    pub fn new(most: u64) -> BodyRoom {
        let all = ALL.max(most);
        BodyRoom { room: Arc::new(Semaphore::new(units(all) as usize)), most, all }
    }

    /// Bytes that are held.
    pub fn held(&self) -> u64 {
        self.all.saturating_sub(self.room.available_permits() as u64 * UNIT)
    }

    fn take(&self, bytes: u64, held: &mut Held) -> Result<(), Refusal> {
        let more = self.room.clone().try_acquire_many_owned(units(bytes)).map_err(|_| Refusal::busy())?;
        match held {
            Some(held) => held.merge(more),
            None => *held = Some(more),
        }
        Ok(())
    }

    /// A whole body, decompressed.
    pub async fn whole(&self, headers: &HeaderMap, mut body: Body) -> Result<(Vec<u8>, Held), Refusal> {
        let read = self.held_whole(headers, &mut body).await;
        if read.is_err() {
            drain(&mut body).await;
        }
        read
    }

    async fn held_whole(&self, headers: &HeaderMap, body: &mut Body) -> Result<(Vec<u8>, Held), Refusal> {
        let encoding = Encoding::of(headers)?;
        let (mut held, mut bytes, mut room) = (None, Vec::new(), 0);
        if let Some(length) = length(headers) {
            if length > self.most {
                return Err(Refusal::too_large(self.most));
            }
            self.take(length, &mut held)?;
            room = length;
        }
        let until = Instant::now() + WHOLE;
        loop {
            let frame = timeout_at(until.min(Instant::now() + IDLE), body.frame());
            let Some(frame) = frame.await.map_err(|_| Refusal::slow())? else { break };
            let frame = frame.map_err(|_| Refusal::wrong("the body breaks off"))?;
            let Ok(piece) = frame.into_data() else { continue };
            let len = (bytes.len() + piece.len()) as u64;
            if len > self.most {
                return Err(Refusal::too_large(self.most));
            }
            if len > room {
                self.take(len - room, &mut held)?;
                room = len;
            }
            bytes.extend_from_slice(&piece);
        }
        if encoding == Encoding::Compressed {
            self.take(self.most - room, &mut held)?;
            bytes = decompressed(bytes, self.most)?;
        }
        Ok((bytes, held))
    }

    /// A body that is read while it comes; waits for room.
    pub async fn stream(&self, headers: &HeaderMap, mut body: Body) -> Result<StreamedBody, Refusal> {
        let encoding = Encoding::of(headers)?;
        let length = length(headers);
        if length.is_some_and(|length| length > self.most) {
            drain(&mut body).await;
            return Err(Refusal::too_large(self.most));
        }
        let holds = length.unwrap_or(STREAM).clamp(UNIT, STREAM);
        let room = timeout(IDLE, self.room.clone().acquire_many_owned(units(holds)));
        let Ok(Ok(held)) = room.await else { return Err(Refusal::busy()) };
        let (sender, pieces) = mpsc::unbounded_channel();
        let ended = Arc::new(OnceLock::new());
        let taker =
            Intake { body, sender, room: Arc::new(Semaphore::new(holds as usize)), holds, most: self.most };
        let task = tokio::spawn(taker.all(ended.clone()));
        let pieces = Pieces { pieces, piece: Bytes::new(), permit: None, ended: ended.clone() };
        Ok(StreamedBody {
            pieces,
            encoding,
            most: self.most,
            ended,
            intake: task.abort_handle(),
            _held: held,
        })
    }
}

/// Bytes of a refused body that are read all the same, at most, and how long: whoever sends everything first hears only
/// then why it was refused.
const DRAINED: usize = 64 << 20;
const DRAINING: Duration = Duration::from_secs(5);

/// Reads what nobody wants.
pub(super) async fn drain(body: &mut Body) {
    let all = async {
        let mut left = DRAINED;
        while let Some(Ok(frame)) = body.frame().await {
            let bytes = frame.into_data().map_or(0, |piece| piece.len());
            match left.checked_sub(bytes) {
                Some(rest) => left = rest,
                None => return,
            }
        }
    };
    // However it ends, it ends.
    let _ = timeout(DRAINING, all).await;
}

fn decompressed(bytes: Vec<u8>, most: u64) -> Result<Vec<u8>, Refusal> {
    let broken = |e: io::Error| Refusal::wrong(format!("the body cannot be decompressed: {e}"));
    let from = plain(io::Cursor::new(bytes)).map_err(broken)?;
    let mut plain = Vec::new();
    from.take(most + 1).read_to_end(&mut plain).map_err(broken)?;
    if plain.len() as u64 > most { Err(Refusal::too_large(most)) } else { Ok(plain) }
}

/// What a compressed body holds.
fn plain<R: Read + 'static>(from: R) -> io::Result<Box<dyn Read>> {
    Ok(match of_stream(from, Format::Jsonl)? {
        Arriving::Lines(lines) => lines,
        Arriving::Other(other) => Box::new(other),
    })
}

/// A body on its way.
pub(super) struct StreamedBody {
    pieces: Pieces,
    encoding: Encoding,
    most: u64,
    ended: Arc<OnceLock<Refusal>>,
    intake: tokio::task::AbortHandle,
    _held: OwnedSemaphorePermit,
}

/// Why a stream broke off, once it did.
pub(super) type Broken = Arc<OnceLock<Refusal>>;

impl StreamedBody {
    /// Why it broke off, to be asked after reading failed.
    pub fn broken(&self) -> Broken {
        self.ended.clone()
    }

    /// Ends reading: what has not come is not waited for.
    pub fn intake(&self) -> tokio::task::AbortHandle {
        self.intake.clone()
    }

    /// What it holds, decompressed; to be read on a thread that may block.
    pub fn reader(self) -> io::Result<impl Read> {
        let StreamedBody { pieces, encoding, most, ended, _held, .. } = self;
        let from: Box<dyn Read> = match encoding {
            Encoding::None => Box::new(pieces),
            Encoding::Compressed => plain(pieces)?,
        };
        Ok(Bounded { from, left: most, most, ended, _held })
    }
}

/// Takes a body in, piece by piece.
struct Intake {
    body: Body,
    sender: mpsc::UnboundedSender<(Bytes, OwnedSemaphorePermit)>,
    room: Arc<Semaphore>,
    holds: u64,
    most: u64,
}

impl Intake {
    async fn all(mut self, ended: Broken) {
        let mut bytes = 0;
        loop {
            let refusal = match timeout(IDLE, self.body.frame()).await {
                Err(_) => Refusal::slow(),
                // What ends well ends here.
                Ok(None) => return,
                Ok(Some(Err(_))) => Refusal::wrong("the body breaks off"),
                Ok(Some(Ok(frame))) => {
                    let Ok(piece) = frame.into_data() else { continue };
                    bytes += piece.len() as u64;
                    if bytes > self.most {
                        Refusal::too_large(self.most)
                    } else if self.hand_on(piece).await {
                        continue;
                    } else {
                        return;
                    }
                }
            };
            // The first reason counts.
            let _ = ended.set(refusal);
            let Intake { mut body, sender, .. } = self;
            drop(sender);
            return drain(&mut body).await;
        }
    }

    /// Hands a piece on once there is room for it; false where nobody listens any more.
    async fn hand_on(&mut self, piece: Bytes) -> bool {
        let units = (piece.len() as u64).min(self.holds) as u32;
        match self.room.clone().acquire_many_owned(units).await {
            Ok(permit) => self.sender.send((piece, permit)).is_ok(),
            Err(_) => false,
        }
    }
}

/// Pieces of a body, as what is read. Blocks.
struct Pieces {
    pieces: mpsc::UnboundedReceiver<(Bytes, OwnedSemaphorePermit)>,
    piece: Bytes,
    permit: Option<OwnedSemaphorePermit>,
    ended: Broken,
}

impl Read for Pieces {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut filled = 0;
        while filled < buffer.len() {
            if self.piece.is_empty() {
                self.permit = None;
                // What is there already is read together.
                let next = if filled > 0 { self.pieces.try_recv().ok() } else { self.pieces.blocking_recv() };
                match next {
                    Some((piece, permit)) => (self.piece, self.permit) = (piece, Some(permit)),
                    None if filled == 0 && self.ended.get().is_some() => {
                        return Err(io::ErrorKind::ConnectionAborted.into());
                    }
                    None => break,
                }
            }
            let take = self.piece.len().min(buffer.len() - filled);
            buffer[filled..filled + take].copy_from_slice(&self.piece.split_to(take));
            filled += take;
        }
        Ok(filled)
    }
}

/// What is not more than so many bytes.
struct Bounded {
    from: Box<dyn Read>,
    left: u64,
    most: u64,
    ended: Broken,
    _held: OwnedSemaphorePermit,
}

impl Read for Bounded {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.from.read(buffer)? as u64;
        match self.left.checked_sub(read) {
            Some(left) => self.left = left,
            None => {
                let _ = self.ended.set(Refusal::too_large(self.most));
                return Err(io::ErrorKind::FileTooLarge.into());
            }
        }
        Ok(read as usize)
    }
}
