//! Whole drills against a small service, and what is left behind when they go wrong.

use std::time::Duration;

use drill::kind::Off;
use drill::{Error, Plan, conduct};
use evidence::{Drilled, Event, Observation, Phase, Value};
use outside::process::{ProcessId, Signal, marked};
use system::System;

use crate::world::{World, id, sound_plan, system};

/// Short phases, so that a drill takes about five seconds.
const TIMES: &str = "warm: 500ms, clean: 1s, fault_for: 1s, watch: 5s, rate: 100/s, down_for: 200ms";

/// Drills that may be tried on a busy machine.
const BUSY_ATTEMPTS: u32 = 3;

fn shop(start: &str) -> System {
    system(&format!(
        r#"
seaworthy: 1
name: shop
system:
  components:
    web: {{kind: client}}
    api: {{kind: service, start: "{start}", ready: /health}}
  edges:
    web->api: {{needs: hard}}
  flows:
    write:
      path: [web, api]
      load: {{request: "PUT /items/${{id}}", body: "item ${{id}}", good: [201], patience: 1s,
              verify: {{path: "/items/${{id}}", holds: "item ${{id}}"}}}}
environments:
  prod: {{drills: never}}
"#
    ))
}

fn restart(system: &System) -> Plan {
    let with = format!("{{component: api, flow: write, {TIMES}, off: {{component: api, env: {{DURABLE: \"off\"}}}}}}");
    sound_plan(system, "restart", &with)
}

async fn run(world: &mut World, system: &System, plan: &Plan) -> (Result<Drilled, Error>, Vec<String>) {
    let mut told = Vec::new();
    let result = conduct(plan, &mut world.hands(system), 7, &mut |event| {
        told.push(match event {
            Event::Step { what, .. } | Event::Saw { what } | Event::Warned { what } => what,
        });
    })
    .await;
    (result, told)
}

/// As [`run`], again when this machine was too busy to measure: the drill says so itself, and gives no answer then.
async fn measured(world: &mut World, system: &System, plan: &Plan) -> (Drilled, Vec<String>) {
    for attempt in 1..=BUSY_ATTEMPTS {
        let (drilled, told) = run(world, system, plan).await;
        let drilled = drilled.expect("is carried out");
        if attempt == BUSY_ATTEMPTS || !drilled.calm.what.contains("too busy") {
            return (drilled, told);
        }
    }
    unreachable!("the last attempt returns")
}

fn low(observation: &Observation, name: &str) -> f64 {
    match observation.values.get(name) {
        Some(Value::Integer(number)) => *number as f64,
        Some(Value::Quantity(quantity)) => quantity.low(),
        other => panic!("{name} is {other:?}"),
    }
}

#[tokio::test]
async fn a_restart_of_a_durable_service_loses_nothing_and_without_durability_it_does() {
    let system = shop("serve ${port}");
    let mut world = World::begin("restart");
    world.start("api", &[]).await;
    let (drilled, told) = measured(&mut world, &system, &restart(&system)).await;
    assert!(drilled.bite.yes, "{}", drilled.bite.what);
    assert!(drilled.calm.yes, "{}", drilled.calm.what);
    assert!(drilled.healed.yes, "{}", drilled.healed.what);
    let on = &drilled.on;
    assert_eq!(on.values.get("lost_acknowledged"), Some(&Value::Integer(0)), "{on:#?}");
    assert!(low(on, "acknowledged") > 50.0 && low(on, "bad") > 0.0);
    assert!(low(on, "stop_to_ready") >= 0.2 && low(on, "recovery") < 5.0);
    assert_eq!((on.seed, on.version.as_deref()), (Some(7), Some("1.0")));
    let off = drilled.off.expect("has an off control");
    assert!(low(&off, "lost_acknowledged") > 0.0, "{off:#?}");
    let phases: Vec<Phase> = drilled.timeline.windows.iter().map(|window| window.phase).collect();
    use Phase::{Clean, Fault, Heal, HealOff, Off, Warm};
    assert_eq!(phases, [Warm, Clean, Fault, Heal, Off, HealOff]);
    let whole = drilled.timeline.windows.windows(2).all(|pair| pair[0].to_us == pair[1].from_us);
    assert!(whole, "{:?}", drilled.timeline.windows);
    assert!(world.replicas[&id("api")][0].is_own(), "{told:?}");
    assert_eq!(world.journal.pending().count(), 0);
    world.end().await;
}

