//! Whom a live look asks: a component of the file, or a URL; and whom it trusts when it speaks TLS.
//!
//! Only loopback and what the environment allows is ever connected to. A component with several replicas is asked at
//! each of them, and what they do not agree on is not seen, because one of them is as real as the other.

use std::net::SocketAddr;
use std::path::PathBuf;

use outside::tls::Trust;
use system::{ComponentId, ComponentKind, System};
use text::{Fields, Span};

use crate::read::span_of;
use crate::{Error, World, file};

/// Whom to ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Endpoint {
    pub(crate) who: Who,
    /// TLS, and whom to trust.
    pub(crate) tls: Option<Tls>,
    /// What stands before every path, without `/` at its end.
    pub(crate) path: String,
}

/// A component, or a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Who {
    /// All replicas of a component.
    Component(ComponentId),
    /// `host:port`.
    Host(String),
}

/// How to know the other side.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tls {
    /// A PEM file below the repository; the system's roots when not written.
    pub(crate) ca: Option<String>,
    /// The name that the certificate must be for; that of the URL when not written.
    pub(crate) server_name: Option<String>,
}

/// What kinds of component a look can be about.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Answering {
    /// As in "a component that answers HTTP".
    pub(crate) what: &'static str,
    /// Whether it does.
    pub(crate) fits: fn(ComponentKind) -> bool,
}

/// Components that answer HTTP at an address.
pub(crate) const HTTP: Answering = Answering { what: "answers HTTP", fits: answers_http };

fn answers_http(kind: ComponentKind) -> bool {
    match kind {
        ComponentKind::Service | ComponentKind::Worker | ComponentKind::External | ComponentKind::Tcp => true,
        ComponentKind::Client
        | ComponentKind::Postgres
        | ComponentKind::Redis
        | ComponentKind::Sqlite
        | ComponentKind::Queue
        | ComponentKind::Secret
        | ComponentKind::Config
        | ComponentKind::Volume
        | ComponentKind::State
        | ComponentKind::Function => false,
    }
}

// ===== reading =====

impl Endpoint {
    /// Reads `component` or `url`, and `tls`, `ca` and `server_name`.
    pub(crate) fn read(fields: &mut Fields<'_, '_>, system: &System) -> Option<Self> {
        let component = fields.text("component");
        let url = fields.text("url");
        let tls = read_tls(fields);
        match (component, url) {
            (None, None) => {
                fields.problem("missing-key", fields.span(), "name a `component`, or a `url`");
                None
            }
            (Some(_), Some(_)) => {
                let span = span_of(fields, "url");
                fields.problem("wrong-value", span, "name a `component` or a `url`, not both");
                None
            }
            (Some(name), None) => Self::component(name, span_of(fields, "component"), HTTP, system, fields, tls),
            (None, Some(url)) => {
                let span = span_of(fields, "url");
                if tls.is_some() && url.starts_with("http://") {
                    fields.problem(
                        "wrong-url",
                        span,
                        "with `tls`, `ca` or `server_name` the `url` begins with `https://`",
                    );
                }
                Self::url(url, tls.unwrap_or_default()).map_err(|why| fields.problem("wrong-url", span, why)).ok()
            }
        }
    }

    /// Reads one text that is a URL or names a component.
    pub(crate) fn read_text(fields: &mut Fields<'_, '_>, key: &'static str, system: &System) -> Option<Self> {
        let text = fields.text(key)?;
        let span = span_of(fields, key);
        if text.contains("://") {
            return Self::url(text, Tls::default()).map_err(|why| fields.problem("wrong-url", span, why)).ok();
        }
        Self::component(text, span, HTTP, system, fields, None)
    }

    pub(crate) fn component(
        name: &str,
        span: Span,
        answering: Answering,
        system: &System,
        fields: &mut Fields<'_, '_>,
        tls: Option<Tls>,
    ) -> Option<Self> {
        let component = crate::read::component(name, span, system, fields)?;
        if !(answering.fits)(component.kind) {
            let message = format!("`{}` is not a component that {}", component.id, answering.what);
            fields.problem("wrong-component", span, message);
            return None;
        }
        Some(Self { who: Who::Component(component.id.clone()), tls, path: String::new() })
    }

    /// Reads a URL.
    pub(crate) fn url(url: &str, tls: Tls) -> Result<Self, &'static str> {
        let looks = "`url` must look like `http://127.0.0.1:8080/path` or begin with `https://`";
        let (tls, rest, usual) = match (url.strip_prefix("http://"), url.strip_prefix("https://")) {
            (Some(rest), _) => (None, rest, 80),
            (None, Some(rest)) => (Some(tls), rest, 443),
            (None, None) => return Err(looks),
        };
        let (host, path) = rest.find(['/', '?']).map_or((rest, ""), |at| rest.split_at(at));
        if host.contains('@') {
            return Err("write secrets as `headers`, not into the `url`");
        }
        let host = host_and_port(host, usual)?;
        let path = if path.starts_with('?') { format!("/{path}") } else { path.to_owned() };
        if host.starts_with(':') || !(path.is_empty() || is_path(&path)) || host.contains(char::is_whitespace) {
            return Err(looks);
        }
        Ok(Self { who: Who::Host(host), tls, path })
    }

    /// The path of a URL, when what is asked for is below it.
    pub(crate) fn into_base(mut self) -> Self {
        self.path.truncate(self.path.trim_end_matches('/').len());
        self
    }
}

