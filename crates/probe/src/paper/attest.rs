//! `attest`: a paper that somebody outside made: an audit, a penetration test, a review, a certificate.
//!
//! Nothing here can see whether the paper is right. What can be seen: that the very document that was accepted is still there,
//! byte for byte, and that its time has not run out. The grade is `declared` at most; signatures are seen and not checked.

use std::path::Path;
use std::time::Duration;

use evidence::{Grade, Value};
use sha2::{Digest, Sha256};
use text::{Date, Fields};

use crate::World;
use crate::kind::{Look, Looking, in_thread};
use crate::read::span_of;
use crate::repository::files::{Files, Pattern, some, texts};
use crate::repository::placeholder::is_placeholder;
use crate::sight::Sight;

/// The largest document.
const MAX_PAPER_BYTES: usize = 64 << 20;

/// How long one look may take.
const ATTEST_WITHIN: Duration = Duration::from_secs(20);

/// What papers there are.
const PAPERS: [&str; 5] = ["audit", "penetration-test", "legal-review", "certificate", "other"];

/// Endings of signatures that lie beside a document.
const SIGNATURES: [&str; 5] = [".sig", ".asc", ".minisig", ".p7s", ".intoto.jsonl"];

const DAY_SECONDS: i64 = 86_400;

/// A paper, and what is stated of it.
#[derive(Clone, Debug)]
pub(crate) struct Attest {
    document: String,
    kind: &'static str,
    by: String,
    on: Option<Date>,
    valid_until: Option<Date>,
    digest: Option<String>,
}

impl Attest {
    pub(crate) fn read(fields: &mut Fields<'_, '_>) -> Option<Self> {
        let document = fields.need_text("document").map(str::to_owned);
        if document.as_deref().is_some_and(|path| Pattern::parse(path).is_err()) {
            let span = span_of(fields, "document");
            fields.problem("wrong-path", span, "`document` must be a path relative to this file");
        }
        let kind = fields.one_of("kind", &PAPERS).map_or("other", |index| PAPERS[index]);
        let by = fields.need_text("by").map(str::to_owned);
        let on = day(fields, "on");
        let valid_until = day(fields, "valid_until");
        if let (Some(on), Some(until)) = (on, valid_until)
            && until < on
        {
            let span = span_of(fields, "valid_until");
            fields.problem("wrong-value", span, "`valid_until` lies before `on`");
        }
        let digest = digest(fields);
        Some(Self { document: document?, kind, by: by?, on, valid_until, digest })
    }
}

fn day(fields: &mut Fields<'_, '_>, key: &'static str) -> Option<Date> {
    let written = fields.text(key)?;
    let day = Date::parse(written);
    if day.is_none() {
        let span = span_of(fields, key);
        fields.problem("wrong-value", span, format!("`{key}` must be a day such as 2025-03-01"));
    }
    day
}

fn digest(fields: &mut Fields<'_, '_>) -> Option<String> {
    let written = fields.text("digest")?;
    let hex = written.strip_prefix("sha256:").map(str::to_ascii_lowercase);
    let sound = hex.filter(|hex| hex.len() == 64 && hex.bytes().all(|byte| byte.is_ascii_hexdigit()));
    if sound.is_none() {
        let span = span_of(fields, "digest");
        fields.problem(
            "wrong-value",
            span,
            "`digest` must be `sha256:` and 64 hexadecimal digits, as `sha256sum` prints them",
        );
    }
    sound
}

impl Look for Attest {
    fn subject(&self) -> String {
        format!("{} by {}", self.document, self.by)
    }

    fn look<'a>(&'a self, world: &'a World) -> Looking<'a> {
        let (owned, directory, now) = (self.clone(), world.directory.clone(), world.now / 1_000_000);
        Box::pin(async move { in_thread(&self.document, ATTEST_WITHIN, move || looked(&owned, &directory, now)).await })
    }
}

