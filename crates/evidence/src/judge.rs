//! Observation and claim into verdict.
//!
//! The order of the questions is the order of doubt: was anything read, is it fresh, does it come from where it counts;
//! only then what the expectation says of it, and last how far such evidence goes. A reading that answers one of the
//! first questions with no is `NotSeen`, whatever its values say. Pure: `now` is an argument.
//! What this does not do: weigh verdicts of several claims; the gate does.

use std::fmt;
use std::time::Duration;

use text::print_duration;

use crate::expect::Line;
use crate::{Claim, Expect, Grade, Micros, Observation, Reason, Truth, Unit, Value, Verdict};

mod drill;

pub use drill::judge_drill;

/// The farthest that a look which changes nothing can go.
const MOST_OF_A_PROBE: Grade = Grade::Live;

/// Lines of a trace that a reason repeats.
const MAX_LINES_IN_REASON: usize = 3;

/// Micros in a second.
const SECOND: Micros = 1_000_000;

/// A claim with its verdict.
#[derive(Clone, Debug, PartialEq)]
pub struct Judged {
    /// The claim.
    pub claim: Claim,
    /// What follows.
    pub verdict: Verdict,
    /// How far the evidence goes; `None` is unknown.
    pub grade: Option<Grade>,
    /// The shortest explanation that would convince a sceptic.
    pub reason: String,
    /// What would change this verdict.
    pub would_change: String,
    /// The three controls, when a drill was run.
    pub controls: Option<Controls>,
}

/// The three controls of a drill, as verdicts.
#[derive(Clone, Debug, PartialEq)]
pub struct Controls {
    /// The fault was seen to bite.
    pub bite: Control,
    /// The same load without the fault.
    pub clean: Control,
    /// The guardrail off.
    pub off: Control,
}

/// One control.
#[derive(Clone, Debug, PartialEq)]
pub struct Control {
    /// `held` for bite and clean when they are as they should be; for off the verdict of the claim itself.
    pub verdict: Verdict,
    /// What was seen.
    pub what: String,
}

impl Judged {
    /// A claim for which nothing was gathered: not planned here, not allowed, or not known.
    pub fn not_seen(claim: &Claim, reason: Reason, why: impl Into<String>, would_change: impl Into<String>) -> Self {
        let finding =
            Finding { verdict: Verdict::NotSeen(reason), grade: None, reason: why.into(), change: would_change.into() };
        finding.of(claim, None)
    }
}

/// `R-2/no-lost-write: Held, live. obs.lost == 0 is true (obs.lost is 0); read from ..`
impl fmt::Display for Judged {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.claim.id, self.verdict)?;
        if self.verdict.is_held() {
            write!(formatter, ", {}", Grade::word_of(self.grade))?;
        }
        write!(formatter, ". {}", self.reason)
    }
}

/// Judges a probe's reading. `now` is the time of judging, taken after the reading: one from the future counts not at
/// all. Less data than asked for never holds, but what was read can still break the claim.
pub fn judge_probe(claim: &Claim, observation: &Observation, now: Micros) -> Judged {
    let grade = observation.grade.map(|grade| grade.min(MOST_OF_A_PROBE));
    let finding = doubts(claim, observation, now).unwrap_or_else(|| read(claim, observation, grade));
    finding.of(claim, None)
}

/// What was found, before it is tied to its claim.
struct Finding {
    verdict: Verdict,
    grade: Option<Grade>,
    reason: String,
    change: String,
}

impl Finding {
    fn not_seen(reason: Reason, why: impl Into<String>, change: impl Into<String>) -> Self {
        Self { verdict: Verdict::NotSeen(reason), grade: None, reason: why.into(), change: change.into() }
    }

    fn of(self, claim: &Claim, controls: Option<Controls>) -> Judged {
        let Self { verdict, grade, reason, change } = self;
        Judged { claim: claim.clone(), verdict, grade, reason, would_change: change, controls }
    }
}

/// Why a reading cannot count at all, whatever its values say.
fn doubts(claim: &Claim, observation: &Observation, now: Micros) -> Option<Finding> {
    nothing_read(observation)
        .or_else(|| not_fresh(claim, observation, now))
        .or_else(|| from_elsewhere(claim, observation))
}

fn nothing_read(observation: &Observation) -> Option<Finding> {
    let Observation { subject, source, .. } = observation;
    let trouble = observation.trouble.as_ref().map_or_else(String::new, |trouble| format!(": {trouble}"));
    if observation.subjects == 0 {
        let why = format!("Nothing was within reach on {subject}{trouble}; looked at {source}.");
        return Some(Finding::not_seen(
            Reason::NoData,
            why,
            format!("a reading of {subject} with at least one subject"),
        ));
    }
    if observation.values.is_empty() && observation.trouble.is_some() {
        let why = format!("{subject} could not be read{trouble}; looked at {source}.");
        return Some(Finding::not_seen(Reason::Unreachable, why, format!("a reading of {subject}")));
    }
    None
}

fn not_fresh(claim: &Claim, observation: &Observation, now: Micros) -> Option<Finding> {
    if observation.at > now {
        let ahead = print_age(observation.at.saturating_sub(now));
        let why = format!("The reading is dated {ahead} in the future, so its age cannot be told.");
        return Some(Finding::not_seen(Reason::Inconclusive, why, "a reading by a clock that agrees with this one"));
    }
    let read = now.saturating_sub(observation.at);
    if let Some(every) = claim.every.filter(|every| read > micros(*every)) {
        let age = print_age(read);
        let why = format!("The reading is {age} old, and it counts for {} only.", print_duration(every));
        return Some(Finding::not_seen(Reason::Stale, why, "a new reading"));
    }
    let max_age = claim.max_age?;
    let age = age_of(observation, now).filter(|age| *age > micros(max_age))?;
    let (subject, source) = (&observation.subject, &observation.source);
    let why = format!(
        "What was read of {subject} is {} old, and such evidence counts for {} only ({source}).",
        print_age(age),
        print_duration(max_age)
    );
    let change = format!("evidence on {subject} that is no older than {}", print_duration(max_age));
    Some(Finding::not_seen(Reason::Stale, why, change))
}