#[tokio::test]
async fn a_service_that_acknowledges_too_early_is_seen_to_lose_writes() {
    let system = shop("serve ${port}");
    let mut world = World::begin("early");
    world.start("api", &[("DURABLE", "off")]).await;
    let mut plan = restart(&system);
    plan.off = Off::None("not needed here".to_owned());
    let (drilled, _) = measured(&mut world, &system, &plan).await;
    assert!(drilled.bite.yes && drilled.calm.yes, "{:?} {:?}", drilled.bite, drilled.calm);
    assert!(low(&drilled.on, "lost_acknowledged") > 0.0, "{:#?}", drilled.on);
    assert_eq!(drilled.clean.values.get("lost_acknowledged"), Some(&Value::Integer(0)));
    assert_eq!(drilled.off, Err("not needed here".to_owned()));
    world.end().await;
}

#[tokio::test]
async fn a_load_that_is_not_clean_without_the_fault_breaks_nothing() {
    let system = shop("serve ${port}");
    let mut world = World::begin("unclean");
    world.start("api", &[]).await;
    let before = world.replicas[&id("api")][0].process().child();
    let mut plan = restart(&system);
    plan.flow.load.good_status = vec![200];
    let drilled = run(&mut world, &system, &plan).await.0.expect("is carried out");
    assert!(!drilled.calm.yes && !drilled.bite.yes);
    assert!(drilled.calm.what.contains("most often bad-status 201"), "{}", drilled.calm.what);
    assert_eq!(drilled.on.subjects, 0);
    assert_eq!(world.replicas[&id("api")][0].process().child(), before, "nothing was killed");
    world.end().await;
}

#[tokio::test]
async fn a_component_that_is_dead_before_the_fault_is_an_error_with_its_log() {
    let system = shop("serve ${port}");
    let mut world = World::begin("dead");
    world.start("api", &[]).await;
    for replica in world.replicas.values_mut().flatten() {
        replica.process_mut().kill_tree().await.expect("dies");
    }
    let error = run(&mut world, &system, &restart(&system)).await.0.expect_err("cannot be judged");
    assert!(matches!(&error, Error::DiedByItself { name, .. } if name == "api 0"), "{error}");
    assert!(world.replicas[&id("api")][0].process().is_alive(), "it was put right");
    world.end().await;
}

#[tokio::test]
async fn a_drill_that_is_not_allowed_touches_nothing() {
    let system = shop("serve ${port}");
    let mut world = World::begin("forbidden");
    world.start("api", &[]).await;
    let before = world.replicas[&id("api")][0].process().child();
    let plan = restart(&system);
    let mut hands = world.hands(&system);
    hands.environment = "prod";
    let error = conduct(&plan, &mut hands, 7, &mut |_| {}).await.expect_err("is refused");
    assert!(matches!(error, Error::Refused(_)), "{error}");
    assert_eq!(world.replicas[&id("api")][0].process().child(), before);
    world.end().await;
}

/// Runs a drill and kills something when it has told of a phase, or after a while.
async fn run_and_kill(
    world: &mut World,
    system: &System,
    plan: &Plan,
    after: Duration,
    victim: Victim,
) -> Result<Drilled, Error> {
    let run = world.run.clone();
    let api = world.replicas[&id("api")][0].process().child();
    let mut hands = world.hands(system);
    let kill = async {
        tokio::time::sleep(after).await;
        let found = match victim {
            Victim::Api => Some(api),
            Victim::Load => marked(&run).into_iter().find(|process| command(process).contains("\0load\0")),
        };
        found.expect("it runs").signal(Signal::Kill).expect("is killed");
    };
    let mut quiet = |_| {};
    tokio::join!(conduct(plan, &mut hands, 7, &mut quiet), kill).0
}

enum Victim {
    Api,
    Load,
}

fn command(process: &ProcessId) -> String {
    let path = format!("/proc/{}/cmdline", process.pid);
    outside::files::read_text(std::path::Path::new(&path), 64 * 1024).unwrap_or_default()
}

#[tokio::test]
async fn a_load_that_is_killed_ends_the_drill_with_everything_put_right() {
    let system = shop("serve ${port}");
    let mut world = World::begin("loadless");
    world.start("api", &[]).await;
    // In the middle of the fault window: the service is away at that moment, or just back.
    let after = Duration::from_millis(1800);
    let error = run_and_kill(&mut world, &system, &restart(&system), after, Victim::Load).await.expect_err("no load");
    assert!(matches!(error, Error::Load { .. }), "{error}");
    assert!(world.replicas[&id("api")][0].process().is_alive());
    assert_eq!(world.journal.pending().count(), 0);
    world.end().await;
}

