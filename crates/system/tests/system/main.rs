//! `seaworthy.yaml` as people write it, right and wrong, and what other files say.

mod components;
mod edges;
mod environments;
mod file;
mod flows;
mod guardrails;
mod guards;
mod laws;
mod loads;
mod manifests;
mod sample;
mod schema;
mod world;
