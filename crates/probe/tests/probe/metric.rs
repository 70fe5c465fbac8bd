//! `metric`: a number against target, alert and critical.

use std::fs::{File, OpenOptions};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use evidence::{Grade, Observation, Quantity, Unit, Value};
use probe::Series;

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

// ===== the ledger's own series =====

/// A memory that holds what a test puts into it.
#[derive(Debug)]
struct Remembered(Vec<Observation>);

impl Series for Remembered {
    fn readings(&self, claim: &str, environment: &str, since: i64) -> Result<Vec<Observation>, String> {
        if claim != "R-1/fast" {
            return Err(format!("there is no claim {claim} in the file"));
        }
        let kept = self.0.iter().filter(|one| one.at >= since && one.environment == environment);
        Ok(kept.cloned().collect())
    }
}

/// A reading so many days ago, of so many milliseconds.
fn reading(days: f64, p95_ms: f64) -> Observation {
    Observation {
        kind: "http.check".to_owned(),
        subject: "api".to_owned(),
        values: [("p95".to_owned(), Value::Quantity(Quantity::exact(p95_ms / 1e3, Unit::Second).expect("is finite")))]
            .into(),
        subjects: 1,
        grade: Some(Grade::Live),
        source: "GET /".to_owned(),
        at: NOW - (days * 86_400e6) as i64,
        environment: "local".to_owned(),
        version: None,
        seed: None,
        trouble: None,
    }
}

fn remembering(readings: Vec<Observation>) -> Place {
    let mut place = Place::new();
    place.world.series = Some(Arc::new(Remembered(readings)));
    place
}

fn earlier(more: &str) -> String {
    format!(
        "{{target: '<300ms', alert: '>400ms', critical: '>1s', unit: s, from: {{ledger: p95, of: R-1/fast{more}}}}}"
    )
}

#[tokio::test]
async fn earlier_readings_of_a_claim_are_weighed_with_their_units() {
    let readings = || vec![reading(40.0, 2000.0), reading(20.0, 250.0), reading(10.0, 350.0), reading(1.0, 200.0)];
    for (more, value, level, count) in [
        ("", "200ms", "ok", 4),
        (", over: 30d, take: max", "350ms", "target_missed", 3),
        (", over: 30d, take: min", "200ms", "ok", 3),
        (", over: 30d, take: p95", "350ms", "target_missed", 3),
        (", over: 60d, take: max", "2s", "critical", 4),
        (", over: 60d, take: mean", "700ms", "alert", 4),
    ] {
        let seen = remembering(readings()).look("metric", &earlier(more)).await;
        held(&seen, &format!("obs.level == '{level}' && obs.readings == {count} && obs.age == 24h"));
        held(&seen, &format!("obs.value > {value} - 1ms && obs.value < {value} + 1ms"));
        assert_eq!(seen.grade, Some(Grade::Live));
    }
    let slower = remembering(vec![reading(20.0, 250.0), reading(1.0, 1200.0)]);
    broken(&slower.look("metric", &earlier("")).await, "obs.level == 'ok'");
    // A chain is as good as its weakest reading.
    let told = Observation { grade: Some(Grade::Declared), ..reading(2.0, 100.0) };
    let mixed = remembering(vec![told, reading(1.0, 100.0)]);
    assert_eq!(mixed.look("metric", &earlier(", over: 30d, take: max")).await.grade, Some(Grade::Declared));
    assert_eq!(mixed.look("metric", &earlier("")).await.grade, Some(Grade::Live));
}

#[tokio::test]
async fn a_series_that_is_empty_foreign_troubled_or_old_holds_nothing() {
    blind(&remembering(Vec::new()).look("metric", &earlier("")).await, "the ledger remembers no reading of it");
    blind(&Place::new().look("metric", &earlier("")).await, "nobody handed in");
    let other = earlier("").replace("R-1/fast", "R-1/other");
    blind(&remembering(vec![reading(1.0, 100.0)]).look("metric", &other).await, "there is no claim R-1/other");
    let name = earlier("").replace("p95", "p99");
    blind(&remembering(vec![reading(1.0, 100.0)]).look("metric", &name).await, "no whole reading with such a value");
    let elsewhere = Observation { environment: "staging".to_owned(), ..reading(1.0, 100.0) };
    blind(&remembering(vec![elsewhere]).look("metric", &earlier("")).await, "no reading of it");
    blind(
        &remembering(vec![reading(40.0, 100.0)]).look("metric", &earlier(", over: 30d, take: max")).await,
        "no reading of it",
    );
    let troubled = Observation { trouble: Some("2 of 4 answered".to_owned()), ..reading(1.0, 100.0) };
    let seen = remembering(vec![troubled, reading(0.5, 100.0)]).look("metric", &earlier("")).await;
    held(&seen, "obs.meets_target && obs.readings == 1 && obs.missed == 1");
    let bytes = Observation { values: [("p95".to_owned(), Value::bytes(7))].into(), ..reading(1.0, 1.0) };
    blind(&remembering(vec![bytes]).look("metric", &earlier("")).await, "no number");
    let fresh = earlier("").replace("unit: s", "unit: s, max_age: 2d");
    held(&remembering(vec![reading(1.0, 100.0)]).look("metric", &fresh).await, "obs.meets_target");
    not_seen(&remembering(vec![reading(3.0, 100.0)]).look("metric", &fresh).await, "obs.meets_target");
    // An interval across a limit has no level.
    let wide = Quantity::interval(0.2, 0.35, Unit::Second).expect("is an interval");
    let wide = Observation { values: [("p95".to_owned(), Value::Quantity(wide))].into(), ..reading(1.0, 1.0) };
    not_seen(&remembering(vec![wide]).look("metric", &earlier("")).await, "obs.level == 'ok'");
}

#[test]
fn a_series_is_read_with_all_its_problems() {
    let place = Place::new();
    for more in ["", ", over: 30d, take: max", ", take: last"] {
        assert!(place.read("metric", &earlier(more)).is_ok(), "{more}");
    }
    for from in [
        "{ledger: p95}",
        "{ledger: p95, of: fast}",
        "{ledger: p95, of: R-1/fast, take: median}",
        "{ledger: p95, of: R-1/fast, take: max}",
        "{ledger: p95, of: R-1/fast, file: {path: a.json, at: $.a}}",
        "{ledger: [a], of: R-1/fast}",
    ] {
        assert!(place.read("metric", &format!("{{target: '<2s', unit: s, from: {from}}}")).is_err(), "{from}");
    }
}
