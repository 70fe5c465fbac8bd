//! Where a ledger is: a file, or a PostgreSQL database.
//!
//! The address of a database is text that people commit, so a password can stand in it only as `${env:NAME}`, and it
//! must be loopback or allowed by whoever calls. Not here: TLS, sockets of the file system, several hosts in one address.

use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use tokio_postgres::config::{Config, Host};

use crate::Error;

/// The port of PostgreSQL when none is written.
const USUAL_PORT: u16 = 5432;

/// Where a ledger is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address(pub(crate) Kind);

/// Which engine, and what it needs to begin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// An SQLite file.
    File(PathBuf),
    /// A PostgreSQL database.
    Postgres(Box<Login>),
}

/// All that is needed to log in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Login {
    /// The address without its password, for people.
    pub(crate) shown: String,
    /// Where the server listens.
    pub(crate) at: SocketAddr,
    /// User, password and database; its `Debug` hides the password.
    pub(crate) config: Config,
}

impl Address {
    /// Reads `postgres://user:${env:NAME}@host:port/database` or `sqlite:PATH`; any other text without `://` is a path.
    /// `allowed` says which addresses may be asked, `variable` what an environment variable holds. Looks up the name.
    ///
    /// # Errors
    /// [`Error::NoAddress`], [`Error::NotAllowed`].
    pub fn read(
        text: &str,
        directory: &Path,
        allowed: &dyn Fn(SocketAddr) -> bool,
        variable: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, Error> {
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return Ok(Self(Kind::Postgres(Box::new(login(text, allowed, variable)?))));
        }
        let path = text.strip_prefix("sqlite:").unwrap_or(text);
        if path.is_empty() || path.contains("://") {
            return Err(no(text, "write `postgres://user@host/database`, or `sqlite:` and a path"));
        }
        Ok(Self(Kind::File(directory.join(path))))
    }

    /// The file, when it is one.
    pub fn file(&self) -> Option<&Path> {
        match &self.0 {
            Kind::File(path) => Some(path),
            Kind::Postgres(_) => None,
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::File(path) => path.display().fmt(formatter),
            Kind::Postgres(login) => formatter.write_str(&login.shown),
        }
    }
}

impl From<&Path> for Address {
    fn from(path: &Path) -> Self {
        Self(Kind::File(path.to_owned()))
    }
}

impl From<&PathBuf> for Address {
    fn from(path: &PathBuf) -> Self {
        Self(Kind::File(path.clone()))
    }
}

impl From<&Address> for Address {
    fn from(address: &Address) -> Self {
        address.clone()
    }
}

fn no(text: &str, why: &str) -> Error {
    Error::NoAddress { text: hidden(text), why: why.to_owned() }
}

fn login(
    text: &str,
    allowed: &dyn Fn(SocketAddr) -> bool,
    variable: &dyn Fn(&str) -> Option<String>,
) -> Result<Login, Error> {
    let mut config: Config =
        text.parse().map_err(|_| no(text, "it cannot be read as `postgres://user@host/database`"))?;
    let [Host::Tcp(host)] = config.get_hosts() else {
        return Err(no(text, "name one host"));
    };
    let port = config.get_ports().first().copied().unwrap_or(USUAL_PORT);
    let host_port = if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") };
    let (Some(user), Some(database)) = (config.get_user(), config.get_dbname()) else {
        return Err(no(text, "name user and database: `postgres://user@host/database`"));
    };
    let shown = format!("postgres://{user}@{host_port}/{database}");
    if let Some(password) = config.get_password() {
        let name = std::str::from_utf8(password).ok().and_then(hole);
        let name = name.ok_or_else(|| no(text, "a password is written as `${env:NAME}`, never as itself"))?;
        let value = variable(name).ok_or_else(|| no(text, &format!("the variable {name} is not set")))?;
        config.password(value);
    }
    let at = outside::net::resolve(&host_port).map_err(|error| no(text, &error.to_string()))?;
    if !allowed(at) {
        return Err(Error::NotAllowed { shown, at });
    }
    Ok(Login { shown, at, config })
}

/// The name within `${env:NAME}`.
fn hole(text: &str) -> Option<&str> {
    let name = text.strip_prefix("${env:")?.strip_suffix('}')?;
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '_';
    (!name.is_empty() && name.chars().all(fits)).then_some(name)
}

/// The text without anything that may be a password.
fn hidden(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once("://") else { return text.to_owned() };
    let rest = rest.split('?').next().unwrap_or_default();
    match rest.rsplit_once('@') {
        None => format!("{scheme}://{rest}"),
        Some((user, host)) => {
            let user = user.split(':').next().unwrap_or_default();
            format!("{scheme}://{user}@{host}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Address, Error> {
        let variable = |name: &str| (name == "WORD").then(|| "p@ss:/word".to_owned());
        Address::read(text, Path::new("/repo"), &|at| outside::net::is_loopback(at), &variable)
    }

    fn refusal(text: &str) -> String {
        read(text).expect_err("is refused").to_string()
    }

    #[test]
    fn an_address_is_shown_without_its_password() {
        let address = read("postgres://ann:${env:WORD}@127.0.0.1:5433/risks").expect("is one");
        assert_eq!(address.to_string(), "postgres://ann@127.0.0.1:5433/risks");
        assert!(!format!("{address:?}").contains("p@ss"), "{address:?}");
        let Kind::Postgres(login) = address.0 else { unreachable!("it is a database") };
        assert_eq!(login.config.get_password(), Some(b"p@ss:/word".as_slice()));
        assert_eq!(read("postgres://ann@[::1]/risks").expect("is one").to_string(), "postgres://ann@[::1]:5432/risks");
    }

    #[test]
    fn a_password_is_never_written_and_never_told() {
        for text in ["postgres://ann:secret@127.0.0.1/risks", "postgres://ann@127.0.0.1/risks?password=secret"] {
            let said = refusal(text);
            assert!(said.contains("${env:NAME}") && !said.contains("secret"), "{said}");
        }
        assert!(refusal("postgres://ann:${env:OTHER}@127.0.0.1/risks").contains("OTHER is not set"));
    }

    #[test]
    fn only_allowed_addresses_are_asked() {
        assert!(matches!(read("postgres://ann@192.0.2.1/risks"), Err(Error::NotAllowed { .. })));
        for text in ["postgres:///risks", "postgres://ann@127.0.0.1", "mysql://ann@127.0.0.1/risks", "sqlite:"] {
            assert!(matches!(read(text), Err(Error::NoAddress { .. })), "{text}");
        }
        assert!(matches!(read("postgres://ann@127.0.0.1,192.0.2.1/risks"), Err(Error::NoAddress { .. })));
    }

    #[test]
    fn a_path_is_beside_the_file_that_names_it() {
        assert_eq!(read("sqlite:kept/ledger.db").expect("is one").file(), Some(Path::new("/repo/kept/ledger.db")));
        assert_eq!(read("/var/ledger.db").expect("is one").file(), Some(Path::new("/var/ledger.db")));
    }
}
