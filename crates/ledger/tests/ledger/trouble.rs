//! What a database can do to us: be read-only, full of others, silent, gone, unfit. Each is told by its name, nothing that
//! was acknowledged is lost, and when it is over the ledger goes on.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use ledger::{ANSWER_WITHIN, Error, Ledger, kind};

use crate::world::{World, address};

/// Writers at one time, and entries that they acknowledge before their server crashes.
const WRITERS: usize = 3;
const BEFORE_THE_CRASH: usize = 20;

fn append(ledger: &mut Ledger) -> Result<u64, Error> {
    ledger.append(kind::RUN, 1, "{}", 0).map(|entry| entry.seq)
}

#[test]
fn a_database_that_is_read_only_reads_and_refuses() {
    let Some(world) = World::postgres() else { return };
    let mut open = world.with(2);
    world.tamper(&format!("ALTER DATABASE {} SET default_transaction_read_only TO on", world.database()));
    let error = Ledger::open(world.address()).expect_err("refuses");
    assert!(matches!(error, Error::ReadOnly { .. }), "{error}");
    assert_eq!(Ledger::open_read_only(world.address()).expect("reads").head().expect("reads").size, 2);
    assert_eq!(append(&mut open).expect("a connection from before goes on"), 3);
}

#[test]
fn a_user_who_may_not_write_is_told() {
    let Some(mut world) = World::postgres() else { return };
    drop(world.with(2));
    let database = world.database().to_owned();
    world.tamper(
        "CREATE ROLE bob LOGIN PASSWORD 'not-a-secret: %/@'; GRANT USAGE ON SCHEMA seaworthy TO bob; \
        GRANT SELECT ON ALL TABLES IN SCHEMA seaworthy TO bob",
    );
    let bob = address(&world.server().address("bob", &database));
    let mut ledger = Ledger::open(&bob).expect("opens: what is there may be read");
    assert_eq!(ledger.head().expect("reads").size, 2);
    let error = append(&mut ledger).expect_err("refuses");
    assert!(matches!(error, Error::ReadOnly { .. }), "{error}");
    world.tamper("GRANT INSERT ON seaworthy.entry TO bob");
    assert_eq!(append(&mut ledger).expect("appends and may do nothing else"), 3);
}

#[test]
fn a_server_without_a_free_connection_says_so_and_has_one_later() {
    let Some(mut world) = World::postgres_with(&["max_connections = 4", "superuser_reserved_connections = 0"]) else {
        return;
    };
    let mut kept = world.with(1);
    world.tamper("SELECT 1");
    let others: Vec<Ledger> = (0..3).map_while(|_| Ledger::open(world.address()).ok()).collect();
    let error = Ledger::open(world.address()).expect_err("has no room");
    assert!(matches!(error, Error::Refused { .. }), "{error}");
    assert!(error.to_string().contains("53300"), "{error}");
    assert_eq!(append(&mut kept).expect("whoever is in goes on"), 2);
    drop(others);
    let since = Instant::now();
    while Ledger::open(world.address()).is_err() {
        assert!(since.elapsed() < Duration::from_secs(10), "the connections were never given back");
    }
    let _ = world.server();
}

#[test]
fn a_wrong_password_or_a_missing_database_is_told_without_the_password() {
    let Some(mut world) = World::postgres() else { return };
    world.tamper("CREATE ROLE eve LOGIN PASSWORD 'another'");
    let database = world.database().to_owned();
    for text in [world.server().address("eve", &database), world.server().address("ann", "nowhere")] {
        let error = Ledger::open(address(&text)).expect_err("refuses");
        assert!(matches!(error, Error::Refused { .. }), "{error}");
        assert!(!format!("{error} {error:?}").contains("not-a-secret"), "{error:?}");
    }
}

#[test]
fn a_server_that_crashes_loses_nothing_acknowledged_and_the_ledger_goes_on_when_it_is_back() {
    let Some(mut world) = World::postgres() else { return };
    let mut ledger = world.with(5);
    for round in 0..5_u64 {
        let head = ledger.head().expect("reads");
        world.server().crash();
        let error = append(&mut ledger).expect_err("nobody is there");
        assert!(matches!(error, Error::Unreachable { .. }), "{error}");
        world.server().restart();
        assert_eq!(append(&mut ledger).expect("goes on"), 6 + round);
        let verified = ledger.verify(&[head]).expect("reads");
        assert!(verified.is_whole() && verified.anchored == 5 + round, "{:?}", verified.problems);
    }
}

