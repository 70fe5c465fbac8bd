//! What a container seems to be, from the name of its image.

use crate::ComponentKind;

/// Parts of image names and what they are; the first that fits counts.
const IMAGES: &[(&str, ComponentKind)] = &[
    ("postgres", ComponentKind::Postgres),
    ("postgis", ComponentKind::Postgres),
    ("timescale", ComponentKind::Postgres),
    ("pgvector", ComponentKind::Postgres),
    ("redis", ComponentKind::Redis),
    ("valkey", ComponentKind::Redis),
    ("dragonfly", ComponentKind::Redis),
    ("keydb", ComponentKind::Redis),
    ("rabbitmq", ComponentKind::Queue),
    ("kafka", ComponentKind::Queue),
    ("redpanda", ComponentKind::Queue),
    ("nats", ComponentKind::Queue),
    ("activemq", ComponentKind::Queue),
    ("pulsar", ComponentKind::Queue),
    ("mysql", ComponentKind::Tcp),
    ("mariadb", ComponentKind::Tcp),
    ("mongo", ComponentKind::Tcp),
    ("elasticsearch", ComponentKind::Tcp),
    ("opensearch", ComponentKind::Tcp),
    ("clickhouse", ComponentKind::Tcp),
    ("cassandra", ComponentKind::Tcp),
    ("memcached", ComponentKind::Tcp),
    ("zookeeper", ComponentKind::Tcp),
    ("etcd", ComponentKind::Tcp),
    ("minio", ComponentKind::Tcp),
];
/// Names of services that nobody calls.
const WORKERS: &[&str] = &["worker", "scheduler", "cron", "beat", "consumer", "job", "celery", "sidekiq", "daemon"];

/// The kind of a container by its image, else by its name; built images are services.
pub(super) fn kind(image: Option<&str>, name: &str) -> ComponentKind {
    let repository = image
        .map(|image| image.rsplit('/').next().unwrap_or(image))
        .map(|image| image.split([':', '@']).next().unwrap_or(image).to_lowercase());
    // An exporter of a database is no database.
    let is_beside =
        |text: &str| ["exporter", "admin", "ui", "commander", "backup"].iter().any(|word| text.contains(word));
    let of_image = repository.clone().unwrap_or_default();
    let by_image = repository
        .filter(|image| !is_beside(image))
        .and_then(|image| IMAGES.iter().find(|(part, _)| image.contains(part)).map(|(_, kind)| *kind));
    let lower = name.to_lowercase();
    by_image.unwrap_or_else(|| match WORKERS.iter().any(|word| lower.contains(word) || of_image.contains(word)) {
        true => ComponentKind::Worker,
        false => ComponentKind::Service,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_tell_what_they_are() {
        assert_eq!(kind(Some("docker.io/library/postgres:16@sha256:ab"), "x"), ComponentKind::Postgres);
        assert_eq!(kind(Some("bitnami/postgres-exporter:1"), "x"), ComponentKind::Service);
        assert_eq!(kind(Some("shop/api"), "celery-beat"), ComponentKind::Worker);
        assert_eq!(kind(None, "api"), ComponentKind::Service);
    }
}
