//! `seaworthy impact`: what follows from the graph alone, of a file, of what was found elsewhere, or of a fault tree.

mod tree;

use std::path::{Path, PathBuf};

use ::impact::{Counted, FlowTree, FlowTrees, Impact as Computed, Mode, compare_stated, impact, what_if};
use ::register::Register;
use ::system::found::Found;
use ::system::{ComponentId, FlowId, System};
use report::{Drawing, Shown, Side, StatedAgainst};
use text::{Source, has_errors};

use super::{case_without, count, failed, runtime, show};
use crate::arguments::{Impact, ImpactFormat, View};
use crate::exit::Exit;
use crate::terminal::Terminal;

/// The largest file of a system.
const MAX_FILE_BYTES: usize = 4 * 1024 * 1024;

pub(crate) fn run(arguments: &Impact, terminal: Terminal) -> Exit {
    if !arguments.openpsa.is_empty() {
        return tree::run(arguments, terminal);
    }
    if !arguments.from.is_empty() {
        return inferred(arguments, terminal);
    }
    let named = match named(arguments, terminal) {
        Ok(named) => named,
        Err(exit) => return exit,
    };
    if !named.is_empty() && ::prove::find(&arguments.path).is_err() {
        return alone(arguments, &named, terminal);
    }
    let (file, case, _) = match case_without(&arguments.path, &["no-register"], terminal) {
        Ok(read) => read,
        Err(exit) => return exit,
    };
    let mut computed = impact(&case.system, &Counted::nothing());
    if let Some(revision) = &arguments.diff {
        return since(arguments, revision, (&file, &case.system, &computed), terminal);
    }
    let source = outside::files::read_text(&file, MAX_FILE_BYTES).ok().map(|text| Source::new(&case.shown, text));
    let mut registers = case.registers;
    // One that the file names as well is compared once.
    let is_new = |one: &Register| registers.iter().all(|known| known.source.text() != one.source.text());
    let new: Vec<Register> = named.into_iter().filter(is_new).collect();
    registers.extend(new);
    let stated = compared_with(&registers, &case.system, source.as_ref(), &mut computed);
    told(arguments, &case.system, (&computed, &stated), terminal, || report::impact_text(&computed, &case.system))
}

/// The registers that the command names.
fn named(arguments: &Impact, terminal: Terminal) -> Result<Vec<Register>, Exit> {
    let mut named = Vec::new();
    for path in &arguments.register {
        let read = ::prove::registers(path);
        if has_errors(&read.problems) {
            show(&read.problems, &read.sources, terminal);
            terminal.message(&count(&read.problems));
            return Err(Exit::Usage);
        }
        named.extend(read.registers);
    }
    Ok(named)
}

/// Registers against a system; one that has no components says nothing that a text could be held against.
fn compared_with(
    registers: &[Register],
    system: &System,
    source: Option<&Source>,
    computed: &mut Computed,
) -> Vec<StatedAgainst> {
    let of = |register: &Register| {
        let path = register.path().to_owned();
        match system.components.is_empty() {
            true => StatedAgainst::Itself(path),
            false => StatedAgainst::System(path, compare_stated(register, system, source, computed)),
        }
    };
    registers.iter().map(of).collect()
}

/// Registers, and no system beside them.
fn alone(arguments: &Impact, registers: &[Register], terminal: Terminal) -> Exit {
    let (system, mut computed) = (System::default(), impact(&System::default(), &Counted::nothing()));
    let stated = compared_with(registers, &system, None, &mut computed);
    match arguments.format {
        ImpactFormat::Json => terminal.result(&report::impact_json(&computed, &system, &stated)),
        ImpactFormat::Human => terminal.result(report::stated_text(&stated).trim_start()),
        _ => {
            terminal.message("error: without a system there is nothing to draw\n  help: write seaworthy.yaml, or point to files with --from");
            return Exit::Usage;
        }
    }
    Exit::Undecided
}

