//! The guard as a command: arguments and file into a [`Plan`], with every problem told before a port is bound; then
//! start, say where everything listens, wait for the end, drain.
//!
//! Exit codes: 0 after being asked to stop, 2 for wrong usage, a wrong file, or a port that cannot be had.

use std::collections::BTreeMap;
use std::io::Write;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use clap::Args;
use system::{Edge, EdgeId, Part, Policy, System, Template};
use text::{Problem, Source, has_errors};

use crate::plan::MOST_WORKERS;
use crate::{Guard, Plan, PlannedEdge};

/// The environment variable that holds the admin token.
pub const TOKEN_VARIABLE: &str = "SEAWORTHY_GUARD_TOKEN";
/// The file that is read when none is named.
const DEFAULT_FILE: &str = "seaworthy.yaml";
/// The largest file that is read, in bytes.
const LARGEST_FILE: usize = text::MAX_DOCUMENT_BYTES;
/// The longest list of addresses of one edge.
const MOST_UPSTREAMS: usize = 64;

/// Exit codes of [`run`].
pub mod exit {
    /// Asked to stop, and stopped.
    pub const STOPPED: u8 = 0;
    /// Wrong arguments, a wrong file, or a port that cannot be had.
    pub const USAGE: u8 = 2;
}

/// Arguments of the guard.
#[derive(Args, Clone, Debug)]
pub struct Options {
    /// The file that describes the edges; seaworthy.yaml when not given
    #[arg(long, short, value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// Stand on this edge only; may be repeated. Without it: every edge of the file that has `guard:`
    #[arg(long = "edge", value_name = "A->B")]
    pub edges: Vec<String>,
    /// Where an edge listens, instead of what the file says; port 0 takes a free one
    #[arg(long = "listen", value_name = "A->B=HOST:PORT")]
    pub listen: Vec<String>,
    /// Who is asked on an edge, instead of the callee's `at:`; several are asked in turn
    #[arg(long = "upstream", value_name = "A->B=HOST:PORT,..")]
    pub upstreams: Vec<String>,
    /// Where the admin port listens; it asks for the token in SEAWORTHY_GUARD_TOKEN when that is set
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:0")]
    pub admin: String,
    /// Answer Toxiproxy's routes on the admin port too, without a token. No file is needed then
    #[arg(long)]
    pub toxiproxy: bool,
    /// Threads that carry traffic; as many as there are cores when not given
    #[arg(long, value_name = "N")]
    pub workers: Option<usize>,
    /// Seed of the jitter between retries; another one each time when not given
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// Stop at end of file on standard input, so that the guard does not outlive who started it
    #[arg(long)]
    pub lifeline: bool,
}

/// Runs the guard until it is asked to stop; returns the exit code. The first line on `out` says where everything
/// listens; problems go to `err`.
pub fn run(options: &Options, out: &mut dyn Write, err: &mut dyn Write) -> u8 {
    let plan = match plan(options) {
        Ok((plan, warnings)) => {
            tell(err, &warnings);
            plan
        }
        Err(problems) => {
            tell(err, &problems);
            return exit::USAGE;
        }
    };
    let running = match Guard::start(plan) {
        Ok(running) => running,
        Err(error) => {
            say(err, &format!("error: {error}"));
            return exit::USAGE;
        }
    };
    say(out, &running.announcement());
    if let Err(error) = wait(options.lifeline) {
        say(err, &format!("error: cannot wait for signals: {error}"));
    }
    running.stop();
    exit::STOPPED
}

/// What arguments and file ask for, with warnings.
///
/// # Errors
/// All problems, when one of them is an error. No port has been bound.
pub fn plan(options: &Options) -> Result<(Plan, Vec<Problem>), Vec<Problem>> {
    let mut problems = Vec::new();
    let system = read_system(options, &mut problems);
    let edges = match &system {
        Some(system) => planned_edges(options, system, &mut problems),
        None => Vec::new(),
    };
    let admin = address(&options.admin, "--admin", &mut problems);
    if has_errors(&problems) {
        return Err(problems);
    }
    let plan = Plan {
        edges,
        admin: admin.unwrap_or(SocketAddr::from(([127, 0, 0, 1], 0))),
        token: outside::secret::variable(TOKEN_VARIABLE),
        toxiproxy: options.toxiproxy,
        workers: options.workers.unwrap_or_else(cores),
        seed: options.seed.unwrap_or_else(|| outside::now().unsigned_abs()),
    };
    problems.extend(plan.problems().into_iter().map(|problem| Problem::whole_file("guard-plan", "guard", problem)));
    if has_errors(&problems) { Err(problems) } else { Ok((plan, problems)) }
}

