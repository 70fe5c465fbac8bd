//! The bytes of a message on their way through: whole when the guard wrote them or keeps them for a retry, else
//! streamed without ever being held as a whole.
//!
//! A streamed body does three things on its way: it hands the upstream connection back to the pool when it has ended,
//! it copies itself for the cache up to a limit, and it trickles while a `bandwidth` fault stands. A body that stands
//! still for [`BODY_STANDSTILL`] is broken off.

use std::error::Error;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use hyper::body::{Body, Frame, Incoming, SizeHint};
use tokio::time::{Instant, Sleep, sleep, sleep_until};

use crate::edge::Edge;
use crate::pool::Lease;
use crate::timeout::BODY_STANDSTILL;

/// An error on the way; hyper wants it boxed.
pub(crate) type BoxError = Box<dyn Error + Send + Sync>;

/// The body of a request or an answer.
pub(crate) struct Payload {
    source: Source,
    /// Rings when the other side has been silent for too long; only there while it is silent.
    standstill: Option<Pin<Box<Sleep>>>,
    kept: Option<Kept>,
    trickle: Option<Trickle>,
    /// The upstream connection it comes from, to be handed back at its end.
    lease: Option<Lease>,
    /// Whose failure a break is.
    edge: Option<Arc<Edge>>,
    upload: Option<Upload>,
    known_end: bool,
}

enum Source {
    Whole(Bytes),
    Streamed { first: Bytes, rest: Incoming },
    Ended,
}

/// A copy for the cache, made while the body passes.
pub(crate) struct Kept {
    limit: usize,
    copy: BytesMut,
    keep: Box<dyn FnOnce(Bytes) + Send + Sync>,
}

impl Kept {
    /// A copy of at most `limit` bytes; `keep` gets it when the body has ended, and never when it was longer or broke.
    pub(crate) fn new(limit: usize, keep: Box<dyn FnOnce(Bytes) + Send + Sync>) -> Self {
        Self { limit, copy: BytesMut::new(), keep }
    }
}

/// Whether the guard waits for the client's next byte; tells a slow client from a slow upstream.
#[derive(Clone, Debug, Default)]
pub(crate) struct Upload(Arc<AtomicBool>);

