//! `seaworthy impact --from`: systems that nobody described, and their pictures.

use expect_test::expect;

use crate::world::World;

const SHOP: &str = "\
services:
  web:
    image: shop/web
    ports: ['8080:80']
    environment: {API_URL: 'http://api:${API_PORT:-80}', OTEL_HOST: otel-collector}
  api:
    build: ./api
    environment: [DATABASE_URL=postgres://app@db/shop, CACHE_ADDR]
    deploy: {replicas: 2}
  mailer:
    image: shop/mailer-worker
    depends_on: [queue]
  db: {image: 'postgres:16'}
  cache: {image: 'valkey:8'}
  queue: {image: rabbitmq}
  otel-collector: {image: otel/collector}
  stray: {image: shop/stray}
";

fn shop() -> World {
    let world = World::empty();
    world.write("shop/docker-compose.yaml", SHOP);
    world.write("shop/.env", "CACHE_ADDR=cache:6379\n");
    world
}

#[test]
fn a_compose_file_gives_single_points_and_chains_and_says_what_was_guessed() {
    let said = shop().run(&["impact", "--from", "shop/docker-compose.yaml"]).exits(0);
    expect![[r#"
        shop: 8 components, 5 needs, from shop/docker-compose.yaml
        All of it is inferred. Needs count as hard, because files do not say what happens without.

        Single points of failure
          users of web: ◆ cache  ◆ db  ◆ web
          work of mailer: ◆ mailer  ◆ queue

        If it is down, the widest reach first
          api                      1 of 2 flows: api down → web down → users down → users of web down
          cache                    1 of 2 flows: cache down → api down → web down → users down → users of web down
          db                       1 of 2 flows: db down → api down → web down → users down → users of web down
          mailer                   1 of 2 flows: mailer down → work of mailer down
          queue                    1 of 2 flows: queue down → mailer down → work of mailer down
          web                      1 of 2 flows: web down → users down → users of web down
          otel-collector           1 of 2 flows, 0 of them down: otel-collector down → web late → users late → users of web late

        Inferred, confirm
          users->web  from ports at line 4
          mailer begins a flow, because nobody calls it
          web->api  from API_URL at line 5
          web->otel-collector  from OTEL_HOST at line 5, async: it only collects telemetry
          api->db  from DATABASE_URL at line 8
          api->cache  from CACHE_ADDR at line 8
          mailer->queue  from depends_on at line 12
          stray (line 17) stands alone: no address of it, or in it, was found

        Next: `--format svg > system.svg` draws it; `seaworthy init` writes it as seaworthy.yaml, where needs can be softened.
    "#]].assert_eq(&said.out);
}

#[test]
fn a_directory_of_manifests_is_read_as_one_system() {
    let world = World::empty();
    let deployment = |name: &str, more: &str| {
        format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}}}\nspec: {{{more}template: {{metadata: {{labels: {{app: {name}}}}}, spec: {{containers: [{{image: i, env: [{{name: NEXT_ADDR, value: 'next-{name}:80'}}]}}]}}}}}}\n"
        )
    };
    let service = |name: &str, app: &str, kind: &str| {
        format!(
            "---\napiVersion: v1\nkind: Service\nmetadata: {{name: {name}}}\nspec: {{type: {kind}, selector: {{app: {app}}}}}\n"
        )
    };
    world.write(
        "k8s/front.yaml",
        &(deployment("front", "replicas: 2, ")
            + &service("front", "front", "LoadBalancer")
            + &service("next-front", "back", "ClusterIP")),
    );
    world.write("k8s/back.yaml", &deployment("back", ""));
    let json: serde_json::Value =
        serde_json::from_str(&world.run(&["impact", "--from", "k8s", "--format", "json"]).exits(0).out).unwrap();
    let spofs: Vec<_> =
        json["spofs"].as_array().unwrap().iter().map(|spof| spof["component"].as_str().unwrap()).collect();
    assert_eq!(spofs, ["back"]);
}

