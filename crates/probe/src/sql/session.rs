//! A conversation of several questions with one PostgreSQL server, for the kinds that know what to ask.
//!
//! All questions of a look run in one read-only transaction with a statement timeout and with row security off: where a
//! policy would hide rows from the probe's role, the server then refuses instead of showing fewer. Names are resolved in
//! `pg_catalog` only, so that no function of the system under test stands in for one of the server's. Each row comes as
//! one JSON object. What this file does not do: know what any of it means.

use std::fmt::Debug;
use std::sync::Arc;

use evidence::{Grade, Quantity, Unit, Value};
use serde_json::{Map, Value as Json};
use system::{ComponentId, System};
use text::{Fields, Source};
use tokio_postgres::Client;
use tokio_postgres::types::ToSql;

use super::{Database, MAX_ROWS, postgres};
use crate::hole::Secrets;
use crate::kind::{Look, Looking};
use crate::sight::{Sight, cut};
use crate::{Error, World};

/// What makes every look of this kind honest, besides what the transaction already forbids.
const SETTINGS: &str = "SET LOCAL search_path = pg_catalog; SET LOCAL row_security = off; SET LOCAL jit = off";

/// The most items of a list that are kept; of more the list says how many are missing.
const MAX_ITEMS: usize = 500;

/// The longest item.
const MAX_ITEM_BYTES: usize = 500;

/// What one kind asks, and what it makes of the answers.
pub(super) trait Preset: Debug + Send + Sync + 'static {
    /// What of the server is looked at, for the source of the observation.
    fn about(&self) -> String;

    /// Asks. What is put before an error is dropped: half a look is none.
    fn ask(&self, session: &Session<'_>, sight: &mut Sight) -> impl Future<Output = Result<(), Error>> + Send;
}

/// A preset with the server that it asks.
#[derive(Debug)]
pub(super) struct Asked<P> {
    database: Database,
    preset: P,
}

/// Reads a preset and its server.
pub(super) fn read<P: Preset>(
    fields: &mut Fields<'_, '_>,
    system: &System,
    source: &Source,
    preset: impl FnOnce(&mut Fields<'_, '_>) -> Option<P>,
) -> Option<Arc<dyn Look>> {
    let preset = preset(fields);
    let database = Database::read_postgres(fields, system, source);
    Some(Arc::new(Asked { database: database?, preset: preset? }) as Arc<dyn Look>)
}

impl<P: Preset> Look for Asked<P> {
    fn subject(&self) -> String {
        self.database.component.to_string()
    }

    fn component(&self) -> Option<&ComponentId> {
        Some(&self.database.component)
    }

    fn look<'a>(&'a self, world: &'a World) -> Looking<'a> {
        Box::pin(look(&self.database, &self.preset, world))
    }
}

/// Logs in, asks, and says from where.
pub(super) async fn look<P: Preset>(database: &Database, preset: &P, world: &World) -> Sight {
    let mut secrets = Secrets::default();
    let source = format!("{}: {}", database.component, preset.about());
    let mut sight = match asked(database, preset, world, &mut secrets, &source).await {
        Ok(sight) => sight,
        Err(error) => Sight::blind(source, &error),
    };
    sight.redactor = secrets.redactor();
    sight
}

async fn asked<P: Preset>(
    database: &Database,
    preset: &P,
    world: &World,
    secrets: &mut Secrets,
    source: &str,
) -> Result<Sight, Error> {
    let login = postgres::login(database, world, secrets)?;
    let mut sight = Sight::new(source);
    (sight.subjects, sight.grade) = (1, Some(Grade::Live));
    let seen = &mut sight;
    postgres::within(database, login, async move |client| {
        client.batch_execute(SETTINGS).await?;
        preset.ask(&Session { client }, seen).await
    })
    .await?;
    Ok(sight)
}

