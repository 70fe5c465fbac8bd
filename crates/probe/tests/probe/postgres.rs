//! `sql.query` on PostgreSQL, against a fake that speaks just enough of the protocol (version 3.0) to record what it is
//! asked. A real server is not at hand in every test run; what a real one does with these texts is its own matter.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::world::{Place, blind, held, not_seen};

/// The texts that the fake was asked, in order.
type Asked = Arc<Mutex<Vec<String>>>;

const BOOL: u32 = 16;
const INT8: u32 = 20;
const TEXT: u32 = 25;
const NUMERIC: u32 = 1700;

/// Columns of the answer: name and type.
const COLUMNS: [(&str, u32); 4] = [("name", TEXT), ("n", INT8), ("share", NUMERIC), ("up", BOOL)];

/// A fake server that answers every question with these rows.
struct Fake {
    address: SocketAddr,
    asked: Asked,
}

impl Fake {
    fn with(rows: &'static [[Option<&'static str>; 4]]) -> Self {
        let listener = outside::net::listen(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), false).expect("listens");
        let listener = TcpListener::from_std(listener).expect("is a listener");
        let address = listener.local_addr().expect("has an address");
        let asked = Asked::default();
        let record = asked.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let record = record.clone();
                tokio::spawn(async move { drop(serve(stream, rows, &record).await) });
            }
        });
        Self { address, asked }
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len() + 4).expect("is short");
    [&[kind], length.to_be_bytes().as_slice(), body].concat()
}

fn ready() -> Vec<u8> {
    message(b'Z', b"T")
}

fn row_description() -> Vec<u8> {
    let mut body = 4_u16.to_be_bytes().to_vec();
    for (name, kind) in COLUMNS {
        body.extend([name.as_bytes(), &[0], &[0; 6], &kind.to_be_bytes(), &[0; 2], &[255; 4], &[0; 2]].concat());
    }
    message(b'T', &body)
}

fn data_row(row: &[Option<&str>; 4]) -> Vec<u8> {
    let mut body = 4_u16.to_be_bytes().to_vec();
    for value in row {
        match value {
            Some(value) => {
                body.extend(u32::try_from(value.len()).expect("is short").to_be_bytes());
                body.extend(value.as_bytes());
            }
            None => body.extend([255; 4]),
        }
    }
    message(b'D', &body)
}

async fn serve(mut stream: TcpStream, rows: &[[Option<&str>; 4]], asked: &Asked) -> std::io::Result<()> {
    let length = stream.read_u32().await?;
    let mut startup = vec![0; usize::try_from(length).unwrap_or(4) - 4];
    stream.read_exact(&mut startup).await?;
    record(asked, &startup[4..]);
    stream.write_all(&[message(b'R', &[0; 4]), message(b'Z', b"I")].concat()).await?;
    loop {
        let kind = stream.read_u8().await?;
        let length = stream.read_u32().await?;
        let mut body = vec![0; usize::try_from(length).unwrap_or(4) - 4];
        stream.read_exact(&mut body).await?;
        let answer = match kind {
            b'Q' => {
                let text = record(asked, &body);
                query(&text, rows)
            }
            b'P' => {
                let text = record(asked, &body);
                let refused = text.contains("second");
                if refused { error() } else { message(b'1', &[]) }
            }
            b'D' => [message(b't', &[0, 0]), row_description()].concat(),
            b'S' => ready(),
            b'C' => message(b'3', &[]),
            _ => return Ok(()),
        };
        if !answer.is_empty() {
            stream.write_all(&answer).await?;
        }
    }
}

fn error() -> Vec<u8> {
    message(b'E', b"SERROR\0C42601\0Mcannot insert multiple commands into a prepared statement\0\0")
}

