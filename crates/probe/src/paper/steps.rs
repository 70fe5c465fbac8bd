//! A procedure in Markdown into its steps: commands of shell blocks, code and links in the text, and what still shall be written.

use std::sync::LazyLock;

use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Options, Parser, Tag, TagEnd};
use regex::Regex;
use text::Source;

/// What a procedure names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Procedure {
    /// Items of ordered lists and of check lists, or headings with numbers, or else commands.
    pub(super) steps: usize,
    /// Each block of commands, with its lines.
    pub(super) blocks: Vec<Vec<Line>>,
    /// Code within a sentence.
    pub(super) code: Vec<Line>,
    /// Where local links lead.
    pub(super) links: Vec<Line>,
    /// What still shall be written or put in.
    pub(super) placeholders: Vec<Line>,
    /// Letters of the text.
    pub(super) letters: usize,
}

/// Something on a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) line: usize,
    pub(super) text: String,
}

/// Languages of blocks that hold commands.
const SHELLS: [&str; 9] = ["sh", "bash", "shell", "zsh", "console", "shell-session", "terminal", "shellsession", "ksh"];

/// What stands for something else, in commands: `<name>`, `YOUR_KEY`; in the text: notes to oneself.
static STAND_IN: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"<[A-Za-z][A-Za-z0-9 _./-]*>|\bYOUR[_-][A-Z_-]+|\{\{[^}]*\}\}").expect("is a pattern")
});
static NOTE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"\b(TO",
        r"DO|TBD|TBA|FIX",
        r"ME|WIP)\b|(?i)\bto be (written|documented|defined|determined)\b|lorem ipsum"
    ))
    .expect("is a pattern")
});
static NUMBERED: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"(?i)^(step\s+)?\d+\s*[.:)-]").expect("is a pattern"));

/// Reads a document, or one section of it; `None` when there is no such section.
pub(super) fn read(source: &Source, section: Option<&str>) -> Option<Procedure> {
    let options = Options::ENABLE_TASKLISTS | Options::ENABLE_TABLES;
    let mut walk = Walk { source, section, inside: section.is_none(), ..Walk::new(source) };
    for (event, range) in Parser::new_ext(source.text(), options).into_offset_iter() {
        walk.event(event, source.line_column(range.start).0);
    }
    if !walk.was_inside && section.is_some() {
        return None;
    }
    let commands = walk.found.blocks.iter().map(Vec::len).sum();
    let counted = walk.items.max(walk.tasks);
    walk.found.steps = if counted > 0 {
        counted
    } else if walk.numbered > 0 {
        walk.numbered
    } else {
        commands
    };
    Some(walk.found)
}

struct Walk<'s> {
    source: &'s Source,
    section: Option<&'s str>,
    inside: bool,
    was_inside: bool,
    level: Option<HeadingLevel>,
    /// The heading being read: its level and text.
    heading: Option<(HeadingLevel, String)>,
    /// The block being read: where it begins, whether it holds commands and its text.
    block: Option<(usize, Option<&'static str>, String)>,
    lists: Vec<bool>,
    items: usize,
    tasks: usize,
    numbered: usize,
    found: Procedure,
}

impl<'s> Walk<'s> {
    fn new(source: &'s Source) -> Self {
        Self {
            source,
            section: None,
            inside: true,
            was_inside: false,
            level: None,
            heading: None,
            block: None,
            lists: Vec::new(),
            items: 0,
            tasks: 0,
            numbered: 0,
            found: Procedure::default(),
        }
    }

    fn event(&mut self, event: Event<'_>, line: usize) {
        match event {
            Event::Start(Tag::Heading { level, .. }) => self.heading = Some((level, String::new())),
            Event::End(TagEnd::Heading(_)) => self.end_heading(),
            Event::Text(text) | Event::Code(text) if self.heading.is_some() => {
                if let Some((_, words)) = &mut self.heading {
                    words.push_str(&text);
                }
            }
            _ if !self.inside => {}
            Event::Start(Tag::CodeBlock(kind)) => self.block = Some((line, shell(&kind), String::new())),
            Event::End(TagEnd::CodeBlock) => self.end_block(),
            Event::Text(text) if self.block.is_some() => {
                if let Some((_, _, words)) = &mut self.block {
                    words.push_str(&text);
                }
            }
            Event::Text(text) => self.text(&text, line),
            Event::Code(text) => self.found.code.push(Line { line, text: text.to_string() }),
            Event::Start(Tag::Link { dest_url, .. }) => {
                self.found.links.push(Line { line, text: dest_url.to_string() })
            }
            Event::Start(Tag::List(first)) => self.lists.push(first.is_some()),
            Event::End(TagEnd::List(_)) => drop(self.lists.pop()),
            Event::Start(Tag::Item) if self.lists == [true] => self.items += 1,
            Event::TaskListMarker(_) => self.tasks += 1,
            _ => {}
        }
    }

    fn end_heading(&mut self) {
        let Some((level, words)) = self.heading.take() else { return };
        let same = |wanted: &str| slug(wanted) == slug(&words);
        if let Some(section) = self.section {
            if self.level.is_some_and(|inside| level <= inside) {
                (self.inside, self.level) = (false, None);
            }
            if same(section) && !self.was_inside {
                (self.inside, self.was_inside, self.level) = (true, true, Some(level));
                return;
            }
        }
        if self.inside && NUMBERED.is_match(words.trim()) {
            self.numbered += 1;
        }
    }

    fn text(&mut self, text: &str, line: usize) {
        self.found.letters += text.chars().filter(|c| c.is_alphanumeric()).count();
        if NOTE.is_match(text) {
            self.found.placeholders.push(Line { line, text: text.trim().to_owned() });
        }
    }

