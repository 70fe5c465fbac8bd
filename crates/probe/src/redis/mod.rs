//! `redis.info`: what a Redis, or a server that speaks like one, says of itself.
//!
//! Three connections: one that does not log in, because only an unauthenticated PING shows whether a password is
//! asked for; one without TLS where TLS is spoken; and one that reads. Only the seven questions of
//! [`outside::redis::Question`] can be asked at all.
//!
//! What the server refuses (a renamed CONFIG, a user without the right) is listed in `refused`, and the values that
//! hang on it are not there: an expectation that reads them is not seen, and one that does not is none the poorer.

mod tell;

use std::net::SocketAddr;
use std::time::Duration;

use evidence::{Grade, Value};
use outside::redis::{Connection, Failure, Question, Reply};
use outside::tls::{Certificate, Trust};
use system::{ComponentId, ComponentKind, System, Template};
use text::{Fields, Source, print_duration};
use tokio::time::{Instant, MissedTickBehavior, interval};

use crate::ask::agreed;
use crate::endpoint::{Answering, Endpoint, Tls, Who, read_tls};
use crate::hole::{self, Holes, Secrets};
use crate::http::read_within;
use crate::kind::{Kind, Look, Looking, ready};
use crate::read::span_of;
use crate::sight::Sight;
use crate::{Error, World};
use tell::{Info, tell_access, tell_certificate, tell_info, tell_settings};

/// How long one server may take when the file does not say, the settling apart.
const WITHIN: Duration = Duration::from_secs(5);

/// The longest that one server may take.
const MAX_WITHIN: Duration = Duration::from_secs(60);

/// The longest that a replica may be given to find its primary.
pub const MAX_SETTLE: Duration = Duration::from_secs(60);

/// How often it is asked meanwhile.
const ASKED_EVERY: Duration = Duration::from_millis(100);

/// The kinds of this family.
pub(crate) const KINDS: &[Kind] =
    &[Kind { name: "redis.info", read: |fields, system, source| ready(RedisInfo::read(fields, system, source)) }];

/// Components that speak the protocol of Redis.
const REDIS: Answering = Answering { what: "speaks the protocol of Redis", fits: speaks_redis };

fn speaks_redis(kind: ComponentKind) -> bool {
    matches!(kind, ComponentKind::Redis | ComponentKind::Tcp | ComponentKind::External)
}

/// What a Redis says of itself.
#[derive(Clone, Debug)]
pub(crate) struct RedisInfo {
    endpoint: Endpoint,
    user: Option<String>,
    password: Option<Template>,
    settle: Duration,
    within: Duration,
}

// ===== reading =====

impl RedisInfo {
    pub(crate) fn read(fields: &mut Fields<'_, '_>, system: &System, source: &Source) -> Option<Self> {
        let endpoint = read_endpoint(fields, system);
        let user = fields.text("user").map(str::to_owned);
        let password = read_password(fields, source);
        if user.is_some() && password.is_none() {
            let span = span_of(fields, "user");
            fields.problem("wrong-value", span, "a `user` needs a `password`");
        }
        let settle = fields.duration("settle").unwrap_or_default();
        if settle > MAX_SETTLE {
            let span = span_of(fields, "settle");
            let message = format!("`settle` must be at most {}", print_duration(MAX_SETTLE));
            fields.problem("wrong-value", span, message);
        }
        let within = read_within(fields, WITHIN, MAX_WITHIN);
        Some(Self { endpoint: endpoint?, user, password, settle, within })
    }

    fn source(&self) -> String {
        let scheme = if self.endpoint.tls.is_some() { "rediss" } else { "redis" };
        format!("PING, INFO, ACL LIST, CONFIG GET at {scheme}://{}", self.endpoint.subject())
    }
}

