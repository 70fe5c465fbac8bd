//! What a simple command runs, and what is known of tools that succeed whatever they find.
//!
//! A word is meant where it is a word of its own: `pytest`, `/usr/bin/pytest`, `pytest@8`, `check.py` for `check`; a file that is written
//! (`tee pytest.log`), a package that is installed, an exclusion (`--ignore pytest`) is not. From the tools' own documentation.

use super::lex::Word;
use super::parse::Simple;

/// Commands that speak of a program without running it.
const SPEAKERS: &[&str] = &[
    "echo", "printf", "cat", "mkdir", "rm", "cp", "mv", "ls", "export", "which", "command", "type", "cd", "chmod",
    "tee", "apt-get", "apt", "apk", "brew", "grep", "sed", "awk", "curl", "wget", "touch", "git", "gh", "head", "tail",
    "test", "[", "[[", "alias", "source", ".", "hash", "tar", "zip", "unzip", "ln", "trap", "local", "declare",
    "readonly", "unset", "codecov", "pushd", "date", "pgrep", "pkill", "killall", "kill", "man", "dnf", "yum", "choco",
    "winget", "scoop",
];

/// Words behind which a program is only installed.
const INSTALLS: &[&str] =
    &["install", "add", "i", "ci", "sync", "lock", "uninstall", "remove", "upgrade", "download", "cache", "inject"];

/// Programs that install, for which the words above mean that.
const INSTALLERS: &[&str] = &[
    "pip", "pip3", "pipx", "npm", "pnpm", "yarn", "bun", "cargo", "gem", "go", "poetry", "uv", "pdm", "conda", "mamba",
    "pipenv", "rustup", "asdf", "mise", "helm", "dotnet", "composer", "bundle", "hatch", "rye", "python", "python3",
    "nix",
];

/// Options whose value is left out, not run.
const LEAVES_OUT: &[&str] =
    &["--exclude", "--ignore", "--skip", "--without", "--deselect", "--omit", "-x", "--no-group", "--extra"];

/// Options that make a tool succeed whatever it finds, or do nothing.
const TAME: &[&str] = &[
    "--exit-zero",
    "--soft-fail",
    "--soft_fail",
    "--no-fail",
    "-no-fail",
    "--warn-only",
    "--collect-only",
    "--co",
    "--exit-code=0",
    "--fail-under=0",
    "--cov-fail-under=0",
    "--issues-exit-code=0",
    "--allow-failure",
    "--continue-on-error",
    "--no-exit-code",
    "--no-run",
    "--help",
    "--version",
    "--passive",
    "--list-tests",
    "--listTests",
    "--fail-never",
    "-fn",
    "--setup-plan",
    "--fixtures",
    "--markers",
    "--suppress-tests-failed-exit-code",
    "-Dmaven.test.failure.ignore=true",
    "-Dmaven.test.failure.ignore",
    "-DskipTests",
    "-DskipTests=true",
    "-Dmaven.test.skip=true",
    "-Dmaven.test.skip",
    "-DtestFailureIgnore=true",
    "--exit-code-on-error=0",
    "--no-error-on-findings",
    "--ignore-exit-code",
    "--bail=false --passWithNoTests",
];

/// Options that take a value which makes a tool succeed.
const TAME_PAIRS: &[(&str, &str)] = &[
    ("--exit-code", "0"),
    ("--fail-under", "0"),
    ("--cov-fail-under", "0"),
    ("--issues-exit-code", "0"),
    ("--ignore-on-exit", "all"),
    ("-fail", "none"),
    ("--exit-code-on-error", "0"),
    ("--audit-level", "none"),
];

/// Options with which it is not known what a tool does, beside the tools that still fail.
const DRY: &[&str] = &["--dry-run", "--dryrun"];
const DRY_AND_STRICT: &[&str] =
    &["kubectl", "helm", "cargo", "npm", "pnpm", "yarn", "semantic-release", "flyctl", "goreleaser"];

/// Tools that succeed whatever they find, unless one of these options is there.
const GENTLE: &[(&str, &[&str])] = &[
    ("trivy", &["--exit-code"]),
    ("grype", &["--fail-on", "-f"]),
    ("semgrep", &["--error", "ci"]),
    ("black", &["--check", "--diff"]),
    ("isort", &["--check", "-c", "--check-only"]),
    ("prettier", &["--check", "-c", "--list-different", "-l"]),
    ("ruff format", &["--check", "--diff"]),
    ("cargo fmt", &["--check"]),
    ("terraform fmt", &["-check", "--check"]),
    ("trufflehog", &["--fail"]),
    ("detect-secrets scan", &[]),
    ("snyk monitor", &[]),
    ("gofmt", &[]),
    ("goimports", &[]),
    ("cargo geiger", &[]),
    ("cloc", &[]),
];

