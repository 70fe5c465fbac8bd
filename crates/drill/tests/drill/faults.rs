//! Each fault is seen to bite when it bites, and not when nothing was put in or nothing felt it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

use std::net::SocketAddr;
use std::time::Duration;

use drill::fault::{Fault, Met, Noop, Written};
use drill::kind::{FaultPlan, Mode, Times, Which};
use drill::{Error, Hands, Target, Wanted};
use outside::process::{ProcessId, Signal};
use system::EdgeId;
use tokio::time::{Instant, sleep};

use crate::guard;
use crate::world::{World, exe, id, system};

const SYSTEM: &str = r#"
seaworthy: 1
name: shop
system:
  components:
    web: {kind: client}
    api: {kind: service, start: "serve ${port}", ready: /health}
    mailer: {kind: service, start: "mail ${port}", ready: /health}
    cache: {kind: redis, at: "127.0.0.1:6379", destructive: true}
  edges:
    web->api: {needs: hard}
    api->mailer: {needs: soft, guard: {}}
    api->cache: {needs: soft}
  flows:
    read: {path: [web, api], async: [mailer], load: "GET /health"}
"#;

const TIMES: Times = Times {
    warm: Duration::from_millis(500),
    clean: Duration::from_millis(500),
    fault: Duration::from_millis(500),
    watch: Duration::from_secs(2),
};
/// A load that met the broken thing itself.
const MET: Met = Met { requests: 20, not_good: 20, at_the_door: true, background: 0 };

fn edge() -> EdgeId {
    EdgeId::parse("api->mailer").expect("is an edge")
}

fn edge_plan() -> FaultPlan {
    FaultPlan::Edge { edge: edge(), mode: Mode::Refused }
}

fn kill_plan() -> FaultPlan {
    FaultPlan::Kill { component: id("api"), which: Which::All, down_for: None }
}

fn pause_plan(component: &str) -> FaultPlan {
    FaultPlan::Pause { component: id(component) }
}

fn fault(plan: &FaultPlan, hands: &mut Hands<'_>) -> Result<Fault, Error> {
    let wanted = match plan {
        FaultPlan::Edge { edge, .. } => Wanted::Edge(edge),
        FaultPlan::Kill { component, .. } | FaultPlan::Pause { component } => Wanted::Component(component),
    };
    let target = Target::allow(wanted, hands.ground())?;
    Fault::of(plan, &TIMES, &target, hands)
}

async fn inject(fault: &mut Fault, hands: &mut Hands<'_>) -> Written {
    let undos = fault.undos(hands).expect("has undos");
    let mut written = Written::before(hands.journal, undos).expect("is written");
    fault.inject(&mut written, hands).await.expect("is put in");
    written
}

async fn edge_world(name: &str) -> (World, guard::Shared) {
    let (admin, state) = guard::start().await;
    let mut world = World::begin(name);
    world.guards.insert(edge(), SocketAddr::from(([127, 0, 0, 1], 9)));
    world.admin = Some(admin);
    (world, state)
}

#[tokio::test]
async fn nothing_injected_is_never_seen_to_bite() {
    let (mut world, _state) = edge_world("nothing").await;
    world.start("api", &[]).await;
    let system = system(SYSTEM);
    let mut hands = world.hands(&system);
    let mut all = vec![Fault::Noop(Noop)];
    for plan in [edge_plan(), kill_plan(), pause_plan("api")] {
        all.push(fault(&plan, &mut hands).expect("is a fault"));
    }
    for mut fault in all {
        fault.look(&hands).await;
        let bite = fault.bite(&hands, MET).await;
        assert!(!bite.yes, "{fault:?}: {}", bite.what);
        fault.lift(&mut hands).await.expect("lifting nothing does no harm");
        assert!(fault.healed(&hands).await.yes || matches!(fault, Fault::Kill(_)), "{fault:?}");
    }
    world.end().await;
}

#[tokio::test]
async fn an_edge_fault_bites_when_attempts_change_and_the_load_meets_it() {
    let (mut world, state) = edge_world("edge").await;
    let system = system(SYSTEM);
    let mut hands = world.hands(&system);
    let mut fault = fault(&edge_plan(), &mut hands).expect("is a fault");
    let written = inject(&mut fault, &mut hands).await;
    fault.look(&hands).await;
    let hardly = fault.bite(&hands, MET).await;
    assert!(!hardly.yes && hardly.what.contains("hardly met"), "{}", hardly.what);
    state.lock().unwrap().injected += 3;
    state.lock().unwrap().short_circuited += 40;
    let bite = fault.bite(&hands, MET).await;
    assert!(bite.yes, "{}", bite.what);
    assert!(!fault.healed(&hands).await.yes);
    fault.lift(&mut hands).await.expect("is lifted");
    assert!(!state.lock().unwrap().has_fault());
    assert!(fault.healed(&hands).await.yes);
    written.undone(hands.journal).expect("is closed");
    assert_eq!(world.journal.pending().count(), 0);
}

