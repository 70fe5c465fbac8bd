//! The register: the risks as people wrote them, in the Markdown they already have.
//!
//! [`read`] turns a document into a [`Register`]: risks from flat tables, from headed sections with labels, from lists,
//! and from a summary table together with its detail sections. Every statement keeps its bytes, its line and its meaning,
//! so that what was stated can be laid beside what was computed or measured, and so that it can be changed in place.
//! [`lint()`] says where the text contradicts itself, its own rules, or the repository.
//!
//! The way of a document: `page` (blocks) -> `outline` (sections) -> `table`, `section` (drafts) -> `merge` (risks),
//! with `legend` for what the document says about its own grades. Words are tables (`noun`, `level`, `status`).
//!
//! What this crate does not do: render Markdown, open files, decide what is true. A status read here is what somebody typed.
//!
//! ```
//! use std::collections::BTreeMap;
//! let text = "| ID | Risk | Probability | Impact |\n|---|---|---|---|\n| R-1 | Daemon crash | Medium | High |\n";
//! let register = register::read(&text::Source::new("risks.md", text), &BTreeMap::new());
//! let risk = register.find("r-1").expect("is listed");
//! assert_eq!((risk.title.as_str(), risk.score_bmad()), ("Daemon crash", Some(6)));
//! ```

mod draft;
pub mod edit;
mod fields;
mod fold;
mod headings;
mod html;
mod keep;
mod label;
mod layout;
mod legend;
mod level;
mod lint;
mod list;
mod mention;
mod merge;
mod model;
mod names;
mod noun;
mod outline;
mod page;
pub mod parts;
mod product;
mod prose;
mod read;
mod recovery;
mod score;
mod section;
mod silence;
mod stated;
mod statement;
mod status;
mod synonyms;
mod table;
mod title;
mod value;

pub use fields::Fields;
pub use fold::{fold, slug};
pub use keep::keep_names;
pub use level::Level;
pub use lint::{
    EVIDENCE_TOUCHED, Elsewhere, Gone, LinkFact, MAX_CANDIDATES, NameFact, RecoveryFact, RecoverySide, RepositoryFacts,
    Rule, ValueFact, lint, rules,
};
pub use mention::named_paths;
pub use merge::MAX_RISKS;
pub use model::{Computed, Counted, Field, Formula, Kind, Loose, Mention, Model, Register, Risk, Scale, Tense, Total};
pub use names::find_names;
pub use noun::{FieldName, unknown_columns};
pub use page::{MAX_BLOCKS, MAX_COLUMNS, MAX_DOCUMENT_BYTES, MAX_NESTING};
pub use read::read;
pub use recovery::{Recovery, Timed, recovery};
pub use score::{Table, TableError};
pub use silence::{Heard, silence};
pub use stated::{MAX_STATEMENTS, Stated, StatedAs, stated};
pub use status::State;
pub use value::FieldValue;
