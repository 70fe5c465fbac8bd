//! Whether a probe can fail: the mitigation is broken in a copy of the repository, and the claim must turn Broken.
//!
//! A check that stays green whatever is changed proves nothing. So the files that a look saw are copied and changed, one line at
//! a time: a value inverted, a number moved, a name changed, a line taken out. One change that leaves the file and its keys
//! in place must turn the claim, since a check for mere presence would not notice it; the removal of a whole file must turn
//! it, too. Only looks at files can be mutated; what runs is not copied, and says so by name. The original is never touched.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use evidence::{Event, Grade, Judged, Observation, Value, Verdict};
use outside::process::RunMark;
use probe::Probe;
use report::{Mutated, Mutation, Turned};
use text::{Node, NodeKind};

use crate::Error;
use crate::case::{Case, Task, Work};
use crate::crew::Ground;
use crate::gather::{judge, world_of};
use crate::run::{Options, check_environment, end, select};
use crate::safety::Safety;

/// The largest repository that is copied, in bytes.
pub const MAX_COPY_BYTES: u64 = 512 << 20;
/// The most changes that are tried for one claim.
pub const MAX_MUTATIONS: usize = 600;
/// How long one claim may take.
pub const MUTATE_WITHIN: Duration = Duration::from_secs(120);
/// The largest file that is changed.
const MAX_FILE_BYTES: usize = 1 << 20;
/// The most files that are changed for one claim.
const MAX_FILES: usize = 60;

/// Mutates what every selected probe looked at.
///
/// # Errors
/// Nothing is selected, the environment is unknown, the copy cannot be made.
pub async fn mutate(case: &Case, options: &Options, tell: &mut dyn FnMut(Event)) -> Result<Vec<Mutated>, Error> {
    check_environment(&case.system, &options.environment)?;
    let tasks = select(&case.tasks, &options.only)?;
    let run = RunMark::fresh();
    let (safety, watchdog) = Safety::begin(&options.exe, &run, &case.system.name, &case.directory).await?;
    let root = outside::files::repository_root(&case.directory).unwrap_or_else(|| case.directory.clone());
    let inner = case.directory.strip_prefix(&root).map(Path::to_path_buf).unwrap_or_default();
    let copied = copy(&root, &safety.scratch().join("copy"));
    let mut all = Vec::new();
    for (done, task) in tasks.iter().enumerate() {
        let Work::Probe(probe) = &task.work else { continue };
        let what = format!("{} {}: breaking it in a copy", task.claim.kind, task.claim.id);
        tell(Event::Step { done, total: tasks.len(), what });
        let skipped =
            |why: String| Mutated { claim: task.claim.id.to_string(), came: Mutation::Skipped(why), tried: 0 };
        all.push(match &copied {
            Err(why) => skipped(why.clone()),
            Ok(copy) => {
                let ground = options.ground(&copy.join(&inner), run.clone(), safety.scratch());
                one(task, probe, case, &ground, copy).await
            }
        });
    }
    let left = end(None, safety, watchdog).await;
    if left.is_empty() { Ok(all) } else { Err(Error::LeftToHeal { left, why: "mutating".to_owned() }) }
}

/// A copy of what version control knows, or of everything where it knows nothing.
fn copy(root: &Path, to: &Path) -> Result<PathBuf, String> {
    let said = |error: outside::Error| format!("the repository cannot be copied: {error}");
    let files = outside::git::files(root).unwrap_or_else(|| outside::files::walk(root).paths);
    let mut size = 0;
    outside::files::make_directory(&to.join(".git")).map_err(said)?;
    for path in files {
        let from = root.join(&path);
        let Ok(about) = std::fs::symlink_metadata(&from) else { continue };
        if !about.is_file() {
            continue;
        }
        size += about.len();
        if size > MAX_COPY_BYTES {
            return Err(format!("the repository is larger than {MAX_COPY_BYTES} bytes, and is not copied"));
        }
        let bytes = outside::files::read_bytes(&from, MAX_COPY_BYTES as usize).map_err(said)?;
        let target = to.join(&path);
        if let Some(parent) = target.parent() {
            outside::files::make_directory(parent).map_err(said)?;
        }
        outside::files::write_whole(&target, &bytes).map_err(said)?;
    }
    Ok(to.to_path_buf())
}

