//! Evidence for every claim, one after the other: look first, break last, so that a probe sees a system that no drill touched.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use drill::admin::GuardAdmin;
use drill::{Hands, Plan};
use evidence::{Claim, ClaimId, Drilled, Event, Judged, Micros, Observation, Reason, judge_drill, judge_probe};
use outside::secret::Redactor;
use probe::{Network, Probe, World};
use report::DrillRow;
use system::{ComponentId, System};

use crate::case::{Task, Work};
use crate::crew::{Crew, Ground, fill_plain};
use crate::safety::Safety;
use crate::{Error, memory::Memory};

/// What a run saw, in the order the claims are written.
#[derive(Debug, Default)]
pub(crate) struct Gathered {
    /// Every claim with its verdict.
    pub(crate) judged: Vec<Judged>,
    /// What probes saw.
    pub(crate) observations: Vec<(ClaimId, Observation)>,
    /// What drills brought home.
    pub(crate) drills: Vec<DrillRow>,
}

/// What stays the same for all claims of a run.
pub(crate) struct Scene<'a> {
    /// Version of the system, when it can be told.
    pub(crate) version: Option<String>,
    /// Seed of the run; each drill takes its own from it.
    pub(crate) seed: u64,
    /// Steps finished before gathering.
    pub(crate) done: usize,
    /// Steps in all.
    pub(crate) total: usize,
    /// The admin token of guard.
    pub(crate) token: &'a str,
}

/// Gathers evidence for the tasks and judges it; every reading is remembered before the next one begins.
pub(crate) async fn gather(
    tasks: &[&Task],
    scene: &Scene<'_>,
    crew: &mut Crew,
    safety: &mut Safety,
    memory: &mut Memory,
    tell: &mut dyn FnMut(Event),
) -> Result<Gathered, Error> {
    let mut gathered = Gathered::default();
    let (looks, breaks): (Vec<&Task>, Vec<&Task>) = tasks.iter().partition(|task| matches!(task.work, Work::Probe(_)));
    for (done, task) in (scene.done..).zip(looks.into_iter().chain(breaks)) {
        tell(Event::Step {
            done,
            total: scene.total,
            what: format!("{} {}: {}", task.claim.kind, task.claim.id, task.claim.says),
        });
        let judged = match &task.work {
            _ if counts_elsewhere(&task.claim, &crew.ground().environment) => {
                elsewhere(&task.claim, &crew.ground().environment)
            }
            Work::Probe(probe) => look(&task.claim, probe, scene, crew, memory, &mut gathered).await?,
            Work::Drill(plan) => break_it(&task.claim, plan, scene, crew, safety, memory, &mut gathered, tell).await?,
        };
        memory.verdict(&judged)?;
        tell(Event::Saw { what: format!("{}: {}", judged.verdict.word().replace('_', " "), judged.reason) });
        gathered.judged.push(judged);
    }
    let order: BTreeMap<&ClaimId, usize> =
        tasks.iter().enumerate().map(|(index, task)| (&task.claim.id, index)).collect();
    gathered.judged.sort_by_key(|judged| order.get(&judged.claim.id).copied());
    Ok(gathered)
}

/// Evidence gathered here would not count for this claim, so nothing is touched for it.
pub(crate) fn counts_elsewhere(claim: &Claim, here: &str) -> bool {
    !claim.environments.is_empty() && !claim.environments.iter().any(|environment| environment == here)
}

pub(crate) fn elsewhere(claim: &Claim, here: &str) -> Judged {
    let named = claim.environments.join(", ");
    let why = format!("Only evidence from {named} counts for this claim, and this is `{here}`; nothing was touched.");
    Judged::not_seen(claim, Reason::Unknown, why, format!("a run with `--environment {}`", claim.environments[0]))
}

