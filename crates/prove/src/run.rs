//! One run from the first step to the last. Read it from the top: it is the order of things.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use drill::kind::Off;
use drill::watchdog::Watchdog;
use evidence::{DecidedBy, Decision, Event, Gate, Grade, Judged, Micros, Outcome, RiskFacts, RiskId, Verdict, decide};
use impact::{Counted, Impact, impact};
use outside::process::{OUTPUT_LIMIT_BYTES, RunMark, Spawn, run_to_end};
use outside::signal::Stops;
use register::{FieldName, Register, Risk, State};
use report::{Proof, RiskRow, Stated};
use serde_json::json;
use system::{Component, EdgeId, Part, System};
use text::Problem;

use crate::case::{Case, Task, Work, chain};
use crate::command;
use crate::crew::{Crew, Ground, fill_plain};
use crate::error::Error;
use crate::gather::{Gathered, Scene, gather, redactor};
use crate::memory::Memory;
use crate::place::ledger_at;
use crate::safety::Safety;
use crate::series::Past;
use crate::version;

/// How long a build command may take.
const BUILD_WITHIN: Duration = Duration::from_secs(30 * 60);

/// Lines of a failed build that are shown.
const BUILD_TAIL: usize = 20;

/// What the caller decides about a run.
#[derive(Clone, Debug)]
pub struct Options {
    /// seaworthy itself.
    pub exe: PathBuf,
    /// Path of `seaworthy.yaml`.
    pub file: PathBuf,
    /// The environment the evidence belongs to.
    pub environment: String,
    /// Risks or claims to look at; empty: all.
    pub only: Vec<String>,
    /// Seed of everything random.
    pub seed: u64,
    /// Where the ledger is, when not where the file says.
    pub ledger: Option<String>,
    /// Where the registers contradict themselves, to be shown with the rest.
    pub findings: Vec<Problem>,
}

impl Options {
    /// Where a run stands.
    pub(crate) fn ground(&self, directory: &Path, run: RunMark, scratch: &Path) -> Ground {
        Ground {
            exe: self.exe.clone(),
            run,
            directory: directory.to_path_buf(),
            scratch: scratch.to_path_buf(),
            file: std::path::absolute(&self.file).unwrap_or_else(|_| self.file.clone()),
            environment: self.environment.clone(),
            past: None,
        }
    }

    /// What the ledger of a case remembers.
    pub(crate) fn past(&self, case: &Case) -> Result<Option<Arc<dyn probe::Series>>, Error> {
        let at = ledger_at(&case.system, &case.directory, &self.environment, self.ledger.as_deref())?;
        Ok(Some(Arc::new(Past::new(at, case))))
    }
}

/// Opens the ledger and writes that a run begins.
pub(crate) fn begin(case: &Case, options: &Options, run: &RunMark) -> Result<Memory, Error> {
    let address = ledger_at(&case.system, &case.directory, &options.environment, options.ledger.as_deref())?;
    Memory::begin(&address, run.as_str(), redactor(&case.system), &options.environment, options.seed)
}

/// Runs everything and decides. Whatever happens, what was started is stopped and what was broken is healed before this
/// returns.
pub async fn prove(case: &Case, options: &Options, tell: &mut dyn FnMut(Event)) -> Result<Proof, Error> {
    let began = outside::now();
    check_environment(&case.system, &options.environment)?;
    let tasks = select(&case.tasks, &options.only)?;
    // From here on a wish to stop is heard, also one that comes before anything waits for it.
    let mut stops = Stops::listen();
    let run = RunMark::fresh();
    let past = options.past(case)?;
    let mut memory = begin(case, options, &run)?;
    let safety = Safety::begin(&options.exe, &run, &case.system.name, &case.directory).await;
    let (mut safety, mut watchdog) = match safety {
        Ok(safe) => safe,
        Err(error) => return Err(aborted(error, Vec::new(), &mut memory, tell)),
    };
    let ground = Ground { past, ..options.ground(&case.directory, run, safety.scratch()) };
    let (mut version, mut crew) = (None, None);
    let seen = tokio::select! {
        seen = see(&tasks, case, options, (ground, &mut version), &mut crew, &mut safety, &mut memory, tell) => seen,
        stop = stops.next() => Err(Error::Stopped { exit_code: stop.exit_code() }),
        () = watchdog.died() => Err(Error::WatchdogDied),
    };
    tell(Event::Saw { what: "stopping everything, and looking whether anything is left".to_owned() });
    let left = end(crew, safety, watchdog).await;
    match seen {
        Ok(gathered) => {
            let frame = Frame { began, version, left: left.clone() };
            conclude(case, options, gathered, frame, &mut memory).map_err(|error| weighed(error, left))
        }
        Err(error) => Err(aborted(error, left, &mut memory, tell)),
    }
}

