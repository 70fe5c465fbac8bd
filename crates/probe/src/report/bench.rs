//! Benchmarks: criterion, pytest-benchmark and hyperfine, as means in seconds.

use serde_json::Value as Json;

/// One benchmark.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Benchmark {
    pub(super) name: String,
    pub(super) mean: f64,
    pub(super) median: Option<f64>,
}

/// What a JSON report tells.
#[derive(Clone, Debug, Default)]
pub(super) struct Benchmarks {
    pub(super) all: Vec<Benchmark>,
    pub(super) at: Option<String>,
    pub(super) revision: Option<String>,
}

const NANOSECOND: f64 = 1e-9;

/// Reads the benchmarks of a file; `None` when it is none of these.
pub(super) fn read(path: &str, json: &Json) -> Option<Benchmarks> {
    criterion(path, json).or_else(|| pytest(json)).or_else(|| hyperfine(json))
}

/// `target/criterion/<name>/new/estimates.json`, nanoseconds.
fn criterion(path: &str, json: &Json) -> Option<Benchmarks> {
    let mean = json["mean"]["point_estimate"].as_f64()? * NANOSECOND;
    let median = json["median"]["point_estimate"].as_f64().map(|median| median * NANOSECOND);
    let name = path.trim_end_matches("/estimates.json").trim_end_matches("/new").trim_end_matches("/base");
    let name = name.split_once("criterion/").map_or(name, |(_, name)| name).to_owned();
    Some(Benchmarks { all: vec![Benchmark { name, mean, median }], ..Benchmarks::default() })
}

fn pytest(json: &Json) -> Option<Benchmarks> {
    let one = |json: &Json| {
        let name = json["fullname"].as_str().or_else(|| json["name"].as_str())?.to_owned();
        Some(Benchmark { name, mean: json["stats"]["mean"].as_f64()?, median: json["stats"]["median"].as_f64() })
    };
    let all = json["benchmarks"].as_array()?.iter().filter_map(one).collect();
    let text = |json: &Json| json.as_str().map(str::to_owned);
    let is_dirty = json["commit_info"]["dirty"].as_bool() == Some(true);
    let revision = text(&json["commit_info"]["id"]).filter(|_| !is_dirty);
    Some(Benchmarks { all, at: text(&json["datetime"]), revision })
}

fn hyperfine(json: &Json) -> Option<Benchmarks> {
    let one = |json: &Json| {
        let is_bad =
            json["exit_codes"].as_array().is_some_and(|codes| codes.iter().any(|code| code.as_i64() != Some(0)));
        let name = json["command"].as_str()?.to_owned();
        (!is_bad).then_some(Benchmark { name, mean: json["mean"].as_f64()?, median: json["median"].as_f64() })
    };
    let results = json["results"].as_array()?;
    let all: Vec<Benchmark> = results.iter().filter_map(one).collect();
    (!results.is_empty() && results[0].get("command").is_some()).then(|| Benchmarks { all, ..Benchmarks::default() })
}
