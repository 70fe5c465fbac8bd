//! Questions to a PostgreSQL server that risk registers ask again and again, each with what makes its answer honest.

mod backup;
mod growth;
mod indexes;
mod policy;
mod replication;
mod retention;
mod rls;
mod saturation;
mod slots;
mod slow;

use crate::kind::Kind;
use crate::sql::session::read;

/// The kinds of this family.
pub(crate) const KINDS: &[Kind] = &[
    Kind {
        name: "sql.replication",
        read: |fields, system, source| read(fields, system, source, replication::Replication::read),
    },
    Kind { name: "sql.slots", read: |fields, system, source| read(fields, system, source, slots::Slots::read) },
    Kind {
        name: "sql.saturation",
        read: |fields, system, source| read(fields, system, source, saturation::Saturation::read),
    },
    Kind { name: "sql.indexes", read: |fields, system, source| read(fields, system, source, indexes::Indexes::read) },
    Kind {
        name: "sql.retention",
        read: |fields, system, source| read(fields, system, source, retention::Retention::read),
    },
    Kind { name: "sql.slow", read: |fields, system, source| read(fields, system, source, slow::Slow::read) },
    Kind { name: "sql.rls", read: |fields, system, source| read(fields, system, source, rls::Rls::read) },
    Kind { name: "sql.growth", read: |fields, system, source| read(fields, system, source, growth::Growth::read) },
    Kind { name: "sql.backup", read: backup::read },
];
