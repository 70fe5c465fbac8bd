//! `seaworthy ledger verify`: is the memory whole?

use ::ledger::{Head, Ledger as Store};
use ::prove::LEDGER_PATH;

use super::failed;
use crate::arguments::Ledger;
use crate::exit::Exit;
use crate::terminal::Terminal;

pub(crate) fn run(arguments: &Ledger, terminal: Terminal) -> Exit {
    let Ledger::Verify { path, against } = arguments;
    let file = match ::prove::find(path) {
        Ok(file) => file,
        Err(error) => return failed(&error, terminal),
    };
    let anchor = match against.as_deref().map(anchor) {
        None => None,
        Some(Some(head)) => Some(head),
        Some(None) => {
            terminal.message(
                "error: --against wants SIZE:HEAD, as `prove` printed it, such as `42:9fc2..` with all 64 digits",
            );
            return Exit::Usage;
        }
    };
    let verified = Store::open_read_only(&file.with_file_name("").join(LEDGER_PATH))
        .and_then(|store| store.verify(anchor.as_ref()));
    match verified {
        Ok(verified) => tell(&verified, anchor.is_some(), terminal),
        Err(error) => {
            terminal.message(&format!("error: {error}"));
            if matches!(error, ::ledger::Error::Damaged { .. }) { Exit::Fail } else { Exit::Usage }
        }
    }
}

fn tell(verified: &::ledger::Verified, anchored: bool, terminal: Terminal) -> Exit {
    for flaw in &verified.problems {
        terminal.result(&format!("damaged: {flaw}\n"));
    }
    let until = if anchored { "checked against the anchor" } else { "without an anchor a cut tail cannot be seen" };
    terminal.result(&format!(
        "{} entries, head {}:{} ({until})\n",
        verified.head.size, verified.head.size, verified.head.hash
    ));
    if verified.is_whole() { Exit::Pass } else { Exit::Fail }
}

fn anchor(text: &str) -> Option<Head> {
    let (size, hash) = text.split_once(':')?;
    let whole = hash.len() == 64 && hash.chars().all(|c| c.is_ascii_hexdigit());
    Some(Head { size: size.parse().ok().filter(|_| whole)?, hash: hash.to_owned() })
}
