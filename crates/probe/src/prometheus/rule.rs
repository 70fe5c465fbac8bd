//! `prom.rule`: whether an alert exists, can fire, and would reach somebody.
//!
//! An alert can be written, loaded and evaluated without error, and yet never fire, because a metric of its expression
//! has no series; or fire and reach nobody, because its route ends at a receiver without an integration. So the
//! chain is looked at link by link: the rule, the series, the Alertmanager that Prometheus knows, the route, the
//! receiver. Rule files in the repository are text: they show the first link only.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use evidence::{Grade, Quantity, Unit, Value};
use serde_json::Value as Json;
use system::{ComponentId, System};
use text::{Fields, NodeKind, Source};

use super::promql::{Expr, Selector, escaped};
use super::routing::{Config, Labels, Matcher, Routed, all_fit};
use super::{data, files, instant};
use crate::World;
use crate::ask::{Asker, Asking, encoded};
use crate::endpoint::Endpoint;
use crate::hole::Secrets;
use crate::kind::{Look, Looking};
use crate::read::span_of;
use crate::sight::{Sight, spelled};

/// The most selectors of one expression that are asked for.
const MAX_SELECTORS: usize = 50;

/// Labels that every series has from being scraped, so that a value which no series has is a slip and not a rare event.
const TARGET_LABELS: [&str; 2] = ["job", "instance"];

/// An alert, and the way it would take.
#[derive(Clone, Debug)]
pub(crate) struct PromRule {
    place: Place,
    pub(super) alert: String,
    alertmanager: Option<Endpoint>,
    receiver: Option<String>,
    /// Labels that the rule itself must have.
    labels: BTreeMap<String, String>,
    /// Labels that the alert will have from its series; the claim says so, and nothing here shows it.
    series_labels: BTreeMap<String, String>,
}

/// Where rules stand.
#[derive(Clone, Debug)]
enum Place {
    Server(Asking),
    Files(String),
}

/// A rule as it was loaded or written.
#[derive(Clone, Debug)]
pub(super) struct Rule {
    pub(super) expr: String,
    pub(super) held_for: Option<Duration>,
    pub(super) labels: BTreeMap<String, String>,
}

// ===== reading =====

impl PromRule {
    pub(crate) fn read(fields: &mut Fields<'_, '_>, system: &System, source: &Source) -> Option<Self> {
        let alert = fields.need_text("alert").map(str::to_owned);
        let labels = read_labels(fields, "labels");
        let mut series_labels = BTreeMap::new();
        let place = match fields.text("path") {
            Some(path) => Some(Place::Files(path.to_owned())),
            None => Asking::read(fields, system, source).map(Place::Server),
        };
        let (mut alertmanager, mut receiver) = (None, None);
        if let Some(Place::Server(_)) = place {
            series_labels = read_labels(fields, "series_labels");
            alertmanager = Endpoint::read_text(fields, "alertmanager", system);
            receiver = fields.text("receiver").map(str::to_owned);
            if receiver.is_some() && !fields.all().iter().any(|entry| entry.key == "alertmanager") {
                let span = span_of(fields, "receiver");
                fields.problem("wrong-value", span, "a `receiver` needs an `alertmanager` that knows it");
            }
        }
        Some(Self { place: place?, alert: alert?, alertmanager, receiver, labels, series_labels })
    }

    fn source(&self) -> String {
        match &self.place {
            Place::Server(asking) => format!("{} rules: {}", asking.endpoint.shown(), self.alert),
            Place::Files(path) => path.clone(),
        }
    }
}

fn read_labels(fields: &mut Fields<'_, '_>, key: &'static str) -> BTreeMap<String, String> {
    let Some(node) = fields.get(key) else { return BTreeMap::new() };
    let NodeKind::Map(entries) = &node.kind else {
        fields.problem("wrong-shape", node.span, format!("`{key}` must be a map, found {}", node.shape()));
        return BTreeMap::new();
    };
    let mut labels = BTreeMap::new();
    for entry in entries {
        match entry.value.as_text() {
            Some(text) => drop(labels.insert(entry.key.clone(), text.to_owned())),
            None => fields.problem("wrong-value", entry.value.span, format!("`{}` must be text", entry.key)),
        }
    }
    labels
}

