//! A system that is as small as one can be and still have everything a run has: a service with a daemon, a guard on its
//! edge, a probe, a drill on the edge and one on the processes. A whole run takes seconds.

use crate::world::{World, event_tracker};

/// The risks of the small system.
pub(crate) const RISKS: &str = "\
| ID | Risk | Likelihood | Impact | Status | Owner |
|----|------|------------|--------|--------|-------|
| R-1 | The post does not answer | Low | High | Mitigated | post team |
| R-2 | The post is slow | Low | High | Mitigated | post team |
| R-3 | The post crashes | Low | High | Open | post team |
";

/// The file, with `BIN` in place of the service. The daemon escapes from its session and its parent.
const FILE: &str = r#"seaworthy: 1
name: post office
registers: [docs/risks.md]
system:
  components:
    web: {kind: client}
    post:
      kind: service
      start: sh -c 'setsid sh -c "sleep 600" & exec BIN mailer --port ${port}'
      ready: /health
      ready_within: 20s
  edges:
    web->post:
      needs: hard
      guard: {timeout: 300ms, breaker: {trips: 5 in a row, open: 300ms, trial: 1}}
  flows:
    look:
      path: [web, post]
      slo: {success: 50%}
      load: {request: GET /mails, rate: 150/s, good: [200]}
claims:
  R-1:
    answers: {probe: http.check, with: {component: post, path: /health, times: 2}, expect: "obs.status == 200"}
    has-a-list: {probe: http.check, with: {component: post, path: /mails, times: 2}, expect: "obs.status == 200"}
  R-2:
    fails-fast:
      drill: dependency-down
      with: {edge: web->post, mode: slow, latency: 1s, flow: look, warm: 500ms, clean: 500ms, fault_for: 500ms, off: {guard: bypass}}
      expect: "obs.p95 < 900ms"
  R-3:
    comes-back:
      drill: restart
      with: {component: post, flow: look, warm: 500ms, clean: 500ms, fault_for: 500ms, off: none}
      expect: "obs.recovery < 5s"
"#;

/// The small system, in a world of its own.
pub(crate) fn post_office() -> World {
    let world = World::empty();
    world.write("seaworthy.yaml", &FILE.replace("BIN", &event_tracker().to_string_lossy()));
    world.write("docs/risks.md", RISKS);
    world
}

/// The line with which the small system starts its service, to be replaced.
pub(crate) fn start_line() -> String {
    let line = FILE.lines().find(|line| line.trim_start().starts_with("start:")).unwrap();
    line.trim().replace("BIN", &event_tracker().to_string_lossy())
}