    fn end_block(&mut self) {
        let Some((start, shell, words)) = self.block.take() else { return };
        let first = self.source.line_text(start).trim_start();
        let first = if first.starts_with("```") || first.starts_with("~~~") { start + 1 } else { start };
        let lines = match shell {
            Some(shell) => commands(&words, first, shell == "console"),
            None => Vec::new(),
        };
        for line in &lines {
            let stand_ins =
                STAND_IN.find_iter(&line.text).map(|found| Line { line: line.line, text: found.as_str().to_owned() });
            self.found.placeholders.extend(stand_ins);
        }
        if !lines.is_empty() {
            self.found.blocks.push(lines);
        }
    }
}

/// The words of a heading as an anchor has them.
fn slug(words: &str) -> String {
    let kept = words.trim().trim_start_matches('#').chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
    kept.collect::<String>().trim().to_lowercase().replace(' ', "-")
}

/// `console` where output stands between commands, `shell` for commands alone, `None` for anything else.
fn shell(kind: &CodeBlockKind<'_>) -> Option<&'static str> {
    match kind {
        CodeBlockKind::Indented => Some("console"),
        CodeBlockKind::Fenced(language) => {
            let word = language.split([' ', ',', '{', ':']).next().unwrap_or("").to_lowercase();
            match word.as_str() {
                "" | "text" | "txt" | "plain" | "console" | "shell-session" | "shellsession" | "terminal" => {
                    Some("console")
                }
                word if SHELLS.contains(&word) => Some("shell"),
                _ => None,
            }
        }
    }
}

/// Programs that begin a line in a block that does not say what it is.
const PROGRAMS: [&str; 36] = [
    "kubectl",
    "docker",
    "docker-compose",
    "make",
    "just",
    "npm",
    "npx",
    "yarn",
    "pnpm",
    "python",
    "python3",
    "bash",
    "sh",
    "helm",
    "git",
    "terraform",
    "ansible-playbook",
    "psql",
    "pg_dump",
    "pg_restore",
    "curl",
    "cargo",
    "go",
    "node",
    "poetry",
    "uv",
    "alembic",
    "redis-cli",
    "systemctl",
    "aws",
    "gcloud",
    "az",
    "flux",
    "argocd",
    "task",
    "cd",
];

/// The commands of a block: with prompts only what stands behind one, continued lines joined, here-documents and remarks left out.
fn commands(block: &str, first: usize, is_console: bool) -> Vec<Line> {
    let prompted = block.lines().any(|line| line.trim_start().starts_with("$ "));
    let (mut found, mut joined, mut until): (Vec<Line>, Option<Line>, Option<String>) = (Vec::new(), None, None);
    for (at, line) in block.lines().enumerate() {
        if let Some(end) = &until {
            if line.trim() == end {
                until = None;
            }
            continue;
        }
        let bare = line.trim();
        let text = match (&joined, bare.strip_prefix("$ ")) {
            (Some(_), _) => bare,
            (None, Some(command)) => command,
            (None, None) if prompted || bare.is_empty() || bare.starts_with('#') => continue,
            (None, None) if is_console && !is_command(bare) => continue,
            (None, None) => bare,
        };
        let mut line = joined.take().unwrap_or(Line { line: first + at, text: String::new() });
        line.text.push_str(text.strip_suffix('\\').unwrap_or(text));
        if text.ends_with('\\') {
            line.text.push(' ');
            joined = Some(line);
            continue;
        }
        until = here_document(&line.text);
        found.push(line);
    }
    found.extend(joined);
    found
}

fn is_command(line: &str) -> bool {
    let first = line.split_whitespace().next().unwrap_or("");
    PROGRAMS.contains(&first) || first.starts_with("./") || first.ends_with(".sh")
}

/// The word that ends a here-document which the line begins.
fn here_document(line: &str) -> Option<String> {
    let (_, rest) = line.split_once("<<")?;
    let word = rest.trim_start_matches('-').trim_start();
    let word: String =
        word.trim_start_matches(['\'', '"']).chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    (!word.is_empty() && !rest.starts_with('<')).then_some(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str, section: Option<&str>) -> Option<Procedure> {
        read(&Source::new("a.md", text), section)
    }

    #[test]
    fn commands_are_those_of_shell_blocks_with_their_lines() {
        let text = "# R\n\n1. Do\n\n   ```bash\n   # remark\n   make a \\\n     B=1\n   cat <<EOF\n   make no\n   EOF\n   make c\n   ```\n2. x\n\n```yaml\nmake: no\n```\n\n```\n$ make d\noutput\n```\n";
        let found = of(text, None).expect("is read");
        let lines: Vec<(usize, &str)> =
            found.blocks.iter().flatten().map(|line| (line.line, line.text.as_str())).collect();
        assert_eq!(lines, [(7, "make a  B=1"), (9, "cat <<EOF"), (12, "make c"), (21, "make d")]);
        assert_eq!(found.steps, 2);
    }

    #[test]
    fn a_section_ends_at_the_next_heading_of_its_level() {
        let text = "# R\n`a`\n## Restore it\n`b`\n### Step 1: x\n`c`\n## Other\n`d`\n";
        let found = of(text, Some("Restore it")).expect("is read");
        assert_eq!(found.code.iter().map(|line| line.text.as_str()).collect::<Vec<_>>(), ["b", "c"]);
        assert_eq!((found.steps, of(text, Some("nowhere"))), (1, None));
    }

    #[test]
    fn stand_ins_and_notes_are_placeholders() {
        let text = concat!("TO", "DO: say how\n\n```sh\nrestore <backup-id> ${X}\n```\n");
        let found = of(text, None).expect("is read");
        assert_eq!(found.placeholders.len(), 2, "{found:?}");
    }
}