#[tokio::test]
async fn a_fault_that_the_guard_only_pretends_to_put_in_is_not_seen_to_bite() {
    let (mut world, state) = edge_world("pretends").await;
    state.lock().unwrap().pretends = true;
    let system = system(SYSTEM);
    let mut hands = world.hands(&system);
    let mut fault = fault(&edge_plan(), &mut hands).expect("is a fault");
    let _written = inject(&mut fault, &mut hands).await;
    fault.look(&hands).await;
    state.lock().unwrap().injected += 100;
    let bite = fault.bite(&hands, MET).await;
    assert!(!bite.yes && bite.what.contains("answered 200"), "{}", bite.what);
}

#[tokio::test]
async fn a_fault_that_ends_before_its_window_is_not_seen_to_bite() {
    let (mut world, state) = edge_world("lapses").await;
    state.lock().unwrap().forgets = true;
    let system = system(SYSTEM);
    let mut hands = world.hands(&system);
    let mut fault = fault(&edge_plan(), &mut hands).expect("is a fault");
    let _written = inject(&mut fault, &mut hands).await;
    fault.look(&hands).await;
    state.lock().unwrap().injected += 100;
    let deadline = Instant::now() + Duration::from_secs(10);
    while state.lock().unwrap().has_fault() {
        assert!(Instant::now() < deadline, "it never ends");
        sleep(Duration::from_millis(20)).await;
    }
    let bite = fault.bite(&hands, MET).await;
    assert!(!bite.yes && bite.what.contains("ended before its window"), "{}", bite.what);
}

