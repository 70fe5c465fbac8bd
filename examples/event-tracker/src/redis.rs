//! The one question we ask Redis, in its own protocol (RESP2): run a script that answers with a number.
//!
//! One connection, opened when it is needed and thrown away at the first trouble. A whole client library would be the
//! larger part of this example. It speaks no TLS and no passwords.

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::sync::Mutex;

/// Longest line of an answer.
const MAX_LINE: usize = 4096;

/// A Redis with one connection that all requests share in turn.
pub(crate) struct Redis {
    at: String,
    /// Held over one question and its answer, so that answers cannot be mistaken for one another.
    open: Mutex<Option<BufReader<TcpStream>>>,
}

impl Redis {
    pub(crate) fn new(at: &str) -> Self {
        Self { at: at.to_owned(), open: Mutex::default() }
    }

    /// Runs a script with one key. May be given up at any await: the connection is then thrown away.
    pub(crate) async fn eval(&self, script: &str, key: &str, arguments: &[i64]) -> Result<i64, String> {
        let mut open = self.open.lock().await;
        // Taken out, so that a question given up half way leaves no connection with an answer still to come.
        let mut connection = match open.take() {
            Some(connection) => connection,
            None => BufReader::new(TcpStream::connect(&self.at).await.map_err(|error| error.to_string())?),
        };
        let answer = ask(&mut connection, &question(script, key, arguments)).await?;
        *open = Some(connection);
        answer
    }
}

fn question(script: &str, key: &str, arguments: &[i64]) -> String {
    let mut words = vec!["EVAL".to_owned(), script.to_owned(), "1".to_owned(), key.to_owned()];
    words.extend(arguments.iter().map(i64::to_string));
    let parts = words.iter().map(|word| format!("${}\r\n{word}\r\n", word.len()));
    format!("*{}\r\n{}", words.len(), parts.collect::<String>())
}

/// The outer error ends the connection, the inner one is the server's answer.
async fn ask(connection: &mut BufReader<TcpStream>, question: &str) -> Result<Result<i64, String>, String> {
    connection.get_mut().write_all(question.as_bytes()).await.map_err(|error| error.to_string())?;
    let mut line = Vec::new();
    loop {
        let more = connection.fill_buf().await.map_err(|error| error.to_string())?;
        let end = more.iter().position(|byte| *byte == b'\n');
        let taken = end.map_or(more.len(), |end| end + 1);
        if taken == 0 || line.len() + taken > MAX_LINE {
            return Err("the connection ended in an answer".to_owned());
        }
        line.extend_from_slice(&more[..taken]);
        connection.consume(taken);
        if end.is_some() {
            break;
        }
    }
    let line = String::from_utf8_lossy(&line);
    match line.trim_end().split_at_checked(1) {
        Some((":", number)) => Ok(number.parse().map_err(|_| format!("`{number}` is no number"))),
        Some(("-", why)) => Ok(Err(why.to_owned())),
        _ => Err(format!("`{}` is not an answer to a script", line.trim_end())),
    }
}