#[test]
fn pictures_and_exports_are_the_same_whatever_the_order_of_the_file() {
    let world = shop();
    // Services with edges change places, and so do their edges.
    let (mailer, rest) = SHOP
        .split_once("  mailer:")
        .and_then(|(before, after)| {
            let (mailer, rest) = after.split_once("  db:")?;
            Some((format!("  mailer:{mailer}"), format!("{before}  db:{rest}")))
        })
        .unwrap();
    let api = &rest[rest.find("  api:").unwrap()..rest.find("  db:").unwrap()];
    let turned = rest.replace(api, "").replace("services:\n", &format!("services:\n{mailer}{api}"));
    assert_ne!(turned, SHOP);
    assert_eq!(turned.len(), SHOP.len());
    world.write("turned/docker-compose.yaml", &turned);
    world.write("turned/.env", "CACHE_ADDR=cache:6379\n");
    for format in ["svg", "mermaid", "dot", "cytoscape", "graphml"] {
        let draw = |directory: &str| {
            let path = format!("{directory}/docker-compose.yaml");
            let said = world.run(&["impact", "--from", &path, "--format", format, "--fails", "db"]).exits(0);
            said.out.replace(directory, "shop")
        };
        let drawn = draw("shop");
        assert_eq!(drawn, draw("turned"), "{format}");
        assert!(drawn.contains("cache"), "{format}: {drawn}");
    }
}

#[test]
fn the_picture_lights_what_a_failure_reaches() {
    let world = shop();
    let picture = |more: &[&str]| {
        let mut arguments = vec!["impact", "--from", "shop/docker-compose.yaml", "--format", "svg"];
        arguments.extend(more);
        world.run(&arguments).exits(0).out
    };
    let failing = picture(&["--fails", "db"]);
    assert!(failing.contains("class=\"node failed\"") && failing.contains("class=\"edge reached\""), "{failing}");
    assert!(!picture(&[]).contains("class=\"node failed\""));
    // Single points of failure are told by shape.
    assert!(failing.contains("<polygon class=\"node spof\"") && failing.contains("◆ cache"), "{failing}");
    let wrong = world.run(&["impact", "--from", "shop/docker-compose.yaml", "--fails", "bd"]).exits(2);
    assert!(wrong.err.contains("did you mean `db`?"), "{}", wrong.err);
    let mode = world.run(&["impact", "--from", "shop/docker-compose.yaml", "--fails", "db:hot"]).exits(2);
    assert!(mode.err.contains("`hot` is no mode"), "{}", mode.err);
}

#[test]
fn a_big_system_is_grouped_and_says_how_many_it_hides() {
    let world = World::empty();
    let mut text = String::from("services:\n  web:\n    image: w\n    ports: ['80:80']\n    depends_on: [s0, s1]\n");
    for at in 0..90 {
        text += &format!("  s{at}: {{image: i, depends_on: [s{}]}}\n", (at * 7 + 2) % 90);
    }
    world.write("docker-compose.yaml", &text);
    let picture = world.run(&["impact", "--from", "docker-compose.yaml", "--format", "svg"]).exits(0).out;
    let note = picture.split("showing ").nth(1).unwrap().split('<').next().unwrap().to_owned();
    let numbers: Vec<usize> = note.split(' ').filter_map(|word| word.parse().ok()).collect();
    assert_eq!((numbers[1], numbers[0] + numbers[2]), (92, 92), "{note}");
    assert!(numbers[0] <= 60 && picture.contains(" more</text>"), "{note}");
}

#[test]
fn what_shows_nothing_is_told_with_its_reason() {
    let world = World::empty();
    world.write("broken.yaml", "services: [\n");
    world.write("other.yaml", "jobs: {a: b}\n");
    let broken = world.run(&["impact", "--from", "broken.yaml"]).exits(2);
    assert!(broken.err.contains("nothing that runs was found in broken.yaml; broken.yaml:2: "), "{}", broken.err);
    let other = world.run(&["impact", "--from", "other.yaml"]).exits(2);
    assert!(other.err.contains("point to a compose file"), "{}", other.err);
    assert!(world.run(&["impact", "--from", "none.yaml"]).exits(2).err.contains("none.yaml"));
}

