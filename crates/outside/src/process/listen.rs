//! Who listens on a TCP port, from `/proc/net/tcp` and the open files of every process.
//!
//! Only listeners in our own network namespace are seen, and their owners only where we may look at their open files
//! (our own user's, or all for root).

use std::collections::HashMap;
use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use super::id::{ProcessId, Stat};

/// Descriptors that are looked at for one process.
const DESCRIPTORS_LIMIT: usize = 65_536;

/// A socket that somebody listens on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listener {
    /// Address it is bound to; may be the wildcard.
    pub at: SocketAddr,
    /// Who holds it, oldest first; empty when we may not see that.
    pub holders: Vec<ProcessId>,
}

/// Every TCP listener of this machine (this network namespace).
pub fn listeners() -> Vec<Listener> {
    let mut by_inode: HashMap<u64, Listener> = HashMap::new();
    for table in ["/proc/net/tcp", "/proc/net/tcp6"] {
        for (at, inode) in fs::read_to_string(table).unwrap_or_default().lines().skip(1).filter_map(listening) {
            by_inode.insert(inode, Listener { at, holders: Vec::new() });
        }
    }
    for stat in super::table::scan().into_iter().filter(Stat::is_alive) {
        for inode in socket_inodes(stat.id.pid) {
            if let Some(listener) = by_inode.get_mut(&inode)
                && !listener.holders.contains(&stat.id)
            {
                listener.holders.push(stat.id);
            }
        }
    }
    let mut found: Vec<Listener> = by_inode.into_values().collect();
    for listener in &mut found {
        listener.holders.sort_by_key(|id| (id.started, id.pid));
    }
    found.sort_by_key(|listener| listener.at);
    found
}

/// Who answers on an address: the oldest holder of the listener bound to exactly it, else of the wildcard listener
/// on its port.
pub fn listener_of(at: SocketAddr) -> Option<ProcessId> {
    listeners_of(at).first().copied()
}

/// Everybody who answers on an address, oldest first: all holders of all listeners bound to exactly it (several may share
/// a port), else of the wildcard listeners on its port.
pub fn listeners_of(at: SocketAddr) -> Vec<ProcessId> {
    let all = listeners();
    let holders = |fits: &dyn Fn(&Listener) -> bool| {
        let fitting = all.iter().filter(|listener| fits(listener));
        let mut holders: Vec<ProcessId> = fitting.flat_map(|listener| listener.holders.iter().copied()).collect();
        holders.sort_by_key(|id| (id.started, id.pid));
        holders.dedup();
        holders
    };
    if all.iter().any(|listener| listener.at == at) {
        return holders(&|listener| listener.at == at);
    }
    holders(&|listener| {
        let same_family = listener.at.is_ipv4() == at.is_ipv4();
        // A wildcard IPv6 socket usually takes IPv4 connections too.
        listener.at.port() == at.port() && listener.at.ip().is_unspecified() && (same_family || at.is_ipv4())
    })
}

/// Address and inode of a line of `/proc/net/tcp` when its socket listens.
fn listening(line: &str) -> Option<(SocketAddr, u64)> {
    const LISTEN: &str = "0A";
    let mut fields = line.split_ascii_whitespace();
    let (address, port) = fields.nth(1)?.split_once(':')?;
    if fields.nth(1)? != LISTEN {
        return None;
    }
    let inode = fields.nth(5)?.parse().ok()?;
    Some((SocketAddr::new(address_of(address)?, u16::from_str_radix(port, 16).ok()?), inode))
}

/// The kernel prints each 32-bit word of an address in the machine's byte order.
fn address_of(hex: &str) -> Option<IpAddr> {
    let word = |from: usize| Some(u32::from_str_radix(hex.get(from..from + 8)?, 16).ok()?.to_ne_bytes());
    match hex.len() {
        8 => Some(IpAddr::V4(Ipv4Addr::from(word(0)?))),
        32 => {
            let mut bytes = [0_u8; 16];
            for (index, chunk) in bytes.chunks_exact_mut(4).enumerate() {
                chunk.copy_from_slice(&word(index * 8)?);
            }
            let ip = Ipv6Addr::from(bytes);
            Some(ip.to_ipv4_mapped().map_or(IpAddr::V6(ip), IpAddr::V4))
        }
        _ => None,
    }
}

fn socket_inodes(pid: i32) -> Vec<u64> {
    let Ok(entries) = fs::read_dir(format!("/proc/{pid}/fd")) else { return Vec::new() };
    entries
        .take(DESCRIPTORS_LIMIT)
        .filter_map(|entry| fs::read_link(entry.ok()?.path()).ok())
        .filter_map(|link| link.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?.parse().ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listening_line_is_read_and_an_established_one_is_not() {
        let line = "   1: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  0  0 4711 1 0";
        assert_eq!(listening(line), Some((SocketAddr::from(([127, 0, 0, 1], 8080)), 4711)));
        assert_eq!(listening(&line.replace(" 0A ", " 01 ")), None);
        assert_eq!(listening("garbage"), None);
    }

    #[test]
    fn an_ipv6_loopback_and_a_mapped_address_are_read() {
        assert_eq!(address_of("00000000000000000000000001000000"), Some(IpAddr::V6(Ipv6Addr::LOCALHOST)));
        assert_eq!(address_of("0000000000000000FFFF00000100007F"), Some(IpAddr::V4(Ipv4Addr::LOCALHOST)));
    }

    #[test]
    fn the_listener_of_an_own_socket_is_this_process_until_it_is_closed() {
        let socket = crate::net::listen(SocketAddr::from(([127, 0, 0, 1], 0)), false).unwrap();
        let at = socket.local_addr().unwrap();
        assert_eq!(listener_of(at), Some(ProcessId::own().unwrap()));
        drop(socket);
        assert_eq!(listener_of(at), None);
    }

    #[test]
    fn two_sockets_that_share_a_port_have_one_holder_here_and_both_are_looked_at() {
        let first = crate::net::listen(SocketAddr::from(([127, 0, 0, 1], 0)), true).unwrap();
        let at = first.local_addr().unwrap();
        let second = crate::net::listen(at, true).unwrap();
        assert_eq!(listeners().iter().filter(|listener| listener.at == at).count(), 2);
        assert_eq!(listeners_of(at), vec![ProcessId::own().unwrap()]);
        drop((first, second));
        assert_eq!(listeners_of(at), Vec::new());
    }
}
