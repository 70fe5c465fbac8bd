//! `sql.indexes`: foreign keys and columns that no index serves, indexes that are invalid or never read.
//!
//! An index serves only when it is valid and not partial, and begins with the columns in question: one left invalid by a
//! failed concurrent build looks like an index to everybody but the planner.

use text::Fields;

use crate::Error;
use crate::read::span_of;
use crate::sight::Sight;
use crate::sql::session::{Preset, Session, TableName, column, list, put_integer, put_seconds, read_schemas};

const TABLES: &str = "SELECT count(*) AS tables FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'm') AND n.nspname = ANY($1::text[])";

/// Columns of a foreign key may stand in any order. A partial index that leaves out NULL alone serves a foreign key, too,
/// since the check never looks for NULL.
const FOREIGN_KEYS: &str = "SELECT n.nspname || '.' || t.relname || '.' || f.conname AS name,
        NOT EXISTS (SELECT FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid JOIN pg_am a ON a.oid = x.relam
            WHERE i.indrelid = f.conrelid AND i.indisvalid AND i.indislive
                AND (a.amname = 'btree' OR (a.amname = 'hash' AND cardinality(f.conkey) = 1))
                AND i.indnkeyatts >= cardinality(f.conkey)
                AND (string_to_array(i.indkey::text, ' ')::int2[])[1:cardinality(f.conkey)] @> f.conkey
                AND (i.indpred IS NULL OR (cardinality(f.conkey) = 1 AND pg_get_expr(i.indpred, i.indrelid) = (
                    SELECT '(' || quote_ident(attname) || ' IS NOT NULL)' FROM pg_attribute
                    WHERE attrelid = f.conrelid AND attnum = f.conkey[1])))) AS bare
    FROM pg_constraint f JOIN pg_class t ON t.oid = f.conrelid JOIN pg_namespace n ON n.oid = t.relnamespace
    WHERE f.contype = 'f' AND f.conparentid = 0 AND n.nspname = ANY($1::text[])";

const INDEXES: &str = "SELECT n.nspname || '.' || x.relname AS name, i.indisvalid AND i.indisready AS valid,
        (s.idx_scan = 0 AND NOT i.indisunique AND NOT i.indisexclusion AND i.indisvalid
            AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = x.oid)) AS unused
    FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid
        JOIN pg_namespace n ON n.oid = t.relnamespace LEFT JOIN pg_stat_all_indexes s ON s.indexrelid = x.oid
    WHERE n.nspname = ANY($1::text[]) AND t.relkind IN ('r', 'p', 'm')";

const SINCE: &str = "SELECT extract(epoch FROM clock_timestamp()
        - coalesce(stats_reset, pg_postmaster_start_time()))::float8 AS age
    FROM pg_stat_database WHERE datname = current_database()";

const COLUMNS: &str = "SELECT a.attname::text AS name, a.attnum::int8 AS number FROM pg_attribute a
        JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = $1 AND c.relname = $2 AND c.relkind IN ('r', 'p', 'm') AND a.attnum > 0 AND NOT a.attisdropped";

const BEGIN_WITH: &str = "SELECT x.relname AS name, a.amname AS method, i.indisvalid AND i.indislive AS valid,
        i.indpred IS NOT NULL AS partial
    FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid JOIN pg_am a ON a.oid = x.relam
        JOIN pg_class c ON c.oid = i.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = $1 AND c.relname = $2 AND i.indnkeyatts >= cardinality($3::int8[])
        AND (string_to_array(i.indkey::text, ' ')::int8[])[1:cardinality($3::int8[])] = $3::int8[]";

/// Which indexes serve.
#[derive(Debug)]
pub(super) struct Indexes {
    schemas: Vec<String>,
    /// A table, and the columns that an index of it shall begin with.
    wanted: Option<(TableName, Vec<String>)>,
}