const DEPLOYMENTS: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: api}
spec: {template: {metadata: {labels: {app: api}}, spec: {containers: [{name: api, image: shop/api, env: [{name: STORE_ADDR, value: 'old:80'}]}]}}}
---
apiVersion: v1
kind: Service
metadata: {name: api}
spec: {selector: {app: api}, type: LoadBalancer}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: old}
spec: {template: {spec: {containers: [{name: old, image: shop/old}]}}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: new}
spec: {template: {spec: {containers: [{name: new, image: shop/new}]}}}
";

const STORE_PATCH: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: api}
spec: {template: {spec: {containers: [{name: api, env: [{name: STORE_ADDR, value: 'new:80'}]}]}}}
";

/// An overlay changes what its base needs; its bases lie beside it, not below.
#[test]
fn a_kustomize_tree_is_read_as_its_overlay_makes_it() {
    let world = World::empty();
    world.write("k8s/base/all.yaml", DEPLOYMENTS);
    world.write("k8s/base/kustomization.yaml", "resources: [all.yaml]\n");
    world.write("k8s/overlays/dev/kustomization.yaml", "resources: [../../base]\n");
    world.write("k8s/overlays/prod/kustomization.yaml", "resources: [../../base, https://example.com/more.yaml]\nreplicas: [{name: api, count: 3}]\npatches: [{path: store.yaml}]\n");
    world.write("k8s/overlays/prod/store.yaml", STORE_PATCH);
    let prod = world.run(&["impact", "--from", "k8s/overlays/prod"]).exits(0);
    assert!(prod.out.contains("api->new  from STORE_ADDR at line 4"), "{}", prod.out);
    assert!(!prod.out.contains("api->old") && !prod.out.contains("◆ api"), "{}", prod.out);
    assert!(prod.out.contains("https://example.com/more.yaml lies elsewhere and is not fetched"), "{}", prod.out);
    let file = world.run(&["impact", "--from", "k8s/overlays/prod/kustomization.yaml"]).exits(0);
    assert!(file.out.contains("api->new"), "{}", file.out);
    let dev = world.run(&["impact", "--from", "k8s/overlays/dev"]).exits(0);
    assert!(dev.out.contains("api->old") && dev.out.contains("◆ api"), "{}", dev.out);
    // From above, one of two overlays of the same base is read, and the other one is named.
    let both = world.run(&["impact", "--from", "k8s"]).exits(0);
    assert!(
        both.out.contains("share a base") && both.out.contains("api->old") && !both.out.contains("api->new"),
        "{}",
        both.out
    );
}

const GUARDED: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: api}
spec:
  replicas: 3
  template:
    metadata: {labels: {app: api}}
    spec:
      containers:
        - name: api
          image: shop/api
          envFrom: [{secretRef: {name: addresses}}, {configMapRef: {name: files}}]
          startupProbe: {exec: {command: [pg_isready, -h, db]}}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: api}
spec: {minAvailable: 60%, selector: {matchExpressions: [{key: app, operator: In, values: [api]}]}}
---
apiVersion: v1
kind: Service
metadata: {name: api}
spec: {selector: {app: api}, type: LoadBalancer}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: db}
spec: {template: {metadata: {labels: {app: db}}, spec: {containers: [{name: db, image: 'postgres:16'}]}}}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: db}
spec: {maxUnavailable: 0, selector: {matchLabels: {app: db}}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: cache}
spec: {template: {spec: {containers: [{name: cache, image: 'valkey:8'}]}}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: mail}
spec: {template: {spec: {containers: [{name: mail, image: shop/mail}]}}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: next}
spec: {template: {spec: {containers: [{name: next, image: shop/next}]}}}
";

