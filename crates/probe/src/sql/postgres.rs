//! Asking a PostgreSQL server: in a read-only transaction with a statement timeout, rolled back at the end.
//!
//! The statement is prepared first, because preparing refuses a second statement behind the first; only then it is
//! run as text, since text is the one form in which every type can be read. No TLS.

use std::net::SocketAddr;

use evidence::Value;
use tokio_postgres::types::Type;
use tokio_postgres::{Client, Config, NoTls, SimpleQueryMessage};

use super::{Database, Engine, MAX_ROWS, Rows};
use crate::hole::Secrets;
use crate::sight::number;
use crate::{Error, World};

/// The name under which the server's views show this connection.
const APPLICATION_NAME: &str = "seaworthy probe";

/// The name of the cursor within its own transaction.
const CURSOR: &str = "seaworthy_probe";

/// Everything needed to log in.
pub(super) struct Login {
    at: SocketAddr,
    config: Config,
}

/// Fills user, password and database.
pub(super) fn login(probe: &Database, world: &World, secrets: &mut Secrets) -> Result<Login, Error> {
    let not_here = || Error::NotHere { component: probe.component.to_string(), what: "server" };
    let Engine::Postgres { user, password, database } = &probe.engine else { return Err(not_here()) };
    let addresses = world.addresses_of(&probe.component)?;
    let missing = || Error::NotHere { component: probe.component.to_string(), what: "address" };
    let at = *addresses.first().ok_or_else(missing)?;
    let mut config = Config::new();
    config.user(secrets.fill(user, world)?).application_name(APPLICATION_NAME);
    if let Some(password) = password {
        config.password(secrets.fill(password, world)?);
    }
    if let Some(database) = database {
        config.dbname(secrets.fill(database, world)?);
    }
    Ok(Login { at, config })
}

/// Asks one statement, all in all within the probe's time.
pub(super) async fn ask(probe: &Database, query: &str, login: Login) -> Result<Rows, Error> {
    within(probe, login, async |client| run(client, query).await).await
}

/// Logs in and lets something ask within one read-only transaction, all in all within the probe's time.
pub(super) async fn within<T>(
    probe: &Database,
    login: Login,
    asking: impl AsyncFnOnce(&Client) -> Result<T, Error>,
) -> Result<T, Error> {
    let answer = tokio::time::timeout(probe.within, converse(probe, login, asking)).await;
    answer.unwrap_or(Err(Error::TimedOut(probe.within)))
}

async fn converse<T>(
    probe: &Database,
    login: Login,
    asking: impl AsyncFnOnce(&Client) -> Result<T, Error>,
) -> Result<T, Error> {
    let stream = outside::net::connect(login.at, probe.within).await?;
    let (client, connection) = login.config.connect_raw(stream, NoTls).await?;
    let timeout_ms = probe.within.as_millis().max(1);
    // Both run in this one task, so that leaving it at the deadline leaves no task behind.
    let asking = async {
        client.batch_execute(&format!("BEGIN READ ONLY; SET LOCAL statement_timeout = {timeout_ms}")).await?;
        let answer = asking(&client).await?;
        client.batch_execute("ROLLBACK").await?;
        Ok(answer)
    };
    tokio::pin!(connection, asking);
    tokio::select! {
        answer = &mut asking => answer,
        ended = &mut connection => match ended {
            Err(error) => Err(error.into()),
            Ok(()) => Err(Error::CutShort),
        },
    }
}

async fn run(client: &Client, query: &str) -> Result<Rows, Error> {
    let prepared = client.prepare(query).await?;
    let types: Vec<Type> = prepared.columns().iter().map(|column| column.type_().clone()).collect();
    let columns = prepared.columns().iter().map(|column| column.name().to_owned()).collect();
    let mut rows = Rows { columns, ..Rows::default() };
    for (text, is_cursor) in statements(query) {
        let messages = client.simple_query(&text).await?;
        if is_cursor {
            continue;
        }
        for message in messages {
            if let SimpleQueryMessage::Row(row) = message {
                let values = types.iter().enumerate();
                let values =
                    values.map(|(column, of)| row.try_get(column).ok().flatten().and_then(|text| value(of, text)));
                rows.take(values.collect());
            }
        }
    }
    Ok(rows)
}

/// The texts to run, and which of them only opens a cursor. A cursor keeps a large answer on the server; `SHOW` and
/// `EXPLAIN` cannot have one and are short.
fn statements(query: &str) -> Vec<(String, bool)> {
    let first = query.split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default().to_uppercase();
    if matches!(first.as_str(), "SHOW" | "EXPLAIN") {
        return vec![(query.to_owned(), false)];
    }
    let fetch = format!("FETCH FORWARD {} FROM {CURSOR}", MAX_ROWS + 1);
    vec![(format!("DECLARE {CURSOR} NO SCROLL CURSOR FOR {query}"), true), (fetch, false)]
}

/// A value from the server's text form. Types that an observation has no shape for stay text.
fn value(of: &Type, text: &str) -> Option<Value> {
    match *of {
        Type::BOOL => Some(Value::Boolean(text == "t")),
        Type::INT2 | Type::INT4 | Type::INT8 | Type::OID => text.parse().ok().map(Value::Integer),
        Type::FLOAT4 | Type::FLOAT8 | Type::NUMERIC => text.parse().ok().and_then(number),
        _ => Some(Value::Text(text.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_get_the_types_that_expectations_know() {
        assert_eq!(value(&Type::BOOL, "t"), Some(Value::Boolean(true)));
        assert_eq!(value(&Type::INT8, "-7"), Some(Value::Integer(-7)));
        assert_eq!(value(&Type::NUMERIC, "0.5"), number(0.5));
        assert_eq!(value(&Type::FLOAT8, "NaN"), None);
        assert_eq!(value(&Type::TEXT, "on"), Some(Value::Text("on".to_owned())));
    }

    #[test]
    fn only_what_can_have_a_cursor_gets_one() {
        assert_eq!(statements("show all").len(), 1);
        let texts = statements("Select 1");
        assert_eq!(texts[0].0, "DECLARE seaworthy_probe NO SCROLL CURSOR FOR Select 1");
        assert_eq!(texts[1].0, "FETCH FORWARD 10001 FROM seaworthy_probe");
    }
}
