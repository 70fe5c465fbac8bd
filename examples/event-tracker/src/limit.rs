//! Ten searches a minute for each client, over all instances together.
//!
//! A log of the last minute, not a counter for each minute: a burst across the turn of a minute gets no double share. The
//! log is in Redis when there is one and it answers, else in the database; both are shared. In the process only by a bug.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::timeout;

use crate::answer::Refusal;
use crate::api::{App, next_round, now};
use crate::redis::Redis;
use crate::store::{Pool, Statement, StoreError};
use crate::{Flaw, Settings, log};

/// Searches that one client may make within the window.
const PER_WINDOW: i64 = 10;

/// The window.
const WINDOW_MS: i64 = 60_000;

/// What `Retry-After` says, in seconds: after this long the whole share is there again.
const COME_BACK_AFTER_S: u64 = 60;

/// How long Redis may take before the database counts instead.
const REDIS_WITHIN: Duration = Duration::from_millis(200);

/// Clients that the process remembers when it counts alone.
const MAX_CLIENTS: usize = 10_000;

/// How often rows that no longer count are removed.
const SWEEP_EVERY: Duration = Duration::from_secs(10);

// The first statement takes the client's row for the transaction, so that two instances count one after the other.
const TURN: &str = "INSERT INTO searchers (client, at) VALUES ($1, $2) ON CONFLICT (client) DO UPDATE SET at = $3";
const ADMIT: &str = "INSERT INTO searches (client, at) SELECT CAST($1 AS TEXT), CAST($2 AS BIGINT)
                     WHERE (SELECT COUNT(*) FROM searches WHERE client = $3 AND at > $4) < $5";
const SWEEP: [&str; 2] = ["DELETE FROM searches WHERE at <= $1", "DELETE FROM searchers WHERE at <= $1"];

/// The same in Redis, as one script: its clock, and nobody in between.
const SCRIPT: &str = "
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - ARGV[2])
if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[1]) then return 0 end
redis.call('ZADD', KEYS[1], now, t[1] .. '-' .. t[2])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 1";

/// Who counts.
pub(crate) struct Limit {
    store: Pool,
    redis: Option<Redis>,
    /// Searches of the last minute by client, when the process counts alone. A plain lock: held to look and to note.
    alone: Option<Mutex<HashMap<String, VecDeque<i64>>>>,
}

impl Limit {
    /// Counts in Redis or the database.
    pub(crate) fn new(settings: &Settings, store: &Pool) -> Self {
        let alone = settings.flaws.has(Flaw::PerInstanceLimit).then(Mutex::default);
        Self { store: store.clone(), redis: settings.redis.as_deref().map(Redis::new), alone }
    }

    /// Admits a search of this client, or says when to come back.
    pub(crate) async fn admit(&self, client: &str) -> Result<(), Refusal> {
        let admitted = match &self.alone {
            Some(alone) => admit_alone(&mut alone.lock().unwrap_or_else(PoisonError::into_inner), client, now()),
            None => self.admit_together(client).await?,
        };
        if admitted { Ok(()) } else { Err(Refusal::TooMany(COME_BACK_AFTER_S)) }
    }

    async fn admit_together(&self, client: &str) -> Result<bool, StoreError> {
        if let Some(redis) = &self.redis {
            match admit_by(redis, client).await {
                Ok(admitted) => return Ok(admitted),
                Err(error) => log::note(&format!("the database counts searches: redis {error}")),
            }
        }
        let at = now();
        let turn = Statement::new(TURN, [client.into(), at.into(), at.into()]);
        let since = at - WINDOW_MS;
        let values = [client.into(), at.into(), client.into(), since.into(), PER_WINDOW.into()];
        let counts = self.store.lease().await?.write(vec![turn, Statement::new(ADMIT, values)]).await?;
        Ok(counts.last() == Some(&1))
    }
}

fn admit_alone(clients: &mut HashMap<String, VecDeque<i64>>, client: &str, at: i64) -> bool {
    if clients.len() >= MAX_CLIENTS && !clients.contains_key(client) {
        clients.retain(|_, log| log.back().is_some_and(|last| *last > at - WINDOW_MS));
        if clients.len() >= MAX_CLIENTS {
            return false;
        }
    }
    let log = clients.entry(client.to_owned()).or_default();
    log.retain(|one| *one > at - WINDOW_MS);
    let admitted = (log.len() as i64) < PER_WINDOW;
    if admitted {
        log.push_back(at);
    }
    admitted
}

/// Removes rows that no longer count, until the service stops.
pub(crate) async fn sweep(app: App, mut stop: watch::Receiver<()>) {
    while next_round(&mut stop, SWEEP_EVERY).await {
        let since = now() - WINDOW_MS;
        let statements = SWEEP.into_iter().map(|sql| Statement::new(sql, [since.into()])).collect();
        let swept = match app.store.lease().await {
            Ok(mut lease) => lease.write(statements).await.map(drop),
            Err(error) => Err(error),
        };
        if let Err(error) = swept {
            log::note(&format!("sweep: {error}"));
        }
    }
}

async fn admit_by(redis: &Redis, client: &str) -> Result<bool, String> {
    let key = format!("searches:{client}");
    let asked = redis.eval(SCRIPT, &key, &[PER_WINDOW, WINDOW_MS]);
    let answer = timeout(REDIS_WITHIN, asked).await.map_err(|_| format!("did not answer within {REDIS_WITHIN:?}"))?;
    answer.map(|admitted| admitted == 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_alone_gets_its_share_and_gets_it_back_after_a_minute() {
        let mut clients = HashMap::new();
        let admitted = (0..20).filter(|at| admit_alone(&mut clients, "a", *at)).count();
        assert_eq!(admitted, 10);
        assert!(admit_alone(&mut clients, "b", 20));
        assert!(!admit_alone(&mut clients, "a", WINDOW_MS - 1));
        assert!(admit_alone(&mut clients, "a", WINDOW_MS));
    }

    #[test]
    fn the_clients_remembered_are_bounded() {
        let mut clients = HashMap::new();
        for client in 0..MAX_CLIENTS {
            assert!(admit_alone(&mut clients, &client.to_string(), 0));
        }
        assert!(!admit_alone(&mut clients, "one more", 1));
        assert!(admit_alone(&mut clients, "one more", WINDOW_MS + 1));
        assert_eq!(clients.len(), 1);
    }
}
