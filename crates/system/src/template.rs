//! Texts with holes: `${port}`, `${edge:api->db}`, `${env:NAME}`, `${env:NAME:-default}`, `${scratch}`.

use text::{Problem, Source, Span};

use crate::EdgeId;

/// A text with holes that are filled when a component is started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    /// The text as written.
    pub text: String,
    /// Its pieces in order.
    pub parts: Vec<Part>,
    /// Where it stands.
    pub span: Span,
}

/// A piece of a [`Template`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// Letters to keep.
    Text(String),
    /// `${port}`: the port given to this replica.
    Port,
    /// `${edge:a->b}`: host and port where the guard of that edge listens, or the callee itself when there is none.
    Edge(EdgeId),
    /// `${env:NAME}`: a variable of seaworthy's own environment, for secrets.
    Env {
        /// The variable's name.
        name: String,
        /// What stands in when it is not set; without one it must be set.
        default: Option<String>,
    },
    /// `${scratch}`: a directory of this run, shared by all components, removed at the end.
    Scratch,
    /// `${replica}`: 0, 1, 2, .. for each replica.
    Replica,
}

impl Template {
    /// Reads a template; an unknown or unclosed hole is a problem.
    pub fn read(text: &str, span: Span, source: &Source, problems: &mut Vec<Problem>) -> Option<Self> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some(start) = rest.find("${") {
            if start > 0 {
                parts.push(Part::Text(rest[..start].to_owned()));
            }
            let Some(end) = rest[start..].find('}') else {
                problems.push(Problem::error("template", source, span, "`${` is not closed by `}`"));
                return None;
            };
            parts.push(hole(&rest[start + 2..start + end], span, source, problems)?);
            rest = &rest[start + end + 1..];
        }
        if !rest.is_empty() {
            parts.push(Part::Text(rest.to_owned()));
        }
        Some(Self { text: text.to_owned(), parts, span })
    }

    /// Fills every hole; the first one that cannot be filled is returned as the error.
    pub fn fill(&self, fill: impl Fn(&Part) -> Result<String, String>) -> Result<String, String> {
        self.parts.iter().map(|part| if let Part::Text(text) = part { Ok(text.clone()) } else { fill(part) }).collect()
    }
}

fn hole(name: &str, span: Span, source: &Source, problems: &mut Vec<Problem>) -> Option<Part> {
    let part = match name.split_once(':') {
        None if name == "port" => Some(Part::Port),
        None if name == "scratch" => Some(Part::Scratch),
        None if name == "replica" => Some(Part::Replica),
        Some(("edge", edge)) => EdgeId::parse(edge).map(Part::Edge),
        Some(("env", variable)) => Some(env_hole(variable)),
        None | Some(_) => None,
    };
    if part.is_none() {
        let problem = Problem::error("template", source, span, format!("`${{{name}}}` is not known"));
        let help = "known: ${port}, ${replica}, ${scratch}, ${edge:a->b}, ${env:NAME}, ${env:NAME:-default}";
        problems.push(problem.with_help(help));
    }
    part
}

fn env_hole(variable: &str) -> Part {
    match variable.split_once(":-") {
        Some((name, default)) => Part::Env { name: name.to_owned(), default: Some(default.to_owned()) },
        None => Part::Env { name: variable.to_owned(), default: None },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Option<Template>, Vec<Problem>) {
        let mut problems = Vec::new();
        let template = Template::read(text, Span::default(), &Source::new("t", text), &mut problems);
        (template, problems)
    }

    #[test]
    fn every_kind_of_hole_is_read() {
        let (template, problems) = read("x ${port} ${edge:api->db/read} ${env:A} ${env:B:-c} ${scratch}${replica}!");
        assert!(problems.is_empty());
        let filled = template.expect("is a template").fill(|part| Ok(format!("<{part:?}>")));
        let filled = filled.expect("fills");
        assert!(filled.starts_with("x <Port> <Edge(") && filled.ends_with("<Replica>!"), "{filled}");
    }

    #[test]
    fn an_unknown_or_open_hole_is_a_problem() {
        assert_eq!(read("${prot}").1[0].rule, "template");
        assert_eq!(read("${port").1[0].message, "`${` is not closed by `}`");
    }
}
