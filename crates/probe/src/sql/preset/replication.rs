//! `sql.replication`: whether somebody else has what this server acknowledges, and how far behind they are.
//!
//! A name in `synchronous_standby_names` alone protects nothing: a standby must be there in that role, and no commit may be
//! excused from waiting, neither by the server nor by a setting of a role or database. Subscribers of logical replication,
//! base backups and `pg_receivewal` are no standbys. A standby is asked what it receives and replays; what only the
//! primary knows is then missing.

use text::Fields;

use crate::Error;
use crate::sight::Sight;
use crate::sql::session::{Preset, Row, Session, column, list, put_bytes, put_seconds};

const SENDERS: &str = "SELECT r.application_name AS name, r.state, r.sync_state,
        pg_wal_lsn_diff(pg_current_wal_lsn(), r.replay_lsn)::int8 AS lag,
        extract(epoch FROM r.replay_lag)::float8 AS replay_lag,
        (r.replay_lsn IS NOT NULL AND NOT EXISTS (SELECT FROM pg_replication_slots s
            WHERE s.active_pid = r.pid AND s.slot_type = 'logical')) AS is_standby
    FROM pg_stat_replication r";

const SETTINGS: &str = "SELECT current_setting('synchronous_standby_names') AS names, s.setting AS commit, s.source
    FROM pg_settings s WHERE s.name = 'synchronous_commit'";

const WEAKENED: &str = "SELECT coalesce(r.rolname, '') AS role,
        CASE WHEN s.setrole = 0 THEN 'every role' ELSE 'role ' || coalesce(r.rolname, '?') END
        || CASE WHEN s.setdatabase = 0 THEN '' ELSE ' in ' || current_database() END || ': ' || c.setting AS what
    FROM pg_db_role_setting s LEFT JOIN pg_roles r ON r.oid = s.setrole, unnest(s.setconfig) AS c(setting)
    WHERE (s.setdatabase = 0 OR s.setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database()))
        AND lower(c.setting) ~ '^synchronous_commit=(off|of|local|false|no|0|f|fa|fal|fals|n)$'
        AND ($1::text[] = '{}' OR s.setrole = 0 OR r.rolname = ANY($1::text[]))";

const RECEIVER: &str = "SELECT pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() AS same,
        pg_wal_lsn_diff(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn())::int8 AS behind,
        extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp())::float8 AS age,
        pg_is_wal_replay_paused() AS paused,
        EXISTS (SELECT FROM pg_stat_wal_receiver WHERE status = 'streaming') AS receiving";

/// Who has what is acknowledged.
#[derive(Debug)]
pub(super) struct Replication {
    /// The roles whose settings count; all when none is named.
    roles: Vec<String>,
}

impl Replication {
    pub(super) fn read(fields: &mut Fields<'_, '_>) -> Option<Self> {
        Some(Self { roles: fields.texts("roles").into_iter().map(|(role, _)| role.to_owned()).collect() })
    }
}

impl Preset for Replication {
    fn about(&self) -> String {
        "pg_stat_replication, synchronous_standby_names, synchronous_commit".to_owned()
    }

    async fn ask(&self, session: &Session<'_>, sight: &mut Sight) -> Result<(), Error> {
        session.need_statistics("pg_stat_replication").await?;
        let is_standby = session.is_standby().await?;
        sight.boolean("is_standby", is_standby);
        if is_standby {
            sight.source.push_str(" (this is a standby: what only the primary knows was not seen)");
            return received(session, sight).await;
        }
        let senders = session.rows(SENDERS, &[]).await?;
        let standbys: Vec<&Row> = senders.iter().filter(|row| row.boolean("is_standby") == Some(true)).collect();
        sent(&standbys, sight);
        self.promise(session, &standbys, sight).await
    }
}

/// How far behind those are that follow.
fn sent(standbys: &[&Row], sight: &mut Sight) {
    let (streaming, late): (Vec<&Row>, Vec<&Row>) =
        standbys.iter().copied().partition(|row| row.text("state") == Some("streaming"));
    sight.integer("standbys", streaming.len());
    sight.integer("catching_up", late.len());
    sight.put("names", list(column(streaming.iter().copied(), "name")));
    // One that is not known makes the greatest unknown.
    let lags: Option<Vec<i64>> = standbys.iter().map(|row| row.integer("lag")).collect();
    put_bytes(sight, "max_lag_bytes", lags.and_then(|lags| lags.into_iter().max()).map(|lag| lag.max(0)));
    // The server forgets the time once all is replayed: nothing behind is no time behind.
    let time = |row: &&Row| match (row.decimal("replay_lag"), row.integer("lag")) {
        (Some(seconds), _) => Some(seconds),
        (None, Some(0)) => Some(0.0),
        (None, _) => None,
    };
    let times: Option<Vec<f64>> = standbys.iter().map(time).collect();
    put_seconds(sight, "max_replay_lag", times.and_then(|times| times.into_iter().reduce(f64::max)));
}

/// What a standby itself knows.
async fn received(session: &Session<'_>, sight: &mut Sight) -> Result<(), Error> {
    let row = session.row(RECEIVER, &[]).await?;
    let receiving = row.need_boolean("receiving")?;
    sight.boolean("receiving", receiving);
    sight.boolean("replay_paused", row.need_boolean("paused")?);
    if let Some(same) = row.boolean("same") {
        sight.boolean("replayed_all_received", same);
    }
    put_bytes(sight, "replay_lag_bytes", row.integer("behind").map(|behind| behind.max(0)));
    let lag = match row.boolean("same") {
        // All that came is replayed; without a stream nobody knows what did not come.
        Some(true) => receiving.then_some(0.0),
        Some(false) | None => row.decimal("age"),
    };
    put_seconds(sight, "replay_lag", lag);
    Ok(())
}

impl Replication {
    /// Whether an acknowledged write is on a second server.
    async fn promise(&self, session: &Session<'_>, standbys: &[&Row], sight: &mut Sight) -> Result<(), Error> {
        let settings = session.row(SETTINGS, &[]).await?;
        let names = settings.words("names");
        let commit = settings.words("commit");
        if matches!(settings.text("source"), Some("user" | "database user" | "session" | "client")) {
            sight.trouble =
                Some("the probe's own role overrides synchronous_commit, so the server's is not seen".into());
        }
        let weakened = session.rows(WEAKENED, &[&self.roles]).await?;
        let is_sync = |row: &&&Row| matches!(row.text("sync_state"), Some("sync" | "quorum"));
        let synchronous_standbys = standbys.iter().filter(is_sync).count();
        let waits = !names.trim().is_empty() && !matches!(commit.as_str(), "off" | "local") && weakened.is_empty();
        sight.text("synchronous_standby_names", &names);
        sight.text("synchronous_commit", &commit);
        sight.put("weakened_by", list(column(&weakened, "what")));
        sight.integer("synchronous_standbys", synchronous_standbys);
        sight.boolean("synchronous", waits && synchronous_standbys > 0);
        sight.boolean("can_lose_acknowledged", !(waits && synchronous_standbys > 0));
        Ok(())
    }
}
