//! The open loop: what is due goes out, whatever became of what went out before.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use measure::Random;
use outside::http::{Client, Limits};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use super::Say;
use super::ask::{Asking, Due, micros};
use super::record::{Checked, Line, Record};
use super::session;
use super::spec::{FlowSpec, LoadSpec, MAX_OUTSTANDING, check_patterns};
use super::verify::{Verification, Written};

/// Longest answer that is read.
const ANSWER_BYTES: usize = 16 * 1024 * 1024;
/// Longest wait for a connection; patience ends it sooner.
const CONNECT: Duration = Duration::from_secs(5);
/// How much longer than the longest patience the end waits for what is outstanding.
const DRAIN_GRACE: Duration = Duration::from_millis(500);

/// The mark that ends a look which the runner asked for.
const VERIFIED: &str = "verified";

/// Why a load ended early.
pub(super) enum Ended {
    /// The runner is gone.
    Cut,
    /// It cannot begin or go on.
    Failed(String),
}

impl From<String> for Ended {
    fn from(why: String) -> Self {
        Self::Failed(why)
    }
}

/// Runs a load from its first line to its end.
pub(super) async fn run(mut commands: mpsc::Receiver<String>, say: &Say) -> Result<(), Ended> {
    let first = commands.recv().await.ok_or(Ended::Cut)?;
    let spec = LoadSpec::read(&first).map_err(|why| format!("the specification is not understood: {why}"))?;
    let client = Client::new(Limits { body_bytes: ANSWER_BYTES, connect: CONNECT });
    let begin = begin(&client, &spec);
    let (lanes, verification) = tokio::select! {
        begun = begin => begun?,
        ended = cut(&mut commands) => return Err(ended),
    };
    let mut load = Running::new(client, lanes, verification, say);
    say.line(Line::Ready)?;
    load.send_until_stop(&mut commands).await?;
    tokio::select! {
        ended = load.wind_down() => ended,
        ended = cut(&mut commands) => Err(ended),
    }
}

/// Resolves when the runner is gone, whatever it says before.
async fn cut(commands: &mut mpsc::Receiver<String>) -> Ended {
    while commands.recv().await.is_some() {}
    Ended::Cut
}

async fn begin(client: &Client, spec: &LoadSpec) -> Result<(Vec<Lane>, Option<Arc<Verification>>), Ended> {
    let zero = Instant::now();
    let mut random = Random::new(spec.seed);
    let mut lanes = Vec::new();
    for (flow, letter, bystander) in [(Some(&spec.main), 'm', false), (spec.bystander.as_ref(), 'b', true)] {
        let Some(flow) = flow else { continue };
        check_patterns(&flow.load)?;
        let prefix = format!("{}-{letter}", spec.prefix);
        let taken = session::open(client, &flow.load.session, first_target(flow)?, &prefix).await?;
        let asking = Asking::read(&flow.load, taken)?;
        let spacing = Duration::from_secs_f64(1.0 / flow.load.rate.per_second());
        // A seeded offset, so that the bystander is not always sent at the same moment as the main flow.
        let offset = if bystander { spacing.mul_f64(random.share()) } else { Duration::ZERO };
        lanes.push(Lane {
            flow: flow.clone(),
            asking: Arc::new(asking),
            bystander,
            prefix,
            spacing,
            offset,
            next: 0,
            start: zero,
        });
    }
    let verification = verification(client, &lanes).await?;
    // Sessions take their time, and what was due meanwhile must not go out in one burst.
    let start = Instant::now();
    lanes.iter_mut().for_each(|lane| lane.start = start);
    Ok((lanes, verification))
}

/// How the writes of the main flow are looked for, seen to be able to miss one.
async fn verification(client: &Client, lanes: &[Lane]) -> Result<Option<Arc<Verification>>, String> {
    let main = lanes.iter().find(|lane| !lane.bystander);
    let Some((main, verify)) = main.and_then(|main| Some((main, main.flow.load.verify.as_ref()?))) else {
        return Ok(None);
    };
    let (asking, targets) = (Arc::clone(&main.asking), main.flow.targets.clone());
    let verification = Verification::read(verify, asking, main.prefix.clone(), targets)?;
    Ok(Some(Arc::new(verification.control(client).await?)))
}

fn first_target(flow: &FlowSpec) -> Result<SocketAddr, String> {
    flow.targets.first().copied().ok_or_else(|| "no target".to_owned())
}

/// One flow on its schedule.
struct Lane {
    flow: FlowSpec,
    asking: Arc<Asking>,
    bystander: bool,
    prefix: String,
    spacing: Duration,
    offset: Duration,
    next: u64,
    start: Instant,
}

impl Lane {
    /// When the next request is due. Counted from the start each time, so that rounding does not add up.
    fn due_at(&self) -> Instant {
        self.start + self.offset + self.spacing.mul_f64(self.next as f64)
    }

