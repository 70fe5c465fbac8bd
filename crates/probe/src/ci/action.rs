//! What is known of actions that others wrote: whether they fail, and which inputs make them succeed whatever they find.
//!
//! From the `action.yml` and README of each. An action that is not listed here is unknown.

/// What an action does with what it finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Nature {
    /// It fails.
    Fails,
    /// It fails only with this input set so.
    FailsWith(&'static str, &'static str),
    /// It reports and succeeds.
    Reports,
}

/// Actions by the beginning of their names.
const KNOWN: &[(&str, Nature)] = &[
    ("actions/checkout", Nature::Fails),
    ("actions/setup-", Nature::Fails),
    ("actions/dependency-review-action", Nature::Fails),
    ("golangci/golangci-lint-action", Nature::Fails),
    ("pre-commit/action", Nature::Fails),
    ("psf/black", Nature::Fails),
    ("astral-sh/ruff-action", Nature::Fails),
    ("chartboost/ruff-action", Nature::Fails),
    ("gitleaks/gitleaks-action", Nature::Fails),
    ("trufflesecurity/trufflehog", Nature::Fails),
    ("hadolint/hadolint-action", Nature::Fails),
    ("anchore/scan-action", Nature::Fails),
    ("snyk/actions", Nature::Fails),
    ("bridgecrewio/checkov-action", Nature::Fails),
    ("docker/build-push-action", Nature::Fails),
    ("EmbarkStudios/cargo-deny-action", Nature::Fails),
    ("aquasecurity/trivy-action", Nature::FailsWith("exit-code", "1")),
    ("codecov/codecov-action", Nature::FailsWith("fail_ci_if_error", "true")),
    ("github/codeql-action", Nature::Reports),
    ("ossf/scorecard-action", Nature::Reports),
];

/// Inputs that make any action succeed.
const TAME: &[(&str, &str)] = &[
    ("soft_fail", "true"),
    ("soft-fail", "true"),
    ("no-fail", "true"),
    ("continue_on_error", "true"),
    ("continue-on-error", "true"),
    ("exit-code", "0"),
    ("fail-build", "false"),
    ("fail_ci_if_error", "false"),
    ("fail-on-error", "false"),
    ("fail_on_error", "false"),
    ("exit_zero", "true"),
    ("allow-failure", "true"),
    ("warn-only", "true"),
];

/// Why the action's findings do not count; `Err` when nothing is known of it.
pub(super) fn swallows(uses: &str, inputs: &[(String, String)]) -> Result<Option<String>, String> {
    let tame = TAME.iter().find(|(key, value)| inputs.iter().any(|(have, set)| have == key && set == value));
    if let Some((key, value)) = tame {
        return Ok(Some(format!("`{key}: {value}`")));
    }
    let Some((_, nature)) = KNOWN.iter().find(|(name, _)| uses.starts_with(name)) else {
        return Err(format!("what `{uses}` does is not in this repository"));
    };
    Ok(match nature {
        Nature::Fails => None,
        Nature::Reports => Some("it reports what it finds and succeeds".to_owned()),
        Nature::FailsWith(key, value) => {
            let is_set = inputs.iter().any(|(have, set)| have == key && (set == value || set.starts_with("${{")));
            (!is_set).then(|| format!("without `{key}: {value}` it succeeds whatever it finds"))
        }
    })
}
