//! The example on a real PostgreSQL and a real Redis, each behind a TCP guard. The servers are started by the test, on free
//! ports, in directories of their own, and die with it.

use std::fs;
use std::io::Write;
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use crate::aftermath::until;
use crate::flaws::flaw;
use crate::proof::Proof;
use crate::world::World;

/// The drill on the edge to the database, as one more claim of the first risk.
const ONE_MORE: &str = r#"
    writes-fail-fast-without-the-database:
      says: while PostgreSQL is away nobody waits long, and what was acknowledged is there afterwards
      drill: dependency-down
      with: {edge: api->db, mode: refused, flow: track, off: none}
      expect: "obs.p95 < 3s && obs.lost_acknowledged == 0 && obs.acknowledged >= 50 && obs.recovery < 10s"
  STO-2:
"#;

const DURABLE: &str = "STO-1/acknowledged-events-survive-a-crash";
const INDEXED: &str = "STO-2/latest-events-have-an-index";
const COUNTED: &str = "STO-3/searches-go-on-without-redis";
const FAILS_FAST: &str = "STO-1/writes-fail-fast-without-the-database";

#[test]
fn the_example_holds_on_postgres_and_redis_behind_tcp_guards() {
    let test = "the_example_holds_on_postgres_and_redis_behind_tcp_guards";
    let Some(postgres_bin) = postgres_bin() else { return skip(test, "postgres") };
    let Some(redis_server) = on_path("redis-server") else { return skip(test, "redis-server") };
    let world = World::example("with-postgres.yaml");
    let (postgres, redis) = (Postgres::start(&postgres_bin), Server::redis(&redis_server));
    world.replace("seaworthy.yaml", "\n  STO-2:\n", ONE_MORE);
    let at = [postgres.server.at.to_string(), redis.at.to_string()];
    let settings = [
        ("EVENT_TRACKER_PG", at[0].as_str()),
        ("EVENT_TRACKER_PG_USER", "postgres"),
        ("EVENT_TRACKER_PG_PASSWORD", postgres.password.as_str()),
        ("EVENT_TRACKER_REDIS", at[1].as_str()),
    ];
    let flaw = flaw("index of events is not created").name;
    let flawed = [&settings[..], &[("EVENT_TRACKER_FLAW", flaw.as_str())]].concat();
    let flawed = Proof::run_with(&world, &flawed, &[INDEXED], 1);
    assert_eq!(flawed.verdict(INDEXED), "broken", "{:#}", flawed.json);
    let proof = Proof::run_with(&world, &settings, &[], 0);
    assert_eq!(proof.outcome(), "PASS", "{:#}", proof.json);
    for (id, grade) in [(DURABLE, "effective"), (INDEXED, "live"), (COUNTED, "live"), (FAILS_FAST, "live")] {
        assert_eq!((proof.verdict(id), &proof.claim(id)["grade"]), ("held", &grade.into()), "{:#}", proof.claim(id));
    }
    assert_eq!(proof.controls(DURABLE), ["held", "held", "broken"], "{:#}", proof.drill(DURABLE));
    for (id, edge) in [(COUNTED, "api->cache"), (FAILS_FAST, "api->db")] {
        assert_eq!(proof.controls(id), ["held", "held", "not_seen"], "{:#}", proof.drill(id));
        let bite = proof.drill(id)["controls"]["bite"]["what"].as_str().unwrap();
        assert!(bite.contains(&format!("attempt on {edge}")) && bite.contains(" met it"), "{bite}");
    }
    assert!(postgres.server.is_alive() && redis.is_alive(), "they are somebody else's");
    knows_no_secret(&world, &proof, &postgres.password);
}

/// The password of the database is nowhere that people or machines read.
fn knows_no_secret(world: &World, proof: &Proof, password: &str) {
    assert!(!proof.json.to_string().contains(password), "the result holds the password");
    for name in ["ledger.db", "report.html"] {
        let kept = fs::read(world.path().join(".seaworthy").join(name)).unwrap();
        let found = kept.windows(password.len()).any(|window| window == password.as_bytes());
        assert!(!found, "{name} holds the password");
    }
}

/// A test that cannot run says so by name; in CI that is a failure.
fn skip(test: &str, missing: &str) {
    let _ = writeln!(std::io::stderr(), "SKIPPED: {test}: no {missing} found");
    assert!(std::env::var_os("CI").is_none_or(|ci| ci != "true"), "in CI nothing may be skipped");
}