/// One claim in the copy.
struct Subject<'a> {
    task: &'a Task,
    probe: &'a Probe,
    case: &'a Case,
    ground: &'a Ground,
}

impl Subject<'_> {
    async fn judge(&self) -> (Judged, Observation) {
        let world = world_of(&self.case.system, self.ground, &std::collections::BTreeMap::new(), None);
        let observation = probe::gather(self.probe, &world).await;
        (judge(&self.task.claim, &observation, &self.ground.directory, &self.case.system, outside::now()), observation)
    }
}

async fn one(task: &Task, probe: &Probe, case: &Case, ground: &Ground, copy: &Path) -> Mutated {
    let subject = Subject { task, probe, case, ground };
    let claim = task.claim.id.to_string();
    let came = |came: Mutation, tried: usize| Mutated { claim: claim.clone(), came, tried };
    if probe.component().is_some() || task.claim.kind == "exec" {
        return came(Mutation::Skipped("it looks at what runs, which cannot be copied".to_owned()), 0);
    }
    let (judged, observation) = subject.judge().await;
    if observation.grade == Some(Grade::Live) {
        return came(Mutation::Skipped("it looks at what runs, which cannot be copied".to_owned()), 0);
    }
    if judged.verdict != Verdict::Held {
        let why = format!("there is nothing to turn, because in a copy it is {}: {}", judged.verdict, judged.reason);
        return came(Mutation::Skipped(why), 0);
    }
    let seen = seen_files(&observation, &task.claim.with, &ground.directory, copy);
    let (mut tried, mut in_place, mut removed, mut has_moved) = (0, None, None, false);
    let began = Instant::now();
    let goes_on = |tried: usize| tried < MAX_MUTATIONS && began.elapsed() < MUTATE_WITHIN;
    for (path, lines) in seen.iter().take(MAX_FILES) {
        let Ok(text) = outside::files::read_text(path, MAX_FILE_BYTES) else { continue };
        let shown = path.strip_prefix(&ground.directory).unwrap_or(path).display().to_string();
        if in_place.is_none() {
            for change in changes(&text, lines) {
                if !goes_on(tried) {
                    break;
                }
                tried += 1;
                if outside::files::write_whole(path, change.text.as_bytes()).is_err() {
                    break;
                }
                let (judged, seen) = subject.judge().await;
                has_moved |= seen.values != observation.values && seen.trouble.is_none();
                if judged.verdict.is_broken() {
                    let what = format!("{shown}:{}: `{}` instead of `{}`", change.line, change.new, change.old);
                    in_place = Some(Turned { what, reason: judged.reason });
                    break;
                }
            }
        }
        if removed.is_none() && goes_on(tried) {
            tried += 1;
            let gone = outside::files::remove_file(path).is_ok();
            let (judged, _) = subject.judge().await;
            if gone && judged.verdict != Verdict::Held {
                removed = Some(Turned { what: format!("{shown} removed"), reason: judged.reason });
            }
        }
        if outside::files::write_whole(path, text.as_bytes()).is_err() {
            return came(Mutation::Skipped(format!("{shown} cannot be put back in the copy")), tried);
        }
        if (in_place.is_some() && removed.is_some()) || !goes_on(tried) {
            break;
        }
    }
    let outcome = match in_place {
        Some(in_place) => Mutation::Turned { in_place, removed },
        None if seen.is_empty() => Mutation::Skipped("no file that it looked at is known".to_owned()),
        // A change that nobody noticed proves nothing about the claim: it may have been none that matters.
        None if !has_moved => Mutation::Skipped(format!("none of {tried} changes made it see anything else")),
        None => Mutation::Survived { removed },
    };
    came(outcome, tried)
}

// ===== what to change =====

