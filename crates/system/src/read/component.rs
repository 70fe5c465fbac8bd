//! What runs: `system.components`.

use std::collections::BTreeMap;
use std::time::Duration;

use text::{Entry, Node, Ratio, Span};

use super::network::check_host_port;
use super::walk::{Components, Place, Walk, found, is_variable, span_of};
use crate::{Component, ComponentId, ComponentKind, FailsAs, Part, StateKind, Template};

pub(super) const KEYS: [&str; 18] = [
    "kind",
    "replicas",
    "quorum",
    "unavailability",
    "mttf",
    "mttr",
    "build",
    "start",
    "env",
    "ready",
    "ready_within",
    "at",
    "file",
    "destructive",
    "modes",
    "known_as",
    "state",
    "holds",
];

/// Modes that most kinds have without being named.
pub(super) const PLAIN_MODES: [&str; 2] = ["down", "slow"];

const STATES: [(&str, StateKind); 2] = [("shared", StateKind::Shared), ("per_instance", StateKind::PerInstance)];

/// The most replicas of one component.
const MAX_REPLICAS: i64 = 64;

/// The longest wait for a component to become ready.
const MAX_READY_WITHIN: Duration = Duration::from_secs(600);

/// Variables that seaworthy sets itself: a component that overrode the mark of its run could not be healed.
const RESERVED_VARIABLES: &str = "SEAWORTHY_";

/// Reads all components; one with a mistake in it is still declared, so that nothing else complains about it.
pub(super) fn components(walk: &mut Walk<'_, '_>, node: Option<&Node>) -> Components {
    let entries = walk.entries(node, "components");
    walk.case_twins(entries, "components");
    let mut components = BTreeMap::new();
    for entry in entries {
        let Some(id) = component_id(walk, entry) else { continue };
        let component = component(walk, entry, &id).unwrap_or_else(|| Component::new(id.clone(), entry.key_span));
        components.insert(id, component);
    }
    components
}

fn component_id(walk: &mut Walk<'_, '_>, entry: &Entry) -> Option<ComponentId> {
    let id = ComponentId::try_new(&entry.key);
    if id.is_none() {
        let message = format!("`{}` cannot name a component", entry.key.escape_debug());
        let help =
            "a name has 1 to 64 bytes of letters, digits, `-`, `_`, `.` and inner spaces, and neither `->` nor `/`";
        walk.error("bad-name", entry.key_span, message, help);
    }
    id
}

/// The nodes that are read after the walk over the keys.
struct Parts<'n> {
    build: Option<&'n Node>,
    start: Option<&'n Node>,
    env: Option<&'n Node>,
    at: Option<&'n Node>,
    file: Option<&'n Node>,
}

fn component(walk: &mut Walk<'_, '_>, entry: &Entry, id: &ComponentId) -> Option<Component> {
    let node = &entry.value;
    let owner = format!("component `{id}`");
    let mut fields = walk.fields(node, &owner)?;
    let kind = fields.one_of("kind", &ComponentKind::ALL.map(ComponentKind::word));
    if kind.is_none() && !super::is_written(node, "kind") {
        fields.problem("missing-key", entry.key_span, format!("{owner} has no `kind`"));
    }
    let replicas = fields.integer("replicas", 0..=MAX_REPLICAS).unwrap_or(1);
    let quorum = fields.integer("quorum", 1..=MAX_REPLICAS);
    let figures = Figures {
        unavailability: fields.ratio("unavailability"),
        mttf: fields.duration("mttf"),
        mttr: fields.duration("mttr"),
    };
    let ready = fields.text("ready");
    let ready_within = fields.duration("ready_within");
    let destructive = fields.boolean("destructive").unwrap_or(false);
    let state = fields.one_of("state", &STATES.map(|(word, _)| word)).map(|index| STATES[index].1);
    let (known_as, holds) = (owned(&fields.texts("known_as")), owned(&fields.texts("holds")));
    let modes = fields.get("modes");
    let parts = Parts {
        build: fields.get("build"),
        start: fields.get("start"),
        env: fields.get("env"),
        at: fields.get("at"),
        file: fields.get("file"),
    };
    fields.finish();
    let ready_within = walk.positive(ready_within, Place::of(node, &owner, "ready_within"), MAX_READY_WITHIN);
    let component = Component {
        kind: kind.map_or(ComponentKind::Service, |index| ComponentKind::ALL[index]),
        replicas: u32::try_from(replicas).expect("lies within 0..=MAX_REPLICAS"),
        quorum: needed(walk, quorum, replicas, Place::of(node, &owner, "quorum")),
        unavailability: unavailability(walk, &figures, Place::of(node, &owner, "mttf")),
        ready: ready_path(walk, ready, Place::of(node, &owner, "ready")),
        ready_within: ready_within.unwrap_or(Component::READY_WITHIN),
        destructive,
        modes: named_modes(walk, modes, &owner),
        known_as,
        state,
        holds,
        ..templates(walk, parts, Component::new(id.clone(), entry.key_span))
    };
    check(walk, &component, node, &owner);
    Some(component)
}

