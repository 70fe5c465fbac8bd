//! `iceberg.table`, against a thin service of the test's own that answers as the REST catalog does. No engine wrote its table.

use evidence::{Grade, Observation};

use crate::server::{Manner, Raw};
use crate::service::{Service, answer};
use crate::world::{NOW, Place, blind, broken, held, not_seen};

const METADATA: &str = r#"{"format-version":2,"table-uuid":"u","location":"file:///w/t","last-sequence-number":2,
"schemas":[{"schema-id":0,"type":"struct","fields":[]},{"schema-id":1,"type":"struct","fields":[]}],"current-schema-id":1,
"partition-specs":[{"spec-id":0,"fields":[]}],"default-spec-id":0,"sort-orders":[{"order-id":0,"fields":[]}],"default-sort-order-id":0,
"properties":{"write.metadata.previous-versions-max":"10","write.metadata.delete-after-commit.enabled":"true"},
"current-snapshot-id":22,"refs":{"main":{"snapshot-id":22,"type":"branch"}},
"snapshots":[{"snapshot-id":11,"timestamp-ms":MS,"schema-id":0,"manifest-list":"LIST"},{"snapshot-id":22,"timestamp-ms":MS,"schema-id":1,"manifest-list":"LIST"}],
"snapshot-log":[{"snapshot-id":11,"timestamp-ms":MS},{"snapshot-id":22,"timestamp-ms":MS}],
"metadata-log":[{"metadata-file":"a","timestamp-ms":1},{"metadata-file":"b","timestamp-ms":2}]}"#;

const CONFIG: &str = r#"{"defaults":{},"overrides":{"prefix":"main"}}"#;

const NO_TABLE: &str = r#"{"error":{"message":"no","type":"NoSuchTableException","code":404}}"#;

/// A place with a manifest list in it, and a catalog whose metadata a function may change.
async fn look(change: impl Fn(String) -> String, table: &str) -> (Place, Observation) {
    let place = Place::new();
    place.write("warehouse/list.avro", "Obj\u{1}and so on");
    let list = place.world.directory.join("warehouse/list.avro");
    let metadata = METADATA
        .replace("MS", &(NOW / 1000 - 60_000).to_string())
        .replace("LIST", &format!("file://{}", list.display()));
    let body = format!("{{\"metadata-location\":\"s3://b/meta.json\",\"metadata\":{}}}", change(metadata));
    let catalog = Service::answering(move |head| {
        if head.starts_with("GET /v1/config ") {
            answer(200, "", CONFIG)
        } else if head.starts_with("GET /v1/main/namespaces/shop%1Feu/tables/orders ") {
            answer(200, "", &body)
        } else {
            answer(404, "", NO_TABLE)
        }
    });
    let with = format!("{{url: 'http://{}', table: {table}}}", catalog.address);
    let seen = place.look("iceberg.table", &with).await;
    (place, seen)
}

#[tokio::test]
async fn a_sound_table_holds_and_every_loose_end_turns() {
    let expect = "obs.exists && obs.fault_count == 0 && obs.manifest_list_readable && obs.snapshot_age < 1h \
                  && obs.metadata_log_length <= obs.previous_versions_max && obs.deletes_old_metadata";
    let (_, seen) = look(|metadata| metadata, "shop.eu.orders").await;
    held(&seen, expect);
    held(&seen, "obs.current_snapshot == 22 && obs.snapshots == 2 && obs.schemas == 2 && obs.format_version == 2");
    // Somewhere else, which is not opened.
    not_seen(&seen, "obs.metadata_readable");
    assert_eq!(seen.grade, Some(Grade::Live));
    for (from, to) in [
        ("\"current-schema-id\":1", "\"current-schema-id\":7"),
        ("\"default-spec-id\":0", "\"default-spec-id\":3"),
        ("\"current-snapshot-id\":22", "\"current-snapshot-id\":33"),
        ("\"current-snapshot-id\":22", "\"current-snapshot-id\":11"),
        ("\"main\":{\"snapshot-id\":22", "\"main\":{\"snapshot-id\":11"),
        ("\"schema-id\":1,\"manifest-list\"", "\"schema-id\":9,\"manifest-list\""),
        ("list.avro", "lost.avro"),
        ("previous-versions-max\":\"10\"", "previous-versions-max\":\"1\""),
        ("delete-after-commit.enabled\":\"true\"", "delete-after-commit.enabled\":\"false\""),
    ] {
        let (_, seen) = look(
            |metadata| {
                assert!(metadata.contains(from), "{from}");
                metadata.replace(from, to)
            },
            "shop.eu.orders",
        )
        .await;
        broken(&seen, expect);
    }
    let (_, away) = look(|metadata| metadata.replace("file://", "s3://"), "shop.eu.orders").await;
    not_seen(&away, expect);
    let (_, empty) =
        look(|metadata| metadata.replace("\"current-snapshot-id\":22", "\"current-snapshot-id\":-1"), "shop.eu.orders")
            .await;
    broken(&empty, "obs.has_snapshot");
    not_seen(&empty, "obs.snapshot_age < 1h");
}

#[tokio::test]
async fn a_table_that_the_catalog_does_not_know_is_absent() {
    let (_, gone) = look(|metadata| metadata, "shop.eu.order").await;
    broken(&gone, "obs.exists");
    assert_eq!(gone.grade, Some(Grade::Absent));
    not_seen(&gone, "obs.fault_count == 0");
}

#[tokio::test]
async fn a_manifest_list_that_is_no_avro_file_cannot_be_read() {
    let place = Place::new();
    place.write("list.avro", "<html/>");
    let list = place.world.directory.join("list.avro");
    let body = format!(
        "{{\"metadata\":{}}}",
        METADATA.replace("MS", "1").replace("LIST", &format!("file://{}", list.display()))
    );
    let catalog = Service::answering(move |head| answer(200, "", if head.contains("config") { CONFIG } else { &body }));
    let seen = place.look("iceberg.table", &format!("{{url: 'http://{}', table: a.b}}", catalog.address)).await;
    broken(&seen, "obs.manifest_list_readable");
}

#[tokio::test]
async fn what_is_no_catalog_is_not_seen() {
    for (manner, why) in [
        (Manner::Hangs, "timed out"),
        (Manner::Closes, "reset"),
        (Manner::Says(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}"), "no catalog of Iceberg"),
        (Manner::Says(b"HTTP/1.1 404 N\r\ncontent-length: 2\r\n\r\n{}"), "status 404"),
        (Manner::Says(b"HTTP/1.1 200 OK\r\ncontent-length: 15\r\n\r\n{\"defaults\":{}}"), "no metadata of a table"),
    ] {
        let server = Raw::new(manner);
        let with = format!("{{url: 'http://{}', table: a.b, within: 300ms}}", server.at);
        let seen = Place::new().look("iceberg.table", &with).await;
        blind(&seen, why);
        not_seen(&seen, "!obs.exists");
    }
    let lost = Service::answering(|head| answer(if head.contains("config") { 200 } else { 404 }, "", CONFIG));
    let with = format!("{{url: 'http://{}', table: a.b}}", lost.address);
    blind(&Place::new().look("iceberg.table", &with).await, "status 404");
    let problems = Place::new().read("iceberg.table", "{component: api, table: orders}").expect_err("is wrong");
    assert!(problems[0].message.contains("`namespace.table`"));
}