/// The files that a look saw, those that it names first, each with the lines it names.
fn seen_files(
    observation: &Observation,
    with: &Node,
    directory: &Path,
    copy: &Path,
) -> Vec<(PathBuf, BTreeSet<usize>)> {
    let mut seen: Vec<(PathBuf, BTreeSet<usize>)> = Vec::new();
    let Ok(copy) = copy.canonicalize() else { return seen };
    // What a look saw may be any text: only what really lies in the copy is changed, whatever leads there.
    let inside = |path: &Path| path.canonicalize().ok().filter(|path| path.starts_with(&copy));
    let mut note = |path: PathBuf, line: Option<usize>| {
        let Some(path) = inside(&path).filter(|path| path.is_file()) else { return };
        let at = seen.iter().position(|(other, _)| *other == path).unwrap_or_else(|| {
            seen.push((path.clone(), BTreeSet::new()));
            seen.len() - 1
        });
        seen[at].1.extend(line);
    };
    let mut texts = vec![observation.source.clone()];
    observation.values.values().for_each(|value| gather_texts(value, &mut texts));
    let mut written = Vec::new();
    for text in &texts {
        for (path, line) in places(text) {
            match line {
                Some(_) => note(directory.join(path), line),
                None => written.push(path),
            }
        }
    }
    gather_words(with, &mut written);
    for word in written {
        let path = directory.join(&word);
        if path.is_dir() {
            let Some(path) = inside(&path) else { continue };
            let below = outside::files::walk_all(&path).paths;
            below.into_iter().for_each(|inner| note(path.join(inner), None));
        } else {
            note(path, None);
        }
    }
    seen
}

fn gather_texts(value: &Value, texts: &mut Vec<String>) {
    match value {
        Value::Text(text) => texts.push(text.clone()),
        Value::List(all) => all.iter().for_each(|one| gather_texts(one, texts)),
        Value::Integer(_) | Value::Quantity(_) | Value::Boolean(_) => {}
    }
}

fn gather_words(node: &Node, words: &mut Vec<String>) {
    match &node.kind {
        NodeKind::Empty => {}
        NodeKind::Text { value, .. } => words.push(value.clone()),
        NodeKind::List(items) => items.iter().for_each(|item| gather_words(item, words)),
        NodeKind::Map(entries) => entries.iter().for_each(|entry| gather_words(&entry.value, words)),
    }
}

/// `path:line` and paths among words.
fn places(text: &str) -> Vec<(String, Option<usize>)> {
    let trim =
        |word: &str| word.trim_matches(|c: char| matches!(c, ',' | ';' | '(' | ')' | '`' | '\'' | '"')).to_owned();
    text.split_whitespace()
        .map(trim)
        .map(|word| {
            let word = word.trim_end_matches(':').to_owned();
            match word.split_once(':') {
                Some((path, rest)) => {
                    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
                    (path.to_owned(), digits.parse().ok())
                }
                None => (word, None),
            }
        })
        .filter(|(path, _)| !path.is_empty())
        .collect()
}

/// A text with one line changed.
struct Change {
    text: String,
    line: usize,
    old: String,
    new: String,
}

/// Changes of single lines: those that are named first, then those near them, then the rest.
fn changes(text: &str, named: &BTreeSet<usize>) -> Vec<Change> {
    let lines: Vec<&str> = text.lines().collect();
    let mut order: Vec<usize> = (1..=lines.len()).collect();
    let distance = |line: usize| named.iter().map(|one| one.abs_diff(line)).min().unwrap_or(line);
    order.sort_by_key(|line| (distance(*line), *line));
    let mut all = Vec::new();
    for number in order {
        let line = lines[number - 1];
        for new in variants(line) {
            let mut whole: Vec<&str> = lines.clone();
            whole[number - 1] = &new;
            let text = format!("{}\n", whole.join("\n"));
            all.push(Change { text, line: number, old: line.trim().to_owned(), new: new.trim().to_owned() });
            if all.len() >= MAX_MUTATIONS {
                return all;
            }
        }
    }
    all
}

/// Other lines of the same shape: the value behind a key changed, or the first name that is called.
fn variants(line: &str) -> Vec<String> {
    let trimmed = line.trim_start();
    if trimmed.is_empty() || trimmed.starts_with(['#', '/']) {
        return Vec::new();
    }
    let mut all = Vec::new();
    for (at, separator) in [": ", "=", "- "].iter().filter_map(|one| Some((line.find(one)?, one.len()))) {
        let (head, value) = line.split_at(at + separator);
        let value = value.split(" #").next().unwrap_or(value).trim();
        if !value.is_empty() {
            let spaced = if head.ends_with(' ') || head.ends_with('=') { head.to_owned() } else { format!("{head} ") };
            all.extend(values(value).into_iter().map(|new| format!("{spaced}{new}")));
            break;
        }
    }
    if let Some(open) = line.find('(').filter(|open| *open > 0 && line.as_bytes()[open - 1].is_ascii_alphanumeric()) {
        all.push(format!("{}_{}", &line[..open], &line[open..]));
    }
    all.extend(literals(line));
    all.retain(|new| new != line);
    let mut told = BTreeSet::new();
    all.retain(|new| told.insert(new.clone()));
    all
}

