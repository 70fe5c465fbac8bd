//! `cargo xtask bench probe`: looks into manifests, as whole processes; beside checkov, where it is installed.

use std::path::{Path, PathBuf};

use measure::Random;

use super::{say, timed};

/// Runs of each look; the median counts.
const RUNS: usize = 5;

/// Workloads and policies of which all pairs are asked.
const REACH: (usize, usize) = (500, 300);

/// Manifests through which every kind of look goes.
const MANIFESTS: usize = 2_000;

const NAMESPACES: usize = 10;

pub(super) fn run(root: &Path) -> Result<(), String> {
    timed(root, "cargo", &["build", "--release", "--locked"])?;
    let seaworthy = root.join("target/release/seaworthy").to_string_lossy().into_owned();
    // Beside the project: what git ignores is no manifest.
    let place = &std::env::temp_dir();
    let reach = written(place, "seaworthy-bench-reach", REACH.0, REACH.1, 0)?;
    let took = median(place, &seaworthy, &["probe", "--kind", "k8s.reach", "--connections", &reach])?;
    say(&format!(
        "probe: reachability of {} workloads and {} policies, all pairs: {took:.0} ms (aim 1 s)",
        REACH.0, REACH.1
    ));
    let many = written(place, "seaworthy-bench-manifests", MANIFESTS * 4 / 10, MANIFESTS * 2 / 10, MANIFESTS * 4 / 10)?;
    let looks: [(&str, &[&str]); 3] = [
        ("k8s.reach", &["to=ns:n1", "port=80"]),
        ("k8s.disruption", &["of=ns:n1"]),
        ("k8s.select", &["kind=PodDisruptionBudget"]),
    ];
    let mut all = 0.0;
    for (kind, with) in looks {
        let from = format!("from={many}");
        let mut words = vec!["probe", "--kind", kind, "--with", &from];
        words.extend(with.iter().flat_map(|one| ["--with", one]));
        let took = median(place, &seaworthy, &words)?;
        say(&format!("probe: {kind} over {MANIFESTS} manifests: {took:.0} ms"));
        all += took;
    }
    say(&format!("probe: all of them, each reading the files anew: {all:.0} ms (aim 1 s)"));
    match timed(place, "checkov", &["--quiet", "--compact", "-d", &many]) {
        Ok(checkov) => {
            let checkov = checkov.as_secs_f64() * 1e3;
            say(&format!(
                "probe: checkov on the same files: {checkov:.0} ms, {:.0} times as long (aim 30)",
                checkov / all
            ));
        }
        Err(why) => say(&format!("probe: checkov is not here or failed, so nothing stands beside it: {why}")),
    }
    Ok(())
}

fn median(place: &Path, program: &str, arguments: &[&str]) -> Result<f64, String> {
    let mut runs = (0..RUNS).map(|_| timed(place, program, arguments)).collect::<Result<Vec<_>, _>>()?;
    runs.sort();
    Ok(runs[RUNS / 2].as_secs_f64() * 1e3)
}

/// A directory of manifests: deployments, policies, and as many services as budgets.
#[expect(clippy::disallowed_methods, reason = "a bench writes its own input")]
fn written(place: &Path, name: &str, workloads: usize, policies: usize, others: usize) -> Result<String, String> {
    let directory: PathBuf = place.join(name);
    let _ = std::fs::remove_dir_all(&directory);
    std::fs::create_dir_all(&directory).map_err(|error| error.to_string())?;
    let mut random = Random::new(1);
    let mut below = |limit: usize| random.below(limit as u64) as usize;
    let mut texts = Vec::new();
    for at in 0..workloads {
        texts.push(format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: w{at}, namespace: n{}}}\nspec:\n  replicas: {}\n  template:\n    metadata: {{labels: {{app: a{}, tier: t{}}}}}\n    spec:\n      containers:\n        - name: c\n          image: registry.example/c:1\n          ports: [{{containerPort: 80, name: http}}]\n",
            at % NAMESPACES, 1 + below(4), at / NAMESPACES, below(5)
        ));
    }
    for at in 0..policies {
        texts.push(format!(
            "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: p{at}, namespace: n{}}}\nspec:\n  podSelector: {{matchLabels: {{tier: t{}}}}}\n  ingress:\n    - from:\n        - namespaceSelector: {{matchLabels: {{kubernetes.io/metadata.name: n{}}}}}\n          podSelector: {{matchLabels: {{tier: t{}}}}}\n        - ipBlock: {{cidr: 10.{}.0.0/16}}\n      ports: [{{port: http}}, {{port: {}, endPort: {}}}]\n",
            below(NAMESPACES), below(5), below(NAMESPACES), below(5), below(200), 1000 + at, 2000 + at
        ));
    }
    for at in 0..others / 2 {
        let (namespace, app) = (below(NAMESPACES), below(workloads / NAMESPACES));
        texts.push(format!("apiVersion: v1\nkind: Service\nmetadata: {{name: s{at}, namespace: n{namespace}}}\nspec: {{selector: {{app: a{app}}}, ports: [{{port: 80}}]}}\n"));
        texts.push(format!("apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {{name: b{at}, namespace: n{namespace}}}\nspec: {{minAvailable: 50%, selector: {{matchLabels: {{app: a{app}}}}}}}\n"));
    }
    for (at, text) in texts.iter().enumerate() {
        std::fs::write(directory.join(format!("{at}.yaml")), text).map_err(|error| error.to_string())?;
    }
    Ok(name.to_owned())
}
