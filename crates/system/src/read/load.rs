//! How drills ask for a flow: `load`, as one request line or as a map.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use text::{Node, Rate, Span};

use super::hole::{Hole, Sent, holes};
use super::network::{is_request_path, request_line};
use super::walk::{Place, Walk, found, span_of};
use crate::{Load, SessionStep, Verify};

pub(super) const KEYS: [&str; 9] =
    ["request", "headers", "body", "rate", "good", "not_header", "patience", "session", "verify"];
pub(super) const STEP_KEYS: [&str; 3] = ["request", "body", "take"];
pub(super) const VERIFY_KEYS: [&str; 2] = ["path", "holds"];

/// Requests per second when nothing is written, and at the most.
const RATE: f64 = 100.0;
const MAX_RATE: f64 = 2000.0;
/// How long a client waits when nothing is written, and at the most.
const PATIENCE: Duration = Duration::from_secs(2);
const MAX_PATIENCE: Duration = Duration::from_secs(60);
/// The most steps of a session.
const MAX_STEPS: usize = 16;
/// The most headers of one request.
const MAX_HEADERS: usize = 64;
/// Headers that frame the message: the client that sends it sets them itself.
const FRAMING: [&str; 5] = ["connection", "content-length", "host", "transfer-encoding", "upgrade"];

/// The nodes of a load that are read after the walk over its keys.
struct Parts<'n> {
    request: &'n Node,
    headers: Option<&'n Node>,
    body: Option<&'n str>,
    rate: Option<Rate>,
    good: Option<&'n Node>,
    not_header: Option<&'n Node>,
    patience: Option<Duration>,
    session: Option<&'n Node>,
    verify: Option<&'n Node>,
}

/// Reads the load of a flow.
pub(super) fn load(walk: &mut Walk<'_, '_>, node: &Node, flow: &str) -> Option<Load> {
    let owner = format!("load of {flow}");
    if node.as_text().is_some() {
        return whole(walk, node, &owner, Parts::only(node));
    }
    let mut fields = walk.fields(node, &owner)?;
    let request = fields.need("request");
    let mut parts = Parts::only(request.unwrap_or(node));
    parts.headers = fields.get("headers");
    parts.body = fields.text("body");
    parts.rate = fields.rate("rate");
    parts.good = fields.get("good");
    parts.not_header = fields.get("not_header");
    parts.patience = fields.duration("patience");
    parts.session = fields.get("session");
    parts.verify = fields.get("verify");
    fields.finish();
    request?;
    whole(walk, node, &owner, parts)
}

impl<'n> Parts<'n> {
    fn only(request: &'n Node) -> Self {
        let (headers, body, rate, good, not_header) = (None, None, None, None, None);
        Self { request, headers, body, rate, good, not_header, patience: None, session: None, verify: None }
    }
}

fn whole(walk: &mut Walk<'_, '_>, node: &Node, owner: &str, parts: Parts<'_>) -> Option<Load> {
    let request = request(walk, parts.request, owner);
    let headers = headers(walk, parts.headers, owner);
    let patience = walk.positive(parts.patience, Place::of(node, owner, "patience"), MAX_PATIENCE).unwrap_or(PATIENCE);
    let rate = checked_rate(walk, parts.rate, Place::of(node, owner, "rate"));
    let good_status = good_status(walk, parts.good, owner);
    let not_header = not_header(walk, parts.not_header, owner);
    let session = session(walk, parts.session, owner);
    let verify = parts.verify.and_then(|node| verify(walk, node, owner));
    let (method, path) = request?;
    let body = parts.body.map(str::to_owned);
    let load = Load { method, path, headers, body, rate, good_status, not_header, patience, session, verify };
    check_holes(walk, node, owner, &load);
    Some(load)
}

fn request(walk: &mut Walk<'_, '_>, node: &Node, owner: &str) -> Option<(String, String)> {
    let Some(text) = node.as_text() else {
        let message = format!("the request of {owner} must be text, found {}", node.shape());
        walk.error("request", node.span, message, "write a method and a path, such as `GET /health`");
        return None;
    };
    request_line(walk, text, node.span, owner)
}

fn checked_rate(walk: &mut Walk<'_, '_>, rate: Option<Rate>, at: Place<'_>) -> Rate {
    let usual = Rate::try_new(RATE).expect("100/s is a rate");
    let Some(rate) = rate else { return usual };
    if rate.per_second() > MAX_RATE {
        let message = format!("`rate` of {} is above {MAX_RATE}/s", at.owner);
        walk.error("wrong-value", at.span, message, "drills need a steady load, not the largest one");
        return usual;
    }
    rate
}

