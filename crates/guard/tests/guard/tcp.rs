//! TCP edges: bytes both ways, faults on standing connections, and what protects them.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::json;
use system::Policy;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

use crate::world::*;

/// A server that sends back what it gets, and ends when the client does.
fn echo() -> SocketAddr {
    let listener = listen(loopback());
    let at = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            tokio::spawn(async move {
                let (mut from, mut to) = stream.split();
                let _ = tokio::io::copy(&mut from, &mut to).await;
            });
        }
    });
    at
}

async fn connect(world: &World) -> TcpStream {
    outside::net::connect(world.at, PATIENCE).await.unwrap()
}

/// How a new connection ends. One that is reset at once may be so while it is still being opened.
async fn ends(world: &World) -> Result<Vec<u8>, std::io::ErrorKind> {
    match outside::net::connect(world.at, PATIENCE).await {
        Ok(mut stream) => ended(&mut stream).await,
        Err(outside::Error::Io { source, .. }) => Err(source.kind()),
        Err(other) => panic!("{other}"),
    }
}

/// Whether a new connection echoes.
async fn echoes(world: &World) -> bool {
    match outside::net::connect(world.at, PATIENCE).await {
        Ok(mut stream) => says(&mut stream, "a").await.is_ok(),
        Err(_) => false,
    }
}

/// Says something and hears it back.
async fn says(stream: &mut TcpStream, text: &str) -> std::io::Result<String> {
    stream.write_all(text.as_bytes()).await?;
    let mut heard = vec![0; text.len()];
    timeout(PATIENCE, stream.read_exact(&mut heard)).await.expect("the echo answers or the connection ends")?;
    Ok(String::from_utf8(heard).unwrap())
}

async fn ended(stream: &mut TcpStream) -> Result<Vec<u8>, std::io::ErrorKind> {
    let mut rest = Vec::new();
    match timeout(PATIENCE, stream.read_to_end(&mut rest)).await.expect("the connection ends") {
        Ok(_) => Ok(rest),
        Err(error) => Err(error.kind()),
    }
}

