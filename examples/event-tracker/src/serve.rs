//! Serves a router until it is told to stop, then drains with a deadline.

use std::future::IntoFuture;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::time::timeout;

/// How long requests may take to finish after the stop.
const DRAIN_WITHIN: Duration = Duration::from_secs(5);

/// Serves until `stop` resolves. Requests under way are finished, at most for five seconds.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    stop: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let (tell, told) = oneshot::channel::<()>();
    let stop = async move {
        stop.await;
        drop(tell);
    };
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    let mut served = std::pin::pin!(axum::serve(listener, service).with_graceful_shutdown(stop).into_future());
    tokio::select! {
        done = &mut served => done,
        _ = told => timeout(DRAIN_WITHIN, served).await.unwrap_or(Ok(())),
    }
}
