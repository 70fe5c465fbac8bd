//! Where the ledger of a system is: what was asked for, else what the file says, else the file beside it.

use std::net::SocketAddr;
use std::path::Path;

use ledger::Address;
use probe::Network;
use system::System;

use crate::{Error, LEDGER_PATH};

/// The ledger of a system. A database must be on this machine or in a network that the environment allows; a path in
/// `seaworthy.yaml` is relative to that file, one that was asked for to the working directory.
///
/// # Errors
/// [`Error::Ledger`] when it names no place, or one that may not be asked.
pub fn ledger_at(system: &System, directory: &Path, environment: &str, asked: Option<&str>) -> Result<Address, Error> {
    let written = system.ledger.as_ref().map(|template| (template.text.as_str(), directory));
    let Some((text, base)) = asked.map(|text| (text, Path::new(""))).or(written) else {
        return Ok(Address::from(directory.join(LEDGER_PATH).as_path()));
    };
    let allow = system.environments.get(environment).map_or(&[][..], |environment| &environment.allow);
    let networks: Vec<Network> = allow.iter().filter_map(|network| Network::parse(network)).collect();
    let allowed =
        |at: SocketAddr| outside::net::is_loopback(at) || networks.iter().any(|network| network.holds(at.ip()));
    Ok(Address::read(text, base, &allowed, &outside::secret::variable)?)
}
