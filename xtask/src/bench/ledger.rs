//! `cargo xtask bench ledger`: appends by four processes at once, and verification by size, SQLite and PostgreSQL side by
//! side. The work is done by the test host of the ledger, built for release; the PostgreSQL is the bench's own.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::say;

/// Processes that append at one time.
const WRITERS: usize = 4;

/// Entries that they append together.
const APPENDS: usize = 10_000;

/// Sizes at which the ledger is verified.
const SIZES: [usize; 3] = [10_000, 100_000, 1_000_000];

/// The longest that the largest verification shall take.
const VERIFY_AIM: Duration = Duration::from_secs(10);

/// How long the server may take to start.
const START_WITHIN: Duration = Duration::from_secs(30);

/// An engine: its name, and how a ledger of a name is written.
struct Place {
    name: &'static str,
    ledger: Box<dyn Fn(&str) -> String>,
}

pub(super) fn run(root: &Path) -> Result<(), String> {
    super::timed(root, "cargo", &["build", "--release", "--locked", "-p", "ledger", "--bin", "ledger-test-host"])?;
    let host = root.join("target/release/ledger-test-host");
    let scratch = root.join("target/bench-ledger");
    let _ = std::fs::remove_dir_all(&scratch);
    std::fs::create_dir_all(&scratch).map_err(|error| error.to_string())?;
    let files = scratch.clone();
    let mut places =
        vec![Place { name: "SQLite", ledger: Box::new(move |name| files.join(name).to_string_lossy().into_owned()) }];
    let server = Server::start()?;
    match &server {
        Some(server) => {
            let port = server.port;
            for name in ["appends", "verify"] {
                server.make(name)?;
            }
            let ledger = Box::new(move |name: &str| format!("postgres://bench@127.0.0.1:{port}/{name}"));
            places.push(Place { name: "PostgreSQL", ledger });
        }
        None => say("PostgreSQL: not measured, no initdb found"),
    }
    for place in &places {
        appends(&host, place)?;
    }
    for size in SIZES {
        for place in &places {
            verify(&host, place, size)?;
        }
    }
    drop(server);
    let _ = std::fs::remove_dir_all(&scratch);
    Ok(())
}

/// All acknowledged entries are there, once each, and the chain is whole.
fn appends(host: &Path, place: &Place) -> Result<(), String> {
    let at = (place.ledger)("appends");
    of_host(host, &["fill", &at, "0"])?;
    let began = Instant::now();
    let each = (APPENDS / WRITERS).to_string();
    let writers: Vec<Child> = (0..WRITERS)
        .map(|writer| {
            let mut command = host_command(host, &["append", &at, &format!("writer-{writer}"), &each]);
            command.stdout(Stdio::piped()).spawn().map_err(|error| error.to_string())
        })
        .collect::<Result<_, _>>()?;
    let mut acknowledged = Vec::new();
    for writer in std::thread::scope(|scope| {
        let waiting: Vec<_> = writers.into_iter().map(|writer| scope.spawn(|| writer.wait_with_output())).collect();
        waiting.into_iter().map(|waiting| waiting.join()).collect::<Vec<_>>()
    }) {
        let output = writer.map_err(|_| "a writer was not waited for")?.map_err(|error| error.to_string())?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        acknowledged.extend(text.lines().filter_map(|line| line.split(' ').next()?.parse::<usize>().ok()));
    }
    let took = began.elapsed().as_secs_f64();
    acknowledged.sort_unstable();
    let complete = acknowledged == (1..=APPENDS).collect::<Vec<_>>();
    let [_, _, whole] = verified(host, &at)?;
    let lost = if complete && whole as usize == APPENDS { "none lost" } else { "ENTRIES WERE LOST" };
    say(&format!(
        "ledger: {}: {APPENDS} appends by {WRITERS} processes: {took:.1} s, {:.0} a second, {lost}",
        place.name,
        APPENDS as f64 / took
    ));
    Ok(())
}

fn verify(host: &Path, place: &Place, size: usize) -> Result<(), String> {
    let at = (place.ledger)("verify");
    of_host(host, &["fill", &at, &size.to_string()])?;
    let [seconds, mebibytes, whole] = verified(host, &at)?;
    let state = if whole as usize == size { "whole" } else { "NOT WHOLE" };
    let aim = if size == SIZES[SIZES.len() - 1] { format!(" (aim {} s)", VERIFY_AIM.as_secs()) } else { String::new() };
    say(&format!(
        "ledger: {}: verify of {size} entries: {seconds:.2} s{aim}, {:.1} us an entry, {mebibytes:.0} MiB at the peak, {state}",
        place.name,
        seconds * 1e6 / size as f64
    ));
    Ok(())
}