/// Remembers that the run came to no end, and says why: what is left to heal weighs most.
pub(crate) fn aborted(error: Error, left: Vec<String>, memory: &mut Memory, tell: &mut dyn FnMut(Event)) -> Error {
    let noted = memory.note("aborted", &json!({"why": chain(&error), "left": left}));
    if let Err(unnoted) = noted {
        tell(Event::Warned {
            what: format!("the ledger does not know that this run was aborted: {}", chain(&unnoted)),
        });
    }
    weighed(error, left)
}

/// What is left to heal weighs more than what ended the run.
pub(crate) fn weighed(error: Error, left: Vec<String>) -> Error {
    if left.is_empty() { error } else { Error::LeftToHeal { left, why: chain(&error) } }
}

/// Builds, starts, gathers. May be dropped at any await.
#[expect(clippy::too_many_arguments, reason = "the conductor's hands: each is lent on, none belongs to another")]
async fn see(
    tasks: &[&Task],
    case: &Case,
    options: &Options,
    (ground, version): (Ground, &mut Option<String>),
    crew: &mut Option<Crew>,
    safety: &mut Safety,
    memory: &mut Memory,
    tell: &mut dyn FnMut(Event),
) -> Result<Gathered, Error> {
    *version = version::version(&ground).await;
    let builds = builds(&case.system)?;
    let total = builds.len() + 1 + tasks.len();
    for (done, (component, words)) in builds.iter().enumerate() {
        tell(Event::Step { done, total, what: format!("building {}: {}", component.id, words.join(" ")) });
        build(component, words, &ground).await?;
    }
    tell(Event::Step { done: builds.len(), total, what: "starting the guard and the components".to_owned() });
    let crew = crew.insert(Crew::plan(ground, &case.system)?);
    let token = outside::secret::token();
    crew.start(&token, tell).await?;
    let scene = Scene { version: version.clone(), seed: options.seed, done: builds.len() + 1, total, token: &token };
    gather(tasks, &scene, crew, safety, memory, tell).await
}

/// Stops and heals; what is left is named. Runs to its end even when a second Ctrl-C comes.
pub(crate) async fn end(crew: Option<Crew>, safety: Safety, watchdog: Watchdog) -> Vec<String> {
    let mut left = match crew {
        Some(mut crew) => crew.stop().await,
        None => Vec::new(),
    };
    left.extend(safety.end(watchdog).await);
    left
}

/// What the end of a run knows beside what was seen.
pub(crate) struct Frame {
    pub(crate) began: Micros,
    pub(crate) version: Option<String>,
    pub(crate) left: Vec<String>,
}

fn conclude(case: &Case, options: &Options, seen: Gathered, frame: Frame, memory: &mut Memory) -> Result<Proof, Error> {
    let mut proof = weigh(case, options, seen, frame);
    memory.decision(&proof.decision, &options.environment, &options.only)?;
    memory.note("ended", &json!({"outcome": format!("{:?}", proof.decision.outcome), "left": proof.left}))?;
    let head = memory.head()?;
    proof.head = Some((head.size, head.hash));
    Ok(proof)
}

