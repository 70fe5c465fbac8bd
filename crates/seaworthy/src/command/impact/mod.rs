//! `seaworthy impact`: what follows from the graph alone, of a file, of what was found elsewhere, or of a fault tree.

mod tree;

use ::impact::{Counted, Impact as Computed, Mode, impact};
use ::system::found::Found;
use ::system::{ComponentId, System};
use report::{Drawing, Shown};

use super::{case, failed};
use crate::arguments::{Impact, ImpactFormat};
use crate::exit::Exit;
use crate::terminal::Terminal;

pub(crate) fn run(arguments: &Impact, terminal: Terminal) -> Exit {
    if !arguments.openpsa.is_empty() {
        return tree::run(arguments, terminal);
    }
    if !arguments.from.is_empty() {
        return inferred(arguments, terminal);
    }
    let (_, case, _) = match case(&arguments.path, terminal) {
        Ok(read) => read,
        Err(exit) => return exit,
    };
    let computed = impact(&case.system, &Counted::nothing());
    told(arguments, &case.system, &computed, terminal, || report::impact_text(&computed, &case.system))
}

/// A system that nobody described.
fn inferred(arguments: &Impact, terminal: Terminal) -> Exit {
    let (found, notes) = match prove::found(&arguments.from) {
        Ok(found) => found,
        Err(error) => return failed(&error, terminal),
    };
    let joined = Found::joined(&found);
    let system = joined.system(&name(arguments));
    let computed = impact(&system, &Counted::nothing());
    told(arguments, &system, &computed, terminal, || report::inferred_text(&found, &joined, &notes, &system, &computed))
}

/// The directory that was pointed to, or that of the file.
fn name(arguments: &Impact) -> String {
    let path = arguments.from.first().and_then(|path| std::path::absolute(path).ok()).unwrap_or_default();
    let directory = if path.is_dir() { Some(path.as_path()) } else { path.parent() };
    let name = directory.and_then(|directory| directory.file_name()).map(|name| name.to_string_lossy().into_owned());
    name.unwrap_or_else(|| "system".to_owned())
}

fn told(
    arguments: &Impact,
    system: &System,
    computed: &Computed,
    terminal: Terminal,
    text: impl FnOnce() -> String,
) -> Exit {
    let fails = match fails(arguments, system) {
        Ok(fails) => fails,
        Err(message) => {
            terminal.message(&message);
            return Exit::Usage;
        }
    };
    let drawing = Drawing { system, impact: computed };
    let fails = fails.as_ref().map(|(id, mode)| (id, *mode));
    terminal.result(&match arguments.format {
        ImpactFormat::Human => text(),
        ImpactFormat::Json => report::impact_json(computed),
        ImpactFormat::Svg => report::picture(&drawing, Shown { fails, alone: true }),
        ImpactFormat::Mermaid => report::mermaid(&drawing),
        ImpactFormat::Dot => report::dot(&drawing),
        ImpactFormat::Cytoscape => report::cytoscape(&drawing),
        ImpactFormat::Graphml => report::graphml(&drawing),
    });
    Exit::Pass
}

/// `db` fails down, `db:slow` slow.
fn fails(arguments: &Impact, system: &System) -> Result<Option<(ComponentId, Mode)>, String> {
    let Some(written) = &arguments.fails else { return Ok(None) };
    let (name, mode) = written.split_once(':').unwrap_or((written, "down"));
    let modes = [Mode::Down, Mode::Slow];
    let Some(mode) = modes.into_iter().find(|known| known.word() == mode) else {
        return Err(format!("error: `{mode}` is no mode\n  help: write `{name}:down` or `{name}:slow`"));
    };
    match ComponentId::try_new(name).filter(|id| system.components.contains_key(id)) {
        Some(id) => Ok(Some((id, mode))),
        None => {
            let known = system.components.keys().map(ComponentId::as_str);
            let near = text::nearest(name, known).map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
            Err(format!("error: no component is called `{name}`{near}"))
        }
    }
}
