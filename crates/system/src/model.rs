//! Components, edges and flows: the graph everything else is computed from.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use text::{Rate, Ratio, Span};

use crate::{ComponentId, EdgeId, FlowId, Policy, Template};

/// What `seaworthy.yaml` says of one system.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct System {
    /// Its name, for headings.
    pub name: String,
    /// Paths of the registers, relative to the file, with the place where each is named.
    pub registers: Vec<(String, Span)>,
    /// Headings of foreign dialects mapped to our nouns (`Schwere: impact`).
    pub columns: BTreeMap<String, String>,
    /// Names of risks that have no id, each with the title it had when it was named, and where that stands.
    pub aliases: BTreeMap<String, (String, Span)>,
    /// The user's own score model.
    pub score: Option<ScoreTable>,
    /// Rules of the register by name: the severity they shall have (`error`, `warning`, `info`, `off`), and where that stands.
    pub lint: BTreeMap<String, (String, Span)>,
    /// What runs, by name.
    pub components: BTreeMap<ComponentId, Component>,
    /// What needs what, in the order written.
    pub edges: Vec<Edge>,
    /// What users do, by name.
    pub flows: BTreeMap<FlowId, Flow>,
    /// Groups that fail together (one node, one container), by name.
    pub shared_fate: BTreeMap<String, Vec<Member>>,
    /// The share of time in which such a group is down as one, where written.
    pub fate_unavailability: BTreeMap<String, Ratio>,
    /// Guardrails that are no protection of the proxy, standing or planned, by name.
    pub guardrails: BTreeMap<String, Guardrail>,
    /// Named environments; the one called `local` exists when none is written.
    pub environments: BTreeMap<String, Environment>,
    /// First words of commands that `exec` probes may run; empty: none.
    pub exec_allowed: Vec<String>,
    /// Where the ledger is, when it is not the file beside this one.
    pub ledger: Option<Template>,
}

/// A score model as a matrix: a cell for each word of likelihood and of impact.
#[derive(Clone, Debug, PartialEq)]
pub struct ScoreTable {
    /// Words for likelihood, from the least to the worst; one row each.
    pub likelihood: Vec<String>,
    /// Words for impact, from the least to the worst; one column each.
    pub impact: Vec<String>,
    /// The rows.
    pub cells: Vec<Vec<String>>,
    /// Where it is written.
    pub span: Span,
}

/// What fails with its group: a component, or one of its replicas (`api/2` is the second).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Member {
    /// Which component.
    pub component: ComponentId,
    /// Which of its replicas, from 1; `None` for all of them.
    pub replica: Option<u32>,
}

impl fmt::Display for Member {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.replica {
            Some(replica) => write!(formatter, "{}/{replica}", self.component),
            None => write!(formatter, "{}", self.component),
        }
    }
}

/// One thing that runs, or is needed.
#[derive(Clone, Debug, PartialEq)]
pub struct Component {
    /// Its name.
    pub id: ComponentId,
    /// What it is.
    pub kind: ComponentKind,
    /// How many of it run; each is started with its own `${port}`. 0 is a fact: it never runs.
    pub replicas: u32,
    /// How many of them must work for it to work, at least 1; 1 when not written.
    pub quorum: u32,
    /// The share of time in which one replica does not work, when written.
    pub unavailability: Option<Ratio>,
    /// Command that builds it, once, before the clock runs.
    pub build: Option<Template>,
    /// Command that starts it. Without one it is not ours: looked at, not broken.
    pub start: Option<Template>,
    /// Environment variables of the started process.
    pub env: BTreeMap<String, Template>,
    /// HTTP path that answers 2xx when it is ready; without one an accepting port is enough.
    pub ready: Option<String>,
    /// How long it may take to become ready; 10 s when not written.
    pub ready_within: Duration,
    /// Address of a component that somebody else runs.
    pub at: Option<Template>,
    /// File of a component that is a file (`kind: sqlite`).
    pub file: Option<Template>,
    /// The user allows a drill to break it although we did not start it.
    pub destructive: bool,
    /// Further ways in which it fails, by name, and what each is like.
    pub modes: BTreeMap<String, FailsAs>,
    /// Names that registers give it.
    pub known_as: Vec<String>,
    /// Where its state lives, when written.
    pub state: Option<StateKind>,
    /// Data that only it holds, by name.
    pub holds: Vec<String>,
    /// Where its description stands.
    pub span: Span,
}

