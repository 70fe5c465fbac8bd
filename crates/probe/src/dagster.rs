//! `dagster.daemon`: whether the daemons that run schedules, sensors and queues are alive.
//!
//! GraphQL has no way of asking but POST, so this is the one look that sends one: the text is fixed below and is a
//! query. A heartbeat is compared with our own clock.

use evidence::{Grade, Value};
use serde_json::Value as Json;
use system::{ComponentId, System};
use text::{Fields, Source};

use crate::World;
use crate::ask::{Asker, Asking};
use crate::kind::{Kind, Look, Looking, ready};
use crate::sight::{Sight, age};

/// All that is ever sent.
const QUERY: &str = r#"{"query":"query { instance { daemonHealth { allDaemonStatuses { daemonType required healthy lastHeartbeatTime } } } }"}"#;

/// The kinds of this family.
pub(crate) const KINDS: &[Kind] = &[Kind {
    name: "dagster.daemon",
    read: |fields, system, source| ready(DagsterDaemon::read(fields, system, source)),
}];

/// The daemons of a Dagster instance.
#[derive(Clone, Debug)]
pub(crate) struct DagsterDaemon {
    asking: Asking,
    daemon: Option<String>,
}

impl DagsterDaemon {
    pub(crate) fn read(fields: &mut Fields<'_, '_>, system: &System, source: &Source) -> Option<Self> {
        let asking = Asking::read(fields, system, source);
        let daemon = fields.text("daemon").map(str::to_owned);
        Some(Self { asking: asking?, daemon })
    }

    fn source(&self) -> String {
        format!("POST {}/graphql: daemonHealth", self.asking.endpoint.shown())
    }
}

impl Look for DagsterDaemon {
    fn subject(&self) -> String {
        self.asking.endpoint.subject()
    }

    fn component(&self) -> Option<&ComponentId> {
        self.asking.endpoint.component_id()
    }

    fn look<'a>(&'a self, world: &'a World) -> Looking<'a> {
        Box::pin(async move { self.asking.look(world, &self.source(), |asker| one(self, asker, world)).await })
    }
}

async fn one(probe: &DagsterDaemon, asker: Asker, world: &World) -> Sight {
    let json = match asker.graphql("/graphql", QUERY).await {
        Err(error) => return Sight::blind(probe.source(), &error),
        Ok(json) => json,
    };
    let mut sight = Sight::new(probe.source());
    if let Some(why) = json["errors"][0]["message"].as_str() {
        sight.trouble = Some(format!("GraphQL: {why}"));
        return sight;
    }
    let Some(all) = json.pointer("/data/instance/daemonHealth/allDaemonStatuses").and_then(Json::as_array) else {
        sight.trouble = Some("the answer tells no daemons".to_owned());
        return sight;
    };
    tell(&mut sight, probe, all, world);
    sight
}

fn tell(sight: &mut Sight, probe: &DagsterDaemon, all: &[Json], world: &World) {
    let named = |daemon: &&Json| probe.daemon.as_deref().is_none_or(|name| daemon["daemonType"] == name);
    let all: Vec<&Json> = all.iter().filter(named).collect();
    let required: Vec<&Json> = all.iter().copied().filter(|daemon| daemon["required"] == true).collect();
    let name = |daemon: &&Json| daemon["daemonType"].as_str().map(|name| Value::Text(name.to_owned()));
    sight.integer("daemons", all.len());
    sight.integer("required", required.len());
    if probe.daemon.is_some() {
        (sight.subjects, sight.grade) = (1, Some(if all.is_empty() { Grade::Absent } else { Grade::Live }));
        sight.boolean("exists", !all.is_empty());
    }
    if required.is_empty() {
        if sight.subjects == 0 {
            sight.trouble = Some("no daemon is required, so that none is missed".to_owned());
        }
        return;
    }
    (sight.subjects, sight.grade) = (u64::try_from(required.len()).unwrap_or(u64::MAX), Some(Grade::Live));
    let healthy = required.iter().filter(|daemon| daemon["healthy"] == true).count();
    sight.integer("required_healthy", healthy);
    sight.boolean("healthy", healthy == required.len());
    let ill = required.iter().filter(|daemon| daemon["healthy"] != true).filter_map(name).collect();
    sight.put("unhealthy", Value::List(ill));
    let beats: Option<Vec<f64>> = required.iter().map(|daemon| daemon["lastHeartbeatTime"].as_f64()).collect();
    let oldest = beats.map(|beats| beats.into_iter().fold(f64::INFINITY, f64::min));
    let age = oldest.and_then(|oldest| age(oldest, world));
    sight.values.extend(age.map(|age| ("heartbeat_age".to_owned(), age)));
}