fn micros(duration: Duration) -> Micros {
    Micros::try_from(duration.as_micros()).unwrap_or(Micros::MAX)
}

/// The value by which a reading tells how old that is what it read.
const AGE: &str = "age";

/// How old the evidence itself is. What is read from the running thing, and what a complete search did not find, is of the
/// time of the reading; anything else must tell its age.
fn age_of(observation: &Observation, now: Micros) -> Option<Micros> {
    let read = now.saturating_sub(observation.at).max(0);
    match (observation.values.get(AGE), observation.grade) {
        (Some(Value::Quantity(age)), _) if age.unit() == Unit::Second => {
            // An age that is an interval may be all of it.
            Some(read.saturating_add((age.high() * SECOND as f64) as Micros))
        }
        (_, Some(Grade::Live | Grade::Effective | Grade::Absent)) => Some(read),
        (_, Some(Grade::Declared | Grade::Wired) | None) => None,
    }
}

fn from_elsewhere(claim: &Claim, observation: &Observation) -> Option<Finding> {
    if claim.environments.is_empty() || claim.environments.contains(&observation.environment) {
        return None;
    }
    let named = claim.environments.join(", ");
    let from = &observation.environment;
    let why = format!("The reading is from `{from}`, and for this claim only evidence from {named} counts.");
    Some(Finding::not_seen(Reason::Unknown, why, format!("a reading from {named}")))
}

/// What the expectation says of a reading that counts.
fn read(claim: &Claim, observation: &Observation, grade: Option<Grade>) -> Finding {
    let (truth, lines) = claim.expect.explain(&observation.values);
    let seen = sentence(&lines, truth);
    let (source, trouble) = (&observation.source, &observation.trouble);
    let less =
        trouble.as_ref().map_or_else(String::new, |trouble| format!(" Less was read than asked for: {trouble}."));
    let reason = format!("{seen} ({source}).{less}");
    match truth {
        Truth::Unknown(why) => Finding::not_seen(why, reason, told_by(&claim.expect)),
        Truth::False => Finding { verdict: Verdict::Broken, grade, reason, change: mended_by(&claim.expect) },
        // What was not read could be what does not hold.
        Truth::True if trouble.is_some() => {
            Finding::not_seen(Reason::Inconclusive, reason, "a reading without trouble")
        }
        Truth::True if claim.max_age.is_some() && age_of(observation, observation.at).is_none() => {
            let limit = print_duration(claim.max_age.unwrap_or_default());
            let why =
                format!("{reason} But how old this evidence is cannot be told, and it may be {limit} old at most.");
            Finding::not_seen(Reason::NoData, why, "a reading that tells the age of what it read, as `obs.age`")
        }
        Truth::True => {
            let change = broken_by(&claim.expect, observation);
            graded(claim, Finding { verdict: Verdict::Held, grade, reason, change })
        }
    }
}

/// A finding that holds counts only at a known grade, and at the one that the claim demands.
fn graded(claim: &Claim, finding: Finding) -> Finding {
    let demanded = claim.min_grade.unwrap_or(Grade::Absent);
    if !finding.verdict.is_held() || Grade::reaches(finding.grade, demanded) {
        return finding;
    }
    let found = Grade::word_of(finding.grade);
    let needs = claim.min_grade.map_or("a known grade".to_owned(), |demanded| format!("grade {demanded}"));
    let reason = format!("{} But this is evidence of grade {found}, and the claim asks for {needs}.", finding.reason);
    let change = format!("evidence of {needs}");
    Finding { verdict: Verdict::NotSeen(Reason::Inconclusive), grade: finding.grade, reason, change }
}

/// The lines that made it so, the others when there are none.
fn sentence(lines: &[Line], truth: Truth) -> String {
    let wanted = match truth {
        Truth::True => Some(true),
        Truth::False => Some(false),
        Truth::Unknown(_) => None,
    };
    let decisive: Vec<&str> = lines.iter().filter(|line| line.adds == wanted).map(|line| line.short.as_str()).collect();
    let told = if decisive.is_empty() { lines.iter().map(|line| line.short.as_str()).collect() } else { decisive };
    let mut sentence = told.iter().take(MAX_LINES_IN_REASON).copied().collect::<Vec<_>>().join("; ");
    if told.len() > MAX_LINES_IN_REASON {
        sentence.push_str(&format!("; and {} more", told.len() - MAX_LINES_IN_REASON));
    }
    sentence
}

fn broken_by(expect: &Expect, observation: &Observation) -> String {
    match expect.turning(&observation.values) {
        Some(change) => format!("Broken if {change}"),
        None => format!("Broken if `{}` were false; no change of one field alone would do", expect.text()),
    }
}

fn mended_by(expect: &Expect) -> String {
    format!("Held once `{}` is true", expect.text())
}

fn told_by(expect: &Expect) -> String {
    let fields: Vec<String> = expect.paths().iter().map(|path| format!("obs.{path}")).collect();
    format!("a reading of {} that decides `{}`", fields.join(", "), expect.text())
}

/// Above two days the hours do not matter.
fn print_age(age: Micros) -> String {
    const DAY: Micros = 86_400 * SECOND;
    let age = if age > 2 * DAY { age / DAY * DAY } else { age };
    print_duration(Duration::from_secs(u64::try_from(age / SECOND).unwrap_or(0)))
}
