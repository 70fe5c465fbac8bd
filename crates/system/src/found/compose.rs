//! docker-compose files: services, what they depend on, and what their variables name.
//!
//! Source: the Compose Specification, sections `services`, `depends_on`, `environment`, `ports`, `deploy`.

use std::collections::BTreeMap;

use text::{Entry, Node, Source};

use super::{
    Found, FoundComponent, FoundEdge, MAX_FOUND, fit, image, is_address, is_host_option, is_telemetry, named_hosts,
};
use crate::Needs;

/// The variables of a file called `.env`: `NAME=value` by line.
pub fn environment_file(text: &str) -> BTreeMap<String, String> {
    let line = |line: &str| {
        let (name, value) = line.trim().trim_start_matches("export ").split_once('=')?;
        let value = value.trim().trim_matches(['"', '\'']);
        (!name.starts_with('#')).then(|| (name.trim().to_owned(), value.to_owned()))
    };
    text.lines().filter_map(line).collect()
}

/// Reads a compose file; `None` when it is none. `variables` are those of the `.env` file beside it.
pub fn compose(source: &Source, variables: &BTreeMap<String, String>) -> Option<Found> {
    let (node, problems) = super::read(source);
    let node = node?;
    let services = node.get("services")?.as_map()?;
    let mut found = Found { path: source.path().to_owned(), ..Found::default() };
    if problems.iter().any(|problem| matches!(problem.rule, "yaml-alias" | "yaml-anchor" | "yaml-merge")) {
        found.gaps.push("anchors and merge keys were not followed".to_owned());
    }
    if source.text().contains("extends:") || node.get("include").is_some() {
        found.gaps.push("`extends` and `include` were not followed".to_owned());
    }
    for service in services.iter().take(MAX_FOUND) {
        found.components.extend(component(source, service));
    }
    if services.len() > MAX_FOUND {
        found.gaps.push(format!("only the first {MAX_FOUND} services were read"));
    }
    let names: Vec<(String, String)> =
        services.iter().take(MAX_FOUND).filter_map(|service| Some((service.key.clone(), fit(&service.key)?))).collect();
    let telemetry: Vec<String> = services
        .iter()
        .filter(|service| {
            let image = service.value.get("image").and_then(Node::as_text).unwrap_or("");
            is_telemetry(&service.key, &filled(image, variables))
        })
        .filter_map(|service| fit(&service.key))
        .collect();
    for service in services.iter().take(MAX_FOUND) {
        edges(source, service, (&names, &telemetry), variables, &mut found);
    }
    unreachable_pairs(services, &mut found);
    Some(found)
}

fn component(source: &Source, service: &Entry) -> Option<FoundComponent> {
    let node = &service.value;
    let image = node.get("image").and_then(Node::as_text);
    let built =
        node.get("build").map(|build| build.as_text().or_else(|| build.get("context")?.as_text()).unwrap_or("."));
    let from = match (image, built) {
        (Some(image), None) => format!("image {image}"),
        (_, Some(context)) => format!("build {context}"),
        (None, None) => "service".to_owned(),
    };
    let replicas = node.get("deploy").and_then(|deploy| deploy.get("replicas")).or_else(|| node.get("scale"));
    Some(FoundComponent {
        name: fit(&service.key)?,
        kind: image::kind(image.filter(|_| built.is_none()), &service.key),
        replicas: replicas.and_then(Node::as_text).and_then(|text| text.parse().ok()),
        at: published(node),
        line: source.line_column(service.key_span.start).0,
        from,
        entry: published_at(source, node),
        quorum: None,
    })
}

/// Where a port is given a number on the machine; one without it is for other services and tools.
fn published_at(source: &Source, node: &Node) -> Option<(usize, String)> {
    let ports = node.get("ports")?;
    let is_given =
        |port: &Node| port.get("published").is_some() || port.as_text().is_some_and(|port| port.contains(':'));
    let given = ports.as_list()?.iter().any(is_given);
    given.then(|| (source.line_column(ports.span.start).0, "ports".to_owned()))
}

/// The first port that is published on this machine: `8080:80`, `127.0.0.1:8080:80`, `{published: 8080}`.
fn published(node: &Node) -> Option<String> {
    let ports = node.get("ports")?.as_list()?;
    ports.iter().find_map(|port| {
        let long = port.get("published").and_then(Node::as_text);
        let host = match (long, port.as_text()) {
            (Some(published), _) => published,
            (None, Some(short)) => {
                let mut parts: Vec<&str> = short.split('/').next()?.split(':').collect();
                parts.pop()?;
                parts.pop()?
            }
            (None, None) => return None,
        };
        host.parse::<u16>().ok().filter(|port| *port > 0).map(|port| format!("127.0.0.1:{port}"))
    })
}

