//! Where the system runs and what is allowed there: `environments`.

use std::collections::BTreeMap;

use text::{Entry, Node, Span};

use super::network::{Network, is_host_port, network};
use super::walk::{Components, Walk, found, span_of};
use crate::{ComponentId, Environment};

pub(super) const KEYS: [&str; 4] = ["allow", "at", "drills", "gate"];
pub(super) const GATE_KEYS: [&str; 3] = ["frozen", "model", "require"];

/// The environment that always exists: this machine.
const LOCAL: &str = "local";

/// The model that decides when the file's gate names none; `evidence` has the same default.
const USUAL_MODEL: &str = "bmad";

/// The longest name of an environment, in bytes.
const MAX_NAME_BYTES: usize = 64;

/// Grades that a gate can require, the weakest first.
const GRADES: [&str; 4] = ["declared", "wired", "live", "effective"];

/// Reads all environments; `local` is added when it is not written.
pub(super) fn environments(
    walk: &mut Walk<'_, '_>,
    node: Option<&Node>,
    gate: Option<&Node>,
    known: &Components,
) -> BTreeMap<String, Environment> {
    let model = gate.and_then(|gate| gate.get("model")).and_then(Node::as_text).unwrap_or(USUAL_MODEL);
    let entries = walk.entries(node, "environments");
    walk.case_twins(entries, "environments");
    let mut environments = BTreeMap::from([(LOCAL.to_owned(), Environment::default())]);
    for entry in entries {
        let fits = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
        if entry.key.is_empty() || entry.key.len() > MAX_NAME_BYTES || !entry.key.chars().all(fits) {
            let message = format!("`{}` cannot name an environment", entry.key.escape_debug());
            walk.error(
                "bad-name",
                entry.key_span,
                message,
                "a name has 1 to 64 bytes of letters, digits, `-`, `_` and `.`",
            );
            continue;
        }
        if let Some(environment) = environment(walk, entry, model, known) {
            environments.insert(entry.key.clone(), environment);
        }
    }
    environments
}

/// A wrong environment stays declared, and no drill runs in it: what is not understood allows nothing.
fn environment(walk: &mut Walk<'_, '_>, entry: &Entry, model: &str, known: &Components) -> Option<Environment> {
    let owner = format!("environment `{}`", entry.key);
    let node = &entry.value;
    let Some(mut fields) = walk.fields(node, &owner) else {
        return Some(Environment { drills_never: true, ..Environment::default() });
    };
    let allow = fields.texts("allow");
    let at = fields.get("at");
    fields.one_of("drills", &["never"]);
    let gate = fields.get("gate");
    fields.finish();
    Some(Environment {
        drills_never: super::is_written(node, "drills"),
        allow: allow.into_iter().filter_map(|(text, span)| allowed(walk, text, span, &owner)).collect(),
        at: addresses(walk, at, &owner, known),
        frozen: gate.and_then(|gate| gate.get("frozen")).and_then(Node::as_text).map(str::trim).map(str::to_owned),
        require: gate.and_then(|node| require(walk, node, model, &owner)),
    })
}

fn allowed(walk: &mut Walk<'_, '_>, text: &str, span: Span, owner: &str) -> Option<String> {
    match network(text) {
        Network::Sound => return Some(text.to_owned()),
        Network::Everything => {
            let message = format!("`{text}` in `allow` of {owner} allows every address there is");
            walk.error("cidr", span, message, "name the networks of this environment");
        }
        Network::HostBits(meant) => {
            let message = format!("`{text}` in `allow` of {owner} has bits set below its prefix");
            walk.error("cidr", span, message, &format!("did you mean `{meant}`?"));
        }
        Network::Unreadable => {
            let message = format!("`{}` in `allow` of {owner} is no network", text.escape_debug());
            walk.error(
                "cidr",
                span,
                message,
                "write an address and a prefix, such as `10.1.0.0/16`; one address is `10.1.0.5/32`",
            );
        }
    }
    None
}

fn addresses(
    walk: &mut Walk<'_, '_>,
    node: Option<&Node>,
    owner: &str,
    known: &Components,
) -> BTreeMap<ComponentId, String> {
    let mut addresses = BTreeMap::new();
    let used = format!("`at` of {owner}");
    let entries = walk.entries(node, &used);
    for entry in entries {
        let id = walk.declared(&entry.key, entry.key_span, &used, known);
        let address = entry.value.as_text().filter(|text| is_host_port(text));
        if address.is_none() {
            let message = format!("{used} must be `host:port` for `{}`, found {}", entry.key, found(&entry.value));
            walk.error(
                "address",
                entry.value.span,
                message,
                "write the address without a scheme, such as `10.1.0.5:5432`",
            );
        }
        addresses.extend(id.zip(address.map(str::to_owned)));
    }
    addresses
}

fn require(walk: &mut Walk<'_, '_>, node: &Node, top: &str, environment: &str) -> Option<(String, Span)> {
    let owner = format!("gate of {environment}");
    let mut fields = walk.fields(node, &owner)?;
    let model = fields.text("model");
    let require = fields.one_of("require", &GRADES);
    let frozen = fields.text("frozen").map(str::trim);
    fields.finish();
    if frozen == Some("") {
        walk.error(
            "wrong-value",
            span_of(node, "frozen"),
            format!("`frozen` in the {owner} is empty"),
            "say why nothing is released, and until when",
        );
    }
    if let Some(model) = model
        && top != model
    {
        let message = format!("{owner} names model `{model}`, and the model of the file is `{top}`");
        walk.error(
            "gate-model",
            span_of(node, "model"),
            message,
            "one model decides for all environments: write it under the top `gate`",
        );
    }
    require.map(|index| (GRADES[index].to_owned(), span_of(node, "require")))
}
