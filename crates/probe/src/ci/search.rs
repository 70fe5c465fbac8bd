//! Where the commands that are meant stand, through what is called on the way, and what becomes of their failure.
//!
//! A command that is meant, or that leads to one, is followed to the end of the script it stands in; then what calls that script, up to the
//! step. A step that is meant by its name is meant by all that it does, but for what only prepares it.

use std::collections::BTreeSet;
use std::path::Path;

use super::called::{Called, From, Piece, called, join};
use super::shell::{Outcome, Simple, is_setup, named, outcome, parse, runs, simples, tame};
use super::{Step, action};

/// How many levels of calls are followed.
const MAX_LEVELS: usize = 6;

/// What came of one command.
#[derive(Clone, Debug)]
pub(super) enum Verdict {
    Fails,
    Swallowed(String),
    Unknown(String),
}

impl Verdict {
    /// What is left of a failure that has to come through both.
    fn through(self, outer: Self) -> Self {
        match (self, outer) {
            (Self::Swallowed(why), _) | (_, Self::Swallowed(why)) => Self::Swallowed(why),
            (Self::Unknown(why), _) | (_, Self::Unknown(why)) => Self::Unknown(why),
            (Self::Fails, Self::Fails) => Self::Fails,
        }
    }
}

/// A search for one word.
pub(super) struct Search<'a> {
    wanted: Option<&'a str>,
    root: &'a Path,
    /// What could not be read on the way.
    pub(super) unread: BTreeSet<String>,
    /// Steps of a job that only prepare others; they count when there is nothing else.
    pub(super) minor: Vec<(String, Verdict)>,
}

impl<'a> Search<'a> {
    pub(super) fn new(wanted: Option<&'a str>, root: &'a Path) -> Self {
        Self { wanted, root, unread: BTreeSet::new(), minor: Vec::new() }
    }

    /// Each command of a step that is meant, and what comes of its failure.
    pub(super) fn step(&mut self, step: &Step) -> Vec<(String, Verdict)> {
        let place = format!("{}:{}", step.path, step.line);
        let is_named = self.wanted.is_none_or(|word| named(&step.name, word));
        if !step.uses.is_empty() {
            return self.uses(step, is_named, place);
        }
        let piece = Piece {
            place,
            text: step.run.clone(),
            shell: step.shell,
            directory: step.directory.clone(),
            swallowed: None,
        };
        let mut found = Vec::new();
        if self.wanted.is_some() {
            for (at, text, verdict) in self.piece(&piece, 0) {
                let line = if at == piece.place { line(step, &text, self.root) } else { at };
                found.push((line, weighed(step, verdict)));
            }
        }
        if found.is_empty() && is_named && !step.run.trim().is_empty() {
            let script = parse(&piece.text);
            let prepares = simples(&script).iter().all(|(one, _)| is_setup(one) || is_calm_or_empty(one));
            let whole =
                self.whole(std::slice::from_ref(&piece), 0).map(|verdict| (piece.place, weighed(step, verdict)));
            if prepares && self.wanted.is_none() {
                self.minor.extend(whole);
            } else {
                found.extend(whole);
            }
        }
        found
    }

    fn uses(&self, step: &Step, is_named: bool, place: String) -> Vec<(String, Verdict)> {
        let Some(wanted) = self.wanted else { return Vec::new() };
        let name = step.uses.split('@').next().unwrap_or("");
        let is_used = name == wanted
            || name.split('/').any(|part| part == wanted || part.strip_suffix("-action") == Some(wanted))
            || name.ends_with(&format!("/{wanted}"))
            || step.uses == wanted;
        let is_local = step.uses.starts_with("./");
        if is_local || !(is_named || is_used) {
            return Vec::new();
        }
        let inner = match action::swallows(&step.uses, &step.inputs) {
            Ok(None) => Verdict::Fails,
            Ok(Some(why)) => Verdict::Swallowed(why),
            Err(why) => Verdict::Unknown(why),
        };
        vec![(place, weighed(step, inner))]
    }

