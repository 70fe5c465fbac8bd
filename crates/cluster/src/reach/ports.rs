//! Sets of ports, by protocol.

use std::fmt;

/// What is spoken below HTTP and the like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Protocol {
    /// SCTP.
    Sctp,
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
}

impl Protocol {
    /// Every one, by name.
    pub const ALL: [Self; 3] = [Self::Sctp, Self::Tcp, Self::Udp];

    /// The word in manifests.
    pub fn word(self) -> &'static str {
        match self {
            Self::Sctp => "SCTP",
            Self::Tcp => "TCP",
            Self::Udp => "UDP",
        }
    }

    /// The protocol of a word.
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|protocol| protocol.word() == word)
    }
}

/// The lowest and the highest port.
const FIRST: u16 = 1;
const LAST: u16 = u16::MAX;

/// Ports of each protocol, as ranges that are sorted and do not touch.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Ports {
    ranges: [Vec<(u16, u16)>; 3],
}

impl Ports {
    /// No port.
    pub fn none() -> Self {
        Self::default()
    }

    /// Every port of every protocol.
    pub fn all() -> Self {
        Self { ranges: std::array::from_fn(|_| vec![(FIRST, LAST)]) }
    }

    /// Ports of one protocol, both ends included; port 0 is none.
    pub fn range(protocol: Protocol, from: u16, to: u16) -> Self {
        let mut ports = Self::none();
        if from.max(FIRST) <= to {
            ports.ranges[protocol as usize].push((from.max(FIRST), to));
        }
        ports
    }

    /// Every port of one protocol.
    pub fn all_of(protocol: Protocol) -> Self {
        Self::range(protocol, FIRST, LAST)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.ranges.iter().all(Vec::is_empty)
    }

    /// Whether none is missing.
    pub fn is_all(&self) -> bool {
        self.ranges.iter().all(|ranges| ranges[..] == [(FIRST, LAST)])
    }

    /// Whether a port is among them.
    pub fn contains(&self, protocol: Protocol, port: u16) -> bool {
        self.ranges[protocol as usize].iter().any(|(from, to)| (*from..=*to).contains(&port))
    }

    /// Those of either.
    pub fn union(&self, other: &Self) -> Self {
        Self { ranges: std::array::from_fn(|at| joined(&self.ranges[at], &other.ranges[at])) }
    }

    /// Those of both.
    pub fn intersection(&self, other: &Self) -> Self {
        Self { ranges: std::array::from_fn(|at| common(&self.ranges[at], &other.ranges[at])) }
    }

    /// Those that the other does not have.
    pub fn without(&self, other: &Self) -> Self {
        Self { ranges: std::array::from_fn(|at| common(&self.ranges[at], &rest(&other.ranges[at]))) }
    }
}

fn joined(left: &[(u16, u16)], right: &[(u16, u16)]) -> Vec<(u16, u16)> {
    let mut all: Vec<(u16, u16)> = left.iter().chain(right).copied().collect();
    all.sort_unstable();
    let mut made: Vec<(u16, u16)> = Vec::with_capacity(all.len());
    for (from, to) in all {
        match made.last_mut() {
            Some(last) if from <= last.1.saturating_add(1) => last.1 = last.1.max(to),
            _ => made.push((from, to)),
        }
    }
    made
}

fn common(left: &[(u16, u16)], right: &[(u16, u16)]) -> Vec<(u16, u16)> {
    let (mut one, mut other, mut made) = (0, 0, Vec::new());
    while let (Some(a), Some(b)) = (left.get(one), right.get(other)) {
        let (from, to) = (a.0.max(b.0), a.1.min(b.1));
        if from <= to {
            made.push((from, to));
        }
        if a.1 < b.1 { one += 1 } else { other += 1 }
    }
    made
}

fn rest(ranges: &[(u16, u16)]) -> Vec<(u16, u16)> {
    let (mut made, mut next) = (Vec::new(), Some(FIRST));
    for (from, to) in ranges {
        if let Some(first) = next.filter(|first| first < from) {
            made.push((first, from - 1));
        }
        next = to.checked_add(1);
    }
    made.extend(next.map(|first| (first, LAST)));
    made
}

/// `All Connections`, `No Connections`, or `SCTP 7070,TCP 80,443,8080-8081`.
impl fmt::Display for Ports {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_all() {
            return formatter.write_str("All Connections");
        }
        if self.is_empty() {
            return formatter.write_str("No Connections");
        }
        formatter.write_str(&protocols_text(self))
    }
}

/// The protocols by name, each with its ranges.
pub fn protocols_text(ports: &Ports) -> String {
    let range = |(from, to): &(u16, u16)| if from == to { from.to_string() } else { format!("{from}-{to}") };
    let of = |protocol: Protocol| {
        let ranges = &ports.ranges[protocol as usize];
        let texts: Vec<String> = ranges.iter().map(range).collect();
        (!texts.is_empty()).then(|| format!("{} {}", protocol.word(), texts.join(",")))
    };
    Protocol::ALL.into_iter().filter_map(of).collect::<Vec<_>>().join(",")
}
