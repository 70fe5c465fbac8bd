//! Whole drills against a small service, and what is left behind when they go wrong.

use drill::kind::Off;
use drill::{Error, Plan, conduct};
use evidence::{Drilled, Event, Observation, Phase, Value};
use system::System;

use crate::world::{World, id, sound_plan, system};

/// Short phases, so that a drill takes about five seconds.
const TIMES: &str = "warm: 500ms, clean: 1s, fault_for: 1s, watch: 5s, rate: 100/s, down_for: 200ms";

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
    let (drilled, told) = run(&mut world, &system, &restart(&system)).await;
    let drilled = drilled.expect("is carried out");
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
    let drilled = run(&mut world, &system, &plan).await.0.expect("is carried out");
    assert!(drilled.bite.yes && drilled.calm.yes);
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

#[tokio::test]
async fn a_drill_that_is_dropped_can_be_healed_at_any_moment() {
    let system = shop("serve ${port}");
    let mut world = World::begin("dropped");
    world.start("api", &[]).await;
    let plan = restart(&system);
    for stop_ms in [100, 1700, 1900, 2400, 3200] {
        {
            let mut hands = world.hands(&system);
            let limit = std::time::Duration::from_millis(stop_ms);
            let _ = tokio::time::timeout(limit, conduct(&plan, &mut hands, 7, &mut |_| {})).await;
            assert!(drill::heal_now(&mut hands).await.expect("heals").yes);
        }
        let replica = &world.replicas[&id("api")][0];
        assert!(replica.process().is_alive() && replica.is_own(), "after {stop_ms} ms");
        assert!(outside::net::accepts(replica.address()), "after {stop_ms} ms");
    }
    world.end().await;
}