    fn take_due(&mut self) -> Due {
        let targets = &self.flow.targets;
        let turn = usize::try_from(self.next).unwrap_or(0) % targets.len();
        let due =
            Due { n: self.next, bystander: self.bystander, at: self.due_at(), to: targets[turn], zero: self.start };
        self.next += 1;
        due
    }
}

/// A load that sends.
struct Running<'s> {
    client: Client,
    lanes: Vec<Lane>,
    zero: Instant,
    in_flight: JoinSet<Record>,
    /// Writes that were not looked for yet.
    written: Vec<Written>,
    verification: Option<Arc<Verification>>,
    /// Looks that go on beside the load. One at a time: the runner waits for it.
    looks: JoinSet<Vec<Checked>>,
    not_sent: u64,
    say: &'s Say,
}

impl<'s> Running<'s> {
    fn new(client: Client, lanes: Vec<Lane>, verification: Option<Arc<Verification>>, say: &'s Say) -> Self {
        let zero = lanes.first().map_or_else(Instant::now, |lane| lane.start);
        let (in_flight, looks) = (JoinSet::new(), JoinSet::new());
        Self { client, lanes, zero, in_flight, written: Vec::new(), verification, looks, not_sent: 0, say }
    }

    async fn send_until_stop(&mut self, commands: &mut mpsc::Receiver<String>) -> Result<(), Ended> {
        loop {
            let next = self.lanes.iter().map(Lane::due_at).min().unwrap_or(self.zero);
            tokio::select! {
                command = commands.recv() => match command.as_deref() {
                    None => return Err(Ended::Cut),
                    Some("stop") => return Ok(()),
                    Some(command) => self.obey(command)?,
                },
                () = sleep_until(next) => self.send_due()?,
                Some(done) = self.in_flight.join_next() => self.finished(done)?,
                Some(done) = self.looks.join_next() => {
                    self.looked(done)?;
                    self.mark(VERIFIED)?;
                }
            }
        }
    }

    fn obey(&mut self, command: &str) -> Result<(), Ended> {
        match command.split_once(' ') {
            Some(("mark", name)) => self.mark(name),
            None if command == "verify" => {
                self.look();
                Ok(())
            }
            Some(_) | None => Err(Ended::Failed(format!("`{command}` is not understood"))),
        }
    }

    fn mark(&mut self, name: &str) -> Result<(), Ended> {
        self.say.line(Line::Mark { name: name.to_owned(), at_us: micros(self.zero.elapsed()) })
    }

    /// Looks for everything that was written since the last look, while the load goes on.
    fn look(&mut self) {
        let mut written = std::mem::take(&mut self.written);
        written.sort_by_key(|written| written.n);
        let (client, verification) = (self.client.clone(), self.verification.clone());
        self.looks.spawn(async move {
            match verification {
                Some(verification) => verification.look(&client, &written).await,
                None => Vec::new(),
            }
        });
    }

    fn looked(&mut self, done: Result<Vec<Checked>, tokio::task::JoinError>) -> Result<(), Ended> {
        let checked = done.map_err(|error| format!("a look for the writes ended without a word: {error}"))?;
        checked.into_iter().try_for_each(|checked| self.say.line(Line::Checked(checked)))
    }

    fn send_due(&mut self) -> Result<(), Ended> {
        let now = Instant::now();
        for lane in &mut self.lanes {
            while lane.due_at() <= now {
                let due = lane.take_due();
                if self.in_flight.len() >= MAX_OUTSTANDING {
                    self.not_sent += 1;
                    self.say.line(Line::Request(due.not_sent(lane.asking.patience)))?;
                    continue;
                }
                let (client, asking) = (self.client.clone(), Arc::clone(&lane.asking));
                let request = asking.request(&format!("{}{}", lane.prefix, due.n), due.n);
                self.in_flight.spawn(async move { due.send(&client, &asking, request).await });
            }
        }
        Ok(())
    }

    fn finished(&mut self, done: Result<Record, tokio::task::JoinError>) -> Result<(), Ended> {
        let record = done.map_err(|error| format!("a request ended without a record: {error}"))?;
        if !record.bystander {
            self.written.extend(Written::of(&record));
        }
        self.say.line(Line::Request(record))
    }

    /// Waits for what is outstanding, looks for what was written, and says finished.
    async fn wind_down(&mut self) -> Result<(), Ended> {
        let patience = self.lanes.iter().map(|lane| lane.asking.patience).max().unwrap_or_default();
        let deadline = Instant::now() + patience + DRAIN_GRACE;
        while let Ok(Some(done)) = tokio::time::timeout_at(deadline, self.in_flight.join_next()).await {
            self.finished(done)?;
        }
        self.look();
        while let Some(done) = self.looks.join_next().await {
            self.looked(done)?;
        }
        let due = self.lanes.iter().map(|lane| lane.next).sum();
        self.say.line(Line::Finished { due, not_sent: self.not_sent })
    }
}
