//! What a repository has that commands name: targets, scripts, services, workloads. Read when first asked for.
//!
//! `Some(false)` is said only where everything that could make it was read: a Makefile that includes another one, a chart or
//! an operator may make what no file here names, and then nobody knows.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::OnceLock;

use regex::Regex;
use text::Node;

use crate::kubernetes::tree::{self, Tree};
use crate::repository::comment::{comments, without};
use crate::repository::files::Files;

/// The largest file read for names.
const MAX_NAMES_BYTES: usize = 4 << 20;

/// Whether something is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum There {
    Yes,
    No(String),
    Unknown(String),
}

impl There {
    fn no(words: impl Into<String>) -> Self {
        Self::No(words.into())
    }

    fn unknown(words: impl Into<String>) -> Self {
        Self::Unknown(words.into())
    }
}

/// The repository, as commands see it.
pub(super) struct Known<'f> {
    pub(super) files: &'f Files,
    tree: OnceLock<Option<Tree>>,
}

/// Custom kinds that make no workload.
const MAKES_NONE: [&str; 24] = [
    "ServiceMonitor",
    "PodMonitor",
    "PrometheusRule",
    "Probe",
    "Certificate",
    "Issuer",
    "ClusterIssuer",
    "IngressRoute",
    "Middleware",
    "ExternalSecret",
    "ClusterExternalSecret",
    "SealedSecret",
    "SecretStore",
    "ClusterSecretStore",
    "CiliumNetworkPolicy",
    "VirtualService",
    "DestinationRule",
    "Gateway",
    "HTTPRoute",
    "ScaledObject",
    "AppProject",
    "ReferenceGrant",
    "BackendTLSPolicy",
    "VerticalPodAutoscaler",
];

/// Short and plural names of kinds.
const KINDS: [(&str, &[&str]); 20] = [
    ("Deployment", &["deploy", "deployment", "deployments", "deployment.apps", "deployments.apps"]),
    ("StatefulSet", &["sts", "statefulset", "statefulsets", "statefulset.apps"]),
    ("DaemonSet", &["ds", "daemonset", "daemonsets"]),
    ("ReplicaSet", &["rs", "replicaset", "replicasets"]),
    ("CronJob", &["cj", "cronjob", "cronjobs"]),
    ("Job", &["job", "jobs"]),
    ("Service", &["svc", "service", "services"]),
    ("ConfigMap", &["cm", "configmap", "configmaps"]),
    ("Secret", &["secret", "secrets"]),
    ("Ingress", &["ing", "ingress", "ingresses"]),
    ("Namespace", &["ns", "namespace", "namespaces"]),
    ("NetworkPolicy", &["netpol", "networkpolicy", "networkpolicies"]),
    ("PodDisruptionBudget", &["pdb", "poddisruptionbudget", "poddisruptionbudgets"]),
    ("HorizontalPodAutoscaler", &["hpa", "horizontalpodautoscaler"]),
    ("PersistentVolumeClaim", &["pvc", "persistentvolumeclaim", "persistentvolumeclaims"]),
    ("ServiceAccount", &["sa", "serviceaccount", "serviceaccounts"]),
    ("ServiceMonitor", &["servicemonitor", "servicemonitors"]),
    ("ExternalSecret", &["externalsecret", "externalsecrets"]),
    ("Rollout", &["rollout.argoproj.io", "rollouts"]),
    ("Pod", &["po", "pod", "pods"]),
];

/// The kind behind a word of `kubectl`.
pub(super) fn kind_of(word: &str) -> Option<&'static str> {
    let word = word.to_lowercase();
    KINDS.iter().find(|(_, words)| words.contains(&word.as_str())).map(|(kind, _)| *kind)
}

impl<'f> Known<'f> {
    pub(super) fn new(files: &'f Files) -> Self {
        Self { files, tree: OnceLock::new() }
    }

    /// The text of the first of some files below a directory, comments blanked, with its path.
    fn first(&self, base: &str, names: &[&str]) -> Option<(String, String)> {
        names.iter().find_map(|name| {
            let path = joined(base, name);
            let text = self.files.read(&path, MAX_NAMES_BYTES).ok()?;
            let text = without(&text, &comments(name, &text));
            Some((path, text))
        })
    }

