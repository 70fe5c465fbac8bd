use std::collections::BTreeMap;
use drill::admin::GuardAdmin;
use outside::process::{AtOurDeath, Helper, Spawn};
use system::EdgeId;
use crate::world::*;

fn yaml() -> &'static str {
    r#"
seaworthy: 1
name: shop
system:
  components:
    web: {kind: client}
    api: {kind: service, start: "serve ${port}", ready: /health}
  edges:
    web->api: {needs: hard, guard: {timeout: 300ms, breaker: {trips: 5 in a row, open: 1s, trial: 1}, cache: {stale_if_error: 10m}}}
  flows:
    read: {path: [web, api], load: {request: GET /health, rate: 100/s, patience: 1s}}
    write:
      path: [web, api]
      load: {request: "PUT /items/${id}", body: "item ${id}", good: [201], patience: 1s,
             verify: {path: "/items/${id}", holds: "item ${id}"}}
"#
}

async fn go(mode: &str) {
    let system = system(yaml());
    let mut world = World::begin("guarded");
    let api = world.start("api", &[]).await;
    let file = world.data.join("seaworthy.yaml");
    std::fs::write(&file, yaml()).unwrap();
    let spawn = Spawn {
        name: "guard".to_owned(),
        program: "/work/main/target/debug/seaworthy-guard".into(),
        arguments: ["--file", file.to_str().unwrap(), "--edge", "web->api", "--listen", "web->api=127.0.0.1:0", "--upstream", &format!("web->api={api}"), "--admin", "127.0.0.1:0", "--lifeline"].iter().map(|s| (*s).to_owned()).collect(),
        env: BTreeMap::from([("SEAWORTHY_GUARD_TOKEN".to_owned(), "0123456789abcdef".to_owned())]),
        directory: world.data.clone(),
        log: Some("/tmp/guard.log".into()),
    };
    let mut guard = Helper::start(exe(), &world.run, spawn, AtOurDeath::Dies).await.unwrap();
    let mut lines = guard.take_lines().unwrap();
    let line = lines.next().await.unwrap().unwrap();
    eprintln!("{line}");
    let v: serde_json::Value = serde_json::from_str(&line).unwrap();
    let edge = EdgeId::parse("web->api").unwrap();
    world.guards.insert(edge, v["edges"]["web->api"].as_str().unwrap().parse().unwrap());
    world.admin = Some(GuardAdmin::new(v["admin"].as_str().unwrap().parse().unwrap(), "0123456789abcdef"));
    let plan = match mode { "restart" => sound_plan(&system, "restart", "{component: api, flow: write, bystander: read}"),
      m => sound_plan(&system, "dependency-down", &format!("{{edge: web->api, mode: {m}, flow: read, bystander: write}}")) };
    let began = tokio::time::Instant::now();
    let d = drill::conduct(&plan, &mut world.hands(&system), 7, &mut |e| eprintln!("{e:?}")).await.unwrap();
    eprintln!("=== {mode} took {:?}", began.elapsed());
    eprintln!("bite {:?}\ncalm {:?}\nhealed {:?}", d.bite, d.calm, d.healed);
    eprintln!("ON {:#?} {:?}", d.on.values, d.on.trouble);
    eprintln!("OFF {:#?}", d.off.map(|o| o.values));
    assert_eq!(world.journal.pending().count(), 0);
    world.end().await;
}
#[tokio::test] async fn refused() { go("refused").await }
#[tokio::test] async fn reset() { go("reset").await }
#[tokio::test] async fn hang() { go("hang").await }
#[tokio::test] async fn slow() { go("slow").await }
#[tokio::test] async fn status() { go("status").await }
#[tokio::test] async fn restart() { go("restart").await }
