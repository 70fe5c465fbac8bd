//! What a server or the way to it can do to us, and what that is called.

use std::time::Duration;

use tokio_postgres::error::SqlState;

use crate::Error;

/// Something went wrong.
#[derive(Debug)]
pub(super) enum Fault {
    /// The server, or the library on its behalf, said so.
    Server(tokio_postgres::Error),
    /// There is no way to it.
    Way(outside::Error),
    /// No answer within this time.
    Silent(Duration),
    /// There is no connection.
    Lost,
}

impl From<tokio_postgres::Error> for Fault {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Server(error)
    }
}

impl From<outside::Error> for Fault {
    fn from(error: outside::Error) -> Self {
        Self::Way(error)
    }
}

/// The connection was lost before.
pub(super) fn lost() -> Fault {
    Fault::Lost
}

/// What a code of the server means for whoever keeps a ledger there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Meaning {
    Busy,
    ReadOnly,
    Full,
    Refused,
    Lost,
    Damaged,
    Other,
}

impl Fault {
    /// Whether the connection is gone and another one may be tried.
    pub(super) fn is_lost(&self) -> bool {
        match self {
            Self::Lost => true,
            Self::Way(_) | Self::Silent(_) => false,
            Self::Server(error) => match error.code() {
                Some(code) => meaning(code) == Meaning::Lost,
                None => true,
            },
        }
    }

    /// Whether nothing more can be asked on this connection.
    pub(super) fn ends_the_connection(&self) -> bool {
        match self {
            Self::Silent(_) | Self::Way(_) => true,
            Self::Lost | Self::Server(_) => self.is_lost(),
        }
    }

    pub(super) fn named(self, at: &str) -> Error {
        let at = at.to_owned();
        match self {
            Self::Lost => Error::Unreachable { at, why: "its connection has ended".to_owned() },
            Self::Silent(within) => Error::Unreachable { at, why: format!("no answer within {} s", within.as_secs()) },
            Self::Way(error) => Error::Unreachable { at, why: error.to_string() },
            Self::Server(error) => {
                let why = words(&error);
                match error.code().map_or(Meaning::Lost, meaning) {
                    Meaning::Busy => Error::Busy { at },
                    Meaning::ReadOnly => Error::ReadOnly { at },
                    Meaning::Full => Error::Full { at, limit_bytes: 0 },
                    Meaning::Refused => Error::Refused { at, why },
                    Meaning::Lost => Error::Unreachable { at, why },
                    Meaning::Damaged => Error::Damaged { at, what: why },
                    Meaning::Other => Error::Sql { at, source: error.into() },
                }
            }
        }
    }
}

fn meaning(code: &SqlState) -> Meaning {
    let class = code.code().get(..2).unwrap_or_default();
    match code.code() {
        // lock_not_available, query_canceled, deadlock_detected, serialization_failure
        "55P03" | "57014" | "40P01" | "40001" => Meaning::Busy,
        // read_only_sql_transaction, insufficient_privilege
        "25006" | "42501" => Meaning::ReadOnly,
        // disk_full
        "53100" => Meaning::Full,
        // too_many_connections, cannot_connect_now, no such database
        "53300" | "57P03" | "3D000" => Meaning::Refused,
        // the server is shut down, crashed, or took the turn away from an idle transaction
        "57P01" | "57P02" | "57P05" | "25P03" => Meaning::Lost,
        // a table, a column or the schema is not what we made
        "42P01" | "42703" | "3F000" | "42804" => Meaning::Damaged,
        _ => match class {
            "08" => Meaning::Lost,
            "28" => Meaning::Refused,
            "XX" => Meaning::Damaged,
            _ => Meaning::Other,
        },
    }
}

/// The server's own words with their code, or what happened on the way.
fn words(error: &tokio_postgres::Error) -> String {
    if let Some(database) = error.as_db_error() {
        return format!("{} ({})", database.message(), database.code().code());
    }
    let cause = std::error::Error::source(error).map(|cause| format!(": {cause}")).unwrap_or_default();
    format!("{error}{cause}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_the_server_get_the_name_that_says_what_to_do() {
        let meant = |code: &str| meaning(&SqlState::from_code(code));
        assert_eq!(meant("53100"), Meaning::Full);
        assert_eq!(meant("53300"), Meaning::Refused);
        assert_eq!(meant("28P01"), Meaning::Refused);
        assert_eq!(meant("25006"), Meaning::ReadOnly);
        assert_eq!(meant("55P03"), Meaning::Busy);
        assert_eq!(meant("57P01"), Meaning::Lost);
        assert_eq!(meant("08006"), Meaning::Lost);
        assert_eq!(meant("XX001"), Meaning::Damaged);
        assert_eq!(meant("23505"), Meaning::Other);
    }

    #[test]
    fn a_connection_that_may_still_work_is_kept() {
        assert!(Fault::Lost.ends_the_connection() && Fault::Silent(Duration::from_secs(1)).ends_the_connection());
        assert!(!Fault::Silent(Duration::from_secs(1)).is_lost(), "a silent server is not asked twice");
    }
}