fn read_endpoint(fields: &mut Fields<'_, '_>, system: &System) -> Option<Endpoint> {
    let component = fields.text("component");
    let address = fields.text("address");
    let tls = read_tls(fields);
    match (component, address) {
        (None, None) => {
            fields.problem("missing-key", fields.span(), "name a `component`, or an `address`");
            None
        }
        (Some(_), Some(_)) => {
            let span = span_of(fields, "address");
            fields.problem("wrong-value", span, "name a `component` or an `address`, not both");
            None
        }
        (Some(name), None) => Endpoint::component(name, span_of(fields, "component"), REDIS, system, fields, tls),
        (None, Some(address)) => {
            let port =
                address.rsplit_once(':').and_then(|(host, port)| port.parse::<u16>().ok().filter(|_| !host.is_empty()));
            if port.is_none() || address.contains(['/', '@', ' ']) {
                let span = span_of(fields, "address");
                fields.problem("wrong-value", span, "`address` must look like `127.0.0.1:6379`");
                return None;
            }
            Some(Endpoint { who: Who::Host(address.to_owned()), tls, path: String::new() })
        }
    }
}

/// A password stands in the environment, never in the file.
fn read_password(fields: &mut Fields<'_, '_>, source: &Source) -> Option<Template> {
    let text = fields.text("password")?;
    let span = span_of(fields, "password");
    let template = hole::read(text, span, Holes::Env, source, fields.problems())?;
    if template.parts.iter().any(|part| matches!(part, system::Part::Text(_))) {
        fields.problem("secret-in-text", span, "write the password as `${env:NAME}`, not into the file");
    }
    Some(template)
}

// ===== looking =====

impl Look for RedisInfo {
    fn subject(&self) -> String {
        self.endpoint.subject()
    }

    fn component(&self) -> Option<&ComponentId> {
        self.endpoint.component_id()
    }

    fn look<'a>(&'a self, world: &'a World) -> Looking<'a> {
        Box::pin(look(self, world))
    }
}

async fn look(probe: &RedisInfo, world: &World) -> Sight {
    let mut secrets = Secrets::default();
    let password = probe.password.as_ref().map(|password| secrets.fill(password, world)).transpose();
    let mut sight = match (password, probe.endpoint.addresses(world).await) {
        (Err(error), _) | (_, Err(error)) => Sight::blind(probe.source(), &error),
        (Ok(password), Ok(addresses)) => {
            let mut sights = Vec::new();
            for at in addresses {
                sights.push(one(probe, at, password.as_deref(), world).await);
            }
            agreed(&probe.source(), sights)
        }
    };
    sight.redactor = secrets.redactor();
    sight
}

/// How to reach one server.
struct Server {
    at: SocketAddr,
    trust: Option<Trust>,
    end: Instant,
}

impl Server {
    /// A connection that may carry secrets; with TLS only where the certificate is good.
    async fn open(&self) -> (Result<Connection, Failure>, Option<Certificate>) {
        match &self.trust {
            None => (Connection::open(self.at, self.end).await, None),
            Some(trust) => match Connection::open_tls(self.at, trust, self.end).await {
                Ok((connection, certificate)) => (connection, Some(certificate)),
                Err(failure) => (Err(failure), None),
            },
        }
    }
}

async fn one(probe: &RedisInfo, at: SocketAddr, password: Option<&str>, world: &World) -> Sight {
    let trust = match &probe.endpoint.tls {
        Some(tls) => trust(tls, probe, at, world).map(Some),
        None => Ok(None),
    };
    let trust = match trust {
        Ok(trust) => trust,
        Err(error) => return Sight::blind(probe.source(), &error),
    };
    let server = Server { at, trust, end: Instant::now() + probe.within + probe.settle };
    let mut sight = Sight::new(probe.source());
    if let Err(failure) = read(probe, &server, password, &mut sight, world).await {
        let words = Error::from(failure).words();
        let named = if words.contains(&at.to_string()) { words } else { format!("{at}: {words}") };
        sight.trouble = Some(named);
    }
    sight
}

