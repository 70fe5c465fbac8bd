//! How rarely a schedule runs: the longest time between two of its runs.
//!
//! The five fields of crontab(5) with lists, ranges, steps and names, the macros (`@daily`), `@every` as Velero and Go's cron
//! library take it, and six fields with the seconds first, as CloudNativePG takes them. A day of the month and a day of
//! the week that are both restricted are joined by *or*, as crontab(5) says. Time zones and daylight saving are not followed.

use manifests::Object;
use text::{Date, Node};

const MINUTES_A_DAY: u64 = 24 * 60;
/// Days that are looked at, four years: every leap day is among them. 2024-01-01 is the first.
const FIRST_DAY: i64 = 19_723;
const DAYS: i64 = 1_461;

const MACROS: &[(&str, &str)] = &[
    ("@yearly", "0 0 1 1 *"),
    ("@annually", "0 0 1 1 *"),
    ("@monthly", "0 0 1 * *"),
    ("@weekly", "0 0 * * 0"),
    ("@daily", "0 0 * * *"),
    ("@midnight", "0 0 * * *"),
    ("@hourly", "0 * * * *"),
];
const MONTHS: &[&str] = &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const WEEKDAYS: &[&str] = &["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

/// Parts of names, images and commands of jobs that make backups.
const BACKUP_WORDS: &[&str] = &[
    "backup",
    "pg_dump",
    "pgdump",
    "mysqldump",
    "mongodump",
    "snapshot",
    "restic",
    "borg",
    "pgbackrest",
    "wal-g",
    "barman",
    "xtrabackup",
    "mariabackup",
];
/// Parts of names of jobs that only look at backups, or take them away.
const NO_BACKUP_WORDS: &[&str] =
    &["test", "verif", "check", "restor", "clean", "prun", "delet", "expir", "rotat", "monitor", "report", "retention"];

/// Something that makes backups.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backup {
    /// `CronJob/db-dump`.
    pub what: String,
    /// The longest time between two of them, in minutes; 0 for one that goes on all the time.
    pub minutes: u64,
    /// As it is written; empty for one that goes on all the time.
    pub schedule: String,
    /// `file:line`.
    pub place: String,
}

/// What makes backups among these objects. Suspended ones and schedules that cannot be read are none.
pub fn backups(objects: &[Object]) -> Vec<Backup> {
    objects.iter().filter_map(backup).collect()
}

fn backup(object: &Object) -> Option<Backup> {
    let what = format!("{}/{}", object.kind(), object.name());
    let spec = object.node.get("spec")?;
    let is_suspended =
        || object.text(&["spec", "suspend"]).or_else(|| object.text(&["spec", "paused"])) == Some("true");
    match (object.group(), object.kind()) {
        ("postgresql.cnpg.io", "Cluster") => {
            let archives = spec.get("backup").is_some_and(|backup| backup.get("barmanObjectStore").is_some());
            let place = object.place(spec.span);
            archives.then(|| Backup { what, minutes: 0, schedule: String::new(), place })
        }
        ("postgresql.cnpg.io", "ScheduledBackup") | ("velero.io", "Schedule") => {
            scheduled(object, spec, what).filter(|_| !is_suspended())
        }
        ("batch", "CronJob") => {
            let says = object.text_of_document().to_lowercase();
            let name = object.name().to_lowercase();
            let makes = BACKUP_WORDS.iter().any(|word| says.contains(word));
            let only_looks = NO_BACKUP_WORDS.iter().any(|word| name.contains(word));
            scheduled(object, spec, what).filter(|_| makes && !only_looks && !is_suspended())
        }
        _ => None,
    }
}

fn scheduled(object: &Object, spec: &Node, what: String) -> Option<Backup> {
    let schedule = object.text(&["spec", "schedule"])?.to_owned();
    let span = spec.get("schedule")?.span;
    Some(Backup { what, minutes: longest_gap(&schedule)?, schedule, place: object.place(span) })
}

/// The longest time between two runs in minutes, `None` when the schedule cannot be read or runs at most once.
pub fn longest_gap(schedule: &str) -> Option<u64> {
    let schedule = schedule.trim().to_lowercase();
    if let Some(every) = schedule.strip_prefix("@every ") {
        return duration(every.trim());
    }
    let plain = MACROS.iter().find(|(name, _)| *name == schedule).map_or(schedule.as_str(), |(_, plain)| plain);
    let fields: Vec<&str> = plain.split_whitespace().filter(|field| !field.contains('=')).collect();
    let [minute, hour, day, month, weekday] = match fields.as_slice() {
        [minute, hour, day, month, weekday] | [_, minute, hour, day, month, weekday] => {
            [minute, hour, day, month, weekday]
        }
        _ => return None,
    };
    let (minutes, hours) = (values(minute, 0, 59, &[])?, values(hour, 0, 23, &[])?);
    let months = values(month, 1, 12, MONTHS)?;
    let (days, weekdays) = (values(day, 1, 31, &[])?, values(weekday, 0, 7, WEEKDAYS)?);
    let (any_day, any_weekday) = (is_any(day), is_any(weekday));
    let matches = |of: &i64| {
        let Some(date) = Date::from_days(*of).map(|date| date.to_string()) else { return false };
        let part = |at: std::ops::Range<usize>| date.get(at).and_then(|part| part.parse::<u64>().ok()).unwrap_or(0);
        // 1970-01-01 was a Thursday.
        let of_week = u64::try_from((of + 4).rem_euclid(7)).unwrap_or(0);
        let by_day = days.contains(&part(8..10));
        let by_weekday = weekdays.contains(&of_week) || of_week == 0 && weekdays.contains(&7);
        let is_day = match (any_day, any_weekday) {
            (false, false) => by_day || by_weekday,
            _ => by_day && by_weekday,
        };
        is_day && months.contains(&part(5..7))
    };
    let times: Vec<u64> = hours.iter().flat_map(|hour| minutes.iter().map(move |minute| hour * 60 + minute)).collect();
    let (first, last) = (*times.first()?, *times.last()?);
    let within = times.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap_or(0);
    let days: Vec<i64> = (FIRST_DAY..FIRST_DAY + DAYS).filter(matches).collect();
    let between =
        days.windows(2).map(|pair| (pair[1] - pair[0]).unsigned_abs() * MINUTES_A_DAY - last + first).max()?;
    Some(within.max(between))
}

