//! `file.value` on manifests as they stand in a repository: what the file states holds, and turns when it is changed.
//! That a cluster took it is not seen here, and the grade says so.

use evidence::Grade;

use crate::world::{Place, broken, held};

const DEPLOYMENT: &str = "\
apiVersion: apps/v1
kind: Deployment
spec:
  template:
    spec:
      restartPolicy: Always
      containers:
        - name: daemon
          image: registry.example/daemon:1.4
          imagePullPolicy: IfNotPresent
          livenessProbe: &probe
            httpGet: {path: /health, port: 8080}
            initialDelaySeconds: 30
            periodSeconds: 10
          readinessProbe:
            httpGet: {path: /ready, port: 8080}
";

/// The claim holds for the text at grade declared, and is broken once `old` is `new`.
async fn turns(path: &str, text: &str, at: &str, expect: &str, (old, new): (&str, &str)) {
    assert!(text.contains(old), "{old}");
    let place = Place::new();
    let with = format!("{{path: {path}, at: \"{at}\"}}");
    place.write(path, text);
    let sound = place.look("file.value", &with).await;
    held(&sound, expect);
    assert_eq!(sound.grade, Some(Grade::Declared));
    place.write(path, &text.replace(old, new));
    broken(&place.look("file.value", &with).await, expect);
}

async fn of_deployment(at: &str, expect: &str, change: (&str, &str)) {
    turns("deploy/daemon.yaml", DEPLOYMENT, &format!("$.spec.template.spec.{at}"), expect, change).await;
}

#[tokio::test]
async fn a_restart_policy_and_a_pull_policy_are_read_from_a_manifest() {
    of_deployment("restartPolicy", "obs.found && obs.value == 'Always'", ("Always", "Never")).await;
    let every = "obs.count == 1 && obs.values.all(policy, policy == 'IfNotPresent')";
    of_deployment("containers[*].imagePullPolicy", every, ("IfNotPresent", "Always")).await;
}

#[tokio::test]
async fn liveness_and_readiness_are_read_from_a_manifest() {
    let at = "containers[?@.name == 'daemon'].livenessProbe.httpGet.path";
    of_deployment(at, "obs.found && obs.value == '/health'", ("livenessProbe", "oldProbe")).await;
    let at = "containers[0].readinessProbe.httpGet.path";
    of_deployment(at, "obs.found && obs.value == '/ready'", ("path: /ready", "path: /")).await;
    let at = "containers[0].livenessProbe.initialDelaySeconds";
    of_deployment(at, "obs.found && obs.value <= 30", ("initialDelaySeconds: 30", "initialDelaySeconds: 300")).await;
}

#[tokio::test]
async fn a_disruption_budget_is_read_from_a_manifest() {
    let budget = "kind: PodDisruptionBudget\nspec:\n  minAvailable: 2\n  selector: {matchLabels: {app: cache}}\n";
    let change = ("minAvailable: 2", "minAvailable: 1");
    turns("deploy/pdb.yaml", budget, "$.spec.minAvailable", "obs.found && obs.value >= 2", change).await;
}

#[tokio::test]
async fn a_setting_whose_key_holds_dots_is_read() {
    let catalog = "catalog:\n  config:\n    write.metadata.previous-versions-max: 10\n";
    let at = "$.catalog.config['write.metadata.previous-versions-max']";
    turns("catalog.yaml", catalog, at, "obs.found && obs.value >= 10", ("max: 10", "max: 1")).await;
}