fn trust(tls: &Tls, probe: &RedisInfo, at: SocketAddr, world: &World) -> Result<Trust, Error> {
    let host = match &probe.endpoint.who {
        Who::Component(_) => at.ip().to_string(),
        Who::Host(host) => host.rsplit_once(':').map_or(host.as_str(), |(host, _)| host).to_owned(),
    };
    tls.trust(&host, world)
}

async fn read(
    probe: &RedisInfo,
    server: &Server,
    password: Option<&str>,
    sight: &mut Sight,
    world: &World,
) -> Result<(), Failure> {
    let plain = if server.trust.is_some() { answers_in_plain_text(server).await } else { None };
    if plain == Some(true) {
        (sight.subjects, sight.grade) = (1, Some(Grade::Live));
        sight.boolean("plaintext_refused", false);
    }
    let (stranger, certificate) = server.open().await;
    if let Some(certificate) = &certificate {
        tell_certificate(sight, certificate, world.now);
    }
    let greeted = stranger?.ask(&Question::Ping).await?;
    (sight.subjects, sight.grade) = (1, Some(Grade::Live));
    let asks = tell_access(sight, &greeted);
    let mut connection = server.open().await.0?;
    if let Some(password) = password {
        let login = Question::Auth { user: probe.user.as_deref(), password };
        if let Reply::Refused(why) = connection.ask(&login).await? {
            sight.trouble = Some(format!("the login was refused: {why}"));
        }
    }
    let mut refused = Vec::new();
    let mut info = Info::default();
    for section in ["server", "memory", "persistence", "stats", "latencystats"] {
        info.take(connection.ask(&Question::Info(section)).await?, &format!("INFO {section}"), &mut refused);
    }
    settle(probe, &mut connection, &mut info, &mut refused).await?;
    tell_info(sight, &info, probe.settle);
    tell_settings(sight, &mut connection, asks, &mut refused).await?;
    // Another port without TLS is as open as this one; when CONFIG does not say whether there is one, nothing is told.
    if let (Some(false), Some(Value::Integer(port))) = (plain, sight.values.get("plain_port")) {
        let refused = *port == 0;
        sight.boolean("plaintext_refused", refused);
    }
    sight.integer("refusals", refused.len());
    sight.put("refused", Value::List(refused.into_iter().map(Value::Text).collect()));
    Ok(())
}

/// Reads the replication, again and again while it is settling and there is time for that.
async fn settle(
    probe: &RedisInfo,
    connection: &mut Connection,
    info: &mut Info,
    refused: &mut Vec<String>,
) -> Result<(), Failure> {
    let end = Instant::now() + probe.settle;
    let mut ticks = interval(ASKED_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let reply = connection.ask(&Question::Info("replication")).await?;
        let is_text = matches!(reply, Reply::Text(_));
        info.take(reply, "INFO replication", refused);
        if !is_text || info.is_settled() || Instant::now() >= end {
            return Ok(());
        }
    }
}

/// Whether the port answers without TLS; nothing when it says nothing at all. That it does not answer counts only where
/// a handshake at the same port succeeds: a dead server refuses plain text too.
async fn answers_in_plain_text(server: &Server) -> Option<bool> {
    // Half of the time is left for TLS.
    let half = Instant::now() + server.end.saturating_duration_since(Instant::now()) / 2;
    let answered = match Connection::open(server.at, half).await {
        Ok(mut plain) => plain.ask(&Question::Ping).await,
        Err(failure) => Err(failure),
    };
    match answered {
        Ok(_) => Some(true),
        Err(Failure::Closed | Failure::NotRedis(_)) => Some(false),
        Err(Failure::Outside(_) | Failure::TimedOut | Failure::TooLarge | Failure::Certificate(_)) => None,
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Outside(error) => Self::Outside(error),
            other => Self::Redis(other),
        }
    }
}
