//! Each kind of probe against real files, sockets, databases and processes; each with its negative control: the
//! mitigation is there and the claim holds, it is broken in a copy and the verdict turns.

mod backup;
mod bundle;
mod change;
mod credential;
mod dagster;
mod exec;
mod file;
mod gitops;
mod http;
mod https;
mod iceberg;
mod kubernetes;
mod live;
mod manifest;
mod metric;
mod migrations;
mod oci;
mod paper;
mod postgres;
mod postgres_server;
mod presets;
mod prometheus;
mod reading;
mod redis;
mod refs;
mod replication;
mod report;
mod repository;
mod server;
mod service;
mod sql;
mod tenants;
mod values;
mod versioned;
mod world;