impl Indexes {
    pub(super) fn read(fields: &mut Fields<'_, '_>) -> Option<Self> {
        let schemas = read_schemas(fields);
        let table = fields.text("table").map(TableName::read);
        let columns: Vec<String> = fields.texts("columns").into_iter().map(|(name, _)| name.to_owned()).collect();
        if table.is_some() == columns.is_empty() {
            let span = span_of(fields, if table.is_some() { "table" } else { "columns" });
            fields.problem("missing-key", span, "`table` and `columns` go together");
        }
        Some(Self { schemas, wanted: table.map(|table| (table, columns)) })
    }
}

impl Preset for Indexes {
    fn about(&self) -> String {
        match &self.wanted {
            Some((table, columns)) => format!("pg_index, {} ({})", table.text(), columns.join(", ")),
            None => format!("pg_index, pg_constraint of {}", self.schemas.join(", ")),
        }
    }

    async fn ask(&self, session: &Session<'_>, sight: &mut Sight) -> Result<(), Error> {
        if let Some((table, columns)) = &self.wanted {
            covered(session, table, columns, sight).await?;
        }
        session.need_schemas(&self.schemas).await?;
        let tables = session.row(TABLES, &[&self.schemas]).await?.integer("tables").unwrap_or(0);
        sight.put("tables", evidence::Value::Integer(tables));
        if tables == 0 {
            return Ok(());
        }
        let keys = session.rows(FOREIGN_KEYS, &[&self.schemas]).await?;
        sight.integer("foreign_keys", keys.len());
        if !keys.is_empty() {
            let bare = keys.iter().filter(|row| row.boolean("bare") != Some(false));
            sight.put("foreign_keys_without_index", list(column(bare, "name")));
        }
        self.all(session, sight).await
    }
}

impl Indexes {
    /// What is said of all indexes of the schemas.
    async fn all(&self, session: &Session<'_>, sight: &mut Sight) -> Result<(), Error> {
        let is_standby = session.is_standby().await?;
        sight.boolean("is_standby", is_standby);
        let indexes = session.rows(INDEXES, &[&self.schemas]).await?;
        sight.integer("indexes", indexes.len());
        if indexes.is_empty() {
            return Ok(());
        }
        let invalid = indexes.iter().filter(|row| row.boolean("valid") != Some(true));
        sight.put("invalid", list(column(invalid, "name")));
        // Each server counts its own reads, so a standby knows nothing of what the primary reads.
        if !is_standby {
            let unused = indexes.iter().filter(|row| row.boolean("unused") == Some(true));
            sight.put("unused", list(column(unused, "name")));
            put_seconds(sight, "counted_for", session.row(SINCE, &[]).await?.decimal("age"));
        }
        Ok(())
    }
}

/// Whether an index begins with these columns, in this order.
async fn covered(session: &Session<'_>, table: &TableName, wanted: &[String], sight: &mut Sight) -> Result<(), Error> {
    let columns = session.rows(COLUMNS, &[&table.schema, &table.name]).await?;
    if columns.is_empty() {
        return Err(Error::Unfit(format!("there is no table `{}`", table.text())));
    }
    let mut numbers = Vec::new();
    for name in wanted {
        let found = columns.iter().find(|row| row.text("name") == Some(name)).and_then(|row| row.integer("number"));
        numbers.push(found.ok_or_else(|| Error::Unfit(format!("`{}` has no column `{name}`", table.text())))?);
    }
    let rows = session.rows(BEGIN_WITH, &[&table.schema, &table.name, &numbers]).await?;
    let (mut serving, mut useless) = (Vec::new(), Vec::new());
    for row in &rows {
        let name = row.words("name");
        let method = row.words("method");
        let fits = method == "btree" || (method == "hash" && wanted.len() == 1);
        match (row.boolean("valid"), row.boolean("partial")) {
            (Some(true), Some(false)) if fits => serving.push(name),
            (Some(true), Some(false)) => useless.push(format!("{name}: {method}")),
            (Some(true), _) => useless.push(format!("{name}: partial")),
            (_, _) => useless.push(format!("{name}: invalid")),
        }
    }
    sight.boolean("covered", !serving.is_empty());
    put_integer(sight, "covering_indexes", i64::try_from(serving.len()).ok());
    sight.put("covered_by", list(serving));
    sight.put("not_serving", list(useless));
    Ok(())
}
