//! `sql.slow`: statements that take long on average, by `pg_stat_statements`.
//!
//! Only statements that read or change rows are shown: the texts of others are not normalized and may hold a password.

use std::time::Duration;

use text::{Fields, print_duration};

use crate::Error;
use crate::sight::Sight;
use crate::sql::session::{Preset, Session, column, list, put_seconds, quoted};

/// How long a statement may take on average when the file does not say.
const OVER: Duration = Duration::from_secs(1);

/// The most calls that can be asked for.
const MAX_CALLS: i64 = 1_000_000_000;

const WHERE: &str = "SELECT n.nspname::text AS schema, string_to_array(e.extversion, '.')::int[] >= '{1,8}' AS known
    FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'pg_stat_statements'";

/// What takes long.
#[derive(Debug)]
pub(super) struct Slow {
    over: Duration,
    calls: i64,
}

impl Slow {
    pub(super) fn read(fields: &mut Fields<'_, '_>) -> Option<Self> {
        let over = fields.duration("over").unwrap_or(OVER);
        let calls = fields.integer("calls", 1..=MAX_CALLS).unwrap_or(1);
        Some(Self { over, calls })
    }
}

impl Preset for Slow {
    fn about(&self) -> String {
        format!("pg_stat_statements, over {}", print_duration(self.over))
    }

    async fn ask(&self, session: &Session<'_>, sight: &mut Sight) -> Result<(), Error> {
        sight.boolean("is_standby", session.is_standby().await?);
        let extension = session.rows(WHERE, &[]).await?.pop();
        sight.boolean("installed", extension.is_some());
        let Some(extension) = extension else { return Ok(()) };
        if extension.boolean("known") != Some(true) {
            return Err(Error::Unfit("pg_stat_statements is older than 1.8".to_owned()));
        }
        session.need_statistics("pg_stat_statements").await?;
        let view = format!("{}.pg_stat_statements", quoted(extension.text("schema").unwrap_or_default()));
        let sql = format!(
            "SELECT mean_exec_time / 1000 AS mean, max_exec_time / 1000 AS longest, left(query, 400) AS query
            FROM {view} WHERE calls >= $1 AND dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
                AND query ~* '^\\s*(SELECT|INSERT|UPDATE|DELETE|WITH|MERGE)\\y' ORDER BY mean_exec_time DESC LIMIT 9999"
        );
        let rows = session.rows(&sql, &[&self.calls]).await?;
        sight.integer("statements", rows.len());
        if rows.is_empty() {
            return Ok(());
        }
        let greatest = |name: &str| rows.iter().filter_map(|row| row.decimal(name)).reduce(f64::max);
        put_seconds(sight, "slowest_mean", greatest("mean"));
        put_seconds(sight, "slowest", greatest("longest"));
        let limit = self.over.as_secs_f64();
        let slow: Vec<_> = rows.iter().filter(|row| row.decimal("mean").is_none_or(|mean| mean > limit)).collect();
        sight.integer("over", slow.len());
        sight.put("slow", list(column(slow, "query")));
        Ok(())
    }
}
