//! Quoted guardrail code that cannot work: it only logs, it compares nothing, it lets an empty value pass, it never tries again.
//!
//! Only what the block itself shows is said, and only for Python, whose ways of failing are known here.

use text::{Severity, Span};

use crate::fold::{fold, plain};
use crate::lint::{Finding, Look, Rule};
use crate::parts::CodeBlock;

/// The rule.
pub(super) const RULE: Rule = Rule {
    name: "guardrail-bug",
    severity: Severity::Warning,
    what: "a quoted guardrail cannot work: it only logs, compares nothing, passes an empty value, or never half-opens",
    why: "it will be copied as it stands, and then everybody believes that there is a guardrail",
    before: "def check_pool():  if pool.full(): log.warning('full')",
    after: "def check_pool():  if pool.full(): raise PoolFull()",
};

/// The largest block that is looked at.
const MAX_CODE_BYTES: usize = 32 * 1024;
/// Beginnings of functions that promise to check something.
const CHECKS: &[&str] = &["check", "validate", "ensure", "verify", "assert", "guard", "enforce", "require"];
/// What stops, answers or is told to the caller.
const ACTS: &[&str] = &["raise", "return", "exit(", "abort(", "assert ", "yield", "await ", "alert("];
/// Names that need no definition.
const KNOWN: &[&str] =
    &["self", "cls", "app", "request", "response", "settings", "config", "os", "time", "sys", "json"];
/// Methods that a library does not have, and the source of that.
/// docs.sqlalchemy.org/en/20/core/pooling.html: `QueuePool` has `size`, `checkedin`, `checkedout` and `overflow`.
const NO_SUCH: &[(&str, &str, &str)] = &[(
    "sqlalchemy",
    "pool.maxsize(",
    "SQLAlchemy's pools have size(), overflow() and checkedout() (docs.sqlalchemy.org, Connection Pooling)",
)];

/// A flaw: the text in the code that shows it, what it is, what to do.
type Flaw = Option<(String, &'static str, &'static str)>;

/// Finds them.
pub(super) fn check(look: &Look<'_>) -> Vec<Finding> {
    let source = &look.register.source;
    let mut findings = Vec::new();
    for code in &look.register.parts.codes {
        let body = source.slice(code.body);
        if !matches!(code.language.as_str(), "python" | "py") || body.len() > MAX_CODE_BYTES {
            continue;
        }
        let promise = promise(look, code);
        let flaws = [
            only_logs(body),
            compares_nothing(body),
            empty_passes(body, &promise),
            never_half_opens(body),
            one_for_all(body),
        ];
        for (shown, what, help) in flaws.into_iter().flatten() {
            findings.push(Finding::of(&RULE, place(code, body, &shown), what, help));
        }
        for (library, call, help) in
            NO_SUCH.iter().filter(|(library, call, _)| body.contains(library) && body.contains(call))
        {
            let what =
                format!("`{}` of {library} does not exist: this fails when it is called", call.trim_end_matches('('));
            findings.push(Finding::of(&RULE, place(code, body, call), what, *help));
        }
        findings.extend(undefined(code, body));
    }
    findings
}

fn place(code: &CodeBlock, body: &str, shown: &str) -> Span {
    let at = code.body.start + body.find(shown).unwrap_or(0);
    let end = shown.lines().next().map_or(0, str::len);
    Span::new(at, at + end)
}

/// What the heading, the sentence above and the comments of the block say that it does.
fn promise(look: &Look<'_>, code: &CodeBlock) -> String {
    let source = &look.register.source;
    let lead = code.lead.map_or(String::new(), |lead| plain(source.slice(lead)));
    let listed = look.register.parts.priority_lists.iter().flat_map(|list| &list.entries);
    let words: Vec<String> = fold(&code.under).split(' ').filter(|word| word.len() >= 5).map(str::to_owned).collect();
    let about = listed.filter(|(text, _)| {
        let folded = fold(text);
        words.iter().filter(|word| folded.contains(word.as_str())).count() >= 1
    });
    let about: Vec<&str> = about.map(|(text, _)| text.as_str()).collect();
    fold(&format!("{} {lead} {}", code.under, about.join(" ")))
}

/// Functions with the lines of their bodies: name, first line, body.
fn functions(body: &str) -> Vec<(&str, &str, String)> {
    let lines: Vec<&str> = body.lines().collect();
    let mut functions = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let Some(rest) = line.trim_start().strip_prefix("def ") else { continue };
        let indent = line.len() - line.trim_start().len();
        let name = rest.split('(').next().unwrap_or("");
        let inner = lines[at + 1..]
            .iter()
            .take_while(|line| line.trim().is_empty() || line.len() - line.trim_start().len() > indent);
        let own: Vec<&str> = inner.copied().collect();
        functions.push((name, line.trim(), own.join("\n")));
    }
    functions
}

/// The code of a body without comments.
fn code_of(body: &str) -> String {
    let lines: Vec<&str> = body.lines().map(|line| line.split_once('#').map_or(line, |(code, _)| code)).collect();
    lines.join("\n")
}

fn is_check(name: &str) -> bool {
    CHECKS.iter().any(|word| name.trim_start_matches('_').starts_with(word))
}

fn acts(code: &str) -> bool {
    ACTS.iter().any(|word| code.contains(word))
}

fn only_logs(body: &str) -> Flaw {
    functions(body).into_iter().find_map(|(name, line, own)| {
        let code = code_of(&own);
        let logs = ["logger.", "logging.", "log.", "print("].iter().any(|word| code.contains(word));
        (is_check(name) && code.contains("if ") && logs && !acts(&code)).then(|| {
            (
                line.to_owned(),
                "this check only logs: nothing is stopped, refused or told to the caller",
                "raise, return a refusal, or open the breaker; a log line guards nothing",
            )
        })
    })
}