fn owned(texts: &[(&str, Span)]) -> Vec<String> {
    texts.iter().map(|(text, _)| (*text).to_owned()).collect()
}

/// Further ways to fail: a name, and what it is like.
fn named_modes(walk: &mut Walk<'_, '_>, node: Option<&Node>, owner: &str) -> BTreeMap<String, FailsAs> {
    let mut modes = BTreeMap::new();
    let words = FailsAs::ALL.map(FailsAs::word);
    for (name, (text, span)) in walk.texts_by_name(node, &format!("modes of {owner}")) {
        if ComponentId::try_new(&name).is_none() || PLAIN_MODES.contains(&name.as_str()) {
            let message = format!("`{}` cannot name a mode of {owner}", name.escape_debug());
            let help =
                "`down` and `slow` are there already; another name has 1 to 64 bytes of letters, digits, `-`, `_`, `.`";
            walk.error("bad-name", span, message, help);
            continue;
        }
        match words.iter().position(|word| *word == text) {
            Some(at) => {
                modes.insert(name, FailsAs::ALL[at]);
            }
            None => {
                let near =
                    text::nearest(&text, words).map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
                let message = format!("mode `{name}` of {owner} is like nothing known: `{text}`{near}");
                walk.error("wrong-value", span, message, &format!("write one of {}", words.join(", ")));
            }
        }
    }
    modes
}

/// How often one replica does not work, as written.
struct Figures {
    unavailability: Option<Ratio>,
    mttf: Option<Duration>,
    mttr: Option<Duration>,
}

/// At most as many as there are; of none, none can be needed.
fn needed(walk: &mut Walk<'_, '_>, quorum: Option<i64>, replicas: i64, place: Place<'_>) -> u32 {
    let Some(quorum) = quorum else { return 1 };
    if quorum > replicas {
        let message = format!("{} needs {quorum} of {replicas} replicas, which can never be", place.owner);
        walk.error("quorum", place.span, message, "`quorum` is at most `replicas`");
        return 1;
    }
    u32::try_from(quorum).expect("lies within 1..=MAX_REPLICAS")
}

/// `MTTR / (MTTF + MTTR)` (the mean times to fail and to repair) when it is not written itself.
fn unavailability(walk: &mut Walk<'_, '_>, figures: &Figures, place: Place<'_>) -> Option<Ratio> {
    let times = match (figures.mttf, figures.mttr) {
        (None, None) => return figures.unavailability,
        (Some(mttf), Some(mttr)) if !(mttf + mttr).is_zero() => (mttf.as_secs_f64(), mttr.as_secs_f64()),
        _ => {
            let message = format!("{} has only one of `mttf` and `mttr`, or both are 0", place.owner);
            walk.error("half-figure", place.span, message, "write both, or `unavailability`");
            return None;
        }
    };
    if figures.unavailability.is_some() {
        let message = format!("{} has `unavailability`, and `mttf` and `mttr` as well", place.owner);
        walk.error("two-figures", place.span, message, "keep one: the share, or the two times");
    }
    Ratio::try_new(times.1 / (times.0 + times.1))
}

fn templates(walk: &mut Walk<'_, '_>, parts: Parts<'_>, blank: Component) -> Component {
    let owner = format!("component `{}`", blank.id);
    let mut template = |key: &str, node: Option<&Node>| walk.template(node?, &format!("`{key}` of {owner}"));
    let build = template("build", parts.build);
    let start = template("start", parts.start);
    let at = template("at", parts.at);
    let file = template("file", parts.file);
    Component { build, start, at, file, env: environment(walk, parts.env, &owner), ..blank }
}

fn environment(walk: &mut Walk<'_, '_>, node: Option<&Node>, owner: &str) -> BTreeMap<String, Template> {
    let mut variables = BTreeMap::new();
    for (name, (text, span)) in walk.texts_by_name(node, &format!("env of {owner}")) {
        if !is_variable(&name) {
            let message = format!("`{}` in env of {owner} cannot name a variable", name.escape_debug());
            walk.error("bad-name", span, message, "a name holds letters, digits and `_`, and begins with no digit");
        } else if name.starts_with(RESERVED_VARIABLES) {
            let message = format!("variable `{name}` in env of {owner} is seaworthy's own");
            walk.error(
                "reserved",
                span,
                message,
                "it marks the processes of a run, which could not be healed without it",
            );
        } else if let Some(template) = walk.template_text(&text, span) {
            variables.insert(name, template);
        }
    }
    variables
}

