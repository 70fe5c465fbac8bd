//! What one command of a procedure names, looked up in the repository.
//!
//! Only what a repository can show is asked: paths, scripts, targets, services, objects, flags of its own scripts. What runs
//! in a container or on another machine is not, nor what a shell fills in.

use std::collections::BTreeSet;

use super::known::{Known, There, flag, is_executable, joined, kind_of};
use super::words::{Command, Word, split};

/// The largest page in which a part is looked for.
const MAX_PAGE_BYTES: usize = 1 << 20;

/// One thing that was looked up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Check {
    pub(super) line: usize,
    pub(super) there: There,
}

/// Directories that builds and package managers fill.
const MADE: [&str; 14] = [
    "node_modules",
    "venv",
    ".venv",
    "target",
    "build",
    "dist",
    "out",
    "bin",
    "tmp",
    "coverage",
    "__pycache__",
    ".terraform",
    "env",
    "logs",
];

/// Endings by which a word is a file of a repository.
const ENDINGS: [&str; 28] = [
    ".sh",
    ".py",
    ".sql",
    ".yaml",
    ".yml",
    ".json",
    ".toml",
    ".ts",
    ".js",
    ".mjs",
    ".md",
    ".env",
    ".tf",
    ".conf",
    ".rb",
    ".go",
    ".rs",
    ".tsx",
    ".jsx",
    ".ini",
    ".cfg",
    ".properties",
    ".xml",
    ".gradle",
    ".hcl",
    ".tfvars",
    ".j2",
    ".tpl",
];

/// One reader of commands: where it stands, and what was made on the way.
pub(super) struct Shell<'k, 'f> {
    known: &'k Known<'f>,
    /// The document, and its directory.
    document: String,
    beside: String,
    /// Where a `cd` led; `None` once nobody knows.
    base: Option<String>,
    made: BTreeSet<String>,
    pub(super) checks: Vec<Check>,
}

impl<'k, 'f> Shell<'k, 'f> {
    pub(super) fn new(known: &'k Known<'f>, document: &str) -> Self {
        let beside = document.rsplit_once('/').map_or(String::new(), |(directory, _)| directory.to_owned());
        Self {
            known,
            document: document.to_owned(),
            beside,
            base: Some(String::new()),
            made: BTreeSet::new(),
            checks: Vec::new(),
        }
    }

    /// A new block begins where the reader stands: at the top.
    pub(super) fn begin(&mut self) {
        self.base = Some(String::new());
    }

    fn add(&mut self, line: usize, there: There) {
        self.checks.push(Check { line, there });
    }

    /// A line of commands.
    pub(super) fn line(&mut self, line: usize, text: &str) {
        for command in split(text) {
            self.command(line, &command);
        }
    }

    fn command(&mut self, line: usize, command: &Command) {
        for path in &command.reads {
            self.path(line, path, true);
        }
        let program = command.program().to_owned();
        if program.contains('/') && !command.words[0].is_open {
            self.program(line, command, &program);
            self.made.extend(command.writes.iter().cloned());
            return;
        }
        match program.as_str() {
            "cd" | "pushd" => self.change_directory(line, command),
            "make" | "gmake" => self.make(line, command),
            "just" => self.just(line, command),
            "npm" | "yarn" | "pnpm" | "bun" => self.script_of_package(line, command),
            "kubectl" | "oc" | "k" => self.kubectl(line, command),
            "docker" | "docker-compose" | "podman" | "podman-compose" => self.docker(line, command),
            "bash" | "sh" | "zsh" | "source" | "." | "python" | "python3" | "node" | "ruby" | "deno" | "tsx"
            | "ts-node" => {
                self.interpreter(line, command);
            }
            "poetry" | "uv" | "pipenv" | "npx" | "rye" | "hatch" => self.wrapped(line, command),
            "touch" | "mkdir" | "cp" | "mv" | "ln" | "tee" | "git" | "tar" | "curl" | "wget" | "openssl"
            | "age-keygen" => {
                self.makes(line, command);
            }
            "echo" | "printf" | "ssh" | "scp" | "rsync" | "aws" | "gsutil" | "export" | "read" | "test" | "["
            | "rm" => {}
            _ => self.paths(line, command.arguments()),
        }
        self.made.extend(command.writes.iter().cloned());
    }

    // ===== paths =====

