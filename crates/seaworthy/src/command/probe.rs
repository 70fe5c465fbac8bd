//! `seaworthy probe`: evidence without touching anything.

use std::path::PathBuf;

use ::probe::{Probe as Look, kinds};
use ::prove::{Case, Options};
use evidence::Verdict;
use outside::process::own_exe;
use report::Mutation;
use system::System;
use text::{Problem, Source, Span, has_errors, nearest, read_yaml};

use super::{case, count, failed, failed_hiding, runtime, show};
use crate::arguments::{Format, Probe};
use crate::exit::Exit;
use crate::terminal::Terminal;

pub(crate) fn run(arguments: &Probe, terminal: Terminal) -> Exit {
    if let Some(directory) = &arguments.connections {
        return connections(arguments, directory, terminal);
    }
    if arguments.mutate {
        return mutate(arguments, terminal);
    }
    match &arguments.kind {
        Some(kind) => once(arguments, kind, terminal),
        None => claims(arguments, terminal),
    }
}

fn options(arguments: &Probe, file: PathBuf) -> Options {
    Options {
        exe: own_exe(),
        file,
        environment: arguments.environment.clone(),
        only: arguments.risks.clone(),
        seed: 0,
        ledger: arguments.at.ledger.clone(),
        findings: Vec::new(),
    }
}

/// All claims that a look can answer.
fn claims(arguments: &Probe, terminal: Terminal) -> Exit {
    let (file, case, _) = match case(&arguments.path, terminal) {
        Ok(read) => read,
        Err(exit) => return exit,
    };
    let Ok(runtime) = runtime() else {
        terminal.message("error: cannot start a runtime");
        return Exit::Undecided;
    };
    let options = options(arguments, file);
    let looked = runtime.block_on(::prove::look(&case, &options, &mut |event| terminal.event(&event)));
    let looked = match looked {
        Ok(looked) => looked,
        Err(error) => return failed_hiding(&error, &::prove::redactor(&case.system), terminal),
    };
    match arguments.format {
        Format::Human => terminal.result(&report::looked_text(&looked.judged, &looked.drills)),
        Format::Json => {
            terminal.result(&report::looked_json(&looked.judged, &looked.observations, &looked.drills));
        }
    }
    if let Some((size, head)) = &looked.head {
        terminal.message(&format!("ledger: {size}:{head}"));
    }
    let has = |is: fn(&Verdict) -> bool| looked.judged.iter().any(|judged| is(&judged.verdict));
    if has(|verdict| *verdict == Verdict::Broken) {
        Exit::Fail
    } else if looked.judged.is_empty() || has(|verdict| matches!(verdict, Verdict::NotSeen(_))) {
        Exit::Undecided
    } else {
        Exit::Pass
    }
}

/// Whether claims can fail.
fn mutate(arguments: &Probe, terminal: Terminal) -> Exit {
    let (file, case, _) = match case(&arguments.path, terminal) {
        Ok(read) => read,
        Err(exit) => return exit,
    };
    let Ok(runtime) = runtime() else {
        terminal.message("error: cannot start a runtime");
        return Exit::Undecided;
    };
    let options = options(arguments, file);
    let all = match runtime.block_on(::prove::mutate(&case, &options, &mut |event| terminal.event(&event))) {
        Ok(all) => all,
        Err(error) => return failed_hiding(&error, &::prove::redactor(&case.system), terminal),
    };
    match arguments.format {
        Format::Human => terminal.result(&report::mutated_text(&all)),
        Format::Json => terminal.result(&report::mutated_json(&all)),
    }
    if all.iter().any(|one| matches!(one.came, Mutation::Survived { .. })) {
        Exit::Fail
    } else if all.is_empty() || all.iter().any(|one| matches!(one.came, Mutation::Skipped(_))) {
        Exit::Undecided
    } else {
        Exit::Pass
    }
}

