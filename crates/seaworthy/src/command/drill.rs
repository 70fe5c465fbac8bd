//! `seaworthy drill plan` and `seaworthy drill heal`.

use std::collections::BTreeMap;

use ::drill::Ground;
use ::drill::heal::{Found, heal_all};
use ::prove::{Case, Work};
use system::{ComponentId, Part};

use super::{case, runtime};
use crate::arguments::Drill;
use crate::exit::Exit;
use crate::terminal::Terminal;

pub(crate) fn run(arguments: &Drill, terminal: Terminal) -> Exit {
    match arguments {
        Drill::Plan { path, environment } => match case(path, terminal) {
            Ok((_, case, _)) => plan(&case, environment, terminal),
            Err(exit) => exit,
        },
        Drill::Heal => heal(terminal),
    }
}

/// The steps of every drill; touches nothing. A refused step is told, and is no failure of the plan.
fn plan(case: &Case, environment: &str, terminal: Terminal) -> Exit {
    let at = foreign(case, environment);
    let mut drills = 0;
    for task in &case.tasks {
        let Work::Drill(plan) = &task.work else { continue };
        drills += 1;
        let ground = Ground { system: &case.system, environment, at: &at };
        let mut text = format!("{}  {}\n", task.claim.id, task.claim.says);
        for (index, step) in plan.steps(ground).iter().enumerate() {
            text.push_str(&format!("  {}. {step}\n", index + 1));
        }
        text.push('\n');
        terminal.result(&text);
    }
    terminal.result(&format!("{drills} drill{}; nothing was touched\n", if drills == 1 { "" } else { "s" }));
    Exit::Pass
}

/// Addresses of what somebody else runs, as far as they can be told without starting anything.
fn foreign(case: &Case, environment: &str) -> BTreeMap<ComponentId, std::net::SocketAddr> {
    let named = case.system.environments.get(environment);
    let known = |part: &Part| match part {
        Part::Env { name, default } => {
            outside::secret::variable(name).or_else(|| default.clone()).ok_or_else(String::new)
        }
        Part::Text(_) | Part::Port | Part::Edge(_) | Part::Scratch | Part::Replica => Err(String::new()),
    };
    let components = case.system.components.iter().filter(|(_, component)| component.start.is_none());
    let found = components.filter_map(|(id, component)| {
        let elsewhere = named.and_then(|environment| environment.at.get(id)).cloned();
        let text = elsewhere.or_else(|| component.at.as_ref()?.fill(known).ok())?;
        Some((id.clone(), outside::net::resolve(&text).ok()?))
    });
    found.collect()
}

/// Undoes what dead runs left. Runs that still live are named and left alone.
fn heal(terminal: Terminal) -> Exit {
    let Ok(runtime) = runtime() else {
        terminal.message("error: cannot start a runtime");
        return Exit::Undecided;
    };
    match runtime.block_on(heal_all(&outside::files::state_directory(), false)) {
        Ok(found) => tell(&found, terminal),
        Err(error) => {
            terminal.message(&format!("error: {error}"));
            Exit::Undecided
        }
    }
}

fn tell(found: &[Found], terminal: Terminal) -> Exit {
    let mut left = false;
    for Found { run, healed } in found {
        let name = run.begin.as_ref().map_or("a run", |begin| begin.about.name.as_str());
        let line = |word: &str, what: &str| terminal.result(&format!("{name} ({}): {word}{what}\n", run.run.as_str()));
        let Some(healed) = healed else {
            line("still running, left alone", "");
            continue;
        };
        healed.done.iter().for_each(|what| line("", what));
        healed.problems.iter().for_each(|what| line("could not be read: ", what));
        healed.left.iter().for_each(|what| line("LEFT: ", what));
        left |= !healed.left.is_empty();
    }
    if found.is_empty() {
        terminal.result("nothing to heal\n");
    }
    if left { Exit::LeftToHeal } else { Exit::Pass }
}
