//! The words of a Redis as values.
//!
//! Numbers that mean *nothing has happened yet* are left out rather than taken for good ones: the time of the last
//! save is the start of the process until there was a save, and a limit of 0 is none.

use std::collections::BTreeMap;
use std::time::Duration;

use evidence::{Quantity, Unit, Value};
use outside::redis::{Connection, Failure, Question, Reply};
use outside::tls::Certificate;

use crate::sight::{Sight, spelled};

/// The most commands whose latency is kept.
const MAX_COMMANDS: usize = 200;

/// The most replicas of which states are kept.
const MAX_REPLICAS: usize = 100;

/// Seconds by which a save can follow the start and yet be the start itself.
const START_IS_NO_SAVE: f64 = 1.0;

/// The lines of INFO.
#[derive(Debug, Default)]
pub(super) struct Info {
    fields: BTreeMap<String, String>,
}

impl Info {
    /// Adds the lines of a section; what was said before of the same is replaced.
    pub(super) fn take(&mut self, reply: Reply, asked: &str, refused: &mut Vec<String>) {
        match reply {
            Reply::Text(text) => {
                let lines = text.lines().filter(|line| !line.starts_with('#'));
                let fields = lines.filter_map(|line| line.split_once(':'));
                if asked.ends_with("replication") {
                    self.fields.retain(|name, _| !is_replica(name));
                }
                self.fields.extend(fields.map(|(name, value)| (name.to_owned(), value.trim().to_owned())));
            }
            other => refused.push(refusal(asked, &other)),
        }
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.fields.get(name).map(String::as_str)
    }

    fn number(&self, name: &str) -> Option<f64> {
        self.text(name)?.parse::<f64>().ok().filter(|number| number.is_finite())
    }

    fn whole(&self, name: &str) -> Option<u64> {
        self.text(name)?.parse().ok()
    }

    /// Each replica of a primary: its state, offset and lag.
    fn replicas(&self) -> Vec<Replica<'_>> {
        let replicas = self.fields.iter().filter(|(name, _)| is_replica(name));
        replicas.take(MAX_REPLICAS).map(|(_, value)| Replica::read(value)).collect()
    }

    /// Whether nothing of the replication is on its way any more.
    pub(super) fn is_settled(&self) -> bool {
        match self.text("role") {
            Some("slave") => self.text("master_link_status") == Some("up"),
            Some(_) => self.replicas().iter().all(|replica| replica.state == Some("online")),
            None => false,
        }
    }
}

/// `slave0`, `slave1`, ..
fn is_replica(name: &str) -> bool {
    name.strip_prefix("slave").is_some_and(|number| !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()))
}

/// `ip=..,port=..,state=online,offset=..,lag=..`
struct Replica<'a> {
    state: Option<&'a str>,
    offset: Option<u64>,
    lag: Option<u64>,
}

impl<'a> Replica<'a> {
    fn read(value: &'a str) -> Self {
        let get = |wanted: &str| {
            value.split(',').filter_map(|part| part.split_once('=')).find(|(name, _)| *name == wanted).map(|(_, v)| v)
        };
        Self {
            state: get("state"),
            offset: get("offset").and_then(|offset| offset.parse().ok()),
            lag: get("lag").and_then(|lag| lag.parse().ok()),
        }
    }
}

fn refusal(asked: &str, reply: &Reply) -> String {
    match reply {
        Reply::Refused(why) => format!("{asked}: {why}"),
        Reply::Text(_) | Reply::Integer(_) | Reply::Nil | Reply::List(_) => {
            format!("{asked}: an answer of another kind")
        }
    }
}

/// What a stranger's PING was answered. Says whether a login is asked for; `None` when that cannot be told.
pub(super) fn tell_access(sight: &mut Sight, greeted: &Reply) -> Option<bool> {
    let asks = match greeted {
        Reply::Refused(why) if why.starts_with("NOAUTH") => true,
        Reply::Text(_) => false,
        // A server that is loading, or a replica without its primary, says so to whoever is let in.
        Reply::Refused(why) if ["LOADING", "MASTERDOWN", "BUSY"].iter().any(|word| why.starts_with(word)) => false,
        Reply::Refused(why) => {
            sight.text("ping", why);
            return None;
        }
        Reply::Integer(_) | Reply::Nil | Reply::List(_) => return None,
    };
    sight.boolean("auth_required", asks);
    Some(asks)
}