/// Seconds, mebibytes at the peak, whole entries.
fn verified(host: &Path, at: &str) -> Result<[f64; 3], String> {
    let text = of_host(host, &["verify", at])?;
    let numbers: Vec<f64> = text.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    numbers.try_into().map_err(|_| format!("the host said {text:?}"))
}

#[expect(clippy::disallowed_methods, reason = "a bench starts what it measures")]
fn host_command(host: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(host);
    command.args(arguments).stdin(Stdio::null()).stderr(Stdio::inherit());
    command
}

fn of_host(host: &Path, arguments: &[&str]) -> Result<String, String> {
    let output = host_command(host, arguments).output().map_err(|error| error.to_string())?;
    if !output.status.success() {
        return Err(format!("{}: {}", arguments.join(" "), output.status));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

// ===== a server =====

/// A PostgreSQL as `initdb` makes it, on a free port.
struct Server {
    bin: PathBuf,
    directory: PathBuf,
    port: u16,
    child: Child,
}

impl Server {
    /// `None` where none is installed.
    fn start() -> Result<Option<Self>, String> {
        let Some(bin) = bin() else { return Ok(None) };
        let port = outside::net::free_port().map_err(|error| error.to_string())?;
        let directory = std::env::temp_dir().join(format!("seaworthy-bench-{port}"));
        let io = |error: std::io::Error| error.to_string();
        std::fs::create_dir_all(&directory).map_err(io)?;
        let user = unprivileged();
        if let Some((uid, gid)) = user {
            std::os::unix::fs::chown(&directory, Some(uid), Some(gid)).map_err(io)?;
        }
        let data = directory.join("data");
        let mut make = as_user(user, &bin.join("initdb"));
        make.args(["--username=bench", "--auth=trust", "--encoding=UTF8", "--no-locale", "--pgdata"]).arg(&data);
        let made = make.current_dir(&directory).stdout(Stdio::null()).status().map_err(io)?;
        if !made.success() {
            return Err(format!("initdb: {made}"));
        }
        let mut run = as_user(user, &bin.join("postgres"));
        run.args(["-c", "listen_addresses=127.0.0.1", "-p", &port.to_string(), "-D"]).arg(&data);
        run.arg("-k").arg(&directory).current_dir(&directory).stdout(Stdio::null()).stderr(Stdio::null());
        let child = run.spawn().map_err(io)?;
        let server = Self { bin, directory, port, child };
        let since = Instant::now();
        while !server.ask("pg_isready", &["-q"])? {
            if since.elapsed() > START_WITHIN {
                return Err("PostgreSQL does not start".to_owned());
            }
        }
        Ok(Some(server))
    }

    fn make(&self, database: &str) -> Result<(), String> {
        let made = self.ask("createdb", &["-U", "bench", database])?;
        if made { Ok(()) } else { Err(format!("createdb {database} failed")) }
    }

    fn ask(&self, program: &str, arguments: &[&str]) -> Result<bool, String> {
        let mut command = as_user(None, &self.bin.join(program));
        command.args(["-h", "127.0.0.1", "-p", &self.port.to_string()]).args(arguments);
        command.status().map(|status| status.success()).map_err(|error| error.to_string())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

/// Debian's folder of the newest version.
fn bin() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten();
    let folders = versions.filter_map(|entry| Some(entry.ok()?.path().join("bin")));
    folders.filter(|folder| folder.join("initdb").is_file()).max()
}

/// Dies with us, and is not root.
#[expect(clippy::disallowed_methods, reason = "a bench starts what it measures")]
fn as_user(user: Option<(u32, u32)>, program: &Path) -> Command {
    let mut command = Command::new("setpriv");
    if let Some((uid, gid)) = user {
        command.args([format!("--reuid={uid}"), format!("--regid={gid}"), "--clear-groups".to_owned()]);
    }
    command.args(["--pdeathsig", "KILL"]).arg(program);
    command
}

/// User and group to become; `None` when we are no root.
#[expect(clippy::disallowed_methods, reason = "a bench starts what it measures")]
fn unprivileged() -> Option<(u32, u32)> {
    let number = |arguments: &[&str]| -> Option<u32> {
        let output = Command::new("id").args(arguments).output().ok()?;
        String::from_utf8(output.stdout).ok()?.trim().parse().ok()
    };
    if number(&["-u"])? != 0 {
        return None;
    }
    Some((number(&["-u", "postgres"])?, number(&["-g", "postgres"])?))
}
