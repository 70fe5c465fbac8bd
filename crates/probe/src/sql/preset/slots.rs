//! `sql.slots`: replication slots that nobody reads, and what they keep.
//!
//! A slot whose reader is gone keeps the write-ahead log until the disk is full; one that fell behind the limit has lost
//! what its reader needs. A server without slots has no inactive one, but that shows nothing: only `slots` is then there.

use text::Fields;

use crate::Error;
use crate::sight::Sight;
use crate::sql::session::{Preset, Row, Session, column, list, put_bytes};

const SLOTS: &str = "SELECT slot_name::text AS name, slot_type AS type, active, temporary, wal_status AS status,
        CASE WHEN restart_lsn IS NULL THEN NULL
            WHEN pg_is_in_recovery() THEN pg_wal_lsn_diff(pg_last_wal_replay_lsn(), restart_lsn)::int8
            ELSE pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn)::int8 END AS retained
    FROM pg_replication_slots WHERE $1::text[] = '{}' OR slot_name = ANY($1::text[])";

/// Slots of a server.
#[derive(Debug)]
pub(super) struct Slots {
    /// Only these; all when none is named.
    slots: Vec<String>,
}

impl Slots {
    pub(super) fn read(fields: &mut Fields<'_, '_>) -> Option<Self> {
        Some(Self { slots: fields.texts("slots").into_iter().map(|(slot, _)| slot.to_owned()).collect() })
    }
}

impl Preset for Slots {
    fn about(&self) -> String {
        "pg_replication_slots".to_owned()
    }

    async fn ask(&self, session: &Session<'_>, sight: &mut Sight) -> Result<(), Error> {
        sight.boolean("is_standby", session.is_standby().await?);
        let limit = "SELECT setting::int8 <> -1 AS it FROM pg_settings WHERE name = 'max_slot_wal_keep_size'";
        sight.boolean("has_keep_limit", session.row(limit, &[]).await?.need_boolean("it")?);
        let rows = session.rows(SLOTS, &[&self.slots]).await?;
        let found = column(&rows, "name");
        let missing: Vec<String> = self.slots.iter().filter(|slot| !found.contains(slot)).cloned().collect();
        sight.integer("slots", rows.len());
        if !self.slots.is_empty() {
            sight.put("missing", list(missing));
        }
        if !rows.is_empty() {
            tell(&rows, sight);
        }
        Ok(())
    }
}

fn tell(rows: &[Row], sight: &mut Sight) {
    let named = |is: &dyn Fn(&Row) -> bool| list(column(rows.iter().filter(|row| is(row)), "name"));
    let status = |wanted: &'static str| move |row: &Row| row.text("status") == Some(wanted);
    sight.put("names", named(&|_| true));
    sight.put("inactive", named(&|row| row.boolean("active") != Some(true)));
    sight.integer("active", rows.iter().filter(|row| row.boolean("active") == Some(true)).count());
    sight.put("logical", named(&|row| row.text("type") == Some("logical")));
    sight.put("lost", named(&status("lost")));
    sight.put("about_to_be_lost", named(&status("unreserved")));
    // A slot that reserved nothing yet, or lost all, keeps nothing.
    let retained: Vec<i64> = rows.iter().map(|row| row.integer("retained").unwrap_or(0).max(0)).collect();
    // All slots read one log, so what the slowest keeps is what is kept.
    put_bytes(sight, "retained_bytes", retained.into_iter().max());
}
