//! `sql.query`: what a database answers to a question that cannot change it.
//!
//! Three walls: the first word of the statement, the engine's own read-only mode, and a deadline. The engines refuse a
//! second statement behind the first. What remains possible is a PostgreSQL function with side effects; the known ones
//! are refused by name, and a role that may only read is the sound way.

mod migrations;
mod postgres;
mod preset;
mod session;
mod sqlite;
mod statement;

pub(crate) use migrations::KINDS as MIGRATIONS;
pub use migrations::MIGRATION_TOOLS;
pub(crate) use preset::KINDS as PRESETS;

use std::time::Duration;

use evidence::{Grade, Quantity, Unit, Value};
use system::{ComponentId, ComponentKind, Part, System, Template};
use text::{Fields, Source};

use crate::hole::{self, Holes, Secrets};
use crate::http::read_within;
use crate::kind::{Kind, Look, Looking, ready};
use crate::read::span_of;
use crate::sight::{Sight, can_be_spelled};
use crate::{Error, World};

/// The most rows that are read; of more it is only said that there are at least one more.
pub const MAX_ROWS: usize = 10_000;

/// The most values of the first column that are kept.
const MAX_VALUES: usize = 1000;

/// The longest that a query may take.
pub const MAX_SQL_WITHIN: Duration = Duration::from_secs(60);

/// How long a query may take when the file does not say.
const WITHIN: Duration = Duration::from_secs(5);

/// The kinds of this family.
pub(crate) const KINDS: &[Kind] =
    &[Kind { name: "sql.query", read: |fields, system, source| ready(SqlQuery::read(fields, system, source)) }];

/// What a database answers.
#[derive(Clone, Debug)]
pub(crate) struct SqlQuery {
    database: Database,
    query: String,
}

/// Which database is asked, and how long it may take.
#[derive(Clone, Debug)]
struct Database {
    component: ComponentId,
    engine: Engine,
    within: Duration,
}

/// Which database, and how to log in.
#[derive(Clone, Debug, PartialEq)]
enum Engine {
    /// A file.
    Sqlite,
    /// A server.
    Postgres {
        /// The role.
        user: Template,
        /// Its password.
        password: Option<Template>,
        /// The database; the role's own when not written.
        database: Option<Template>,
    },
}

/// What came back.
#[derive(Debug, Default)]
struct Rows {
    /// Names of the columns.
    columns: Vec<String>,
    /// The first row; `None` is NULL, or a type that an observation cannot hold.
    first: Option<Vec<Option<Value>>>,
    /// The first column of the first rows.
    column: Vec<Option<Value>>,
    /// How many rows, at most [`MAX_ROWS`] and one.
    count: usize,
}

impl Rows {
    /// Takes one row; false when no more are wanted.
    fn take(&mut self, row: Vec<Option<Value>>) -> bool {
        self.count += 1;
        if self.column.len() < MAX_VALUES {
            self.column.push(row.first().cloned().flatten());
        }
        self.first.get_or_insert(row);
        self.count <= MAX_ROWS
    }
}

// ===== reading =====

impl SqlQuery {
    pub(crate) fn read(fields: &mut Fields<'_, '_>, system: &System, source: &Source) -> Option<Self> {
        let query = fields.need_text("query");
        let query_span = span_of(fields, "query");
        let database = Database::read(fields, system, source)?;
        let query = query?.trim();
        statement::check(query, matches!(database.engine, Engine::Sqlite))
            .map_err(|message| fields.problem("not-read-only", query_span, message))
            .ok()?;
        Some(Self { database, query: query.to_owned() })
    }
}

impl Database {
    /// Reads `component`, `user`, `password`, `database` and `within`.
    fn read(fields: &mut Fields<'_, '_>, system: &System, source: &Source) -> Option<Self> {
        let name = fields.need_text("component");
        let name_span = span_of(fields, "component");
        let within = read_within(fields, WITHIN, MAX_SQL_WITHIN);
        let user = template(fields, "user", source);
        let password = template(fields, "password", source);
        let database = template(fields, "database", source);
        refuse_written_password(fields, password.as_ref());
        let component = name.and_then(|name| crate::read::component(name, name_span, system, fields))?;
        let engine = match component.kind {
            ComponentKind::Sqlite => {
                refuse_login(fields, &[&user, &password, &database]);
                Engine::Sqlite
            }
            ComponentKind::Postgres => {
                let Some(user) = user else {
                    fields.problem(
                        "missing-key",
                        fields.span(),
                        "PostgreSQL needs a `user`, best one that may only read",
                    );
                    return None;
                };
                Engine::Postgres { user, password, database }
            }
            _ => {
                let message = format!("`{}` is neither of kind sqlite nor postgres", component.id);
                fields.problem("wrong-component", name_span, message);
                return None;
            }
        };
        Some(Self { component: component.id.clone(), engine, within })
    }