const RESET: Result<Vec<u8>, std::io::ErrorKind> = Err(std::io::ErrorKind::ConnectionReset);

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn bytes_pass_both_ways_and_a_half_close_is_passed_on() {
    let world = World::of(tcp(), vec![echo()]);
    let mut stream = connect(&world).await;
    assert_eq!(says(&mut stream, "hello").await.unwrap(), "hello");
    let large = "z".repeat(1_000_000);
    let (mut from, mut to) = stream.split();
    let send = async {
        to.write_all(large.as_bytes()).await.unwrap();
        to.shutdown().await.unwrap();
    };
    let mut heard = Vec::new();
    let hear = async {
        from.read_to_end(&mut heard).await.unwrap();
    };
    timeout(PATIENCE, async { tokio::join!(send, hear) }).await.unwrap();
    assert_eq!(heard.len(), large.len());
    assert_eq!(world.counts().await["requests"], 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_dead_upstream_resets_its_client() {
    let world = World::of(tcp(), vec![nobody()]);
    assert_eq!(ends(&world).await, RESET);
    assert_eq!(world.counts().await["upstream_failures"], 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn refused_and_reset_break_standing_and_new_connections_and_end() {
    for kind in ["refused", "reset"] {
        let world = World::of(tcp(), vec![echo()]);
        let mut standing = connect(&world).await;
        assert_eq!(says(&mut standing, "a").await.unwrap(), "a");
        world.admin.fault(json!({"kind": kind, "ttl_ms": 500})).await;
        assert_eq!(ended(&mut standing).await, RESET, "{kind}");
        assert_eq!(ends(&world).await, RESET, "{kind}");
        until("it ends", async || echoes(&world).await).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn hang_holds_bytes_and_lets_them_go_when_it_ends() {
    let world = World::of(tcp(), vec![echo()]);
    let mut stream = connect(&world).await;
    assert_eq!(says(&mut stream, "a").await.unwrap(), "a");
    world.admin.fault(json!({"kind": "hang", "ttl_ms": 60_000})).await;
    stream.write_all(b"held").await.unwrap();
    let mut heard = [0; 4];
    assert!(timeout(Duration::from_millis(200), stream.read_exact(&mut heard)).await.is_err());
    world.admin.end_fault().await;
    timeout(PATIENCE, stream.read_exact(&mut heard)).await.unwrap().unwrap();
    assert_eq!(&heard, b"held");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn latency_delays_bytes_and_ends_by_itself() {
    let world = World::of(tcp(), vec![echo()]);
    let mut stream = connect(&world).await;
    world.admin.fault(json!({"kind": "latency", "latency_ms": 200, "ttl_ms": 600})).await;
    let began = Instant::now();
    says(&mut stream, "a").await.unwrap();
    assert!(began.elapsed() >= Duration::from_millis(200));
    until("it ends", async || {
        let began = Instant::now();
        says(&mut stream, "b").await.unwrap();
        began.elapsed() < Duration::from_millis(150)
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn bandwidth_and_slicer_slow_bytes_and_lose_none() {
    for (fault, at_least) in [
        (json!({"kind": "bandwidth", "bytes_per_second": 1000, "ttl_ms": 60_000}), 450),
        (json!({"kind": "slicer", "average_bytes": 50, "delay_us": 20_000, "ttl_ms": 60_000}), 150),
    ] {
        let world = World::of(tcp(), vec![echo()]);
        world.admin.fault(fault).await;
        let mut stream = connect(&world).await;
        let began = Instant::now();
        let text: String = ('a'..='j').cycle().take(500).collect();
        assert_eq!(says(&mut stream, &text).await.unwrap(), text);
        assert!(began.elapsed() >= Duration::from_millis(at_least), "{:?}", began.elapsed());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn limit_data_and_timeout_close_the_connection() {
    let world = World::of(tcp(), vec![echo()]);
    world.admin.fault(json!({"kind": "limit_data", "bytes": 3, "ttl_ms": 60_000})).await;
    let mut stream = connect(&world).await;
    stream.write_all(b"hello").await.unwrap();
    assert_eq!(ended(&mut stream).await.unwrap(), b"hel");
    world.admin.fault(json!({"kind": "timeout", "after_ms": 100, "ttl_ms": 60_000})).await;
    let mut stream = connect(&world).await;
    stream.write_all(b"hello").await.unwrap();
    assert_eq!(ended(&mut stream).await.unwrap_or_default(), b"");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn slow_close_passes_the_end_on_late() {
    let world = World::of(tcp(), vec![echo()]);
    world.admin.fault(json!({"kind": "slow_close", "delay_ms": 200, "ttl_ms": 60_000})).await;
    let mut stream = connect(&world).await;
    assert_eq!(says(&mut stream, "a").await.unwrap(), "a");
    let began = Instant::now();
    stream.shutdown().await.unwrap();
    ended(&mut stream).await.unwrap();
    assert!(began.elapsed() >= Duration::from_millis(200));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_refusing_replica_is_replaced_and_without_retry_it_is_not() {
    let upstreams = vec![nobody(), echo()];
    let world = World::of(Policy { retry: Some(retry(2)), ..tcp() }, upstreams.clone());
    for _ in 0..4 {
        assert_eq!(says(&mut connect(&world).await, "a").await.unwrap(), "a");
    }
    let without = World::of(tcp(), upstreams);
    let mut good = 0;
    for _ in 0..4 {
        good += usize::from(echoes(&without).await);
    }
    assert_eq!(good, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_breaker_over_connections_trips_and_the_bypass_goes_past_it() {
    let at = nobody();
    let world = World::of(Policy { breaker: Some(breaker(2, Duration::from_secs(60))), ..tcp() }, vec![at]);
    for _ in 0..5 {
        assert_eq!(ends(&world).await, RESET);
    }
    let counts = world.counts().await;
    assert_eq!((&counts["upstream_attempts"], &counts["short_circuited"]), (&json!(2), &json!(3)));
    world.admin.bypass(60_000).await;
    assert_eq!(ends(&world).await, RESET);
    assert_eq!(world.counts().await["upstream_attempts"], 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn try_on_a_tcp_edge_connects() {
    let world = World::of(tcp(), vec![echo()]);
    assert_eq!(world.admin.try_it(json!({})).await["outcome"], "answered");
    for (kind, outcome) in [("refused", "refused"), ("reset", "reset"), ("hang", "timed_out")] {
        world.admin.fault(json!({"kind": kind, "ttl_ms": 60_000})).await;
        assert_eq!(world.admin.try_it(json!({"within_ms": 100})).await["outcome"], outcome);
    }
}
