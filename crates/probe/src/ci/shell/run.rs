//! A script carried out on paper, with one command that fails.
//!
//! Whatever else is called is taken to succeed; where a condition could go either way, the branch that holds the command is
//! taken, and elsewhere both are. Sources: POSIX.1-2017, 2.8.2, 2.9 and `set -e` in 2.14; the bash manual for `pipefail`, `PIPESTATUS`,
//! `local` and traps; GNU findutils for `-exec`. What this does not do: arithmetic, and the contents of files.

use std::collections::{BTreeMap, BTreeSet};

use super::parse::{Inner, Node, Place, Script, Simple};
use super::tool::{is_calm, is_printer, stripped};
use super::value::{Kept, emptiness};
use super::{Outcome, Shell};

/// How deep functions are entered.
const MAX_CALLS: usize = 8;

/// The status of something that was carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Status {
    Zero,
    /// Something else ran; it is taken to succeed, and a condition on it may go either way.
    Open,
    /// The failure that is followed, or one that follows from it.
    Failed,
    Unknown(String),
}

/// Where the script goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Flow {
    Next(Status),
    Exit(Status),
    Return(Status),
}

/// Follows the failure of the command with this number to the end of the script.
pub(in crate::ci) fn outcome(script: &Script, target: usize, shell: Shell) -> Outcome {
    if shell.is_foreign {
        let only = super::simples(script).len() == 1;
        return if only { Outcome::Fails } else { Outcome::Unknown("not a POSIX shell".to_owned()) };
    }
    let mut functions = BTreeMap::new();
    find_functions(&script.root, &mut functions);
    let mut run = Run::new(target, shell, functions);
    run.find_holders();
    let flow = run.node(&script.root, false);
    let status = run.end(flow);
    if !script.is_whole && status != Status::Failed {
        return Outcome::Unknown("the script could not be read to its end".to_owned());
    }
    if !run.reached {
        return run.never(script);
    }
    match (run.doubt, status) {
        (Some(why), _) | (None, Status::Unknown(why)) => Outcome::Unknown(why),
        (None, Status::Failed) => Outcome::Fails,
        (None, Status::Zero | Status::Open) => Outcome::Swallowed(
            run.lost.unwrap_or_else(|| "the script goes on after its failure and ends well".to_owned()),
        ),
    }
}

fn find_functions<'s>(node: &'s Node, into: &mut BTreeMap<&'s str, &'s Node>) {
    match node {
        Node::Function { name, body } => {
            into.insert(name, body);
            find_functions(body, into);
        }
        Node::List(items) => items.iter().for_each(|(node, _)| find_functions(node, into)),
        Node::Chain { first, rest } => {
            find_functions(first, into);
            rest.iter().for_each(|(_, node)| find_functions(node, into));
        }
        Node::Group { body, .. } => find_functions(body, into),
        Node::If { arms, .. } => arms.iter().for_each(|(_, body)| find_functions(body, into)),
        Node::Simple(_) | Node::Pipe { .. } | Node::Loop { .. } | Node::Case { .. } => {}
    }
}

#[derive(Clone, Debug)]
pub(super) struct Run<'s> {
    target: usize,
    shell: Shell,
    functions: BTreeMap<&'s str, &'s Node>,
    /// Functions that lead to the command.
    holders: BTreeSet<&'s str>,
    pub(super) last: Status,
    pub(super) variables: BTreeMap<String, Kept>,
    pub(super) reached: bool,
    /// How the failure was lost, first of all.
    lost: Option<String>,
    /// What makes the answer unknown, whatever is left at the end.
    doubt: Option<String>,
    /// Which part of the last pipe failed.
    pub(super) piped: Option<usize>,
    on_exit: Option<String>,
    on_error: Option<String>,
    in_background: usize,
    lost_in_background: bool,
    /// The last failure stands where `-e` does not see it.
    is_immune: bool,
    depth: usize,
}

impl<'s> Run<'s> {
    fn new(target: usize, shell: Shell, functions: BTreeMap<&'s str, &'s Node>) -> Self {
        Self {
            target,
            shell,
            functions,
            holders: BTreeSet::new(),
            last: Status::Zero,
            variables: BTreeMap::new(),
            reached: false,
            lost: None,
            doubt: None,
            piped: None,
            on_exit: None,
            on_error: None,
            in_background: 0,
            lost_in_background: false,
            is_immune: false,
            depth: 0,
        }
    }

