//! The conduct: plan, start, gather, judge, record. It fetches and waits; what follows from what was seen is decided by the
//! pure floors below.
//!
//! Order of a run, and why: the files are read and every problem told before anything starts; the ledger is opened before
//! anything is broken, because what cannot be remembered must not be decided; the journal and the watchdog stand before the
//! first process, so that no moment exists in which our death leaves something behind; and whatever happens in between, the
//! end is the same: stop, heal, look from outside, remember.

pub mod baseline;
mod case;
mod command;
mod crew;
mod error;
mod file_rules;
mod found;
mod gate;
mod gather;
mod import;
mod lint;
mod look;
mod memory;
mod mutate;
mod place;
mod recall;
mod registers;
mod repository;
mod run;
mod safety;
mod series;
mod since;
mod standing;
mod statement;
mod survey;
mod traces;
mod version;

pub use case::{Case, FILE_NAME, MAX_REGISTER_BYTES, Reading, SEVERITIES, Task, Work, chain, find, read};
pub use error::Error;
pub use file_rules::{FileRule, file_rules};
pub use found::{MAX_YAML_READ, found};
pub use gate::{ANCHORS_NAME, MAX_ANCHORS_BYTES, calendar, gate, review};
pub use gather::redactor;
pub use import::{Imported, MAX_IMPORT_BYTES, MAX_IMPORTED, import};
pub use lint::{Weights, lint};
pub use look::{Looked, look, look_once};
pub use memory::{LEDGER_PATH, REPORT_PATH};
pub use mutate::{MAX_COPY_BYTES, MAX_MUTATIONS, MUTATE_WITHIN, mutate};
pub use place::ledger_at;
pub use registers::{Registers, registers};
pub use repository::{MAX_SEARCHED_BYTES, Repository};
pub use run::{Options, prove};
pub use since::{since, system_at};
pub use standing::{MAX_READ, standing, unseen};
pub use statement::{MAX_STATEMENT_BYTES, PREDICATE_TYPE, Stated, StatementError, sign, verify};
pub use survey::{MAX_CANDIDATES_READ, survey};
pub use traces::{is_address, service_graph};
