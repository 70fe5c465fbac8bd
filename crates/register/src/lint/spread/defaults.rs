//! Values that are the default anyway, and values that are worse than it. Each entry names its source.

use text::{Severity, Span};

use crate::fold::fold;
use crate::lint::{Finding, Look, Rule};

/// The rule for values that change nothing.
pub(super) const NO_OP: Rule = Rule {
    name: "no-op-mitigation",
    severity: Severity::Info,
    what: "a mitigation sets a value that is the default, or the only one that is allowed",
    why: "the risk is what it was before",
    before: "Deploy it with `restartPolicy: Always`  (a Deployment allows no other)",
    after: "Deploy it with two replicas and a disruption budget",
};

/// The rule for values that are worse than the default.
pub(super) const BACKWARDS: Rule = Rule {
    name: "backwards-value",
    severity: Severity::Warning,
    what: "a mitigation sets a value that protects less than the default does",
    why: "with this line the risk is greater than without it",
    before: "write.metadata.previous-versions-max: 10  (the default is 100)",
    after: "write.metadata.previous-versions-max: 500",
};

/// What a value does compared with leaving the line out.
enum Effect {
    /// It is so anyway.
    Nothing,
    /// It protects less when the number is below this.
    WorseBelow(f64),
}

struct Known {
    key: &'static str,
    /// The value, folded; empty for numbers.
    value: &'static str,
    /// A word that the same line must hold, folded; empty for none.
    beside: &'static str,
    effect: Effect,
    source: &'static str,
}

const KNOWN: &[Known] = &[
    // kubernetes.io/docs/concepts/workloads/controllers/deployment: only Always is allowed in a Deployment's template.
    Known {
        key: "restartpolicy",
        value: "always",
        beside: "deployment",
        effect: Effect::Nothing,
        source: "a Deployment allows no other value (kubernetes.io, Deployments)",
    },
    Known {
        key: "restartpolicy",
        value: "always",
        beside: "statefulset",
        effect: Effect::Nothing,
        source: "a StatefulSet allows no other value (kubernetes.io, StatefulSets)",
    },
    Known {
        key: "restartpolicy",
        value: "always",
        beside: "daemonset",
        effect: Effect::Nothing,
        source: "a DaemonSet allows no other value (kubernetes.io, DaemonSet)",
    },
    // kubernetes.io/docs/concepts/containers/images, "Default image pull policy".
    Known {
        key: "imagepullpolicy",
        value: "ifnotpresent",
        beside: "",
        effect: Effect::Nothing,
        source: "it is the default for every tag but latest (kubernetes.io, Images)",
    },
    // iceberg.apache.org/docs/latest/configuration: write.metadata.previous-versions-max, default 100.
    Known {
        key: "write.metadata.previous-versions-max",
        value: "",
        beside: "",
        effect: Effect::WorseBelow(100.0),
        source: "the default is 100 (iceberg.apache.org, Configuration)",
    },
    // kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1: terminationGracePeriodSeconds defaults to 30.
    Known {
        key: "terminationgraceperiodseconds",
        value: "",
        beside: "",
        effect: Effect::WorseBelow(30.0),
        source: "the default is 30 (kubernetes.io, PodSpec)",
    },
    // kubernetes.io/docs/reference/kubernetes-api/workload-resources/deployment-v1: revisionHistoryLimit defaults to 10.
    Known {
        key: "revisionhistorylimit",
        value: "",
        beside: "",
        effect: Effect::WorseBelow(10.0),
        source: "the default is 10 (kubernetes.io, DeploymentSpec)",
    },
    // postgresql.org/docs/current/runtime-config-wal.html.
    Known {
        key: "fsync",
        value: "on",
        beside: "",
        effect: Effect::Nothing,
        source: "it is the default (postgresql.org, Write Ahead Log)",
    },
    Known {
        key: "full_page_writes",
        value: "on",
        beside: "",
        effect: Effect::Nothing,
        source: "it is the default (postgresql.org, Write Ahead Log)",
    },
    Known {
        key: "synchronous_commit",
        value: "on",
        beside: "",
        effect: Effect::Nothing,
        source: "it is the default (postgresql.org, Write Ahead Log)",
    },
    Known {
        key: "wal_level",
        value: "replica",
        beside: "",
        effect: Effect::Nothing,
        source: "it is the default (postgresql.org, Write Ahead Log)",
    },
    Known {
        key: "autovacuum",
        value: "on",
        beside: "",
        effect: Effect::Nothing,
        source: "it is the default (postgresql.org, Automatic Vacuuming)",
    },
    Known {
        key: "max_connections",
        value: "",
        beside: "postgres",
        effect: Effect::WorseBelow(100.0),
        source: "the default is 100 (postgresql.org, Connections)",
    },
    // dev.mysql.com/doc/refman/8.4/en/innodb-parameters.html and replication-options-binary-log.html.
    Known {
        key: "innodb_flush_log_at_trx_commit",
        value: "1",
        beside: "",
        effect: Effect::Nothing,
        source: "it is the default (dev.mysql.com, InnoDB parameters)",
    },
    Known {
        key: "sync_binlog",
        value: "1",
        beside: "",
        effect: Effect::Nothing,
        source: "it is the default (dev.mysql.com, binary log options)",
    },
    // kafka.apache.org/documentation: unclean.leader.election.enable defaults to false, acks to all since 3.0.
    Known {
        key: "unclean.leader.election.enable",
        value: "false",
        beside: "",
        effect: Effect::Nothing,
        source: "it is the default (kafka.apache.org, broker configs)",
    },
    Known {
        key: "acks",
        value: "all",
        beside: "kafka",
        effect: Effect::Nothing,
        source: "it is the default since 3.0 (kafka.apache.org, producer configs)",
    },
    // docs.docker.com/engine/containers/start-containers-automatically: the default is no.
    Known {
        key: "restart",
        value: "no",
        beside: "docker",
        effect: Effect::Nothing,
        source: "it is the default (docs.docker.com, restart policies)",
    },
];

