//! A guard's admin port that does as it is told, or only says so.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

use std::sync::{Arc, Mutex};

use drill::admin::{GuardAdmin, TTL};
use serde_json::json;
use tokio::time::Instant;

use crate::mini::{Ask, Reply};
use crate::world::server;

/// What the pretended guard holds.
#[derive(Debug, Default)]
pub(crate) struct State {
    fault_until: Option<Instant>,
    pub(crate) bypass: bool,
    pub(crate) injected: u64,
    pub(crate) short_circuited: u64,
    pub(crate) attempts: u64,
    pub(crate) failures: u64,
    pub(crate) puts: u64,
    pub(crate) refuse_deletes: bool,
    /// Faults are accepted and have no effect.
    pub(crate) pretends: bool,
    /// Renewals are answered, and come to nothing: the fault ends by its time to live.
    pub(crate) forgets: bool,
}

impl State {
    pub(crate) fn has_fault(&self) -> bool {
        self.fault_until.is_some_and(|until| Instant::now() < until)
    }
}

pub(crate) type Shared = Arc<Mutex<State>>;

/// Starts it.
pub(crate) async fn start() -> (GuardAdmin, Shared) {
    let state = Shared::default();
    let shared = Arc::clone(&state);
    let at = server(move |ask| {
        let reply = answer(&ask, &mut shared.lock().unwrap());
        async move { reply }
    })
    .await;
    (GuardAdmin::new(at, "token"), state)
}

fn answer(ask: &Ask, state: &mut State) -> Reply {
    let json = |status, value: serde_json::Value| Reply::of(status, value.to_string());
    let last = ask.path.rsplit('/').next().unwrap_or_default();
    match (ask.method.as_str(), last) {
        ("PUT", "drill") => {
            let is_new = !state.has_fault();
            state.puts += 1;
            if state.puts == 1 || !state.forgets {
                state.fault_until = Some(Instant::now() + TTL);
            }
            json(if is_new { 201 } else { 200 }, json!({}))
        }
        ("DELETE", "drill") if state.refuse_deletes => json(500, json!({"title": "no"})),
        ("DELETE", "drill") => {
            state.fault_until = None;
            Reply::of(204, "")
        }
        ("PUT", "bypass") => {
            state.bypass = true;
            json(200, json!({}))
        }
        ("DELETE", "bypass") => {
            state.bypass = false;
            Reply::of(204, "")
        }
        ("POST", "try") => {
            let on = state.has_fault() && !state.pretends;
            state.injected += u64::from(on);
            let outcome = if on { "refused" } else { "answered" };
            json(200, json!({"outcome": outcome, "status": 200, "took_ms": 1.2}))
        }
        ("POST", "reset") => {
            state.fault_until = None;
            state.bypass = false;
            json(200, json!({}))
        }
        ("GET", _) => {
            let faults = if state.has_fault() { vec![json!({"name": "drill"})] } else { Vec::new() };
            let counts = json!({"upstream_attempts": state.attempts, "upstream_failures": state.failures,
                "short_circuited": state.short_circuited, "injected": state.injected});
            json(200, json!({"breaker": "admitting", "bypass": state.bypass, "faults": faults, "counts": counts}))
        }
        _ => json(404, json!({})),
    }
}
