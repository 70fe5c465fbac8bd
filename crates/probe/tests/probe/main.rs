//! Each kind of probe against real files, sockets, databases and processes; each with its negative control: the
//! mitigation is there and the claim holds, it is broken in a copy and the verdict turns.

mod backup;
mod bundle;
mod change;
mod credential;
mod exec;
mod file;
mod http;
mod kubernetes;
mod manifest;
mod metric;
mod migrations;
mod paper;
mod postgres;
mod postgres_server;
mod presets;
mod reading;
mod replication;
mod report;
mod repository;
mod service;
mod sql;
mod tenants;
mod versioned;
mod world;
