//! Where the links of a register lead.
//!
//! What a site generator may resolve and a file system does not (addresses from the site's root, pages without extension,
//! built HTML) is not judged.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use register::parts::anchors;
use register::{LinkFact, MAX_CANDIDATES, Register};

use super::{Repository, file_name, place};
use crate::MAX_REGISTER_BYTES;

/// The most other documents that are read for their headings.
const MAX_READ: usize = 100;

/// Looks up every link whose target lies inside of the repository.
pub(super) fn look_up(repository: &Repository, register: &Register, beside: &Path) -> BTreeMap<String, LinkFact> {
    let mut documents: HashMap<String, Option<Vec<String>>> = HashMap::new();
    let mut own: Option<Vec<String>> = None;
    let mut facts = BTreeMap::new();
    for link in &register.parts.links {
        if facts.contains_key(&link.target) {
            continue;
        }
        let (path, anchor) = split(&link.target);
        let fact = if path.is_empty() {
            let own = own.get_or_insert_with(|| anchors(register.source.text()));
            anchor.as_deref().map(|anchor| anchored(own, anchor))
        } else {
            judge(repository, beside, &path, anchor.as_deref(), &mut documents)
        };
        facts.extend(fact.map(|fact| (link.target.clone(), fact)));
    }
    facts
}

/// Path and anchor of a target, decoded.
fn split(target: &str) -> (String, Option<String>) {
    let (path, anchor) = match target.split_once('#') {
        Some((path, anchor)) => (path, Some(anchor)),
        None => (target, None),
    };
    let path = path.split('?').next().unwrap_or(path);
    (decoded(path), anchor.filter(|anchor| !anchor.is_empty()).map(decoded))
}

/// `%20` and its like as characters; what is no code stays as it is.
fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let code = (bytes[at] == b'%').then(|| text.get(at + 1..at + 3)).flatten();
        match code.and_then(|code| u8::from_str_radix(code, 16).ok()) {
            Some(byte) => {
                out.push(byte);
                at += 3;
            }
            None => {
                out.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8(out).unwrap_or_else(|_| text.to_owned())
}

fn judge(
    repository: &Repository,
    beside: &Path,
    path: &str,
    anchor: Option<&str>,
    documents: &mut HashMap<String, Option<Vec<String>>>,
) -> Option<LinkFact> {
    let from_site = path.strip_prefix('/');
    let full = from_site.map_or_else(|| beside.join(path), |bare| repository.root.join(bare));
    let inside = place::from_root(repository, &full)?;
    if !full.exists() {
        return missing(repository, beside, path, &inside, anchor, from_site.is_some());
    }
    let exact = repository.paths.contains(&inside) || full.is_dir() || repository.listing.is_cut;
    if let Some(right) = repository.by_lower.get(&inside.to_lowercase()).filter(|_| !exact) {
        return Some(LinkFact::OtherCase { right: spelled(repository, beside, right, anchor) });
    }
    let is_markdown = path.to_lowercase().ends_with(".md") || path.to_lowercase().ends_with(".markdown");
    let (Some(anchor), true) = (anchor, is_markdown) else { return Some(LinkFact::Sound) };
    if documents.len() >= MAX_READ && !documents.contains_key(&inside) {
        return None;
    }
    let read = || outside::files::read_text(&full, MAX_REGISTER_BYTES).ok().map(|text| anchors(&text));
    let known = documents.entry(inside).or_insert_with(read);
    known.as_ref().map(|known| anchored(known, anchor))
}

/// What may be meant, unless a site generator may know better.
fn missing(
    repository: &Repository,
    beside: &Path,
    path: &str,
    inside: &str,
    anchor: Option<&str>,
    from_site: bool,
) -> Option<LinkFact> {
    let name = file_name(path);
    let has_extension = name.rsplit_once('.').is_some_and(|(stem, _)| !stem.is_empty());
    if let Some(right) = repository.by_lower.get(&inside.to_lowercase()) {
        return Some(LinkFact::OtherCase { right: spelled(repository, beside, right, anchor) });
    }
    if from_site || !has_extension || name.ends_with(".html") || repository.listing.is_cut {
        return None;
    }
    let same_name = repository.by_name.get(name).into_iter().flatten().map(|at| &repository.listing.paths[*at]);
    let candidates: Vec<String> =
        same_name.map(|found| spelled(repository, beside, found, anchor)).take(MAX_CANDIDATES + 1).collect();
    let candidates = if candidates.len() > MAX_CANDIDATES { Vec::new() } else { candidates };
    Some(LinkFact::Missing { candidates })
}

fn anchored(known: &[String], anchor: &str) -> LinkFact {
    let lower = anchor.to_lowercase();
    let lower = lower.strip_prefix("user-content-").unwrap_or(&lower);
    if known.iter().any(|name| name.to_lowercase() == lower) {
        return LinkFact::Sound;
    }
    LinkFact::NoAnchor { nearest: text::nearest(lower, known.iter().map(String::as_str)).map(str::to_owned) }
}

/// A path of the repository as a link from the register's folder would be written.
fn spelled(repository: &Repository, beside: &Path, found: &str, anchor: Option<&str>) -> String {
    let from = place::from_root(repository, beside).unwrap_or_default();
    let from: Vec<&str> = from.split('/').filter(|part| !part.is_empty()).collect();
    let to: Vec<&str> = found.split('/').collect();
    let shared = from.iter().zip(&to[..to.len() - 1]).take_while(|(left, right)| left == right).count();
    let up = std::iter::repeat_n("..", from.len() - shared);
    let path = up.chain(to[shared..].iter().copied()).collect::<Vec<_>>().join("/").replace(' ', "%20");
    anchor.map_or(path.clone(), |anchor| format!("{path}#{anchor}"))
}
