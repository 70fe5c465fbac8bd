//! Each kind of probe against real files, sockets, databases and processes; each with its negative control: the
//! mitigation is there and the claim holds, it is broken in a copy and the verdict turns.

mod dagster;
mod exec;
mod file;
mod http;
mod https;
mod iceberg;
mod kubernetes;
mod live;
mod manifest;
mod oci;
mod postgres;
mod prometheus;
mod reading;
mod redis;
mod server;
mod service;
mod sql;
mod world;