#[test]
fn entries_that_were_acknowledged_before_a_crash_in_the_middle_are_there_after_it() {
    let Some(mut world) = World::postgres() else { return };
    drop(world.with(0));
    let (address, mut acknowledged) = (world.address(), Vec::new());
    for _ in 0..5 {
        let (said, heard) = std::sync::mpsc::channel();
        let all_are_in = std::sync::Barrier::new(WRITERS);
        std::thread::scope(|scope| {
            for _ in 0..WRITERS {
                let (address, said, all_are_in) = (&address, said.clone(), &all_are_in);
                scope.spawn(move || {
                    let mut ledger = Ledger::open(address).expect("opens");
                    all_are_in.wait();
                    while let Ok(entry) = ledger.append(kind::RUN, 1, "{}", 0) {
                        said.send((entry.seq, entry.hash)).expect("is heard");
                    }
                });
            }
            drop(said);
            acknowledged.extend(heard.iter().take(BEFORE_THE_CRASH));
            world.server().crash();
            acknowledged.extend(heard.iter());
        });
        world.server().restart();
    }
    let ledger = world.with(0);
    assert!(ledger.verify(&[]).expect("reads").is_whole());
    for (seq, hash) in acknowledged {
        let entry = ledger.entry(seq).expect("reads").expect("an acknowledged entry is lost");
        assert_eq!(entry.hash, hash, "entry {seq} is another one");
    }
}

#[test]
fn a_connection_that_is_cut_within_a_transaction_takes_it_back() {
    let Some(world) = World::postgres() else { return };
    let mut ledger = world.with(1);
    let cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'seaworthy ledger'";
    world.tamper(cut);
    assert_eq!(append(&mut ledger).expect("begins on a new connection"), 2);
    assert!(ledger.verify(&[]).expect("reads").is_whole());
}

#[test]
fn a_server_that_hangs_is_told_within_its_time() {
    let Some(mut world) = World::postgres() else { return };
    let mut ledger = world.with(1);
    world.server().signal("STOP");
    let since = Instant::now();
    let error = append(&mut ledger).expect_err("hangs");
    assert!(matches!(&error, Error::Unreachable { why, .. } if why.contains("no answer within")), "{error}");
    assert!(since.elapsed() < ANSWER_WITHIN * 2);
    world.server().signal("CONT");
    assert!(append(&mut ledger).expect("goes on") >= 2);
    assert!(ledger.verify(&[]).expect("reads").is_whole());
}

#[test]
fn a_writer_that_never_ends_makes_others_wait_and_then_say_so() {
    let Some(world) = World::postgres() else { return };
    let mut ledger = world.with(1);
    let text = world.text();
    std::thread::scope(|scope| {
        let held = scope.spawn(|| hold_the_lock(&text));
        let since = Instant::now();
        let error = loop {
            match append(&mut ledger) {
                Ok(_) => assert!(since.elapsed() < Duration::from_secs(10), "the lock was never taken"),
                Err(error) => break error,
            }
        };
        assert!(matches!(error, Error::Busy { .. }), "{error}");
        held.join().expect("ends");
    });
    assert!(ledger.verify(&[]).expect("reads").is_whole());
}

/// Holds the writers' lock for longer than anybody waits for it.
fn hold_the_lock(text: &str) {
    let seconds = ledger::BUSY_WITHIN.as_secs() + 4;
    let text = text.replace("${env:WORD}@", "@");
    let (user_host, database) = text.rsplit_once('/').expect("has both");
    let at = user_host.rsplit_once('@').expect("has both").1.parse().expect("is an address");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("starts");
    runtime.block_on(async {
        let stream = outside::net::connect(at, Duration::from_secs(5)).await.expect("connects");
        let mut config = tokio_postgres::Config::new();
        config.user("ann").password(crate::server::PASSWORD).dbname(database);
        let (client, connection) = config.connect_raw(stream, tokio_postgres::NoTls).await.expect("logs in");
        let connection = tokio::spawn(connection);
        let sql =
            format!("BEGIN; SELECT pg_advisory_xact_lock({}); SELECT pg_sleep({seconds})", 0x7365_6177_6f72_7468_i64);
        client.batch_execute(&sql).await.expect("waits");
        connection.abort();
    });
}

#[test]
fn a_server_that_forgets_what_it_acknowledged_is_unfit() {
    let Some(world) = World::postgres_with(&["fsync = off"]) else { return };
    let error = Ledger::open(world.address()).expect_err("refuses");
    assert!(matches!(&error, Error::Unfit { why, .. } if why.contains("fsync=off")), "{error}");
}

