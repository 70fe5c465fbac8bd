//! Networks as an environment names them (`10.1.0.0/16`), and whether an address lies in one.
//!
//! Pure and small on purpose: this decides what a drill may break.

use std::net::IpAddr;

/// Whether an address lies in a network such as `10.1.0.0/16` or `fd00::/8`. A lone address is a network of one. Text
/// that is no network contains nothing, and an IPv4 network contains no IPv6 address, not even a mapped one.
pub(crate) fn contains(network: &str, address: IpAddr) -> bool {
    let (base, prefix) = match network.split_once('/') {
        Some((base, prefix)) => (base, Some(prefix)),
        None => (network, None),
    };
    let Ok(base) = base.parse::<IpAddr>() else { return false };
    let widest = if base.is_ipv4() { 32 } else { 128 };
    let prefix = match prefix.map(str::parse::<u32>) {
        None => widest,
        Some(Ok(prefix)) if prefix <= widest => prefix,
        Some(_) => return false,
    };
    match (base, address) {
        (IpAddr::V4(base), IpAddr::V4(address)) => {
            same_prefix(base.to_bits().into(), address.to_bits().into(), 32 - prefix)
        }
        (IpAddr::V6(base), IpAddr::V6(address)) => same_prefix(base.to_bits(), address.to_bits(), 128 - prefix),
        (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
    }
}

fn same_prefix(base: u128, address: u128, free_bits: u32) -> bool {
    // A shift by all 128 bits is none in Rust, but means here that everything is contained.
    let above = |bits: u128| bits.checked_shr(free_bits).unwrap_or(0);
    above(base) == above(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inside(network: &str, address: &str) -> bool {
        contains(network, address.parse().expect("is an address"))
    }

    #[test]
    fn an_address_lies_in_its_network_only() {
        assert!(inside("10.1.0.0/16", "10.1.255.255"));
        assert!(!inside("10.1.0.0/16", "10.2.0.0"));
        assert!(inside("10.1.2.3", "10.1.2.3") && !inside("10.1.2.3", "10.1.2.4"));
        assert!(inside("0.0.0.0/0", "255.0.0.1") && inside("::/0", "fd00::1"));
        assert!(inside("fd00::/8", "fd12::1") && !inside("fd00::/8", "fe80::1"));
    }

    #[test]
    fn text_that_is_no_network_contains_nothing() {
        for network in ["", "10.1.0.0/33", "10.1/16", "10.1.0.0/-1", "10.1.0.0/", "example.org", "10.1.0.0/16/8"] {
            assert!(!inside(network, "10.1.0.1"), "{network}");
        }
        assert!(!inside("0.0.0.0/0", "::ffff:10.1.0.1"));
    }
}
