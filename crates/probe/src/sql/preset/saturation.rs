//! `sql.saturation`: how many connections are left, who holds a transaction open, who waits for a lock.
//!
//! The probe's own connection is not counted. Connections kept for superusers are not available to anybody else.

use text::Fields;

use crate::Error;
use crate::sight::Sight;
use crate::sql::session::{Preset, Session, put_integer, put_quantity, put_seconds};

const ACTIVITY: &str = "SELECT current_setting('max_connections')::int8 AS most,
        current_setting('superuser_reserved_connections')::int8
            + coalesce(current_setting('reserved_connections', true), '0')::int8 AS reserved,
        count(*) AS connections,
        count(*) FILTER (WHERE state = 'active') AS active,
        count(*) FILTER (WHERE state LIKE 'idle in transaction%') AS idle_in_transaction,
        coalesce(max(extract(epoch FROM clock_timestamp() - state_change))
            FILTER (WHERE state LIKE 'idle in transaction%'), 0)::float8 AS idle_age,
        coalesce(max(extract(epoch FROM clock_timestamp() - xact_start)), 0)::float8 AS transaction_age,
        count(*) FILTER (WHERE wait_event_type = 'Lock') AS waiting,
        coalesce(max(extract(epoch FROM clock_timestamp() - query_start))
            FILTER (WHERE wait_event_type = 'Lock'), 0)::float8 AS waiting_age
    FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()";

/// How full a server is.
#[derive(Debug)]
pub(super) struct Saturation;

impl Saturation {
    pub(super) fn read(_: &mut Fields<'_, '_>) -> Option<Self> {
        Some(Self)
    }
}

impl Preset for Saturation {
    fn about(&self) -> String {
        "pg_stat_activity".to_owned()
    }

    async fn ask(&self, session: &Session<'_>, sight: &mut Sight) -> Result<(), Error> {
        session.need_statistics("pg_stat_activity").await?;
        sight.boolean("is_standby", session.is_standby().await?);
        let row = session.row(ACTIVITY, &[]).await?;
        let available = row.integer("most").zip(row.integer("reserved")).map(|(most, reserved)| most - reserved);
        let used = row.integer("connections");
        put_integer(sight, "connections", used);
        put_integer(sight, "available", available);
        let ratio = used.zip(available.filter(|some| *some > 0)).map(|(used, of)| used as f64 / of as f64);
        put_quantity(sight, "used_ratio", ratio, evidence::Unit::One);
        put_integer(sight, "active", row.integer("active"));
        put_integer(sight, "idle_in_transaction", row.integer("idle_in_transaction"));
        put_seconds(sight, "max_idle_in_transaction", row.decimal("idle_age"));
        put_seconds(sight, "max_transaction", row.decimal("transaction_age"));
        put_integer(sight, "waiting_on_locks", row.integer("waiting"));
        put_seconds(sight, "max_waiting_on_lock", row.decimal("waiting_age"));
        Ok(())
    }
}
