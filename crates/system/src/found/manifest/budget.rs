//! Disruption budgets: what a team has stated of how many replicas must stay.
//!
//! Source: the Kubernetes reference, `PodDisruptionBudget` of `policy/v1`. Percentages are rounded up, both those of what
//! stays and those of what may go. A selector that the API server would refuse selects nothing.

use cluster::{Amount, Selector};
use text::{Node, Span};

use super::text;
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

#[derive(Clone, Copy, Debug, PartialEq)]
enum Says {
    Stay(Amount),
    MayGo(Amount),
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
        let selector =
            spec.get("selector").filter(|node| node.as_map().is_some()).and_then(|node| Selector::read(node).ok());
        Some(Self { file, line, name: name.to_owned(), namespace, selector, says })
    }

    pub(super) fn selects(&self, workload: &Workload) -> bool {
        let elsewhere = match (&self.namespace, &workload.namespace) {
            (Some(own), Some(other)) => own != other,
            _ => false,
        };
        let labels = workload.labels.iter().cloned().collect();
        !elsewhere && self.selector.as_ref().is_some_and(|selector| selector.selects(&labels))
    }

    /// A number that stays stays while there are more replicas; a share, or what may go, grows with them.
    pub(super) fn eases_with_more(&self) -> bool {
        matches!(self.says, Says::Stay(Amount::Count(_)))
    }

    /// All of them is a statement about drains and not about what is enough: a team that writes it wants nobody to touch
    /// the pods, and has not said that its users notice when one is gone. Taken for a quorum it would make a single point
    /// of failure of every replica.
    pub(super) fn kept(&self, replicas: u32) -> Kept {
        let of = |amount: Amount| amount.of(Some(replicas)).unwrap_or(replicas);
        let stay = match self.says {
            Says::Stay(amount) => of(amount),
            Says::MayGo(amount) => replicas.saturating_sub(of(amount)),
        };
        match stay {
            0 => Kept::None,
            stay if stay >= replicas => Kept::All,
            stay => Kept::Some(stay),
        }
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