/// The model at a revision beside that of today. What the file of then said wrong is not told: it cannot be mended.
fn since(
    arguments: &Impact,
    revision: &str,
    (file, system, computed): (&Path, &System, &Computed),
    terminal: Terminal,
) -> Exit {
    let old = match ::prove::system_at(file, revision) {
        Ok(old) => old,
        Err(error) => return failed(&error, terminal),
    };
    let then = impact(&old, &Counted::nothing());
    let (before, after) = (Side { system: &old, impact: &then }, Side { system, impact: computed });
    compared(arguments, &format!("{}: since {revision}", system.name), &[], before, after, terminal)
}

fn compared(
    arguments: &Impact,
    title: &str,
    changes: &[String],
    before: Side<'_>,
    after: Side<'_>,
    terminal: Terminal,
) -> Exit {
    match arguments.format {
        ImpactFormat::Human => terminal.result(&report::compared_text(title, before, after)),
        ImpactFormat::Json => terminal.result(&report::compared_json(changes, before, after)),
        _ => {
            terminal.message("error: a comparison is written as `human` or `json`");
            return Exit::Usage;
        }
    }
    Exit::Pass
}

/// The system as it is, where no guardrail counts, beside the one that somebody thinks of.
fn thought_of(arguments: &Impact, system: &System, computed: &Computed, terminal: Terminal) -> Exit {
    let changed = match what_if(system, &arguments.what_if) {
        Ok(changed) => changed,
        Err(wrong) => {
            wrong.iter().for_each(|one| terminal.message(&format!("error: {one}")));
            return Exit::Usage;
        }
    };
    let after = impact(&changed.system, &changed.counted);
    if arguments.format == ImpactFormat::Openpsa {
        return exported(arguments, &changed.system, &after, terminal);
    }
    let title = format!("{}: what if {}", system.name, arguments.what_if.join(", "));
    let (before, after) = (Side { system, impact: computed }, Side { system: &changed.system, impact: &after });
    compared(arguments, &title, &arguments.what_if, before, after, terminal)
}

/// A system that nobody described.
fn inferred(arguments: &Impact, terminal: Terminal) -> Exit {
    let (found, notes) = match everything_found(arguments, terminal) {
        Ok(found) => found,
        Err(exit) => return exit,
    };
    let joined = Found::joined(&found);
    let system = joined.system(&name(arguments));
    let mut computed = impact(&system, &Counted::nothing());
    let named = match named(arguments, terminal) {
        Ok(named) => named,
        Err(exit) => return exit,
    };
    let stated = compared_with(&named, &system, None, &mut computed);
    told(arguments, &system, (&computed, &stated), terminal, || {
        report::inferred_text(&found, &joined, &notes, &system, &computed)
    })
}

/// What files and, where an address was given, traces show.
fn everything_found(arguments: &Impact, terminal: Terminal) -> Result<(Vec<Found>, Vec<String>), Exit> {
    let is_address = |path: &&PathBuf| ::prove::is_address(&path.to_string_lossy());
    let (addresses, paths): (Vec<&PathBuf>, Vec<&PathBuf>) = arguments.from.iter().partition(is_address);
    let paths: Vec<PathBuf> = paths.into_iter().cloned().collect();
    let (mut found, notes) = match paths.is_empty() {
        true => (Vec::new(), Vec::new()),
        false => ::prove::found(&paths).map_err(|error| failed(&error, terminal))?,
    };
    for address in addresses {
        let Ok(runtime) = runtime() else {
            terminal.message("error: cannot start a runtime");
            return Err(Exit::Undecided);
        };
        let asked = runtime.block_on(::prove::service_graph(&address.to_string_lossy()));
        found.push(asked.map_err(|error| failed(&error, terminal))?);
    }
    Ok((found, notes))
}

/// The directory that was pointed to, or that of the file.
fn name(arguments: &Impact) -> String {
    if arguments.from.first().is_some_and(|from| ::prove::is_address(&from.to_string_lossy())) {
        return "traces".to_owned();
    }
    let path = arguments.from.first().and_then(|path| std::path::absolute(path).ok()).unwrap_or_default();
    let directory = if path.is_dir() { Some(path.as_path()) } else { path.parent() };
    let name = directory.and_then(|directory| directory.file_name()).map(|name| name.to_string_lossy().into_owned());
    name.unwrap_or_else(|| "system".to_owned())
}

