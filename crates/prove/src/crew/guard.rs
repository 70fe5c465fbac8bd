//! The guard as a process of its own, told its upstreams by arguments and read by its first line.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use outside::process::{AtOurDeath, Helper, HelperLines, Spawn};
use system::{ComponentId, EdgeId, System};

use super::Ground;
use crate::Error;

/// How long guard may take to bind its listeners.
const START_WITHIN: Duration = Duration::from_secs(10);

/// How long guard may take to drain and end.
const STOP_WITHIN: Duration = Duration::from_secs(6);

/// The variable that carries the admin token.
const TOKEN_VARIABLE: &str = "SEAWORTHY_GUARD_TOKEN";

/// A running guard.
#[derive(Debug)]
pub(crate) struct GuardProcess {
    helper: Helper,
    _lines: HelperLines,
    /// Its admin port.
    pub(crate) admin: SocketAddr,
    /// Where it listens for each edge.
    pub(crate) edges: BTreeMap<EdgeId, SocketAddr>,
}

impl GuardProcess {
    /// Ends it; says what did not end.
    pub(crate) async fn stop(mut self) -> Option<String> {
        self.helper.close_input();
        match tokio::time::timeout(STOP_WITHIN, self.helper.exited()).await {
            Ok(_) => None,
            Err(_) => self.helper.kill().await.err().map(|error| format!("guard: {error}")),
        }
    }
}

/// Starts the guard when an edge has one and its callee has an address.
pub(crate) async fn start(
    ground: &Ground,
    system: &System,
    addresses: &BTreeMap<ComponentId, Vec<SocketAddr>>,
    token: &str,
) -> Result<Option<GuardProcess>, Error> {
    let guarded: Vec<&EdgeId> = system.edges.iter().filter(|edge| edge.guard.is_some()).map(|edge| &edge.id).collect();
    if guarded.is_empty() {
        return Ok(None);
    }
    let mut arguments = vec!["guard".to_owned(), "--file".to_owned(), ground.file.display().to_string()];
    for edge in guarded {
        let upstreams = addresses.get(&edge.to).filter(|all| !all.is_empty());
        let upstreams = upstreams.ok_or_else(|| Error::Guard {
            why: format!("`{}` of edge `{edge}` has no address: give it `at` or `start`", edge.to),
        })?;
        let list: Vec<String> = upstreams.iter().map(ToString::to_string).collect();
        arguments.extend([
            "--edge".to_owned(),
            edge.to_string(),
            "--upstream".to_owned(),
            format!("{edge}={}", list.join(",")),
        ]);
    }
    arguments.extend(["--admin", "127.0.0.1:0", "--lifeline"].map(str::to_owned));
    let log = ground.scratch.join("guard.log");
    let spawn = Spawn {
        name: "guard".to_owned(),
        program: ground.exe.clone(),
        arguments,
        env: BTreeMap::from([(TOKEN_VARIABLE.to_owned(), token.to_owned())]),
        directory: ground.directory.clone(),
        log: Some(log.clone()),
    };
    let helper = Helper::start(&ground.exe, &ground.run, spawn, AtOurDeath::Dies).await;
    let helper = helper.map_err(|source| Error::Start { component: "guard".to_owned(), source })?;
    announced(helper, &log).await.map(Some)
}

/// Waits for the line in which guard says where it listens.
async fn announced(mut helper: Helper, log: &std::path::Path) -> Result<GuardProcess, Error> {
    let said = || outside::files::read_text(log, 64 * 1024).unwrap_or_default();
    let mut lines = helper.take_lines().ok_or_else(|| Error::Guard { why: "it has no output".to_owned() })?;
    let line = tokio::time::timeout(START_WITHIN, lines.next()).await;
    let line = line.ok().and_then(Result::ok).flatten().ok_or_else(|| Error::Guard { why: said() })?;
    let parsed = parse(&line).ok_or_else(|| Error::Guard { why: format!("it said `{line}`") })?;
    Ok(GuardProcess { helper, _lines: lines, admin: parsed.0, edges: parsed.1 })
}

fn parse(line: &str) -> Option<(SocketAddr, BTreeMap<EdgeId, SocketAddr>)> {
    let json: serde_json::Value = serde_json::from_str(line).ok()?;
    let admin = json.get("admin")?.as_str()?.parse().ok()?;
    let mut edges = BTreeMap::new();
    for (edge, address) in json.get("edges")?.as_object()? {
        edges.insert(EdgeId::parse(edge)?, address.as_str()?.parse().ok()?);
    }
    Some((admin, edges))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_of_guard_is_read() {
        let line = r#"{"schema":"seaworthy.guard/1","admin":"127.0.0.1:1","edges":{"web->api":"127.0.0.1:2"}}"#;
        let (admin, edges) = parse(line).expect("is an announcement");
        assert_eq!((admin.port(), edges.len()), (1, 1));
        assert!(parse("listening").is_none());
        assert!(parse(r#"{"admin":"127.0.0.1:1","edges":{"web":"127.0.0.1:2"}}"#).is_none());
    }
}
