//! What can go wrong with the server as a whole. What goes wrong with one request is an answer.

use std::net::SocketAddr;

/// Why there is no server.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The address cannot be listened on.
    #[error("cannot listen on {at}: is something else there already?")]
    Listen {
        /// The address.
        at: SocketAddr,
        /// What the system said.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// Serving ended by itself.
    #[error("the server ended by itself")]
    Ended(#[source] std::io::Error),
}
