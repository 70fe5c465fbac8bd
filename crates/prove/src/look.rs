//! Looking without touching: the probes of a case, while nothing is started and nothing is broken.
//!
//! Components that the file starts do not run, so what needs one of them is not seen, and says so. What is seen is remembered
//! like that of any other run.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use evidence::{ClaimId, Event, Judged, Observation};
use outside::process::RunMark;
use outside::signal::Stops;
use probe::Probe;
use serde_json::json;
use system::{ComponentId, System};

use crate::case::{Case, Task, Work};
use crate::crew::{Crew, Ground};
use crate::gather::{counts_elsewhere, elsewhere, judge, world_of};
use crate::memory::Memory;
use crate::run::{Options, aborted, begin, check_environment, end, select, weighed};
use crate::safety::Safety;
use crate::{Error, version};

/// What a look saw.
#[derive(Debug, Default)]
pub struct Looked {
    /// Every probed claim with its verdict, in the order written.
    pub judged: Vec<Judged>,
    /// What was read.
    pub observations: Vec<(ClaimId, Observation)>,
    /// Claims that only a drill can answer.
    pub drills: Vec<ClaimId>,
    /// Entries of the ledger and its head.
    pub head: Option<(u64, String)>,
}

/// Looks at everything that is asked for and judges it. Starts no component and breaks nothing.
///
/// # Errors
/// Nothing is selected, the environment is unknown, the ledger cannot be written, a signal.
pub async fn look(case: &Case, options: &Options, tell: &mut dyn FnMut(Event)) -> Result<Looked, Error> {
    check_environment(&case.system, &options.environment)?;
    let tasks = select(&case.tasks, &options.only)?;
    let mut stops = Stops::listen();
    let run = RunMark::fresh();
    let past = options.past(case)?;
    let mut memory = begin(case, options, &run)?;
    let (safety, mut watchdog) = match Safety::begin(&options.exe, &run, &case.system.name, &case.directory).await {
        Ok(safe) => safe,
        Err(error) => return Err(aborted(error, Vec::new(), &mut memory, tell)),
    };
    let ground = Ground { past, ..options.ground(&case.directory, run, safety.scratch()) };
    let seen = tokio::select! {
        seen = see(&tasks, &case.system, ground, &mut memory, tell) => seen,
        stop = stops.next() => Err(Error::Stopped { exit_code: stop.exit_code() }),
        () = watchdog.died() => Err(Error::WatchdogDied),
    };
    let left = end(None, safety, watchdog).await;
    match seen {
        Ok(looked) if left.is_empty() => {
            memory.note("ended", &json!({"left": left}))?;
            let head = memory.head()?;
            Ok(Looked { head: Some((head.size, head.hash)), ..looked })
        }
        Ok(_) => Err(weighed(Error::WatchdogDied, left)),
        Err(error) => Err(aborted(error, left, &mut memory, tell)),
    }
}

/// One look of a kind, with nothing remembered and nothing judged.
///
/// # Errors
/// The run's directory cannot be made.
pub async fn look_once(probe: &Probe, case: Option<&Case>, options: &Options) -> Result<Observation, Error> {
    let run = RunMark::fresh();
    let (name, directory) = case.map_or_else(
        || ("seaworthy".to_owned(), beside(&options.file)),
        |case| (case.system.name.clone(), case.directory.clone()),
    );
    let past = case.map(|case| options.past(case)).transpose()?.flatten();
    let (safety, watchdog) = Safety::begin(&options.exe, &run, &name, &directory).await?;
    let ground = Ground { past, ..options.ground(&directory, run, safety.scratch()) };
    let system = case.map_or_else(System::default, |case| case.system.clone());
    let addresses = running(&system, &ground);
    let observation = match addresses {
        Ok(addresses) => Ok(probe::gather(probe, &world_of(&system, &ground, &addresses, None)).await),
        Err(error) => Err(error),
    };
    let left = end(None, safety, watchdog).await;
    if left.is_empty() { observation } else { Err(weighed(Error::WatchdogDied, left)) }
}

/// The directory of a file that need not be there.
fn beside(file: &std::path::Path) -> std::path::PathBuf {
    let parent = file.parent().filter(|parent| !parent.as_os_str().is_empty());
    parent.map_or_else(|| std::path::PathBuf::from("."), std::path::Path::to_path_buf)
}

async fn see(
    tasks: &[&Task],
    system: &System,
    ground: Ground,
    memory: &mut Memory,
    tell: &mut dyn FnMut(Event),
) -> Result<Looked, Error> {
    let version = version::version(&ground).await;
    let addresses = running(system, &ground)?;
    let mut looked = Looked::default();
    for (done, task) in tasks.iter().enumerate() {
        let claim = &task.claim;
        let Work::Probe(probe) = &task.work else {
            looked.drills.push(claim.id.clone());
            continue;
        };
        tell(Event::Step { done, total: tasks.len(), what: format!("{} {}: {}", claim.kind, claim.id, claim.says) });
        let judged = if counts_elsewhere(claim, &ground.environment) {
            elsewhere(claim, &ground.environment)
        } else {
            let observation = probe::gather(probe, &world_of(system, &ground, &addresses, version.as_deref())).await;
            memory.observation(claim, &observation)?;
            let judged = judge(claim, &observation, &ground.directory, system, outside::now());
            looked.observations.push((claim.id.clone(), observation));
            judged
        };
        memory.verdict(&judged)?;
        looked.judged.push(judged);
    }
    Ok(looked)
}

/// Where components answer that somebody else runs.
fn running(system: &System, ground: &Ground) -> Result<BTreeMap<ComponentId, Vec<SocketAddr>>, Error> {
    let crew = Crew::plan(ground.clone(), system)?;
    let is_running = |id: &ComponentId| system.components.get(id).is_some_and(|component| component.start.is_none());
    let all = crew.addresses().iter();
    Ok(all.filter(|(id, _)| is_running(id)).map(|(id, addresses)| (id.clone(), addresses.clone())).collect())
}
