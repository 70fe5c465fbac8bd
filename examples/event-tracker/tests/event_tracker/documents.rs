//! What stands in the files beside the code agrees with it.

use event_tracker::{Flaw, Keys, WELL_KNOWN_KEY};

const CLAIMS: &str = include_str!("../../seaworthy.yaml");
const REGISTER: &str = include_str!("../../docs/risks.md");
const README: &str = include_str!("../../README.md");

/// The forged token of the claims, as a header.
pub(crate) fn forged_token() -> String {
    let begin = CLAIMS.find("Bearer ey").expect("the claims hold a forged token");
    CLAIMS[begin..].chars().take_while(|c| *c != '"').collect()
}

#[test]
fn the_forged_token_is_signed_with_the_well_known_key_and_good_for_long() {
    let token = forged_token();
    let token = token.trim_start_matches("Bearer ");
    let in_2090 = 3_786_912_000;
    assert!(Keys::new(WELL_KNOWN_KEY).subject(token, in_2090).is_some());
    assert_eq!(Keys::new("another key").subject(token, 0), None);
}

#[test]
fn the_claims_name_no_flaw() {
    for flaw in Flaw::ALL {
        assert!(!CLAIMS.contains(flaw.name()), "{}", flaw.name());
    }
}

#[test]
fn the_readme_tells_which_written_claims_each_flaw_breaks() {
    for flaw in Flaw::ALL {
        let begin = format!("| `{}` |", flaw.name());
        let row = README.lines().find(|line| line.starts_with(&begin)).unwrap_or("");
        let quoted = row.split('`').skip(3).step_by(2);
        let claims: Vec<(&str, &str)> = quoted.filter_map(|claim| claim.split_once('/')).collect();
        assert!(!claims.is_empty(), "{row}");
        for (risk, name) in claims {
            let of_risk = CLAIMS.split_once(&format!("\n  {risk}:\n")).map_or("", |(_, after)| after);
            let mut of_risk = of_risk.lines().take_while(|line| line.starts_with("    "));
            assert!(of_risk.any(|line| line == format!("    {name}:")), "{risk}/{name}");
        }
    }
}

#[test]
fn each_risk_with_claims_is_in_the_register() {
    let claims = CLAIMS.split_once("\nclaims:\n").expect("claims").1;
    let claimed = claims.split_once("\nacceptances:").expect("acceptances behind them").0.lines();
    let risks = claimed.filter_map(|line| line.strip_prefix("  ")?.strip_suffix(':')).filter(|id| !id.starts_with(' '));
    let mut count = 0;
    for risk in risks {
        count += 1;
        assert!(REGISTER.contains(&format!("| {risk} |")) && REGISTER.contains(&format!("### {risk}: ")), "{risk}");
    }
    assert_eq!(count, 12);
}