impl Component {
    /// How long a component may take to become ready when nothing is written.
    pub const READY_WITHIN: Duration = Duration::from_secs(10);

    /// One service of this name, and nothing else said of it.
    pub fn new(id: ComponentId, span: Span) -> Self {
        Self {
            id,
            kind: ComponentKind::Service,
            replicas: 1,
            quorum: 1,
            unavailability: None,
            build: None,
            start: None,
            env: BTreeMap::new(),
            ready: None,
            ready_within: Self::READY_WITHIN,
            at: None,
            file: None,
            destructive: false,
            modes: BTreeMap::new(),
            known_as: Vec::new(),
            state: None,
            holds: Vec::new(),
            span,
        }
    }
}

/// Where the state of a component lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StateKind {
    /// All replicas of whoever needs it see the same.
    Shared,
    /// Each replica of whoever needs it has its own.
    PerInstance,
}

/// What a named failure mode is like: the first four spread to callers, the others are felt by whoever uses it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FailsAs {
    /// It is gone.
    Down,
    /// It accepts and does not answer.
    Slow,
    /// It answers with less.
    Degraded,
    /// It answers with what was.
    Stale,
    /// It loses data.
    Lost,
    /// It lets in or lets out what it should not.
    Exposed,
    /// It hides what goes wrong.
    Blind,
    /// It answers wrongly.
    Wrong,
}

impl FailsAs {
    /// Every one, in the order documented.
    pub const ALL: [Self; 8] =
        [Self::Down, Self::Slow, Self::Degraded, Self::Stale, Self::Lost, Self::Exposed, Self::Blind, Self::Wrong];

    /// The word in `seaworthy.yaml`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Down => "down",
            Self::Slow => "slow",
            Self::Degraded => "degraded",
            Self::Stale => "stale",
            Self::Lost => "lost",
            Self::Exposed => "exposed",
            Self::Blind => "blind",
            Self::Wrong => "wrong",
        }
    }
}

/// A guardrail beside those of the proxy: a start-up check, a second key, a queue of dead letters.
#[derive(Clone, Debug, PartialEq)]
pub struct Guardrail {
    /// Where it stands.
    pub on: GuardrailOn,
    /// The modes that it stops, of the component, or of the callee of the edge.
    pub stops: Vec<String>,
    /// What is left of a failure that it stops.
    pub leaves: Leaves,
    /// What it costs to build, as people say it.
    pub effort: Option<Effort>,
    /// It is not built yet.
    pub planned: bool,
    /// Where its description stands.
    pub span: Span,
}

/// Where a guardrail stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GuardrailOn {
    /// At a component: the failure does not begin.
    Component(ComponentId),
    /// At an edge: the failure does not pass as it came.
    Edge(EdgeId),
}

/// What is left of a failure that a guardrail stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Leaves {
    /// Nothing.
    Nothing,
    /// A quick failure instead of a long wait.
    QuickFailure,
    /// Less than usual.
    Degraded,
    /// Old answers.
    Stale,
}

impl Leaves {
    /// Every one, in the order documented.
    pub const ALL: [Self; 4] = [Self::Nothing, Self::QuickFailure, Self::Degraded, Self::Stale];

    /// The word in `seaworthy.yaml`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::QuickFailure => "quick-failure",
            Self::Degraded => "degraded",
            Self::Stale => "stale",
        }
    }
}

/// A size of work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Effort {
    /// Small.
    S,
    /// Medium.
    M,
    /// Large.
    L,
    /// Very large.
    Xl,
}

