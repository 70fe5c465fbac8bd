//! `metric`: a number against its target, its alert and its critical threshold, as tables of success metrics state them.
//!
//! Thresholds are written as such tables write them, `<2%`, `>5%`, `>10%`, so that which side is bad, and what happens right
//! at the limit, is never guessed. The number comes from a Prometheus, or from a file that some tool wrote; a file is text, so
//! that is declared at best; or from
//! earlier readings of a claim, which whoever remembers them hands in. With a base the number is what changed against it. An interval across a threshold has no level.

mod series;
mod threshold;

use std::time::Duration;

use evidence::{Quantity, Unit, Value};
use system::{ComponentId, System};
use text::{Fields, Node, Source, print_duration};

use self::series::Earlier;
pub use self::series::{MAX_SERIES, Series};
use self::threshold::{Threshold, Thresholds};
use crate::World;
use crate::file::FileValue;
use crate::kind::{Kind, Look, Looking, ready};
use crate::prometheus::PromQuery;
use crate::read::span_of;
use crate::report::written_at;
use crate::repository::files::Files;
use crate::sight::Sight;

/// The kinds of this family.
pub(crate) const KINDS: &[Kind] =
    &[Kind { name: "metric", read: |fields, system, source| ready(Metric::read(fields, system, source)) }];

/// What a bare number in the source counts, and what one of it comes to.
const UNITS: [(&str, f64, Unit); 11] = [
    ("one", 1.0, Unit::One),
    ("percent", 0.01, Unit::One),
    ("us", 1e-6, Unit::Second),
    ("ms", 1e-3, Unit::Second),
    ("s", 1.0, Unit::Second),
    ("B", 1.0, Unit::Byte),
    ("kB", 1e3, Unit::Byte),
    ("KiB", 1024.0, Unit::Byte),
    ("MB", 1e6, Unit::Byte),
    ("MiB", 1_048_576.0, Unit::Byte),
    ("per_second", 1.0, Unit::PerSecond),
];

/// A number against its thresholds.
#[derive(Debug)]
pub(crate) struct Metric {
    from: From,
    /// What the number is compared with before it is judged.
    base: Option<From>,
    thresholds: Thresholds,
    scale: f64,
    unit: Unit,
    max_age: Option<Duration>,
}

/// Where a number comes from.
#[derive(Debug)]
enum From {
    /// A value of a file.
    File(FileValue),
    /// The answer to a query, which must be one number.
    Prometheus(PromQuery),
    /// Earlier readings of a claim.
    Ledger(Earlier),
}

impl From {
    fn subject(&self) -> String {
        match self {
            Self::File(file) => file.subject(),
            Self::Prometheus(query) => query.subject(),
            Self::Ledger(earlier) => earlier.subject(),
        }
    }
}

// ===== reading =====

impl Metric {
    pub(crate) fn read(fields: &mut Fields<'_, '_>, system: &System, source: &Source) -> Option<Self> {
        let node = fields.need("from");
        let from = node.and_then(|node| read_from(node, "from", system, source, fields));
        let base = fields.get("base").and_then(|node| read_from(node, "base", system, source, fields));
        let words: Vec<&str> = UNITS.iter().map(|(word, ..)| *word).collect();
        let (_, scale, unit) = UNITS[fields.one_of("unit", &words).unwrap_or(0)];
        let max_age = fields.duration("max_age");
        let thresholds = Thresholds::read(fields)?;
        // A change against a base is a share, whatever was measured.
        let wanted = if base.is_some() { Unit::One } else { unit };
        if thresholds.unit() != wanted {
            let span = span_of(fields, "target");
            fields.problem("wrong-value", span, "the thresholds and the number have different units; see `unit`");
        }
        Some(Self { from: from?, base, thresholds, scale, unit, max_age })
    }
}

