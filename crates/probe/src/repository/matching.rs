//! `file.match`: where a pattern stands in files, comments told apart.
//!
//! A match in a comment is not evidence: it is counted, and nothing else. What the text does not show (whether the code runs)
//! is not told; the grade is `declared` at best.

use std::ops::Range;
use std::path::Path;
use std::time::Duration;

use evidence::Grade;
use regex::{Regex, RegexBuilder};
use text::{Fields, Source};

use super::comment::{comments, without};
use super::files::{Files, Patterns, some, texts};
use crate::World;
use crate::kind::{Look, Looking, in_thread};
use crate::read::span_of;
use crate::sight::{Sight, cut};

/// The most places that are kept; all are counted.
const MAX_PLACES: usize = 100;

/// The largest file searched.
pub(crate) const MAX_SEARCHED_BYTES: usize = 4 << 20;

/// The size of a compiled pattern.
const MAX_PATTERN_BYTES: usize = 1 << 20;

/// The longest kept part of a line.
const MAX_LINE_BYTES: usize = 300;

/// How long one look may take.
const MATCH_WITHIN: Duration = Duration::from_secs(60);

/// What is not searched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ignored {
    Comments,
    Nothing,
}

/// A pattern over files.
#[derive(Clone, Debug)]
pub(crate) struct FileMatch {
    paths: Patterns,
    pattern: Regex,
    ignored: Ignored,
    with_lines: bool,
}

impl FileMatch {
    pub(crate) fn read(fields: &mut Fields<'_, '_>) -> Option<Self> {
        let paths = Patterns::read(fields, "paths");
        let written = fields.need_text("pattern").map(str::to_owned);
        let ignored = fields.one_of("ignore", &["comments", "nothing"]);
        let ignored = if ignored == Some(1) { Ignored::Nothing } else { Ignored::Comments };
        let with_lines = fields.boolean("lines").unwrap_or(false);
        let pattern = match parse(&written?) {
            Ok(pattern) => pattern,
            Err(message) => {
                let span = span_of(fields, "pattern");
                fields.problem("wrong-pattern", span, message);
                return None;
            }
        };
        Some(Self { paths: paths?, pattern, ignored, with_lines })
    }
}

/// A pattern with `^` and `$` at lines. One that the empty text matches stands everywhere and says nothing.
fn parse(written: &str) -> Result<Regex, String> {
    let built = RegexBuilder::new(written).multi_line(true).size_limit(MAX_PATTERN_BYTES).build();
    let pattern = built.map_err(|error| match error {
        regex::Error::CompiledTooBig(_) => "the pattern is too large".to_owned(),
        other => {
            let words = other.to_string();
            format!("this is no pattern: {}", words.lines().last().unwrap_or_default().trim_start_matches("error: "))
        }
    })?;
    if pattern.is_match("") {
        return Err("the empty text matches this pattern, so every file does".to_owned());
    }
    Ok(pattern)
}

impl Look for FileMatch {
    fn subject(&self) -> String {
        format!("{}: {}", self.paths.words(), self.pattern)
    }

    fn look<'a>(&'a self, world: &'a World) -> Looking<'a> {
        let (owned, directory) = (self.clone(), world.directory.clone());
        Box::pin(async move { in_thread(&self.subject(), MATCH_WITHIN, move || searched(&owned, &directory)).await })
    }
}

/// What one file holds.
struct InFile {
    places: Vec<(usize, String)>,
    in_comments: usize,
}

fn in_file(probe: &FileMatch, path: &str, text: &str) -> InFile {
    let source = Source::new(path, text);
    let (hidden, code) = match probe.ignored {
        Ignored::Nothing => (Vec::new(), text.to_owned()),
        Ignored::Comments => {
            let hidden = comments(path, text);
            let code = without(text, &hidden);
            (hidden, code)
        }
    };
    let place = |at: usize| {
        let line = source.line_column(at).0;
        (line, cut(source.line_text(line).trim().to_owned(), MAX_LINE_BYTES))
    };
    let places = probe.pattern.find_iter(&code).map(|found| place(found.start())).collect();
    let touches = |found: &Range<usize>| hidden.iter().any(|range| range.start < found.end && found.start < range.end);
    let in_comments = match probe.ignored {
        Ignored::Nothing => 0,
        Ignored::Comments => probe.pattern.find_iter(text).filter(|found| touches(&found.range())).count(),
    };
    InFile { places, in_comments }
}

/// What was found so far.
#[derive(Default)]
struct Found {
    searched: usize,
    matches: usize,
    in_comments: usize,
    matched_files: Vec<String>,
    missing_in: Vec<String>,
    places: Vec<String>,
    lines: Vec<String>,
    trouble: Vec<String>,
}

impl Found {
    fn file(&mut self, path: &str, found: InFile) {
        self.searched += 1;
        self.matches += found.places.len();
        self.in_comments += found.in_comments;
        if found.places.is_empty() {
            self.missing_in.push(path.to_owned());
            return;
        }
        self.matched_files.push(path.to_owned());
        for (line, text) in found.places {
            if self.places.len() < MAX_PLACES {
                self.places.push(format!("{path}:{line}"));
                self.lines.push(text);
            }
        }
    }
}

fn searched(probe: &FileMatch, directory: &Path) -> Sight {
    let subject = probe.paths.words();
    let files = match Files::below(directory) {
        Ok(files) => files,
        Err(error) => return Sight::blind(subject, &error),
    };
    let meant = files.meant(&probe.paths);
    let read = outside::parallel::map(&meant, |path| {
        files.read(path, MAX_SEARCHED_BYTES).map(|text| in_file(probe, path, &text)).map_err(|error| error.words())
    });
    let mut found = Found::default();
    for (path, read) in meant.iter().zip(read) {
        match read {
            Ok(read) => found.file(path, read),
            Err(words) => found.trouble.push(words),
        }
    }
    found.trouble.extend(probe.paths.all.iter().filter_map(|pattern| files.incomplete(pattern)));
    let nowhere: Vec<&str> = probe
        .paths
        .all
        .iter()
        .filter(|pattern| !meant.iter().any(|path| pattern.means(path)))
        .map(|pattern| pattern.written.as_str())
        .collect();
    if !nowhere.is_empty() {
        found.trouble.push(format!("no file is meant by {}", nowhere.join(", ")));
    }
    told(probe, &files, found, subject)
}

fn told(probe: &FileMatch, files: &Files, mut found: Found, subject: String) -> Sight {
    let mut sight = Sight::new(found.places.first().cloned().unwrap_or(subject));
    let is_loose = |path: &&String| files.is_committed(path) == Some(false);
    let untracked: Vec<String> = found.matched_files.iter().filter(is_loose).cloned().collect();
    if !untracked.is_empty() && untracked.len() == found.matched_files.len() {
        found.trouble.push(format!("matches are only on this disk, not in the last commit: {}", some(&untracked)));
    }
    sight.subjects = found.searched as u64;
    if found.searched > 0 {
        sight.integer("files", found.searched);
        sight.integer("matches", found.matches);
        sight.integer("in_comments", found.in_comments);
        sight.put("matched_files", texts(found.matched_files));
        sight.put("missing_in", texts(found.missing_in));
        sight.put("untracked", texts(untracked));
        sight.put("places", texts(found.places));
        if probe.with_lines {
            sight.put("lines", texts(found.lines));
        }
        sight.grade = match found.matches {
            0 if found.trouble.is_empty() => Some(Grade::Absent),
            0 => None,
            _ => Some(Grade::Declared),
        };
    }
    sight.trouble = (!found.trouble.is_empty()).then(|| some(&found.trouble));
    sight
}