fn edges(
    source: &Source,
    service: &Entry,
    (names, telemetry): (&[(String, String)], &[String]),
    variables: &BTreeMap<String, String>,
    found: &mut Found,
) {
    let Some(caller) = fit(&service.key) else { return };
    let line = |span: text::Span| source.line_column(span.start).0;
    let mut add = |callee: &str, line: usize, from: &str| {
        let Some((_, callee)) = names.iter().find(|(written, _)| written == callee) else { return };
        let is_known = found.edges.iter().any(|edge| edge.caller == caller && edge.callee == *callee);
        if *callee != caller && !is_known {
            let (caller, callee, from) = (caller.clone(), callee.clone(), from.to_owned());
            let needs = if telemetry.contains(&callee) { Needs::Async } else { Needs::Hard };
            found.edges.push(FoundEdge { caller, callee, line, from, needs });
        }
    };
    for (variable, value, span) in environment(&service.value) {
        let value = match value {
            Some(value) => filled(value, variables),
            None => variables.get(variable).map(|value| filled(value, variables)).unwrap_or_default(),
        };
        if is_address(variable, &value) {
            named_hosts(&value).into_iter().for_each(|host| add(host, line(span), variable));
        }
    }
    for key in ["command", "entrypoint"] {
        let Some(node) = service.value.get(key) else { continue };
        for host in hosts_of_command(node, variables) {
            add(&host, line(node.span), key);
        }
    }
    let depends = service.value.get("depends_on");
    for item in depends.and_then(Node::as_list).unwrap_or_default() {
        item.as_text().into_iter().for_each(|callee| add(callee, line(item.span), "depends_on"));
    }
    for entry in depends.and_then(Node::as_map).unwrap_or_default() {
        add(&entry.key, line(entry.key_span), "depends_on");
    }
    for item in service.value.get("links").and_then(Node::as_list).unwrap_or_default() {
        item.as_text()
            .into_iter()
            .for_each(|link| add(link.split(':').next().unwrap_or(link), line(item.span), "links"));
    }
}

/// Name, value and place of every variable, from a map or from `NAME=value`; one without a value has that of `.env`.
fn environment(node: &Node) -> Vec<(&str, Option<&str>, text::Span)> {
    let Some(environment) = node.get("environment") else { return Vec::new() };
    let mapped = environment.as_map().unwrap_or_default().iter();
    let mapped = mapped.map(|entry| (entry.key.as_str(), entry.value.as_text(), entry.key_span));
    let listed = environment.as_list().unwrap_or_default().iter();
    let listed = listed.filter_map(|item| {
        let text = item.as_text()?;
        let (name, value) = text.split_once('=').map_or((text, None), |(name, value)| (name, Some(value)));
        Some((name, value, item.span))
    });
    mapped.chain(listed).collect()
}

/// Hosts among the words of a command: addresses, and what stands behind an option for hosts.
fn hosts_of_command(node: &Node, variables: &BTreeMap<String, String>) -> Vec<String> {
    let listed = node.as_list().unwrap_or_default().iter().filter_map(Node::as_text);
    let texts: Vec<String> = listed.chain(node.as_text()).map(|text| filled(text, variables)).collect();
    let words: Vec<&str> = texts.iter().flat_map(|text| text.split_whitespace()).collect();
    let mut hosts = Vec::new();
    for (at, word) in words.iter().enumerate() {
        let (option, value) = word.split_once('=').unwrap_or(("", word));
        let behind = at.checked_sub(1).is_some_and(|before| is_host_option(words[before]));
        if is_address(option.trim_start_matches('-'), value) || behind || is_host_option(option) {
            hosts.extend(named_hosts(value).into_iter().map(str::to_owned));
        }
    }
    hosts
}

/// The deepest that variables name variables.
const MAX_FILLED: usize = 4;

/// `${NAME}`, `${NAME:-default}`, `${NAME-default}` and `$NAME` with their values; what is not known stays as it is.
fn filled(text: &str, variables: &BTreeMap<String, String>) -> String {
    let mut text = text.to_owned();
    for _ in 0..MAX_FILLED {
        let next = filled_once(&text, variables);
        if next == text {
            break;
        }
        text = next;
    }
    text
}

fn filled_once(text: &str, variables: &BTreeMap<String, String>) -> String {
    let mut filled = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        filled.push_str(&rest[..at]);
        let tail = &rest[at + 1..];
        let braced = tail.strip_prefix('{').and_then(|inner| inner.split_once('}'));
        let (inner, after) = match braced {
            Some((inner, after)) => (inner, after),
            None => {
                let end = tail.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(tail.len());
                (&tail[..end], &tail[end..])
            }
        };
        let name_end = inner.find([':', '-', '?', '+']).unwrap_or(inner.len());
        let (name, operator) = inner.split_at(name_end);
        let default = operator.strip_prefix(":-").or_else(|| operator.strip_prefix('-'));
        match variables.get(name).map(String::as_str).filter(|value| !value.is_empty()).or(default) {
            Some(value) => filled.push_str(value),
            None => filled.push_str(&rest[at..rest.len() - after.len()]),
        }
        rest = after;
    }
    filled + rest
}

