//! `sql.backup`: whether the server's log is archived, and how old, large and whole the newest backup file is.
//!
//! An archive command that does nothing succeeds every time: one that never names the file it is given, or throws it away,
//! is told as such. A list of what is in a backup shows that its table of contents is whole; that it can be restored is
//! shown by restoring it, and by nothing here.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use evidence::{Grade, Value};
use outside::process::{Finished, Spawn, run_to_end};
use system::{ComponentId, System};
use text::{Fields, Source};

use crate::files::{self, Found, Grounds};
use crate::http::read_within;
use crate::kind::{Look, Looking, in_thread};
use crate::read::span_of;
use crate::sight::Sight;
use crate::sql::Database;
use crate::sql::session::{self, Preset, Session, put_integer, put_seconds};
use crate::{Error, World};

/// How long listing a backup may take when the file does not say, and at most.
const LIST_WITHIN: Duration = Duration::from_secs(10);
const MAX_LIST_WITHIN: Duration = Duration::from_secs(60);

/// How long looking for the files may take.
const FILES_WITHIN: Duration = Duration::from_secs(10);

/// How much of a list is read.
const MAX_LIST_BYTES: usize = outside::process::OUTPUT_LIMIT_BYTES;

/// Programs that do nothing and succeed.
const IDLE: [&str; 5] = ["true", ":", "echo", "exit", "cd"];

const ARCHIVER: &str = "SELECT current_setting('archive_mode') AS mode, current_setting('archive_command') AS command,
        coalesce(current_setting('archive_library', true), '') AS library, archived_count AS archived,
        failed_count AS failed, extract(epoch FROM clock_timestamp() - last_archived_time)::float8 AS age,
        coalesce(last_failed_time > coalesce(last_archived_time, '-infinity'), false) AS failing,
        (SELECT setting::float8 FROM pg_settings WHERE name = 'archive_timeout') AS timeout
    FROM pg_stat_archiver";

/// What there is to restore from.
#[derive(Debug)]
struct Backup {
    server: Option<Database>,
    files: Vec<String>,
    /// The program that lists what is in a backup, when that is wanted.
    list_with: Option<String>,
    within: Duration,
}

/// Reads it. A server, files, or both.
pub(super) fn read(fields: &mut Fields<'_, '_>, system: &System, source: &Source) -> Option<Arc<dyn Look>> {
    let files = files::read(fields, "files");
    let list_with = read_program(fields, system, &files);
    let names_server = fields.all().iter().any(|entry| entry.key == "component");
    if !names_server && files.is_empty() {
        fields.problem("missing-key", fields.span(), "name a `component`, or `files`, or both");
    }
    if names_server {
        let server = Database::read_postgres(fields, system, source)?;
        let within = server.within.max(LIST_WITHIN);
        return Some(Arc::new(Backup { server: Some(server), files, list_with, within }));
    }
    let within = read_within(fields, LIST_WITHIN, MAX_LIST_WITHIN);
    Some(Arc::new(Backup { server: None, files, list_with, within }))
}

/// Running a program is opt-in, here as in `exec`.
fn read_program(fields: &mut Fields<'_, '_>, system: &System, files: &[String]) -> Option<String> {
    let program = fields.text("list_with")?;
    let span = span_of(fields, "list_with");
    if files.is_empty() {
        fields.problem("missing-key", span, "`list_with` lists what is in `files`, which names none");
    }
    if !system.exec_allowed.iter().any(|allowed| allowed == program) {
        fields.problem("exec-not-allowed", span, format!("`{program}` is not in `exec.allow`"));
        return None;
    }
    Some(program.to_owned())
}

impl Look for Backup {
    fn subject(&self) -> String {
        self.server.as_ref().map_or_else(|| self.files.join(", "), |server| server.component.to_string())
    }

    fn component(&self) -> Option<&ComponentId> {
        self.server.as_ref().map(|server| &server.component)
    }

    fn look<'a>(&'a self, world: &'a World) -> Looking<'a> {
        Box::pin(look(self, world))
    }
}

async fn look(probe: &Backup, world: &World) -> Sight {
    let mut sight = match &probe.server {
        Some(server) => session::look(server, &Archiver, world).await,
        None => Sight::new(""),
    };
    if probe.files.is_empty() || sight.trouble.is_some() {
        return sight;
    }
    let (patterns, grounds) = (probe.files.clone(), Grounds::of(world));
    let now = world.now;
    let source = probe.files.join(", ");
    let seen = in_thread(&source, FILES_WITHIN, move || weigh(&patterns, &grounds, now)).await;
    join(&mut sight, seen);
    if let (Some(program), Some(newest)) = (&probe.list_with, newest(probe, world)) {
        match listed(probe, program, &newest, world).await {
            Ok(finished) => tell_list(&finished, &mut sight),
            Err(error) => sight.trouble = Some(error.words()),
        }
    }
    sight
}

/// What both looks saw; the lower grade counts.
fn join(sight: &mut Sight, seen: Sight) {
    let both = !sight.source.is_empty();
    sight.source = if both { format!("{}; {}", sight.source, seen.source) } else { seen.source };
    sight.grade = if both { sight.grade.min(seen.grade) } else { seen.grade };
    sight.subjects += seen.subjects;
    sight.trouble = sight.trouble.take().or(seen.trouble);
    sight.values.extend(seen.values);
}

// ===== the server =====

#[derive(Debug)]
struct Archiver;