impl Upload {
    /// Whether the client is who everybody waits for.
    pub(crate) fn waits_for_client(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Bytes held back by a `bandwidth` fault.
struct Trickle {
    /// The connection's or attempt's number, for the fault's choice.
    number: u64,
    held: Bytes,
    pause: Option<(Pin<Box<Sleep>>, usize)>,
}

// ===== making one =====

impl Payload {
    /// All there is.
    pub(crate) fn whole(bytes: impl Into<Bytes>) -> Self {
        Self::of(Source::Whole(bytes.into()), true)
    }

    /// What a client sends, `first` being what was read already.
    pub(crate) fn from_client(first: Bytes, rest: Incoming, upload: Upload) -> Self {
        let source = Source::Streamed { first, rest };
        Self { upload: Some(upload), ..Self::of(source, true) }
    }

    /// What an upstream answers. `known_end`: a length or chunks tell where it ends, so that a broken one is noticed.
    pub(crate) fn from_upstream(body: Incoming, known_end: bool, edge: Arc<Edge>, lease: Lease) -> Self {
        let mut payload = Self::of(Source::Streamed { first: Bytes::new(), rest: body }, known_end);
        payload.lease = Some(lease);
        payload.edge = Some(edge);
        payload.finish_if_ended();
        payload
    }

    /// The same, trickling while a `bandwidth` fault hits this number.
    pub(crate) fn trickling(mut self, number: u64) -> Self {
        self.trickle = Some(Trickle { number, held: Bytes::new(), pause: None });
        self
    }

    /// The same, copying itself on the way.
    pub(crate) fn kept(mut self, kept: Kept) -> Self {
        self.kept = Some(kept);
        self.finish_if_ended();
        self
    }

    /// Whether an early end would be noticed.
    pub(crate) fn has_known_end(&self) -> bool {
        self.known_end
    }

    fn of(source: Source, known_end: bool) -> Self {
        Self { source, standstill: None, kept: None, trickle: None, lease: None, edge: None, upload: None, known_end }
    }
}

// ===== passing it on =====

impl Payload {
    fn poll_source(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let frame = match &mut self.source {
            Source::Ended => return Poll::Ready(None),
            Source::Whole(bytes) => {
                let bytes = std::mem::take(bytes);
                (!bytes.is_empty()).then(|| Ok(Frame::data(bytes)))
            }
            Source::Streamed { first, .. } if !first.is_empty() => Some(Ok(Frame::data(std::mem::take(first)))),
            Source::Streamed { rest, .. } => match Pin::new(rest).poll_frame(cx) {
                Poll::Pending => return self.poll_standstill(cx),
                Poll::Ready(frame) => frame.map(|frame| frame.map_err(BoxError::from)),
            },
        };
        self.standstill = None;
        self.waiting_for_client(false);
        Poll::Ready(self.passed(frame))
    }

    /// The other side is silent: too long?
    fn poll_standstill(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        self.waiting_for_client(true);
        let alarm = self.standstill.get_or_insert_with(|| Box::pin(sleep(BODY_STANDSTILL)));
        ready!(alarm.as_mut().poll(cx));
        Poll::Ready(self.passed(Some(Err("the body stood still for too long".into()))))
    }

    /// Notes what passes: copies it, and settles accounts at the end.
    fn passed(&mut self, frame: Option<Result<Frame<Bytes>, BoxError>>) -> Option<Result<Frame<Bytes>, BoxError>> {
        match &frame {
            Some(Ok(frame)) => {
                self.copy(frame);
                self.finish_if_ended();
            }
            Some(Err(_)) => self.break_off(),
            None => self.finish(),
        }
        frame
    }

    fn copy(&mut self, frame: &Frame<Bytes>) {
        let (Some(kept), Some(data)) = (&mut self.kept, frame.data_ref()) else { return };
        if kept.copy.len() + data.len() > kept.limit {
            self.kept = None;
        } else {
            kept.copy.extend_from_slice(data);
        }
    }

    fn finish_if_ended(&mut self) {
        let ended = match &self.source {
            Source::Whole(bytes) => bytes.is_empty(),
            Source::Streamed { first, rest } => first.is_empty() && rest.is_end_stream(),
            Source::Ended => true,
        };
        if ended {
            self.finish();
        }
    }

    fn finish(&mut self) {
        self.source = Source::Ended;
        if let Some(kept) = self.kept.take() {
            (kept.keep)(kept.copy.freeze());
        }
        if let Some(lease) = self.lease.take() {
            lease.give_back();
        }
    }

    fn break_off(&mut self) {
        self.source = Source::Ended;
        self.kept = None;
        self.lease = None;
        if let Some(edge) = &self.edge {
            edge.counts.upstream_failures.add();
        }
    }

    fn waiting_for_client(&self, waiting: bool) {
        if let Some(upload) = &self.upload {
            upload.0.store(waiting, Ordering::Relaxed);
        }
    }

    fn poll_trickle(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        loop {
            let Some(trickle) = &mut self.trickle else { return self.poll_source(cx) };
            if let Some((pause, size)) = &mut trickle.pause {
                ready!(pause.as_mut().poll(cx));
                let piece = trickle.held.split_to(*size);
                trickle.pause = None;
                return Poll::Ready(Some(Ok(Frame::data(piece))));
            }
            if trickle.held.is_empty() {
                match ready!(self.poll_source(cx)) {
                    Some(Ok(frame)) => match (frame.into_data(), &mut self.trickle) {
                        (Ok(data), Some(trickle)) => trickle.held = data,
                        (Ok(data), None) => return Poll::Ready(Some(Ok(Frame::data(data)))),
                        (Err(trailers), _) => return Poll::Ready(Some(Ok(trailers))),
                    },
                    other => return Poll::Ready(other),
                }
                continue;
            }
            match self.edge.as_ref().and_then(|edge| edge.bandwidth(trickle.number)) {
                None => return Poll::Ready(Some(Ok(Frame::data(std::mem::take(&mut trickle.held))))),
                Some(bandwidth) => {
                    let (size, takes) = bandwidth.next(trickle.held.len());
                    trickle.pause = Some((Box::pin(sleep_until(Instant::now() + takes)), size));
                }
            }
        }
    }

    fn holds_back(&self) -> bool {
        self.trickle.as_ref().is_some_and(|trickle| !trickle.held.is_empty())
    }
}

impl Body for Payload {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        self.get_mut().poll_trickle(cx)
    }

    fn is_end_stream(&self) -> bool {
        let ended = match &self.source {
            Source::Whole(bytes) => bytes.is_empty(),
            Source::Streamed { first, rest } => first.is_empty() && rest.is_end_stream(),
            Source::Ended => true,
        };
        ended && !self.holds_back()
    }

    fn size_hint(&self) -> SizeHint {
        let held = self.trickle.as_ref().map_or(0, |trickle| trickle.held.len()) as u64;
        let (lower, upper) = match &self.source {
            Source::Ended => (0, Some(0)),
            Source::Whole(bytes) => (bytes.len() as u64, Some(bytes.len() as u64)),
            Source::Streamed { first, rest } => {
                let (hint, first) = (rest.size_hint(), first.len() as u64);
                (hint.lower() + first, hint.upper().map(|upper| upper + first))
            }
        };
        let mut hint = SizeHint::new();
        hint.set_lower(lower + held);
        if let Some(upper) = upper {
            hint.set_upper(upper + held);
        }
        hint
    }
}
