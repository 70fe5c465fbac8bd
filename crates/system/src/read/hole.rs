//! Holes in the texts of a load: `${id}`, `${seq}`, `${take:NAME}`, `${pad:BYTES}`.

use text::Span;

use super::walk::Walk;

/// The most bytes of filler in one text.
pub(super) const MAX_PAD_BYTES: u32 = 8 * 1024 * 1024;

/// A hole of a load's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Hole {
    Id,
    Seq,
    Take(String),
    Pad,
}

/// A text of a load with its place, and what it is called in messages.
pub(super) struct Sent<'n> {
    pub(super) text: &'n str,
    pub(super) span: Span,
    pub(super) what: String,
}

/// The holes of a text; each unknown or unclosed one is a problem.
pub(super) fn holes(walk: &mut Walk<'_, '_>, sent: &Sent<'_>) -> Vec<Hole> {
    let mut holes = Vec::new();
    let mut rest = sent.text;
    while let Some(start) = rest.find("${") {
        let inside = &rest[start + 2..];
        let Some(end) = inside.find('}') else {
            let message = format!("`${{` is not closed by `}}` in {}", sent.what);
            walk.error(
                "load-hole",
                sent.span,
                message,
                "close it; holes are `${id}`, `${seq}`, `${take:NAME}`, `${pad:BYTES}`",
            );
            break;
        };
        match hole(&inside[..end]) {
            Some(hole) => holes.push(hole),
            None => unknown(walk, sent, &inside[..end]),
        }
        rest = &inside[end + 1..];
    }
    holes
}

fn hole(name: &str) -> Option<Hole> {
    match name.split_once(':') {
        None if name == "id" => Some(Hole::Id),
        None if name == "seq" => Some(Hole::Seq),
        Some(("take", name)) if !name.is_empty() => Some(Hole::Take(name.to_owned())),
        Some(("pad", bytes)) => {
            let bytes = bytes.parse::<u32>().ok().filter(|bytes| (1..=MAX_PAD_BYTES).contains(bytes));
            bytes.map(|_| Hole::Pad)
        }
        None | Some(_) => None,
    }
}

fn unknown(walk: &mut Walk<'_, '_>, sent: &Sent<'_>, name: &str) {
    let message = format!("`${{{}}}` is not known in {}", name.escape_debug(), sent.what);
    let help = format!("known: ${{id}}, ${{seq}}, ${{take:NAME}}, ${{pad:N}} with N from 1 to {MAX_PAD_BYTES}");
    walk.error("load-hole", sent.span, message, &help);
}
