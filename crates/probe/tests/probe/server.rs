//! Real servers for the tests: started under a keeper on free loopback ports, in directories that vanish, and ended with
//! the test whatever happens to it. Also a raw one whose every byte the test decides.

use std::collections::BTreeMap;
use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use outside::process::{RunMark, Spawn, Started};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio::time::{Instant, interval};

use crate::world::{PATIENCE, host};

/// A running server. Dropping it ends it.
pub(crate) struct Server {
    pub(crate) at: SocketAddr,
    _directory: TempDir,
    started: Started,
}

/// A program on PATH. A test that must do without says so by name; in CI that is a failure.
pub(crate) fn program(test: &str, name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file());
    if found.is_none() {
        let _ = writeln!(std::io::stderr(), "SKIPPED: {test}: no {name} found");
        assert!(std::env::var_os("CI").is_none_or(|ci| ci != "true"), "in CI nothing may be skipped");
    }
    found
}

/// A port for a server.
pub(crate) fn free() -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, outside::net::free_port().expect("has one")))
}

/// Waits until something is so.
pub(crate) async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let end = Instant::now() + PATIENCE;
    let mut ticks = interval(Duration::from_millis(20));
    while !is_so().await {
        assert!(Instant::now() < end, "not within {PATIENCE:?}: {what}");
        ticks.tick().await;
    }
}

impl Server {
    /// Starts a program that writes into `directory` and waits until it listens at `at`.
    pub(crate) async fn start(program: &Path, arguments: &[String], at: SocketAddr, directory: TempDir) -> Self {
        let spawn = Spawn {
            name: program.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned()),
            program: program.to_owned(),
            arguments: arguments.to_vec(),
            env: BTreeMap::new(),
            directory: directory.path().to_owned(),
            log: Some(directory.path().join("log")),
        };
        let started = Started::start(&host(), &RunMark::fresh(), spawn).await.expect("starts");
        let server = Self { at, _directory: directory, started };
        until("the server listens", async || {
            assert!(server.started.is_alive(), "it ended: {}", server.log());
            outside::net::connect(at, PATIENCE).await.is_ok()
        })
        .await;
        server
    }

    /// The end of what it said.
    pub(crate) fn log(&self) -> String {
        self.started.log_tail(20)
    }

    /// Ends it at once.
    pub(crate) async fn kill(&mut self) {
        self.started.kill_tree().await.expect("kills");
    }
}

/// A server that says the same bytes to everybody, whatever was asked.
pub(crate) struct Raw {
    pub(crate) at: SocketAddr,
    task: JoinHandle<()>,
}

/// How a raw server treats who connects.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Manner {
    /// Says everything and closes.
    Says(&'static [u8]),
    /// Says one byte at a time, for ever.
    Drips(u8),
    /// Accepts and is silent.
    Hangs,
    /// Closes at once.
    Closes,
    /// Never stops.
    Floods(&'static [u8]),
}

impl Raw {
    pub(crate) fn new(manner: Manner) -> Self {
        let listener = outside::net::listen(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), false).expect("listens");
        let listener = TcpListener::from_std(listener).expect("is a listener");
        let at = listener.local_addr().expect("has an address");
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(async move { drop(serve(stream, manner).await) });
            }
        });
        Self { at, task }
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(mut stream: tokio::net::TcpStream, manner: Manner) -> std::io::Result<()> {
    if matches!(manner, Manner::Closes) {
        return Ok(());
    }
    let mut asked = [0; 4096];
    let _length = stream.read(&mut asked).await?;
    match manner {
        Manner::Says(bytes) => {
            stream.write_all(bytes).await?;
            stream.shutdown().await
        }
        Manner::Drips(byte) => {
            let mut ticks = interval(Duration::from_millis(5));
            loop {
                ticks.tick().await;
                stream.write_all(&[byte]).await?;
            }
        }
        Manner::Floods(bytes) => loop {
            stream.write_all(bytes).await?;
        },
        Manner::Hangs => std::future::pending().await,
        Manner::Closes => Ok(()),
    }
}

/// A file of the test certificates; they are valid from 2020 and for tests only.
pub(crate) fn certificate(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/probe/tls").join(name)
}

/// Puts the certificate of the tests' own authority into the repository.
pub(crate) fn trusted(place: &crate::world::Place) {
    for name in ["ca.pem", "stranger.pem"] {
        let text = outside::files::read_text(&certificate(name), 10_000).expect("is there");
        place.write(name, &text);
    }
}
