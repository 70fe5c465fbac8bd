//! `metric`: a number against target, alert and critical.

use std::fs::{File, OpenOptions};
use std::time::{Duration, SystemTime};

use crate::world::{NOW, Place, blind, broken, held, not_seen};

fn with(thresholds: &str, at: &str) -> String {
    format!("{{{thresholds}, from: {{file: {{path: out/metrics.json, at: {at}}}}}}}")
}

fn place(numbers: &str) -> Place {
    let place = Place::new();
    place.write("out/metrics.json", numbers);
    place
}

#[tokio::test]
async fn each_line_of_a_table_of_metrics_holds_and_turns_at_its_limits() {
    for (thresholds, number, level) in [
        ("target: '<2%', alert: '>5%', critical: '>10%'", "0.01", "ok"),
        ("target: '<2%', alert: '>5%', critical: '>10%'", "0.02", "target_missed"),
        ("target: '<2%', alert: '>5%', critical: '>10%'", "0.06", "alert"),
        ("target: '<2%', alert: '>5%', critical: '>10%'", "0.5", "critical"),
        ("target: '>80%', alert: '<60%', critical: '<40%', unit: percent", "81", "ok"),
        ("target: '>80%', alert: '<60%', critical: '<40%', unit: percent", "59.9", "alert"),
        ("target: '<500ms', alert: '>1s', critical: '>2s', unit: ms", "499.5", "ok"),
        ("target: '<500ms', alert: '>1s', critical: '>2s', unit: ms", "2001", "critical"),
        ("target: '<500ms', alert: '>1s', critical: '>2s', unit: s", "\"700ms\"", "target_missed"),
        ("target: '>90%', alert: '<85%', critical: '<80%', unit: percent", "\"84.9%\"", "alert"),
        ("target: '<64MiB', unit: kB", "1000", "ok"),
    ] {
        let seen = place(&format!("{{\"a\": {{\"b\": {number}}}}}")).look("metric", &with(thresholds, "$.a.b")).await;
        held(&seen, &format!("obs.level == '{level}'"));
        let met = if level == "ok" { held } else { broken };
        met(&seen, "obs.meets_target");
        met(&seen, "obs.level == 'ok'");
        assert_eq!(seen.grade, Some(evidence::Grade::Declared));
    }
}

#[tokio::test]
async fn a_regression_is_measured_against_its_base() {
    let line = "{target: '<=0%', alert: '>5%', critical: '>10%', unit: ms,
        from: {file: {path: out/metrics.json, at: $.now}}, base: {file: {path: out/metrics.json, at: $.base}}}";
    for (now, level) in [(100.0, "ok"), (90.0, "ok"), (103.0, "target_missed"), (106.0, "alert"), (120.0, "critical")] {
        let seen = place(&format!("{{\"now\": {now}, \"base\": 100}}")).look("metric", line).await;
        held(&seen, &format!("obs.level == '{level}' && obs.base == 100ms"));
    }
    let seen = place("{\"now\": 1, \"base\": 0}").look("metric", line).await;
    not_seen(&seen, "obs.level == 'ok'");
    let seen = place("{\"now\": 1}").look("metric", line).await;
    blind(&seen, "no number");
}

#[tokio::test]
async fn no_number_and_an_old_one_hold_nothing() {
    let thresholds = "target: '<2%', max_age: 1d";
    let dated = |place: &Place, seconds: i64| {
        let at = u64::try_from(NOW / 1_000_000 - seconds).expect("is after 1970");
        let at = SystemTime::UNIX_EPOCH + Duration::from_secs(at);
        let file = OpenOptions::new().write(true).open(place.world.directory.join("out/metrics.json"));
        file.and_then(|file: File| file.set_modified(at)).expect("dates");
    };
    for text in ["{}", "{\"a\": null}", "{\"a\": \"low\"}", "{\"a\": [0.01]}", "{\"a\": true}", "{\"a\": \"1s\"}"] {
        blind(&place(text).look("metric", &with("target: '<2%'", "$.a")).await, "no number");
    }
    blind(&Place::new().look("metric", &with("target: '<2%'", "$.a")).await, "directory does not exist");
    let place = place("{\"a\": 0.01}");
    dated(&place, 3600);
    held(&place.look("metric", &with(thresholds, "$.a")).await, "obs.meets_target");
    dated(&place, 90_000);
    not_seen(&place.look("metric", &with(thresholds, "$.a")).await, "obs.meets_target");
    dated(&place, -90_000);
    not_seen(&place.look("metric", &with(thresholds, "$.a")).await, "obs.meets_target");
}

#[test]
fn a_table_that_would_call_everything_good_is_refused() {
    let place = Place::new();
    for (thresholds, wanted) in [
        ("target: '<2%', alert: '<5%'", "wrong-value"),
        ("target: '<2%', alert: '>1%'", "wrong-value"),
        ("target: '<2%', alert: '>5%', critical: '>4%'", "wrong-value"),
        ("target: '<2%', alert: '>5s'", "wrong-value"),
        ("target: '<2s'", "wrong-value"),
        ("target: '2%'", "wrong-value"),
        ("alert: '>2%'", "missing-key"),
        ("target: '<2%', unit: parsec", "unknown-word"),
        ("target: '<2%', warning: '>3%'", "unknown-key"),
    ] {
        let problems = place.read("metric", &with(thresholds, "$.a")).expect_err(thresholds);
        assert!(problems.iter().any(|problem| problem.rule == wanted), "{thresholds}: {problems:?}");
    }
    for from in ["{}", "{file: {path: a.json}}", "{url: x}", "{file: {path: /a.json, at: $.a}}", "text"] {
        assert!(place.read("metric", &format!("{{target: '<2%', from: {from}}}")).is_err(), "{from}");
    }
    assert!(place.read("metric", "{target: '<2%'}").is_err());
}
