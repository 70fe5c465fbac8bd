//! docker-compose files: services, what they depend on, and what their variables name.
//!
//! Source: the Compose Specification, sections `services`, `depends_on`, `environment`, `ports`, `deploy`.

use text::{Entry, Node, Source, read_yaml};

use super::{Found, FoundComponent, FoundEdge, MAX_FOUND, fit, image, is_address, named_hosts};

/// Reads a compose file; `None` when it is none.
pub fn compose(source: &Source) -> Option<Found> {
    let (node, problems) = read_yaml(source);
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
    for service in services.iter().take(MAX_FOUND) {
        edges(source, service, &names, &mut found);
    }
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
    })
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

fn edges(source: &Source, service: &Entry, names: &[(String, String)], found: &mut Found) {
    let Some(caller) = fit(&service.key) else { return };
    let line = |span: text::Span| source.line_column(span.start).0;
    let mut add = |callee: &str, line: usize, from: &str| {
        let Some((_, callee)) = names.iter().find(|(written, _)| written == callee) else { return };
        let is_known = found.edges.iter().any(|edge| edge.caller == caller && edge.callee == *callee);
        if *callee != caller && !is_known {
            let (caller, callee, from) = (caller.clone(), callee.clone(), from.to_owned());
            found.edges.push(FoundEdge { caller, callee, line, from });
        }
    };
    for (variable, value, span) in variables(&service.value) {
        if is_address(variable, value) {
            named_hosts(value).into_iter().for_each(|host| add(host, line(span), variable));
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

/// Name, value and place of every variable, from a map or from `NAME=value`.
fn variables(node: &Node) -> Vec<(&str, &str, text::Span)> {
    let Some(environment) = node.get("environment") else { return Vec::new() };
    let mapped = environment.as_map().unwrap_or_default().iter();
    let mapped = mapped.filter_map(|entry| Some((entry.key.as_str(), entry.value.as_text()?, entry.key_span)));
    let listed = environment.as_list().unwrap_or_default().iter();
    let listed = listed.filter_map(|item| {
        let (name, value) = item.as_text()?.split_once('=')?;
        Some((name, value, item.span))
    });
    mapped.chain(listed).collect()
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
        let found = compose(&Source::new("docker-compose.yml", SHOP)).expect("is one");
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
        assert_eq!(compose(&Source::new("a.yml", "jobs: {a: b}\n")), None);
        assert_eq!(compose(&Source::new("a.yml", ": : :\n\t-")), None);
        let found = compose(&Source::new("a.yml", "x: &a {image: postgres}\nservices:\n  db: *a\n")).expect("is one");
        assert_eq!(found.gaps.len(), 1, "{:?}", found.gaps);
    }
}