impl Effort {
    /// Every one, the smallest first.
    pub const ALL: [Self; 4] = [Self::S, Self::M, Self::L, Self::Xl];

    /// The word in `seaworthy.yaml` and in registers.
    pub fn word(self) -> &'static str {
        match self {
            Self::S => "S",
            Self::M => "M",
            Self::L => "L",
            Self::Xl => "XL",
        }
    }
}

/// What a component is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ComponentKind {
    /// Users and their tools; where flows begin.
    Client,
    /// A service that answers HTTP.
    Service,
    /// A worker that nobody calls.
    Worker,
    /// PostgreSQL, over TCP.
    Postgres,
    /// Redis, Valkey or Dragonfly, over TCP.
    Redis,
    /// An SQLite file.
    Sqlite,
    /// Any other TCP server.
    Tcp,
    /// A queue.
    Queue,
    /// Somebody else's service.
    External,
    /// A secret that must be there.
    Secret,
    /// A setting.
    Config,
    /// Storage.
    Volume,
    /// State that must be in a certain shape, such as a migrated schema.
    State,
    /// A part inside a service, such as a rate limiter.
    Function,
}

impl ComponentKind {
    /// Every kind, in the order documented.
    pub const ALL: [Self; 14] = [
        Self::Client,
        Self::Service,
        Self::Worker,
        Self::Postgres,
        Self::Redis,
        Self::Sqlite,
        Self::Tcp,
        Self::Queue,
        Self::External,
        Self::Secret,
        Self::Config,
        Self::Volume,
        Self::State,
        Self::Function,
    ];

    /// The word in `seaworthy.yaml`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Service => "service",
            Self::Worker => "worker",
            Self::Postgres => "postgres",
            Self::Redis => "redis",
            Self::Sqlite => "sqlite",
            Self::Tcp => "tcp",
            Self::Queue => "queue",
            Self::External => "external",
            Self::Secret => "secret",
            Self::Config => "config",
            Self::Volume => "volume",
            Self::State => "state",
            Self::Function => "function",
        }
    }

    /// Whether it is a process that seaworthy could start.
    pub fn can_be_started(self) -> bool {
        match self {
            Self::Client | Self::Service | Self::Worker | Self::Postgres | Self::Redis => true,
            Self::Tcp | Self::Queue | Self::External => true,
            Self::Sqlite | Self::Secret | Self::Config | Self::Volume | Self::State | Self::Function => false,
        }
    }

    /// Whether others reach it through a port, so that its process must be told which.
    pub fn is_reached_by_port(self) -> bool {
        self.can_be_started() && !matches!(self, Self::Client | Self::Worker)
    }
}

/// `a->b`: a needs b.
#[derive(Clone, Debug, PartialEq)]
pub struct Edge {
    /// Both ends, and a name when the pair has several edges.
    pub id: EdgeId,
    /// How much.
    pub needs: Needs,
    /// How long the caller waits by its own account.
    pub timeout: Option<Duration>,
    /// How often the caller tries by its own account, the first time included; 1 when not written.
    pub attempts: u32,
    /// What the caller does instead.
    pub fallback: Option<String>,
    /// Components that stand in for the callee, the first of them that works.
    pub instead: Vec<ComponentId>,
    /// What is lost while the fallback serves.
    pub loses: Vec<String>,
    /// The guardrail on this edge; the proxy stands here when there is one.
    pub guard: Option<Policy>,
    /// Where its description stands.
    pub span: Span,
}

impl Edge {
    /// Whether something serves when the callee does not.
    pub fn has_fallback(&self) -> bool {
        self.fallback.is_some() || !self.instead.is_empty()
    }

    /// A bare edge.
    pub fn new(id: EdgeId, needs: Needs, span: Span) -> Self {
        Self {
            id,
            needs,
            timeout: None,
            attempts: 1,
            fallback: None,
            instead: Vec::new(),
            loses: Vec::new(),
            guard: None,
            span,
        }
    }
}

