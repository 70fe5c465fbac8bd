//! The rules of `seaworthy.yaml` in words, for `lint --explain` and `lint --list-rules`. The messages themselves are made where
//! the file is read; a test holds this list against them.

use text::Severity;
use text::Severity::{Error, Warning};

/// A rule of `seaworthy.yaml`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileRule {
    /// Its stable name.
    pub name: &'static str,
    /// What it weighs.
    pub severity: Severity,
    /// What it finds.
    pub what: &'static str,
    /// How it looks when it is right.
    pub right: &'static str,
}

/// Every rule of the file, in the order of the file: the text, names, the system, claims, probes, drills.
pub fn file_rules() -> Vec<FileRule> {
    let rule = |(name, severity, what, right): &(&'static str, Severity, &'static str, &'static str)| FileRule {
        name,
        severity: *severity,
        what,
        right,
    };
    TABLE.iter().map(rule).collect()
}

#[rustfmt::skip]
const TABLE: &[(&str, Severity, &str, &str)] = &[
    ("unreadable", Error, "the file cannot be read", "a file of UTF-8 text that this user may read"),
    ("too-large", Error, "the file is larger than the named limit", "several files, each for one system"),
    ("yaml-syntax", Error, "the file is no YAML", "name: shop"),
    ("too-deep", Error, "the file is nested deeper than is read", "the same content with fewer levels"),
    ("duplicate-key", Error, "a key stands twice in one map; YAML readers differ in which one counts", "each key once"),
    ("many-documents", Error, "a second YAML document begins in the file", "one document in one file"),
    ("yaml-anchor", Error, "an anchor would make a value depend on another place", "the value written out"),
    ("yaml-alias", Error, "an alias would make a value depend on another place", "the value written out"),
    ("yaml-merge", Error, "a merge key would make a map depend on another place", "the keys written out"),
    ("yaml-tag", Error, "a tag would change what the value means", "the whole value in double quotes"),
    ("format-version", Error, "the file's format is not one that is known here", "seaworthy: 1"),
    ("unknown-key", Error, "a key means nothing here; it would be ignored silently", "one of the keys named in the help"),
    ("unknown-word", Error, "a value is none of the words that are allowed there", "one of the words named in the help"),
    ("missing-key", Error, "something needs a key that is not there", "the key named in the message"),
    ("wrong-shape", Error, "a list stands where a map belongs, or the other way round", "the shape named in the message"),
    ("wrong-value", Error, "a value cannot be read as what it must be", "the form named in the help: 250ms, 5/s, 99.9%"),
    ("too-many", Error, "more entries than the named limit", "fewer, or two systems"),
    ("not-yet", Error, "a key that is planned and not read yet; nothing would act on it", "the key removed"),
    ("bad-name", Error, "a name holds characters that names may not have", "letters, digits, `-` and `_`"),
    ("unknown-name", Error, "a name is declared nowhere", "a declared name, or its declaration"),
    ("undeclared", Error, "a name of a component, edge, flow or environment is declared nowhere", "a declared name, or its declaration"),
    ("reserved", Error, "a variable is one that seaworthy sets itself", "another name"),
    ("twice", Error, "a member is named twice where once is meant", "each name once"),
    ("template", Error, "a hole cannot be read or cannot be filled", "${port}, ${edge:api->stock}, ${env:NAME:-default}"),
    ("address", Error, "an address is not one", "127.0.0.1:8080"),
    ("cidr", Error, "a network is not one", "10.0.0.0/8"),
    ("request", Error, "a request cannot be sent as it is", "GET /orders"),
    ("header", Error, "a header cannot be sent as it is", "headers: {Accept: application/json}"),
    ("no-register", Error, "the file names no register", "registers: [docs/risks.md]"),
    ("register-unreadable", Error, "a register that the file names cannot be read", "a path relative to the file"),
    ("register-empty", Error, "a register holds no risk that could be read", "columns: {Schwere: impact}"),
    ("title-moved", Warning, "a risk that is known by its title has another title now", "the new title under aliases"),
    ("unknown-rule", Error, "a severity is given to a rule that does not exist", "a rule of `seaworthy lint --list-rules`"),
    ("empty-system", Warning, "the system declares no components, so nothing can be computed", "components: {api: {kind: service}}"),
    ("template-place", Error, "a hole such as ${port} stands where nothing fills it", "the hole in `start` or `env`"),
    ("quorum", Error, "more replicas are needed than there are", "replicas: 3, quorum: 2"),
    ("half-figure", Error, "one of the mean times to fail and to repair says nothing without the other", "mttf: 30d, mttr: 1h"),
    ("two-figures", Error, "how often something fails is written in two ways", "either `unavailability`, or `mttf` and `mttr`"),
    ("no-port", Warning, "a component with replicas is started without ${port}, so all would listen on one", "start: ./api --port ${port}"),
    ("start-and-at", Error, "a component is both started here and run by somebody else", "either `start` or `at`"),
    ("start-kind", Error, "a component of a kind that cannot be started has `start`", "another kind, or no `start`"),
    ("file-kind", Error, "`file` belongs to a component that is a file, and only to that", "kind: sqlite, file: data/app.db"),
    ("build-unused", Warning, "a component is built and never started", "`start` added, or `build` removed"),
    ("env-unused", Warning, "variables are set for a component that is never started", "`start` added, or `env` removed"),
    ("ready-unused", Warning, "a component has a readiness path and no address", "`start` or `at` added, or `ready` removed"),
    ("destructive-unused", Warning, "a component that is started here needs no permission to be broken", "`destructive` removed"),
    ("duplicate-edge", Error, "an edge is declared twice", "each edge once"),
    ("self-edge", Error, "an edge joins a component with itself", "an edge between two components"),
    ("listen", Error, "a guard cannot listen there", "listen: 127.0.0.1:7001, each address once"),
    ("stops-nothing", Error, "a declared guardrail stops no failure mode", "stops: [down]"),
    ("unknown-mode", Error, "a declared guardrail stops a mode that nothing there has", "the mode declared under `modes`, or named right"),
    ("empty-guard", Error, "a guard protects with nothing", "guard: {timeout: 500ms}"),
    ("guard-kind", Error, "a guard stands before something that does not listen", "a guard on an edge to a service"),
    ("guard-protocol", Error, "a protection needs HTTP, and the edge speaks TCP", "protocol: http, or a timeout only"),
    ("idle-guard", Warning, "a guard stands on an edge that its caller does not use: the address never reaches it", "env: {STOCK_URL: \"${edge:api->stock}\"}"),
    ("foreign-edge", Warning, "a component is given the address of an edge that is not its own", "the edge that begins at the component"),
    ("guard-upstream", Warning, "a guard has nobody to forward to", "`start` or `at` on the callee"),
    ("short-path", Error, "a flow's path has fewer than two components", "path: [web, api]"),
    ("missing-edge", Warning, "a flow takes a step for which there is no edge", "the edge declared"),
    ("weights", Warning, "the flows' shares of all use are more than all of it", "weights that sum to 100% at most"),
    ("lonely-fate", Warning, "a group that fails together has one member", "at least two members"),
    ("load-hole", Error, "a request holds a hole that nothing fills", "${id}, ${n}, ${take:NAME}"),
    ("load-take", Error, "a request takes something that no earlier one gives", "take: {token: $.token} in an earlier request"),
    ("load-kind", Error, "a flow's load is sent to something that does not answer HTTP", "the second component answers HTTP"),
    ("load-upstream", Warning, "a flow's load has nobody to ask", "`start` or `at` on the second component"),
    ("verify-id", Error, "what was written could not be found again: its id is not in the request", "path: /orders/${id}"),
    ("unknown-environment", Error, "an environment is named nowhere", "environments: {prod: {}}"),
    ("gate-model", Error, "the gate's model is not known", "gate: {model: bmad}"),
    ("unknown-risk", Error, "a claim or acceptance is for a risk that no register holds", "an id of `seaworthy lint --format json`"),
    ("wrong-name", Error, "the id of a claim or risk cannot be one", "R-2/no-lost-write"),
    ("missing-name", Error, "a claim stands directly below the risk, without a name of its own", "claims: {R-2: {no-lost-write: {..}}}"),
    ("empty-claims", Warning, "a risk is listed without any claim", "a claim, or the risk removed"),
    ("named-twice", Warning, "a claim supports one risk twice", "each risk once"),
    ("wrong-look", Error, "a claim has both a probe and a drill, or neither", "two claims, each with one"),
    ("claim-cannot-fail", Error, "an expectation is true whatever is seen; such a claim is no evidence", "expect: obs.status == 401"),
    ("claim-cannot-hold", Error, "an expectation is false whatever is seen", "parts that do not contradict each other"),
    ("expect-syntax", Error, "an expectation cannot be read", "expect: obs.lost == 0 && obs.served > 90%"),
    ("expect-type", Error, "an expectation compares things that cannot be compared", "obs.p95 < 300ms"),
    ("own-approval", Error, "an acceptance is approved by its own owner", "approved_by: somebody else"),
    ("unknown-probe", Error, "there is no such kind of probe", "probe: {kind: http.check}"),
    ("unknown-drill", Error, "there is no such kind of drill", "drill: {kind: restart}"),
    ("unknown-component", Error, "a component is not declared", "a component of `system`"),
    ("wrong-component", Error, "a component cannot be looked at in this way", "a component of the right kind"),
    ("wrong-path", Error, "a path is not one that can be asked or read", "path: /health, or a relative path of a file"),
    ("wrong-pattern", Error, "a pattern is no regular expression, is too large, or matches the empty text", "pattern: 'pool_pre_ping\\s*=\\s*True'"),
    ("wrong-url", Error, "an address cannot be asked", "http://127.0.0.1:8080/health"),
    ("wrong-header", Error, "a header cannot be sent as it is", "headers: {Accept: application/json}"),
    ("wrong-command", Error, "a command cannot be run as it is", "exec: [./check, --quick]"),
    ("exec-not-allowed", Error, "a command may not be run until it is allowed by name", "exec: {allow: [./check]}"),
    ("unknown-format", Error, "the format of a file is not known", "format: yaml"),
    ("not-read-only", Error, "a query could change something", "query: SELECT count(*) FROM orders"),
    ("secret-in-text", Error, "a secret stands in the file", "password: ${env:DB_PASSWORD}"),
    ("not-ours", Error, "a drill would break something that seaworthy did not start", "a component with `start`"),
    ("no-replica", Error, "a component has no replica that could be broken", "replicas: 1"),
    ("no-guard", Error, "a drill turns a guardrail off where there is none", "a guard on the edge"),
    ("no-load", Error, "a drill measures a flow that sends nothing", "load: {rate: 20/s, request: GET /}"),
    ("wrong-load", Error, "a load cannot be sent as it is", "what the message names"),
    ("too-few-requests", Error, "the load is too small for what is to be measured", "a higher rate or a longer time"),
    ("many-outstanding", Warning, "the load keeps more requests open than one generator can", "a lower rate or patience"),
    ("never-met", Error, "the failure lies on no way of the measured flow", "a flow whose path reaches it"),
];

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    /// Names in the sources that follow the making of a problem.
    #[expect(clippy::disallowed_methods, reason = "a test that reads the sources it speaks of")]
    fn made(directory: &Path, names: &mut Vec<(String, String)>) {
        for entry in std::fs::read_dir(directory).expect("is there") {
            let path = entry.expect("can be read").path();
            if path.is_dir() {
                made(&path, names);
            } else if path.ends_with("prove/src/import.rs") {
                // It speaks of other files.
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = std::fs::read_to_string(&path).expect("is text");
                let text = text.split("#[cfg(test)]").next().unwrap_or("");
                for maker in [
                    ".problem(",
                    "walk.error(",
                    "walk.warning(",
                    ".wrong(",
                    "Problem::error(",
                    "Problem::warning(",
                    "Fault::error(",
                    "whole_file(",
                    "self.error(",
                ] {
                    for (at, _) in text.match_indices(maker) {
                        let rest = text[at + maker.len()..].trim_start();
                        let name = rest.strip_prefix('"').and_then(|rest| rest.split('"').next());
                        names.extend(name.map(|name| (name.to_owned(), path.display().to_string())));
                    }
                }
            }
        }
    }

    #[test]
    fn every_problem_of_the_file_has_its_words() {
        let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("is in crates");
        let mut names = Vec::new();
        for name in ["text", "system", "evidence", "probe", "drill", "prove"] {
            made(&crates.join(name).join("src"), &mut names);
        }
        assert!(names.len() > 60, "{}", names.len());
        let known: Vec<&str> = file_rules().iter().map(|rule| rule.name).collect();
        let unknown: Vec<_> = names.iter().filter(|(name, _)| !known.contains(&name.as_str())).collect();
        assert!(unknown.is_empty(), "{unknown:?}");
        let never: Vec<_> = known
            .iter()
            .filter(|name| !MADE_OTHERWISE.contains(name) && names.iter().all(|(made, _)| made != *name))
            .collect();
        assert!(never.is_empty(), "no problem is called so: {never:?}");
    }

    /// Names of problems that the register makes about the file.
    const MADE_OTHERWISE: &[&str] = &["title-moved"];
}