/// What a certificate is worth.
pub(super) fn tell_certificate(sight: &mut Sight, certificate: &Certificate, now: i64) {
    crate::http::tell_certificates(sight, std::slice::from_ref(certificate), 1, now);
    // Whatever else fails: the certificate was seen.
    (sight.subjects, sight.grade) = (1, Some(evidence::Grade::Live));
}

pub(super) fn tell_info(sight: &mut Sight, info: &Info, settle: Duration) {
    for (name, field) in [("version", "redis_version"), ("policy", "maxmemory_policy")] {
        sight.values.extend(info.text(field).map(|text| (name.to_owned(), Value::from(text))));
    }
    for (name, field) in [("evicted_keys", "evicted_keys"), ("rejected_connections", "rejected_connections")] {
        let number = info.whole(field).and_then(|number| i64::try_from(number).ok());
        sight.values.extend(number.map(|number| (name.to_owned(), Value::Integer(number))));
    }
    if let Some(used) = info.whole("used_memory") {
        sight.put("used_memory_bytes", Value::bytes(used));
    }
    if let Some(limit) = info.whole("maxmemory") {
        sight.boolean("unbounded", limit == 0);
        if limit > 0 {
            sight.put("maxmemory_bytes", Value::bytes(limit));
        }
    }
    tell_replication(sight, info, settle);
    tell_persistence(sight, info);
    tell_latencies(sight, info);
}

fn tell_replication(sight: &mut Sight, info: &Info, settle: Duration) {
    let Some(role) = info.text("role") else { return };
    let role = if role == "slave" { "replica" } else { "primary" };
    sight.text("role", role);
    if !settle.is_zero() {
        sight.boolean("settled", info.is_settled());
    }
    let replicas = info.replicas();
    if let Some(connected) = info.whole("connected_slaves").and_then(|number| usize::try_from(number).ok()) {
        sight.integer("replicas", connected);
        let online = replicas.iter().filter(|replica| replica.state == Some("online")).count();
        sight.integer("replicas_online", online);
    }
    if role == "replica" {
        tell_link(sight, info);
    } else if !replicas.is_empty() {
        tell_lags(sight, info, &replicas);
    }
}

/// A replica knows its link; how many bytes it lacks only its primary knows.
fn tell_link(sight: &mut Sight, info: &Info) {
    let Some(status) = info.text("master_link_status") else { return };
    sight.boolean("link_up", status == "up");
    let silent = info.number("master_last_io_seconds_ago").filter(|silent| status == "up" && *silent >= 0.0);
    sight.values.extend(silent.and_then(seconds).map(|lag| ("lag_seconds".to_owned(), lag)));
}

