//! Prometheus and its Alertmanager: what a query answers ([`query`]), and whether an alert exists, can fire, and would
//! reach somebody ([`rule`]). Speaks the HTTP API, version 1; Alertmanager's is version 2.

mod files;
mod promql;
mod query;
mod routing;
mod rule;

pub(crate) use query::PromQuery;
use serde_json::Value as Json;

use crate::Error;
use crate::ask::{Asker, encoded};
use crate::kind::{Kind, ready};

/// The kinds of this family.
pub(crate) const KINDS: &[Kind] = &[
    Kind { name: "prom.query", read: |fields, system, source| ready(query::PromQuery::read(fields, system, source)) },
    Kind { name: "prom.rule", read: |fields, system, source| ready(rule::PromRule::read(fields, system, source)) },
];

/// The data of an answer of Prometheus, and its warnings.
async fn data(asker: &Asker, path: &str) -> Result<(Json, Vec<String>), Error> {
    let mut json = asker.json(path).await?;
    let texts =
        |json: &Json| json.as_array().into_iter().flatten().filter_map(Json::as_str).map(str::to_owned).collect();
    if json["status"] != "success" {
        let why = json["error"].as_str().unwrap_or("the status is not `success`");
        return Err(asker.trouble(path, why));
    }
    let warnings: Vec<String> = texts(&json["warnings"]);
    Ok((json["data"].take(), warnings))
}

/// The path of an instant query.
fn instant(query: &str) -> String {
    format!("/api/v1/query?query={}", encoded(query))
}
