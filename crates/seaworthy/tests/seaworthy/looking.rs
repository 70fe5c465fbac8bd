//! `seaworthy probe`: evidence without starting or breaking anything.

use expect_test::expect;

use crate::output::published;
use crate::schema::faults;
use crate::world::World;

const SHOP: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: api, namespace: shop}
spec: {template: {metadata: {labels: {app: api}}}}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: cache, namespace: data}
spec: {template: {metadata: {labels: {app: cache}}}}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: closed, namespace: data}
spec: {podSelector: {}, ingress: [{from: [{namespaceSelector: {}}], ports: [{port: 6379}]}]}
";

const FILE: &str = "\
seaworthy: 1
name: shop
registers: [risks.md]
system:
  components:
    web: {kind: client}
    api: {kind: service, start: 'sleep 60 ${port}', ready: /health}
  edges: {web->api: {}}
claims:
  R-1:
    cache-is-closed:
      says: nobody outside reaches the cache
      probe: k8s.reach
      with: {from: deploy, to: app=cache, port: 6379}
      expect: \"!obs.allowed_external && obs.to_selects > 0\"
    health-answers:
      says: the service answers
      probe: http.check
      with: {component: api, path: /health}
      expect: obs.status == 200
";

fn shop() -> World {
    let world = World::empty();
    world.write("seaworthy.yaml", FILE);
    world.write(
        "risks.md",
        "# Risks\n\n| ID | Risk | Status |\n|---|---|---|\n| R-1 | The cache is open | Mitigated |\n",
    );
    world.write("deploy/shop.yaml", SHOP);
    world
}

