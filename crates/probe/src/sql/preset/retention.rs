//! `sql.retention`: how old the oldest row of a table is.
//!
//! A job that deletes old rows is shown by what is left, not by its schedule. Rows without a date are never deleted by such
//! a job, so they are told, too. The table is read by an index only, unless it is small. Row security is off: a role that
//! may not see every row is refused by the server.

use evidence::{Quantity, Unit, Value};
use text::Fields;

use crate::Error;
use crate::sight::Sight;
use crate::sql::session::{Preset, Row, Session, TableName, put_bytes, quoted};

/// The largest table that is read without an index, in bytes.
const MAX_UNINDEXED_BYTES: i64 = 64 * 1024 * 1024;

/// How far a clock on the wall may be from UTC, in seconds: a time without its zone is known no better.
const ZONE_SECONDS: f64 = 14.0 * 3600.0;

/// A date may be any moment of its day.
const DAY_SECONDS: f64 = 24.0 * 3600.0;

const COLUMN: &str = "SELECT t.typname AS type, pg_total_relation_size(c.oid)
            + coalesce((SELECT sum(pg_total_relation_size(relid)) FROM pg_partition_tree(c.oid) WHERE relid <> c.oid), 0)
            AS size,
        EXISTS (SELECT FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid JOIN pg_am m ON m.oid = x.relam
            WHERE i.indrelid = c.oid AND i.indisvalid AND i.indislive AND i.indpred IS NULL AND m.amname = 'btree'
                AND i.indkey[0] = a.attnum) AS indexed
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
        JOIN pg_type t ON t.oid = a.atttypid
    WHERE n.nspname = $1 AND c.relname = $2 AND a.attname = $3 AND c.relkind IN ('r', 'p', 'm')
        AND a.attnum > 0 AND NOT a.attisdropped";

/// What is left in a table.
#[derive(Debug)]
pub(super) struct Retention {
    table: TableName,
    column: String,
    /// What one of a column of numbers is in seconds, for times since 1970.
    epoch: Option<f64>,
}

impl Retention {
    pub(super) fn read(fields: &mut Fields<'_, '_>) -> Option<Self> {
        let epoch = fields.one_of("epoch", &["seconds", "milliseconds", "microseconds"]);
        let epoch = epoch.map(|index| [1.0, 1e-3, 1e-6][index]);
        let table = fields.need_text("table").map(TableName::read);
        let column = fields.need_text("column").map(str::to_owned);
        Some(Self { table: table?, column: column?, epoch })
    }
}

impl Preset for Retention {
    fn about(&self) -> String {
        format!("min({}) of {}", self.column, self.table.text())
    }

    async fn ask(&self, session: &Session<'_>, sight: &mut Sight) -> Result<(), Error> {
        let given = [&self.table.schema, &self.table.name, &self.column];
        let column = session.rows(COLUMN, &[given[0], given[1], given[2]]).await?.pop();
        let Some(column) = column else {
            return Err(Error::Unfit(format!(
                "there is no column `{}` in a table `{}`",
                self.column,
                self.table.text()
            )));
        };
        let kind = column.words("type");
        let fits = match self.epoch {
            Some(_) => matches!(kind.as_str(), "int4" | "int8" | "numeric" | "float8"),
            None => matches!(kind.as_str(), "date" | "timestamp" | "timestamptz"),
        };
        if !fits {
            let hint = if self.epoch.is_none() { "; numbers need `epoch`" } else { "" };
            let message = format!("`{}` is of type {kind}, which is no point in time{hint}", self.column);
            return Err(Error::Unfit(message));
        }
        let is_indexed = column.need_boolean("indexed")?;
        let size = column.integer("size").unwrap_or(i64::MAX);
        if !is_indexed && size > MAX_UNINDEXED_BYTES {
            let table = self.table.text();
            let why = format!("no index begins with `{}`, and `{table}` is too large to be read whole", self.column);
            return Err(Error::Unfit(why));
        }
        sight.boolean("indexed", is_indexed);
        put_bytes(sight, "bytes", Some(size));
        let row = session.row(&self.query(), &[]).await?;
        sight.boolean("has_rows", row.need_boolean("has_rows")?);
        if row.need_boolean("has_rows")? {
            sight.boolean("has_undated_rows", row.need_boolean("undated")?);
        }
        put_age(sight, "oldest_age", &row, "oldest", &kind);
        put_age(sight, "newest_age", &row, "newest", &kind);
        Ok(())
    }
}

impl Retention {
    fn query(&self) -> String {
        let (column, table) = (quoted(&self.column), self.table.quoted());
        let seconds = |edge: &str| match self.epoch {
            Some(one) => format!("{edge}({column})::float8 * {one}"),
            None => format!("extract(epoch FROM {edge}({column}))::float8"),
        };
        let (oldest, newest) = (seconds("min"), seconds("max"));
        format!(
            "SELECT EXISTS (SELECT FROM {table}) AS has_rows,
                EXISTS (SELECT FROM {table} WHERE {column} IS NULL) AS undated,
                extract(epoch FROM clock_timestamp())::float8
                    - (SELECT {oldest} FROM {table}) AS oldest,
                extract(epoch FROM clock_timestamp())::float8
                    - (SELECT {newest} FROM {table}) AS newest"
        )
    }
}

/// Puts an age as well as the column's type lets it be known.
fn put_age(sight: &mut Sight, name: &str, row: &Row, column: &str, kind: &str) {
    let Some(age) = row.decimal(column) else { return };
    let (less, more) = match kind {
        "timestamp" => (ZONE_SECONDS, ZONE_SECONDS),
        "date" => (ZONE_SECONDS + DAY_SECONDS, ZONE_SECONDS),
        _ => (0.0, 0.0),
    };
    let quantity = Quantity::interval(age - less, age + more, Unit::Second);
    sight.values.extend(quantity.map(|age| (name.to_owned(), Value::Quantity(age))));
}
