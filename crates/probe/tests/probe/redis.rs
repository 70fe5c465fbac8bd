//! `redis.info`, against real servers of Debian's `redis-server`, and against raw ones that have a bad day.

use std::net::SocketAddr;

use evidence::{Grade, Observation, Value};

use crate::server::{Manner, Raw, Server, certificate, free, program, trusted, until};
use crate::world::{Place, blind, broken, held, not_seen};

/// A variable that is set in every test run, used as the password.
const PASSWORD: &str = env!("CARGO_MANIFEST_DIR");

/// With the password.
const KNOWN: &str = "password: '${env:CARGO_MANIFEST_DIR}'";

/// A Redis with these lines in its configuration.
async fn redis(test: &str, lines: &str) -> Option<Server> {
    let at = free();
    redis_at(test, at, &format!("port {}\n{lines}", at.port())).await
}

async fn redis_at(test: &str, at: SocketAddr, lines: &str) -> Option<Server> {
    let program = program(test, "redis-server")?;
    let directory = tempfile::tempdir().expect("makes a directory");
    let all = format!(
        "bind 127.0.0.1\ndaemonize no\ndir {}\nrepl-diskless-sync-delay 0\n{lines}\n",
        directory.path().display()
    );
    let file = directory.path().join("redis.conf");
    outside::files::write_whole(&file, all.as_bytes()).expect("writes");
    Some(Server::start(&program, &[file.to_string_lossy().into_owned()], at, directory).await)
}

async fn look_at(at: SocketAddr, more: &str) -> Observation {
    let comma = if more.is_empty() { "" } else { ", " };
    Place::new().look("redis.info", &format!("{{address: '{at}'{comma}{more}}}")).await
}

#[tokio::test]
async fn a_password_holds_and_every_way_of_losing_it_turns() {
    let test = "a_password_holds_and_every_way_of_losing_it_turns";
    let expect = "obs.auth_required && !obs.default_user_open";
    let Some(sound) = redis(test, &format!("requirepass {PASSWORD}")).await else { return };
    let seen = look_at(sound.at, KNOWN).await;
    held(&seen, expect);
    held(&seen, "obs.role == 'primary' && obs.version.startsWith('7.') && obs.users == 1 && obs.refusals == 0");
    assert_eq!((seen.grade, seen.trouble.as_deref()), (Some(Grade::Live), None));
    assert!(!format!("{seen:?}").contains(PASSWORD), "{seen:?}");
    // A stranger learns that much too, and no more.
    let stranger = look_at(sound.at, "").await;
    held(&stranger, expect);
    not_seen(&stranger, "obs.role == 'primary'");
    not_seen(&stranger, "obs.tls_port == 0");
    held(&stranger, "obs.refusals > 5 && obs.refused.exists(r, r.contains('NOAUTH'))");
    // The password is gone, or the default user is let in beside it, or to a part of it.
    let open = redis(test, "").await.expect("the program is there");
    broken(&look_at(open.at, "").await, expect);
    let reset = redis(test, &format!("user default on nopass ~* &* +@all\nuser app on >{PASSWORD} ~* +@all")).await;
    let seen = look_at(reset.expect("the program is there").at, &format!("user: app, {KNOWN}")).await;
    broken(&seen, expect);
    broken(&seen, "!obs.default_user_open");
    let part =
        redis(test, "user default on nopass ~app:* +@read +ping +info +acl").await.expect("the program is there");
    let seen = look_at(part.at, "").await;
    broken(&seen, expect);
    held(&seen, "!obs.default_user_open && obs.default_user_nopass && !obs.default_user_may_all");
}

#[tokio::test]
async fn a_login_that_is_refused_can_hold_nothing() {
    let test = "a_login_that_is_refused_can_hold_nothing";
    let Some(server) = redis(test, "requirepass another").await else { return };
    let seen = look_at(server.at, KNOWN).await;
    assert!(seen.trouble.as_ref().is_some_and(|trouble| trouble.contains("WRONGPASS")), "{seen:?}");
    not_seen(&seen, "obs.auth_required");
    not_seen(&seen, "obs.unbounded == false");
}

#[tokio::test]
async fn what_a_server_refuses_is_not_seen_and_the_rest_is() {
    let test = "what_a_server_refuses_is_not_seen_and_the_rest_is";
    let lines = format!("rename-command CONFIG \"\"\nuser default off\nuser probe on >{PASSWORD} +ping +info");
    let Some(server) = redis(test, &lines).await else { return };
    let seen = look_at(server.at, &format!("user: probe, {KNOWN}")).await;
    held(&seen, "obs.role == 'primary' && obs.auth_required && !obs.default_user_open");
    not_seen(&seen, "obs.tls_port == 0");
    not_seen(&seen, "obs.rdb == false");
    not_seen(&seen, "obs.default_user_on == false");
    held(&seen, "obs.refused.exists(r, r.contains('NOPERM')) && obs.refused.exists(r, r.startsWith('CONFIG GET'))");
}

