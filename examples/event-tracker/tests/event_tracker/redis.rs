//! The limit in Redis, against a server that speaks just enough of its protocol: the answer of the script decides, and
//! when the server goes away the database counts.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

use crate::world::{World, get};

/// A counter behind the protocol of Redis.
#[derive(Default)]
struct Server {
    asked: AtomicU32,
    refuses: AtomicBool,
    away: AtomicBool,
}

impl Server {
    async fn start(self: Arc<Self>) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let at = listener.local_addr().expect("has an address").to_string();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(self.clone().talk(stream));
            }
        });
        at
    }

    async fn talk(self: Arc<Self>, stream: TcpStream) -> Option<()> {
        let mut stream = BufReader::new(stream);
        loop {
            let command = command(&mut stream).await?;
            if self.away.load(Ordering::SeqCst) {
                return None;
            }
            let answer = if command.first()? == "EVAL" {
                self.asked.fetch_add(1, Ordering::SeqCst);
                if self.refuses.load(Ordering::SeqCst) { ":0\r\n" } else { ":1\r\n" }
            } else {
                "+OK\r\n"
            };
            stream.write_all(answer.as_bytes()).await.ok()?;
        }
    }
}

/// One command: an array of texts with their lengths.
async fn command(stream: &mut BufReader<TcpStream>) -> Option<Vec<String>> {
    let count = number(stream, '*').await?;
    let mut words = Vec::new();
    for _ in 0..count {
        let mut word = vec![0; number(stream, '$').await? + 2];
        stream.read_exact(&mut word).await.ok()?;
        words.push(String::from_utf8_lossy(&word).trim_end().to_owned());
    }
    Some(words)
}

async fn number(stream: &mut BufReader<TcpStream>, mark: char) -> Option<usize> {
    let mut line = String::new();
    stream.read_line(&mut line).await.ok()?;
    line.trim_end().strip_prefix(mark)?.parse().ok()
}

#[tokio::test]
async fn redis_decides_while_it_is_there_and_the_database_when_it_goes_away() {
    let server = Arc::new(Server::default());
    let at = server.clone().start().await;
    let world = World::with(&[], |settings| settings.redis = Some(at)).await;
    for _ in 0..12 {
        assert_eq!(get(&world.api, "/search?q=a").await.status, 200);
    }
    assert_eq!(server.asked.load(Ordering::SeqCst), 12);
    server.refuses.store(true, Ordering::SeqCst);
    assert_eq!(get(&world.api, "/search?q=a").await.status, 429);
    server.away.store(true, Ordering::SeqCst);
    let mut admitted = 0;
    for _ in 0..12 {
        admitted += u32::from(get(&world.api, "/search?q=a").await.status == 200);
    }
    assert_eq!(admitted, 10);
    server.away.store(false, Ordering::SeqCst);
    server.refuses.store(false, Ordering::SeqCst);
    assert_eq!(get(&world.api, "/search?q=a").await.status, 200, "it is asked again once it is back");
}
