//! `metric`: a number against its target, its alert and its critical threshold, as tables of success metrics state them.
//!
//! Thresholds are written as such tables write them, `<2%`, `>5%`, `>10%`, so that which side is bad, and what happens right
//! at the limit, is never guessed. The number comes from a Prometheus, or from a file that some tool wrote; a file is text, so
//! that is declared at best. With a base the number is what changed against it. An interval across a threshold has no level.

mod threshold;

use std::time::{Duration, UNIX_EPOCH};

use evidence::{Quantity, Unit, Value};
use system::{ComponentId, System};
use text::{Fields, Node, Source, print_duration};

use self::threshold::{Threshold, Thresholds};
use crate::World;
use crate::file::FileValue;
use crate::kind::{Kind, Look, Looking, ready};
use crate::prometheus::PromQuery;
use crate::read::span_of;
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
}

impl From {
    fn subject(&self) -> String {
        match self {
            Self::File(file) => file.subject(),
            Self::Prometheus(query) => query.subject(),
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
            From::File(_) => None,
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
        put(&mut sight, "now", now, metric.unit);
        put(&mut sight, "base", before, metric.unit);
        if before == 0.0 {
            sight.trouble = Some("the base is 0, against which nothing can be compared".to_owned());
            return sight;
        }
        now = now / before - 1.0;
    }
    let unit = metric.thresholds.unit();
    put(&mut sight, "value", now, unit);
    if let Some(value) = Quantity::exact(now, unit) {
        tell(&metric.thresholds, &value, &mut sight);
    }
    sight
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
async fn number(metric: &Metric, from: &From, world: &World) -> (Sight, Option<f64>) {
    let seen = match from {
        From::File(file) => file.look(world).await,
        From::Prometheus(query) => query.look(world).await,
    };
    let mut sight = Sight::new(&seen.source);
    sight.trouble = seen.trouble;
    let number = match seen.values.get("value") {
        Some(Value::Integer(whole)) => Some(*whole as f64 * metric.scale),
        Some(Value::Quantity(quantity)) if quantity.is_exact() => Some(quantity.low() * metric.scale),
        Some(Value::Text(text)) => in_text(text, metric),
        Some(Value::Quantity(_) | Value::Boolean(_) | Value::List(_)) | None => None,
    };
    if number.is_none() {
        sight.trouble = sight.trouble.or_else(|| Some(format!("there is no number at {}", seen.source)));
        return (sight, None);
    }
    (sight.subjects, sight.grade) = (1, seen.grade);
    // What Prometheus answers is of now.
    if let (Some(max_age), From::File(file)) = (metric.max_age, from) {
        too_old(&file.subject(), max_age, world, &mut sight);
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

/// What was written long ago is no measurement of today.
fn too_old(path: &str, max_age: Duration, world: &World, sight: &mut Sight) {
    let modified = std::fs::metadata(world.directory.join(path)).and_then(|about| about.modified()).ok();
    let since = modified.and_then(|modified| modified.duration_since(UNIX_EPOCH).ok());
    let age = since.map(|since| world.now as f64 / 1e6 - since.as_secs_f64());
    let limit = print_duration(max_age);
    match age {
        Some(age) if age > max_age.as_secs_f64() => sight.trouble = Some(format!("{path} is older than {limit}")),
        Some(age) if age >= 0.0 => {}
        Some(_) | None => sight.trouble = Some(format!("the age of {path} cannot be told")),
    }
}
