//! `k8s.live`: what an API server says of one object, or of those that a selector chooses.
//!
//! GET only, with a token from the environment. A status that was written for an older generation of the object is
//! trouble: what it says is not yet of what was asked for. A 404 is an absence only where the API server says so of
//! this very object; a path that it does not serve is a slip.

use std::collections::BTreeSet;

use evidence::{Grade, Value};
use outside::http::Answer;
use serde_json::Value as Json;
use serde_json_path::JsonPath;
use system::{ComponentId, System};
use text::{Fields, Source};

use crate::World;
use crate::ask::{Asker, Asking, encoded};
use crate::endpoint::is_path;
use crate::hole::{self, Holes};
use crate::json;
use crate::kind::{Look, Looking};
use crate::read::span_of;
use crate::sight::{Sight, can_be_spelled};

/// Kinds that are known by name, with the path of their API; all of them live in namespaces.
const KNOWN: [(&str, &str, &str); 12] = [
    ("pod", "api/v1", "pods"),
    ("service", "api/v1", "services"),
    ("endpoints", "api/v1", "endpoints"),
    ("endpointslice", "apis/discovery.k8s.io/v1", "endpointslices"),
    ("deployment", "apis/apps/v1", "deployments"),
    ("statefulset", "apis/apps/v1", "statefulsets"),
    ("daemonset", "apis/apps/v1", "daemonsets"),
    ("poddisruptionbudget", "apis/policy/v1", "poddisruptionbudgets"),
    ("networkpolicy", "apis/networking.k8s.io/v1", "networkpolicies"),
    ("cronjob", "apis/batch/v1", "cronjobs"),
    ("job", "apis/batch/v1", "jobs"),
    ("externalsecret", "apis/external-secrets.io/v1", "externalsecrets"),
];

/// Numbers that are read by name: where they stand, and whether nothing written means 0.
const NUMBERS: [(&str, &str, bool); 14] = [
    ("disruptions_allowed", "/status/disruptionsAllowed", false),
    ("expected_pods", "/status/expectedPods", false),
    ("current_healthy", "/status/currentHealthy", false),
    ("desired_healthy", "/status/desiredHealthy", false),
    ("replicas", "/spec/replicas", false),
    ("ready_replicas", "/status/readyReplicas", true),
    ("available_replicas", "/status/availableReplicas", true),
    ("updated_replicas", "/status/updatedReplicas", true),
    ("desired_number_scheduled", "/status/desiredNumberScheduled", false),
    ("number_ready", "/status/numberReady", false),
    ("generation", "/metadata/generation", false),
    ("observed_generation", "/status/observedGeneration", false),
    ("succeeded", "/status/succeeded", false),
    ("failed", "/status/failed", false),
];

/// An object, or a list of them.
#[derive(Clone, Debug)]
pub(crate) struct K8sLive {
    asking: Asking,
    path: String,
    at: Option<JsonPath>,
}

impl K8sLive {
    pub(crate) fn read(fields: &mut Fields<'_, '_>, system: &System, source: &Source) -> Option<Self> {
        let asking = Asking::read(fields, system, source);
        let token = fields.text("token");
        let token_span = span_of(fields, "token");
        let token = token.and_then(|token| {
            if !token.contains("${env:") {
                fields.problem("secret-in-text", token_span, "write the token as `${env:NAME}`, not into the file");
            }
            hole::read(&format!("Bearer {token}"), token_span, Holes::Env, source, fields.problems())
        });
        let resource = fields.need_text("resource");
        let resource_span = span_of(fields, "resource");
        let path = resource.and_then(|resource| {
            path_of(resource).map_err(|why| fields.problem("wrong-value", resource_span, why)).ok()
        });
        let selector = fields.text("selector").map(|selector| format!("?labelSelector={}", encoded(selector)));
        let at = json::read_path(fields, "at");
        let mut asking = asking?;
        asking.headers.extend(token.map(|token| ("authorization".to_owned(), token)));
        Some(Self { asking, path: path? + &selector.unwrap_or_default(), at })
    }

    fn source(&self) -> String {
        format!("GET {}{}", self.asking.endpoint.shown(), self.path)
    }
}

