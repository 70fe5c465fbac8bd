//! Redis, read-only: a connection on which only the questions of [`Question`] can be asked.
//!
//! The protocol is RESP2, which every version speaks. Nothing here can change a server: there is no way to send any
//! other command. Every reply has a limit, and every question a deadline that counts for the whole of it. What this
//! does not do: RESP3, pipelines, subscriptions, clusters.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Instant, timeout_at};

use crate::tls::{Certificate, Trust};

/// The largest reply, with all that is nested in it.
pub const MAX_REPLY_BYTES: usize = 4 * 1024 * 1024;
/// The longest line: a status, an error, a number.
const MAX_LINE_BYTES: usize = 64 * 1024;
/// The deepest nesting of a reply.
const MAX_DEPTH: usize = 8;

/// All that can be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Question<'a> {
    /// Whether it answers.
    Ping,
    /// Logs in; changes this connection only.
    Auth {
        /// The user, where users are known (6.0 and later).
        user: Option<&'a str>,
        /// The password.
        password: &'a str,
    },
    /// Primary or replica, and of whom.
    Role,
    /// One section, such as `replication`.
    Info(&'static str),
    /// All users with their rights.
    AclList,
    /// Who we are.
    AclWhoami,
    /// One setting.
    ConfigGet(&'static str),
}

/// What was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// A text; bytes that are not UTF-8 are replaced.
    Text(String),
    /// A refusal in the server's own words, such as `NOAUTH Authentication required.`
    Refused(String),
    /// A number.
    Integer(i64),
    /// Nothing.
    Nil,
    /// Several replies.
    List(Vec<Reply>),
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// No way there.
    #[error(transparent)]
    Outside(#[from] crate::Error),
    /// The connection ended before the answer did.
    #[error("the connection ended before the answer did")]
    Closed,
    /// The whole answer was not there in time.
    #[error("timed out")]
    TimedOut,
    /// It is not Redis that answers there.
    #[error("the answer is not of Redis: {0}")]
    NotRedis(String),
    /// More than [`MAX_REPLY_BYTES`].
    #[error("answer larger than the limit")]
    TooLarge,
    /// The certificate is not good; nothing was sent.
    #[error("certificate: {0}")]
    Certificate(String),
}

/// A way to send and to hear, encrypted or not.
trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// An open connection. It closes when it is dropped.
pub struct Connection {
    stream: BufReader<Box<dyn Stream>>,
    end: Instant,
}

impl Question<'_> {
    fn words(&self) -> Vec<&str> {
        match self {
            Self::Ping => vec!["PING"],
            Self::Auth { user: None, password } => vec!["AUTH", password],
            Self::Auth { user: Some(user), password } => vec!["AUTH", user, password],
            Self::Role => vec!["ROLE"],
            Self::Info(section) => vec!["INFO", section],
            Self::AclList => vec!["ACL", "LIST"],
            Self::AclWhoami => vec!["ACL", "WHOAMI"],
            Self::ConfigGet(setting) => vec!["CONFIG", "GET", setting],
        }
    }

    fn bytes(&self) -> Vec<u8> {
        let words = self.words();
        let mut bytes = format!("*{}\r\n", words.len()).into_bytes();
        for word in words {
            bytes.extend(format!("${}\r\n{word}\r\n", word.len()).into_bytes());
        }
        bytes
    }
}

impl Connection {
    /// Connects. `end` is the deadline of everything on this connection.
    ///
    /// # Errors
    /// [`Failure::Outside`].
    pub async fn open(at: SocketAddr, end: Instant) -> Result<Self, Failure> {
        let stream = crate::net::connect(at, left(end)).await?;
        Ok(Self { stream: BufReader::new(Box::new(stream)), end })
    }

    /// Connects with TLS. A certificate that is not good comes back without a connection.
    ///
    /// # Errors
    /// [`Failure::Outside`].
    pub async fn open_tls(
        at: SocketAddr,
        trust: &Trust,
        end: Instant,
    ) -> Result<(Result<Self, Failure>, Certificate), Failure> {
        let stream = crate::net::connect(at, left(end)).await?;
        let (stream, certificate) = trust.greet(stream, left(end)).await?;
        if let Some(fault) = &certificate.fault {
            return Ok((Err(Failure::Certificate(fault.clone())), certificate));
        }
        Ok((Ok(Self { stream: BufReader::new(Box::new(stream)), end }), certificate))
    }

    /// Asks and waits for the whole answer. After a failure the connection is of no use.
    ///
    /// # Errors
    /// Any [`Failure`] but a certificate; what the server refuses is a [`Reply`].
    pub async fn ask(&mut self, question: &Question<'_>) -> Result<Reply, Failure> {
        let asking = async {
            self.stream.write_all(&question.bytes()).await.map_err(|_| Failure::Closed)?;
            self.stream.flush().await.map_err(|_| Failure::Closed)?;
            let mut left = MAX_REPLY_BYTES;
            reply(&mut self.stream, &mut left, 0).await
        };
        timeout_at(self.end, asking).await.unwrap_or(Err(Failure::TimedOut))
    }
}

fn left(end: Instant) -> Duration {
    end.saturating_duration_since(Instant::now())
}