/// Text before a key so far is read for the word beside it.
const MAX_LINE_BYTES: usize = 2_000;

/// Finds values that change nothing.
pub(super) fn no_op(look: &Look<'_>) -> Vec<Finding> {
    found(look)
        .into_iter()
        .filter(|(known, _, _)| matches!(known.effect, Effect::Nothing))
        .map(|(known, span, written)| {
            Finding::of(
                &NO_OP,
                span,
                format!("'{written}' changes nothing: {}", known.source),
                "name what really protects, or leave the line out",
            )
        })
        .collect()
}

/// Finds values that are worse than the default.
pub(super) fn backwards(look: &Look<'_>) -> Vec<Finding> {
    found(look)
        .into_iter()
        .filter(|(known, _, _)| matches!(known.effect, Effect::WorseBelow(_)))
        .map(|(known, span, written)| {
            Finding::of(
                &BACKWARDS,
                span,
                format!("'{written}' protects less than the default does: {}", known.source),
                "raise it above the default, or leave the line out",
            )
        })
        .collect()
}

/// Keys with values in the lines of mitigations and in the code below them.
fn found<'l>(look: &Look<'l>) -> Vec<(&'static Known, Span, &'l str)> {
    let source = &look.register.source;
    let parts = &look.register.parts;
    let lines = parts.lines.iter().filter(|line| line.risk.is_some()).map(|line| line.span);
    let codes = parts.codes.iter().filter(|code| code.risk.is_some()).map(|code| code.body);
    let mut found = Vec::new();
    for span in lines.chain(codes) {
        let mut start = span.start;
        for line in source.slice(span).split_inclusive(['\n', '\r']) {
            let at = start;
            start += line.len();
            if line.len() > MAX_LINE_BYTES || !line.contains([':', '=']) {
                continue;
            }
            let lower = line.to_lowercase();
            for known in KNOWN.iter().filter(|known| lower.contains(known.key)) {
                let Some((from, to)) = written(&lower, known) else { continue };
                if known.beside.is_empty() || fold(line).contains(known.beside) {
                    let place = Span::new(at + from, at + to);
                    if lower.len() == line.len() && !found.iter().any(|(_, other, _)| *other == place) {
                        found.push((known, place, source.slice(place)));
                    }
                }
            }
        }
    }
    found
}

/// Where key and value stand in a line, when the value is the known one.
fn written(lower: &str, known: &Known) -> Option<(usize, usize)> {
    let from = lower.find(known.key)?;
    let behind = from + known.key.len();
    let joined = lower[..from].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '.');
    let rest = lower[behind..].trim_start_matches(['`', '"', '\'', ' ']);
    let rest = rest.strip_prefix([':', '='])?.trim_start_matches(['`', '"', '\'', ' ']);
    let start = lower.len() - rest.len();
    let end = start + rest.find(|c: char| !c.is_alphanumeric() && c != '_' && c != '.').unwrap_or(rest.len());
    let value = &lower[start..end];
    let fits = match known.effect {
        Effect::Nothing => value == known.value,
        Effect::WorseBelow(default) => value.parse::<f64>().is_ok_and(|value| value < default),
    };
    (fits && !joined).then_some((from, end))
}
