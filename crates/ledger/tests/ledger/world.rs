//! Words for the tests: a place that vanishes, and a ledger in it, on either engine.

use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use ledger::{Address, Ledger, kind};
use rusqlite::Connection;
use tempfile::TempDir;

use crate::server::{PASSWORD, Server};

/// Room for one ledger. Keep it as long as the ledger.
pub(crate) struct World {
    directory: TempDir,
    database: Option<Database>,
}

/// One of the databases of a server.
struct Database {
    server: Rc<Server>,
    name: String,
    made: Rc<Cell<u32>>,
}

impl Database {
    fn new(server: Rc<Server>, made: Rc<Cell<u32>>) -> Self {
        made.set(made.get() + 1);
        let name = format!("risks_{}", made.get());
        server.database(&name);
        Self { server, name, made }
    }
}

/// The same on SQLite and, where it is installed, on PostgreSQL.
pub(crate) fn on_both(check: impl Fn(&World)) {
    check(&World::new());
    if let Some(world) = World::postgres() {
        check(&world);
    }
}

impl World {
    pub(crate) fn new() -> Self {
        Self { directory: tempfile::tempdir().expect("makes a directory"), database: None }
    }

    /// A world with a database; `None` where there is no PostgreSQL.
    pub(crate) fn postgres() -> Option<Self> {
        Self::postgres_with(&[])
    }

    /// As [`World::postgres`], with settings of the server.
    pub(crate) fn postgres_with(settings: &[&str]) -> Option<Self> {
        let database = Database::new(Rc::new(Server::start(settings)?), Rc::default());
        Some(Self { database: Some(database), ..Self::new() })
    }

    /// Another world on the same engine, with nothing in it.
    pub(crate) fn fresh(&self) -> Self {
        let database = self.database.as_ref().map(|own| Database::new(own.server.clone(), own.made.clone()));
        Self { database, ..Self::new() }
    }

    /// The server of a world that has it for itself.
    pub(crate) fn server(&mut self) -> &mut Server {
        let database = self.database.as_mut().expect("has one");
        Rc::get_mut(&mut database.server).expect("is alone")
    }

    /// The name of its database.
    pub(crate) fn database(&self) -> &str {
        &self.database.as_ref().expect("has one").name
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.directory.path().join(".seaworthy").join("ledger.db")
    }

    /// How the place is written; the variable `WORD` holds the password.
    pub(crate) fn text(&self) -> String {
        match &self.database {
            None => self.path().display().to_string(),
            Some(Database { server, name, .. }) => server.address("ann", name),
        }
    }

    pub(crate) fn address(&self) -> Address {
        address(&self.text())
    }

    /// A ledger with so many entries. Its place lives as long as the world.
    pub(crate) fn with(&self, entries: i64) -> Ledger {
        let mut ledger = Ledger::open(self.address()).expect("opens");
        for at in 1..=entries {
            ledger.append(kind::OBSERVATION, 1, &format!("{{\"n\":{at}}}"), at).expect("appends");
        }
        ledger
    }

    /// Does to the ledger what somebody with an SQL shell could do.
    pub(crate) fn tamper(&self, sql: &str) {
        match &self.database {
            None => {
                let connection = Connection::open(self.path()).expect("opens");
                connection.execute_batch(sql).expect("tampers");
            }
            Some(Database { server, name, .. }) => {
                server.ask(name, &format!("SET search_path TO seaworthy; {sql}"));
            }
        }
    }

    pub(crate) fn is_postgres(&self) -> bool {
        self.database.is_some()
    }
}

/// An address as the tests may write it.
pub(crate) fn address(text: &str) -> Address {
    let variable = |name: &str| (name == "WORD").then(|| PASSWORD.to_owned());
    Address::read(text, Path::new("/"), &|at| outside::net::is_loopback(at), &variable).expect("is an address")
}