type Replying<'a> = std::pin::Pin<Box<dyn Future<Output = Result<Reply, Failure>> + Send + 'a>>;

/// One reply and what is nested in it.
fn reply<'a, R: AsyncBufRead + Send + Unpin>(from: &'a mut R, left: &'a mut usize, depth: usize) -> Replying<'a> {
    Box::pin(async move {
        let line = line(from, left).await?;
        let (kind, rest) = line.split_at_checked(1).ok_or_else(|| not_redis(&line))?;
        match kind {
            "+" => Ok(Reply::Text(rest.to_owned())),
            "-" => Ok(Reply::Refused(rest.to_owned())),
            ":" => rest.parse().map(Reply::Integer).map_err(|_| not_redis(&line)),
            "$" => match length(rest, &line)? {
                None => Ok(Reply::Nil),
                Some(length) => bulk(from, length, left).await,
            },
            "*" if depth < MAX_DEPTH => match length(rest, &line)? {
                None => Ok(Reply::Nil),
                Some(length) => {
                    let mut items = Vec::new();
                    for _ in 0..length {
                        items.push(reply(from, left, depth + 1).await?);
                    }
                    Ok(Reply::List(items))
                }
            },
            _ => Err(not_redis(&line)),
        }
    })
}

/// The length of what follows; `None` for nothing.
fn length(text: &str, line: &str) -> Result<Option<usize>, Failure> {
    match text {
        "-1" => Ok(None),
        text => text.parse().map(Some).map_err(|_| not_redis(line)),
    }
}

async fn bulk<R: AsyncBufRead + Send + Unpin>(from: &mut R, length: usize, left: &mut usize) -> Result<Reply, Failure> {
    *left = left.checked_sub(length).ok_or(Failure::TooLarge)?;
    let mut bytes = vec![0; length + 2];
    from.read_exact(&mut bytes).await.map_err(|_| Failure::Closed)?;
    if !bytes.ends_with(b"\r\n") {
        return Err(not_redis("a text without its end"));
    }
    bytes.truncate(length);
    Ok(Reply::Text(String::from_utf8_lossy(&bytes).into_owned()))
}

/// One line without its end.
async fn line<R: AsyncBufRead + Send + Unpin>(from: &mut R, left: &mut usize) -> Result<String, Failure> {
    let mut bytes = Vec::new();
    let limit = u64::try_from(MAX_LINE_BYTES.min(*left)).unwrap_or(u64::MAX);
    let mut limited = from.take(limit);
    limited.read_until(b'\n', &mut bytes).await.map_err(|_| Failure::Closed)?;
    *left = left.saturating_sub(bytes.len());
    if !bytes.ends_with(b"\n") {
        let full = u64::try_from(bytes.len()).is_ok_and(|length| length >= limit);
        return Err(if full { Failure::TooLarge } else { Failure::Closed });
    }
    let line = String::from_utf8_lossy(&bytes).into_owned();
    line.strip_suffix("\r\n").map(str::to_owned).ok_or_else(|| not_redis(&line))
}

fn not_redis(line: &str) -> Failure {
    const SHOWN: usize = 60;
    let shown: String = line.chars().filter(|c| !c.is_control()).take(SHOWN).collect();
    Failure::NotRedis(format!("`{shown}`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn read(bytes: &[u8]) -> Result<Reply, String> {
        let (mut from, mut left) = (bytes, 100);
        reply(&mut from, &mut left, 0).await.map_err(|failure| failure.to_string())
    }

    #[tokio::test]
    async fn replies_of_every_shape_are_read() {
        let text = |text: &str| Reply::Text(text.to_owned());
        assert_eq!(read(b"+PONG\r\n").await, Ok(text("PONG")));
        assert_eq!(read(b"-NOAUTH no\r\n").await, Ok(Reply::Refused("NOAUTH no".to_owned())));
        assert_eq!(read(b"$2\r\na\n\r\n").await, Ok(text("a\n")));
        let list = Reply::List(vec![Reply::Integer(-3), Reply::Nil, Reply::List(Vec::new())]);
        assert_eq!(read(b"*3\r\n:-3\r\n$-1\r\n*0\r\n").await, Ok(list));
    }

    #[tokio::test]
    async fn half_replies_huge_ones_and_other_protocols_are_told_apart() {
        for (bytes, why) in [
            (&b"$5\r\nab"[..], "ended before"),
            (b"*2\r\n:1\r\n", "ended before"),
            (b"+PON", "ended before"),
            (b"$101\r\n", "larger than the limit"),
            (b"HTTP/1.1 400 Bad\r\n", "not of Redis"),
            (b":x\r\n", "not of Redis"),
            (b"\r\n", "not of Redis"),
            (b"$1\r\nabc", "not of Redis"),
            (b"*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n:1\r\n", "not of Redis"),
        ] {
            assert!(read(bytes).await.is_err_and(|failure| failure.contains(why)), "{why}");
        }
        let long = [b"+".as_slice(), &[b'a'; 200]].concat();
        assert!(read(&long).await.is_err_and(|failure| failure.contains("larger")));
        let many = b"*4000000000\r\n".as_slice();
        assert!(read(many).await.is_err_and(|failure| failure.contains("ended")));
    }
}