#[tokio::test]
async fn an_edge_fault_is_renewed_and_ends_by_itself_when_it_is_dropped() {
    let (mut world, state) = edge_world("renewed").await;
    let system = system(SYSTEM);
    let mut hands = world.hands(&system);
    let mut fault = fault(&edge_plan(), &mut hands).expect("is a fault");
    let _written = inject(&mut fault, &mut hands).await;
    sleep(drill::admin::TTL + Duration::from_millis(300)).await;
    assert!(state.lock().unwrap().has_fault(), "it is renewed");
    drop(fault);
    let deadline = Instant::now() + drill::admin::TTL * 3;
    while state.lock().unwrap().has_fault() {
        assert!(Instant::now() < deadline, "it outlives whoever held it");
        sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_fault_is_mended_when_the_guard_is_gone_and_not_when_it_only_keeps_silent() {
    let (mut world, state) = edge_world("gone").await;
    let system = system(SYSTEM);
    let mut hands = world.hands(&system);
    let mut fault = fault(&edge_plan(), &mut hands).expect("is a fault");
    let _written = inject(&mut fault, &mut hands).await;
    state.lock().unwrap().refuse_deletes = true;
    assert!(fault.lift(&mut hands).await.is_err());
    assert!(!fault.healed(&hands).await.yes, "it lives until its time is over");
    let silent = outside::net::listen(([127, 0, 0, 1], 0).into(), false).expect("a free port");
    let at = silent.local_addr().expect("is bound");
    hands.admin = Some(drill::admin::GuardAdmin::new(at, "token"));
    assert!(!fault.healed(&hands).await.yes, "who keeps silent may still hold the fault");
    drop(silent);
    assert!(fault.healed(&hands).await.yes);
}

#[tokio::test]
async fn a_killed_component_is_gone_and_comes_back_as_another_process() {
    let mut world = World::begin("kill");
    let at = world.start("api", &[]).await;
    let system = system(SYSTEM);
    let mut hands = world.hands(&system);
    let before = hands.replicas[&id("api")][0].process().child();
    let mut fault = fault(&kill_plan(), &mut hands).expect("is a fault");
    let _written = inject(&mut fault, &mut hands).await;
    fault.look(&hands).await;
    assert!(!before.is_alive() && !outside::net::accepts(at));
    assert!(!fault.healed(&hands).await.yes);
    let ready = fault.lift(&mut hands).await.expect("is lifted").expect("was measured");
    assert!(ready.not_before <= ready.at && !ready.at.is_zero());
    assert!(fault.bite(&hands, MET).await.yes);
    let unmet = fault.bite(&hands, Met { not_good: 0, ..MET }).await;
    assert!(!unmet.yes && unmet.what.contains("never met"), "{}", unmet.what);
    assert!(fault.healed(&hands).await.yes);
    assert_ne!(hands.replicas[&id("api")][0].process().child(), before);
    world.end().await;
}

#[tokio::test]
async fn a_component_behind_a_guard_is_met_only_when_the_guard_felt_it() {
    let (mut world, state) = edge_world("felt").await;
    world.start("mailer", &[]).await;
    let system = system(SYSTEM);
    let mut hands = world.hands(&system);
    let plan = FaultPlan::Kill { component: id("mailer"), which: Which::One(0), down_for: None };
    let mut fault = fault(&plan, &mut hands).expect("is a fault");
    let _written = inject(&mut fault, &mut hands).await;
    fault.look(&hands).await;
    let met = Met { at_the_door: false, ..MET };
    assert!(!fault.bite(&hands, met).await.yes);
    state.lock().unwrap().failures += 2;
    assert!(fault.bite(&hands, met).await.yes);
    fault.lift(&mut hands).await.expect("is lifted");
    world.end().await;
}

#[tokio::test]
async fn a_paused_component_hangs_and_goes_on() {
    let mut world = World::begin("pause");
    let at = world.start("api", &[]).await;
    let system = system(SYSTEM);
    let mut hands = world.hands(&system);
    let mut fault = fault(&pause_plan("api"), &mut hands).expect("is a fault");
    let written = inject(&mut fault, &mut hands).await;
    fault.look(&hands).await;
    let client = outside::http::Client::new(outside::http::Limits { body_bytes: 100, connect: Duration::from_secs(1) });
    let ask = || client.send(at, outside::http::Request::get("/health"), Duration::from_millis(300));
    assert_eq!(ask().await, Err(outside::http::Failure::TimedOut));
    let bite = fault.bite(&hands, MET).await;
    assert!(bite.yes, "{}", bite.what);
    assert!(!fault.healed(&hands).await.yes);
    fault.lift(&mut hands).await.expect("is lifted");
    assert!(fault.healed(&hands).await.yes);
    assert_eq!(ask().await.map(|answer| answer.status), Ok(200));
    written.undone(hands.journal).expect("is closed");
    world.end().await;
}

#[tokio::test]
async fn a_pause_that_somebody_else_ends_is_not_seen_to_bite() {
    let mut world = World::begin("unpaused");
    world.start("api", &[]).await;
    let system = system(SYSTEM);
    let mut hands = world.hands(&system);
    let mut fault = fault(&pause_plan("api"), &mut hands).expect("is a fault");
    let _written = inject(&mut fault, &mut hands).await;
    fault.look(&hands).await;
    for process in hands.replicas[&id("api")][0].process().tree() {
        process.signal(Signal::Continue).expect("goes on");
    }
    let deadline = Instant::now() + Duration::from_secs(5);
    while fault.bite(&hands, MET).await.yes {
        assert!(Instant::now() < deadline, "it looks stopped for ever");
        sleep(Duration::from_millis(10)).await;
    }
    world.end().await;
}

#[tokio::test]
async fn a_foreign_process_is_paused_with_its_undo_written_before() {
    let mut world = World::begin("foreign");
    // Started outside the run's replicas, as somebody else's process would be.
    let at = world.start("other", &[]).await;
    let other = world.replicas.remove(&id("other")).expect("was started");
    world.at.insert(id("cache"), at);
    let system = system(SYSTEM);
    let mut hands = world.hands(&system);
    let mut fault = fault(&pause_plan("cache"), &mut hands).expect("is allowed");
    let written = inject(&mut fault, &mut hands).await;
    let root: ProcessId = other[0].process().child();
    let pending: Vec<String> = hands.journal.pending().map(|undo| format!("{undo:?}")).collect();
    assert!(pending.iter().any(|undo| undo.contains(&root.pid.to_string())), "{pending:?}");
    fault.look(&hands).await;
    assert!(fault.bite(&hands, MET).await.yes);
    assert_eq!(root.state(), Some('T'));
    drop(fault);
    let healed = drill::heal_now(&mut hands).await.expect("heals");
    assert!(healed.yes);
    assert_ne!(root.state(), Some('T'));
    written.undone(hands.journal).expect("is closed");
    world.replicas.insert(id("other"), other);
    world.end().await;
}

#[tokio::test]
async fn what_is_not_running_cannot_be_broken() {
    let mut world = World::begin("missing");
    let port = outside::net::free_port().expect("a port");
    world.at.insert(id("cache"), SocketAddr::from(([127, 0, 0, 1], port)));
    let system = system(SYSTEM);
    let mut hands = world.hands(&system);
    for plan in [edge_plan(), kill_plan(), pause_plan("api"), pause_plan("cache")] {
        let error = fault(&plan, &mut hands).expect_err("is not there");
        assert!(matches!(error, Error::NotRunning { .. }), "{error}");
    }
    assert!(exe().is_file());
}

/// A test runner, a development server or an agent may listen *and* have started seaworthy.
#[tokio::test]
async fn an_ancestor_of_ours_is_never_stopped() {
    let listener = outside::net::listen(([127, 0, 0, 1], 0).into(), false).expect("a free port");
    let at = listener.local_addr().expect("is bound");
    let system = system(&format!(
        "seaworthy: 1\nname: s\nsystem:\n  components:\n    api: {{kind: service, at: \"{at}\", destructive: true}}\n"
    ));
    let mut world = World::begin("ancestor");
    world.at.insert(id("api"), at);
    let plan = FaultPlan::Pause { component: id("api") };
    let mut hands = world.hands(&system);
    let error = fault(&plan, &mut hands).expect_err("would stop this test");
    assert!(error.to_string().contains("ancestor of seaworthy"), "{error}");
}
