//! What variables of a script hold, and how its tests and exit codes come out of that.
//!
//! Only what follows from the failure, and texts that are written out, are known. What this does not do: arithmetic beyond counting up.

use super::run::{Run, Status};

/// What a variable holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kept {
    /// Not zero, because of the failure.
    Failed,
    /// What the command printed, which is not empty when it found something.
    Printed,
    Text(String),
}

impl Run<'_> {
    pub(super) fn keep(&mut self, name: &str, value: &str) {
        let is_counted = value.contains("+1") || value.contains("+ 1") || value.contains("++");
        let kept = match self.value(value) {
            _ if value.starts_with("$((") && is_counted => Kept::Failed,
            Some(kept) => kept,
            None => Kept::Text(value.to_owned()),
        };
        self.variables.insert(name.to_owned(), kept);
    }

    /// What a word comes to.
    pub(super) fn value(&self, word: &str) -> Option<Kept> {
        let word = word.trim();
        let failed =
            |status: &Status| if *status == Status::Failed { Kept::Failed } else { Kept::Text("0".to_owned()) };
        match word {
            "$?" | "${?}" => Some(failed(&self.last)),
            _ if word.starts_with("${PIPESTATUS[") => {
                let at = word.trim_start_matches("${PIPESTATUS[").trim_end_matches("]}");
                let hit = self.piped.is_some_and(|piped| at == piped.to_string() || at == "@" || at == "*");
                Some(if hit || self.last == Status::Failed { Kept::Failed } else { Kept::Text("0".to_owned()) })
            }
            _ => {
                let Some(name) = word.strip_prefix('$') else { return Some(Kept::Text(word.to_owned())) };
                let name = name.trim_start_matches('{').trim_end_matches('}');
                let name = name.split(":-").next().unwrap_or(name);
                self.variables.get(name).cloned()
            }
        }
    }

    pub(super) fn code(&mut self, word: Option<&str>, what: &str) -> Status {
        let Some(word) = word else { return self.last.clone() };
        match self.value(word) {
            Some(Kept::Failed) => Status::Failed,
            Some(Kept::Text(text)) if text == "0" => {
                self.lose(format!("`{what} {word}` comes after it"));
                Status::Zero
            }
            Some(Kept::Text(text)) if text.parse::<i64>().is_ok() => Status::Failed,
            Some(Kept::Text(_) | Kept::Printed) | None if self.reached => {
                Status::Unknown(format!("`{what} {word}` decides"))
            }
            Some(Kept::Text(_) | Kept::Printed) | None => Status::Open,
        }
    }

    /// `[ .. ]`.
    pub(super) fn test(&self, words: &[&str]) -> Status {
        let inside: Vec<&str> = words[1..].iter().copied().filter(|word| !matches!(*word, "]" | "]]")).collect();
        let (inside, is_negated) = match inside.as_slice() {
            ["!", rest @ ..] => (rest, true),
            rest => (rest, false),
        };
        let status = match inside {
            [left, op, right] => self.compared(left, op, right),
            ["-z" | "-n", word] => match self.value(word) {
                Some(Kept::Printed) => emptiness(words, true),
                Some(Kept::Text(text)) if word.starts_with('$') && text != "$()" => emptiness(words, !text.is_empty()),
                Some(Kept::Failed | Kept::Text(_)) | None => Status::Open,
            },
            _ => Status::Open,
        };
        match (status, is_negated) {
            (Status::Zero, true) => Status::Failed,
            (Status::Failed, true) => Status::Zero,
            (status, _) => status,
        }
    }

    pub(super) fn compared(&self, left: &str, op: &str, right: &str) -> Status {
        if !left.starts_with('$') && !right.starts_with('$') {
            return Status::Open;
        }
        let is_equal = match (self.value(left), self.value(right)) {
            (Some(Kept::Failed), Some(Kept::Text(zero))) | (Some(Kept::Text(zero)), Some(Kept::Failed))
                if zero == "0" =>
            {
                false
            }
            (Some(Kept::Printed), Some(Kept::Text(text))) | (Some(Kept::Text(text)), Some(Kept::Printed))
                if text.is_empty() =>
            {
                false
            }
            (Some(Kept::Text(a)), Some(Kept::Text(b))) if !a.contains('$') && !b.contains('$') => a == b,
            _ => return Status::Open,
        };
        match op {
            "=" | "==" | "-eq" | "-le" if is_equal => Status::Zero,
            "=" | "==" | "-eq" => Status::Failed,
            "!=" | "-ne" | "-gt" if is_equal => Status::Failed,
            "!=" | "-ne" | "-gt" => Status::Zero,
            _ => Status::Open,
        }
    }

    /// `(( rc ))`, `(( rc != 0 ))`, `((failed++))`.
    pub(super) fn arithmetic(&mut self, text: &str) -> Status {
        let inside = text.trim_start_matches('(').trim_end_matches(')').trim();
        if let Some(name) =
            inside.strip_suffix("++").or_else(|| inside.strip_suffix("+=1")).or_else(|| inside.strip_prefix("++"))
        {
            self.variables.insert(name.trim().to_owned(), Kept::Failed);
            return Status::Open;
        }
        let words: Vec<&str> = inside.split_whitespace().collect();
        let dollar = |word: &str| if word.starts_with('$') { word.to_owned() } else { format!("${word}") };
        match words.as_slice() {
            [name] => self.compared(&dollar(name), "!=", "0"),
            [name, op @ ("!=" | "=="), right] => self.compared(&dollar(name), op, right),
            [name, ">", "0"] => self.compared(&dollar(name), "!=", "0"),
            _ => Status::Open,
        }
    }
}

/// `-z` and `-n` of something that is empty or not.
pub(super) fn emptiness(words: &[&str], is_something: bool) -> Status {
    let is_negated = words.get(1) == Some(&"!");
    let is_empty = words.iter().any(|word| matches!(*word, "-z" | "-eq" | "=" | "=="));
    let wants_nothing = is_empty != is_negated;
    if wants_nothing == is_something { Status::Failed } else { Status::Zero }
}