#[test]
fn claims_are_judged_by_what_is_there_and_what_does_not_run_is_not_seen() {
    let world = shop();
    let said = world.run(&["probe"]).exits(3);
    expect![[r#"
        R-1/cache-is-closed  Held, wired
          claims: nobody outside reaches the cache
          allowed_external is false; to_selects is 1 (deploy).
          would change it: Broken if obs.allowed_external were true (it is false)

        R-1/health-answers  NotSeen (no data)
          claims: the service answers
          Nothing was within reach on api: `api` has no address here: it was not started, and the file names none; looked at GET http://api/health.
          would change it: a reading of api with at least one subject

        1 held, 0 broken, 1 not seen
    "#]].assert_eq(&said.out);
    let one = world.run(&["probe", "R-1/cache-is-closed", "--format", "json"]).exits(0);
    let json: serde_json::Value = serde_json::from_str(&one.out).unwrap();
    assert_eq!(json["schema"], "seaworthy.probe/1");
    assert_eq!((&json["verdicts"][0]["verdict"], &json["verdicts"][0]["grade"]), (&"held".into(), &"wired".into()));
    assert_eq!(json["observations"][0]["values"]["allowed_from"], serde_json::json!(["*", "data", "shop"]));
    assert_eq!(faults(&published("probe"), &json), Vec::<String>::new());
    // What was seen is remembered.
    assert!(world.run(&["ledger", "verify"]).exits(0).out.contains("entries"));
    // The policy removed: the same claim is broken.
    world.write("deploy/shop.yaml", SHOP.split("---\napiVersion: networking").next().unwrap());
    assert!(world.run(&["probe", "R-1/cache-is-closed"]).exits(1).out.contains("broken"));
}

#[test]
fn one_look_needs_no_file_and_no_claim() {
    let world = World::empty();
    world.write("deploy/shop.yaml", SHOP);
    let look =
        ["probe", "--kind", "k8s.reach", "--with", "from=deploy", "--with", "to=app=cache", "--with", "port=6379"];
    let said = world.run(&look).exits(0);
    expect![[r#"
        k8s.reach  deploy: anybody to app=cache on TCP 6379
          allowed: true
          allowed_all: false
          allowed_external: false
          allowed_from: ["*","data","shop"]
          decided_by: ["egress no policy selects it","ingress data/closed at deploy/shop.yaml:11, of which no rule meets","ingress data/closed at deploy/shop.yaml:14"]
          to_selects: 1
          undecided: []
          void_policies: []
          grade wired, 1 in reach, from deploy
    "#]].assert_eq(&said.out);
    let wrong = world.run(&["probe", "--kind", "k8s.reach", "--with", "from=deploy", "--with", "two=x"]).exits(2);
    expect![[r#"
        error[missing-key]: the `with` of k8s.reach has no `to`
         --> --with:1:1
          |
        1 | from: 'deploy'
          | ^^^^^^^^^^^^^^

        error[missing-key]: `port` is missing: a number from 1 to 65535
         --> --with:1:1
          |
        1 | from: 'deploy'
          | ^^^^^^^^^^^^^^

        error[unknown-key]: unknown key `two` in the `with` of k8s.reach
         --> --with:2:1
          |
        2 | two: 'x'
          | ^^^
          |
          = help: did you mean `to`?

        3 errors
    "#]]
    .assert_eq(&wrong.err);
    assert!(world.run(&["probe", "--kind", "k8s.reech"]).exits(2).err.contains("did you mean `k8s.reach`?"));
}

#[test]
fn the_whole_list_of_connections_is_one_line_a_pair() {
    let world = World::empty();
    world.write("deploy/shop.yaml", SHOP);
    world.write("deploy/notes.json", "[1, 2]");
    world.write("deploy/broken.yaml", "kind: Deployment\nspec: [\n");
    let said = world.run(&["probe", "--kind", "k8s.reach", "--connections", "deploy"]).exits(0);
    expect![[r#"
        0.0.0.0-255.255.255.255[External] => shop/api[Deployment] : All Connections
        data/cache[StatefulSet] => 0.0.0.0-255.255.255.255[External] : All Connections
        data/cache[StatefulSet] => shop/api[Deployment] : All Connections
        shop/api[Deployment] => 0.0.0.0-255.255.255.255[External] : All Connections
        shop/api[Deployment] => data/cache[StatefulSet] : TCP 6379
    "#]]
    .assert_eq(&said.out);
    expect![[r#"
        note: deploy/broken.yaml:3: while parsing a node, did not find expected node content
    "#]]
    .assert_eq(&said.err);
    world.write("empty/x.yaml", "a: 1\n");
    assert!(
        world.run(&["probe", "--kind", "k8s.reach", "--connections", "empty"]).exits(3).err.contains("no workload")
    );
    assert!(
        world.run(&["probe", "--kind", "k8s.reach", "--connections", "gone"]).exits(2).err.contains("is no directory")
    );
    assert!(
        world
            .run(&["probe", "--kind", "exec", "--connections", "deploy"])
            .exits(2)
            .err
            .contains("only `--kind k8s.reach`")
    );
}

#[test]
fn a_claim_is_broken_in_a_copy_and_one_that_nothing_turns_cannot_fail() {
    let world = shop();
    let said = world.run(&["probe", "--mutate"]).exits(3);
    assert!(said.out.contains("R-1/cache-is-closed  turned\n  deploy/shop.yaml:"), "{}", said.out);
    assert!(said.out.contains("deploy/shop.yaml removed"), "{}", said.out);
    assert!(said.out.contains("R-1/health-answers  not tried: it looks at what runs"), "{}", said.out);
    assert!(said.out.ends_with("\n1 turned, 0 cannot fail, 1 not tried\n"), "{}", said.out);
    // The original is untouched, and nothing is remembered.
    assert_eq!(std::fs::read_to_string(world.path().join("deploy/shop.yaml")).unwrap(), SHOP);
    let json = world.run(&["probe", "--mutate", "R-1/cache-is-closed", "--format", "json"]).exits(0).json();
    assert_eq!((&json["schema"], &json["claims"][0]["came"]), (&"seaworthy.mutate/1".into(), &"turned".into()));
    assert_eq!(faults(&published("mutate"), &json), Vec::<String>::new());
    // What is always so is found out.
    world.write("seaworthy.yaml", &FILE.replace("!obs.allowed_external && obs.to_selects > 0", "obs.to_selects >= 0"));
    let said = world.run(&["probe", "--mutate", "R-1/cache-is-closed"]).exits(1);
    assert!(said.out.contains("R-1/cache-is-closed  CANNOT FAIL: none of "), "{}", said.out);
}

#[test]
fn what_only_the_register_says_is_circular() {
    let world = shop();
    let reads = |path: &str| {
        let (before, _) = FILE.split_once("probe: k8s.reach").unwrap();
        let look = format!("{{paths: [{path}], pattern: Mitigated}}");
        format!("{before}probe: file.match\n      with: {look}\n      expect: obs.matches > 0\n")
    };
    world.write("notes.md", "Mitigated last week.\n");
    world.write("seaworthy.yaml", &reads("notes.md"));
    assert!(world.run(&["probe"]).exits(0).out.contains("Held"));
    for spelled in ["risks.md", "./risks.md", "deploy/../risks.md", ".//risks.md"] {
        world.write("seaworthy.yaml", &reads(spelled));
        let said = world.run(&["probe"]);
        assert!(!said.out.contains("Held"), "{spelled}: {}{}", said.out, said.err);
    }
    world.write("seaworthy.yaml", &reads("risks.md"));
    let said = world.run(&["probe"]).exits(3);
    assert!(said.out.contains("NotSeen (circular)"), "{}{}", said.out, said.err);
    assert!(world.run(&["gate"]).exits(3).out.contains("the text that it should support"));
}

#[test]
fn nothing_outside_of_the_copy_is_ever_changed() {
    let world = shop();
    let outside = tempfile::tempdir().unwrap();
    let victim = outside.path().join("victim.yaml");
    std::fs::write(&victim, "precious: 1\n").unwrap();
    let up = "../".repeat(20);
    world.write("facts.yaml", &format!("include: {up}{}\n", victim.display().to_string().trim_start_matches('/')));
    let (before, _) = FILE.split_once("probe: k8s.reach").unwrap();
    let look = "probe: file.value\n      with: {path: facts.yaml, at: $.include}\n      expect: obs.found\n";
    world.write("seaworthy.yaml", &format!("{before}{look}"));
    let before = std::fs::metadata(&victim).unwrap().modified().unwrap();
    let said = world.run(&["probe", "--mutate"]);
    assert_eq!(std::fs::metadata(&victim).unwrap().modified().unwrap(), before, "{}", said.out);
    assert!(said.out.contains("CANNOT FAIL"), "a check for mere presence: {}", said.out);
}

#[test]
fn one_look_is_taken_where_it_is_told_to_and_takes_values_as_they_are() {
    let world = World::empty();
    world.write("inner/facts.yaml", "a: 1\n");
    let look = ["probe", "--path", "inner", "--kind", "path.exists", "--with", "paths=facts.yaml"];
    let said = world.run(&[&look[..], &["--with", "not_empty=true"]].concat());
    assert!(said.out.contains("count: 1"), "{}{}", said.out, said.err);
}
