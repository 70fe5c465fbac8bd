//! `secret.default`: keys and passwords that everybody knows, where a program or its manifests fall back on them.
//!
//! A guard against a missing secret is worth nothing where a default fills in. Tests, examples and files for a developer's own
//! machine are told apart; what they hold may still reach production.

use std::path::Path;
use std::time::Duration;

use evidence::Grade;
use text::{Fields, Source};

use super::weak::{all, why};
use super::words::{is_example, is_open, is_secret_name, redacted};
use crate::World;
use crate::kind::{Look, Looking, in_thread};
use crate::repository::comment::{comments, without};
use crate::repository::files::{Files, Patterns, some, texts};
use crate::sight::Sight;

/// The largest file searched.
pub(super) const MAX_SECRET_BYTES: usize = 16 << 20;

/// Files that nobody writes by hand, and in which nobody sets a default.
const GENERATED: [&str; 16] = [
    ".map",
    ".min.js",
    ".min.css",
    ".svg",
    "package-lock.json",
    "yarn.lock",
    "pnpm-lock.yaml",
    "bun.lock",
    "Cargo.lock",
    "go.sum",
    "poetry.lock",
    "uv.lock",
    "Pipfile.lock",
    "Gemfile.lock",
    "composer.lock",
    "flake.lock",
];

/// How long one look may take.
pub(super) const SECRET_WITHIN: Duration = Duration::from_secs(120);

/// Known defaults.
#[derive(Clone, Debug)]
pub(crate) struct SecretDefault {
    paths: Patterns,
    names: Vec<String>,
}

impl SecretDefault {
    pub(crate) fn read(fields: &mut Fields<'_, '_>) -> Option<Self> {
        let paths = Patterns::read(fields, "paths");
        let names = fields.texts("names").into_iter().map(|(name, _)| name.to_owned()).collect();
        Some(Self { paths: paths?, names })
    }

    fn is_wanted(&self, name: &str) -> bool {
        if self.names.is_empty() {
            is_secret_name(name)
        } else {
            self.names.iter().any(|one| one.eq_ignore_ascii_case(name))
        }
    }
}

impl Look for SecretDefault {
    fn subject(&self) -> String {
        self.paths.words()
    }

    fn look<'a>(&'a self, world: &'a World) -> Looking<'a> {
        let (owned, directory) = (self.clone(), world.directory.clone());
        Box::pin(async move { in_thread(&self.subject(), SECRET_WITHIN, move || looked(&owned, &directory)).await })
    }
}

/// What one file holds.
#[derive(Default)]
struct InFile {
    found: Vec<String>,
    /// Wanted names that stand in it.
    names: Vec<String>,
}

fn looked(probe: &SecretDefault, directory: &Path) -> Sight {
    let files = match Files::below(directory) {
        Ok(files) => files,
        Err(error) => return Sight::blind(probe.subject(), &error),
    };
    let mut meant = files.meant(&probe.paths);
    meant.retain(|path| !GENERATED.iter().any(|end| path.ends_with(end)));
    let read = outside::parallel::map(&meant, |path| {
        text_of(&files, path).map(|text| text.map(|text| in_file(probe, path, &text)))
    });
    let (mut searched, mut trouble, mut names) = (0, Vec::new(), Vec::new());
    let (mut found, mut examples) = (Vec::new(), Vec::new());
    for (path, read) in meant.iter().zip(read) {
        match read {
            Err(why) => trouble.push(why),
            // Binary.
            Ok(None) => {}
            Ok(Some(file)) => {
                searched += 1;
                names.extend(file.names);
                if is_example(path) { examples.extend(file.found) } else { found.extend(file.found) }
            }
        }
    }
    let nowhere = probe.paths.all.iter().filter(|pattern| !meant.iter().any(|path| pattern.means(path)));
    trouble.extend(nowhere.map(|pattern| format!("no file is meant by {}", pattern.written)));
    trouble.extend(probe.paths.all.iter().filter_map(|pattern| files.incomplete(pattern)));
    let unseen = probe.names.iter().filter(|name| !names.contains(name));
    trouble.extend(unseen.map(|name| format!("{name} stands in no file that was searched")));
    let mut sight = Sight::new(
        found.first().and_then(|one: &String| one.split(": ").next()).map_or_else(|| probe.subject(), str::to_owned),
    );
    sight.subjects = searched;
    if searched > 0 {
        sight.integer("files", usize::try_from(searched).unwrap_or(usize::MAX));
        sight.integer("count", found.len());
        sight.put("found", texts(found));
        sight.put("in_examples", texts(examples));
        sight.grade = Some(Grade::Declared);
    }
    sight.trouble = (!trouble.is_empty()).then(|| some(&trouble));
    sight
}

/// The text of a file; `None` for one that is none. A character that is no UTF-8 hides nothing else.
pub(super) fn text_of(files: &Files, path: &str) -> Result<Option<String>, String> {
    const HEAD: usize = 8192;
    if files.within(path).is_some_and(|full| full.is_dir()) {
        return Ok(None);
    }
    match files.read_bytes(path, MAX_SECRET_BYTES) {
        Ok(bytes) if bytes[..bytes.len().min(HEAD)].contains(&0) => Ok(None),
        Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
        Err(error) => Err(error.words()),
    }
}

fn in_file(probe: &SecretDefault, path: &str, text: &str) -> InFile {
    let code = without(text, &comments(path, text));
    let source = Source::new(path, code.clone());
    let place = |at: usize| format!("{path}:{}", source.line_column(at).0);
    let mut file = InFile::default();
    for weak in all(path, &code, &|name| probe.is_wanted(name)) {
        file.found.push(format!("{}: {}: {} ({})", place(weak.at), weak.name, weak.why, redacted(&weak.value)));
    }
    for (line, name, why, value) in of_manifests(path, &code, probe) {
        let one = format!("{path}:{line}: {name}: {why} ({})", redacted(&value));
        let begin = format!("{path}:{line}: ");
        if !file.found.iter().any(|other| other.starts_with(&begin)) {
            file.found.push(one);
        }
    }
    file.names = probe.names.iter().filter(|name| code.contains(name.as_str())).cloned().collect();
    file
}

/// Values of Kubernetes Secrets, in base64 or not.
fn of_manifests(path: &str, text: &str, probe: &SecretDefault) -> Vec<(usize, String, &'static str, String)> {
    let is_yaml = path.ends_with(".yaml") || path.ends_with(".yml");
    if !is_yaml || !text.contains("kind: Secret") {
        return Vec::new();
    }
    let (objects, _) = manifests::objects_until_broken(&Source::new(path, text));
    let mut found = Vec::new();
    for object in objects.iter().filter(|object| object.kind() == "Secret") {
        for (part, is_encoded) in [("data", true), ("stringData", false)] {
            for entry in object.node.get(part).and_then(text::Node::as_map).unwrap_or_default() {
                let Some(written) = entry.value.as_text() else { continue };
                let decoded = if is_encoded {
                    manifests::decoded(written).map(|text| text.trim().to_owned())
                } else {
                    Some(written.to_owned())
                };
                let Some(value) = decoded.filter(|value| !is_open(value)) else { continue };
                let is_name = if probe.names.is_empty() {
                    !entry.key.to_lowercase().contains("user")
                } else {
                    probe.is_wanted(&entry.key)
                };
                if let Some(why) = why(&value).filter(|_| is_name) {
                    found.push((object.line(entry.key_span), entry.key.clone(), why, value));
                }
            }
        }
    }
    found
}
