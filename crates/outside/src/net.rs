//! TCP sockets: listening, connecting, and asking who is there.
//!
//! Failures are told apart by kind because a refused connection and one that times out are different observations.
//! A connection of a socket with itself (Linux allows it when the port asked for is also the port given) counts as
//! refused: nobody else was there. No TLS, no UDP.

use std::collections::VecDeque;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, ToSocketAddrs};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::Error;

/// Connections the kernel keeps waiting for us to accept them.
pub const BACKLOG: i32 = 1024;
/// How long [`accepts`] waits for the handshake.
pub const ACCEPTS_WITHIN: Duration = Duration::from_millis(250);
/// Ports that [`free_port`] remembers having handed out, so as not to hand them out twice.
const REMEMBERED_PORTS: usize = 512;
/// Ports that [`free_port`] tries before it gives up.
const PORT_TRIES: u32 = 2_000;
/// Lowest port that [`free_port`] hands out.
const LOWEST_PORT: u16 = 18_000;

/// A listening socket, non-blocking and closed on exec; with `share` several may listen on the same address
/// (SO_REUSEPORT) and the kernel spreads the connections.
///
/// # Errors
/// [`Error::Io`] when the address is taken or not of this machine.
pub fn listen(at: SocketAddr, share: bool) -> Result<std::net::TcpListener, Error> {
    listening(at, share).map_err(|source| Error::io(format!("listen on {at}"), source))
}

/// A connection, without Nagle's delay.
///
/// # Errors
/// [`Error::Refused`], [`Error::TimedOut`], [`Error::Unreachable`], else [`Error::Io`].
pub async fn connect(to: SocketAddr, within: Duration) -> Result<tokio::net::TcpStream, Error> {
    let stream = match tokio::time::timeout(within, tokio::net::TcpStream::connect(to)).await {
        Err(_) => return Err(Error::TimedOut { at: to, within }),
        Ok(Err(source)) => return Err(kind_of(to, within, source)),
        Ok(Ok(stream)) => stream,
    };
    if stream.local_addr().is_ok_and(|own| own == to) {
        return Err(Error::Refused { at: to });
    }
    stream.set_nodelay(true).map_err(|source| Error::io(format!("set TCP_NODELAY towards {to}"), source))?;
    Ok(stream)
}

/// A loopback port on which nobody listens now.
///
/// It lies below the range from which the kernel takes the ports of outgoing connections, because a client that keeps
/// asking for a dead service's port would else now and then be given that very port and keep the service from
/// coming back.
///
/// # Errors
/// [`Error::Io`] when no port could be bound.
pub fn free_port() -> Result<u16, Error> {
    let highest = ephemeral_low().saturating_sub(1).max(LOWEST_PORT + 1);
    let width = u32::from(highest - LOWEST_PORT);
    let start = crate::secret::number()? % width;
    let mut last = io::Error::from(io::ErrorKind::AddrInUse);
    for step in 0..PORT_TRIES.min(width) {
        let port = LOWEST_PORT + u16::try_from((start + step) % width).expect("width is below 65536");
        if !remember(port) {
            continue;
        }
        match listening(SocketAddr::from((Ipv4Addr::LOCALHOST, port)), false) {
            Ok(_) => return Ok(port),
            Err(error) => last = error,
        }
    }
    Err(Error::io("find a free loopback port", last))
}

/// The address that `host:port` names; IPv4 before IPv6 when the host has both.
///
/// Blocks while the name is looked up.
///
/// # Errors
/// [`Error::NoAddress`].
pub fn resolve(host_port: &str) -> Result<SocketAddr, Error> {
    let no = |why: String| Error::NoAddress { host_port: host_port.to_owned(), why };
    if let Ok(at) = host_port.parse::<SocketAddr>() {
        return Ok(at);
    }
    let found: Vec<SocketAddr> = host_port.to_socket_addrs().map_err(|error| no(error.to_string()))?.collect();
    let first = found.iter().find(|at| at.is_ipv4()).or_else(|| found.first());
    first.copied().ok_or_else(|| no("the name has no address".to_owned()))
}

/// Whether somebody accepts a connection there within [`ACCEPTS_WITHIN`]. Blocks for that long at most.
pub fn accepts(at: SocketAddr) -> bool {
    match std::net::TcpStream::connect_timeout(&at, ACCEPTS_WITHIN) {
        Ok(stream) => stream.local_addr().is_ok_and(|own| own != at),
        Err(_) => false,
    }
}

/// Whether an address is of this machine only.
pub fn is_loopback(at: SocketAddr) -> bool {
    match at.ip() {
        IpAddr::V4(ip) => ip.is_loopback(),
        IpAddr::V6(ip) => ip.is_loopback() || ip.to_ipv4_mapped().is_some_and(|ip| ip.is_loopback()),
    }
}

fn kind_of(at: SocketAddr, within: Duration, source: io::Error) -> Error {
    match source.kind() {
        io::ErrorKind::ConnectionRefused => Error::Refused { at },
        io::ErrorKind::TimedOut => Error::TimedOut { at, within },
        io::ErrorKind::HostUnreachable
        | io::ErrorKind::NetworkUnreachable
        | io::ErrorKind::NetworkDown
        | io::ErrorKind::AddrNotAvailable => Error::Unreachable { at, source },
        _ => Error::io(format!("connect to {at}"), source),
    }
}

fn listening(at: SocketAddr, share: bool) -> io::Result<std::net::TcpListener> {
    use rustix::net::{AddressFamily, SocketType, bind, listen, socket, sockopt};
    let family = if at.is_ipv4() { AddressFamily::INET } else { AddressFamily::INET6 };
    let socket = socket(family, SocketType::STREAM, None)?;
    rustix::io::fcntl_setfd(&socket, rustix::io::FdFlags::CLOEXEC)?;
    sockopt::set_socket_reuseaddr(&socket, true)?;
    if share {
        sockopt::set_socket_reuseport(&socket, true)?;
    }
    bind(&socket, &at)?;
    listen(&socket, BACKLOG)?;
    let listener = std::net::TcpListener::from(socket);
    listener.set_nonblocking(true)?;
    Ok(listener)
}

/// First port of the range for outgoing connections; Linux's default where it cannot be read.
fn ephemeral_low() -> u16 {
    const DEFAULT_LOW: u16 = 32_768;
    let text = std::fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range").unwrap_or_default();
    text.split_whitespace().next().and_then(|low| low.parse().ok()).unwrap_or(DEFAULT_LOW)
}

/// Whether the port is new, remembering it.
fn remember(port: u16) -> bool {
    /// Ports handed out by this process, oldest first; held for one look-up only.
    static HANDED_OUT: Mutex<VecDeque<u16>> = Mutex::new(VecDeque::new());
    let mut handed = HANDED_OUT.lock().unwrap_or_else(PoisonError::into_inner);
    if handed.contains(&port) {
        return false;
    }
    if handed.len() >= REMEMBERED_PORTS {
        handed.pop_front();
    }
    handed.push_back(port);
    true
}