fn read_from(
    node: &Node,
    key: &'static str,
    system: &System,
    source: &Source,
    fields: &mut Fields<'_, '_>,
) -> Option<From> {
    let mut inner = Fields::of(node, format!("the `{key}` of metric"), source, fields.problems())?;
    if let Some(value) = inner.get("ledger") {
        let earlier = Earlier::read(value, &mut inner);
        inner.finish();
        return earlier.map(From::Ledger);
    }
    let prometheus = inner.get("prometheus");
    let file = if prometheus.is_none() { inner.need("file") } else { inner.get("file") };
    if prometheus.is_some() && file.is_some() {
        inner.problem("wrong-value", node.span, "a number comes from a `file` or from `prometheus`, and not from both");
    }
    inner.finish();
    let word = if prometheus.is_some() { "prometheus" } else { "file" };
    let mut of =
        Fields::of(prometheus.or(file)?, format!("the `{word}` of the `{key}` of metric"), source, fields.problems())?;
    let from = match prometheus {
        Some(_) => PromQuery::read(&mut of, system, source).map(From::Prometheus),
        None => FileValue::read(&mut of).map(From::File),
    };
    of.finish();
    from
}

// ===== looking =====

impl Look for Metric {
    fn subject(&self) -> String {
        self.from.subject()
    }

    fn component(&self) -> Option<&ComponentId> {
        match &self.from {
            From::File(_) | From::Ledger(_) => None,
            From::Prometheus(query) => query.component(),
        }
    }

    fn look<'a>(&'a self, world: &'a World) -> Looking<'a> {
        Box::pin(look(self, world))
    }
}

async fn look(metric: &Metric, world: &World) -> Sight {
    let (mut sight, now) = number(metric, &metric.from, world).await;
    let Some(mut now) = now else { return sight };
    if let Some(base) = &metric.base {
        let (seen, before) = number(metric, base, world).await;
        sight.source = format!("{} against {}", sight.source, seen.source);
        sight.trouble = sight.trouble.take().or(seen.trouble);
        let Some(before) = before else {
            (sight.subjects, sight.grade) = (0, None);
            return sight;
        };
        put_between(&mut sight, "now", now, metric.unit);
        put_between(&mut sight, "base", before, metric.unit);
        let Some(changed) = changed(now, before) else {
            sight.trouble = Some("the base is 0, against which nothing can be compared".to_owned());
            return sight;
        };
        now = changed;
    }
    let unit = metric.thresholds.unit();
    put_between(&mut sight, "value", now, unit);
    if let Some(value) = Quantity::interval(now.0, now.1, unit) {
        tell(&metric.thresholds, &value, &mut sight);
    }
    sight
}

/// A number, or the ends between which it lies.
type Between = (f64, f64);

/// What changed against a base, as a share of it; `None` when the base may be 0.
fn changed(now: Between, base: Between) -> Option<Between> {
    let is_apart = base.0 > 0.0 || base.1 < 0.0;
    let all = [now.0 / base.0, now.0 / base.1, now.1 / base.0, now.1 / base.1].map(|share| share - 1.0);
    let ends =
        (all.iter().copied().fold(f64::INFINITY, f64::min), all.iter().copied().fold(f64::NEG_INFINITY, f64::max));
    is_apart.then_some(ends)
}

fn put_between(sight: &mut Sight, name: &str, number: Between, unit: Unit) {
    let quantity = Quantity::interval(number.0, number.1, unit).map(Value::Quantity);
    sight.values.extend(quantity.map(|quantity| (name.to_owned(), quantity)));
}

fn tell(thresholds: &Thresholds, value: &Quantity, sight: &mut Sight) {
    if let Some(meets) = thresholds.target.holds(value) {
        sight.boolean("meets_target", meets);
    }
    if let Some(level) = thresholds.level(value) {
        sight.text("level", level);
    }
    let all =
        [("target_at", Some(thresholds.target)), ("alert_at", thresholds.alert), ("critical_at", thresholds.critical)];
    for (name, Threshold { limit, unit, .. }) in all.into_iter().filter_map(|(name, it)| Some((name, it?))) {
        put(sight, name, limit, unit);
    }
}

