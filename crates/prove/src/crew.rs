//! What runs in a run: the started components under their keepers, and the guard on the guarded edges.
//!
//! Addresses are given out before anything starts, so that guard knows its upstreams and components know guard. A replica
//! keeps its port when it is started again, because a restart changes a process and not an address.

mod guard;

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use drill::{Replica, wait_ready};
use evidence::Event;
use outside::process::{RunMark, Spawn, Started};
use system::{Component, ComponentId, EdgeId, Part, System, Template};
use tokio::time::Instant;

use crate::Error;
use crate::command;

pub(crate) use guard::GuardProcess;

/// How long a component may take to end on its own before it is killed.
const STOP_GRACE: Duration = Duration::from_secs(2);

/// Lines of a log shown when something goes wrong.
const LOG_LINES: usize = 15;

/// What one run needs to start anything.
#[derive(Clone, Debug)]
pub(crate) struct Ground {
    /// seaworthy itself, for its hidden subcommands.
    pub(crate) exe: PathBuf,
    /// The run's mark.
    pub(crate) run: RunMark,
    /// Directory of `seaworthy.yaml`.
    pub(crate) directory: PathBuf,
    /// Directory of this run.
    pub(crate) scratch: PathBuf,
    /// Path of `seaworthy.yaml`.
    pub(crate) file: PathBuf,
    /// The environment at hand.
    pub(crate) environment: String,
    /// What the ledger remembers, for looks that ask.
    pub(crate) past: Option<Arc<dyn probe::Series>>,
}

/// Everything that runs, with its addresses.
#[derive(Debug)]
pub(crate) struct Crew {
    ground: Ground,
    system: System,
    addresses: BTreeMap<ComponentId, Vec<SocketAddr>>,
    /// Started components, replicas in order.
    pub(crate) replicas: BTreeMap<ComponentId, Vec<Replica>>,
    /// The guard, when an edge has one.
    pub(crate) guard: Option<GuardProcess>,
}

impl Crew {
    /// Gives out addresses; nothing runs yet.
    pub(crate) fn plan(ground: Ground, system: &System) -> Result<Self, Error> {
        let mut addresses = BTreeMap::new();
        for (id, component) in &system.components {
            addresses.insert(id.clone(), addresses_of(component, &ground, system)?);
        }
        let system = system.clone();
        Ok(Self { ground, system, addresses, replicas: BTreeMap::new(), guard: None })
    }

    /// Starts the guard and then every component, and waits until all are ready.
    pub(crate) async fn start(&mut self, token: &str, tell: &mut dyn FnMut(Event)) -> Result<(), Error> {
        self.guard = guard::start(&self.ground, &self.system, &self.addresses, token).await?;
        let components: Vec<Component> =
            self.system.components.values().filter(|component| component.start.is_some()).cloned().collect();
        for (component, start) in components.iter().filter_map(|component| Some((component, component.start.as_ref()?)))
        {
            for replica in 0..component.replicas {
                let spawn = self.spawn_of(component, start, replica)?;
                let started = Started::start(&self.ground.exe, &self.ground.run, spawn).await;
                let started = started.map_err(|source| Error::Start { component: component.id.to_string(), source })?;
                let replica = Replica::new(started, self.address_of(&component.id, replica)?);
                self.replicas.entry(component.id.clone()).or_default().push(replica);
            }
        }
        for component in &components {
            self.ready(component).await?;
            tell(Event::Saw { what: format!("{} is ready ({})", component.id, replicas(component.replicas)) });
        }
        Ok(())
    }

    /// Waits until every replica of a component answers.
    async fn ready(&self, component: &Component) -> Result<(), Error> {
        for replica in self.replicas.get(&component.id).into_iter().flatten() {
            let waited = wait_ready(replica, component.ready.as_deref(), component.ready_within, Instant::now()).await;
            waited.map_err(|source| Error::NotReady { component: component.id.to_string(), source })?;
        }
        Ok(())
    }

    fn address_of(&self, component: &ComponentId, replica: u32) -> Result<SocketAddr, Error> {
        let all = self.addresses.get(component);
        let own = all.and_then(|all| all.get(usize::try_from(replica).ok()?)).copied();
        own.ok_or_else(|| Error::Guard { why: format!("`{component}` has no address") })
    }

    /// How a replica is started.
    fn spawn_of(&self, component: &Component, start: &Template, replica: u32) -> Result<Spawn, Error> {
        let fill = |part: &Part| self.fill(component, replica, part);
        let wrong = |template: &Template, why| Error::Fill {
            component: component.id.to_string(),
            text: template.text.clone(),
            why,
        };
        let mut words = command::words(start, fill).map_err(|why| wrong(start, why))?;
        let mut env = BTreeMap::new();
        for (name, template) in &component.env {
            env.insert(name.clone(), template.fill(fill).map_err(|why| wrong(template, why))?);
        }
        let program = PathBuf::from(words.remove(0));
        let name = format!("{}#{replica}", component.id);
        let log = Some(self.ground.scratch.join(format!("{name}.log")));
        Ok(Spawn { name, program, arguments: words, env, directory: self.ground.directory.clone(), log })
    }

