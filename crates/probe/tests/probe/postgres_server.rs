//! Real PostgreSQL servers for the tests: started on free ports in directories of their own, and gone with the test.
//!
//! They trust whoever connects over loopback, since the directory vanishes with the test and nothing is in it.

#![expect(clippy::disallowed_methods, reason = "the tests start the servers that they look at, and wait for them")]

use std::fs;
use std::io::Write;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use evidence::Observation;
use tempfile::TempDir;

use crate::world::{PATIENCE, Place};

/// A running server.
pub(crate) struct Server {
    child: Child,
    bin: PathBuf,
    at: SocketAddr,
    directory: TempDir,
}

impl Server {
    /// Starts an empty one; `None`, said by name, where PostgreSQL is not installed.
    pub(crate) fn start(test: &str, settings: &[&str]) -> Option<Self> {
        let Some(bin) = postgres_bin() else {
            skip(test, "postgres");
            return None;
        };
        let directory = own_directory();
        let mut make = as_user(&bin.join("initdb"));
        make.args(["--username=postgres", "--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C", "--pgdata"]);
        ended(make.arg(directory.path().join("data")).current_dir(directory.path()));
        Some(Self::run(bin, directory, settings))
    }

    /// A standby of this server that streams through a slot of this name.
    pub(crate) fn standby(&self, slot: &str) -> Self {
        let directory = own_directory();
        let mut copy = as_user(&self.bin.join("pg_basebackup"));
        copy.args(["-h", "127.0.0.1", "-U", "postgres", "-p", &self.at.port().to_string(), "-R", "-C", "-S", slot]);
        copy.args(["--checkpoint=fast", "--no-sync", "-D"]).arg(directory.path().join("data"));
        ended(copy.current_dir(directory.path()));
        Self::run(self.bin.clone(), directory, &[&format!("cluster_name={slot}")])
    }

    fn run(bin: PathBuf, directory: TempDir, settings: &[&str]) -> Self {
        let port = outside::net::free_port().expect("is free");
        let log = fs::File::create(directory.path().join("log")).expect("makes");
        let mut run = as_user(&bin.join("postgres"));
        run.args(["-c", "listen_addresses=127.0.0.1", "-c", "fsync=off", "-c", "wal_receiver_status_interval=1"]);
        for setting in settings {
            run.args(["-c", setting]);
        }
        run.args(["-p", &port.to_string(), "-D"]).arg(directory.path().join("data"));
        run.arg("-k").arg(directory.path()).current_dir(directory.path());
        let child = run.stdin(Stdio::null()).stdout(log.try_clone().expect("clones")).stderr(log).spawn();
        let at = SocketAddr::from(([127, 0, 0, 1], port));
        let mut server = Self { child: child.expect("starts"), bin, at, directory };
        let log = server.directory.path().join("log");
        until("the server answers", || {
            let ended = server.child.try_wait().expect("is ours");
            assert!(ended.is_none(), "{:?}", outside::files::read_text(&log, 100_000));
            server.psql("postgres", "SELECT 1").status.success()
        });
        server
    }

    pub(crate) fn at(&self) -> SocketAddr {
        self.at
    }

    pub(crate) fn directory(&self) -> &Path {
        self.directory.path()
    }

    pub(crate) fn bin(&self, name: &str) -> PathBuf {
        self.bin.join(name)
    }

    fn psql(&self, user: &str, sql: &str) -> Output {
        let mut psql = Command::new(self.bin.join("psql"));
        psql.args(["-h", "127.0.0.1", "-p", &self.at.port().to_string(), "-U", user, "-d", "postgres", "-X", "-q"]);
        psql.args(["-v", "ON_ERROR_STOP=1", "-At", "-c", sql]).stdin(Stdio::null()).output().expect("runs")
    }

    /// Runs statements as the superuser.
    pub(crate) fn run_sql(&self, sql: &str) -> String {
        self.run_sql_as("postgres", sql)
    }