/// Debian's folder of the newest version, else the one on PATH.
fn postgres_bin() -> Option<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten();
    let folders = versions.filter_map(|entry| Some(entry.ok()?.path().join("bin")));
    let newest = folders.filter(|folder| folder.join("initdb").is_file()).max();
    newest.or_else(|| on_path("initdb")?.parent().map(Path::to_path_buf))
}

fn on_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file())
}

/// A running server in a directory of its own.
struct Server {
    child: Child,
    at: SocketAddr,
    _directory: TempDir,
}

impl Server {
    fn start(mut command: Command, port: u16, directory: TempDir) -> Self {
        let log = fs::File::create(directory.path().join("log")).unwrap();
        let child = command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log).spawn().unwrap();
        let at = SocketAddr::from(([127, 0, 0, 1], port));
        let mut server = Self { child, at, _directory: directory };
        until("the server listens", || {
            let ended = server.child.try_wait().unwrap();
            let log = || fs::read_to_string(server._directory.path().join("log")).unwrap();
            assert!(ended.is_none(), "it ended: {}", log());
            TcpStream::connect(at).is_ok()
        });
        server
    }

    fn redis(program: &Path) -> Self {
        let (directory, port) = (tempfile::tempdir().unwrap(), outside::net::free_port().unwrap());
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL"]).arg(program);
        command.args(["--bind", "127.0.0.1", "--save", "", "--port", &port.to_string(), "--dir"]).arg(directory.path());
        Self::start(command, port, directory)
    }

    fn is_alive(&self) -> bool {
        TcpStream::connect(self.at).is_ok()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A PostgreSQL with a password. It refuses to run as root, so it runs as Debian's `postgres` then.
pub(crate) struct Postgres {
    server: Server,
    password: String,
}

impl Postgres {
    /// A server for a test; `None`, said by name, where none is installed.
    pub(crate) fn here(test: &str) -> Option<Self> {
        let Some(bin) = postgres_bin() else {
            skip(test, "postgres");
            return None;
        };
        let postgres = Self::start(&bin);
        until("the server answers", || postgres.answers(&bin));
        Some(postgres)
    }

    fn answers(&self, bin: &Path) -> bool {
        let mut ready = Command::new(bin.join("pg_isready"));
        ready.args(["-q", "-h", "127.0.0.1", "-p", &self.server.at.port().to_string()]);
        ready.status().is_ok_and(|status| status.success())
    }

    pub(crate) fn at(&self) -> SocketAddr {
        self.server.at
    }

    pub(crate) fn password(&self) -> &str {
        &self.password
    }

    fn start(bin: &Path) -> Self {
        let (directory, port) = (tempfile::tempdir().unwrap(), outside::net::free_port().unwrap());
        let (data, word) = (directory.path().join("data"), directory.path().join("word"));
        let password = outside::secret::token();
        fs::write(&word, &password).unwrap();
        let user = unprivileged();
        if let Some((uid, gid)) = user {
            for path in [directory.path(), &word] {
                std::os::unix::fs::chown(path, Some(uid), Some(gid)).unwrap();
            }
        }
        let mut make = as_user(user, &bin.join("initdb"));
        make.args(["--username=postgres", "--auth=scram-sha-256", "--no-sync", "--pgdata"]).arg(&data);
        let made = make.arg("--pwfile").arg(&word).current_dir(directory.path()).output().unwrap();
        assert!(made.status.success(), "initdb: {}", String::from_utf8_lossy(&made.stderr));
        let mut run = as_user(user, &bin.join("postgres"));
        run.args(["-c", "listen_addresses=127.0.0.1", "-p", &port.to_string(), "-D"]).arg(&data);
        run.arg("-k").arg(directory.path()).current_dir(directory.path());
        Self { server: Server::start(run, port, directory), password }
    }
}

/// Kills with our death, and leaves root behind.
fn as_user(user: Option<(u32, u32)>, program: &Path) -> Command {
    let mut command = Command::new("setpriv");
    if let Some((uid, gid)) = user {
        command.args([format!("--reuid={uid}"), format!("--regid={gid}"), "--clear-groups".to_owned()]);
    }
    command.args(["--pdeathsig", "KILL"]).arg(program);
    command
}

/// User and group to become; `None` when we are no root.
fn unprivileged() -> Option<(u32, u32)> {
    let number = |arguments: &[&str]| -> Option<u32> {
        let output = Command::new("id").args(arguments).output().ok()?;
        String::from_utf8(output.stdout).ok()?.trim().parse().ok()
    };
    (number(&["-u"]) == Some(0)).then(|| (number(&["-u", "postgres"]).unwrap(), number(&["-g", "postgres"]).unwrap()))
}
