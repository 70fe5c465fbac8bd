//! Each kind of probe against real files, sockets, databases and processes; each with its negative control: the
//! mitigation is there and the claim holds, it is broken in a copy and the verdict turns.

mod ci;
mod code_flag;
mod code_import;
mod code_swallowed;
mod code_symbol;
mod exec;
mod file;
mod http;
mod kubernetes;
mod manifest;
mod postgres;
mod reading;
mod service;
mod sql;
mod world;