/// A tree whose secret and whose file beside it name what is needed.
fn guarded() -> World {
    let world = World::empty();
    world.write("k8s/base/all.yaml", GUARDED);
    world.write("k8s/base/kustomization.yaml", "resources: [all.yaml]\nconfigMapGenerator: [{name: files, files: [MAIL_URL=conf/mail.conf]}]\nsecretGenerator: [{name: addresses, envs: [passwords.txt]}]\n");
    world.write("k8s/base/conf/mail.conf", "smtp://mail:25\n");
    world.write(
        "k8s/base/passwords.txt",
        "CACHE_URL=redis://:hunter2@cache:6379\nMORE_URL=http://hunter2.example.com\nPW=hunter2\n",
    );
    world.write("k8s/prod/kustomization.yaml", "resources: [../base]\nconfigMapGenerator: [{name: files, behavior: merge, literals: ['NEXT_URL=http://old']}]\nreplacements:\n  - source: {kind: Deployment, name: next}\n    targets: [{select: {kind: ConfigMap, name: files}, fieldPaths: [data.NEXT_URL], options: {delimiter: //, index: 1}}]\n");
    world
}

#[test]
fn budgets_probes_and_secrets_of_a_tree_are_read_and_no_secret_is_shown() {
    let world = guarded();
    // By its kustomization, and from above, where the files beside are found by what names them.
    let tree = world.run(&["impact", "--from", "k8s/prod"]).exits(0).out;
    let above = world.run(&["impact", "--from", "k8s"]).exits(0).out;
    for said in [&tree, &above] {
        let (_, rest) = said.split_once("Inferred, confirm\n").unwrap();
        expect![[r#"
              users->api  from Service api of type LoadBalancer at line 23
              api needs 2 of 3 replicas  from PodDisruptionBudget api at line 18
              api->db  from startupProbe at line 13, to start
              api->cache  from CACHE_URL of Secret addresses at line 12
              api->mail  from MAIL_URL of ConfigMap files at line 12
              api->next  from NEXT_URL of ConfigMap files at line 12

            Not followed, or odd
              api names a host in MORE_URL of Secret addresses at line 12, which is not in these files
              k8s/base/all.yaml:33: PodDisruptionBudget db does not let the only replica of db go: a drain waits for ever
              api has no readiness probe: Services go on sending requests to a replica that hangs

            Next: `--format svg > system.svg` draws it; `seaworthy init` writes it as seaworthy.yaml, where needs can be softened.
        "#]]
        .assert_eq(rest);
    }
    world.write("docs/risks.md", "# Risks\n\n## R-1: Orders are lost\n\nLikelihood: low\n");
    for arguments in [
        vec!["impact", "--from", "k8s", "--format", "json"],
        vec!["impact", "--from", "k8s", "--format", "svg"],
        vec!["impact", "--from", "k8s", "--format", "graphml"],
        vec!["init"],
    ] {
        let said = world.run(&arguments).exits(0);
        assert!(!format!("{}{}", said.out, said.err).contains("hunter2"), "{arguments:?}");
    }
    let first = std::fs::read_to_string(world.path().join("seaworthy.yaml")).unwrap();
    assert!(!first.contains("hunter2"), "{first}");
    let line = |part: &str| first.lines().find(|line| line.contains(part)).unwrap_or("").trim().to_owned();
    expect!["api: {kind: service, replicas: 3, quorum: 2}   # k8s/base/all.yaml:3, Deployment, image shop/api; quorum k8s/base/all.yaml:18, PodDisruptionBudget api"].assert_eq(&line("api:"));
    expect!["api->db: {needs: start}   # k8s/base/all.yaml:13, startupProbe"].assert_eq(&line("api->db"));
}

/// Two of three must stay: with one replica less each is a single point of failure.
#[test]
fn a_quorum_of_a_budget_counts() {
    let world = World::empty();
    let what_if = |says: &str| {
        world.write("all.yaml", &GUARDED.replace("minAvailable: 60%", says));
        world.run(&["impact", "--from", "all.yaml", "--what-if", "replicas api 2"]).exits(0).out
    };
    assert!(what_if("minAvailable: 60%").contains("+ users of api: ◆ api"), "{}", what_if("minAvailable: 60%"));
    assert!(!what_if("minAvailable: 0").contains("◆ api"), "{}", what_if("minAvailable: 0"));
}

/// Answers every request with these bytes, as long as it lives.
fn answering(body: &'static str) -> std::net::SocketAddr {
    use std::io::{Read as _, Write as _};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let at = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let mut request = [0; 4096];
            let read = stream.read(&mut request).unwrap_or(0);
            let head = String::from_utf8_lossy(&request[..read]).into_owned();
            let found =
                head.starts_with("GET /api/v1/query?query=sum%20by") && head.contains("traces%5Fservice%5Fgraph");
            let (status, body) = if found { ("200 OK", body) } else { ("404 Not Found", "") };
            let answer =
                format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len());
            drop(stream.write_all(answer.as_bytes()));
        }
    });
    at
}

