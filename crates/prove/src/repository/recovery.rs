//! What the other files of a repository say about how much data may be lost and how often it is copied.
//!
//! Markdown by [`register::recovery`], Kubernetes manifests by [`cluster::backups`]. Files that are too large or cannot be read
//! are passed over, and so are templates: nothing that is found here speaks for a register, it only speaks against one.

use register::{RecoveryFact, RecoverySide};
use text::Source;

use super::Repository;

/// The largest file that is read, 1 MiB.
const MAX_FILE_BYTES: usize = 1024 * 1024;
/// The most files that are read.
const MAX_FILES: usize = 2_000;
/// The most bytes that are read, 32 MiB.
const MAX_BYTES: usize = 32 * 1024 * 1024;

/// Looks through the repository, except the document itself.
pub(super) fn look_up(repository: &Repository, document: Option<&str>) -> Vec<RecoveryFact> {
    let is_read = |path: &&String| {
        let extension = path.rsplit('.').next().unwrap_or("");
        matches!(extension, "md" | "markdown" | "yaml" | "yml") && document != Some(path.as_str())
    };
    let (mut found, mut bytes) = (Vec::new(), 0);
    for path in repository.files().iter().filter(is_read).take(MAX_FILES) {
        let Ok(text) = outside::files::read_text(&repository.root.join(path), MAX_FILE_BYTES) else { continue };
        bytes += text.len();
        if bytes > MAX_BYTES {
            break;
        }
        if path.ends_with(".md") || path.ends_with(".markdown") {
            of_text(path, &text, &mut found);
        } else if text.contains("schedule") || text.contains("barmanObjectStore") {
            of_manifests(path, text, &mut found);
        }
    }
    found
}

fn of_text(path: &str, text: &str, found: &mut Vec<RecoveryFact>) {
    let says = register::recovery(text);
    let lines: Vec<&str> = text.lines().collect();
    let sides = [(RecoverySide::Point, says.points), (RecoverySide::Backup, says.backups)];
    let continuous = says.continuous.map(|timed| (RecoverySide::Backup, vec![timed]));
    for (side, times) in sides.into_iter().chain(continuous) {
        found.extend(times.into_iter().map(|timed| RecoveryFact {
            side,
            minutes: timed.minutes,
            says: lines.get(timed.line - 1).unwrap_or(&"").trim().to_owned(),
            place: format!("{path}:{}", timed.line),
        }));
    }
}

fn of_manifests(path: &str, text: String, found: &mut Vec<RecoveryFact>) {
    let objects = manifests::objects(&Source::new(path, text));
    found.extend(cluster::backups(&objects).into_iter().map(|backup| RecoveryFact {
        side: RecoverySide::Backup,
        minutes: backup.minutes,
        says: format!("{} on the schedule `{}`", backup.what, backup.schedule),
        place: backup.place,
    }));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_and_manifests_are_read_and_the_document_itself_is_not() {
        let here = tempfile::tempdir().expect("a directory");
        let job =
            "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: db-backup}\nspec:\n  schedule: \"0 */6 * * *\"\n";
        for (path, text) in [
            ("risks.md", "Hourly backups"),
            ("runbook.md", "RPO: 15 minutes\n\nNightly snapshots"),
            ("job.yaml", job),
            ("template.yaml", "apiVersion: batch/v1\nspec: {schedule: {{ .Values.schedule }}}"),
        ] {
            outside::files::write_whole(&here.path().join(path), text.as_bytes()).expect("is written");
        }
        let repository = Repository::look(here.path());
        let found = look_up(&repository, Some("risks.md"));
        let shown: Vec<_> = found.iter().map(|fact| (fact.side, fact.minutes, fact.place.as_str())).collect();
        let expected = [
            (RecoverySide::Backup, 360, "job.yaml:5"),
            (RecoverySide::Point, 15, "runbook.md:1"),
            (RecoverySide::Backup, 1_440, "runbook.md:3"),
        ];
        assert_eq!(shown, expected);
    }
}
