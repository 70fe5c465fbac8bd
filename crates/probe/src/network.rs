//! Networks in CIDR notation, as environments allow them.

use std::net::IpAddr;

/// A network such as `10.1.0.0/16` or `fd00::/8`; a lone address is a network of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    first: u128,
    bits: u32,
    version_4: bool,
}

impl Network {
    /// Reads CIDR notation. Bits behind the prefix are refused, since they are usually a slip.
    ///
    /// ```
    /// let network = probe::Network::parse("10.1.0.0/16").expect("is a network");
    /// assert!(network.holds("10.1.2.3".parse().expect("is an address")));
    /// assert!(!network.holds("10.2.0.1".parse().expect("is an address")));
    /// assert_eq!(probe::Network::parse("10.1.0.1/16"), None);
    /// ```
    pub fn parse(text: &str) -> Option<Self> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix.parse::<u32>().ok()?)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().ok()?;
        let width = if address.is_ipv4() { 32 } else { 128 };
        let prefix = prefix.unwrap_or(width);
        let bits = width.checked_sub(prefix)?;
        let network = Self { first: number(address), bits, version_4: address.is_ipv4() };
        (network.masked(network.first) == network.first).then_some(network)
    }

    /// Whether the address lies in it. An IPv4 address mapped into IPv6 counts as IPv4.
    pub fn holds(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        address.is_ipv4() == self.version_4 && self.masked(number(address)) == self.first
    }

    fn masked(&self, number: u128) -> u128 {
        let mask = u128::MAX.checked_shl(self.bits).unwrap_or(0);
        number & mask
    }
}

fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => u128::from(u32::from(address)),
        IpAddr::V6(address) => u128::from(address),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(network: &str, address: &str) -> bool {
        Network::parse(network).expect("is a network").holds(address.parse().expect("is an address"))
    }

    #[test]
    fn both_ends_of_a_network_belong_to_it_and_their_neighbours_do_not() {
        assert!(holds("10.1.0.0/16", "10.1.0.0") && holds("10.1.0.0/16", "10.1.255.255"));
        assert!(!holds("10.1.0.0/16", "10.0.255.255") && !holds("10.1.0.0/16", "10.2.0.0"));
        assert!(holds("0.0.0.0/0", "255.255.255.255") && holds("fd00::/8", "fdff::1") && !holds("fd00::/8", "fe00::1"));
        assert!(holds("10.0.0.5", "10.0.0.5") && !holds("10.0.0.5", "10.0.0.6"));
    }

    #[test]
    fn the_two_versions_do_not_mix_but_mapped_addresses_are_version_4() {
        assert!(!holds("0.0.0.0/0", "::1"));
        assert!(holds("10.0.0.0/8", "::ffff:10.2.3.4"));
    }

    #[test]
    fn what_is_no_network_is_refused() {
        for text in ["", "10.0.0.0/33", "10.0.0.1/8", "10.0.0/8", "host/8", "::/129", "10.0.0.0/-1", "10.0.0.0/8/8"] {
            assert_eq!(Network::parse(text), None, "{text}");
        }
    }
}