impl Look for PromRule {
    fn subject(&self) -> String {
        match &self.place {
            Place::Server(asking) => asking.endpoint.subject(),
            Place::Files(path) => path.clone(),
        }
    }

    fn component(&self) -> Option<&ComponentId> {
        match &self.place {
            Place::Server(asking) => asking.endpoint.component_id(),
            Place::Files(_) => None,
        }
    }

    fn look<'a>(&'a self, world: &'a World) -> Looking<'a> {
        match &self.place {
            Place::Files(path) => Box::pin(files::look(self, path, world)),
            Place::Server(asking) => {
                Box::pin(
                    async move { asking.look(world, &self.source(), |asker| one(self, asking, asker, world)).await },
                )
            }
        }
    }
}

// ===== the rule =====

async fn one(probe: &PromRule, asking: &Asking, asker: Asker, world: &World) -> Sight {
    let mut sight = Sight::new(probe.source());
    let rules = match data(&asker, "/api/v1/rules?type=alert").await {
        Err(error) => return Sight::blind(probe.source(), &error),
        Ok((data, _)) => rules_of(probe, &data),
    };
    let Some(rules) = rules else {
        sight.trouble = Some("the answer holds no groups of rules".to_owned());
        return sight;
    };
    sight.subjects = 1;
    sight.integer("rules", rules.len());
    sight.boolean("exists", !rules.is_empty());
    sight.grade = Some(if rules.is_empty() { Grade::Absent } else { Grade::Live });
    let [(rule, json)] = rules.as_slice() else {
        if rules.len() > 1 {
            trouble(&mut sight, format!("{} rules have this name: choose one by its `labels`", rules.len()));
        }
        return sight;
    };
    tell_rule(&mut sight, rule);
    tell_state(&mut sight, json);
    let sound = json["health"].as_str() != Some("err");
    tell_series(&mut sight, rule, sound, &asker).await;
    let known = tell_alertmanagers(&mut sight, &asker).await;
    if let Some(alertmanager) = &probe.alertmanager {
        let asked = asking.of(alertmanager);
        tell_way(&mut sight, probe, rule, &asked, known, world).await;
    }
    sight
}

pub(super) fn trouble(sight: &mut Sight, what: impl Into<String>) {
    let before = sight.trouble.take().map_or_else(String::new, |trouble| format!("{trouble}; "));
    sight.trouble = Some(format!("{before}{}", what.into()));
}

/// The rules of the name, with what the server says of each.
fn rules_of(probe: &PromRule, data: &Json) -> Option<Vec<(Rule, Json)>> {
    let groups = data["groups"].as_array()?;
    let all = groups.iter().filter_map(|group| group["rules"].as_array()).flatten();
    let read = |json: &Json| {
        let labels = json["labels"].as_object().into_iter().flatten();
        let labels = labels.filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned()))).collect();
        let held_for = json["duration"].as_f64().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
        (Rule { expr: json["query"].as_str().unwrap_or_default().to_owned(), held_for, labels }, json.clone())
    };
    let named = all.filter(|json| json["type"] == "alerting" && json["name"] == probe.alert.as_str()).map(read);
    Some(named.filter(|(rule, _)| probe.chooses(rule)).collect())
}

impl PromRule {
    /// Whether a rule has all the labels that are asked for. One that lost a label is another rule.
    pub(super) fn chooses(&self, rule: &Rule) -> bool {
        self.labels.iter().all(|(name, value)| rule.labels.get(name) == Some(value))
    }
}

