//! A case: `seaworthy.yaml`, its registers and its claims, read before anything is started.
//!
//! Everything that can be known to be wrong is known here, and all of it at once: the walkers of five crates add to one list
//! of problems. A case with errors is never run.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use drill::Plan;
use evidence::{Claim, Claims, Look, RiskId};
use probe::Probe;
use register::Register;
use system::System;
use text::{Problem, Source, has_errors, read_yaml};

use crate::{Error, command};

/// The file everything begins with.
pub const FILE_NAME: &str = "seaworthy.yaml";

/// What a rule of the register may weigh; `off` leaves it out.
pub const SEVERITIES: [&str; 4] = ["error", "warning", "info", "off"];
/// The largest register read, 64 MiB.
pub const MAX_REGISTER_BYTES: usize = 64 * 1024 * 1024;

/// How evidence for one claim will be gathered.
#[derive(Debug)]
pub enum Work {
    /// By looking.
    Probe(Box<Probe>),
    /// By breaking.
    Drill(Box<Plan>),
}

/// A claim with the work it needs.
#[derive(Debug)]
pub struct Task {
    /// The claim.
    pub claim: Claim,
    /// The work.
    pub work: Work,
}

/// What was read, usable only when there are no errors among the problems.
#[derive(Debug)]
pub struct Case {
    /// The directory of the file; commands run there.
    pub directory: PathBuf,
    /// The system.
    pub system: System,
    /// The registers in the order named.
    pub registers: Vec<Register>,
    /// Claims, acceptances and gate; the claims are also in `tasks`.
    pub claims: Claims,
    /// Claims with their work, in the order written.
    pub tasks: Vec<Task>,
    /// Path of the file as shown to people.
    pub shown: String,
}

/// A case, if the files allow one, with every problem and the sources to show them in.
#[derive(Debug)]
pub struct Reading {
    /// The case; absent when the files are too broken to say more.
    pub case: Option<Case>,
    /// Every problem found.
    pub problems: Vec<Problem>,
    /// Sources by path.
    pub sources: BTreeMap<String, Source>,
}

impl Reading {
    /// The case when nothing is provably wrong with it.
    pub fn sound(&mut self) -> Option<Case> {
        if has_errors(&self.problems) { None } else { self.case.take() }
    }
}

/// Finds the file for a path given by the user: the file itself, or `seaworthy.yaml` in the directory.
pub fn find(path: &Path) -> Result<PathBuf, Error> {
    let file = if path.is_dir() { path.join(FILE_NAME) } else { path.to_path_buf() };
    if file.is_file() { Ok(file) } else { Err(Error::NoFile { path: file }) }
}

/// Reads a case with all its problems.
pub fn read(file: &Path) -> Reading {
    let mut reader = Reader { problems: Vec::new(), sources: BTreeMap::new() };
    let case = reader.case(file);
    Reading { case, problems: reader.problems, sources: reader.sources }
}

/// A digest of what a claim is about in the file: the whole system for a drill, the component that a probe names with its
/// addresses. What was seen of another system is no evidence for this one.
fn about(claim: &Claim, file: &text::Node) -> String {
    let system = file.get("system");
    let component = || {
        let name = claim.with.get("component").and_then(text::Node::as_text)?;
        system.and_then(|system| system.get("components")).and_then(|components| components.get(name))
    };
    let named = match claim.look {
        Look::Drill => system,
        Look::Probe => component(),
    };
    let environments = file.get("environments").and_then(text::Node::as_map).unwrap_or_default();
    let addresses = environments.iter().filter_map(|entry| entry.value.get("at"));
    let parts: Vec<String> = named.into_iter().chain(addresses).map(evidence::canonical).collect();
    if named.is_none() { String::new() } else { ledger::digest(parts.join("\n").as_bytes()) }
}

struct Reader {
    problems: Vec<Problem>,
    sources: BTreeMap<String, Source>,
}

