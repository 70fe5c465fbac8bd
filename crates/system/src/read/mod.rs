//! `seaworthy.yaml` into a [`System`], with all problems at once.
//!
//! The way of a file: [`Walk`] takes the keys of each map and reports what does not fit, one reader per noun turns
//! them into the model, and `check` compares the parts with each other once all of them are known. A part that is
//! wrong is left out or replaced by its default, so that one slip does not hide the next. The problems come out in
//! the order of the file.
//!
//! Not done here: claims, acceptances and the gate (floor 2 reads those), and resolving `${env:..}` (the shell does).

mod check;
mod component;
mod edge;
mod environment;
mod flow;
mod guard;
mod guardrail;
mod hole;
mod load;
mod network;
mod walk;

use std::collections::BTreeMap;

use text::{Node, NodeKind, Problem, Source, Span};

use crate::{ScoreTable, System, Template};
use walk::Walk;

/// Keys at the top of the file; those of claims, acceptances and the gate are read by `evidence`.
pub const TOP_LEVEL_KEYS: [&str; 14] = [
    "seaworthy",
    "name",
    "registers",
    "columns",
    "aliases",
    "score",
    "lint",
    "system",
    "claims",
    "acceptances",
    "gate",
    "environments",
    "exec",
    "ledger",
];

/// Keys at the top of the file that are planned and refused by name until they work.
pub const TOP_LEVEL_KEYS_TO_COME: [&str; 2] = ["include", "systems"];

/// Guard keys that are planned and refused by name until they work.
pub const GUARD_KEYS_TO_COME: [&str; 2] = ["limit", "idempotency"];

/// The number behind `seaworthy:` that this version reads.
pub const FORMAT: i64 = 1;

/// The longest heading, in bytes.
const MAX_HEADING_BYTES: usize = 200;

const SYSTEM_KEYS: [&str; 5] = ["components", "edges", "flows", "shared_fate", "guardrails"];
const EXEC_KEYS: [&str; 1] = ["allow"];
const SCORE_KEYS: [&str; 3] = ["likelihood", "impact", "table"];

/// Reads the whole file but claims, acceptances and gate. `None` only when the file is not a map; in every other
/// case the system holds what was understood and `problems` what was not, so ask [`text::has_errors`] before use.
///
/// ```
/// let source = text::Source::new("seaworthy.yaml", "seaworthy: 1\nname: shop\nsystem: {components: {web: {kind: clinet}}}\n");
/// let (node, mut problems) = text::read_yaml(&source);
/// let system = system::read(&source, &node.expect("is YAML"), &mut problems).expect("is a map");
/// assert_eq!(system.components.len(), 1);
/// assert_eq!(problems[0].help.as_deref(), Some("did you mean `client`?"));
/// ```
pub fn read(source: &Source, node: &Node, problems: &mut Vec<Problem>) -> Option<System> {
    let before = problems.len();
    let system = read_file(&mut Walk::new(source, problems), node);
    problems[before..].sort_by_key(|problem| problem.span.map_or(0, |span| span.start));
    system
}

/// Every map that this crate reads, by the name it has in the JSON Schema, with the keys it knows.
pub fn known_keys() -> Vec<(&'static str, Vec<&'static str>)> {
    vec![
        ("file", TOP_LEVEL_KEYS.to_vec()),
        ("system", SYSTEM_KEYS.to_vec()),
        ("component", component::KEYS.to_vec()),
        ("edge", edge::KEYS.to_vec()),
        ("guard", guard::KEYS.to_vec()),
        ("retry", guard::RETRY_KEYS.to_vec()),
        ("breaker", guard::BREAKER_KEYS.to_vec()),
        ("cache", guard::CACHE_KEYS.to_vec()),
        ("flow", flow::KEYS.to_vec()),
        ("slo", flow::SLO_KEYS.to_vec()),
        ("load", load::KEYS.to_vec()),
        ("step", load::STEP_KEYS.to_vec()),
        ("verify", load::VERIFY_KEYS.to_vec()),
        ("environment", environment::KEYS.to_vec()),
        ("environment-gate", environment::GATE_KEYS.to_vec()),
        ("exec", EXEC_KEYS.to_vec()),
        ("score", SCORE_KEYS.to_vec()),
        ("fate", flow::FATE_KEYS.to_vec()),
        ("guardrail", guardrail::KEYS.to_vec()),
    ]
}

