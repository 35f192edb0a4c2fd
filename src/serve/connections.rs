//! Connections: accepted within bounds, cut off where a client keeps them without using them, and closed in order.

use std::io;
use std::net::TcpListener;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::http::Request;
use hyper::body::{Frame, Incoming, SizeHint};
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpStream;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, Sleep, sleep, timeout, timeout_at};

use super::body::IDLE;
use super::routes::router;
use super::{LOOK, Service};
use crate::error::{Error, ErrorKind, Result};

/// Connections at once, at most; others wait until one ends.
const CONNECTIONS: usize = 1024;

/// Within so long the head of a request is there, on a connection that is kept open too.
const HEAD: Duration = Duration::from_secs(20);

/// Bytes that a head may have, and that are read at once.
const BUFFER: usize = 64 << 10;

/// How long connections may take to say goodbye.
const GOODBYE: Duration = Duration::from_secs(1);

/// What is left of the time that closing may take for the index itself.
const FOR_INDEX: Duration = Duration::from_secs(2);

/// Requests that are not answered to the end.
type Busy = Arc<AtomicUsize>;

/// Answers until a signal comes, and then what was asked before it; returns until when closing may take.
pub(super) async fn serve(
    service: Arc<Service>,
    listener: TcpListener,
    began: impl FnOnce(),
) -> Result<std::time::Instant> {
    let no_socket = |e| Error::io(ErrorKind::Setting, "the listening socket", e);
    let no_signal = |e| Error::io(ErrorKind::Setting, "signals", e);
    listener.set_nonblocking(true).map_err(no_socket)?;
    let listener = tokio::net::TcpListener::from_std(listener).map_err(no_socket)?;
    let mut ends = signal(SignalKind::terminate()).map_err(no_signal)?;
    let mut interrupts = signal(SignalKind::interrupt()).map_err(no_signal)?;
    let (busy, graceful) = (Busy::default(), Arc::new(GracefulShutdown::new()));
    let accepting = tokio::spawn(accept(service.clone(), listener, busy.clone(), graceful.clone()));
    began();
    std::future::poll_fn(|context| match (ends.poll_recv(context), interrupts.poll_recv(context)) {
        (Poll::Pending, Poll::Pending) => Poll::Pending,
        _ => Poll::Ready(()),
    })
    .await;
    let until = Instant::now() + service.grace;
    // Whoever has a connection is told, and nobody gets a new one.
    service.closing.send_replace(true);
    accepting.abort();
    let _ = accepting.await;
    let for_requests = until - FOR_INDEX.min(service.grace / 2);
    while busy.load(Ordering::Acquire) > 0 && Instant::now() < for_requests {
        sleep(LOOK).await;
    }
    if let Some(graceful) = Arc::into_inner(graceful) {
        let _ = timeout_at(
            for_requests.min(Instant::now() + GOODBYE).max(Instant::now() + LOOK),
            graceful.shutdown(),
        )
        .await;
    }
    let _ = timeout(GOODBYE, service.queue.end()).await;
    Ok(until.into_std())
}

async fn accept(
    service: Arc<Service>,
    listener: tokio::net::TcpListener,
    busy: Busy,
    graceful: Arc<GracefulShutdown>,
) {
    let room = Arc::new(Semaphore::new(CONNECTIONS));
    let answering = TowerToHyperService::new(router(service));
    loop {
        let Ok(permit) = room.clone().acquire_owned().await else { return };
        match listener.accept().await {
            Ok((stream, _)) => {
                // What is small goes out at once; where a system does not know that, later.
                let _ = stream.set_nodelay(true);
                tokio::spawn(connection(stream, answering.clone(), busy.clone(), graceful.watcher(), permit));
            }
            // A connection that broke off is none of ours, and where the system has no more files some will be closed.
            Err(_) => sleep(LOOK).await,
        }
    }
}

async fn connection(
    stream: TcpStream,
    answering: TowerToHyperService<axum::Router>,
    busy: Busy,
    watcher: hyper_util::server::graceful::Watcher,
    _permit: OwnedSemaphorePermit,
) {
    let answer = service_fn(move |request: Request<Incoming>| {
        busy.fetch_add(1, Ordering::AcqRel);
        let guard = BusyGuard(busy.clone());
        let answered = answering.call(request);
        async move { answered.await.map(|response| response.map(|body| CountedBody { body, _guard: guard })) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .max_buf_size(BUFFER)
        .serve_connection(PatientStream { io: TokioIo::new(stream), stuck: None }, answer);
    // A client that breaks off, or that speaks something else, has said all that it will.
    let _ = watcher.watch(connection).await;
}

struct BusyGuard(Busy);

impl Drop for BusyGuard {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

/// The body of a response, until whose end its request counts.
struct CountedBody {
    body: Body,
    _guard: BusyGuard,
}

impl HttpBody for CountedBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<std::result::Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// A connection whose client has so long to take what is sent, and no longer.
struct PatientStream {
    io: TokioIo<TcpStream>,
    /// Since when it takes nothing.
    stuck: Option<Pin<Box<Sleep>>>,
}

impl PatientStream {
    fn written(
        &mut self,
        context: &mut Context<'_>,
        write: impl FnOnce(Pin<&mut TokioIo<TcpStream>>, &mut Context<'_>) -> Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        if let Poll::Ready(written) = write(Pin::new(&mut self.io), context) {
            self.stuck = None;
            return Poll::Ready(written);
        }
        let stuck = self.stuck.get_or_insert_with(|| Box::pin(sleep(IDLE)));
        ready!(stuck.as_mut().poll(context));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl Read for PatientStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_read(context, into)
    }
}

impl Write for PatientStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.written(context, |io, context| io.poll_write(context, bytes))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(context)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.written(context, |io, context| io.poll_write_vectored(context, parts))
    }
}
