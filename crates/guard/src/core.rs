//! One core: a thread with an event loop of its own, a pool of upstream connections of its own, and one accepting
//! task for each edge. Nothing moves between cores.

use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::door::{Mode, Order};
use crate::edge::Edge;
use crate::pool::Pool;
use crate::{http, tcp};

/// How long requests that have begun may take when the guard stops.
pub const DRAIN_WITHIN: Duration = Duration::from_secs(5);
/// How long to leave `accept` alone after it failed (usually for want of file descriptors).
const ACCEPT_AGAIN_AFTER: Duration = Duration::from_millis(50);

/// Runs until the orders end and every door is closed.
pub(crate) async fn run(mut orders: mpsc::Receiver<Order>) {
    let pool = Arc::new(Pool::default());
    let mut doors = JoinSet::new();
    loop {
        tokio::select! {
            order = orders.recv() => match order {
                Some(Order::Accept { edge, listener, mode }) => {
                    if let Ok(listener) = TcpListener::from_std(listener) {
                        doors.spawn(accept(edge, listener, mode, Arc::clone(&pool)));
                    }
                }
                None => break,
            },
            Some(_) = doors.join_next() => {}
        }
    }
    while doors.join_next().await.is_some() {}
}

/// Accepts connections until told otherwise, then sees them off.
async fn accept(edge: Arc<Edge>, listener: TcpListener, mut mode: watch::Receiver<Mode>, pool: Arc<Pool>) {
    let mut connections = JoinSet::new();
    while *mode.borrow_and_update() == Mode::Open {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => {
                    if let Some(seat) = edge.seat() {
                        let entrance = crate::request::Entrance { edge: Arc::clone(&edge), pool: Arc::clone(&pool), peer };
                        connections.spawn(carry(entrance, stream, mode.clone(), seat));
                    }
                }
                Err(_) => sleep(ACCEPT_AGAIN_AFTER).await,
            },
            Some(_) = connections.join_next() => {}
            changed = mode.changed() => if changed.is_err() { break },
        }
    }
    drop(listener);
    let all_gone = async { while connections.join_next().await.is_some() {} };
    if timeout(DRAIN_WITHIN, all_gone).await.is_err() {
        connections.shutdown().await;
    }
}

async fn carry(
    entrance: crate::request::Entrance,
    stream: TcpStream,
    mode: watch::Receiver<Mode>,
    seat: crate::edge::Seat,
) {
    // Small answers must not wait for Nagle; a socket that refuses the option still works.
    let _ = stream.set_nodelay(true);
    match entrance.edge.policy.protocol {
        system::Protocol::Http => http::carry(entrance, stream, mode).await,
        system::Protocol::Tcp => tcp::carry(entrance, stream, mode).await,
    }
    drop(seat);
}