/// The nodes behind the top-level keys.
struct Top<'n> {
    format: Option<&'n Node>,
    name: Option<&'n Node>,
    registers: Vec<(&'n str, Span)>,
    columns: Option<&'n Node>,
    aliases: Option<&'n Node>,
    score: Option<&'n Node>,
    lint: Option<&'n Node>,
    system: Option<&'n Node>,
    gate: Option<&'n Node>,
    environments: Option<&'n Node>,
    exec: Option<&'n Node>,
    ledger: Option<&'n Node>,
}

fn read_file(walk: &mut Walk<'_, '_>, node: &Node) -> Option<System> {
    let kept = walk.without(node, "the file", &TOP_LEVEL_KEYS_TO_COME);
    let top = read_top(walk, &kept)?;
    check_format(walk, top.format);
    let mut system = System {
        name: read_name(walk, top.name),
        registers: read_registers(walk, &top.registers),
        columns: read_columns(walk, top.columns),
        aliases: walk.texts_by_name(top.aliases, "aliases"),
        score: read_score(walk, top.score),
        lint: read_lint(walk, top.lint),
        components: BTreeMap::new(),
        edges: Vec::new(),
        flows: BTreeMap::new(),
        shared_fate: BTreeMap::new(),
        fate_unavailability: BTreeMap::new(),
        guardrails: BTreeMap::new(),
        environments: BTreeMap::new(),
        exec_allowed: read_exec(walk, top.exec),
        ledger: read_ledger(walk, top.ledger),
    };
    if let Some(node) = top.system {
        read_system(walk, node, &mut system);
    }
    system.environments = environment::environments(walk, top.environments, top.gate, &system.components);
    check::check(walk, &system);
    Some(system)
}

fn read_top<'a: 'n, 'n>(walk: &mut Walk<'a, '_>, node: &'n Node) -> Option<Top<'n>> {
    let mut fields = walk.fields(node, "the file")?;
    let top = Top {
        format: fields.need("seaworthy"),
        name: fields.need("name"),
        registers: fields.texts("registers"),
        columns: fields.get("columns"),
        aliases: fields.get("aliases"),
        score: fields.get("score"),
        lint: fields.get("lint"),
        system: fields.get("system"),
        gate: fields.get("gate"),
        environments: fields.get("environments"),
        exec: fields.get("exec"),
        ledger: fields.get("ledger"),
    };
    fields.get("claims");
    fields.get("acceptances");
    fields.finish();
    Some(top)
}

fn check_format(walk: &mut Walk<'_, '_>, node: Option<&Node>) {
    let Some(node) = node else { return };
    let number = node.as_text().and_then(|text| text.parse::<i64>().ok());
    let help = format!("this version reads `seaworthy: {FORMAT}`");
    match number {
        Some(FORMAT) => {}
        Some(number) if number > FORMAT => {
            let message = format!("the file is written for a newer version of seaworthy (format {number})");
            walk.error("format-version", node.span, message, &help);
        }
        Some(number) => {
            let message = format!("the file is written for an older version of seaworthy (format {number})");
            walk.error("format-version", node.span, message, &help);
        }
        None => walk.error("format-version", node.span, "`seaworthy` must be the number of the file's format", &help),
    }
}

fn read_name(walk: &mut Walk<'_, '_>, node: Option<&Node>) -> String {
    let Some(node) = node else { return String::new() };
    let text = node.as_text().unwrap_or("").trim();
    let sound = !text.is_empty() && text.len() <= MAX_HEADING_BYTES && !text.chars().any(char::is_control);
    if !sound {
        let message = format!("`name` must be one line of 1 to {MAX_HEADING_BYTES} bytes, found {}", walk::found(node));
        walk.error("wrong-value", node.span, message, "name the system as people call it");
        return String::new();
    }
    text.to_owned()
}

fn read_registers(walk: &mut Walk<'_, '_>, written: &[(&str, Span)]) -> Vec<(String, Span)> {
    let mut registers: Vec<(String, Span)> = Vec::new();
    for (text, span) in written {
        if text.trim().is_empty() || text.contains("://") || text.starts_with('/') {
            let message = format!("`{text}` is not a path beside this file");
            walk.error("wrong-value", *span, message, "write the path of a Markdown file, relative to this file");
        } else if registers.iter().any(|(known, _)| known == text) {
            walk.warning("twice", *span, format!("register `{text}` is named twice"), "name it once");
        } else {
            registers.push(((*text).to_owned(), *span));
        }
    }
    registers
}