fn looked(probe: &Attest, directory: &Path, now: i64) -> Sight {
    let files = match Files::below(directory) {
        Ok(files) => files,
        Err(error) => return Sight::blind(&probe.document, &error),
    };
    let full = files.directory.join(&probe.document);
    let has_parent = full.parent().is_some_and(Path::is_dir);
    if full.symlink_metadata().is_err() && has_parent {
        let mut sight = Sight::new(&probe.document);
        (sight.subjects, sight.grade) = (1, Some(Grade::Absent));
        sight.boolean("found", false);
        sight.boolean("digest_matches", false);
        return sight;
    }
    match files.read_bytes(&probe.document, MAX_PAPER_BYTES) {
        Err(error) => Sight::blind(&probe.document, &error),
        Ok(bytes) => told(probe, &files, &bytes, now),
    }
}

fn told(probe: &Attest, files: &Files, bytes: &[u8], now: i64) -> Sight {
    let mut sight = Sight::new(&probe.document);
    let mut trouble = Vec::new();
    (sight.subjects, sight.grade) = (1, Some(Grade::Declared));
    sight.boolean("found", true);
    sight.text("kind", probe.kind);
    sight.text("by", &probe.by);
    put_digest(&mut sight, probe, bytes);
    if let Ok(text) = std::str::from_utf8(bytes) {
        sight.boolean("placeholder", is_placeholder(&probe.document, text));
        sight.boolean("names_by", names(text, &probe.by));
        if let Some(on) = probe.on {
            sight.boolean("names_on", days(on).iter().any(|day| names(text, day)));
        }
    }
    let beside = SIGNATURES.iter().map(|end| format!("{}{end}", probe.document));
    sight.put("signatures_unchecked", texts(beside.filter(|path| files.within(path).is_some())));
    put_days(&mut sight, probe, now, &mut trouble);
    if files.is_committed(&probe.document) == Some(false) {
        trouble.push(format!("{} is only on this disk, not in the last commit", probe.document));
    }
    sight.trouble = (!trouble.is_empty()).then(|| some(&trouble));
    sight
}

/// Whether a text holds some words as words of their own, however they are spaced.
fn names(text: &str, words: &str) -> bool {
    let plain = |text: &str| text.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ");
    let (text, words) = (plain(text), plain(words));
    let is_part = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    text.match_indices(&words)
        .any(|(at, _)| !is_part(text[..at].chars().next_back()) && !is_part(text[at + words.len()..].chars().next()))
}

/// A day as papers write it.
fn days(on: Date) -> Vec<String> {
    const MONTHS: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    let iso = on.to_string();
    let parts: Vec<u32> = iso.split('-').filter_map(|part| part.parse().ok()).collect();
    let &[year, month, day] = parts.as_slice() else { return vec![iso] };
    let name = MONTHS.get(month.saturating_sub(1) as usize).copied().unwrap_or("");
    let short: String = name.chars().take(3).collect();
    let mut all = vec![
        format!("{day:02}.{month:02}.{year}"),
        format!("{day}.{month}.{year}"),
        format!("{day:02}/{month:02}/{year}"),
        format!("{month:02}/{day:02}/{year}"),
        format!("{year}/{month:02}/{day:02}"),
    ];
    for name in [name, &short] {
        all.extend([
            format!("{day} {name} {year}"),
            format!("{name} {day}, {year}"),
            format!("{day:02} {name} {year}"),
            format!("{day}. {name} {year}"),
        ]);
    }
    all.push(iso);
    all
}

fn put_digest(sight: &mut Sight, probe: &Attest, bytes: &[u8]) {
    let digest: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    if let Some(wanted) = &probe.digest {
        sight.boolean("digest_matches", *wanted == digest);
    }
    sight.text("digest", &format!("sha256:{digest}"));
}

/// A paper is valid through the whole of its last day, UTC. Without a last day nobody knows.
fn put_days(sight: &mut Sight, probe: &Attest, now: i64, trouble: &mut Vec<String>) {
    let Some(today) = Date::from_days(now.div_euclid(DAY_SECONDS)) else { return };
    if let Some(on) = probe.on {
        match u64::try_from(today.days_since(on)) {
            Ok(days) => sight.put("age", Value::duration(Duration::from_secs(days * DAY_SECONDS.unsigned_abs()))),
            Err(_) => trouble.push(format!("`on` ({on}) lies in the future")),
        }
    }
    if let Some(until) = probe.valid_until {
        let left = until.days_since(today);
        sight.boolean("valid", left >= 0);
        sight.boolean("expired", left < 0);
        sight.put("days_left", Value::Integer(left));
    }
}