/// How much the caller needs the callee.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Needs {
    /// Fails with it.
    Hard,
    /// Degrades without it.
    Soft,
    /// Has already answered when it is used.
    Async,
    /// Does not start without it; what runs goes on.
    Start,
}

impl Needs {
    /// Every one, in the order documented.
    pub const ALL: [Self; 4] = [Self::Hard, Self::Soft, Self::Async, Self::Start];

    /// The word in `seaworthy.yaml`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Hard => "hard",
            Self::Soft => "soft",
            Self::Async => "async",
            Self::Start => "start",
        }
    }
}

/// What users do along a path of components.
#[derive(Clone, Debug, PartialEq)]
pub struct Flow {
    /// Its name.
    pub id: FlowId,
    /// Components in the order they are used, the client first.
    pub path: Vec<ComponentId>,
    /// Components used after the answer.
    pub deferred: Vec<ComponentId>,
    /// Share of all use, when written.
    pub weight: Option<Ratio>,
    /// How many users begin it, when written.
    pub users: Option<Rate>,
    /// How drills ask for it.
    pub load: Option<Load>,
    /// What users were promised.
    pub slo: Slo,
    /// What users do instead when it fails, as the file says; nothing follows from it.
    pub fallback: Option<String>,
    /// Where its description stands.
    pub span: Span,
}

/// A promise: share of good answers, and latency at the 95th percentile.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Slo {
    /// Share of good answers.
    pub success: Option<Ratio>,
    /// Latency that 95 % of the answers keep.
    pub p95: Option<Duration>,
}

/// Requests that make up a flow's load. Texts may hold `${id}` (unique per request), `${seq}` (0, 1, 2, ..) and
/// `${take:NAME}` (taken by a session step).
#[derive(Clone, Debug, PartialEq)]
pub struct Load {
    /// Upper-case HTTP method.
    pub method: String,
    /// Path with query.
    pub path: String,
    /// Headers to send.
    pub headers: BTreeMap<String, String>,
    /// Body to send.
    pub body: Option<String>,
    /// Requests per second; 100/s when not written.
    pub rate: Rate,
    /// Answers that count as good; 200..=299 when not written.
    pub good_status: Vec<u16>,
    /// Headers that a good answer must not carry (name in lower case, substring of the value; empty: any value).
    pub not_header: BTreeMap<String, String>,
    /// How long the client waits before it gives up; 2 s when not written.
    pub patience: Duration,
    /// Requests sent once before the load, to log in.
    pub session: Vec<SessionStep>,
    /// How to see afterwards whether an acknowledged write is there.
    pub verify: Option<Verify>,
}

/// One request before the load, and what to take from its JSON answer.
#[derive(Clone, Debug, PartialEq)]
pub struct SessionStep {
    /// Upper-case HTTP method.
    pub method: String,
    /// Path with query.
    pub path: String,
    /// Body to send, as JSON.
    pub body: Option<String>,
    /// Names to JSON pointers into the answer (`token: /token`).
    pub take: BTreeMap<String, String>,
}

/// `GET` of one written thing: 404 means absent; 2xx whose body holds `holds` means present and whole; 2xx
/// without it means present but torn.
#[derive(Clone, Debug, PartialEq)]
pub struct Verify {
    /// Path with `${id}`.
    pub path: String,
    /// Text with `${id}` that a whole answer holds.
    pub holds: String,
}

/// A named environment and what is allowed in it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Environment {
    /// No drill may run here.
    pub drills_never: bool,
    /// Networks (CIDR) whose components may be looked at or, when destructive, broken. Loopback is always allowed to look at.
    pub allow: Vec<String>,
    /// Addresses that replace `at:` here.
    pub at: BTreeMap<ComponentId, String>,
    /// Why nothing is released here for the time being.
    pub frozen: Option<String>,
    /// Grade that the gate requires here, as written.
    pub require: Option<(String, Span)>,
}
