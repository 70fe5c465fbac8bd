//! What a look may see: where things are in this run, and what is allowed.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use outside::process::RunMark;
use outside::secret::Redactor;
use system::ComponentId;

use crate::metric::Series;
use crate::{Error, Network};

/// Everything a probe needs to know of the run. Made by whoever started the system; probes change nothing in it.
#[derive(Clone, Debug)]
pub struct World {
    /// The directory of `seaworthy.yaml`; paths and commands are relative to it.
    pub directory: PathBuf,
    /// Where each component answers, one address a replica.
    pub addresses: BTreeMap<ComponentId, Vec<SocketAddr>>,
    /// The files of components that are files.
    pub files: BTreeMap<ComponentId, PathBuf>,
    /// The directory of this run.
    pub scratch: PathBuf,
    /// The environment looked at.
    pub environment: String,
    /// The version of the system, when it can be told.
    pub version: Option<String>,
    /// Networks that may be looked at besides loopback.
    pub allowed: Vec<Network>,
    /// The `seaworthy` program, which keeps the processes that `exec` starts.
    pub exe: PathBuf,
    /// The mark of this run.
    pub run: RunMark,
    /// Replaces secrets in every text that is kept.
    pub redactor: Redactor,
    /// Earlier readings, when somebody remembers them.
    pub series: Option<Arc<dyn Series>>,
    /// The time of the look, in microseconds since the Unix epoch.
    pub now: i64,
}

impl World {
    /// The addresses of a component, all of them allowed.
    pub(crate) fn addresses_of(&self, component: &ComponentId) -> Result<Vec<SocketAddr>, Error> {
        let addresses = self.addresses.get(component).filter(|addresses| !addresses.is_empty());
        let missing = || Error::NotHere { component: component.to_string(), what: "address" };
        let addresses = addresses.ok_or_else(missing)?.clone();
        addresses.iter().try_for_each(|at| self.permit(*at))?;
        Ok(addresses)
    }

    /// Refuses an address that is neither loopback nor in an allowed network.
    pub(crate) fn permit(&self, at: SocketAddr) -> Result<(), Error> {
        let allowed = outside::net::is_loopback(at) || self.allowed.iter().any(|network| network.holds(at.ip()));
        let refusal = || Error::NotAllowed { at, environment: self.environment.clone() };
        if allowed { Ok(()) } else { Err(refusal()) }
    }
}