fn ready_path(walk: &mut Walk<'_, '_>, path: Option<&str>, at: Place<'_>) -> Option<String> {
    let path = path?;
    if !super::network::is_request_path(path) {
        let message =
            format!("`ready` of {} must be a path such as `/health`, found `{}`", at.owner, path.escape_debug());
        walk.error("wrong-value", at.span, message, "write a path that begins with `/` and holds no spaces");
        return None;
    }
    Some(path.to_owned())
}

/// What can be said of one component without looking at any other.
fn check(walk: &mut Walk<'_, '_>, component: &Component, node: &Node, owner: &str) {
    check_conflicts(walk, component, node, owner);
    check_file(walk, component, node, owner);
    if let Some(at) = &component.at {
        check_host_port(walk, at, owner);
    }
    let told = component.start.iter().chain(component.env.values()).any(|text| text.parts.contains(&Part::Port));
    if component.start.is_some() && component.kind.is_reached_by_port() && !told {
        let message = format!("{owner} is started without `${{port}}`: nobody would know where to reach it");
        walk.warning("no-port", span_of(node, "start"), message, "pass `${port}` in `start` or `env`");
    }
    for (key, template) in [("build", &component.build), ("at", &component.at), ("file", &component.file)] {
        let misplaced = template.iter().flat_map(|template| &template.parts).find(|part| is_of_a_process(part, key));
        if let Some(part) = misplaced {
            let message = format!("{} has no meaning in `{key}` of {owner}", hole(part));
            walk.error(
                "template-place",
                span_of(node, key),
                message,
                "it belongs to a process: use it in `start` or `env`",
            );
        }
    }
}

fn check_conflicts(walk: &mut Walk<'_, '_>, component: &Component, node: &Node, owner: &str) {
    // As written, not as understood: a broken `start` is one problem, not three.
    let (starts, at) = (super::is_written(node, "start"), super::is_written(node, "at"));
    if starts && at {
        let message = format!("{owner} has both `start` and `at`");
        walk.error(
            "start-and-at",
            span_of(node, "at"),
            message,
            "keep `start` when seaworthy runs it, `at` when somebody else does",
        );
    }
    if starts && !component.kind.can_be_started() {
        let message = format!("{owner} is of kind `{}`, which is no process", component.kind.word());
        walk.error("start-kind", span_of(node, "start"), message, "give it another kind, or remove `start`");
    }
    if component.build.is_some() && !starts {
        let message = format!("{owner} is built and never started");
        walk.warning("build-unused", span_of(node, "build"), message, "add `start`, or remove `build`");
    }
    if !component.env.is_empty() && !starts {
        let message = format!("{owner} has `env` and is not started here");
        walk.warning("env-unused", span_of(node, "env"), message, "add `start`, or remove `env`");
    }
    if component.ready.is_some() && !starts && !at {
        let message = format!("`ready` of {owner} is asked of nobody: there is neither `start` nor `at`");
        walk.warning("ready-unused", span_of(node, "ready"), message, "add `start` or `at`, or remove `ready`");
    }
    if component.destructive && starts {
        let message = format!("`destructive` of {owner} changes nothing: what seaworthy starts it may break");
        walk.warning("destructive-unused", span_of(node, "destructive"), message, "remove it");
    }
}

fn check_file(walk: &mut Walk<'_, '_>, component: &Component, node: &Node, owner: &str) {
    let sqlite = component.kind == ComponentKind::Sqlite;
    if component.file.is_some() && !sqlite {
        let message = format!("{owner} is of kind `{}` and has a `file`", component.kind.word());
        walk.error("file-kind", span_of(node, "file"), message, "only `kind: sqlite` is a file");
    }
    if component.at.is_some() && sqlite {
        let message = format!("{owner} is a file and has no address, found {}", found(node.get("at").unwrap_or(node)));
        walk.error("file-kind", span_of(node, "at"), message, "write `file:` with its path");
    }
}

/// Holes that only a started process can fill. `${scratch}` and `${env:..}` may stand anywhere, `${edge:..}` is one
/// of these because a guard's address is known only after the build.
fn is_of_a_process(part: &Part, key: &str) -> bool {
    match part {
        Part::Port | Part::Replica | Part::Edge(_) => true,
        Part::Scratch => key == "at",
        Part::Text(_) | Part::Env { .. } => false,
    }
}

fn hole(part: &Part) -> String {
    match part {
        Part::Port => "`${port}`".to_owned(),
        Part::Replica => "`${replica}`".to_owned(),
        Part::Scratch => "`${scratch}`".to_owned(),
        Part::Edge(edge) => format!("`${{edge:{edge}}}`"),
        Part::Env { name, .. } => format!("`${{env:{name}}}`"),
        Part::Text(text) => format!("`{text}`"),
    }
}