/// Asks one question whose text is whole.
pub(super) async fn ask(
    database: &Database,
    query: &str,
    world: &World,
    secrets: &mut Secrets,
) -> Result<Vec<Row>, Error> {
    let login = postgres::login(database, world, secrets)?;
    postgres::within(database, login, async move |client| {
        client.batch_execute(SETTINGS).await?;
        Session { client }.rows(query, &[]).await
    })
    .await
}

/// Rows from the text of one JSON list of objects.
pub(super) fn parse(text: &str) -> Result<Vec<Row>, Error> {
    let unfit = || Error::Unfit("the answer is no list of rows".to_owned());
    let rows: Vec<Json> = serde_json::from_str(text).map_err(|_| unfit())?;
    if rows.len() > MAX_ROWS {
        return Err(Error::Unfit(format!("more than {MAX_ROWS} rows")));
    }
    let row = |row: Json| match row {
        Json::Object(row) => Ok(Row(row)),
        _ => Err(unfit()),
    };
    rows.into_iter().map(row).collect()
}

/// An open transaction.
pub(super) struct Session<'c> {
    client: &'c Client,
}

/// One row, by column.
pub(super) struct Row(Map<String, Json>);

impl Session<'_> {
    /// All rows; too many are an error, since a cut list would look like a whole one.
    pub(super) async fn rows(&self, sql: &str, given: &[&(dyn ToSql + Sync)]) -> Result<Vec<Row>, Error> {
        let sql = format!("SELECT to_jsonb(answer)::text FROM ({sql}) AS answer LIMIT {}", MAX_ROWS + 1);
        let rows = self.client.query(&sql, given).await?;
        if rows.len() > MAX_ROWS {
            return Err(Error::Unfit(format!("more than {MAX_ROWS} rows")));
        }
        let read = |row: &tokio_postgres::Row| {
            let text: String = row.try_get(0)?;
            match serde_json::from_str(&text) {
                Ok(Json::Object(row)) => Ok(Row(row)),
                _ => Err(Error::Unfit("the server's answer is no row".to_owned())),
            }
        };
        rows.iter().map(read).collect()
    }

    /// The one row of a question that always has one.
    pub(super) async fn row(&self, sql: &str, given: &[&(dyn ToSql + Sync)]) -> Result<Row, Error> {
        self.rows(sql, given).await?.pop().ok_or_else(|| Error::Unfit("the server answered no row".to_owned()))
    }

    /// Whether this is a standby.
    pub(super) async fn is_standby(&self) -> Result<bool, Error> {
        self.row("SELECT pg_is_in_recovery() AS it", &[]).await?.need_boolean("it")
    }

    /// Refuses when the role sees only its own sessions: the server then shows NULL where there is something.
    pub(super) async fn need_statistics(&self, what: &str) -> Result<(), Error> {
        let sql = "SELECT current_user AS role, pg_has_role(current_user, 'pg_read_all_stats', 'USAGE') AS may";
        let row = self.row(sql, &[]).await?;
        if row.need_boolean("may")? {
            return Ok(());
        }
        let role = row.text("role").unwrap_or_default();
        Err(Error::Unfit(format!("permission denied for {what}: role `{role}` is not a member of pg_read_all_stats")))
    }

    /// Refuses when a schema is not there: an empty search of the wrong place says nothing.
    pub(super) async fn need_schemas(&self, schemas: &[String]) -> Result<(), Error> {
        let sql = "SELECT s AS name FROM unnest($1::text[]) s WHERE s NOT IN (SELECT nspname FROM pg_namespace)";
        let missing = self.rows(sql, &[&schemas]).await?;
        let missing: Vec<&str> = missing.iter().filter_map(|row| row.text("name")).collect();
        if missing.is_empty() {
            return Ok(());
        }
        Err(Error::Unfit(format!("there is no schema `{}`", missing.join("`, `"))))
    }
}

impl Row {
    /// A text that is not NULL.
    pub(super) fn text(&self, column: &str) -> Option<&str> {
        self.0.get(column).and_then(Json::as_str)
    }

