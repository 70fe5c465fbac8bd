//! Small damage to documents, the kind that people, editors and merges do, and a little of what only an attacker does.

use measure::Random;

/// The longest document that mutation makes, 64 KiB: the smoke run shall be over soon.
const MAX_BYTES: usize = 64 * 1024;

/// Pieces that mean something to the reader.
const PIECES: &[&str] = &[
    "|",
    "\\|",
    "\n",
    "\r",
    "\r\n",
    "\u{feff}",
    "~~",
    "**",
    "`",
    "```\n",
    "# ",
    "### R-1: ",
    "- [x] ",
    "> ",
    "\t",
    "    ",
    "---\n",
    "|---|---|\n",
    "<!-- seaworthy:status -->\n",
    "<!-- /seaworthy:status -->\n",
    "<!-- seaworthy:allow off-scale: ",
    "-->",
    "<!-- seaworthy:id=R-9 -->",
    "**Status:** ",
    "Impact: High\n",
    "risk_summary:\n",
    "→",
    "🔴",
    "é",
    "\u{0}",
    "1)",
    "[a](b.md#c)",
    "| R-1 | x | High | Low |\n",
    "- - - - - - - - - - - - - ",
    "[^1]: ",
    "<table><tr><td>",
];

/// A damaged copy: one to eight changes, each a deletion, a repetition, an inserted piece, a flipped byte, or a part of another document.
pub fn mutate(random: &mut Random, documents: &[&str]) -> Vec<u8> {
    let mut bytes = pick(random, documents).as_bytes().to_vec();
    for _ in 0..=random.below(8) {
        let from = random.below(bytes.len() as u64 + 1) as usize;
        let to = (from + random.below(80) as usize).min(bytes.len());
        match random.below(6) {
            0 => drop(bytes.drain(from..to)),
            1 => {
                let piece: Vec<u8> = bytes[from..to].repeat(random.below(12) as usize);
                bytes.splice(from..from, piece);
            }
            2 => drop(bytes.splice(from..from, pick(random, PIECES).bytes())),
            3 => {
                if let Some(byte) = bytes.get_mut(from) {
                    *byte ^= 1 << random.below(8);
                }
            }
            4 => {
                let other = pick(random, documents).as_bytes();
                let start = random.below(other.len() as u64 + 1) as usize;
                let end = (start + random.below(400) as usize).min(other.len());
                bytes.splice(from..to, other[start..end].iter().copied());
            }
            _ => {
                let piece = pick(random, PIECES).repeat(random.below(60) as usize);
                bytes.splice(from..from, piece.bytes());
            }
        }
        bytes.truncate(MAX_BYTES);
    }
    bytes
}

fn pick<'a>(random: &mut Random, all: &[&'a str]) -> &'a str {
    all[random.below(all.len() as u64) as usize]
}
