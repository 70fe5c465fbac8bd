//! `iceberg.table`: what a REST catalog says of a table, and whether that is consistent in itself.
//!
//! Reads the catalog's configuration and the table's metadata; nothing is listed, and no data file is opened. The
//! manifest list of the current snapshot is looked for only where that is allowed: a file below the repository. Where it
//! lies elsewhere, whether it can be read is not known.

use std::collections::BTreeSet;
use std::path::Path;

use evidence::{Grade, Value};
use outside::http::Answer;
use serde_json::Value as Json;
use system::{ComponentId, System};
use text::{Fields, Source};

use crate::ask::{Asker, Asking, encoded};
use crate::kind::{Kind, Look, Looking, ready};
use crate::read::span_of;
use crate::sight::{Sight, age};
use crate::{Error, World, file};

/// How Iceberg writes a namespace of several levels into a path.
const LEVEL: &str = "\u{1f}";

/// The first bytes of a manifest list, which is an Avro file.
const AVRO: &[u8] = b"Obj\x01";

/// The largest manifest list that is opened.
const MAX_LIST_BYTES: usize = 64 * 1024 * 1024;

/// The kinds of this family.
pub(crate) const KINDS: &[Kind] =
    &[Kind { name: "iceberg.table", read: |fields, system, source| ready(IcebergTable::read(fields, system, source)) }];

/// A table of a catalog.
#[derive(Clone, Debug)]
pub(crate) struct IcebergTable {
    asking: Asking,
    prefix: Option<String>,
    warehouse: Option<String>,
    /// `namespace.table`, the namespace perhaps of several levels.
    table: String,
}

impl IcebergTable {
    pub(crate) fn read(fields: &mut Fields<'_, '_>, system: &System, source: &Source) -> Option<Self> {
        let asking = Asking::read(fields, system, source);
        let prefix = fields.text("prefix").map(str::to_owned);
        let warehouse = fields.text("warehouse").map(str::to_owned);
        let table = fields.need_text("table").map(str::to_owned);
        if table.as_ref().is_some_and(|table| table.split('.').count() < 2 || table.split('.').any(str::is_empty)) {
            let span = span_of(fields, "table");
            fields.problem("wrong-value", span, "`table` must look like `namespace.table`");
        }
        Some(Self { asking: asking?, prefix, warehouse, table: table? })
    }

    fn source(&self) -> String {
        format!("{} table {}", self.asking.endpoint.shown(), self.table)
    }

    /// The path of the table below a prefix.
    fn path(&self, prefix: Option<&str>) -> String {
        let (namespace, table) = self.table.rsplit_once('.').unwrap_or(("", &self.table));
        let namespace = encoded(&namespace.replace('.', LEVEL));
        let prefix = prefix.map_or_else(String::new, |prefix| format!("/{}", prefix.trim_matches('/')));
        format!("/v1{prefix}/namespaces/{namespace}/tables/{}", encoded(table))
    }
}

impl Look for IcebergTable {
    fn subject(&self) -> String {
        self.table.clone()
    }

    fn component(&self) -> Option<&ComponentId> {
        self.asking.endpoint.component_id()
    }

    fn look<'a>(&'a self, world: &'a World) -> Looking<'a> {
        Box::pin(async move { self.asking.look(world, &self.source(), |asker| one(self, asker, world)).await })
    }
}

async fn one(probe: &IcebergTable, asker: Asker, world: &World) -> Sight {
    let (path, answer) = match table(probe, &asker).await {
        Err(error) => return Sight::blind(probe.source(), &error),
        Ok(read) => read,
    };
    let mut sight = Sight::new(probe.source());
    if answer.status == 404 && says_no_table(&answer) {
        sight.boolean("exists", false);
        (sight.subjects, sight.grade) = (1, Some(Grade::Absent));
        return sight;
    }
    let json = match asker.read(&path, &answer) {
        Err(error) => return Sight::blind(probe.source(), &error),
        Ok(json) => json,
    };
    let metadata = &json["metadata"];
    if !metadata["format-version"].is_i64() {
        sight.trouble = Some("the answer holds no metadata of a table".to_owned());
        return sight;
    }
    (sight.subjects, sight.grade) = (1, Some(Grade::Live));
    sight.boolean("exists", true);
    tell(&mut sight, &json, world);
    sight
}

/// The answer about the table, after the catalog has told its prefix.
async fn table(probe: &IcebergTable, asker: &Asker) -> Result<(String, Answer), Error> {
    let warehouse = probe.warehouse.as_ref().map(|warehouse| format!("?warehouse={}", encoded(warehouse)));
    let config = asker.json(&format!("/v1/config{}", warehouse.unwrap_or_default())).await?;
    if !(config["defaults"].is_object() || config["overrides"].is_object()) {
        return Err(asker.trouble("/v1/config", "it is no catalog of Iceberg: neither `defaults` nor `overrides`"));
    }
    let told = config["overrides"]["prefix"].as_str().or(config["defaults"]["prefix"].as_str());
    let path = probe.path(probe.prefix.as_deref().or(told));
    let answer = asker.get(&path, &[("accept", "application/json")]).await?;
    Ok((path, answer))
}

/// Whether the catalog itself says that there is no such table.
fn says_no_table(answer: &Answer) -> bool {
    let Ok(json) = serde_json::from_slice::<Json>(&answer.body) else { return false };
    let kind = json["error"]["type"].as_str().unwrap_or_default();
    ["NoSuchTableException", "NoSuchTableError", "NoSuchNamespaceException", "NoSuchNamespaceError"].contains(&kind)
}

