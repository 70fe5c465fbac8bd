//! `prom.query`: what Prometheus answers to an instant query.
//!
//! An empty vector is no data and not zero: the metric may be gone, or its label renamed. A value that is no number
//! (NaN, or infinite) is no value. A warning means that the answer may be only a part.

use std::collections::BTreeSet;

use evidence::{Grade, Quantity, Unit, Value};
use serde_json::Value as Json;
use system::{ComponentId, System};
use text::{Fields, Source};

use super::promql::Expr;
use super::{data, instant};
use crate::World;
use crate::ask::{Asker, Asking};
use crate::kind::{Look, Looking};
use crate::read::span_of;
use crate::sight::{Sight, number, spelled};

/// The most series whose values are kept; all are counted.
const MAX_SERIES: usize = 1000;

/// The most labels that are kept.
const MAX_LABELS: usize = 100;

/// What Prometheus answers.
#[derive(Clone, Debug)]
pub(crate) struct PromQuery {
    asking: Asking,
    query: String,
}

impl PromQuery {
    pub(crate) fn read(fields: &mut Fields<'_, '_>, system: &System, source: &Source) -> Option<Self> {
        let asking = Asking::read(fields, system, source);
        let query = fields.need_text("query");
        if query.is_some_and(|query| query.trim().is_empty()) {
            let span = span_of(fields, "query");
            fields.problem("wrong-value", span, "`query` must not be empty");
        }
        Some(Self { asking: asking?, query: query?.to_owned() })
    }

    fn source(&self) -> String {
        format!("{} query: {}", self.asking.endpoint.shown(), self.query)
    }
}

impl Look for PromQuery {
    fn subject(&self) -> String {
        self.asking.endpoint.subject()
    }

    fn component(&self) -> Option<&ComponentId> {
        self.asking.endpoint.component_id()
    }

    fn look<'a>(&'a self, world: &'a World) -> Looking<'a> {
        Box::pin(async move {
            let source = self.source();
            self.asking.look(world, &source, |asker| one(self, asker)).await
        })
    }
}

async fn one(probe: &PromQuery, asker: Asker) -> Sight {
    let (data, warnings) = match data(&asker, &instant(&probe.query)).await {
        Err(error) => return Sight::blind(probe.source(), &error),
        Ok(answer) => answer,
    };
    let mut sight = Sight::new(probe.source());
    if !warnings.is_empty() {
        sight.trouble = Some(format!("Prometheus warns: {}", warnings.join("; ")));
    }
    match data["resultType"].as_str() {
        Some("vector") => tell_vector(&mut sight, &data["result"]),
        Some("scalar") => tell_values(&mut sight, &[value_of(&data["result"])], 1),
        Some(other) => sight.trouble = Some(format!("the answer is a {other}: ask for an instant vector or a scalar")),
        None => sight.trouble = Some("the answer has no type".to_owned()),
    }
    if sight.subjects > 0 {
        sight.grade = Some(Grade::Live);
        tell_age(&mut sight, probe, &asker).await;
    }
    sight
}

/// `[1435781451.781, "1"]`: the number, when it is one.
fn value_of(pair: &Json) -> Option<f64> {
    pair[1].as_str()?.parse::<f64>().ok().filter(|number| number.is_finite())
}

fn tell_vector(sight: &mut Sight, result: &Json) {
    let Some(series) = result.as_array() else {
        sight.trouble = Some("the answer holds no series".to_owned());
        return;
    };
    if series.is_empty() {
        sight.trouble = Some("the query has no series: that is no data, and not 0".to_owned());
        return;
    }
    let values: Vec<Option<f64>> = series.iter().map(|one| value_of(&one["value"])).collect();
    tell_values(sight, &values, series.len());
    let metrics: Vec<&serde_json::Map<String, Json>> =
        series.iter().filter_map(|one| one["metric"].as_object()).collect();
    let names: BTreeSet<&String> = metrics.iter().flat_map(|metric| metric.keys()).collect();
    for name in names.into_iter().take(MAX_LABELS) {
        let texts: BTreeSet<Option<&str>> =
            metrics.iter().map(|metric| metric.get(name).and_then(Json::as_str)).collect();
        if let (1, Some(Some(text))) = (texts.len(), texts.first()) {
            sight.text(format!("labels.{}", spelled(name)), text);
        }
    }
}

/// The values of all series. While one of them is no number, nothing is said of any: it could be the worst.
fn tell_values(sight: &mut Sight, values: &[Option<f64>], series: usize) {
    sight.integer("series", series);
    let numbers: Vec<f64> = values.iter().copied().flatten().collect();
    sight.integer("not_finite", series - numbers.len());
    sight.subjects = u64::try_from(numbers.len()).unwrap_or(u64::MAX);
    if numbers.len() < series {
        sight.trouble = Some(format!("{} of {series} values are NaN or infinite", series - numbers.len()));
        return;
    }
    let least = numbers.iter().copied().fold(f64::INFINITY, f64::min);
    let most = numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    for (name, extreme) in [("min", least), ("max", most)] {
        sight.values.extend(number(extreme).map(|value| (name.to_owned(), value)));
    }
    if let [only] = numbers.as_slice() {
        sight.values.extend(number(*only).map(|value| ("value".to_owned(), value)));
    }
    if numbers.len() <= MAX_SERIES {
        sight.put("values", Value::List(numbers.into_iter().filter_map(number).collect()));
    }
}

/// How old the oldest sample is. Only samples themselves have an age: what is computed is dated with the query.
async fn tell_age(sight: &mut Sight, probe: &PromQuery, asker: &Asker) {
    let Ok(Expr::Selector(selector)) = Expr::parse(&probe.query) else { return };
    if selector.shifted {
        return;
    }
    let query = format!("max(time() - timestamp({}))", selector.written());
    let Ok((data, _)) = data(asker, &instant(&query)).await else { return };
    let age = value_of(&data["result"][0]["value"]).and_then(|age| Quantity::exact(age.max(0.0), Unit::Second));
    sight.values.extend(age.map(|age| ("oldest_sample_age".to_owned(), Value::Quantity(age))));
}