/// What follows from what was seen.
pub(crate) fn weigh(case: &Case, options: &Options, seen: Gathered, frame: Frame) -> Proof {
    let ended = outside::now();
    let risks: Vec<&Risk> = case.registers.iter().flat_map(|register| &register.risks).collect();
    let asked: BTreeSet<RiskId> = risks.iter().filter_map(|risk| asked(risk, options, &seen.judged)).collect();
    let facts: Vec<RiskFacts> = risks.iter().filter_map(|risk| facts(risk, &asked)).collect();
    let gate = gate_in(case, &options.environment);
    let acceptances = &case.claims.acceptances;
    let decision = decide(&gate, &options.environment, &facts, &seen.judged, acceptances, today(ended));
    let decision = of_something_seen(decision, &seen.judged);
    Proof {
        system: case.system.name.clone(),
        path: case.shown.clone(),
        environment: options.environment.clone(),
        version: frame.version,
        seed: options.seed,
        began: frame.began,
        ended,
        risks: case.registers.iter().flat_map(|register| rows(register, case, &asked)).collect(),
        impact: computed(&case.system, &seen.judged, &case.tasks),
        judged: seen.judged,
        observations: seen.observations,
        drills: seen.drills,
        model: case.system.clone(),
        findings: options.findings.clone(),
        decision,
        head: None,
        left: frame.left,
    }
}

/// The gate, with what the environment at hand requires of it.
pub(crate) fn gate_in(case: &Case, environment: &str) -> Gate {
    let mut gate = case.claims.gate.clone();
    if let Some(here) = case.system.environments.get(environment) {
        let required = here.require.as_ref().and_then(|(word, _)| Grade::parse(word));
        gate.require = required.unwrap_or(gate.require);
        gate.frozen.clone_from(&here.frozen);
    }
    gate
}

/// Impact with the guardrails that a drill proved, and no others: text never cuts an edge.
fn computed(system: &System, judged: &[Judged], tasks: &[Task]) -> Impact {
    let proved = |task: &&Task| {
        let id = &task.claim.id;
        judged.iter().any(|judged| {
            judged.claim.id == *id && judged.verdict == Verdict::Held && judged.grade == Some(Grade::Effective)
        })
    };
    let edges = tasks.iter().filter(proved).filter_map(|task| match &task.work {
        Work::Drill(plan) => bypassed(&plan.off),
        Work::Probe(_) => None,
    });
    let edges: BTreeSet<EdgeId> = edges.collect();
    impact(system, &Counted::effective(edges))
}

/// The edge whose guard was switched off for the control: the one that a drill proves.
fn bypassed(off: &Off) -> Option<EdgeId> {
    match off {
        Off::Bypass(edge) => Some(edge.clone()),
        Off::Restarted { .. } | Off::None(_) => None,
    }
}

pub(crate) fn check_environment(system: &System, name: &str) -> Result<(), Error> {
    let known = name == evidence::LOCAL_ENVIRONMENT || system.environments.contains_key(name);
    if known { Ok(()) } else { Err(Error::NoEnvironment { name: name.to_owned() }) }
}

/// Without any claim the scores that people typed would decide alone, and text is never evidence: that is not a pass.
fn of_something_seen(mut decision: Decision, judged: &[Judged]) -> Decision {
    if judged.is_empty() {
        let risk = RiskId::try_new("(none)").expect("six printable bytes without a slash are an id");
        let what = "there is no claim, so nothing was looked at".to_owned();
        decision.outcome = decision.outcome.max(Outcome::Concerns);
        decision.decided_by.push(DecidedBy { risk, claim: None, what, outcome: Outcome::Concerns });
        decision.undecided.push("every risk, because seaworthy.yaml holds no claim".to_owned());
    }
    decision
}

/// The tasks asked for; a word that matches nothing is an error, because an empty selection is never a pass.
pub(crate) fn select<'a>(tasks: &'a [Task], only: &[String]) -> Result<Vec<&'a Task>, Error> {
    let matches = |task: &Task, word: &str| {
        let id = &task.claim.id;
        id.to_string() == word || id.risk.as_str() == word || task.claim.also.iter().any(|risk| risk.as_str() == word)
    };
    if let Some(word) = only.iter().find(|word| !tasks.iter().any(|task| matches(task, word))) {
        return Err(Error::NothingSelected { wanted: word.clone() });
    }
    Ok(tasks.iter().filter(|task| only.is_empty() || only.iter().any(|word| matches(task, word))).collect())
}

