//! `serve PORT DIRECTORY`: a small service to break, which keeps items as files.
//!
//! With the environment variable `DURABLE=off` it acknowledges a write 300 ms before it is made, which is the flaw that
//! a restart drill should find.

use std::path::PathBuf;
use std::time::Duration;

use tokio::net::TcpListener;

use crate::mini::{self, Ask, Reply};

/// Serves for ever.
pub(crate) fn main(words: &[String]) -> i32 {
    let [port, directory] = words else { return 2 };
    let (port, directory) = (port.parse().expect("is a port"), PathBuf::from(directory));
    let durable = outside::secret::variable("DURABLE").as_deref() != Some("off");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async move {
        let listener = outside::net::listen(([127, 0, 0, 1], port).into(), false).expect("the port is free");
        let listener = TcpListener::from_std(listener).expect("does not block");
        mini::serve(listener, move |ask| answer(ask, directory.clone(), durable)).await;
    });
    0
}

async fn answer(ask: Ask, directory: PathBuf, durable: bool) -> Reply {
    let item = ask.path.strip_prefix("/items/").map(|id| directory.join(id));
    match (ask.method.as_str(), item) {
        ("GET", None) => Reply::of(200, "fine"),
        ("GET", Some(item)) => match tokio::fs::read(item).await {
            Ok(body) => Reply::of(200, body),
            Err(_) => Reply::of(404, ""),
        },
        ("PUT", Some(item)) if durable => match tokio::fs::write(item, ask.body).await {
            Ok(()) => Reply::of(201, ""),
            Err(error) => Reply::of(500, error.to_string()),
        },
        ("PUT", Some(item)) => {
            tokio::spawn(async move {
                tokio::time::sleep(Duration::from_millis(300)).await;
                let _ = tokio::fs::write(item, ask.body).await;
            });
            Reply::of(201, "")
        }
        _ => Reply::HangUp,
    }
}