fn query(text: &str, rows: &[[Option<&str>; 4]]) -> Vec<u8> {
    let complete = message(b'C', b"OK\0");
    if text.contains("pg_sleep") {
        return Vec::new();
    }
    if !(text.starts_with("FETCH") || text.starts_with("SHOW")) {
        let statements = text.split(';').count();
        return [complete.repeat(statements), ready()].concat();
    }
    let rows: Vec<u8> = rows.iter().flat_map(data_row).collect();
    [row_description(), rows, complete, ready()].concat()
}

fn record(asked: &Asked, body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body).trim_matches('\0').replace('\0', " ");
    asked.lock().unwrap_or_else(PoisonError::into_inner).push(text.clone());
    text
}

fn place_with(fake: &Fake) -> Place {
    let mut place = Place::new();
    place.addresses("pg", &[fake.address]);
    place
}

#[tokio::test]
async fn a_question_is_asked_in_a_read_only_transaction_with_a_timeout_and_rolled_back() {
    let fake = Fake::with(&[[Some("standby"), Some("2"), Some("0.25"), Some("t")], [None, None, None, None]]);
    let with = "{component: pg, user: probe, database: app, query: SELECT * FROM pg_stat_replication, within: 3s}";
    let seen = place_with(&fake).look("sql.query", with).await;
    held(&seen, "obs.rows == 2 && obs.value == 'standby' && obs.row.n == 2 && obs.row.share == 0.25 && obs.row.up");
    let asked = fake.asked();
    assert!(asked[0].contains("user probe") && asked[0].contains("database app"), "{asked:?}");
    assert_eq!(asked[1], "BEGIN READ ONLY; SET LOCAL statement_timeout = 3000");
    assert!(asked[2].contains("SELECT * FROM pg_stat_replication"));
    let fetch = [
        "DECLARE seaworthy_probe NO SCROLL CURSOR FOR SELECT * FROM pg_stat_replication",
        "FETCH FORWARD 10001 FROM seaworthy_probe",
        "ROLLBACK",
    ];
    assert_eq!(asked[asked.len() - 3..], fetch);
}

#[tokio::test]
async fn a_missing_replica_turns_the_claim() {
    let expect = "obs.rows >= 1 && obs.row.up";
    let with = "{component: pg, user: probe, query: SHOW replication}";
    let sound = Fake::with(&[[Some("a"), Some("1"), Some("1"), Some("t")]]);
    held(&place_with(&sound).look("sql.query", with).await, expect);
    let flawed = Fake::with(&[]);
    let seen = place_with(&flawed).look("sql.query", with).await;
    assert_eq!(crate::world::verdict(&seen, "obs.rows >= 1"), evidence::Verdict::Broken);
    let off = Fake::with(&[[Some("a"), Some("1"), Some("1"), Some("f")]]);
    assert_eq!(
        crate::world::verdict(&place_with(&off).look("sql.query", with).await, expect),
        evidence::Verdict::Broken
    );
}

#[tokio::test]
async fn what_the_server_refuses_is_trouble_in_its_own_words() {
    let fake = Fake::with(&[]);
    let seen = place_with(&fake).look("sql.query", "{component: pg, user: probe, query: 'SELECT 1 AS second'}").await;
    blind(&seen, "cannot insert multiple commands into a prepared statement (42601)");
    assert!(!fake.asked().iter().any(|text| text.starts_with("DECLARE")), "what cannot be prepared must not be run");
}

#[tokio::test]
async fn a_server_that_does_not_answer_or_is_not_there_is_not_seen() {
    let fake = Fake::with(&[]);
    let seen =
        place_with(&fake).look("sql.query", "{component: pg, user: p, query: SELECT pg_sleep(9), within: 100ms}").await;
    blind(&seen, "no answer within 100ms");
    not_seen(&seen, "obs.rows == 0");
    let mut place = Place::new();
    place.addresses("pg", &[crate::service::nobody()]);
    blind(&place.look("sql.query", "{component: pg, user: p, query: SELECT 1}").await, "refused");
    blind(&Place::new().look("sql.query", "{component: pg, user: p, query: SELECT 1}").await, "has no address");
}
