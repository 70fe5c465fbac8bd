//! From requests to values: what was measured in one part of a drill. Pure.
//!
//! A request belongs to the window in which it was due, however late its answer came. One that was outstanding when a
//! fault began met that fault, so it counts there and not in the clean window before. A write is exposed to a fault when
//! it was acknowledged from [`REACH_BACK`] before it until the system was good again.

use std::collections::BTreeMap;

use evidence::{Answer, Observation, Quantity, Sample, Seen, Unit, Value};
use measure::{CONFIDENCE, Z_95, quantile_interval, wilson};

use super::REACH_BACK;
use super::arm::Arm;
use super::recovery::recovery;
use crate::fault::{not_seen, seen};
use crate::hands::{Hands, Readiness};
use crate::kind::Plan;
use crate::load::{Ended, Found, LoadSpec, Read, Record};

/// A request sent this long after it was due was late by the load's own fault.
pub(super) const LAG_LIMIT_US: i64 = 200_000;
/// Share of late requests above which a window says more about the load than about the system.
pub(super) const LAG_SHARE: f64 = 0.01;
/// Status of an answer that should say when to come back.
const UNAVAILABLE: u16 = 503;

/// What is the same for every observation of a drill.
#[derive(Clone, Debug)]
pub(super) struct Context {
    kind: String,
    subject: String,
    source: String,
    environment: String,
    version: Option<String>,
    seed: u64,
    verifies: bool,
    bystander: bool,
    spacing_s: f64,
    min_requests: u64,
    calm_share: f64,
}

/// Which requests and which writes an observation is about.
#[derive(Clone, Debug, Default)]
pub(super) struct Part {
    from_us: i64,
    to_us: i64,
    /// Requests due since then that were still outstanding at `from_us` count as well.
    carried_since_us: Option<i64>,
    /// Requests that were still outstanding at `to_us` do not count: they met what came then.
    cut_at_end: bool,
    /// Writes acknowledged in this range count.
    acknowledged_us: (i64, i64),
    /// From lifted to watched.
    recovery_us: Option<(i64, i64)>,
    ready: Option<Readiness>,
    died: usize,
}

impl Part {
    /// The clean window.
    pub(super) fn clean(from_us: i64, to_us: i64) -> Self {
        let acknowledged_us = (i64::MIN, to_us - reach_back_us());
        Self { from_us, to_us, cut_at_end: true, acknowledged_us, ..Self::default() }
    }

    /// The window of an arm; `since_us` is when the calm before it began.
    pub(super) fn of(arm: &Arm, since_us: i64) -> Self {
        Self {
            from_us: arm.from_us,
            to_us: arm.until_us,
            carried_since_us: Some(since_us),
            cut_at_end: false,
            acknowledged_us: (arm.from_us - reach_back_us(), arm.watched_us),
            recovery_us: Some((arm.lifted_us, arm.watched_us)),
            ready: arm.ready,
            died: arm.died.len(),
        }
    }

    /// A window in which nothing was done.
    pub(super) fn nothing(at_us: i64) -> Self {
        Self { from_us: at_us, to_us: at_us, acknowledged_us: (at_us, at_us), ..Self::default() }
    }

    fn holds(&self, record: &Record) -> bool {
        let ended_us = record.at_us.saturating_add(record.latency_us);
        let carried = self
            .carried_since_us
            .is_some_and(|since_us| (since_us..self.from_us).contains(&record.at_us) && ended_us > self.from_us);
        let inside = (self.from_us..self.to_us).contains(&record.at_us);
        carried || (inside && !(self.cut_at_end && ended_us > self.to_us))
    }

    fn records<'r>(&self, read: &'r Read, bystander: bool) -> Vec<&'r Record> {
        read.records.iter().filter(|record| record.bystander == bystander && self.holds(record)).collect()
    }
}

