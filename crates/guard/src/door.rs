//! Doors: listening sockets, opened and closed while the guard runs. An edge listens once on each core
//! (SO_REUSEPORT) and the kernel spreads the connections.
//!
//! With SO_REUSEPORT two guards of the same user could share a port by mistake and each get half of the traffic.
//! So a fixed port is first bound alone; only when that works is it bound again to be shared.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::time::timeout;

use crate::Error;
use crate::edge::Edge;
use crate::lock::lock;

/// How long a door may take to close when its connections are cut.
pub const CLOSE_WITHIN: Duration = Duration::from_secs(1);
/// Orders that may wait for a core.
pub(crate) const MOST_ORDERS: usize = 256;

/// What the connections of an edge are to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Go on.
    Open,
    /// Accept no more; finish what has begun.
    Drain,
    /// End at once.
    Cut,
}

/// A door that is open. All cores and connections watch its mode.
#[derive(Debug)]
pub(crate) struct Open {
    mode: watch::Sender<Mode>,
}

/// What a core is told.
pub(crate) enum Order {
    /// Accept connections for an edge.
    Accept {
        /// The edge.
        edge: Arc<Edge>,
        /// This core's socket.
        listener: TcpListener,
        /// Until this says otherwise.
        mode: watch::Receiver<Mode>,
    },
}

/// The ways to the cores.
#[derive(Clone, Debug)]
pub(crate) struct Cores(pub(crate) Vec<mpsc::Sender<Order>>);

impl Open {
    /// Tells all connections.
    pub(crate) fn tell(&self, mode: Mode) {
        self.mode.send_replace(mode);
    }
}

impl Cores {
    /// Opens the door of an edge; the address it listens on is noted in the edge.
    ///
    /// # Errors
    /// When the address cannot be listened on; nothing listens then.
    pub(crate) fn open(&self, edge: &Arc<Edge>) -> Result<SocketAddr, Error> {
        let wanted = *lock(&edge.listen);
        let failed = |source| Error::Listen { edge: edge.name.clone(), address: wanted, source };
        let listeners = bind(wanted, self.0.len()).map_err(failed)?;
        let address = listeners[0].local_addr().unwrap_or(wanted);
        let (tell, mode) = watch::channel(Mode::Open);
        for (core, listener) in self.0.iter().zip(listeners) {
            let order = Order::Accept { edge: Arc::clone(edge), listener, mode: mode.clone() };
            if core.try_send(order).is_err() {
                tell.send_replace(Mode::Cut);
                return Err(Error::Plan(format!("edge {} cannot be opened: a core takes no more orders", edge.name)));
            }
        }
        *lock(&edge.listen) = address;
        *lock(&edge.door) = Some(Open { mode: tell });
        Ok(address)
    }
}

/// Closes the door of an edge, cuts its connections and waits until they are gone, for a short while.
pub(crate) async fn close(edge: &Edge) {
    let Some(open) = lock(&edge.door).take() else { return };
    open.tell(Mode::Cut);
    // Past the deadline the tasks are still told to end; only nobody waits for them.
    let _ = timeout(CLOSE_WITHIN, open.mode.closed()).await;
}

/// As many sockets on one address as there are cores; never empty.
fn bind(at: SocketAddr, cores: usize) -> Result<Vec<TcpListener>, outside::Error> {
    if cores <= 1 {
        return Ok(vec![outside::net::listen(at, false)?]);
    }
    if at.port() != 0 {
        drop(outside::net::listen(at, false)?);
    }
    let first = outside::net::listen(at, true)?;
    let at = first.local_addr().unwrap_or(at);
    let mut all = vec![first];
    while all.len() < cores {
        all.push(outside::net::listen(at, true)?);
    }
    Ok(all)
}
