//! Questions over HTTP to one server, all under one deadline.
//!
//! GET and HEAD, and one POST with a fixed text for GraphQL, which has no other way of asking. Redirects are never
//! followed: where one leads is said in the trouble. A status that is not the one wanted is trouble with the first
//! words of the body, whatever else the body says.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use evidence::Value;
use outside::http::{Answer, Client, Limits, Request};
use serde_json::Value as Json;
use system::Template;
use text::{Fields, Source};
use tokio::time::Instant;

use crate::endpoint::Endpoint;
use crate::hole::{self, Holes, Secrets};
use crate::http::{MAX_BODY_BYTES, check_headers, read_within};
use crate::sight::{Sight, cut};
use crate::{Error, World};

/// How long all questions to one server may take when the file does not say.
const WITHIN: Duration = Duration::from_secs(5);

/// The longest that all questions to one server may take.
const MAX_WITHIN: Duration = Duration::from_secs(60);

/// How much of a refusal is repeated.
const MAX_WORDS_BYTES: usize = 200;

/// Whom to ask, how, and for how long.
#[derive(Clone, Debug)]
pub(crate) struct Asking {
    pub(crate) endpoint: Endpoint,
    pub(crate) headers: Vec<(String, Template)>,
    pub(crate) within: Duration,
}

/// One server that can be asked.
#[derive(Clone, Debug)]
pub(crate) struct Asker {
    client: Client,
    pub(crate) at: SocketAddr,
    host: String,
    base: String,
    headers: Vec<(String, String)>,
    end: Instant,
}

impl Asking {
    /// Reads `component` or `url`, `headers`, `within`, and the keys of TLS.
    pub(crate) fn read(fields: &mut Fields<'_, '_>, system: &system::System, source: &Source) -> Option<Self> {
        let endpoint = Endpoint::read(fields, system);
        let headers = hole::read_map(fields, "headers", Holes::Env, source);
        check_headers(fields, &headers);
        let within = read_within(fields, WITHIN, MAX_WITHIN);
        Some(Self { endpoint: endpoint?.into_base(), headers, within })
    }

    /// The same for another server, without the headers, which are secrets of the first.
    pub(crate) fn of(&self, endpoint: &Endpoint) -> Self {
        Self { endpoint: endpoint.clone().into_base(), headers: Vec::new(), within: self.within }
    }

    /// One asker for each replica.
    pub(crate) async fn askers(&self, world: &World, secrets: &mut Secrets) -> Result<Vec<Asker>, Error> {
        let fill = |(name, value): &(String, Template)| secrets.fill(value, world).map(|value| (name.clone(), value));
        let headers = self.headers.iter().map(fill).collect::<Result<Vec<(String, String)>, Error>>()?;
        let end = Instant::now() + self.within;
        let limits = Limits { body_bytes: MAX_BODY_BYTES, connect: self.within };
        let addresses = self.endpoint.addresses(world).await?;
        let asker = |at: SocketAddr| {
            let client = match self.endpoint.trust(at, world)? {
                Some(trust) => Client::secured(limits, trust),
                None => Client::new(limits),
            };
            let (host, base, headers) = (self.endpoint.host_header(at), self.endpoint.path.clone(), headers.clone());
            Ok(Asker { client, at, host, base, headers, end })
        };
        addresses.into_iter().map(asker).collect()
    }

    /// Looks at every replica; what they do not agree on is left out.
    pub(crate) async fn look<L, F>(&self, world: &World, source: &str, look: L) -> Sight
    where
        L: Fn(Asker) -> F,
        F: Future<Output = Sight>,
    {
        let mut secrets = Secrets::default();
        let mut sight = match self.askers(world, &mut secrets).await {
            Err(error) => Sight::blind(source, &error),
            Ok(askers) => {
                let mut sights = Vec::new();
                for asker in askers {
                    sights.push(look(asker).await);
                }
                agreed(source, sights)
            }
        };
        sight.redactor = secrets.redactor();
        sight
    }
}