impl Context {
    pub(super) fn of(plan: &Plan, hands: &Hands<'_>, seed: u64, spec: &LoadSpec) -> Self {
        let load = &spec.main.load;
        let rate = load.rate.per_second();
        let targets: Vec<String> = spec.main.targets.iter().map(ToString::to_string).collect();
        Self {
            kind: plan.kind.to_owned(),
            subject: plan.fault.subject(),
            source: format!("{} {} at {rate}/s to {}", load.method, load.path, targets.join(", ")),
            environment: hands.environment.to_owned(),
            version: hands.version.map(str::to_owned),
            seed,
            verifies: load.verify.is_some(),
            bystander: spec.bystander.is_some(),
            spacing_s: 1.0 / rate,
            min_requests: plan.min_requests,
            calm_share: plan.flow.calm_share,
        }
    }

    /// The observation of one part.
    pub(super) fn observe(&self, part: &Part, read: &Read, trouble: Vec<String>) -> Observation {
        let records = part.records(read, false);
        let mut values = BTreeMap::new();
        if !records.is_empty() {
            flow_values("", &records, &mut values);
            answer_values(&records, &mut values);
            self.write_values(part, read, &mut values);
            values.insert("recovery".to_owned(), self.recovery(part, read));
            put(&mut values, "died", part.died);
        }
        if let Some(ready) = part.ready {
            let interval = Quantity::interval(ready.not_before.as_secs_f64(), ready.at.as_secs_f64(), Unit::Second);
            values.extend(interval.map(|interval| ("stop_to_ready".to_owned(), Value::Quantity(interval))));
        }
        if self.bystander {
            flow_values("bystander.", &part.records(read, true), &mut values);
        }
        let mut trouble = trouble;
        let not_sent = records.iter().filter(|record| record.ended == Ended::NotSent).count();
        if not_sent > 0 {
            trouble.push(format!(
                "{not_sent} requests were never sent, because too many were outstanding; they count as bad"
            ));
        }
        Observation {
            kind: self.kind.clone(),
            subject: self.subject.clone(),
            values,
            subjects: records.len() as u64,
            grade: Some(evidence::Grade::Live),
            source: self.source.clone(),
            at: outside::now(),
            environment: self.environment.clone(),
            version: self.version.clone(),
            seed: Some(self.seed),
            trouble: (!trouble.is_empty()).then(|| trouble.join("; ")),
        }
    }

    /// Whether writes were surely lost or torn: who hurts has met the fault.
    pub(super) fn is_hurt(&self, part: &Part, read: &Read) -> bool {
        let mut values = BTreeMap::new();
        self.write_values(part, read, &mut values);
        let sure = |name: &str| match values.get(name) {
            Some(Value::Integer(count)) => *count > 0,
            Some(Value::Quantity(count)) => count.low() > 0.0,
            Some(Value::Text(_) | Value::Boolean(_) | Value::List(_)) | None => false,
        };
        sure("lost_acknowledged") || sure("torn")
    }

    /// Without a fault there was nothing to recover from: 0 s.
    fn recovery(&self, part: &Part, read: &Read) -> Value {
        let zero = Quantity::duration(std::time::Duration::ZERO);
        let Some((lifted_us, watched_us)) = part.recovery_us else { return Value::Quantity(zero) };
        let seen = recovery(&read.records, lifted_us, watched_us, self.spacing_s);
        Value::Quantity(seen.expect("both ends are finite or the upper one infinite, and in order"))
    }

