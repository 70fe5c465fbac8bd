//! What every kind of probe is: it is read from `with`, has a subject, and looks.
//!
//! A family of kinds lists its own in a table `KINDS`; [`FAMILIES`] is all of them.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use system::{ComponentId, System};
use text::{Fields, Source};

use crate::sight::Sight;
use crate::{
    Error, World, bundle, change, ci, code, credential, dagster, exec, file, http, iceberg, kubernetes, metric, oci,
    paper, prometheus, redis, report, repository, sql,
};

/// All kinds, by family.
pub(crate) const FAMILIES: &[&[Kind]] = &[
    file::KINDS,
    http::KINDS,
    sql::KINDS,
    exec::KINDS,
    kubernetes::KINDS,
    repository::KINDS,
    paper::KINDS,
    report::KINDS,
    change::KINDS,
    credential::KINDS,
    sql::PRESETS,
    sql::MIGRATIONS,
    bundle::KINDS,
    metric::KINDS,
    redis::KINDS,
    prometheus::KINDS,
    oci::KINDS,
    iceberg::KINDS,
    dagster::KINDS,
    code::KINDS,
    ci::KINDS,
];

/// A kind that claims can name.
pub(crate) struct Kind {
    /// Such as `file.value`.
    pub(crate) name: &'static str,
    /// Reads `with`; what is not read here is an unknown key.
    pub(crate) read: fn(&mut Fields<'_, '_>, &System, &Source) -> Option<Arc<dyn Look>>,
}

/// A look of one kind, ready to be taken.
pub(crate) trait Look: fmt::Debug + Send + Sync {
    /// What is looked at, for people: a path, a component, an address, a program.
    fn subject(&self) -> String;

    /// The component that must be running for this look, when it needs one.
    fn component(&self) -> Option<&ComponentId> {
        None
    }

    /// Looks once, within the kind's own deadline.
    fn look<'a>(&'a self, world: &'a World) -> Looking<'a>;
}

/// A look being taken.
pub(crate) type Looking<'a> = Pin<Box<dyn Future<Output = Sight> + Send + 'a>>;

/// What was read, as a look of any kind.
pub(crate) fn ready<L: Look + 'static>(look: Option<L>) -> Option<Arc<dyn Look>> {
    look.map(|look| Arc::new(look) as Arc<dyn Look>)
}

/// Looks in a thread of its own, for what computes or reads files. `source` names what is looked at when nothing came of it.
pub(crate) async fn in_thread(source: &str, within: Duration, look: impl FnOnce() -> Sight + Send + 'static) -> Sight {
    match tokio::time::timeout(within, tokio::task::spawn_blocking(look)).await {
        Ok(Ok(sight)) => sight,
        Ok(Err(_)) => Sight::blind(source, &Error::CutShort),
        Err(_) => Sight::blind(source, &Error::TimedOut(within)),
    }
}
