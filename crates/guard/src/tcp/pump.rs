//! One direction of a TCP connection: a reader that stamps what comes, a short queue, and a writer that applies the
//! faults. The queue lets bytes wait out a delay side by side, as they do on a long line.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, sleep_until};

use super::End;
use crate::edge::Edge;
use crate::fault::{Active, Kind, Stream};

/// Bytes read at once.
pub(crate) const PIECE_BYTES: usize = 16 * 1024;
/// Pieces that wait between reader and writer.
pub(crate) const PIECES_WAITING: usize = 16;

/// Carries one direction to its end, and passes the end on.
pub(super) async fn pump(
    edge: &Arc<Edge>,
    number: u64,
    stream: Stream,
    from: ReadHalf<'_>,
    to: WriteHalf<'_>,
) -> Result<(), End> {
    let (give, take) = mpsc::channel(PIECES_WAITING);
    let writer = Writer { edge, number, stream, to, passed: Vec::new() };
    tokio::try_join!(read(from, give), writer.run(take)).map(|((), ())| ())
}

async fn read(mut from: ReadHalf<'_>, give: mpsc::Sender<(Instant, Bytes)>) -> Result<(), End> {
    let mut buffer = BytesMut::with_capacity(PIECE_BYTES);
    loop {
        buffer.reserve(PIECE_BYTES);
        match from.read_buf(&mut buffer).await {
            Ok(0) => return Ok(()),
            Ok(_) => {
                if give.send((Instant::now(), buffer.split().freeze())).await.is_err() {
                    return Ok(());
                }
            }
            Err(_) => return Err(End::Reset),
        }
    }
}

struct Writer<'a, 'b> {
    edge: &'a Edge,
    number: u64,
    stream: Stream,
    to: WriteHalf<'b>,
    /// Bytes that passed under each `limit_data` fault, by its number.
    passed: Vec<(u64, u64)>,
}

impl Writer<'_, '_> {
    async fn run(mut self, mut take: mpsc::Receiver<(Instant, Bytes)>) -> Result<(), End> {
        while let Some((read_at, piece)) = take.recv().await {
            self.pass(read_at, piece).await?;
        }
        for fault in self.faults() {
            if let Kind::SlowClose(slow_close) = fault.wanted.kind {
                self.wait(Instant::now() + slow_close.delay, &fault).await;
            }
        }
        self.held().await;
        // The other side may be gone already; then there is nobody to tell.
        let _ = self.to.shutdown().await;
        Ok(())
    }

    /// The faults on this direction of this connection, now.
    fn faults(&self) -> Vec<Arc<Active>> {
        let mut hitting = self.edge.faults.hitting(self.number);
        hitting.retain(|fault| fault.wanted.stream == self.stream || both_ways(&fault.wanted.kind));
        hitting
    }

    async fn pass(&mut self, read_at: Instant, mut piece: Bytes) -> Result<(), End> {
        self.delayed(read_at).await;
        while !piece.is_empty() {
            self.held().await;
            let faults = self.faults();
            if faults.iter().any(|fault| matches!(fault.wanted.kind, Kind::Timeout(_))) {
                return Ok(());
            }
            let mut size = piece.len();
            let mut pause = None;
            for fault in &faults {
                match fault.wanted.kind {
                    Kind::Bandwidth(bandwidth) => {
                        let (fits, takes) = bandwidth.next(size);
                        size = fits;
                        self.wait(Instant::now() + takes, fault).await;
                    }
                    Kind::Slicer(slicer) => {
                        size = slicer.next(size, &fault.random);
                        pause = Some(slicer.delay);
                    }
                    Kind::LimitData(limit) => size = limit.left(self.passed_under(fault.number), size),
                    Kind::Noop(_) | Kind::Latency(_) | Kind::Refused(_) | Kind::Reset(_) | Kind::Status(_) => {}
                    Kind::Hang(_) | Kind::Timeout(_) | Kind::SlowClose(_) => {}
                }
            }
            self.to.write_all(&piece.split_to(size)).await.map_err(|_| End::Reset)?;
            self.count(&faults, size)?;
            if let Some(pause) = pause {
                sleep(pause).await;
            }
        }
        Ok(())
    }

    /// Waits until a piece is as late as the `latency` faults make it. Drawn once for each piece.
    async fn delayed(&self, read_at: Instant) {
        let mut due = read_at;
        for fault in self.faults() {
            if let Kind::Latency(latency) = fault.wanted.kind {
                due += latency.next(&fault.random);
                self.wait(due, &fault).await;
            }
        }
    }

    /// Waits while a `hang` stands.
    async fn held(&self) {
        loop {
            let changed = self.edge.faults.changed();
            tokio::pin!(changed);
            changed.as_mut().enable();
            let faults = self.faults();
            let Some(hang) = faults.iter().find(|fault| matches!(fault.wanted.kind, Kind::Hang(_))) else { return };
            tokio::select! {
                () = sleep_until(hang.ends) => {}
                () = changed => {}
            }
        }
    }

    /// Waits until a time, or until the fault that asks for it has ended.
    async fn wait(&self, until: Instant, fault: &Active) {
        loop {
            let changed = self.edge.faults.changed();
            tokio::pin!(changed);
            changed.as_mut().enable();
            let current = self.faults().into_iter().find(|other| other.number == fault.number);
            let Some(current) = current else { return };
            tokio::select! {
                () = sleep_until(until.min(current.ends)) => return,
                () = changed => {}
            }
        }
    }

    fn passed_under(&self, fault: u64) -> u64 {
        self.passed.iter().find(|(number, _)| *number == fault).map_or(0, |(_, passed)| *passed)
    }

    /// Counts what passed; the end of a limit is the end of the connection.
    fn count(&mut self, faults: &[Arc<Active>], size: usize) -> Result<(), End> {
        for fault in faults {
            let Kind::LimitData(limit) = fault.wanted.kind else { continue };
            let passed = self.passed_under(fault.number) + size as u64;
            self.passed.retain(|(number, _)| *number != fault.number);
            self.passed.push((fault.number, passed));
            if passed >= limit.bytes {
                return Err(End::Closed);
            }
        }
        Ok(())
    }
}

/// Faults that silence both directions, as a hung peer does.
fn both_ways(kind: &Kind) -> bool {
    matches!(kind, Kind::Hang(_))
}