#[tokio::test]
async fn a_limit_on_memory_holds_and_none_or_a_larger_one_turns() {
    let test = "a_limit_on_memory_holds_and_none_or_a_larger_one_turns";
    let expect = "!obs.unbounded && obs.maxmemory_bytes <= 64MiB && obs.policy == 'allkeys-lru'";
    let Some(sound) = redis(test, "maxmemory 64mb\nmaxmemory-policy allkeys-lru").await else { return };
    let seen = look_at(sound.at, "").await;
    held(&seen, expect);
    held(&seen, "obs.used_memory_bytes < 64MiB && obs.evicted_keys == 0 && obs.latency.info.p99 < 1s");
    for flaw in
        ["maxmemory 0\nmaxmemory-policy allkeys-lru", "maxmemory 65mb\nmaxmemory-policy allkeys-lru", "maxmemory 64mb"]
    {
        let flawed = redis(test, flaw).await.expect("the program is there");
        broken(&look_at(flawed.at, "").await, expect);
    }
    let unlimited = redis(test, "").await.expect("the program is there");
    not_seen(&look_at(unlimited.at, "").await, "obs.maxmemory_bytes <= 64MiB");
}

#[tokio::test]
async fn a_replica_is_in_step_and_turns_when_its_primary_dies() {
    let test = "a_replica_is_in_step_and_turns_when_its_primary_dies";
    let Some(mut primary) = redis(test, "").await else { return };
    let follow = format!("replicaof 127.0.0.1 {}", primary.at.port());
    let replica = redis(test, &follow).await.expect("the program is there");
    let linked = "obs.role == 'replica' && obs.link_up && obs.settled";
    held(&look_at(replica.at, "settle: 15s").await, linked);
    held(&look_at(replica.at, "").await, "obs.lag_seconds < 60s");
    not_seen(&look_at(replica.at, "").await, "obs.lag_bytes < 1MiB");
    let one = "obs.replicas == 1 && obs.replicas_online == 1 && obs.lag_bytes < 1MiB && obs.lag_seconds < 30s";
    until("the primary has heard of its replica", async || {
        let seen = look_at(primary.at, "settle: 15s").await;
        crate::world::verdict(&seen, one).is_held()
    })
    .await;
    primary.kill().await;
    until("the replica has noticed", async || {
        look_at(replica.at, "").await.values.get("link_up") == Some(&Value::Boolean(false))
    })
    .await;
    let seen = look_at(replica.at, "settle: 200ms").await;
    broken(&seen, linked);
    broken(&seen, "obs.settled");
    not_seen(&seen, "obs.lag_seconds < 60s");
    let alone = redis(test, "").await.expect("the program is there");
    let seen = look_at(alone.at, "").await;
    broken(&seen, one);
    not_seen(&seen, "obs.lag_bytes < 1MiB");
    not_seen(&seen, "obs.link_up");
}

#[tokio::test]
async fn a_server_that_never_saved_has_no_age_of_a_save() {
    let test = "a_server_that_never_saved_has_no_age_of_a_save";
    let Some(never) = redis(test, "save 3600 1").await else { return };
    let seen = look_at(never.at, "").await;
    held(&seen, "obs.rdb && !obs.aof");
    not_seen(&seen, "obs.rdb_last_save_age < 1h");
    not_seen(&seen, "obs.rdb_ok");
    let logged = redis(test, "appendonly yes\nsave \"\"").await.expect("the program is there");
    let seen = look_at(logged.at, "").await;
    held(&seen, "obs.aof && obs.aof_ok && !obs.rdb");
    broken(&seen, "obs.rdb");
}

/// A Redis with TLS on its port, and perhaps a second port without.
async fn with_tls(test: &str, name: &str, plain: u16) -> Option<Server> {
    let at = free();
    let [ca, own, key] = ["ca.pem", &format!("{name}.pem"), &format!("{name}.key")].map(certificate);
    let lines = format!(
        "port {plain}\ntls-port {}\ntls-auth-clients no\ntls-ca-cert-file {}\ntls-cert-file {}\ntls-key-file {}",
        at.port(),
        ca.display(),
        own.display(),
        key.display()
    );
    redis_at(test, at, &lines).await
}