fn put(sight: &mut Sight, name: &str, number: f64, unit: Unit) {
    let quantity = Quantity::exact(number, unit).map(Value::Quantity);
    sight.values.extend(quantity.map(|quantity| (name.to_owned(), quantity)));
}

/// One number with what is known of where it came from; without a number nothing was seen.
async fn number(metric: &Metric, from: &From, world: &World) -> (Sight, Option<Between>) {
    let seen = match from {
        From::File(file) => file.look(world).await,
        From::Prometheus(query) => query.look(world).await,
        From::Ledger(earlier) => earlier.look(world).await,
    };
    let is_remembered = matches!(from, From::Ledger(_));
    let mut sight = Sight::new(&seen.source);
    sight.trouble = seen.trouble;
    let number = match seen.values.get("value") {
        Some(Value::Integer(whole)) => Some(*whole as f64 * metric.scale).map(|number| (number, number)),
        // What has a unit keeps it, and it must be the one that is meant.
        Some(Value::Quantity(quantity)) if quantity.unit() != Unit::One => {
            (quantity.unit() == metric.unit).then(|| (quantity.low(), quantity.high()))
        }
        Some(Value::Quantity(quantity)) if quantity.is_exact() || is_remembered => {
            Some((quantity.low() * metric.scale, quantity.high() * metric.scale))
        }
        Some(Value::Text(text)) => in_text(text, metric).map(|number| (number, number)),
        Some(Value::Quantity(_) | Value::Boolean(_) | Value::List(_)) | None => None,
    };
    if number.is_none() {
        sight.trouble = sight.trouble.or_else(|| Some(format!("there is no number at {}", seen.source)));
        return (sight, None);
    }
    (sight.subjects, sight.grade) = (1, seen.grade);
    for name in ["readings", "missed", "age"] {
        let told = seen.values.get(name).filter(|_| is_remembered);
        sight.values.extend(told.map(|value| (name.to_owned(), value.clone())));
    }
    // What Prometheus answers is of now.
    match (metric.max_age, from) {
        (max_age, From::File(file)) => date(&file.subject(), max_age, world, &mut sight),
        (Some(max_age), From::Ledger(_)) => too_long_ago(max_age, &mut sight),
        (_, From::Prometheus(_)) | (None, From::Ledger(_)) => {}
    }
    (sight, number)
}

/// A text that is a bare number counts as `unit` says; one with a unit of its own must have the same.
fn in_text(text: &str, metric: &Metric) -> Option<f64> {
    match text.trim().parse::<f64>() {
        Ok(bare) => Some(bare * metric.scale).filter(|number| number.is_finite()),
        Err(_) => threshold::parse(text).filter(|(_, unit)| *unit == metric.unit).map(|(number, _)| number),
    }
}

/// The newest reading is of long ago.
fn too_long_ago(max_age: Duration, sight: &mut Sight) {
    let is_fresh = matches!(sight.values.get("age"), Some(Value::Quantity(age)) if age.high() <= max_age.as_secs_f64());
    if !is_fresh {
        sight.trouble = Some(format!("the newest reading is older than {}", print_duration(max_age)));
    }
}

/// Tells when a file was written; what was written long ago is no measurement of today.
fn date(path: &str, max_age: Option<Duration>, world: &World, sight: &mut Sight) {
    let now = world.now / 1_000_000;
    let at = Files::below(&world.directory).ok().and_then(|files| written_at(&files, path));
    let age = at.and_then(|at| u64::try_from(now - at).ok()).map(Duration::from_secs);
    sight.values.extend(age.map(|age| ("age".to_owned(), Value::duration(age))));
    let Some(max_age) = max_age else { return };
    match age {
        Some(age) if age > max_age => sight.trouble = Some(format!("{path} is older than {}", print_duration(max_age))),
        Some(_) => {}
        None => sight.trouble = Some(format!("the age of {path} cannot be told")),
    }
}
