//! The first `seaworthy.yaml`, written from what was understood.
//!
//! What can be judged at once is a claim; everything else is a question in a comment, with the line it comes from, so that
//! nothing is claimed that nobody decided. The same survey gives the same bytes.

use std::collections::{BTreeMap, BTreeSet};

use register::parts::Pair;
use register::{FieldName, Risk, State, Stated, StatedAs, slug};
use system::found::{Found, FoundComponent};

use crate::survey::{Survey, Surveyed};

/// The most statements of one risk that become claims or questions.
const MAX_PER_RISK: usize = 12;
/// The longest name of a claim, in bytes.
const MAX_CLAIM_NAME: usize = 40;
/// The most components and flows that are taken from the text.
const MAX_NAMED_PARTS: usize = 60;
/// The longest sentence that is quoted, in characters.
const MAX_QUOTED: usize = 160;

/// The text of the file. `name` is that of the system, `base` the folder that shown paths begin with, with its final `/`, or empty.
pub fn first_file(name: &str, survey: &Survey, base: &str) -> String {
    let mut text = String::from(
        "# Written by `seaworthy init` from what was found here. It is yours now: change it, nothing overwrites it.\n# What is commented out needs a decision; the question stands beside it. `seaworthy lint` checks this file.\nseaworthy: 1\n",
    );
    text.push_str(&format!("name: {}\n", quoted(name)));
    let registers: Vec<String> =
        survey.registers.iter().map(|surveyed| quoted(&relative(surveyed.register.path(), base))).collect();
    text.push_str(&format!("registers: [{}]\n", registers.join(", ")));
    text.push_str(&aliases(survey));
    text.push_str(&system(survey, base));
    text.push_str(&claims(survey, base));
    text.push_str(&acceptances(survey, base));
    text.push_str(
        "\n# A file shows what was declared. Ask for more (`wired`, `live`, `effective`) when probes and drills of the running system are here.\ngate: {require: declared}\n",
    );
    text
}

/// Titles of the risks that have no id of their own: when a title moves, the name stays.
fn aliases(survey: &Survey) -> String {
    let unnamed = risks(survey).filter(|(_, risk)| !risk.id_is_written);
    let lines: BTreeMap<String, String> = unnamed.map(|(_, risk)| (quoted(&risk.id), quoted(&risk.title))).collect();
    if lines.is_empty() {
        return String::new();
    }
    let lines: String = lines.iter().map(|(id, title)| format!("  {id}: {title}\n")).collect();
    format!("# Risks without an id are known by these names; when a title moves, the name stays.\naliases:\n{lines}")
}

fn risks(survey: &Survey) -> impl Iterator<Item = (&Surveyed, &Risk)> {
    survey.registers.iter().flat_map(|surveyed| surveyed.register.risks.iter().map(move |risk| (surveyed, risk)))
}

fn system(survey: &Survey, base: &str) -> String {
    let found = Found::joined(&survey.found);
    if found.components.is_empty() {
        return named_in_text(survey, base);
    }
    let path = |line_of: &dyn Fn(&Found) -> bool| {
        survey.found.iter().find(|file| line_of(file)).map_or(String::new(), |file| relative(&file.path, base))
    };
    let mut text = "\n# Inferred, not told: confirm each line.\nsystem:\n  components:\n".to_owned();
    for component in &found.components {
        let file = path(&|file| file.components.contains(component));
        let quorum = component.quorum.as_ref();
        let quorum = quorum.map(|quorum| {
            format!("; quorum {}:{}, {}", relative(&quorum.path, base), quorum.line, one_line(&quorum.from))
        });
        text.push_str(&format!(
            "    {}: {}   # {file}:{}, {}{}\n",
            key(&component.name),
            described(component),
            component.line,
            one_line(&component.from),
            quorum.unwrap_or_default()
        ));
    }
    let declared: BTreeSet<&str> = found.components.iter().map(|component| component.name.as_str()).collect();
    let edges: Vec<_> = found
        .edges
        .iter()
        .filter(|edge| declared.contains(edge.caller.as_str()) && declared.contains(edge.callee.as_str()))
        .collect();
    if !edges.is_empty() {
        text.push_str(
            "  edges:   # hard: fails with it; soft: degrades; async: has answered already; start: only to start\n",
        );
    }
    for edge in edges {
        let file = path(&|file| file.edges.contains(edge));
        text.push_str(&format!(
            "    {}: {{needs: {}}}   # {file}:{}, {}\n",
            key(&format!("{}->{}", edge.caller, edge.callee)),
            edge.needs.word(),
            edge.line,
            one_line(&edge.from)
        ));
    }
    text.push_str("  # Which path does a user take, and how is one request of it made?\n  # flows:\n  #   look: {path: [web, api], load: GET /, slo: {success: 99.9%, p95: 300ms}}\n");
    text
}