/// `apis/policy/v1/namespaces/x/poddisruptionbudgets/name`, or `PodDisruptionBudget/x/name`.
fn path_of(resource: &str) -> Result<String, String> {
    let plain = resource.trim_start_matches('/');
    let path = if plain.starts_with("api/") || plain.starts_with("apis/") {
        plain.to_owned()
    } else {
        let parts: Vec<&str> = plain.split('/').collect();
        let (kind, namespace, name) = match parts.as_slice() {
            [kind, namespace] => (kind, namespace, None),
            [kind, namespace, name] => (kind, namespace, Some(name)),
            _ => return Err("`resource` must be a path of the API, or `Kind/namespace/name`".to_owned()),
        };
        let known = KNOWN.iter().find(|(known, ..)| *known == kind.to_ascii_lowercase());
        let Some((_, group, plural)) = known else {
            let names: Vec<&str> = KNOWN.iter().map(|(name, ..)| *name).collect();
            return Err(format!("`{kind}` is not known by name ({}): write its path", names.join(", ")));
        };
        let name = name.map_or_else(String::new, |name| format!("/{name}"));
        format!("{group}/namespaces/{namespace}/{plural}{name}")
    };
    let path = format!("/{path}");
    if !is_path(&path) || path.contains("..") || path.contains("//") || path.contains('?') {
        return Err("`resource` is no path of the API".to_owned());
    }
    Ok(path)
}

impl Look for K8sLive {
    fn subject(&self) -> String {
        self.path.clone()
    }

    fn component(&self) -> Option<&ComponentId> {
        self.asking.endpoint.component_id()
    }

    fn look<'a>(&'a self, world: &'a World) -> Looking<'a> {
        Box::pin(async move { self.asking.look(world, &self.source(), |asker| one(self, asker)).await })
    }
}

async fn one(probe: &K8sLive, asker: Asker) -> Sight {
    let answer = match asker.get(&probe.path, &[("accept", "application/json")]).await {
        Err(error) => return Sight::blind(probe.source(), &error),
        Ok(answer) => answer,
    };
    let mut sight = Sight::new(probe.source());
    if answer.status == 404 && says_not_found(&answer) {
        sight.boolean("found", false);
        (sight.subjects, sight.grade) = (1, Some(Grade::Absent));
        return sight;
    }
    let json = match asker.read(&probe.path, &answer) {
        Err(error) => return Sight::blind(probe.source(), &error),
        Ok(json) => json,
    };
    // A gateway's page, or an error in a body with the status 200, is no object.
    let is_object = json["apiVersion"].is_string() && json["kind"].is_string() && json["kind"] != "Status";
    if !is_object {
        sight.trouble = Some("the answer is no object of Kubernetes".to_owned());
        return sight;
    }
    (sight.subjects, sight.grade) = (1, Some(Grade::Live));
    sight.boolean("found", true);
    match json["items"].as_array() {
        Some(items) => tell_list(&mut sight, &json, items),
        None => tell_object(&mut sight, &json),
    }
    if let Some(at) = &probe.at {
        let found = sight.values.remove("found");
        json::put_found(&mut sight, at, &json);
        let at_found = sight.values.remove("found");
        sight.values.extend(at_found.map(|at| ("at_found".to_owned(), at)));
        sight.values.extend(found.map(|found| ("found".to_owned(), found)));
    }
    sight
}

/// Whether the API server says that this object is not there, and not that it knows no such path.
fn says_not_found(answer: &Answer) -> bool {
    let Ok(json) = serde_json::from_slice::<Json>(&answer.body) else { return false };
    json["kind"] == "Status" && json["reason"] == "NotFound" && json["details"]["name"].is_string()
}