    fn paths(&mut self, line: usize, words: &[Word]) {
        let values = words.iter().map(|word| match word.text.split_once('=') {
            Some((name, value)) if name.starts_with('-') => (value, word.is_open),
            _ => (word.text.as_str(), word.is_open),
        });
        for (text, is_open) in values.collect::<Vec<_>>() {
            if !is_open && !text.starts_with('-') {
                self.path(line, text, false);
            }
        }
    }

    /// A word that may be a path of the repository; `sure` when it can be nothing else.
    pub(super) fn path(&mut self, line: usize, text: &str, sure: bool) {
        let text = text.trim_start_matches('@').trim_end_matches([',', ':', ';', '.']);
        let is_foreign = text.starts_with(['/', '~', '-', '$'])
            || text.contains("://")
            || text.contains(['@', '=', '\\', ':', '<', '*', '{', '}', '(', ' ', '…']);
        let Some(base) = self.base.clone() else { return };
        if text.is_empty() || text == "." || is_foreign || text == "-" {
            return;
        }
        let path = joined(&base, text);
        if self.exists(&path) || self.exists(&joined(&self.beside, text)) {
            if text.contains('/') || sure || text.contains('.') {
                self.add(line, There::Yes);
            }
            return;
        }
        let has_ending = ENDINGS.iter().any(|ending| text.ends_with(ending));
        let first = text.trim_start_matches("./").split('/').next().unwrap_or("");
        let begins = text.contains('/') && !first.is_empty() && first != ".." && self.exists(&joined(&base, first));
        if !(sure || begins || (text.contains('/') && has_ending) || text.starts_with("./")) || self.was_made(text) {
            return;
        }
        let is_ignored = outside::git::is_ignored(&self.known.files.directory, &path);
        if text.split('/').any(|part| part.to_lowercase().starts_with("your")) || text.starts_with("path/to") {
            self.add(line, There::Unknown(format!("{text} stands for something else")));
            return;
        }
        if text.split('/').any(|part| MADE.contains(&part)) || is_ignored {
            self.add(line, There::Unknown(format!("{text} is made by a build, or ignored by git")));
            return;
        }
        self.add(line, There::No(text.to_owned()));
    }

    /// Where a link of the document leads, from the document.
    pub(super) fn link(&mut self, line: usize, target: &str) {
        let target = target.replace("%20", " ");
        let there = self.exists(&joined(&self.beside, &target));
        self.add(line, if there { There::Yes } else { There::No(target) });
    }

    /// A part of a page: a heading, or an anchor that is written out. How sites spell headings differs in marks only.
    pub(super) fn part(&mut self, line: usize, page: &str, part: &str) {
        let plain = |text: &str| text.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect::<String>();
        let path =
            if page.is_empty() { self.document.clone() } else { joined(&self.beside, &page.replace("%20", " ")) };
        let Ok(text) = self.known.files.read(&path, MAX_PAGE_BYTES) else { return };
        let wanted = plain(part);
        let bare = wanted.trim_end_matches(|c: char| c.is_ascii_digit());
        let heading = |line: &str| {
            let said = plain(line.trim_start_matches(['#', ' ', '>']));
            !said.is_empty() && (said == wanted || said == bare || said.ends_with(&wanted))
        };
        let lines: Vec<&str> = text.lines().collect();
        let is_heading = |at: usize| {
            lines[at].trim_start().starts_with('#')
                || lines.get(at + 1).is_some_and(|next| next.len() > 2 && next.chars().all(|c| c == '-' || c == '='))
        };
        let is_told = (0..lines.len()).any(|at| is_heading(at) && heading(lines[at]));
        let anchors = [format!("id=\"{part}\""), format!("name=\"{part}\""), format!("{{#{part}}}")];
        let is_there = is_told || part.starts_with('L') || anchors.iter().any(|anchor| text.contains(anchor));
        self.add(line, if is_there { There::Yes } else { There::No(format!("{path}#{part}")) });
    }

    fn exists(&self, path: &str) -> bool {
        self.known.files.within(path).is_some()
    }

    /// A step before makes it, or the directory that it lies in.
    fn was_made(&self, text: &str) -> bool {
        let bare = |path: &str| path.trim_start_matches("./").trim_end_matches('/').to_owned();
        let text = bare(text);
        self.made.iter().map(|made| bare(made)).any(|made| text == made || text.starts_with(&format!("{made}/")))
    }