    fn find_holders(&mut self) {
        for _ in 0..MAX_CALLS {
            let more: Vec<&str> =
                self.functions.iter().filter(|(_, body)| self.holds(body)).map(|(name, _)| *name).collect();
            self.holders.extend(more);
        }
    }

    /// Whether the command stands in this part, or is called from it.
    fn holds(&self, node: &Node) -> bool {
        match node {
            Node::Simple(one) => self.holds_simple(one),
            Node::Pipe { parts, .. } => parts.iter().any(|part| self.holds(part)),
            Node::Chain { first, rest } => self.holds(first) || rest.iter().any(|(_, node)| self.holds(node)),
            Node::List(items) => items.iter().any(|(node, _)| self.holds(node)),
            Node::Group { body, .. } => self.holds(body),
            Node::If { arms, otherwise } => {
                arms.iter().any(|(condition, body)| self.holds(condition) || self.holds(body))
                    || otherwise.as_ref().is_some_and(|node| self.holds(node))
            }
            Node::Loop { condition, words, body } => {
                condition.as_ref().is_some_and(|node| self.holds(node)) || self.holds_simple(words) || self.holds(body)
            }
            Node::Case { bodies } => bodies.iter().any(|node| self.holds(node)),
            // What is only told is not done.
            Node::Function { .. } => false,
        }
    }

    fn holds_simple(&self, one: &Simple) -> bool {
        one.id == self.target
            || self.holders.contains(one.word(0))
            || one.inner.iter().any(|inner| self.holds(&inner.body))
    }

    pub(super) fn lose(&mut self, why: impl Into<String>) {
        if self.reached {
            self.lost.get_or_insert_with(|| why.into());
        }
    }

    /// Takes over what a shell of its own has come to know.
    fn learn(&mut self, other: Self) {
        self.reached = other.reached;
        self.lost = other.lost;
        self.doubt = other.doubt;
        self.is_immune = false;
    }

    fn node(&mut self, node: &'s Node, is_guarded: bool) -> Flow {
        match node {
            Node::Simple(one) => self.simple(one, is_guarded),
            Node::Pipe { parts, is_negated } => self.pipe(parts, *is_negated, is_guarded),
            Node::Chain { first, rest } => self.chain(first, rest, is_guarded),
            Node::List(items) => self.list(items, is_guarded),
            Node::Group { body, is_subshell: false } => self.node(body, is_guarded),
            Node::Group { body, is_subshell: true } => Flow::Next(self.apart(body, is_guarded)),
            Node::If { arms, otherwise } => self.branch(arms, otherwise.as_deref(), is_guarded),
            Node::Loop { condition, words, body } => self.repeat(condition.as_deref(), words, body, is_guarded),
            Node::Case { bodies } => {
                let all: Vec<Option<&Node>> = bodies.iter().map(Some).collect();
                self.either(&all, is_guarded)
            }
            Node::Function { .. } => Flow::Next(Status::Zero),
        }
    }

    /// In a shell of its own.
    fn apart(&mut self, body: &'s Node, is_guarded: bool) -> Status {
        let mut inner = self.clone();
        (inner.on_exit, inner.on_error) = (None, None);
        let flow = inner.node(body, is_guarded);
        let status = inner.end(flow);
        self.learn(inner);
        status
    }

    // ===== lists, chains, pipes =====

    fn list(&mut self, items: &'s [(Node, bool)], is_guarded: bool) -> Flow {
        let mut flow = Flow::Next(Status::Zero);
        for (node, in_background) in items {
            if let Flow::Next(status) = &flow {
                match status {
                    Status::Failed => {
                        self.lose(format!("`{}` comes after it, and the script goes on after a failure", short(node)))
                    }
                    Status::Unknown(why) => self.doubt = Some(why.clone()),
                    Status::Zero | Status::Open => {}
                }
            }
            flow = if *in_background { self.background(node) } else { self.node(node, is_guarded) };
            let Flow::Next(status) = &flow else { return flow };
            self.last = status.clone();
            let is_immune = is_guarded || *in_background || self.is_immune;
            if *status == Status::Failed && !is_immune {
                if let Some(stop) = self.trapped() {
                    return stop;
                }
                if self.shell.errexit {
                    return Flow::Exit(Status::Failed);
                }
            }
        }
        flow
    }

