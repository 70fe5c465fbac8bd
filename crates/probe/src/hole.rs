//! Texts with secrets in them: `${env:NAME}` is filled at the time of the look and redacted wherever text is kept.

use outside::secret::Redactor;
use system::{Part, Template};
use text::{Fields, Node, Problem, Source, Span};

use crate::{Error, World};

/// Which holes a text may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Holes {
    /// `${env:NAME}` only.
    Env,
    /// `${env:NAME}` and `${scratch}`.
    EnvAndScratch,
}

impl Holes {
    fn allow(self, part: &Part) -> bool {
        match part {
            Part::Text(_) | Part::Env { .. } => true,
            Part::Scratch => self == Self::EnvAndScratch,
            Part::Port | Part::Edge(_) | Part::Replica => false,
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Env => "only `${env:NAME}` can stand here",
            Self::EnvAndScratch => "only `${env:NAME}` and `${scratch}` can stand here",
        }
    }
}

/// Reads a text with holes; a hole that cannot be filled for a probe is a problem.
pub(crate) fn read(
    text: &str,
    span: Span,
    holes: Holes,
    source: &Source,
    problems: &mut Vec<Problem>,
) -> Option<Template> {
    let template = Template::read(text, span, source, problems)?;
    let fits = template.parts.iter().all(|part| holes.allow(part));
    if !fits {
        problems.push(Problem::error("template", source, span, holes.words()));
    }
    fits.then_some(template)
}

/// Reads an optional map of names to texts with holes, in the order written.
pub(crate) fn read_map(
    fields: &mut Fields<'_, '_>,
    key: &'static str,
    holes: Holes,
    source: &Source,
) -> Vec<(String, Template)> {
    let Some(node) = fields.get(key) else { return Vec::new() };
    let Some(entries) = node.as_map() else {
        let message = format!("`{key}` must be a map of names to texts, found {}", node.shape());
        fields.problem("wrong-shape", node.span, message);
        return Vec::new();
    };
    let mut filled = Vec::new();
    for entry in entries {
        match value_text(&entry.value) {
            Some(text) => {
                let template = read(text, entry.value.span, holes, source, fields.problems());
                filled.extend(template.map(|template| (entry.key.clone(), template)));
            }
            None => fields.problem("wrong-value", entry.value.span, format!("`{}` must be text", entry.key)),
        }
    }
    filled
}

/// The text of a node; nothing written is the empty text.
fn value_text(node: &Node) -> Option<&str> {
    match node.kind {
        text::NodeKind::Empty => Some(""),
        _ => node.as_text(),
    }
}

/// A text after filling, and the secrets that went into it.
#[derive(Debug, Default)]
pub(crate) struct Secrets {
    values: Vec<String>,
}

impl Secrets {
    /// Fills a text. What came from the environment is remembered as a secret.
    pub(crate) fn fill(&mut self, template: &Template, world: &World) -> Result<String, Error> {
        let mut filled = String::new();
        for part in &template.parts {
            match part {
                Part::Text(text) => filled.push_str(text),
                Part::Env { name, default } => filled.push_str(&self.variable(name, default.as_deref())?),
                Part::Scratch => filled.push_str(&world.scratch.to_string_lossy()),
                Part::Port | Part::Edge(_) | Part::Replica => unreachable!("`read` lets no such hole pass"),
            }
        }
        Ok(filled)
    }

    fn variable(&mut self, name: &str, default: Option<&str>) -> Result<String, Error> {
        match outside::secret::variable(name) {
            Some(value) => {
                self.values.push(value.clone());
                Ok(value)
            }
            None => default.map(str::to_owned).ok_or_else(|| Error::NoVariable(name.to_owned())),
        }
    }

    /// Replaces these secrets in texts.
    pub(crate) fn redactor(&self) -> Redactor {
        Redactor::new(self.values.iter().cloned())
    }
}