    fn change_directory(&mut self, line: usize, command: &Command) {
        let Some(to) = command.arguments().first() else { return };
        let Some(base) = self.base.clone() else { return };
        if to.is_open || to.text.starts_with(['/', '~', '-', '$']) {
            self.base = None;
            return;
        }
        let path = joined(&base, &to.text);
        let own = self.known.files.directory.file_name().is_some_and(|name| name.to_string_lossy() == to.text);
        if self.known.files.within(&path).is_some_and(|full| full.is_dir()) {
            self.add(line, There::Yes);
            self.base = Some(path);
        } else if self.was_made(&to.text) || own {
            // A clone of this repository, as one begins on a new machine.
            self.base = if own { Some(String::new()) } else { None };
        } else {
            self.path(line, &to.text, true);
            self.base = None;
        }
    }

    fn makes(&mut self, line: usize, command: &Command) {
        let program = command.program();
        let plain = command.plain(&["-o", "-O", "-C", "-b", "-m", "--output", "-d", "-H", "-X", "-u", "--data"]);
        let words: Vec<Word> = plain.iter().map(|word| (*word).clone()).collect();
        match program {
            "touch" | "mkdir" | "tee" => self.made.extend(words.iter().map(|word| word.text.clone())),
            "cp" | "mv" | "ln" => {
                if let Some((last, from)) = words.split_last() {
                    self.paths(line, from);
                    self.made.insert(last.text.clone());
                }
            }
            "git" if words.first().is_some_and(|word| word.text == "clone") => {
                let name = words.get(2).or(words.get(1)).map(|word| word.text.trim_end_matches(".git").to_owned());
                self.made.extend(name.as_deref().and_then(|name| name.rsplit('/').next()).map(str::to_owned));
            }
            _ => {}
        }
        for value in command.values(&["-o", "-O", "--output", "-out", "-f"]) {
            self.made.insert(value.text.clone());
        }
        let body = command.values(&["-d", "--data", "--data-binary", "-T"]);
        let sent: Vec<String> = body.iter().filter_map(|word| word.text.strip_prefix('@')).map(str::to_owned).collect();
        for path in sent {
            self.path(line, &path, false);
        }
    }

    // ===== programs =====

    /// A program by its path: there, and one that can be run.
    fn program(&mut self, line: usize, command: &Command, program: &str) {
        let before = self.checks.len();
        self.path(line, program, program.starts_with("./"));
        let found = self.checks.get(before).is_some_and(|check| check.there == There::Yes);
        let path = self.base.as_ref().map(|base| joined(base, program));
        let full = path.as_ref().and_then(|path| self.known.files.within(path));
        if found && full.as_ref().is_some_and(|full| full.is_file() && !is_executable(full)) {
            self.checks.truncate(before);
            self.add(line, There::No(format!("{program} is there and cannot be run: it is not executable")));
        }
        if let (true, Some(path)) = (found, path) {
            self.flags(line, command, &path, 1);
        }
        self.paths(line, command.arguments());
    }

    fn interpreter(&mut self, line: usize, command: &Command) {
        let Some(at) = command.words.iter().skip(1).position(|word| !word.text.starts_with('-')).map(|at| at + 1)
        else {
            return;
        };
        let options: Vec<&str> = command.words[1..at].iter().map(|word| word.text.as_str()).collect();
        if options.iter().any(|option| {
            ["-c", "-e", "-p", "--eval"].contains(option) || (option.starts_with("-l") && option.ends_with('c'))
        }) {
            return;
        }
        let script = command.words[at].clone();
        if script.is_open {
            return;
        }
        if options.contains(&"-m") {
            self.module(line, &script.text);
            return;
        }
        let before = self.checks.len();
        self.path(line, &script.text, script.text.contains(['.', '/']));
        let is_there = self.checks.get(before).is_some_and(|check| check.there == There::Yes);
        if let (true, Some(base)) = (is_there, self.base.clone()) {
            self.flags(line, command, &joined(&base, &script.text), at + 1);
        }
        let rest: Vec<Word> = command.words[at + 1..].to_vec();
        self.paths(line, &rest);
    }

    /// A module of Python: of this repository when its first part is.
    fn module(&mut self, line: usize, name: &str) {
        let Some(base) = self.base.clone() else { return };
        let path = name.replace('.', "/");
        let first = path.split('/').next().unwrap_or("");
        let roots = ["", "src", "backend", "app"].map(|root| joined(&base, root));
        let of = |root: &String, end: &str| self.exists(&joined(root, &format!("{path}{end}")));
        if roots.iter().any(|root| of(root, ".py") || of(root, "/__main__.py") || of(root, "/__init__.py")) {
            self.add(line, There::Yes);
        } else if roots.iter().any(|root| self.exists(&joined(root, &format!("{first}/__init__.py")))) {
            self.add(line, There::No(format!("module `{name}`")));
        }
    }

