//! A real PostgreSQL of the tests' own: on a free port, in a directory that vanishes, dead with its test.

use std::io::Write;
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;
use tokio_postgres::NoTls;

/// How long a server may take to start.
const START_WITHIN: Duration = Duration::from_secs(30);

/// The password of the only user; a variable holds it, as for everybody.
pub(crate) const PASSWORD: &str = "not-a-secret: %/@";

/// A server that runs, or one that was stopped and can be started again.
pub(crate) struct Server {
    bin: PathBuf,
    directory: TempDir,
    pub(crate) at: SocketAddr,
    child: Child,
}

impl Server {
    /// A new server with these settings besides its own; `None`, said aloud, where none is installed.
    pub(crate) fn start(settings: &[&str]) -> Option<Self> {
        let Some(bin) = bin() else {
            let _ = writeln!(std::io::stderr(), "SKIPPED on PostgreSQL: no initdb found");
            assert!(std::env::var_os("CI").is_none_or(|ci| ci != "true"), "in CI nothing may be skipped");
            return None;
        };
        let directory = tempfile::tempdir().expect("makes a directory");
        let word = directory.path().join("word");
        std::fs::write(&word, PASSWORD).expect("writes");
        if let Some((uid, gid)) = unprivileged() {
            for path in [directory.path(), &word] {
                std::os::unix::fs::chown(path, Some(uid), Some(gid)).expect("is root");
            }
        }
        let mut make = as_user(&bin.join("initdb"));
        make.args([
            "--username=ann",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--no-locale",
            "--no-sync",
            "--pwfile",
        ]);
        make.arg(&word).arg("--pgdata").arg(directory.path().join("data")).current_dir(directory.path());
        let made = make.output().expect("starts");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let conf = directory.path().join("data/postgresql.auto.conf");
        std::fs::write(&conf, settings.join("\n") + "\n").expect("writes");
        let at = SocketAddr::from(([127, 0, 0, 1], outside::net::free_port().expect("is free")));
        let child = run(&bin, directory.path(), at);
        Some(Self { bin, directory, at, child })
    }

    /// A database of its own, and its address; the password stands in `WORD`.
    pub(crate) fn database(&self, name: &str) -> String {
        self.ask("postgres", &format!("CREATE DATABASE {name}"));
        self.address("ann", name)
    }

    pub(crate) fn address(&self, user: &str, database: &str) -> String {
        format!("postgres://{user}:${{env:WORD}}@{}/{database}", self.at)
    }

    /// Does what somebody with a shell of the server could do; the first column of what came back.
    pub(crate) fn ask(&self, database: &str, sql: &str) -> Vec<String> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("starts");
        runtime.block_on(async {
            let stream = outside::net::connect(self.at, START_WITHIN).await.expect("connects");
            let mut config = tokio_postgres::Config::new();
            config.user("ann").password(PASSWORD).dbname(database);
            let (client, connection) = config.connect_raw(stream, NoTls).await.expect("logs in");
            let connection = tokio::spawn(connection);
            let rows = client.simple_query(sql).await.expect("is done");
            connection.abort();
            let first = rows.iter().filter_map(|message| match message {
                tokio_postgres::SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
                _ => None,
            });
            first.collect()
        })
    }

    /// Ends as in a power cut: nothing is written any more.
    pub(crate) fn crash(&mut self) {
        self.signal("QUIT");
        self.child.wait().expect("ends");
    }

    /// Comes back after [`Server::crash`] on the same data.
    pub(crate) fn restart(&mut self) {
        self.child = run(&self.bin, self.directory.path(), self.at);
    }

    /// A signal to the server and all its processes.
    pub(crate) fn signal(&self, name: &str) {
        let first = self.child.id().to_string();
        let children = Command::new("pgrep").args(["-P", &first]).output().expect("looks");
        let children = String::from_utf8_lossy(&children.stdout).into_owned();
        let all = children.split_whitespace().chain([first.as_str()]);
        let sent = Command::new("kill").arg(format!("-{name}")).args(all).stderr(Stdio::null()).status();
        sent.expect("starts");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.signal("CONT");
        self.signal("QUIT");
        let _ = self.child.wait();
    }
}

fn run(bin: &Path, directory: &Path, at: SocketAddr) -> Child {
    let mut command = as_user(&bin.join("postgres"));
    command.args(["-c", "listen_addresses=127.0.0.1", "-p", &at.port().to_string(), "-D"]);
    command.arg(directory.join("data")).arg("-k").arg(directory).current_dir(directory);
    let log = std::fs::File::create(directory.join("log")).expect("is made");
    let mut child =
        command.stdin(Stdio::null()).stdout(log.try_clone().expect("twice")).stderr(log).spawn().expect("starts");
    let since = Instant::now();
    while !is_ready(bin, at) {
        let ended = child.try_wait().expect("waits");
        let log = || std::fs::read_to_string(directory.join("log")).unwrap_or_default();
        assert!(ended.is_none() && since.elapsed() < START_WITHIN, "it does not start: {}", log());
    }
    child
}

fn is_ready(bin: &Path, at: SocketAddr) -> bool {
    let port = at.port().to_string();
    let mut ready = Command::new(bin.join("pg_isready"));
    ready.args(["-q", "-h", "127.0.0.1", "-p", &port]);
    TcpStream::connect(at).is_ok() && ready.status().is_ok_and(|status| status.success())
}

/// Debian's folder of the newest version, else the one on PATH.
fn bin() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten();
    let folders = versions.filter_map(|entry| Some(entry.ok()?.path().join("bin")));
    let on_path = std::env::var_os("PATH")?;
    let on_path = std::env::split_paths(&on_path).filter(|folder| folder.join("pg_isready").is_file());
    folders.chain(on_path).filter(|folder| folder.join("initdb").is_file()).max()
}

/// Dies with us, and is not root: the server refuses to be.
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
    (number(&["-u"])? == 0).then(|| Some((number(&["-u", "postgres"])?, number(&["-g", "postgres"])?)))?
}