fn headers(walk: &mut Walk<'_, '_>, node: Option<&Node>, owner: &str) -> BTreeMap<String, String> {
    let mut headers = BTreeMap::new();
    for (name, (value, span)) in walk.texts_by_name(node, &format!("headers of {owner}")) {
        let lower = name.to_ascii_lowercase();
        if !is_header_name(&name) || value.contains(['\r', '\n', '\0']) {
            let message = format!("header `{}` of {owner} cannot be sent", name.escape_debug());
            walk.error("header", span, message, "a name is one word; a value is one line");
        } else if FRAMING.contains(&lower.as_str()) {
            let message = format!("header `{name}` of {owner} is set by the client itself");
            walk.error("header", span, message, "remove it");
        } else {
            headers.insert(name, value);
        }
    }
    if headers.len() > MAX_HEADERS {
        let message = format!("{owner} has {} headers; at most {MAX_HEADERS} are sent", headers.len());
        walk.error("too-many", node.map_or(Span::default(), |node| node.span), message, "remove some");
    }
    headers
}

/// A token of RFC 9110, section 5.6.2.
fn is_header_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c))
}

fn not_header(walk: &mut Walk<'_, '_>, node: Option<&Node>, owner: &str) -> BTreeMap<String, String> {
    let mut refused = BTreeMap::new();
    for (name, (value, span)) in walk.texts_by_name(node, &format!("not_header of {owner}")) {
        if !is_header_name(&name) {
            let message = format!("`{}` in not_header of {owner} is no header name", name.escape_debug());
            walk.error("header", span, message, "a name is one word, such as `x-freshness`");
            continue;
        }
        refused.insert(name.to_ascii_lowercase(), value);
    }
    refused
}

fn good_status(walk: &mut Walk<'_, '_>, node: Option<&Node>, owner: &str) -> Vec<u16> {
    let usual = || (200..=299).collect();
    let Some(node) = node else { return usual() };
    let items = node.as_list().unwrap_or(std::slice::from_ref(node));
    let mut good = BTreeSet::new();
    for item in items {
        let status =
            item.as_text().and_then(|text| text.parse::<u16>().ok()).filter(|status| (100..=599).contains(status));
        match status {
            Some(status) => drop(good.insert(status)),
            None => {
                let message = format!("`good` of {owner} must be status codes from 100 to 599, found {}", found(item));
                walk.error("wrong-value", item.span, message, "write numbers, such as `[200, 201]`");
            }
        }
    }
    if items.is_empty() {
        let message = format!("`good` of {owner} is empty: no answer could be good");
        walk.error("wrong-value", node.span, message, "remove it for 200 to 299");
    }
    if good.is_empty() { usual() } else { good.into_iter().collect() }
}

fn session(walk: &mut Walk<'_, '_>, node: Option<&Node>, owner: &str) -> Vec<SessionStep> {
    let Some(node) = node else { return Vec::new() };
    let Some(items) = node.as_list() else {
        let message = format!("`session` of {owner} must be a list of steps, found {}", found(node));
        walk.error(
            "wrong-shape",
            node.span,
            message,
            "write `session: [{request: POST /login, take: {token: /token}}]`",
        );
        return Vec::new();
    };
    if items.len() > MAX_STEPS {
        let message = format!("`session` of {owner} has {} steps; at most {MAX_STEPS} are sent", items.len());
        walk.error("too-many", node.span, message, "a session only logs in");
    }
    let mut taken = BTreeSet::new();
    items.iter().take(MAX_STEPS).filter_map(|item| step(walk, item, owner, &mut taken)).collect()
}

fn step(walk: &mut Walk<'_, '_>, node: &Node, load: &str, taken: &mut BTreeSet<String>) -> Option<SessionStep> {
    let owner = format!("a session step in {load}");
    let mut fields = walk.fields(node, &owner)?;
    let line = fields.need("request");
    let body = fields.text("body");
    let take = fields.get("take");
    fields.finish();
    let request = line.and_then(|node| request(walk, node, &owner));
    let take = pointers(walk, take, &owner);
    let (method, path) = request?;
    let sent = |text, key: &str| Sent { text, span: span_of(node, key), what: format!("`{key}` of {owner}") };
    let texts = [Some(sent(&path, "request")), body.map(|body| sent(body, "body"))];
    for text in texts.into_iter().flatten() {
        let holes = holes(walk, &text);
        check_takes(walk, &text, &holes, taken);
    }
    taken.extend(take.keys().cloned());
    Some(SessionStep { method, path, body: body.map(str::to_owned), take })
}