fn told(
    arguments: &Impact,
    system: &System,
    (computed, stated): (&Computed, &[StatedAgainst]),
    terminal: Terminal,
    text: impl FnOnce() -> String,
) -> Exit {
    if !arguments.what_if.is_empty() {
        return thought_of(arguments, system, computed, terminal);
    }
    let fails = match fails(arguments, computed, system) {
        Ok(fails) => fails,
        Err(message) => {
            terminal.message(&message);
            return Exit::Usage;
        }
    };
    let drawing = Drawing { system, impact: computed };
    let fails = fails.as_ref().map(|(id, mode)| (id, mode));
    terminal.result(&match arguments.format {
        ImpactFormat::Human => text() + &report::stated_text(stated),
        ImpactFormat::Json => report::impact_json(computed, system, stated),
        ImpactFormat::Markdown => report::impact_matrix(computed, system),
        ImpactFormat::Svg => match arguments.view {
            View::Graph => report::picture(&drawing, Shown { fails, alone: true }),
            View::Lanes => report::lanes(&drawing),
            View::Bars => report::importance_bars(computed),
            View::Map => report::heat_map(computed),
        },
        ImpactFormat::Mermaid => report::mermaid(&drawing),
        ImpactFormat::Dot => report::dot(&drawing),
        ImpactFormat::Cytoscape => report::cytoscape(&drawing),
        ImpactFormat::Graphml => report::graphml(&drawing),
        ImpactFormat::Openpsa => return exported(arguments, system, computed, terminal),
    });
    Exit::Pass
}

/// The fault tree of the flow that was named, or of the only one.
fn exported(arguments: &Impact, system: &System, computed: &Computed, terminal: Terminal) -> Exit {
    let names: Vec<&str> = system.flows.keys().map(|flow| flow.as_str()).collect();
    let wanted = match (arguments.flow.as_deref(), &names[..]) {
        (Some(flow), _) => flow,
        (None, [only]) => only,
        (None, _) => {
            terminal.message(&format!(
                "error: {} flows: {}\n  help: choose one with --flow",
                names.len(),
                names.join(", ")
            ));
            return Exit::Usage;
        }
    };
    let tree = FlowId::try_new(wanted).and_then(|flow| FlowTrees::new(system, &computed.counted).tree(&flow));
    let Some(FlowTree { tree, without_figure }) = tree else {
        let near = text::nearest(wanted, names).map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
        terminal.message(&format!("error: no flow is called `{wanted}`{near}"));
        return Exit::Usage;
    };
    if !without_figure.is_empty() {
        terminal.message(&format!(
            "note: written with probability 0, because they have no figure: {}",
            without_figure.join(", ")
        ));
    }
    terminal.result(&faulttree::write(&tree, wanted));
    Exit::Pass
}

/// `db` fails down, `db:slow` slow, `db:pool_exhausted` in a mode that the file names.
fn fails(arguments: &Impact, computed: &Computed, system: &System) -> Result<Option<(ComponentId, Mode)>, String> {
    let Some(written) = &arguments.fails else { return Ok(None) };
    let (name, mode) = written.split_once(':').unwrap_or((written, "down"));
    let Some(id) = ComponentId::try_new(name).filter(|id| system.components.contains_key(id)) else {
        let known = system.components.keys().map(ComponentId::as_str);
        let near = text::nearest(name, known).map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
        return Err(format!("error: no component is called `{name}`{near}"));
    };
    let modes: Vec<&Mode> = computed.rows.iter().filter(|row| row.component == id).map(|row| &row.mode).collect();
    match modes.iter().find(|known| known.word() == mode) {
        Some(mode) => Ok(Some((id, (*mode).clone()))),
        None => {
            let known: Vec<String> = modes.iter().map(|mode| format!("`{name}:{}`", mode.word())).collect();
            let help =
                if known.is_empty() { "it has none".to_owned() } else { format!("write {}", known.join(" or ")) };
            Err(format!("error: `{mode}` is no mode of `{name}`\n  help: {help}"))
        }
    }
}
