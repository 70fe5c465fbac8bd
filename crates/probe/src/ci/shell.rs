//! What becomes of the exit status of one command within a script of a POSIX shell or bash.
//!
//! The script is cut into simple commands with what joins them; quotes, substitutions, comments and here-documents are
//! respected, functions and loops are not entered. Source: POSIX.1-2017, 2.8.2 and `set -e` in 2.14.

/// How a script is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shell {
    /// `-e`: the first failure ends it.
    pub(super) errexit: bool,
    /// A pipe fails when any of its commands does.
    pub(super) pipefail: bool,
    /// Not a POSIX shell: nothing can be told beyond a single command.
    pub(super) is_foreign: bool,
}

impl Default for Shell {
    /// What GitHub runs where no shell is written: `bash -e {0}`.
    fn default() -> Self {
        Self { errexit: true, pipefail: false, is_foreign: false }
    }
}

/// A simple command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Command {
    pub(super) text: String,
    /// What stands behind it: `|`, `||`, `&&`, `&`, `;` or a new line.
    pub(super) then: &'static str,
}

/// Commands that speak of a program without running it.
const SPEAKERS: &[&str] = &[
    "echo", "printf", "cat", "mkdir", "rm", "cp", "mv", "ls", "export", "which", "command", "type", "cd", "chmod",
    "apt-get", "apt", "apk", "brew", "grep", "sed", "curl", "wget", "touch", "git",
];

/// Words behind which a program is only installed.
const INSTALLS: &[&str] = &["install", "add", "i", "sync", "lock", "uninstall", "--version"];

/// Options that make a tool succeed whatever it finds.
const TAME: &[&str] = &[
    "--exit-zero",
    "--soft-fail",
    "--soft_fail",
    "--no-fail",
    "--warn-only",
    "--collect-only",
    "--co",
    "--exit-code=0",
    "--exit-code 0",
    "--fail-under=0",
    "--fail-under 0",
    "--cov-fail-under=0",
    "--cov-fail-under 0",
    "--no-error-on-unmatched-pattern --quiet-all",
    "--allow-failure",
    "--continue-on-error",
    "--no-exit-code",
    "--exit-zero-even-if-changed",
    "--no-run",
    "--help",
    "--version",
    "--passive",
    "--list-tests",
    "--listTests",
    "--fail-never",
    "-Dmaven.test.failure.ignore=true",
    "-DskipTests",
    "-Dmaven.test.skip=true",
];

/// Tools that succeed whatever they find, unless one of these options is there. From their own documentation.
const GENTLE: &[(&str, &[&str])] = &[
    ("trivy", &["--exit-code"]),
    ("grype", &["--fail-on", "-f "]),
    ("semgrep", &["--error", "ci"]),
    ("black", &["--check", "--diff"]),
    ("isort", &["--check", "-c", "--check-only"]),
    ("prettier", &["--check", "-c", "--list-different", "-l"]),
    ("ruff format", &["--check", "--diff"]),
    ("cargo fmt", &["--check"]),
    ("terraform fmt", &["-check"]),
    ("gofmt", &[]),
    ("cargo geiger", &[]),
    ("cloc", &[]),
];

impl Command {
    /// The words of the command, without variables set for it.
    fn words(&self) -> impl Iterator<Item = &str> {
        let is_set = |word: &&str| {
            word.split_once('=').is_some_and(|(name, _)| name.chars().all(|c| c.is_alphanumeric() || c == '_'))
        };
        self.text.split_whitespace().skip_while(move |word| {
            is_set(word)
                || matches!(
                    *word,
                    "{" | "(" | "sudo" | "time" | "!" | "then" | "do" | "else" | "if" | "while" | "until"
                )
        })
    }

    /// Whether it runs what is asked for, instead of speaking of it.
    pub(super) fn runs(&self, wanted: &str) -> bool {
        let first = self.words().next().unwrap_or("");
        let Some(at) = found(&self.text, wanted) else { return false };
        let is_substituted = self.text[..at].contains("$(") || self.text[..at].contains('`');
        if SPEAKERS.contains(&first) && !wanted.starts_with(first) && !is_substituted {
            return false;
        }
        let before: Vec<&str> = self.text[..at].split_whitespace().collect();
        let is_installed = before.iter().any(|word| INSTALLS.contains(word)) && before.len() < 6;
        let is_run = !is_installed || before.contains(&"run");
        is_run && !self.text[at..].ends_with("--version")
    }

