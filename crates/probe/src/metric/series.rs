//! A number out of earlier readings of a claim, as the ledger remembers them.
//!
//! The ledger is not reached from here: whoever remembers hands the readings in. Only readings that were whole count; those
//! that were not are told as missed. What this does not do: fill gaps, or weigh readings by the time between them.

use std::fmt;
use std::time::Duration;

use evidence::{Grade, Observation, Quantity, Unit, Value};
use text::{Fields, Node, print_duration};

use crate::World;
use crate::kind::in_thread;
use crate::read::span_of;
use crate::sight::{Sight, age};

/// The most readings that one number is made of.
pub const MAX_SERIES: usize = 10_000;

/// How long looking back may take.
const SERIES_WITHIN: Duration = Duration::from_secs(60);

/// Earlier readings, handed in by whoever remembers them.
pub trait Series: fmt::Debug + Send + Sync {
    /// What was read for a claim in an environment at or after `since` (microseconds since 1970), oldest first: only answers to the
    /// question that the claim asks today.
    ///
    /// # Errors
    /// In words: there is no such claim, or the memory cannot be read.
    fn readings(&self, claim: &str, environment: &str, since: i64) -> Result<Vec<Observation>, String>;
}

/// What is made of several numbers.
const TAKES: [&str; 5] = ["last", "min", "max", "mean", "p95"];

/// A value of earlier readings.
#[derive(Clone, Debug)]
pub(super) struct Earlier {
    value: String,
    of: String,
    over: Option<Duration>,
    take: &'static str,
}

impl Earlier {
    /// Reads `{ledger: p95, of: R-1/fast, over: 30d, take: mean}`; `ledger` was read already.
    pub(super) fn read(node: &Node, fields: &mut Fields<'_, '_>) -> Option<Self> {
        let value = node.as_text().map(|text| text.strip_prefix("obs.").unwrap_or(text).to_owned());
        if value.as_ref().is_none_or(String::is_empty) {
            fields.problem("wrong-value", node.span, "`ledger` must be the name of a value that the claim observes");
        }
        let of = fields.need_text("of").map(str::to_owned);
        if of.as_ref().is_some_and(|of| evidence::ClaimId::parse(of).is_none()) {
            let span = span_of(fields, "of");
            fields.problem("wrong-value", span, "`of` must be the id of a claim, such as R-1/fast");
        }
        let over = fields.duration("over");
        let take = fields.one_of("take", &TAKES).map_or(TAKES[0], |index| TAKES[index]);
        if over.is_none() && take != TAKES[0] {
            let span = span_of(fields, "take");
            fields.problem("missing-key", span, format!("`take: {take}` needs `over`, as in `30d`"));
        }
        Some(Self { value: value?, of: of?, over, take })
    }

    pub(super) fn subject(&self) -> String {
        let over = self.over.map_or_else(String::new, |over| format!(" over {}", print_duration(over)));
        format!("{} {} of {} in the ledger{over}", self.take, self.value, self.of)
    }

    /// What is remembered: `value`, how many `readings` it is made of, how many were `missed`, and the `age` of the newest.
    pub(super) async fn look(&self, world: &World) -> Sight {
        let Some(series) = world.series.clone() else {
            let mut sight = Sight::new(self.subject());
            sight.trouble = Some("nobody handed in what the ledger remembers".to_owned());
            return sight;
        };
        let over = self.over.map_or(i64::MAX, |over| i64::try_from(over.as_micros()).unwrap_or(i64::MAX));
        let since = world.now.saturating_sub(over).max(0);
        let (of, environment) = (self.of.clone(), world.environment.clone());
        let (owned, world) = (self.clone(), world.clone());
        let source = self.subject();
        in_thread(&source, SERIES_WITHIN, move || {
            let mut sight = Sight::new(owned.subject());
            match series.readings(&of, &environment, since) {
                Ok(readings) => owned.told(&readings, &world, &mut sight),
                Err(why) => sight.trouble = Some(why),
            }
            sight
        })
        .await
    }

    fn told(&self, readings: &[Observation], world: &World, sight: &mut Sight) {
        let past: Vec<&Observation> = readings.iter().filter(|one| one.at <= world.now).collect();
        let past = &past[past.len().saturating_sub(MAX_SERIES)..];
        let is_whole = |one: &&&Observation| one.subjects > 0 && one.trouble.is_none();
        let seen: Vec<(&Observation, Quantity)> = past
            .iter()
            .filter(is_whole)
            .filter_map(|one| Some((*one, quantity(one.values.get(&self.value)?)?)))
            .collect();
        sight.integer("readings", seen.len());
        sight.integer("missed", past.len() - seen.len());
        let Some((newest, _)) = seen.last() else {
            let why = if past.is_empty() { "no reading of it" } else { "no whole reading with such a value" };
            sight.trouble = Some(format!("the ledger remembers {why}"));
            return;
        };
        let units: Vec<Unit> = seen.iter().map(|(_, quantity)| quantity.unit()).collect();
        if units.iter().any(|unit| *unit != units[0]) {
            sight.trouble = Some(format!("the unit of {} changed on the way", self.value));
            return;
        }
        let lows = self.taken(seen.iter().map(|(_, quantity)| quantity.low()).collect());
        let highs = self.taken(seen.iter().map(|(_, quantity)| quantity.high()).collect());
        let taken = lows.zip(highs).and_then(|(low, high)| Quantity::interval(low, high, units[0]));
        let Some(taken) = taken else { return };
        sight.put("value", Value::Quantity(taken));
        sight.values.extend(age(newest.at as f64 / 1e6, world).map(|age| ("age".to_owned(), age)));
        sight.subjects = seen.len() as u64;
        // A chain is as good as its weakest reading.
        let used = if self.take == TAKES[0] { &seen[seen.len() - 1..] } else { &seen[..] };
        let weakest = used.iter().map(|(one, _)| one.grade).min();
        sight.grade = weakest.flatten().map(|grade| grade.min(Grade::Live));
    }

    fn taken(&self, mut numbers: Vec<f64>) -> Option<f64> {
        match self.take {
            "last" => numbers.last().copied(),
            "mean" => Some(numbers.iter().sum::<f64>() / numbers.len() as f64),
            take => {
                numbers.sort_by(f64::total_cmp);
                match take {
                    "min" => numbers.first().copied(),
                    "max" => numbers.last().copied(),
                    _ => measure::percentile(&numbers, 0.95),
                }
            }
        }
    }
}

fn quantity(value: &Value) -> Option<Quantity> {
    match value {
        Value::Integer(whole) => Quantity::exact(*whole as f64, Unit::One),
        Value::Quantity(quantity) => Some(*quantity),
        Value::Text(_) | Value::Boolean(_) | Value::List(_) => None,
    }
}