/// Services on no common network cannot reach each other, whatever their variables say.
fn unreachable_pairs(services: &[Entry], found: &mut Found) {
    let networks = |name: &str| -> Option<Vec<String>> {
        let service = services.iter().find(|service| fit(&service.key).as_deref() == Some(name))?;
        let networks = service.value.get("networks")?;
        let listed = networks.as_list().unwrap_or_default().iter().filter_map(Node::as_text).map(str::to_owned);
        let mapped = networks.as_map().unwrap_or_default().iter().map(|entry| entry.key.clone());
        Some(listed.chain(mapped).collect())
    };
    let of = |name: &str| networks(name).unwrap_or_else(|| vec!["default".to_owned()]);
    for edge in &found.edges {
        let (caller, callee) = (of(&edge.caller), of(&edge.callee));
        if !caller.iter().any(|network| callee.contains(network)) {
            found.gaps.push(format!(
                "{} names {} at line {}, and they share no network: it cannot be reached",
                edge.caller, edge.callee, edge.line
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ComponentKind;

    const SHOP: &str = "\
services:
  api:
    build: ./api
    ports: [\"8080:80\"]
    environment:
      DATABASE_URL: postgres://app:x@db:5432/shop
      LOG_LEVEL: info
    depends_on:
      cache: {condition: service_started}
    deploy: {replicas: 2}
  worker:
    image: shop/worker
    environment: [BROKER_URL=amqp://queue:5672, API=http://api/]
  db: {image: 'postgres:16'}
  cache: {image: 'valkey/valkey:8', ports: ['127.0.0.1:6379:6379']}
  queue: {image: rabbitmq}
";

    #[test]
    fn services_ports_and_needs_are_found_with_their_lines() {
        let found = compose(&Source::new("docker-compose.yml", SHOP), &BTreeMap::new()).expect("is one");
        let shown: Vec<_> =
            found.components.iter().map(|c| (c.name.as_str(), c.kind, c.replicas, c.at.as_deref(), c.line)).collect();
        assert_eq!(
            shown,
            [
                ("api", ComponentKind::Service, Some(2), Some("127.0.0.1:8080"), 2),
                ("worker", ComponentKind::Worker, None, None, 11),
                ("db", ComponentKind::Postgres, None, None, 14),
                ("cache", ComponentKind::Redis, None, Some("127.0.0.1:6379"), 15),
                ("queue", ComponentKind::Queue, None, None, 16),
            ]
        );
        let edges: Vec<_> =
            found.edges.iter().map(|e| format!("{}->{} {} {}", e.caller, e.callee, e.line, e.from)).collect();
        assert_eq!(
            edges,
            ["api->db 6 DATABASE_URL", "api->cache 9 depends_on", "worker->queue 13 BROKER_URL", "worker->api 13 API"]
        );
    }

    #[test]
    fn what_is_no_compose_file_is_none_and_what_is_not_followed_is_told() {
        assert_eq!(compose(&Source::new("a.yml", "jobs: {a: b}\n"), &BTreeMap::new()), None);
        assert_eq!(compose(&Source::new("a.yml", ": : :\n\t-"), &BTreeMap::new()), None);
        let found = compose(&Source::new("a.yml", "x: &a {image: postgres}\nservices:\n  db: *a\n"), &BTreeMap::new())
            .expect("is one");
        assert_eq!(found.gaps.len(), 1, "{:?}", found.gaps);
    }

    #[test]
    fn variables_are_filled_from_the_file_beside() {
        let variables = environment_file("# ports\nCART_PORT=7070\nCART_ADDR=cart:${CART_PORT}\nexport EMPTY=\n");
        let text = "services:\n  web:\n    image: ${REPO:-shop}/web\n    ports: ['80:80']\n    environment: [CART_ADDR, 'QUOTE_ADDR=http://quote:${QUOTE_PORT-1}', 'OTEL_ENDPOINT=http://${OTEL_HOST:-otelcol}:4317']\n  cart: {image: c}\n  quote: {image: q, networks: [back]}\n  otelcol: {image: otel/collector}\n";
        let found = compose(&Source::new("c.yml", text), &variables).expect("is one");
        let edges: Vec<_> = found.edges.iter().map(|e| format!("{}->{} {:?}", e.caller, e.callee, e.needs)).collect();
        assert_eq!(edges, ["web->cart Hard", "web->quote Hard", "web->otelcol Async"]);
        assert_eq!(found.components[0].entry, Some((4, "ports".to_owned())));
        assert_eq!(found.gaps, ["web names quote at line 5, and they share no network: it cannot be reached"]);
    }
}
