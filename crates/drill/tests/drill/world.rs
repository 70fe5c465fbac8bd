//! The words that tests of this crate share: a system in YAML, a run with its journal, a started service.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use drill::admin::GuardAdmin;
use drill::journal::{About, Journal};
use drill::{Hands, Plan, Replica};
use outside::process::{RunMark, Spawn, Started};
use system::{ComponentId, EdgeId, System};
use text::{Problem, Source, read_yaml};
use tokio::net::TcpListener;
use tokio::time::Instant;

use crate::mini::{self, Ask, Reply};

/// The binary that stands in for seaworthy.
pub(crate) fn exe() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_drill-test-host"))
}

/// A system, read from YAML; it must have no problem.
pub(crate) fn system(yaml: &str) -> System {
    let source = Source::new("seaworthy.yaml", yaml);
    let (node, mut problems) = read_yaml(&source);
    let system = node.and_then(|node| system::read(&source, &node, &mut problems));
    assert!(!text::has_errors(&problems), "{problems:#?}");
    system.expect("is a system")
}

/// What a claim's `with:` is read into, and all problems.
pub(crate) fn plan(system: &System, kind: &str, with: &str) -> (Option<Plan>, Vec<Problem>) {
    let source = Source::new("with.yaml", with);
    let (node, mut problems) = read_yaml(&source);
    let node = node.expect("is YAML");
    let plan = drill::kind::read(kind, node.span, &node, system, &source, &mut problems);
    (plan, problems)
}

/// A plan without any problem.
pub(crate) fn sound_plan(system: &System, kind: &str, with: &str) -> Plan {
    let (plan, problems) = plan(system, kind, with);
    assert!(problems.is_empty(), "{problems:#?}");
    plan.expect("is a plan")
}

/// A run: its mark, its journal, its directories, and what it started.
pub(crate) struct World {
    pub(crate) run: RunMark,
    pub(crate) journal: Journal,
    pub(crate) replicas: BTreeMap<ComponentId, Vec<Replica>>,
    pub(crate) guards: BTreeMap<EdgeId, SocketAddr>,
    pub(crate) at: BTreeMap<ComponentId, SocketAddr>,
    pub(crate) admin: Option<GuardAdmin>,
    pub(crate) data: PathBuf,
    _directory: tempfile::TempDir,
}

impl World {
    pub(crate) fn begin(name: &str) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let run = RunMark::try_new(&format!("{name}-{}", &outside::secret::token()[..8])).expect("is a mark");
        let about = About { name: name.to_owned(), directory: directory.path().to_owned() };
        let journal = Journal::begin(&directory.path().join("state"), &run, &about).expect("a journal");
        let data = directory.path().join("data");
        std::fs::create_dir(&data).expect("a directory");
        let (replicas, guards, at) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        Self { run, journal, replicas, guards, at, admin: None, data, _directory: directory }
    }

    /// Starts one replica of the test service as a component.
    pub(crate) async fn start(&mut self, component: &str, env: &[(&str, &str)]) -> SocketAddr {
        let port = outside::net::free_port().expect("a free port");
        let spawn = Spawn {
            name: component.to_owned(),
            program: exe().to_owned(),
            arguments: vec!["serve".to_owned(), port.to_string(), self.data.display().to_string()],
            env: env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
            directory: self.data.clone(),
            log: Some(self.data.join(format!("{component}.log"))),
        };
        let started = Started::start(exe(), &self.run, spawn).await.expect("starts");
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        let replica = Replica::new(started, address);
        drill::wait_ready(&replica, Some("/health"), Duration::from_secs(10), Instant::now()).await.expect("is ready");
        self.replicas.entry(id(component)).or_default().push(replica);
        address
    }

    pub(crate) fn hands<'a>(&'a mut self, system: &'a System) -> Hands<'a> {
        Hands {
            system,
            environment: "local",
            version: Some("1.0"),
            exe: exe(),
            run: &self.run,
            journal: &mut self.journal,
            admin: self.admin.clone(),
            guards: &self.guards,
            replicas: &mut self.replicas,
            at: &self.at,
            log: None,
        }
    }

    pub(crate) async fn end(mut self) {
        for replica in self.replicas.values_mut().flatten() {
            replica.process_mut().kill_tree().await.expect("ends");
        }
    }
}

pub(crate) fn id(name: &str) -> ComponentId {
    ComponentId::try_new(name).expect("is a name")
}

/// Serves in the background on a free port.
pub(crate) async fn server<F, R>(handler: F) -> SocketAddr
where
    F: Fn(Ask) -> R + Send + Sync + 'static,
    R: Future<Output = Reply> + Send + 'static,
{
    let listener = outside::net::listen(([127, 0, 0, 1], 0).into(), false).expect("a free port");
    let listener = TcpListener::from_std(listener).expect("does not block");
    let at = listener.local_addr().expect("is bound");
    tokio::spawn(mini::serve(listener, handler));
    at
}
