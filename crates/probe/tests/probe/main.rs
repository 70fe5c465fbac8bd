//! Each kind of probe against real files, sockets, databases and processes; each with its negative control: the
//! mitigation is there and the claim holds, it is broken in a copy and the verdict turns.

mod exec;
mod file;
mod gitops;
mod http;
mod kubernetes;
mod manifest;
mod postgres;
mod reading;
mod refs;
mod service;
mod sql;
mod values;
mod world;
