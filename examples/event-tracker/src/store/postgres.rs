//! PostgreSQL: one session with the task that carries its bytes.

use tokio::task::JoinHandle;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Config, NoTls};

use super::{Cell, Row, Statement, StoreError};

/// An open session. Dropping it ends the task and closes the socket.
pub(super) struct Session {
    client: Client,
    carrier: JoinHandle<()>,
}

impl Session {
    pub(super) async fn open(config: &Config) -> Result<Self, StoreError> {
        let (client, connection) = config.connect(NoTls).await?;
        // How the connection ended shows in the next call of the client.
        let carrier = tokio::spawn(async move { drop(connection.await) });
        Ok(Self { client, carrier })
    }

    pub(super) fn is_open(&self) -> bool {
        !self.client.is_closed()
    }

    /// Runs the statements in one transaction.
    pub(super) async fn write(&mut self, statements: &[Statement]) -> Result<Vec<u64>, StoreError> {
        let transaction = self.client.transaction().await?;
        let mut counts = Vec::with_capacity(statements.len());
        for statement in statements {
            counts.push(transaction.execute(statement.sql, &parameters(statement)).await?);
        }
        transaction.commit().await?;
        Ok(counts)
    }

    /// Runs one statement for its rows.
    pub(super) async fn read(&self, statement: &Statement) -> Result<Vec<Row>, StoreError> {
        let rows = self.client.query(statement.sql, &parameters(statement)).await?;
        rows.iter().map(row).collect()
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.carrier.abort();
    }
}

fn parameters(statement: &Statement) -> Vec<&(dyn ToSql + Sync)> {
    statement.values.iter().map(parameter).collect()
}

fn parameter(cell: &Cell) -> &(dyn ToSql + Sync) {
    match cell {
        Cell::Text(text) => text,
        Cell::Integer(number) => number,
    }
}

fn row(row: &tokio_postgres::Row) -> Result<Row, StoreError> {
    let cell = |(at, column): (usize, &tokio_postgres::Column)| match *column.type_() {
        Type::INT8 => row.try_get(at).map(Cell::Integer),
        _ => row.try_get(at).map(Cell::Text),
    };
    let cells: Result<Vec<Cell>, tokio_postgres::Error> = row.columns().iter().enumerate().map(cell).collect();
    Ok(Row(cells?))
}