fn read_columns(walk: &mut Walk<'_, '_>, node: Option<&Node>) -> BTreeMap<String, String> {
    let texts = walk.texts_by_name(node, "columns");
    texts.into_iter().map(|(heading, (noun, _))| (heading, noun)).collect()
}

/// The user's own matrix; whether its rows fit its words is checked where it is used.
fn read_score(walk: &mut Walk<'_, '_>, node: Option<&Node>) -> Option<ScoreTable> {
    let node = node?;
    let mut fields = walk.fields(node, "score")?;
    let words = |texts: Vec<(&str, Span)>| texts.into_iter().map(|(text, _)| text.to_owned()).collect();
    let (likelihood, impact) = (words(fields.texts("likelihood")), words(fields.texts("impact")));
    let table = fields.need("table");
    fields.finish();
    let rows = table.and_then(Node::as_list).unwrap_or(&[]);
    let cells = rows.iter().map(|row| {
        let cells = row.as_list().unwrap_or(&[]);
        cells.iter().map(|cell| cell.as_text().unwrap_or("").to_owned()).collect()
    });
    Some(ScoreTable { likelihood, impact, cells: cells.collect(), span: node.span })
}

/// Severities of rules by name; which rules exist is checked where they are known.
fn read_lint(walk: &mut Walk<'_, '_>, node: Option<&Node>) -> BTreeMap<String, (String, Span)> {
    let Some(node) = node else { return BTreeMap::new() };
    let Some(mut fields) = walk.fields(node, "lint") else { return BTreeMap::new() };
    let rules = fields.get("rules");
    fields.finish();
    walk.texts_by_name(rules, "lint.rules")
}

fn read_exec(walk: &mut Walk<'_, '_>, node: Option<&Node>) -> Vec<String> {
    let Some(node) = node else { return Vec::new() };
    let Some(mut fields) = walk.fields(node, "exec") else { return Vec::new() };
    let written = fields.texts("allow");
    fields.finish();
    let mut allowed = Vec::new();
    for (text, span) in written {
        if text.is_empty() || text.contains(char::is_whitespace) {
            let message = format!("`{text}` is not one program");
            walk.error(
                "wrong-value",
                span,
                message,
                "name the program only, such as `git`; its arguments are the probe's",
            );
        } else {
            allowed.push(text.to_owned());
        }
    }
    allowed
}

/// Where the ledger is; a password that stands there as itself is a problem, since this file is shared.
fn read_ledger(walk: &mut Walk<'_, '_>, node: Option<&Node>) -> Option<Template> {
    let node = node?;
    let template = walk.template(node, "`ledger`")?;
    let text = template.text.as_str();
    let is_database = text.starts_with("postgres://") || text.starts_with("postgresql://");
    let help = "write `postgres://user:${env:NAME}@host/database`, or `sqlite:` and a path beside this file";
    if !is_database && text.strip_prefix("sqlite:").is_none_or(str::is_empty) {
        walk.error("wrong-value", node.span, "`ledger` must be the address of a database or a file", help);
        return None;
    }
    let user = text.rsplit_once('@').and_then(|(user, _)| user.split_once("://")).map_or("", |(_, user)| user);
    let password = user.split_once(':').map_or("", |(_, password)| password);
    let is_hole = password.is_empty() || (password.starts_with("${env:") && password.ends_with('}'));
    if is_database && (!is_hole || text.contains("password=")) {
        walk.error("wrong-value", node.span, "`ledger` holds a password", help);
        return None;
    }
    Some(template)
}

fn read_system(walk: &mut Walk<'_, '_>, node: &Node, system: &mut System) {
    let Some(mut fields) = walk.fields(node, "system") else { return };
    let components = fields.get("components");
    let edges = fields.get("edges");
    let flows = fields.get("flows");
    let shared_fate = fields.get("shared_fate");
    let guardrails = fields.get("guardrails");
    fields.finish();
    if components.is_none() {
        walk.warning("empty-system", node.span, "`system` declares no components", "list what runs under `components`");
    }
    system.components = component::components(walk, components);
    system.edges = edge::edges(walk, edges, &system.components);
    system.flows = flow::flows(walk, flows, &system.components, &system.edges);
    (system.shared_fate, system.fate_unavailability) = flow::shared_fate(walk, shared_fate, &system.components);
    system.guardrails = guardrail::guardrails(walk, guardrails, system);
}

/// Whether a value was written behind a key.
fn is_written(node: &Node, key: &str) -> bool {
    node.get(key).is_some_and(|value| value.kind != NodeKind::Empty)
}
