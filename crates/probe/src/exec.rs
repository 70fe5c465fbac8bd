//! `exec`: how a program ends and what it says.
//!
//! The one kind that is not read-only by construction, hence opt-in: the program must be named in the file's
//! `exec.allow`, is started without a shell, and is ended with all its descendants at the deadline.

use std::path::PathBuf;
use std::time::Duration;

use evidence::Grade;
use outside::process::{Finished, Spawn, run_to_end};
use system::{System, Template};
use text::{Fields, Source, nearest, print_duration};

use crate::hole::{self, Holes, Secrets};
use crate::http::read_within;
use crate::kind::{Kind, Look, Looking, ready};
use crate::sight::Sight;
use crate::{Error, MAX_TEXT_BYTES, World, json};

/// The longest that a program may run.
pub const MAX_EXEC_WITHIN: Duration = Duration::from_secs(120);

/// How long a program may run when the file does not say.
const WITHIN: Duration = Duration::from_secs(10);

/// The most words of a command.
const MAX_WORDS: usize = 200;

/// The kinds of this family.
pub(crate) const KINDS: &[Kind] =
    &[Kind { name: "exec", read: |fields, system, source| ready(Exec::read(fields, system, source)) }];

/// How a program ends.
#[derive(Clone, Debug)]
pub(crate) struct Exec {
    program: String,
    arguments: Vec<Template>,
    env: Vec<(String, Template)>,
    within: Duration,
}

// ===== reading =====

impl Exec {
    pub(crate) fn read(fields: &mut Fields<'_, '_>, system: &System, source: &Source) -> Option<Self> {
        let command = read_command(fields, system, source);
        let env = hole::read_map(fields, "env", Holes::EnvAndScratch, source);
        for (name, value) in &env {
            if name.is_empty() || name.contains(['=', '\0']) {
                fields.problem("wrong-value", value.span, format!("`{name}` is no name of a variable"));
            }
        }
        let within = read_within(fields, WITHIN, MAX_EXEC_WITHIN);
        let (program, arguments) = command?;
        Some(Self { program, arguments, env, within })
    }

    /// The command as written, secrets still as references.
    fn source(&self) -> String {
        let words = self.arguments.iter().map(|argument| argument.text.as_str());
        std::iter::once(self.program.as_str()).chain(words).collect::<Vec<&str>>().join(" ")
    }
}

fn read_command(fields: &mut Fields<'_, '_>, system: &System, source: &Source) -> Option<(String, Vec<Template>)> {
    let node = fields.need("command")?;
    let Some(items) = node.as_list().filter(|items| !items.is_empty() && items.len() <= MAX_WORDS) else {
        let message = format!("`command` must be a list of 1 to {MAX_WORDS} words, such as [program, --flag]");
        fields.problem("wrong-shape", node.span, message);
        return None;
    };
    let mut words = Vec::new();
    for item in items {
        match item.as_text() {
            Some(text) => words.push((text, item.span)),
            None => fields.problem(
                "wrong-value",
                item.span,
                format!("a word of `command` must be text, found {}", item.shape()),
            ),
        }
    }
    let whole = words.len() == items.len();
    let (program, span) = *words.first()?;
    if !system.exec_allowed.iter().any(|allowed| allowed == program) {
        fields.problem("exec-not-allowed", span, format!("`{program}` is not in `exec.allow`"));
        let known = system.exec_allowed.iter().map(String::as_str);
        let near = nearest(program, known).map(|near| format!("did you mean `{near}`?"));
        let help = near.unwrap_or_else(|| format!("add it at the top of the file: exec: {{allow: [{program}]}}"));
        if let Some(problem) = fields.problems().last_mut() {
            problem.help = Some(help);
        }
        return None;
    }
    let mut arguments = Vec::new();
    for (text, span) in &words[1..] {
        arguments.extend(hole::read(text, *span, Holes::EnvAndScratch, source, fields.problems()));
    }
    (whole && arguments.len() + 1 == words.len()).then(|| (program.to_owned(), arguments))
}

// ===== looking =====

impl Look for Exec {
    fn subject(&self) -> String {
        self.program.clone()
    }

    fn look<'a>(&'a self, world: &'a World) -> Looking<'a> {
        Box::pin(look(self, world))
    }
}

/// Runs the program to its end.
async fn look(probe: &Exec, world: &World) -> Sight {
    let mut secrets = Secrets::default();
    let finished = match spawn(probe, world, &mut secrets) {
        Ok(spawn) => {
            let ended = run_to_end(spawn, &world.exe, &world.run, probe.within, MAX_TEXT_BYTES).await;
            ended.map_err(Error::from)
        }
        Err(error) => Err(error),
    };
    let mut sight = match finished {
        Err(error) => Sight::blind(probe.source(), &error),
        Ok(finished) => tell(probe, &finished),
    };
    sight.redactor = secrets.redactor();
    sight
}

fn spawn(probe: &Exec, world: &World, secrets: &mut Secrets) -> Result<Spawn, Error> {
    let mut fill = |template: &Template| secrets.fill(template, world);
    let arguments = probe.arguments.iter().map(&mut fill).collect::<Result<_, Error>>()?;
    let env = probe.env.iter().map(|(name, value)| Ok((name.clone(), fill(value)?))).collect::<Result<_, Error>>()?;
    let program = PathBuf::from(&probe.program);
    let directory = world.directory.clone();
    Ok(Spawn { name: probe.program.clone(), program, arguments, env, directory, log: None })
}

fn tell(probe: &Exec, finished: &Finished) -> Sight {
    let mut sight = Sight::new(probe.source());
    (sight.subjects, sight.grade) = (1, Some(Grade::Live));
    sight.boolean("timed_out", finished.timed_out);
    sight.boolean("output_cut", finished.cut);
    sight.text("stdout", &finished.stdout);
    sight.text("stderr", &finished.stderr);
    if finished.timed_out {
        // Killed by us: how it would have ended is not known.
        sight.trouble = Some(format!("it did not end within {} and was killed", print_duration(probe.within)));
        return sight;
    }
    if let Some(code) = finished.code {
        sight.put("code", evidence::Value::Integer(i64::from(code)));
    }
    if let Some(signal) = finished.signal {
        sight.put("signal", evidence::Value::Integer(i64::from(signal)));
    }
    if !finished.cut {
        json::put_object(&mut sight, &finished.stdout);
    }
    sight
}