fn read_system(options: &Options, problems: &mut Vec<Problem>) -> Option<System> {
    let path = match &options.file {
        Some(path) => path.as_path(),
        None if options.toxiproxy && options.edges.is_empty() => return None,
        None => Path::new(DEFAULT_FILE),
    };
    let shown = path.display().to_string();
    let text = match outside::files::read_text(path, LARGEST_FILE) {
        Ok(text) => text,
        Err(error) => {
            let problem = Problem::whole_file("unreadable", shown, because(&error));
            problems.push(problem.with_help("name the file with --file"));
            return None;
        }
    };
    let source = Source::new(shown, text);
    let (node, found) = text::read_yaml(&source);
    problems.extend(found);
    let system = system::read(&source, &node?, problems);
    if system.is_none() && !has_errors(problems) {
        problems.push(Problem::whole_file("unreadable", source.path(), "no system is described here"));
    }
    system
}

/// The edges to stand on, each with its addresses.
fn planned_edges(options: &Options, system: &System, problems: &mut Vec<Problem>) -> Vec<PlannedEdge> {
    let guarded: Vec<(&Edge, &Policy)> =
        system.edges.iter().filter_map(|edge| Some((edge, edge.guard.as_ref()?))).collect();
    let known: Vec<String> = guarded.iter().map(|(edge, _)| edge.id.to_string()).collect();
    let named: Vec<EdgeId> =
        options.edges.iter().filter_map(|text| known_edge(text, "--edge", &known, problems)).collect();
    let listen = assignments(&options.listen, "--listen", &known, problems);
    let upstreams = assignments(&options.upstreams, "--upstream", &known, problems);
    for (flag, texts) in [("--listen", &listen), ("--upstream", &upstreams)] {
        let left_out =
            texts.keys().filter(|name| !named.is_empty() && !named.iter().any(|id| id.to_string() == **name));
        problems.extend(left_out.map(|name| wrong(flag, format!("edge {name} is left out by --edge"))));
    }
    if guarded.is_empty() && !options.toxiproxy {
        let problem = Problem::whole_file("no-guard", "guard", "no edge of the file has `guard:`");
        problems.push(problem.with_help("write `guard: {}` under the edge that the proxy shall stand on"));
    }
    let wanted = guarded.into_iter().filter(|(edge, _)| named.is_empty() || named.contains(&edge.id));
    let mut planned = Vec::new();
    for (edge, policy) in wanted {
        let name = edge.id.to_string();
        let free = SocketAddr::from(([127, 0, 0, 1], 0));
        let listen = match listen.get(&name) {
            Some(text) => address(text, "--listen", problems),
            None => Some(policy.listen.unwrap_or(free)),
        };
        let upstreams = match upstreams.get(&name) {
            Some(texts) => addresses(texts, problems),
            None => at(system, edge, problems).into_iter().collect(),
        };
        if let Some(listen) = listen
            && !upstreams.is_empty()
        {
            planned.push(PlannedEdge { id: edge.id.clone(), listen, upstreams, policy: policy.clone() });
        }
    }
    planned
}

/// The callee's address by its own account.
fn at(system: &System, edge: &Edge, problems: &mut Vec<Problem>) -> Option<SocketAddr> {
    let callee = system.components.get(&edge.id.to);
    let Some(template) = callee.and_then(|component| component.at.as_ref()) else {
        let message = format!("edge {}: nobody says where {} listens", edge.id, edge.id.to);
        let help = format!("write `at:` under {}, or say --upstream '{}=HOST:PORT'", edge.id.to, edge.id);
        problems.push(Problem::whole_file("no-upstream", "guard", message).with_help(help));
        return None;
    };
    match filled(template) {
        Ok(text) => address(&text, &format!("`at:` of {}", edge.id.to), problems),
        Err(why) => {
            problems.push(Problem::whole_file("no-upstream", "guard", format!("`at:` of {}: {why}", edge.id.to)));
            None
        }
    }
}

