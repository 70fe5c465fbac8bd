//! Where the comments of a text are, by the language that its name tells.
//!
//! A light reading of tokens: enough to tell a comment from a text that holds `#` or `//`, for the languages of services and
//! their manifests. Not a parser: code that never runs (`if False:`, `#if 0`) is code here.

use std::ops::Range;

/// How far a line is looked at around a mark.
const MAX_LOOK_BYTES: usize = 512;

/// How strings are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Quote {
    open: &'static str,
    close: &'static str,
    escapes: bool,
    lines: bool,
}

/// How a language writes comments and strings.
#[derive(Clone, Debug, Default)]
struct Language {
    /// Markers of comments up to the end of the line.
    line: &'static [&'static str],
    /// They count only at the beginning of a line or behind a blank.
    after_blank: bool,
    /// They count only at the beginning of a line.
    at_start: bool,
    block: &'static [(&'static str, &'static str)],
    is_nested: bool,
    quotes: &'static [Quote],
    /// A single quote opens one character at most.
    has_characters: bool,
    /// A text that is a statement of its own is documentation.
    has_docstrings: bool,
    /// Quotes count only where a value may begin.
    quotes_at_value: bool,
    /// `/` may open a pattern.
    has_patterns: bool,
}

const fn quote(open: &'static str, close: &'static str, escapes: bool, lines: bool) -> Quote {
    Quote { open, close, escapes, lines }
}

const DOUBLE: Quote = quote("\"", "\"", true, false);
const SINGLE: Quote = quote("'", "'", true, false);
const BOTH: &[Quote] = &[DOUBLE, SINGLE];
const C_BLOCK: &[(&str, &str)] = &[("/*", "*/")];
const PYTHON: &[Quote] = &[quote("\"\"\"", "\"\"\"", true, true), quote("'''", "'''", true, true), DOUBLE, SINGLE];
const RUST: &[Quote] = &[
    quote("r##\"", "\"##", false, true),
    quote("r#\"", "\"#", false, true),
    quote("r\"", "\"", false, true),
    quote("\"", "\"", true, true),
];
const SCRIPT: &[Quote] = &[quote("`", "`", true, true), DOUBLE, SINGLE];
const GO: &[Quote] = &[quote("`", "`", false, true), DOUBLE];
const JVM: &[Quote] = &[quote("\"\"\"", "\"\"\"", true, true), DOUBLE];
const SQL: &[Quote] = &[quote("'", "'", false, true), quote("\"", "\"", false, true)];
const TOML: &[Quote] =
    &[quote("\"\"\"", "\"\"\"", true, true), quote("'''", "'''", false, true), DOUBLE, quote("'", "'", false, false)];
const MARKUP: &[(&str, &str)] = &[("<!--", "-->"), ("{{/*", "*/}}"), ("{{- /*", "*/ -}}"), ("{#", "#}")];
const TEMPLATE: &[(&str, &str)] = &[("{{/*", "*/}}"), ("{{- /*", "*/"), ("{#", "#}")];

/// The language of a path; `None` when its name tells none.
fn language(path: &str) -> Option<Language> {
    let name = path.rsplit('/').next().unwrap_or(path);
    if let Some(known) = by_name(name) {
        return Some(known);
    }
    let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase())?;
    let ending = match ending.as_str() {
        "j2" | "tmpl" | "tpl" | "template" | "example" | "sample" | "dist" | "in" | "gotmpl" => {
            let inner = name.rsplit_once('.').map_or(name, |(inner, _)| inner);
            return by_name(inner).or_else(|| language(inner)).or_else(|| Some(hash(BOTH)));
        }
        other => other.to_owned(),
    };
    by_ending(&ending)
}

fn by_name(name: &str) -> Option<Language> {
    let name = name.to_ascii_lowercase();
    let is_docker = name == "dockerfile" || name.starts_with("dockerfile.") || name == "containerfile";
    let ignores = [".gitignore", ".dockerignore", "codeowners", ".gitattributes", ".helmignore", ".npmrc"];
    if is_docker || ignores.contains(&name.as_str()) {
        return Some(Language { line: &["#"], at_start: true, ..Language::default() });
    }
    if name == ".env" || name.starts_with(".env.") {
        return Some(hash(&[]));
    }
    let hashed = ["makefile", "gnumakefile", "justfile", "procfile", "gemfile", "rakefile", "vagrantfile", "pipfile"];
    if hashed.contains(&name.as_str()) {
        return Some(hash(BOTH));
    }
    (name == "jenkinsfile").then(|| c_like(JVM))
}