/// Tools that tell by what they print.
const PRINTERS: &[&str] =
    &["gofmt", "goimports", "git status", "git diff", "git ls-files", "terraform fmt", "prettier", "find", "grep"];

/// Endings of files that can be run.
const RUNNABLE: &[&str] =
    &[".sh", ".bash", ".py", ".js", ".mjs", ".cjs", ".ts", ".rb", ".pl", ".php", ".ps1", ".bat", ".cmd"];

fn base(text: &str) -> &str {
    text.rsplit('/').next().unwrap_or(text)
}

/// The words of the command behind what only starts it: `sudo`, `env X=1`, `timeout 10m`, `xargs -n1`.
pub(in crate::ci) fn stripped(one: &Simple) -> &[Word] {
    let mut rest = one.words.as_slice();
    loop {
        let first = rest.first().map_or("", |word| base(&word.text));
        let options = |rest: &[Word]| rest.iter().take_while(|word| word.text.starts_with('-')).count();
        let skipped = match first {
            "sudo" | "nohup" | "nice" | "exec" | "time" | "xargs" | "stdbuf" | "unbuffer" | "catchsegv" => {
                1 + options(&rest[1..])
            }
            "command" if !rest.get(1).is_some_and(|word| word.text.starts_with('-')) => 1,
            "env" => {
                let set = rest[1..].iter().take_while(|word| word.text.starts_with('-') || word.text.contains('='));
                1 + set.count()
            }
            "timeout" => {
                let options = options(&rest[1..]);
                2 + options
            }
            "xvfb-run" => 1 + options(&rest[1..]),
            _ => return rest,
        };
        if skipped >= rest.len() {
            return rest;
        }
        rest = &rest[skipped..];
    }
}

/// Whether a word is the one that is meant.
fn is_word(word: &str, wanted: &str) -> bool {
    let name = base(word);
    let bare = RUNNABLE.iter().find_map(|ending| name.strip_suffix(ending)).unwrap_or(name);
    let is_option = word.starts_with('-');
    let value = word.split_once('=').filter(|_| is_option);
    if let Some((option, value)) = value {
        let is_run = matches!(option, "-e" | "--env" | "--session" | "-s" | "--module" | "--target" | "--hook");
        return word == wanted || is_run && value.split(',').any(|one| one == wanted);
    }
    word == wanted
        || !is_option && (name == wanted || bare == wanted)
        || !is_option && word.split(['@', ':', ',']).any(|part| part == wanted)
        || word.trim_start_matches("./") == wanted.trim_start_matches("./")
}

/// Where the words that are meant stand among those of a command.
fn position(words: &[Word], wanted: &[&str]) -> Option<usize> {
    (0..words.len()).find(|from| {
        let mut at = *from;
        wanted.iter().enumerate().all(|(index, one)| {
            if index > 0 {
                // `npm run test` is `npm test`, and options may stand between.
                while words.get(at).is_some_and(|word| {
                    (word.text.starts_with(['-', '+']) || word.text == "run") && !is_word(&word.text, one)
                }) {
                    at += 1;
                }
            }
            at += 1;
            words.get(at - 1).is_some_and(|word| is_word(&word.text, one))
        })
    })
}

/// Whether a command runs what is asked for, instead of speaking of it.
pub(in crate::ci) fn runs(one: &Simple, wanted: &str) -> bool {
    let wanted: Vec<&str> = wanted.split_whitespace().collect();
    let words = stripped(one);
    let first = words.first().map_or("", |word| base(&word.text));
    let Some(at) = position(words, &wanted) else { return false };
    if SPEAKERS.contains(&first) && wanted.first() != Some(&first) {
        return false;
    }
    let before: Vec<&str> = words[..at].iter().map(|word| word.text.as_str()).collect();
    let is_left_out = before.last().is_some_and(|word| LEAVES_OUT.contains(word));
    let installs = before.iter().position(|word| INSTALLS.contains(word));
    let is_installed = INSTALLERS.contains(&first)
        && installs.is_some()
        && !before.iter().any(|word| matches!(*word, "run" | "exec" | "x"));
    !is_left_out && !is_installed
}

/// Whether a command is named `wanted` in any way that counts for a whole step.
pub(in crate::ci) fn named(name: &str, wanted: &str) -> bool {
    name.to_lowercase().contains(&wanted.to_lowercase())
}

