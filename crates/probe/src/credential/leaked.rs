//! `secret.leaked`: tokens that lie in the tree as it is.
//!
//! Known shapes wherever they stand, and random texts under the name of a secret. What was encrypted for the tree (SOPS, sealed
//! secrets, age, Ansible Vault, git-crypt) is no leak. Only the tree is searched: what was taken out of it is still in the
//! history, and must be renewed.

use std::path::Path;

use evidence::Grade;
use text::{Fields, Source};

use super::defaults::{SECRET_WITHIN, text_of};
use super::formats::{Token, tokens};
use super::weak::{Writing, writing};
use super::words::{is_example, redacted};
use crate::World;
use crate::kind::{Look, Looking, in_thread};
use crate::repository::files::{Files, Patterns, some, texts};
use crate::sight::Sight;

/// Tokens in a tree.
#[derive(Clone, Debug)]
pub(crate) struct SecretLeaked {
    paths: Patterns,
}

/// Files of packages and digests, in which random texts are the rule.
const DIGESTS: [&str; 14] = [
    "package-lock.json",
    "yarn.lock",
    "pnpm-lock.yaml",
    "Cargo.lock",
    "go.sum",
    "poetry.lock",
    "uv.lock",
    "Gemfile.lock",
    "composer.lock",
    "Pipfile.lock",
    ".min.js",
    ".map",
    ".svg",
    "flake.lock",
];

impl SecretLeaked {
    pub(crate) fn read(fields: &mut Fields<'_, '_>) -> Option<Self> {
        Patterns::read(fields, "paths").map(|paths| Self { paths })
    }
}

impl Look for SecretLeaked {
    fn subject(&self) -> String {
        self.paths.words()
    }

    fn look<'a>(&'a self, world: &'a World) -> Looking<'a> {
        let (owned, directory, now) = (self.clone(), world.directory.clone(), world.now / 1_000_000);
        Box::pin(
            async move { in_thread(&self.subject(), SECRET_WITHIN, move || looked(&owned, &directory, now)).await },
        )
    }
}

/// What one file holds.
struct InFile {
    tokens: Vec<(usize, Token)>,
    is_encrypted: bool,
}

/// Whether a file was encrypted for the tree. A program that only names such a format is none.
fn is_encrypted(path: &str, text: &str) -> bool {
    let begins =
        ["$ANSIBLE_VAULT", "age-encryption.org/v1", concat!("-----BEGIN AGE", " ENCRYPTED"), "-----BEGIN PGP MESSAGE"];
    let is_settings = writing(path) == Writing::Settings || path.ends_with(".json");
    let is_sops = text.contains("ENC[AES256_GCM") && text.contains("sops") && text.contains("mac");
    let is_sealed = text.contains("kind: SealedSecret") && !text.contains("kind: Secret\n");
    begins.iter().any(|mark| text.starts_with(mark)) || (is_settings && (is_sops || is_sealed))
}

fn in_file(path: &str, text: &str, now: i64) -> InFile {
    let is_encrypted = is_encrypted(path, text);
    let is_digest = DIGESTS.iter().any(|end| path.ends_with(end));
    let source = Source::new(path, text);
    let found = tokens(text, now, !is_encrypted && !is_digest);
    let tokens = found.into_iter().map(|token| (source.line_column(token.at).0, token)).collect();
    InFile { tokens, is_encrypted }
}

/// What was found so far.
#[derive(Default)]
struct Found {
    searched: u64,
    leaks: Vec<String>,
    examples: Vec<String>,
    untracked: Vec<String>,
    encrypted: Vec<String>,
    trouble: Vec<String>,
}

impl Found {
    fn file(&mut self, files: &Files, path: &str, file: InFile) {
        self.searched += 1;
        if file.is_encrypted {
            self.encrypted.push(path.to_owned());
        }
        for (line, token) in file.tokens {
            let told = format!("{path}:{line}: {} ({})", token.what, redacted(&token.value));
            if token.is_example || (is_example(path) && !token.is_certain) {
                self.examples.push(told);
            } else if files.is_committed(path) == Some(false) {
                self.untracked.push(told);
            } else {
                self.leaks.push(told);
            }
        }
    }
}

fn looked(probe: &SecretLeaked, directory: &Path, now: i64) -> Sight {
    let files = match Files::below(directory) {
        Ok(files) => files,
        Err(error) => return Sight::blind(probe.subject(), &error),
    };
    let meant = files.meant(&probe.paths);
    let read = outside::parallel::map(&meant, |path| {
        text_of(&files, path).map(|text| text.map(|text| in_file(path, &text, now)))
    });
    let mut found = Found::default();
    for (path, read) in meant.iter().zip(read) {
        match read {
            Err(why) => found.trouble.push(why),
            // Binary.
            Ok(None) => {}
            Ok(Some(file)) => found.file(&files, path, file),
        }
    }
    let nowhere = probe.paths.all.iter().filter(|pattern| !meant.iter().any(|path| pattern.means(path)));
    found.trouble.extend(nowhere.map(|pattern| format!("no file is meant by {}", pattern.written)));
    found.trouble.extend(probe.paths.all.iter().filter_map(|pattern| files.incomplete(pattern)));
    told(probe, found)
}

fn told(probe: &SecretLeaked, found: Found) -> Sight {
    let first = found.leaks.first().and_then(|one| one.split(": ").next());
    let mut sight = Sight::new(first.map_or_else(|| probe.subject(), str::to_owned));
    sight.subjects = found.searched;
    if found.searched > 0 {
        sight.integer("files", usize::try_from(found.searched).unwrap_or(usize::MAX));
        sight.integer("count", found.leaks.len());
        sight.put("found", texts(found.leaks));
        sight.put("examples", texts(found.examples));
        sight.put("untracked", texts(found.untracked));
        sight.put("encrypted_files", texts(found.encrypted));
        sight.boolean("history_searched", false);
        sight.grade = Some(Grade::Declared);
    }
    sight.trouble = (!found.trouble.is_empty()).then(|| some(&found.trouble));
    sight
}