impl Preset for Archiver {
    fn about(&self) -> String {
        "pg_stat_archiver, archive_mode".to_owned()
    }

    async fn ask(&self, session: &Session<'_>, sight: &mut Sight) -> Result<(), Error> {
        let is_standby = session.is_standby().await?;
        sight.boolean("is_standby", is_standby);
        let row = session.row(ARCHIVER, &[]).await?;
        let mode = row.words("mode");
        if is_standby && mode != "always" {
            sight.trouble = Some("this is a standby, and only the primary archives".to_owned());
            return Ok(());
        }
        let idle = row.words("library").is_empty() && does_nothing(row.text("command").unwrap_or_default());
        sight.text("archive_mode", &mode);
        sight.boolean("archive_does_nothing", idle && mode != "off");
        sight.boolean("archiving", mode != "off" && !idle);
        if mode == "off" || idle {
            return Ok(());
        }
        sight.boolean("archive_failing", row.need_boolean("failing")?);
        put_integer(sight, "archived", row.integer("archived"));
        put_integer(sight, "archive_failures", row.integer("failed"));
        put_seconds(sight, "archived_age", row.decimal("age"));
        put_seconds(sight, "archive_timeout", row.decimal("timeout"));
        Ok(())
    }
}

/// Whether a command cannot have kept the file: it is told which one by `%p` alone.
fn does_nothing(command: &str) -> bool {
    let words: Vec<&str> = command.split_whitespace().collect();
    let first = words.first().and_then(|word| word.rsplit('/').next()).unwrap_or_default();
    let is_plain = !command.contains(['&', '|', ';', '<', '>']);
    let thrown_away = words.windows(2).any(|pair| matches!(pair, ["%p" | "\"%p\"" | "'%p'", "/dev/null"]));
    !command.contains("%p") || thrown_away || (is_plain && IDLE.contains(&first))
}

// ===== the files =====

fn weigh(patterns: &[String], grounds: &Grounds, now: i64) -> Sight {
    let mut sight = Sight::new(patterns.join(", "));
    let mut found = match files::find(patterns, grounds, &[]) {
        Ok(found) => found,
        Err(error) => return Sight::blind(sight.source, &error),
    };
    if let Some(missing) = patterns.iter().find(|pattern| found.is_empty() && !files::has_ground(pattern, grounds)) {
        sight.trouble = Some(format!("{missing} cannot be looked for: its directory does not exist"));
        return sight;
    }
    found.sort_by_key(|file| std::cmp::Reverse(file.modified));
    sight.subjects = 1;
    sight.integer("files", found.len());
    sight.grade = Some(if found.is_empty() { Grade::Absent } else { Grade::Live });
    let Some(newest) = found.first() else { return sight };
    sight.source = newest.path.clone();
    sight.text("newest", &newest.path);
    sight.put("newest_bytes", Value::bytes(newest.bytes));
    if let Some(before) = found.get(1) {
        sight.put("previous_bytes", Value::bytes(before.bytes));
    }
    if newest.modified > now {
        sight.trouble = Some(format!("{} is dated in the future, so its age cannot be told", newest.path));
        return sight;
    }
    put_seconds(&mut sight, "newest_age", Some((now - newest.modified) as f64 / 1e6));
    let oldest = found.last().map(|oldest| (now - oldest.modified) as f64 / 1e6);
    put_seconds(&mut sight, "oldest_age", oldest);
    sight
}

fn newest(probe: &Backup, world: &World) -> Option<PathBuf> {
    let found = files::find(&probe.files, &Grounds::of(world), &[]).ok()?;
    found.into_iter().max_by_key(|file: &Found| file.modified).map(|file| file.full)
}

// ===== the list =====

async fn listed(probe: &Backup, program: &str, file: &Path, world: &World) -> Result<Finished, Error> {
    let spawn = Spawn {
        name: program.to_owned(),
        program: PathBuf::from(program),
        arguments: vec!["--list".to_owned(), file.to_string_lossy().into_owned()],
        env: std::collections::BTreeMap::new(),
        directory: world.directory.clone(),
        log: None,
    };
    Ok(run_to_end(spawn, &world.exe, &world.run, probe.within, MAX_LIST_BYTES).await?)
}

fn tell_list(finished: &Finished, sight: &mut Sight) {
    if finished.timed_out {
        sight.trouble = Some("listing the backup did not end in time".to_owned());
        return;
    }
    let is_sound = finished.code == Some(0);
    sight.boolean("list_ok", is_sound);
    if is_sound && !finished.cut {
        let entries = finished.stdout.lines().filter(|line| !line.is_empty() && !line.starts_with(';'));
        sight.integer("list_entries", entries.clone().count());
        sight.integer("list_tables_with_data", entries.filter(|line| line.contains(" TABLE DATA ")).count());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_that_keeps_nothing_is_told_from_one_that_may() {
        for command in ["", "true", "/bin/true", ":", "exit 0", "echo %p", "cp %p /dev/null", "cp x /archive/%f"] {
            assert!(does_nothing(command), "{command}");
        }
        for command in [
            "cp %p /archive/%f",
            "test ! -f /archive/%f && cp %p /archive/%f",
            "pgbackrest --stanza=main archive-push %p",
            "rsync -a %p host:/archive/%f > /dev/null 2>&1",
        ] {
            assert!(!does_nothing(command), "{command}");
        }
    }
}