fn tell(sight: &mut Sight, json: &Json, world: &World) {
    let metadata = &json["metadata"];
    if let Some(location) = json["metadata-location"].as_str() {
        sight.text("metadata_location", location);
        tell_readable(sight, "metadata_readable", location, b"{", world);
    }
    sight
        .values
        .extend(metadata["format-version"].as_i64().map(|version| ("format_version".to_owned(), version.into())));
    for (name, key) in [("snapshots", "snapshots"), ("metadata_log_length", "metadata-log"), ("schemas", "schemas")] {
        sight.integer(name, metadata[key].as_array().map_or(0, Vec::len));
    }
    let kept = metadata["properties"]["write.metadata.previous-versions-max"].as_str().and_then(|max| max.parse().ok());
    sight.values.extend(kept.map(|kept| ("previous_versions_max".to_owned(), Value::Integer(kept))));
    let cleans = metadata["properties"]["write.metadata.delete-after-commit.enabled"].as_str();
    sight.boolean("deletes_old_metadata", cleans == Some("true"));
    let faults = faults(metadata);
    sight.integer("fault_count", faults.len());
    sight.put("faults", Value::List(faults.into_iter().map(Value::Text).collect()));
    tell_snapshot(sight, metadata, world);
}

/// The id of the current snapshot; -1 is none.
fn current(metadata: &Json) -> Option<i64> {
    metadata["current-snapshot-id"].as_i64().filter(|id| *id != -1)
}

fn tell_snapshot(sight: &mut Sight, metadata: &Json, world: &World) {
    let Some(id) = current(metadata) else {
        sight.boolean("has_snapshot", false);
        return;
    };
    sight.boolean("has_snapshot", true);
    sight.put("current_snapshot", Value::Integer(id));
    let snapshots = metadata["snapshots"].as_array();
    let Some(snapshot) = snapshots.into_iter().flatten().find(|one| one["snapshot-id"] == id) else { return };
    let since = snapshot["timestamp-ms"].as_f64().and_then(|at| age(at / 1e3, world));
    sight.values.extend(since.map(|since| ("snapshot_age".to_owned(), since)));
    if let Some(list) = snapshot["manifest-list"].as_str() {
        sight.text("manifest_list", list);
        tell_readable(sight, "manifest_list_readable", list, AVRO, world);
    }
}

/// Whether a file below the repository is there and begins as it must. Of any other place nothing is told.
fn tell_readable(sight: &mut Sight, name: &str, location: &str, begins: &[u8], world: &World) {
    let local = location.strip_prefix("file://").or_else(|| location.strip_prefix("file:"));
    let Some(path) = local.or(Some(location).filter(|path| path.starts_with('/'))) else { return };
    let Ok(root) = world.directory.canonicalize() else { return };
    let Ok(below) = Path::new(path).strip_prefix(&root).or_else(|_| Path::new(path).strip_prefix(&world.directory))
    else {
        return;
    };
    let found = file::locate(&below.to_string_lossy(), &root).ok();
    let bytes = found.and_then(|path| outside::files::read_bytes(&path, MAX_LIST_BYTES).ok());
    sight.boolean(name, bytes.is_some_and(|bytes| bytes.starts_with(begins)));
}

/// What does not fit together in the metadata.
fn faults(metadata: &Json) -> Vec<String> {
    let mut faults = Vec::new();
    let ids = |list: &str, key: &str| -> BTreeSet<i64> {
        metadata[list].as_array().into_iter().flatten().filter_map(|one| one[key].as_i64()).collect()
    };
    for (named, list, key) in [
        ("current-schema-id", "schemas", "schema-id"),
        ("default-spec-id", "partition-specs", "spec-id"),
        ("default-sort-order-id", "sort-orders", "order-id"),
    ] {
        match metadata[named].as_i64() {
            Some(id) if !ids(list, key).contains(&id) => faults.push(format!("{named} {id} is not in {list}")),
            None if metadata[list].is_array() => faults.push(format!("{named} is not there")),
            Some(_) | None => {}
        }
    }
    let (schemas, snapshots) = (ids("schemas", "schema-id"), ids("snapshots", "snapshot-id"));
    for snapshot in metadata["snapshots"].as_array().into_iter().flatten() {
        let (id, schema) = (&snapshot["snapshot-id"], snapshot["schema-id"].as_i64());
        if let Some(schema) = schema.filter(|schema| !schemas.contains(schema)) {
            faults.push(format!("schema-id {schema} of snapshot {id} is not in schemas"));
        }
        if !snapshot["manifest-list"].is_string() && !snapshot["manifests"].is_array() {
            faults.push(format!("snapshot {id} has no manifest-list"));
        }
    }
    if let Some(current) = current(metadata) {
        if !snapshots.contains(&current) {
            faults.push(format!("current-snapshot-id {current} is not in snapshots"));
        }
        let last = metadata["snapshot-log"].as_array().and_then(|log| log.last());
        if let Some(last) = last.and_then(|last| last["snapshot-id"].as_i64()).filter(|last| *last != current) {
            faults.push(format!("snapshot-log ends with {last}, and the current snapshot is {current}"));
        }
        if let Some(main) = metadata["refs"]["main"]["snapshot-id"].as_i64().filter(|main| *main != current) {
            faults.push(format!("the branch main is at {main}, and the current snapshot is {current}"));
        }
    }
    faults
}