#[tokio::test]
async fn a_component_that_dies_in_the_clean_window_is_an_error() {
    let system = shop("serve ${port}");
    let mut world = World::begin("early-death");
    world.start("api", &[]).await;
    let after = Duration::from_millis(900);
    let error = run_and_kill(&mut world, &system, &restart(&system), after, Victim::Api).await.expect_err("died");
    assert!(matches!(error, Error::DiedByItself { .. }), "{error}");
    world.end().await;
}

#[tokio::test]
async fn a_component_that_dies_of_the_fault_is_counted_and_started_again_in_the_end() {
    let system = shop("serve ${port}");
    let mut world = World::begin("second-death");
    world.start("api", &[]).await;
    let mut plan = restart(&system);
    // Long enough that the second death falls into it, however slow the restart was.
    plan.times.fault = Duration::from_secs(4);
    plan.times.watch = Duration::from_secs(1);
    plan.off = Off::None("not needed here".to_owned());
    // After the restart and before the end of the window, by somebody else: by pid of the new process.
    let (run, before) = (world.run.clone(), world.replicas[&id("api")][0].process().child());
    let mut hands = world.hands(&system);
    let kill = async {
        let deadline = tokio::time::Instant::now() + Duration::from_secs(20);
        loop {
            let serving = |process: &ProcessId| command(process).contains("\0serve\0") && *process != before;
            let new = marked(&run).into_iter().find(|process| serving(process));
            if let Some(new) = new.filter(|_| !before.is_alive()) {
                tokio::time::sleep(Duration::from_millis(200)).await;
                new.signal(Signal::Kill).expect("is killed");
                return;
            }
            assert!(tokio::time::Instant::now() < deadline, "it was never started again");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let mut quiet = |_| {};
    let drilled = tokio::join!(conduct(&plan, &mut hands, 7, &mut quiet), kill).0.expect("is carried out");
    assert_eq!(drilled.on.values.get("died"), Some(&Value::Integer(1)), "{:#?}", drilled.on);
    assert_eq!(drilled.on.trouble, None, "a fall under the fault is a finding and no trouble");
    assert!(world.replicas[&id("api")][0].process().is_alive(), "it was started again in the end");
    world.end().await;
}

#[tokio::test]
async fn a_drill_that_is_dropped_can_be_healed_at_any_moment() {
    let system = shop("serve ${port}");
    let mut world = World::begin("dropped");
    world.start("api", &[]).await;
    let plan = restart(&system);
    for stop_ms in [100, 1700, 1900, 2400, 3200] {
        {
            let mut hands = world.hands(&system);
            let limit = Duration::from_millis(stop_ms);
            let _ = tokio::time::timeout(limit, conduct(&plan, &mut hands, 7, &mut |_| {})).await;
            assert!(drill::heal_now(&mut hands).await.expect("heals").yes);
        }
        let replica = &world.replicas[&id("api")][0];
        assert!(replica.process().is_alive() && replica.is_own(), "after {stop_ms} ms");
        assert!(outside::net::accepts(replica.address()), "after {stop_ms} ms");
    }
    world.end().await;
}

/// Nobody counts the calls to a dependency without a guard: only bad answers, lost writes or the control can show that
/// the load meets it. A drill on a dependency that is never called would be green for ever.
#[tokio::test]
async fn a_dependency_that_the_load_never_calls_is_not_seen_to_bite() {
    let yaml = r#"
seaworthy: 1
name: shop
system:
  components:
    web: {kind: client}
    api: {kind: service, start: "serve ${port}", ready: /health}
    idle: {kind: service, start: "serve ${port}", ready: /health}
  edges:
    web->api: {needs: hard}
    api->idle: {needs: soft}
  flows:
    read: {path: [web, api], load: {request: GET /health}}
"#;
    let system = system(yaml);
    let mut world = World::begin("idle");
    world.start("api", &[]).await;
    world.start("idle", &[]).await;
    let with = "{component: idle, flow: read, warm: 500ms, clean: 1s, fault_for: 1s, rate: 100/s, off: none}";
    let plan = sound_plan(&system, "dependency-down", with);
    let (drilled, _) = measured(&mut world, &system, &plan).await;
    assert!(drilled.calm.yes, "{}", drilled.calm.what);
    assert!(!drilled.bite.yes, "{}", drilled.bite.what);
    assert!(drilled.bite.what.contains("every request was answered well"), "{}", drilled.bite.what);
    world.end().await;
}
