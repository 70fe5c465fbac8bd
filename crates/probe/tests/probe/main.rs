//! Each kind of probe against real files, sockets, databases and processes; each with its negative control: the
//! mitigation is there and the claim holds, it is broken in a copy and the verdict turns.

mod change;
mod credential;
mod exec;
mod file;
mod http;
mod kubernetes;
mod manifest;
mod paper;
mod postgres;
mod reading;
mod report;
mod repository;
mod service;
mod sql;
mod versioned;
mod world;