fn by_ending(ending: &str) -> Option<Language> {
    Some(match ending {
        "py" | "pyi" | "pyx" | "bzl" | "star" => {
            Language { line: &["#"], quotes: PYTHON, has_docstrings: true, ..Language::default() }
        }
        "rs" => Language { is_nested: true, has_characters: true, ..c_like(RUST) },
        "js" | "jsx" | "ts" | "tsx" | "mjs" | "cjs" | "mts" | "cts" => {
            Language { has_patterns: true, ..c_like(SCRIPT) }
        }
        "go" => Language { has_characters: true, ..c_like(GO) },
        "java" | "c" | "h" | "cc" | "cpp" | "cxx" | "hpp" | "hh" | "cs" | "m" | "mm" => {
            Language { has_characters: true, ..c_like(JVM) }
        }
        "kt" | "kts" | "swift" | "scala" | "groovy" | "gradle" | "dart" | "zig" | "sol" | "v" => {
            Language { is_nested: ending != "groovy" && ending != "gradle", has_characters: true, ..c_like(JVM) }
        }
        "proto" | "thrift" | "jsonc" | "json5" | "cue" | "rego" => c_like(BOTH),
        "php" => Language { line: &["//", "#"], ..c_like(BOTH) },
        "tf" | "hcl" | "tfvars" | "nomad" | "jsonnet" | "libsonnet" => {
            Language { line: &["#", "//"], ..c_like(&[DOUBLE]) }
        }
        "css" => Language { line: &[], ..c_like(BOTH) },
        "scss" | "less" | "sass" => Language { after_blank: true, ..c_like(BOTH) },
        "yaml" | "yml" => Language { block: TEMPLATE, quotes_at_value: true, ..hash(BOTH) },
        "toml" => Language { line: &["#"], quotes: TOML, ..Language::default() },
        "sh" | "bash" | "zsh" | "fish" | "env" | "conf" | "cfg" | "nginx" | "r" | "pl" | "pm" | "tcl" | "mk"
        | "just" | "ex" | "exs" | "nix" | "graphql" | "gql" | "cmake" | "awk" | "service" | "timer" => {
            Language { quotes_at_value: ending == "conf", ..hash(BOTH) }
        }
        "rb" | "rake" | "gemspec" => Language { block: &[("\n=begin", "\n=end")], ..hash(BOTH) },
        "ps1" | "psm1" => Language { block: &[("<#", "#>")], ..hash(BOTH) },
        "ini" => Language { line: &["#", ";"], after_blank: true, ..Language::default() },
        "properties" => Language { line: &["#", "!"], at_start: true, ..Language::default() },
        "sql" => Language { line: &["--"], block: C_BLOCK, quotes: SQL, ..Language::default() },
        "lua" => Language { line: &["--"], block: &[("--[[", "]]")], quotes: BOTH, ..Language::default() },
        "hs" | "elm" => Language {
            line: &["--"],
            block: &[("{-", "-}")],
            is_nested: true,
            quotes: &[DOUBLE],
            ..Language::default()
        },
        "clj" | "cljs" | "edn" | "el" | "lisp" | "scm" => {
            Language { line: &[";"], quotes: &[DOUBLE], ..Language::default() }
        }
        "erl" | "hrl" | "tex" => Language { line: &["%"], quotes: &[DOUBLE], ..Language::default() },
        "html" | "htm" | "xml" | "md" | "markdown" | "mdx" | "vue" | "svelte" | "svg" | "xhtml" | "jinja"
        | "jinja2" | "csproj" | "xsl" | "xsd" | "astro" => {
            let code = matches!(ending, "vue" | "svelte" | "astro");
            Language { line: if code { &["//"] } else { &[] }, at_start: true, block: MARKUP, ..Language::default() }
        }
        "json" | "txt" | "csv" | "lock" | "rst" | "adoc" | "ipynb" | "geojson" | "jsonl" | "ndjson" | "map" => {
            Language::default()
        }
        _ => return None,
    })
}

fn c_like(quotes: &'static [Quote]) -> Language {
    Language { line: &["//"], block: C_BLOCK, quotes, ..Language::default() }
}

fn hash(quotes: &'static [Quote]) -> Language {
    Language { line: &["#"], after_blank: true, quotes, ..Language::default() }
}

/// The comments of a text, documentation in strings included, in order.
pub(crate) fn comments(path: &str, text: &str) -> Vec<Range<usize>> {
    match language(path) {
        Some(language) => Walk { language, text, at: 0, depth: 0, found: Vec::new() }.all(),
        None => lines_that_look_so(text),
    }
}