    /// Why it succeeds whatever it finds.
    fn tame(&self) -> Option<String> {
        let spaced = format!(" {} ", self.text.replace('=', " = ").replace(" = ", "="));
        let tame = TAME.iter().find(|option| spaced.contains(&format!(" {option} ")));
        if let Some(option) = tame {
            return Some(format!("`{option}`"));
        }
        let gentle = GENTLE.iter().find(|(tool, _)| {
            let first = self.words().take(tool.split(' ').count()).collect::<Vec<_>>().join(" ");
            first == *tool || first.ends_with(&format!("/{tool}"))
        });
        let (tool, options) = gentle?;
        let is_strict = options
            .iter()
            .any(|option| spaced.contains(&format!(" {option} ")) || spaced.contains(&format!(" {option}=")));
        let substituted = self.text.contains("$(");
        (!is_strict && !substituted).then(|| match options.first() {
            Some(option) => format!("`{tool}` without `{option}` succeeds whatever it finds"),
            None => format!("`{tool}` succeeds whatever it finds"),
        })
    }
}

/// Where a word stands as a whole.
pub(super) fn found(text: &str, word: &str) -> Option<usize> {
    let is_part = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '-');
    text.match_indices(word)
        .map(|(at, _)| at)
        .find(|at| !is_part(text[..*at].chars().next_back()) && !is_part(text[at + word.len()..].chars().next()))
}

/// What happens to the failure of the command at `at`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Fails,
    Swallowed(String),
    Unknown(String),
}

/// Follows the exit status of one command to the end of the script.
pub(super) fn outcome(commands: &[Command], at: usize, shell: Shell) -> Outcome {
    let command = &commands[at];
    if let Some(why) = command.tame() {
        return Outcome::Swallowed(why);
    }
    if !shell.is_foreign
        && let Some(outcome) = hidden(commands, at)
    {
        return outcome;
    }
    if shell.is_foreign {
        let only = commands.len() == 1;
        return if only { Outcome::Fails } else { Outcome::Unknown("not a POSIX shell".to_owned()) };
    }
    let first = command.text.split_whitespace().next().unwrap_or("");
    if matches!(first, "if" | "while" | "until" | "elif") {
        return branch(commands, at);
    }
    if first == "!" {
        return Outcome::Unknown("negated by `!`".to_owned());
    }
    let state = before(commands, at, shell);
    if let Some(outcome) = joined(commands, at, state) {
        return outcome;
    }
    let end = at + commands[at..].iter().take_while(|one| matches!(one.then, "&&" | "|")).count();
    let end = end.min(commands.len() - 1);
    // `-e` does not see what fails before `&&`.
    let is_seen = state.errexit && !commands[at..end].iter().any(|one| one.then == "&&");
    if is_seen { Outcome::Fails } else { last(commands, end) }
}

/// What takes the status away, or keeps the command from running, by what stands around it.
fn hidden(commands: &[Command], at: usize) -> Option<Outcome> {
    let text = commands[at].text.as_str();
    let first = text.split_whitespace().next().unwrap_or("");
    let is_substituted = text.contains("$(") || text.contains('`');
    if is_substituted && (SPEAKERS.contains(&first) || matches!(first, "local" | "declare" | "readonly")) {
        return Some(Outcome::Swallowed(format!("`{first}` hides the status of a substitution")));
    }
    let is_inner = is_substituted || text.contains(" -c ") || first == "eval";
    if is_inner && text.contains(['|', ';', '\n']) {
        return Some(Outcome::Unknown("a script within a word decides".to_owned()));
    }
    let is_end = |one: &Command| matches!(one.text.as_str(), "exit" | "exit 0");
    let opens =
        |one: &Command| ["if ", "case ", "for ", "while ", "{", "("].iter().any(|word| one.text.starts_with(word));
    if let Some(end) = commands[..at].iter().position(is_end) {
        let is_plain = !commands[..end].iter().any(|one| opens(one) || one.text.contains("()"));
        let is_joined = end > 0 && matches!(commands[end - 1].then, "&&" | "||");
        if is_plain && !is_joined {
            return Some(Outcome::Swallowed("`exit` comes before it".to_owned()));
        }
    }
    if commands[..at].iter().any(|one| one.text.starts_with("trap ") && one.text.contains("exit 0")) {
        return Some(Outcome::Swallowed("`trap` exits with 0".to_owned()));
    }
    let is_closed = |one: &Command| one.text.starts_with('}') || one.text.ends_with(')') && !one.text.contains('(');
    let group = commands[at..].iter().find(|one| is_closed(one));
    if group.is_some_and(|one| matches!(one.then, "||" | "|" | "&")) {
        return Some(Outcome::Unknown("what stands behind its group decides".to_owned()));
    }
    let function = commands[..=at].iter().rposition(|one| one.text.contains("() {") || one.text.contains("(){"))?;
    let is_inside = !commands[function..at].iter().any(|one| one.text.starts_with('}'));
    is_inside.then(|| Outcome::Unknown("stands in a function".to_owned()))
}