fn tell_object(sight: &mut Sight, json: &Json) {
    let (generation, observed) =
        (json["metadata"]["generation"].as_i64(), json["status"]["observedGeneration"].as_i64());
    if let (Some(generation), Some(observed)) = (generation, observed)
        && observed < generation
    {
        sight.trouble = Some(format!("the status is of generation {observed}, and the object of {generation}"));
    }
    let is_workload = json["status"]["observedGeneration"].is_i64() && json["spec"]["template"].is_object();
    for (name, pointer, none_is_zero) in NUMBERS {
        let number = json.pointer(pointer).and_then(Json::as_i64);
        let number = number.or((none_is_zero && is_workload).then_some(0));
        sight.values.extend(number.map(|number| (name.to_owned(), Value::Integer(number))));
    }
    for condition in json["status"]["conditions"].as_array().into_iter().flatten() {
        let (Some(name), Some(status)) = (condition["type"].as_str(), condition["status"].as_str()) else { continue };
        // `Unknown` is not seen.
        let status = match status {
            "True" => true,
            "False" => false,
            _ => continue,
        };
        if can_be_spelled(name) {
            sight.boolean(format!("conditions.{name}"), status);
        }
    }
    match json["kind"].as_str() {
        Some("EndpointSlice") => tell_endpoints(sight, std::slice::from_ref(json)),
        Some("Endpoints") => {
            let subsets = json["subsets"].as_array().into_iter().flatten();
            sight.integer("endpoints", subsets.filter_map(|subset| subset["addresses"].as_array()).map(Vec::len).sum());
        }
        _ => {}
    }
}

fn tell_list(sight: &mut Sight, json: &Json, items: &[Json]) {
    sight.integer("items", items.len());
    if json["metadata"]["continue"].as_str().is_some_and(|more| !more.is_empty()) {
        sight.trouble = Some("the list goes on, and only its beginning was read".to_owned());
    }
    match json["kind"].as_str() {
        Some("EndpointSliceList") => tell_endpoints(sight, items),
        Some("PodList") => tell_pods(sight, items),
        _ => {}
    }
}

/// Endpoints that are ready; nothing written means ready.
fn tell_endpoints(sight: &mut Sight, slices: &[Json]) {
    let endpoints = slices.iter().filter_map(|slice| slice["endpoints"].as_array()).flatten();
    let ready = endpoints.filter(|endpoint| endpoint["conditions"]["ready"].as_bool().unwrap_or(true));
    let addresses: BTreeSet<&str> = ready.filter_map(|endpoint| endpoint["addresses"][0].as_str()).collect();
    sight.integer("endpoints", addresses.len());
}

/// Of no pods at all nothing is said but that there are none.
fn tell_pods(sight: &mut Sight, pods: &[Json]) {
    let ends = |pod: &&Json| {
        let phase = pod["status"]["phase"].as_str();
        !pod["metadata"]["deletionTimestamp"].is_string() && !matches!(phase, Some("Succeeded" | "Failed"))
    };
    let pods: Vec<&Json> = pods.iter().filter(ends).collect();
    let is_ready = |pod: &&&Json| {
        let conditions = pod["status"]["conditions"].as_array();
        conditions.into_iter().flatten().any(|one| one["type"] == "Ready" && one["status"] == "True")
    };
    let ready: Vec<&&Json> = pods.iter().filter(is_ready).collect();
    sight.integer("pods", pods.len());
    sight.integer("ready_pods", ready.len());
    let nodes = |pods: &[&&Json]| {
        let names: Option<Vec<&str>> = pods.iter().map(|pod| pod["spec"]["nodeName"].as_str()).collect();
        names.map(|names| names.iter().copied().collect::<BTreeSet<&str>>().len())
    };
    if !ready.is_empty()
        && let Some(nodes) = nodes(&ready)
    {
        sight.integer("distinct_nodes", nodes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resources_are_paths_or_known_kinds() {
        let path = |resource: &str| path_of(resource).ok();
        let is = |path: &str| Some(path.to_owned());
        let budget = is("/apis/policy/v1/namespaces/shop/poddisruptionbudgets/api");
        assert_eq!(path("PodDisruptionBudget/shop/api"), budget);
        assert_eq!(path("/apis/policy/v1/namespaces/shop/poddisruptionbudgets/api"), budget);
        assert_eq!(path("Pod/shop"), is("/api/v1/namespaces/shop/pods"));
        for wrong in ["Pod", "Node/x/y", "Pod/a/b/c", "api/v1/../x", "api/v1/a?b", "Pod/a b/c", "Pod//c"] {
            assert_eq!(path(wrong), None, "{wrong}");
        }
    }
}