/// Components and flows that the registers name: in comments, because a name in a text is no component yet.
fn named_in_text(survey: &Survey, base: &str) -> String {
    let mut text = String::from(
        "\n# What runs, and what needs what? With a docker-compose file or manifests here this would be filled in.\nsystem:\n  components: {}\n  # components:\n",
    );
    let mut components: BTreeMap<String, String> = BTreeMap::new();
    for (surveyed, risk) in risks(survey) {
        let Some(field) = risk.stated(FieldName::Component) else { continue };
        let name = slug(&field.text);
        let place = format!("{}:{}", relative(surveyed.register.path(), base), field.line);
        if !name.is_empty() && name.len() <= MAX_CLAIM_NAME && components.len() < MAX_NAMED_PARTS {
            components.entry(name).or_insert(place);
        }
    }
    if components.is_empty() {
        text.push_str("  #   api: {kind: service, start: ./api --port ${port}, ready: /health}\n  #   db: {kind: postgres, at: 127.0.0.1:5432}\n");
    }
    for (name, place) in &components {
        text.push_str(&format!(
            "  #   {}: {{kind: {}}}   # {place}; does it run, and is this what it is?\n",
            key(name),
            kind_of(name)
        ));
    }
    text.push_str("  # edges:\n  #   api->db: {needs: hard, timeout: 500ms}\n");
    let flows = survey
        .registers
        .iter()
        .flat_map(|surveyed| surveyed.register.parts.flows.iter().map(move |flow| (surveyed, flow)));
    for (at, (surveyed, flow)) in flows.take(MAX_NAMED_PARTS).enumerate() {
        let head = if at == 0 { "  # flows:\n" } else { "" };
        let hops: Vec<String> = flow.steps.iter().map(|step| slug(&step.text)).filter(|hop| !hop.is_empty()).collect();
        let place = format!("{}:{}", relative(surveyed.register.path(), base), flow.line);
        let name = key(&slug(&flow.title));
        text.push_str(&format!(
            "{head}  #   {name}: {{path: [{}]}}   # {place}; which components are these?\n",
            hops.join(", ")
        ));
    }
    text
}

/// What a name says that it is.
fn kind_of(name: &str) -> &'static str {
    let has = |words: &[&str]| words.iter().any(|word| name.contains(word));
    match () {
        () if has(&["postgres", "database", "-db", "db-"]) || name == "db" => "postgres",
        () if has(&["redis"]) => "redis",
        () if has(&["kafka", "rabbit", "queue", "nats", "sqs"]) => "queue",
        () if has(&["frontend", "browser", "client", "web-app"]) => "client",
        () if has(&["storage", "volume", "disk", "s3", "minio"]) => "volume",
        () if has(&["worker", "job", "cron"]) => "worker",
        () => "service",
    }
}

fn described(component: &FoundComponent) -> String {
    let mut parts = vec![format!("kind: {}", component.kind.word())];
    let replicas = component.replicas.filter(|count| *count <= 64 && *count != 1);
    parts.extend(replicas.map(|count| format!("replicas: {count}")));
    let quorum = component.quorum.as_ref().filter(|_| replicas.is_some());
    parts.extend(quorum.map(|quorum| format!("quorum: {}", quorum.needed)));
    parts.extend(
        component.at.as_ref().filter(|_| component.kind.is_reached_by_port()).map(|at| format!("at: {}", quoted(at))),
    );
    format!("{{{}}}", parts.join(", "))
}

/// One claim or one question.
struct Entry {
    name: String,
    lines: Vec<String>,
    is_claim: bool,
}