/// Whether a command only prepares what others do: it installs, changes directory, speaks.
pub(in crate::ci) fn is_setup(one: &Simple) -> bool {
    let words = stripped(one);
    let first = words.first().map_or("", |word| base(&word.text));
    let is_install =
        INSTALLERS.contains(&first) && words.iter().take(4).any(|word| INSTALLS.contains(&word.text.as_str()));
    words.is_empty()
        || is_install
        || SPEAKERS.contains(&first)
        || is_calm(one)
        || matches!(first, "set" | "exit" | "return" | "false")
}

/// Commands that succeed.
pub(super) fn is_calm(one: &Simple) -> bool {
    matches!(
        one.word(0),
        "" | "true"
            | ":"
            | "echo"
            | "printf"
            | "sleep"
            | "export"
            | "touch"
            | "cat"
            | "set"
            | "shift"
            | "date"
            | "trap"
            | "local"
    )
}

/// Whether a tool tells by what it prints.
pub(super) fn is_printer(one: &Simple) -> bool {
    PRINTERS.iter().any(|tool| begins(stripped(one), tool))
}

fn begins(words: &[Word], tool: &str) -> bool {
    tool.split(' ').enumerate().all(|(at, part)| words.get(at).is_some_and(|word| base(&word.text) == part))
}

/// Why a command succeeds whatever it finds; `Err` when that cannot be told.
pub(in crate::ci) fn tame(one: &Simple, is_substituted: bool) -> Result<Option<String>, String> {
    let words: Vec<&str> = one.words.iter().map(|word| word.text.as_str()).collect();
    let bare = stripped(one);
    if let Some(option) = TAME.iter().find(|option| words.contains(option)) {
        return Ok(Some(format!("`{option}`")));
    }
    if let Some((option, value)) = TAME_PAIRS.iter().find(|pair| words.windows(2).any(|two| two == [pair.0, pair.1])) {
        return Ok(Some(format!("`{option} {value}`")));
    }
    if words.len() == 2 && matches!(words[1], "-h" | "-V" | "-v" | "version" | "help") {
        return Ok(Some(format!("`{}` runs nothing", words[1])));
    }
    if words.first() == Some(&"find") && words.contains(&"-exec") && words.last() != Some(&"+") {
        return Ok(Some("`find -exec .. \\;` does not tell what failed".to_owned()));
    }
    if let Some(why) = nothing_runs(bare) {
        return Ok(Some(why));
    }
    let first = bare.first().map_or("", |word| base(&word.text));
    if DRY.iter().any(|option| words.contains(option)) && !DRY_AND_STRICT.contains(&first) {
        return Err("what it does with `--dry-run` is not known here".to_owned());
    }
    let gentle = GENTLE.iter().find(|(tool, _)| (0..bare.len().min(4)).any(|from| begins(&bare[from..], tool)));
    let Some((tool, options)) = gentle else { return Ok(None) };
    let is_strict = words
        .iter()
        .any(|word| options.contains(word) || options.iter().any(|option| word.starts_with(&format!("{option}="))));
    let by_output = is_substituted && is_printer(one);
    Ok((!is_strict && !by_output).then(|| match options.first() {
        Some(option) => format!("`{tool}` without `{option}` succeeds whatever it finds"),
        None => format!("`{tool}` succeeds whatever it finds"),
    }))
}

/// Patterns of tests that select none, and makes that make nothing.
fn nothing_runs(words: &[Word]) -> Option<String> {
    let has =
        |wanted: &[&str]| words.iter().find(|word| wanted.contains(&word.text.as_str())).map(|word| word.text.clone());
    if begins(words, "go test") {
        let none = has(&["-run=^$", "-run=NONE", "-run=XXX", "-run=none", "-list", "-c"]);
        let pair = words
            .windows(2)
            .any(|two| two[0].text == "-run" && matches!(two[1].text.as_str(), "^$" | "NONE" | "XXX" | "none"));
        return none.or_else(|| pair.then(|| "-run".to_owned())).map(|option| format!("`{option}` runs no test"));
    }
    if begins(words, "make") || begins(words, "gmake") {
        let ignoring = has(&["-i", "--ignore-errors", "-ki", "-ik"]);
        let idle = has(&["-n", "--dry-run", "--just-print", "--recon", "-q", "--question", "-t", "--touch"]);
        return ignoring
            .map(|option| format!("`make {option}` ignores every failure"))
            .or_else(|| idle.map(|option| format!("`make {option}` makes nothing")));
    }
    if begins(words, "playwright test") || begins(words, "npx playwright test") {
        return has(&["--list"]).map(|_| "`--list` runs no test".to_owned());
    }
    None
}