impl Reader {
    fn case(&mut self, file: &Path) -> Option<Case> {
        let shown = shown(file);
        let source = self.open(file, &shown, text::MAX_DOCUMENT_BYTES)?;
        let (node, problems) = read_yaml(&source);
        self.problems.extend(problems);
        let node = node.unwrap_or(text::Node { span: text::Span::default(), kind: text::NodeKind::Empty });
        if has_errors(&self.problems) && node.kind == text::NodeKind::Empty {
            return None;
        }
        let directory = directory_of(file);
        let system = system::read(&source, &node, &mut self.problems)?;
        let registers = self.registers(file, &system, &source);
        let known: Vec<RiskId> = registers
            .iter()
            .flat_map(|register| &register.risks)
            .filter_map(|risk| RiskId::try_new(&risk.id))
            .collect();
        self.commands(&system, &source);
        let mut claims = evidence::read_claims(&source, &node, &known, &mut self.problems)?;
        claims.claims.iter_mut().for_each(|claim| claim.about = about(claim, &node));
        let tasks = self.tasks(&claims.claims, &system, &source);
        Some(Case { directory, system, registers, claims, tasks, shown })
    }

    /// Commands that could not be split into words when their time comes.
    fn commands(&mut self, system: &System, file: &Source) {
        let templates = system.components.values().flat_map(|component| component.build.iter().chain(&component.start));
        for template in templates {
            if let Err(why) = command::words(template, |_| Ok(String::new())) {
                let message = format!("the command cannot be split into words: {why}");
                let problem = Problem::error("wrong-command", file, template.span, message);
                self.problems.push(problem.with_help("words are split as in a shell; `sh -c '..'` starts one"));
            }
        }
    }

    fn registers(&mut self, beside: &Path, system: &System, file: &Source) -> Vec<Register> {
        if system.registers.is_empty() {
            let help = "name the Markdown file with the risks: `registers: [docs/risks.md]`";
            self.problems.push(Problem::whole_file("no-register", file.path(), "no register is named").with_help(help));
        }
        let mut sources = Vec::new();
        for (path, span) in &system.registers {
            let full = beside.with_file_name(path);
            match outside::files::read_text(&full, MAX_REGISTER_BYTES) {
                Ok(text) => sources.push(Source::new(shown(&full), text)),
                Err(error) => {
                    let message = format!("register `{path}` cannot be read: {}", chain(&error));
                    let help = format!("paths are relative to {}", file.path());
                    self.problems.push(Problem::error("register-unreadable", file, *span, message).with_help(help));
                }
            }
        }
        let mut registers = outside::parallel::map(&sources, |source| register::read(source, &system.columns));
        for register in registers.iter().filter(|register| register.risks.is_empty()) {
            let help = "name the headings of your dialect: `columns: {Schwere: impact}`";
            self.problems.push(
                Problem::whole_file("register-empty", register.path(), "no risk was found in this register")
                    .with_help(help),
            );
        }
        self.sources.extend(sources.into_iter().map(|source| (source.path().to_owned(), source)));
        self.problems.extend(register::keep_names(&mut registers, &system.aliases, file));
        self.weights(system, file);
        self.score(system, file, &mut registers);
        registers
    }

    /// Computes the registers by the user's own matrix.
    fn score(&mut self, system: &System, file: &Source, registers: &mut [Register]) {
        let Some(score) = &system.score else { return };
        match register::Table::try_new(score.likelihood.clone(), score.impact.clone(), score.cells.clone()) {
            Ok(table) => registers.iter_mut().for_each(|register| table.apply(register)),
            Err(errors) => {
                let help = "score: {likelihood: [rare, likely], impact: [minor, major], table: [[low, medium], [medium, high]]}";
                let all = errors.into_iter();
                self.problems.extend(all.map(|error| {
                    Problem::error("wrong-value", file, score.span, format!("the score table: {error}")).with_help(help)
                }));
            }
        }
    }

    /// Severities for rules that do not exist, or that are none.
    fn weights(&mut self, system: &System, file: &Source) {
        let known: Vec<&str> = register::rules().into_iter().map(|rule| rule.name).collect();
        for (rule, (severity, span)) in &system.lint {
            if !known.contains(&rule.as_str()) {
                let near = text::nearest(rule, known.iter().copied());
                let help = near.map_or_else(
                    || "`seaworthy lint --list-rules` names them".to_owned(),
                    |near| format!("did you mean `{near}`?"),
                );
                let message = format!("there is no rule `{rule}`");
                self.problems.push(Problem::error("unknown-rule", file, *span, message).with_help(help));
            }
            if !SEVERITIES.contains(&severity.as_str()) {
                let message = format!("`{severity}` is no severity");
                let help = format!("write one of {}", SEVERITIES.join(", "));
                self.problems.push(Problem::error("wrong-value", file, *span, message).with_help(help));
            }
        }
    }

