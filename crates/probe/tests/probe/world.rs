//! Words for the tests: a repository that vanishes, a system, a look, a verdict.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use evidence::{Claim, ClaimId, Expect, Look, Observation, Value, Verdict, judge_probe};
use outside::process::RunMark;
use outside::secret::Redactor;
use probe::{Probe, World, gather};
use system::{ComponentId, System};
use tempfile::TempDir;
use text::{Node, NodeKind, Problem, Source, Span, read_yaml};

/// The time of every look.
pub(crate) const NOW: i64 = 1_763_000_000_000_000;

/// How long a test may wait for anything.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

const SYSTEM: &str = "seaworthy: 1
name: test
exec: {allow: [HOST]}
system:
  components:
    web: {kind: client}
    api: {kind: service, replicas: 2, start: run}
    db: {kind: sqlite, file: '${scratch}/app.db'}
    pg: {kind: postgres, at: 127.0.0.1:5432}
    cache: {kind: redis, at: 127.0.0.1:6379}
  edges:
    web->api: {needs: hard}
    api->db: {needs: hard}
    api->pg: {needs: soft}
    api->cache: {needs: soft}
";

/// A repository in a temporary directory, and the world that a probe sees.
pub(crate) struct Place {
    directory: TempDir,
    pub(crate) world: World,
    pub(crate) system: System,
}

impl Place {
    pub(crate) fn new() -> Self {
        let directory = tempfile::tempdir().expect("makes a directory");
        let root = directory.path().join("repo");
        std::fs::create_dir_all(root.join(".git")).expect("makes");
        let world = World {
            directory: root,
            addresses: BTreeMap::new(),
            files: BTreeMap::new(),
            scratch: directory.path().to_owned(),
            environment: "local".to_owned(),
            version: Some("v1".to_owned()),
            allowed: Vec::new(),
            exe: host(),
            run: RunMark::fresh(),
            redactor: Redactor::default(),
            series: None,
            now: NOW,
        };
        let source = Source::new("seaworthy.yaml", SYSTEM.replace("HOST", &host().to_string_lossy()));
        let (node, mut problems) = read_yaml(&source);
        let system = system::read(&source, &node.expect("is YAML"), &mut problems).expect("is a system");
        assert!(!text::has_errors(&problems), "{problems:?}");
        Self { directory, world, system }
    }

    /// Writes a file of the repository.
    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.world.directory.join(path);
        std::fs::create_dir_all(path.parent().expect("has one")).expect("makes");
        outside::files::write_whole(&path, text.as_bytes()).expect("writes");
    }

    /// The directory around the repository.
    pub(crate) fn around(&self) -> &Path {
        self.directory.path()
    }

    pub(crate) fn addresses(&mut self, component: &str, addresses: &[SocketAddr]) {
        self.world.addresses.insert(id(component), addresses.to_vec());
    }

    pub(crate) fn file(&mut self, component: &str, file: &Path) {
        self.world.files.insert(id(component), file.to_owned());
    }

    /// Reads a probe as a claim would have it.
    pub(crate) fn read(&self, kind: &str, with: &str) -> Result<Probe, Vec<Problem>> {
        let source = Source::new("seaworthy.yaml", with);
        let (node, mut problems) = read_yaml(&source);
        let empty = Node { span: Span::default(), kind: NodeKind::Empty };
        let probe = probe::read(kind, Span::default(), &node.unwrap_or(empty), &self.system, &source, &mut problems);
        probe.ok_or(problems)
    }

    /// Looks once.
    pub(crate) async fn look(&self, kind: &str, with: &str) -> Observation {
        let probe = self.read(kind, with).expect("is a probe");
        tokio::time::timeout(PATIENCE, gather(&probe, &self.world)).await.expect("the look ends")
    }
}

pub(crate) fn id(name: &str) -> ComponentId {
    ComponentId::try_new(name).expect("is a name")
}

/// The stand-in for seaworthy.
pub(crate) fn host() -> PathBuf {
    PathBuf::from(env!("CARGO_BIN_EXE_probe-test-host"))
}

/// What a claim with this expectation comes to.
pub(crate) fn verdict(observation: &Observation, expect: &str) -> Verdict {
    let claim = Claim {
        id: ClaimId::parse("R-1/claim").expect("is an id"),
        says: "it holds".to_owned(),
        look: Look::Probe,
        kind: observation.kind.clone(),
        kind_span: Span::default(),
        with: Node { span: Span::default(), kind: NodeKind::Empty },
        expect: Expect::parse(expect).expect("is an expectation"),
        min_grade: None,
        every: None,
        max_age: None,
        environments: Vec::new(),
        also: Vec::new(),
        about: String::new(),
        span: Span::default(),
    };
    judge_probe(&claim, observation, NOW).verdict
}

pub(crate) fn held(observation: &Observation, expect: &str) {
    assert_eq!(verdict(observation, expect), Verdict::Held, "{expect}: {observation:#?}");
}

pub(crate) fn broken(observation: &Observation, expect: &str) {
    assert_eq!(verdict(observation, expect), Verdict::Broken, "{expect}: {observation:#?}");
}

pub(crate) fn not_seen(observation: &Observation, expect: &str) {
    assert!(matches!(verdict(observation, expect), Verdict::NotSeen(_)), "{expect}: {observation:#?}");
}

/// Nothing was seen, and the trouble says why.
pub(crate) fn blind(observation: &Observation, why: &str) {
    assert_eq!((observation.subjects, observation.grade), (0, None), "{observation:#?}");
    assert!(observation.trouble.as_ref().is_some_and(|trouble| trouble.contains(why)), "{why}: {observation:#?}");
    assert!(observation.values.keys().all(|key| ["times", "answered", "replicas"].contains(&key.as_str())));
}

pub(crate) fn text(observation: &Observation, name: &str) -> String {
    match observation.values.get(name) {
        Some(Value::Text(text)) => text.clone(),
        other => panic!("`{name}` is no text: {other:?}"),
    }
}