    /// `trap '..' ERR`.
    fn trapped(&mut self) -> Option<Flow> {
        let script = self.on_error.clone()?;
        let words: Vec<&str> = script.split([';', ' ']).filter(|word| !word.is_empty()).collect();
        match words.iter().position(|word| *word == "exit") {
            Some(at) => {
                let code = words.get(at + 1).copied().unwrap_or("$?");
                let status = if code == "0" { Status::Zero } else { Status::Failed };
                self.lose("`trap` exits with 0");
                Some(Flow::Exit(status))
            }
            None => None,
        }
    }

    fn background(&mut self, node: &'s Node) -> Flow {
        let was = self.reached;
        let status = self.apart(node, true);
        self.in_background += 1;
        if self.reached && !was && status != Status::Zero {
            self.lose("runs in the background");
            self.lost_in_background = status == Status::Failed;
        }
        Flow::Next(Status::Zero)
    }

    fn pipe(&mut self, parts: &'s [Node], is_negated: bool, is_guarded: bool) -> Flow {
        if let ([only], true) = (parts, is_negated) {
            let flow = self.node(only, true);
            let Flow::Next(status) = flow else { return flow };
            return Flow::Next(self.negated(status));
        }
        let mut statuses = Vec::new();
        for part in parts {
            statuses.push(self.apart(part, is_guarded));
        }
        let failed = statuses.iter().position(|status| *status == Status::Failed);
        let unknown = statuses.iter().position(|status| matches!(status, Status::Unknown(_)));
        let end = statuses.len() - 1;
        self.piped = failed;
        let status = match (failed, unknown) {
            (Some(_), _) if self.shell.pipefail => Status::Failed,
            (Some(at), _) if at == end => Status::Failed,
            (Some(_), _) => {
                self.lose("a pipe without `pipefail`");
                statuses.pop().unwrap_or(Status::Zero)
            }
            (None, Some(at)) if self.shell.pipefail || at == end => statuses.remove(at),
            (None, Some(_)) => {
                self.lose("a pipe without `pipefail`");
                statuses.pop().unwrap_or(Status::Zero)
            }
            (None, None) => statuses.pop().unwrap_or(Status::Zero),
        };
        Flow::Next(if is_negated { self.negated(status) } else { status })
    }

    fn negated(&mut self, status: Status) -> Status {
        match status {
            Status::Failed => {
                self.lose("negated by `!`");
                Status::Zero
            }
            Status::Zero | Status::Open | Status::Unknown(_) => status,
        }
    }

    fn chain(&mut self, first: &'s Node, rest: &'s [(bool, Node)], is_guarded: bool) -> Flow {
        let mut flow = self.node(first, true);
        let mut before = first;
        for (index, (is_and, node)) in rest.iter().enumerate() {
            let Flow::Next(status) = &flow else { return flow };
            let status = status.clone();
            self.last = status.clone();
            let is_last = index + 1 == rest.len();
            let inner = is_guarded || !is_last;
            flow = match (status, *is_and) {
                (Status::Zero, true) => self.node(node, inner),
                (Status::Zero, false) => Flow::Next(Status::Zero),
                (Status::Failed, true) => {
                    self.is_immune = true;
                    Flow::Next(Status::Failed)
                }
                (Status::Failed, false) => self.alternative(node, inner),
                (Status::Unknown(why), _) => Flow::Next(Status::Unknown(why)),
                (Status::Open, _) if is_plain(before) && *is_and => self.node(node, inner),
                (Status::Open, _) => self.either(&[Some(node), None], inner),
            };
            before = node;
        }
        flow
    }