    fn tasks(&mut self, claims: &[Claim], system: &System, source: &Source) -> Vec<Task> {
        let mut tasks = Vec::new();
        for claim in claims {
            let (kind, span, with) = (claim.kind.as_str(), claim.kind_span, &claim.with);
            let work = match claim.look {
                Look::Probe => probe::read(kind, span, with, system, source, &mut self.problems)
                    .map(|probe| Work::Probe(Box::new(probe))),
                Look::Drill => drill::kind::read(kind, span, with, system, source, &mut self.problems)
                    .map(|plan| Work::Drill(Box::new(plan))),
            };
            tasks.extend(work.map(|work| Task { claim: claim.clone(), work }));
        }
        tasks
    }

    fn open(&mut self, file: &Path, shown: &str, limit: usize) -> Option<Source> {
        match outside::files::read_text(file, limit) {
            Ok(text) => {
                let source = Source::new(shown, text);
                self.sources.insert(shown.to_owned(), source.clone());
                Some(source)
            }
            Err(error) => {
                let help = format!("it must be a text file in UTF-8 of at most {limit} bytes that you may read");
                self.problems.push(Problem::whole_file("unreadable", shown, chain(&error)).with_help(help));
                None
            }
        }
    }
}

/// The directory that holds a file; the current one for a bare name.
fn directory_of(file: &Path) -> PathBuf {
    let parent = file.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::path::absolute(parent).unwrap_or_else(|_| parent.to_path_buf())
}

/// A path as people should see it: without a leading `./`.
fn shown(path: &Path) -> String {
    let text = path.to_string_lossy();
    text.strip_prefix("./").unwrap_or(&text).to_owned()
}

/// An error with its causes, outermost first.
pub fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "\
system:
  components: {api: {kind: service}, web: {kind: client}}
  edges: {web->api: {needs: hard, guard: {timeout: 1s}}}
environments: {prod: {at: {api: '10.0.0.1:80'}, may: [probe]}}
claims:
  R-1:
    by-drill: {says: it goes on, drill: restart, with: {component: api}, expect: obs.lost == 0}
    of-api: {says: it answers, probe: http.check, with: {component: api, path: /}, expect: obs.status == 200}
    of-a-file: {says: it is low, probe: file.value, with: {path: x, at: $.y}, expect: obs.value == 1}
";

    /// What the three claims of this file are about.
    fn all(file: &str) -> Vec<String> {
        let source = Source::new("seaworthy.yaml", file);
        let (node, mut problems) = read_yaml(&source);
        let node = node.expect("is YAML");
        let known = [RiskId::try_new("R-1").expect("is an id")];
        let claims = evidence::read_claims(&source, &node, &known, &mut problems).expect("are read").claims;
        assert_eq!(claims.len(), 3, "{problems:?}");
        ["by-drill", "of-api", "of-a-file"]
            .iter()
            .map(|name| claims.iter().find(|claim| claim.id.to_string().ends_with(name)).expect("is there"))
            .map(|claim| about(claim, &node))
            .collect()
    }

    #[test]
    fn a_drill_is_about_the_whole_system_and_a_probe_about_its_component() {
        let before = all(FILE);
        let changed = |from: &str, to: &str| -> Vec<bool> {
            assert!(FILE.contains(from), "{from}");
            all(&FILE.replace(from, to)).iter().zip(&before).map(|(now, then)| now != then).collect()
        };
        assert_eq!(before[2], "", "a file is no part of the system");
        assert_eq!(changed("timeout: 1s", "timeout: 9s"), [true, false, false]);
        assert_eq!(changed("api: {kind: service}", "api: {kind: service, replicas: 2}"), [true, true, false]);
        assert_eq!(changed("10.0.0.1", "10.0.0.2"), [true, true, false]);
        assert_eq!(changed("may: [probe]", "may: [probe, drill]"), [false; 3]);
        assert_eq!(
            changed("{needs: hard, guard", "{  needs: \"hard\",   guard"),
            [false; 3],
            "the same, written otherwise"
        );
    }
}