    /// The commands of a script that are meant: where, their text, and what becomes of their failure at the end of the script.
    fn piece(&mut self, piece: &Piece, level: usize) -> Vec<(String, String, Verdict)> {
        let script = parse(&piece.text);
        let all = simples(&script);
        let mut found = Vec::new();
        let mut directory = piece.directory.clone();
        for (one, is_substituted) in &all {
            if one.word(0) == "cd" && !one.word(1).contains('$') {
                directory = join(&directory, one.word(1));
            }
            let outer = |inner: Verdict| {
                let own = status(tame(one, *is_substituted));
                let left = of(outcome(&script, one.id, piece.shell));
                let lost = piece.swallowed.clone().map_or(Verdict::Fails, Verdict::Swallowed);
                inner.through(own).through(left).through(lost)
            };
            let is_meant = self.wanted.is_some_and(|wanted| runs(one, wanted));
            let called = self.called(one, piece, &directory);
            match called {
                Called::Pieces(pieces) if is_meant => {
                    let inner = self.whole(&pieces, level + 1).unwrap_or(Verdict::Fails);
                    found.push((piece.place.clone(), one.text(), outer(inner)));
                }
                _ if is_meant => found.push((piece.place.clone(), one.text(), outer(Verdict::Fails))),
                Called::Pieces(pieces) if level < MAX_LEVELS => {
                    for inner in &pieces {
                        for (at, _, verdict) in self.piece(inner, level + 1) {
                            let verdict = sourced(one, told(verdict, &at));
                            found.push((piece.place.clone(), one.text(), outer(verdict)));
                        }
                    }
                }
                Called::Pieces(_) => {
                    self.unread.insert(format!("what `{}` calls, {MAX_LEVELS} levels down", one.text()));
                }
                Called::Program(path, text) if self.mentions(&text) => {
                    let why = format!("{path} names it, and that is no shell script");
                    found.push((piece.place.clone(), one.text(), outer(Verdict::Unknown(why))));
                }
                Called::Unread(why) => {
                    self.unread.insert(why);
                }
                Called::Program(..) | Called::Nothing => {}
            }
        }
        // `gofmt -d .` beside `test -z "$(gofmt -l .)"` only shows what the other one tells.
        if found.iter().any(|(_, _, verdict)| matches!(verdict, Verdict::Fails)) {
            found.retain(
                |(_, _, verdict)| !matches!(verdict, Verdict::Swallowed(why) if why.ends_with("whatever it finds")),
            );
        }
        found
    }

    fn called(&self, one: &Simple, piece: &Piece, directory: &str) -> Called {
        let from = |directory| From { root: self.root, directory, shell: piece.shell };
        match called(from(directory), one) {
            Called::Nothing | Called::Unread(_) if directory != piece.directory => called(from(&piece.directory), one),
            other => other,
        }
    }

    fn mentions(&self, text: &str) -> bool {
        let Some(wanted) = self.wanted else { return false };
        let is_part = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
        let first = wanted.split_whitespace().next_back().unwrap_or(wanted);
        text.match_indices(first).any(|(at, _)| {
            !is_part(text[..at].chars().next_back()) && !is_part(text[at + first.len()..].chars().next())
        })
    }

    /// What some scripts do, taken together: only what does more than prepare counts. `None` when they do nothing.
    fn whole(&mut self, pieces: &[Piece], level: usize) -> Option<Verdict> {
        let (mut main, mut setup) = (Vec::new(), Vec::new());
        for piece in pieces {
            let script = parse(&piece.text);
            for (one, is_substituted) in simples(&script) {
                if is_calm_or_empty(one) {
                    continue;
                }
                let own = match self.called(one, piece, &piece.directory) {
                    Called::Pieces(inner) if level < MAX_LEVELS => {
                        self.whole(&inner, level + 1).unwrap_or(Verdict::Fails)
                    }
                    Called::Pieces(_) | Called::Nothing | Called::Program(..) | Called::Unread(_) => Verdict::Fails,
                };
                let lost = piece.swallowed.clone().map_or(Verdict::Fails, Verdict::Swallowed);
                let left = of(outcome(&script, one.id, piece.shell));
                let verdict = own.through(status(tame(one, is_substituted))).through(left).through(lost);
                let is_aside = matches!(&verdict, Verdict::Swallowed(why) if why == "runs in the background");
                if is_setup(one) || is_substituted || is_aside { setup.push(verdict) } else { main.push(verdict) }
            }
        }
        together(if main.is_empty() { setup } else { main })
    }
}

fn is_calm_or_empty(one: &Simple) -> bool {
    one.words.is_empty()
        || matches!(
            one.word(0),
            "echo" | "printf" | "set" | "true" | ":" | "exit" | "cd" | "export" | "trap" | "[" | "test" | "[["
        )
}

/// All fail, or none does; in between nobody knows which is meant.
fn together(all: Vec<Verdict>) -> Option<Verdict> {
    let fails = all.iter().filter(|one| matches!(one, Verdict::Fails)).count();
    let other = all.iter().find(|one| !matches!(one, Verdict::Fails)).cloned();
    match (fails, other) {
        (_, None) => all.into_iter().next(),
        (0, Some(_)) => all.iter().find(|one| matches!(one, Verdict::Unknown(_))).or(all.first()).cloned(),
        (_, Some(Verdict::Swallowed(why) | Verdict::Unknown(why))) => {
            Some(Verdict::Unknown(format!("some of its commands can fail, and one may not: {why}; name the command")))
        }
        (_, Some(Verdict::Fails)) => None,
    }
}