fn filled(template: &Template) -> Result<String, String> {
    template.fill(|part| match part {
        Part::Text(text) => Ok(text.clone()),
        Part::Env { name, default } => outside::secret::variable(name)
            .or_else(|| default.clone())
            .ok_or_else(|| format!("the variable {name} is not set")),
        Part::Port | Part::Edge(_) | Part::Scratch | Part::Replica => {
            Err("only ${env:NAME} can be filled without starting the component; say --upstream".to_owned())
        }
    })
}

/// `A->B=VALUE` by edge; an edge that is not known, or is named twice, is a problem.
fn assignments(
    texts: &[String],
    flag: &str,
    known: &[String],
    problems: &mut Vec<Problem>,
) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    for text in texts {
        let Some((edge, value)) = text.split_once('=') else {
            problems.push(wrong(flag, format!("`{text}` has no `=`: write 'A->B=HOST:PORT'")));
            continue;
        };
        let Some(edge) = known_edge(edge, flag, known, problems) else { continue };
        if all.insert(edge.to_string(), value.to_owned()).is_some() {
            problems.push(wrong(flag, format!("edge {edge} is named twice")));
        }
    }
    all
}

fn known_edge(text: &str, flag: &str, known: &[String], problems: &mut Vec<Problem>) -> Option<EdgeId> {
    let edge = EdgeId::parse(text);
    let name = edge.as_ref().map_or_else(|| text.to_owned(), EdgeId::to_string);
    if edge.is_some() && known.contains(&name) {
        return edge;
    }
    let near = text::nearest(&name, known.iter().map(String::as_str));
    let help = near.map_or_else(|| format!("known: {}", known.join(", ")), |near| format!("did you mean `{near}`?"));
    problems.push(wrong(flag, format!("no edge `{name}` with `guard:` in the file")).with_help(help));
    None
}

fn addresses(texts: &str, problems: &mut Vec<Problem>) -> Vec<SocketAddr> {
    let texts: Vec<&str> = texts.split(',').map(str::trim).collect();
    if texts.len() > MOST_UPSTREAMS {
        problems.push(wrong("--upstream", format!("{} addresses are more than {MOST_UPSTREAMS}", texts.len())));
        return Vec::new();
    }
    texts.iter().filter_map(|text| address(text, "--upstream", problems)).collect()
}

fn address(text: &str, place: &str, problems: &mut Vec<Problem>) -> Option<SocketAddr> {
    match outside::net::resolve(text) {
        Ok(address) => Some(address),
        Err(error) => {
            problems.push(wrong(place, because(&error)).with_help("write HOST:PORT, such as 127.0.0.1:8080"));
            None
        }
    }
}

fn wrong(place: &str, message: String) -> Problem {
    Problem::whole_file("guard-arguments", place, message)
}

fn because(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        text = format!("{text}: {inner}");
        source = inner.source();
    }
    text
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, |count| count.get().min(MOST_WORKERS))
}

/// Waits for a signal, or for the end of whoever started us.
fn wait(lifeline: bool) -> std::io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        tokio::select! {
            _ = outside::signal::stop_asked() => {}
            () = outside::lifeline::cut(), if lifeline => {}
        }
    });
    Ok(())
}

fn tell(err: &mut dyn Write, problems: &[Problem]) {
    for problem in problems {
        let place = match problem.line {
            0 => problem.path.clone(),
            line => format!("{}:{line}:{}", problem.path, problem.column),
        };
        say(err, &format!("{}[{}]: {}\n  --> {place}", problem.severity.word(), problem.rule, problem.message));
        if let Some(help) = &problem.help {
            say(err, &format!("  help: {help}"));
        }
    }
}

/// Writes a line. Whoever closed the other end has no use for it.
fn say(to: &mut dyn Write, line: &str) {
    let _ = writeln!(to, "{line}").and_then(|()| to.flush());
}
