//! The calendar of reviews: what the text promises, and when it was last done.

use std::fmt::Write as _;

use evidence::Micros;
use serde_json::json;

use crate::wire::pretty;

/// Name and version of the shape of `review --format json`.
pub const REVIEW_SCHEMA: &str = "seaworthy.review/1";

/// A review that the text promises.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Review {
    /// The risk.
    pub risk: String,
    /// Its title.
    pub title: String,
    /// Every so many days.
    pub days: u32,
    /// `file:line` of the promise.
    pub promised: String,
    /// When it was last done.
    pub last: Option<Micros>,
    /// Days since it was due; below zero, days until then. A review that was never done is due.
    pub overdue_days: i64,
}

impl Review {
    /// `overdue since 12 days`, `due in 3 days`, `never recorded`.
    pub fn state(&self) -> String {
        match (self.last, self.overdue_days) {
            (None, _) => "never recorded".to_owned(),
            (Some(_), days @ 1..) => format!("overdue since {days} days"),
            (Some(_), days) => format!("due in {} days", -days),
        }
    }
}

/// The calendar for people.
pub fn reviews_text(all: &[Review]) -> String {
    if all.is_empty() {
        return "no register promises a review of an open risk\n".to_owned();
    }
    let mut text = String::new();
    for review in all {
        let last = review.last.map_or_else(String::new, |at| format!(", last {}", &crate::timestamp(at)[..10]));
        let _ = writeln!(text, "{}  {}{last}  {}", review.risk, review.state(), review.title);
        let _ = writeln!(text, "  every {} days: {}", review.days, review.promised);
    }
    text
}

/// The calendar as JSON, with a final line break.
pub fn reviews_json(all: &[Review]) -> String {
    let one = |review: &Review| {
        let mut json = json!({
            "risk": review.risk,
            "title": review.title,
            "every_days": review.days,
            "promised": review.promised,
            "overdue_days": review.overdue_days,
        });
        if let Some(last) = review.last {
            json["last"] = json!(crate::timestamp(last));
        }
        json
    };
    pretty(&json!({"schema": REVIEW_SCHEMA, "reviews": all.iter().map(one).collect::<Vec<_>>()}))
}
