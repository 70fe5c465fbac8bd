//! Where people keep their registers, most common first (counts of public repositories stand in the fact sheet).

/// Paths relative to a project's root that are worth reading as a register, in the spellings people use.
/// Where file names ignore case, two of them may be the same file: the caller reads each file once.
pub fn find_names() -> &'static [&'static str] {
    &[
        "docs/failure-modes.md",
        "docs/RISK_REGISTER.md",
        "docs/risk-register.md",
        "docs/risks.md",
        "docs/RISKS.md",
        "RISK_REGISTER.md",
        "risk-register.md",
        "RISKS.md",
        "risks.md",
        "docs/risk_register.md",
        "docs/failure_modes.md",
        "docs/FAILURE_MODES.md",
        "FAILURE_MODES.md",
        "failure-modes.md",
        "docs/arc42/11-risks-and-technical-debt.md",
        "docs/architecture/11-risks-and-technical-debt.md",
        "docs/11-risks-and-technical-debt.md",
        "docs/architecture/risks.md",
        "docs/FMEA.md",
        "docs/fmea.md",
        "FMEA.md",
        "docs/risk-profile.md",
        "docs/risk-assessment.md",
        "docs/RISK_ASSESSMENT.md",
        "docs/technical-debt.md",
    ]
}
