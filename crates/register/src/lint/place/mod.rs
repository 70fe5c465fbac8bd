//! The repository: paths, links, names and records that the text relies on.

mod accept_no_record;
mod bad_path;
mod broken_link;
mod evidence_stale;
mod name_undefined;
mod path_missing;
mod tick_without_artefact;
mod value_differs;

use super::{Check, Look};
use crate::model::Mention;

/// The rules of this group.
pub(super) const CHECKS: &[Check] = &[
    Check { rule: broken_link::RULE, run: broken_link::check },
    Check { rule: value_differs::RULE, run: value_differs::check },
    Check { rule: evidence_stale::RULE, run: evidence_stale::check },
    Check { rule: accept_no_record::RULE, run: accept_no_record::check },
    Check { rule: tick_without_artefact::RULE, run: tick_without_artefact::check },
    Check { rule: path_missing::RULE, run: path_missing::check },
    Check { rule: bad_path::RULE, run: bad_path::check },
    Check { rule: name_undefined::RULE, run: name_undefined::check },
];

/// The paths that are not there, without those that stand behind a tick.
fn missing<'r>(look: &Look<'r>) -> Vec<&'r Mention> {
    let facts = look.facts;
    let missing = look.register.mentions.iter().filter(|mention| facts.paths.get(&mention.path) == Some(&false));
    missing.filter(|mention| !tick_without_artefact::stands_behind_a_tick(look, mention.span)).collect()
}