/// What the rule itself says.
pub(super) fn tell_rule(sight: &mut Sight, rule: &Rule) {
    sight.text("expr", &rule.expr);
    if let Some(held_for) = rule.held_for {
        sight.put("for_seconds", Value::duration(held_for));
    }
    for (name, value) in &rule.labels {
        sight.text(format!("labels.{}", spelled(name)), value);
    }
    match Expr::parse(&rule.expr) {
        Ok(expr) => {
            let names: BTreeSet<String> = expr.selectors().into_iter().filter_map(|s| s.name.clone()).collect();
            sight.put("metrics", texts(names));
        }
        Err(why) => sight.text("expr_not_read", &why),
    }
}

fn texts(texts: impl IntoIterator<Item = String>) -> Value {
    Value::List(texts.into_iter().map(Value::Text).collect())
}

fn tell_state(sight: &mut Sight, json: &Json) {
    for (name, key) in [("health", "health"), ("state", "state"), ("evaluation_error", "lastError")] {
        if let Some(text) = json[key].as_str().filter(|text| !text.is_empty()) {
            sight.text(name, text);
        }
    }
    match json["health"].as_str() {
        Some("ok") => sight.boolean("evaluates", true),
        Some("err") => sight.boolean("evaluates", false),
        // It was not evaluated yet.
        _ => {}
    }
}

// ===== the series =====

/// Whether every metric that the expression needs has series now. A metric that has series, but none with the labels
/// asked for, may yet get them (the first error of its kind): then it is not known whether the alert can fire.
async fn tell_series(sight: &mut Sight, rule: &Rule, sound: bool, asker: &Asker) {
    if !sound {
        sight.boolean("can_fire", false);
    }
    let Ok(expr) = Expr::parse(&rule.expr) else { return };
    let need = expr.need();
    let wanted: BTreeSet<&Selector> = need.series().into_iter().collect();
    if wanted.len() > MAX_SELECTORS {
        trouble(sight, format!("the expression has more than {MAX_SELECTORS} selectors"));
        return;
    }
    let mut has: BTreeMap<&Selector, Option<bool>> = BTreeMap::new();
    let (mut metrics, mut selectors, mut all_asked) = (BTreeSet::new(), BTreeSet::new(), true);
    for selector in wanted {
        let found = series_of(selector, asker).await;
        match &found {
            Ok(Found::Some) => {}
            Ok(Found::NoMetric) => drop(metrics.insert(selector.name.clone().unwrap_or_else(|| selector.shown()))),
            Ok(Found::NoTarget | Found::NoLabels) => drop(selectors.insert(selector.shown())),
            Err(why) => {
                trouble(sight, why.clone());
                all_asked = false;
            }
        }
        let known = found.ok().and_then(|found| match found {
            Found::Some => Some(true),
            Found::NoMetric | Found::NoTarget => Some(false),
            Found::NoLabels => None,
        });
        has.insert(selector, known);
    }
    if all_asked {
        sight.integer("missing_metrics", metrics.len());
        sight.put("metrics_without_series", texts(metrics));
        sight.put("selectors_without_series", texts(selectors));
    }
    if let Some(met) = need.is_met(&|selector| has.get(selector).copied().flatten()).filter(|_| sound) {
        sight.boolean("can_fire", met);
    }
}

/// What there is of a selector.
enum Found {
    /// Series.
    Some,
    /// The metric has none at all.
    NoMetric,
    /// Nothing at all is scraped under the job or instance that is asked for.
    NoTarget,
    /// The metric has series, none with these labels.
    NoLabels,
}

async fn series_of(selector: &Selector, asker: &Asker) -> Result<Found, String> {
    if has_series(&selector.written(), asker).await? {
        return Ok(Found::Some);
    }
    let Some(name) = &selector.name else { return Ok(Found::NoLabels) };
    let bare = Selector { name: Some(name.clone()), ..Selector::default() };
    if selector.matchers.is_empty() || !has_series(&bare.written(), asker).await? {
        return Ok(Found::NoMetric);
    }
    for matcher in selector.matchers.iter().filter(|m| m.operator == "=" && TARGET_LABELS.contains(&m.label.as_str())) {
        if !has_series(&format!("{{{}=\"{}\"}}", matcher.label, escaped(&matcher.value)), asker).await? {
            return Ok(Found::NoTarget);
        }
    }
    Ok(Found::NoLabels)
}

