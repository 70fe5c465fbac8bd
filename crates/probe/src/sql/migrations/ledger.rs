//! What a database says was applied: one question to the tool's own table, every column as text.

use std::fmt::Write as _;

use super::{Migrations, Tool};
use crate::hole::Secrets;
use crate::sql::session::{self, Row, TableName, quoted};
use crate::sql::{Database, Engine};
use crate::{Error, World};

/// The name of a tool's table when the file does not say.
pub(super) fn table_of(tool: Tool) -> &'static str {
    match tool {
        Tool::Alembic => "alembic_version",
        Tool::Django => "django_migrations",
        Tool::Sqlx => "_sqlx_migrations",
        Tool::Flyway => "flyway_schema_history",
        Tool::Liquibase => "databasechangelog",
        Tool::Diesel => "__diesel_schema_migrations",
        Tool::Rails => "schema_migrations",
        Tool::Prisma => "_prisma_migrations",
    }
}

/// Columns that are read; one in capitals is bytes.
fn columns(tool: Tool) -> &'static [&'static str] {
    match tool {
        Tool::Alembic => &["version_num"],
        Tool::Django => &["app", "name"],
        Tool::Sqlx => &["version", "success", "CHECKSUM"],
        Tool::Flyway => &["installed_rank", "version", "description", "type", "script", "checksum", "success"],
        Tool::Liquibase => &["id", "author", "filename", "exectype"],
        Tool::Diesel | Tool::Rails => &["version"],
        Tool::Prisma => &["migration_name", "checksum", "finished_at", "rolled_back_at"],
    }
}

/// A question, in words that both engines understand.
pub(super) struct Question {
    columns: Vec<(String, String)>,
    table: String,
}

/// What the ledger is asked.
pub(super) fn question(probe: &Migrations) -> Question {
    let is_sqlite = matches!(probe.database.engine, Engine::Sqlite);
    let column = |name: &&str| {
        let lower = name.to_lowercase();
        let value = match (lower == **name, is_sqlite) {
            (true, _) => format!("CAST({} AS text)", quoted(&lower)),
            (false, true) => format!("lower(hex({}))", quoted(&lower)),
            (false, false) => format!("encode({}, 'hex')", quoted(&lower)),
        };
        (lower, value)
    };
    Question { columns: columns(probe.tool).iter().map(column).collect(), table: table(probe, &probe.table) }
}

/// Whether somebody holds the lock of Liquibase, and since when.
pub(super) fn locks(probe: &Migrations) -> Question {
    let since = match probe.database.engine {
        Engine::Sqlite => "CAST(NULL AS text)".to_owned(),
        Engine::Postgres { .. } => "CAST(extract(epoch FROM LOCALTIMESTAMP - lockgranted) AS text)".to_owned(),
    };
    let columns = vec![("locked".to_owned(), "CAST(locked AS text)".to_owned()), ("since".to_owned(), since)];
    Question { columns, table: table(probe, &format!("{}lock", probe.table)) }
}

fn table(probe: &Migrations, name: &str) -> String {
    match probe.database.engine {
        Engine::Sqlite => quoted(name),
        Engine::Postgres { .. } => TableName { schema: probe.schema.clone(), name: name.to_owned() }.quoted(),
    }
}

/// Asks.
pub(super) async fn read(
    database: &Database,
    question: &Question,
    world: &World,
    secrets: &mut Secrets,
) -> Result<Vec<Row>, Error> {
    match database.engine {
        Engine::Sqlite => {
            let pairs = question.columns.iter().fold(String::new(), |mut pairs, (name, value)| {
                let comma = if pairs.is_empty() { "" } else { ", " };
                let _ = write!(pairs, "{comma}'{name}', {value}");
                pairs
            });
            let query = format!("SELECT json_group_array(json_object({pairs})) FROM {}", question.table);
            let answer = database.ask(&query, world, secrets).await?;
            let first = answer.first.and_then(|row| row.into_iter().next().flatten());
            let Some(evidence::Value::Text(text)) = first else {
                return Err(Error::Unfit("the ledger's answer is no text".to_owned()));
            };
            session::parse(&text)
        }
        Engine::Postgres { .. } => {
            let columns: Vec<String> =
                question.columns.iter().map(|(name, value)| format!("{value} AS {}", quoted(name))).collect();
            let query = format!("SELECT {} FROM {}", columns.join(", "), question.table);
            session::ask(database, &query, world, secrets).await
        }
    }
}
