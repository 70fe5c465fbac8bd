//! What files say at the keys that the text quotes.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;

use register::{Register, ValueFact};
use text::{Node, NodeKind, Source, read_yaml};

use super::Repository;

/// The largest file whose values are read, 1 MiB.
const MAX_FILE_BYTES: usize = 1024 * 1024;
/// The most values of one file.
const MAX_VALUES: usize = 20_000;

/// One value of a file: its keys, the text, the line, the JSONPath.
struct Leaf {
    keys: String,
    value: String,
    line: usize,
    at: String,
    /// The file has several documents, so that a path alone does not name the place.
    is_of_many: bool,
}

/// Looks up every pair whose file is there and could be read to the end.
pub(super) fn look_up(
    repository: &Repository,
    register: &Register,
    places: &[PathBuf],
) -> BTreeMap<(String, String), ValueFact> {
    let mut files: HashMap<&str, Option<Vec<Leaf>>> = HashMap::new();
    let mut facts = BTreeMap::new();
    for pair in &register.parts.pairs {
        let leaves = files.entry(&pair.file).or_insert_with(|| leaves(repository, &pair.file, places));
        let Some(leaves) = leaves else { continue };
        let tail = format!(".{}", pair.key.to_lowercase());
        let found: Vec<&Leaf> =
            leaves.iter().filter(|leaf| format!(".{}", leaf.keys.to_lowercase()).ends_with(&tail)).collect();
        let at = match found.as_slice() {
            [only] if !only.is_of_many => Some(only.at.clone()),
            _ => None,
        };
        let values = found.iter().map(|leaf| (leaf.value.clone(), leaf.line)).collect();
        facts.insert((pair.file.clone(), pair.key.clone()), ValueFact { values, at });
    }
    facts
}

/// Every value of a file; `None` when it is not there, is no such file, or holds more than can be followed (templates, anchors).
fn leaves(repository: &Repository, file: &str, places: &[PathBuf]) -> Option<Vec<Leaf>> {
    let bare = file.trim_start_matches('/');
    let direct = places.iter().map(|place| place.join(bare)).find(|path| path.is_file());
    let path = direct.or_else(|| match repository.by_name.get(bare)?.as_slice() {
        [only] => Some(repository.root.join(&repository.listing.paths[*only])),
        _ => None,
    })?;
    let text = outside::files::read_text(&path, MAX_FILE_BYTES).ok()?;
    if text.contains("{{") {
        return None;
    }
    if bare.to_lowercase().ends_with(".env") {
        return Some(variables(&text));
    }
    let mut leaves = Vec::new();
    let mut start = 0;
    let is_of_many = text.trim_start_matches('-').contains("\n---");
    for document in text.split("\n---") {
        let source = Source::new(file, document);
        let (node, problems) = read_yaml(&source);
        let is_whole = problems.iter().all(|problem| problem.rule == "many-documents");
        let line = text[..start].matches('\n').count();
        start += document.len() + "\n---".len();
        let node = node.filter(|_| is_whole)?;
        collect(&node, &source, line, (String::new(), "$".to_owned()), &mut leaves);
    }
    leaves.iter_mut().for_each(|leaf| leaf.is_of_many = is_of_many);
    (leaves.len() < MAX_VALUES).then_some(leaves)
}

fn collect(node: &Node, source: &Source, line: usize, (keys, at): (String, String), leaves: &mut Vec<Leaf>) {
    if leaves.len() >= MAX_VALUES {
        return;
    }
    match &node.kind {
        NodeKind::Map(entries) => {
            for entry in entries {
                let keys = if keys.is_empty() { entry.key.clone() } else { format!("{keys}.{}", entry.key) };
                let plain = entry.key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
                let at = if plain { format!("{at}.{}", entry.key) } else { format!("{at}['{}']", entry.key) };
                collect(&entry.value, source, line, (keys, at), leaves);
            }
        }
        NodeKind::List(items) => {
            for (index, item) in items.iter().enumerate() {
                collect(item, source, line, (keys.clone(), format!("{at}[{index}]")), leaves);
            }
        }
        _ => {
            if let Some(value) = node.as_text() {
                let line = line + source.line_column(node.span.start).0;
                leaves.push(Leaf { keys, value: value.to_owned(), line, at, is_of_many: false });
            }
        }
    }
}

fn variables(text: &str) -> Vec<Leaf> {
    let lines = text.lines().enumerate().filter_map(|(index, line)| {
        let (key, value) = line.trim().trim_start_matches("export ").split_once('=')?;
        let value = value.trim().trim_matches(['"', '\'']).to_owned();
        let sound = !key.starts_with('#') && !key.is_empty();
        sound.then(|| Leaf {
            keys: key.trim().to_owned(),
            value,
            line: index + 1,
            at: key.trim().to_owned(),
            is_of_many: false,
        })
    });
    lines.take(MAX_VALUES).collect()
}
