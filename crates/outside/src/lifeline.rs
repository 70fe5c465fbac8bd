//! The pipe on standard input that ties a helper process to whoever started it.
//!
//! At end of file the other side is gone, whatever killed it. A thread reads, because a blocking read works on every
//! kind of standard input; it ends with the process.

use std::io::{BufRead, Read};
use std::sync::OnceLock;

use tokio::sync::{mpsc, watch};

/// Lines that may wait for the reader before the thread stops reading.
const LINES_WAITING: usize = 64;
/// Longest line that is taken from standard input.
pub const LINE_LIMIT_BYTES: usize = 4 * 1024 * 1024;

/// Resolves at end of file on standard input; what comes before is thrown away. May be awaited in several places.
///
/// Not to be used beside [`lines`]: both read the same input.
pub async fn cut() {
    static CUT: OnceLock<watch::Receiver<bool>> = OnceLock::new();
    let mut cut = CUT
        .get_or_init(|| {
            let (tell, cut) = watch::channel(false);
            std::thread::spawn(move || {
                drain();
                tell.send_replace(true);
            });
            cut
        })
        .clone();
    // An error means that the thread is gone without a word, which is no less an end.
    let _ = cut.wait_for(|ended| *ended).await;
}

/// The lines of standard input, without their ends; the channel closes at end of file, at a line that is not UTF-8
/// and at one longer than [`LINE_LIMIT_BYTES`].
pub fn lines() -> mpsc::Receiver<String> {
    let (tell, lines) = mpsc::channel(LINES_WAITING);
    std::thread::spawn(move || {
        let mut input = std::io::stdin().lock();
        while let Some(line) = next_line(&mut input) {
            if tell.blocking_send(line).is_err() {
                break;
            }
        }
    });
    lines
}

fn next_line(input: &mut impl BufRead) -> Option<String> {
    let mut line = Vec::new();
    let limit = u64::try_from(LINE_LIMIT_BYTES).expect("the limit is small");
    input.take(limit).read_until(b'\n', &mut line).ok()?;
    if line.pop()? != b'\n' {
        return None;
    }
    String::from_utf8(line).ok()
}

fn drain() {
    let mut buffer = [0_u8; 1024];
    let mut input = std::io::stdin().lock();
    loop {
        match input.read(&mut buffer) {
            Ok(0) => return,
            Ok(_) => {}
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(_) => return,
        }
    }
}