#[tokio::test]
async fn plain_text_is_refused_where_tls_is_spoken_and_a_port_beside_it_turns() {
    let test = "plain_text_is_refused_where_tls_is_spoken_and_a_port_beside_it_turns";
    let expect = "obs.plaintext_refused && obs.tls_port > 0 && obs.tls_name_ok && obs.tls_days_left > 30";
    let Some(sound) = with_tls(test, "sound", 0).await else { return };
    let place = Place::new();
    trusted(&place);
    let with = |at: SocketAddr, ca: &str| format!("{{address: '{at}', tls: true, ca: {ca}}}");
    let seen = place.look("redis.info", &with(sound.at, "ca.pem")).await;
    held(&seen, expect);
    let beside = with_tls(test, "sound", free().port()).await.expect("the program is there");
    broken(&place.look("redis.info", &with(beside.at, "ca.pem")).await, "obs.plaintext_refused");
    for (name, turned) in
        [("other", "obs.tls_name_ok"), ("expired", "obs.tls_trusted"), ("soon", "obs.tls_days_left > 30")]
    {
        let flawed = with_tls(test, name, 0).await.expect("the program is there");
        let seen = place.look("redis.info", &with(flawed.at, "ca.pem")).await;
        broken(&seen, turned);
        if name != "soon" {
            not_seen(&seen, "obs.role == 'primary'");
        }
    }
    let untrusted = place.look("redis.info", &with(sound.at, "stranger.pem")).await;
    broken(&untrusted, "obs.tls_trusted");
    not_seen(&untrusted, "!obs.auth_required");
    // A plain server does not speak TLS, and a TLS server does not answer without it.
    let plain = redis(test, "").await.expect("the program is there");
    let seen = place.look("redis.info", &with(plain.at, "ca.pem, within: 500ms")).await;
    broken(&seen, "obs.plaintext_refused");
    not_seen(&seen, "!obs.auth_required");
    broken(&look_at(plain.at, "").await, "obs.tls_port > 0");
    let seen = look_at(sound.at, "").await;
    assert_eq!(seen.subjects, 0, "{seen:?}");
}

#[tokio::test]
async fn a_bad_day_is_not_seen_and_ends_in_time() {
    for (manner, why) in [
        (Manner::Hangs, "timed out"),
        (Manner::Drips(b'+'), "timed out"),
        (Manner::Closes, "ended before the answer did"),
        (Manner::Says(b"+PON"), "ended before the answer did"),
        (Manner::Says(b"HTTP/1.1 400 Bad Request\r\n\r\n"), "not of Redis"),
        (Manner::Floods(b"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"), "larger than the limit"),
        (Manner::Says(b"$999999999999\r\nabc"), ""),
    ] {
        let server = Raw::new(manner);
        let seen = look_at(server.at, "within: 300ms").await;
        if why.is_empty() {
            // Any text is an answer to PING; what cannot be held is no answer.
            assert!(seen.trouble.is_some(), "{seen:?}");
            not_seen(&seen, "obs.role == 'primary'");
        } else {
            blind(&seen, why);
        }
        not_seen(&seen, "obs.auth_required == false");
    }
    blind(&look_at(crate::service::nobody(), "").await, "refused");
    blind(&look_at("192.0.2.7:6379".parse().expect("is an address"), "").await, "is not allowed");
    let mut place = Place::new();
    blind(&place.look("redis.info", "{component: cache}").await, "has no address here");
    place.addresses("cache", &[crate::service::nobody()]);
    blind(&place.look("redis.info", "{component: cache, password: '${env:SEAWORTHY_NO_SUCH}'}").await, "is not set");
}

#[tokio::test]
async fn two_servers_of_one_component_must_agree() {
    let test = "two_servers_of_one_component_must_agree";
    let Some(sound) = redis(test, &format!("requirepass {PASSWORD}")).await else { return };
    let open = redis(test, "").await.expect("the program is there");
    let mut place = Place::new();
    place.addresses("cache", &[sound.at, open.at]);
    let seen = place.look("redis.info", "{component: cache}").await;
    not_seen(&seen, "obs.auth_required");
    broken(&seen, "!obs.each.auth_required.exists(asks, asks == false)");
    place.addresses("cache", &[sound.at, crate::service::nobody()]);
    not_seen(&place.look("redis.info", "{component: cache}").await, "obs.auth_required");
    place.addresses("cache", &[sound.at, sound.at]);
    held(&place.look("redis.info", "{component: cache}").await, "obs.auth_required && obs.servers == 2");
}

#[test]
fn everything_wrong_with_a_question_to_redis_is_said() {
    let place = Place::new();
    let wrong = |with: &str| {
        let problems = place.read("redis.info", with).err().unwrap_or_default();
        problems.into_iter().map(|problem| problem.message).collect::<Vec<String>>().join("\n")
    };
    assert_eq!(wrong("{component: cache}"), "");
    assert_eq!(wrong("{}"), "name a `component`, or an `address`");
    assert_eq!(wrong("{component: api}"), "`api` is not a component that speaks the protocol of Redis");
    for address in ["'127.0.0.1'", "'redis://127.0.0.1:6379'", "':6379'", "'a:b'"] {
        assert!(wrong(&format!("{{address: {address}}}")).contains("must look like"), "{address}");
    }
    let all =
        wrong("{component: cache, address: 'a:1', user: x, settle: 2m, within: 0s, tls: false, ca: a, komponent: x}");
    for part in ["not both", "needs a `password`", "at most 1m", "above 0s", "no use without TLS", "unknown key"] {
        assert!(all.contains(part), "{part}: {all}");
    }
    assert!(wrong("{component: cache, password: hunter2}").contains("${env:NAME}"));
}
