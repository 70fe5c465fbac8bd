//! Listening, serving, and ending in good order.

use std::future::{Future, IntoFuture};
use std::net::SocketAddr;
use std::time::Duration;

use ledger::Address;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::{Error, routes};

/// How long requests may still take when the server is asked to end.
pub const DRAIN_WITHIN: Duration = Duration::from_secs(5);

/// What a server needs to know.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where to listen; port 0 is any free one.
    pub listen: SocketAddr,
    /// The ledger to show. It need not be there yet.
    pub ledger: Address,
}

/// A server that listens and does not answer yet.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    ledger: Address,
}

impl Server {
    /// Listens.
    ///
    /// # Errors
    /// [`Error::Listen`] when the address is taken or not ours.
    pub fn bind(options: Options) -> Result<Self, Error> {
        let at = options.listen;
        let io = |source: std::io::Error| Error::Listen { at, source: source.into() };
        let listener = outside::net::listen(at, false).map_err(|source| Error::Listen { at, source: source.into() })?;
        let listener = TcpListener::from_std(listener).map_err(io)?;
        let address = listener.local_addr().map_err(io)?;
        Ok(Self { listener, address, ledger: options.ledger })
    }

    /// Where it listens, with the port that was found.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers until `until` is over, then takes no new connection and waits at most [`DRAIN_WITHIN`] for the open
    /// ones.
    ///
    /// # Errors
    /// [`Error::Ended`] when it could not go on.
    pub async fn serve(self, until: impl Future<Output = ()> + Send + 'static) -> Result<(), Error> {
        let router = routes::router(self.ledger, self.address);
        let (say_ending, ending) = oneshot::channel();
        let serving = axum::serve(self.listener, router).with_graceful_shutdown(async move {
            until.await;
            // Nobody hears it when serving has ended by itself.
            let _ = say_ending.send(());
        });
        let drained_too_long = async {
            match ending.await {
                Ok(()) => tokio::time::sleep(DRAIN_WITHIN).await,
                Err(_) => std::future::pending().await,
            }
        };
        tokio::select! {
            ended = serving.into_future() => ended.map_err(Error::Ended),
            () = drained_too_long => Ok(()),
        }
    }
}

/// Listens and answers until `until` is over.
///
/// # Errors
/// As [`Server::bind`] and [`Server::serve`].
pub async fn serve(options: Options, until: impl Future<Output = ()> + Send + 'static) -> Result<(), Error> {
    Server::bind(options)?.serve(until).await
}