/// `set -e`, `set +e`, `set -o pipefail` up to a command.
fn before(commands: &[Command], at: usize, shell: Shell) -> Shell {
    let mut state = shell;
    for command in &commands[..at] {
        let words: Vec<&str> = command.text.split_whitespace().collect();
        if words.first() != Some(&"set") {
            continue;
        }
        for (index, word) in words.iter().enumerate().skip(1) {
            let on = word.starts_with('-');
            let letters = word.trim_start_matches(['-', '+']);
            let is_switch = on || word.starts_with('+');
            if is_switch && letters.contains('e') && letters.chars().all(|c| "abefhkmnptuvxBCEHPTo".contains(c)) {
                state.errexit = on;
            }
            if *word == "pipefail" {
                state.pipefail = !words.get(index.wrapping_sub(1)).is_some_and(|before| before.starts_with('+'));
            }
            if *word == "errexit" {
                state.errexit = !words.get(index.wrapping_sub(1)).is_some_and(|before| before.starts_with('+'));
            }
        }
    }
    state
}

/// What stands directly behind the command.
fn joined(commands: &[Command], at: usize, state: Shell) -> Option<Outcome> {
    let mut end = at;
    while commands[end].then == "|" && end + 1 < commands.len() {
        if !state.pipefail {
            return Some(Outcome::Swallowed("a pipe without `pipefail`".to_owned()));
        }
        end += 1;
    }
    // `a && b || c`: a failure of `a` goes on to `c`.
    while commands[end].then == "&&" && end + 1 < commands.len() {
        end += 1;
    }
    match commands[end].then {
        "||" => Some(alternative(commands, end + 1)),
        "&" => Some(Outcome::Unknown("runs in the background".to_owned())),
        _ => None,
    }
}

/// `|| something`: does that fail as well?
fn alternative(commands: &[Command], at: usize) -> Outcome {
    let Some(first) = commands.get(at) else { return Outcome::Unknown("nothing behind `||`".to_owned()) };
    let is_block = first.text.starts_with('{') || first.text.starts_with('(');
    let end = commands[at..].iter().position(|one| {
        if is_block { one.text.ends_with(['}', ')']) || one.text == "}" } else { matches!(one.then, ";" | "\n") }
    });
    let all = &commands[at..=at + end.unwrap_or(0)];
    let words = all.iter().map(|one| one.text.as_str()).collect::<Vec<_>>().join("; ");
    let short: String = words.chars().take(60).collect();
    let fails = all.iter().any(|one| ends_badly(&one.text));
    let calms = all.iter().all(|one| is_calm(&one.text));
    if fails {
        Outcome::Fails
    } else if calms {
        Outcome::Swallowed(format!("`|| {short}`"))
    } else {
        Outcome::Unknown(format!("`|| {short}` decides"))
    }
}

/// `exit 1`, `false`, `return 1`.
fn ends_badly(text: &str) -> bool {
    let text = text.trim_start_matches(['{', '(', ' ']).trim_end_matches(['}', ')', ' ']);
    let words: Vec<&str> = text.split_whitespace().collect();
    match words.as_slice() {
        ["exit" | "return", code, ..] => *code != "0",
        ["exit" | "return"] | ["false"] => true,
        _ => false,
    }
}

/// Commands that succeed.
fn is_calm(text: &str) -> bool {
    let text = text.trim_start_matches(['{', '(', ' ']).trim_end_matches(['}', ')', ' ']);
    let first = text.split_whitespace().next().unwrap_or("");
    matches!(first, "true" | ":" | "echo" | "printf" | "" | "exit" | "return" | "sleep" | "export" | "touch" | "cat")
        || text.contains("=") && !text.contains(' ')
}

/// The condition of `if`: only what its branches do counts.
fn branch(commands: &[Command], at: usize) -> Outcome {
    let end = commands[at..]
        .iter()
        .position(|one| one.text == "fi" || one.text == "done")
        .map_or(commands.len(), |end| at + end);
    if commands[at..end]
        .iter()
        .any(|one| one.text.split_whitespace().any(|word| word == "exit" || word == "return" || word == "false"))
    {
        return Outcome::Unknown("a condition, and what its branches do decides".to_owned());
    }
    Outcome::Swallowed("the condition of an `if`".to_owned())
}

/// Without `-e` only the last command counts, or a status that was kept.
fn last(commands: &[Command], at: usize) -> Outcome {
    let rest = &commands[at + 1..];
    if rest.iter().any(|one| one.text.contains("$?") || one.text.contains("PIPESTATUS") || one.text.starts_with("wait"))
    {
        return Outcome::Unknown("its status is kept in a variable".to_owned());
    }
    let behind: Vec<&Command> = rest.iter().filter(|one| !one.text.is_empty()).collect();
    match behind.first() {
        None => Outcome::Fails,
        Some(next) => {
            let short: String = next.text.chars().take(40).collect();
            Outcome::Swallowed(format!("`{short}` comes after it, and the script goes on after a failure"))
        }
    }
}