    fn write_values(&self, part: &Part, read: &Read, values: &mut BTreeMap<String, Value>) {
        let found: BTreeMap<u64, Found> = read.checked.iter().map(|checked| (checked.n, checked.found)).collect();
        let mut writes = Writes::default();
        let (from_us, to_us) = part.acknowledged_us;
        for record in read.records.iter().filter(|record| !record.bystander) {
            if (from_us..to_us).contains(&record.at_us.saturating_add(record.latency_us)) {
                writes.add(record.ended.answer(), found.get(&record.n).copied().unwrap_or(Found::Unseen));
            }
        }
        put(values, "acknowledged", writes.acknowledged);
        put(values, "in_doubt", writes.in_doubt);
        if self.verifies {
            values.insert("lost_acknowledged".to_owned(), at_least(writes.lost, writes.unseen_acknowledged));
            values.insert("torn".to_owned(), at_least(writes.torn, writes.unseen));
            values.insert(
                "in_doubt_present".to_owned(),
                at_least(writes.in_doubt_present, writes.unseen - writes.unseen_acknowledged),
            );
        }
    }
}

/// Fates of writes.
#[derive(Clone, Copy, Debug, Default)]
struct Writes {
    acknowledged: u64,
    lost: u64,
    torn: u64,
    in_doubt: u64,
    in_doubt_present: u64,
    unseen: u64,
    unseen_acknowledged: u64,
}

impl Writes {
    fn add(&mut self, answer: Answer, found: Found) {
        let acknowledged = match answer {
            Answer::Good => true,
            Answer::Unknown => false,
            Answer::Bad => return,
        };
        let count = |condition: bool| u64::from(condition);
        self.acknowledged += count(acknowledged);
        self.in_doubt += count(!acknowledged);
        self.lost += count(acknowledged && found == Found::Absent);
        self.torn += count(found == Found::Torn);
        self.in_doubt_present += count(!acknowledged && found == Found::Whole);
        self.unseen += count(found == Found::Unseen);
        self.unseen_acknowledged += count(acknowledged && found == Found::Unseen);
    }
}

/// Whether the same load without the fault was clean.
pub(super) fn calm(clean: &Part, context: &Context, read: &Read) -> Seen {
    let records = clean.records(read, false);
    let all = records.len() as u64;
    let good = good(&records);
    if all < context.min_requests {
        return not_seen(format!("only {all} of {} requests were made without the fault", context.min_requests));
    }
    let share = good as f64 / all as f64;
    let wanted = context.calm_share;
    if share < wanted {
        let examples = worst(&records);
        let (share, wanted) = (share * 100.0, wanted * 100.0);
        return not_seen(format!(
            "without the fault only {share:.1} % of {all} requests were good, {wanted:.1} % are needed{examples}"
        ));
    }
    match lagged(clean, read) {
        Some(lag) => not_seen(lag),
        None => seen(format!("without the fault {good} of {all} requests were good")),
    }
}

/// Says so when the load lagged behind its own schedule in a window.
pub(super) fn lagged(part: &Part, read: &Read) -> Option<String> {
    let records = part.records(read, false);
    let late = records.iter().filter(|record| record.lag_us > LAG_LIMIT_US).count();
    let worst = records.iter().map(|record| record.lag_us).max().unwrap_or(0);
    (late as f64 > LAG_SHARE * records.len() as f64).then(|| {
        let (all, worst_ms) = (records.len(), worst / 1000);
        format!("the load itself was late for {late} of {all} requests (up to {worst_ms} ms): this machine was too busy to measure")
    })
}

/// The requests as people see them on a time axis.
pub(super) fn samples(read: &Read, bystander: bool) -> Vec<Sample> {
    let shown = read.records.iter().filter(|record| bystander || !record.bystander);
    let mut samples: Vec<Sample> = shown
        .map(|record| Sample {
            at_us: record.at_us,
            latency_us: record.latency_us,
            outcome: record.ended.answer(),
            bystander: record.bystander,
        })
        .collect();
    samples.sort_by_key(|sample| (sample.at_us, sample.bystander));
    samples
}