fn claims(survey: &Survey, base: &str) -> String {
    let mut text = String::from("\nclaims:\n");
    for surveyed in &survey.registers {
        for (index, risk) in surveyed.register.risks.iter().enumerate() {
            let entries = entries(surveyed, index, base);
            if entries.is_empty() {
                continue;
            }
            let is_claimed = entries.iter().any(|entry| entry.is_claim);
            let mark = if is_claimed { "" } else { "# " };
            text.push_str(&format!("  {mark}{}:   # {}\n", key(&risk.id), one_line(&risk.title)));
            for entry in entries {
                let mark = if entry.is_claim { "" } else { "# " };
                text.push_str(&format!("  {mark}  {}:\n", entry.name));
                entry.lines.iter().for_each(|line| text.push_str(&format!("  {mark}    {line}\n")));
            }
        }
    }
    if text == "\nclaims:\n" {
        text.push_str("  # R-1:\n  #   what-must-hold:\n  #     says: what must hold if the mitigation is real\n  #     probe: file.value\n  #     with: {path: config.yaml, at: $.limits.requests}\n  #     expect: \"obs.found && obs.value <= 100\"\n");
    }
    text
}

fn entries(surveyed: &Surveyed, index: usize, base: &str) -> Vec<Entry> {
    let stated: Vec<&Stated> = surveyed.stated.iter().filter(|stated| stated.risk == Some(index)).collect();
    let mut taken = BTreeSet::new();
    let mut entries: Vec<Entry> = Vec::new();
    for stated in stated.iter().take(MAX_PER_RISK) {
        let name = unique(&claim_name(&stated.text), &mut taken);
        entries.push(entry(surveyed, stated, name, base));
    }
    if stated.len() > MAX_PER_RISK {
        let more = format!("and {} more sentences that could be held to", stated.len() - MAX_PER_RISK);
        entries.push(Entry {
            name: unique("more", &mut taken),
            lines: vec![format!("says: {}", quoted(&more))],
            is_claim: false,
        });
    }
    // What is a claim comes first, so that the comments below it belong to it.
    entries.sort_by_key(|entry| !entry.is_claim);
    entries
}

fn entry(surveyed: &Surveyed, stated: &Stated, name: String, base: &str) -> Entry {
    let path = relative(surveyed.register.path(), base);
    let says = format!("says: {}   # {path}:{}, {}", quoted(&short(&stated.text)), stated.line, stated.how.words());
    let pairs = surveyed
        .register
        .parts
        .pairs
        .iter()
        .filter(|pair| stated.span.start <= pair.span.start && pair.span.end <= stated.span.end);
    if let Some(lines) = pairs.filter_map(|pair| bound(surveyed, pair)).next() {
        return Entry { name, lines: [vec![says], lines].concat(), is_claim: true };
    }
    Entry { name, lines: [vec![says], question(stated)].concat(), is_claim: false }
}

/// A claim that can be judged at once: the file and the only key are there.
fn bound(surveyed: &Surveyed, pair: &Pair) -> Option<Vec<String>> {
    let fact = surveyed.facts.values.get(&(pair.file.clone(), pair.key.clone()))?;
    let at = fact.at.as_ref().filter(|_| surveyed.facts.paths.get(&pair.file) == Some(&true))?;
    let value = match pair.value.as_str() {
        "true" | "false" => pair.value.clone(),
        number if number.parse::<i64>().is_ok_and(|parsed| parsed.to_string() == number) => number.to_owned(),
        word if word.chars().all(|c| c.is_ascii_alphanumeric() || "-_./:".contains(c)) => format!("'{word}'"),
        _ => return None,
    };
    Some(vec![
        "probe: file.value".to_owned(),
        format!("with: {{path: {}, at: {}}}", quoted(pair.file.trim_start_matches('/')), quoted(at)),
        format!("expect: \"obs.found && obs.value == {value}\""),
    ])
}

/// Words of a statement, and the kind of evidence that fits them.
const KINDS: &[(&[&str], &str)] = &[
    (&["failover", "unavailable", "is down", "outage", "goes away", "disconnect", "unreachable"], "dependency-down"),
    (&["restart", "crash", "kill", "recover", "reboot"], "restart"),
    (&["table", "column", "index on", "rows", "row level", "migration", "postgres", "sql", "replica"], "sql.query"),
    (&["endpoint", "health", "status code", "http", "response", "header", "curl", "page", "cors", "tls"], "http.check"),
    (&["command", "script", "test suite", "unit test", "tests pass", "lint", "coverage"], "exec"),
];