    /// As [`Self::read`], of a PostgreSQL server only.
    fn read_postgres(fields: &mut Fields<'_, '_>, system: &System, source: &Source) -> Option<Self> {
        let name_span = span_of(fields, "component");
        let database = Self::read(fields, system, source)?;
        if matches!(database.engine, Engine::Sqlite) {
            fields.problem("wrong-component", name_span, format!("`{}` is not of kind postgres", database.component));
            return None;
        }
        Some(database)
    }

    /// Asks one statement.
    async fn ask(&self, query: &str, world: &World, secrets: &mut Secrets) -> Result<Rows, Error> {
        match &self.engine {
            Engine::Sqlite => sqlite::ask(self, query, world).await,
            Engine::Postgres { .. } => postgres::ask(self, query, postgres::login(self, world, secrets)?).await,
        }
    }
}

fn template(fields: &mut Fields<'_, '_>, key: &'static str, source: &Source) -> Option<Template> {
    let text = fields.text(key)?;
    let span = span_of(fields, key);
    hole::read(text, span, Holes::Env, source, fields.problems())
}

/// A password in the file would be in the repository, and could not be redacted.
fn refuse_written_password(fields: &mut Fields<'_, '_>, password: Option<&Template>) {
    let is_reference = |template: &Template| template.parts.iter().all(|part| matches!(part, Part::Env { .. }));
    if let Some(password) = password.filter(|password| !is_reference(password)) {
        fields.problem("secret-in-text", password.span, "`password` must be a reference such as `${env:DB_PASSWORD}`");
    }
}

fn refuse_login(fields: &mut Fields<'_, '_>, written: &[&Option<Template>]) {
    if let Some(template) = written.iter().find_map(|template| template.as_ref()) {
        fields.problem("wrong-value", template.span, "an SQLite file has no `user`, `password` or `database`");
    }
}

// ===== looking =====

impl Look for SqlQuery {
    fn subject(&self) -> String {
        self.database.component.to_string()
    }

    fn component(&self) -> Option<&ComponentId> {
        Some(&self.database.component)
    }

    fn look<'a>(&'a self, world: &'a World) -> Looking<'a> {
        Box::pin(look(self, world))
    }
}

/// Asks.
async fn look(probe: &SqlQuery, world: &World) -> Sight {
    let mut secrets = Secrets::default();
    let answer = probe.database.ask(&probe.query, world, &mut secrets).await;
    let source = format!("{}: {}", probe.database.component, probe.query);
    let mut sight = match answer {
        Err(error) => Sight::blind(source, &error),
        Ok(rows) => tell(source, rows),
    };
    sight.redactor = secrets.redactor();
    sight
}

fn tell(source: String, rows: Rows) -> Sight {
    let mut sight = Sight::new(source);
    (sight.subjects, sight.grade) = (1, Some(Grade::Live));
    if rows.count > MAX_ROWS {
        let at_least = Quantity::interval(rows.count as f64, f64::INFINITY, Unit::One);
        sight.values.extend(at_least.map(|count| ("rows".to_owned(), Value::Quantity(count))));
    } else {
        sight.integer("rows", rows.count);
    }
    if let Some(values) = rows.column.into_iter().collect::<Option<Vec<Value>>>().filter(|_| rows.count <= MAX_VALUES) {
        sight.put("values", Value::List(values));
    }
    let Some(first) = rows.first else { return sight };
    if let Some(Some(value)) = first.first() {
        sight.put("value", value.clone());
    }
    for (name, value) in rows.columns.iter().zip(first).filter(|(name, _)| can_be_spelled(name)) {
        sight.values.extend(value.map(|value| (format!("row.{name}"), value)));
    }
    sight
}