    fn fill(&self, component: &Component, replica: u32, part: &Part) -> Result<String, String> {
        match part {
            Part::Port => {
                let own = self.addresses.get(&component.id).and_then(|all| all.get(usize::try_from(replica).ok()?));
                own.map(|address| address.port().to_string()).ok_or_else(|| "it has no port".to_owned())
            }
            Part::Edge(edge) => self.edge_address(edge).map(|address| address.to_string()),
            Part::Replica => Ok(replica.to_string()),
            Part::Text(_) | Part::Env { .. } | Part::Scratch => fill_plain(&self.ground.scratch, part),
        }
    }

    /// Where a caller reaches an edge: the guard when it stands there, else the callee.
    pub(crate) fn edge_address(&self, edge: &EdgeId) -> Result<SocketAddr, String> {
        if let Some(address) = self.guard.as_ref().and_then(|guard| guard.edges.get(edge)) {
            return Ok(*address);
        }
        let callee = self.addresses.get(&edge.to).and_then(|addresses| addresses.first());
        callee.copied().ok_or_else(|| format!("`{}` has no address: give it `at` or `start`", edge.to))
    }

    /// Addresses of the replicas of every component.
    pub(crate) fn addresses(&self) -> &BTreeMap<ComponentId, Vec<SocketAddr>> {
        &self.addresses
    }

    /// What runs of the system.
    pub(crate) fn system(&self) -> &System {
        &self.system
    }

    /// What starting needs.
    pub(crate) fn ground(&self) -> &Ground {
        &self.ground
    }

    /// A component that went away although nobody touched it.
    pub(crate) fn fallen(&self) -> Option<Error> {
        let mut all =
            self.replicas.iter().flat_map(|(id, replicas)| replicas.iter().map(move |replica| (id, replica.process())));
        let (id, started) = all.find(|(_, started)| !started.is_alive())?;
        Some(Error::Died {
            component: id.to_string(),
            why: format!("the end of its log:\n{}", started.log_tail(LOG_LINES)),
        })
    }

    /// Addresses of components that somebody else runs.
    pub(crate) fn foreign(&self) -> BTreeMap<ComponentId, SocketAddr> {
        let elsewhere = self
            .addresses
            .iter()
            .filter(|(id, _)| self.system.components.get(id).is_some_and(|component| component.start.is_none()));
        elsewhere.filter_map(|(id, addresses)| Some((id.clone(), *addresses.first()?))).collect()
    }

    /// Ends everything; what did not end is named.
    pub(crate) async fn stop(&mut self) -> Vec<String> {
        let mut left = Vec::new();
        for replica in self.replicas.values_mut().flatten() {
            if let Err(error) = replica.process_mut().stop(STOP_GRACE).await {
                left.push(format!("{}: {error}", replica.process().name()));
            }
        }
        self.replicas.clear();
        if let Some(guard) = self.guard.take() {
            left.extend(guard.stop().await);
        }
        left
    }
}

/// Addresses of a component: one port a replica when we start it, else what the file or the environment says.
fn addresses_of(component: &Component, ground: &Ground, system: &System) -> Result<Vec<SocketAddr>, Error> {
    if component.start.is_some() {
        let one = |_| outside::net::free_port().map(|port| SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
        let ports: Result<Vec<SocketAddr>, outside::Error> = (0..component.replicas).map(one).collect();
        return ports.map_err(|source| Error::Start { component: component.id.to_string(), source });
    }
    let elsewhere =
        system.environments.get(&ground.environment).and_then(|environment| environment.at.get(&component.id));
    let text = match (elsewhere, &component.at) {
        (Some(address), _) => address.clone(),
        (None, Some(template)) => template
            .fill(|part| fill_plain(&ground.scratch, part))
            .map_err(|why| Error::Fill { component: component.id.to_string(), text: template.text.clone(), why })?,
        (None, None) => return Ok(Vec::new()),
    };
    let address =
        outside::net::resolve(&text).map_err(|source| Error::Start { component: component.id.to_string(), source })?;
    Ok(vec![address])
}

/// Fills the holes that mean the same everywhere.
pub(crate) fn fill_plain(scratch: &Path, part: &Part) -> Result<String, String> {
    match part {
        Part::Text(text) => Ok(text.clone()),
        Part::Scratch => Ok(scratch.display().to_string()),
        Part::Env { name, default } => outside::secret::variable(name)
            .or_else(|| default.clone())
            .ok_or_else(|| format!("the environment variable {name} is not set")),
        Part::Port | Part::Replica | Part::Edge(_) => {
            Err("it has a meaning only where a component is started".to_owned())
        }
    }
}

fn replicas(count: u32) -> String {
    if count == 1 { "1 replica".to_owned() } else { format!("{count} replicas") }
}