    pub(crate) fn run_sql_as(&self, user: &str, sql: &str) -> String {
        let output = self.psql(user, sql);
        assert!(output.status.success(), "{sql}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    /// Changes a setting of the running server and waits until it is in force.
    pub(crate) fn set(&self, name: &str, value: &str) {
        self.run_sql(&format!("ALTER SYSTEM SET {name} = '{value}'"));
        self.run_sql("SELECT pg_reload_conf()");
        until("the setting is in force", || self.run_sql(&format!("SHOW {name}")) == value);
    }

    /// Waits until a question is answered with true.
    pub(crate) fn wait(&self, question: &str) {
        until(question, || self.run_sql(&format!("SELECT ({question})::text")) == "true");
    }

    /// A session that stays open and does what it is told.
    pub(crate) fn session(&self, sql: &str) -> Session {
        let mut psql = Command::new(self.bin.join("psql"));
        psql.args([
            "-h",
            "127.0.0.1",
            "-p",
            &self.at.port().to_string(),
            "-U",
            "postgres",
            "-d",
            "postgres",
            "-X",
            "-q",
        ]);
        let mut child = psql.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("runs");
        let input = child.stdin.as_mut().expect("is piped");
        input.write_all(format!("{sql};\n").as_bytes()).expect("is read");
        Session { child }
    }

    /// A place in which the component `pg` is this server.
    pub(crate) fn place(&self) -> Place {
        let mut place = Place::new();
        place.addresses("pg", &[self.at]);
        place
    }

    /// Looks as the superuser.
    pub(crate) async fn look(&self, kind: &str, with: &str) -> Observation {
        self.look_as("postgres", kind, with).await
    }

    pub(crate) async fn look_as(&self, user: &str, kind: &str, with: &str) -> Observation {
        let more = if with.is_empty() { String::new() } else { format!(", {with}") };
        self.place().look(kind, &format!("{{component: pg, user: {user}, database: postgres{more}}}")).await
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A client that is connected.
pub(crate) struct Session {
    child: Child,
}

impl Drop for Session {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Waits for a condition.
pub(crate) fn until(what: &str, mut is: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is() {
        assert!(begun.elapsed() < PATIENCE, "waited in vain: {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// A test that cannot run says so by name; in CI that is a failure.
pub(crate) fn skip(test: &str, missing: &str) {
    let _ = writeln!(std::io::stderr(), "SKIPPED: {test}: no {missing} found");
    assert!(std::env::var_os("CI").is_none_or(|ci| ci != "true"), "in CI nothing may be skipped");
}

/// Debian's folder of the newest version, else the one on PATH.
fn postgres_bin() -> Option<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten();
    let folders = versions.filter_map(|entry| Some(entry.ok()?.path().join("bin")));
    let newest = folders.filter(|folder| folder.join("initdb").is_file()).max();
    newest.or_else(|| {
        let path = std::env::var_os("PATH")?;
        std::env::split_paths(&path).find(|folder| folder.join("initdb").is_file())
    })
}

/// A directory that the server's user may write.
fn own_directory() -> TempDir {
    let directory = tempfile::tempdir().expect("makes a directory");
    if let Some((uid, gid)) = unprivileged() {
        std::os::unix::fs::chown(directory.path(), Some(uid), Some(gid)).expect("is ours");
    }
    directory
}

fn ended(command: &mut Command) {
    let output = command.output().expect("runs");
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// Dies with us, and leaves root behind: PostgreSQL refuses to run as root.
fn as_user(program: &Path) -> Command {
    let mut command = Command::new("setpriv");
    if let Some((uid, gid)) = unprivileged() {
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
    let is_root = number(&["-u"]) == Some(0);
    is_root.then(|| (number(&["-u", "postgres"]).expect("is there"), number(&["-g", "postgres"]).expect("is there")))
}