/// Build commands, each once even when several components share it.
fn builds(system: &System) -> Result<Vec<(&Component, Vec<String>)>, Error> {
    let mut all: Vec<(&Component, Vec<String>)> = Vec::new();
    for component in system.components.values() {
        let Some(template) = &component.build else { continue };
        let filled = command::words(template, fill_for_build);
        let wrong = |why| Error::Fill { component: component.id.to_string(), text: template.text.clone(), why };
        let words = filled.map_err(wrong)?;
        if all.iter().all(|(_, known)| *known != words) {
            all.push((component, words));
        }
    }
    Ok(all)
}

/// A build comes before the run has a directory.
fn fill_for_build(part: &Part) -> Result<String, String> {
    match part {
        Part::Scratch => Err("the run's directory is not there yet when a component is built".to_owned()),
        Part::Text(_) | Part::Port | Part::Edge(_) | Part::Env { .. } | Part::Replica => {
            fill_plain(std::path::Path::new(""), part)
        }
    }
}

async fn build(component: &Component, words: &[String], ground: &Ground) -> Result<(), Error> {
    let failed = |why: String| Error::Build { component: component.id.to_string(), why };
    let spawn = Spawn {
        name: format!("build of {}", component.id),
        program: PathBuf::from(&words[0]),
        arguments: words[1..].to_vec(),
        env: std::collections::BTreeMap::new(),
        directory: ground.directory.clone(),
        log: None,
    };
    let finished = run_to_end(spawn, &ground.exe, &ground.run, BUILD_WITHIN, OUTPUT_LIMIT_BYTES).await;
    let finished = finished.map_err(|error| failed(chain(&error)))?;
    match finished.code {
        Some(0) => Ok(()),
        _ if finished.timed_out => Err(failed(format!("not finished within {}", text::print_duration(BUILD_WITHIN)))),
        code => {
            let lines: Vec<&str> = finished.stderr.lines().chain(finished.stdout.lines()).collect();
            let tail = lines[lines.len().saturating_sub(BUILD_TAIL)..].join("\n");
            Err(failed(format!(
                "exit code {}\n{tail}",
                code.map_or_else(|| "unknown".to_owned(), |code| code.to_string())
            )))
        }
    }
}

/// The id of a risk that this run was asked about: any, or with `--only` one that a claim of this run supports.
fn asked(risk: &Risk, options: &Options, judged: &[Judged]) -> Option<RiskId> {
    let id = RiskId::try_new(&risk.id)?;
    let supported = |judged: &Judged| judged.claim.id.risk == id || judged.claim.also.contains(&id);
    (options.only.is_empty() || judged.iter().any(supported)).then_some(id)
}

/// What the gate needs of a risk.
fn facts(risk: &Risk, asked: &BTreeSet<RiskId>) -> Option<RiskFacts> {
    let id = RiskId::try_new(&risk.id).filter(|id| asked.contains(id))?;
    Some(RiskFacts { id, score: risk.score_bmad(), closed: risk.state == State::Closed })
}

fn rows(register: &Register, case: &Case, asked: &BTreeSet<RiskId>) -> Vec<RiskRow> {
    let row = |risk: &Risk| {
        let id = RiskId::try_new(&risk.id)?;
        let asked = asked.contains(&id);
        let accepted = case.claims.acceptances.iter().find(|acceptance| acceptance.risk == id);
        Some(RiskRow {
            title: risk.title.clone(),
            path: register.path().to_owned(),
            line: risk.line,
            status: risk.stated(FieldName::Status).map_or_else(|| "-".to_owned(), |field| field.value.short()),
            stated: stated(risk),
            score: risk.score_bmad(),
            asked,
            accepted_until: accepted.map(|acceptance| acceptance.until.to_string()),
            id,
        })
    };
    register.risks.iter().filter_map(row).collect()
}

fn stated(risk: &Risk) -> Stated {
    let said = risk.stated(FieldName::Status).is_some();
    match risk.state {
        State::Mitigated => Stated::Handled,
        State::Closed => Stated::Closed,
        State::Accepted => Stated::Accepted,
        State::Open | State::Watch | State::Triggered if said => Stated::Open,
        State::Open | State::Watch | State::Triggered => Stated::Unsaid,
    }
}

/// The day of a time, in UTC.
pub(crate) fn today(now: Micros) -> jiff::civil::Date {
    let time = jiff::Timestamp::from_microsecond(now).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    time.to_zoned(jiff::tz::TimeZone::UTC).date()
}