#[test]
fn calls_in_traces_are_a_system() {
    let at = answering(
        r#"{"status":"success","data":{"resultType":"vector","result":[
        {"metric":{"client":"user","server":"web"},"value":[1,"900"]},
        {"metric":{"client":"web","server":"api"},"value":[1,"800"]},
        {"metric":{"client":"api","server":"orders-postgres","connection_type":"database"},"value":[1,"1600"]},
        {"metric":{"client":"api","server":"mailer","connection_type":"messaging_system"},"value":[1,"20"]},
        {"metric":{"client":"api","server":"gone"},"value":[1,"0"]}]}}"#,
    );
    let said = World::empty().run(&["impact", "--from", &format!("http://{at}")]).exits(0);
    let said = said.out.replace(&at.to_string(), "prometheus");
    let (_, rest) = said.split_once("Single points of failure").unwrap();
    expect![[r#"

          users of web: ◆ api  ◆ orders-postgres  ◆ web

        If it is down, the widest reach first
          api                      1 of 1 flows: api down → web down → users down → users of web down
          orders-postgres          1 of 1 flows: orders-postgres down → api down → web down → users down → users of web down
          web                      1 of 1 flows: web down → users down → users of web down
          mailer                   1 of 1 flows, 0 of them down: mailer down → api late → web late → users late → users of web late

        Inferred, confirm
          users->web  from 900 requests in traces
          api->mailer  from 20 requests in traces, async
          api->orders-postgres  from 1600 requests in traces
          web->api  from 800 requests in traces

        Not followed, or odd
          what was not called in that time, or is not traced, is not in it

        Next: `--format svg > system.svg` draws it; `seaworthy init` writes it as seaworthy.yaml, where needs can be softened.
    "#]].assert_eq(rest);
}

#[test]
fn a_prometheus_that_says_nothing_is_told() {
    let world = World::empty();
    let empty = answering(r#"{"status":"success","data":{"resultType":"vector","result":[]}}"#);
    let said = world.run(&["impact", "--from", &format!("http://{empty}")]).exits(3);
    assert!(said.err.contains("knows no `traces_service_graph_request_total`"), "{}", said.err);
    let other = answering("hello");
    let said = world.run(&["impact", "--from", &format!("http://{other}")]).exits(3);
    assert!(said.err.contains("no JSON"), "{}", said.err);
    let said = world.run(&["impact", "--from", "http://127.0.0.1:1"]).exits(3);
    assert!(said.err.contains("connection refused"), "{}", said.err);
    let said = world.run(&["impact", "--from", "https://127.0.0.1:1"]).exits(3);
    assert!(said.err.contains("TLS is not spoken here"), "{}", said.err);
}
