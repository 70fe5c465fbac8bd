//! `seaworthy.yaml` as people write it, right and wrong.

mod components;
mod edges;
mod environments;
mod file;
mod flows;
mod guardrails;
mod guards;
mod laws;
mod loads;
mod sample;
mod schema;
mod world;