    /// Flags of a script of this repository.
    fn flags(&mut self, line: usize, command: &Command, path: &str, from: usize) {
        const MAX_SCRIPT_BYTES: usize = 1 << 20;
        let Ok(text) = self.known.files.read(path, MAX_SCRIPT_BYTES) else { return };
        for word in &command.words[from.min(command.words.len())..] {
            let name = word.text.split('=').next().unwrap_or("");
            if name.starts_with("--") && name.len() > 2 && name != "--help" && !name.contains(['<', '$', '{']) {
                let there = flag(&text, path, name);
                self.add(line, there);
            }
        }
    }

    fn wrapped(&mut self, line: usize, command: &Command) {
        let skip = if command.program() == "npx" { 1 } else { 2 };
        let runs = skip == 1 || command.words.get(1).is_some_and(|word| word.text == "run");
        let inner = Command { words: command.words.get(skip..).unwrap_or(&[]).to_vec(), ..Command::default() };
        if runs && !inner.words.is_empty() {
            self.command(line, &inner);
        }
    }

    // ===== runners of tasks =====

    fn make(&mut self, line: usize, command: &Command) {
        let Some(base) = self.base.clone() else { return };
        let at = command.values(&["-C", "--directory"]).first().map(|word| word.text.clone());
        let file = command.values(&["-f", "--file"]).first().map(|word| word.text.clone());
        let base = at.map_or(base.clone(), |at| joined(&base, &at));
        for word in command.plain(&["-C", "-f", "-j", "--directory", "--file", "-o", "-W"]) {
            if !word.is_open && !word.text.contains('=') && !word.text.bytes().all(|byte| byte.is_ascii_digit()) {
                let there = self.known.make_target(&base, file.as_deref(), &word.text);
                self.add(line, there);
            }
        }
    }

    fn just(&mut self, line: usize, command: &Command) {
        let Some(base) = self.base.clone() else { return };
        let plain = command.plain(&["-f", "--justfile", "-d", "--set"]);
        if let Some(recipe) = plain.first().filter(|word| !word.is_open && !word.text.contains("::")) {
            let there = self.known.just_recipe(&base, &recipe.text);
            self.add(line, there);
        }
    }

    fn script_of_package(&mut self, line: usize, command: &Command) {
        let Some(base) = self.base.clone() else { return };
        let elsewhere = ["-w", "--workspace", "--workspaces", "-F", "--filter", "workspace", "-r"];
        if command.words.iter().any(|word| elsewhere.contains(&word.text.split('=').next().unwrap_or(""))) {
            return;
        }
        let directories = ["--prefix", "-C", "--cwd", "--dir"];
        let directory = command.values(&directories).first().map(|word| word.text.clone());
        let directory = directory.or_else(|| command.joined(&directories).pop());
        let base = directory.map_or(base.clone(), |directory| joined(&base, &directory));
        let plain = command.plain(&["--prefix", "-C", "--cwd", "--dir"]);
        let script = match plain.as_slice() {
            [verb, name, ..] if verb.text == "run" || verb.text == "run-script" => name,
            [verb, ..] if ["test", "start", "stop", "restart"].contains(&verb.text.as_str()) => verb,
            _ => return,
        };
        // These two have a meaning of their own without a script.
        if !(script.is_open || script.text == "restart" || script.text == "stop") {
            let there = self.known.npm_script(&base, &script.text);
            self.add(line, there);
        }
    }

    fn docker(&mut self, line: usize, command: &Command) {
        let first = command.arguments().first().map_or("", |word| word.text.as_str());
        if command.program().ends_with("-compose") || first == "compose" {
            self.compose(line, command);
        } else if first == "build" {
            let files = command.values(&["-f", "--file"]);
            for file in files.into_iter().filter(|word| !word.is_open) {
                self.path(line, &file.text, true);
            }
        }
    }

