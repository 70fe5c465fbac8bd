//! A small event tracker: people register, post events one by one or in batches, upload files and look at a summary.
//!
//! It is a target. Seaworthy starts it, looks at it and breaks it; no crate of Seaworthy is used here and none uses this
//! one. It is honest in what it promises: a 201 comes after the write is durable, a fallback says that it is one, and
//! what could not be finished is kept and tried again. The bugs it can be started with ([`Flaw`]) are switched on by
//! name and each sits in one place.
//!
//! Three processes make up the system: [`Api`], [`mailer`] and [`enricher`]. Several api processes share one data
//! directory (or one PostgreSQL).

mod flaw;
mod settings;

mod clock;
mod log;
mod password;
mod random;
mod redis;
mod token;

mod neighbor;
mod store;

mod answer;
mod api;
mod batch;
mod behind;
mod dead_letter;
mod events;
mod health;
mod limit;
mod origins;
mod outbox;
mod search;
mod summary;
mod uploads;
mod users;

pub mod enricher;
pub mod mailer;
mod serve;

pub use api::{Api, Error};
pub use flaw::{Flaw, Flaws};
pub use neighbor::{Neighbor, NeighborError, Reply};
pub use serve::serve;
pub use settings::{ApiArguments, Environment, Settings, Switch, WELL_KNOWN_KEY};
pub use token::Keys;
