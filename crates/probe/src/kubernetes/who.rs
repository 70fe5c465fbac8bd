//! Which workloads a look is about, as a claim writes it.

use cluster::{Kubernetes, Labels, Selector, Workload};
use text::Fields;

use crate::read::span_of;

/// Some workloads, or what is outside.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Who {
    written: String,
    what: What,
}

#[derive(Clone, Debug, PartialEq)]
enum What {
    /// `ns:shop`.
    Namespace(String),
    /// `shop/api`.
    Named(String, String),
    /// `app=cache,tier=fast`, in any namespace.
    Labels(Labels),
    /// `external`.
    External,
}

/// Reads a key that names workloads; a problem when it names none, or is missing and needed.
pub(crate) fn field(fields: &mut Fields<'_, '_>, key: &'static str, is_needed: bool) -> Option<Who> {
    let span = span_of(fields, key);
    let written = if is_needed { fields.need_text(key) } else { fields.text(key) }?;
    let who = Who::read(written);
    if who.is_none() {
        let message = format!("`{written}` names no workloads; write `ns:shop`, `shop/api`, `app=cache` or `external`");
        fields.problem("wrong-value", span, message);
    }
    who
}

impl Who {
    fn read(written: &str) -> Option<Self> {
        let what = if written == "external" {
            What::External
        } else if let Some(namespace) = written.strip_prefix("ns:") {
            What::Namespace(namespace.to_owned())
        } else if let Some((namespace, name)) = written.split_once('/').filter(|_| !written.contains('=')) {
            What::Named(namespace.to_owned(), name.to_owned())
        } else {
            let pairs: Option<Labels> = written
                .split(',')
                .map(|pair| pair.split_once('=').map(|(key, value)| (key.trim().to_owned(), value.trim().to_owned())))
                .collect();
            What::Labels(pairs.filter(|pairs| !pairs.is_empty())?)
        };
        let is_filled = match &what {
            What::Namespace(namespace) => !namespace.is_empty(),
            What::Named(namespace, name) => !namespace.is_empty() && !name.is_empty(),
            What::Labels(labels) => labels.keys().all(|key| !key.is_empty()),
            What::External => true,
        };
        is_filled.then(|| Self { written: written.to_owned(), what })
    }

    /// As written.
    pub(crate) fn written(&self) -> &str {
        &self.written
    }

    /// Whether addresses outside of the cluster are meant.
    pub(crate) fn is_external(&self) -> bool {
        self.what == What::External
    }

    /// The namespace, when all of one is meant.
    pub(crate) fn namespace(&self) -> Option<&str> {
        match &self.what {
            What::Namespace(namespace) => Some(namespace),
            What::Named(..) | What::Labels(_) | What::External => None,
        }
    }

    fn means(&self, workload: &Workload) -> bool {
        match &self.what {
            What::Namespace(namespace) => workload.namespace == *namespace,
            What::Named(namespace, name) => workload.namespace == *namespace && workload.name == *name,
            What::Labels(labels) => Selector::of_labels(labels).selects(&workload.labels),
            What::External => false,
        }
    }

    /// The workloads meant, by number.
    pub(crate) fn workloads(&self, cluster: &Kubernetes) -> Vec<usize> {
        let all = cluster.workloads.iter().enumerate();
        all.filter(|(_, workload)| self.means(workload)).map(|(at, _)| at).collect()
    }
}