    fn compose(&mut self, line: usize, command: &Command) {
        const VERBS: [&str; 13] =
            ["exec", "run", "port", "up", "restart", "stop", "start", "logs", "build", "pull", "rm", "kill", "ps"];
        const VALUES: [&str; 10] =
            ["-e", "--env", "-u", "--user", "-w", "--workdir", "-t", "--timeout", "--tail", "--scale"];
        let Some(base) = self.base.clone() else { return };
        // `logs -f` follows: files are named before the verb.
        let verb = command.words.iter().position(|word| VERBS.contains(&word.text.as_str()));
        let (head, tail) = command.words.split_at(verb.unwrap_or(command.words.len()));
        let of = |words: &[Word]| Command { words: words.to_vec(), ..Command::default() };
        let (head, tail) = (of(head), of(tail));
        let files = head.values(&["-f", "--file"]);
        for file in files.iter().filter(|word| !word.is_open) {
            self.path(line, &file.text, true);
        }
        if files.len() > 1 || files.iter().any(|word| word.is_open) {
            return;
        }
        let file = files.first().map(|word| word.text.as_str());
        let rest = tail.plain(&VALUES);
        let is_one = ["exec", "run", "port"].contains(&tail.program());
        for service in rest.iter().take(if is_one { 1 } else { rest.len() }).filter(|word| !word.is_open) {
            let there = self.known.compose_service(&base, file, &service.text);
            self.add(line, there);
        }
    }

    // ===== kubectl =====

    fn kubectl(&mut self, line: usize, command: &Command) {
        const VALUES: [&str; 22] = [
            "-n",
            "--namespace",
            "-f",
            "--filename",
            "-c",
            "--container",
            "-l",
            "--selector",
            "-o",
            "--output",
            "--context",
            "-p",
            "--patch",
            "--replicas",
            "--type",
            "--timeout",
            "--for",
            "--tail",
            "--since",
            "-k",
            "--kubeconfig",
            "--from",
        ];
        let namespace = command.values(&["-n", "--namespace"]).first().map(|word| word.text.clone());
        let namespace = namespace.or_else(|| command.joined(&["--namespace", "-n"]).pop());
        let namespace = namespace.filter(|name| !name.contains(['$', '<', '{']));
        // `logs -f` follows, and names no file.
        let follows = command.arguments().iter().any(|word| word.text == "logs");
        let named = if follows { Vec::new() } else { command.values(&["-f", "--filename", "-k"]) };
        let values: Vec<&str> = VALUES.into_iter().filter(|value| !(follows && ["-f", "-p"].contains(value))).collect();
        for file in named
            .into_iter()
            .filter(|word| !word.is_open && word.text != "-")
            .map(|word| word.text.clone())
            .collect::<Vec<_>>()
        {
            self.path(line, &file, true);
        }
        for from in command.joined(&["--from"]) {
            self.resource(line, &from, namespace.as_deref());
        }
        let plain = command.plain(&values);
        let Some((verb, rest)) = plain.split_first() else { return };
        let rest = if verb.text == "rollout" { rest.get(1..).unwrap_or(&[]) } else { rest };
        let makes = [
            "create",
            "run",
            "config",
            "apply",
            "auth",
            "api-resources",
            "version",
            "cluster-info",
            "label",
            "explain",
            "cp",
        ];
        if makes.contains(&verb.text.as_str()) {
            return;
        }
        self.resources(line, rest, namespace.as_deref(), &verb.text);
    }

    fn resources(&mut self, line: usize, rest: &[&Word], namespace: Option<&str>, verb: &str) {
        if let Some(first) = rest.first()
            && let (Some(kind), Some(name)) = (kind_of(&first.text), rest.get(1))
        {
            if !name.is_open {
                let there = self.known.object(kind, &name.text, namespace);
                self.add(line, there);
            }
            return;
        }
        for word in rest.iter().take(if verb == "exec" || verb == "port-forward" { 1 } else { rest.len() }) {
            if word.text.contains('/') && !word.is_open {
                self.resource(line, &word.text, namespace);
            } else if ["exec", "logs", "attach"].contains(&verb) && !word.is_open {
                let there = self.known.object("Pod", &word.text, namespace);
                self.add(line, there);
            }
        }
    }

    /// `deployment/api`.
    pub(super) fn resource(&mut self, line: usize, text: &str, namespace: Option<&str>) -> bool {
        let Some((kind, name)) = text.split_once('/') else { return false };
        let Some(kind) = kind_of(kind) else { return false };
        if name.contains(['<', '$', '{', '*', '/']) || name.is_empty() {
            return false;
        }
        let there = self.known.object(kind, name, namespace);
        self.add(line, there);
        true
    }
}