/// JSON pointers (RFC 6901) behind names.
fn pointers(walk: &mut Walk<'_, '_>, node: Option<&Node>, owner: &str) -> BTreeMap<String, String> {
    let mut pointers = BTreeMap::new();
    for (name, (pointer, span)) in walk.texts_by_name(node, &format!("take of {owner}")) {
        if name.is_empty() || name.contains('}') || !(pointer.is_empty() || pointer.starts_with('/')) {
            let message =
                format!("`take` of {owner} cannot take `{}` from `{}`", name.escape_debug(), pointer.escape_debug());
            walk.error(
                "wrong-value",
                span,
                message,
                "write a name and a JSON pointer into the answer, such as `token: /token`",
            );
            continue;
        }
        pointers.insert(name, pointer);
    }
    pointers
}

fn verify(walk: &mut Walk<'_, '_>, node: &Node, load: &str) -> Option<Verify> {
    let owner = format!("verify in {load}");
    let mut fields = walk.fields(node, &owner)?;
    let path = fields.need_text("path");
    let holds = fields.need_text("holds");
    fields.finish();
    for (key, text) in [("path", path), ("holds", holds)] {
        if text.is_some_and(|text| !text.contains("${id}")) {
            let message = format!("`{key}` of {owner} has no `${{id}}`: it would look for the same thing each time");
            walk.error("verify-id", span_of(node, key), message, "name the written thing with `${id}`");
        }
    }
    let (path, holds) = (path?, holds?);
    if !is_request_path(path) {
        let message = format!("`path` of {owner} cannot be asked for: `{}`", path.escape_debug());
        walk.error("request", span_of(node, "path"), message, "a path begins with `/` and holds no spaces and no `#`");
        return None;
    }
    Some(Verify { path: path.to_owned(), holds: holds.to_owned() })
}

/// Every hole must be known, and everything taken must have been taken by a session step before.
fn check_holes(walk: &mut Walk<'_, '_>, node: &Node, owner: &str, load: &Load) {
    let taken: BTreeSet<String> = load.session.iter().flat_map(|step| step.take.keys().cloned()).collect();
    let sent = |text, key: &str| Sent { text, span: span_of(node, key), what: format!("`{key}` of {owner}") };
    let mut texts = vec![sent(load.path.as_str(), "request")];
    texts.extend(load.headers.values().map(|value| sent(value.as_str(), "headers")));
    texts.extend(load.body.as_deref().map(|body| sent(body, "body")));
    let mut carries_id = false;
    for text in &texts {
        let holes = holes(walk, text);
        carries_id |= holes.contains(&Hole::Id);
        check_takes(walk, text, &holes, &taken);
    }
    let Some(verify) = &load.verify else { return };
    for text in [sent(&verify.path, "verify"), sent(&verify.holds, "verify")] {
        let holes = holes(walk, &text);
        check_takes(walk, &text, &holes, &taken);
        if holes.contains(&Hole::Seq) || holes.contains(&Hole::Pad) {
            let message = format!("{} can hold `${{id}}` and `${{take:NAME}}` only", text.what);
            walk.error("load-hole", text.span, message, "what is looked for afterwards is known by its id");
        }
    }
    if !carries_id {
        let message = format!("{owner} verifies by `${{id}}` and never sends it");
        walk.error("verify-id", span_of(node, "verify"), message, "put `${id}` into the path, a header or the body");
    }
}

fn check_takes(walk: &mut Walk<'_, '_>, text: &Sent<'_>, holes: &[Hole], taken: &BTreeSet<String>) {
    for hole in holes {
        let Hole::Take(name) = hole else { continue };
        if !taken.contains(name) {
            let message = format!("`${{take:{name}}}` in {} is taken by no session step before", text.what);
            let near = walk.nearest(name, taken.iter().map(String::as_str));
            let help =
                near.map_or("add `take: {..}` to a session step".to_owned(), |near| format!("did you mean `{near}`?"));
            walk.error("load-take", text.span, message, &help);
        }
    }
}