fn compares_nothing(body: &str) -> Flaw {
    functions(body).into_iter().find_map(|(name, line, own)| {
        let code = code_of(&own);
        let statements = code.lines().filter(|line| !line.trim().is_empty()).count();
        let computes = code.contains(" = ");
        let judges = ["if ", "==", "!=", " in ", "while ", "logger.", "print("].iter().any(|word| code.contains(word));
        (is_check(name) && statements >= 1 && computes && !judges && !acts(&code)).then(|| {
            (
                line.to_owned(),
                "this check computes something and compares it with nothing",
                "compare it, and stop when it differs",
            )
        })
    })
}

fn empty_passes(body: &str, promise: &str) -> Flaw {
    let asked = ["missing", "empty", "unset", "absent", "not set"].iter().any(|word| promise.contains(word));
    let code = code_of(body);
    let compared = code.lines().find(|line| {
        let line = line.trim();
        line.starts_with("if ")
            && line.contains("== \"")
            && !line.contains("== \"\"")
            && !line.contains("environ")
            && !line.contains("getenv")
            && !line.contains("__name__")
    })?;
    let name = compared.trim().strip_prefix("if ")?.split("==").next()?.split_whitespace().next_back()?.to_owned();
    let covered = [
        format!("not {name}"),
        format!("{name} is None"),
        format!("len({name})"),
        format!("{name} in ("),
        format!("{name} == \"\""),
    ];
    let is_guard = code.contains("raise") || code.contains("exit(");
    (asked && is_guard && !covered.iter().any(|form| code.contains(form.as_str()))).then(|| {
        (
            compared.trim().to_owned(),
            "a missing or empty value passes this check, though the text says that it is refused",
            "refuse the empty value too: `if not value or value == ..`",
        )
    })
}

fn is_breaker(body: &str) -> bool {
    let lower = body.to_lowercase();
    lower.contains("circuit") && lower.contains("open") && lower.contains("fail")
}

fn never_half_opens(body: &str) -> Flaw {
    let lower = body.to_lowercase();
    let resets = [
        "[\"open\"] = false",
        "['open'] = false",
        "is_open = false",
        ".open = false",
        "state = \"closed\"",
        "state = 'closed'",
    ];
    let shown =
        resets.iter().find_map(|form| lower.find(form).map(|at| body[at..].lines().next().unwrap_or("").to_owned()))?;
    (is_breaker(body) && lower.is_ascii() && !lower.contains("half")).then_some({
        (
            shown,
            "this breaker closes without a trial: after the pause every waiting call hits the dependency at once",
            "let one call through (half-open) and close only when it succeeds",
        )
    })
}

fn one_for_all(body: &str) -> Flaw {
    let state = body.lines().find(|line| {
        let begins = line.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        begins && line.contains(" = {") && fold(line).contains("open")
    })?;
    let is_decorator = body.contains("def wrapper") || body.contains("@wraps");
    (is_breaker(body) && is_decorator).then(|| {
        (
            state.to_owned(),
            "one state for every call that is wrapped: a failure of one dependency stops the calls of all others",
            "keep one state for each dependency",
        )
    })
}

/// Names that a block with imports of its own uses and does not define.
fn undefined(code: &CodeBlock, body: &str) -> Option<Finding> {
    let text = code_of(body);
    if !text.lines().any(|line| line.starts_with("import ") || line.starts_with("from ")) {
        return None;
    }
    let mut defined: Vec<String> = KNOWN.iter().map(|name| (*name).to_owned()).collect();
    for line in text.lines() {
        let line = line.trim();
        if let Some((_, names)) = line.split_once("import ") {
            defined.extend(names.split([',', ' ']).map(|name| name.trim().to_owned()));
        }
        if let Some((names, _)) = line.split_once(" = ") {
            defined.extend(names.split([',', ' ', '[']).map(|name| name.trim().to_owned()));
        }
        if let Some(rest) = line.strip_prefix("def ") {
            defined
                .extend(rest.split(['(', ')', ',', ' ', ':', '=']).map(|name| name.trim_start_matches('*').to_owned()));
        }
        for word in ["for ", " as "] {
            defined.extend(
                line.split(word).skip(1).filter_map(|rest| rest.split([' ', ',', ':', ')']).next()).map(str::to_owned),
            );
        }
    }
    let mut missing: Vec<&str> = Vec::new();
    for line in text.lines() {
        let line = line.trim_start();
        for (at, _) in line.match_indices('.') {
            let name = line[..at].rsplit(|c: char| !c.is_ascii_alphanumeric() && c != '_').next().unwrap_or("");
            let before = line[..at - name.len()].chars().next_back();
            let is_name =
                name.starts_with(|c: char| c.is_ascii_lowercase()) && !matches!(before, Some('.' | '"' | '\''));
            let is_import = line.starts_with("from ") || line.starts_with("import ");
            let quoted = line[..at].matches(['"', '\'']).count() % 2 == 1;
            if is_name
                && !is_import
                && !quoted
                && !defined.iter().any(|known| known == name)
                && !missing.contains(&name)
            {
                missing.push(name);
            }
        }
    }
    let first = missing.first()?;
    let what = format!(
        "this block has its own imports, but defines no {}",
        missing.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" and no ")
    );
    let span = place(code, body, &format!("{first}."));
    Some(
        Finding::of(&RULE, span, what, "import or pass what it uses, so that it can be tried").weighing(Severity::Info),
    )
}
