//! Names of components, edges and flows. A value of these types is a name that can be written and read back.

use std::fmt;

/// The longest name.
const MAX_NAME: usize = 64;

fn is_name(text: &str) -> bool {
    let fits = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | ' ');
    !text.is_empty() && text.len() <= MAX_NAME && text.trim() == text && text.chars().all(fits) && !text.contains("->")
}

macro_rules! name {
    ($(#[$doc:meta])* $type:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $type(String);

        impl $type {
            /// A name: 1 to 64 bytes of letters, digits, `-`, `_`, `.` and inner spaces; never `->` or `/`.
            pub fn try_new(text: &str) -> Option<Self> {
                is_name(text).then(|| Self(text.to_owned()))
            }

            /// The name as written.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.pad(&self.0)
            }
        }
    };
}

name!(
    /// The name of a component.
    ComponentId
);
name!(
    /// The name of a flow.
    FlowId
);

/// `from->to`, or `from->to/name` when a pair has several edges.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EdgeId {
    /// Who needs.
    pub from: ComponentId,
    /// Who is needed.
    pub to: ComponentId,
    /// Which of several edges of the pair.
    pub name: Option<String>,
}

impl EdgeId {
    /// Reads `api->db` or `api->db/read`; white space around the arrow is allowed.
    pub fn parse(text: &str) -> Option<Self> {
        let (from, rest) = text.split_once("->")?;
        let (to, name) = match rest.split_once('/') {
            Some((to, name)) => (to, Some(name.trim())),
            None => (rest, None),
        };
        if name.is_some_and(|name| !is_name(name)) {
            return None;
        }
        let from = ComponentId::try_new(from.trim())?;
        let to = ComponentId::try_new(to.trim())?;
        Some(Self { from, to, name: name.map(str::to_owned) })
    }
}

impl fmt::Display for EdgeId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            Some(name) => formatter.pad(&format!("{}->{}/{name}", self.from, self.to)),
            None => formatter.pad(&format!("{}->{}", self.from, self.to)),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_name_holds_no_arrow_and_no_slash() {
        for text in ["", "a->b", "a/b", " a", "a ", "a\nb", "${x}"] {
            assert_eq!(ComponentId::try_new(text), None, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn printing_and_reading_an_edge_agree(from in "[a-z][a-z0-9_.-]{0,8}[a-z]", to in "[a-zä][a-z0-9]{0,8}", name in proptest::option::of("[a-z]{1,8}")) {
            let text = match name { Some(name) => format!("{from}->{to}/{name}"), None => format!("{from}->{to}") };
            let edge = EdgeId::parse(&text).expect("is an edge");
            prop_assert_eq!(edge.to_string(), text);
        }
    }
}