    /// `|| something`, after a failure.
    fn alternative(&mut self, node: &'s Node, is_guarded: bool) -> Flow {
        let flow = self.node(node, is_guarded);
        match flow {
            Flow::Next(Status::Zero) | Flow::Exit(Status::Zero) | Flow::Return(Status::Zero) => {
                self.lose(format!("`|| {}`", short(node)))
            }
            Flow::Next(Status::Open) => return Flow::Next(Status::Unknown(format!("`|| {}` decides", short(node)))),
            Flow::Next(_) | Flow::Exit(_) | Flow::Return(_) => {}
        }
        flow
    }

    // ===== branches and loops =====

    fn branch(&mut self, arms: &'s [(Node, Node)], otherwise: Option<&'s Node>, is_guarded: bool) -> Flow {
        for (index, (condition, body)) in arms.iter().enumerate() {
            let was = self.reached;
            let flow = self.node(condition, true);
            let Flow::Next(status) = flow else { return flow };
            self.last = status.clone();
            if self.reached && !was && status == Status::Failed {
                self.lose("the condition of an `if`");
            }
            match status {
                Status::Zero => return self.node(body, is_guarded),
                Status::Failed => continue,
                Status::Unknown(why) => return Flow::Next(Status::Unknown(why)),
                Status::Open if !self.reached && self.holds(body) => return self.node(body, is_guarded),
                Status::Open => {}
            }
            if !self.reached
                && (arms[index + 1..].iter().any(|(c, b)| self.holds(c) || self.holds(b))
                    || otherwise.is_some_and(|node| self.holds(node)))
            {
                continue;
            }
            let mut all: Vec<Option<&Node>> = arms[index..].iter().map(|(_, body)| Some(body)).collect();
            all.push(otherwise);
            return self.either(&all, is_guarded);
        }
        match otherwise {
            Some(node) => self.node(node, is_guarded),
            None => Flow::Next(Status::Zero),
        }
    }

