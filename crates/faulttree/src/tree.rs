//! The fault tree as the engine takes it: events with probabilities, gates over them, one top.

/// An argument of a gate: an event, a gate or a constant, possibly negated.
///
/// Only a [`Builder`] makes one, from things that are there already; so a tree has no cycles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Arg(pub(crate) u32);

impl Arg {
    /// Never happens.
    pub const FALSE: Self = Self(0);
    /// Always happens.
    pub const TRUE: Self = Self(1);

    /// Happens when this one does not.
    #[must_use]
    pub fn negated(self) -> Self {
        Self(self.0 ^ 1)
    }

    pub(crate) fn node(self) -> usize {
        (self.0 >> 1) as usize
    }

    pub(crate) fn is_negated(self) -> bool {
        self.0 & 1 == 1
    }

    pub(crate) fn of_node(node: usize) -> Self {
        Self(u32::try_from(node).expect("trees have at most MAX_NODES nodes") << 1)
    }
}

/// How a gate joins its arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Connective {
    /// All happen.
    And,
    /// One happens at least.
    Or,
    /// An odd number happens.
    Xor,
    /// At least so many happen.
    AtLeast(u32),
}

/// A basic event.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// Its name.
    pub name: String,
    /// How likely it is, 0 to 1.
    pub probability: f64,
}

/// A gate.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Gate {
    pub(crate) connective: Connective,
    pub(crate) args: Vec<Arg>,
}

/// The most events and gates of one tree.
pub const MAX_NODES: usize = 1 << 24;

/// Builds a tree from below.
///
/// ```
/// use faulttree::{Builder, Connective};
/// let mut builder = Builder::new();
/// let hops: Vec<_> = (0..3).map(|hop| builder.event(format!("hop {hop}"), 0.001)).collect();
/// let down = builder.gate(Connective::Or, hops);
/// let solved = faulttree::solve(&builder.tree(down), &faulttree::Limits::usual());
/// assert!((solved.probability.low - 0.002_997_001).abs() < 1e-15);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Builder {
    events: Vec<Event>,
    /// Events and gates in the order in which they were made; node 0 is the constant.
    nodes: Vec<Node>,
    gates: Vec<Gate>,
}

#[derive(Clone, Copy, Debug)]
enum Node {
    Event(u32),
    Gate(u32),
}

impl Builder {
    /// No events, no gates.
    pub fn new() -> Self {
        Self::default()
    }

    /// A new event. Its probability must lie in 0..=1.
    pub fn event(&mut self, name: impl Into<String>, probability: f64) -> Arg {
        assert!((0.0..=1.0).contains(&probability), "readers check probabilities");
        self.events.push(Event { name: name.into(), probability });
        self.node(Node::Event(u32::try_from(self.events.len() - 1).expect("at most MAX_NODES")))
    }

    /// A new gate over arguments that are there already.
    pub fn gate(&mut self, connective: Connective, args: Vec<Arg>) -> Arg {
        self.gates.push(Gate { connective, args });
        self.node(Node::Gate(u32::try_from(self.gates.len() - 1).expect("at most MAX_NODES")))
    }

    fn node(&mut self, node: Node) -> Arg {
        self.nodes.push(node);
        Arg::of_node(self.nodes.len())
    }

    /// The tree below one argument. Events keep the order in which they were made.
    pub fn tree(self, top: Arg) -> Tree {
        let events = self.events.len();
        let mut place = vec![0_usize; self.nodes.len() + 1];
        for (at, node) in self.nodes.iter().enumerate() {
            place[at + 1] = match node {
                Node::Event(event) => 1 + *event as usize,
                Node::Gate(gate) => 1 + events + *gate as usize,
            };
        }
        let moved = |arg: Arg| Arg(Arg::of_node(place[arg.node()]).0 | u32::from(arg.is_negated()));
        let gates = self
            .gates
            .into_iter()
            .map(|gate| Gate { connective: gate.connective, args: gate.args.into_iter().map(moved).collect() });
        Tree { gates: gates.collect(), events: self.events, top: moved(top) }
    }
}

/// A fault tree. Nodes are numbered: 0 the constant, then events, then gates, each after its arguments.
#[derive(Clone, Debug, PartialEq)]
pub struct Tree {
    pub(crate) events: Vec<Event>,
    pub(crate) gates: Vec<Gate>,
    pub(crate) top: Arg,
}

impl Tree {
    /// Its events.
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// How many gates it has.
    pub fn gates(&self) -> usize {
        self.gates.len()
    }
}
