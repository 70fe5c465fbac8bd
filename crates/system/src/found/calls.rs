//! Calls that were seen: the service graph of traces (OpenTelemetry's service graph connector, Tempo, Alloy), as a Prometheus
//! keeps it in `traces_service_graph_request_total`.

use std::collections::BTreeSet;

use super::{Found, FoundComponent, FoundEdge, MAX_FOUND, fit, image, is_telemetry};
use crate::{ComponentKind, Needs};

/// One series: who called whom.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// The caller; `user` for whoever is not traced.
    pub client: String,
    /// Who was called.
    pub server: String,
    /// `messaging_system`, `database`, `virtual_node`, or nothing.
    pub connection: String,
    /// How many requests were counted.
    pub count: f64,
}

/// What the connector calls a caller that it does not see.
const UNTRACED: &str = "user";

/// What was seen to call what. A service that calls and is called by nobody else begins what users do.
pub fn calls(from: &str, calls: &[Call]) -> Found {
    let mut found = Found { path: from.to_owned(), ..Found::default() };
    let mut seen: Vec<&Call> = calls.iter().filter(|call| call.count > 0.0 && call.client != call.server).collect();
    seen.sort_by(|left, right| (&left.client, &left.server).cmp(&(&right.client, &right.server)));
    let mut pairs = BTreeSet::new();
    for call in seen {
        let Some(server) = fit(&call.server) else { continue };
        put(&mut found, &server, &call.connection);
        let how = format!("{:.0} requests in traces", call.count);
        if call.client == UNTRACED {
            if let Some(component) = found.components.iter_mut().find(|component| component.name == server) {
                component.entry = Some((0, how));
            }
            continue;
        }
        let Some(client) = fit(&call.client) else { continue };
        put(&mut found, &client, "");
        if pairs.insert((client.clone(), server.clone())) {
            let is_async = call.connection == "messaging_system" || is_telemetry(&server, "");
            let needs = if is_async { Needs::Async } else { Needs::Hard };
            found.edges.push(FoundEdge { caller: client, callee: server, line: 0, from: how, needs });
        }
    }
    found.gaps.push("what was not called in that time, or is not traced, is not in it".to_owned());
    found
}

fn put(found: &mut Found, name: &str, connection: &str) {
    if found.components.len() >= MAX_FOUND || found.components.iter().any(|component| component.name == name) {
        return;
    }
    let kind = match (connection, image::kind(None, name)) {
        ("database", ComponentKind::Service) => ComponentKind::Tcp,
        ("messaging_system", ComponentKind::Service) => ComponentKind::Queue,
        (_, kind) => kind,
    };
    let (name, from) = (name.to_owned(), "traces".to_owned());
    found.components.push(FoundComponent {
        name,
        kind,
        replicas: None,
        at: None,
        line: 0,
        from,
        entry: None,
        quorum: None,
    });
}