/// What several servers agree on: nothing was reached where one of them was not, and a value that differs is left out.
/// What each of them says stands in `each.NAME`, in their order, where all of them say something.
pub(crate) fn agreed(source: &str, sights: Vec<Sight>) -> Sight {
    let servers = sights.len();
    let each = if servers > 1 { each(&sights) } else { Vec::new() };
    let mut sights = sights.into_iter();
    let Some(mut whole) = sights.next() else { return Sight::new(source) };
    for other in sights {
        whole.values.retain(|name, value| other.values.get(name).is_some_and(|others| others == value));
        whole.subjects = whole.subjects.min(other.subjects);
        whole.grade = whole.grade.zip(other.grade).map(|(one, two)| one.min(two));
        whole.trouble = match (whole.trouble, other.trouble) {
            (Some(one), Some(two)) if one != two => Some(format!("{one}; {two}")),
            (one, two) => one.or(two),
        };
    }
    if !each.is_empty() {
        whole.integer("servers", servers);
        whole.values.extend(each);
    }
    whole
}

/// The values that all servers have, each as a list.
fn each(sights: &[Sight]) -> Vec<(String, Value)> {
    let Some(first) = sights.first() else { return Vec::new() };
    let of_all =
        |name: &String| sights.iter().map(|sight| sight.values.get(name).cloned()).collect::<Option<Vec<Value>>>();
    first.values.keys().filter_map(|name| Some((format!("each.{name}"), Value::List(of_all(name)?)))).collect()
}

impl Asker {
    /// The answer to GET, whatever its status.
    pub(crate) async fn get(&self, path: &str, headers: &[(&str, &str)]) -> Result<Answer, Error> {
        self.send("GET", path, headers, Bytes::new()).await
    }

    /// The answer to HEAD, whatever its status.
    pub(crate) async fn head(&self, path: &str, headers: &[(&str, &str)]) -> Result<Answer, Error> {
        self.send("HEAD", path, headers, Bytes::new()).await
    }

    /// JSON answered to GET with the status 200.
    pub(crate) async fn json(&self, path: &str) -> Result<Json, Error> {
        let answer = self.get(path, &[("accept", "application/json")]).await?;
        self.read(path, &answer)
    }

    /// JSON answered to the one POST that only asks: a GraphQL query.
    pub(crate) async fn graphql(&self, path: &str, body: &'static str) -> Result<Json, Error> {
        let headers = [("content-type", "application/json"), ("accept", "application/json")];
        let answer = self.send("POST", path, &headers, Bytes::from_static(body.as_bytes())).await?;
        self.read(path, &answer)
    }

    /// The JSON of an answer with the status 200.
    pub(crate) fn read(&self, path: &str, answer: &Answer) -> Result<Json, Error> {
        if answer.status != 200 {
            return Err(self.refused(path, answer));
        }
        serde_json::from_slice(&answer.body).map_err(|error| self.trouble(path, format!("no JSON: {error}")))
    }

    /// Trouble with an answer of the wrong status.
    pub(crate) fn refused(&self, path: &str, answer: &Answer) -> Error {
        let to = answer.header("location").map(|to| format!(", a redirect to {to}, which is not followed"));
        let body = String::from_utf8_lossy(&answer.body).split_whitespace().collect::<Vec<&str>>().join(" ");
        let words = if body.is_empty() { String::new() } else { format!(": {}", cut(body, MAX_WORDS_BYTES)) };
        self.trouble(path, format!("status {}{}{words}", answer.status, to.unwrap_or_default()))
    }

    /// Trouble at a path of this server.
    pub(crate) fn trouble(&self, path: &str, what: impl Into<String>) -> Error {
        let path = path.split_once('?').map_or(path, |(path, _)| path);
        Error::Service { at: format!("{}{}{path}", self.at, self.base), what: what.into() }
    }

    /// How long it may still be asked.
    pub(crate) fn left(&self) -> Duration {
        self.end.saturating_duration_since(Instant::now())
    }

    async fn send(&self, method: &str, path: &str, more: &[(&str, &str)], body: Bytes) -> Result<Answer, Error> {
        let more = more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let mut headers: Vec<(String, String)> = vec![("host".to_owned(), self.host.clone())];
        headers.extend(more);
        let is_new = |name: &str| !headers.iter().any(|(known, _)| known.eq_ignore_ascii_case(name));
        let own: Vec<(String, String)> = self.headers.iter().filter(|(name, _)| is_new(name)).cloned().collect();
        headers.extend(own);
        let request = Request { method: method.to_owned(), path: format!("{}{path}", self.base), headers, body };
        self.client.send(self.at, request, self.left()).await.map_err(|failure| self.trouble(path, failure.to_string()))
    }
}

/// A text as a part of a query or a path: everything but letters, digits and `-._~` in percent signs.
pub(crate) fn encoded(text: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let part = |byte: u8| if is_plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    text.bytes().map(part).collect()
}
