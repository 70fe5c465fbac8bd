//! The resilience proxy: it stands on the edges of a system where there is no guardrail, protects them, and lets
//! their dependency fail on purpose.
//!
//! It knows policies ([`system::Policy`]) and nothing of registers, verdicts, SQL or Kubernetes: a sidecar is small.
//! [`Guard::start`] carries out a [`Plan`]; [`run`] is the same as a command. The life of a request, top to bottom in
//! one place, is `request.rs`; each protection is one file (`timeout`, `retry`, `breaker`, `cache`, `answer`), each
//! fault one file under `fault/`.
//!
//! Faults sit at the attempt to reach the upstream, below every protection. A *bypass* switches the protections off in
//! place, at the same address and with the same faults, so that a drill changes one thing only.
//!
//! # Which state is whose
//!
//! | state | kept per | why |
//! |---|---|---|
//! | event loop, listening socket, accepted connections | core | nothing moves between cores |
//! | idle upstream connections | core | a connection belongs to its event loop |
//! | breaker, retry budget | process | two cores must not each need five failures |
//! | cache | process | one copy of an answer |
//! | faults, bypass | process | set once, everywhere at once |
//! | counters, turn of the upstreams | process | atomics without order |
//! | anything at all | fleet | nothing: a second guard knows nothing of the first |
//!
//! # What it deliberately does not do
//!
//! HTTP/2, TLS, WebSockets (an upgrade is answered with 501; declare such an edge `tcp`), PROXY protocol, ejecting
//! single replicas, revalidating its cache. Names of upstreams are looked up once, at the start.

mod lock;
mod random;

mod core;
mod counts;
mod door;
mod edge;
mod plan;
mod running;

mod attempt;
mod body;
mod date;
mod failure;
mod headers;
mod http;
mod pool;
mod request;
mod tcp;

mod answer;
mod breaker;
mod bypass;
mod cache;
mod retry;
mod timeout;

mod admin;
mod fault;

mod error;
pub mod limits;
mod options;

pub use error::Error;
pub use options::{Options, TOKEN_VARIABLE, exit, plan, run};
pub use plan::{Plan, PlannedEdge};
pub use running::{ANNOUNCEMENT_SCHEMA, Guard, Running};