fn flow_values(prefix: &str, records: &[&Record], values: &mut BTreeMap<String, Value>) {
    put(values, &format!("{prefix}requests"), records.len());
    if records.is_empty() {
        return;
    }
    let (low, high) = wilson(good(records), records.len() as u64, Z_95);
    let mut quantity = |name: &str, low: f64, high: f64, unit: Unit| {
        let interval = Quantity::interval(low, high, unit);
        values.extend(interval.map(|interval| (format!("{prefix}{name}"), Value::Quantity(interval))));
    };
    quantity("success", low, high, Unit::One);
    let (lows, highs) = latencies(records);
    for (name, q) in [("p50", 0.5), ("p95", 0.95), ("p99", 0.99)] {
        let low = quantile_interval(&lows, q, CONFIDENCE).0.max(0.0);
        quantity(name, low, quantile_interval(&highs, q, CONFIDENCE).1, Unit::Second);
    }
}

/// Latencies in seconds in ascending order, as short and as long as they can have been: who gave up waiting does not
/// know how long it would have taken.
fn latencies(records: &[&Record]) -> (Vec<f64>, Vec<f64>) {
    let seconds = |record: &&Record| record.latency_us as f64 / 1e6;
    let mut lows: Vec<f64> = records.iter().map(seconds).collect();
    let longest = |record: &&Record| if record.ended.is_censored() { f64::INFINITY } else { seconds(record) };
    let mut highs: Vec<f64> = records.iter().map(longest).collect();
    lows.sort_by(f64::total_cmp);
    highs.sort_by(f64::total_cmp);
    (lows, highs)
}

fn answer_values(records: &[&Record], values: &mut BTreeMap<String, Value>) {
    let count = |condition: &dyn Fn(&Record) -> bool| records.iter().filter(|record| condition(record)).count();
    put(values, "good", count(&|record| record.ended.answer() == Answer::Good));
    put(values, "bad", count(&|record| record.ended.answer() == Answer::Bad));
    put(values, "unknown", count(&|record| record.ended.answer() == Answer::Unknown));
    put(values, "not_sent", count(&|record| record.ended == Ended::NotSent));
    put(values, "served_stale", count(&|record| record.guard.as_deref() == Some("stale")));
    put(values, "made_by_guard", count(&|record| record.guard.is_some()));
    let unavailable = count(&|record| record.status == Some(UNAVAILABLE));
    let told = count(&|record| record.status == Some(UNAVAILABLE) && record.retry_after);
    put(values, "unavailable", unavailable);
    if unavailable > 0 {
        let share = Quantity::exact(told as f64 / unavailable as f64, Unit::One);
        values.extend(share.map(|share| ("retry_after".to_owned(), Value::Quantity(share))));
    }
}

/// The commonest way in which requests did not end well, for messages.
fn worst(records: &[&Record]) -> String {
    let mut ends: BTreeMap<String, usize> = BTreeMap::new();
    for record in records.iter().filter(|record| record.ended.answer() != Answer::Good) {
        let status = record.status.map(|status| format!(" {status}")).unwrap_or_default();
        *ends.entry(format!("{}{status}", record.ended.word())).or_default() += 1;
    }
    let most = ends.into_iter().max_by_key(|(_, count)| *count);
    most.map(|(end, count)| format!("; most often {end} ({count} times)")).unwrap_or_default()
}

fn good(records: &[&Record]) -> u64 {
    records.iter().filter(|record| record.ended.answer() == Answer::Good).count() as u64
}

fn put(values: &mut BTreeMap<String, Value>, name: &str, count: impl TryInto<i64>) {
    values.insert(name.to_owned(), Value::Integer(count.try_into().unwrap_or(i64::MAX)));
}

/// A count that may be higher by what could not be told.
fn at_least(count: u64, untold: u64) -> Value {
    if untold == 0 {
        return Value::Integer(i64::try_from(count).unwrap_or(i64::MAX));
    }
    let interval = Quantity::interval(count as f64, (count + untold) as f64, Unit::One);
    Value::Quantity(interval.expect("both ends are finite and in order"))
}

fn reach_back_us() -> i64 {
    i64::try_from(REACH_BACK.as_micros()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