async fn look(
    claim: &Claim,
    probe: &Probe,
    scene: &Scene<'_>,
    crew: &Crew,
    memory: &mut Memory,
    gathered: &mut Gathered,
) -> Result<Judged, Error> {
    let observation = probe::gather(probe, &world(crew, scene)).await;
    memory.observation(claim, &observation)?;
    let judged = judge(claim, &observation, &crew.ground().directory, crew.system(), outside::now());
    gathered.observations.push((claim.id.clone(), observation));
    Ok(judged)
}

/// Judges a reading. What is read in the text under test supports nothing: it says what it says.
pub(crate) fn judge(
    claim: &Claim,
    observation: &Observation,
    directory: &Path,
    system: &System,
    now: Micros,
) -> Judged {
    let judged = judge_probe(claim, observation, now);
    match own_text(claim, observation, directory, system).filter(|_| judged.verdict.is_held()) {
        Some(path) => {
            let why = format!("All that supports it is {path}, the text that it should support: {}", judged.reason);
            Judged::not_seen(
                claim,
                Reason::Circular,
                why,
                "a reading of something else than the registers and this file",
            )
        }
        None => judged,
    }
}

/// The register, or the file itself, when nothing else was read.
fn own_text(claim: &Claim, observation: &Observation, directory: &Path, system: &System) -> Option<String> {
    // However it is spelled, and whatever leads there.
    let real = |path: &str| directory.join(path).canonicalize().ok();
    let named = system.registers.iter().map(|(path, _)| path.as_str()).chain([crate::FILE_NAME]);
    let own: Vec<PathBuf> = named.filter_map(real).collect();
    let source = observation.source.rsplit_once(':').map_or(observation.source.as_str(), |(path, _)| path);
    let mut asked: Vec<&str> = Vec::new();
    for key in ["path", "paths", "from", "document"] {
        match claim.with.get(key).map(|node| (node.as_text(), node.as_list())) {
            Some((Some(path), _)) => asked.push(path),
            Some((None, Some(paths))) => asked.extend(paths.iter().filter_map(text::Node::as_text)),
            _ => {}
        }
    }
    let is_own = |path: &str| real(path).is_some_and(|path| own.contains(&path));
    if is_own(source) {
        return Some(source.to_owned());
    }
    (!asked.is_empty() && asked.iter().all(|path| is_own(path))).then(|| asked.join(", "))
}

/// What must not be kept: values that the file takes from the environment.
pub fn redactor(system: &system::System) -> Redactor {
    Redactor::new(secrets(system))
}

fn world(crew: &Crew, scene: &Scene<'_>) -> World {
    world_of(crew.system(), crew.ground(), crew.addresses(), scene.version.as_deref())
}

/// What may be seen when components answer at these addresses.
pub(crate) fn world_of(
    system: &System,
    ground: &Ground,
    addresses: &BTreeMap<ComponentId, Vec<SocketAddr>>,
    version: Option<&str>,
) -> World {
    let environment = system.environments.get(&ground.environment);
    let allowed = environment.map_or(&[][..], |environment| &environment.allow);
    let file = |template: &system::Template| template.fill(|part| fill_plain(&ground.scratch, part)).ok();
    let files = system.components.iter().filter_map(|(id, component)| {
        let path = file(component.file.as_ref()?)?;
        Some((id.clone(), ground.directory.join(path)))
    });
    World {
        directory: ground.directory.clone(),
        addresses: addresses.clone(),
        files: files.collect(),
        scratch: ground.scratch.clone(),
        environment: ground.environment.clone(),
        version: version.map(str::to_owned),
        allowed: allowed.iter().filter_map(|network| Network::parse(network)).collect(),
        exe: ground.exe.clone(),
        run: ground.run.clone(),
        redactor: redactor(system),
        series: ground.past.clone(),
        now: outside::now(),
    }
}