async fn has_series(written: &str, asker: &Asker) -> Result<bool, String> {
    let answer = data(asker, &instant(&format!("count({written})"))).await;
    let (data, _) = answer.map_err(|error| error.words())?;
    let result = data["result"].as_array().ok_or_else(|| format!("no series were told for {written}"))?;
    Ok(!result.is_empty())
}

// ===== the way to somebody =====

/// How many Alertmanagers Prometheus knows, and their addresses.
async fn tell_alertmanagers(sight: &mut Sight, asker: &Asker) -> Vec<String> {
    match data(asker, "/api/v1/alertmanagers").await {
        Err(error) => {
            trouble(sight, error.words());
            Vec::new()
        }
        Ok((data, _)) => {
            let urls = data["activeAlertmanagers"].as_array().into_iter().flatten();
            let urls: Vec<String> = urls.filter_map(|one| one["url"].as_str()).map(str::to_owned).collect();
            sight.integer("alertmanagers", urls.len());
            urls
        }
    }
}

async fn tell_way(
    sight: &mut Sight,
    probe: &PromRule,
    rule: &Rule,
    asking: &Asking,
    known: Vec<String>,
    world: &World,
) {
    let askers = match asking.askers(world, &mut Secrets::default()).await {
        Ok(askers) => askers,
        Err(error) => return trouble(sight, format!("alertmanager: {}", error.words())),
    };
    // The members of a cluster have one configuration between them; the first tells it.
    let Some(asker) = askers.first() else { return trouble(sight, "the alertmanager has no address") };
    let port = asker.at.to_string();
    let is_known = known.iter().any(|url| names(url, &port, &asking.endpoint.subject()));
    // A name of the cluster's own could be this address; only addresses can be told apart.
    if is_known || known.iter().all(|url| host_of(url).parse::<std::net::SocketAddr>().is_ok()) {
        sight.boolean("alertmanager_known", is_known);
    }
    let labels = labels_of(probe, rule);
    if let Err(why) = tell_route(sight, probe, &labels, asker).await {
        trouble(sight, format!("alertmanager: {why}"));
    }
    if let Err(why) = tell_quiet(sight, probe, &labels, asker).await {
        trouble(sight, format!("alertmanager: {why}"));
    }
}

/// Whether the URL of an Alertmanager is of this address or host.
fn names(url: &str, address: &str, host: &str) -> bool {
    let at = host_of(url);
    at == address || at == host || at.replace("localhost", "127.0.0.1") == address
}

/// `host:port` of a URL.
fn host_of(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split('/').next().unwrap_or_default()
}

/// What is known of the labels that the alert will have.
fn labels_of(probe: &PromRule, rule: &Rule) -> Labels {
    let own = rule.labels.iter().map(|(name, value)| (name.clone(), (!value.contains("{{")).then(|| value.clone())));
    let added = probe.series_labels.iter().map(|(name, value)| (name.clone(), Some(value.clone())));
    // The labels of a rule win over those of its series.
    added.chain(own).chain([("alertname".to_owned(), Some(probe.alert.clone()))]).collect()
}