    /// A text, empty for NULL.
    pub(super) fn words(&self, column: &str) -> String {
        self.text(column).unwrap_or_default().to_owned()
    }

    /// A whole number that is not NULL.
    pub(super) fn integer(&self, column: &str) -> Option<i64> {
        self.0.get(column).and_then(Json::as_i64)
    }

    /// A finite number that is not NULL.
    pub(super) fn decimal(&self, column: &str) -> Option<f64> {
        self.0.get(column).and_then(Json::as_f64).filter(|number| number.is_finite())
    }

    /// A truth that is not NULL.
    pub(super) fn boolean(&self, column: &str) -> Option<bool> {
        self.0.get(column).and_then(Json::as_bool)
    }

    /// A truth; NULL is an error.
    pub(super) fn need_boolean(&self, column: &str) -> Result<bool, Error> {
        self.boolean(column).ok_or_else(|| Error::Unfit(format!("the server shows no `{column}`")))
    }
}

// ===== values =====

/// A list of texts, sorted. When it is too long to keep, its last item says how many are not shown.
pub(super) fn list(mut items: Vec<String>) -> Value {
    items.sort();
    items.dedup();
    let more = items.len().saturating_sub(MAX_ITEMS);
    items.truncate(MAX_ITEMS);
    if more > 0 {
        items.push(format!(".. and {more} more"));
    }
    Value::List(items.into_iter().map(|item| Value::Text(cut(item, MAX_ITEM_BYTES))).collect())
}

/// The texts of one column.
pub(super) fn column<'r>(rows: impl IntoIterator<Item = &'r Row>, name: &str) -> Vec<String> {
    rows.into_iter().map(|row| row.words(name)).collect()
}

/// Puts a duration that is known.
pub(super) fn put_seconds(sight: &mut Sight, name: &str, seconds: Option<f64>) {
    put_quantity(sight, name, seconds, Unit::Second);
}

/// Puts a size that is known.
pub(super) fn put_bytes(sight: &mut Sight, name: &str, bytes: Option<i64>) {
    put_quantity(sight, name, bytes.map(|bytes| bytes as f64), Unit::Byte);
}

/// Puts a bare number that is known.
pub(super) fn put_integer(sight: &mut Sight, name: &str, number: Option<i64>) {
    sight.values.extend(number.map(|number| (name.to_owned(), Value::Integer(number))));
}

/// Puts a quantity that is known and finite.
pub(super) fn put_quantity(sight: &mut Sight, name: &str, number: Option<f64>, unit: Unit) {
    let quantity = number.and_then(|number| Quantity::exact(number, unit));
    sight.values.extend(quantity.map(|quantity| (name.to_owned(), Value::Quantity(quantity))));
}

// ===== keys that several presets share =====

/// `schemas`, `public` when not written.
pub(super) fn read_schemas(fields: &mut Fields<'_, '_>) -> Vec<String> {
    let schemas: Vec<String> = fields.texts("schemas").into_iter().map(|(name, _)| name.to_owned()).collect();
    if schemas.is_empty() { vec!["public".to_owned()] } else { schemas }
}

/// A table as written: `table`, or `schema.table`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TableName {
    pub(super) schema: String,
    pub(super) name: String,
}

impl TableName {
    /// Reads it; names are the server's own, without quotes. Without a schema it is one of `public`.
    pub(super) fn read(text: &str) -> Self {
        let (schema, name) = text.split_once('.').unwrap_or(("public", text));
        Self { schema: schema.to_owned(), name: name.to_owned() }
    }

    pub(super) fn text(&self) -> String {
        format!("{}.{}", self.schema, self.name)
    }

    /// The names in quotes, as the server reads them.
    pub(super) fn quoted(&self) -> String {
        format!("{}.{}", quoted(&self.schema), quoted(&self.name))
    }
}

/// A name in quotes.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
