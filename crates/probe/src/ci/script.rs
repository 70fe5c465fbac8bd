//! One level of what a command calls: a target of a Makefile or justfile, a script of `package.json`, a shell script.

use std::path::Path;

use super::shell::Shell;

/// The largest script that is read.
const MAX_SCRIPT_BYTES: usize = 1 << 20;

/// What a command calls: where it stands, its commands, and how they are run.
#[derive(Clone, Debug)]
pub(super) struct Called {
    pub(super) place: String,
    pub(super) text: String,
    pub(super) shell: Shell,
}

/// Reads what a command calls, when that is in the repository.
pub(super) fn called(root: &Path, directory: &str, command: &str) -> Option<Called> {
    let words: Vec<&str> = command.split_whitespace().filter(|word| !word.starts_with('-')).collect();
    let words = if words.first() == Some(&"sudo") { &words[1..] } else { &words[..] };
    match words {
        ["make", targets @ ..] => make(root, directory, targets),
        ["just", target, ..] => recipe(root, directory, "justfile", target),
        ["npm" | "pnpm" | "yarn" | "bun", "run" | "run-script", name, ..] => package(root, directory, name),
        ["npm" | "pnpm" | "yarn" | "bun", name @ ("test" | "t"), ..] => {
            package(root, directory, if *name == "t" { "test" } else { name })
        }
        ["yarn" | "pnpm", name, ..] => package(root, directory, name),
        ["bash" | "sh" | "source" | ".", path, ..] => script(root, directory, path, words[0]),
        [path, ..] if path.starts_with("./") || path.ends_with(".sh") => script(root, directory, path, ""),
        _ => None,
    }
}

fn read(root: &Path, path: &str) -> Option<String> {
    let is_inside = !path.starts_with('/') && path.split('/').all(|part| part != "..");
    let full = root.join(path);
    (is_inside && !full.is_symlink()).then_some(())?;
    outside::files::read_text(&full, MAX_SCRIPT_BYTES).ok()
}

fn join(directory: &str, path: &str) -> String {
    let path = path.trim_start_matches("./");
    if directory.is_empty() { path.to_owned() } else { format!("{}/{path}", directory.trim_end_matches('/')) }
}

fn make(root: &Path, directory: &str, targets: &[&str]) -> Option<Called> {
    let target = targets.iter().find(|word| !word.contains('=')).copied()?;
    recipe(root, directory, "Makefile", target)
}

/// The lines below a target. Each runs in a shell of its own; in a Makefile `-` in front swallows its failure.
fn recipe(root: &Path, directory: &str, file: &str, target: &str) -> Option<Called> {
    let path = join(directory, file);
    let text = read(root, &path)?;
    let mut lines = text.lines().enumerate().skip_while(|(_, line)| {
        let head = line.split(':').next().unwrap_or("");
        !(line.contains(':')
            && !line.starts_with(char::is_whitespace)
            && head.split_whitespace().any(|word| word.trim_start_matches('@') == target))
    });
    let (at, _) = lines.next()?;
    let body = lines.take_while(|(_, line)| line.starts_with(char::is_whitespace) || line.is_empty());
    let text: Vec<String> = body.map(|(_, line)| recipe_line(line.trim())).collect();
    // Every line is a shell, and the first that fails ends the recipe.
    Some(Called {
        place: format!("{path}:{}", at + 1),
        text: text.join("\n"),
        shell: Shell { errexit: true, pipefail: false, is_foreign: false },
    })
}

fn recipe_line(line: &str) -> String {
    let ignores = line.trim_start_matches('@').starts_with('-') || line.starts_with("-@");
    let bare = line.trim_start_matches(['@', '-', '+']);
    // Within one line nothing ends at the first failure.
    let bare = bare.strip_suffix("; true").map_or(bare.to_owned(), |bare| format!("{bare} || true"));
    if ignores { format!("{bare} || true") } else { bare }
}

fn package(root: &Path, directory: &str, name: &str) -> Option<Called> {
    let path = join(directory, "package.json");
    let text = read(root, &path)?;
    let manifest: serde_json::Value = serde_json::from_str(&text).ok()?;
    let script = manifest.get("scripts")?.get(name)?.as_str()?.to_owned();
    let line = text.lines().position(|line| line.contains(&format!("\"{name}\""))).map_or(1, |at| at + 1);
    Some(Called {
        place: format!("{path}:{line}"),
        text: script,
        shell: Shell { errexit: false, pipefail: false, is_foreign: false },
    })
}

fn script(root: &Path, directory: &str, path: &str, by: &str) -> Option<Called> {
    let path = join(directory, path);
    let text = read(root, &path)?;
    let head = text.lines().next().filter(|line| line.starts_with("#!")).unwrap_or("");
    let is_shell = head.is_empty() || head.contains("sh");
    let errexit = by.is_empty() && head.split_whitespace().any(|word| word.starts_with('-') && word.contains('e'));
    Some(Called { place: format!("{path}:1"), text, shell: Shell { errexit, pipefail: false, is_foreign: !is_shell } })
}