fn status(tame: Result<Option<String>, String>) -> Verdict {
    match tame {
        Ok(None) => Verdict::Fails,
        Ok(Some(why)) => Verdict::Swallowed(why),
        Err(why) => Verdict::Unknown(why),
    }
}

fn of(outcome: Outcome) -> Verdict {
    match outcome {
        Outcome::Fails => Verdict::Fails,
        Outcome::Swallowed(why) => Verdict::Swallowed(why),
        Outcome::Unknown(why) => Verdict::Unknown(why),
    }
}

/// A function of a sourced file is called from elsewhere, if at all.
fn sourced(one: &Simple, verdict: Verdict) -> Verdict {
    match verdict {
        Verdict::Swallowed(why) if matches!(one.word(0), "source" | ".") && why.starts_with("stands in a function") => {
            Verdict::Unknown(format!("{why}; the file is sourced"))
        }
        Verdict::Fails | Verdict::Swallowed(_) | Verdict::Unknown(_) => verdict,
    }
}

fn told(verdict: Verdict, place: &str) -> Verdict {
    match verdict {
        Verdict::Fails => Verdict::Fails,
        Verdict::Swallowed(why) => Verdict::Swallowed(at(why, place)),
        Verdict::Unknown(why) => Verdict::Unknown(at(why, place)),
    }
}

fn at(why: String, place: &str) -> String {
    if why.contains(" at ") { why } else { format!("{why} at {place}") }
}

/// What the job and the workflow make of it.
fn weighed(step: &Step, inner: Verdict) -> Verdict {
    let swallowed = step.swallowed.first().cloned().map_or(Verdict::Fails, Verdict::Swallowed);
    let unknown = step.unknown.first().cloned().map_or(Verdict::Fails, Verdict::Unknown);
    swallowed.through(inner).through(unknown)
}

