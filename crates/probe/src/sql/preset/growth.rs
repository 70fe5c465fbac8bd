//! `sql.growth`: large tables that nobody divides, and divided ones whose next partition is missing.
//!
//! Partitions made by hand or by a job run out one day; then rows are refused or fall into the default partition, and
//! nothing shows it before. Partitions by range of one date or time are understood; those by range of anything else are
//! named, and while there are any, nothing is said of missing partitions unless one is found.

use std::time::Duration;

use text::{Bytes, Fields, print_duration};

use crate::Error;
use crate::sight::Sight;
use crate::sql::session::{Preset, Row, Session, column, list, put_bytes, put_integer, read_schemas};

/// From which size a table should be divided when the file does not say: 1 GiB.
const MIN_SIZE: u64 = 1024 * 1024 * 1024;

/// How far ahead partitions must reach when the file does not say.
const AHEAD: Duration = Duration::from_secs(7 * 24 * 3600);

const PLAIN: &str = "SELECT n.nspname || '.' || c.relname AS name, pg_total_relation_size(c.oid) AS size,
        CASE WHEN c.reltuples >= 0 THEN c.reltuples::int8 END AS rows
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind = 'r' AND NOT c.relispartition AND n.nspname = ANY($1::text[])
        AND NOT EXISTS (SELECT FROM pg_inherits h WHERE h.inhparent = c.oid)";

/// `by_time` is NULL where the key is neither by range nor one plain column.
const DIVIDED: &str = "SELECT n.nspname || '.' || c.relname AS name, p.partstrat = 'r' AS by_range,
        (p.partnatts = 1 AND EXISTS (SELECT FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
            WHERE a.attrelid = c.oid AND a.attnum = p.partattrs[0]
                AND t.typname IN ('date', 'timestamp', 'timestamptz'))) AS by_time,
        (SELECT count(*) FROM pg_inherits h WHERE h.inhparent = c.oid AND h.inhrelid <> p.partdefid) AS partitions,
        p.partdefid <> 0 AS has_default,
        p.partdefid <> 0 AND pg_relation_size(p.partdefid) > 0 AS default_in_use,
        (SELECT coalesce(sum(pg_total_relation_size(t.relid)), 0)::int8 FROM pg_partition_tree(c.oid) t) AS size
    FROM pg_partitioned_table p JOIN pg_class c ON c.oid = p.partrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = ANY($1::text[])";

/// Bounds as the server prints them; a side without quotes has no limit.
const COVERED: &str = "SELECT name, bool_or(covers_now) AS now, bool_or(covers_then) AS then FROM (
        SELECT name, (low IS NULL OR low <= now()) AND (high IS NULL OR now() < high) AS covers_now,
            (low IS NULL OR low <= now() + make_interval(secs => $2::float8))
                AND (high IS NULL OR now() + make_interval(secs => $2::float8) < high) AS covers_then
        FROM (SELECT n.nspname || '.' || c.relname AS name,
                substring(b.bound FROM 'FROM \\(''([^'']+)''\\)')::timestamptz AS low,
                substring(b.bound FROM 'TO \\(''([^'']+)''\\)')::timestamptz AS high
            FROM pg_partitioned_table p JOIN pg_class c ON c.oid = p.partrelid
                JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_inherits h ON h.inhparent = c.oid
                JOIN pg_class k ON k.oid = h.inhrelid,
                LATERAL (SELECT pg_get_expr(k.relpartbound, k.oid) AS bound) b
            WHERE n.nspname || '.' || c.relname = ANY($1::text[]) AND b.bound LIKE 'FOR VALUES FROM (%'
        ) AS bounds) AS each GROUP BY name";

/// What grows.
#[derive(Debug)]
pub(super) struct Growth {
    schemas: Vec<String>,
    min_size: u64,
    ahead: Duration,
}

impl Growth {
    pub(super) fn read(fields: &mut Fields<'_, '_>) -> Option<Self> {
        let schemas = read_schemas(fields);
        let min_size = fields.bytes("min_size").map_or(MIN_SIZE, |Bytes(size)| size);
        let ahead = fields.duration("ahead").unwrap_or(AHEAD);
        Some(Self { schemas, min_size, ahead })
    }
}

impl Preset for Growth {
    fn about(&self) -> String {
        format!("pg_partitioned_table of {}, {} ahead", self.schemas.join(", "), print_duration(self.ahead))
    }

    async fn ask(&self, session: &Session<'_>, sight: &mut Sight) -> Result<(), Error> {
        session.need_schemas(&self.schemas).await?;
        self.plain(session, sight).await?;
        let divided = session.rows(DIVIDED, &[&self.schemas]).await?;
        sight.integer("partitioned", divided.len());
        if divided.is_empty() {
            return Ok(());
        }
        let named = |is: &dyn Fn(&Row) -> bool| column(divided.iter().filter(|row| is(row)), "name");
        sight.put("only_default", list(named(&|row| row.integer("partitions") == Some(0))));
        sight.put("default_in_use", list(named(&|row| row.boolean("default_in_use") == Some(true))));
        let by_range = |row: &crate::sql::session::Row| row.boolean("by_range") == Some(true);
        let by_time = named(&|row| by_range(row) && row.boolean("by_time") == Some(true));
        let unknown = named(&|row| by_range(row) && row.boolean("by_time") != Some(true));
        sight.integer("partitioned_by_time", by_time.len());
        sight.put("range_not_by_time", list(unknown.clone()));
        if !by_time.is_empty() {
            let missing = self.missing(session, by_time).await?;
            // A table whose ranges are not understood may lack one, so that an empty list would say too much.
            if unknown.is_empty() || !missing.is_empty() {
                sight.put("next_partition_missing", list(missing));
            }
        }
        Ok(())
    }
}

impl Growth {
    async fn plain(&self, session: &Session<'_>, sight: &mut Sight) -> Result<(), Error> {
        let plain = session.rows(PLAIN, &[&self.schemas]).await?;
        sight.integer("plain", plain.len());
        if plain.is_empty() {
            return Ok(());
        }
        let limit = i64::try_from(self.min_size).unwrap_or(i64::MAX);
        let large = plain.iter().filter(|row| row.integer("size").is_none_or(|size| size >= limit));
        sight.put("unpartitioned", list(column(large, "name")));
        let largest = plain.iter().max_by_key(|row| row.integer("size"));
        if let Some(largest) = largest {
            sight.text("largest", &largest.words("name"));
            put_bytes(sight, "largest_bytes", largest.integer("size"));
            put_integer(sight, "largest_estimated_rows", largest.integer("rows"));
        }
        Ok(())
    }

    /// Tables without a partition for now or for the moment ahead.
    async fn missing(&self, session: &Session<'_>, tables: Vec<String>) -> Result<Vec<String>, Error> {
        let covered = session.rows(COVERED, &[&tables, &self.ahead.as_secs_f64()]).await?;
        let is_covered = |table: &String| {
            covered.iter().any(|row| {
                row.text("name") == Some(table) && row.boolean("now") == Some(true) && row.boolean("then") == Some(true)
            })
        };
        Ok(tables.into_iter().filter(|table| !is_covered(table)).collect())
    }
}
