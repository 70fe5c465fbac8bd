//! Reports that test runs, coverage tools, sanitizers and benchmarks leave behind.
//!
//! A report is evidence of a run, and of nothing when nothing ran: a suite of zero cases, a filter that leaves no line, a log
//! in which no detector was listening are no data. Whether the run was of this version is told beside it.

mod alarms;
mod bench;
mod coverage;
mod freshness;
mod junit;
mod read;
mod told;

use std::time::Duration;

use serde_json_path::JsonPath;
use text::Fields;

use crate::World;
use crate::kind::{Kind, Look, Looking, in_thread, ready};
use crate::read::span_of;
use crate::repository::files::Patterns;
use freshness::Now;
use junit::Wanted;

pub(crate) use freshness::written_at;

/// The kinds of this family.
pub(crate) const KINDS: &[Kind] = &[Kind { name: "test.report", read: |fields, _, _| ready(TestReport::read(fields)) }];

/// How long one look may take.
const REPORT_WITHIN: Duration = Duration::from_secs(60);

/// Reports of a run.
#[derive(Clone, Debug)]
pub(crate) struct TestReport {
    paths: Patterns,
    cases: Vec<Wanted>,
    files: Option<Patterns>,
    value: Option<Box<JsonPath>>,
    needs_revision: bool,
    max_age: Option<Duration>,
}

impl TestReport {
    pub(crate) fn read(fields: &mut Fields<'_, '_>) -> Option<Self> {
        let paths = Patterns::read(fields, "paths");
        let mut cases = Vec::new();
        for (text, span) in fields.texts("cases") {
            match Wanted::parse(text) {
                Some(wanted) => cases.push(wanted),
                None => fields.problem("wrong-value", span, "a case is a name; `*` stands for any part of one"),
            }
        }
        let files = fields.all().iter().any(|entry| entry.key == "files").then(|| Patterns::read(fields, "files"));
        // The key is known, even though nobody wrote it.
        fields.get("files");
        let value = read_value(fields);
        let needs_revision = fields.one_of("revision", &["any", "required"]) == Some(1);
        let max_age = fields.duration("max_age");
        Some(Self { paths: paths?, cases, files: files.flatten(), value, needs_revision, max_age })
    }
}

fn read_value(fields: &mut Fields<'_, '_>) -> Option<Box<JsonPath>> {
    let written = fields.text("value")?;
    match JsonPath::parse(written) {
        Ok(path) => Some(Box::new(path)),
        Err(_) => {
            let span = span_of(fields, "value");
            fields.problem("wrong-path", span, "`value` must be a JSONPath such as `$.p95_ms`");
            None
        }
    }
}

impl Look for TestReport {
    fn subject(&self) -> String {
        self.paths.words()
    }

    fn look<'a>(&'a self, world: &'a World) -> Looking<'a> {
        let (owned, directory) = (self.clone(), world.directory.clone());
        let now = Now { seconds: world.now / 1_000_000, version: world.version.clone() };
        let look = move || told::told(&owned, &directory, &now);
        Box::pin(async move { in_thread(&self.subject(), REPORT_WITHIN, look).await })
    }
}