/// The fitting kind, with what somebody has to decide.
fn question(stated: &Stated) -> Vec<String> {
    let lower = stated.text.to_lowercase();
    let kind = KINDS
        .iter()
        .find(|(words, _)| words.iter().any(|word| lower.contains(word)))
        .map_or("file.value", |(_, kind)| kind);
    let lines: [&str; 4] = match kind {
        "dependency-down" => [
            "# Which edge fails, and which flow shall go on?",
            "drill: dependency-down",
            "with: {edge: api->db, mode: refused, flow: look, off: {guard: bypass}}",
            "expect: \"obs.success >= 99% && obs.recovery < 30s\"",
        ],
        "restart" => [
            "# Which component is killed, and which flow shall come back?",
            "drill: restart",
            "with: {component: api, flow: look, off: none}",
            "expect: \"obs.recovery < 30s\"",
        ],
        "sql.query" => [
            "# Which database answers, and what does it say when this holds?",
            "probe: sql.query",
            "with: {component: db, query: select count(*) from t}",
            "expect: \"obs.value == 0\"",
        ],
        "http.check" => [
            "# Which component answers under which path?",
            "probe: http.check",
            "with: {component: api, path: /health}",
            "expect: \"obs.status == 200\"",
        ],
        "exec" => [
            "# Which program shows it? It must be allowed by `exec: {allow: [..]}`.",
            "probe: exec",
            "with: {command: make test}",
            "expect: \"obs.code == 0\"",
        ],
        _ => [
            "# Which file says so, under which key?",
            "probe: file.value",
            "with: {path: config.yaml, at: $.limits.requests}",
            "expect: \"obs.found && obs.value <= 100\"",
        ],
    };
    let asked = if stated.how == StatedAs::Test {
        vec!["# The text says how it is tested: who runs that, and where is the result?".to_owned()]
    } else {
        Vec::new()
    };
    asked.into_iter().chain(lines.iter().map(|line| (*line).to_owned())).collect()
}

fn acceptances(survey: &Survey, base: &str) -> String {
    let accepted: Vec<String> = risks(survey)
        .filter(|(_, risk)| risk.state == State::Accepted)
        .map(|(surveyed, risk)| {
            let path = relative(surveyed.register.path(), base);
            format!(
                "#   {}: {{owner: ?, approved_by: ?, until: ?, reason: ?}}   # {path}:{} calls it accepted\n",
                key(&risk.id),
                risk.line
            )
        })
        .collect();
    if accepted.is_empty() {
        return String::new();
    }
    format!(
        "\n# Who carries these, who else approved it, and until when? An acceptance without an end is none.\n# acceptances:\n{}",
        accepted.concat()
    )
}

/// A durable name from the words of a statement, cut at a word.
fn claim_name(text: &str) -> String {
    let slug = slug(text);
    let mut name = String::new();
    for word in slug.split('-') {
        if !name.is_empty() && name.len() + 1 + word.len() > MAX_CLAIM_NAME {
            break;
        }
        if !name.is_empty() {
            name.push('-');
        }
        name.push_str(word);
    }
    name
}

fn unique(name: &str, taken: &mut BTreeSet<String>) -> String {
    let mut unique = name.to_owned();
    let mut number = 2;
    while !taken.insert(unique.clone()) {
        unique = format!("{name}-{number}");
        number += 1;
    }
    unique
}

fn short(text: &str) -> String {
    let line = one_line(text);
    if line.chars().count() <= MAX_QUOTED {
        return line;
    }
    let kept: String = line.chars().take(MAX_QUOTED).collect();
    format!("{}..", kept.trim_end())
}

fn one_line(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").chars().filter(|c| !c.is_control()).collect()
}

fn relative(path: &str, base: &str) -> String {
    path.strip_prefix(base).unwrap_or(path).to_owned()
}

/// A key of a map: bare where nothing in it means something to YAML.
fn key(text: &str) -> String {
    let plain = text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '>'))
        && !["true", "false", "null", "yes", "no", "on", "off"].contains(&text.to_lowercase().as_str());
    if plain { text.to_owned() } else { quoted(text) }
}

/// A text in double quotes, which YAML and JSON read alike; bare where that is safe.
fn quoted(text: &str) -> String {
    let plain = text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/'))
        && !["true", "false", "null", "yes", "no", "on", "off"].contains(&text.to_lowercase().as_str());
    if plain { text.to_owned() } else { serde_json::Value::from(one_line(text)).to_string() }
}