/// Cuts a script into simple commands.
pub(super) fn commands(script: &str) -> Vec<Command> {
    let script = without_heredocs(&script.replace("\\\r\n", " ").replace("\\\n", " "));
    let mut found = Vec::new();
    let mut text = String::new();
    let (mut quote, mut depth) = (None, 0_usize);
    let mut chars = script.chars().peekable();
    let mut take = |text: &mut String, then: &'static str| {
        let trimmed = text.trim().to_owned();
        text.clear();
        if !trimmed.is_empty() {
            found.push(Command { text: trimmed, then });
        }
    };
    while let Some(c) = chars.next() {
        match (quote, c) {
            (Some('\''), '\'') | (Some('"'), '"') | (Some('`'), '`') => {
                quote = None;
                text.push(c);
            }
            (Some('"') | None, '\\') => {
                text.push(c);
                text.extend(chars.next());
            }
            (Some(_), _) => text.push(c),
            (None, '\'' | '"' | '`') => {
                quote = Some(c);
                text.push(c);
            }
            (None, '(') if text.ends_with('$') || depth > 0 => {
                depth += 1;
                text.push(c);
            }
            (None, ')') if depth > 0 => {
                depth -= 1;
                text.push(c);
            }
            (None, _) if depth > 0 => text.push(c),
            (None, '#') if text.is_empty() || text.ends_with(char::is_whitespace) => {
                while chars.peek().is_some_and(|c| *c != '\n') {
                    chars.next();
                }
            }
            (None, '|') if chars.peek() == Some(&'|') => {
                chars.next();
                take(&mut text, "||");
            }
            (None, '|') => {
                let _ = chars.next_if_eq(&'&');
                take(&mut text, "|");
            }
            (None, '&') if chars.peek() == Some(&'&') => {
                chars.next();
                take(&mut text, "&&");
            }
            (None, '&') if text.ends_with('>') || chars.peek() == Some(&'>') => text.push(c),
            (None, '&') => take(&mut text, "&"),
            (None, ';') => take(&mut text, ";"),
            // A line that ends with an operator goes on in the next one.
            (None, '\n') => take(&mut text, "\n"),
            (None, c) => text.push(c),
        }
    }
    take(&mut text, "\n");
    found
}

/// The script without what stands in `<<EOF`.
fn without_heredocs(script: &str) -> String {
    let mut kept = String::new();
    let mut until: Option<String> = None;
    for line in script.lines() {
        match &until {
            Some(word) if line.trim() == word => until = None,
            Some(_) => {}
            None => {
                kept.push_str(line);
                kept.push('\n');
                let word = line.split("<<").nth(1).filter(|rest| !rest.starts_with('<'));
                until = word.map(|rest| {
                    let rest = rest.trim_start_matches(['-', ' ']).trim_matches(['\'', '"']);
                    rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>()
                });
                until = until.filter(|word| !word.is_empty());
            }
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(script: &str, shell: Shell) -> Outcome {
        let all = commands(script);
        let at = all.iter().position(|one| one.runs("pytest")).expect("runs it");
        outcome(&all, at, shell)
    }

    #[test]
    fn a_status_is_followed_to_the_end_of_the_script() {
        let bare = Shell { errexit: false, ..Shell::default() };
        for script in [
            "pytest",
            "pytest && echo ok",
            "pytest; true",
            "pytest || exit 1",
            "pytest || { echo bad; exit 1; }",
            "set -o pipefail\npytest | tee log",
            "pip install pytest\npytest -q",
            "# pytest || true\npytest",
            "echo 'a || true'; pytest",
        ] {
            assert_eq!(of(script, Shell::default()), Outcome::Fails, "{script}");
        }
        for script in [
            "pytest || true",
            "pytest || :",
            "pytest || echo bad",
            "pytest | tee log",
            "set +e\npytest\necho done",
            "pytest --co",
            "pytest \\\n  -q || true",
            "pytest && echo ok || true",
            "pytest && echo ok\necho done",
            "if pytest; then echo ok; fi",
            "pytest || exit 0",
        ] {
            assert!(
                matches!(of(script, Shell::default()), Outcome::Swallowed(_)),
                "{script}: {:?}",
                of(script, Shell::default())
            );
        }
        assert!(matches!(of("pytest; true", bare), Outcome::Swallowed(_)));
        assert_eq!(of("echo a\npytest", bare), Outcome::Fails);
        assert!(matches!(of("set +e\npytest\ncode=$?\nexit $code", Shell::default()), Outcome::Unknown(_)));
        assert!(commands("pip install pytest pytest-cov\necho pytest").iter().all(|one| !one.runs("pytest")));
    }
}