fn host_and_port(host: &str, usual: u16) -> Result<String, &'static str> {
    let port = host.rsplit_once(':').map(|(_, port)| port).filter(|port| !port.ends_with(']'));
    match port {
        Some(port) if port.parse::<u16>().is_err() => Err("the port of `url` is no number up to 65535"),
        Some(_) => Ok(host.to_owned()),
        None => Ok(format!("{host}:{usual}")),
    }
}

/// `tls: true` for components, `ca` and `server_name` for both.
pub(crate) fn read_tls(fields: &mut Fields<'_, '_>) -> Option<Tls> {
    let wanted = fields.boolean("tls");
    let ca = fields.text("ca").map(str::to_owned);
    let server_name = fields.text("server_name").map(str::to_owned);
    let said = ca.is_some() || server_name.is_some();
    if wanted == Some(false) && said {
        let span = span_of(fields, "tls");
        fields.problem("wrong-value", span, "`ca` and `server_name` are of no use without TLS");
    }
    (wanted.unwrap_or(said)).then_some(Tls { ca, server_name })
}

/// Whether a text can be the path of a request.
pub(crate) fn is_path(path: &str) -> bool {
    path.starts_with('/') && path.chars().all(|c| c.is_ascii_graphic() && c != '#')
}

// ===== looking =====

impl Endpoint {
    /// For people: the component, or `host:port`.
    pub(crate) fn subject(&self) -> String {
        match &self.who {
            Who::Component(component) => component.to_string(),
            Who::Host(host) => host.clone(),
        }
    }

    pub(crate) fn component_id(&self) -> Option<&ComponentId> {
        match &self.who {
            Who::Component(component) => Some(component),
            Who::Host(_) => None,
        }
    }

    /// For people, as a URL: `https://api/path`.
    pub(crate) fn shown(&self) -> String {
        format!("{}://{}{}", if self.tls.is_some() { "https" } else { "http" }, self.subject(), self.path)
    }

    /// Where it answers, all of it allowed.
    pub(crate) async fn addresses(&self, world: &World) -> Result<Vec<SocketAddr>, Error> {
        match &self.who {
            Who::Component(component) => world.addresses_of(component),
            Who::Host(host) => {
                let host = host.clone();
                let looked_up = tokio::task::spawn_blocking(move || outside::net::resolve(&host));
                let at = looked_up.await.map_err(|_| Error::CutShort)??;
                world.permit(at)?;
                Ok(vec![at])
            }
        }
    }

    /// The name in the header `host`: that of the URL, else the address itself.
    pub(crate) fn host_header(&self, at: SocketAddr) -> String {
        match &self.who {
            Who::Component(_) => at.to_string(),
            Who::Host(host) => host.clone(),
        }
    }

    /// Whom to trust at an address, when TLS is spoken.
    pub(crate) fn trust(&self, at: SocketAddr, world: &World) -> Result<Option<Trust>, Error> {
        let Some(tls) = &self.tls else { return Ok(None) };
        let host = match &self.who {
            Who::Component(_) => at.ip().to_string(),
            Who::Host(host) => host.rsplit_once(':').map_or(host.as_str(), |(host, _)| host).to_owned(),
        };
        tls.trust(&host, world).map(Some)
    }
}

impl Tls {
    /// Whom to trust when a server is asked for under a name.
    pub(crate) fn trust(&self, host: &str, world: &World) -> Result<Trust, Error> {
        let name = self.server_name.as_deref().unwrap_or(host);
        let ca: Option<PathBuf> = self.ca.as_deref().map(|path| file::locate(path, &world.directory)).transpose()?;
        Ok(Trust::read(ca.as_deref(), name, world.now)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_http_or_https_with_a_host() {
        let read = |url: &str| Endpoint::url(url, Tls::default()).ok().map(|read| (read.shown(), read.path));
        let is = |shown: &str, path: &str| Some((shown.to_owned(), path.to_owned()));
        assert_eq!(read("http://127.0.0.1:80/a?b=c"), is("http://127.0.0.1:80/a?b=c", "/a?b=c"));
        assert_eq!(read("http://localhost"), is("http://localhost:80", ""));
        assert_eq!(read("https://a.example"), is("https://a.example:443", ""));
        assert_eq!(read("http://[::1]:8080?x"), is("http://[::1]:8080/?x", "/?x"));
        for url in ["http://", "http://u:p@a/", "http://a:99999/", "http://a /", "ftp://a", "127.0.0.1:80", "https:///"]
        {
            assert_eq!(read(url), None, "{url}");
        }
    }
}