/// The line of a command in its file, that of the step when it is not found there.
fn line(step: &Step, command: &str, root: &Path) -> String {
    let text = outside::files::read_text(&root.join(&step.path), text::MAX_DOCUMENT_BYTES).unwrap_or_default();
    let head: String = command.split_whitespace().take(2).collect::<Vec<_>>().join(" ");
    let found = text.lines().enumerate().skip(step.line.saturating_sub(1)).find(|(_, line)| line.contains(&head));
    format!("{}:{}", step.path, found.map_or(step.line, |(at, _)| at + 1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ci::shell::Shell;

    /// What becomes of each `pytest` in a script.
    fn followed(text: &str, shell: Shell) -> Vec<Verdict> {
        let piece =
            Piece { place: "x:1".to_owned(), text: text.to_owned(), shell, directory: String::new(), swallowed: None };
        let nowhere = std::path::PathBuf::from("/nowhere");
        let mut search = Search::new(Some("pytest"), &nowhere);
        search.piece(&piece, 0).into_iter().map(|(_, _, verdict)| verdict).collect()
    }

    fn one(text: &str, shell: Shell) -> Verdict {
        let all = followed(text, shell);
        assert_eq!(all.len(), 1, "{text}: {all:?}");
        all.into_iter().next().expect("there is one")
    }

    #[test]
    fn a_failure_that_reaches_the_end_of_its_script_counts() {
        for script in [
            "pytest",
            "pytest && echo ok",
            "pytest; true",
            "pytest || exit 1",
            "pytest || { echo bad; exit 1; }",
            "pytest || (echo bad; exit 1)",
            "set -o pipefail\npytest | tee log",
            "set -o pipefail; pytest 2>&1 | tee pytest.log",
            "pip install pytest\npytest -q",
            "# pytest || true\npytest",
            "echo 'a || true'; pytest",
            "if ! pytest; then echo bad; exit 1; fi",
            "if pytest; then echo ok; else exit 1; fi",
            "set +e\npytest\nrc=$?\necho done\nexit $rc",
            "set +e\npytest\ncode=$?\nset -e\nif [ $code -ne 0 ]; then\n  echo bad\n  exit $code\nfi",
            "rc=0\npytest || rc=$?\nrm -rf tmp\nexit \"$rc\"",
            "pytest || failed=1\nif [ \"$failed\" = 1 ]; then exit 1; fi",
            "pytest | tee log; exit ${PIPESTATUS[0]}",
            "trap 'rm -rf tmp' EXIT\npytest",
            "trap cleanup EXIT\ncleanup() { rm -rf tmp; }\npytest",
            "check() {\n  pytest\n}\ncheck",
            "main() { set -e; pytest; echo done; }\nmain \"$@\"",
            "for d in a b; do\n  (cd $d && pytest)\ndone",
            "case $1 in\n  unit) pytest ;;\n  *) echo none ;;\nesac",
            "[ -f x ] || exit 0\npytest",
            "if [ -n \"$CI\" ]; then pytest; fi",
            "bash -c 'pytest -q'",
            "bash -ec 'pytest; echo done'",
            "bash -eo pipefail -c 'pytest | tee log'",
            "sh -c \"cd app && pytest\"",
            "eval \"pytest -q\"",
            "timeout 10m pytest",
            "find . -name 'test_*' | xargs pytest",
            "find . -name 'test_*' -exec pytest {} +",
            "exec pytest",
            "env CI=1 pytest",
            "x=$(pytest)\necho $x",
            "pytest &\npid=$!\nwait $pid",
            "npm start &\npytest",
            "bash <<'EOF'\npytest\nEOF",
            "docker run --rm app sh -c 'pytest -q'",
            "poetry run pytest",
            "python -m pytest --junitxml=pytest.xml",
            "[[ -n $X && -z $Y ]] && echo yes\npytest",
            "echo ${{ github.sha }}; pytest -k '${{ matrix.k }}'",
            "failed=0\nfor d in a b; do\n  (cd $d && pytest) || failed=1\ndone\nexit $failed",
        ] {
            assert!(
                matches!(one(script, Shell::default()), Verdict::Fails),
                "{script}: {:?}",
                one(script, Shell::default())
            );
        }
    }

    #[test]
    fn a_failure_that_is_lost_on_the_way_does_not() {
        for script in [
            "pytest || true",
            "pytest || :",
            "pytest || echo bad",
            "pytest || exit 0",
            "pytest | tee log",
            "pytest 2>&1 | tee pytest.log",
            "set +e\npytest\necho done",
            "pytest --co",
            "pytest --version",
            "pytest \\\n  -q || true",
            "pytest && echo ok || true",
            "pytest && echo ok\necho done",
            "if pytest; then echo ok; fi",
            "if pytest; then\n  echo ok\nelse\n  echo bad\nfi",
            "! pytest",
            "pytest &",
            "pytest & wait",
            "trap 'exit 0' EXIT\npytest",
            "trap 'exit 0' ERR\npytest",
            "trap done_now EXIT\ndone_now() { echo bye; exit 0; }\npytest",
            "export X=$(pytest)",
            "f() { local x=$(pytest); }\nf",
            "echo \"$(pytest)\"",
            "sh -c 'pytest; true'",
            "bash -c 'pytest | tee log'",
            "bash -c 'pytest || true'",
            "exit 0\npytest",
            "if false; then pytest; fi",
            "RUN=no\nif [ \"$RUN\" = yes ]; then pytest; fi",
            "check() { pytest; }\necho never called",
            "check() { pytest; echo done; }\ncheck || exit 1",
            "find . -name 'test_*' -exec pytest {} \\;",
            "{ pytest; } || true",
            "(pytest) || echo bad",
            "set +e\nrc=0\npytest || rc=$?\nexit 0",
            "set +e\npytest\nrc=$?\necho $rc",
            "pytest || (echo bad; exit 0)",
            "cat <(pytest)",
            "for x in $(pytest); do echo $x; done",
            "pytest && exit 0\nexit 0",
            "set +e; pytest; exit",
        ] {
            let seen = one(script, Shell::default());
            if script.ends_with("exit") {
                // `exit` alone hands on the last status.
                assert!(matches!(seen, Verdict::Fails), "{script}: {seen:?}");
                continue;
            }
            assert!(matches!(seen, Verdict::Swallowed(_)), "{script}: {seen:?}");
        }
        assert!(matches!(one("pytest; true", Shell::bare()), Verdict::Swallowed(_)));
        assert!(matches!(one("echo a\npytest", Shell::bare()), Verdict::Fails));
    }

    #[test]
    fn what_decides_elsewhere_is_unknown_and_what_only_speaks_is_not_meant() {
        for script in [
            "pytest || ./handle.sh",
            "for d in a b; do pytest || break_it; done",
            "until pytest; do sleep 1; done",
            "set +e\npytest\nexit $code",
            "[ -z \"$(pytest)\" ]",
            "check() { pytest; }\n\"$@\"",
            "set +e\nfor d in a b; do pytest; done",
            "pytest --dry-run",
        ] {
            assert!(
                matches!(one(script, Shell::default()), Verdict::Unknown(_)),
                "{script}: {:?}",
                one(script, Shell::default())
            );
        }
        for script in [
            "pip install pytest pytest-cov",
            "echo pytest",
            "ruff check . | tee pytest.log",
            "cat pytest.log",
            "git commit -m 'run pytest'",
            "ruff check --exclude pytest .",
            "python -m pip install pytest",
            "uv add --dev pytest",
            "cat <<EOF\npytest\nEOF",
            "ls > pytest",
        ] {
            assert!(followed(script, Shell::default()).is_empty(), "{script}");
        }
    }
}