    /// One of several, nobody knows which; nothing is one of them.
    fn either(&mut self, all: &[Option<&'s Node>], is_guarded: bool) -> Flow {
        if let Some(meant) = all.iter().flatten().find(|node| !self.reached && self.holds(node)) {
            return self.node(meant, is_guarded);
        }
        let ways: Vec<(Flow, Self)> = all
            .iter()
            .map(|node| {
                let mut run = self.clone();
                let flow = node.map_or(Flow::Next(Status::Open), |node| run.node(node, is_guarded));
                (flow, run)
            })
            .collect();
        let goes_on = |flow: &Flow| matches!(flow, Flow::Next(_));
        let ends = ways.iter().filter(|(flow, _)| !goes_on(flow)).count();
        if ends == ways.len()
            && let Some((flow, run)) = ways.first().cloned()
            && ways.iter().all(|(other, _)| *other == flow)
        {
            *self = run;
            return flow;
        }
        // Before the failure nothing ends early; after it, that decides.
        let is_mixed = self.reached && ends > 0;
        let on: Vec<(Flow, Self)> = ways.into_iter().filter(|(flow, _)| goes_on(flow)).collect();
        let Some((flow, mut run)) = on.first().cloned() else {
            return Flow::Next(Status::Unknown("a condition decides".to_owned()));
        };
        // What differs is not known.
        run.variables.retain(|name, kept| on.iter().all(|(_, other)| other.variables.get(name) == Some(kept)));
        *self = run;
        if is_mixed {
            self.doubt = Some("a condition behind it decides".to_owned());
        }
        match flow {
            Flow::Next(Status::Zero | Status::Open) => Flow::Next(Status::Open),
            other => other,
        }
    }

    fn repeat(&mut self, condition: Option<&'s Node>, words: &'s Simple, body: &'s Node, is_guarded: bool) -> Flow {
        if let Some(condition) = condition {
            if !self.reached && self.holds(condition) {
                self.reached = true;
                return Flow::Next(Status::Unknown("it is tried again until something else is so".to_owned()));
            }
            self.node(condition, true);
        }
        for inner in &words.inner {
            if self.holds(&inner.body) && !self.reached {
                self.apart(&inner.body, true);
                self.lose("the words of a loop");
            }
        }
        let (was, before) = (self.reached, self.variables.clone());
        let flow = self.node(body, is_guarded);
        if self.reached == was {
            self.variables.retain(|name, kept| before.get(name) == Some(kept));
        }
        match flow {
            Flow::Next(Status::Failed) if self.reached && !was => {
                Flow::Next(Status::Unknown("only the last round of a loop counts".to_owned()))
            }
            Flow::Exit(_) | Flow::Return(_) if self.reached == was => Flow::Next(Status::Open),
            other => other,
        }
    }

    // ===== simple commands =====

    fn simple(&mut self, one: &'s Simple, is_guarded: bool) -> Flow {
        if one.id == self.target {
            (self.reached, self.piped, self.is_immune) = (true, None, false);
            let is_last = one.word(0) == "exec";
            return if is_last { Flow::Exit(Status::Failed) } else { Flow::Next(Status::Failed) };
        }
        self.is_immune = false;
        if let Some(inner) = one.inner.iter().find(|inner| !self.reached && self.holds(&inner.body)) {
            return self.within(one, inner, is_guarded);
        }
        if one.words.is_empty() {
            for (name, word) in &one.sets {
                self.keep(name, &word.text);
            }
            return Flow::Next(Status::Zero);
        }
        let words: Vec<&str> = one.words.iter().map(|word| word.text.as_str()).collect();
        match words[0] {
            "exit" => Flow::Exit(self.code(words.get(1).copied(), "exit")),
            "return" => Flow::Return(self.code(words.get(1).copied(), "return")),
            "false" => Flow::Next(Status::Failed),
            "set" => {
                self.shell.set(&words[1..]);
                Flow::Next(Status::Zero)
            }
            "trap" => {
                self.trap(&words[1..]);
                Flow::Next(Status::Zero)
            }
            "wait" => Flow::Next(self.wait(words.len() > 1)),
            "test" | "[" | "[[" => Flow::Next(self.test(&words)),
            "export" | "local" | "declare" | "readonly" | "typeset" => {
                for (name, value) in words[1..].iter().filter_map(|word| word.split_once('=')) {
                    self.keep(name, value);
                }
                Flow::Next(Status::Zero)
            }
            text if text.starts_with("((") => Flow::Next(self.arithmetic(text)),
            name if self.functions.contains_key(name) => self.call(name, is_guarded),
            _ if is_calm(one) => Flow::Next(Status::Zero),
            _ => Flow::Next(Status::Open),
        }
    }

    fn call(&mut self, name: &str, is_guarded: bool) -> Flow {
        let Some(body) = self.functions.get(name).copied().filter(|_| self.depth < MAX_CALLS) else {
            return Flow::Next(Status::Open);
        };
        self.depth += 1;
        let flow = self.node(body, is_guarded);
        self.depth -= 1;
        self.is_immune = false;
        match flow {
            Flow::Return(status) | Flow::Next(status) => Flow::Next(status),
            Flow::Exit(status) => Flow::Exit(status),
        }
    }

    /// A command one of whose words holds the one that fails.
    fn within(&mut self, one: &'s Simple, inner: &'s Inner, is_guarded: bool) -> Flow {
        let first = one.word(0);
        match inner.place {
            Place::Here => self.node(&inner.body, is_guarded),
            Place::Own(shell) => {
                let mut own = self.clone();
                (own.shell, own.on_exit, own.on_error) = (shell, None, None);
                let flow = own.node(&inner.body, false);
                let status = own.end(flow);
                self.learn(own);
                if status == Status::Failed && first == "script" {
                    self.lose("`script` hides the status");
                    return Flow::Next(Status::Zero);
                }
                Flow::Next(status)
            }
            Place::Set => {
                let status = self.apart(&inner.body, true);
                let kept = if self.prints(&inner.body) { Kept::Printed } else { Kept::Text("$()".to_owned()) };
                let name = one.sets.iter().find(|(_, word)| !word.inner.is_empty()).map(|(name, _)| name.clone());
                self.variables.extend(name.map(|name| (name, kept.clone())));
                if kept == Kept::Printed || !one.words.is_empty() {
                    self.lose(format!("`{}` goes on with what it printed", cut(&one.text())));
                    return Flow::Next(Status::Zero);
                }
                Flow::Next(status)
            }
            Place::Word => {
                let status = self.apart(&inner.body, true);
                if matches!(first, "[" | "[[" | "test") {
                    if self.prints(&inner.body) {
                        let words: Vec<&str> = one.words.iter().map(|word| word.text.as_str()).collect();
                        return Flow::Next(emptiness(&words, true));
                    }
                    return Flow::Next(Status::Unknown("what it prints decides".to_owned()));
                }
                if status != Status::Zero {
                    self.lose(format!("`{first}` hides the status of a substitution"));
                }
                Flow::Next(Status::Zero)
            }
        }
    }

    /// Whether the command tells by what it prints, and not by its status.
    fn prints(&self, body: &Node) -> bool {
        let script = Script { root: body.clone(), is_whole: true };
        super::simples(&script).iter().any(|(one, _)| one.id == self.target && is_printer(one))
    }

    fn trap(&mut self, words: &[&str]) {
        let Some((script, signals)) = words.split_first() else { return };
        let script = (*script != "-").then(|| (*script).to_owned());
        if signals.iter().any(|signal| matches!(*signal, "EXIT" | "0")) {
            self.on_exit.clone_from(&script);
        }
        if signals.contains(&"ERR") {
            self.on_error = script;
        }
    }

    fn wait(&mut self, is_named: bool) -> Status {
        match (is_named, self.lost_in_background, self.in_background) {
            (true, true, 1) => Status::Failed,
            (true, true, _) => Status::Unknown("`wait` decides".to_owned()),
            _ => Status::Zero,
        }
    }

    // ===== the end =====

    /// What is left, after `trap .. EXIT`.
    fn end(&mut self, flow: Flow) -> Status {
        let (Flow::Next(status) | Flow::Exit(status) | Flow::Return(status)) = flow;
        let Some(script) = self.on_exit.take() else { return status };
        self.last = status.clone();
        let name = script.split_whitespace().next().unwrap_or("").to_owned();
        let flow = match self.functions.get(name.as_str()).copied() {
            Some(body) => self.node(body, true),
            None => {
                let text = script.clone();
                match (text.contains("exit 0"), text.contains("exit")) {
                    (true, _) => Flow::Exit(Status::Zero),
                    (false, true) if text.contains('$') => Flow::Exit(status.clone()),
                    _ => Flow::Next(Status::Zero),
                }
            }
        };
        match flow {
            Flow::Exit(Status::Zero) => {
                self.lose("`trap` exits with 0");
                self.lost = Some("`trap` exits with 0".to_owned());
                Status::Zero
            }
            Flow::Exit(Status::Open) => Status::Unknown("`trap` decides".to_owned()),
            Flow::Exit(other) => other,
            Flow::Next(_) | Flow::Return(_) => status,
        }
    }

    /// The command was not come to.
    fn never(&self, script: &Script) -> Outcome {
        let all = super::simples(script);
        let is_open = all.iter().any(|(one, _)| {
            let first = stripped(one).first().map_or("", |word| word.text.as_str()).to_owned();
            first.starts_with('$')
                || first == "source"
                || first == "."
                || one.text().contains("$@")
                || one.text().contains("export -f")
        });
        if self.holders.is_empty() {
            let why = "it is never come to: an `exit`, or a condition that is never true, stands before it";
            return Outcome::Swallowed(why.to_owned());
        }
        if is_open {
            return Outcome::Unknown("stands in a function, and a variable says which one is called".to_owned());
        }
        Outcome::Swallowed("stands in a function that nothing calls before the script ends".to_owned())
    }
}

/// A command whose success is no condition.
fn is_plain(node: &Node) -> bool {
    matches!(node, Node::Simple(one) if is_calm(one))
}

/// The beginning of a part, for people.
fn short(node: &Node) -> String {
    let script = Script { root: node.clone(), is_whole: true };
    let all: Vec<String> = super::simples(&script)
        .iter()
        .map(|(one, _)| {
            let sets = one.sets.iter().map(|(name, word)| format!("{name}={}", word.text));
            sets.chain(one.words.iter().map(|word| word.text.clone())).collect::<Vec<_>>().join(" ")
        })
        .collect();
    cut(&all.join("; "))
}

fn cut(text: &str) -> String {
    text.chars().take(60).collect()
}
