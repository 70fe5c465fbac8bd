//! IPv4 address space, cut where policies cut it.

use std::fmt;
use std::net::Ipv4Addr;

use text::Node;

use crate::labels::{Wrong, list};

/// Addresses from one to another, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address {
    /// The first.
    pub from: u32,
    /// The last.
    pub to: u32,
}

impl Address {
    /// All of them.
    pub const ALL: Self = Self { from: 0, to: u32::MAX };

    /// Reads `10.0.0.0/8`. Bits behind the prefix do not count, as in the API.
    pub fn read(text: &str) -> Option<Self> {
        let (address, prefix) = text.split_once('/')?;
        let address = u32::from(address.parse::<Ipv4Addr>().ok()?);
        let prefix: u32 = prefix.parse().ok().filter(|prefix| *prefix <= 32)?;
        let host = u32::MAX.checked_shr(prefix).unwrap_or(0);
        Some(Self { from: address & !host, to: address | host })
    }

    fn contains(self, other: Self) -> bool {
        self.from <= other.from && other.to <= self.to
    }
}

/// `10.0.0.0-10.255.255.255`.
impl fmt::Display for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}-{}", Ipv4Addr::from(self.from), Ipv4Addr::from(self.to))
    }
}

/// Addresses outside of the cluster, some of them left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blocks {
    /// Any of these.
    pub within: Vec<Address>,
    /// But none of these.
    pub except: Vec<Address>,
    /// Addresses of IPv6 are among them; which ones is not told apart.
    pub has_v6: bool,
}

impl Blocks {
    /// Reads an `ipBlock`.
    ///
    /// # Errors
    /// No CIDR, one that cannot be read, an exception that does not lie within it.
    pub fn read(node: &Node) -> Result<Self, Wrong> {
        let Some(written) = node.get("cidr") else { return Err(Wrong::new(node.span, "an `ipBlock` has no `cidr`")) };
        if written.as_text().is_some_and(is_v6) {
            return Ok(Self { within: Vec::new(), except: Vec::new(), has_v6: true });
        }
        let within = cidr(written)?;
        let mut except = Vec::new();
        for one in node.get("except").map_or(Ok(&[][..]), |except| list(except, "`except`"))? {
            let left_out = cidr(one)?;
            if !within.contains(left_out) || within == left_out {
                return Err(Wrong::new(
                    one.span,
                    format!("an exception lies within its block, and {left_out} does not"),
                ));
            }
            except.push(left_out);
        }
        Ok(Self { within: vec![within], except, has_v6: false })
    }

    /// Whether it holds a range that no end of it cuts.
    pub fn contains(&self, range: Address) -> bool {
        self.within.iter().any(|one| one.contains(range)) && !self.except.iter().any(|one| one.contains(range))
    }

    /// All ranges that it is made of.
    pub(crate) fn ranges(&self) -> impl Iterator<Item = Address> + '_ {
        self.within.iter().chain(&self.except).copied()
    }
}

pub(crate) fn cidr(node: &Node) -> Result<Address, Wrong> {
    let text = node.as_text().unwrap_or(node.shape());
    Address::read(text).ok_or_else(|| Wrong::new(node.span, format!("`{text}` is no network such as `10.0.0.0/8`")))
}

/// Whether a text is a network of IPv6, such as `fd00::/8`.
pub(crate) fn is_v6(text: &str) -> bool {
    let parts = text
        .split_once('/')
        .and_then(|(address, length)| Some((address.parse::<std::net::Ipv6Addr>().ok()?, length.parse::<u8>().ok()?)));
    parts.is_some_and(|(_, length)| length <= 128)
}

/// The whole space, cut wherever one of these ranges begins or ends.
pub(crate) fn cut(ranges: impl IntoIterator<Item = Address>) -> Vec<Address> {
    let mut begins = vec![0_u32];
    for range in ranges {
        begins.push(range.from);
        begins.extend(range.to.checked_add(1));
    }
    begins.sort_unstable();
    begins.dedup();
    let ends = begins.iter().skip(1).map(|next| next - 1).chain([u32::MAX]);
    begins.iter().zip(ends).map(|(from, to)| Address { from: *from, to }).collect()
}
