//! Which statements may be asked at all.
//!
//! This is the first wall and speaks in words that help; the engines' read-only modes are the wall that holds.

/// Words a statement may begin with.
const FIRST_SQLITE: [&str; 5] = ["SELECT", "WITH", "VALUES", "EXPLAIN", "PRAGMA"];
const FIRST_POSTGRES: [&str; 6] = ["SELECT", "WITH", "VALUES", "EXPLAIN", "SHOW", "TABLE"];

/// Pragmas that read the file. Those that belong to a connection are missing on purpose: they would tell of the
/// probe's own connection and not of the system's.
const PRAGMAS: [&str; 16] = [
    "application_id",
    "auto_vacuum",
    "encoding",
    "foreign_key_check",
    "foreign_key_list",
    "freelist_count",
    "index_info",
    "index_list",
    "index_xinfo",
    "integrity_check",
    "journal_mode",
    "page_count",
    "quick_check",
    "table_info",
    "table_list",
    "user_version",
];

/// Pragmas of these that take an argument without being changed by it.
const PRAGMAS_WITH_ARGUMENT: [&str; 8] = [
    "foreign_key_check",
    "foreign_key_list",
    "index_info",
    "index_list",
    "index_xinfo",
    "integrity_check",
    "quick_check",
    "table_info",
];

/// PostgreSQL functions, by the beginning of their names, that act even in a read-only transaction.
const ACTING: [&str; 26] = [
    "dblink",
    "lo_",
    "nextval",
    "pg_advisory",
    "pg_backup_",
    "pg_cancel_backend",
    "pg_copy_",
    "pg_create_",
    "pg_drop_",
    "pg_export_snapshot",
    "pg_file_",
    "pg_log_backend",
    "pg_logical_",
    "pg_notify",
    "pg_promote",
    "pg_read_",
    "pg_reload_conf",
    "pg_replication_origin_",
    "pg_rotate_logfile",
    "pg_start_backup",
    "pg_stat_reset",
    "pg_stop_backup",
    "pg_switch_wal",
    "pg_terminate_backend",
    "pg_try_advisory",
    "pg_wal_replay_",
];

/// Whether a statement may be asked; if not, why.
pub(super) fn check(query: &str, is_sqlite: bool) -> Result<(), String> {
    if query.is_empty() {
        return Err("`query` is empty".to_owned());
    }
    if has_second(query) {
        return Err("`query` must be one statement".to_owned());
    }
    let words = words(query);
    let first = words.first().map(|word| word.to_uppercase()).unwrap_or_default();
    let allowed: &[&str] = if is_sqlite { &FIRST_SQLITE } else { &FIRST_POSTGRES };
    if !query.starts_with(|c: char| c.is_ascii_alphabetic()) || !allowed.contains(&first.as_str()) {
        return Err(format!("`query` must begin with one of {}", allowed.join(", ")));
    }
    if first == "PRAGMA" {
        return check_pragma(query);
    }
    let lower = query.to_lowercase();
    if !is_sqlite && (lower.contains("u&") || words.iter().any(|word| is_acting(word))) {
        return Err("`query` calls a function that acts on the server".to_owned());
    }
    Ok(())
}

fn is_acting(word: &str) -> bool {
    let word = word.to_lowercase();
    word == "set_config" || ACTING.iter().any(|acting| word.starts_with(acting))
}

fn check_pragma(query: &str) -> Result<(), String> {
    let rest = query["PRAGMA".len()..].trim().trim_end_matches(';').trim_end();
    let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
    let (name, argument) = rest.split_at(end);
    let name = name.to_lowercase();
    let known = PRAGMAS.contains(&name.as_str());
    let sound = argument.is_empty()
        || (argument.trim_start().starts_with('(') && PRAGMAS_WITH_ARGUMENT.contains(&name.as_str()));
    if known && sound {
        return Ok(());
    }
    Err(format!("only pragmas that read the file can be asked: {}", PRAGMAS.join(", ")))
}

fn words(query: &str) -> Vec<&str> {
    query.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty()).collect()
}

/// Whether anything but white space follows a semicolon outside of quotes.
fn has_second(query: &str) -> bool {
    let mut quote = None;
    for (at, letter) in query.char_indices() {
        match quote {
            Some(open) if letter == open => quote = None,
            Some(_) => {}
            None if matches!(letter, '\'' | '"') => quote = Some(letter),
            None if letter == ';' => return !query[at + 1..].trim().is_empty(),
            None => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_are_allowed() {
        for query in [
            "select 1",
            "SELECT ';' AS a;",
            "with x as (select 1) select * from x",
            "explain query plan select 1",
            "PRAGMA journal_mode",
            "pragma table_info('events');",
            "values (1)",
        ] {
            assert_eq!(check(query, true), Ok(()), "{query}");
        }
        for query in ["show synchronous_standby_names", "table pg_class", "SELECT pg_is_in_recovery()"] {
            assert_eq!(check(query, false), Ok(()), "{query}");
        }
    }

    #[test]
    fn commands_are_refused() {
        for query in [
            "",
            "delete from events",
            "insert into a values (1)",
            "attach 'x' as y",
            "vacuum into '/tmp/x'",
            "pragma journal_mode=delete",
            "pragma journal_mode(delete)",
            "pragma user_version = 3",
            "pragma foreign_keys",
            "pragma writable_schema",
            "-- select\ndrop table a",
            "select 1; drop table a",
            "(select 1)",
            "begin",
        ] {
            assert!(check(query, true).is_err(), "{query}");
        }
        for query in [
            "select pg_terminate_backend(1)",
            "select \"pg_terminate_backend\"(1)",
            "select U&\"pg\\005fterminate_backend\"(1)",
            "select lo_export(1, '/tmp/x')",
            "select set_config('a', 'b', false)",
            "copy a to program 'x'",
            "pragma table_info(a)",
            "do $$ begin end $$",
        ] {
            assert!(check(query, false).is_err(), "{query}");
        }
    }
}
