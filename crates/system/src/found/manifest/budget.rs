//! Disruption budgets: what a team has stated of how many replicas must stay.
//!
//! Source: the Kubernetes reference, `PodDisruptionBudget` of `policy/v1`. Percentages are rounded up, both those of what
//! stays and those of what may go.

use text::{Node, Span};

use super::{pairs, text};
use crate::found::manifest::workload::Workload;

/// A budget, as it is written.
pub(super) struct Budget {
    pub(super) file: usize,
    pub(super) line: usize,
    pub(super) name: String,
    namespace: Option<String>,
    /// What selects its pods; `None` selects none.
    selector: Option<Selector>,
    says: Says,
}

/// Labels that must be, and expressions that must hold; without any, all pods are meant.
struct Selector {
    labels: Vec<(String, String)>,
    expressions: Vec<(String, Holds)>,
}

enum Holds {
    In(Vec<String>),
    NotIn(Vec<String>),
    Exists,
    DoesNotExist,
    /// An operator that nobody knows: such a budget is refused.
    Never,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Says {
    Stay(Amount),
    MayGo(Amount),
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Amount {
    Count(u32),
    Percent(u32),
}

/// What a budget means for a number of replicas.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Kept {
    /// All may go.
    None,
    /// So many must stay, and at least one may go.
    Some(u32),
    /// None may go.
    All,
}

impl Budget {
    /// `None` when it says no number.
    pub(super) fn read(object: &Node, name: &str, line: &dyn Fn(Span) -> usize, file: usize) -> Option<Self> {
        let spec = object.get("spec")?;
        let amount = |key: &str| spec.get(key).and_then(|node| Some((Amount::read(node.as_text()?)?, line(node.span))));
        let stay = amount("minAvailable").map(|(amount, line)| (Says::Stay(amount), line));
        let go = amount("maxUnavailable").map(|(amount, line)| (Says::MayGo(amount), line));
        let (says, line) = stay.or(go)?;
        let namespace = text(object, &["metadata", "namespace"]).map(str::to_owned);
        let selector = spec.get("selector").and_then(Selector::read);
        Some(Self { file, line, name: name.to_owned(), namespace, selector, says })
    }

    pub(super) fn selects(&self, workload: &Workload) -> bool {
        let elsewhere = match (&self.namespace, &workload.namespace) {
            (Some(own), Some(other)) => own != other,
            _ => false,
        };
        !elsewhere && self.selector.as_ref().is_some_and(|selector| selector.fits(&workload.labels))
    }

    /// A number that stays stays while there are more replicas; a share, or what may go, grows with them.
    pub(super) fn eases_with_more(&self) -> bool {
        matches!(self.says, Says::Stay(Amount::Count(_)))
    }

    /// All of them is a statement about drains and not about what is enough: a team that writes it wants nobody to touch
    /// the pods, and has not said that its users notice when one is gone. Taken for a quorum it would make a single point
    /// of failure of every replica.
    pub(super) fn kept(&self, replicas: u32) -> Kept {
        let stay = match self.says {
            Says::Stay(amount) => amount.of(replicas),
            Says::MayGo(amount) => replicas.saturating_sub(amount.of(replicas)),
        };
        match stay {
            0 => Kept::None,
            stay if stay >= replicas => Kept::All,
            stay => Kept::Some(stay),
        }
    }
}

impl Amount {
    fn read(text: &str) -> Option<Self> {
        match text.strip_suffix('%') {
            Some(share) => share.parse().ok().map(Self::Percent),
            None => text.parse().ok().map(Self::Count),
        }
    }

    fn of(self, replicas: u32) -> u32 {
        match self {
            Self::Count(count) => count,
            Self::Percent(share) => {
                let part = (u64::from(replicas) * u64::from(share)).div_ceil(100);
                u32::try_from(part).unwrap_or(u32::MAX)
            }
        }
    }
}

impl Selector {
    fn read(node: &Node) -> Option<Self> {
        node.as_map()?;
        let listed = node.get("matchExpressions").and_then(Node::as_list).unwrap_or_default().iter();
        let expressions = listed.filter_map(|expression| {
            let values = expression.get("values").and_then(Node::as_list).unwrap_or_default().iter();
            let values: Vec<String> = values.filter_map(Node::as_text).map(str::to_owned).collect();
            let holds = match text(expression, &["operator"])? {
                "In" => Holds::In(values),
                "NotIn" => Holds::NotIn(values),
                "Exists" => Holds::Exists,
                "DoesNotExist" => Holds::DoesNotExist,
                _ => Holds::Never,
            };
            Some((text(expression, &["key"])?.to_owned(), holds))
        });
        Some(Self { labels: pairs(node.get("matchLabels")), expressions: expressions.collect() })
    }

    fn fits(&self, labels: &[(String, String)]) -> bool {
        let of = |key: &str| labels.iter().find(|(own, _)| own == key).map(|(_, value)| value);
        let holds = |(key, holds): &(String, Holds)| match holds {
            Holds::In(values) => of(key).is_some_and(|value| values.contains(value)),
            Holds::NotIn(values) => of(key).is_none_or(|value| !values.contains(value)),
            Holds::Exists => of(key).is_some(),
            Holds::DoesNotExist => of(key).is_none(),
            Holds::Never => false,
        };
        self.labels.iter().all(|pair| labels.contains(pair)) && self.expressions.iter().all(holds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(says: Says, replicas: u32) -> Kept {
        let (name, selector) = (String::new(), None);
        Budget { file: 0, line: 1, name, namespace: None, selector, says }.kept(replicas)
    }

    #[test]
    fn shares_are_rounded_up_as_kubernetes_does() {
        let amount = |text| Amount::read(text).expect("is one");
        assert_eq!(kept(Says::Stay(amount("50%")), 3), Kept::Some(2));
        assert_eq!(kept(Says::MayGo(amount("30%")), 4), Kept::Some(2));
        assert_eq!(kept(Says::Stay(amount("2")), 3), Kept::Some(2));
        assert_eq!(kept(Says::MayGo(amount("1")), 3), Kept::Some(2));
        assert_eq!(kept(Says::Stay(amount("100%")), 3), Kept::All);
        assert_eq!(kept(Says::Stay(amount("7")), 3), Kept::All);
        assert_eq!(kept(Says::MayGo(amount("0")), 3), Kept::All);
        assert_eq!(kept(Says::MayGo(amount("9")), 3), Kept::None);
        assert_eq!(kept(Says::Stay(amount("4294967295%")), u32::MAX), Kept::All);
        assert_eq!(Amount::read("half"), None);
        assert_eq!(Amount::read("-1"), None);
    }
}