async fn tell_route(sight: &mut Sight, probe: &PromRule, labels: &Labels, asker: &Asker) -> Result<(), String> {
    let status = asker.json("/api/v2/status").await.map_err(|error| error.words())?;
    let original = status["config"]["original"].as_str().ok_or("it does not tell its configuration")?;
    let config = Config::read(original)?;
    let Routed { certain, possible } = config.route(labels)?;
    let empty: BTreeMap<&String, Option<bool>> = possible.iter().map(|name| (name, config.is_empty(name))).collect();
    sight.put("possible_receivers", texts(possible.iter().cloned()));
    if let (1, Some(only)) = (possible.len(), possible.first()) {
        sight.text("receiver", only);
        sight.values.extend(empty[only].map(|is_empty| ("receiver_is_empty".to_owned(), Value::Boolean(is_empty))));
    }
    let sends = |name: &String| empty[name].map(|is_empty| !is_empty);
    let routed = match &probe.receiver {
        Some(wanted) if certain.contains(wanted) => sends(wanted),
        Some(wanted) if !possible.contains(wanted) => Some(false),
        Some(_) => None,
        None if certain.iter().any(|name| sends(name) == Some(true)) => Some(true),
        None if possible.iter().all(|name| sends(name) == Some(true)) => Some(true),
        None if possible.iter().all(|name| sends(name) == Some(false)) => Some(false),
        None => None,
    };
    sight.values.extend(routed.map(|routed| ("routed".to_owned(), Value::Boolean(routed))));
    Ok(())
}

/// Whether it is silenced or inhibited now.
async fn tell_quiet(sight: &mut Sight, probe: &PromRule, labels: &Labels, asker: &Asker) -> Result<(), String> {
    let silences = asker.json("/api/v2/silences").await.map_err(|error| error.words())?;
    let active = silences.as_array().ok_or("it does not tell its silences")?.iter();
    let active = active.filter(|silence| silence["status"]["state"] == "active");
    let fits: Vec<Option<bool>> = active.map(|silence| all_fit(&matchers_of(silence), labels)).collect();
    if fits.contains(&Some(true)) {
        sight.boolean("silenced", true);
    } else if fits.iter().all(|fits| *fits == Some(false)) {
        sight.boolean("silenced", false);
    }
    let filter = encoded(&format!("alertname=\"{}\"", escaped(&probe.alert)));
    let alerts = asker.json(&format!("/api/v2/alerts?filter={filter}")).await.map_err(|error| error.words())?;
    let alerts = alerts.as_array().ok_or("it does not tell its alerts")?;
    sight.integer("alerts_now", alerts.len());
    let inhibited = |alert: &Json| alert["status"]["inhibitedBy"].as_array().is_some_and(|by| !by.is_empty());
    if !alerts.is_empty() {
        sight.boolean("inhibited", alerts.iter().any(inhibited));
    }
    Ok(())
}

fn matchers_of(silence: &Json) -> Vec<Matcher> {
    let text = |json: &Json| json.as_str().unwrap_or_default().to_owned();
    let matcher = |json: &Json| Matcher {
        label: text(&json["name"]),
        equal: json["isEqual"].as_bool().unwrap_or(true),
        pattern: json["isRegex"].as_bool().unwrap_or(false),
        value: text(&json["value"]),
    };
    silence["matchers"].as_array().into_iter().flatten().map(matcher).collect()
}

/// A duration of a rule file, such as `1h30m`.
pub(super) fn held_for(text: &str) -> Option<Duration> {
    let mut whole = 0.0;
    let mut rest = text.trim();
    if rest == "0" {
        return Some(Duration::ZERO);
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).filter(|at| *at > 0)?;
        let unit = rest[digits..].find(|c: char| c.is_ascii_digit()).map_or(rest.len(), |at| digits + at);
        let seconds = match &rest[digits..unit] {
            "ms" => 0.001,
            "s" => 1.0,
            "m" => 60.0,
            "h" => 3600.0,
            "d" => 86_400.0,
            "w" => 604_800.0,
            "y" => 31_536_000.0,
            _ => return None,
        };
        whole += rest[..digits].parse::<f64>().ok()? * seconds;
        rest = &rest[unit..];
    }
    let quantity = Quantity::exact(whole, Unit::Second).filter(|_| !text.trim().is_empty())?;
    Duration::try_from_secs_f64(quantity.low()).ok()
}