    pub(super) fn make_target(&self, base: &str, file: Option<&str>, target: &str) -> There {
        let names: Vec<&str> = file.map_or_else(|| vec!["Makefile", "makefile", "GNUmakefile"], |file| vec![file]);
        let Some((path, text)) = self.first(base, &names) else {
            return There::no(format!("no Makefile for target `{target}`"));
        };
        let mut is_open = false;
        for line in text.lines().filter(|line| !line.starts_with(['\t', ' '])) {
            is_open |= line.starts_with("include") || line.starts_with("-include") || line.starts_with("$(");
            let Some((targets, rest)) = line.split_once(':') else { continue };
            if rest.starts_with('=') || targets.contains('=') {
                continue;
            }
            if targets.split_whitespace().any(|one| one == target) {
                return There::Yes;
            }
            is_open |= targets.contains('%') || targets.contains("$(");
        }
        if is_open {
            return There::unknown(format!("target `{target}`: {path} includes or makes targets"));
        }
        There::no(format!("target `{target}` in {path}"))
    }

    pub(super) fn just_recipe(&self, base: &str, recipe: &str) -> There {
        let Some((path, text)) = self.first(base, &["justfile", "Justfile", ".justfile"]) else {
            return There::no(format!("no justfile for recipe `{recipe}`"));
        };
        let name = |line: &str| {
            let head = line.trim_start_matches('@').split(':').next().unwrap_or("");
            head.split_whitespace().next().map(str::to_owned)
        };
        let is_alias =
            |line: &str| line.strip_prefix("alias ").is_some_and(|rest| rest.trim_start().starts_with(recipe));
        let top = || text.lines().filter(|line| !line.starts_with([' ', '\t']) && line.contains(':'));
        if top().any(|line| name(line).as_deref() == Some(recipe) || is_alias(line)) {
            return There::Yes;
        }
        if text.lines().any(|line| line.starts_with("import") || line.starts_with("mod ")) {
            return There::unknown(format!("recipe `{recipe}`: {path} imports others"));
        }
        There::no(format!("recipe `{recipe}` in {path}"))
    }

    pub(super) fn npm_script(&self, base: &str, script: &str) -> There {
        let path = joined(base, "package.json");
        let text = self.files.read(&path, MAX_NAMES_BYTES).ok();
        let Some(json) = text.and_then(|text| serde_json::from_str::<serde_json::Value>(&text).ok()) else {
            return There::no(format!("no package.json for script `{script}`"));
        };
        if json["scripts"].get(script).is_some() {
            There::Yes
        } else {
            There::no(format!("script `{script}` in {path}"))
        }
    }

    pub(super) fn compose_service(&self, base: &str, file: Option<&str>, service: &str) -> There {
        const NAMES: [&str; 4] = ["compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml"];
        let path = match file {
            Some(file) => Some(joined(base, file)),
            None => NAMES.iter().map(|name| joined(base, name)).find(|path| self.files.within(path).is_some()),
        };
        let Some(path) = path else { return There::no(format!("no compose file for service `{service}`")) };
        let Ok(text) = self.files.read(&path, MAX_NAMES_BYTES) else {
            return There::no(format!("{path} for service `{service}`"));
        };
        let source = text::Source::new(&path, text);
        let (node, _) = text::read_yaml_with_anchors(&source);
        let Some(node) = node else { return There::unknown(format!("service `{service}`: {path} could not be read")) };
        let services = node.get("services").and_then(Node::as_map).unwrap_or_default();
        if services.iter().any(|entry| entry.key == service) {
            return There::Yes;
        }
        if node.get("include").is_some() {
            return There::unknown(format!("service `{service}`: {path} includes others"));
        }
        There::no(format!("service `{service}` in {path}"))
    }

    // ===== Kubernetes =====

    fn tree(&self) -> Option<&Tree> {
        self.tree.get_or_init(|| tree::read(&self.files.directory, "").ok()).as_ref()
    }

    /// Whether manifests describe an object.
    pub(super) fn object(&self, kind: &'static str, name: &str, namespace: Option<&str>) -> There {
        let title = format!("{kind} `{name}`");
        let Some(tree) = self.tree() else { return There::unknown(format!("{title}: no manifests could be read")) };
        let all = objects(tree);
        if all.is_empty() {
            return There::unknown(format!("{title}: no manifests here"));
        }
        let named: Vec<&(String, String, String)> = all.iter().filter(|one| is_meant(one, kind, name)).collect();
        let fits = |one: &&&(String, String, String)| {
            namespace.is_none_or(|wanted| one.2 == wanted || one.2 == "default" || one.2.is_empty())
        };
        if named.iter().any(|one| fits(&one)) {
            return There::Yes;
        }
        if let Some(elsewhere) = named.first() {
            return There::no(format!(
                "{title} in namespace `{}`: it is in `{}`",
                namespace.unwrap_or(""),
                elsewhere.2
            ));
        }
        match self.may_be_made(tree, kind) {
            Some(why) => There::unknown(format!("{title}: {why}")),
            None => There::no(title),
        }
    }

