//! A score model that the user writes: words for likelihood, words for impact, and a cell for each pair.

use crate::fold::fold;
use crate::model::{Computed, Model, Register, Risk};
use crate::noun::FieldName;

/// The most words for one factor.
const MAX_WORDS: usize = 10;

/// The user's own matrix.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    likelihood: Vec<String>,
    impact: Vec<String>,
    /// A row for each likelihood, a cell for each impact.
    cells: Vec<Vec<String>>,
}

/// What is wrong with a table.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TableError {
    /// A factor has no words, too many, or the same twice.
    #[error("`{factor}` must name 1 to {MAX_WORDS} different words, from the least to the worst")]
    Words {
        /// `likelihood` or `impact`.
        factor: &'static str,
    },
    /// The rows are not as many as the words for likelihood.
    #[error("`table` has {found} rows, but `likelihood` names {expected} words")]
    Rows {
        /// Words for likelihood.
        expected: usize,
        /// Rows of the table.
        found: usize,
    },
    /// A row has not as many cells as there are words for impact.
    #[error("row {row} of `table` has {found} cells, but `impact` names {expected} words")]
    Cells {
        /// The row, from 1.
        row: usize,
        /// Words for impact.
        expected: usize,
        /// Cells of the row.
        found: usize,
    },
}

impl Table {
    /// Checks a table; every problem is told.
    pub fn try_new(
        likelihood: Vec<String>,
        impact: Vec<String>,
        cells: Vec<Vec<String>>,
    ) -> Result<Self, Vec<TableError>> {
        let mut errors = Vec::new();
        for (factor, words) in [("likelihood", &likelihood), ("impact", &impact)] {
            let mut folded: Vec<String> = words.iter().map(|word| fold(word)).collect();
            folded.sort();
            folded.dedup();
            if words.is_empty() || words.len() > MAX_WORDS || folded.len() < words.len() {
                errors.push(TableError::Words { factor });
            }
        }
        if cells.len() != likelihood.len() {
            errors.push(TableError::Rows { expected: likelihood.len(), found: cells.len() });
        }
        for (at, row) in cells.iter().enumerate().filter(|(_, row)| row.len() != impact.len()) {
            errors.push(TableError::Cells { row: at + 1, expected: impact.len(), found: row.len() });
        }
        if errors.is_empty() { Ok(Self { likelihood, impact, cells }) } else { Err(errors) }
    }

    /// Computes every risk of a register by this table.
    pub fn apply(&self, register: &mut Register) {
        register.model = Model::Table;
        for risk in &mut register.risks {
            risk.computed =
                self.cell(risk).map(|band| Computed { score: band.parse().ok(), band: Some(band), by: Model::Table });
        }
    }

    fn cell(&self, risk: &Risk) -> Option<String> {
        let at = |noun, words: &[String]| {
            let text = fold(&risk.field(noun)?.text);
            words.iter().position(|word| text == fold(word) || text.starts_with(&format!("{} ", fold(word))))
        };
        let row = at(FieldName::Likelihood, &self.likelihood)?;
        let column = at(FieldName::Impact, &self.impact).or_else(|| at(FieldName::Severity, &self.impact))?;
        self.cells.get(row)?.get(column).cloned()
    }
}