#[test]
fn lazy_commits_are_switched_on_for_the_ledger() {
    let Some(world) = World::postgres_with(&["synchronous_commit = off"]) else { return };
    drop(world.with(1));
    world.tamper(
        "CREATE TABLE seen(setting TEXT); CREATE FUNCTION look() RETURNS trigger LANGUAGE plpgsql AS \
        'BEGIN INSERT INTO seaworthy.seen VALUES (current_setting(''synchronous_commit'')); RETURN NULL; END'; \
        CREATE TRIGGER look AFTER INSERT ON entry EXECUTE FUNCTION look(); CREATE VIEW v AS SELECT setting FROM seen",
    );
    drop(world.with(1));
    world.tamper("SELECT 1 / (SELECT count(*) FROM seaworthy.seen WHERE setting = 'on')");
}

#[test]
fn a_database_that_swallows_entries_acknowledges_none() {
    let Some(world) = World::postgres() else { return };
    let mut ledger = world.with(1);
    world.tamper(
        "CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'; \
        CREATE TRIGGER nothing BEFORE INSERT ON entry FOR EACH ROW EXECUTE FUNCTION nothing()",
    );
    let error = append(&mut ledger).expect_err("is not kept");
    assert!(error.to_string().contains("did not keep entry 2"), "{error}");
    world.tamper("DROP TRIGGER nothing ON entry");
    assert_eq!(append(&mut ledger).expect("goes on"), 2);
}

#[test]
fn a_schema_of_somebody_else_is_left_alone() {
    let Some(world) = World::postgres() else { return };
    world.tamper("CREATE SCHEMA seaworthy; CREATE TABLE seaworthy.entry(seq BIGINT PRIMARY KEY)");
    let error = Ledger::open(world.address()).expect_err("refuses");
    assert!(matches!(error, Error::Foreign { .. }), "{error}");
}

/// What happens to the connection when the client says that it commits.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Cut {
    /// The server never hears it.
    Before,
    /// The server does it, and its answer is lost.
    After,
}

/// A way to the server that breaks at the third commit: the first two are of opening the ledger and of the entry before.
fn breaking(server: SocketAddr, cut: Cut) -> SocketAddr {
    let listener = outside::net::listen(SocketAddr::from(([127, 0, 0, 1], 0)), false).expect("listens");
    listener.set_nonblocking(false).expect("waits");
    let at = listener.local_addr().expect("has an address");
    std::thread::spawn(move || {
        let (mut client, _) = listener.accept().expect("comes");
        let mut server = TcpStream::connect(server).expect("is there");
        let (mut back, mut to_client) = (server.try_clone().expect("twice"), client.try_clone().expect("twice"));
        std::thread::spawn(move || std::io::copy(&mut back, &mut to_client));
        let (mut commits, mut bytes) = (0, [0; 8192]);
        while let Ok(length @ 1..) = client.read(&mut bytes) {
            commits += usize::from(bytes[..length].windows(7).any(|word| word == b"COMMIT\0"));
            if commits == 3 {
                if cut == Cut::After {
                    client.shutdown(Shutdown::Both).expect("is open");
                    server.write_all(&bytes[..length]).expect("hears it");
                }
                break;
            }
            server.write_all(&bytes[..length]).expect("hears it");
        }
        let _ = client.shutdown(Shutdown::Both);
        // The server ends by itself when it has done what it heard.
        let _ = server.shutdown(Shutdown::Write);
    });
    at
}

#[test]
fn an_entry_whose_acknowledgement_was_lost_is_in_doubt_and_never_acknowledged() {
    let Some(mut world) = World::postgres() else { return };
    let server = world.server().at;
    for (cut, size) in [(Cut::Before, 1), (Cut::After, 3)] {
        let text = world.text().replace(&server.to_string(), &breaking(server, cut).to_string());
        let mut ledger = Ledger::open(address(&text)).expect("opens");
        append(&mut ledger).expect("the first is acknowledged");
        let error = append(&mut ledger).expect_err("is not acknowledged");
        assert!(matches!(error, Error::InDoubt { .. }), "{error}");
        assert!(error.to_string().contains("may or may not be there"), "{error}");
        let there = || Ledger::open(world.address()).expect("opens").head().expect("reads").size;
        let since = Instant::now();
        while there() < size {
            assert!(since.elapsed() < Duration::from_secs(10), "{} of {size}", there());
        }
        let verified = Ledger::open(world.address()).expect("opens").verify(&[]).expect("reads");
        assert!(verified.is_whole() && verified.size == size, "{verified:?}");
    }
}