/// The line with one of its numbers or truth values changed, wherever it stands.
fn literals(line: &str) -> Vec<String> {
    let is_word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.');
    let mut all = Vec::new();
    let mut from = 0;
    for part in line.split_inclusive(|c: char| !is_word(c)) {
        let word = part.trim_end_matches(|c: char| !is_word(c));
        if matches!(word, "true" | "false" | "True" | "False") || word.parse::<i64>().is_ok() {
            let (before, after) = (&line[..from], &line[from + word.len()..]);
            all.extend(values(word).into_iter().map(|new| format!("{before}{new}{after}")));
        }
        from += part.len();
    }
    all
}

/// Other values than this one, in its own quotes.
fn values(value: &str) -> Vec<String> {
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''));
    let (bare, tail) = match quote {
        Some(quote) => match value[1..].find(quote) {
            Some(end) => (&value[1..=end], &value[end + 2..]),
            None => return Vec::new(),
        },
        None => (value.trim_end_matches([',', ';']), &value[value.trim_end_matches([',', ';']).len()..]),
    };
    if quote.is_none() && bare.starts_with(['{', '[', '&', '*', '|', '>']) {
        return inner_values(bare).into_iter().map(|new| format!("{new}{tail}")).collect();
    }
    let new: Vec<String> = match bare {
        "true" => vec!["false".to_owned()],
        "false" => vec!["true".to_owned()],
        "True" => vec!["False".to_owned()],
        "False" => vec!["True".to_owned()],
        _ => match bare.parse::<i64>() {
            Ok(0) => vec!["1".to_owned()],
            Ok(number) => {
                vec![(number.saturating_add(1)).to_string(), "0".to_owned(), number.saturating_mul(1000).to_string()]
            }
            Err(_) => vec![format!("{bare}x")],
        },
    };
    let quoted = |new: String| quote.map_or_else(|| new.clone(), |quote| format!("{quote}{new}{quote}"));
    new.into_iter().map(|new| format!("{}{tail}", quoted(new))).collect()
}

/// A flow map or list with one of its plain words changed.
fn inner_values(text: &str) -> Vec<String> {
    let is_word = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '%' | '/');
    let mut all = Vec::new();
    let mut start = None;
    for (at, c) in text.char_indices().chain([(text.len(), ' ')]) {
        match (is_word(c), start) {
            (true, None) => start = Some(at),
            (false, Some(from)) => {
                // A word before a colon is a key, and keys stay.
                if c != ':' {
                    for new in values(&text[from..at]) {
                        all.push(format!("{}{new}{}", &text[..from], &text[at..]));
                    }
                }
                start = None;
            }
            (true, Some(_)) | (false, None) => {}
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_change_and_keys_stay() {
        assert_eq!(variants("  app: cache"), ["  app: cachex"]);
        assert_eq!(variants("  enabled: true"), ["  enabled: false"]);
        assert_eq!(variants("minAvailable: 2"), ["minAvailable: 3", "minAvailable: 0", "minAvailable: 2000"]);
        assert_eq!(variants("  port: \"redis\""), ["  port: \"redisx\""]);
        assert_eq!(variants("selector: {matchLabels: {app: api}}"), ["selector: {matchLabels: {app: apix}}"]);
        assert_eq!(variants("LIMIT=5,"), ["LIMIT=6,", "LIMIT=0,", "LIMIT=5000,"]);
        assert_eq!(variants("    breaker.call(query)"), ["    breaker.call_(query)"]);
        assert!(variants("# minAvailable: 2").is_empty() && variants("").is_empty());
    }

    #[test]
    fn named_lines_come_first() {
        let changed = changes("a: 1x\nb: y\nc: z\n", &BTreeSet::from([3]));
        assert_eq!(changed.iter().map(|change| change.line).collect::<Vec<_>>(), [3, 2, 1]);
        assert_eq!(changed[0].text, "a: 1x\nb: y\nc: zx\n");
    }
}
