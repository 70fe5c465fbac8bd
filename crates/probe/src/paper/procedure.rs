//! `doc.procedure`: a procedure is written, and what its steps name exists.
//!
//! A runbook rots in silence: the script is renamed, the target goes, the deployment moves to another namespace, and the text
//! reads as well as before. This look takes the commands apart and asks the repository for each thing they name. Whether the
//! steps do what they promise is a matter for a drill.

use std::path::Path;
use std::time::Duration;

use evidence::Grade;
use text::{Fields, Source};

use super::checks::{Check, Shell};
use super::known::{Known, There};
use super::steps::{Procedure, read};
use crate::World;
use crate::kind::{Look, Looking, in_thread};
use crate::read::span_of;
use crate::repository::files::{Files, Pattern, texts};
use crate::repository::placeholder::is_placeholder;
use crate::sight::Sight;

/// The largest document.
const MAX_PROCEDURE_BYTES: usize = 1 << 20;

/// How long one look may take.
const PROCEDURE_WITHIN: Duration = Duration::from_secs(60);

/// A written procedure.
#[derive(Clone, Debug)]
pub(crate) struct DocProcedure {
    path: String,
    section: Option<String>,
}

impl DocProcedure {
    pub(crate) fn read(fields: &mut Fields<'_, '_>) -> Option<Self> {
        let path = fields.need_text("path").map(str::to_owned);
        if path.as_deref().is_some_and(|path| Pattern::parse(path).is_err()) {
            let span = span_of(fields, "path");
            fields.problem("wrong-path", span, "`path` must be a path relative to this file");
        }
        let section = fields.text("section").map(str::to_owned);
        Some(Self { path: path?, section })
    }
}

impl Look for DocProcedure {
    fn subject(&self) -> String {
        let section = self.section.as_ref().map_or(String::new(), |section| format!(", {section}"));
        format!("{}{section}", self.path)
    }

    fn look<'a>(&'a self, world: &'a World) -> Looking<'a> {
        let (owned, directory) = (self.clone(), world.directory.clone());
        Box::pin(async move { in_thread(&self.path, PROCEDURE_WITHIN, move || looked(&owned, &directory)).await })
    }
}

fn looked(probe: &DocProcedure, directory: &Path) -> Sight {
    let files = match Files::below(directory) {
        Ok(files) => files,
        Err(error) => return Sight::blind(&probe.path, &error),
    };
    let full = files.directory.join(&probe.path);
    if full.symlink_metadata().is_err() && full.parent().is_some_and(Path::is_dir) {
        return absent(&probe.path);
    }
    let text = match files.read(&probe.path, MAX_PROCEDURE_BYTES) {
        Ok(text) => text,
        Err(error) => return Sight::blind(&probe.path, &error),
    };
    let is_empty = is_placeholder(&probe.path, &text);
    let source = Source::new(&probe.path, text);
    match read(&source, probe.section.as_deref()) {
        None => absent(&probe.path),
        Some(procedure) => told(probe, &files, &procedure, is_empty),
    }
}

/// The place was searched, and there is no such procedure.
fn absent(path: &str) -> Sight {
    let mut sight = Sight::new(path);
    sight.boolean("found", false);
    (sight.subjects, sight.grade) = (1, Some(Grade::Absent));
    sight
}

fn told(probe: &DocProcedure, files: &Files, procedure: &Procedure, is_empty: bool) -> Sight {
    let checks = checked(probe, files, procedure);
    let mut sight = Sight::new(&probe.path);
    let (mut missing, mut unknown, mut present) = (Vec::new(), Vec::new(), 0);
    for check in &checks {
        match &check.there {
            There::Yes => present += 1,
            There::No(what) => missing.push(format!("{}:{}: {what}", probe.path, check.line)),
            There::Unknown(why) => unknown.push(format!("{}:{}: {why}", probe.path, check.line)),
        }
    }
    sight.subjects = 1;
    let is_wired = present > 0 && missing.is_empty() && unknown.is_empty();
    sight.grade = Some(if is_wired { Grade::Wired } else { Grade::Declared });
    sight.boolean("found", true);
    sight.boolean(
        "empty",
        is_empty || (procedure.letters == 0 && procedure.blocks.is_empty() && procedure.code.is_empty()),
    );
    sight.integer("steps", procedure.steps);
    sight.integer("commands", procedure.blocks.iter().map(Vec::len).sum());
    sight.integer("checked", present + missing.len());
    let place = |line: &super::steps::Line| format!("{}:{}: {}", probe.path, line.line, line.text);
    sight.put("placeholders", texts(procedure.placeholders.iter().map(place)));
    sight.put("missing", texts(missing));
    sight.put("unknown", texts(unknown));
    if files.is_committed(&probe.path) == Some(false) {
        sight.trouble = Some(format!("{} is only on this disk, not in the last commit", probe.path));
    }
    sight
}

fn checked(probe: &DocProcedure, files: &Files, procedure: &Procedure) -> Vec<Check> {
    let known = Known::new(files);
    let mut shell = Shell::new(&known, &probe.path);
    for block in &procedure.blocks {
        shell.begin();
        for line in block {
            shell.line(line.line, &line.text);
        }
    }
    for code in &procedure.code {
        shell.begin();
        if code.text.trim().contains(' ') {
            shell.line(code.line, &code.text);
        } else if !shell.resource(code.line, &code.text, None) {
            shell.path(code.line, &code.text, false);
        }
    }
    for link in &procedure.links {
        let target = link.text.split(['#', '?']).next().unwrap_or("");
        let is_local = !target.is_empty() && !target.contains(':') && !target.starts_with('/');
        if is_local {
            shell.link(link.line, target);
        }
        let (page, part) = link.text.split_once('#').unwrap_or((&link.text, ""));
        let is_page = page.is_empty() || is_local && page.ends_with(".md");
        if is_page && !part.is_empty() {
            shell.part(link.line, page, part);
        }
    }
    shell.checks
}
