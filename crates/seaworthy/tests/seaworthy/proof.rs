//! What `prove --format json` said, asked by name.

use serde_json::Value;

use crate::world::{Said, World};

/// One proof.
#[must_use]
#[derive(Debug)]
pub(crate) struct Proof {
    pub(crate) json: Value,
}

impl Proof {
    pub(crate) fn of(said: &Said) -> Self {
        Self { json: said.json() }
    }

    /// `prove` on `seaworthy.yaml` here, only these claims or risks; it must end with that code.
    pub(crate) fn run(world: &World, only: &[&str], code: i32) -> Self {
        Self::run_with(world, &[], only, code)
    }

    /// The same with settings of the environment.
    pub(crate) fn run_with(world: &World, settings: &[(&str, &str)], only: &[&str], code: i32) -> Self {
        let only = only.iter().flat_map(|word| ["--only", word]);
        let words: Vec<&str> = ["prove", "--format", "json"].into_iter().chain(only).collect();
        let said = Said::of(world.command(&words).envs(settings.iter().copied()).output().unwrap());
        Self::of(&said.exits(code))
    }

    pub(crate) fn outcome(&self) -> &str {
        self.json["decision"]["outcome"].as_str().unwrap()
    }

    /// What was judged, each once.
    pub(crate) fn claims(&self) -> Vec<&Value> {
        let risks = self.json["risks"].as_array().unwrap().iter();
        risks.flat_map(|risk| risk["claims"].as_array().unwrap()).collect()
    }

    pub(crate) fn claim(&self, id: &str) -> &Value {
        let found = self.claims().into_iter().find(|claim| claim["claim"] == id);
        found.unwrap_or_else(|| panic!("{id} was not judged\n{:#}", self.json))
    }

    /// `held`, `broken` or `not_seen`.
    pub(crate) fn verdict(&self, id: &str) -> &str {
        self.claim(id)["verdict"].as_str().unwrap()
    }

    pub(crate) fn drills(&self) -> &[Value] {
        self.json["drills"].as_array().unwrap()
    }

    pub(crate) fn drill(&self, id: &str) -> &Value {
        let found = self.drills().iter().find(|drill| drill["claim"] == id);
        found.unwrap_or_else(|| panic!("{id} was not drilled\n{:#}", self.json))
    }

    /// The verdicts of bite, clean and off.
    pub(crate) fn controls(&self, id: &str) -> [&str; 3] {
        let controls = &self.drill(id)["controls"];
        ["bite", "clean", "off"].map(|name| controls[name]["verdict"].as_str().unwrap_or("absent"))
    }

    pub(crate) fn risk(&self, id: &str) -> &Value {
        self.json["risks"].as_array().unwrap().iter().find(|risk| risk["id"] == id).unwrap()
    }

    /// `SIZE:HEAD` of the ledger after this run.
    pub(crate) fn anchor(&self) -> String {
        format!("{}:{}", self.size(), self.json["ledger"]["head"].as_str().unwrap())
    }

    /// Entries of the ledger after this run.
    pub(crate) fn size(&self) -> u64 {
        self.json["ledger"]["size"].as_u64().unwrap()
    }
}