/// The worst of all replicas; nothing when one of them does not say.
fn tell_lags(sight: &mut Sight, info: &Info, replicas: &[Replica<'_>]) {
    let behind = |replica: &Replica<'_>| Some(info.whole("master_repl_offset")?.saturating_sub(replica.offset?));
    if let Some(bytes) = replicas.iter().map(behind).collect::<Option<Vec<u64>>>() {
        sight.put("lag_bytes", Value::bytes(bytes.into_iter().max().unwrap_or_default()));
    }
    if let Some(lags) = replicas.iter().map(|replica| replica.lag).collect::<Option<Vec<u64>>>() {
        let worst = Duration::from_secs(lags.into_iter().max().unwrap_or_default());
        sight.put("lag_seconds", Value::duration(worst));
    }
}

fn seconds(number: f64) -> Option<Value> {
    Quantity::exact(number, Unit::Second).map(Value::Quantity)
}

fn tell_persistence(sight: &mut Sight, info: &Info) {
    if let Some(enabled) = info.text("aof_enabled") {
        sight.boolean("aof", enabled == "1");
        if enabled == "1"
            && let (Some(write), Some(rewrite)) =
                (info.text("aof_last_write_status"), info.text("aof_last_bgrewrite_status"))
        {
            sight.boolean("aof_ok", write == "ok" && rewrite == "ok");
        }
    }
    let clock = info.number("server_time_usec").map(|micros| micros / 1e6);
    let started = clock.zip(info.number("uptime_in_seconds")).map(|(clock, up)| clock - up);
    let saved = info.number("rdb_last_save_time");
    let is_real = saved.zip(started).is_some_and(|(saved, started)| saved > started + START_IS_NO_SAVE);
    match info.text("rdb_last_bgsave_status") {
        Some("ok") if is_real => sight.boolean("rdb_ok", true),
        Some("ok") | None => {}
        Some(_) => sight.boolean("rdb_ok", false),
    }
    let age = saved.zip(clock).filter(|_| is_real).map(|(saved, clock)| (clock - saved).max(0.0));
    sight.values.extend(age.and_then(seconds).map(|age| ("rdb_last_save_age".to_owned(), age)));
}

/// `latency_percentiles_usec_get:p50=1.003,p99=2.007,p99.9=4.015`
fn tell_latencies(sight: &mut Sight, info: &Info) {
    const BEFORE: &str = "latency_percentiles_usec_";
    let commands = info.fields.iter().filter_map(|(name, value)| Some((name.strip_prefix(BEFORE)?, value)));
    for (command, value) in commands.take(MAX_COMMANDS) {
        for (share, micros) in value.split(',').filter_map(|part| part.split_once('=')) {
            let took = micros.parse::<f64>().ok().map(|micros| micros / 1e6).and_then(seconds);
            let name = format!("latency.{}.{}", spelled(command), share.replace('.', ""));
            sight.values.extend(took.map(|took| (name, took)));
        }
    }
}

/// What users may do, which ports there are, and when snapshots are made.
pub(super) async fn tell_settings(
    sight: &mut Sight,
    connection: &mut Connection,
    asks: Option<bool>,
    refused: &mut Vec<String>,
) -> Result<(), Failure> {
    match connection.ask(&Question::AclList).await? {
        Reply::List(users) => tell_default_user(sight, &users),
        other => {
            refused.push(refusal("ACL LIST", &other));
            // Whoever is asked to log in is not let in as the default user.
            if asks == Some(true) {
                sight.boolean("default_user_open", false);
            }
        }
    }
    for (name, setting) in [("tls_port", "tls-port"), ("plain_port", "port")] {
        if let Some(port) = setting_of(connection, setting, refused).await?.and_then(|port| port.parse().ok()) {
            sight.put(name, Value::Integer(port));
        }
    }
    if let Some(save) = setting_of(connection, "save", refused).await? {
        sight.boolean("rdb", !save.is_empty());
    }
    if let Reply::Text(user) = connection.ask(&Question::AclWhoami).await? {
        sight.text("user", &user);
    }
    Ok(())
}

async fn setting_of(
    connection: &mut Connection,
    setting: &'static str,
    refused: &mut Vec<String>,
) -> Result<Option<String>, Failure> {
    match connection.ask(&Question::ConfigGet(setting)).await? {
        Reply::List(pair) => match pair.as_slice() {
            [Reply::Text(_), Reply::Text(value)] => Ok(Some(value.clone())),
            // An old server does not know the setting.
            _ => Ok(None),
        },
        other => {
            refused.push(refusal(&format!("CONFIG GET {setting}"), &other));
            Ok(None)
        }
    }
}

/// `user default on nopass ~* &* +@all`: who connects may do everything.
fn tell_default_user(sight: &mut Sight, users: &[Reply]) {
    let lines = users.iter().filter_map(|user| match user {
        Reply::Text(line) => Some(line.split_whitespace().collect::<Vec<&str>>()),
        Reply::Refused(_) | Reply::Integer(_) | Reply::Nil | Reply::List(_) => None,
    });
    let lines: Vec<Vec<&str>> = lines.collect();
    sight.integer("users", lines.len());
    let Some(words) = lines.iter().find(|words| words.get(1) == Some(&"default")) else { return };
    let has = |names: &[&str]| words.iter().any(|word| names.contains(word));
    let (on, free) = (has(&["on"]), has(&["nopass"]));
    let all = has(&["+@all", "allcommands"]) && has(&["~*", "allkeys"]);
    sight.boolean("default_user_on", on);
    sight.boolean("default_user_nopass", free);
    sight.boolean("default_user_may_all", all);
    sight.boolean("default_user_open", on && free && all);
}