/// The text with its comments turned into blanks; lines and offsets stay.
pub(crate) fn without(text: &str, comments: &[Range<usize>]) -> String {
    let mut bytes = text.as_bytes().to_vec();
    for byte in comments.iter().flat_map(|range| range.clone()) {
        if bytes[byte] != b'\n' {
            bytes[byte] = b' ';
        }
    }
    String::from_utf8(bytes).expect("whole characters were replaced by blanks")
}

/// In a language that nobody knows here, a line that begins like a comment of any language is none of the code.
fn lines_that_look_so(text: &str) -> Vec<Range<usize>> {
    let (mut found, mut offset) = (Vec::new(), 0);
    for line in text.split_inclusive('\n') {
        let begin = line.trim_start();
        if ["#", "//", "--", ";", "%", "<!--", "/*", "* ", "REM ", "rem "].iter().any(|mark| begin.starts_with(mark)) {
            found.push(offset..offset + line.trim_end().len());
        }
        offset += line.len();
    }
    found
}

struct Walk<'t> {
    language: Language,
    text: &'t str,
    at: usize,
    /// Brackets that are open.
    depth: usize,
    found: Vec<Range<usize>>,
}

impl Walk<'_> {
    fn all(mut self) -> Vec<Range<usize>> {
        while self.at < self.text.len() {
            if !self.block() && !self.line() && !self.string() {
                self.step();
            }
        }
        self.found
    }

    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn step(&mut self) {
        let one = self.rest().chars().next().unwrap_or(' ');
        match one {
            '(' | '[' | '{' => self.depth += 1,
            ')' | ']' | '}' => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
        self.at += one.len_utf8();
    }

    /// The text of the line up to here, of a very long line the end of it: programs made by programs have but one.
    fn before(&self) -> &str {
        let from = self.text.floor_char_boundary(self.at.saturating_sub(MAX_LOOK_BYTES));
        let line = self.text[from..self.at].rfind('\n').map_or(from, |at| from + at + 1);
        &self.text[line..self.at]
    }

    /// The text of the line from here, of a very long line the beginning of it.
    fn ahead(&self) -> &str {
        let to = self.text.floor_char_boundary((self.at + MAX_LOOK_BYTES).min(self.text.len()));
        self.text[self.at..to].lines().next().unwrap_or("")
    }

    fn block(&mut self) -> bool {
        let Some((open, close)) = self.language.block.iter().find(|(open, _)| self.rest().starts_with(open)) else {
            return false;
        };
        let (start, mut depth) = (self.at, 1);
        self.at += open.len();
        while depth > 0 && self.at < self.text.len() {
            if self.rest().starts_with(close) {
                depth -= 1;
                self.at += close.len();
            } else if self.language.is_nested && self.rest().starts_with(open) {
                depth += 1;
                self.at += open.len();
            } else {
                self.at += self.rest().chars().next().map_or(1, char::len_utf8);
            }
        }
        self.found.push(start..self.at);
        true
    }

    fn line(&mut self) -> bool {
        if !self.language.line.iter().any(|mark| self.rest().starts_with(mark)) {
            return false;
        }
        let before = self.before();
        let is_start = before.trim().is_empty();
        let is_free = is_start || before.ends_with(char::is_whitespace);
        if (self.language.at_start && !is_start) || (self.language.after_blank && !is_free) {
            return false;
        }
        // The address in `https://`, unquoted.
        if before.ends_with(':') && self.rest().starts_with("//") {
            return false;
        }
        let end = self.rest().find('\n').map_or(self.text.len(), |length| self.at + length);
        self.found.push(self.at..end);
        self.at = end;
        true
    }

    fn string(&mut self) -> bool {
        if self.language.has_characters && self.rest().starts_with('\'') {
            return self.character();
        }
        if self.language.has_patterns && self.rest().starts_with('/') {
            return self.pattern();
        }
        let is_word = self.text[..self.at].ends_with(|c: char| c.is_alphanumeric() || c == '_');
        let rest = self.rest();
        let quote = self
            .language
            .quotes
            .iter()
            .find(|quote| rest.starts_with(quote.open) && !(is_word && quote.open.starts_with('r')));
        let Some(quote) = quote.copied() else { return false };
        let value =
            |before: &str| before.trim_end().is_empty() || before.ends_with([' ', '\t', '[', '{', ',', '(', '=', ':']);
        if self.language.quotes_at_value && !value(self.before()) {
            return false;
        }
        let is_statement = self.is_statement();
        let start = self.at;
        let Some(end) = self.end_of(quote) else {
            // Not closed where it must be: no string.
            self.at += quote.open.len();
            return true;
        };
        self.at = end;
        let rest_of_line = self.ahead().trim();
        let is_alone = rest_of_line.is_empty() || rest_of_line.starts_with('#');
        if self.language.has_docstrings && is_statement && is_alone {
            self.found.push(start..end);
        }
        true
    }

    /// Nothing but the letters of a string's prefix stands before it, and no bracket is open.
    fn is_statement(&self) -> bool {
        let before = self.before().trim();
        let is_prefix = before.len() <= 2 && before.chars().all(|c| "rRuUbBfF".contains(c));
        self.depth == 0 && is_prefix
    }

    fn end_of(&self, quote: Quote) -> Option<usize> {
        let inner = self.at + quote.open.len();
        let (mut at, bytes) = (inner, self.text.as_bytes());
        while at < bytes.len() {
            if self.text.is_char_boundary(at) && self.text[at..].starts_with(quote.close) {
                return Some(at + quote.close.len());
            }
            match bytes[at] {
                b'\n' if !quote.lines => return None,
                // An escaped end of line goes on.
                b'\\' if quote.escapes => at += 2,
                _ => at += 1,
            }
        }
        None
    }

    /// `'a'`, `'\n'`, `'\u{1F600}'`; anything else (a lifetime, a digit separator) is one byte of code.
    fn character(&mut self) -> bool {
        let rest = &self.rest()[1..];
        let length = if let Some(escaped) = rest.strip_prefix('\\') {
            escaped.char_indices().skip(1).take(10).find(|(_, c)| *c == '\'').map(|(at, _)| at + 1)
        } else {
            rest.chars().next().map(char::len_utf8).filter(|length| rest[*length..].starts_with('\''))
        };
        self.at += length.map_or(1, |length| length + 2);
        true
    }

    /// A pattern literal of JavaScript: where a value may begin, up to a bare `/` on the same line.
    fn pattern(&mut self) -> bool {
        let before = self.before().trim_end();
        let begins = before.ends_with(['(', ',', '=', ':', '[', '!', '&', '|', '?', '{', '}', ';'])
            || before.ends_with("return")
            || before.is_empty();
        let line = self.ahead();
        let (mut is_escaped, mut in_class) = (false, false);
        for (at, c) in line.char_indices().skip(1) {
            match c {
                _ if is_escaped => is_escaped = false,
                '\\' => is_escaped = true,
                '[' => in_class = true,
                ']' => in_class = false,
                '/' if !in_class && begins => {
                    self.at += at + 1;
                    return true;
                }
                _ => {}
            }
        }
        self.at += 1;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(path: &str, text: &str) -> String {
        without(text, &comments(path, text)).split_whitespace().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn comments_go_and_texts_that_look_like_them_stay() {
        let cases = [
            ("a.py", "x = '#a' # b\n", "x = '#a'"),
            (
                "a.py",
                "def f():\n    \"\"\"doc # x\"\"\"\n    y = \"\"\"kept\n# kept\"\"\"\n",
                "def f(): y = \"\"\"kept # kept\"\"\"",
            ),
            ("a.py", "f(\n  'kept',\n)\n'gone'\n", "f( 'kept', )"),
            (
                "a.rs",
                "fn f<'a>(x: &'a str) { '\"'; \"// k\" } // g\n/* a /* b */ c */ z",
                "fn f<'a>(x: &'a str) { '\"'; \"// k\" } z",
            ),
            ("a.rs", "let x = r#\"a \" // k\"#; // g", "let x = r#\"a \" // k\"#;"),
            (
                "a.ts",
                "const u = `http://x`; // g\nconst r = /\\/\\*/; a(); /* g */ b",
                "const u = `http://x`; const r = /\\/\\*/; a(); b",
            ),
            ("a.go", "x := `// k`; y := '\"' // g", "x := `// k`; y := '\"'"),
            ("a.yaml", "a: it's # g\nb: 'x # k'\nc: x#k\n{{- /* g */ -}}\n", "a: it's b: 'x # k' c: x#k -}}"),
            ("Dockerfile", "RUN a # k\n# g\n", "RUN a # k"),
            ("a.sql", "select '--k', 1 -- g\n/* g */;", "select '--k', 1 ;"),
            ("a.sh", "echo $# \"# k\" ${x#y} # g\n", "echo $# \"# k\" ${x#y}"),
            ("a.tf", "a = \"#k\" # g\n// g\n", "a = \"#k\""),
            ("a.json", "{\"a\": \"# k // k\"}", "{\"a\": \"# k // k\"}"),
            ("a.md", "k <!-- g\ng --> k", "k k"),
            ("values.yaml.tpl", "a: 1 # g", "a: 1"),
            ("a.unheard", "-- g\nk -- k\n", "k -- k"),
            ("a.properties", "# g\na=b#k\n", "a=b#k"),
        ];
        for (path, text, expected) in cases {
            assert_eq!(code(path, text), expected, "{path}: {text}");
        }
    }
}