fn is_any(field: &str) -> bool {
    field == "?" || field.starts_with('*')
}

/// The values that a field names, sorted.
fn values(field: &str, least: u64, most: u64, names: &[&str]) -> Option<Vec<u64>> {
    let number = |text: &str| -> Option<u64> {
        let named = names.iter().position(|name| text.starts_with(name)).and_then(|at| u64::try_from(at).ok());
        named.map(|at| at + least).or_else(|| text.parse().ok()).filter(|value| (least..=most).contains(value))
    };
    let mut found = Vec::new();
    for part in field.split(',') {
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => (range, Some(step.parse::<usize>().ok().filter(|step| *step > 0)?)),
            None => (part, None),
        };
        let (from, to) = match range.split_once('-') {
            _ if range == "*" || range == "?" => (least, most),
            Some((from, to)) => (number(from)?, number(to)?),
            None if step.is_some() => (number(range)?, most),
            None => (number(range)?, number(range)?),
        };
        found.extend((from..=to).step_by(step.unwrap_or(1)));
    }
    found.sort_unstable();
    found.dedup();
    (!found.is_empty()).then_some(found)
}

/// `1h30m`, in minutes; seconds are dropped.
fn duration(text: &str) -> Option<u64> {
    let (mut minutes, mut digits, mut any) = (0_u64, String::new(), false);
    for c in text.chars() {
        if c.is_ascii_digit() {
            digits.push(c);
            continue;
        }
        let count: u64 = digits.parse().ok()?;
        digits.clear();
        any = true;
        minutes = minutes.checked_add(match c {
            'h' => count.checked_mul(60)?,
            'm' => count,
            's' => count / 60,
            _ => return None,
        })?;
    }
    (any && digits.is_empty()).then_some(minutes)
}

#[cfg(test)]
mod tests {
    use text::Source;

    use super::*;

    #[test]
    fn the_longest_gap_is_that_of_the_rarest_hour_day_or_month() {
        for (schedule, minutes) in [
            ("*/15 * * * *", 15),
            ("0 * * * *", 60),
            ("0 */6 * * *", 360),
            ("0 2 * * *", 1_440),
            ("30 1,13 * * *", 720),
            ("0 8-18 * * *", 14 * 60),
            ("0 2 * * mon-fri", 3 * 1_440),
            ("0 2 * * 0", 7 * 1_440),
            ("0 2 * * 7", 7 * 1_440),
            ("0 0 1 * *", 31 * 1_440),
            ("0 0 29 2 *", 0),
            ("@daily", 1_440),
            ("@every 1h30m", 90),
            ("0 0 */4 * * *", 240),
            ("CRON_TZ=UTC 0 2 * * *", 1_440),
        ] {
            assert_eq!(longest_gap(schedule).unwrap_or(0), minutes, "{schedule}");
        }
    }

    #[test]
    fn a_day_of_the_month_or_of_the_week_is_enough_when_both_are_given() {
        assert_eq!(longest_gap("0 0 1 * 1"), Some(7 * 1_440));
        // Mondays with an odd date, as crontab(5) counts a field that begins with a star as open: 23, then 13 of the next.
        assert_eq!(longest_gap("0 0 */2 * 1"), Some(21 * 1_440));
    }

    #[test]
    fn what_is_no_schedule_is_not_read() {
        for text in ["", "daily", "0 25 * * *", "* * * *", "0 0 * * * * *", "0/0 * * * *", "@every soon", "0 2 * * xyz"]
        {
            assert_eq!(longest_gap(text), None, "{text}");
        }
    }

    #[test]
    fn jobs_that_make_backups_are_told_from_those_that_look_at_them() {
        let job = |name: &str, more: &str| {
            format!(
                "apiVersion: batch/v1\nkind: CronJob\nmetadata: {{name: {name}}}\nspec:\n  schedule: \"0 3 * * *\"\n{more}  jobTemplate: {{spec: {{template: {{spec: {{containers: [{{name: a, command: [pg_dump, shop]}}]}}}}}}}}\n"
            )
        };
        let found = |text: &str| backups(&manifests::objects(&Source::new("jobs.yaml", text)));
        let nightly = found(&job("nightly", ""));
        assert_eq!(nightly.len(), 1);
        assert_eq!((nightly[0].minutes, nightly[0].place.as_str()), (1_440, "jobs.yaml:5"));
        assert_eq!(found(&job("nightly", "  suspend: true\n")), []);
        assert_eq!(found(&job("backup-check", "")), []);
        assert_eq!(found(&job("nightly", "").replace("pg_dump, shop", "send, mails")), []);
        let archive = "apiVersion: postgresql.cnpg.io/v1\nkind: Cluster\nmetadata: {name: db}\nspec:\n  backup: {barmanObjectStore: {destinationPath: s3://b}}\n";
        assert_eq!(found(archive)[0].minutes, 0);
        assert_eq!(found(&archive.replace("barmanObjectStore", "retentionPolicy")), []);
    }
}