/// One look of a kind.
fn once(arguments: &Probe, kind: &str, terminal: Terminal) -> Exit {
    if !kinds().contains(&kind) {
        let near = nearest(kind, kinds()).map(|near| format!("did you mean `{near}`?"));
        let help = near.unwrap_or_else(|| format!("known kinds: {}", kinds().join(", ")));
        terminal.message(&format!("error: `{kind}` is no kind of probe\n  help: {help}"));
        return Exit::Usage;
    }
    let known = match known(arguments, terminal) {
        Ok(known) => known,
        Err(exit) => return exit,
    };
    let (file, read_case) = known.map_or((beside(&arguments.path), None), |(file, case)| (file, Some(case)));
    let look = match read(arguments, kind, read_case.as_ref()) {
        Ok(look) => look,
        Err((problems, source)) => {
            let sources = [(source.path().to_owned(), source)].into();
            show(&problems, &sources, terminal);
            terminal.message(&count(&problems));
            return Exit::Usage;
        }
    };
    let Ok(runtime) = runtime() else {
        terminal.message("error: cannot start a runtime");
        return Exit::Undecided;
    };
    let observed = runtime.block_on(::prove::look_once(&look, read_case.as_ref(), &options(arguments, file)));
    let observation = match observed {
        Ok(observation) => observation,
        Err(error) => return failed(&error, terminal),
    };
    match arguments.format {
        Format::Human => terminal.result(&report::observation_text(&observation)),
        Format::Json => terminal.result(&report::observation_alone(&observation)),
    }
    if observation.trouble.is_some() || observation.subjects == 0 { Exit::Undecided } else { Exit::Pass }
}

/// The case here, where there is one.
fn known(arguments: &Probe, terminal: Terminal) -> Result<Option<(PathBuf, Case)>, Exit> {
    if ::prove::find(&arguments.path).is_err() {
        return Ok(None);
    }
    case(&arguments.path, terminal).map(|(file, case, _)| Some((file, case)))
}

/// The look that `--kind` and `--with` describe.
fn read(arguments: &Probe, kind: &str, case: Option<&Case>) -> Result<Look, (Vec<Problem>, Source)> {
    let lines: Vec<String> = arguments
        .with
        .iter()
        .map(|pair| {
            pair.split_once('=').map_or_else(|| format!("{pair}:"), |(key, value)| format!("{key}: {}", quoted(value)))
        })
        .collect();
    let source =
        Source::new("--with", format!("{}\n", if lines.is_empty() { "{}".to_owned() } else { lines.join("\n") }));
    let (node, mut problems) = read_yaml(&source);
    let empty = System::default();
    let system = case.map_or(&empty, |case| &case.system);
    let look = node
        .filter(|_| !has_errors(&problems))
        .and_then(|node| ::probe::read(kind, Span::default(), &node, system, &source, &mut problems));
    look.ok_or((problems, source))
}

/// Where a file would be: a look without one is taken in the directory that is named.
fn beside(path: &std::path::Path) -> PathBuf {
    path.join(::prove::FILE_NAME)
}

/// A value as one text, whatever stands in it; lists and maps are written as in the file.
fn quoted(value: &str) -> String {
    let is_yaml = || {
        let (node, problems) = read_yaml(&Source::new("--with", format!("x: {value}\n")));
        node.is_some() && !has_errors(&problems)
    };
    let is_plain = matches!(value, "true" | "false") || (value.starts_with(['[', '{']) && is_yaml());
    if is_plain { value.to_owned() } else { format!("'{}'", value.replace('\'', "''")) }
}

/// The whole list of who may talk to whom.
fn connections(arguments: &Probe, directory: &std::path::Path, terminal: Terminal) -> Exit {
    if arguments.kind.as_deref() != Some("k8s.reach") {
        terminal.message("error: only `--kind k8s.reach` lists connections");
        return Exit::Usage;
    }
    match ::probe::connections(directory) {
        Ok(connections) => {
            connections.notes.iter().for_each(|note| terminal.message(&format!("note: {note}")));
            terminal.result(&connections.text);
            if connections.workloads == 0 {
                terminal.message("error: no workload was found\n  help: point to a directory with manifests");
                return Exit::Undecided;
            }
            Exit::Pass
        }
        Err(error) => {
            terminal.message(&format!("error: {error}\n  help: point to a directory with manifests"));
            Exit::Usage
        }
    }
}
