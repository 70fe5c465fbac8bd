//! Why a guard could not start. Everything that is wrong with arguments and files is a `text::Problem` and is told
//! before; what is left is the machine saying no.

use std::net::SocketAddr;

/// A guard that did not start. Nothing is left listening.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The address of an edge cannot be listened on.
    #[error("edge {edge} cannot listen on {address}: the port is taken or the address is not of this machine")]
    Listen {
        /// The edge.
        edge: String,
        /// Where it should have listened.
        address: SocketAddr,
        /// What the system said.
        source: outside::Error,
    },
    /// The admin address cannot be listened on.
    #[error("the admin port cannot listen on {address}: the port is taken or the address is not of this machine")]
    Admin {
        /// Where it should have listened.
        address: SocketAddr,
        /// What the system said.
        source: outside::Error,
    },
    /// The plan cannot be carried out.
    #[error("{0}")]
    Plan(String),
    /// The system gave no thread or no event loop.
    #[error("cannot start thread {name}")]
    Thread {
        /// Its name.
        name: String,
        /// What the system said.
        source: std::io::Error,
    },
}
