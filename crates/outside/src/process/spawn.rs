//! What to start, checked before anything is started, and the one thread that starts it.

use std::collections::BTreeMap;
use std::env;
use std::ffi::OsString;
use std::fmt;
use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::{OnceLock, mpsc};

use serde_json::{Map, Value, json};
use tokio::process::{Child, Command};
use tokio::sync::oneshot;

use crate::Error;

/// Commands that may wait for the spawning thread.
const WAITING_LIMIT: usize = 64;

/// A process to be started.
#[derive(Clone, PartialEq, Eq)]
pub struct Spawn {
    /// What it is called in messages.
    pub name: String,
    /// The program: absolute, relative to `directory` when it holds a `/`, else looked up on PATH.
    pub program: PathBuf,
    /// Its arguments.
    pub arguments: Vec<String>,
    /// Variables on top of the inherited environment.
    pub env: BTreeMap<String, String>,
    /// Where it runs.
    pub directory: PathBuf,
    /// File that its output and its errors are appended to; thrown away without one.
    pub log: Option<PathBuf>,
}

impl fmt::Debug for Spawn {
    /// Without the values of its variables, which may be secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Spawn")
            .field("name", &self.name)
            .field("program", &self.program)
            .field("arguments", &self.arguments)
            .field("env", &self.env.keys())
            .field("directory", &self.directory)
            .field("log", &self.log)
            .finish()
    }
}

impl Spawn {
    /// The same with its program as an absolute path that can be executed, and its directory absolute.
    ///
    /// # Errors
    /// [`Error::NoDirectory`], [`Error::ProgramNotFound`], [`Error::NotExecutable`].
    pub fn resolved(&self) -> Result<Self, Error> {
        let directory = fs::canonicalize(&self.directory)
            .ok()
            .filter(|path| path.is_dir())
            .ok_or_else(|| Error::NoDirectory { name: self.name.clone(), path: self.directory.clone() })?;
        let tried = self.candidates(&directory);
        let Some(program) = tried.iter().find(|path| path.is_file() && is_executable(path)) else {
            return Err(match tried.iter().find(|path| path.exists()) {
                Some(path) => Error::NotExecutable { path: path.clone() },
                None => Error::ProgramNotFound { program: self.program.display().to_string(), tried },
            });
        };
        Ok(Self { program: program.clone(), directory, ..self.clone() })
    }

    fn candidates(&self, directory: &Path) -> Vec<PathBuf> {
        if self.program.components().count() > 1 || self.program.is_absolute() {
            return vec![directory.join(&self.program)];
        }
        let path = self.env.get("PATH").map(OsString::from).or_else(|| env::var_os("PATH")).unwrap_or_default();
        env::split_paths(&path).map(|entry| directory.join(entry).join(&self.program)).collect()
    }

    pub(super) fn to_json(&self) -> Result<Value, Error> {
        let text = |path: &Path| match path.to_str() {
            Some(text) => Ok(text.to_owned()),
            None => Err(Error::not_started(&self.name, format!("the path {} is not UTF-8", path.display()))),
        };
        Ok(json!({
            "name": self.name,
            "program": text(&self.program)?,
            "arguments": self.arguments,
            "env": self.env,
            "directory": text(&self.directory)?,
            "log": self.log.as_deref().map(text).transpose()?,
        }))
    }

    pub(super) fn from_json(value: &Value) -> Option<Self> {
        let text = |key: &str| value.get(key)?.as_str().map(str::to_owned);
        let words = |values: &Vec<Value>| values.iter().map(|word| word.as_str().map(str::to_owned)).collect();
        let pairs = |map: &Map<String, Value>| {
            map.iter().map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect()
        };
        Some(Self {
            name: text("name")?,
            program: text("program")?.into(),
            arguments: value.get("arguments")?.as_array().and_then(words)?,
            env: value.get("env")?.as_object().and_then(pairs)?,
            directory: text("directory")?.into(),
            log: text("log").map(PathBuf::from),
        })
    }
}

/// The path of the running program; `/proc/self/exe` when its file was replaced meanwhile, which still is this one.
pub fn own_exe() -> PathBuf {
    match env::current_exe() {
        Ok(path) if path.is_file() => path,
        _ => PathBuf::from("/proc/self/exe"),
    }
}

fn is_executable(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|about| about.permissions().mode() & 0o111 != 0)
}

type Job = Box<dyn FnOnce() + Send>;

/// Starts a process from the one thread of this program that does so and never ends, because the kernel's
/// parent-death signal fires at the death of the *thread* that started a process.
pub(super) async fn spawn(mut command: Command) -> io::Result<Child> {
    static SPAWNER: OnceLock<mpsc::SyncSender<Job>> = OnceLock::new();
    let spawner = SPAWNER.get_or_init(|| {
        let (tell, jobs) = mpsc::sync_channel::<Job>(WAITING_LIMIT);
        std::thread::spawn(move || jobs.into_iter().for_each(|job| job()));
        tell
    });
    let runtime = tokio::runtime::Handle::current();
    let (tell, child) = oneshot::channel();
    let job: Job = Box::new(move || {
        let _inside = runtime.enter();
        // When nobody waits any more, dropping the child closes its pipes, which ends it.
        drop(tell.send(command.spawn()));
    });
    spawner.send(job).map_err(|_| io::Error::other("the spawning thread is gone"))?;
    child.await.map_err(|_| io::Error::other("the spawning thread is gone"))?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spawn(program: &str, directory: &str) -> Spawn {
        Spawn {
            name: "api".to_owned(),
            program: program.into(),
            arguments: vec!["a \"b\"\n".to_owned()],
            env: BTreeMap::from([("KEY".to_owned(), "value".to_owned())]),
            directory: directory.into(),
            log: None,
        }
    }

    #[test]
    fn a_spawn_survives_its_way_to_the_keeper() {
        for log in [None, Some(PathBuf::from("/tmp/a log"))] {
            let sent = Spawn { log, ..spawn("/bin/sh", "/") };
            assert_eq!(Spawn::from_json(&sent.to_json().unwrap()), Some(sent));
        }
    }

    #[test]
    fn the_value_of_a_variable_is_not_shown() {
        let text = format!("{:?}", spawn("/bin/sh", "/"));
        assert!(text.contains("KEY") && !text.contains("value"), "{text}");
    }

    #[test]
    fn a_missing_program_names_every_path_that_was_tried() {
        let mut missing = spawn("no-such-program", "/");
        missing.env.insert("PATH".to_owned(), "/bin:/usr/bin".to_owned());
        let text = missing.resolved().unwrap_err().to_string();
        assert_eq!(text, "program `no-such-program` not found, tried /bin/no-such-program, /usr/bin/no-such-program");
        let text = spawn("target/none", "/tmp").resolved().unwrap_err().to_string();
        assert_eq!(text, "program `target/none` not found, tried /tmp/target/none");
    }

    #[test]
    fn a_file_that_may_not_be_executed_and_a_missing_directory_are_told_apart() {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("text"), "hello").unwrap();
        let error = spawn("./text", directory.path().to_str().unwrap()).resolved().unwrap_err();
        assert!(matches!(error, Error::NotExecutable { .. }), "{error}");
        let error = spawn("/bin/sh", "/no/such/directory").resolved().unwrap_err();
        assert!(matches!(error, Error::NoDirectory { .. }), "{error}");
    }
}