/// Values of the variables that the file takes from the environment: they are secrets until proven otherwise.
fn secrets(system: &system::System) -> Vec<String> {
    let templates = system
        .components
        .values()
        .flat_map(|component| component.env.values().chain(&component.at).chain(&component.start))
        .chain(&system.ledger);
    let parts = templates.flat_map(|template| &template.parts);
    let names = parts.filter_map(|part| match part {
        system::Part::Env { name, .. } => outside::secret::variable(name),
        system::Part::Text(_)
        | system::Part::Port
        | system::Part::Edge(_)
        | system::Part::Scratch
        | system::Part::Replica => None,
    });
    names.collect()
}

#[expect(clippy::too_many_arguments, reason = "the conductor lends everything it has to one drill")]
async fn break_it(
    claim: &Claim,
    plan: &Plan,
    scene: &Scene<'_>,
    crew: &mut Crew,
    safety: &mut Safety,
    memory: &mut Memory,
    gathered: &mut Gathered,
    tell: &mut dyn FnMut(Event),
) -> Result<Judged, Error> {
    let seed = seed_of(scene.seed, &claim.id);
    let drilled = conduct(plan, seed, scene, crew, safety, tell).await;
    let mut row = DrillRow { claim: claim.id.clone(), kind: claim.kind.clone(), seed, drilled: None };
    let judged = match drilled {
        Ok(drilled) => {
            memory.drill(&claim.id, &drilled)?;
            let judged = judge_drill(claim, &drilled, outside::now());
            row.drilled = Some(drilled);
            judged
        }
        Err(error) => not_run(claim, crew, error)?,
    };
    gathered.drills.push(row);
    Ok(judged)
}

async fn conduct(
    plan: &Plan,
    seed: u64,
    scene: &Scene<'_>,
    crew: &mut Crew,
    safety: &mut Safety,
    tell: &mut dyn FnMut(Event),
) -> Result<Drilled, drill::Error> {
    let (system, ground, at) = (crew.system().clone(), crew.ground().clone(), crew.foreign());
    let log = ground.scratch.join("load.log");
    let guard = crew.guard.as_ref();
    let guards = guard.map_or_else(BTreeMap::new, |guard| guard.edges.clone());
    let admin = guard.map(|guard| GuardAdmin::new(guard.admin, scene.token));
    let mut hands = Hands {
        system: &system,
        environment: &ground.environment,
        version: scene.version.as_deref(),
        exe: &ground.exe,
        run: &ground.run,
        journal: safety.journal(),
        admin,
        guards: &guards,
        replicas: &mut crew.replicas,
        at: &at,
        log: Some(&log),
    };
    drill::conduct(plan, &mut hands, seed, tell).await
}

/// A drill that gave nothing: the run goes on where the system is whole, and the claim was not seen.
fn not_run(claim: &Claim, crew: &Crew, error: drill::Error) -> Result<Judged, Error> {
    if matches!(error, drill::Error::LeftToHeal { .. } | drill::Error::Journal { .. }) {
        return Err(Error::Drill { claim: claim.id.to_string(), source: error });
    }
    let why = redactor(crew.system()).redact(&crate::case::chain(&error));
    if let Some(fallen) = crew.fallen() {
        return Err(fallen);
    }
    let why = format!("The drill was not run: {}.", why.trim_end_matches('.'));
    Ok(Judged::not_seen(claim, Reason::NoData, why, "a drill that can be carried out"))
}

/// A seed for each drill that depends on the run's seed and the claim's name, not on the order (FNV-1a, 64 bits).
fn seed_of(run: u64, claim: &ClaimId) -> u64 {
    claim
        .to_string()
        .bytes()
        .fold(run ^ 0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_depend_on_the_claim_and_not_on_the_order() {
        let claim = |text| ClaimId::parse(text).expect("is a claim");
        assert_ne!(seed_of(7, &claim("R-1/a")), seed_of(7, &claim("R-1/b")));
        assert_ne!(seed_of(7, &claim("R-1/a")), seed_of(8, &claim("R-1/a")));
        assert_eq!(seed_of(7, &claim("R-1/a")), seed_of(7, &claim("R-1/a")));
    }
}