    /// What may make objects that no manifest here names.
    fn may_be_made(&self, tree: &Tree, kind: &str) -> Option<String> {
        let is_chart =
            |path: &&String| path.ends_with("Chart.yaml") || path.contains("helmfile") || path.contains("Pulumi");
        if let Some(path) = self.files.paths.iter().find(is_chart) {
            return Some(format!("{path} may make it, and nothing is rendered here"));
        }
        let is_kustomized =
            |path: &&String| path.ends_with("kustomization.yaml") || path.ends_with("kustomization.yml");
        for path in self.files.paths.iter().filter(is_kustomized) {
            let text = self.files.read(path, MAX_NAMES_BYTES).unwrap_or_default();
            if ["namePrefix", "nameSuffix", "http", "Generator", "helmCharts"].iter().any(|word| text.contains(word)) {
                return Some(format!("{path} may make it or change its name"));
            }
        }
        if kind == "Pod" {
            return Some("pods are made by others".to_owned());
        }
        let is_custom = |one: &&manifests::Object| {
            let group = one.text(&["apiVersion"]).unwrap_or("").split('/').next().unwrap_or("");
            let own = !group.contains('.') || group.ends_with(".k8s.io");
            !own && (!MAKES_NONE.contains(&one.kind()) || (kind == "Secret" && one.kind().contains("Secret")))
        };
        let custom = tree.cluster.others.iter().find(is_custom)?;
        Some(format!("{} `{}` may make it", custom.kind(), custom.name()))
    }
}

/// Kind, name and namespace of everything described.
fn objects(tree: &Tree) -> BTreeSet<(String, String, String)> {
    let workloads =
        tree.cluster.workloads.iter().map(|one| (one.kind.clone(), one.name.clone(), one.namespace.clone()));
    let others = tree
        .cluster
        .others
        .iter()
        .map(|one| (one.kind().to_owned(), one.name().to_owned(), one.namespace().to_owned()));
    let namespaces = tree.cluster.namespaces.keys().map(|name| ("Namespace".to_owned(), name.clone(), String::new()));
    let mut all: BTreeSet<_> = workloads.chain(others).collect();
    if !all.is_empty() {
        all.extend(namespaces);
    }
    all
}

fn is_meant((kind, name, _): &(String, String, String), wanted: &str, title: &str) -> bool {
    if wanted != "Pod" {
        return kind == wanted && name == title;
    }
    // The pods of a set have its name and a number.
    let of_set = title.rsplit_once('-').is_some_and(|(set, number)| {
        kind == "StatefulSet" && set == name && !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
    });
    of_set || (kind == "Pod" && name == title)
}

/// A path below another one, `..` and `.` resolved.
pub(super) fn joined(base: &str, path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in base.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => drop(parts.pop()),
            other => parts.push(other),
        }
    }
    if parts.is_empty() { ".".to_owned() } else { parts.join("/") }
}

/// Whether a script knows a flag. Parsers that make flags of names of variables are content with the name.
pub(super) fn flag(text: &str, script: &str, flag: &str) -> There {
    let name = flag.trim_start_matches('-');
    let variable = name.replace('-', "_");
    let escaped = |word: &str| format!(r"(^|[^A-Za-z0-9_-]){}($|[^A-Za-z0-9_-])", regex::escape(word));
    let stands = |word: &str| Regex::new(&escaped(word)).is_ok_and(|pattern| pattern.is_match(text));
    if stands(flag) || stands(&variable) || stands(name) {
        return There::Yes;
    }
    let parsers = [
        "argparse",
        "click",
        "typer",
        "optparse",
        "getopts",
        "case \"$1\"",
        "case $1",
        "commander",
        "yargs",
        "parseArgs",
        "clap",
    ];
    let passes_on = text.contains("\"$@\"") || text.contains("$*") || text.contains("parse_known_args");
    if parsers.iter().any(|parser| text.contains(parser)) && !passes_on {
        return There::no(format!("flag `{flag}` in {script}"));
    }
    There::unknown(format!("flag `{flag}` of {script}: how it reads its arguments is not known"))
}

/// Whether a path can be run by its name.
pub(super) fn is_executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    path.metadata().is_ok_and(|about| about.permissions().mode() & 0o111 != 0)
}
