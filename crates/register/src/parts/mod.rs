//! What a document holds besides its table of risks, each with a type of its own: checklists, criteria, tests, metrics,
//! plans, chains, flows, machine blocks, links, names, quoted code.
//!
//! Read after the risks, because most of it belongs to one. Nothing here is judged; the rules do that.

mod cadence;
mod chain;
mod checklist;
mod code;
mod criterion;
mod flow;
mod gate;
pub(crate) mod line;
mod link;
mod metric;
mod name;
mod pair;
mod priority_list;
mod proposal;
mod roadmap;
mod scenario;
mod testing;
pub(crate) mod time;
mod window;

use text::Span;

use crate::draft::Context;
use crate::fold::plain;
use crate::model::Risk;
use crate::parts::line::{Line, LineKind, read_lines};

pub use cadence::{Cadence, Dated, DatedAs, Promise};
pub use checklist::{Mark, Task};
pub use code::CodeBlock;
pub use criterion::Criterion;
pub use flow::{PathFlow, PathStep};
pub use gate::{GateSnippet, Highest};
pub use link::{Link, anchors};
pub use metric::{Bound, Measure, Metric, Threshold};
pub use name::{NameKind, Named};
pub use pair::Pair;
pub use priority_list::PriorityList;
pub use proposal::Proposal;
pub use roadmap::Period;
pub use scenario::Scenario;
pub use testing::TestLine;
pub use window::Window;

/// Everything a document holds besides its risks, each list in the order of the text.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Parts {
    /// Checklists and ticks: what is said to be done, and what is not.
    pub tasks: Vec<Task>,
    /// Acceptance criteria: what must hold for a risk to count as handled, one by one.
    pub criteria: Vec<Criterion>,
    /// Testing lines: how a mitigation is said to be tested, one by one.
    pub tests: Vec<TestLine>,
    /// Metric tables: what is watched, with target, alert and critical thresholds.
    pub metrics: Vec<Metric>,
    /// Roadmaps: what shall be done in which period.
    pub roadmap: Vec<Period>,
    /// Proposed steps: what shall be done about a risk, with priority, effort and the files that it touches.
    pub proposals: Vec<Proposal>,
    /// Cadences: what the text promises to do again and again, and when it was last done.
    pub cadences: Vec<Cadence>,
    /// Emergency windows and escalation: what happens within which time, and who is called.
    pub windows: Vec<Window>,
    /// Scenario chains: what follows from a failure, step by step, and the mitigation chain beside it.
    pub scenarios: Vec<Scenario>,
    /// Critical paths: the steps of a flow, with the marks that the text gives them.
    pub flows: Vec<PathFlow>,
    /// Priority lists: what to build first, by band.
    pub priority_lists: Vec<PriorityList>,
    /// Code blocks, and the file that the text binds them to.
    pub codes: Vec<CodeBlock>,
    /// Machine blocks: `risk_summary`, release decisions.
    pub gates: Vec<GateSnippet>,
    /// Links to other documents and to anchors of this one.
    pub links: Vec<Link>,
    /// Names of options, flags, variables and functions that the text relies on.
    pub names: Vec<Named>,
    /// Keys with values that the text says stand in a file.
    pub pairs: Vec<Pair>,
    /// Days that the text gives: of its last change, its next review, the last run of a test.
    pub dates: Vec<Dated>,
    /// Every line, for the rules.
    pub(crate) lines: Vec<Line>,
}

impl Parts {
    pub(crate) fn read(context: &Context<'_>, risks: &[Risk]) -> Self {
        let reading = Reading::new(context, risks);
        Self {
            tasks: checklist::read(&reading),
            criteria: criterion::read(&reading),
            tests: testing::read(&reading),
            metrics: metric::read(&reading),
            roadmap: roadmap::read(&reading),
            proposals: proposal::read(&reading),
            cadences: cadence::read(&reading),
            windows: window::read(&reading),
            scenarios: scenario::read(&reading),
            flows: flow::read(&reading),
            priority_lists: priority_list::read(&reading),
            codes: code::read(&reading),
            gates: gate::read(&reading),
            links: link::read(&reading),
            names: name::read(&reading),
            pairs: pair::read(&reading),
            dates: cadence::read_dates(&reading),
            lines: reading.lines,
        }
    }
}

/// What the readers of parts look at.
pub(crate) struct Reading<'a> {
    pub(crate) context: &'a Context<'a>,
    pub(crate) risks: &'a [Risk],
    /// Places of risks, by their beginning: place, index of the risk.
    places: Vec<(Span, usize)>,
    /// Every line of the document.
    pub(crate) lines: Vec<Line>,
    /// Where the lines of quotes begin, which stand behind all others.
    quotes: usize,
}

impl<'a> Reading<'a> {
    fn new(context: &'a Context<'a>, risks: &'a [Risk]) -> Self {
        let mut places: Vec<(Span, usize)> = risks
            .iter()
            .enumerate()
            .flat_map(|(index, risk)| risk.spans.iter().map(move |span| (*span, index)))
            .collect();
        places.sort();
        let mut reading = Self { context, risks, places, lines: Vec::new(), quotes: 0 };
        reading.lines = read_lines(context, risks, &|span| reading.risk_at(span));
        reading.quotes = reading.lines.partition_point(|line| line.kind != LineKind::Quote);
        reading
    }

    /// The lines that begin within a span, quotes left out.
    pub(crate) fn within(&self, span: Span) -> std::ops::Range<usize> {
        let main = &self.lines[..self.quotes];
        let from = main.partition_point(|line| line.span.start < span.start);
        let to = main.partition_point(|line| line.span.start < span.end);
        from..to.max(from)
    }

    /// A text without markup.
    pub(crate) fn plain(&self, span: Span) -> String {
        plain(self.context.slice(span))
    }

    /// What a line stands under, without markup and colon.
    pub(crate) fn under(&self, line: &Line) -> String {
        let parent = line.parent.and_then(|parent| self.lines.get(parent));
        parent.map_or(String::new(), |parent| self.plain(parent.span).trim_end_matches(':').to_owned())
    }

    /// The risk in whose row or section a place lies, as an index into the risks.
    pub(crate) fn risk_at(&self, span: Span) -> Option<usize> {
        let before = self.places.partition_point(|(place, _)| place.start <= span.start);
        let (place, risk) = self.places[..before].last()?;
        (span.end <= place.end).then_some(*risk)
    }
}
